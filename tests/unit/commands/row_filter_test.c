/* Rows that are asked for: two columns are both, two values of a column are either. */
#include "row_filter.h"

#include "suite.h"

static const uint32_t of_model = 1u << COLUMN_MODEL | 1u << COLUMN_AUTHOR | 1u << COLUMN_SIZE;

/* Reads up to three terms. */
static enum verdict read(struct row_filter *filter, const char *const terms[3], struct reason *why)
{
    struct command_option options[ROW_FILTER_TERMS] = {{"where", "", "", NULL}};

    for (uint32_t at = 0; at < 3; at++)
        options[at] = (struct command_option){"where", "", NULL, terms[at]};
    return row_filter_read(filter, options, of_model, "model", why);
}

static void takes_what_is_asked_for(void)
{
    static const struct {
        const char *terms[3];
        const char *author, *size; /* NULL: the row has none */
        bool want;
    } rows[] = {
        {{NULL}, "a", "small", true},
        {{"author=a"}, "a", "small", true},
        {{"author=a"}, "ab", "small", false},
        {{"author=ab"}, "a", "small", false},
        {{"author=a"}, NULL, "small", false},
        {{"author="}, NULL, "small", true},
        {{"author="}, "a", "small", false},
        {{"author=a=b"}, "a=b", NULL, true},
        {{"author=a", "author=b"}, "b", NULL, true},
        {{"author=a", "author=b"}, "c", NULL, false},
        {{"author=a", "size=small"}, "a", "small", true},
        {{"author=a", "size=small"}, "a", "large", false},
        {{"author=a", "size=small", "author=b"}, "b", "small", true},
        {{"author=a", "size=small", "size=large"}, "b", "large", false},
    };

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        struct span columns[COLUMN_COUNT] = {{NULL, 0}};
        struct row_filter filter;
        struct reason why = {0};
        columns[COLUMN_AUTHOR] = span_of(rows[index].author);
        columns[COLUMN_SIZE] = span_of(rows[index].size);
        CU_ASSERT_EQUAL_FATAL(read(&filter, rows[index].terms, &why), GO_ON);
        bool is_taken = row_filter_takes(&filter, columns);
        if (is_taken != rows[index].want)
            printf("row %zu is %staken\n", index, is_taken ? "" : "not ");
        CU_ASSERT_EQUAL(is_taken, rows[index].want);
    }
}

static void refuses_what_rows_do_not_have(void)
{
    static const struct {
        const char *terms[3], *want;
    } rows[] = {
        {{"author"}, "--where author: want COLUMN=VALUE"},
        {{"country=US"}, "rows of rollup model have no column 'country'; they have model_slug, author, size"},
        {{"author=a", "=b"}, "no column ''"},
    };

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        struct row_filter filter;
        struct reason why = {0};
        CU_ASSERT_EQUAL(read(&filter, rows[index].terms, &why), HALT);
        CU_ASSERT_EQUAL(why.id, CONFIG_VALUE);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, rows[index].want));
    }
}

static void reads_columns_to_sum_over(void)
{
    struct command_option option = {"by", "", "", "size,author"};
    enum column by[2];
    uint32_t count = 9;
    struct reason why = {0};

    CU_ASSERT_EQUAL(row_columns_read(&option, of_model, "model", by, 2, &count, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(count, 2);
    CU_ASSERT_EQUAL(by[0], COLUMN_SIZE);
    CU_ASSERT_EQUAL(by[1], COLUMN_AUTHOR);
    option.value = NULL;
    CU_ASSERT_EQUAL(row_columns_read(&option, of_model, "model", by, 2, &count, &why), GO_ON);
    CU_ASSERT_EQUAL(count, 0);
    static const char *const wrong[] = {"size,size", "size,", "size,author,model_slug", "", "lang"};
    for (size_t index = 0; index < LENGTH_OF(wrong); index++) {
        option.value = wrong[index];
        CU_ASSERT_EQUAL(row_columns_read(&option, of_model, "model", by, 2, &count, &why), HALT);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"takes_what_is_asked_for", takes_what_is_asked_for},
        {"refuses_what_rows_do_not_have", refuses_what_rows_do_not_have},
        {"reads_columns_to_sum_over", reads_columns_to_sum_over},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
