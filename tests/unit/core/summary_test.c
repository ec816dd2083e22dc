/* The columns, keys and versions of a summary: rows, edges first. The tables are the bundled ones. */
#include "gentally/core/summary.h"

#include "cells.h"
#include "suite.h"

#define WEEK_MS INT64_C(1763337600000) /* 2025-11-17, a Monday */

static void panes_have_the_names_of_the_schema(void)
{
    static const char *const names[] = {"early", "on_time", "late"};

    for (size_t index = 0; index < LENGTH_OF(names); index++)
        CU_ASSERT_STRING_EQUAL(pane_name((enum pane)index), names[index]);
}

static void keys_put_the_window_behind_the_name(void)
{
    static const struct {
        const char *row_key;
        struct window window;
        const char *key;
    } rows[] = {
        {"total", {WINDOW_HOUR, 0}, "total|hour|1970-01-01T00:00:00Z"},
        {"total", {WINDOW_HOUR, -HOUR_MS}, "total|hour|1969-12-31T23:00:00Z"},
        {"language|", {WINDOW_DAY, DAY_MS}, "language|day|1970-01-02T00:00:00Z|"},
        {"model|openai/gpt-4o", {WINDOW_WEEK, WEEK_MS}, "model|week|2025-11-17T00:00:00Z|openai/gpt-4o"},
        {"provider|a%7Cb|x/y:free", {WINDOW_MONTH, 0}, "provider|month|1970-01-01T00:00:00Z|a%7Cb|x/y:free"},
        {"tag||", {WINDOW_HOUR, 0}, "tag|hour|1970-01-01T00:00:00Z||"},
    };
    char text[SUMMARY_KEY_MAX];

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        size_t size = summary_key_write(span_of(rows[index].row_key), rows[index].window, text);
        if (!span_equal((struct span){text, size}, span_of(rows[index].key))) {
            printf("%s: %.*s\n", rows[index].row_key, (int)size, text);
            CU_FAIL("the key is another");
        }
    }
}

static void the_longest_key_fits(void)
{
    static char row_key[ROW_KEY_MAX], text[SUMMARY_KEY_MAX + 1];

    memset(row_key, 'x', sizeof(row_key));
    row_key[ROLLUP_NAME_MAX - 1] = '|';
    text[SUMMARY_KEY_MAX] = '#';
    size_t size =
        summary_key_write((struct span){row_key, sizeof(row_key)}, (struct window){WINDOW_MONTH, WEEK_MS}, text);
    CU_ASSERT_EQUAL(size, ROW_KEY_MAX + strlen("|month|2025-11-17T00:00:00Z"));
    CU_ASSERT_EQUAL(text[SUMMARY_KEY_MAX], '#');
}

static void a_ledger_key_is_the_window(void)
{
    char text[64];
    size_t size = ledger_key_write((struct window){WINDOW_WEEK, WEEK_MS}, text);

    CU_ASSERT(span_equal((struct span){text, size}, span_of("week|2025-11-17T00:00:00Z")));
}

static void versions_are_ordered_by_generation_then_revision_then_pane(void)
{
    static const struct {
        int64_t generation, revision;
        enum pane pane;
    } rising[] = {
        {0, 0, PANE_EARLY}, {0, 0, PANE_ON_TIME}, {0, 0, PANE_LATE}, {0, 1, PANE_EARLY}, {0, 9, PANE_LATE},
        {1, 0, PANE_EARLY}, {1, 8, PANE_EARLY},   {1, 8, PANE_LATE}, {2, 0, PANE_EARLY}, {2, INT64_MAX, PANE_EARLY},
    };

    for (size_t left = 0; left < LENGTH_OF(rising); left++) {
        for (size_t right = 0; right < LENGTH_OF(rising); right++) {
            int order = summary_version_compare(rising[left].generation, rising[left].revision, rising[left].pane,
                                                rising[right].generation, rising[right].revision, rising[right].pane);
            CU_ASSERT_EQUAL((order > 0) - (order < 0), (left > right) - (left < right));
        }
    }
}

