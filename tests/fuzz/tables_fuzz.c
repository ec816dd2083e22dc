/*
 * The tables: a byte that says which, then the file. A refusal names the file and the line. What is accepted:
 *   csv        written again with every field in quotes, it reads the same
 *   catalog    every model is found by its own slug, with a variant too
 *   taxonomy   finds what a walk over all rules finds, for the rules' own paths and what is beside and below them
 *   countries  knows what its rows say, and nothing else
 */
#include "tables.h"

#include "fuzz.h"
#include "fuzz_file.h"
#include "gentally/base/csv.h"
#include "gentally/core/event.h"

#define TEXT_ROOM 32768 /* a field in quotes takes at most twice its size and three bytes more */

static void claim_refused(enum verdict verdict, const struct reason *why)
{
    CLAIM(verdict == HALT);
    CLAIM_REASON(why, "TABLE-INVALID");
    CLAIM(strncmp(why->text, "/proc/self/fd/", 14) == 0 || strncmp(why->text, "bundled table:", 14) == 0);
}

/* ---- csv ---- */

static char *put_fields(char *text, const struct span fields[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        *text++ = i == 0 ? '"' : ',';
        if (i > 0)
            *text++ = '"';
        for (size_t k = 0; k < fields[i].size; k++) {
            if (fields[i].bytes[k] == '"')
                *text++ = '"';
            *text++ = fields[i].bytes[k];
        }
        *text++ = '"';
    }
    *text++ = '\r';
    *text++ = '\n';
    return text;
}

/* Reads all of a table and writes it to `text`; 0 if it is refused. */
static size_t csv_again(struct span table, char *text)
{
    struct csv csv;
    struct reason why = {0};
    bool is_end = false;
    char *end = text;
    enum verdict verdict = csv_open(&csv, NULL, table, &why);
    uint32_t line = 0;

    if (verdict != GO_ON) {
        claim_refused(verdict, &why);
        return 0;
    }
    size_t rows_max = csv_rows_max(&csv), rows = 0;
    end = put_fields(end, csv.header, csv.field_count);
    while (verdict == GO_ON) {
        verdict = csv_next(&csv, &is_end, &why);
        if (verdict != GO_ON || is_end)
            break;
        CLAIM(++rows <= rows_max && csv.line > line);
        line = csv.line;
        end = put_fields(end, csv.fields, csv.field_count);
    }
    if (verdict != GO_ON)
        claim_refused(verdict, &why);
    csv_close(&csv);
    return verdict == GO_ON ? (size_t)(end - text) : 0;
}

static void try_csv(struct span table)
{
    static char text[TEXT_ROOM], again[2 * TEXT_ROOM];
    size_t size = csv_again(table, text);

    if (size > 0)
        CLAIM(csv_again((struct span){text, size}, again) == size && memcmp(text, again, size) == 0);
}

/* ---- catalog ---- */

static void try_catalog(const char *path)
{
    struct catalog *catalog = NULL;
    struct reason why = {0};
    struct model model;
    char slug[EVENT_TEXT_MAX + 8];
    enum verdict verdict = catalog_open(&catalog, path, &why);

    if (verdict != GO_ON) {
        claim_refused(verdict, &why);
        return;
    }
    CLAIM(catalog_count(catalog) > 0);
    for (size_t i = 0; catalog_at(catalog, i, &model); i++) {
        struct list_price price = catalog_price(catalog, model.slug, INT64_C(1764000000000));
        CLAIM(i < catalog_count(catalog) && price.prompt >= 0 && price.completion >= 0 && model.is_known);
        CLAIM(model.slug.size > 0 && model.slug.size <= EVENT_TEXT_MAX);
        CLAIM(span_equal(catalog_find(catalog, model.slug).slug, model.slug));
        int size = snprintf(slug, sizeof(slug), "%.*s:free", (int)model.slug.size, model.slug.bytes);
        CLAIM(catalog_find(catalog, (struct span){slug, (size_t)size}).is_known);
        size = snprintf(slug, sizeof(slug), "%.*s-0", (int)model.slug.size, model.slug.bytes);
        struct model other = catalog_find(catalog, (struct span){slug, (size_t)size});
        CLAIM(other.is_known || span_equal(other.slug, (struct span){slug, (size_t)size}));
    }
    catalog_close(catalog);
}

