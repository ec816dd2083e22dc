/* What committed readers see: summaries and ledger records read back by a small Avro reader of its own, in the order of
 * the log. Held against the truth at the end, and against themselves all the time. */
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

    return !has_lost && told != NULL && told->epoch == txn->epoch && told->aborted == txn->aborted &&
           sim->config.told_rows_max > ROWS_KNOWN;
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
    if (last_there(key) == NULL && (key->window->last_txn == NULL || is_remembered(sim, key, version->txn)))
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
    if (!version->is_gone && !read_summary(entry, version, &kind, &start_ms)) {
        sim_fail(sim, "%s: the summary cannot be read, or is another's", key->key.bytes);
        return;
    }
    version->txn = entry->txn;
    if (version->is_gone)
        check_tombstone(sim, key, version);
    else
        check_version(sim, key, version);
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

static void read_ledger_partition(struct reader *reader, struct ledger_entry *ledger)
{
    struct told_part part = {.watermark_ms = NONE, .end = NONE};
    int64_t partition = read_long(reader);

    struct span incarnation = read_text(reader);
    part.state = incarnation.size == 0 ? 0 : published_hash(incarnation);
    part.first = read_long(reader);
    part.next = read_long(reader);
    if (read_long(reader) == 1)
        part.watermark_ms = read_long(reader);
    part.records = read_long(reader);
    part.consumed = read_long(reader);
    for (int i = 0; i < OUTCOMES; i++)
        part.outcomes += read_long(reader);
    bool is_stopped = read_long(reader) == 1;
    if (is_stopped)
        (void)read_text(reader);
    if (read_long(reader) == 1) /* stopped_at */
        (void)read_long(reader);
    bool is_given_up = read_long(reader) != 0; /* a byte of 0, or 1, which a number has as -1 */
    if (read_long(reader) == 1)
        part.end = read_long(reader);
    if (reader->is_bad || partition < 0 || partition >= SIM_PARTITIONS)
        return;
    part.is_waited_for = is_stopped && !is_given_up;
    ledger->records += part.records;
    ledger->partitions++;
    ledger->parts[partition] = part;
    if (part.watermark_ms > ledger->watermark_ms)
        ledger->watermark_ms = part.watermark_ms;
}

static bool read_ledger(struct span value, struct ledger_entry *ledger)
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
    ledger->number = read_long(&reader);
    ledger->rows = read_long(&reader);
    (void)read_text(&reader);
    for (int64_t count = read_long(&reader); count != 0 && !reader.is_bad; count = read_long(&reader)) {
        if (count < 0) {
            (void)read_long(&reader);
            count = -count;
        }
        for (int64_t i = 0; i < count; i++)
            read_ledger_partition(&reader, ledger);
    }
    ledger->retention = read_long(&reader);
    return !reader.is_bad && reader.at == reader.end;
}

/* What a ledger record tells of a partition's log, by itself and after the one before. */
static void check_part(struct sim *sim, const struct ledger_entry *ledger, int p, const struct told_part *last,
                       const struct txn *txn)
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
    if (ledger->pane == PANE_ON_TIME && now->is_waited_for && ledger->end_ms > now->watermark_ms)
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
        check_part(sim, ledger, p, last, txn);
        is_of_other_states = is_of_other_states || (last->records > 0 && now->state != 0 && last->state != now->state);
    }
    if (ledger->records != ledger->revision)
        sim_fail(sim, "ledger: revision %" PRId64 " of partitions' %" PRId64 " records", ledger->revision,
                 ledger->records);
    if (window->last_txn != NULL && !is_news(sim, &window->last, ledger))
        sim_fail(sim, "ledger: version %" PRId64 " of a %s, retention %" PRId64 ", behind %" PRId64 ", %" PRId64,
                 ledger->number, kind, ledger->retention, window->last.number, window->last.retention);
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

static void take_ledger(struct sim *sim, const struct entry *entry)
{
    struct ledger_entry ledger;

    if (!read_ledger(entry->value, &ledger)) {
        sim_fail(sim, "a ledger record cannot be read");
        return;
    }
    struct open_window *window = published_window(sim, ledger.kind, ledger.start_ms);
    check_ledger(sim, window, &ledger, entry->txn);
    if (ledger.partitions < entry->txn->known_count)
        sim_fail(sim, "ledger: told of %" PRId64 " partitions by a worker whose assignment was of %" PRId32,
                 ledger.partitions, entry->txn->known_count);
    told_check(sim, window, &ledger, entry);
    for (struct published_key *key = window->keys; key != NULL; key = key->next)
        if (key->latest != NULL && !key->latest->is_told) {
            key->latest->is_told = true;
            sim->published->untold--;
        }
    if (window->last_txn == NULL || ledger.number != window->last.number)
        window->rows_txn = entry->txn;
    window->last = ledger;
    window->last_txn = entry->txn;
    if (ledger.pane == PANE_EARLY)
        window->early_txn = entry->txn;
}

const struct truth_window *oracle_count_told(struct sim *sim, struct span value)
{
    struct ledger_entry ledger;

    return read_ledger(value, &ledger) ? looks_count(sim, &ledger) : NULL;
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
    if (sim->published->untold > 0)
        sim_fail(sim, "%" PRIu32 " rows are committed that no ledger record tells of", sim->published->untold);
}
