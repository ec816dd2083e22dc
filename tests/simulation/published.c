/* What committed readers see: summaries and ledger records read back by a small Avro reader of its own, in the order of
 * the log. Held against the truth at the end, and against themselves all the time. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gentally/core/summary.h"
#include "truth.h"

#define KEYS_MAX 8192

/* One version of one key. */
struct version {
    struct version *next;                       /* older */
    int64_t generation, revision, pane, number; /* the last is the three as one */
    struct sums sums;
    bool is_gone;     /* a tombstone */
    int64_t accounts; /* of retention; 0: a tombstone, too */
};

struct published_key {
    struct span key;
    struct version *latest; /* in log order: the last one */
};

/* What a ledger record tells of a partition. */
struct told_part {
    uint64_t state; /* hash of its incarnation; 0: it has none, or is not among the partitions */
    int64_t next, records, watermark_ms;
    bool is_waited_for; /* it has stopped, and was not given up */
};

/* Rows of a window that were committed and no ledger record has accounted for; and what stays from ledger record to
 * ledger record. */
struct open_window {
    int64_t kind, start_ms, rows, retained;
    int64_t requests[4];              /* by rollup: they add up to the same */
    int64_t last_revision, last_rows; /* of the ledger record before: where only retention has risen, these stay */
    int64_t last_pane, last_generation, last_retention;
    struct told_part last_parts[SIM_PARTITIONS];
};

struct sim_published {
    struct published_key *keys; /* open addressing */
    int64_t read[SIM_TOPICS];   /* next entry of each output topic to look at */
    struct open_window open[512];
    uint32_t open_count;
};

/* A ledger record. */
struct ledger_entry {
    int64_t kind, start_ms, end_ms, pane, generation, revision, rows, retention;
    int64_t records;      /* of all partitions */
    int64_t partitions;   /* how many it tells of */
    int64_t watermark_ms; /* the highest of them */
    struct told_part parts[SIM_PARTITIONS];
};

static const char *const rollups[4] = {"total|", "model|", "provider|", "geography|"};

struct reader {
    const char *at, *end;
    bool is_bad;
};

static int64_t read_long(struct reader *reader)
{
    int64_t value = 0;

    if (!oracle_varint(&reader->at, reader->end, &value))
        reader->is_bad = true;
    return value;
}

static struct span read_text(struct reader *reader)
{
    int64_t size = read_long(reader);

    if (reader->is_bad || size < 0 || size > reader->end - reader->at) {
        reader->is_bad = true;
        return span_of("");
    }
    reader->at += size;
    return (struct span){reader->at - size, (size_t)size};
}

static bool read_framing(struct reader *reader, struct span value, char schema)
{
    *reader = (struct reader){value.bytes + 5, value.bytes + value.size, value.size < 6};
    return !reader->is_bad && memcmp(value.bytes, "\0\0\0\0", 4) == 0 && value.bytes[4] == schema;
}

/* An array of (floor, count). */
static void read_buckets(struct reader *reader, int histogram, struct sums *sums)
{
    for (int64_t count = read_long(reader); count != 0 && !reader->is_bad; count = read_long(reader)) {
        if (count < 0) {
            (void)read_long(reader);
            count = -count;
        }
        for (int64_t i = 0; i < count && !reader->is_bad; i++) {
            int64_t floor = read_long(reader);
            sums->histograms += (uint64_t)read_long(reader) * oracle_bucket_number(histogram, floor);
        }
    }
}

static void write_time(int64_t ms, char *text, size_t size)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm date;

    gmtime_r(&seconds, &date);
    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &date);
}

/* Adds a part of a key, in which a bar is a bar no more. */
static void put_part(char *text, size_t size, struct span part)
{
    size_t at = strlen(text);

    for (size_t i = 0; i < part.size && at + 4 < size; i++)
        at += (size_t)snprintf(text + at, size - at, part.bytes[i] == '|' ? "%%7C" : "%c", part.bytes[i]);
}

