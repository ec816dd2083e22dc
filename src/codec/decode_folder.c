/* Writers' schemas from files, one a file, whose name says the id. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "gentally/base/looks.h"
#include "gentally/codec/decode.h"
#include "schema.h"

/* Reads the id of "7.avsc". An id has one spelling, so that no two files claim the same id. */
static bool parse_file_name(const char *name, uint32_t *schema_id)
{
    uint64_t id = 0;
    const char *at = name;

    while (*at >= '0' && *at <= '9' && id <= UINT32_MAX)
        id = id * 10 + (uint64_t)(*at++ - '0');
    *schema_id = (uint32_t)id;
    return at > name && (name[0] != '0' || at == name + 1) && id <= UINT32_MAX && strcmp(at, ".avsc") == 0;
}

static enum verdict unreadable(const char *path, const char *problem, struct reason *why)
{
    return reason_set(why, HALT, SCHEMA_UNREADABLE, errno, "%.300s: %s", path, problem);
}

static enum verdict learn_file(struct decoder *decoder, int folder, const char *name, uint32_t schema_id,
                               struct reason *why)
{
    enum verdict verdict = GO_ON;
    size_t size = 0;
    ssize_t got = 1;
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    char *text = malloc(SCHEMA_TEXT_MAX + 1); /* one more than allowed, so that plan_open() sees what is too long */

    if (text == NULL)
        verdict = reason_set(why, HALT, NO_MEMORY, 0, "no memory for schema %u", (unsigned)schema_id);
    else if (file < 0)
        verdict = unreadable(name, strerror(errno), why);
    while (verdict == GO_ON && got > 0 && size <= SCHEMA_TEXT_MAX) {
        got = read(file, text + size, SCHEMA_TEXT_MAX + 1 - size);
        if (got < 0)
            verdict = unreadable(name, strerror(errno), why);
        else
            size += (size_t)got;
    }
    if (verdict == GO_ON)
        verdict = decoder_learn(decoder, schema_id, without_mark((struct span){text, size}), why);
    free(text);
    if (file >= 0)
        close(file);
    return verdict;
}

enum verdict decoder_learn_folder(struct decoder *decoder, const char *path, struct reason *why)
{
    DIR *folder = opendir(path);
    enum verdict verdict = GO_ON;
    const struct dirent *entry;

    if (folder == NULL)
        return unreadable(path, strerror(errno), why);
    while (verdict == GO_ON && (errno = 0, entry = readdir(folder)) != NULL) {
        const char *suffix = strrchr(entry->d_name, '.');
        uint32_t schema_id;
        if (suffix == NULL || strcmp(suffix, ".avsc") != 0)
            continue;
        if (parse_file_name(entry->d_name, &schema_id))
            verdict = learn_file(decoder, dirfd(folder), entry->d_name, schema_id, why);
        else
            verdict = reason_set(why, HALT, SCHEMA_UNREADABLE, 0, "%.100s in %.300s: its name is no schema id",
                                 entry->d_name, path);
    }
    if (verdict == GO_ON && errno != 0)
        verdict = unreadable(path, strerror(errno), why);
    closedir(folder);
    return verdict;
}
