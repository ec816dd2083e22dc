/*
 * The hot path of the worker: each fact is added to some seven rows, each found by hash.
 *
 *   table   uint32_t per bucket: 15 bits of the hash, 17 bits row number + 1; 0 = empty; at most half full
 *   entry   192 bytes = three cache lines: the row, sums that any event may add to, its first sample, its bucket
 *   label   64 bytes = one cache line, beside each entry: sums that only classified events add to. One in a few hundred
 *           events is classified, so for most rows this memory is never touched
 *   rare    32 bytes, beside each entry too: sums that few events add to, such as those of what they do not know
 *   log     the further samples of all rows, in the order in which they came (tally_pool.h)
 *
 * The table holds no keys: a bucket whose 15 bits agree is nearly always the right one, and its row is about to be
 * written anyway. Entries remember their bucket, so that clearing costs what was used, not what was taken.
 *
 * Counting a sample into its histograms at once would touch six more cache lines per row and event. Keeping it is one
 * store behind the last one; tally_pack() counts a row's samples on one small accumulator that stays in the cache.
 */
#include "tally.h"

#include <assert.h>
#include <stdlib.h>

#include "tally_pool.h"

#define CACHE_LINE 64
#define ROWS_MIN 64
#define ENTRY_BITS 17u
#define ENTRY_MASK ((1u << ENTRY_BITS) - 1)

/* Where a row's sums are. Requests are its records. The others lie in runs, as in the enum: those of a run are added
 * two at a time. */
#define COMMON_RUN (M_FAILED - M_TOKENS_PROMPT + 1)
#define OFFERED_RUN (M_TOOLS_OFFERED_TOKENS - M_FREE_REQUESTS + 1)
#define SQUARES_RUN (M_TOKENS_PROMPT_SQUARED - M_TOKENS_SQUARED + 1)
#define ENTRY_SUMS (COMMON_RUN + OFFERED_RUN + SQUARES_RUN)
#define CLASSIFIED_RUN (M_CLASSIFIED_TOKENS - M_CLASSIFIED + 1)
#define MAPPED_RUN (M_MORE_LABELS - M_MAPPED_TOKENS + 1)
#define LABEL_SUMS (CLASSIFIED_RUN + MAPPED_RUN + 1)
#define RARE_SUMS (M_COST_UNKNOWN - M_TOKENS_CACHE_WRITE + 1)
static_assert(1 + ENTRY_SUMS + LABEL_SUMS + RARE_SUMS == MEASURE_COUNT, "each measure has its place");

/* All sums of a tally stay below twice this; see weigh(). */
#define WEIGHT_MAX (UINT64_C(1) << 62)

struct tally_entry {
    struct tally_row row;
    int64_t sums[ENTRY_SUMS];
    uint64_t first_sample; /* most rows of a long tail have but one */
    uint32_t unused;
    uint32_t bucket : 30;
    uint32_t has_label : 1; /* its label holds sums; until then, whatever was there before */
    uint32_t has_rare : 1;  /* as much of its rare sums */
};

struct label_sums {
    int64_t sums[LABEL_SUMS];
};

struct rare_sums {
    int64_t sums[RARE_SUMS];
};

static_assert(sizeof(struct tally_entry) == 3 * CACHE_LINE, "an entry is three cache lines");
static_assert(sizeof(struct label_sums) == CACHE_LINE, "a label's sums are one cache line");
static_assert(2 * sizeof(struct rare_sums) == CACHE_LINE, "rare sums cross no border of a cache line");
static_assert(TALLY_ROWS_MAX < ENTRY_MASK, "a row's number + 1 fits its bits of a bucket");
static_assert(ROLLUP_DIMS_MAX == 4, "hash_of() and entry_is() read four dimensions");

/* A rollup, prepared: which labels it iterates, and where they go among its dimensions. */
struct rollup_plan {
    enum rollup_labels { LABELS_NONE, LABELS_CATEGORY, LABELS_TAG, LABELS_TAG_AND_CATEGORY } labels;
    uint32_t rollup, dim_count;
    uint32_t category_index, tag_index;
    enum dimension dims[ROLLUP_DIMS_MAX];
};

struct tally_key {
    int64_t base_ms;
    uint16_t rollup;
    uint16_t windows;
    uint32_t dims[ROLLUP_DIMS_MAX];
};

/* One row of the fact being added. */
struct target {
    struct tally_key key;
    uint32_t hash;
    struct tally_entry *entry;
    int64_t split_tokens; /* the row's part of the fact's */
};

