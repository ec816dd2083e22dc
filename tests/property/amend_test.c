/*
 * Creates, repetitions, amendments and retractions, some of them left out, through the real fold, partition, ids and
 * checkpoint, over a store that may roll back and workers that may crash, against a naive model that keeps every event
 * and where it counts: in which windows, and whether in rows of its own or, beyond `rows_max`, in those of others. The
 * store and the producer behind the headers are of this file.
 */
#include <assert.h>

#include "cells.h"
#include "config_defaults.h"
#include "fold.h"
#include "gentally/codec/avro_write.h"
#include "gentally/core/taxonomy.h"
#include "gentally/kafka/producer.h"
#include "naive_ids.h"
#include "suite.h"

#define ROUNDS 60

static const struct present far = {.wall_ms = INT64_C(1) << 60, .store_ms = NO_TIME}; /* nothing is in the future */
static struct logger logger;
static struct tally_pool *pool;
static uint64_t state;

/* ---- The producer: dead letters by their reason, the last one at each offset. ---- */

static const char *letters[RECORDS];

enum verdict producer_dead_letter(struct producer *producer, const char *dead_topic, const char *source_topic,
                                  const struct record *record, const char *decided_by, const struct reason *because,
                                  struct reason *why)
{
    (void)decided_by;
    (void)producer;
    (void)dead_topic;
    (void)source_topic;
    (void)why;
    letters[record->offset] = reason_name(because->id);
    return GO_ON;
}

/* ---- The log. ---- */

static char id_texts[IDS][16];

static struct event random_version(int64_t time_ms)
{
    struct event event = {
        .id = span_of(id_texts[suite_below(&state, IDS)]),
        .model = span_of(models[suite_below(&state, LENGTH_OF(models))]),
        .provider = span_of(providers[suite_below(&state, LENGTH_OF(providers))]),
        .created_ms = time_ms - (int64_t)suite_below(&state, suite_below(&state, 4) == 0 ? 4 * DAY_MS : 2 * HOUR_MS),
        .tokens_prompt = (int64_t)suite_below(&state, 1000),
        .tokens_completion = (int64_t)suite_below(&state, 1000),
        .cost_nano_usd = (int64_t)suite_below(&state, 1000000),
        .latency_ms = EVENT_ABSENT,
        .first_token_ms = EVENT_ABSENT,
        .generation_ms = EVENT_ABSENT,
        .classified = suite_below(&state, 2) == 0,
        .label_count = (uint32_t)suite_below(&state, 3),
    };
    static const enum event_op ops[] = {OP_CREATE, OP_CREATE, OP_AMEND, OP_RETRACT};

    if (suite_below(&state, 8) == 0)
        event.app = span_of("probe");
    for (uint32_t i = 0; i < event.label_count; i++)
        event.labels[i] = (struct label){span_of(paths[suite_below(&state, LENGTH_OF(paths))]), 0.75f};
    event.op = ops[suite_below(&state, LENGTH_OF(ops))];
    return event;
}

static void write_log(struct encoder *encoder)
{
    int64_t time_ms = days_of_date(2025, 10, 6) * DAY_MS;
    struct reason why;

    for (uint32_t i = 0; i < RECORDS; i++) {
        struct span value;
        time_ms += (int64_t)suite_below(&state, suite_below(&state, 20) == 0 ? 2 * DAY_MS : HOUR_MS);
        logged[i].event = random_version(time_ms);
        if (i > 0 && suite_below(&state, 4) == 0) { /* what was sent before, as it was: mostly a create */
            logged[i].event = logged[i - 1 - suite_below(&state, i < 40 ? i : 40)].event;
            logged[i].event.op = suite_below(&state, 8) == 0 ? OP_AMEND : OP_CREATE;
            if (suite_below(&state, 4) == 0)
                logged[i].event.app = span_of(logged[i].event.app.size > 0 ? NULL : "probe");
        }
        CU_ASSERT_EQUAL_FATAL(encode_event(encoder, &logged[i].event, &value, &why), GO_ON);
        logged[i].record = (struct record){.offset = i, .timestamp_ms = -1, .value = kept(value)};
    }
}

