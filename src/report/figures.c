/*
 * The document of 41 figures: keeps the latest version of what it is given, and writes everything anew when asked, so
 * that a restated row, a tombstone or an older version in any order cannot leave anything behind.
 */
#include "gentally/report/figures.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "cubes.h"
#include "document_header.h"
#include "document_notes.h"
#include "figure_csv.h"
#include "figure_json.h"
#include "gentally/base/bundled.h"
#include "gentally/codec/record_read.h"
#include "marks.h"
#include "releases.h"
#include "shown.h"
#include "specs.h"

static_assert(SPECS_COUNT == FIGURES_COUNT, "the table of figures is whole");
static_assert(REMARK_RULE_TEXT_MAX < FIGURE_RULE_TEXT_SIZE, "the text of a rule fits");

struct figures {
    struct figures_options options;
    struct latest *summaries, *ledger;
    struct summary_read *summary_read;
    struct ledger_read *ledger_read;
    struct remarks *remarks;
    struct document document;
    size_t header_size; /* of the document, up to its notes */
    char *csv;          /* of all figures, one behind the other */
    struct figures_place {
        size_t begin, end, csv_begin, csv_end;
    } places[FIGURES_COUNT];         /* of each of them, in the document and in `csv` */
    int64_t revisions[WINDOW_KINDS]; /* of the ledger's windows of the range, added up */
    bool has_failed;                 /* memory ran out in any part of the document that is being made */
};

enum verdict figures_open(struct figures **figures, const struct figures_options *options, struct reason *why)
{
    struct figures *opened = calloc(1, sizeof(*opened));

    assert(options->prefix != NULL);
    *figures = opened;
    if (opened == NULL)
        return no_memory(why, "for figures");
    opened->options = *options;
    opened->document.has_failed = &opened->has_failed;
    opened->summary_read = calloc(1, sizeof(*opened->summary_read));
    opened->ledger_read = calloc(1, sizeof(*opened->ledger_read));
    enum verdict verdict = GO_ON;
    if (opened->summary_read == NULL || opened->ledger_read == NULL)
        verdict = no_memory(why, "for figures");
    if (verdict == GO_ON)
        verdict = latest_open(&opened->summaries, why);
    if (verdict == GO_ON)
        verdict = latest_open(&opened->ledger, why);
    if (verdict == GO_ON)
        verdict = remarks_open(&opened->remarks, bundled_study_remarks_csv, opened->options.is_study, why);
    if (verdict != GO_ON) {
        figures_close(opened);
        *figures = NULL;
    }
    return verdict;
}

void figures_close(struct figures *figures)
{
    if (figures == NULL)
        return;
    latest_close(figures->summaries);
    latest_close(figures->ledger);
    remarks_close(figures->remarks);
    free(figures->summary_read);
    free(figures->ledger_read);
    free(figures->document.bytes);
    free(figures->csv);
    free(figures);
}

static enum verdict take_summary(struct figures *figures, const struct record *record, struct reason *why)
{
    const struct summary_read *read = figures->summary_read;
    const struct summary *summary = &read->summary;
    enum row_rollup rollup;

    if ((summary->window.kind != WINDOW_WEEK && summary->window.kind != WINDOW_MONTH) ||
        !row_rollup_find(summary->rollup, &rollup))
        return GO_ON;
    const struct latest_row row = {.key = record->key,
                                   .value = record->value,
                                   .generation = summary->generation,
                                   .revision = summary->revision,
                                   .pane = summary->pane,
                                   .start_ms = summary->window.start_ms};
    return latest_put(figures->summaries, &row, why);
}

static enum verdict take_ledger(struct figures *figures, const struct record *record, struct reason *why)
{
    const struct ledger *ledger = &figures->ledger_read->ledger;
    const struct latest_row row = {.key = record->key,
                                   .value = record->value,
                                   .generation = ledger->generation,
                                   .revision = ledger->revision,
                                   .pane = ledger->pane,
                                   .start_ms = ledger->window.start_ms,
                                   .written_ms = record->timestamp_ms};

    return latest_put(figures->ledger, &row, why);
}

/* SET_ASIDE, with the reason that is there already. */
static enum verdict spoil(struct latest *latest, const struct record *record, struct reason *why)
{
    struct reason other;

    if (latest_spoil(latest, record->key, &other) == GO_ON)
        return SET_ASIDE;
    return reason_set(why, HALT, NO_MEMORY, 0, "%s", other.text);
}

enum verdict figures_take(struct figures *figures, const struct record *record, struct reason *why)
{
    if (record->value.bytes == NULL) { /* the two kinds of keys are never alike: see summary.h */
        latest_drop(figures->summaries, record->key);
        latest_drop(figures->ledger, record->key);
        return GO_ON;
    }
    struct window window;
    struct reason because;
    if (ledger_record_read(record, figures->ledger_read, &window, &because) == GO_ON)
        return take_ledger(figures, record, why);
    bool is_ledger = because.id == LEDGER_UNREADABLE;
    if (!is_ledger && summary_record_read(record, figures->summary_read, &window, &because) == GO_ON)
        return take_summary(figures, record, why);
    if (why != NULL)
        *why = because;
    if (is_ledger || because.id == SUMMARY_UNREADABLE)
        return spoil(is_ledger ? figures->ledger : figures->summaries, record, why);
    return SET_ASIDE;
}