struct tally {
    struct tally_entry *entries;
    struct label_sums *labels; /* by entry */
    struct rare_sums *rare;    /* by entry */
    uint32_t *table;
    struct tally_pool *pool;
    struct sample_log log; /* of samples, but for each row's first */
    uint32_t row_count, row_room;
    uint32_t table_mask;
    uint32_t fact_rows_max; /* rows one fact can need, by these rollups */
    uint64_t weight;
    int64_t base_ms; /* the last fact's base window */
    int64_t base_size_ms;
    enum window_kind base;
    uint32_t plan_count;
    struct rollup_plan plans[ROLLUPS_MAX];
    uint32_t target_count;
    struct target *targets; /* room for `fact_rows_max` */
};

/* --- Open and close --------------------------------------------------------------------------------------------- */

static struct rollup_plan plan_of(const struct rollup *rollup, uint32_t index)
{
    struct rollup_plan plan = {.labels = LABELS_NONE, .rollup = index, .dim_count = rollup->dim_count};
    bool has_category = false, has_tag = false;

    for (uint32_t i = 0; i < rollup->dim_count; i++) {
        plan.dims[i] = rollup->dims[i];
        if (rollup->dims[i] == DIM_CATEGORY) {
            has_category = true;
            plan.category_index = i;
        }
        if (rollup->dims[i] == DIM_TAG) {
            has_tag = true;
            plan.tag_index = i;
        }
    }
    if (has_tag)
        plan.labels = has_category ? LABELS_TAG_AND_CATEGORY : LABELS_TAG;
    else if (has_category)
        plan.labels = LABELS_CATEGORY;
    return plan;
}

static void prepare(struct tally *tally, const struct tally_options *options)
{
    tally->pool = options->pool;
    tally->base = options->base;
    tally->base_size_ms = options->base == WINDOW_HOUR ? HOUR_MS : DAY_MS;
    tally->plan_count = options->rollups->count;
    for (uint32_t i = 0; i < tally->plan_count; i++) {
        tally->plans[i] = plan_of(&options->rollups->items[i], i);
        tally->fact_rows_max += tally->plans[i].labels == LABELS_NONE ? 1 : EVENT_LABELS_MAX;
    }
    assert(tally->fact_rows_max <= FACT_ROWS_MAX);
    tally->row_room = options->rows_max > tally->fact_rows_max ? options->rows_max : tally->fact_rows_max;
}

enum verdict tally_open(struct tally **tally, const struct tally_options *options, struct reason *why)
{
    assert(options->rows_max >= ROWS_MIN && options->rows_max <= TALLY_ROWS_MAX);
    assert(options->base == WINDOW_HOUR || options->base == WINDOW_DAY);
    assert(options->rollups->count <= ROLLUPS_MAX && options->pool != NULL);

    struct tally *opened = calloc(1, sizeof(*opened));
    if (opened == NULL)
        goto no_memory;
    prepare(opened, options);

    uint32_t bucket_count = 1;
    while (bucket_count < 2 * opened->row_room)
        bucket_count *= 2;
    opened->table_mask = bucket_count - 1;
    opened->table = calloc(bucket_count, sizeof(*opened->table));
    opened->entries = aligned_alloc(CACHE_LINE, opened->row_room * sizeof(*opened->entries));
    opened->labels = aligned_alloc(CACHE_LINE, opened->row_room * sizeof(*opened->labels));
    opened->rare = aligned_alloc(CACHE_LINE, (opened->row_room + 1) / 2 * 2 * sizeof(*opened->rare));
    opened->targets = calloc(opened->fact_rows_max, sizeof(*opened->targets));
    if (opened->table == NULL || opened->entries == NULL || opened->labels == NULL || opened->rare == NULL ||
        opened->targets == NULL)
        goto no_memory;
    *tally = opened;
    return GO_ON;

no_memory:
    tally_close(opened);
    return reason_set(why, HALT, NO_MEMORY, 0, "no memory for a tally of %u rows", options->rows_max);
}

void tally_close(struct tally *tally)
{
    if (tally == NULL)
        return;
    tally_clear(tally);
    free(tally->entries);
    free(tally->labels);
    free(tally->rare);
    free(tally->table);
    free(tally->targets);
    free(tally);
}

/* --- Adding ----------------------------------------------------------------------------------------------------- */

bool tally_has_room(const struct tally *tally)
{
    return tally->row_room - tally->row_count >= tally->fact_rows_max &&
           sample_log_room(&tally->log, tally->pool) >= tally->fact_rows_max && tally->weight < WEIGHT_MAX;
}

/* The bitwise or of the sums is no less than any of them. So the weights of all facts, added up, are no less than any
 * sum of any row: one addition per fact watches over all of them. */
