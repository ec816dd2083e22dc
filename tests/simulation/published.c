/* What committed readers see: summaries and ledger records, in the order of the log. Held against the truth at the end,
 * and against themselves all the time. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "committed.h"

#define KEYS_MAX 8192
#define ROWS_KNOWN 100000 /* more than a run has */

struct sim_published {
    struct published_key *keys; /* open addressing */
    int64_t read[SIM_TOPICS];   /* next entry of each output topic to look at */
    struct open_window windows[512];
    uint32_t window_count;
    uint32_t untold; /* versions that no ledger record stands behind yet */
};

void published_make(struct sim *sim)
{
    sim->published = sim_take(sim, sizeof(*sim->published));
    sim->published->keys = calloc(KEYS_MAX, sizeof(*sim->published->keys));
    if (sim->published->keys == NULL)
        abort();
}

void published_free(struct sim *sim)
{
    free(sim->published->keys);
}

uint32_t published_hash(struct span text)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.bytes[i]) * 16777619u;
    return hash;
}

struct open_window *published_window(struct sim *sim, int64_t kind, int64_t start_ms)
{
    struct sim_published *published = sim->published;

    for (uint32_t i = 0; i < published->window_count; i++)
        if (published->windows[i].kind == kind && published->windows[i].start_ms == start_ms)
            return &published->windows[i];
    if (published->window_count == LENGTH_OF(published->windows))
        abort();
    struct open_window *window = &published->windows[published->window_count++];
    *window = (struct open_window){.kind = kind, .start_ms = start_ms};
    return window;
}

static struct published_key *find_key(struct sim *sim, struct span key)
{
    for (uint32_t hash = published_hash(key);; hash++) {
        struct published_key *found = &sim->published->keys[hash % KEYS_MAX];
        if (found->key.bytes == NULL || span_equal(found->key, key))
            return found;
    }
}

/* Reads "<rollup>|<kind>|<start>", behind which the names of the row come, if it has any. */
static bool read_key(struct published_key *key, int64_t *kind, int64_t *start_ms)
{
    char row[256];
    const char *bar = strchr(key->key.bytes, '|'), *next = bar == NULL ? NULL : strchr(bar + 1, '|');
    struct tm date = {.tm_year = 0};
    const char *end = next == NULL ? NULL : strptime(next + 1, "%Y-%m-%dT%H:%M:%SZ", &date);

    if (end == NULL || (*end != '|' && *end != '\0'))
        return false;
    *start_ms = (int64_t)timegm(&date) * 1000;
    for (*kind = 0; *kind < KINDS; ++*kind)
        if (strlen(oracle_kinds[*kind]) == (size_t)(next - bar - 1) &&
            memcmp(oracle_kinds[*kind], bar + 1, (size_t)(next - bar - 1)) == 0)
            break;
    snprintf(row, sizeof(row), "%.*s%s", (int)(bar - key->key.bytes), key->key.bytes, end);
    for (key->row = SIM_ROWS - 1; key->row >= 0; key->row--)
        if (strcmp(oracle_row_name(sim_get(), key->row), row) == 0)
            break;
    if (strncmp(row, "retention|", 10) == 0)
        key->age = strtoll(strrchr(row, '|') + 1, NULL, 10);
    else if (key->row < 0)
        return false;
    return *kind < KINDS;
}

/* The key, which is one of its window's from now on. NULL if it can be none of ours. */
static struct published_key *take_key(struct sim *sim, struct span text)
{
    struct published_key *key = find_key(sim, text);
    int64_t kind = 0, start_ms = 0;

    if (key->key.bytes != NULL)
        return key;
    key->key = text;
    if (!read_key(key, &kind, &start_ms)) {
        sim_fail(sim, "%.*s: this is no row's key", (int)text.size, text.bytes);
        return NULL;
    }
    key->window = published_window(sim, kind, start_ms);
    key->next = key->window->keys;
    key->window->keys = key;
    if (key->row >= 0)
        key->window->rows[key->row] = key;
    return key;
}

/* The last version that was no tombstone. */
static const struct version *last_there(const struct published_key *key)
{
    const struct version *last = key->latest;

    while (last != NULL && last->is_gone)
        last = last->next;
    return last;
}

