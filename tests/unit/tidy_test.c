/*
 * The house rules, checked on the tree itself: how long things may grow, who may include whom, which calls are banned,
 * and that every reason has its page in runbooks/reasons.md.
 *
 * A rule is a function that reads one source and complains. Each is first shown small bad examples, since a rule that
 * cannot fail says nothing; then it reads all of src/, include/ and tests/. What is allowed
 * stands in tidy_tables.h.
 */
#include <assert.h>
#include <ctype.h>
#include <ftw.h>
#include <stdarg.h>

#include "gentally/base/base.h"
#include "suite.h"
#include "tidy_source.h"
#include "tidy_tables.h"

#define COLUMNS_MAX 120
#define FUNCTION_LINES_MAX 70
#define FILE_LINES_MAX 600
#define SOURCES_MAX 512

struct findings {
    bool is_quiet; /* for the bad examples: only the count matters */
    size_t count;
    char last[256];
    char told[8192]; /* ids already complained of, each once, in quotes */
};

typedef void rule(const struct source *source, struct findings *findings);

/* All sources of the tree; nftw() has no argument to pass it by. */
static struct source tree[SOURCES_MAX];
static size_t tree_count;

__attribute__((format(printf, 4, 5))) static void complain(struct findings *findings, const struct source *source,
                                                           const char *at, const char *format, ...)
{
    unsigned line = 1;
    va_list arguments;

    for (const char *text = source->text; text < at; text++)
        line += *text == '\n';
    va_start(arguments, format);
    vsnprintf(findings->last, sizeof(findings->last), format, arguments);
    va_end(arguments);
    findings->count++;
    if (!findings->is_quiet)
        printf("%s:%u: %s\n", source->path, line, findings->last);
}

/* ---- The rules. */

static void check_lengths(const struct source *source, struct findings *findings)
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
static void check_functions(const struct source *source, struct findings *findings)
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

static bool is_word_letter(char letter)
{
    return isalnum((unsigned char)letter) || letter == '_';
}

/* The next `word` at or after `at` that is not a part of a longer one. `first` is where the text begins. */
static const char *find_word(const char *first, const char *at, const char *word)
{
    size_t size = strlen(word);
    for (at = strstr(at, word); at != NULL; at = strstr(at + 1, word))
        if ((at == first || !is_word_letter(at[-1])) && !is_word_letter(at[size]))
            return at;
    return NULL;
}

static bool is_allowed(const char *path, const char *const places[], size_t count)
{
    for (size_t at = 0; at < count && places[at] != NULL; at++)
        if (begins_with(path, places[at]))
            return true;
    return false;
}

static void check_calls(const struct source *source, struct findings *findings)
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

static void check_words(const struct source *source, struct findings *findings)
{
    for (size_t word = 0; word < LENGTH_OF(banned_words); word++)
        for (const char *at = source->text; (at = find_word(source->text, at, banned_words[word])) != NULL; at++)
            complain(findings, source, at, "the word %s", banned_words[word]);
}

static int level_of(const char *name)
{
    for (size_t at = 0; at < LENGTH_OF(levels); at++)
        if (strcmp(levels[at].name, name) == 0)
            return levels[at].level;
    return -1;
}

static void check_foreign(const struct source *source, const char *at, const char *name, struct findings *findings)
{
    if (begins_with(source->path, "tests/") || strcmp(source->path, "src/versions.c") == 0)
        return;
    for (size_t header = 0; header < LENGTH_OF(foreign_headers); header++)
        if (begins_with(name, foreign_headers[header].prefix) &&
            !is_allowed(source->path, foreign_headers[header].owners, LENGTH_OF(foreign_headers[header].owners)))
            complain(findings, source, at, "<%s> has other owners", name);
}

static void check_private(const struct source *source, const char *at, const char *name, struct findings *findings)
{
    if (begins_with(source->path, "tests/"))
        return;
    for (size_t header = 0; header < LENGTH_OF(private_headers); header++)
        if (strcmp(private_headers[header].name, name) == 0) {
            if (!is_allowed(source->path, private_headers[header].owners, LENGTH_OF(private_headers[header].owners)))
                complain(findings, source, at, "\"%s\" is private", name);
            return;
        }
    complain(findings, source, at, "\"%s\" is not in the table of private headers", name);
}

/* A header of include/gentally includes its neighbours by their bare name. */
static void check_level(const struct source *source, const char *at, const char *name, struct findings *findings)
{
    int own = level_of(source->path + strlen("include/gentally/"));
    int other = level_of(name);

    if (other >= own && own >= 0)
        complain(findings, source, at, "level %d includes \"%s\" of level %d: only lower ones", own, name, other);
}

