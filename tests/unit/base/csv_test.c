/* CSV: what RFC 4180 allows, what it does not, and on which line. */
#include "gentally/base/csv.h"

#include "suite.h"
#include "table_file.h"

/* Reads all rows as "field|field/field|field/"; at a refusal gives its text. */
static void flatten(struct span text, char *flat, size_t flat_size, struct reason *why)
{
    struct csv csv;
    bool is_end = false;
    size_t size = 0;
    enum verdict verdict = csv_open(&csv, NULL, text, why);

    flat[0] = '\0';
    if (verdict == GO_ON) {
        while ((verdict = csv_next(&csv, &is_end, why)) == GO_ON && !is_end)
            for (uint32_t i = 0; i < csv.field_count; i++)
                size += (size_t)snprintf(flat + size, flat_size - size, "%.*s%c", (int)csv.fields[i].size,
                                         csv.fields[i].bytes, i + 1 == csv.field_count ? '/' : '|');
        csv_close(&csv);
    }
    if (verdict != GO_ON) {
        CU_ASSERT_EQUAL(verdict, HALT);
        CU_ASSERT_STRING_EQUAL(reason_name(why->id), "TABLE-INVALID");
        snprintf(flat, flat_size, "%s", why->text);
    }
}

static void reads_what_the_rfc_allows(void)
{
    static const struct {
        const char *name, *text, *want;
    } rows[] = {
        {"header only", "a,b\n", ""},
        {"one row", "a,b\n1,2\n", "1|2/"},
        {"no newline at the end", "a,b\n1,2", "1|2/"},
        {"CRLF", "a,b\r\n1,2\r\n3,4\r\n", "1|2/3|4/"},
        {"byte order mark",
         "\xef\xbb\xbf"
         "a,b\n1,2\n",
         "1|2/"},
        {"empty fields", "a,b\n,\n", "|/"},
        {"empty field at the very end", "a,b\n1,", "1|/"},
        {"quoted", "a,b\n\"1\",\"2\"\n", "1|2/"},
        {"quoted comma", "a,b\n\"1,1\",2\n", "1,1|2/"},
        {"quoted quote", "a,b\n\"say \"\"hi\"\"\",2\n", "say \"hi\"|2/"},
        {"only a quoted quote", "a,b\n\"\"\"\",2\n", "\"|2/"},
        {"quoted empty", "a,b\n\"\",\"\"", "|/"},
        {"quoted newline", "a,b\n\"1\n1\",2\n3,4\n", "1\n1|2/3|4/"},
        {"comments and blank lines", "# a table\n\na,b\n# one\n1,2\n\r\n# two\n3,4\n#", "1|2/3|4/"},
        {"a quoted # is no comment", "a,b\n\"#1\",2\n", "#1|2/"},
        {"a # within a field", "a,b\n1#,2\n", "1#|2/"},
        {"blanks are kept", "a,b\n 1 , 2\n", " 1 | 2/"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct reason why = {0};
        char flat[REASON_TEXT_SIZE];
        flatten(span_of(rows[i].text), flat, sizeof(flat), &why);
        if (strcmp(flat, rows[i].want) != 0)
            printf("row \"%s\": got \"%s\"\n", rows[i].name, flat);
        CU_ASSERT_STRING_EQUAL(flat, rows[i].want);
    }
}

static void refuses_with_the_line(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", "bundled table:1: is empty: not even a header"},
        {"# only a comment\n", "bundled table:1: is empty: not even a header"},
        {"a,a\n", "bundled table:1: column \"a\" appears twice"},
        {"a,b\n1\n", "bundled table:2: has 1 fields, the header has 2"},
        {"a,b\n1,2,3\n", "bundled table:2: has more than 2 fields"},
        {"a,b\n1,2\n\n# x\n3\n", "bundled table:5: has 1 fields, the header has 2"},
        {"a,b\n\"1\n\n\",2\n3\n", "bundled table:5: has 1 fields, the header has 2"},
        {"a,b\n1,\"2\n", "bundled table:2: a quote is never closed"},
        {"a,b\n1,2\"2\n", "bundled table:2: a quote stands within field 2"},
        {"a,b\n\"1\"1,2\n", "bundled table:2: no comma after field 1"},
        {"a,b\n1\r,2\n", "bundled table:2: no comma after field 1"},
        {"a,b\r1,2\r", "bundled table:1: has lines that end in CR alone: `tr '\\r' '\\n'` mends them"},
        {"a,b,,\n1,2,,\n", "bundled table:1: column 3 has no name: a comma too many?"},
        {"a,b\n1,2\nM\xfcnchen,3\n",
         "bundled table:3: is not UTF-8: save it as that, or `iconv -f WINDOWS-1252 -t UTF-8`"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct reason why = {0};
        char flat[REASON_TEXT_SIZE];
        flatten(span_of(rows[i].text), flat, sizeof(flat), &why);
        CU_ASSERT_STRING_EQUAL(flat, rows[i].want);
    }
}

static void refuses_what_is_no_text(void)
{
    static const char with_nul[] = "a,b\n1,\0002\n";
    char wide[2 * CSV_FIELDS_MAX + 4], flat[REASON_TEXT_SIZE];
    struct reason why = {0};

    flatten((struct span){with_nul, sizeof(with_nul) - 1}, flat, sizeof(flat), &why);
    CU_ASSERT_STRING_EQUAL(flat, "bundled table:1: has a NUL byte, so it is no text");
    memset(wide, ',', sizeof(wide));
    flatten((struct span){wide, CSV_FIELDS_MAX}, flat, sizeof(flat), &why);
    CU_ASSERT_STRING_EQUAL(flat, "bundled table:1: has more than 32 fields");
}

static void what_spreadsheets_save_is_told(void)
{
    static const struct {
        struct span text;
        const char *want;
    } rows[] = {
#define BYTES(text) {text, sizeof(text) - 1}
        {BYTES("\xff\xfe"
               "a\0,\0b\0\n\0"),
         "bundled table:1: is UTF-16: `iconv -f UTF-16 -t UTF-8` makes it UTF-8"},
        {BYTES("a\0,\0b\0\n\0"), "bundled table:1: is UTF-16: `iconv -f UTF-16LE -t UTF-8` makes it UTF-8"},
        {BYTES("PK\x03\x04\x14\0"),
         "bundled table:1: is a ZIP archive, as spreadsheets (.xlsx) are, too: unpack it, or "
         "save it as CSV in UTF-8"},
        {BYTES("slug;author\na;b\n"),
         "bundled table:1: has no column \"slug\": its fields are separated by semicolons, not commas"},
        {BYTES("\xef\xbb\xbfslug;author\r\na;b\r\n"),
         "bundled table:1: has no column \"slug\": its fields are separated by semicolons, not commas"},
        {BYTES("slug\tauthor\na\tb\n"),
         "bundled table:1: has no column \"slug\": its fields are separated by tabs, not commas"},
        {BYTES("\xe2\x80\x9cslug\xe2\x80\x9d,author\na,b\n"),
         "bundled table:1: has no column \"slug\": its quotation marks are typographic, not plain ones"},
        {BYTES("author, slug\na,b\n"), "bundled table:1: has no column \"slug\", but one with blanks around that"},
        {BYTES("SLUG,author\na,b\n"), "bundled table:1: has no column \"slug\", but one in capitals"},
        {BYTES("name,author\na,b\n"), "bundled table:1: has no column \"slug\""},
#undef BYTES
    };
    static const char *const names[] = {"slug"};

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct csv csv;
        struct reason why = {0};
        int column;
        if (csv_open(&csv, NULL, rows[i].text, &why) == GO_ON) {
            CU_ASSERT_EQUAL(csv_columns(&csv, names, &column, 1, &why), HALT);
            csv_close(&csv);
        }
        CU_ASSERT_STRING_EQUAL(why.text, rows[i].want);
    }
}