/* A version as one number: what it is made of never comes to its bits' end here. */
static int64_t number_of(int64_t generation, int64_t revision, int64_t pane)
{
    return (generation << 50) + 4 * revision + pane;
}

/* Of a row of retention one version may come again with its month, with the same contents; unless the store lost what
 * was noted and told before it was flushed, and others were noted instead, on the way to the same end. */
static void check_retained(struct sim *sim, const struct published_key *key, const struct version *version)
{
    const struct version *last = last_there(key);
    bool has_lost = sim->injected[FAULT_ROLLBACK] + sim->injected[FAULT_SPLIT] + sim->injected[FAULT_EMPTY] > 0;

    if (last != NULL && version->revision == last->revision && version->generation == last->generation &&
        version->accounts != last->accounts && !has_lost)
        sim_fail(sim, "%s: revision %" PRId64 " says two things: %" PRId64 " accounts and %" PRId64, key->key.bytes,
                 version->revision, version->accounts, last->accounts);
}

/* A version of a row is committed once, and two of one (generation, revision) say the same. */
static void check_row(struct sim *sim, const struct published_key *key, const struct version *version)
{
    for (const struct version *other = key->latest; other != NULL; other = other->next) {
        bool is_same =
            !other->is_gone && other->revision == version->revision && other->generation == version->generation;
        if (is_same && other->pane == version->pane)
            sim_fail(sim, "%s: revision %" PRId64 " of generation %" PRId64 " is committed twice", key->key.bytes,
                     version->revision, version->generation);
        else if (is_same && !oracle_is_equal(&other->sums, &version->sums) && !nemesis_has_parted(sim))
            sim_fail(sim, "%s: revision %" PRId64 " of generation %" PRId64 " says two things: %s differ",
                     key->key.bytes, version->revision, version->generation,
                     oracle_difference(&other->sums, &version->sums));
    }
}

/* Whether it was told by a closer that still knows what it told of the window: unless that was too much for it, a
 * transaction of it was aborted, or the store had lost the window for a while. A month of which only retention has
 * risen is told without its other rows: a closer that took it over so still does not know those. */
static bool is_remembered(const struct sim *sim, const struct published_key *key, const struct txn *txn)
{
    const struct txn *told = key->row < 0 ? key->window->last_txn : key->window->rows_txn;
    bool has_lost = sim->injected[FAULT_ROLLBACK] + sim->injected[FAULT_SPLIT] > 0;

    return !has_lost && !key->window->is_under_way && told != NULL && told->epoch == txn->epoch &&
           told->aborted == txn->aborted && sim->config.told_rows_max > ROWS_KNOWN;
}

/* Where only changes are told, nothing comes again as it was. Corrections may change what only a cell shows, as
 * registers. */
static void check_news(struct sim *sim, const struct published_key *key, const struct version *version)
{
    const struct version *last = key->latest;
    bool is_same = last != NULL && version->generation == last->generation && version->accounts == last->accounts &&
                   oracle_is_equal(&version->sums, &last->sums);

    if (is_same && version->pane != PANE_ON_TIME && sim->config.ids != IDS_AMEND &&
        is_remembered(sim, key, version->txn))
        sim_fail(sim, "%s: version %" PRId64 " says what %" PRId64 " said, from the same closer", key->key.bytes,
                 version->number, last->number);
}

/* Holds a version of a key against those before it. */
static void check_version(struct sim *sim, const struct published_key *key, const struct version *version)
{
    const struct version *last = last_there(key);

    if (version->number != number_of(version->generation, version->revision, version->pane))
        sim_fail(sim, "%s: version %" PRId64 ", of generation %" PRId64 ", revision %" PRId64 ", pane %" PRId64,
                 key->key.bytes, version->number, version->generation, version->revision, version->pane);
    if (last != NULL && version->number < last->number)
        sim_fail(sim, "%s: version %" PRId64 " is committed behind %" PRId64, key->key.bytes, version->number,
                 last->number);
    if (key->row < 0)
        check_retained(sim, key, version);
    else
        check_row(sim, key, version);
    check_news(sim, key, version);
}