static void check_stage(const struct source *source, const char *at, const char *name, struct findings *findings)
{
    bool is_stage = false;

    if (level_of(name) < 0)
        complain(findings, source, at, "\"gentally/%s\" is not in the table of levels", name);
    for (size_t stage = 0; stage < LENGTH_OF(stages); stage++)
        is_stage = is_stage || strcmp(stages[stage], name) == 0;
    for (size_t room = 0; is_stage && room < LENGTH_OF(rooms); room++)
        if (strcmp(rooms[room].file, source->path) == 0 && strcmp(rooms[room].stage, name) != 0 &&
            (rooms[room].also == NULL || strcmp(rooms[room].also, name) != 0))
            complain(findings, source, at, "a stage includes another, \"%s\"", name);
}

static void check_include(const struct source *source, const char *at, const char *name, bool is_foreign,
                          struct findings *findings)
{
    if (is_foreign)
        check_foreign(source, at, name, findings);
    else if (begins_with(name, "gentally/"))
        check_stage(source, at, name + strlen("gentally/"), findings);
    else if (begins_with(source->path, "include/gentally/"))
        check_level(source, at, name, findings);
    else
        check_private(source, at, name, findings);
}

static void check_includes(const struct source *source, struct findings *findings)
{
    static const char directive[] = "#include ";

    if (begins_with(source->path, "include/gentally/") && level_of(source->path + strlen("include/gentally/")) < 0)
        complain(findings, source, source->text, "not in the table of levels: give it the lowest it can have");
    for (const char *at = source->code; (at = strstr(at, directive)) != NULL; at++) {
        char name[128];
        const char *first = at + strlen(directive) + 1;
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(first, ">\"\n"), first);
        check_include(source, source->text + (at - source->code), name, first[-1] == '<', findings);
    }
}

/* ---- Reasons and their pages. */

/* The size of a reason's id at `text`, letters in groups with dashes between; 0 if it is none. */
static size_t id_size(const char *text)
{
    size_t size = 0;
    bool has_dash = false;

    if (!isupper((unsigned char)text[0]))
        return 0;
    for (; isupper((unsigned char)text[size]) || isdigit((unsigned char)text[size]) || text[size] == '-'; size++) {
        if (text[size] == '-' && text[size + 1] == '-')
            return 0;
        has_dash = has_dash || text[size] == '-';
    }
    return has_dash && text[size - 1] != '-' ? size : 0;
}

/* True if this id has not been told yet. A reason is often given in many places; its page is missing once. */
static bool is_first(struct findings *findings, const char *id, size_t size)
{
    char quoted[96];
    size_t told_size = strlen(findings->told);

    snprintf(quoted, sizeof(quoted), "\"%.*s\"", (int)size, id);
    if (strstr(findings->told, quoted) != NULL)
        return false;
    snprintf(findings->told + told_size, sizeof(findings->told) - told_size, "%s", quoted);
    return true;
}

/* News are logged and reasons returned: an id given to log_line() needs no page. */
static bool is_news(const struct source *source, const char *at)
{
    const char *first = at;
    while (first > source->code && strchr(";{}", first[-1]) == NULL)
        first--;
    const char *call = find_word(source->code, first, "log_line");
    return call != NULL && call < at;
}

static bool has_page(const char *pages, const char *id, size_t size)
{
    for (const char *at = pages; (at = strstr(at, "## ")) != NULL; at++)
        if ((at == pages || at[-1] == '\n') && strncmp(at + 3, id, size) == 0 &&
            (at[3 + size] == '\n' || at[3 + size] == '\0'))
            return true;
    return false;
}

static void check_pages(const struct source *source, const char *pages, struct findings *findings)
{
    for (const char *at = source->code; (at = strchr(at, '"')) != NULL; at++) {
        size_t size = id_size(at + 1);
        if (size == 0 || at[1 + size] != '"' || is_news(source, at) || has_page(pages, at + 1, size))
            continue;
        if (is_first(findings, at + 1, size))
            complain(findings, source, source->text + (at - source->code),
                     "no heading '## %.*s' in runbooks/reasons.md", (int)size, at + 1);
    }
}

static bool is_in_use(const struct source sources[], size_t count, const char *id, size_t size)
{
    for (size_t source = 0; source < count; source++)
        for (const char *at = sources[source].code; (at = strchr(at, '"')) != NULL; at++)
            if (strncmp(at + 1, id, size) == 0 && at[1 + size] == '"')
                return true;
    return false;
}

