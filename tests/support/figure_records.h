/* Records of summary topics as a test writes them, in few words, and the document of figures that is made of them. */
#ifndef GENTALLY_TEST_FIGURE_RECORDS_H
#define GENTALLY_TEST_FIGURE_RECORDS_H

#include <jansson.h>

#include "cells.h"
#include "gentally/codec/avro_write.h"
#include "gentally/report/figures.h"
#include "suite.h"

#define WEEK_MS (7 * DAY_MS)
#define MONDAY INT64_C(1763337600000) /* 2025-11-17 */
#define RECORDS_MAX 256

/* Records as they would lie in the topics. */
struct stack {
    uint32_t count;
    struct {
        char key[SUMMARY_KEY_MAX];
        char value[4096];
        size_t key_size, value_size;
        bool is_tombstone;
    } records[RECORDS_MAX];
};

/* A row in few words: columns as "model=a/b,source=closed", measures as given. */
struct figure_line {
    const char *rollup;
    enum window_kind window;
    int64_t start_ms;
    const char *columns;
    int64_t requests, prompt, completion, cost_nano_usd;
    int64_t classified, accounts, tokens_unknown, cost_unknown;
    int64_t revision;
    enum pane pane;
    bool is_suppressed;
};

static struct encoder *encoder;
static char *written; /* the document that was read last, as it was written */

static inline void set_columns(struct summary *summary, const char *columns, char *text, size_t room)
{
    char *rest = NULL;

    snprintf(text, room, "%s", columns == NULL ? "" : columns);
    for (char *part = strtok_r(text, ",", &rest); part != NULL; part = strtok_r(NULL, ",", &rest)) {
        char *value = strchr(part, '=');
        *value++ = '\0';
        for (enum column column = 0; column < COLUMN_COUNT; column++)
            if (strcmp(part, column_name(column)) == 0)
                summary->columns[column] = span_of(value);
    }
}

static inline void push(struct stack *stack, const struct figure_line *line)
{
    static struct cell cell;
    char columns[256];
    struct span bytes;
    struct summary summary = {.rollup = span_of(line->rollup),
                              .window = {line->window, line->start_ms},
                              .cell = &cell,
                              .suppressed = line->is_suppressed,
                              .pane = line->pane,
                              .revision = line->revision,
                              .tables_version = span_of("tables of a test")};

    CU_ASSERT_FATAL(stack->count < RECORDS_MAX);
    cell_clear(&cell);
    cell.sums[M_REQUESTS] = line->requests;
    cell.sums[M_TOKENS_PROMPT] = line->prompt;
    cell.sums[M_TOKENS_COMPLETION] = line->completion;
    cell.sums[M_COST_NANO_USD] = cell.sums[M_BILLED_COST_NANO_USD] = line->cost_nano_usd;
    cell.sums[M_BILLED_TOKENS] = line->prompt + line->completion;
    cell.sums[M_CLASSIFIED] = line->classified;
    cell.sums[M_SPLIT_TOKENS] = line->classified == 0 ? 0 : line->prompt + line->completion;
    cell.sums[M_TOKENS_UNKNOWN] = line->tokens_unknown;
    cell.sums[M_COST_UNKNOWN] = line->cost_unknown;
    cell.sums[M_TOKENS_SQUARED] =
        line->requests == 0
            ? 0
            : (line->prompt + line->completion) * (line->prompt + line->completion) / line->requests; /* all alike */
    bool is_retention = strcmp(line->rollup, ROLLUP_RETENTION) == 0;
    summary.retained = is_retention ? line->accounts : 0;
    for (int64_t account = 0; account < line->accounts && !is_retention; account++) /* few: the estimate is exact */
        cell.slots[cell.slot_count++] = (struct slot){ACCOUNT_SLOT + (uint32_t)account, 1};
    set_columns(&summary, line->columns, columns, sizeof(columns));
    CU_ASSERT_EQUAL_FATAL(encode_summary(encoder, &summary, &bytes, NULL), GO_ON);
    CU_ASSERT_FATAL(bytes.size <= sizeof(stack->records[0].value));
    memcpy(stack->records[stack->count].value, bytes.bytes, bytes.size);
    stack->records[stack->count].value_size = bytes.size;
    stack->records[stack->count].is_tombstone = false;
    char start[32];
    time_format(line->start_ms, start, sizeof(start));
    int size = snprintf(stack->records[stack->count].key, SUMMARY_KEY_MAX, "%s|%s|%s|%s", line->rollup,
                        window_kind_name(line->window), start, line->columns == NULL ? "" : line->columns);
    stack->records[stack->count++].key_size = (size_t)size;
}