/* Nothing is taken back that nobody has: but who takes a window over does not know which of its rows there were. */
static void check_tombstone(struct sim *sim, const struct published_key *key, const struct version *version)
{
    if (key->row >= 0 && sim->config.ids != IDS_AMEND)
        sim_fail(sim, "%s: a tombstone, and nothing was amended", key->key.bytes);
    bool was_told = key->window->last_txn != NULL || key->window->begun.number > 0;
    if (last_there(key) == NULL && (!was_told || is_remembered(sim, key, version->txn)))
        sim_fail(sim, "%s: a tombstone of what was never published", key->key.bytes);
}

/* Of a row that nothing is left of there is a tombstone, which has no version of its own. */
static void take_summary(struct sim *sim, const struct entry *entry)
{
    int64_t kind = 0, start_ms = 0;
    struct version *version = sim_take(sim, sizeof(*version));
    struct published_key *key = take_key(sim, entry->key);

    if (key == NULL)
        return;
    version->is_gone = entry->value.bytes == NULL;
    if (!version->is_gone && !reading_summary(entry, version, &kind, &start_ms)) {
        sim_fail(sim, "%s: the summary cannot be read, or is another's", key->key.bytes);
        return;
    }
    version->txn = entry->txn;
    if (version->is_gone)
        check_tombstone(sim, key, version);
    else
        check_version(sim, key, version);
    if (key->latest != NULL && !key->latest->is_told) { /* of a telling that never came to its end */
        key->latest->is_told = true;
        sim->published->untold--;
    }
    version->next = key->latest;
    key->latest = version;
    sim->published->untold++;
}

int64_t published_accounts(struct sim *sim, struct span key)
{
    const struct version *latest = find_key(sim, key)->latest;

    return latest == NULL ? 0 : latest->accounts;
}

int64_t published_retention(struct sim *sim, int64_t start_ms)
{
    return published_window(sim, 3, start_ms)->last.retention;
}

/* Records of a partition's log in [first, next). */
static int64_t count_records(struct sim *sim, int64_t partition, int64_t first, int64_t next)
{
    const struct partition_log *log = oracle_log(sim, &sim->redis->master, (int32_t)partition);
    int64_t count = 0;

    for (int64_t i = first; i < next && i < log->next; i++)
        count += log->entries[i]->meaning.kind != ENTRY_MARKER ? 1 : 0;
    return count;
}

/* What a ledger record tells of a partition's log, by itself and after the one before. With news of retention alone it
 * says again what was told of the rows, whatever has stopped since. */
static void check_part(struct sim *sim, const struct ledger_entry *ledger, int p, const struct told_part *last,
                       bool has_rows, const struct txn *txn)
{
    const char *kind = oracle_kinds[ledger->kind & 3];
    const struct told_part *now = &ledger->parts[p];

    if (now->outcomes != now->consumed)
        sim_fail(sim, "ledger: partition %d consumed %" PRId64 ", of which are told %" PRId64, p, now->consumed,
                 now->outcomes);
    else if (!oracle_is_cut(sim, p) && now->consumed != count_records(sim, p, now->first, now->next))
        sim_fail(sim,
                 "ledger: partition %d consumed %" PRId64 " records in [%" PRId64 ", %" PRId64
                 "), which holds %" PRId64,
                 p, now->consumed, now->first, now->next, count_records(sim, p, now->first, now->next));
    if (now->end == NONE && now->state != 0 && txn->is_calm)
        sim_fail(sim, "ledger: nobody says where partition %d's log ends, and the broker is there", p);
    if (now->end != NONE && !oracle_is_cut(sim, p) &&
        (now->end < now->next || now->end > sim->kafka->input->logs[p].next))
        sim_fail(sim, "ledger: partition %d's log ended at %" PRId64 ", it is told; it ends at %" PRId64, p, now->end,
                 sim->kafka->input->logs[p].next);
    if (has_rows && ledger->pane == PANE_ON_TIME && now->is_waited_for && ledger->end_ms > now->watermark_ms)
        sim_fail(sim, "ledger: a %s is told on time while partition %d is stopped before its end", kind, p);
    if (last->records > 0 && now->state == 0)
        sim_fail(sim, "ledger: a %s is told without partition %d, which had %" PRId64 " records of it", kind, p,
                 last->records);
    if (last->state != 0 && last->state == now->state && now->next < last->next)
        sim_fail(sim, "ledger: a %s is told of partition %d at %" PRId64 ", before it was told of it at %" PRId64, kind,
                 p, now->next, last->next);
}

