/* The five rules of signals.h. Each walks its rows once, in order of subject. */
#include "signal_rules.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/base/statistics.h"
#include "gentally/core/event.h"

#define MILLION 1000000
#define WEEK_MS (7 * DAY_MS)
#define FOUNDATIONAL_AGE 5
#define BOOMERANG_AGE_MIN 2
#define ROUNDING 1e-12 /* how far quotients of exact sums may be off */

void signal_rules_write(struct found *found)
{
    const struct signal_rules *rules = found->rules;
    size_t size = sizeof(found->texts[0]);

    snprintf(found->texts[SIGNAL_FIRST_WEEK], size, "requests in the week, and none in any earlier published week");
    snprintf(found->texts[SIGNAL_UNKNOWN_MODEL], size,
             "not in the catalog, with >= %.10g %% of the week's tokens and >= %lld requests",
             (double)rules->unknown_share * 100 / MILLION, (long long)rules->unknown_requests);
    snprintf(found->texts[SIGNAL_CATEGORY_JUMP], size,
             "share of mapped tokens >= %.10g points off the week before, and the 95 %% intervals apart",
             (double)rules->jump_share * 100 / MILLION);
    snprintf(found->texts[SIGNAL_FOUNDATIONAL_COHORT], size,
             ">= %lld accounts, <= %lld months after the first cohort, active in month %d >= %lld %% of the median of "
             "the model's other cohorts",
             (long long)rules->cohort_accounts, (long long)rules->launch_months, FOUNDATIONAL_AGE,
             (long long)rules->foundational_percent);
    snprintf(found->texts[SIGNAL_BOOMERANG], size,
             ">= %lld accounts, active >= %.10g points above the month before, in month %d or later",
             (long long)rules->cohort_accounts, (double)rules->boomerang_rise * 100 / MILLION, BOOMERANG_AGE_MIN);
}

/* ---- writing down what was found ---- */

/* A signal of `kind`, to be filled; NULL if there is no memory. */
static struct signal *find(struct found *found, enum signal_kind kind, struct span subject, struct window window)
{
    struct signal *items = grow(found->items, &found->room, found->count + 1, sizeof(*items));

    if (items == NULL) {
        found->is_broken = true;
        return NULL;
    }
    found->items = items;
    struct signal *made = &found->items[found->count++];
    *made = (struct signal){.kind = kind, .subject = subject, .window = window, .rule = span_of(found->texts[kind])};
    return made;
}

static void tell(struct signal *made, const char *name, int64_t value)
{
    assert(made->number_count < SIGNAL_NUMBERS_MAX);
    made->numbers[made->number_count++] = (struct signal_number){.name = span_of(name), .integer = value};
}

static void tell_real(struct signal *made, const char *name, double value)
{
    assert(made->number_count < SIGNAL_NUMBERS_MAX);
    made->numbers[made->number_count++] = (struct signal_number){.name = span_of(name), .is_real = true, .real = value};
}

static double quotient(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static const struct week *find_week(const struct subject_weeks *all, int64_t start_ms)
{
    size_t first = 0, end = all->week_count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (all->weeks[middle].start_ms < start_ms)
            first = middle + 1;
        else
            end = middle;
    }
    return first < all->week_count && all->weeks[first].start_ms == start_ms ? &all->weeks[first] : NULL;
}

/* ---- models ---- */

/* Whether part / whole >= `millionths`, without rounding: whole = q * 10^6 + r. */
static bool is_share(int64_t part, int64_t whole, int64_t millionths)
{
    int64_t least = whole / MILLION * millionths + (whole % MILLION * millionths + MILLION - 1) / MILLION;

    return whole > 0 && part >= least;
}

static void tell_traffic(struct signal *made, const struct subject_week *item, const struct week *week)
{
    tell_real(made, "share", quotient((double)item->tokens, (double)week->tokens));
    tell(made, "requests", item->requests);
    tell(made, "tokens", item->tokens);
    if (item->accounts_low >= 0) {
        tell(made, "accounts_low", item->accounts_low);
        tell(made, "accounts_high", item->accounts_high);
    }
    tell(made, "week_tokens", week->tokens);
    made->tables_version = item->tables_version;
}

void signal_rules_of_models(struct found *found, const struct subject_weeks *models)
{
    const struct signal_rules *rules = found->rules;
    struct span known = {NULL, 0}; /* the last model whose first week was looked at */

    for (size_t index = 0; index < models->count; index++) {
        const struct subject_week *item = &models->items[index];
        const struct week *week = find_week(models, item->start_ms);
        struct window window = {WINDOW_WEEK, item->start_ms};
        struct signal *made = NULL;

        assert(week != NULL);
        if (dimension_is_other(item->subject)) /* Many models, and known for none. */
            continue;
        if ((item->requests > 0 || item->is_hidden) && (known.bytes == NULL || !span_equal(known, item->subject))) {
            known = item->subject;
            if (week != models->weeks && !item->is_hidden)
                made = find(found, SIGNAL_FIRST_WEEK, item->subject, window);
            if (made != NULL)
                tell_traffic(made, item, week);
        }
        if (item->is_known || item->requests < rules->unknown_requests ||
            !is_share(item->tokens, week->tokens, rules->unknown_share))
            continue;
        made = find(found, SIGNAL_UNKNOWN_MODEL, item->subject, window);
        if (made != NULL)
            tell_traffic(made, item, week);
    }
}

