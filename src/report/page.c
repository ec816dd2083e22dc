/*
 * Templates are copied up to the next mark in double braces, what the mark stands for is written, and so on: nothing is
 * held in memory twice, and what was filled in is not looked at again, so a title that looks like a mark stays a title.
 */
#include "gentally/report/page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "gentally/base/bundled.h"
#include "gentally/http/http_gzip.h"
#include "page_private.h"

static void write_span(FILE *file, struct span text)
{
    fwrite(text.bytes, 1, text.size, file);
}

/* Text between tags or in a quoted attribute. */
static void write_escaped(FILE *file, struct span text)
{
    for (size_t at = 0; at < text.size; at++) {
        switch (text.bytes[at]) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        case '\'':
            fputs("&#39;", file);
            break;
        default:
            putc(text.bytes[at], file);
        }
    }
}

/* JSON inside a script element, which "</script" would end and "<!--" would change: in JSON a "<" stands only in texts,
 * where it may as well be written by its number. */
static void write_study(FILE *file, struct span study)
{
    const char *at = study.bytes;
    const char *end = study.bytes + study.size;

    while (at < end) {
        const char *bracket = memchr(at, '<', (size_t)(end - at));
        write_span(file, (struct span){at, (size_t)((bracket == NULL ? end : bracket) - at)});
        if (bracket == NULL)
            return;
        fputs("\\u003c", file);
        at = bracket + 1;
    }
}

static bool begins_group(const struct page *page, size_t at)
{
    return page->sections[at].group.size > 0 &&
           (at == 0 || !span_equal(page->sections[at].group, page->sections[at - 1].group));
}

static void write_contents(FILE *file, const struct page *page)
{
    fputs("<ol>", file);
    for (size_t at = 0; at < page->section_count; at++) {
        const struct page_section *section = &page->sections[at];
        if (begins_group(page, at)) {
            fputs("<li class=\"group\">", file);
            write_escaped(file, section->group);
            fputs("</li>", file);
        }
        fputs("<li><a href=\"#", file);
        write_escaped(file, section->id);
        fputs("\">", file);
        write_escaped(file, section->id);
        putc(' ', file);
        write_escaped(file, section->title);
        fputs("</a></li>", file);
    }
    fputs("</ol>", file);
}

static void write_section(FILE *file, const struct page_section *section)
{
    fputs("<section id=\"", file);
    write_escaped(file, section->id);
    fputs("\" class=\"figure\" aria-labelledby=\"", file);
    write_escaped(file, section->id);
    fputs("-title\"><h3 id=\"", file);
    write_escaped(file, section->id);
    fputs("-title\"><a class=\"id\" href=\"#", file);
    write_escaped(file, section->id);
    fputs("\">", file);
    write_escaped(file, section->id);
    fputs("</a> <span>", file);
    write_escaped(file, section->title);
    fputs("</span></h3><p class=\"about\">", file);
    write_escaped(file, section->about);
    fputs("</p></section>\n", file);
}

static void write_sections(FILE *file, const struct page *page)
{
    for (size_t at = 0; at < page->section_count; at++) {
        if (begins_group(page, at)) {
            fputs("<h2>", file);
            write_escaped(file, page->sections[at].group);
            fputs("</h2>\n", file);
        }
        write_section(file, &page->sections[at]);
    }
}

static void write_title(FILE *file, const struct page *page)
{
    write_escaped(file, page->title);
}

/* Where the page may connect to: nowhere, or, if live, back to its server. */
static void write_connect(FILE *file, const struct page *page)
{
    fputs(page->is_live ? "'self'" : "'none'", file);
}

static void write_live(FILE *file, const struct page *page)
{
    if (page->is_live)
        fprintf(file, " data-live=\"%" PRIu64 "\"", page->revision);
    if (page->is_embedded)
        fputs(" class=\"embedded\"", file);
}

#define CUBES ",\n\"cubes\":" /* no text of JSON has a line's end in it */

/* The document without its cubes, if these are its last member and begin a line. */
static struct span without_cubes(struct span study, struct span *cubes)
{
    const char *at = study.size == 0 ? NULL : memmem(study.bytes, study.size, CUBES, strlen(CUBES));
    const char *end = study.bytes + study.size;

    *cubes = (struct span){NULL, 0};
    if (at == NULL)
        return study;
    while (end > at && end[-1] != '}')
        end--;
    *cubes = (struct span){at + strlen(CUBES), (size_t)(end - 1 - at) - strlen(CUBES)};
    return (struct span){study.bytes, (size_t)(at - study.bytes)};
}

#define ZEROS_MIN 3 /* at a whole number's end, from which on "e3" is shorter */

/* Copies a whole number of JSON to `to`, its zeros as a power of ten: 120000 is 12e4, to a script the same number. The
 * length of the copy, and of what was copied in `*size`. */