size_t figures_unreadable(const struct figures *figures)
{
    return latest_spoilt(figures->summaries) + latest_spoilt(figures->ledger);
}

static void add_rules(const struct dataset *dataset, struct figure *figure)
{
    for (const struct remark *remark = NULL;
         (remark = remarks_next(dataset->remarks, figure->id, REMARK_RULE, remark)) != NULL;) {
        struct figure_rule rule = {
            .is_x = remark->is_date, .is_date = remark->is_date, .date_ms = remark->date_ms, .at = remark->at};
        bool is_in_range =
            !rule.is_date || (dataset->first_week_ms != NO_TIME && rule.date_ms >= dataset->first_week_ms &&
                              rule.date_ms < dataset->last_week_ms + 7 * DAY_MS);
        memcpy(rule.text, remark->text.bytes, remark->text.size);
        if (is_in_range)
            figure_rule(figure, rule);
    }
}

static void add_notes(const struct dataset *dataset, enum remark_kind kind, struct figure *figure)
{
    for (const struct remark *remark = NULL;
         (remark = remarks_next(dataset->remarks, figure->id, kind, remark)) != NULL;)
        figure_note(figure, "%.*s", (int)remark->text.size, remark->text.bytes);
}

static const char *const periods[] = {[PERIOD_RANGE] = "all windows of the range",
                                      [PERIOD_CATEGORY] = "from the first window with classified requests on",
                                      [PERIOD_LAST_WEEK] = "the last window of the range"};

static void write_one(struct figures *figures, struct dataset *dataset, const struct signals *signals, uint32_t index,
                      FILE *csv)
{
    const struct figure_spec *spec = &specs[index];
    struct document *document = &figures->document;
    struct figures_place *place = &figures->places[index];
    struct figure figure = {.has_failed = document->has_failed,
                            .times = dataset->times,
                            .id = spec->id,
                            .section = spec->section,
                            .title = spec->title,
                            .about = spec->about};

    figure.definition = (struct figure_definition){.rollup = row_rollup_name(spec->rollup),
                                                   .window = window_kind_name(spec->window),
                                                   .period = periods[spec->period],
                                                   .revision = figures->revisions[spec->window],
                                                   .spec = spec};
    figure.chart.kind = spec->kind;
    figure.chart.stack = spec->stack;
    spec->make(spec, dataset, &figure);
    if (spec->measure != NULL)
        figure.chart.y_title = spec->measure;
    add_rules(dataset, &figure);
    if (figures->options.catalog != NULL && !figures->options.is_study)
        releases_add(spec, dataset, figures->options.catalog, &figure);
    if (signals != NULL)
        marks_add(spec, dataset, signals, &figure);
    add_notes(dataset, REMARK_NOTE, &figure);
    if (figure_row_count(&figure) > 0)
        add_notes(dataset, REMARK_NOTE_IF_DRAWN, &figure);
    else
        spec_explain_missing(spec, dataset, &figure);
    spec_note_gaps(spec, &figure);
    document_comma(document);
    document_raw(document, "\n");
    place->begin = document->size;
    figure_json_write(document, &figure, &dataset->names, dataset->remarks);
    place->end = document->size;
    place->csv_begin = (size_t)ftell(csv);
    figure_csv_write(csv, &figure);
    place->csv_end = (size_t)ftell(csv);
    figure_close(&figure);
}

/* The ledger's record that was written last, of the weeks and months that are shown; NULL: there is none. Of those that
 * were written at once it is the one of the last window, which is told after the others. */
static const struct latest_row *find_told(const struct figures *figures)
{
    const struct latest_row *last = NULL;
    struct window last_window = {0};

    for (size_t index = 0; index < latest_seen(figures->ledger); index++) {
        const struct latest_row *row = latest_at(figures->ledger, index);
        if (row->value.bytes == NULL || decode_ledger(row->value, figures->ledger_read, NULL) != GO_ON)
            continue;
        struct window window = figures->ledger_read->ledger.window;
        bool is_shown = (window.kind == WINDOW_WEEK || window.kind == WINDOW_MONTH) &&
                        !ledger_is_under_way(&figures->ledger_read->ledger) &&
                        window.start_ms >= figures->options.from_ms && window.start_ms < figures->options.to_ms;
        bool is_later = last == NULL || row->written_ms > last->written_ms ||
                        (row->written_ms == last->written_ms && window_compare(window, last_window) > 0);
        if (!is_shown || !is_later)
            continue;
        last = row;
        last_window = window;
    }
    return last;
}