/* Whether a ledger record tells more than the one before. Where the store lost what was new of a month's retention,
 * between the look that found it and the record, the same is told again. */
static bool is_news(const struct sim *sim, const struct ledger_entry *last, const struct ledger_entry *ledger)
{
    bool has_lost = sim->injected[FAULT_ROLLBACK] + sim->injected[FAULT_SPLIT] > 0;

    if (ledger->number != last->number)
        return ledger->number > last->number;
    return ledger->retention > last->retention || (ledger->retention == last->retention && has_lost);
}

/* What must hold of a window's ledger record, and of it after the one before. */
static void check_ledger(struct sim *sim, const struct open_window *window, const struct ledger_entry *ledger,
                         const struct txn *txn)
{
    const char *kind = oracle_kinds[ledger->kind & 3];
    bool is_of_other_states = false;

    for (int p = 0; p < SIM_PARTITIONS; p++) {
        const struct told_part *last = &window->last.parts[p], *now = &ledger->parts[p];
        check_part(sim, ledger, p, last, ledger->number != window->last.number, txn);
        is_of_other_states = is_of_other_states || (last->records > 0 && now->state != 0 && last->state != now->state);
    }
    if (ledger->records != ledger->revision)
        sim_fail(sim, "ledger: revision %" PRId64 " of partitions' %" PRId64 " records", ledger->revision,
                 ledger->records);
    if (window->last_txn != NULL && !is_news(sim, &window->last, ledger))
        sim_fail(sim, "ledger: version %" PRId64 " of a %s, retention %" PRId64 ", behind %" PRId64 ", %" PRId64,
                 ledger->number, kind, ledger->retention, window->last.number, window->last.retention);
    if (window->is_under_way && ledger->number < window->begun.number)
        sim_fail(sim, "ledger: version %" PRId64 " of a %s, behind %" PRId64 ", which was begun", ledger->number, kind,
                 window->begun.number);
    if (ledger->number != number_of(ledger->generation, ledger->revision, ledger->pane))
        sim_fail(sim, "ledger: version %" PRId64 " of generation %" PRId64 ", revision %" PRId64 ", pane %" PRId64,
                 ledger->number, ledger->generation, ledger->revision, ledger->pane);
    if (ledger->retention > 0 && ledger->kind != 3)
        sim_fail(sim, "ledger: retention of a window that is no month");
    if (is_of_other_states && ledger->generation <= window->last.generation)
        sim_fail(sim, "ledger: a %s is of a state made anew, and of generation %" PRId64 " as before", kind,
                 ledger->generation);
    if (ledger->pane == PANE_ON_TIME && ledger->end_ms > ledger->watermark_ms)
        sim_fail(sim, "ledger: a %s is told on time %" PRId64 " ms before its end", kind,
                 ledger->end_ms - ledger->watermark_ms);
}

/* A window is told whose rows come in several transactions: what is begun is either told to its end, or begun again
 * above all that may have been seen of it. */
static void take_begun(struct sim *sim, struct open_window *window, const struct ledger_entry *ledger)
{
    if (window->is_under_way && ledger->number <= window->begun.number)
        sim_fail(sim, "ledger: version %" PRId64 " of a %s is begun behind %" PRId64, ledger->number,
                 oracle_kinds[window->kind], window->begun.number);
    sim->begun_ledgers++;
    sim->resumed_ledgers += window->is_under_way ? 1 : 0;
    window->begun = *ledger;
    window->was_broken_off = window->is_under_way;
    window->is_under_way = true;
}

