/*
 * Every relative link of a Markdown file leads to a file that exists, and to a heading of it where the link names one.
 * Headings are spelt as GitHub does: small letters, a hyphen for a blank, punctuation left out. The recipes of
 * contributing.md and the pages of the rooms name files in backquotes: these exist, too.
 */
#include <ctype.h>
#include <ftw.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

#define TEXT_MAX 200000
#define PATH_SIZE 512
#define LINKS_MIN 50 /* of the whole tree: far fewer would mean that links are not seen */

#define PATHS_MIN 150 /* likewise, of paths in backquotes */

static unsigned link_count; /* nftw() has no argument to pass them by */
static unsigned path_count;
static unsigned wrong_count;
static bool is_quiet; /* of examples only the counts matter */

static char *read_text(const char *path)
{
    char *text = calloc(1, TEXT_MAX);
    FILE *file = fopen(path, "r");

    if (text != NULL && file != NULL)
        text[fread(text, 1, TEXT_MAX - 1, file)] = '\0';
    if (file != NULL)
        fclose(file);
    return text;
}

static void blank(char *from, const char *end)
{
    for (; from < end; from++)
        if (*from != '\n')
            *from = ' ';
}

/* Code between lines of three backquotes holds neither links nor headings. */
static void blank_fences(char *text)
{
    bool is_inside = false;

    for (char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        bool is_fence = strncmp(line, "```", 3) == 0;
        if (is_inside || is_fence)
            blank(line, line + strcspn(line, "\n"));
        is_inside ^= is_fence;
    }
}

/* Code between two backquotes of a line holds no links. */
static void blank_quotes(char *text)
{
    for (char *at = text; (at = strchr(at, '`')) != NULL;) {
        size_t size = strcspn(at + 1, "`\n");
        if (at[1 + size] == '`')
            blank(at, at + size + 2);
        at += size + 1;
    }
}

static bool is_anchor_of(const char *heading, const char *anchor)
{
    for (; *heading != '\n' && *heading != '\0'; heading++) {
        unsigned char letter = (unsigned char)*heading;
        if (!isalnum(letter) && letter < 0x80 && strchr(" -_", letter) == NULL)
            continue;
        if (*anchor++ != (letter == ' ' ? '-' : (char)tolower(letter)))
            return false;
    }
    return *anchor == '\0';
}

static bool has_heading(const char *text, const char *anchor)
{
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t level = strspn(line, "#");
        if (level > 0 && line[level] == ' ' && is_anchor_of(line + level + 1, anchor))
            return true;
    }
    return false;
}

static bool file_has_heading(const char *path, const char *anchor)
{
    char *text = read_text(path);

    blank_fences(text);
    bool found = has_heading(text, anchor);
    free(text);
    return found;
}

/* True if the link, as it stands in the file at `path`, leads somewhere. Other hosts are not asked. */
static bool leads_somewhere(const char *path, const char *link)
{
    char target[PATH_SIZE];
    size_t size = strcspn(link, "#");
    const char *anchor = link[size] == '#' ? link + size + 1 : NULL;
    int folder = (int)(strrchr(path, '/') - path);

    if (strstr(link, "://") != NULL)
        return true;
    if (size == 0)
        snprintf(target, sizeof(target), "%s", path);
    else
        snprintf(target, sizeof(target), "%.*s/%.*s", folder, path, (int)size, link);
    return access(target, F_OK) == 0 && (anchor == NULL || file_has_heading(target, anchor));
}

/* Counts the links of a text without fences that stands at `path`, and says which lead nowhere. Takes what stands in
 * backquotes out of the text. */
static void check_text(const char *path, char *text)
{
    blank_quotes(text);
    for (const char *at = text; (at = strstr(at, "](")) != NULL; at += 2) {
        char link[PATH_SIZE];
        snprintf(link, sizeof(link), "%.*s", (int)strcspn(at + 2, ") \n"), at + 2);
        link_count++;
        if (leads_somewhere(path, link))
            continue;
        wrong_count++;
        if (!is_quiet)
            printf("%s: the link %s leads nowhere\n", path + strlen(GENTALLY_ROOT "/"), link);
    }
}

