/* A file without a disk, for readers that want a path. */
#ifndef GENTALLY_FUZZ_FILE_H
#define GENTALLY_FUZZ_FILE_H

#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

/* The path of a file with these contents, the same one at every call. */
static inline const char *file_with(struct span contents)
{
    static char path[64];
    static int descriptor = -1;

    if (descriptor < 0) {
        descriptor = memfd_create("fuzz", MFD_CLOEXEC);
        CLAIM(descriptor >= 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    }
    CLAIM(ftruncate(descriptor, 0) == 0);
    CLAIM(pwrite(descriptor, contents.bytes, contents.size, 0) == (ssize_t)contents.size);
    return path;
}

#endif