/* ---- categories ---- */

/* A share, and where it lies with 95 % certainty. */
struct estimate {
    double share, n_effective;
    struct interval interval;
};

static struct estimate estimate_of(const struct subject_week *item, const struct week *week)
{
    struct estimate estimate = {.share = item == NULL ? 0 : quotient((double)item->tokens, (double)week->tokens),
                                .n_effective = statistics_effective_n((double)week->tokens, week->tokens_squared)};

    estimate.interval = statistics_share_interval(estimate.share, estimate.n_effective);
    return estimate;
}

/* Looks at one category in one week, and in the week before; in either it may have no row, which is a share of 0. */
static void compare(struct found *found, const struct subject_weeks *all, const struct subject_week *before,
                    const struct subject_week *after, int64_t start_ms)
{
    const struct week *week = find_week(all, start_ms), *week_before = find_week(all, start_ms - WEEK_MS);

    if (week == NULL || week_before == NULL || week->tokens <= 0 || week_before->tokens <= 0)
        return;
    struct estimate now = estimate_of(after, week), then = estimate_of(before, week_before);
    double change = now.share - then.share;
    bool is_apart = now.interval.low > then.interval.high || now.interval.high < then.interval.low;
    if (!is_apart || fabs(change) < (double)found->rules->jump_share / MILLION - ROUNDING)
        return;
    struct signal *made = find(found, SIGNAL_CATEGORY_JUMP, (after != NULL ? after : before)->subject,
                               (struct window){WINDOW_WEEK, start_ms});
    if (made == NULL)
        return;
    tell_real(made, "change", change);
    tell_real(made, "share_before", then.share);
    tell_real(made, "share", now.share);
    tell_real(made, "low", now.interval.low);
    tell_real(made, "high", now.interval.high);
    tell_real(made, "n_effective", now.n_effective);
    tell_real(made, "low_before", then.interval.low);
    tell_real(made, "high_before", then.interval.high);
    tell_real(made, "n_effective_before", then.n_effective);
    tell(made, "tokens", after == NULL ? 0 : after->tokens);
    tell(made, "week_tokens", week->tokens);
    made->tables_version = after != NULL ? after->tables_version : before->tables_version;
}

void signal_rules_of_categories(struct found *found, const struct subject_weeks *categories)
{
    for (size_t index = 0; index < categories->count; index++) {
        const struct subject_week *item = &categories->items[index];
        const struct subject_week *before = index == 0 ? NULL : item - 1, *after = item + 1;
        bool is_none = span_equal(item->subject, span_of("other")) || dimension_is_other(item->subject);

        if (is_none)
            continue;
        if (before != NULL &&
            (!span_equal(before->subject, item->subject) || before->start_ms != item->start_ms - WEEK_MS))
            before = NULL;
        compare(found, categories, before, item, item->start_ms);
        bool goes_on = index + 1 < categories->count && span_equal(after->subject, item->subject) &&
                       after->start_ms == item->start_ms + WEEK_MS;
        if (!goes_on)
            compare(found, categories, item, NULL, item->start_ms + WEEK_MS);
    }
}

/* ---- cohorts ---- */

int64_t signal_month(int64_t start_ms)
{
    int64_t year;
    unsigned month, day;

    date_of_days(window_of(WINDOW_DAY, start_ms).start_ms / DAY_MS, &year, &month, &day);
    return 12 * year + month - 1;
}

/* A cohort: rows [first, end), the first of which is of age 0. */
struct cohort {
    const struct signal_row *first, *end;
    int64_t month, accounts;
    const struct signal_row *marked; /* the row of FOUNDATIONAL_AGE; NULL: nobody was active */
    bool is_hidden;                  /* that row is suppressed */
};

static void watch_returns(struct found *found, const struct cohort *cohort)
{
    const struct signal_rules *rules = found->rules;

    if (cohort->accounts < rules->cohort_accounts)
        return;
    for (const struct signal_row *row = cohort->first + 1; row < cohort->end; row++) {
        int64_t before = row[-1].age == row->age - 1 ? row[-1].accounts : 0;
        int64_t rise = row->accounts - before;
        if (row->accounts < 0 || before < 0 || row->age < BOOMERANG_AGE_MIN || rise <= 0 ||
            !is_share(rise, cohort->accounts, rules->boomerang_rise))
            continue;
        struct signal *made = find(found, SIGNAL_BOOMERANG, row->subject, (struct window){WINDOW_MONTH, row->start_ms});
        if (made == NULL)
            return;
        made->cohort = row->cohort;
        made->tables_version = row->tables_version;
        tell_real(made, "rise", quotient((double)rise, (double)cohort->accounts));
        tell_real(made, "retention_before", quotient((double)before, (double)cohort->accounts));
        tell_real(made, "retention", quotient((double)row->accounts, (double)cohort->accounts));
        tell(made, "age", row->age);
        tell(made, "accounts", cohort->accounts);
        tell(made, "active_before", before);
        tell(made, "active", row->accounts);
    }
}

