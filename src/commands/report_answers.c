/*
 * A query's fields are options of `gentally summaries`, and read by the same code; so are rows chosen, summed and
 * printed. Rows are those that figures keep, weeks and months; hours, days, and rollups that no figure needs are kept
 * here.
 */
#include "report_answers.h"

#include <stdlib.h>

#include "gentally/codec/record_read.h"
#include "report_page.h"
#include "summary_query.h"

#define JSON "application/json"
#define CSV "text/csv; charset=utf-8"

struct report_answers {
    const struct config *config;
    const struct figures *figures;
    struct latest *others; /* rows that figures let go */
    struct summary_read *read;
};

enum verdict report_answers_open(struct report_answers **answers, const struct config *config,
                                 const struct figures *figures, struct reason *why)
{
    struct report_answers *opened = calloc(1, sizeof(*opened));

    *answers = opened;
    if (opened == NULL)
        return no_memory(why, "for answers");
    *opened = (struct report_answers){.config = config, .figures = figures, .read = calloc(1, sizeof(*opened->read))};
    enum verdict verdict = opened->read == NULL ? no_memory(why, "for answers") : latest_open(&opened->others, why);
    if (verdict != GO_ON) {
        report_answers_close(opened);
        *answers = NULL;
    }
    return verdict;
}

void report_answers_close(struct report_answers *answers)
{
    if (answers == NULL)
        return;
    latest_close(answers->others);
    free(answers->read);
    free(answers);
}

enum verdict report_answers_take(struct report_answers *answers, const struct record *record, struct reason *why)
{
    const struct summary *summary = &answers->read->summary;
    struct reason other;
    struct window window;

    bool is_kept = latest_find(figures_rows(answers->figures), record->key) != NULL;
    if (is_kept || record->value.bytes == NULL) { /* one that could not be read is good now */
        latest_drop(answers->others, record->key);
        return GO_ON;
    }
    enum verdict verdict = summary_record_read(record, answers->read, &window, &other);
    if (verdict == SET_ASIDE && other.id == SUMMARY_UNREADABLE)
        return latest_spoil(answers->others, record->key, why);
    if (verdict != GO_ON)
        return GO_ON; /* none of ours: figures said so */
    const struct latest_row row = {.key = record->key,
                                   .value = record->value,
                                   .generation = summary->generation,
                                   .revision = summary->revision,
                                   .pane = summary->pane,
                                   .start_ms = summary->window.start_ms};
    return latest_put(answers->others, &row, why);
}

/* ---- figures ---- */

static void say_figures(struct http_answer *answer)
{
    answer->status = 200;
    answer->type = JSON;
    for (uint32_t index = 0; index < FIGURES_COUNT; index++) {
        struct figures_title title = figures_title(index); /* Plain texts of the table: nothing in them is escaped. */
        fprintf(answer->body,
                "%s{\"id\":\"%s\",\"section\":\"%s\",\"title\":\"%s\",\"json\":\"/figures/%s.json\","
                "\"csv\":\"/figures/%s.csv\"}",
                index == 0 ? "[" : ",\n", title.id, title.section, title.title, title.id, title.id);
    }
    fputs("]\n", answer->body);
}

/* `name` is "S01.json". */
static void say_figure(const struct report_answers *answers, const char *name, struct http_answer *answer)
{
    const char *ending = strchr(name, '.');
    bool is_csv = ending != NULL && strcmp(ending, ".csv") == 0;

    if (ending == NULL || (!is_csv && strcmp(ending, ".json") != 0))
        return;
    uint32_t index = figures_find((struct span){name, (size_t)(ending - name)});
    if (index == FIGURES_COUNT)
        return;
    struct span bytes = figures_one(answers->figures, index, is_csv ? FIGURES_CSV : FIGURES_JSON);
    answer->status = bytes.bytes == NULL ? 503 : 200;
    answer->type = is_csv ? CSV : JSON;
    fwrite(bytes.bytes == NULL ? "" : bytes.bytes, 1, bytes.size, answer->body);
}

/* A page for a frame: of all that is told only this may stand within another site's. */
static void say_embedded(const struct report_answers *answers, const char *id, struct http_answer *answer)
{
    static const struct http_field headers[] = {
        {"Referrer-Policy", "no-referrer"}, {"Connection", "close"}, {NULL, NULL}};
    struct reason why = {0};
    uint32_t index = figures_find(span_of(id));

    if (index == FIGURES_COUNT)
        return;
    answer->status = 200;
    answer->type = "text/html; charset=utf-8";
    answer->headers = headers;
    if (report_page_embedded(answer->body, answers->figures, index, &why) == GO_ON)
        return;
    answer->status = 500;
    answer->type = "text/plain; charset=utf-8";
    fprintf(answer->body, "%s: %s\n", reason_name(why.id), why.text);
}

/* ---- summaries ---- */

/* Those of `gentally summaries` that choose rows and sums; the others are a terminal's, or of the past. */
static const enum summary_option served[] = {
    SUMMARY_ROLLUP, SUMMARY_WINDOW,  SUMMARY_FROM, SUMMARY_TO,    SUMMARY_FORMAT, SUMMARY_WHERE,
    SUMMARY_BY,     SUMMARY_MEASURE, SUMMARY_TOP,  SUMMARY_LIMIT, SUMMARY_FINAL,
};

