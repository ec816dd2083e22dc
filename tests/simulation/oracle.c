/*
 * The naive count. For each partition of each database it reads the log from the beginning, as far as the store says it
 * has come, deciding on every record by itself; and compares. A history that was taken back is read anew.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "truth.h"

#define SEALS_MAX 1024

const char *const oracle_kinds[KINDS] = {"hour", "day", "week", "month"};
static const char *const models[ORACLE_MODELS] = {"openai/gpt-4o", "acme/one", "acme/two:free"};
static const char *const providers[ORACLE_PROVIDERS] = {"azure", "p|pe"};
static const char *const countries[ORACLE_COUNTRIES] = {"DE", "US", "JP"};
/* In byte order. */
static const char *const categories[ORACLE_CATEGORIES] = {"academia", "other", "roleplay", "trivia"};

const char *oracle_model(int model)
{
    return models[model];
}

const char *oracle_provider(int provider)
{
    return providers[provider];
}

const char *oracle_country(int country)
{
    return countries[country];
}

/* A window kind was sealed in a partition, at some `next`. Kept in the database itself, so that it is taken back with
 * it. */
struct seal {
    int kind;
    int64_t floor_ms, next;
};

/* What a worker saw last of all partitions, one after the other: which it knows, where they stood, and where logs ended
 * then. */
struct survey {
    bool is_known[SIM_PARTITIONS];
    int64_t next[SIM_PARTITIONS], ends[SIM_PARTITIONS];
};

struct oracle {
    struct truth truths[2][SIM_PARTITIONS];
    bool was_created[SIM_PARTITIONS]; /* ever, be it in a history that was lost */
    char row_names[SIM_ROWS][64];
    int64_t idle_ms[SIM_PARTITIONS]; /* when it last was at rest; 0 = never */
    struct survey surveys[SIM_WORKERS + 1];
};

/* ---- reading a log ---- */

void oracle_key(const struct sim *sim, int32_t partition, const char *part, char *text, size_t size)
{
    snprintf(text, size, "%s:{%s:%" PRId32 "}:%s", sim->config.namespace_, sim->config.topic, partition, part);
}

static int index_of(const struct sim *sim, const struct database *database)
{
    return database == &sim->redis->master ? 0 : 1;
}

/* Seals of a partition, in the order they were made. */
static uint32_t read_seals(struct sim *sim, const struct database *database, int32_t partition, struct seal seals[],
                           uint32_t room)
{
    char name[SIM_NAME];
    uint32_t count = 0;

    oracle_key(sim, partition, "oracle", name, sizeof(name));
    const struct keyed *key = database_find(database, span_of(name));
    for (uint32_t i = 0; key != NULL && i < key->count && count < room; i++)
        if (key->fields[i].is_live && sscanf(key->fields[i].value.bytes, "%d %" SCNd64 " %" SCNd64, &seals[count].kind,
                                             &seals[count].floor_ms, &seals[count].next) == 3)
            count++;
    return count;
}

/* Reads the log on, from where the truth is to `next`. Of every record that is not counted a dead letter must be there
 * already. */
static void read_on(struct sim *sim, struct truth *truth, const struct database *database, int32_t partition,
                    int64_t next)
{
    static struct seal seals[SEALS_MAX];
    const struct partition_log *log = oracle_log(sim, database, partition);
    uint32_t seal_count = read_seals(sim, database, partition, seals, SEALS_MAX);

    for (; truth->next < next && truth->next < log->next; truth->next++) {
        struct entry *entry = log->entries[truth->next];
        int64_t floors_ms[KINDS] = {NONE, NONE, NONE, NONE};
        enum truth_outcome outcome = TRUTH_DEAD_LETTERED;
        entry->ending = ENDING_NONE;
        if (entry->meaning.kind == ENTRY_MARKER)
            continue;
        for (uint32_t i = 0; i < seal_count; i++)
            if (seals[i].next <= truth->next && seals[i].floor_ms > floors_ms[seals[i].kind])
                floors_ms[seals[i].kind] = seals[i].floor_ms;
        if (entry->meaning.kind == ENTRY_GOOD)
            outcome = oracle_count(sim, truth, entry, truth->next, floors_ms);
        truth->outcomes[outcome]++;
        int64_t told = entry->meaning.batch_end > 0 ? entry->meaning.batch : truth->next; /* One letter is of all. */
        entry->ending = outcome == TRUTH_COUNTED                                  ? ENDING_COUNTED
                        : outcome == TRUTH_DUPLICATE || outcome == TRUTH_FILTERED ? ENDING_NO_LETTER
                                                                                  : ENDING_LETTER;
        if (entry->ending == ENDING_LETTER && !oracle_has_letter(sim, partition, told))
            sim_fail(sim, "partition %" PRId32 ": the store is past offset %" PRId64 ", whose dead letter is not there",
                     partition, truth->next);
    }
    truth->next = next;
}

