/*
 * One check at one door: whatever may be counted goes the whole way, from a producer's bytes to every reader.
 *
 *   odd event -> Avro -> decode -> check -> enrich -> tally -> cells and row keys -> summaries -> Avro -> read back
 *     -> verify's audit, the latest by key, JSON, CSV, a table, the report's document, a signal
 *
 * What is expected comes from the events alone, by a model that knows texts and sums and nothing of symbols, cells or
 * keys. Events of a round share their hour, so that each rollup has a row once, and all windows have the same.
 */
#include <assert.h>
#include <jansson.h>

#include "derive.h"
#include "enrich.h"
#include "gentally/base/csv_text.h"
#include "gentally/base/text.h"
#include "gentally/codec/avro_read.h"
#include "gentally/codec/avro_write.h"
#include "gentally/codec/decode.h"
#include "gentally/codec/json_read.h"
#include "gentally/codec/json_write.h"
#include "gentally/codec/summary_json.h"
#include "gentally/core/taxonomy.h"
#include "gentally/inspect/audit.h"
#include "gentally/inspect/latest.h"
#include "gentally/inspect/summary_text.h"
#include "gentally/report/figures.h"
#include "odd_events.h"
#include "table.h"

#define ROUNDS 60
#define EVENTS 40
#define ROWS_MAX (EVENTS * 40)
#define ROLLUPS                                                                                                        \
    "total=,model=model,provider=provider+model,geography=country,language=language,finish=finish_reason,"             \
    "category=category+model,tag=tag+category,account=account,wide=model+provider+country+language,"                   \
    "app=app,app_model=app+model"

/* A row as the model has it: of a rollup, under these texts. */
struct naive_row {
    uint32_t rollup;
    struct span values[ROLLUP_DIMS_MAX];
    int64_t sums[9]; /* of kept_measures */
    bool is_found;
};

static const enum measure kept_measures[] = {M_REQUESTS,           M_TOKENS_PROMPT,  M_TOKENS_COMPLETION,
                                             M_TOKENS_CACHED,      M_COST_NANO_USD,  M_TOKENS_CACHE_WRITE,
                                             M_GATEWAY_CACHE_HITS, M_TOKENS_UNKNOWN, M_COST_UNKNOWN};

static uint64_t seed;
static struct rollups rollups;
static struct grouping grouping;
static struct symbols *symbols;
static struct taxonomy *taxonomy;
static struct catalog *catalog;
static struct countries *countries;
static struct enrich *enrich;
static struct tally_pool *pool;
static struct tally *tally;
static struct arena arena;
static struct accumulator accumulator;
static struct deltas deltas;
static struct encoder *encoder;
static struct decoder *decoder;
static struct json_reader *json_reader;
static struct odd_event odd[EVENTS];
static struct naive_row naive[ROWS_MAX];
static uint32_t naive_count;
static struct summary_read read_back;
static struct cell cell;
static char written[SUMMARY_JSON_MAX], text[ROW_KEY_MAX];

