/*
 * The rooms behind `summaries`, `top` and `catalog`: latest versions, sums by name, text for people and for programs.
 */
#include <locale.h>
#include <math.h>

#include "gentally/base/json.h"
#include "gentally/codec/summary_json.h"
#include "gentally/inspect/latest.h"
#include "gentally/inspect/pivot.h"
#include "gentally/inspect/summary_text.h"
#include "gentally/inspect/totals.h"
#include "suite.h"
#include "table.h"

static bool is_text(const char *bytes, size_t size, const char *want)
{
    bool is_same = span_equal((struct span){bytes, size}, span_of(want));

    if (!is_same)
        printf("got:  %.*s\nwant: %s\n", (int)size, bytes, want);
    return is_same;
}

static void json_escapes_what_it_must(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", "\"\""},
        {"plain/x:y", "\"plain/x:y\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x1f", "\"\\u0001\\u001f\""},
        {"\x7f\xc3\xa9", "\"\\u007f\xc3\xa9\""},
        {"\xc2\x80\xc2\x9b\xc2\xa0", "\"\\u0080\\u009b\xc2\xa0\""}, /* C1, and what is none */
    };
    char text[64];

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        char *end = json_put_text(text, span_of(rows[index].text));
        CU_ASSERT_TRUE(is_text(text, (size_t)(end - text), rows[index].want));
    }
}

static void json_integers_reach_both_ends(void)
{
    static const int64_t rows[] = {0, 1, -1, 9, 10, -10, 1759708800000, INT64_MAX, INT64_MIN};
    char text[JSON_INTEGER_MAX], want[32];

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        char *end = json_put_integer(text, rows[index]);
        snprintf(want, sizeof(want), "%" PRId64, rows[index]);
        CU_ASSERT_TRUE(is_text(text, (size_t)(end - text), want));
    }
}

static void json_reals_are_the_shortest_that_come_back(void)
{
    static const struct {
        double value;
        const char *want;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {0.1, "0.1"},
        {-2.5, "-2.5"},
        {1.0 / 3, "0.3333333333333333"},
        {2e-9, "2e-09"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e15, "1e+15"},
        {123456789, "123456789"},
        {9007199254740993.0, "9007199254740992"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {5e-324, "4.94065645841247e-324"},
        {(double)NAN, "null"},
        {(double)INFINITY, "null"},
        {-(double)INFINITY, "null"},
    };
    char text[JSON_REAL_MAX + 1];

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        char *end = json_put_real(text, rows[index].value);
        CU_ASSERT_TRUE(is_text(text, (size_t)(end - text), rows[index].want));
    }
}

