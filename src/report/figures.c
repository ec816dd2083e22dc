/*
 * The document of 41 figures: keeps the latest version of what it is given, and writes everything anew when asked, so
 * that a restated row, a tombstone or an older version in any order cannot leave anything behind.
 */
#include "gentally/report/figures.h"

#include <assert.h>
#include <stdlib.h>

#include "figure_parts.h"
#include "gentally/codec/avro_read.h"

struct figures {
    struct figures_options options;
    struct latest *summaries, *ledger;
    struct summary_read *summary_read;
    struct ledger_read *ledger_read;
    struct figure_writer writer;
};

enum verdict figures_open(struct figures **figures, const struct figures_options *options, struct reason *why)
{
    struct figures *opened = calloc(1, sizeof(*opened));

    assert(options->prefix != NULL);
    *figures = opened;
    if (opened == NULL)
        return no_memory(why, "for figures");
    opened->options = *options;
    opened->summary_read = calloc(1, sizeof(*opened->summary_read));
    opened->ledger_read = calloc(1, sizeof(*opened->ledger_read));
    enum verdict verdict = GO_ON;
    if (opened->summary_read == NULL || opened->ledger_read == NULL)
        verdict = no_memory(why, "for figures");
    if (verdict == GO_ON)
        verdict = latest_open(&opened->summaries, why);
    if (verdict == GO_ON)
        verdict = latest_open(&opened->ledger, why);
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
    free(figures->summary_read);
    free(figures->ledger_read);
    free(figures->writer.bytes);
    free(figures);
}

static enum verdict take_summary(struct figures *figures, const struct record *record, struct reason *why)
{
    const struct summary_read *read = figures->summary_read;
    const struct summary *summary = &read->summary;
    enum figure_rollup rollup;

    if ((summary->window.kind != WINDOW_WEEK && summary->window.kind != WINDOW_MONTH) ||
        !figure_rollup_find(summary->rollup, &rollup))
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
                                   .start_ms = ledger->window.start_ms};

    return latest_put(figures->ledger, &row, why);
}

enum verdict figures_take(struct figures *figures, const struct record *record, struct reason *why)
{
    if (record->value.bytes == NULL) { /* the two kinds of keys are never alike: see summary.h */
        latest_drop(figures->summaries, record->key);
        latest_drop(figures->ledger, record->key);
        return GO_ON;
    }
    enum verdict verdict = decode_summary(record->value, figures->summary_read, why);
    if (verdict == GO_ON)
        return take_summary(figures, record, why);
    if (decode_ledger(record->value, figures->ledger_read, NULL) == GO_ON)
        return take_ledger(figures, record, why);
    return verdict;
}

static void write_one(struct figure_writer *writer, struct figure_data *data, const struct figure_spec *spec)
{
    struct figure figure = {.id = spec->id, .section = spec->section, .title = spec->title, .about = spec->about};

    figure.chart.kind = spec->kind;
    figure.chart.stack = spec->stack;
    spec->make(spec, data, &figure);
    for (const struct figure_rule *rule = spec->rules; rule != NULL && rule->text[0] != '\0'; rule++) {
        bool is_in = !rule->is_date || (data->first_week_ms != FIGURE_NO_TIME && rule->date_ms >= data->first_week_ms &&
                                        rule->date_ms < data->last_week_ms + 7 * DAY_MS);
        if (is_in)
            figure_rule(&figure, *rule);
    }
    for (size_t at = 0; at < LENGTH_OF(spec->notes) && spec->notes[at] != NULL; at++)
        figure_note(&figure, "%s", spec->notes[at]);
    figure_gaps(spec, &figure);
    if (figure_row_count(&figure) == 0)
        figure_nothing(spec, data, &figure);
    write_figure(writer, data, &figure);
    writer->has_failed |= figure.has_failed;
    figure_close(&figure);
}

static void write_document(struct figures *figures, struct figure_data *data)
{
    struct figure_writer *writer = &figures->writer;

    writer->size = 0;
    writer->has_failed = false;
    write_raw(writer, "{");
    write_key(writer, "format");
    write_integer(writer, 1);
    write_header(writer, data, figures->ledger, figures->ledger_read);
    write_notes(writer, data);
    write_key(writer, "figures");
    write_raw(writer, "[");
    for (uint32_t index = 0; index < FIGURES_COUNT; index++)
        write_one(writer, data, &figure_specs[index]);
    write_raw(writer, "]}\n");
    writer->has_failed |= data->has_failed || data->names.has_failed;
}

enum verdict figures_write(struct figures *figures, struct span *json, struct reason *why)
{
    struct figure_data data;
    enum verdict verdict = figure_data_open(&data, &figures->options, figures->summaries, figures->summary_read, why);

    if (verdict == GO_ON) {
        write_document(figures, &data);
        if (figures->writer.has_failed)
            verdict = no_memory(why, "for the figures");
        *json = (struct span){figures->writer.bytes, figures->writer.size};
    }
    figure_data_close(&data);
    return verdict;
}
