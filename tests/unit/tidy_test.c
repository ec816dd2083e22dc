/*
 * The house rules that any source can break by itself: how long things may grow, which calls and words are banned.
 * Rooms and what they may include are rooms_test.c, reasons and their pages reasons_test.c. What is allowed stands in
 * tidy_tables.h.
 */
#include "tidy_tables.h"
#include "tidy_tree.h"

#define COLUMNS_MAX 120
#define FUNCTION_LINES_MAX 70
#define FILE_LINES_MAX 600

/* ---- The rules. */

static void check_lengths(const struct source_file *source, struct findings *findings)
{
    size_t columns = 0;
    size_t lines = 0;
    const char *line = source->text;

    for (const char *at = source->text; *at != '\0'; at++) {
        if (*at != '\n') {
            columns += ((unsigned char)*at & 0xc0) != 0x80; /* UTF-8: only first bytes make a column */
            continue;
        }
        if (columns > COLUMNS_MAX)
            complain(findings, source, line, "%zu columns, at most %d", columns, COLUMNS_MAX);
        columns = 0;
        lines++;
        line = at + 1;
    }
    if (lines > FILE_LINES_MAX)
        complain(findings, source, line, "%zu lines, at most %d: split it by a good noun", lines, FILE_LINES_MAX);
}

/* clang-format puts a function's braces, and nothing else that is long, at the first column. */
static void check_functions(const struct source_file *source, struct findings *findings)
{
    const char *begin = NULL;
    int lines = 0;

    for (const char *line = source->bare; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (*line == '{') {
            begin = line;
            lines = 0;
        } else if (*line == '}' && begin != NULL) {
            if (lines > FUNCTION_LINES_MAX)
                complain(findings, source, source->text + (begin - source->bare), "a function of %d lines, at most %d",
                         lines, FUNCTION_LINES_MAX);
            begin = NULL;
        } else {
            lines++;
        }
    }
}

static bool is_allowed(const char *path, const char *const places[], size_t count)
{
    for (size_t at = 0; at < count && places[at] != NULL; at++)
        if (begins_with(path, places[at]))
            return true;
    return false;
}

static void check_calls(const struct source_file *source, struct findings *findings)
{
    for (size_t call = 0; call < LENGTH_OF(banned_calls); call++) {
        const char *name = banned_calls[call].name;
        if (is_allowed(source->path, banned_calls[call].places, LENGTH_OF(banned_calls[call].places)))
            continue;
        for (const char *at = source->bare; (at = find_word(source->bare, at, name)) != NULL; at++)
            if (at[strlen(name) + strspn(at + strlen(name), " ")] == '(')
                complain(findings, source, source->text + (at - source->bare), "%s() is banned here", name);
    }
}

static void check_words(const struct source_file *source, struct findings *findings)
{
    for (size_t word = 0; word < LENGTH_OF(banned_words); word++)
        for (const char *at = source->text; (at = find_word(source->text, at, banned_words[word])) != NULL; at++)
            complain(findings, source, at, "the word %s", banned_words[word]);
}

/* ---- The rules on bad examples, and on the tree. */

static const struct example examples[] = {
    {check_calls, "src/x.c", "strcpy(a, b);", 1},
    {check_calls, "tests/unit/x_test.c", "n = atoi (a) + rand();", 2},
    {check_calls, "src/x.c", "my_strcpy(a); strcpy_s(a); x.strtok = 1; /* gets() */ f(\"rand()\");", 0},
    {check_calls, "src/x.c", "f('\"'); sprintf(a); f(\"\\\"\"); vsprintf(b);", 2},
    {check_calls, "src/x.c", "time(NULL); printf(a); fprintf(f, a); snprintf(a); timer(1);", 2},
    {check_calls, "src/commands/x.c", "time(NULL); printf(a);", 0},
    {check_calls, "src/cli/x.c", "printf(a);", 0},
    {check_calls, "src/ingest/x.c", "clock_gettime(clock, &now);", 1},
    {check_words, "src/x.c", "/* " WORD_TODO ": later */ int " WORD_FIXME "; // " WORD_XXX "\n#ifdef " WORD_NDEBUG, 4},
    {check_words, "src/x.c", "mkstemp(\"x-" WORD_XXX WORD_XXX "\"); " WORD_TODO "S", 0},
};

static void rules_see_bad_examples(void)
{
    check_examples(examples, LENGTH_OF(examples));
}

/* `count` lines of `columns` letters each, between `before` and `after`. */
static char *long_text(const char *before, size_t count, size_t columns, const char *after)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    fputs(before, file);
    for (size_t line = 0; line < count; line++)
        fprintf(file, "%*s\n", (int)columns, ";");
    fputs(after, file);
    fclose(file);
    return text;
}

static void lengths_are_seen_to_the_line(void)
{
    static const struct {
        rule *check;
        const char *before;
        size_t lines, columns;
        const char *after;
        size_t want;
    } rows[] = {
        {check_lengths, "", 1, COLUMNS_MAX, "", 0},
        {check_lengths, "", 2, COLUMNS_MAX + 1, "", 2},
        {check_lengths, "\xc3\xa9", 1, COLUMNS_MAX - 1, "", 0},
        {check_lengths, "", FILE_LINES_MAX, 1, "", 0},
        {check_lengths, "", FILE_LINES_MAX + 1, 1, "", 1},
        {check_functions, "void f(void)\n{\n", FUNCTION_LINES_MAX, 5, "}\n", 0},
        {check_functions, "void f(void)\n{\n", FUNCTION_LINES_MAX + 1, 5, "}\n", 1},
        {check_functions, "void f(void)\n{\n/*\n}\n*/", FUNCTION_LINES_MAX, 5, "}\n", 1},
        {check_functions, "static const int rows[] = {\n", FUNCTION_LINES_MAX + 1, 5, "};\n", 0},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        char *text = long_text(rows[at].before, rows[at].lines, rows[at].columns, rows[at].after);
        size_t count = findings_in(rows[at].check, "src/x.c", text);
        if (count != rows[at].want)
            printf("length %zu: %zu findings, not %zu\n", at, count, rows[at].want);
        CU_ASSERT_EQUAL(count, rows[at].want);
        free(text);
    }
}

static void lines_and_files_are_short(void)
{
    check_tree(check_lengths);
}

static void functions_are_short(void)
{
    check_tree(check_functions);
}

static void banned_calls_are_absent(void)
{
    check_tree(check_calls);
}

static void banned_words_are_absent(void)
{
    check_tree(check_words);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"rules_see_bad_examples", rules_see_bad_examples},
        {"lengths_are_seen_to_the_line", lengths_are_seen_to_the_line},
        {"lines_and_files_are_short", lines_and_files_are_short},
        {"functions_are_short", functions_are_short},
        {"banned_calls_are_absent", banned_calls_are_absent},
        {"banned_words_are_absent", banned_words_are_absent},
        CU_TEST_INFO_NULL,
    };
    tree_open();
    int status = suite_run(argc, argv, tests);
    tree_close();
    return status;
}
