/*
 * Retention, counted naively: of each display model and account the months in which an event of it is counted. At the
 * end the store's counts are those of the naive union, and the latest rows that readers hold are the store's counts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "committed.h"
#include "truth.h"

#define SHARDS 8
#define MONTHS 8 /* from FIRST_MONTH on */
#define FIRST_MONTH ((2025 - 1970) * 12 + 6)
#define DISPLAYED 3

/* As the core displays oracle_model(): "acme/two:free" is "acme/two". */
static const char *const displayed[DISPLAYED] = {"openai/gpt-4o", "acme/one", "acme/two"};

/* A bit for each account. */
struct activities {
    uint32_t accounts[DISPLAYED][MONTHS];
};

static int month_of(int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm date;

    gmtime_r(&seconds, &date);
    return (date.tm_year - 70) * 12 + date.tm_mon - FIRST_MONTH;
}

/* Adds the events of a partition before `next` that are counted in their month. */
static void add_partition(struct sim *sim, const struct database *database, int32_t partition, int64_t next,
                          struct activities *activities)
{
    const struct partition_log *log = oracle_log(sim, database, partition);

    for (int64_t i = 0; i < next && i < log->next; i++) {
        const struct entry *entry = log->entries[i];
        int month = month_of(entry->meaning.created_ms);
        if (entry->meaning.kind != ENTRY_GOOD || entry->meaning.account == 0 || month < 0 || month >= MONTHS)
            continue;
        if ((entry->counted_in & 8) != 0)
            activities->accounts[entry->meaning.model][month] |= 1u << entry->meaning.account;
    }
}

/* A count of the store: accounts of a month by cohort, over all shards. */
static int64_t stored_count(const struct sim *sim, const struct database *database, int model, int cohort, int month)
{
    char key[SIM_NAME], field[128];
    int64_t count = 0;

    snprintf(field, sizeof(field), "%d|%s", FIRST_MONTH + cohort, displayed[model]);
    for (int shard = 0; shard < SHARDS; shard++) {
        snprintf(key, sizeof(key), "%s:{%s:retention:%d}:counts:%d", sim->config.namespace_, sim->config.topic, shard,
                 FIRST_MONTH + month);
        count += database_number(database, span_of(key), field, 0);
    }
    return count;
}

static int first_month(const struct activities *activities, int model, int account)
{
    int month = 0;

    while (month < MONTHS && (activities->accounts[model][month] & 1u << account) == 0)
        month++;
    return month;
}

static int64_t naive_count(const struct activities *activities, int model, int cohort, int month)
{
    int64_t count = 0;

    for (int account = 1; account < 32; account++)
        count += (activities->accounts[model][month] & 1u << account) != 0 &&
                 first_month(activities, model, account) == cohort;
    return count;
}

/* The month below which all is sealed: of the first shard. */
static int stored_floor(const struct sim *sim, const struct database *database)
{
    char key[SIM_NAME];

    snprintf(key, sizeof(key), "%s:{%s:retention:0}:state", sim->config.namespace_, sim->config.topic);
    return (int)database_number(database, span_of(key), "floor", 0) - FIRST_MONTH;
}

/* No month has fewer accounts than events that were flushed tell. */
static void check_not_fewer(struct sim *sim, const struct database *database, const struct activities *least)
{
    for (int model = 0; model < DISPLAYED; model++)
        for (int month = stored_floor(sim, database) < 0 ? 0 : stored_floor(sim, database); month < MONTHS; month++) {
            int64_t stored = 0;
            if (least->accounts[model][month] == 0)
                continue;
            for (int cohort = 0; cohort <= month; cohort++)
                stored += stored_count(sim, database, model, cohort, month);
            if (stored < __builtin_popcount(least->accounts[model][month]))
                sim_fail(sim, "retention of %s in month %d: %" PRId64 " accounts, flushed were events of %d",
                         displayed[model], FIRST_MONTH + month, stored,
                         __builtin_popcount(least->accounts[model][month]));
        }
}

static void add_flushed(struct sim *sim, struct database *database, struct activities *activities)
{
    for (int32_t p = 0; p < sim->kafka->input->count; p++) {
        const struct truth *truth = sim->is_hurt[p] ? NULL : oracle_truth(sim, database, p);
        if (truth != NULL)
            add_partition(sim, database, p, truth->next, activities);
    }
}

/* Each count of a month that is not over. */
static void compare_all(struct sim *sim, const struct activities *exact)
{
    int floor = stored_floor(sim, &sim->redis->master);

    for (int model = 0; model < DISPLAYED; model++)
        for (int month = floor < 0 ? 0 : floor; month < MONTHS; month++)
            for (int cohort = 0; cohort <= month; cohort++) {
                int64_t count = stored_count(sim, &sim->redis->master, model, cohort, month);
                if (count != naive_count(exact, model, cohort, month))
                    sim_fail(sim, "retention of %s, cohort %d, month %d: %" PRId64 " accounts, the truth is %" PRId64,
                             displayed[model], FIRST_MONTH + cohort, FIRST_MONTH + month, count,
                             naive_count(exact, model, cohort, month));
            }
}