static uint64_t weigh(const struct fact *fact)
{
    uint64_t weight = 0;

    for (unsigned i = 0; i < MEASURE_COUNT; i++)
        weight |= (uint64_t)fact->sums[i];
    assert(weight < WEIGHT_MAX); /* Nor is any of them negative. */
    return weight;
}

/* Facts arrive nearly in order: most fall into the window of the one before. */
static int64_t base_of(struct tally *tally, int64_t event_ms)
{
    if (event_ms < tally->base_ms || event_ms >= tally->base_ms + tally->base_size_ms)
        tally->base_ms = window_of(tally->base, event_ms).start_ms;
    return tally->base_ms;
}

/*
 * Multilinear hashing (Lemire and Kaser 2014, "Strongly universal string hashing is fast", section 3) of the key's
 * words: the multiplications do not wait for each other. The last step brings the good high bits down to where buckets
 * are taken from. Odd constants from SplitMix64 and its kin.
 */
static inline uint32_t hash_of(const struct tally_key *key)
{
    uint64_t hash =
        ((uint64_t)key->base_ms + key->rollup + ((uint64_t)key->windows << 16)) * UINT64_C(0x9e3779b97f4a7c15);

    hash += (key->dims[0] | (uint64_t)key->dims[1] << 32) * UINT64_C(0xbf58476d1ce4e5b9);
    hash += (key->dims[2] | (uint64_t)key->dims[3] << 32) * UINT64_C(0x94d049bb133111eb);
    hash ^= hash >> 32;
    hash *= UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(hash >> 32);
}

static inline bool row_is(const struct tally_row *row, const struct tally_key *key)
{
    uint64_t difference = (uint64_t)(row->base_ms ^ key->base_ms) |
                          (uint64_t)((row->rollup ^ key->rollup) | (row->windows ^ key->windows));

    for (unsigned i = 0; i < ROLLUP_DIMS_MAX; i++)
        difference |= row->dims[i] ^ key->dims[i];
    return difference == 0;
}

static struct tally_entry *open_row(struct tally *tally, const struct tally_key *key, uint32_t bucket, uint32_t mark)
{
    assert(tally->row_count < tally->row_room);
    struct tally_entry *entry = &tally->entries[tally->row_count++];

    *entry = (struct tally_entry){.row = {.base_ms = key->base_ms, .rollup = key->rollup, .windows = key->windows},
                                  .bucket = bucket & (UINT32_MAX >> 2)};
    memcpy(entry->row.dims, key->dims, sizeof(key->dims));
    tally->table[bucket] = mark | tally->row_count;
    return entry;
}

/* Linear probing. The low bits of the hash choose the bucket, the high ones mark it. */
static inline struct tally_entry *find_row(struct tally *tally, const struct tally_key *key, uint32_t hash)
{
    uint32_t mark = hash & ~ENTRY_MASK;

    for (uint32_t bucket = hash & tally->table_mask;; bucket = (bucket + 1) & tally->table_mask) {
        uint32_t found = tally->table[bucket];
        if (found == 0)
            return open_row(tally, key, bucket, mark);
        if ((found & ~ENTRY_MASK) != mark)
            continue;
        struct tally_entry *entry = &tally->entries[(found & ENTRY_MASK) - 1];
        if (row_is(&entry->row, key))
            return entry;
    }
}

/* A row keeps exactly one sample per record. */
static inline void keep_sample(struct tally *tally, struct tally_entry *entry, uint64_t sample)
{
    if (entry->row.records++ == 0)
        entry->first_sample = sample;
    else
        sample_log_add(&tally->log, tally->pool, (uint32_t)(entry - tally->entries), sample);
}

/* `restrict` lets the compiler add two at a time. */
static inline void add_run(int64_t *restrict into, const int64_t *restrict from, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        into[i] += from[i];
}

static inline void add_sums(struct tally_entry *entry, const int64_t sums[MEASURE_COUNT])
{
    add_run(entry->sums, sums + M_TOKENS_PROMPT, COMMON_RUN);
    add_run(entry->sums + COMMON_RUN, sums + M_FREE_REQUESTS, OFFERED_RUN);
    add_run(entry->sums + COMMON_RUN + OFFERED_RUN, sums + M_TOKENS_SQUARED, SQUARES_RUN);
}

