/*
 * The rules of signals, on tables of numbers: at the threshold, one below, and what is no ground. A case is a list of
 * rows and the keys of the signals they give, worked out by hand.
 */
#include "gentally/inspect/signals.h"

#include "gentally/codec/avro_read.h"
#include "gentally/codec/avro_write.h"
#include "suite.h"

#define WEEK_MS (7 * DAY_MS)
#define MONDAY INT64_C(1762732800000) /* 2025-11-10 */
#define KEYS_MAX 2048

static int64_t month_ms(int month) /* months after 2025-01 */
{
    return DAY_MS * days_of_date(2025 + month / 12, (unsigned)(month % 12 + 1), 1);
}

static struct signal_row model(const char *name, int week, int64_t requests, int64_t tokens)
{
    return (struct signal_row){.rollup = SIGNAL_FROM_MODEL,
                               .start_ms = MONDAY + week * WEEK_MS,
                               .is_closed = true,
                               .is_known = true,
                               .revision = 1,
                               .subject = span_of(name),
                               .requests = requests,
                               .tokens = tokens,
                               .accounts = -1,
                               .tables_version = span_of("t1")};
}

static struct signal_row unknown(const char *name, int week, int64_t requests, int64_t tokens)
{
    struct signal_row row = model(name, week, requests, tokens);

    row.is_known = false;
    return row;
}

static struct signal_row early(struct signal_row row)
{
    row.is_closed = false;
    return row;
}

/* Events of `size` tokens each, so that the effective number of them is tokens / size. */
static struct signal_row category(const char *name, int week, int64_t tokens, int64_t size)
{
    struct signal_row row = model(name, week, tokens / size, tokens);

    row.rollup = SIGNAL_FROM_CATEGORY;
    row.tokens_squared = tokens * size;
    return row;
}

/* `cohort` in months after 2025-01. */
static struct signal_row retained(const char *name, int cohort, int age, int64_t accounts)
{
    static char texts[16][16];

    snprintf(texts[cohort], sizeof(texts[0]), "%04d-%02d", 2025 + cohort / 12, cohort % 12 + 1);
    return (struct signal_row){.rollup = SIGNAL_FROM_RETENTION,
                               .start_ms = month_ms(cohort + age),
                               .is_closed = true,
                               .is_known = true,
                               .revision = 1,
                               .subject = span_of(name),
                               .cohort = span_of(texts[cohort]),
                               .age = age,
                               .accounts = accounts,
                               .tables_version = span_of("t1")};
}

static size_t key_of(const struct signal_row *row, int number, char *key, size_t size)
{
    return (size_t)snprintf(key, size, "%d|%lld|%.*s|%.*s|%d", row->rollup, (long long)row->start_ms,
                            (int)row->subject.size, row->subject.bytes, (int)row->cohort.size,
                            row->cohort.size == 0 ? "" : row->cohort.bytes, number);
}

static struct signals *signals_of_none(void)
{
    const struct signal_rules rules = signal_rules_default();
    struct signals *signals = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(signals_open(&signals, &rules, &why), GO_ON);
    return signals;
}

static void put_row(struct signals *signals, const struct signal_row *row, int number)
{
    char key[256];
    struct reason why;

    size_t size = key_of(row, number, key, sizeof(key));
    CU_ASSERT_EQUAL_FATAL(signals_put(signals, (struct span){key, size}, row, &why), GO_ON);
}

/* The keys of all signals, a blank behind each. */
static void keys_of(struct signals *signals, char keys[KEYS_MAX])
{
    struct reason why;
    size_t size = 0;

    CU_ASSERT_EQUAL_FATAL(signals_evaluate(signals, &why), GO_ON);
    keys[0] = '\0';
    for (size_t index = 0; index < signals_count(signals); index++) {
        char key[SIGNAL_KEY_MAX];
        size_t key_size = signal_key_write(signals_at(signals, index), key);
        size += (size_t)snprintf(keys + size, KEYS_MAX - size, "%.*s ", (int)key_size, key);
    }
}