/* Reads what a row says it is, and makes its key of it. */
static void read_names(struct reader *reader, int64_t *kind, int64_t *start_ms, char *text, size_t size)
{
    enum { MODEL = 0, PROVIDER = 5, CATEGORY = 6, COUNTRY = 8, COHORT = 12, NAMES };
    static const int parts[] = {PROVIDER, MODEL, CATEGORY, COUNTRY, COHORT};
    char start[32];
    struct span names[NAMES] = {{NULL, 0}};
    struct span rollup = read_text(reader);

    *kind = read_long(reader);
    *start_ms = read_long(reader);
    if (read_long(reader) != oracle_window_over((int)*kind & 3, *start_ms))
        reader->is_bad = true;
    for (int i = 0; i < NAMES; i++)
        if (read_long(reader) == 1)
            names[i] = read_text(reader);
    write_time(*start_ms, start, sizeof(start));
    snprintf(text, size, "%.*s|%s|%s", (int)rollup.size, rollup.bytes, oracle_kinds[*kind & 3], start);
    for (size_t i = 0; i < LENGTH_OF(parts); i++) {
        if (names[parts[i]].bytes == NULL)
            continue;
        strncat(text, "|", size - strlen(text) - 1);
        put_part(text, size, names[parts[i]]);
    }
    if (read_long(reader) == 1) {
        int64_t age = read_long(reader);
        snprintf(text + strlen(text), size - strlen(text), "|%" PRId64, age);
    }
}

/* False if it cannot be read, or is not what its key says. */
static bool read_summary(const struct entry *entry, struct version *version, int64_t *kind, int64_t *start_ms)
{
    struct reader reader;
    char text[256];

    if (!read_framing(&reader, entry->value, 4))
        return false;
    read_names(&reader, kind, start_ms, text, sizeof(text));
    if (!span_equal(entry->key, span_of(text)))
        return false;
    for (int i = 0; i < 2; i++) /* family, account */
        if (read_long(&reader) == 1)
            (void)read_text(&reader);
    for (int i = 0; i < SUMS; i++)
        version->sums.of[i] = read_long(&reader);
    for (int i = 0; i < 5; i++)
        read_buckets(&reader, i, &version->sums);
    version->accounts = read_long(&reader) == 1 ? read_long(&reader) : 0;
    version->pane = read_long(&reader);
    version->generation = read_long(&reader);
    version->revision = read_long(&reader);
    version->number = read_long(&reader);
    (void)read_text(&reader);
    (void)read_long(&reader); /* suppressed: a byte of 0, as a number has it */
    reader.is_bad |= version->number != (version->generation << 50) + 4 * version->revision + version->pane;
    return !reader.is_bad && reader.at == reader.end;
}

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

static uint32_t hash_of(struct span text)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.bytes[i]) * 16777619u;
    return hash;
}

static struct published_key *find_key(struct sim *sim, struct span key)
{
    for (uint32_t hash = hash_of(key);; hash++) {
        struct published_key *found = &sim->published->keys[hash % KEYS_MAX];
        if (found->key.bytes == NULL || span_equal(found->key, key))
            return found;
    }
}

static struct open_window *open_window(struct sim_published *published, int64_t kind, int64_t start_ms)
{
    for (uint32_t i = 0; i < published->open_count; i++)
        if (published->open[i].kind == kind && published->open[i].start_ms == start_ms)
            return &published->open[i];
    if (published->open_count == LENGTH_OF(published->open))
        abort();
    struct open_window *window = &published->open[published->open_count++];
    *window = (struct open_window){.kind = kind, .start_ms = start_ms};
    return window;
}

/* A row of retention: one version may come again with its month, with the same contents; unless the store lost what was
 * noted and told before it was flushed, and others were noted instead, on the way to the same end. */