/* The truth of a partition as the database has it. NULL if it has no state. */
struct truth *oracle_truth(struct sim *sim, struct database *database, int32_t partition)
{
    struct truth *truth = &sim->oracle->truths[index_of(sim, database)][partition];

    int64_t next = database_number(database, sim->redis->meta[partition], "next", -1);
    int64_t first = database_number(database, sim->redis->meta[partition], "first", 0);
    if (next < 0)
        return NULL;
    if (truth->epoch != database->epoch + 1 || truth->next > next) {
        oracle_forget(truth, first);
        truth->epoch = database->epoch + 1;
    }
    read_on(sim, truth, database, partition, next);
    return truth;
}

struct truth *oracle_read_anew(struct sim *sim, int32_t partition)
{
    struct truth *truth = &sim->oracle->truths[0][partition];

    truth->next = INT64_MAX; /* no database is as far: what was read so far is forgotten */
    return oracle_truth(sim, &sim->redis->master, partition);
}

/* ---- comparing with the store ---- */

int oracle_find_row(const struct sim *sim, struct span name)
{
    for (int row = 0; row < SIM_ROWS; row++)
        if (span_equal(name, span_of(sim->oracle->row_names[row])))
            return row;
    return -1;
}

/* How many rows of a rollup stand by themselves, among the cells. */
static void compare_count(struct sim *sim, int32_t partition, const char *part, const struct truth_window *cells,
                          const struct hash_field *field)
{
    static const char *const names[] = {"__rows:total", "__rows:model", "__rows:provider", "__rows:geography",
                                        "__rows:category"};
    int64_t count = 0, truth = -1;

    for (enum oracle_rollup rollup = ROLLUP_MODEL; rollup <= ROLLUP_CATEGORY; rollup++)
        if (span_equal(field->name, span_of(names[rollup])))
            truth = oracle_admitted(cells, rollup);
    for (size_t i = 0; i < field->value.size; i++)
        count = 10 * count + (field->value.bytes[i] - '0');
    if (count != truth)
        sim_fail(sim, "partition %" PRId32 ": %s, %.*s: the store has %" PRId64 "; its cells are %" PRId64, partition,
                 part, (int)field->name.size, field->name.bytes, count, truth);
}

/* Reads the cells of a window. */
static void read_cells(struct sim *sim, const struct keyed *key, int32_t partition, const char *part,
                       struct truth_window *cells)
{
    for (uint32_t i = 0; key != NULL && i < key->count; i++) {
        const struct hash_field *field = &key->fields[i];
        if (!field->is_live || memcmp(field->name.bytes, "__", 2) == 0)
            continue;
        int row = oracle_find_row(sim, field->name);
        if (row < 0 || !oracle_read_cell(field->value, &cells->rows[row])) {
            sim_fail(sim, "partition %" PRId32 ": %s: row %.*s is nobody's", partition, part, (int)field->name.size,
                     field->name.bytes);
            return;
        }
        cells->touched |= 1u << row;
    }
    for (uint32_t i = 0; key != NULL && i < key->count; i++)
        if (key->fields[i].is_live && key->fields[i].name.size > 7 &&
            memcmp(key->fields[i].name.bytes, "__rows:", 7) == 0)
            compare_count(sim, partition, part, cells, &key->fields[i]);
}