static void add_label_sums(struct tally *tally, const struct target *target, const int64_t sums[MEASURE_COUNT])
{
    struct label_sums *label = &tally->labels[target->entry - tally->entries];

    if (!target->entry->has_label)
        memset(label, 0, sizeof(*label));
    target->entry->has_label = true;
    add_run(label->sums, sums + M_CLASSIFIED, CLASSIFIED_RUN);
    add_run(label->sums + CLASSIFIED_RUN, sums + M_MAPPED_TOKENS, MAPPED_RUN);
    label->sums[LABEL_SUMS - 1] += target->split_tokens;
}

static void add_rare_sums(struct tally *tally, struct tally_entry *entry, const int64_t sums[MEASURE_COUNT])
{
    struct rare_sums *rare = &tally->rare[entry - tally->entries];

    if (!entry->has_rare)
        memset(rare, 0, sizeof(*rare));
    entry->has_rare = true;
    add_run(rare->sums, sums + M_TOKENS_CACHE_WRITE, RARE_SUMS);
}

static bool has_rare_sums(const int64_t sums[MEASURE_COUNT])
{
    int64_t any = 0;

    for (unsigned i = M_TOKENS_CACHE_WRITE; i <= M_COST_UNKNOWN; i++)
        any |= sums[i];
    return any != 0;
}

/* Notes a row to add to, and asks the memory for its bucket. */
static inline void stage_row(struct tally *tally, const struct tally_key *key, int64_t split_tokens)
{
    struct target *target = &tally->targets[tally->target_count++];

    target->key = *key;
    target->hash = hash_of(key);
    target->split_tokens = split_tokens;
    __builtin_prefetch(&tally->table[target->hash & tally->table_mask]);
}

/* True if the pair's tag stood in a pair before: a row that does not name the category counts the fact once only. */
static bool tag_repeats(const struct fact *fact, uint32_t pair)
{
    for (uint32_t i = 0; i < pair; i++) {
        if (fact->tags[i] == fact->tags[pair])
            return true;
    }
    return false;
}

/* What is left of the division goes to the first ones, a token each. */
static int64_t part_of(int64_t tokens, uint32_t place, uint32_t count)
{
    return tokens / count + (place < tokens % count);
}

/* The parts of all pairs with the tag of this one. */
static int64_t part_of_tag(const struct fact *fact, uint32_t pair)
{
    int64_t sum = 0;

    for (uint32_t i = pair; i < fact->tag_count; i++) {
        if (fact->tags[i] == fact->tags[pair])
            sum += part_of(fact->sums[M_SPLIT_TOKENS], i, fact->tag_count);
    }
    return sum;
}

static void stage_per_category(struct tally *tally, const struct rollup_plan *plan, struct tally_key *key,
                               const struct fact *fact)
{
    for (uint32_t i = 0; i < fact->category_count; i++) {
        key->dims[plan->category_index] = fact->categories[i];
        stage_row(tally, key, part_of(fact->sums[M_SPLIT_TOKENS], i, fact->category_count));
    }
}

static void stage_per_tag(struct tally *tally, const struct rollup_plan *plan, struct tally_key *key,
                          const struct fact *fact)
{
    for (uint32_t i = 0; i < fact->tag_count; i++) {
        if (plan->labels == LABELS_TAG && tag_repeats(fact, i))
            continue;
        if (plan->labels == LABELS_TAG_AND_CATEGORY)
            key->dims[plan->category_index] = fact->tag_categories[i];
        key->dims[plan->tag_index] = fact->tags[i];
        stage_row(tally, key,
                  plan->labels == LABELS_TAG ? part_of_tag(fact, i)
                                             : part_of(fact->sums[M_SPLIT_TOKENS], i, fact->tag_count));
    }
}

static void stage_rows(struct tally *tally, const struct fact *fact)
{
    int64_t base_ms = base_of(tally, fact->event_ms);

    tally->target_count = 0;
    for (uint32_t p = 0; p < tally->plan_count; p++) {
        const struct rollup_plan *plan = &tally->plans[p];
        struct tally_key key = {
            .base_ms = base_ms, .rollup = (uint16_t)plan->rollup, .windows = (uint16_t)fact->windows};
        for (uint32_t i = 0; i < plan->dim_count; i++)
            key.dims[i] = fact->dims[plan->dims[i]];
        if (plan->labels == LABELS_NONE)
            stage_row(tally, &key, fact->sums[M_SPLIT_TOKENS]);
        else if (plan->labels == LABELS_CATEGORY)
            stage_per_category(tally, plan, &key, fact);
        else
            stage_per_tag(tally, plan, &key, fact);
    }
}

