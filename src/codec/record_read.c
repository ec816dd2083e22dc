/* A key is ours if it reads as what writes keys would have written: word by word, cut at the bars. */
#include "gentally/codec/record_read.h"

#define GENERATION_MAX (INT64_C(1) << 53) /* rises by one when a window is restated */

static enum verdict foreign(const char *what, struct reason *why)
{
    return reason_set(why, SET_ASIDE, SOURCE_FOREIGN, 0, "%s", what);
}

/* Cuts the first word off the rest of a key; absent if there is none left. */
static struct span cut(struct span *rest)
{
    const char *bar = rest->size == 0 ? NULL : memchr(rest->bytes, '|', rest->size);
    struct span word = *rest;

    if (bar != NULL)
        word.size = (size_t)(bar - rest->bytes);
    *rest = bar == NULL ? (struct span){NULL, 0} : (struct span){bar + 1, rest->size - word.size - 1};
    return word;
}

/* Cuts "<window>|<start>" off, if windows begin there and the start is written as we write it. */
static bool cut_window(struct span *rest, struct window *window)
{
    struct span kind = cut(rest), start = cut(rest);
    char text[32];

    if (!window_kind_parse(kind, &window->kind) || !time_parse(start, &window->start_ms))
        return false;
    time_format(window->start_ms, text, sizeof(text));
    return span_equal(start, span_of(text)) && window_of(window->kind, window->start_ms).start_ms == window->start_ms;
}

/* What says that a value stands under a key of another's. */
static const char elsewhere[] = "its value belongs under another key";

/* Whether a ledger record can be one of ours: numbers that no window ever has would be believed for ever. */
static bool is_possible(const struct ledger *ledger)
{
    int64_t records = 0;
    bool is_possible = ledger->generation <= GENERATION_MAX && ledger->revision > 0;

    for (uint32_t i = 0; i < ledger->partition_count; i++) {
        const struct ledger_partition *part = &ledger->partitions[i];
        is_possible = is_possible && part->first >= 0 && part->first <= part->next && part->records >= 0 &&
                      !__builtin_add_overflow(records, part->records, &records);
    }
    return is_possible && records == ledger->revision;
}

enum verdict ledger_record_read(const struct record *record, struct ledger_read *read, struct window *window,
                                struct reason *why)
{
    struct span key = record->key;

    if (key.bytes == NULL)
        return foreign("it has no key", why);
    if (!cut_window(&key, window) || key.bytes != NULL)
        return foreign("its key names no window", why);
    if (record->value.bytes == NULL)
        return GO_ON;
    enum verdict verdict = decode_ledger(record->value, read, why);
    if (verdict == GO_ON && window_compare(read->ledger.window, *window) != 0)
        return reason_set(why, SET_ASIDE, LEDGER_UNREADABLE, 0, "%s", elsewhere);
    if (verdict == GO_ON && !is_possible(&read->ledger))
        return reason_set(why, SET_ASIDE, LEDGER_UNREADABLE, 0, "its numbers are impossible");
    return verdict;
}

enum verdict summary_record_read(const struct record *record, struct summary_read *read, struct window *window,
                                 struct reason *why)
{
    struct span key = record->key;

    if (key.bytes == NULL)
        return foreign("it has no key", why);
    struct span rollup = cut(&key);
    if (rollup.size == 0 || !cut_window(&key, window))
        return foreign("its key names no rollup and window", why);
    if (record->value.bytes == NULL)
        return GO_ON;
    enum verdict verdict = decode_summary(record->value, read, why);
    if (verdict == GO_ON &&
        (window_compare(read->summary.window, *window) != 0 || !span_equal(read->summary.rollup, rollup)))
        return reason_set(why, SET_ASIDE, SUMMARY_UNREADABLE, 0, "%s", elsewhere);
    return verdict;
}