/* ---- paths in backquotes ---- */

/* True for what looks like a folder or a source file: "src/core/", "cell.h"; x.c, as any module is called, is none. */
static bool is_path(const char *name, size_t size)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
    static const char *const endings[] = {"/",    ".c",  ".h",   ".def", ".avsc", ".csv", ".lua",
                                          ".awk", ".md", ".mjs", ".js",  ".py",   ".txt", ".dict"};

    if (strspn(name, letters) < size || name[0] == '.' || name[0] == '/' || name[1] == '.')
        return false;
    for (size_t at = 0; at < sizeof(endings) / sizeof(endings[0]); at++) {
        size_t ending = strlen(endings[at]);
        if (size > ending && strncmp(name + size - ending, endings[at], ending) == 0)
            return true;
    }
    return false;
}

/*
 * True if the name leads from the root, from where includes begin, from the page's own folder, from the doors of the
 * page's room, or from the folder of the name before it. `last` holds that folder, and then this name's.
 */
static bool names_something(const char *page, const char *name, size_t size, char last[PATH_SIZE])
{
    static const char *const starts[] = {"", "src/", "include/", "include/gentally/"};
    const char *room = strstr(page, "/src/");
    char tries[7][2 * PATH_SIZE];
    size_t count = 0;

    for (; count < sizeof(starts) / sizeof(starts[0]); count++)
        snprintf(tries[count], sizeof(tries[0]), "%s/%s%.*s", GENTALLY_ROOT, starts[count], (int)size, name);
    snprintf(tries[count++], sizeof(tries[0]), "%.*s/%.*s", (int)(strrchr(page, '/') - page), page, (int)size, name);
    snprintf(tries[count++], sizeof(tries[0]), "%s%.*s", last, (int)size, name);
    if (room != NULL)
        snprintf(tries[count++], sizeof(tries[0]), "%s/include/gentally/%.*s/%.*s", GENTALLY_ROOT,
                 (int)strcspn(room + strlen("/src/"), "/"), room + strlen("/src/"), (int)size, name);
    for (size_t at = 0; at < count; at++) {
        if (access(tries[at], F_OK) != 0)
            continue;
        snprintf(last, PATH_SIZE, "%.*s", (int)(strrchr(tries[at], '/') + 1 - tries[at]), tries[at]);
        return true;
    }
    return false;
}

/* Counts the paths in backquotes of a text that stands at `page`, and says which name nothing. */
static void check_paths(const char *page, const char *text)
{
    char last[PATH_SIZE] = "";

    for (const char *at = text; (at = strchr(at, '`')) != NULL;) {
        const char *name = at + 1;
        size_t size = strcspn(name, "`\n");
        at = name + size + (name[size] == '`');
        if (size == 0 || name[size] != '`' || !is_path(name, size))
            continue;
        path_count++;
        if (names_something(page, name, size, last))
            continue;
        wrong_count++;
        if (!is_quiet)
            printf("%s: there is no `%.*s`\n", page + strlen(GENTALLY_ROOT "/"), (int)size, name);
    }
}

static bool holds_paths(const char *page)
{
    static const char recipes[] = GENTALLY_ROOT "/runbooks/contributing.md", rooms[] = GENTALLY_ROOT "/src/";

    return strcmp(page, recipes) == 0 || strncmp(page, rooms, strlen(rooms)) == 0;
}

/* ---- the tree ---- */

static int visit(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    const char *ending = strrchr(path + walk->base, '.');

    (void)status;
    if (kind == FTW_F && ending != NULL && strcmp(ending, ".md") == 0) {
        char *text = read_text(path);
        blank_fences(text);
        if (holds_paths(path))
            check_paths(path, text);
        check_text(path, text);
        free(text);
    }
    return 0;
}