static double marked_share(const struct cohort *cohort)
{
    return cohort->marked == NULL ? 0 : quotient((double)cohort->marked->accounts, (double)cohort->accounts);
}

static int compare_reals(const void *left, const void *right)
{
    double first = *(const double *)left, second = *(const double *)right;

    return (first > second) - (first < second);
}

/* Of all cohorts that can be compared but `left_out`. `shares` is room for them. Returns their number. */
static size_t median_of_others(const struct cohort cohorts[], size_t count, const struct cohort *left_out,
                               double shares[], double *median)
{
    size_t used = 0;

    for (size_t index = 0; index < count; index++)
        if (&cohorts[index] != left_out)
            shares[used++] = marked_share(&cohorts[index]);
    if (used == 0)
        return 0;
    qsort(shares, used, sizeof(*shares), compare_reals);
    *median = used % 2 == 1 ? shares[used / 2] : (shares[used / 2 - 1] + shares[used / 2]) / 2;
    return used;
}

/* `cohorts`: those of one model that are large and old enough. */
static void watch_foundations(struct found *found, const struct cohort cohorts[], size_t count, int64_t first_month,
                              double shares[])
{
    const struct signal_rules *rules = found->rules;

    for (size_t index = 0; index < count; index++) {
        const struct cohort *cohort = &cohorts[index];
        double median = 0, share = marked_share(cohort);
        double ratio = (double)rules->foundational_percent / 100;
        if (cohort->marked == NULL || cohort->month - first_month > rules->launch_months)
            continue;
        size_t others = median_of_others(cohorts, count, cohort, shares, &median);
        if (others == 0 || share <= 0 || share < ratio * median - ROUNDING)
            continue;
        const struct signal_row *row = cohort->marked;
        struct signal *made =
            find(found, SIGNAL_FOUNDATIONAL_COHORT, row->subject, (struct window){WINDOW_MONTH, row->start_ms});
        if (made == NULL)
            return;
        made->cohort = row->cohort;
        made->tables_version = row->tables_version;
        tell_real(made, "retention", share);
        tell_real(made, "median_of_others", median);
        tell(made, "cohorts_compared", (int64_t)others);
        tell(made, "accounts", cohort->accounts);
        tell(made, "active", row->accounts);
        tell(made, "months_after_first", cohort->month - first_month);
    }
}

/* The cohort that begins at row `first`: `*end` is behind it. False if the month of its first use is not there. */
static bool read_cohort(const struct cohort_rows *rows, size_t first, size_t *end, struct cohort *cohort)
{
    const struct signal_row *row = &rows->items[first];

    *cohort = (struct cohort){.first = row, .month = signal_month(row->start_ms) - row->age};
    for (*end = first; *end < rows->count; ++*end) {
        const struct signal_row *next = &rows->items[*end];
        if (!span_equal(next->subject, row->subject) || !span_equal(next->cohort, row->cohort))
            break;
        if (next->age == FOUNDATIONAL_AGE && next->accounts > 0)
            cohort->marked = next;
        cohort->is_hidden = cohort->is_hidden || (next->age == FOUNDATIONAL_AGE && next->accounts < 0);
    }
    cohort->end = &rows->items[*end];
    cohort->accounts = row->age == 0 ? row->accounts : 0;
    return cohort->accounts != 0; /* fewer than none: suppressed, but there */
}

void signal_rules_of_cohorts(struct found *found, const struct cohort_rows *rows)
{
    struct cohort *cohorts = calloc(rows->count + 1, sizeof(*cohorts));
    double *shares = calloc(rows->count + 1, sizeof(*shares));
    size_t count = 0, end = 0;
    int64_t first_month = INT64_MAX;

    if (cohorts == NULL || shares == NULL)
        found->is_broken = true;
    for (size_t index = 0; index < rows->count && !found->is_broken; index = end) {
        struct cohort *cohort = &cohorts[count];
        if (index > 0 && !span_equal(rows->items[index - 1].subject, rows->items[index].subject)) {
            watch_foundations(found, cohorts, count, first_month, shares);
            cohorts[0] = (struct cohort){0};
            cohort = cohorts;
            count = 0;
            first_month = INT64_MAX;
        }
        if (!read_cohort(rows, index, &end, cohort))
            continue;
        watch_returns(found, cohort);
        first_month = cohort->month < first_month ? cohort->month : first_month;
        if (!cohort->is_hidden && cohort->accounts >= found->rules->cohort_accounts &&
            cohort->month + FOUNDATIONAL_AGE <= rows->latest_month)
            count++;
    }
    if (!found->is_broken)
        watch_foundations(found, cohorts, count, first_month, shares);
    free(cohorts);
    free(shares);
}