static void expect(const char *what, const struct signal_row rows[], size_t count, const char *want)
{
    struct signals *signals = signals_of_none();
    char keys[KEYS_MAX];

    for (size_t index = 0; index < count; index++)
        put_row(signals, &rows[index], (int)index);
    keys_of(signals, keys);
    if (strcmp(keys, want) != 0) {
        printf("%s:\n  got  %s\n  want %s\n", what, keys, want);
        CU_FAIL("other signals");
    }
    signals_close(signals);
}

#define EXPECT(what, want, ...)                                                                                        \
    do {                                                                                                               \
        const struct signal_row rows_[] = {__VA_ARGS__};                                                               \
        expect(what, rows_, LENGTH_OF(rows_), want);                                                                   \
    } while (0)

static void a_first_week_needs_a_week_before(void)
{
    EXPECT("the stream's own first week", "", model("a/a", 0, 5, 50), model("b/b", 0, 5, 50));
    EXPECT("a model that comes later", "first_week|2025-11-17T00:00:00Z|b/b ", model("a/a", 0, 5, 50),
           model("b/b", 1, 1, 0), model("b/b", 2, 9, 90));
    EXPECT("one that comes back", "", model("a/a", 0, 5, 50), model("b/b", 1, 1, 1), model("a/a", 2, 5, 50),
           model("b/b", 0, 1, 1));
    EXPECT("a gap between the weeks", "first_week|2025-11-24T00:00:00Z|b/b ", model("a/a", 0, 5, 50),
           model("b/b", 2, 1, 1));
    EXPECT("a row of no requests is no use", "first_week|2025-11-24T00:00:00Z|b/b ", model("a/a", 0, 5, 50),
           model("b/b", 1, 0, 0), model("b/b", 2, 1, 1));
    EXPECT("an open week is no ground", "", model("a/a", 0, 5, 50), early(model("b/b", 1, 5, 50)));
    EXPECT("nor is it an earlier one", "", early(model("a/a", 0, 5, 50)), model("b/b", 1, 5, 50));
    EXPECT("a name that begins like another", "first_week|2025-11-17T00:00:00Z|a/ab ", model("a/a", 0, 5, 50),
           model("a/ab", 1, 5, 50));
    EXPECT("no rows", "", early(model("a/a", 0, 1, 1)));
}

static void an_unknown_model_needs_real_traffic(void)
{
    EXPECT("at both thresholds", "unknown_model|2025-11-10T00:00:00Z|x/x ", unknown("x/x", 0, 100, 1000),
           model("a/a", 0, 1, 999000));
    EXPECT("a request less", "", unknown("x/x", 0, 99, 1000), model("a/a", 0, 1, 999000));
    EXPECT("a token less", "", unknown("x/x", 0, 100, 999), model("a/a", 0, 1, 999001));
    EXPECT("a share just below", "", unknown("x/x", 0, 100, 1000), model("a/a", 0, 1, 999001));
    EXPECT("no tokens at all", "", unknown("x/x", 0, 100, 0));
    EXPECT("a known one", "", model("x/x", 0, 100, 1000));
    EXPECT("variants add up", "unknown_model|2025-11-10T00:00:00Z|x/x ", unknown("x/x", 0, 60, 600),
           unknown("x/x", 0, 40, 400), model("a/a", 0, 1, 999000));
    EXPECT("sums near the end of numbers", "unknown_model|2025-11-10T00:00:00Z|x/x ",
           unknown("x/x", 0, 100, INT64_C(9000000000000000)), model("a/a", 0, 1, INT64_C(8991000000000000000)));
    EXPECT("every week of it",
           "first_week|2025-11-17T00:00:00Z|x/x unknown_model|2025-11-17T00:00:00Z|x/x "
           "unknown_model|2025-11-24T00:00:00Z|x/x ",
           model("a/a", 0, 1, 1), unknown("x/x", 1, 100, 1000), unknown("x/x", 2, 100, 1000));
}

