/*
 * Every relative link of a Markdown file leads to a file that exists, and to a heading of it where the link names one.
 * Headings are spelt as GitHub does: small letters, a hyphen for a blank, punctuation left out.
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

static unsigned link_count; /* nftw() has no argument to pass them by */
static unsigned wrong_count;

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

/* Counts the links of a text that stands at `path`, and says which lead nowhere. Takes the text's code out. */
static void check_text(const char *path, char *text)
{
    blank_fences(text);
    blank_quotes(text);
    for (const char *at = text; (at = strstr(at, "](")) != NULL; at += 2) {
        char link[PATH_SIZE];
        snprintf(link, sizeof(link), "%.*s", (int)strcspn(at + 2, ") \n"), at + 2);
        link_count++;
        if (leads_somewhere(path, link))
            continue;
        wrong_count++;
        printf("%s: the link %s leads nowhere\n", path + strlen(GENTALLY_ROOT "/"), link);
    }
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    const char *ending = strrchr(path + walk->base, '.');

    (void)status;
    if (kind == FTW_F && ending != NULL && strcmp(ending, ".md") == 0) {
        char *text = read_text(path);
        check_text(path, text);
        free(text);
    }
    return 0;
}

static void every_link_leads_somewhere(void)
{
    static const char *const places[] = {"README.md", "src", "include", "schemas", "runbooks", "tests", "docker"};

    link_count = wrong_count = 0;
    for (size_t at = 0; at < sizeof(places) / sizeof(places[0]); at++) {
        char path[PATH_SIZE];
        snprintf(path, sizeof(path), "%s/%s", GENTALLY_ROOT, places[at]);
        CU_ASSERT_EQUAL(nftw(path, visit, 16, FTW_PHYS), 0);
    }
    CU_ASSERT_TRUE(link_count >= LINKS_MIN);
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
    check_text(GENTALLY_ROOT "/imaginary.md", text);
    CU_ASSERT_EQUAL(link_count, 1);
    CU_ASSERT_EQUAL(wrong_count, 1);
    CU_ASSERT_FALSE(has_heading(text, "e"));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"every_link_leads_somewhere", every_link_leads_somewhere},
        {"links_that_lead_nowhere_are_seen", links_that_lead_nowhere_are_seen},
        {"headings_are_spelt_as_github_does", headings_are_spelt_as_github_does},
        {"links_within_code_are_none", links_within_code_are_none},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