static void take_retained(struct sim *sim, const struct entry *entry)
{
    int64_t kind = 3, start_ms = 0;
    struct version *version = sim_take(sim, sizeof(*version));
    struct published_key *key = find_key(sim, entry->key);
    const struct version *last = key->latest;
    bool has_lost = sim->injected[FAULT_ROLLBACK] + sim->injected[FAULT_SPLIT] + sim->injected[FAULT_EMPTY] > 0;

    if (entry->value.bytes != NULL && !read_summary(entry, version, &kind, &start_ms)) {
        sim_fail(sim, "%.*s: the summary cannot be read, or is another's", (int)entry->key.size, entry->key.bytes);
        return;
    }
    if (entry->value.bytes != NULL)
        open_window(sim->published, kind, start_ms)->retained++;
    for (; entry->value.bytes != NULL && last != NULL && last->accounts == 0; last = last->next)
        ;
    if (entry->value.bytes != NULL && last != NULL && version->number < last->number)
        sim_fail(sim, "%.*s: revision %" PRId64 " is committed behind %" PRId64, (int)entry->key.size, entry->key.bytes,
                 version->revision, last->revision);
    if (entry->value.bytes != NULL && last != NULL && version->revision == last->revision &&
        version->generation == last->generation && version->accounts != last->accounts && !has_lost)
        sim_fail(sim, "%.*s: revision %" PRId64 " says two things: %" PRId64 " accounts and %" PRId64,
                 (int)entry->key.size, entry->key.bytes, version->revision, version->accounts, last->accounts);
    version->next = key->latest;
    key->key = entry->key;
    key->latest = version;
}

int64_t published_accounts(struct sim *sim, struct span key)
{
    const struct version *latest = find_key(sim, key)->latest;

    return latest == NULL ? 0 : latest->accounts;
}

/* Holds a version of a row against those before it. */
static void check_version(struct sim *sim, struct span key, const struct version *version, const struct version *last)
{
    if (last != NULL && version->number < last->number)
        sim_fail(sim, "%.*s: version %" PRId64 " is committed behind %" PRId64, (int)key.size, key.bytes,
                 version->number, last->number);
    for (const struct version *other = last; other != NULL; other = other->next) {
        bool is_same =
            !other->is_gone && other->revision == version->revision && other->generation == version->generation;
        if (is_same && other->pane == version->pane)
            sim_fail(sim, "%.*s: revision %" PRId64 " of generation %" PRId64 " is committed twice", (int)key.size,
                     key.bytes, version->revision, version->generation);
        else if (is_same && !oracle_is_equal(&other->sums, &version->sums) && !nemesis_has_parted(sim))
            sim_fail(sim, "%.*s: revision %" PRId64 " of generation %" PRId64 " says two things: %s differ",
                     (int)key.size, key.bytes, version->revision, version->generation,
                     oracle_difference(&other->sums, &version->sums));
    }
}

int64_t published_retention(struct sim *sim, int64_t start_ms)
{
    return open_window(sim->published, 3, start_ms)->last_retention;
}