/* Tells the windows of the range by the ledger: equal sums are of equal content, and more is newer. */
static void add_revisions(struct figures *figures)
{
    memset(figures->revisions, 0, sizeof(figures->revisions));
    for (size_t index = 0; index < latest_seen(figures->ledger); index++) {
        const struct latest_row *row = latest_at(figures->ledger, index);
        bool is_there = row->value.bytes != NULL && row->start_ms >= figures->options.from_ms &&
                        row->start_ms < figures->options.to_ms &&
                        decode_ledger(row->value, figures->ledger_read, NULL) == GO_ON;
        if (is_there) {
            int64_t *sum = &figures->revisions[figures->ledger_read->ledger.window.kind];
            *sum = sum_told(*sum, row->revision);
        }
    }
}

static void write_document(struct figures *figures, struct dataset *dataset, FILE *csv)
{
    struct document *document = &figures->document;
    struct signals *signals = marks_find(dataset);

    shown_find(dataset, figures->options.catalog);

    document->size = 0;
    add_revisions(figures);
    document_raw(document, "{");
    document_key(document, "format");
    document_integer(document, 1);
    document_header_write(document, FIGURES_PAGE_TITLE, dataset, figures->ledger, find_told(figures),
                          figures->ledger_read);
    figures->header_size = document->size;
    document_notes_write(document, dataset);
    document_key(document, "figures");
    document_raw(document, "[");
    for (uint32_t index = 0; index < FIGURES_COUNT; index++)
        write_one(figures, dataset, signals, index, csv);
    signals_close(signals);
    document_raw(document, "]");
    shown_write(document, dataset);
    document_raw(document, ",\n"); /* The cubes begin a line, by which the page finds them. */
    cubes_write(document, dataset);
    document_raw(document, "}\n");
}

/* NULL: no memory. */
static FILE *open_csv(struct figures *figures, size_t *size)
{
    free(figures->csv);
    figures->csv = NULL;
    return open_memstream(&figures->csv, size);
}

enum verdict figures_write(struct figures *figures, struct span *json, struct reason *why)
{
    struct dataset dataset = {.prefix = figures->options.prefix,
                              .from_ms = figures->options.from_ms,
                              .to_ms = figures->options.to_ms,
                              .examples = figures->options.examples,
                              .remarks = figures->remarks,
                              .is_study = figures->options.is_study,
                              .times = figures->options.times == 0 ? 1 : figures->options.times,
                              .has_failed = &figures->has_failed};

    figures->has_failed = false;
    enum verdict verdict = dataset_read(&dataset, figures->summaries, figures->summary_read, why);
    if (verdict == GO_ON) {
        size_t size = 0;
        FILE *csv = open_csv(figures, &size);
        if (csv != NULL) {
            write_document(figures, &dataset, csv);
            figures->has_failed |= fclose(csv) != 0;
        }
        if (csv == NULL || figures->has_failed)
            verdict = no_memory(why, "for the figures");
        *json = (struct span){figures->document.bytes, figures->document.size};
    }
    dataset_close(&dataset);
    return verdict;
}

struct span figures_one(const struct figures *figures, uint32_t index, enum figures_form form)
{
    const struct figures_place *place = &figures->places[index];

    assert(index < FIGURES_COUNT);
    if (figures->has_failed || figures->csv == NULL)
        return (struct span){NULL, 0};
    if (form == FIGURES_CSV)
        return (struct span){figures->csv + place->csv_begin, place->csv_end - place->csv_begin};
    return (struct span){figures->document.bytes + place->begin, place->end - place->begin};
}

enum verdict figures_alone(const struct figures *figures, uint32_t index, char **json, size_t *size, struct reason *why)
{
    struct span one = figures_one(figures, index, FIGURES_JSON);
    FILE *file = one.bytes == NULL ? NULL : open_memstream(json, size);

    if (file == NULL)
        return no_memory(why, "for a figure");
    fwrite(figures->document.bytes, 1, figures->header_size, file);
    fputs(",\"notes\":[],\"figures\":[", file);
    fwrite(one.bytes, 1, one.size, file);
    fputs("]}\n", file);
    return fclose(file) == 0 ? GO_ON : no_memory(why, "for a figure");
}

uint32_t figures_find(struct span id)
{
    uint32_t index = 0;

    while (index < FIGURES_COUNT && !span_equal(id, span_of(specs[index].id)))
        index++;
    return index;
}

const struct latest *figures_rows(const struct figures *figures)
{
    return figures->summaries;
}

bool figures_told(const struct figures *figures, struct figures_told *told)
{
    const struct latest_row *row = find_told(figures);
    const struct ledger *ledger = &figures->ledger_read->ledger;

    if (row == NULL || decode_ledger(row->value, figures->ledger_read, NULL) != GO_ON)
        return false;
    *told = (struct figures_told){.told_ms = row->written_ms, .partitions = (int32_t)ledger->partition_count};
    for (uint32_t i = 0; i < ledger->partition_count; i++) {
        const struct ledger_partition *part = &ledger->partitions[i];
        told->ends = sum_told(told->ends, part->end >= 0 ? part->end : part->next);
    }
    return true;
}

struct figures_title figures_title(uint32_t index)
{
    assert(index < FIGURES_COUNT);
    const struct figure_spec *spec = &specs[index];
    return (struct figures_title){spec->id, spec->section, spec->title, spec->about};
}
