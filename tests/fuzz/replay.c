/*
 * Gives a fuzz target the files of a folder, one after the other: the kept corpus as regression tests, without
 * libFuzzer, in every build. Prints each file's name before it is tried, so that the last one is the culprit.
 *
 *   fuzz_cell [FOLDER or FILE]      by default the target's own corpus
 */
#include <dirent.h>
#include <limits.h>

#include "fuzz.h"

static bool replay(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        perror(path);
        return false;
    }
    printf("%s\n", path);
    fflush(stdout);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    struct span input = copy_exactly((struct span){(const char *)bytes, size});
    (void)LLVMFuzzerTestOneInput((const uint8_t *)input.bytes, size);
    free_copy(input);
    return true;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : FUZZ_CORPUS;
    struct dirent **entries = NULL;
    unsigned passed = 0, failed = 0;
    int count = scandir(folder, &entries, NULL, alphasort);

    if (count < 0) /* a file, as libFuzzer leaves it */
        return replay(folder) ? EXIT_SUCCESS : EXIT_FAILURE;
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        if (entries[i]->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
            if (replay(path))
                passed++;
            else
                failed++;
        }
        free(entries[i]);
    }
    free(entries);
    printf("corpus of %s: %u passed, %u failed\n", FUZZ_TARGET, passed, failed);
    return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
