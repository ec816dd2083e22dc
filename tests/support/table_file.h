/* A text as a file, for what only opens paths: it lives in memory, and goes with its descriptor. */
#ifndef GENTALLY_TABLE_FILE_H
#define GENTALLY_TABLE_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct table_file {
    int descriptor;
    char path[64];
};

static inline struct table_file table_file_open(const char *text)
{
    struct table_file file = {memfd_create("table", MFD_CLOEXEC), ""};

    if (file.descriptor < 0 || write(file.descriptor, text, strlen(text)) != (ssize_t)strlen(text)) {
        perror("memfd_create");
        exit(EXIT_FAILURE);
    }
    snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.descriptor);
    return file;
}

static inline void table_file_close(struct table_file *file)
{
    close(file->descriptor);
}

#endif