/* Of a row that nothing is left of there is a tombstone, which has no version of its own. */
static void take_summary(struct sim *sim, const struct entry *entry)
{
    int64_t kind = 0, start_ms = 0;
    struct version *version = sim_take(sim, sizeof(*version));
    struct published_key *key = find_key(sim, entry->key);
    const struct version *last = key->latest;

    if (strncmp(entry->key.bytes, "retention|", 10) == 0) {
        take_retained(sim, entry);
        return;
    }
    version->is_gone = entry->value.bytes == NULL;
    if (version->is_gone && sim->config.ids != IDS_AMEND)
        sim_fail(sim, "%.*s: a tombstone, and nothing was amended", (int)entry->key.size, entry->key.bytes);
    if (!version->is_gone && !read_summary(entry, version, &kind, &start_ms)) {
        sim_fail(sim, "%.*s: the summary cannot be read, or is another's", (int)entry->key.size, entry->key.bytes);
        return;
    }
    version->next = key->latest;
    key->key = entry->key;
    key->latest = version;
    if (version->is_gone)
        return;
    struct open_window *window = open_window(sim->published, kind, start_ms);
    window->rows++;
    for (size_t i = 0; i < LENGTH_OF(rollups); i++)
        if (strncmp(entry->key.bytes, rollups[i], strlen(rollups[i])) == 0)
            window->requests[i] += version->sums.of[0];
    for (; last != NULL && last->is_gone; last = last->next)
        ;
    check_version(sim, entry->key, version, last);
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

static void read_ledger_partition(struct sim *sim, struct reader *reader, struct ledger_entry *ledger)
{
    int64_t sum = 0, watermark_ms = NONE;
    int64_t partition = read_long(reader);

    struct span incarnation = read_text(reader);
    uint64_t state = incarnation.size == 0 ? 0 : hash_of(incarnation);
    int64_t first = read_long(reader), next = read_long(reader);
    if (read_long(reader) == 1)
        watermark_ms = read_long(reader);
    int64_t records = read_long(reader), consumed = read_long(reader);
    for (int i = 0; i < OUTCOMES; i++)
        sum += read_long(reader);
    bool is_stopped = read_long(reader) == 1;
    if (is_stopped)
        (void)read_text(reader);
    if (read_long(reader) == 1) /* stopped_at */
        (void)read_long(reader);
    bool is_given_up = read_long(reader) != 0; /* a byte of 0, or 1, which a number has as -1 */
    if (read_long(reader) == 1)                /* the end of its log */
        (void)read_long(reader);
    if (reader->is_bad || partition < 0 || partition >= SIM_PARTITIONS)
        return;
    if (sum != consumed)
        sim_fail(sim, "ledger: partition %" PRId64 " consumed %" PRId64 ", of which are told %" PRId64, partition,
                 consumed, sum);
    else if (!oracle_is_cut(sim, (int32_t)partition) && consumed != count_records(sim, partition, first, next))
        sim_fail(sim,
                 "ledger: partition %" PRId64 " consumed %" PRId64 " records in [%" PRId64 ", %" PRId64
                 "), which holds %" PRId64,
                 partition, consumed, first, next, count_records(sim, partition, first, next));
    ledger->records += records;
    ledger->partitions++;
    ledger->parts[partition] = (struct told_part){state, next, records, watermark_ms, is_stopped && !is_given_up};
    if (watermark_ms > ledger->watermark_ms)
        ledger->watermark_ms = watermark_ms;
}

static bool read_ledger(struct sim *sim, struct span value, struct ledger_entry *ledger)
{
    struct reader reader;

    *ledger = (struct ledger_entry){.watermark_ms = NONE};
    if (!read_framing(&reader, value, 3))
        return false;
    ledger->kind = read_long(&reader);
    ledger->start_ms = read_long(&reader);
    ledger->end_ms = read_long(&reader);
    ledger->pane = read_long(&reader);
    ledger->generation = read_long(&reader);
    ledger->revision = read_long(&reader);
    if (read_long(&reader) != (ledger->generation << 50) + 4 * ledger->revision + ledger->pane) /* its version */
        return false;
    ledger->rows = read_long(&reader);
    (void)read_text(&reader);
    for (int64_t count = read_long(&reader); count != 0 && !reader.is_bad; count = read_long(&reader)) {
        if (count < 0) {
            (void)read_long(&reader);
            count = -count;
        }
        for (int64_t i = 0; i < count; i++)
            read_ledger_partition(sim, &reader, ledger);
    }
    ledger->retention = read_long(&reader);
    if (ledger->retention > 0 && ledger->kind != 3)
        sim_fail(sim, "ledger: retention of a window that is no month");
    return !reader.is_bad && reader.at == reader.end;
}

/* What must hold of a window's ledger record, and of it after the one before. */
static void check_ledger(struct sim *sim, const struct open_window *window, const struct ledger_entry *ledger)
{
    const char *kind = oracle_kinds[ledger->kind & 3];
    bool is_of_other_states = false;

    for (int p = 0; p < SIM_PARTITIONS; p++) {
        const struct told_part *last = &window->last_parts[p], *now = &ledger->parts[p];
        if (ledger->pane == PANE_ON_TIME && now->is_waited_for && ledger->end_ms > now->watermark_ms)
            sim_fail(sim, "ledger: a %s is told on time while partition %d is stopped before its end", kind, p);
        if (last->records > 0 && now->state == 0)
            sim_fail(sim, "ledger: a %s is told without partition %d, which had %" PRId64 " records of it", kind, p,
                     last->records);
        if (last->state == 0 || now->state == 0)
            continue;
        is_of_other_states = is_of_other_states || (last->records > 0 && last->state != now->state);
        if (last->state == now->state && now->next < last->next)
            sim_fail(sim, "ledger: a %s is told of partition %d at %" PRId64 ", before it was told of it at %" PRId64,
                     kind, p, now->next, last->next);
    }
    if (ledger->records != ledger->revision)
        sim_fail(sim, "ledger: revision %" PRId64 " of partitions' %" PRId64 " records", ledger->revision,
                 ledger->records);
    if (is_of_other_states && ledger->generation <= window->last_generation)
        sim_fail(sim, "ledger: a %s is of a state made anew, and of generation %" PRId64 " as before", kind,
                 ledger->generation);
    if (ledger->pane == PANE_ON_TIME && ledger->end_ms > ledger->watermark_ms)
        sim_fail(sim, "ledger: a %s is told on time %" PRId64 " ms before its end", kind,
                 ledger->end_ms - ledger->watermark_ms);
}

static void take_ledger(struct sim *sim, const struct entry *entry)
{
    struct ledger_entry ledger;

    if (!read_ledger(sim, entry->value, &ledger)) {
        sim_fail(sim, "a ledger record cannot be read");
        return;
    }
    struct open_window *window = open_window(sim->published, ledger.kind, ledger.start_ms);
    bool is_retention_only = window->rows == 0 && window->last_revision == ledger.revision;
    if (is_retention_only)
        window->rows = window->last_rows;
    check_ledger(sim, window, &ledger);
    if (entry->txn != NULL && ledger.partitions < entry->txn->known_count)
        sim_fail(sim, "ledger: told of %" PRId64 " partitions by a worker whose assignment was of %" PRId32,
                 ledger.partitions, entry->txn->known_count);
    if (window->rows + window->retained != ledger.rows)
        sim_fail(sim, "ledger: %" PRId64 " summaries, committed with it were %" PRId64, ledger.rows,
                 window->rows + window->retained);
    /* Corrections are records, too, and bring no request. */
    int64_t requests = sim->config.ids == IDS_AMEND ? window->requests[0] : ledger.revision;
    for (size_t i = 0; i < LENGTH_OF(rollups) && !is_retention_only; i++)
        if (window->requests[i] != requests)
            sim_fail(sim, "a %s of revision %" PRId64 " has %" PRId64 " requests by %s", oracle_kinds[ledger.kind & 3],
                     ledger.revision, window->requests[i], rollups[i]);
    *window = (struct open_window){.kind = ledger.kind,
                                   .start_ms = ledger.start_ms,
                                   .last_revision = ledger.revision,
                                   .last_rows = window->rows,
                                   .last_pane = ledger.pane,
                                   .last_retention = ledger.retention,
                                   .last_generation = ledger.generation};
    memcpy(window->last_parts, ledger.parts, sizeof(ledger.parts));
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

void oracle_committed(struct sim *sim, const struct txn *txn)
{
    struct kafka *kafka = sim->kafka;

    (void)txn;
    for (uint32_t i = 0; i < kafka->topic_count; i++)
        if (&kafka->topics[i] != kafka->input && &kafka->topics[i] != kafka->letters &&
            &kafka->topics[i] != kafka->ledger)
            read_topic(sim, i, take_summary);
    read_topic(sim, (uint32_t)(kafka->ledger - kafka->topics), take_ledger);
}

/* ---- at the end ---- */

static bool is_unhurt(const struct sim *sim, int32_t partition)
{
    return !sim->is_hurt[partition] && !sim->are_all_hurt;
}

bool oracle_is_read_out(struct sim *sim)
{
    for (int32_t p = 0; p < sim->kafka->input->count; p++) {
        if (is_unhurt(sim, p) && database_number(&sim->redis->master, sim->redis->meta[p], "next", -1) <
                                     kafka_stable(&sim->kafka->input->logs[p]))
            return false;
    }
    return true;
}

/* With `is_least`, there may be more than the window has: of partitions that are not compared. */
static void compare_row(struct sim *sim, const struct truth_window *window, int row, bool is_least)
{
    char start[32], text[256];
    const char *name = oracle_row_name(sim, row);
    const char *bar = strchr(name, '|');

    write_time(window->start_ms, start, sizeof(start));
    snprintf(text, sizeof(text), "%.*s|%s|%s%s%s", (int)(bar == NULL ? (ptrdiff_t)strlen(name) : bar - name), name,
             oracle_kinds[window->kind], start, bar == NULL ? "" : "|", bar == NULL ? "" : bar + 1);
    const struct version *latest = find_key(sim, span_of(text))->latest;
    const struct sums *truth = &window->rows[row];
    bool is_there = latest != NULL && !latest->is_gone;
    if (!is_there && truth->of[0] > 0)
        sim_fail(sim, "%s was %s; the truth is %" PRId64 " requests", text,
                 latest == NULL ? "never published" : "taken back", truth->of[0]);
    else if (is_there && is_least && latest->sums.of[0] < truth->of[0])
        sim_fail(sim, "%s: published are %" PRId64 " requests, the truth is at least %" PRId64, text,
                 latest->sums.of[0], truth->of[0]);
    else if (is_there && !is_least && truth->of[0] == 0)
        sim_fail(sim, "%s: published are %" PRId64 "; nothing is left of it", text, latest->sums.of[0]);
    else if (is_there && !is_least && !oracle_is_equal(&latest->sums, truth))
        sim_fail(sim,
                 "%s: published are %" PRId64 " requests (revision %" PRId64 "), the truth is %" PRId64 "; %s differ",
                 text, latest->sums.of[0], latest->revision, truth->of[0], oracle_difference(&latest->sums, truth));
}

static void merge(struct truth_window *into, const struct truth_window *from)
{
    into->records += from->records;
    into->touched |= from->touched;
    for (int row = 0; row < SIM_ROWS; row++)
        oracle_add(&into->rows[row], &from->rows[row], 1);
}

/* Whether a window was over for all partitions is known once all are read out: then the highest watermark counts. */
static void check_pane(struct sim *sim, const struct truth_window *truth, int64_t watermark_ms)
{
    const struct open_window *window = open_window(sim->published, truth->kind, truth->start_ms);

    if (oracle_window_over(truth->kind, truth->start_ms) <= watermark_ms && window->last_pane == PANE_EARLY)
        sim_fail(sim, "a %s is over, and its last revision is told early", oracle_kinds[truth->kind]);
}

/* The sum over all partitions, for each window once. */
static void compare_published(struct sim *sim, struct truth *truths[], int32_t count, bool is_least)
{
    int64_t watermark_ms = NONE;

    for (int32_t p = 0; p < count; p++)
        watermark_ms = truths[p]->watermark_ms > watermark_ms ? truths[p]->watermark_ms : watermark_ms;
    for (int32_t p = 0; p < count; p++)
        for (uint32_t i = 0; i < truths[p]->count && !sim->has_failed; i++) {
            struct truth_window merged = truths[p]->windows[i];
            bool is_first = true;
            for (int32_t q = 0; q < count; q++)
                for (uint32_t j = 0; q != p && j < truths[q]->count; j++)
                    if (truths[q]->windows[j].kind == merged.kind &&
                        truths[q]->windows[j].start_ms == merged.start_ms) {
                        is_first = is_first && q > p;
                        merge(&merged, &truths[q]->windows[j]);
                    }
            if (is_first && !is_least) /* A partition that has stopped may keep it open. */
                check_pane(sim, &merged, watermark_ms);
            for (int row = 0; is_first && row < SIM_ROWS; row++)
                if ((merged.touched >> row & 1) != 0)
                    compare_row(sim, &merged, row, is_least);
        }
}

void oracle_settled(struct sim *sim, bool is_drained)
{
    struct truth *truths[SIM_PARTITIONS];
    int32_t count = sim->kafka->input->count, unhurt = 0;

    for (int32_t p = 0; p < count && !sim->has_failed; p++) {
        struct truth *truth = is_unhurt(sim, p) ? oracle_truth(sim, &sim->redis->master, p) : NULL;
        if (truth != NULL)
            oracle_compare(sim, p, truths[unhurt++] = truth);
        else if (is_unhurt(sim, p))
            sim_fail(sim, "partition %" PRId32 " has no state", p);
    }
    if (is_drained && !sim->has_failed)
        compare_published(sim, truths, unhurt, unhurt < count);
    oracle_retention_settled(sim, is_drained && unhurt == count);
    oracle_letters(sim);
}
