/* The rules are those of the room inspect, on the rows that figures are made of. */
#include "marks.h"

#include <math.h>
#include <stdio.h>

#include "shown.h"

static const struct {
    enum row_rollup rollup;
    enum window_kind window;
    enum signal_rollup from;
} sources[] = {
    {ROWS_MODEL, WINDOW_WEEK, SIGNAL_FROM_MODEL},
    {ROWS_CATEGORY, WINDOW_WEEK, SIGNAL_FROM_CATEGORY},
    {ROWS_RETENTION, WINDOW_MONTH, SIGNAL_FROM_RETENTION},
};

static struct span text_of(const struct dataset *dataset, const struct summary_row *row, enum column column)
{
    return names_text(&dataset->names, row->columns[column]);
}

static void read_row(const struct dataset *dataset, enum signal_rollup from, const struct summary_row *row,
                     struct signal_row *signal)
{
    *signal = (struct signal_row){
        .rollup = from,
        .start_ms = row->start_ms,
        .is_closed = row->pane != PANE_EARLY,
        .is_known = row->columns[COLUMN_SOURCE] != dataset->unknown,
        .is_hidden = row->is_suppressed,
        .generation = row->generation,
        .revision = row->revision,
        .requests = row->sums[M_REQUESTS] / dataset->times, /* thresholds are of what was counted */
        .accounts = row->accounts,
        .tables_version = names_text(&dataset->names, row->tables_version),
    };
    if (from == SIGNAL_FROM_MODEL) {
        signal->subject = names_text(&dataset->names, row_family(row));
        signal->tokens = row_tokens(row->sums) / dataset->times;
    } else if (from == SIGNAL_FROM_CATEGORY) {
        signal->subject = text_of(dataset, row, COLUMN_CATEGORY);
        signal->tokens = row->sums[M_SPLIT_TOKENS] / dataset->times;
        signal->tokens_squared = row->sums[M_TOKENS_SQUARED];
    } else {
        struct span age = text_of(dataset, row, COLUMN_AGE);
        signal->subject = text_of(dataset, row, COLUMN_MODEL);
        signal->cohort = text_of(dataset, row, COLUMN_COHORT);
        for (size_t index = 0; index < age.size; index++)
            signal->age = 10 * signal->age + (age.bytes[index] - '0');
    }
}

/* Each row under a key of its own: the dataset has the latest version of each alone. */
static enum verdict put_all(struct signals *signals, const struct dataset *dataset, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (size_t at = 0; at < LENGTH_OF(sources); at++) {
        struct row_range range = dataset_rows(dataset, sources[at].rollup, sources[at].window);
        for (size_t index = 0; index < range.count && verdict == GO_ON; index++) {
            struct signal_row row;
            const struct summary_row *from = &range.rows[index];
            read_row(dataset, sources[at].from, from, &row);
            verdict = signals_put(signals, (struct span){(const char *)&from, sizeof(from)}, &row, why);
        }
    }
    return verdict;
}

struct signals *marks_find(struct dataset *dataset)
{
    const struct signal_rules rules = signal_rules_default();
    struct signals *signals = NULL;
    struct reason why;

    if (signals_open(&signals, &rules, &why) == GO_ON && put_all(signals, dataset, &why) == GO_ON &&
        signals_evaluate(signals, &why) == GO_ON)
        return signals;
    signals_close(signals);
    *dataset->has_failed = true;
    return NULL;
}

/* A number of a signal; 0 if it has none of that name. */
static double number_of(const struct signal *signal, const char *name)
{
    for (uint32_t at = 0; at < signal->number_count; at++) {
        const struct signal_number *number = &signal->numbers[at];
        if (span_equal(number->name, span_of(name)))
            return number->is_real ? number->real : (double)number->integer;
    }
    return 0;
}

static bool is_drawn(const struct dataset *dataset, const struct figure *figure, struct span series)
{
    for (uint32_t at = 0; at < figure->order_count; at++)
        if (span_equal(names_text(&dataset->names, figure->order[at]), series))
            return true;
    return false;
}

static void add_line(const struct dataset *dataset, struct figure *figure, const struct signal *signal)
{
    struct figure_rule rule = {.is_x = true, .is_date = true, .date_ms = signal->window.start_ms};
    struct span name = shown_name(dataset, signal->subject);

    if (signal->kind == SIGNAL_CATEGORY_JUMP)
        snprintf(rule.text, sizeof(rule.text), "%.*s %+.0f points", (int)(name.size < 20 ? name.size : 20), name.bytes,
                 100 * number_of(signal, "change"));
    else
        snprintf(rule.text, sizeof(rule.text), "first %.*s", (int)(name.size < 30 ? name.size : 30), name.bytes);
    figure_rule(figure, rule);
}

/* Shares that rise and shares that fall in a week are one jump: that of the widest. */
static bool is_widest(const struct signals *signals, const struct signal *signal)
{
    for (size_t index = 0; index < signals_count(signals); index++) {
        const struct signal *other = signals_at(signals, index);
        if (other->kind == SIGNAL_CATEGORY_JUMP && other->window.start_ms == signal->window.start_ms &&
            fabs(number_of(other, "change")) > fabs(number_of(signal, "change")))
            return false;
    }
    return true;
}

/* The signals of a kind about series that are drawn, the weightiest first. */
static void add_lines(const struct dataset *dataset, const struct signals *signals, enum signal_kind kind,
                      const char *weight, struct figure *figure)
{
    const struct signal *chosen[MARKS_MAX] = {NULL};

    for (size_t index = 0; index < signals_count(signals); index++) {
        const struct signal *signal = signals_at(signals, index);
        if (signal->kind != kind || !is_drawn(dataset, figure, signal->subject) ||
            (kind == SIGNAL_CATEGORY_JUMP && !is_widest(signals, signal)))
            continue;
        for (int at = 0; at < MARKS_MAX && signal != NULL; at++) {
            if (chosen[at] != NULL && fabs(number_of(chosen[at], weight)) >= fabs(number_of(signal, weight)))
                continue;
            const struct signal *lighter = chosen[at];
            chosen[at] = signal;
            signal = lighter;
        }
    }
    for (int at = 0; at < MARKS_MAX && chosen[at] != NULL; at++)
        add_line(dataset, figure, chosen[at]);
}

static void add_cohorts(const struct signals *signals, struct figure *figure)
{
    for (size_t index = 0; index < signals_count(signals); index++) {
        const struct signal *signal = signals_at(signals, index);
        bool is_of_all = span_equal(signal->cohort, span_of(figure->chart.censored)); /* no cohort of first use */
        if (!is_of_all && (signal->kind == SIGNAL_FOUNDATIONAL_COHORT || signal->kind == SIGNAL_BOOMERANG))
            figure_outstanding(figure, signal->subject, signal->cohort, signal_kind_name(signal->kind));
    }
}

void marks_add(const struct figure_spec *spec, struct dataset *dataset, const struct signals *signals,
               struct figure *figure)
{
    if (spec->rollup == ROWS_RETENTION)
        add_cohorts(signals, figure);
    /* In a part of the range nobody knows what was before it. */
    if (spec->marks == MARKS_FIRST_WEEKS && !dataset->is_study && dataset->from_ms == INT64_MIN)
        add_lines(dataset, signals, SIGNAL_FIRST_WEEK, "tokens", figure);
    if (spec->marks == MARKS_JUMPS)
        add_lines(dataset, signals, SIGNAL_CATEGORY_JUMP, "change", figure);
}
