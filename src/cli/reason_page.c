/* The page is walked by its headings: "# " begins a group, whose first words hold for all of it, and "## " an id. */
#include "reason_page.h"

#include <ctype.h>

#include "gentally/base/bundled.h"
#include "gentally/base/verdict.h"

/* The next line at or after `at` that begins with `mark`; the page's end if there is none. */
static const char *next_heading(const char *at, const char *mark)
{
    const char *page = bundled_reasons_md.bytes;

    for (; (at = strstr(at, mark)) != NULL; at++)
        if (at == page || at[-1] == '\n')
            return at;
    return page + bundled_reasons_md.size;
}

static bool is_end(const char *at)
{
    return at == bundled_reasons_md.bytes + bundled_reasons_md.size;
}

/* Copies a name in capitals, as ids are written; what is too long for an id is cut. */
static void copy_name(char name[SUGGESTION_NAME_MAX + 1], const char *from)
{
    size_t size = strcspn(from, "\n");

    for (size_t i = 0; i <= SUGGESTION_NAME_MAX; i++)
        name[i] = i < size && i < SUGGESTION_NAME_MAX ? (char)toupper((unsigned char)from[i]) : '\0';
}

/* Prints without the blank lines at both ends. */
static void print_text(FILE *file, const char *begin, const char *end)
{
    while (begin < end && *begin == '\n')
        begin++;
    while (begin < end && end[-1] == '\n')
        end--;
    if (begin < end)
        fprintf(file, "\n%.*s\n", (int)(end - begin), begin);
}

static void print_status(FILE *file, const char *name)
{
    static const char *const stops[STOPS_COUNT] = {"nothing",   "record", "window",  "retention", "closer",
                                                   "partition", "start",  "command", "process"};
    enum reason_id id = reason_find(span_of(name));

    if (id == REASON_NONE)
        fprintf(file, "%s, news of the log\n", name);
    else
        fprintf(file, "%s, stops at most: %s; exit status %d\n", name, stops[reason_stops(id)], reason_exit_status(id));
}

bool reason_page_print(FILE *file, const char *name)
{
    char wanted[SUGGESTION_NAME_MAX + 1], here[SUGGESTION_NAME_MAX + 1];
    const char *group = NULL, *page = bundled_reasons_md.bytes;

    copy_name(wanted, name);
    for (const char *at = next_heading(page, "#"); !is_end(at); at = next_heading(at + 1, "#")) {
        if (strncmp(at, "# ", 2) == 0)
            group = at;
        if (strncmp(at, "## ", 3) != 0)
            continue;
        copy_name(here, at + 3);
        if (strcmp(here, wanted) != 0)
            continue;
        const char *body = at + strcspn(at, "\n"), *about = group == NULL ? body : group + strcspn(group, "\n");
        print_status(file, here);
        print_text(file, body, next_heading(body, "#"));
        print_text(file, about, next_heading(about, "#"));
        return true;
    }
    return false;
}

bool reason_page_suggest(const char *name, char nearest[SUGGESTION_NAME_MAX + 1])
{
    char wanted[SUGGESTION_NAME_MAX + 1], here[SUGGESTION_NAME_MAX + 1];
    size_t distance = SIZE_MAX;

    copy_name(wanted, name);
    for (const char *at = next_heading(bundled_reasons_md.bytes, "## "); !is_end(at);
         at = next_heading(at + 1, "## ")) {
        struct suggestion suggestion = suggestion_for(wanted);
        copy_name(here, at + 3);
        suggestion_try(&suggestion, here);
        if (suggestion_name(&suggestion) == NULL || suggestion.distance >= distance)
            continue;
        distance = suggestion.distance;
        memcpy(nearest, here, sizeof(here));
    }
    return distance != SIZE_MAX;
}