/* Bits drawn at random come back as they were; in a locale with a comma, too, if the machine has one. */
static void json_reals_come_back_bit_for_bit(void)
{
    uint64_t random = suite_seed();
    char text[JSON_REAL_MAX + 1];
    size_t wrong = 0;

    for (int turn = 0; turn < 20000; turn++) {
        uint64_t bits = suite_random(&random);
        double value, back;
        memcpy(&value, &bits, sizeof(value));
        bool is_comma = turn % 2 == 1 && setlocale(LC_NUMERIC, "de_DE.UTF-8") != NULL;
        char *end = json_put_real(text, value);
        if (is_comma)
            setlocale(LC_NUMERIC, "C");
        *end = '\0';
        back = strtod(text, NULL);
        wrong += isfinite(value) ? memcmp(&value, &back, sizeof(value)) != 0 : strcmp(text, "null") != 0;
        wrong += end > text + JSON_REAL_MAX;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static struct latest_row version(const char *key, const char *value, int64_t generation, int64_t revision,
                                 enum pane pane)
{
    return (struct latest_row){.key = span_of(key),
                               .value = span_of(value),
                               .generation = generation,
                               .revision = revision,
                               .pane = pane,
                               .tokens = (int64_t)strlen(value)};
}

static void a_spoilt_key_is_dropped_and_counted(void)
{
    struct latest *latest = NULL;
    struct reason why;
    struct latest_row a = version("a", "1", 0, 1, PANE_EARLY), b = version("b", "1", 0, 1, PANE_EARLY);

    CU_ASSERT_EQUAL_FATAL(latest_open(&latest, &why), GO_ON);
    CU_ASSERT_EQUAL(latest_put(latest, &a, &why), GO_ON);
    CU_ASSERT_EQUAL(latest_put(latest, &b, &why), GO_ON);
    for (int twice = 0; twice < 2; twice++) {
        CU_ASSERT_EQUAL(latest_spoil(latest, span_of("a"), &why), GO_ON);
        CU_ASSERT_EQUAL(latest_spoil(latest, span_of("b"), &why), GO_ON);
        CU_ASSERT_EQUAL(latest_spoil(latest, span_of("never seen"), &why), GO_ON);
        CU_ASSERT_EQUAL(latest_spoilt(latest), 3);
    }
    CU_ASSERT_PTR_NULL(latest_find(latest, span_of("a")));
    CU_ASSERT_EQUAL(latest_put(latest, &a, &why), GO_ON); /* a later version makes it good, and so does a tombstone */
    latest_drop(latest, span_of("never seen"));
    CU_ASSERT_EQUAL(latest_spoilt(latest), 1);
    latest_sort(latest);
    CU_ASSERT_EQUAL(latest_count(latest), 1);
    CU_ASSERT_EQUAL(latest_spoilt(latest), 1);
    latest_close(latest);
}

static void the_latest_version_stays(void)
{
    struct latest_row rows[] = {
        version("a", "old", 0, 5, PANE_ON_TIME),   version("a", "newer!", 0, 6, PANE_EARLY),
        version("a", "back", 0, 5, PANE_LATE),     version("b", "early", 0, 5, PANE_EARLY),
        version("b", "same...", 0, 5, PANE_EARLY), version("c", "gone", 9, 9, PANE_LATE),
        version("d", "first", 9, 9, PANE_LATE),
    };
    struct latest *latest = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(latest_open(&latest, &why), GO_ON);
    latest_drop(latest, span_of("a")); /* nothing there yet */
    for (size_t index = 0; index < LENGTH_OF(rows); index++)
        CU_ASSERT_EQUAL(latest_put(latest, &rows[index], &why), GO_ON);
    latest_drop(latest, span_of("c"));
    latest_drop(latest, span_of("c"));
    latest_drop(latest, span_of("d"));
    struct latest_row again = version("d", "x", 0, 1, PANE_EARLY); /* after a tombstone the past does not count */
    CU_ASSERT_EQUAL(latest_put(latest, &again, &why), GO_ON);
    latest_sort(latest);
    CU_ASSERT_EQUAL_FATAL(latest_count(latest), 3);
    CU_ASSERT_TRUE(span_equal(latest_row(latest, 0)->value, span_of("same...")));
    CU_ASSERT_TRUE(span_equal(latest_row(latest, 1)->value, span_of("newer!")));
    CU_ASSERT_TRUE(span_equal(latest_row(latest, 2)->value, span_of("x")));
    latest_close(latest);
}

/* Beyond the first rooms, against arithmetic: key k ends at revision 3 if k is odd, else 4, and is gone where 7 | k. */
static void thousands_of_keys_keep_their_versions(void)
{
    struct latest *latest = NULL;
    struct reason why = {0};
    char key[16], value[16];
    size_t wrong = 0, want = 0;

    CU_ASSERT_EQUAL_FATAL(latest_open(&latest, &why), GO_ON);
    for (int revision = 1; revision <= 4; revision++) {
        for (int k = 0; k < 5000; k++) {
            snprintf(key, sizeof(key), "%d", k);
            snprintf(value, sizeof(value), "%d:%d", k, revision);
            struct latest_row row = version(key, value, 0, k % 2 == 1 && revision == 4 ? 2 : revision, PANE_LATE);
            wrong += latest_put(latest, &row, &why) != GO_ON;
        }
    }
    for (int k = 0; k < 5000; k += 7) {
        snprintf(key, sizeof(key), "%d", k);
        latest_drop(latest, span_of(key));
    }
    latest_sort(latest);
    for (size_t index = 0; index < latest_count(latest); index++) {
        const struct latest_row *row = latest_row(latest, index);
        snprintf(key, sizeof(key), "%.*s", (int)row->key.size, row->key.bytes); /* a span has no end mark */
        int k = (int)strtol(key, NULL, 10);
        snprintf(value, sizeof(value), "%d:%d", k, k % 2 == 1 ? 3 : 4);
        wrong += k % 7 == 0 || !span_equal(row->value, span_of(value));
    }
    for (int k = 0; k < 5000; k++)
        want += k % 7 != 0;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(latest_count(latest), want);
    latest_close(latest);
}

static void add(struct totals *totals, int64_t start_ms, const char *name, int64_t requests, int64_t tokens)
{
    struct reason why = {0};
    static struct cell cell; /* large */

    cell = (struct cell){.sums = {[M_REQUESTS] = requests,
                                  [M_TOKENS_PROMPT] = tokens,
                                  [M_TOKENS_REASONING] = 1000,
                                  [M_COST_NANO_USD] = 2 * tokens}};
    CU_ASSERT_EQUAL(totals_add(totals, start_ms, span_of(name), &cell, &why), GO_ON);
}

static void sums_by_name_add_up(void)
{
    static const struct {
        int64_t start_ms;
        const char *name;
        int64_t requests, tokens;
        int share;
    } want[] = {{1, "b", 2000, 40000, 7999}, {1, "a", 1000, 10000, 2000}, {1, "", 1, 5, 1}, {2, "a", 1, 0, 0}};
    struct totals *totals = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(totals_open(&totals, &why), GO_ON);
    add(totals, 2, "a", 1, 0);
    add(totals, 1, NULL, 1, 5);
    for (int turn = 0; turn < 1000; turn++) { /* more than one room's worth, all mergeable */
        add(totals, 1, "a", 1, 10);
        add(totals, 1, "b", 2, 40);
    }
    CU_ASSERT_EQUAL(totals_sort(totals, BY_TOKENS, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(totals_count(totals), LENGTH_OF(want));
    for (size_t index = 0; index < LENGTH_OF(want); index++) {
        const struct totals_row *row = totals_row(totals, index);
        CU_ASSERT_EQUAL(row->start_ms, want[index].start_ms);
        CU_ASSERT_TRUE(span_equal(row->name, span_of(want[index].name)));
        CU_ASSERT_EQUAL(row->requests, want[index].requests);
        CU_ASSERT_EQUAL(row->tokens, want[index].tokens);
        CU_ASSERT_EQUAL(row->cost_nano_usd, 2 * want[index].tokens);
        CU_ASSERT_EQUAL(row->share, want[index].share);
    }
    totals_close(totals);
}

static void a_breakdown_may_be_empty(void)
{
    struct totals *totals = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(totals_open(&totals, &why), GO_ON);
    CU_ASSERT_EQUAL(totals_sort(totals, BY_COST, &why), GO_ON);
    CU_ASSERT_EQUAL(totals_count(totals), 0);
    totals_close(totals);
}

/* Tokens of three names in two windows, each in several parts; c is largest in the second window alone. */
/* Told as "at least", whatever is added, and still above all others. */
static void sums_too_large_to_be_told_stay_so(void)
{
    struct totals *totals = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(totals_open(&totals, &why), GO_ON);
    add(totals, 1, "a", 1, SUM_TOLD_MAX);
    add(totals, 1, "a", 1, SUM_TOLD_MAX);
    add(totals, 1, "b", 1, SUM_TOLD_MAX - 1);
    add(totals, 1, "c", 1, SUM_TOLD_MAX - 1);
    add(totals, 1, "c", 1, 1);
    CU_ASSERT_EQUAL(totals_sort(totals, BY_TOKENS, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(totals_count(totals), 3);
    CU_ASSERT_EQUAL(totals_row(totals, 0)->tokens, SUM_TOLD_MAX);
    CU_ASSERT_EQUAL(totals_row(totals, 1)->tokens, SUM_TOLD_MAX);
    CU_ASSERT_TRUE(span_equal(totals_row(totals, 2)->name, span_of("b")));
    CU_ASSERT_EQUAL(totals_row(totals, 2)->tokens, SUM_TOLD_MAX - 1);
    totals_close(totals);
}

static struct totals *folded(size_t top, enum totals_by by)
{
    struct totals *totals = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(totals_open(&totals, &why), GO_ON);
    for (int part = 0; part < 10; part++) {
        add(totals, 1, "a", 9, 10);
        add(totals, 2, "a", 9, 10);
        add(totals, 1, "b", 1, 12);
        add(totals, 2, "b", 1, 7);
        add(totals, 2, "c", 2, 15);
        add(totals, 1, NULL, 1, 1);
    }
    CU_ASSERT_EQUAL_FATAL(totals_fold(totals, top, by, &why), GO_ON);
    CU_ASSERT_EQUAL(totals_sort(totals, BY_MEASURE, &why), GO_ON);
    return totals;
}

static void the_largest_over_all_windows_stay(void)
{
    static const struct {
        size_t top;
        enum totals_by by;
        const char *want; /* window:name=tokens */
    } rows[] = {
        {1, BY_MEASURE, "1:a=100 1:(other)=130 2:a=100 2:(other)=220 "},
        {2, BY_MEASURE, "1:b=120 1:a=100 1:(other)=10 2:a=100 2:b=70 2:(other)=150 "},
        {3, BY_MEASURE, "1:b=120 1:a=100 1:(other)=10 2:c=150 2:a=100 2:b=70 "},
        {4, BY_MEASURE, "1:b=120 1:a=100 1:=10 2:c=150 2:a=100 2:b=70 "},
        {SIZE_MAX, BY_MEASURE, "1:b=120 1:a=100 1:=10 2:c=150 2:a=100 2:b=70 "},
        {2, BY_REQUESTS, "1:b=120 1:a=100 1:(other)=10 2:a=100 2:b=70 2:(other)=150 "},
        {0, BY_MEASURE, "1:(other)=230 2:(other)=320 "},
    };

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        struct totals *totals = folded(rows[index].top, rows[index].by);
        char text[512];
        size_t size = 0;
        for (size_t at = 0; at < totals_count(totals); at++) {
            const struct totals_row *row = totals_row(totals, at);
            size += (size_t)snprintf(text + size, sizeof(text) - size, "%" PRId64 ":%.*s=%" PRId64 " ", row->start_ms,
                                     (int)row->name.size, row->name.bytes, row->tokens);
        }
        CU_ASSERT_TRUE(is_text(text, size, rows[index].want));
        totals_close(totals);
    }
}

static void any_measure_can_be_chosen(void)
{
    struct totals *totals = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(totals_open(&totals, &why), GO_ON);
    struct choice choice = choice_at(2 + M_TOKENS_REASONING);
    totals_choose(totals, &choice);
    add(totals, 1, "a", 1, 5);
    add(totals, 1, "b", 1, 5);
    add(totals, 1, "b", 1, 5);
    CU_ASSERT_EQUAL(totals_sort(totals, BY_MEASURE, &why), GO_ON);
    CU_ASSERT_TRUE(span_equal(totals_row(totals, 0)->name, span_of("b")));
    CU_ASSERT_EQUAL(totals_row(totals, 0)->parts[0], 2000);
    CU_ASSERT_EQUAL(totals_row(totals, 0)->share, 6667);
    CU_ASSERT_PTR_EQUAL(totals_find(totals, 1, span_of("b")), totals_row(totals, 0));
    CU_ASSERT_PTR_NULL(totals_find(totals, 2, span_of("b")));
    CU_ASSERT_PTR_NULL(totals_find(totals, 1, span_of("c")));
    totals_close(totals);
}

static void windows_stand_side_by_side(void)
{
    static const char *const names[] = {"a", "b", "(other)"};
    static const int64_t values[3][2] = {{100, 100}, {120, 70}, {10, 150}};
    struct totals *totals = folded(2, BY_MEASURE);
    struct pivot *pivot = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(pivot_open(&pivot, totals, WINDOW_KINDS, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(pivot_count(pivot), 3);
    CU_ASSERT_EQUAL_FATAL(pivot_windows(pivot), 2);
    CU_ASSERT_EQUAL(pivot_start(pivot, 1), 2);
    for (size_t name = 0; name < 3; name++) {
        CU_ASSERT_TRUE(span_equal(pivot_name(pivot, name), span_of(names[name])));
        for (size_t window = 0; window < 2; window++)
            CU_ASSERT_EQUAL(pivot_value(pivot, name, window), values[name][window]);
    }
    CU_ASSERT_EQUAL(pivot_sum(pivot, 2, 0, 2), 160);
    CU_ASSERT_EQUAL(pivot_sum(pivot, 2, 1, 1), 0);
    CU_ASSERT_EQUAL(pivot_total(pivot, 0, 2), 550);
    pivot_close(pivot);
    totals_close(totals);
    CU_ASSERT_EQUAL_FATAL(totals_open(&totals, &why), GO_ON);
    CU_ASSERT_EQUAL(totals_sort(totals, BY_MEASURE, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(pivot_open(&pivot, totals, WINDOW_KINDS, &why), GO_ON);
    CU_ASSERT_EQUAL(pivot_count(pivot) + pivot_windows(pivot), 0);
    pivot_close(pivot);
    totals_close(totals);
}

static void windows_without_a_row_are_there_too(void)
{
    static const int64_t days[] = {-31, 0, 59}; /* 1969-12, 1970-01, 1970-03 */
    static const int64_t want[] = {-31, 0, 31, 59};
    struct totals *totals = NULL;
    struct pivot *pivot = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(totals_open(&totals, &why), GO_ON);
    for (size_t index = 0; index < LENGTH_OF(days); index++) {
        add(totals, days[index] * DAY_MS, "a", 1, 5);
        add(totals, days[index] * DAY_MS, "b", 1, 6);
    }
    CU_ASSERT_EQUAL(totals_sort(totals, BY_MEASURE, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(pivot_open(&pivot, totals, WINDOW_MONTH, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(pivot_windows(pivot), LENGTH_OF(want));
    for (size_t window = 0; window < LENGTH_OF(want); window++) {
        CU_ASSERT_EQUAL(pivot_start(pivot, window), want[window] * DAY_MS);
        CU_ASSERT_EQUAL(pivot_value(pivot, 1, window), window == 2 ? 0 : 5);
        CU_ASSERT_EQUAL(pivot_total(pivot, window, window + 1), window == 2 ? 0 : 11);
    }
    pivot_close(pivot);
    totals_close(totals);
}

static void a_sparkline_shows_eighths_of_the_largest(void)
{
    static const struct {
        size_t width;
        bool is_share;
        const char *want;
    } rows[] = {
        {9, false, " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"},  /* rounded up */
        {64, false, " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"}, /* no wider than there are windows */
        {3, false, "\u2581\u2584\u2588"},                                 /* means of three: 9, 43, 87 */
        {1, false, "\u2588"},
        {9, true, " \u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588"}, /* all there is, wherever there is any */
    };
    static const int64_t heights[] = {0, 1, 25, 27, 50, 51, 75, 86, 100};
    char text[3 * SPARKLINE_MAX + 1];
    struct totals *totals = NULL;
    struct pivot *pivot = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(totals_open(&totals, &why), GO_ON);
    for (size_t index = 0; index < LENGTH_OF(heights); index++)
        add(totals, (int64_t)index, "a", 1, heights[index]);
    CU_ASSERT_EQUAL(totals_sort(totals, BY_MEASURE, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(pivot_open(&pivot, totals, WINDOW_KINDS, &why), GO_ON);
    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        size_t size = pivot_sparkline(pivot, 0, rows[index].width, rows[index].is_share, text);
        CU_ASSERT_TRUE(is_text(text, size, rows[index].want));
    }
    pivot_close(pivot);
    totals_close(totals);
}

static void a_table_is_aligned(void)
{
    static const struct table_column columns[] = {{"name", false}, {"tokens", true}, {"cost", true}, {"pane", false}};
    static const char want[] =
        "name       tokens       cost  pane\n"
        "----  -----------  ---------  ----\n"
        "\xc3\xa9               0      $0.00  a?b\n"
        "x       1,234,567  $1,234.57  \n"
        "abc   -12,000,000  $0.000001  late\n";
    char *text = NULL;
    size_t size = 0;
    struct table *table = NULL;
    struct reason why = {0};
    FILE *file = open_memstream(&text, &size);

    CU_ASSERT_EQUAL_FATAL(table_open(&table, columns, LENGTH_OF(columns), &why), GO_ON);
    table_text(table, span_of("\xc3\xa9"));
    table_integer(table, 0);
    table_nano_usd(table, 0);
    table_text(table, span_of("a\x1b"
                              "b"));
    table_text(table, span_of("x"));
    table_integer(table, 1234567);
    table_nano_usd(table, 1234567890123);
    table_text(table, (struct span){NULL, 0});
    table_text(table, span_of("abc"));
    table_integer(table, -12000000);
    table_nano_usd(table, 999);
    table_text(table, span_of("late"));
    CU_ASSERT_EQUAL(table_print(table, file, &why), GO_ON);
    fclose(file);
    CU_ASSERT_TRUE(is_text(text, size, want));
    free(text);
    table_close(table);
}

static struct summary sample_summary(const struct cell *cell)
{
    struct summary summary = {.rollup = span_of("model"),
                              .window = {WINDOW_WEEK, 1763337600000},
                              .cell = cell,
                              .pane = PANE_LATE,
                              .generation = 1,
                              .revision = 42,
                              .tables_version = span_of("c1,t2")};

    summary.columns[COLUMN_MODEL] = span_of("x/\"y\",z");
    summary.columns[COLUMN_AGE] = span_of("3");
    return summary;
}

static void a_summary_reads_as_json(void)
{
    static struct cell cell;
    static char text[SUMMARY_JSON_MAX];

    cell = (struct cell){.sums = {[M_REQUESTS] = 7, [M_CLASSIFIED_TOKENS] = INT64_MAX},
                         .slot_count = 4,
                         .slots = {{0, 1}, {16, 2}, {256, 3}, {ACCOUNT_SLOT + 5, 9}}};
    struct summary summary = sample_summary(&cell);
    size_t size = summary_json_write(&summary, -1, text);
    text[size] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(text,
                                  "{\"breakdown\":\"model\",\"granularity\":\"week\",\"window_start\":1763337600000,"
                                  "\"window_end\":1763942400000,\"model_slug\":\"x/\\\"y\\\",z\",\"age\":3,"
                                  "\"requests\":7,\"tokens_prompt\":0,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"classified_tokens\":9223372036854775807,\"free_requests\":0,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text,
                                  "\"latency_ms_p50\":16,\"latency_ms_p90\":17,\"latency_ms_p99\":17,"
                                  "\"first_token_ms_p50\":0,\"first_token_ms_p90\":0,\"first_token_ms_p99\":0,"
                                  "\"latency_ms_histogram\":"
                                  "[{\"at_least\":0,\"requests\":1},{\"at_least\":16,\"requests\":2}],"
                                  "\"first_token_ms_histogram\":[{\"at_least\":0,\"requests\":3}],"
                                  "\"tokens_per_second_histogram\":[],"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text,
               "\"tokens_total_histogram\":[],\"pane\":\"late\",\"pane_number\":2,\"generation\":1,"
               "\"revision\":42,\"version\":1125899906842794,\"tables_version\":\"c1,t2\",\"suppressed\":false}"));
    size = summary_json_write(&summary, 12, text);
    text[size] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"accounts\":12,\"pane\""));
}

static void a_summary_reads_as_csv(void)
{
    static struct cell cell;
    static char text[SUMMARY_TEXT_MAX];
    size_t commas[2] = {0};

    cell = (struct cell){.sums = {[M_REQUESTS] = 7}};
    struct summary summary = sample_summary(&cell);
    size_t size = summary_csv_header_write(text);
    for (size_t index = 0; index < size; index++)
        commas[0] += text[index] == ',';
    size = summary_csv_write(&summary, -1, text);
    for (size_t index = 0; index < size; index++)
        commas[1] += text[index] == ',';
    CU_ASSERT_EQUAL(commas[0] + 2, commas[1]); /* two stand inside quotes */
    text[size] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "model,week,2025-11-17T00:00:00Z,2025-11-24T00:00:00Z,\"x/\"\"y\"\",z\",,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ",,3,,,,,,,7,0,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ",0,,,,,,,,,,,,,,,,,late,2,1,42,1125899906842794,\"c1,t2\",false\n"));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"json_escapes_what_it_must", json_escapes_what_it_must},
        {"json_integers_reach_both_ends", json_integers_reach_both_ends},
        {"json_reals_are_the_shortest_that_come_back", json_reals_are_the_shortest_that_come_back},
        {"json_reals_come_back_bit_for_bit", json_reals_come_back_bit_for_bit},
        {"a_spoilt_key_is_dropped_and_counted", a_spoilt_key_is_dropped_and_counted},
        {"the_latest_version_stays", the_latest_version_stays},
        {"thousands_of_keys_keep_their_versions", thousands_of_keys_keep_their_versions},
        {"sums_by_name_add_up", sums_by_name_add_up},
        {"sums_too_large_to_be_told_stay_so", sums_too_large_to_be_told_stay_so},
        {"a_breakdown_may_be_empty", a_breakdown_may_be_empty},
        {"the_largest_over_all_windows_stay", the_largest_over_all_windows_stay},
        {"any_measure_can_be_chosen", any_measure_can_be_chosen},
        {"windows_stand_side_by_side", windows_stand_side_by_side},
        {"windows_without_a_row_are_there_too", windows_without_a_row_are_there_too},
        {"a_sparkline_shows_eighths_of_the_largest", a_sparkline_shows_eighths_of_the_largest},
        {"a_table_is_aligned", a_table_is_aligned},
        {"a_summary_reads_as_json", a_summary_reads_as_json},
        {"a_summary_reads_as_csv", a_summary_reads_as_csv},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