/* The cells of a window, and what the journal has beyond them. */
static void compare_window(struct sim *sim, struct database *database, int32_t partition,
                           const struct truth_window *window)
{
    char part[64], name[SIM_NAME];
    struct truth_window stored = {.kind = window->kind, .start_ms = window->start_ms};

    snprintf(part, sizeof(part), "%s:%" PRId64, oracle_kinds[window->kind], window->start_ms);
    oracle_key(sim, partition, part, name, sizeof(name));
    read_cells(sim, database_find(database, span_of(name)), partition, part, &stored);
    stored.records = database_number(database, span_of(name), "__n", 0);
    journal_add(sim, database, partition, part, &stored);
    for (int row = 0; row < SIM_ROWS; row++)
        if (!oracle_is_equal(&stored.rows[row], &window->rows[row]))
            sim_fail(sim,
                     "partition %" PRId32 ": %s, row %s: the store has %" PRId64 " requests, %" PRId64
                     " prompt; the truth is %" PRId64 ", %" PRId64 "; %s differ",
                     partition, part, sim->oracle->row_names[row], stored.rows[row].of[0], stored.rows[row].of[1],
                     window->rows[row].of[0], window->rows[row].of[1],
                     oracle_difference(&stored.rows[row], &window->rows[row]));
    if (stored.touched != window->touched || stored.records != window->records)
        sim_fail(sim,
                 "partition %" PRId32 ": %s: the store has rows %" PRIx32 " of %" PRId64
                 " records; the truth is %" PRIx32 " of %" PRId64,
                 partition, part, stored.touched, stored.records, window->touched, window->records);
}

static void compare_meta(struct sim *sim, struct database *database, int32_t partition, const struct truth *truth)
{
    static const char *const names[OUTCOMES] = {"counted",  "duplicate",     "filtered",
                                                "too_late", "dead_lettered", "conflicting"};

    for (int i = 0; i < OUTCOMES; i++) {
        int64_t stored = database_number(database, sim->redis->meta[partition], names[i], -1);
        if (stored != truth->outcomes[i])
            sim_fail(sim, "partition %" PRId32 " at %" PRId64 ": %s is %" PRId64 " in the store, %" PRId64 " in truth",
                     partition, truth->next, names[i], stored, truth->outcomes[i]);
    }
    int64_t watermark_ms = database_number(database, sim->redis->meta[partition], "wm", NONE);
    if (watermark_ms != truth->watermark_ms)
        sim_fail(sim,
                 "partition %" PRId32 " at %" PRId64 ": the watermark is %" PRId64 " in the store, %" PRId64
                 " in truth",
                 partition, truth->next, watermark_ms, truth->watermark_ms);
}

bool oracle_is_collected(const struct sim *sim, int32_t partition, int kind, int64_t start_ms)
{
    char field[32];

    snprintf(field, sizeof(field), "floor:%s", oracle_kinds[kind]);
    return start_ms < database_number(&sim->redis->master, sim->redis->meta[partition], field, NONE);
}

bool oracle_partition_of(struct span key, int32_t *partition)
{
    const char *brace = memchr(key.bytes, '{', key.size);
    const char *colon = brace == NULL ? NULL : strchr(brace, ':');

    return colon != NULL && sscanf(colon, ":%" SCNd32 "}", partition) == 1 && *partition >= 0 &&
           *partition < SIM_PARTITIONS;
}

void oracle_compare(struct sim *sim, int32_t partition, const struct truth *truth)
{
    compare_meta(sim, &sim->redis->master, partition, truth);
    for (uint32_t i = 0; i < truth->count; i++)
        if (!oracle_is_collected(sim, partition, truth->windows[i].kind, truth->windows[i].start_ms))
            compare_window(sim, &sim->redis->master, partition, &truth->windows[i]);
}

const char *oracle_row_name(const struct sim *sim, int row)
{
    return sim->oracle->row_names[row];
}

