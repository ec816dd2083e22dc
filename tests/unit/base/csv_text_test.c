/* Cells of CSV by what a spreadsheet would run, and by what a terminal would obey. */
#include "gentally/base/csv_text.h"

#include "gentally/base/text.h"
#include "suite.h"

static void cells_are_harmless(void)
{
    static const struct {
        const char *text, *cell;
    } rows[] = {
        {"", ""},
        {"openai/gpt-4o", "openai/gpt-4o"},
        {"a b", "a b"},
        {"a,b", "\"a,b\""},
        {"a\"b", "\"a\"\"b\""},
        {"=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
        {"=1+1", "'=1+1"},
        {"+1", "'+1"},
        {"-1", "'-1"},
        {"-", "'-"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"'=1", "''=1"},
        {"'", "''"},
        {"\xef\xbc\x9d"
         "1",
         "'\xef\xbc\x9d"
         "1"},
        {"\xef\xbc\xa0"
         "A1",
         "'\xef\xbc\xa0"
         "A1"},
        {"\xef\xbc", "\xef\xbc"},
        {"a=1", "a=1"},
        {" =1", " =1"},
        {"a;=1+1", "a%3B=1+1"},
        {"\t=1", "%09=1"},
        {"\r=1", "%0D=1"},
        {"\n=1", "%0A=1"},
        {"a\r\nb", "a%0D%0Ab"},
        {"\x1b[31mred", "%1B[31mred"},
        {"\x7f", "%7F"},
        {"\xc2\x9b[31m", "%C2%9B[31m"},
        {"\xc2\xa0", "\xc2\xa0"}, /* a blank that does not break: no control character */
        {"100%", "100%25"},
        {"%1B", "%251B"},
        {"\xe6\xbc\xa2", "\xe6\xbc\xa2"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char cell[CSV_TEXT_MAX(64) + 1];
        *csv_text(cell, span_of(rows[i].text), false) = '\0';
        if (strcmp(cell, rows[i].cell) != 0)
            printf("'%s' became '%s'\n", rows[i].text, cell);
        CU_ASSERT_STRING_EQUAL(cell, rows[i].cell);
        CU_ASSERT_TRUE(strlen(cell) <= CSV_TEXT_MAX(strlen(rows[i].text)));
    }
}

static void quotation_marks_can_be_asked_for(void)
{
    char cell[CSV_TEXT_MAX(8) + 1];

    *csv_text(cell, (struct span){NULL, 0}, true) = '\0';
    CU_ASSERT_STRING_EQUAL(cell, "\"\"");
    *csv_text(cell, span_of("=a"), true) = '\0';
    CU_ASSERT_STRING_EQUAL(cell, "\"'=a\"");
}

static void no_text_needs_more_room(void)
{
    static const char *const worst[] = {"\"\"\"\"\"\"\"\"", "\x01\x01\x01\x01\x01\x01\x01\x01",
                                        "========", ",%;\x7f'=@\""};

    for (size_t i = 0; i < LENGTH_OF(worst); i++) {
        char cell[CSV_TEXT_MAX(8) + 1];
        cell[CSV_TEXT_MAX(8)] = '#';
        CU_ASSERT_TRUE(csv_text(cell, span_of(worst[i]), true) <= cell + CSV_TEXT_MAX(8));
        CU_ASSERT_EQUAL(cell[CSV_TEXT_MAX(8)], '#');
    }
}

static void control_characters_are_found(void)
{
    char text[] = "a\x1b[31m\n\xc2\x9b\xc2\xa0\x7f.";

    CU_ASSERT_EQUAL(text_control_size(span_of("")), 0);
    CU_ASSERT_EQUAL(text_control_size((struct span){"\0", 1}), 1);
    CU_ASSERT_EQUAL(text_control_size(span_of("\x1f")), 1);
    CU_ASSERT_EQUAL(text_control_size(span_of(" ")), 0);
    CU_ASSERT_EQUAL(text_control_size(span_of("\x7f")), 1);
    CU_ASSERT_EQUAL(text_control_size(span_of("\xc2\x80")), 2);
    CU_ASSERT_EQUAL(text_control_size(span_of("\xc2\x9f")), 2);
    CU_ASSERT_EQUAL(text_control_size(span_of("\xc2\xa0")), 0);
    CU_ASSERT_EQUAL(text_control_size(span_of("\xc2")), 0);
    text_make_one_line(text, strlen(text));
    CU_ASSERT_STRING_EQUAL(text, "a [31m   \xc2\xa0 .");
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"cells are harmless", cells_are_harmless},
        {"quotation marks can be asked for", quotation_marks_can_be_asked_for},
        {"no text needs more room", no_text_needs_more_room},
        {"control characters are found", control_characters_are_found},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