static size_t copy_number(char *to, const char *at, const char *end, size_t *size)
{
    size_t digits = 0, zeros = 0;

    while (at + digits < end && at[digits] >= '0' && at[digits] <= '9') {
        zeros = at[digits] == '0' ? zeros + 1 : 0;
        digits++;
    }
    bool is_whole = at + digits == end || (at[digits] != '.' && at[digits] != 'e' && at[digits] != 'E');
    *size = digits;
    if (!is_whole || zeros < ZEROS_MIN || zeros == digits) {
        memcpy(to, at, digits);
        return digits;
    }
    memcpy(to, at, digits - zeros);
    return digits - zeros + (size_t)snprintf(to + digits - zeros, zeros, "e%zu", zeros); /* below 10^19: two digits */
}

/* JSON for a script, in fewer bytes: sums that are told a million times as large end in zeros. Owned; NULL: no memory.
 */
static char *shorten(struct span json, size_t *size)
{
    char *text = malloc(json.size + 1);
    bool is_text = false, is_fraction = false;
    const char *at = json.bytes, *end = json.bytes + json.size;

    *size = 0;
    while (text != NULL && at < end) {
        bool is_digit = *at >= '0' && *at <= '9';
        if (is_digit && !is_text && !is_fraction) {
            size_t taken;
            *size += copy_number(text + *size, at, end, &taken);
            at += taken;
            is_fraction = true; /* until the number ends */
            continue;
        }
        is_fraction = is_fraction && (is_digit || memchr(".eE+-", *at, 5) != NULL);
        if (is_text && *at == '\\' && at + 1 < end)
            text[(*size)++] = *at++;
        else if (*at == '"')
            is_text = !is_text;
        text[(*size)++] = *at++;
    }
    return text;
}

static void write_document(FILE *file, const struct page *page)
{
    struct span cubes;
    struct span study = without_cubes(page->study, &cubes);
    size_t size = 0;
    char *text = shorten(study, &size);

    write_study(file, text == NULL ? study : (struct span){text, size});
    free(text);
    if (cubes.size > 0)
        putc('}', file);
}

static void write_base64(FILE *file, const unsigned char *bytes, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t at = 0; at < size; at += 3) {
        unsigned group = (unsigned)bytes[at] << 16 | (at + 1 < size ? (unsigned)bytes[at + 1] << 8 : 0u) |
                         (at + 2 < size ? (unsigned)bytes[at + 2] : 0u);
        putc(letters[group >> 18], file);
        putc(letters[group >> 12 & 63], file);
        putc(at + 1 < size ? letters[group >> 6 & 63] : '=', file);
        putc(at + 2 < size ? letters[group & 63] : '=', file);
    }
}

/* The cubes, packed: they are digits, and for the page alone. */
static void write_cubes(FILE *file, const struct page *page)
{
    struct span cubes;
    char *packed = NULL, *text;
    size_t size = 0;

    (void)without_cubes(page->study, &cubes);
    if (cubes.size == 0)
        return;
    text = shorten(cubes, &size);
    if (text != NULL && http_gzip((struct span){text, size}, true, &packed, &size))
        write_base64(file, (const unsigned char *)packed, size);
    free(text);
    free(packed);
}

static const struct {
    const char *mark;
    void (*write)(FILE *file, const struct page *page);
} marks[] = {
    {"{{title}}", write_title},       {"{{connect}}", write_connect},   {"{{live}}", write_live},
    {"{{contents}}", write_contents}, {"{{sections}}", write_sections}, {"{{study}}", write_document},
    {"{{cubes}}", write_cubes},
};

/* Writes what the mark that `text` begins with stands for. Returns the size of the mark; 0 if there is no mark. */
static size_t write_mark(FILE *file, struct span text, const struct page *page)
{
    for (size_t at = 0; at < LENGTH_OF(marks); at++) {
        size_t size = strlen(marks[at].mark);
        if (text.size < size || memcmp(text.bytes, marks[at].mark, size) != 0)
            continue;
        marks[at].write(file, page);
        return size;
    }
    return 0;
}

enum verdict page_fill(FILE *file, struct span template, const struct page *page, struct reason *why)
{
    const char *at = template.bytes;
    const char *end = template.bytes + template.size;

    while (at < end) {
        const char *brace = memmem(at, (size_t)(end - at), "{{", 2);
        write_span(file, (struct span){at, (size_t)((brace == NULL ? end : brace) - at)});
        if (brace == NULL)
            break;
        size_t size = write_mark(file, (struct span){brace, (size_t)(end - brace)}, page);
        if (size == 0)
            putc(brace[size++], file); /* a brace of the script's own: only the first, since "{{{live}}" has a mark */
        at = brace + size;
    }
    if (fflush(file) == 0 && !ferror(file))
        return GO_ON;
    return reason_set(why, HALT, OUTPUT_FAILED, errno, "writing the page: %s", strerror(errno));
}

bool page_is_built(void)
{
    return bundled_report_page[0] != '\0';
}

enum verdict page_write(FILE *file, const struct page *page, struct reason *why)
{
    if (!page_is_built())
        return reason_set(why, HALT, REPORT_NOT_BUILT, 0,
                          "this binary was built without npm and has no page; --format json has the figures");
    return page_fill(file, span_of(bundled_report_page), page, why);
}