/* Whose claim was followed by another's writes nothing any more. */
static void check_owner(struct sim *sim, const struct database *database, int32_t partition,
                        const struct span arguments[])
{
    const struct span *token = database_get(database, sim->redis->meta[partition], span_of("tok"));
    if (token == NULL || !span_equal(*token, arguments[1]))
        sim_fail(sim, "partition %" PRId32 ": a flush took effect after another owner had claimed", partition);
    const struct span *idle = database_get(database, sim->redis->meta[partition], span_of("idle"));
    if (idle != NULL && span_equal(*idle, span_of("1")))
        sim->oracle->idle_ms[partition] = sim->now_ms;
}

/* An owner whom nobody has followed finds the store ahead of where he begins only if an own flush was done and its
 * answer lost. He sends that again, and hears so; he does not begin another, nor read for it. Somebody has followed if
 * another one moved the store last: his claim, sent once more and late, may have brought back the token alone. */
void oracle_fenced(struct sim *sim, struct database *database, int count, const struct span arguments[])
{
    int32_t partition = -1;
    int keys = (int)strtol(arguments[2].bytes, NULL, 10);

    if (sim->current == NULL || !oracle_partition_of(arguments[3], &partition) ||
        count < 6 + keys) /* or came from the dead */
        return;
    const struct span *token = database_get(database, sim->redis->meta[partition], span_of("tok"));
    const struct span *decider = database_get(database, sim->redis->meta[partition], span_of("decider"));
    int64_t expected = strtoll(arguments[3 + keys + 2].bytes, NULL, 10);
    if (token != NULL && span_equal(*token, arguments[3 + keys + 1]) && decider != NULL &&
        span_equal(*decider, (struct span){token->bytes, decider->size}) &&
        database_number(database, sim->redis->meta[partition], "next", 0) > expected)
        sim_fail(sim, "partition %" PRId32 ": the owner is refused for a flush of his own", partition);
}

/* Those windows that a call names by their keys. */
static void compare_windows(struct sim *sim, struct database *database, int32_t partition, int count,
                            const struct span names[])
{
    struct truth *truth = oracle_truth(sim, database, partition);

    for (int i = 0; truth != NULL && i < count; i++) {
        const char *brace = memchr(names[i].bytes, '}', names[i].size);
        for (int kind = 0; brace != NULL && kind < KINDS; kind++) {
            size_t size = strlen(oracle_kinds[kind]);
            if (strncmp(brace + 2, oracle_kinds[kind], size) == 0 && brace[2 + size] == ':')
                compare_window(sim, database, partition,
                               oracle_window_at(truth, kind, strtoll(brace + 3 + size, NULL, 10)));
        }
    }
}

/* What the store counted is the same before and after. */
void oracle_applied(struct sim *sim, struct database *database, int count, const struct span arguments[])
{
    int32_t partition = -1;

    (void)count;
    if (!oracle_partition_of(arguments[3], &partition) || sim->has_failed)
        return;
    compare_windows(sim, database, partition, 1, arguments + 5);
}

void oracle_flushed(struct sim *sim, struct database *database, int count, const struct span arguments[])
{
    int32_t partition = -1;
    int keys = (int)strtol(arguments[2].bytes, NULL, 10);

    (void)count;
    if (!oracle_partition_of(arguments[3], &partition) || sim->has_failed)
        return;
    check_owner(sim, database, partition, arguments + 3 + keys);
    const struct span *words = arguments + 3 + keys; /* inc tok expect next nonce wm idle anchor */
    cuts_flushed(sim, database, partition, strtoll(words[2].bytes, NULL, 10), strtoll(words[3].bytes, NULL, 10),
                 words[7]);
    oracle_decided(sim, database, partition, words);
    struct truth *truth = oracle_truth(sim, database, partition);
    if (truth == NULL)
        return;
    compare_meta(sim, database, partition, truth);
    compare_windows(sim, database, partition, keys - 2, arguments + 5);
}

void oracle_looked(struct sim *sim, const struct database *database, const struct span arguments[])
{
    int32_t partition = -1;

    if (sim->current == NULL || !oracle_partition_of(arguments[3], &partition)) /* or came from the dead */
        return;
    struct survey *survey = &sim->oracle->surveys[sim->current->index];
    for (int32_t p = partition; p < SIM_PARTITIONS; p = partition == 0 ? p + 1 : SIM_PARTITIONS) {
        survey->is_known[p] = p == partition;
        survey->ends[p] = sim->kafka->input->logs[p].next;
    }
    survey->next[partition] = database_number(database, sim->redis->meta[partition], "next", -1);
}