static void open_all(void)
{
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse(ROLLUPS, &rollups, &why), GO_ON);
    rollups_group(&rollups, &grouping);
    CU_ASSERT_EQUAL_FATAL(symbols_open(&symbols, 65536, (size_t)8 << 20, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(taxonomy_open(&taxonomy, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(catalog_open(&catalog, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(countries_open(&countries, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(enrich_open(&enrich, taxonomy, symbols, span_of("a key"), &why), GO_ON);
    enrich_name_accounts(enrich, true);
    enrich_name_apps(enrich, true);
    CU_ASSERT_EQUAL_FATAL(tally_pool_open(&pool, 1 << 16, &why), GO_ON);
    const struct tally_options options = {&grouping.bases, WINDOW_HOUR, 8192, pool};
    CU_ASSERT_EQUAL_FATAL(tally_open(&tally, &options, &why), GO_ON);
    arena_open(&arena, 1 << 16);
    CU_ASSERT_EQUAL_FATAL(encoder_open(&encoder, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(decoder_open(&decoder, 1 << 20, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(json_reader_open(&json_reader, &why), GO_ON);
}

static void close_all(void)
{
    json_reader_close(json_reader);
    decoder_close(decoder);
    encoder_close(encoder);
    arena_close(&arena);
    tally_close(tally);
    tally_pool_close(pool);
    enrich_close(enrich);
    countries_close(countries);
    catalog_close(catalog);
    taxonomy_close(taxonomy);
    symbols_close(symbols);
}

/* ---- the door ---- */

static bool are_equal(const struct event *left, const struct event *right)
{
    bool are =
        span_equal(left->id, right->id) && span_equal(left->model, right->model) &&
        span_equal(left->provider, right->provider) && span_equal(left->account, right->account) &&
        span_equal(left->app, right->app) && span_equal(left->country, right->country) &&
        span_equal(left->language, right->language) && span_equal(left->finish_reason, right->finish_reason) &&
        left->created_ms == right->created_ms && left->tokens_prompt == right->tokens_prompt &&
        left->tokens_completion == right->tokens_completion && left->tokens_reasoning == right->tokens_reasoning &&
        left->tokens_cached == right->tokens_cached && left->tokens_cache_write == right->tokens_cache_write &&
        left->is_gateway_cache_hit == right->is_gateway_cache_hit && left->cost_nano_usd == right->cost_nano_usd &&
        left->latency_ms == right->latency_ms && left->first_token_ms == right->first_token_ms &&
        left->generation_ms == right->generation_ms && left->is_byok == right->is_byok &&
        left->is_free == right->is_free && left->label_count == right->label_count;

    for (uint32_t i = 0; are && i < left->label_count; i++)
        are = span_equal(left->labels[i].path, right->labels[i].path) &&
              left->labels[i].confidence == right->labels[i].confidence;
    return are;
}

/* Takes the event in by both doors, as bytes and as a line; the door must let it through unchanged. */
static void pass_the_door(const struct event *event)
{
    struct event got;
    struct span bytes;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(encode_event(encoder, event, &bytes, &why), GO_ON);
    enum verdict verdict = decode_event(decoder, bytes, &got, &why);
    if (verdict == GO_ON)
        verdict = event_check(&got, &why);
    if (verdict != GO_ON)
        printf("refused: %s %s\n", reason_name(why.id), why.text);
    CU_ASSERT_EQUAL_FATAL(verdict, GO_ON);
    CU_ASSERT(are_equal(event, &got));
    static_assert(SUMMARY_JSON_MAX >= EVENT_JSON_MAX, "room for an event's line");
    struct span line = {written, json_write_event(event, written)};
    verdict = json_read_event(json_reader, line, &got, &why);
    if (verdict != GO_ON)
        printf("refused: %s %s: %.*s\n", reason_name(why.id), why.text, (int)line.size, line.bytes);
    CU_ASSERT_EQUAL_FATAL(verdict, GO_ON);
    CU_ASSERT(are_equal(event, &got));
    CU_ASSERT_EQUAL(event_check(&got, &why), GO_ON);
}

/* ---- the model ---- */

static void naive_add(uint32_t rollup, const struct span values[], const struct event *event)
{
    const bool is_known = event->tokens_prompt != EVENT_UNKNOWN && event->tokens_completion != EVENT_UNKNOWN;
    const int64_t known = is_known, is_paid = event->cost_nano_usd != EVENT_UNKNOWN;
    const int64_t sums[] = {1,
                            is_known ? event->tokens_prompt : 0,
                            is_known ? event->tokens_completion : 0,
                            known * event->tokens_cached,
                            is_paid ? event->cost_nano_usd : 0,
                            known * event->tokens_cache_write,
                            event->is_gateway_cache_hit,
                            !is_known,
                            !is_paid};
    uint32_t at = 0, dims = rollups.items[rollup].dim_count;
    bool is_same = false;

    for (; at < naive_count && !is_same; at++) {
        is_same = naive[at].rollup == rollup;
        for (uint32_t d = 0; d < dims && is_same; d++)
            is_same = span_equal(naive[at].values[d], values[d]);
    }
    struct naive_row *row = &naive[is_same ? at - 1 : naive_count++];
    if (!is_same) {
        *row = (struct naive_row){.rollup = rollup};
        memcpy(row->values, values, dims * sizeof(*values));
    }
    for (size_t i = 0; i < LENGTH_OF(sums); i++)
        row->sums[i] += sums[i];
}

/* Rollups by label or account are left to the audit: which labels count, and the pseudonym, are others' questions. */
static bool is_modelled(const struct rollup *rollup)
{
    for (uint32_t d = 0; d < rollup->dim_count; d++)
        if (rollup->dims[d] == DIM_CATEGORY || rollup->dims[d] == DIM_TAG || rollup->dims[d] == DIM_ACCOUNT)
            return false;
    return true;
}

static void naive_count_event(const struct event *event)
{
    const struct span of[DIM_COUNT] = {
        [DIM_MODEL] = event->model,       [DIM_PROVIDER] = event->provider,           [DIM_COUNTRY] = event->country,
        [DIM_LANGUAGE] = event->language, [DIM_FINISH_REASON] = event->finish_reason, [DIM_APP] = event->app};

    for (uint32_t i = 0; i < rollups.count; i++) {
        struct span values[ROLLUP_DIMS_MAX] = {{NULL, 0}};
        for (uint32_t d = 0; d < rollups.items[i].dim_count; d++)
            values[d] = of[rollups.items[i].dims[d]];
        if (is_modelled(&rollups.items[i]))
            naive_add(i, values, event);
    }
}

static struct naive_row *naive_find(uint32_t rollup, const struct summary *summary)
{
    for (uint32_t at = 0; at < naive_count; at++) {
        bool is_same = naive[at].rollup == rollup;
        for (uint32_t d = 0; is_same && d < rollups.items[rollup].dim_count; d++)
            is_same = span_equal(naive[at].values[d], summary->columns[column_of(rollups.items[rollup].dims[d])]);
        if (is_same)
            return &naive[at];
    }
    return NULL;
}

/* ---- the readers ---- */

/* Reads one field of CSV as RFC 4180 has it, and moves behind its comma or line end. */
static struct span csv_field(const char **at, char *room)
{
    bool is_quoted = **at == '"';
    size_t size = 0;

    *at += is_quoted;
    while (is_quoted ? !(**at == '"' && (*at)[1] != '"') : **at != ',' && **at != '\n') {
        *at += is_quoted && **at == '"';
        room[size++] = *(*at)++;
    }
    *at += is_quoted;
    CU_ASSERT(**at == ',' || **at == '\n');
    (*at)++;
    return (struct span){room, size};
}

/* What csv_text.h says a program does: takes one ' off the front, and decodes %XX. */
static struct span csv_value(struct span field, char *room)
{
    size_t size = 0;

    for (size_t at = field.size > 0 && field.bytes[0] == '\''; at < field.size; at++) {
        CU_ASSERT_EQUAL(text_control_size((struct span){field.bytes + at, field.size - at}), 0);
        if (field.bytes[at] == '%') {
            const char digits[] = {field.bytes[at + 1], field.bytes[at + 2], '\0'};
            room[size++] = (char)strtol(digits, NULL, 16);
            at += 2;
        } else {
            room[size++] = field.bytes[at];
        }
    }
    CU_ASSERT(field.size == 0 || strchr("=+-@", field.bytes[0]) == NULL);
    return (struct span){room, size};
}

static void check_csv(const struct summary_read *read)
{
    static char header[8192], field[CSV_TEXT_MAX(EVENT_TEXT_MAX)], plain[EVENT_TEXT_MAX * 2];
    size_t header_size = summary_csv_header_write(header);
    size_t size = summary_csv_write(&read->summary, read->accounts, written);
    const char *names = header, *at = written;

    written[size] = header[header_size] = '\0';
    CU_ASSERT_EQUAL(strlen(written), size);
    while (names < header + header_size && at < written + size) {
        size_t name_size = strcspn(names, ",\n");
        struct span value = csv_value(csv_field(&at, field), plain);
        for (enum column column = 0; column < COLUMN_COUNT; column++)
            if (span_equal((struct span){names, name_size}, span_of(column_name(column))))
                CU_ASSERT(span_equal(value, read->summary.columns[column]));
        names += name_size + 1;
    }
    CU_ASSERT_PTR_EQUAL(names, header + header_size);
    CU_ASSERT_PTR_EQUAL(at, written + size);
}

static void check_json(const struct summary_read *read)
{
    size_t size = summary_json_write(&read->summary, read->accounts, written);
    json_error_t error;
    json_t *json = json_loadb(written, size, JSON_REJECT_DUPLICATES, &error);

    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        const json_t *value = json_object_get(json, column_name(column));
        struct span got = {json_string_value(value), json_string_length(value)};
        CU_ASSERT_EQUAL(value == NULL, read->summary.columns[column].size == 0);
        CU_ASSERT(span_equal(got, read->summary.columns[column]));
    }
    for (size_t i = 0; i < LENGTH_OF(kept_measures); i++) {
        const json_t *value = json_object_get(json, measure_name(kept_measures[i]));
        CU_ASSERT_EQUAL(json_integer_value(value), read->cell.sums[kept_measures[i]]);
    }
    json_decref(json);
    static struct summary_read again;
    CU_ASSERT_EQUAL(decode_summary((struct span){written, size}, &again, NULL), GO_ON);
    CU_ASSERT_EQUAL(again.accounts, read->accounts);
    CU_ASSERT_EQUAL(memcmp(again.cell.sums, read->cell.sums, sizeof(again.cell.sums)), 0);
}

/* As a person sees it: three lines, text, and nothing that steers a terminal. */
static void check_table(const struct summary *summary)
{
    const struct table_column columns[] = {{"model", false}, {"provider", false}, {"country", false}};
    struct table *table = NULL;
    char *shown = NULL;
    size_t size = 0;
    uint32_t lines = 0;
    FILE *file = open_memstream(&shown, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL_FATAL(table_open(&table, columns, LENGTH_OF(columns), NULL), GO_ON);
    table_text(table, summary->columns[COLUMN_MODEL]);
    table_text(table, summary->columns[COLUMN_PROVIDER]);
    table_text(table, summary->columns[COLUMN_COUNTRY]);
    CU_ASSERT_EQUAL(table_print(table, file, NULL), GO_ON);
    fclose(file);
    for (size_t i = 0; i < size; i++) {
        lines += shown[i] == '\n';
        CU_ASSERT((unsigned char)shown[i] >= 0x20 || shown[i] == '\n');
    }
    CU_ASSERT_EQUAL(lines, 3);
    CU_ASSERT(text_is_sound((struct span){shown, size}));
    CU_ASSERT_PTR_NULL(strstr(shown, "\x7f"));
    CU_ASSERT_PTR_NULL(strstr(shown, "\xc2\x9b"));
    CU_ASSERT_PTR_NULL(strstr(shown, "\xe2\x80\xae"));
    table_close(table);
    free(shown);
}

static void check_signal(struct span model)
{
    static struct signal_read signal_back;
    static char key[SIGNAL_KEY_MAX];
    struct signal signal = {.kind = SIGNAL_UNKNOWN_MODEL,
                            .window = window_of(WINDOW_WEEK, EVENT_MS_MIN),
                            .subject = model,
                            .rule = span_of("a rule"),
                            .tables_version = span_of("t")};
    struct reason why;
    struct span bytes;

    CU_ASSERT_EQUAL_FATAL(encode_signal(encoder, &signal, &bytes, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(decode_signal(bytes, &signal_back, &why), GO_ON);
    CU_ASSERT(span_equal(signal_back.signal.subject, model));
    CU_ASSERT(text_is_sound((struct span){key, signal_key_write(&signal, key)}));
}

/* ---- the way ---- */

struct readers {
    struct audit *audit;
    struct latest *latest;
    struct figures *figures;
    int64_t summaries;
};

static void told(void *context, const struct finding *finding)
{
    (void)context;
    printf("verify: %s, %.*s, %s: expected %s, found %s\n", audit_check_name(finding->check),
           (int)finding->place.key.size, finding->place.key.bytes, finding->field, finding->expected, finding->found);
}

static void open_readers(struct readers *readers)
{
    const struct audit_options audit = {.rollups = &rollups, .ledger_topic = "ledger", .tell = told};
    const struct figures_options figures = {.prefix = "gentally", .from_ms = INT64_MIN, .to_ms = INT64_MAX};

    *readers = (struct readers){0};
    CU_ASSERT_EQUAL_FATAL(audit_open(&readers->audit, &audit, NULL), GO_ON);
    CU_ASSERT_EQUAL_FATAL(latest_open(&readers->latest, NULL), GO_ON);
    CU_ASSERT_EQUAL_FATAL(figures_open(&readers->figures, &figures, NULL), GO_ON);
}

/* The summary of a delta in one kind of window, encoded; its key is left in `key`. */
static struct span publish(const struct delta *delta, enum window_kind kind, char *key, size_t *key_size)
{
    const struct rollup *rollup = NULL;
    struct span values[ROLLUP_DIMS_MAX], bytes;
    struct window window = window_of(kind, delta->row.base_ms);
    struct summary summary = {
        .window = window, .cell = &cell, .pane = PANE_ON_TIME, .revision = EVENTS, .tables_version = span_of("tables")};
    struct reason why = {0};

    CU_ASSERT_FATAL(row_key_read(delta->key, &rollups, &rollup, values, text));
    CU_ASSERT_FATAL(cell_unpack(delta->packed, &cell));
    summary_fill(&summary, rollup, values, &(struct join_tables){catalog, countries, taxonomy});
    *key_size = summary_key_write(delta->key, window, key);
    CU_ASSERT_FATAL(encode_summary(encoder, &summary, &bytes, &why) == GO_ON);
    return bytes;
}

static void read_row(struct readers *readers, const struct delta *delta, enum window_kind kind)
{
    static char key[SUMMARY_KEY_MAX];
    size_t key_size;
    struct span value = publish(delta, kind, key, &key_size);
    struct record record = {.key = {key, key_size}, .value = value, .timestamp_ms = -1};
    const struct rollup *rollup = &rollups.items[delta->row.rollup];
    struct reason why = {0};
    enum verdict verdict = decode_summary(value, &read_back, &why);

    if (verdict != GO_ON)
        printf("%.*s: %s\n", (int)key_size, key, why.text);
    CU_ASSERT_EQUAL_FATAL(verdict, GO_ON);
    struct naive_row *row = is_modelled(rollup) ? naive_find(delta->row.rollup, &read_back.summary) : NULL;
    CU_ASSERT_FATAL(row != NULL || !is_modelled(rollup));
    for (size_t i = 0; row != NULL && i < LENGTH_OF(kept_measures); i++)
        CU_ASSERT_EQUAL(read_back.cell.sums[kept_measures[i]], row->sums[i]);
    if (row != NULL)
        row->is_found = true;
    const struct audit_place place = {"summaries", 0, readers->summaries, record.key, 1};
    CU_ASSERT_EQUAL_FATAL(audit_summary(readers->audit, &place, rollup, &read_back, &why), GO_ON);
    const struct latest_row latest = {.key = record.key,
                                      .value = value,
                                      .revision = EVENTS,
                                      .pane = PANE_ON_TIME,
                                      .start_ms = read_back.summary.window.start_ms};
    CU_ASSERT_EQUAL_FATAL(latest_put(readers->latest, &latest, &why), GO_ON);
    CU_ASSERT_PTR_NOT_NULL(latest_find(readers->latest, record.key));
    CU_ASSERT_EQUAL_FATAL(figures_take(readers->figures, &record, &why), GO_ON);
    readers->summaries++;
    if (kind != WINDOW_HOUR)
        return;
    check_json(&read_back);
    check_csv(&read_back);
    check_table(&read_back.summary);
    if (read_back.summary.columns[COLUMN_MODEL].size > 0)
        check_signal(read_back.summary.columns[COLUMN_MODEL]);
}

static void read_ledger(struct readers *readers, enum window_kind kind, int64_t event_ms, bool is_again)
{
    static struct ledger_read back;
    struct ledger_partition partition = {.incarnation = "0123",
                                         .next = EVENTS,
                                         .watermark_ms = event_ms,
                                         .records = EVENTS,
                                         .outcomes = {[OUTCOME_COUNTED] = EVENTS}};
    struct ledger ledger = {.window = window_of(kind, event_ms),
                            .pane = PANE_ON_TIME,
                            .revision = EVENTS,
                            .summaries = deltas.count,
                            .tables_version = span_of("tables"),
                            .partition_count = 1,
                            .partitions = &partition};
    char key[64];
    struct span bytes;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(encode_ledger(encoder, &ledger, &bytes, &why), GO_ON);
    struct record record = {.key = {key, ledger_key_write(ledger.window, key)}, .value = bytes, .timestamp_ms = -1};
    CU_ASSERT_EQUAL_FATAL(decode_ledger(bytes, &back, &why), GO_ON);
    if (is_again) {
        CU_ASSERT_EQUAL_FATAL(audit_again(readers->audit, &back.ledger, &why), GO_ON);
        return;
    }
    const struct audit_place place = {"ledger", 0, kind, record.key, 1};
    CU_ASSERT_EQUAL_FATAL(audit_ledger(readers->audit, &place, &back.ledger, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(figures_take(readers->figures, &record, &why), GO_ON);
}

static void finish(struct readers *readers)
{
    struct span document;
    json_error_t error;

    audit_finish(readers->audit);
    CU_ASSERT_EQUAL(audit_counts(readers->audit)->violations, 0);
    CU_ASSERT_EQUAL(audit_counts(readers->audit)->rows, (uint64_t)readers->summaries);
    latest_sort(readers->latest);
    CU_ASSERT_EQUAL(latest_count(readers->latest), (size_t)readers->summaries);
    CU_ASSERT_EQUAL_FATAL(figures_write(readers->figures, &document, NULL), GO_ON);
    json_t *json = json_loadb(document.bytes, document.size, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        printf("the document, at byte %d: %s\n", error.position, error.text);
    CU_ASSERT_PTR_NOT_NULL(json);
    json_decref(json);
    figures_close(readers->figures);
    latest_close(readers->latest);
    audit_close(readers->audit);
}

static void fill_tally(void)
{
    static const struct accumulator empty;
    const struct derivation derivation = {&rollups, &grouping, symbols, &arena, &accumulator};
    int64_t hour = odd_time(&seed) / HOUR_MS * HOUR_MS;
    struct fact fact;

    enrich_forget(enrich);
    tally_clear(tally);
    naive_count = 0;
    for (size_t i = 0; i < EVENTS; i++) {
        odd_event(&seed, &odd[i]);
        odd[i].event.created_ms = hour + odd[i].event.created_ms % HOUR_MS;
        if (odd[i].event.created_ms < EVENT_MS_MIN)
            odd[i].event.created_ms = EVENT_MS_MIN;
        pass_the_door(&odd[i].event);
        CU_ASSERT_FATAL(enrich_has_room(enrich) && tally_has_room(tally));
        enrich_event(enrich, &odd[i].event, &fact);
        fact.windows = (1u << WINDOW_KINDS) - 1;
        tally_add(tally, &fact);
        naive_count_event(&odd[i].event);
    }
    arena_clear(&arena);
    CU_ASSERT_EQUAL_FATAL(derive_deltas(&derivation, tally, NULL, &deltas, NULL), GO_ON);
    CU_ASSERT_EQUAL(memcmp(&accumulator, &empty, sizeof(empty)), 0);
}

static void what_may_be_counted_reaches_every_reader(void)
{
    struct readers readers;

    open_all();
    for (int round = 0; round < ROUNDS; round++) {
        fill_tally();
        open_readers(&readers);
        int64_t event_ms = deltas.items[0].row.base_ms;
        for (enum window_kind kind = 0; kind < WINDOW_KINDS; kind++)
            read_ledger(&readers, kind, event_ms, false);
        for (uint32_t i = 0; i < deltas.count * WINDOW_KINDS; i++) /* `total` is the first rollup */
            read_row(&readers, &deltas.items[i / WINDOW_KINDS], (enum window_kind)(i % WINDOW_KINDS));
        for (enum window_kind kind = 0; kind < WINDOW_KINDS; kind++)
            read_ledger(&readers, kind, event_ms, true);
        for (uint32_t i = 0; i < naive_count; i++)
            CU_ASSERT(naive[i].is_found);
        finish(&readers);
    }
    close_all();
}

/* U+0000 at any place of any text, and what is no text: no reader is given it, so no door takes it. */
static void what_no_reader_can_be_given_is_not_taken(void)
{
    static const char *const wrong[] = {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", ""};
    struct reason why;

    open_all();
    for (size_t i = 0; i < 2000; i++) {
        struct event got, *event = &odd[0].event;
        struct span *texts[] = {&event->id,      &event->model,         &event->provider,       &event->account,
                                &event->country, &event->finish_reason, &event->labels[0].path, &event->app,
                                &event->language};
        struct span *spoilt = texts[i % LENGTH_OF(texts)], bytes;
        const char *with = wrong[i % LENGTH_OF(wrong)];
        size_t with_size = *with == '\0' ? 1 : strlen(with);
        char room[EVENT_TEXT_MAX];
        odd_event(&seed, &odd[0]);
        event->label_count = event->label_count == 0 ? 1 : event->label_count;
        *spoilt = odd_text(&seed, room);
        size_t size = text_cut(*spoilt, EVENT_TEXT_MAX - with_size).size, at = suite_below(&seed, size + 1);
        memmove(room + at + with_size, room + at, size - at);
        memcpy(room + at, with, with_size);
        spoilt->size = size + with_size;
        if (*with != '\0' && text_is_sound(*spoilt)) /* the halves of a character fit what was put between */
            continue;
        CU_ASSERT_EQUAL_FATAL(encode_event(encoder, event, &bytes, &why), GO_ON);
        CU_ASSERT_EQUAL(decode_event(decoder, bytes, &got, &why), SET_ASIDE);
        CU_ASSERT(why.id == DECODE_NUL || why.id == DECODE_UTF8);
    }
    close_all();
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what_may_be_counted_reaches_every_reader", what_may_be_counted_reaches_every_reader},
        {"what_no_reader_can_be_given_is_not_taken", what_no_reader_can_be_given_is_not_taken},
        CU_TEST_INFO_NULL,
    };

    seed = suite_seed();
    return suite_run(argc, argv, tests);
}