static void check_headings(const struct source *pages, const struct source sources[], size_t count,
                           struct findings *findings)
{
    for (const char *at = pages->text; (at = strstr(at, "## ")) != NULL; at++) {
        size_t size = id_size(at + 3);
        if ((at != pages->text && at[-1] != '\n') || size == 0 || (at[3 + size] != '\n' && at[3 + size] != '\0'))
            continue;
        if (!is_in_use(sources, count, at + 3, size))
            complain(findings, pages, at, "no source gives the reason %.*s", (int)size, at + 3);
    }
}

/* ---- The rules on bad examples, and on the tree. */

static size_t findings_in(rule *check, const char *path, const char *text)
{
    struct findings findings = {.is_quiet = true};
    struct source source = source_of(path, strdup(text));
    check(&source, &findings);
    source_free(&source);
    return findings.count;
}

struct example {
    rule *check;
    const char *path, *text;
    size_t want;
};

static const struct example examples[] = {
    {check_calls, "src/x.c", "strcpy(a, b);", 1},
    {check_calls, "tests/unit/x_test.c", "n = atoi (a) + rand();", 2},
    {check_calls, "src/x.c", "my_strcpy(a); strcpy_s(a); x.strtok = 1; /* gets() */ f(\"rand()\");", 0},
    {check_calls, "src/x.c", "f('\"'); sprintf(a); f(\"\\\"\"); vsprintf(b);", 2},
    {check_calls, "src/x.c", "time(NULL); printf(a); fprintf(f, a); snprintf(a); timer(1);", 2},
    {check_calls, "src/commands/x.c", "time(NULL); printf(a);", 0},
    {check_calls, "src/main.c", "printf(a);", 0},
    {check_words, "src/x.c", "/* " WORD_TODO ": later */ int " WORD_FIXME "; // " WORD_XXX "\n#ifdef " WORD_NDEBUG, 4},
    {check_words, "src/x.c", "mkstemp(\"x-" WORD_XXX WORD_XXX "\"); " WORD_TODO "S", 0},
    {check_includes, "src/x.c", "#include <librdkafka/rdkafka.h>\n#include <hiredis/hiredis.h>\n#include <avro.h>\n",
     3},
    {check_includes, "src/x.c", "#include <jansson.h>\n#include <openssl/evp.h>\n#include <stdio.h>\n", 2},
    {check_includes, "src/source.c", "#include <librdkafka/rdkafka.h>\n// #include <avro.h>\n", 0},
    {check_includes, "src/versions.c", "#include <librdkafka/rdkafka.h>\n#include <hiredis/hiredis.h>\n", 0},
    {check_includes, "include/gentally/log.h", "#include \"verdict.h\"\n", 0},
    {check_includes, "include/gentally/verdict.h", "#include \"log.h\"\n", 1},
    {check_includes, "include/gentally/log.h", "#include \"event.h\"\n", 1},
    {check_includes, "include/gentally/unheard_of.h", "", 1},
    {check_includes, "src/x.c", "#include \"gentally/unheard_of.h\"\n", 1},
    {check_includes, "src/x.c", "#include \"config_table.h\"\n#include \"unheard_of.h\"\n", 2},
    {check_includes, "src/config_load.c", "#include \"config_table.h\"\n", 0},
    {check_includes, "src/log.c", "#include \"commands/commands.h\"\n", 1},
    {check_includes, "src/tally.c", "#include \"gentally/store.h\"\n", 1},
    {check_includes, "src/store.c", "#include \"gentally/tally.h\"\n#include \"gentally/store.h\"\n", 1},
    {check_includes, "src/encode.c", "#include \"gentally/decode.h\"\n#include \"gentally/sink.h\"\n", 1},
    {check_includes, "src/worker.c", "#include \"gentally/source.h\"\n#include \"gentally/sink.h\"\n", 0},
};