static int64_t highest_floor(struct sim *sim, const struct database *database, int32_t partition, int kind)
{
    static struct seal seals[SEALS_MAX];
    uint32_t count = read_seals(sim, database, partition, seals, SEALS_MAX);
    int64_t floor_ms = NONE;

    for (uint32_t i = 0; i < count; i++)
        if (seals[i].kind == kind && seals[i].floor_ms > floor_ms)
            floor_ms = seals[i].floor_ms;
    return floor_ms;
}

/* The first record before `end` that nobody has read, and that is in time for a window which starts in [low, floor);
 * -1 if there is none. */
static int64_t find_unread(struct sim *sim, const struct partition_log *log, const struct truth *truth, int kind,
                           int64_t low_ms, int64_t floor_ms, int64_t end)
{
    int64_t watermark_ms = truth == NULL ? NONE : truth->watermark_ms;

    for (int64_t i = truth == NULL ? log->first : truth->next; i < end && i < log->next; i++) {
        const struct entry *entry = log->entries[i];
        int64_t start_ms = oracle_window_start(kind, entry->meaning.created_ms);
        int64_t over_ms = oracle_window_over(kind, start_ms) + sim->config.kept_ms[kind];
        if (entry->meaning.kind != ENTRY_GOOD || entry->meaning.says == SAYS_RETRACT)
            continue;
        if (start_ms >= low_ms && start_ms < floor_ms && entry->meaning.says == SAYS_NEW &&
            (watermark_ms == NONE || over_ms > watermark_ms))
            return i;
        if (entry->meaning.created_ms - sim->config.out_of_orderness_ms > watermark_ms)
            watermark_ms = entry->meaning.created_ms - sim->config.out_of_orderness_ms;
    }
    return -1;
}

/* No window is ended over a record that waits in the log and is in time: not where the store went back behind what its
 * closer looked at, since there all records wait that were counted in between; and at least over none that was there
 * when its closer looked, be it in a partition that it did not look at. Of what came later, a partition at rest holds
 * nothing back, and then it is late; so only partitions that never were at rest are looked at to the end of their logs.
 */
static void check_seal(struct sim *sim, struct database *database, int32_t partition, int kind, int64_t floor_ms)
{
    static const struct survey nothing;
    const struct survey *survey = sim->current == NULL ? &nothing : &sim->oracle->surveys[sim->current->index];
    int64_t low_ms = highest_floor(sim, database, partition, kind);

    if (floor_ms > low_ms && survey->is_known[partition] &&
        database_number(database, sim->redis->meta[partition], "next", -1) < survey->next[partition])
        sim_fail(sim, "partition %" PRId32 ": %s were sealed in a history behind the one that was looked at", partition,
                 oracle_kinds[kind]);
    for (int32_t p = 0; p < sim->kafka->input->count; p++) {
        int64_t end = sim->is_hurt[p] ? 0 : survey->ends[p];
        const struct truth *truth = oracle_truth(sim, database, p);
        if (p != partition && (survey->is_known[p] || sim->current == NULL))
            continue;
        if (p == partition && sim->oracle->idle_ms[p] == 0)
            end = truth == NULL ? 0 : INT64_MAX;
        bool is_known = p == partition; /* else nobody can say what windows its records are of */
        int64_t unread = find_unread(sim, oracle_log(sim, database, p), truth, kind, is_known ? low_ms : NONE,
                                     is_known ? floor_ms : INT64_MAX, end);
        if (unread >= 0)
            sim_fail(sim,
                     "partition %" PRId32 ": %s before %" PRId64 " were sealed over offset %" PRId64
                     " of partition %" PRId32 ", which nobody has read",
                     partition, oracle_kinds[kind], floor_ms, unread, p);
    }
}