static void every_link_and_path_leads_somewhere(void)
{
    static const char *const places[] = {"README.md", "src", "include", "schemas", "runbooks", "tests", "docker"};

    link_count = path_count = wrong_count = 0;
    is_quiet = false;
    for (size_t at = 0; at < sizeof(places) / sizeof(places[0]); at++) {
        char path[PATH_SIZE];
        snprintf(path, sizeof(path), "%s/%s", GENTALLY_ROOT, places[at]);
        CU_ASSERT_EQUAL(nftw(path, visit, 16, FTW_PHYS), 0);
    }
    CU_ASSERT_TRUE(link_count >= LINKS_MIN);
    CU_ASSERT_TRUE(path_count >= PATHS_MIN);
    CU_ASSERT_EQUAL(wrong_count, 0);
}

static void links_that_lead_nowhere_are_seen(void)
{
    static const char place[] = GENTALLY_ROOT "/runbooks/imaginary.md";

    CU_ASSERT_TRUE(leads_somewhere(place, "operate.md"));
    CU_ASSERT_TRUE(leads_somewhere(place, "operate.md#kafka-user"));
    CU_ASSERT_TRUE(leads_somewhere(place, "../schemas"));
    CU_ASSERT_TRUE(leads_somewhere(place, "https://kafka.apache.org/documentation/#semantics"));
    CU_ASSERT_FALSE(leads_somewhere(place, "operated.md"));
    CU_ASSERT_FALSE(leads_somewhere(place, "operate.md#kafka"));
    CU_ASSERT_FALSE(leads_somewhere(place, "operate.md#Kafka-user"));
    CU_ASSERT_FALSE(leads_somewhere(place, "#kafka-user")); /* A page that is not there has no heading. */
}

static void headings_are_spelt_as_github_does(void)
{
    static const char text[] = "# Run it: `worker --drain`, twice\n## 2nd_try\n####### \n #no heading\n";

    CU_ASSERT_TRUE(has_heading(text, "run-it-worker---drain-twice"));
    CU_ASSERT_TRUE(has_heading(text, "2nd_try"));
    CU_ASSERT_FALSE(has_heading(text, "2nd_tr"));
    CU_ASSERT_FALSE(has_heading(text, "2nd_try-1"));
    CU_ASSERT_FALSE(has_heading(text, "no-heading"));
}

static void links_within_code_are_none(void)
{
    char text[] = "a `[b](c)` d\n```sh\n# e\n[f](g)\n```\n[h](i.md#j) k ` l\n";

    link_count = wrong_count = 0;
    is_quiet = true;
    blank_fences(text);
    check_text(GENTALLY_ROOT "/imaginary.md", text);
    CU_ASSERT_EQUAL(link_count, 1);
    CU_ASSERT_EQUAL(wrong_count, 1);
    CU_ASSERT_FALSE(has_heading(text, "e"));
}

static void paths_that_name_nothing_are_seen(void)
{
    static const char room[] = GENTALLY_ROOT "/src/core/README.md", recipes[] = GENTALLY_ROOT "/runbooks/a.md";

    path_count = wrong_count = 0;
    is_quiet = true;
    check_paths(room, "`cell.h` `cell.c` `base/csv.c` `gentally/core/` `core/cell.h` `src/main.c` `x.c` `a b.c` `.md`");
    CU_ASSERT_EQUAL(path_count, 6);
    CU_ASSERT_EQUAL(wrong_count, 0);
    check_paths(room, "`worker.c` `src/core/worker.c` `include/gentally/cell.h`");
    CU_ASSERT_EQUAL(wrong_count, 3);
    check_paths(recipes, "`changelog.md` `src/core/cell.c`, `rollup.c` `MEASURES` ` ` `");
    CU_ASSERT_EQUAL(path_count, 12);
    CU_ASSERT_EQUAL(wrong_count, 3);
    check_paths(recipes, "`cell.c`, `src/core/rollup.c` `figures.h`");
    CU_ASSERT_EQUAL(wrong_count, 5);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"every_link_and_path_leads_somewhere", every_link_and_path_leads_somewhere},
        {"links_that_lead_nowhere_are_seen", links_that_lead_nowhere_are_seen},
        {"headings_are_spelt_as_github_does", headings_are_spelt_as_github_does},
        {"links_within_code_are_none", links_within_code_are_none},
        {"paths_that_name_nothing_are_seen", paths_that_name_nothing_are_seen},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