static void take_ledger(struct sim *sim, const struct entry *entry)
{
    struct ledger_entry ledger;

    if (!reading_ledger(entry->value, &ledger)) {
        sim_fail(sim, "a ledger record cannot be read");
        return;
    }
    struct open_window *window = published_window(sim, ledger.kind, ledger.start_ms);
    check_ledger(sim, window, &ledger, entry->txn);
    if (ledger.partitions < entry->txn->known_count)
        sim_fail(sim, "ledger: told of %" PRId64 " partitions by a worker whose assignment was of %" PRId32,
                 ledger.partitions, entry->txn->known_count);
    if (ledger.rows == LEDGER_UNDER_WAY) {
        take_begun(sim, window, &ledger);
        return;
    }
    if (ledger.pane == PANE_LATE && !window->was_on_time)
        sim_fail(sim, "ledger: a %s is told late that never was told on time", oracle_kinds[window->kind]);
    window->was_broken_off = window->is_under_way && (window->was_broken_off || ledger.number != window->begun.number);
    told_check(sim, window, &ledger, entry);
    sim->resumed_ledgers += window->is_under_way && ledger.number != window->begun.number ? 1 : 0;
    window->is_under_way = false;
    window->was_on_time = window->was_on_time || ledger.pane == PANE_ON_TIME;
    for (struct published_key *key = window->keys; key != NULL; key = key->next)
        if (key->latest != NULL && !key->latest->is_told) {
            key->latest->is_told = true;
            sim->published->untold--;
        }
    if (window->rows_txn == NULL || ledger.number != window->last.number) /* else only retention has risen */
        window->rows_txn = entry->txn;
    window->last = ledger;
    window->last_txn = entry->txn;
    if (ledger.pane == PANE_EARLY && !window->was_broken_off)
        window->early_txn = entry->txn;
}

const struct truth_window *oracle_count_told(struct sim *sim, struct span value)
{
    struct ledger_entry ledger;

    return reading_ledger(value, &ledger) ? looks_count(sim, &ledger) : NULL;
}

/* Everything a committed reader gets of the topic now. */
static void read_topic(struct sim *sim, uint32_t index, void (*take)(struct sim *sim, const struct entry *entry))
{
    const struct partition_log *log = &sim->kafka->topics[index].logs[0];
    int64_t *next = &sim->published->read[index];

    for (; *next < log->next; ++*next) {
        const struct txn *txn = log->entries[*next]->txn;
        if (txn != NULL && (txn->state == TXN_OPEN || txn->state == TXN_PREPARED))
            break;
        if (kafka_is_visible(log->entries[*next]))
            take(sim, log->entries[*next]);
    }
}

/* Rows that no ledger record tells of are of windows that are under way, and of the version begun. */
static void check_untold(struct sim *sim)
{
    uint32_t begun = 0;

    for (uint32_t i = 0; i < sim->published->window_count; i++) {
        const struct open_window *window = &sim->published->windows[i];
        for (const struct published_key *key = window->keys; key != NULL && window->is_under_way; key = key->next) {
            const struct version *version = key->latest;
            int64_t revision = key->row < 0 ? window->begun.retention : window->begun.revision;
            if (version == NULL || version->is_told)
                continue;
            begun++;
            if (!version->is_gone &&
                version->number > number_of(window->begun.generation, revision, window->begun.pane))
                sim_fail(sim, "%s: version %" PRId64 ", and begun is %" PRId64, key->key.bytes, version->number,
                         window->begun.number);
        }
    }
    if (sim->published->untold != begun)
        sim_fail(sim, "%" PRIu32 " rows are committed that no ledger record tells of", sim->published->untold - begun);
}

/* Whether the store that told of it was another, and in this one it is over and gone. */
static bool is_stranded(const struct sim *sim, const struct open_window *window)
{
    bool is_collected = false;

    for (int32_t p = 0; p < sim->kafka->input->count; p++)
        is_collected = is_collected || oracle_is_collected(sim, p, (int)window->kind, window->start_ms);
    return is_collected && sim->injected[FAULT_ROLLBACK] + sim->injected[FAULT_SPLIT] > 0;
}

uint32_t oracle_under_way(const struct sim *sim)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < sim->published->window_count; i++)
        count += sim->published->windows[i].is_under_way && !is_stranded(sim, &sim->published->windows[i]) ? 1 : 0;
    return count;
}

void oracle_committed(struct sim *sim, const struct txn *txn)
{
    struct kafka *kafka = sim->kafka;

    (void)txn;
    for (uint32_t i = 0; i < kafka->topic_count; i++)
        if (&kafka->topics[i] != kafka->input && &kafka->topics[i] != kafka->letters &&
            &kafka->topics[i] != kafka->ledger)
            read_topic(sim, i, take_summary);
    read_topic(sim, (uint32_t)(kafka->ledger - kafka->topics), take_ledger);
    check_untold(sim);
}