/* First all buckets, then all rows, then all sums: the memory is waited for once, not row by row. */
void tally_add(struct tally *tally, const struct fact *fact)
{
    assert(tally_has_room(tally));
    assert(fact->category_count <= EVENT_LABELS_MAX && fact->tag_count <= EVENT_LABELS_MAX);
    assert(fact->sums[M_REQUESTS] == 1);
    tally->weight += weigh(fact);
    stage_rows(tally, fact);
    for (uint32_t i = 0; i < tally->target_count; i++)
        tally->targets[i].entry = find_row(tally, &tally->targets[i].key, tally->targets[i].hash);
    for (uint32_t i = 0; i < tally->target_count; i++) {
        add_sums(tally->targets[i].entry, fact->sums);
        keep_sample(tally, tally->targets[i].entry, fact->sample);
    }
    for (uint32_t i = 0; fact->sums[M_CLASSIFIED] != 0 && i < tally->target_count; i++)
        add_label_sums(tally, &tally->targets[i], fact->sums);
    if (has_rare_sums(fact->sums))
        for (uint32_t i = 0; i < tally->target_count; i++)
            add_rare_sums(tally, tally->targets[i].entry, fact->sums);
}

/* --- Reading ---------------------------------------------------------------------------------------------------- */

uint32_t tally_rows(const struct tally *tally)
{
    return tally->row_count;
}

const struct tally_row *tally_row(const struct tally *tally, uint32_t index)
{
    assert(index < tally->row_count);
    return &tally->entries[index].row;
}

static inline void copy_run(uint64_t *into, const int64_t *from, size_t count)
{
    memcpy(into, from, count * sizeof(*into));
}

static void collect_sums(const struct tally *tally, uint32_t index, uint64_t sums[MEASURE_COUNT])
{
    const struct tally_entry *entry = &tally->entries[index];
    const struct label_sums none = {0}, *label = entry->has_label ? &tally->labels[index] : &none;
    const struct rare_sums never = {0}, *rare = entry->has_rare ? &tally->rare[index] : &never;

    sums[M_REQUESTS] = entry->row.records;
    copy_run(sums + M_TOKENS_PROMPT, entry->sums, COMMON_RUN);
    copy_run(sums + M_FREE_REQUESTS, entry->sums + COMMON_RUN, OFFERED_RUN);
    copy_run(sums + M_TOKENS_SQUARED, entry->sums + COMMON_RUN + OFFERED_RUN, SQUARES_RUN);
    copy_run(sums + M_CLASSIFIED, label->sums, CLASSIFIED_RUN);
    copy_run(sums + M_MAPPED_TOKENS, label->sums + CLASSIFIED_RUN, MAPPED_RUN);
    sums[M_SPLIT_TOKENS] = (uint64_t)label->sums[LABEL_SUMS - 1];
    copy_run(sums + M_TOKENS_CACHE_WRITE, rare->sums, RARE_SUMS);
}

static inline void count_sample(struct accumulator *accumulator, uint64_t sample)
{
    for (unsigned h = 0; h < HISTOGRAM_COUNT; h++) {
        uint32_t bucket = sample_bucket(sample, (enum histogram)h);
        if (bucket > 0)
            ++*accumulator_slot(accumulator, h * HISTOGRAM_BUCKETS + bucket - 1);
    }
    uint32_t rank = sample_rank(sample);
    if (rank > 0) {
        uint64_t *highest = accumulator_slot(accumulator, ACCOUNT_SLOT + sample_register(sample));
        if (rank > *highest)
            *highest = rank;
    }
}

/* The samples of all rows, row by row. */
static void group_samples(const struct tally *tally)
{
    for (uint32_t i = 0; i < tally->row_count; i++)
        tally->pool->ends[i] = tally->entries[i].row.records - 1;
    tally_pool_group(tally->pool, &tally->log, tally->row_count);
}

size_t tally_pack(const struct tally *tally, uint32_t index, uint8_t *bytes)
{
    assert(index < tally->row_count);
    const struct tally_entry *entry = &tally->entries[index];
    struct tally_pool *pool = tally->pool;
    uint32_t more = entry->row.records - 1;

    if (!tally_pool_is_grouped(pool, &tally->log))
        group_samples(tally);
    collect_sums(tally, index, pool->accumulator.sums);
    count_sample(&pool->accumulator, entry->first_sample);
    for (uint32_t i = 0; i < more; i++)
        count_sample(&pool->accumulator, pool->grouped[pool->ends[index] - more + i]);
    return accumulator_pack(&pool->accumulator, bytes);
}

void tally_clear(struct tally *tally)
{
    for (uint32_t i = 0; i < tally->row_count; i++)
        tally->table[tally->entries[i].bucket] = 0;
    sample_log_clear(&tally->log, tally->pool);
    tally->row_count = 0;
    tally->weight = 0;
}