/* Every pair of versions that the bits hold, with numbers about each edge. */
static void one_number_rises_as_versions_do(void)
{
    static const int64_t generations[] = {0, 1, 2, 4095, 4096, VERSION_GENERATION_MAX - 1, VERSION_GENERATION_MAX};
    static const int64_t revisions[] = {
        0, 1, 2, 3, 42, INT64_C(1) << 32, VERSION_REVISION_MAX - 1, VERSION_REVISION_MAX};
    int64_t last = -1, pairs = 0;

    for (size_t g = 0; g < LENGTH_OF(generations); g++) {
        for (size_t r = 0; r < LENGTH_OF(revisions); r++) {
            for (enum pane pane = PANE_EARLY; pane <= PANE_LATE; pane++) { /* rising by summary_version_compare() */
                int64_t version = summary_version(generations[g], revisions[r], pane);
                CU_ASSERT(version > last);
                last = version;
                pairs++;
            }
        }
    }
    CU_ASSERT_EQUAL(pairs, 7 * 8 * 3);
    CU_ASSERT_EQUAL(summary_version(0, 0, PANE_EARLY), 0);
    CU_ASSERT_EQUAL(summary_version(0, 1, PANE_ON_TIME), 5);
    CU_ASSERT_EQUAL(summary_version(1, 42, PANE_LATE), (INT64_C(1) << 50) + 4 * 42 + 2);
}

/* Numbers of 64 bits, often about an edge. */
static int64_t draw(uint64_t *random)
{
    static const int64_t edges[] = {0, 1, VERSION_GENERATION_MAX, VERSION_REVISION_MAX, INT64_MAX - 3};

    *random = *random * 6364136223846793005u + 1442695040888963407u;
    uint64_t bits = *random >> 8;
    int64_t edge = edges[bits % LENGTH_OF(edges)];
    return bits & 64 ? (int64_t)(bits >> (8 + bits % 47)) : edge + (int64_t)(bits >> 7 & 3);
}

static void the_number_never_falls_when_the_version_rises(void)
{
    uint64_t random = 1;
    int64_t equal = 0, rising = 0;

    for (int turn = 0; turn < 200000; turn++) {
        int64_t generations[2] = {draw(&random), draw(&random)}, revisions[2] = {draw(&random), draw(&random)};
        enum pane panes[2] = {(enum pane)(turn % 3), (enum pane)(turn / 3 % 3)};
        if (turn % 2 == 0)
            generations[1] = generations[0];
        if (turn % 4 == 0)
            revisions[1] = revisions[0];
        int order =
            summary_version_compare(generations[0], revisions[0], panes[0], generations[1], revisions[1], panes[1]);
        int64_t left = summary_version(generations[0], revisions[0], panes[0]);
        int64_t right = summary_version(generations[1], revisions[1], panes[1]);
        bool fits = generations[0] <= VERSION_GENERATION_MAX && generations[1] <= VERSION_GENERATION_MAX &&
                    revisions[0] <= VERSION_REVISION_MAX && revisions[1] <= VERSION_REVISION_MAX;
        CU_ASSERT(left >= 0 && right >= 0);
        CU_ASSERT(order <= 0 || left >= right);
        CU_ASSERT(order >= 0 || left <= right);
        CU_ASSERT(!fits || order == 0 || left != right);
        equal += order != 0 && left == right;
        rising += order != 0 && left != right;
    }
    CU_ASSERT(equal > 100 && rising > 100); /* beyond the bits it stands still, and below it does not */
}

static void rows_of_too_few_accounts_are_suppressed(void)
{
    static const struct {
        int64_t accounts, below;
        bool is_suppressed;
    } rows[] = {
        {0, 0, false},   {7, 0, false},   {0, 1, true},  {1, 1, false},           {9, 10, true},
        {10, 10, false}, {11, 10, false}, {0, 10, true}, {999999, 1000000, true}, {1000000, 1000000, false},
    };
    static struct cell cell;
    struct summary summary = {.cell = &cell, .suppressed = true};

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        summary_suppress(&summary, rows[i].accounts, rows[i].below);
        CU_ASSERT_EQUAL(summary.suppressed, rows[i].is_suppressed);
    }
    /* So many registers in use: the estimate is their number, and not more. */
    cell_clear(&cell);
    for (uint32_t count = 1; count <= 44; count++) {
        cell.slots[cell.slot_count++] = (struct slot){ACCOUNT_SLOT + 3 * count, 1 + count % 5};
        CU_ASSERT_EQUAL(cell_accounts(&cell), count);
    }
}

struct fill_row {
    const char *name;
    struct rollup rollup;
    const char *values[ROLLUP_DIMS_MAX]; /* NULL = absent */
    const char *want[COLUMN_COUNT];      /* NULL = null */
};

#define CLOSED_OPENAI                                                                                                  \
    [COLUMN_FAMILY] = "openai/gpt-4o", [COLUMN_AUTHOR] = "openai", [COLUMN_SOURCE] = "closed",                         \
    [COLUMN_SIZE] = "unknown", [COLUMN_REASONING] = "no", [COLUMN_MODEL_NAME] = "GPT-4o",                              \
    [COLUMN_AUTHOR_NAME] = "OpenAI"