/* The row that a field gives its value to, the next one where an option may be given again; NULL: there is none. */
static struct command_option *find_row(struct command_option rows[SUMMARY_OPTIONS], const char *name)
{
    for (size_t at = 0; at < LENGTH_OF(served); at++) {
        uint32_t count = served[at] == SUMMARY_WHERE ? ROW_FILTER_TERMS : 1;
        for (uint32_t row = 0; row < count; row++)
            if (strcmp(rows[served[at] + row].name, name) == 0 && rows[served[at] + row].value == NULL)
                return &rows[served[at] + row];
    }
    return NULL;
}

static enum verdict read_fields(const struct http_request *request, struct command_option rows[SUMMARY_OPTIONS],
                                struct reason *why)
{
    struct http_field fields[HTTP_QUERY_MAX];
    uint32_t count = 0;

    memcpy(rows, summary_options, SUMMARY_OPTIONS * sizeof(*rows));
    if (!http_query(request, fields, &count))
        return reason_set(why, HALT, CONFIG_VALUE, 0, "the query has too many fields");
    for (uint32_t at = 0; at < count; at++) {
        struct command_option *row = find_row(rows, fields[at].name);
        if (row == NULL)
            return reason_set(
                why, HALT, CONFIG_VALUE, 0,
                "%.64s: there is no such field, or it is given too often; there are rollup, window, from, "
                "to, format, where (up to %d times), by, measure, top, limit, final",
                fields[at].name, ROW_FILTER_TERMS);
        row->value = fields[at].value;
    }
    if (rows[SUMMARY_FORMAT].value == NULL)
        rows[SUMMARY_FORMAT].value = leaderboard_formats[FORMAT_JSON];
    if (strcmp(rows[SUMMARY_FORMAT].value, leaderboard_formats[FORMAT_TABLE]) == 0)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--format table is for a terminal: json or csv");
    return GO_ON;
}

/* Gives the query all rows of its rollup: only their keys are looked at, the others are not decoded. */
static enum verdict take_rows(struct summary_query *query, const struct latest *rows, struct reason *why)
{
    char prefix[ROLLUP_NAME_MAX + 16];
    size_t size =
        (size_t)snprintf(prefix, sizeof(prefix), "%s|%s|", query->rollup->name, window_kind_name(query->window));

    for (size_t index = 0; index < latest_seen(rows); index++) {
        const struct latest_row *row = latest_at(rows, index);
        const struct record record = {.key = row->key, .value = row->value};
        bool is_asked_for = row->key.size > size && memcmp(row->key.bytes, prefix, size) == 0;
        if (is_asked_for && row->is_spoilt)
            return reason_set(why, HALT, SUMMARY_UNREADABLE, 0, "rows of rollup %s cannot be read",
                              query->rollup->name);
        if (!is_asked_for || row->value.bytes == NULL)
            continue;
        enum verdict verdict = summary_query_take(query, &record, why);
        if (verdict != GO_ON)
            return verdict;
    }
    return GO_ON;
}

static void say_summaries(const struct report_answers *answers, const struct http_request *request,
                          struct http_answer *answer)
{
    struct command_option rows[SUMMARY_OPTIONS];
    struct summary_query query = {0};
    struct reason why = {0};
    char *bytes = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&bytes, &size);
    enum verdict verdict = file == NULL ? no_memory(&why, "for an answer") : read_fields(request, rows, &why);

    if (verdict == GO_ON)
        verdict = summary_query_open(&query, answers->config, rows, file, &why);
    query.is_array = true;
    if (verdict == GO_ON)
        verdict = take_rows(&query, figures_rows(answers->figures), &why);
    if (verdict == GO_ON)
        verdict = take_rows(&query, answers->others, &why);
    if (verdict == GO_ON)
        verdict = summary_query_print(&query, &why);
    if (file != NULL && fclose(file) != 0 && verdict == GO_ON)
        verdict = no_memory(&why, "for an answer");
    if (verdict == GO_ON) {
        answer->status = 200;
        answer->type = query.format == FORMAT_CSV ? CSV : JSON;
        fwrite(bytes, 1, size, answer->body);
    } else {
        answer->status = why.id == CONFIG_VALUE ? 400 : 500;
        fprintf(answer->body, "%s: %s\n", reason_name(why.id), why.text);
    }
    summary_query_close(&query);
    free(bytes);
}

void report_answers_give(void *context, const struct http_request *request, struct http_answer *answer)
{
    static const char figures[] = "/figures", embed[] = "/embed/";
    size_t size = sizeof(figures) - 1;

    if (strcmp(request->path, figures) == 0)
        say_figures(answer);
    else if (strncmp(request->path, figures, size) == 0 && request->path[size] == '/')
        say_figure(context, request->path + size + 1, answer);
    else if (strncmp(request->path, embed, sizeof(embed) - 1) == 0)
        say_embedded(context, request->path + sizeof(embed) - 1, answer);
    else if (strcmp(request->path, "/summaries") == 0)
        say_summaries(context, request, answer);
}