static void a_category_jumps_beyond_its_interval(void)
{
    EXPECT("exactly five points, each way",
           "category_jump|2025-11-17T00:00:00Z|code category_jump|2025-11-17T00:00:00Z|play ",
           category("code", 0, 300000, 10), category("play", 0, 700000, 10), category("code", 1, 350000, 10),
           category("play", 1, 650000, 10));
    EXPECT("a token less", "", category("code", 0, 300000, 10), category("play", 0, 700000, 10),
           category("code", 1, 349999, 10), category("play", 1, 650001, 10));
    EXPECT("few events: the intervals overlap", "", category("code", 0, 300000, 10000),
           category("play", 0, 700000, 10000), category("code", 1, 350000, 10000), category("play", 1, 650000, 10000));
    EXPECT("one that comes and one that goes",
           "category_jump|2025-11-17T00:00:00Z|code category_jump|2025-11-17T00:00:00Z|play ",
           category("play", 0, 700000, 10), category("code", 1, 350000, 10));
    EXPECT("a week between", "", category("code", 0, 300000, 10), category("play", 0, 700000, 10),
           category("code", 2, 900000, 10), category("play", 2, 100000, 10));
    EXPECT("other is none, and counts in no sum", "", category("code", 0, 300000, 10), category("other", 0, 10000, 10),
           category("code", 1, 300000, 10), category("other", 1, 900000, 10));
    EXPECT("an open week is no ground", "", category("code", 0, 300000, 10), category("play", 0, 700000, 10),
           early(category("code", 1, 350000, 10)), early(category("play", 1, 650000, 10)));
    EXPECT("a week without tokens", "", category("code", 0, 300000, 10), category("play", 0, 700000, 10),
           category("code", 1, 0, 10));
}

/* A cohort that loses all it will lose in its first month. */
#define SIZED(name, cohort, size, active)                                                                              \
    retained(name, cohort, 0, size), retained(name, cohort, 1, active), retained(name, cohort, 2, active),             \
        retained(name, cohort, 3, active), retained(name, cohort, 4, active), retained(name, cohort, 5, active)
#define COHORT(name, cohort, active) SIZED(name, cohort, 100, active)

/* Its row is many models, which are not new together, and unknown for none; but it is part of its week. */
static void what_has_no_row_of_its_own_is_no_subject(void)
{
    EXPECT("no first week", "", model("a/a", 0, 5, 50), model("(other)", 1, 5, 50));
    EXPECT("no unknown model", "", model("a/a", 0, 5, 50), unknown("(other)", 0, 1000, 10000));
    EXPECT("no jump of its own", "", category("code", 0, 300000, 10), category("(other)", 0, 700000, 10),
           category("code", 1, 300000, 10), category("(other)", 1, 700000, 10), category("(other)", 2, 700000, 10),
           category("code", 2, 300000, 10));
    EXPECT("but others jump against it", "category_jump|2025-11-17T00:00:00Z|code ", category("code", 0, 300000, 10),
           category("(other)", 0, 700000, 10), category("code", 1, 900000, 10), category("(other)", 1, 100000, 10));
}

/* Nobody knows of how many requests such a category is: it has no interval that a jump could leave. */
static void sums_too_large_to_be_told_are_no_sample(void)
{
    static const struct {
        const char *what, *want;
        int64_t tokens, squared;
    } rows[] = {
        {"told whole", "category_jump|2025-11-17T00:00:00Z|code category_jump|2025-11-17T00:00:00Z|play ", 350000,
         3500000},
        {"squares told as at least", "", 350000, SUM_TOLD_MAX},
        {"tokens told as at least", "", SUM_TOLD_MAX, 3500000},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct signal_row code = category("code", 1, 350000, 10);
        code.tokens = rows[i].tokens;
        code.tokens_squared = rows[i].squared;
        EXPECT(rows[i].what, rows[i].want, category("code", 0, 300000, 10), category("play", 0, 700000, 10), code,
               category("play", 1, 650000, 10));
    }
}

