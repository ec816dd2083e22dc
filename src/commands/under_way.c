/* Keys of the ledger, kept as a list of the latest keeps those whose last value says nothing. */
#include "under_way.h"

#include <stdlib.h>

#include "gentally/codec/record_read.h"
#include "gentally/inspect/latest.h"

struct under_way {
    struct latest *windows;
    struct ledger_read read;
};

enum verdict under_way_open(struct under_way **under_way, struct reason *why)
{
    *under_way = calloc(1, sizeof(**under_way));
    return *under_way == NULL ? no_memory(why, "to read the ledger") : latest_open(&(*under_way)->windows, why);
}

void under_way_close(struct under_way *under_way)
{
    if (under_way == NULL)
        return;
    latest_close(under_way->windows);
    free(under_way);
}

enum verdict under_way_take(struct under_way *under_way, const struct record *record, struct reason *why)
{
    struct window window;
    enum verdict verdict = ledger_record_read(record, &under_way->read, &window, why);

    if (verdict != GO_ON || (window.kind != WINDOW_WEEK && window.kind != WINDOW_MONTH))
        return verdict;
    latest_drop(under_way->windows, record->key);
    if (record->value.bytes == NULL || !ledger_is_under_way(&under_way->read.ledger))
        return GO_ON;
    return latest_spoil(under_way->windows, record->key, why);
}

enum verdict under_way_check(const struct under_way *under_way, struct reason *why)
{
    size_t count = latest_spoilt(under_way->windows);

    if (count == 0)
        return GO_ON;
    return reason_set(why, TRY_LATER, WINDOW_UNDER_WAY, 0,
                      "%zu windows have rows that are still to come, and without them signals would be wrong", count);
}