/* True if pairs of a partition that is not hurt may wait to be merged: its last owner was asked to leave before. */
static bool has_pairs(struct sim *sim)
{
    const struct database *database = &sim->redis->master;

    for (int32_t p = 0; p < sim->kafka->input->count; p++) {
        int64_t first = database_number(database, sim->redis->meta[p], "pairs_first", 0);
        int64_t last = database_number(database, sim->redis->meta[p], "pairs_last", 0);
        if (!sim->is_hurt[p] && last >= first)
            return true;
    }
    return false;
}

/* The rows of a month by one model, as readers hold them. Answers what they add to the month's revision. */
static int64_t compare_rows(struct sim *sim, const char *start, int model, int month)
{
    int64_t revision = 0;

    for (int cohort = 0; cohort <= month; cohort++) {
        char key[256];
        int year = (FIRST_MONTH + cohort) / 12 + 1970, of_year = (FIRST_MONTH + cohort) % 12 + 1;
        snprintf(key, sizeof(key), "retention|month|%s|%s|%04d-%02d|%d", start, displayed[model], year, of_year,
                 month - cohort);
        int64_t stored = stored_count(sim, &sim->redis->master, model, cohort, month);
        int64_t told = published_accounts(sim, span_of(key));
        /* Of a month that is over the store may have little left: shard by shard, and one taken back. */
        if (told != stored && (stored > told || month >= stored_floor(sim, &sim->redis->master)))
            sim_fail(sim, "%s: published are %" PRId64 " accounts, the store has %" PRId64, key, told, stored);
        revision += told * (month - cohort + 1);
    }
    return revision;
}

static void compare_published(struct sim *sim)
{
    for (int month = 0; month < MONTHS; month++) {
        char start[32];
        int64_t revision = 0;
        struct tm date = {.tm_year = 70, .tm_mon = FIRST_MONTH + month, .tm_mday = 1};
        int64_t start_ms = (int64_t)timegm(&date) * 1000; /* which brings the date into its form, too */
        strftime(start, sizeof(start), "%Y-%m-%dT00:00:00Z", &date);
        for (int model = 0; model < DISPLAYED; model++)
            revision += compare_rows(sim, start, model, month);
        if (revision != published_retention(sim, start_ms))
            sim_fail(sim, "ledger: retention of %s has revision %" PRId64 "; its rows add up to %" PRId64, start,
                     published_retention(sim, start_ms), revision);
    }
}

/* Of a month's accounts by one model, those that readers hold, whatever their cohorts. */
static int64_t told_accounts(const struct open_window *window, int model)
{
    int64_t accounts = 0;
    char part[64];

    snprintf(part, sizeof(part), "|%s|", displayed[model]);
    for (const struct published_key *key = window->keys; key != NULL; key = key->next)
        if (key->row < 0 && key->latest != NULL && !key->latest->is_gone && strstr(key->key.bytes, part) != NULL)
            accounts += key->latest->accounts;
    return accounts;
}

void retained_check(struct sim *sim, const struct open_window *window, const struct ledger_entry *ledger)
{
    struct activities least = {0};
    int month = month_of(ledger->start_ms);

    if (month < 0 || month >= MONTHS || month < stored_floor(sim, &sim->redis->master))
        return;
    for (int32_t p = 0; p < sim->kafka->input->count; p++)
        add_partition(sim, &sim->redis->master, p, ledger->parts[p].next, &least);
    for (int model = 0; model < DISPLAYED; model++)
        if (told_accounts(window, model) < __builtin_popcount(least.accounts[model][month]))
            sim_fail(sim, "retention of %s in month %d: %" PRId64 " accounts are told, before its offsets are %d",
                     displayed[model], FIRST_MONTH + month, told_accounts(window, model),
                     __builtin_popcount(least.accounts[model][month]));
}

void oracle_retention_settled(struct sim *sim, bool is_drained, bool is_published)
{
    struct activities exact = {0};

    if (!is_drained || !sim->config.has_retention || sim->has_failed || sim->are_all_hurt || sim->has_rebuilt)
        return;
    if (!is_published && has_pairs(sim)) /* Whoever tells the months merges them, too. */
        return;
    add_flushed(sim, &sim->redis->master, &exact);
    check_not_fewer(sim, &sim->redis->master, &exact);
    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        if (sim->is_hurt[p]) /* What was lost with its log may have been noted. */
            return;
    compare_all(sim, &exact);
    if (is_published && !sim->has_failed)
        compare_published(sim);
}