static void finds_columns_by_name(void)
{
    static const char *const names[] = {"b", "a"}, *const missing[] = {"a", "c"};
    struct csv csv;
    struct reason why = {0};
    int columns[2];

    CU_ASSERT_EQUAL(csv_open(&csv, NULL,
                             span_of("\xef\xbb\xbf"
                                     "a,b\n1,2\n"),
                             &why),
                    GO_ON);
    CU_ASSERT_EQUAL(csv_column(&csv, "a"), 0); /* without the byte order mark */
    CU_ASSERT_EQUAL(csv_column(&csv, "b"), 1);
    CU_ASSERT_EQUAL(csv_column(&csv, "c"), -1);
    CU_ASSERT_EQUAL(csv_columns(&csv, names, columns, 2, &why), GO_ON);
    CU_ASSERT_EQUAL(columns[0], 1);
    CU_ASSERT_EQUAL(columns[1], 0);
    CU_ASSERT_EQUAL(csv_columns(&csv, missing, columns, 2, &why), HALT);
    CU_ASSERT_STRING_EQUAL(why.text, "bundled table:1: has no column \"c\"");
    csv_close(&csv);
}

static void a_file_is_read_like_a_bundled_text(void)
{
    static const char text[] = "a,b\n1,\"2\"\n";
    struct csv file_csv, text_csv;
    struct reason why = {0};
    bool is_end = true;
    struct table_file file = table_file_open(text);

    CU_ASSERT_EQUAL(csv_open(&file_csv, file.path, (struct span){NULL, 0}, &why), GO_ON);
    CU_ASSERT_EQUAL(csv_open(&text_csv, "", span_of(text), &why), GO_ON);
    CU_ASSERT_EQUAL(file_csv.version, text_csv.version);
    CU_ASSERT_EQUAL(csv_next(&file_csv, &is_end, &why), GO_ON);
    CU_ASSERT_FALSE(is_end);
    CU_ASSERT_EQUAL(file_csv.line, 2);
    CU_ASSERT_EQUAL(file_csv.version, text_csv.version); /* of the bytes as they were, not as unquoted */
    csv_close(&file_csv);
    csv_close(&text_csv);
    table_file_close(&file);
}