static void a_foundational_cohort_stays_above_the_others(void)
{
    const char *first = "foundational_cohort|2025-06-01T00:00:00Z|m/m|2025-01 ";

    EXPECT("exactly one and a half", first, COHORT("m/m", 0, 45), COHORT("m/m", 1, 30));
    EXPECT("an account less", "", COHORT("m/m", 0, 44), COHORT("m/m", 1, 30));
    EXPECT("an even number of others: the mean of the middle two", first, COHORT("m/m", 0, 45), COHORT("m/m", 1, 20),
           COHORT("m/m", 2, 40));
    EXPECT("and just below it", "", COHORT("m/m", 0, 45), COHORT("m/m", 1, 21), COHORT("m/m", 2, 40));
    EXPECT("the median, not the mean", first, COHORT("m/m", 0, 45), COHORT("m/m", 1, 30), COHORT("m/m", 2, 30),
           COHORT("m/m", 3, 1));
    EXPECT("no other cohort", "", COHORT("m/m", 0, 90));
    EXPECT("another model's is none", "", COHORT("m/m", 0, 90), COHORT("n/n", 1, 1));
    EXPECT("two months after the first", "foundational_cohort|2025-08-01T00:00:00Z|m/m|2025-03 ", COHORT("m/m", 0, 10),
           COHORT("m/m", 2, 45));
    EXPECT("three months after it", "", COHORT("m/m", 0, 10), COHORT("m/m", 3, 45));
    EXPECT("after the first, however small that was", "", retained("m/m", 0, 0, 1), COHORT("m/m", 3, 45),
           COHORT("m/m", 4, 10));
    EXPECT("thirty accounts", first, SIZED("m/m", 0, 30, 30), COHORT("m/m", 1, 10));
    EXPECT("one account less", "", SIZED("m/m", 0, 29, 29), COHORT("m/m", 1, 10));
    EXPECT("nobody left of the others is a share of 0", first, COHORT("m/m", 0, 45), retained("m/m", 1, 0, 100),
           retained("m/m", 6, 0, 1));
    EXPECT("but not before their month is published", "", COHORT("m/m", 0, 45), retained("m/m", 1, 0, 100));
    EXPECT("nobody at all", "", retained("m/m", 0, 0, 100), retained("m/m", 1, 0, 100), retained("m/m", 6, 0, 1));
    EXPECT("an open month is no ground", "", COHORT("m/m", 0, 30), retained("m/m", 1, 0, 100),
           retained("m/m", 1, 1, 45), retained("m/m", 1, 2, 45), retained("m/m", 1, 3, 45), retained("m/m", 1, 4, 45),
           early(retained("m/m", 1, 5, 45)));
}

static void a_boomerang_comes_back(void)
{
    const char *third = "boomerang|2025-03-01T00:00:00Z|m/m|2025-01 ";

    EXPECT("exactly three points", third, retained("m/m", 0, 0, 100), retained("m/m", 0, 1, 20),
           retained("m/m", 0, 2, 23));
    EXPECT("one account less", "", retained("m/m", 0, 0, 100), retained("m/m", 0, 1, 20), retained("m/m", 0, 2, 22));
    EXPECT("thirty accounts: one is enough", third, retained("m/m", 0, 0, 30), retained("m/m", 0, 1, 20),
           retained("m/m", 0, 2, 21));
    EXPECT("twenty-nine", "", retained("m/m", 0, 0, 29), retained("m/m", 0, 1, 20), retained("m/m", 0, 2, 29));
    EXPECT("nobody the month before", third, retained("m/m", 0, 0, 100), retained("m/m", 0, 2, 3));
    EXPECT("twice", "boomerang|2025-03-01T00:00:00Z|m/m|2025-01 boomerang|2025-05-01T00:00:00Z|m/m|2025-01 ",
           retained("m/m", 0, 0, 100), retained("m/m", 0, 2, 3), retained("m/m", 0, 3, 2), retained("m/m", 0, 4, 5));
    EXPECT("another cohort's month before", "", retained("m/m", 0, 0, 100), retained("m/m", 1, 0, 100),
           retained("m/m", 1, 1, 20), retained("m/m", 1, 2, 22));
    EXPECT("a cohort whose first month is not there", "", retained("m/m", 0, 1, 20), retained("m/m", 0, 2, 90));
    EXPECT("an open month", "", retained("m/m", 0, 0, 100), retained("m/m", 0, 1, 20),
           early(retained("m/m", 0, 2, 90)));
}

static struct signal_row hidden(struct signal_row row)
{
    row.is_hidden = true;
    row.requests = row.tokens = row.tokens_squared = 0;
    row.accounts = -1;
    return row;
}

