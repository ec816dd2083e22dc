/*
 * Reasons: every row of reasons.def has its heading in runbooks/reasons.md, the id is the name as people see it, some
 * source gives it, and no source gives the text of an id where the name belongs. A heading is of a reason, or of news
 * (the id of a log line) that somebody may have to act on: every warning and error has one. The page's first table says
 * what stops for each reason, as reasons.def does, and why it must not be less.
 */
#include <sysexits.h>

#include "gentally/base/verdict.h"
#include "tidy_tree.h"

static const struct {
    const char *name, *id;
    enum stops stops;
} rows[] = {
#define REASON(name, id, exit_status, stops) {#name, id, stops},
#include "gentally/base/reasons.def"
#undef REASON
};

static void ids_are_names_as_people_see_them(void)
{
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        char want[64];
        snprintf(want, sizeof(want), "%s", rows[at].name);
        for (char *letter = want; *letter != '\0'; letter++)
            if (*letter == '_')
                *letter = '-';
        CU_ASSERT_STRING_EQUAL(rows[at].id, want);
        CU_ASSERT_STRING_EQUAL(reason_name((enum reason_id)(at + 1)), want);
    }
    CU_ASSERT_EQUAL(LENGTH_OF(rows) + 1, REASON_COUNT);
    CU_ASSERT_PTR_NULL(reason_name(REASON_NONE));
}

static void exit_statuses_are_of_sysexits(void)
{
    for (enum reason_id id = 1; id < REASON_COUNT; id++)
        CU_ASSERT(reason_exit_status(id) >= EX__BASE && reason_exit_status(id) <= EX__MAX);
}

/* True if `pages` has the line "## <id>". */
static bool has_page(const char *pages, const char *id)
{
    size_t size = strlen(id);

    for (const char *at = pages; (at = strstr(at, "## ")) != NULL; at++)
        if ((at == pages || at[-1] == '\n') && strncmp(at + 3, id, size) == 0 && strchr("\n", at[3 + size]) != NULL)
            return true;
    return false;
}

static void a_missing_page_is_seen(void)
{
    CU_ASSERT(has_page("# Reasons\n\n## A-B\ntext\n## A-C", "A-B"));
    CU_ASSERT(has_page("# Reasons\n\n## A-B\ntext\n## A-C", "A-C"));
    CU_ASSERT_FALSE(has_page("# Reasons\n\n## A-B\n", "A"));
    CU_ASSERT_FALSE(has_page("# Reasons\n\n## A-B\n", "A-BC"));
    CU_ASSERT_FALSE(has_page("# Reasons\n\n### A-B\nx ## A-B\n", "A-B"));
}

static void every_reason_has_its_page(void)
{
    char *pages = read_text(GENTALLY_ROOT "/runbooks/reasons.md");

    CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        bool is_there = has_page(pages, rows[at].id);
        if (!is_there)
            printf("no heading '## %s' in runbooks/reasons.md\n", rows[at].id);
        CU_ASSERT(is_there);
    }
    free(pages);
}

/* Copies the cell after the '|' at `at` without the blanks around it; returns the next '|', or NULL at the line's end.
 */
static const char *take_cell(const char *at, char *cell, size_t room)
{
    size_t size = strcspn(at + 1, "|\n");
    const char *end = at + 1 + size;

    at += 1 + strspn(at + 1, " ");
    while (end > at && end[-1] == ' ')
        end--;
    snprintf(cell, room, "%.*s", (int)(end - at), at);
    return *(at = strpbrk(end, "|\n")) == '|' ? at : NULL;
}

/* Whether a list "A, B, C" has the word `id`. */
static bool lists(const char *list, const char *id)
{
    size_t size = strlen(id);

    for (const char *at = list; (at = strstr(at, id)) != NULL; at++)
        if ((at == list || at[-1] == ' ') && strchr(",", at[size]) != NULL)
            return true;
    return false;
}

/* How many rows of the page's first table list `id`; `*as_told` is the word of the last of them, which must give a why.
 */
