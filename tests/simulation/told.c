/*
 * The last value of each key, at every ledger record that is committed: all rows of its window that are there are the
 * naive count at the offsets it names, whichever of them it came with; they are as many as it says, and of no other
 * version than its own or, where it tells only what has changed, an older one of its generation.
 */
#include <inttypes.h>
#include <stdio.h>

#include "committed.h"

#define EARLY_FIRST_MS 5000 /* a closer that has come tells its first events within seconds */

static const char *const rollups[4] = {"total|", "model|", "provider|", "geography|"};

/* What the rows of a window that are there add up to. */
struct rows {
    int64_t count;
    int64_t requests[LENGTH_OF(rollups)];
    int64_t retention;
};

static const struct version *there(const struct published_key *key)
{
    return key == NULL || key->latest == NULL || key->latest->is_gone ? NULL : key->latest;
}

static struct rows add_up(const struct open_window *window)
{
    struct rows rows = {.count = 0};

    for (const struct published_key *key = window->keys; key != NULL; key = key->next) {
        const struct version *version = there(key);
        if (version == NULL)
            continue;
        rows.count++;
        rows.retention += key->row < 0 ? version->accounts * (key->age + 1) : 0;
        for (size_t i = 0; key->row >= 0 && i < LENGTH_OF(rollups); i++)
            if (strncmp(key->key.bytes, rollups[i], strlen(rollups[i])) == 0)
                rows.requests[i] += version->sums.of[0];
    }
    return rows;
}

static void check_sums(struct sim *sim, const struct open_window *window, const struct ledger_entry *ledger)
{
    const char *kind = oracle_kinds[ledger->kind & 3];
    struct rows rows = add_up(window);

    if (rows.count != ledger->rows)
        sim_fail(sim, "ledger: %" PRId64 " summaries of a %s; %" PRId64 " rows are there", ledger->rows, kind,
                 rows.count);
    if (rows.retention != ledger->retention)
        sim_fail(sim, "ledger: retention of revision %" PRId64 "; the rows that are there add up to %" PRId64,
                 ledger->retention, rows.retention);
    /* Corrections are records, too, and bring no request. */
    int64_t requests = sim->config.ids == IDS_AMEND ? rows.requests[0] : ledger->revision;
    for (size_t i = 0; i < LENGTH_OF(rollups); i++)
        if (rows.requests[i] != requests)
            sim_fail(sim, "a %s of revision %" PRId64 " has %" PRId64 " requests by %s", kind, ledger->revision,
                     rows.requests[i], rollups[i]);
}

/* A row that came with the ledger record is of its version; one that was there has an older one of its generation,
 * unless all are told: on time. After that only a month's retention may have risen, with a record of the same version.
 */
static void check_version(struct sim *sim, const struct open_window *window, const struct ledger_entry *ledger,
                          const struct published_key *key)
{
    const struct version *version = there(key);
    int64_t revision = key->row < 0 ? ledger->retention : ledger->revision;
    bool are_all = ledger->pane == PANE_ON_TIME && ledger->number != window->last.number;

    if (version == NULL)
        return;
    bool is_its_own =
        version->generation == ledger->generation && version->revision == revision && version->pane == ledger->pane;
    if (!version->is_told && !is_its_own)
        sim_fail(sim,
                 "%s: revision %" PRId64 " of generation %" PRId64 " came with a ledger record of %" PRId64
                 " of %" PRId64,
                 key->key.bytes, version->revision, version->generation, revision, ledger->generation);
    if (version->generation != ledger->generation || (are_all && !is_its_own))
        sim_fail(sim,
                 "%s: all rows of a %s are told, and not this one: it is of revision %" PRId64 " of generation %" PRId64
                 ", pane %" PRId64,
                 key->key.bytes, oracle_kinds[window->kind], version->revision, version->generation, version->pane);
}

