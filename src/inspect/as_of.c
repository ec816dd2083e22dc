/* The partitions of a ledger record, added up: where they stood, and which of them the events of the window wait for.
 */
#include "gentally/inspect/as_of.h"

#include <inttypes.h>
#include <stdio.h>

/* A partition that was read to its log's end holds no time back, nor one that was given up: there is nothing of it to
 * wait for. One that stopped does, since nobody reads on. */
static bool holds_back(const struct ledger_partition *part)
{
    bool is_at_end = part->end >= 0 && part->next >= part->end && part->stopped[0] == '\0';

    return !part->is_given_up && !is_at_end;
}

/* The lowest watermark of the partitions that hold it back; if none does, the highest of all. */
static int64_t event_time(const struct ledger *ledger)
{
    int64_t lowest_ms = INT64_MAX, highest_ms = NO_TIME;

    for (uint32_t i = 0; i < ledger->partition_count; i++) {
        const struct ledger_partition *part = &ledger->partitions[i];
        if (part->watermark_ms > highest_ms)
            highest_ms = part->watermark_ms;
        if (holds_back(part) && part->watermark_ms < lowest_ms)
            lowest_ms = part->watermark_ms;
    }
    return lowest_ms == INT64_MAX ? highest_ms : lowest_ms;
}

void as_of_read(struct as_of *as_of, const struct ledger *ledger, int64_t told_ms)
{
    *as_of = (struct as_of){
        .window = ledger->window, .pane = ledger->pane, .told_ms = told_ms, .event_ms = event_time(ledger)};
    for (uint32_t i = 0; i < ledger->partition_count; i++) {
        const struct ledger_partition *part = &ledger->partitions[i];
        for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++)
            as_of->records = sum_told(as_of->records, part->outcomes[outcome]);
        if (part->end < 0 || !ledger_partition_is_known(part))
            as_of->behind = -1;
        else if (as_of->behind >= 0)
            as_of->behind = sum_told(as_of->behind, part->end > part->next ? part->end - part->next : 0);
    }
}

void as_of_age_write(int64_t age_ms, char text[AS_OF_AGE_SIZE])
{
    int64_t seconds = age_ms > 0 ? age_ms / 1000 : 0;

    if (seconds < 120)
        snprintf(text, AS_OF_AGE_SIZE, "%" PRId64 " s", seconds);
    else if (seconds < 7200)
        snprintf(text, AS_OF_AGE_SIZE, "%" PRId64 " min", seconds / 60);
    else if (seconds < 172800)
        snprintf(text, AS_OF_AGE_SIZE, "%" PRId64 " h", seconds / 3600);
    else
        snprintf(text, AS_OF_AGE_SIZE, "%" PRId64 " d", seconds / 86400);
}