/* ---- taxonomy ---- */

static void claim_path(const struct taxonomy *taxonomy, struct span path)
{
    struct span pattern, tag, category, best_tag = span_of("other"), best_category = span_of("other");
    size_t best = 0;

    for (size_t i = 0; taxonomy_at(taxonomy, i, &pattern, &tag, &category); i++) {
        bool is_prefix = pattern.size <= path.size && memcmp(pattern.bytes, path.bytes, pattern.size) == 0 &&
                         (pattern.size == path.size || path.bytes[pattern.size] == '/');
        if (pattern.size == 1 ? best == 0 : is_prefix && pattern.size > best) {
            best = pattern.size == 1 ? 0 : pattern.size;
            best_tag = tag;
            best_category = category;
        }
    }
    taxonomy_find(taxonomy, path, &tag, &category);
    CLAIM(span_equal(tag, best_tag) && span_equal(category, best_category));
}

static void try_taxonomy(const char *path, struct span table)
{
    static const char *const tails[] = {"", "/x", "x", "/", "//x", "/x/y/z"};
    struct taxonomy *taxonomy = NULL;
    struct span pattern, tag, category;
    struct reason why = {0};
    char text[EVENT_TEXT_MAX + 8];
    enum verdict verdict = taxonomy_open(&taxonomy, path, &why);

    if (verdict != GO_ON) {
        claim_refused(verdict, &why);
        return;
    }
    for (size_t i = 0; i < 32 && taxonomy_at(taxonomy, i, &pattern, &tag, &category); i++) {
        CLAIM(taxonomy_bucket(taxonomy, tag).size > 0);
        for (size_t k = 0; k < LENGTH_OF(tails); k++) {
            int size = snprintf(text, sizeof(text), "%.*s%s", (int)pattern.size, pattern.bytes, tails[k]);
            claim_path(taxonomy, (struct span){text, (size_t)size});
        }
        claim_path(taxonomy, (struct span){pattern.bytes, pattern.size - 1});
    }
    size_t last = table.size;
    while (last > 0 && table.bytes[last - 1] != '\n')
        last--;
    claim_path(taxonomy, (struct span){table.bytes + last, table.size - last});
    taxonomy_close(taxonomy);
}

/* ---- countries ---- */

static void try_countries(const char *path, struct span table)
{
    struct countries *countries = NULL;
    struct csv csv;
    struct reason why = {0};
    bool is_end = false;
    uint32_t known = 0;
    enum verdict verdict = countries_open(&countries, path, &why);

    if (verdict != GO_ON) {
        claim_refused(verdict, &why);
        return;
    }
    for (unsigned code = 0; code < 65536; code++) {
        const char text[2] = {(char)(code >> 8), (char)code};
        known += countries_continent(countries, (struct span){text, 2}).size > 0;
    }
    CLAIM(csv_open(&csv, NULL, table, &why) == GO_ON);
    int code = csv_column(&csv, "code"), continent = csv_column(&csv, "continent");
    while (csv_next(&csv, &is_end, &why) == GO_ON && !is_end) {
        CLAIM(span_equal(countries_continent(countries, csv.fields[code]), csv.fields[continent]));
        known -= csv.fields[continent].size > 0;
    }
    CLAIM(known == 0);
    csv_close(&csv);
    countries_close(countries);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fuzz_input input = {bytes, size};
    uint8_t which = take_byte(&input);
    struct span table = take_rest(&input);

    if (table.size > 4096)
        return 0;
    if (which % 4 == 0)
        try_csv(table);
    else if (which % 4 == 1)
        try_catalog(file_with(table));
    else if (which % 4 == 2)
        try_taxonomy(file_with(table), table);
    else
        try_countries(file_with(table), table);
    return 0;
}