static void check_row(struct sim *sim, const struct open_window *window, const struct ledger_entry *ledger, int row,
                      const struct sums *truth)
{
    const struct version *version = there(window->rows[row]);
    static const struct sums nothing;
    const struct sums *sums = version == NULL ? &nothing : &version->sums;

    if (!oracle_is_equal(sums, truth))
        sim_fail(sim,
                 "%s of a %s told at revision %" PRId64 ": readers have %" PRId64 " requests of revision %" PRId64
                 ", the truth at its offsets is %" PRId64 "; %s differ",
                 oracle_row_name(sim, row), oracle_kinds[window->kind], ledger->revision, sums->of[0],
                 version == NULL ? 0 : version->revision, truth->of[0], oracle_difference(sums, truth));
}

/* An open window is told once in its interval by one closer; at once only at the end of a drain, where a stopped
 * partition may keep it open, and where a telling was broken off. What was told at once keeps nobody from telling it in
 * its turn. */
static void check_interval(struct sim *sim, const struct open_window *window, const struct ledger_entry *ledger,
                           const struct txn *txn)
{
    int64_t interval_ms = sim->config.early_emit_interval_ms[ledger->kind];
    int64_t first_ms = interval_ms < EARLY_FIRST_MS ? interval_ms : EARLY_FIRST_MS;
    bool is_free = ledger->pane != PANE_EARLY || txn->is_of_drain || window->was_broken_off;

    for (int p = 0; p < SIM_PARTITIONS; p++)
        is_free = is_free || ledger->parts[p].is_waited_for || window->last.parts[p].is_waited_for || sim->is_hurt[p] ||
                  sim->has_stopped[p];
    if (is_free)
        return;
    if (interval_ms == 0)
        sim_fail(sim, "a %s is told early, and no drain ends", oracle_kinds[ledger->kind]);
    if (txn->turn_ms - txn->opened_ms < first_ms)
        sim_fail(sim, "a %s is told early %" PRId64 " ms after its closer came", oracle_kinds[ledger->kind],
                 txn->turn_ms - txn->opened_ms);
    if (window->early_txn != NULL && window->early_txn->epoch == txn->epoch &&
        txn->turn_ms - window->early_txn->turn_ms < interval_ms)
        sim_fail(sim, "a %s is told early twice within %" PRId64 " ms of an interval of %" PRId64,
                 oracle_kinds[ledger->kind], txn->turn_ms - window->early_txn->turn_ms, interval_ms);
}

/* Whether it was there before, of a telling that came to its end or, in a history that is lost, did not. */
static bool was_there(const struct open_window *window, const struct ledger_entry *ledger,
                      const struct version *version)
{
    return version->is_told || (window->is_under_way && version->generation < ledger->generation);
}

/* Where a history was lost for good, rows that only it had stay. */
void told_check(struct sim *sim, const struct open_window *window, const struct ledger_entry *ledger,
                const struct entry *entry)
{
    bool has_lost = nemesis_has_parted(sim) || sim->has_rebuilt;
    const struct truth_window *truth = entry->count;

    sim->ledgers++;
    sim->counted_ledgers += truth == NULL ? 0 : 1;
    sim->early_ledgers += ledger->pane == PANE_EARLY && !entry->txn->is_of_drain ? 1 : 0;
    check_interval(sim, window, ledger, entry->txn);
    if (!has_lost)
        check_sums(sim, window, ledger);
    for (const struct published_key *key = window->keys; key != NULL; key = key->next)
        if (!has_lost || !was_there(window, ledger, key->latest))
            check_version(sim, window, ledger, key);
    if (!has_lost && truth != NULL && ledger->kind == WINDOW_MONTH && sim->config.has_retention)
        retained_check(sim, window, ledger);
    for (int row = 0; truth != NULL && row < SIM_ROWS && !sim->has_failed; row++)
        if (!has_lost || truth->rows[row].of[0] > 0)
            check_row(sim, window, ledger, row, &truth->rows[row]);
}