static int count_rows(const char *pages, const char *id, char *as_told, size_t room)
{
    int count = 0;

    for (const char *at = pages; (at = strstr(at, "\n| ")) != NULL; at++) {
        char stops[64], list[4096], why[1024] = "";
        const char *next = take_cell(at + 1, stops, sizeof(stops));
        next = next == NULL ? NULL : take_cell(next, list, sizeof(list));
        if (next == NULL || !lists(list, id))
            continue;
        take_cell(next, why, sizeof(why));
        CU_ASSERT(strlen(why) >= 20);
        snprintf(as_told, room, "%s", stops);
        count++;
    }
    return count;
}

static void a_wrong_table_is_seen(void)
{
    static const char *const page =
        "x\n\n| stops | for | why |\n| --- | --- | --- |\n"
        "| record | A-B, A-C | what else is read is sound |\n| closer | A-B | the ledger comes first |\n";
    char stops[64] = "";

    CU_ASSERT_EQUAL(count_rows(page, "A-B", stops, sizeof(stops)), 2);
    CU_ASSERT_STRING_EQUAL(stops, "closer");
    CU_ASSERT_EQUAL(count_rows(page, "A-C", stops, sizeof(stops)), 1);
    CU_ASSERT_STRING_EQUAL(stops, "record");
    CU_ASSERT_EQUAL(count_rows(page, "A", stops, sizeof(stops)), 0);
}

static void the_table_says_what_stops(void)
{
    static const char *const words[STOPS_COUNT] = {
        [STOPS_NOTHING] = "nothing", [STOPS_RECORD] = "record",       [STOPS_WINDOW] = "window",
        [STOPS_CLOSER] = "closer",   [STOPS_PARTITION] = "partition", [STOPS_RETENTION] = "retention",
        [STOPS_START] = "start",     [STOPS_COMMAND] = "command",     [STOPS_PROCESS] = "process",
    };
    char *pages = read_text(GENTALLY_ROOT "/runbooks/reasons.md");

    CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        char stops[64] = "nowhere";
        bool is_right =
            count_rows(pages, rows[at].id, stops, sizeof(stops)) == 1 && strcmp(stops, words[rows[at].stops]) == 0;
        if (!is_right)
            printf("runbooks/reasons.md: %s stops %s in the table at the top, or not once; reasons.def says %s\n",
                   rows[at].id, stops, words[rows[at].stops]);
        CU_ASSERT(is_right);
        CU_ASSERT_EQUAL(reason_stops((enum reason_id)(at + 1)), rows[at].stops);
    }
    free(pages);
}

static char *reasons_page; /* while it is checked */

static bool is_reason(const char *text, size_t size)
{
    for (size_t at = 0; at < LENGTH_OF(rows); at++)
        if (strlen(rows[at].id) == size && strncmp(rows[at].id, text, size) == 0)
            return true;
    return false;
}

static bool is_news(const char *id, size_t size)
{
    char literal[96];

    snprintf(literal, sizeof(literal), "\"%.*s\"", (int)size, id);
    for (size_t at = 0; at < tree_count; at++)
        if (begins_with(tree[at].path, "src/") && strstr(tree[at].code, literal) != NULL)
            return true;
    return false;
}

static void every_page_is_of_something(void)
{
    char *pages = read_text(GENTALLY_ROOT "/runbooks/reasons.md");

    CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
    CU_ASSERT_FALSE(is_news("OLD-ID", 6));
    for (const char *at = pages; (at = strstr(at, "\n## ")) != NULL; at++) {
        size_t size = strcspn(at + 4, "\n");
        bool is_there = is_reason(at + 4, size) || is_news(at + 4, size);
        if (!is_there)
            printf("runbooks/reasons.md: no source gives '%.*s'\n", (int)size, at + 4);
        CU_ASSERT(is_there);
    }
    free(pages);
}

static void every_reason_is_given(void)
{
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        bool is_given = false;
        for (size_t source = 0; source < tree_count && !is_given; source++)
            is_given = begins_with(tree[source].path, "src/") &&
                       find_word(tree[source].bare, tree[source].bare, rows[at].name) != NULL;
        if (!is_given)
            printf("no source gives the reason %s\n", rows[at].id);
        CU_ASSERT(is_given);
    }
}

