/* Few accounts are ever erased, so marks are looked through one by one, and only for records before the last of them.
 * Stand-ins are drawn by a salt of this process. */
#include "erased.h"

#include <stdlib.h>
#include <sys/random.h>

#include "gentally/base/grow.h"
#include "gentally/config/config.h"
#include "gentally/ingest/pseudonym.h"
#include "gentally/redis/store_erase.h"

struct erased_mark {
    char text[ERASED_MARK_SIZE];
    int64_t *offsets; /* by partition */
    int32_t count;
};

struct erased {
    struct pseudonyms *pseudonyms;
    struct pseudonym salt;
    struct erased_mark *marks;
    uint32_t count;
    size_t room;
    int64_t highest[PARTITIONS_MAX]; /* offset of all marks */
};

static enum verdict take_mark(void *context, const char *mark, const int64_t offsets[], int32_t count,
                              struct reason *why)
{
    struct erased *erased = context;
    struct erased_mark *marks = grow(erased->marks, &erased->room, (size_t)erased->count + 1, sizeof(*marks));
    int64_t *copy = calloc((size_t)count + 1, sizeof(*copy));

    if (marks != NULL)
        erased->marks = marks;
    if (marks == NULL || copy == NULL) {
        free(copy);
        return no_memory(why, "for marks of erased accounts");
    }
    if (count == 0) {
        free(copy);
        return reason_set(why, HALT, ERASE_UNDER_WAY, 0,
                          "an account is being erased, or was not wholly: run that `gentally erase` again first");
    }
    memcpy(copy, offsets, (size_t)count * sizeof(*copy));
    struct erased_mark *taken = &marks[erased->count++];
    *taken = (struct erased_mark){.offsets = copy, .count = count};
    memcpy(taken->text, mark, sizeof(taken->text));
    for (int32_t i = 0; i < count; i++)
        if (offsets[i] > erased->highest[i])
            erased->highest[i] = offsets[i];
    return GO_ON;
}

enum verdict erased_open(struct erased **erased, const struct config *config, struct store *store, struct reason *why)
{
    struct erased *opened = calloc(1, sizeof(*opened));

    *erased = NULL;
    if (opened == NULL)
        return no_memory(why, "for marks of erased accounts");
    enum verdict verdict = store_marks_read(store, take_mark, opened, why);
    if (verdict == GO_ON && opened->count > 0 && config->account_key[0] != '\0')
        verdict = pseudonyms_open(&opened->pseudonyms, span_of(config->account_key), why);
    if (verdict != GO_ON || opened->pseudonyms == NULL) {
        erased_close(opened);
        return verdict;
    }
    if (getrandom(&opened->salt, sizeof(opened->salt), 0) != (ssize_t)sizeof(opened->salt))
        abort(); /* 16 bytes are never cut short (getrandom(2)). */
    *erased = opened;
    return GO_ON;
}

void erased_close(struct erased *erased)
{
    if (erased == NULL)
        return;
    for (uint32_t i = 0; i < erased->count; i++)
        free(erased->marks[i].offsets);
    free(erased->marks);
    pseudonyms_close(erased->pseudonyms);
    free(erased);
}

bool erased_take(struct erased *erased, int32_t partition, int64_t offset, struct pseudonym *account)
{
    char text[ERASED_MARK_SIZE];

    if (offset >= erased->highest[partition] || (account->high | account->low) == 0)
        return false;
    struct pseudonym mark = pseudonyms_mark(erased->pseudonyms, *account);
    pseudonym_write(mark, text);
    for (uint32_t i = 0; i < erased->count; i++) {
        const struct erased_mark *known = &erased->marks[i];
        if (strcmp(known->text, text) != 0 || partition >= known->count || offset >= known->offsets[partition])
            continue;
        *account = (struct pseudonym){mark.high ^ erased->salt.high, mark.low ^ erased->salt.low};
        return true;
    }
    return false;
}
