/* The audit from outside: opens and closes it, and hands each record to the part that holds it against the others. */
#include "gentally/inspect/audit.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit_ledger.h"
#include "audit_retention.h"
#include "audit_rows.h"
#include "audit_store.h"
#include "audit_tell.h"

#define ARENA_BLOCK ((size_t)1 << 20)

const char *audit_check_name(enum audit_check check)
{
    static const char *const names[AUDIT_CHECKS] = {
        [AUDIT_LEDGER_READABLE] = "ledger-readable",
        [AUDIT_LEDGER_KEY] = "ledger-key",
        [AUDIT_LEDGER_VERSION] = "ledger-version",
        [AUDIT_PARTITIONS] = "partitions",
        [AUDIT_REVISION] = "revision",
        [AUDIT_IDENTITY] = "identity",
        [AUDIT_OFFSETS] = "offsets",
        [AUDIT_HISTORY] = "history",
        [AUDIT_INCARNATION] = "incarnation",
        [AUDIT_RECORDS] = "records",
        [AUDIT_SUMMARY_READABLE] = "summary-readable",
        [AUDIT_SUMMARY_KEY] = "summary-key",
        [AUDIT_SUMMARY_VERSION] = "summary-version",
        [AUDIT_SUMMARY_LEDGER] = "summary-ledger",
        [AUDIT_ROWS] = "rows",
        [AUDIT_SUMS] = "sums",
        [AUDIT_MEASURES] = "measures",
        [AUDIT_RETAINED] = "retention",
        [AUDIT_REMOVED] = "removed",
        [AUDIT_PLACES] = "places",
    };

    assert(check < AUDIT_CHECKS);
    return names[check];
}

enum verdict audit_open(struct audit **audit, const struct audit_options *options, struct reason *why)
{
    struct audit *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "to verify so many records");
    opened->options = *options;
    arena_open(&opened->arena, ARENA_BLOCK);
    opened->topics = calloc(options->rollups->count + 1, sizeof(*opened->topics));
    if (opened->topics == NULL) {
        audit_close(opened);
        return no_memory(why, "to verify so many records");
    }
    *audit = opened;
    return GO_ON;
}

void audit_close(struct audit *audit)
{
    if (audit == NULL)
        return;
    for (uint32_t i = 0; i < audit->window_count; i++) {
        free(audit->windows[i]->editions);
        free(audit->windows[i]->parts);
        free(audit->windows[i]->totals);
        free(audit->windows[i]);
    }
    free(audit->windows);
    free(audit->chains);
    free(audit->rows);
    free(audit->slots);
    free(audit->topics);
    free(audit->stored);
    arena_close(&audit->arena);
    free(audit);
}

const struct audit_counts *audit_counts(const struct audit *audit)
{
    return &audit->counts;
}

enum verdict audit_ledger(struct audit *audit, const struct audit_place *place, const struct ledger *ledger,
                          struct reason *why)
{
    return audit_ledger_take(audit, place, ledger, why);
}

enum verdict audit_summary(struct audit *audit, const struct audit_place *place, const struct rollup *rollup,
                           const struct summary_read *read, struct reason *why)
{
    return audit_rows_take(audit, place, rollup, read, why);
}

enum verdict audit_retained(struct audit *audit, const struct audit_place *place, const struct summary_read *read,
                            struct reason *why)
{
    return audit_retention_take(audit, place, read, why);
}

void audit_dropped(struct audit *audit, const struct audit_place *place)
{
    audit_rows_drop(audit, place);
}

enum verdict audit_ledger_dropped(struct audit *audit, const struct audit_place *place, struct reason *why)
{
    return audit_ledger_drop(audit, place, why);
}

void audit_lacks(struct audit *audit, const struct audit_place *place, const char *field, const char *expected,
                 const char *found)
{
    audit_tell(audit, AUDIT_REMOVED, place, field, expected, found);
}

void audit_elsewhere(struct audit *audit, const struct audit_place *place, int32_t belongs)
{
    audit_tell_number(audit, AUDIT_PLACES, place, "partition", "where its key goes, ", belongs, place->partition);
}

enum verdict audit_stored(struct audit *audit, const struct stored_total *stored, struct reason *why)
{
    return audit_store_take(audit, stored, why);
}

enum verdict audit_again(struct audit *audit, const struct ledger *ledger, struct reason *why)
{
    return audit_ledger_again(audit, ledger, why);
}

void audit_unreadable(struct audit *audit, enum audit_check check, const struct audit_place *place,
                      const struct reason *because)
{
    audit_tell(audit, check, place, "value", "a record of this version", because->text);
}

void audit_misfit(struct audit *audit, const struct audit_place *place, const struct ledger_misfit *misfit)
{
    char field[64];

    snprintf(field, sizeof(field), "partitions[%" PRId32 "].consumed", misfit->partition);
    audit_tell_number(audit, AUDIT_IDENTITY, place, field, "the sum of its outcomes, ", misfit->outcomes,
                      misfit->consumed);
}

void audit_finish(struct audit *audit)
{
    audit_ledger_finish(audit);
    audit_rows_finish(audit);
    audit_retention_finish(audit);
    audit_store_finish(audit);
}