/* ---- The worker. ---- */

static struct rig {
    struct fold fold;
    struct decoder *decoder;
    struct taxonomy *taxonomy;
    struct symbols *symbols;
    struct checkpoint *checkpoint;
    struct encoder *encoder;
    struct partition *partition;
} rig;

static void open_rig(void)
{
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(decoder_open(&rig.decoder, 100000, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(taxonomy_open(&rig.taxonomy, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(symbols_open(&rig.symbols, 2000, 500000, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(enrich_open(&rig.fold.enrich, rig.taxonomy, rig.symbols, span_of("key"), &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(checkpoint_open(&rig.checkpoint, &config, NULL, rig.symbols, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(encoder_open(&rig.encoder, &why), GO_ON);
    rig.fold.config = &config;
    rig.fold.decoder = rig.decoder;
    rig.fold.symbols = rig.symbols;
    rig.fold.logger = &logger;
}

static void close_rig(void)
{
    partition_close(rig.partition);
    rig.partition = NULL;
    encoder_close(rig.encoder);
    checkpoint_close(rig.checkpoint);
    enrich_close(rig.fold.enrich);
    symbols_close(rig.symbols);
    taxonomy_close(rig.taxonomy);
    decoder_close(rig.decoder);
}

/* Another worker goes on where the store stands; or this one does, fenced for a moment. */
static void crash(void)
{
    struct partition_state stored = claimed();
    struct reason why;

    if (rig.partition != NULL && suite_below(&state, 2) == 0) {
        partition_rewind(rig.partition, &stored);
        return;
    }
    partition_close(rig.partition);
    CU_ASSERT_EQUAL_FATAL(partition_open(&rig.partition, &config, &stored, pool, 0, &why), GO_ON);
}

static void flush(void)
{
    struct reason why;
    struct partition_flush flush = partition_flush_of(rig.partition);

    CU_ASSERT_EQUAL_FATAL(checkpoint_run(rig.checkpoint, &flush, 1, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(flush.verdict, GO_ON);
    partition_flushed(rig.partition, &flush, 0);
    enrich_forget(rig.fold.enrich); /* Symbols do not outlive a flush. */
}

/* A batch of some records: asked for as a whole, folded one by one, with a flush or a crash anywhere. */
static void fold_batch(void)
{
    uint32_t end = (uint32_t)(rig.partition->next + 1 + (int64_t)suite_below(&state, 20));
    struct reason why;

    end = end < RECORDS ? end : RECORDS;
    ids_begin(rig.partition->ids);
    for (int64_t i = rig.partition->next; i < end; i++)
        CU_ASSERT_EQUAL_FATAL(ids_ask(rig.partition->ids, ids_key(rig.partition->ids, logged[i].event.id), &why),
                              GO_ON);
    struct id_lookup *lookup = ids_lookup(rig.partition->ids, &rig.partition->state);
    if (lookup != NULL)
        answer(lookup);
    while (rig.partition->next < end) {
        CU_ASSERT_EQUAL_FATAL(fold_record(&rig.fold, rig.partition, &logged[rig.partition->next].record, &far, &why),
                              GO_ON);
        if (suite_below(&state, 25) == 0)
            flush();
        if (suite_below(&state, 100) == 0)
            apply_all(&config, &logger);
        if (suite_below(&state, 60) == 0) {
            crash();
            return;
        }
    }
}

static void run_worker(void)
{
    now = (struct fake_store){.state = {.watermark_ms = NO_TIME}};
    snprintf(now.state.incarnation, sizeof(now.state.incarnation), "%016" PRIx64 "%016" PRIx64, suite_random(&state),
             suite_random(&state));
    for (size_t i = 0; i < WINDOW_KINDS; i++)
        now.state.floor_ms[i] = NO_TIME;
    backup = now;
    memset(letters, 0, sizeof(letters));
    crash();
    while (rig.partition->next < RECORDS) {
        fold_batch();
        if (suite_below(&state, 10) == 0)
            backup = now;
        if (suite_below(&state, 20) == 0) { /* a failover forgets the last writes */
            now = backup;
            crash();
        }
    }
    flush();
    apply_all(&config, &logger);
}

/* ---- The comparison. ---- */

static struct cell cell;

static int64_t histogram_total(enum histogram histogram)
{
    int64_t total = 0;

    for (uint32_t i = 0; i < cell.slot_count; i++)
        if (cell.slots[i].id / HISTOGRAM_BUCKETS == (uint32_t)histogram)
            total += (int64_t)cell.slots[i].value;
    return total;
}

/* One cell against the versions that count in it: rows of which nothing is left stay, and rows of others hold several
 * labels of one event. */
static void compare_cell(struct window window, const char *key)
{
    int64_t requests = 0, prompt = 0, cost = 0, classified = 0;
    const struct fake_cell *found = cell_in_store(window, span_of(key));

    for (uint32_t i = 0; i < RECORDS; i++) {
        const struct event *event = &logged[i].event;
        if (!model.counts[i][window.kind] || !is_window(window_of(window.kind, event->created_ms), window))
            continue;
        for (uint32_t row = 0; row < (strcmp(key, "total") == 0 ? 1 : model.rows[i].count); row++) {
            const char *own = model.rows[i].keys[row];
            const char *counted = model.is_other[i][window.kind][row] ? other_key(own) : own;
            if (strcmp(key, "total") != 0 && strcmp(key, counted) != 0)
                continue;
            requests++;
            prompt += event->tokens_prompt;
            cost += event->cost_nano_usd;
            classified += event->classified;
        }
    }
    cell_clear(&cell);
    if (found != NULL)
        CU_ASSERT_TRUE_FATAL(cell_unpack(found->value, &cell));
    CU_ASSERT_EQUAL(cell.sums[M_REQUESTS], requests);
    CU_ASSERT_EQUAL(cell.sums[M_TOKENS_PROMPT], prompt);
    CU_ASSERT_EQUAL(cell.sums[M_COST_NANO_USD], cost);
    CU_ASSERT_EQUAL(cell.sums[M_CLASSIFIED], classified);
    CU_ASSERT_EQUAL(histogram_total(H_TOKENS_PROMPT), requests);
}

/* Every cell that the store has, and every row that there is. */
static void compare_rows(void)
{
    static const char *const rollups[] = {"model", "provider", "category"};
    char key[ROW_KEY_MAX + 1];

    for (uint32_t i = 0; i < now.cell_count; i++) {
        struct span name = now.cells[i].key;
        bool is_compared = span_equal(name, span_of("total"));
        snprintf(key, sizeof(key), "%.*s", (int)name.size, name.bytes);
        for (size_t r = 0; r < LENGTH_OF(rollups); r++)
            is_compared = is_compared || (strchr(key, '|') != NULL && is_same_rollup(rollups[r], key));
        if (is_compared)
            compare_cell(now.cells[i].window, key);
    }
    for (uint32_t i = 0; i < model.admitted_count; i++)
        CU_ASSERT_PTR_NOT_NULL(cell_in_store(model.admitted[i].window, span_of(model.admitted[i].key)));
    for (uint32_t i = 0; i < model.touch_count; i++)
        for (size_t r = 0; r < LENGTH_OF(rollups); r++) {
            struct window window = model.touched[i].window;
            snprintf(key, sizeof(key), TAIL_ROWS "%s", rollups[r]);
            const struct fake_cell *count = cell_in_store(window, span_of(key));
            snprintf(key, sizeof(key), "%.*s", count == NULL ? 1 : (int)count->value.size,
                     count == NULL ? "0" : count->value.bytes);
            CU_ASSERT_EQUAL(strtoll(key, NULL, 10), rows_in_model(window, rollups[r]));
        }
}

static void compare(void)
{
    uint32_t windows = 0;

    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        CU_ASSERT_EQUAL(now.state.outcomes[i], model.outcomes[i]);
    CU_ASSERT_EQUAL(now.state.watermark_ms, model.watermark_ms);
    for (uint32_t i = 0; i < RECORDS; i++)
        CU_ASSERT_TRUE(letters[i] == model.letters[i] ||
                       (letters[i] != NULL && model.letters[i] != NULL && strcmp(letters[i], model.letters[i]) == 0));
    for (uint32_t i = 0; i < now.window_count; i++)
        windows += now.windows[i].records > 0;
    CU_ASSERT_EQUAL(windows, model.touch_count);
    for (uint32_t i = 0; i < model.touch_count; i++) {
        struct window window = model.touched[i].window;
        CU_ASSERT_EQUAL(window_in_store(window)->records, model.touched[i].records);
        compare_cell(window, "total");
    }
    compare_rows();
}

static void what_counts_is_what_a_naive_model_says(void)
{
    int64_t seen[OUTCOME_COUNT] = {0};
    bool was_seen[8] = {false};
    struct reason why;
    uint32_t others = 0;
    static const char *const reasons[] = {"EVENT-AMEND-UNKNOWN", "EVENT-AMEND-RETRACTED", "EVENT-TOO-LATE",
                                          "EVENT-ID-CONFLICT"};

    for (int round = 0; round < ROUNDS; round++) {
        config.windows[WINDOW_WEEK] = config.windows[WINDOW_MONTH] = round % 3 > 0; /* else much is too late */
        config.ids_keep = round % 2 == 0 ? KEEP_FIRST : KEEP_LAST;
        CU_ASSERT_EQUAL_FATAL(leave_out_parse(round % 5 == 0 ? "" : "app=probe", &config.leave_out, &why), GO_ON);
        config.rows_max = round % 4 == 0 ? 1000 : 1 + (int64_t)suite_below(&state, 7);
        config.ids_kept_ms = HOUR_MS * (int64_t)(2 + suite_below(&state, 150));
        open_rig();
        arena_open(&bytes_of_store, (size_t)1 << 20);
        write_log(rig.encoder);
        run_model(rig.taxonomy);
        run_worker();
        compare();
        close_rig();
        arena_close(&bytes_of_store);
        for (uint32_t i = 0; i < RECORDS; i++)
            for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++)
                others += model.counts[i][kind] && model.is_other[i][kind][1];
        for (size_t i = 0; i < OUTCOME_COUNT; i++)
            seen[i] += model.outcomes[i];
        for (uint32_t i = 0; i < RECORDS; i++)
            for (size_t j = 0; j < LENGTH_OF(reasons) && model.letters[i] != NULL; j++)
                was_seen[j] = was_seen[j] || strcmp(model.letters[i], reasons[j]) == 0;
    }
    printf("note: counted %" PRId64 ", duplicate %" PRId64 ", filtered %" PRId64 ", too late %" PRId64
           ", dead-lettered %" PRId64 ", conflicting %" PRId64 "\n",
           seen[OUTCOME_COUNTED], seen[OUTCOME_DUPLICATE], seen[OUTCOME_FILTERED], seen[OUTCOME_TOO_LATE],
           seen[OUTCOME_DEAD_LETTERED], seen[OUTCOME_CONFLICTING]);
    CU_ASSERT_TRUE(others > 100);
    CU_ASSERT_TRUE(seen[OUTCOME_DUPLICATE] > 100);
    CU_ASSERT_TRUE(seen[OUTCOME_FILTERED] > 100);
    for (size_t j = 0; j < LENGTH_OF(reasons); j++)
        CU_ASSERT_TRUE(was_seen[j]);
}

int main(int argc, char **argv)
{
    struct reason why;
    CU_TestInfo tests[] = {
        {"what_counts_is_what_a_naive_model_says", what_counts_is_what_a_naive_model_says},
        CU_TEST_INFO_NULL,
    };

    state = suite_seed();
    log_open(&logger, LOG_LEVEL_ERROR, "amend");
    config_defaults(&config);
    config.ids = IDS_AMEND;
    memcpy(config.kept_ms, (const int64_t[]){12 * HOUR_MS, 2 * DAY_MS, 3 * DAY_MS, DAY_MS}, sizeof(config.kept_ms));
    for (int i = 0; i < IDS; i++)
        snprintf(id_texts[i], sizeof(id_texts[i]), "id%d", i);
    if (tally_pool_open(&pool, 100000, &why) != GO_ON)
        return EXIT_FAILURE;
    int status = suite_run(argc, argv, tests);
    tally_pool_close(pool);
    return status;
}