static void what_is_suppressed_is_there_and_nothing_more(void)
{
    EXPECT("a model that was suppressed before is not new", "", model("a/a", 0, 5, 50), hidden(model("b/b", 1, 5, 50)),
           model("b/b", 2, 5, 50));
    EXPECT("nor is one that is suppressed told of", "", model("a/a", 0, 5, 50), hidden(model("b/b", 1, 5, 50)));
    EXPECT("a return from what is not told", "", retained("m/m", 0, 0, 100), hidden(retained("m/m", 0, 1, 9)),
           retained("m/m", 0, 2, 23));
    EXPECT("and into it", "", retained("m/m", 0, 0, 100), retained("m/m", 0, 1, 20), hidden(retained("m/m", 0, 2, 9)));
    EXPECT("a cohort that is not told is not compared", "", COHORT("m/m", 0, 45), retained("m/m", 1, 0, 100),
           hidden(retained("m/m", 1, 5, 9)));
    EXPECT("but it may be the first", "", hidden(retained("m/m", 0, 0, 9)), COHORT("m/m", 3, 45), COHORT("m/m", 4, 10));
}

/* Month 1 cannot rise: more than all are active only if rows contradict each other. */
static void the_month_after_the_first_is_no_return(void)
{
    EXPECT("age 1", "", retained("m/m", 0, 0, 100), retained("m/m", 0, 1, 150));
}

static void the_latest_version_of_a_row_holds(void)
{
    struct signals *signals = signals_of_none();
    struct signal_row rows[] = {model("a/a", 0, 1, 1), model("b/b", 1, 1, 1), model("b/b", 0, 1, 1)};
    char keys[KEYS_MAX], key[256];
    int64_t generation, revision;

    put_row(signals, &rows[0], 0);
    put_row(signals, &rows[1], 1);
    keys_of(signals, keys);
    CU_ASSERT_STRING_EQUAL(keys, "first_week|2025-11-17T00:00:00Z|b/b ");
    CU_ASSERT_EQUAL(signals_at(signals, 0)->revision, 1);
    rows[1].revision = 7;
    rows[1].requests = 3;
    put_row(signals, &rows[1], 1);
    rows[1].revision = 5;
    rows[1].requests = 2;
    put_row(signals, &rows[1], 1);
    keys_of(signals, keys);
    CU_ASSERT_EQUAL(signals_at(signals, 0)->revision, 7);
    CU_ASSERT_EQUAL(signals_at(signals, 0)->numbers[1].integer, 3);
    CU_ASSERT(signals_version(signals, SIGNAL_FIRST_WEEK, MONDAY + WEEK_MS, &generation, &revision));
    CU_ASSERT_EQUAL(revision, 7);
    CU_ASSERT_FALSE(signals_version(signals, SIGNAL_FIRST_WEEK, MONDAY + 2 * WEEK_MS, &generation, &revision));
    CU_ASSERT_FALSE(signals_version(signals, SIGNAL_CATEGORY_JUMP, MONDAY, &generation, &revision));
    struct signal_row other = model("a/a", 1, 1, 1); /* a late pane of the week, which told this row alone */
    other.revision = 9;
    put_row(signals, &other, 3);
    keys_of(signals, keys);
    CU_ASSERT_STRING_EQUAL(keys, "first_week|2025-11-17T00:00:00Z|b/b ");
    CU_ASSERT_EQUAL(signals_at(signals, 0)->revision, 9);
    put_row(signals, &rows[2], 2); /* it was there a week before */
    keys_of(signals, keys);
    CU_ASSERT_STRING_EQUAL(keys, "");
    size_t size = key_of(&rows[2], 2, key, sizeof(key));
    signals_drop(signals, (struct span){key, size});
    keys_of(signals, keys);
    CU_ASSERT_STRING_EQUAL(keys, "first_week|2025-11-17T00:00:00Z|b/b ");
    signals_close(signals);
}