static void the_version_is_fnv1a(void)
{
    struct csv csv;
    struct reason why = {0};

    CU_ASSERT_EQUAL(csv_open(&csv, NULL, span_of("a"), &why), GO_ON);
    CU_ASSERT_EQUAL(csv.version, UINT64_C(0xaf63dc4c8601ec8c)); /* the published vector for "a" */
    csv_close(&csv);
}

static void says_why_a_file_cannot_be_read(void)
{
    struct csv csv;
    struct reason why = {0};

    CU_ASSERT_EQUAL(csv_open(&csv, "no/such/table.csv", (struct span){NULL, 0}, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "TABLE-UNREADABLE");
    CU_ASSERT_STRING_EQUAL(why.text, "no/such/table.csv: No such file or directory");
    CU_ASSERT_EQUAL(csv_open(&csv, ".", (struct span){NULL, 0}, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "TABLE-UNREADABLE");
    CU_ASSERT_STRING_EQUAL(why.text, ".: Is a directory");
}

static void reads_a_file_larger_than_its_first_buffer(void)
{
    enum { SIZE = 300000 };
    struct csv csv;
    struct reason why = {0};
    bool is_end = false;
    size_t count = 0;
    char *text = malloc(SIZE + 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = i % 4 == 3 ? '\n' : i % 4 == 1 ? ',' : 'x'; /* "x,x\n", a header of two equal names */
    text[0] = 'y';
    text[SIZE] = '\0';
    struct table_file file = table_file_open(text);
    CU_ASSERT_EQUAL_FATAL(csv_open(&csv, file.path, (struct span){NULL, 0}, &why), GO_ON);
    CU_ASSERT(csv_rows_max(&csv) >= SIZE / 4 - 1);
    while (csv_next(&csv, &is_end, &why) == GO_ON && !is_end)
        count++;
    CU_ASSERT_EQUAL(count, SIZE / 4 - 1);
    csv_close(&csv);
    table_file_close(&file);
    free(text);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"reads_what_the_rfc_allows", reads_what_the_rfc_allows},
        {"refuses_with_the_line", refuses_with_the_line},
        {"refuses_what_is_no_text", refuses_what_is_no_text},
        {"what_spreadsheets_save_is_told", what_spreadsheets_save_is_told},
        {"finds_columns_by_name", finds_columns_by_name},
        {"a_file_is_read_like_a_bundled_text", a_file_is_read_like_a_bundled_text},
        {"the_version_is_fnv1a", the_version_is_fnv1a},
        {"says_why_a_file_cannot_be_read", says_why_a_file_cannot_be_read},
        {"reads_a_file_larger_than_its_first_buffer", reads_a_file_larger_than_its_first_buffer},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