#define UNKNOWN_MODEL [COLUMN_SOURCE] = "unknown", [COLUMN_SIZE] = "unknown", [COLUMN_REASONING] = "unknown"

static const struct fill_row fill_rows[] = {
    {.name = "no dimension, no column", .rollup = {"total", 0, {0}}},
    {.name = "a model brings its attributes",
     .rollup = {"model", 1, {DIM_MODEL}},
     .values = {"openai/gpt-4o"},
     .want = {[COLUMN_MODEL] = "openai/gpt-4o", CLOSED_OPENAI}},
    {.name = "the variant stays in the slug",
     .rollup = {"model", 1, {DIM_MODEL}},
     .values = {"openai/gpt-4o:free"},
     .want = {[COLUMN_MODEL] = "openai/gpt-4o:free", CLOSED_OPENAI}},
    {.name = "an unknown model says so",
     .rollup = {"model", 1, {DIM_MODEL}},
     .values = {"nobody/never-was"},
     .want = {[COLUMN_MODEL] = "nobody/never-was",
              [COLUMN_FAMILY] = "nobody/never-was",
              [COLUMN_AUTHOR] = "nobody",
              UNKNOWN_MODEL}},
    {.name = "an unknown model's variant is of its family",
     .rollup = {"model", 1, {DIM_MODEL}},
     .values = {"nobody/never-was:free"},
     .want = {[COLUMN_MODEL] = "nobody/never-was:free",
              [COLUMN_FAMILY] = "nobody/never-was",
              [COLUMN_AUTHOR] = "nobody",
              UNKNOWN_MODEL}},
    {.name = "a family is the catalog's",
     .rollup = {"model", 1, {DIM_MODEL}},
     .values = {"deepseek/deepseek-v3-0324:free"},
     .want = {[COLUMN_MODEL] = "deepseek/deepseek-v3-0324:free",
              [COLUMN_FAMILY] = "deepseek/deepseek-chat",
              [COLUMN_AUTHOR] = "deepseek",
              [COLUMN_SOURCE] = "open_cn",
              [COLUMN_SIZE] = "large",
              [COLUMN_REASONING] = "no",
              [COLUMN_MODEL_NAME] = "DeepSeek V3", /* the family's */
              [COLUMN_AUTHOR_NAME] = "DeepSeek"}},
    {.name = "no slash, no author",
     .rollup = {"model", 1, {DIM_MODEL}},
     .values = {"never-was"},
     .want = {[COLUMN_MODEL] = "never-was", [COLUMN_FAMILY] = "never-was", UNKNOWN_MODEL}},
    {.name = "an absent model has no attributes", .rollup = {"model", 1, {DIM_MODEL}}, .values = {NULL}},
    {.name = "an empty model is absent", .rollup = {"model", 1, {DIM_MODEL}}, .values = {""}},
    {.name = "the order of the dimensions is the rollup's",
     .rollup = {"provider", 2, {DIM_PROVIDER, DIM_MODEL}},
     .values = {"azure", "openai/gpt-4o"},
     .want = {[COLUMN_PROVIDER] = "azure", [COLUMN_MODEL] = "openai/gpt-4o", CLOSED_OPENAI}},
    {.name = "labels are columns, with no attributes",
     .rollup = {"tag", 2, {DIM_TAG, DIM_CATEGORY}},
     .values = {"debugging", "programming"},
     .want = {[COLUMN_TAG] = "debugging", [COLUMN_CATEGORY] = "programming"}},
    {.name = "a country brings its continent",
     .rollup = {"geography", 1, {DIM_COUNTRY}},
     .values = {"DE"},
     .want = {[COLUMN_COUNTRY] = "DE", [COLUMN_CONTINENT] = "Europe"}},
    {.name = "an unknown country has none",
     .rollup = {"geography", 1, {DIM_COUNTRY}},
     .values = {"??"},
     .want = {[COLUMN_COUNTRY] = "??"}},
    {.name = "an absent country has none", .rollup = {"geography", 1, {DIM_COUNTRY}}, .values = {""}},
    {.name = "what has no row of its own is no model",
     .rollup = {"provider", 2, {DIM_PROVIDER, DIM_MODEL}},
     .values = {"(other)", "(other)"},
     .want = {[COLUMN_PROVIDER] = "(other)", [COLUMN_MODEL] = "(other)"}},
    {.name = "nor a country",
     .rollup = {"geography", 1, {DIM_COUNTRY}},
     .values = {"(other)"},
     .want = {[COLUMN_COUNTRY] = "(other)"}},
    {.name = "the other dimensions stand for themselves",
     .rollup = {"ends", 2, {DIM_LANGUAGE, DIM_FINISH_REASON}},
     .values = {"de", "stop"},
     .want = {[COLUMN_LANGUAGE] = "de", [COLUMN_FINISH_REASON] = "stop"}},
    {.name = "a tag has its bucket, which may be another than its category",
     .rollup = {"tag", 2, {DIM_CATEGORY, DIM_TAG}},
     .values = {"roleplay", "adult"},
     .want = {[COLUMN_CATEGORY] = "roleplay", [COLUMN_TAG] = "adult", [COLUMN_TAG_BUCKET] = "adult"}},
    {.name = "a tag of a taxonomy that is no more has none",
     .rollup = {"tag", 2, {DIM_CATEGORY, DIM_TAG}},
     .values = {"roleplay", "no such tag"},
     .want = {[COLUMN_CATEGORY] = "roleplay", [COLUMN_TAG] = "no such tag"}},
    {.name = "nor have the others",
     .rollup = {"tag", 2, {DIM_CATEGORY, DIM_TAG}},
     .values = {"(other)", "(other)"},
     .want = {[COLUMN_CATEGORY] = "(other)", [COLUMN_TAG] = "(other)"}},
    {.name = "an app stands as it came",
     .rollup = {"apps", 2, {DIM_APP, DIM_LANGUAGE}},
     .values = {"my app", "de"},
     .want = {[COLUMN_APP] = "my app", [COLUMN_LANGUAGE] = "de"}},
};