static void accounts_of_rows_that_fold_are_a_range(void)
{
    static const struct {
        int64_t first, second, low, high; /* -1: not known, not told */
    } cases[] = {{5, 9, 9, 14}, {9, 5, 9, 14}, {0, 0, 0, 0}, {-1, 9, -1, -1}, {9, -1, -1, -1}};

    for (size_t index = 0; index < LENGTH_OF(cases); index++) {
        struct signals *signals = signals_of_none();
        struct signal_row rows[] = {model("a/a", 0, 1, 1), model("b/b", 1, 1, 1), model("b/b", 1, 1, 1)};
        int64_t low = -1, high = -1;
        struct reason why;
        rows[1].accounts = cases[index].first;
        rows[2].accounts = cases[index].second;
        for (int row = 0; row < 3; row++)
            put_row(signals, &rows[row], row);
        CU_ASSERT_EQUAL_FATAL(signals_evaluate(signals, &why), GO_ON);
        CU_ASSERT_EQUAL_FATAL(signals_count(signals), 1);
        const struct signal *sign = signals_at(signals, 0);
        for (uint32_t number = 0; number < sign->number_count; number++) {
            if (span_equal(sign->numbers[number].name, span_of("accounts_low")))
                low = sign->numbers[number].integer;
            if (span_equal(sign->numbers[number].name, span_of("accounts_high")))
                high = sign->numbers[number].integer;
        }
        CU_ASSERT_EQUAL(low, cases[index].low);
        CU_ASSERT_EQUAL(high, cases[index].high);
        signals_close(signals);
    }
}

static void keys_are_readable_and_escaped(void)
{
    static const struct {
        struct signal signal;
        const char *key;
    } rows[] = {
        {{.kind = SIGNAL_FIRST_WEEK, .window = {WINDOW_WEEK, MONDAY}, .subject = {"a/b", 3}},
         "first_week|2025-11-10T00:00:00Z|a/b"},
        {{.kind = SIGNAL_BOOMERANG,
          .window = {WINDOW_MONTH, 0},
          .subject = {"a|b%\n\xc3\xa9", 7},
          .cohort = {"1970-01", 7}},
         "boomerang|1970-01-01T00:00:00Z|a%7Cb%25%0A\xc3\xa9|1970-01"},
        {{.kind = SIGNAL_CATEGORY_JUMP, .window = {WINDOW_WEEK, MONDAY}, .subject = {NULL, 0}},
         "category_jump|2025-11-10T00:00:00Z|"},
    };
    char key[SIGNAL_KEY_MAX];

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        size_t size = signal_key_write(&rows[index].signal, key);
        CU_ASSERT(span_equal((struct span){key, size}, span_of(rows[index].key)));
    }
}

/* The bytes of all signals there are, in order. */
static size_t bytes_of(struct signals *signals, struct encoder *encoder, char *bytes, size_t room)
{
    struct reason why;
    size_t size = 0;

    CU_ASSERT_EQUAL_FATAL(signals_evaluate(signals, &why), GO_ON);
    for (size_t index = 0; index < signals_count(signals); index++) {
        struct span one;
        struct signal_read read;
        CU_ASSERT_EQUAL_FATAL(encode_signal(encoder, signals_at(signals, index), &one, &why), GO_ON);
        CU_ASSERT_FATAL(size + one.size <= room);
        memcpy(bytes + size, one.bytes, one.size);
        size += one.size;
        CU_ASSERT_EQUAL(decode_signal(one, &read, &why), GO_ON);
        CU_ASSERT_EQUAL(read.signal.kind, signals_at(signals, index)->kind);
        CU_ASSERT(span_equal(read.signal.rule, signals_at(signals, index)->rule));
    }
    return size;
}