static void rules_see_bad_examples(void)
{
    for (size_t at = 0; at < LENGTH_OF(examples); at++) {
        const struct example *example = &examples[at];
        size_t count = findings_in(example->check, example->path, example->text);
        if (count != example->want)
            printf("example %zu: %zu findings, not %zu: %s\n", at, count, example->want, example->text);
        CU_ASSERT_EQUAL(count, example->want);
    }
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

static void missing_pages_are_seen_on_both_sides(void)
{
    struct findings findings = {.is_quiet = true};
    struct source source = source_of(
        "src/x.c",
        strdup(
            "/* \"OLD-ID\" */ return reason_set(why, HALT, \"A-B\", 0, \"x\"); f(\"A-BC\", \"A-BC\");\n"
            "log_line(l, is ? \"NEWS-ONE\" : \"NEWS-TWO\", \"x\"); g(\"-A-B\", \"A-B-\", \"AB\", \"A--B\", \"A-b\");"));
    struct source pages =
        source_of("runbooks/reasons.md", strdup("# Reasons\n\n## A-B\n\nx ## Z-Z\n## OLD-ID\n\n## NEWS-ONE\n## Other"));

    check_pages(&source, pages.text, &findings);
    CU_ASSERT_EQUAL(findings.count, 1);
    CU_ASSERT_STRING_EQUAL(findings.last, "no heading '## A-BC' in runbooks/reasons.md");
    findings.count = 0;
    check_headings(&pages, &source, 1, &findings);
    CU_ASSERT_EQUAL(findings.count, 1);
    CU_ASSERT_STRING_EQUAL(findings.last, "no source gives the reason OLD-ID");
    source_free(&source);
    source_free(&pages);
}

static char *read_text(const char *path)
{
    char *text = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return NULL;
    ssize_t size = getdelim(&text, &room, '\0', file);
    fclose(file);
    if (size >= 0)
        return text;
    free(text);
    return strdup("");
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    const char *name = path + walk->base;
    const char *dot = strrchr(name, '.');

    (void)status;
    if (kind != FTW_F || dot == NULL || (strcmp(dot, ".c") != 0 && strcmp(dot, ".h") != 0))
        return 0;
    char *text = read_text(path);
    assert(text != NULL);
    assert(tree_count < SOURCES_MAX);
    tree[tree_count++] = source_of(strdup(path + strlen(GENTALLY_ROOT) + 1), text);
    return 0;
}

static void read_tree(void)
{
    static const char *const folders[] = {GENTALLY_ROOT "/src", GENTALLY_ROOT "/include", GENTALLY_ROOT "/tests"};
    for (size_t at = 0; at < LENGTH_OF(folders); at++)
        if (nftw(folders[at], visit, 16, FTW_PHYS) != 0)
            abort();
}

static void check_tree(rule *check)
{
    struct findings findings = {0};
    CU_ASSERT(tree_count > 10); /* an empty tree would be a tidy one */
    for (size_t at = 0; at < tree_count; at++)
        check(&tree[at], &findings);
    CU_ASSERT_EQUAL(findings.count, 0);
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

static void includes_point_downwards(void)
{
    check_tree(check_includes);
}

static void every_header_is_included(void)
{
    for (size_t header = 0; header < LENGTH_OF(levels); header++) {
        char line[96];
        bool is_included = false;
        snprintf(line, sizeof(line), "#include \"gentally/%s\"", levels[header].name);
        for (size_t at = 0; at < tree_count && !is_included; at++)
            is_included = begins_with(tree[at].path, "src/") && strstr(tree[at].code, line) != NULL;
        if (!is_included)
            printf("include/gentally/%s: no source includes it\n", levels[header].name);
        CU_ASSERT(is_included);
    }
}

static void every_reason_has_its_page(void)
{
    struct findings findings = {0};
    char *text = read_text(GENTALLY_ROOT "/runbooks/reasons.md");
    struct source pages = source_of("runbooks/reasons.md", text == NULL ? strdup("") : text);

    for (size_t at = 0; at < tree_count; at++)
        if (begins_with(tree[at].path, "src/"))
            check_pages(&tree[at], pages.text, &findings);
    CU_ASSERT_EQUAL(findings.count, 0);
    findings.count = 0;
    check_headings(&pages, tree, tree_count, &findings);
    CU_ASSERT_EQUAL(findings.count, 0);
    source_free(&pages);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"rules_see_bad_examples", rules_see_bad_examples},
        {"lengths_are_seen_to_the_line", lengths_are_seen_to_the_line},
        {"missing_pages_are_seen_on_both_sides", missing_pages_are_seen_on_both_sides},
        {"lines_and_files_are_short", lines_and_files_are_short},
        {"functions_are_short", functions_are_short},
        {"banned_calls_are_absent", banned_calls_are_absent},
        {"banned_words_are_absent", banned_words_are_absent},
        {"includes_point_downwards", includes_point_downwards},
        {"every_header_is_included", every_header_is_included},
        {"every_reason_has_its_page", every_reason_has_its_page},
        CU_TEST_INFO_NULL,
    };
    read_tree();
    int status = suite_run(argc, argv, "tidy", tests);
    for (size_t at = 0; at < tree_count; at++) {
        free((char *)(uintptr_t)tree[at].path);
        source_free(&tree[at]);
    }
    return status;
}
