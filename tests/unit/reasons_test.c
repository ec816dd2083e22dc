/*
 * Reasons: every row of reasons.def has its heading in runbooks/reasons.md, the id is the name as people see it, some
 * source gives it, and no source gives the text of an id where the name belongs. A heading is of a reason, or of news
 * (the id of a log line) that somebody may have to act on.
 */
#include <sysexits.h>

#include "gentally/base/verdict.h"
#include "tidy_tree.h"

static const struct {
    const char *name, *id;
} rows[] = {
#define REASON(name, id, exit_status) {#name, id},
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
        {"every_page_is_of_something", every_page_is_of_something},
        {"every_reason_is_given", every_reason_is_given},
        {"ids_are_given_by_name", ids_are_given_by_name},
        CU_TEST_INFO_NULL,
    };
    tree_open();
    int status = suite_run(argc, argv, tests);
    tree_close();
    return status;
}