/* What is counted by now stays; a floor that does not rise says nothing new. */
static void note_seal(struct sim *sim, struct database *database, int32_t partition, int kind, int64_t floor_ms,
                      int64_t next)
{
    char name[SIM_NAME], field[64], value[96];

    oracle_key(sim, partition, "oracle", name, sizeof(name));
    snprintf(field, sizeof(field), "%d %" PRId64, kind, floor_ms);
    snprintf(value, sizeof(value), "%d %" PRId64 " %" PRId64, kind, floor_ms, next);
    if (database_get(database, span_of(name), span_of(field)) == NULL)
        database_set(sim, database, span_of(name), span_of(field), span_of(value));
}

void oracle_sealed(struct sim *sim, struct database *database, int count, const struct span arguments[])
{
    int32_t partition = -1;
    int keys = (int)strtol(arguments[2].bytes, NULL, 10);

    (void)count;
    if (!oracle_partition_of(arguments[3], &partition))
        return;
    int64_t next = database_number(database, sim->redis->meta[partition], "next", 0);
    int64_t floor_ms = strtoll(arguments[4 + keys].bytes, NULL, 10);
    for (int kind = 0; kind < KINDS; kind++) {
        if (!span_equal(arguments[3 + keys], span_of(oracle_kinds[kind])))
            continue;
        check_seal(sim, database, partition, kind, floor_ms);
        note_seal(sim, database, partition, kind, floor_ms, next);
    }
}

/* A new partition begins with the others' floors. */
void oracle_created(struct sim *sim, struct database *database, int count, const struct span arguments[])
{
    int32_t partition = -1;
    int keys = (int)strtol(arguments[2].bytes, NULL, 10);
    const struct span *floors = arguments + 5 + keys; /* behind inc and first */

    if (!oracle_partition_of(arguments[3], &partition) || count < 9 + keys)
        return;
    sim->has_rebuilt = sim->has_rebuilt || sim->oracle->was_created[partition];
    sim->oracle->was_created[partition] = true;
    for (int kind = 0; kind < KINDS; kind++)
        if (floors[kind].size > 0)
            note_seal(sim, database, partition, kind, strtoll(floors[kind].bytes, NULL, 10), 0);
}

/* ---- making ---- */

void oracle_make(struct sim *sim)
{
    struct oracle *oracle = sim_take(sim, sizeof(*oracle));

    sim->oracle = oracle;
    cuts_make(sim);
    letters_make(sim);
    looks_make(sim);
    snprintf(oracle->row_names[0], sizeof(oracle->row_names[0]), "total");
    for (int model = 0; model < ORACLE_MODELS; model++)
        snprintf(oracle->row_names[oracle_row(ROLLUP_MODEL, 0, model)], 64, "model|%s", models[model]);
    for (int provider = 0; provider < ORACLE_PROVIDERS; provider++)
        for (int model = 0; model < ORACLE_MODELS; model++)
            snprintf(oracle->row_names[oracle_row(ROLLUP_PROVIDER, provider, model)], 64, "provider|%s|%s",
                     provider == 1 ? "p%7Cpe" : providers[provider], models[model]);
    for (int country = 0; country < ORACLE_COUNTRIES; country++)
        snprintf(oracle->row_names[oracle_row(ROLLUP_COUNTRY, country, 0)], 64, "geography|%s", countries[country]);
    for (int category = 0; category < ORACLE_CATEGORIES; category++)
        snprintf(oracle->row_names[oracle_row(ROLLUP_CATEGORY, category, 0)], 64, "category|%s", categories[category]);
    snprintf(oracle->row_names[oracle_other_row(ROLLUP_MODEL)], 64, "model|(other)");
    snprintf(oracle->row_names[oracle_other_row(ROLLUP_PROVIDER)], 64, "provider|(other)|(other)");
    snprintf(oracle->row_names[oracle_other_row(ROLLUP_COUNTRY)], 64, "geography|(other)");
    snprintf(oracle->row_names[oracle_other_row(ROLLUP_CATEGORY)], 64, "category|(other)");
}

void oracle_free(struct sim *sim)
{
    for (int i = 0; i < 2; i++)
        for (int32_t p = 0; p < SIM_PARTITIONS; p++)
            oracle_free_truth(&sim->oracle->truths[i][p]);
}
