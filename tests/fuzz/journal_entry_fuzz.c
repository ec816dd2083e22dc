/*
 * Entries of a journal, from a Redis that somebody else wrote into: what reads as one reads the same once it is written
 * again; a tail and a compaction take it or refuse it with STORE-DAMAGED, and a tail of what was compacted is the tail
 * of the entry itself.
 */
#include "fuzz.h"
#include "gentally/core/compact.h"
#include "gentally/core/tail.h"

#define WINDOWS_MAX 64
#define ROWS_MAX 256

static struct entry_window windows[WINDOWS_MAX];
static struct entry_row rows[ROWS_MAX];
static uint32_t window_count, row_count;

/* Reads an entry into the arrays; false if it is none, or one of more than they take. */
static bool read_entry(struct span bytes, int64_t *rows_max)
{
    struct entry_reader reader;

    window_count = row_count = 0;
    if (!entry_open(&reader, bytes))
        return false;
    *rows_max = reader.rows_max;
    CLAIM(*rows_max >= 1);
    while (reader.windows > 0)
        if (window_count == WINDOWS_MAX || !entry_next_window(&reader, &windows[window_count++]))
            return false;
    while (reader.rows > 0)
        if (row_count == ROWS_MAX || !entry_next_row(&reader, &rows[row_count++]))
            return false;
    return entry_close(&reader);
}

static size_t write_entry(uint8_t *room, int64_t rows_max)
{
    struct entry_writer writer;

    entry_begin(&writer, room, rows_max, windows, window_count, row_count);
    for (uint32_t i = 0; i < row_count; i++) {
        CLAIM(rows[i].kinds > 0 && rows[i].kinds < 1u << WINDOW_KINDS && rows[i].key.size > 0);
        entry_put_row(&writer, &rows[i]);
    }
    return (size_t)(writer.at - room);
}

/* What is written again has the same windows and rows. */
static void claim_same(struct span bytes, int64_t rows_max)
{
    size_t room_size = ENTRY_HEAD_MAX(window_count) + ENTRY_ROW_MAX * (size_t)row_count + bytes.size;
    uint8_t *room = malloc(room_size), *again = malloc(room_size);
    int64_t other = 0;

    CLAIM(room != NULL && again != NULL);
    size_t size = write_entry(room, rows_max);
    CLAIM(size <= room_size);
    CLAIM(read_entry((struct span){(const char *)room, size}, &other) && other == rows_max);
    CLAIM(write_entry(again, rows_max) == size && memcmp(room, again, size) == 0);
    free(room);
    free(again);
}

static bool is_good(enum verdict verdict, const struct reason *why)
{
    CLAIM(verdict == GO_ON || (verdict == HALT && why->id == STORE_DAMAGED));
    return verdict == GO_ON;
}

static void claim_same_tails(struct span entry, const struct compaction *compaction)
{
    struct tail *tails[2];
    struct reason why;

    for (int i = 0; i < 2; i++) {
        CLAIM(tail_open(&tails[i], &why) == GO_ON);
        tail_begin(tails[i], windows[0].window);
    }
    bool is_taken = is_good(tail_add(tails[0], entry, &why), &why);
    CLAIM(is_good(compaction_fill(compaction, tails[1], &why), &why) == is_taken);
    if (is_taken) {
        CLAIM(tail_records(tails[0]) == tail_records(tails[1]));
        CLAIM(tail_count(tails[0]) == tail_count(tails[1]));
        for (uint32_t i = 0; i < tail_count(tails[0]); i++)
            CLAIM(tail_find(tails[1], tail_cell(tails[0], i)->key) != NULL);
        (void)is_good(tail_merge(tails[0], &why), &why);
        (void)is_good(tail_merge(tails[1], &why), &why);
    }
    tail_close(tails[0]);
    tail_close(tails[1]);
}

/* More than a number takes, of some window, perhaps: no log has that. */
static bool has_too_many_records(void)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < window_count; i++) {
        if (windows[i].records > INT64_MAX - sum)
            return true;
        sum += windows[i].records;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct span copy = copy_exactly((struct span){(const char *)bytes, size});
    struct compaction *compaction;
    struct reason why;
    int64_t rows_max = 0;
    bool is_added = false, is_read = read_entry(copy, &rows_max);

    CLAIM(compaction_open(&compaction, &why) == GO_ON);
    compaction_begin(compaction);
    bool is_taken = is_good(compaction_add(compaction, copy, 10, &is_added, &why), &why);
    CLAIM(is_taken || !is_read || has_too_many_records());
    CLAIM(!is_taken || is_added);
    if (is_taken && is_good(compaction_finish(compaction, &why), &why) && is_read && window_count > 0)
        claim_same_tails(copy, compaction);
    if (is_read)
        claim_same(copy, rows_max);
    compaction_close(compaction);
    free_copy(copy);
    return 0;
}