static void the_order_of_rows_never_shows(void)
{
    static char first[65536], again[65536];
    struct encoder *encoder = NULL;
    struct reason why;
    uint64_t seed = suite_seed();
    struct signal_row rows[] = {model("a/a", 0, 5, 50),
                                unknown("x/x", 1, 100, 1000),
                                unknown("x/x", 1, 200, 1300),
                                unknown("x/x", 2, 200, 1300),
                                category("code", 0, 300000, 10),
                                category("play", 0, 700000, 10),
                                category("code", 1, 350000, 10),
                                category("play", 1, 650000, 10),
                                COHORT("m/m", 0, 45),
                                COHORT("m/m", 1, 30),
                                COHORT("n/n", 1, 30),
                                COHORT("n/n", 2, 90)};
    int order[LENGTH_OF(rows)];
    size_t size = 0;

    CU_ASSERT_EQUAL_FATAL(encoder_open(&encoder, &why), GO_ON);
    rows[1].revision = 3; /* of one window and model, of two versions and tables */
    rows[2].tables_version = span_of("t2");
    for (size_t index = 0; index < LENGTH_OF(rows); index++)
        order[index] = (int)index;
    for (int round = 0; round < 200; round++) {
        struct signals *signals = signals_of_none();
        for (size_t index = LENGTH_OF(rows) - 1; index > 0; index--) {
            size_t other = (size_t)suite_below(&seed, index + 1);
            int kept = order[index];
            order[index] = order[other];
            order[other] = kept;
        }
        for (size_t index = 0; index < LENGTH_OF(rows); index++)
            put_row(signals, &rows[order[index]], order[index]);
        size_t size_now = bytes_of(signals, encoder, round == 0 ? first : again, sizeof(first));
        size = round == 0 ? size_now : size;
        CU_ASSERT_EQUAL(size_now, size);
        CU_ASSERT_EQUAL(signals_at(signals, 0)->revision, 3);
        CU_ASSERT(span_equal(signals_at(signals, 0)->tables_version, span_of("t1")));
        CU_ASSERT(round == 0 || memcmp(first, again, size) == 0);
        CU_ASSERT(size > 0);
        signals_close(signals);
    }
    encoder_close(encoder);
}

static void bytes_that_are_no_signal_are_refused(void)
{
    struct signals *signals = signals_of_none();
    struct encoder *encoder = NULL;
    struct signal_row rows[] = {model("a/a", 0, 5, 50), model("b/b", 1, 5, 50)};
    struct signal_read read;
    struct reason why;
    struct span bytes;
    char copy[1024];

    put_row(signals, &rows[0], 0);
    put_row(signals, &rows[1], 1);
    CU_ASSERT_EQUAL_FATAL(encoder_open(&encoder, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(signals_evaluate(signals, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(encode_signal(encoder, signals_at(signals, 0), &bytes, &why), GO_ON);
    CU_ASSERT_FATAL(bytes.size < sizeof(copy));
    for (size_t size = 0; size < bytes.size; size++) {
        char *exact = malloc(size + 1); /* so that a sanitizer sees one byte too many */
        memcpy(exact, bytes.bytes, size);
        CU_ASSERT_EQUAL(decode_signal((struct span){exact, size}, &read, &why), SET_ASIDE);
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), "SIGNAL-UNREADABLE");
        free(exact);
    }
    memcpy(copy, bytes.bytes, bytes.size);
    copy[bytes.size] = 0;
    CU_ASSERT_EQUAL(decode_signal((struct span){copy, bytes.size + 1}, &read, &why), SET_ASIDE);
    copy[5] = 2 * SIGNAL_KINDS;
    CU_ASSERT_EQUAL(decode_signal((struct span){copy, bytes.size}, &read, &why), SET_ASIDE);
    copy[5] = 0;
    copy[4] ^= 1;
    CU_ASSERT_EQUAL(decode_signal((struct span){copy, bytes.size}, &read, &why), SET_ASIDE);
    encoder_close(encoder);
    signals_close(signals);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a first week needs a week before", a_first_week_needs_a_week_before},
        {"an unknown model needs real traffic", an_unknown_model_needs_real_traffic},
        {"a category jumps beyond its interval", a_category_jumps_beyond_its_interval},
        {"what has no row of its own is no subject", what_has_no_row_of_its_own_is_no_subject},
        {"sums too large to be told are no sample", sums_too_large_to_be_told_are_no_sample},
        {"a foundational cohort stays above the others", a_foundational_cohort_stays_above_the_others},
        {"a boomerang comes back", a_boomerang_comes_back},
        {"what is suppressed is there and nothing more", what_is_suppressed_is_there_and_nothing_more},
        {"the month after the first is no return", the_month_after_the_first_is_no_return},
        {"the latest version of a row holds", the_latest_version_of_a_row_holds},
        {"accounts of rows that fold are a range", accounts_of_rows_that_fold_are_a_range},
        {"keys are readable and escaped", keys_are_readable_and_escaped},
        {"the order of rows never shows", the_order_of_rows_never_shows},
        {"bytes that are no signal are refused", bytes_that_are_no_signal_are_refused},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
