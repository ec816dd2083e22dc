/* Remarks as rows of a table in memory; texts borrow from the CSV, which is kept. */
#include "remarks.h"

#include <math.h>
#include <stdlib.h>

#include "gentally/base/calendar.h"
#include "gentally/base/csv.h"

struct remarks {
    struct csv csv; /* keeps the text the spans below borrow from */
    size_t count;
    struct remark *items;
};

enum remark_column { FIGURE, KIND, AT, EDITION, TEXT, COLUMNS };
static const char *const column_names[COLUMNS] = {
    [FIGURE] = "figure", [KIND] = "kind", [AT] = "at", [EDITION] = "edition", [TEXT] = "text",
};

static bool kind_find(struct span name, enum remark_kind *kind)
{
    static const char *const names[REMARK_KINDS] = {
        [REMARK_RULE] = "rule",
        [REMARK_NOTE] = "note",
        [REMARK_NOTE_IF_DRAWN] = "note_if_drawn",
        [REMARK_NOTE_ON_LINE] = "note_on_line",
        [REMARK_MODEL] = "model",
        [REMARK_PUBLISHED] = "published",
    };

    for (*kind = 0; *kind < REMARK_KINDS; ++*kind)
        if (span_equal(name, span_of(names[*kind])))
            return true;
    return false;
}

/* Where a rule is: a date, or a number. */
static bool read_at(struct span at, struct remark *remark)
{
    char text[32], *end;

    remark->is_date = time_parse(at, &remark->date_ms);
    if (remark->is_date)
        return true;
    if (at.size == 0 || at.size >= sizeof(text))
        return false;
    memcpy(text, at.bytes, at.size);
    text[at.size] = '\0';
    remark->at = strtod(text, &end);
    return *end == '\0' && isfinite(remark->at);
}

static enum verdict read_row(const struct csv *csv, const int columns[COLUMNS], struct remark *remark,
                             struct reason *why)
{
    struct span kind = csv->fields[columns[KIND]], at = csv->fields[columns[AT]];
    struct span edition = csv->fields[columns[EDITION]];

    *remark = (struct remark){.figure = csv->fields[columns[FIGURE]], .text = csv->fields[columns[TEXT]]};
    if (!kind_find(kind, &remark->kind))
        return csv_refuse(csv, csv->line, why, "kind \"%.*s\" is not known", (int)kind.size, kind.bytes);
    if (remark->text.size == 0)
        return csv_refuse(csv, csv->line, why, "has no text");
    if (edition.size > 0 && !span_equal(edition, span_of("study")))
        return csv_refuse(csv, csv->line, why, "edition \"%.*s\" is neither study nor empty", (int)edition.size,
                          edition.bytes);
    if (remark->kind != REMARK_RULE && remark->kind != REMARK_PUBLISHED)
        return at.size == 0 ? GO_ON : csv_refuse(csv, csv->line, why, "only a rule is at a place");
    if (!read_at(at, remark))
        return csv_refuse(csv, csv->line, why, "\"%.*s\" is neither a date nor a number", (int)at.size, at.bytes);
    if (remark->kind == REMARK_PUBLISHED)
        return !remark->is_date && memchr(remark->text.bytes, ' ', remark->text.size) != NULL
                   ? GO_ON
                   : csv_refuse(csv, csv->line, why, "what is published is a number, of a column and a row");
    if (remark->text.size > REMARK_RULE_TEXT_MAX)
        return csv_refuse(csv, csv->line, why, "the text of a rule has more than %d bytes", REMARK_RULE_TEXT_MAX);
    return GO_ON;
}

static enum verdict read_rows(struct remarks *remarks, bool has_study, struct reason *why)
{
    struct csv *csv = &remarks->csv;
    int columns[COLUMNS];
    bool is_end = false;
    enum verdict verdict = csv_columns(csv, column_names, columns, COLUMNS, why);

    while (verdict == GO_ON) {
        verdict = csv_next(csv, &is_end, why);
        if (verdict != GO_ON || is_end)
            break;
        verdict = read_row(csv, columns, &remarks->items[remarks->count], why);
        remarks->count += has_study || csv->fields[columns[EDITION]].size == 0;
    }
    return verdict;
}

enum verdict remarks_open(struct remarks **remarks, struct span table, bool has_study, struct reason *why)
{
    struct remarks *opened = calloc(1, sizeof(*opened));

    *remarks = NULL;
    if (opened == NULL)
        return no_memory(why, "for remarks");
    enum verdict verdict = csv_open(&opened->csv, NULL, table, why);
    if (verdict == GO_ON) {
        opened->items = calloc(csv_rows_max(&opened->csv), sizeof(*opened->items));
        verdict = opened->items == NULL ? no_memory(why, "for remarks") : read_rows(opened, has_study, why);
    }
    if (verdict == GO_ON)
        *remarks = opened;
    else
        remarks_close(opened);
    return verdict;
}

void remarks_close(struct remarks *remarks)
{
    if (remarks == NULL)
        return;
    csv_close(&remarks->csv);
    free(remarks->items);
    free(remarks);
}

const struct remark *remarks_next(const struct remarks *remarks, const char *figure, enum remark_kind kind,
                                  const struct remark *last)
{
    const struct remark *end = remarks->items + remarks->count;

    for (const struct remark *remark = last == NULL ? remarks->items : last + 1; remark < end; remark++)
        if (remark->kind == kind && span_equal(remark->figure, span_of(figure)))
            return remark;
    return NULL;
}

const struct remark *remarks_all(const struct remarks *remarks, size_t *count)
{
    *count = remarks->count;
    return remarks->items;
}