/* A literal that is exactly an id: the enum is for that. News (log_line()) have ids of their own. */
static void check_literals(const struct source_file *source, struct findings *findings)
{
    if (!begins_with(source->path, "src/"))
        return;
    for (const char *at = source->code; (at = strchr(at, '"')) != NULL; at++) {
        size_t size = strcspn(at + 1, "\"\n");
        if (is_reason(at + 1, size))
            complain(findings, source, source->text + (at - source->code), "\"%.*s\" is a reason: use its name",
                     (int)size, at + 1);
    }
}

static const struct example examples[] = {
    {check_literals, "src/x.c", "return reason_set(why, HALT, \"STORE-TORN\", 0, \"x\");", 1},
    {check_literals, "src/x.c", "/* \"STORE-TORN\" */ return reason_set(why, HALT, STORE_TORN, 0, \"STORE-TORN: x\");",
     0},
    {check_literals, "src/x.c", "log_line(logger, level, \"WORKER-REWOUND\", \"x\");", 0},
    {check_literals, "tests/x.c", "f(\"STORE-TORN\");", 0},
};

/* What is logged as a warning or an error wants somebody to look: `gentally help ID` has to tell them something. */
static void check_news(const struct source_file *source, struct findings *findings)
{
    static const char *const levels[] = {"LOG_LEVEL_WARN,", "LOG_LEVEL_ERROR,", "level,"};

    if (!begins_with(source->path, "src/"))
        return;
    for (size_t i = 0; i < LENGTH_OF(levels); i++)
        for (const char *at = source->code; (at = strstr(at, levels[i])) != NULL;) {
            char id[64];
            at += strlen(levels[i]);
            at += strspn(at, " \n");
            size_t size = *at == '"' ? strcspn(at + 1, "\"\n") : 0;
            snprintf(id, sizeof(id), "%.*s", (int)size, at + 1);
            if (strchr(id, '-') != NULL && strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == size &&
                !has_page(reasons_page, id))
                complain(findings, source, source->text + (at - source->code),
                         "no heading '## %s' in runbooks/reasons.md", id);
        }
}

static const struct example news[] = {
    {check_news, "src/x.c", "log_line(logger, LOG_LEVEL_WARN, \"NO-PAGE\", \"x\");", 1},
    {check_news, "src/x.c", "log_line(logger,\n LOG_LEVEL_ERROR,\n \"NO-PAGE\", \"x\");", 1},
    {check_news, "src/x.c", "log_line(logger, level, \"NO-PAGE\", \"x\");", 1},
    {check_news, "src/x.c", "log_line(logger, LOG_LEVEL_WARN, \"WORKER-REWOUND\", \"x\");", 0},
    {check_news, "src/x.c", "log_line(logger, LOG_LEVEL_INFO, \"NO-PAGE\", \"x\");", 0},
};

static void warnings_and_errors_have_their_page(void)
{
    reasons_page = read_text(GENTALLY_ROOT "/runbooks/reasons.md");
    CU_ASSERT_PTR_NOT_NULL_FATAL(reasons_page);
    check_examples(news, LENGTH_OF(news));
    check_tree(check_news);
    free(reasons_page);
}

static void ids_are_given_by_name(void)
{
    check_examples(examples, LENGTH_OF(examples));
    check_tree(check_literals);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"ids_are_names_as_people_see_them", ids_are_names_as_people_see_them},
        {"exit_statuses_are_of_sysexits", exit_statuses_are_of_sysexits},
        {"a_missing_page_is_seen", a_missing_page_is_seen},
        {"every_reason_has_its_page", every_reason_has_its_page},
        {"a_wrong_table_is_seen", a_wrong_table_is_seen},
        {"the_table_says_what_stops", the_table_says_what_stops},
        {"every_page_is_of_something", every_page_is_of_something},
        {"every_reason_is_given", every_reason_is_given},
        {"ids_are_given_by_name", ids_are_given_by_name},
        {"warnings_and_errors_have_their_page", warnings_and_errors_have_their_page},
        CU_TEST_INFO_NULL,
    };
    tree_open();
    int status = suite_run(argc, argv, tests);
    tree_close();
    return status;
}