static void fill_check(const struct fill_row *row, const struct join_tables *tables)
{
    struct summary summary;
    struct span values[ROLLUP_DIMS_MAX];

    memset(&summary, 0x55, sizeof(summary)); /* What was there before must not shine through. */
    for (size_t index = 0; index < ROLLUP_DIMS_MAX; index++)
        values[index] = span_of(row->values[index]);
    summary_fill(&summary, &row->rollup, values, tables);
    CU_ASSERT(span_equal(summary.rollup, span_of(row->rollup.name)));
    for (int column = 0; column < COLUMN_COUNT; column++) {
        struct span have = summary.columns[column], want = span_of(row->want[column]);
        if (!span_equal(have, want) || (have.bytes == NULL) != (want.bytes == NULL)) {
            printf("%s: %s is \"%.*s\"\n", row->name, column_name((enum column)column), (int)have.size,
                   have.bytes == NULL ? "" : have.bytes);
            CU_FAIL("a column is another");
        }
    }
}

/* But for what is a word of SQL. */
static void each_dimension_has_the_column_of_its_name(void)
{
    for (enum dimension dimension = 0; dimension < DIM_COUNT; dimension++) {
        const char *have = column_name(column_of(dimension)), *want = dimension_name(dimension);
        want = dimension == DIM_MODEL ? "model_slug" : dimension == DIM_LANGUAGE ? "lang" : want;
        if (strcmp(have, want) != 0)
            printf("dimension %s goes into column %s: see column_of()\n", want, have);
        CU_ASSERT_STRING_EQUAL(have, want);
    }
}

static void columns_are_filled_from_values_and_tables(void)
{
    struct catalog *catalog;
    struct countries *countries;
    struct taxonomy *taxonomy;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(catalog_open(&catalog, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(countries_open(&countries, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(taxonomy_open(&taxonomy, NULL, &why), GO_ON);
    const struct join_tables tables = {catalog, countries, taxonomy};
    for (size_t index = 0; index < LENGTH_OF(fill_rows); index++)
        fill_check(&fill_rows[index], &tables);
    taxonomy_close(taxonomy);
    countries_close(countries);
    catalog_close(catalog);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"panes have the names of the schema", panes_have_the_names_of_the_schema},
        {"each dimension has the column of its name", each_dimension_has_the_column_of_its_name},
        {"keys put the window behind the name", keys_put_the_window_behind_the_name},
        {"the longest key fits", the_longest_key_fits},
        {"a ledger key is the window", a_ledger_key_is_the_window},
        {"versions are ordered by generation, then revision, then pane",
         versions_are_ordered_by_generation_then_revision_then_pane},
        {"one number rises as versions do", one_number_rises_as_versions_do},
        {"the number never falls when the version rises", the_number_never_falls_when_the_version_rises},
        {"rows of too few accounts are suppressed", rows_of_too_few_accounts_are_suppressed},
        {"columns are filled from values and tables", columns_are_filled_from_values_and_tables},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
