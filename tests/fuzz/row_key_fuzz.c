/*
 * Rollups and row keys: a line of configuration, a newline, a key. What is accepted of either has one spelling: it is
 * written again as it was read. A key is read only into the room its header promises.
 */
#include "fuzz.h"
#include "gentally/core/rollup.h"

static void claim_key(const struct rollups *rollups, struct span bytes)
{
    struct span key = copy_exactly(bytes), values[ROLLUP_DIMS_MAX];
    char *text = malloc(key.size > 0 ? key.size : 1); /* the room that is asked for, and no more */
    char again[ROW_KEY_MAX];
    const struct rollup *rollup = NULL;

    CLAIM(text != NULL);
    if (row_key_read(key, rollups, &rollup, values, text)) {
        bool is_short = true;
        CLAIM(rollup >= rollups->items && rollup < rollups->items + rollups->count);
        for (uint32_t i = 0; i < ROLLUP_DIMS_MAX; i++) {
            CLAIM(i < rollup->dim_count || values[i].bytes == NULL);
            CLAIM(values[i].bytes == NULL || values[i].size > 0);
            is_short = is_short && values[i].size <= EVENT_TEXT_MAX; /* what row_key_write() asks for */
        }
        if (is_short)
            CLAIM(span_equal((struct span){again, row_key_write(rollup, values, again)}, key));
    }
    free(text);
    free_copy(key);
}

/* "name=dim+dim,...", from what was read. */
static void print(const struct rollups *rollups, char *text, size_t room)
{
    size_t size = 0;

    for (uint32_t i = 0; i < rollups->count; i++) {
        const struct rollup *rollup = &rollups->items[i];
        size += (size_t)snprintf(text + size, room - size, "%s%s=", i == 0 ? "" : ",", rollup->name);
        for (uint32_t k = 0; k < rollup->dim_count; k++)
            size +=
                (size_t)snprintf(text + size, room - size, "%s%s", k == 0 ? "" : "+", dimension_name(rollup->dims[k]));
    }
    CLAIM(size < room);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct rollups rollups, defaults;
    char again[2048];
    struct reason why = {0};
    const uint8_t *end = size == 0 ? NULL : memchr(bytes, '\n', size);
    struct span line = {(const char *)bytes, end == NULL ? size : (size_t)(end - bytes)};
    struct span key = {(const char *)end + 1, size - line.size - 1};

    char *text = copy_text(line);
    enum verdict verdict = rollups_parse(text, &rollups, &why);
    if (verdict == GO_ON) {
        print(&rollups, again, sizeof(again));
        CLAIM(strcmp(again, text) == 0);
    } else {
        CLAIM(verdict == HALT);
        CLAIM_REASON(&why, "CONFIG-ROLLUP");
        CLAIM(rollups_parse(ROLLUPS_DEFAULT, &defaults, &why) == GO_ON);
    }
    if (end != NULL)
        claim_key(verdict == GO_ON ? &rollups : &defaults, key);
    free(text);
    return 0;
}