static inline void push_ledger(struct stack *stack, struct window window, int64_t revision, enum pane pane)
{
    const struct ledger_partition partition = {.incarnation = "00",
                                               .next = revision + 1,
                                               .end = revision + 1,
                                               .records = revision,
                                               .outcomes = {revision, 0, 0, 0, 1}};
    const struct ledger ledger = {.window = window,
                                  .pane = pane,
                                  .revision = revision,
                                  .summaries = 1,
                                  .tables_version = span_of("tables of a test"),
                                  .partition_count = 1,
                                  .partitions = &partition};
    struct span bytes;

    CU_ASSERT_EQUAL_FATAL(encode_ledger(encoder, &ledger, &bytes, NULL), GO_ON);
    memcpy(stack->records[stack->count].value, bytes.bytes, bytes.size);
    stack->records[stack->count].value_size = bytes.size;
    stack->records[stack->count].is_tombstone = false;
    stack->records[stack->count].key_size = ledger_key_write(window, stack->records[stack->count].key);
    stack->count++;
}

static inline struct record record_at(const struct stack *stack, uint32_t index)
{
    struct record record = {.offset = index,
                            .timestamp_ms = 1000 + index,
                            .key = {stack->records[index].key, stack->records[index].key_size}};

    if (!stack->records[index].is_tombstone)
        record.value = (struct span){stack->records[index].value, stack->records[index].value_size};
    return record;
}

static inline struct figures *open_range(int64_t from_ms, int64_t to_ms, const char *examples)
{
    const struct figures_options options = {
        .prefix = "gentally", .from_ms = from_ms, .to_ms = to_ms, .examples = examples, .is_study = true};
    struct figures *figures = NULL;

    CU_ASSERT_EQUAL_FATAL(figures_open(&figures, &options, NULL), GO_ON);
    return figures;
}

static inline struct figures *open_all(void)
{
    return open_range(INT64_MIN, INT64_MAX, NULL);
}

static inline void take_all(struct figures *figures, const struct stack *stack)
{
    for (uint32_t index = 0; index < stack->count; index++) {
        struct record record = record_at(stack, index);
        CU_ASSERT_EQUAL(figures_take(figures, &record, NULL), GO_ON);
    }
}

static inline json_t *read_document(struct figures *figures)
{
    struct span json = {NULL, 0};
    json_error_t error;

    CU_ASSERT_EQUAL_FATAL(figures_write(figures, &json, NULL), GO_ON);
    free(written);
    written = strndup(json.bytes, json.size);
    json_t *document = json_loadb(json.bytes, json.size, 0, &error);
    if (document == NULL)
        printf("%s at %d: %.*s\n", error.text, error.position, 60,
               json.bytes + (error.position > 30 ? error.position - 30 : 0));
    CU_ASSERT_FATAL(document != NULL);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(document, "figures")), FIGURES_COUNT);
    return document;
}

/* Writes the document of a stack. */
static inline json_t *document_of(const struct stack *stack)
{
    struct figures *figures = open_all();

    take_all(figures, stack);
    json_t *document = read_document(figures);
    figures_close(figures);
    return document;
}

static inline json_t *figure_of(json_t *document, const char *id)
{
    size_t number = (size_t)strtoul(id + 1, NULL, 10) - 1;

    json_t *figure = json_array_get(json_object_get(document, "figures"), number);
    CU_ASSERT_STRING_EQUAL_FATAL(json_string_value(json_object_get(figure, "id")), id);
    return figure;
}

static inline bool has_text(json_t *texts, const char *words)
{
    size_t index;
    json_t *text;

    json_array_foreach(texts, index, text)
    {
        if (strstr(json_string_value(text), words) != NULL)
            return true;
    }
    return false;
}

/* Holds a figure's rows, as they were written but for line ends, to the text. */
static inline void check_rows(const char *id, const char *want)
{
    static char rows[1 << 16];
    char head[16];
    size_t size = 0;

    snprintf(head, sizeof(head), "\"id\":\"%s\"", id);
    const char *at = strstr(strstr(written, head), "\"rows\":") + strlen("\"rows\":");
    for (const char *end = strstr(at, ",\"notes\""); at < end && size < sizeof(rows) - 1; at++)
        if (*at != '\n')
            rows[size++] = *at;
    rows[size] = '\0';
    if (strcmp(rows, want) != 0)
        printf("%s\n got %s\nwant %s\n", id, rows, want);
    CU_ASSERT_STRING_EQUAL(rows, want);
}

static inline const char *text_at(json_t *document, const char *path, const char *name)
{
    return json_string_value(json_object_get(json_object_get(json_object_get(document, "header"), path), name));
}

static inline struct figure_line total(int64_t week, int64_t requests, int64_t prompt, int64_t completion)
{
    return (struct figure_line){.rollup = "total",
                                .window = WINDOW_WEEK,
                                .start_ms = MONDAY + week * WEEK_MS,
                                .requests = requests,
                                .prompt = prompt,
                                .completion = completion,
                                .cost_nano_usd = 1000 * (prompt + completion),
                                .revision = requests,
                                .pane = PANE_ON_TIME};
}

static inline struct figure_line model(int64_t week, const char *columns, int64_t tokens)
{
    struct figure_line line = total(week, 1, tokens, 0);

    line.rollup = "model";
    line.columns = columns;
    return line;
}

#endif
