/*
 * The taxonomy as a hash table of patterns. The longest matching pattern is found by asking for the whole path, then
 * for the path without its last segment, and so on: as many look-ups as the path has segments, whatever the number of
 * rules. Patterns are interned in file order, so a pattern's symbol is the index of its rule + 1. Tags are interned,
 * too: the first rule of a tag says what bucket and category it has.
 */
#include "gentally/core/taxonomy.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/base/bundled.h"
#include "gentally/base/csv.h"
#include "gentally/base/hash.h"
#include "gentally/base/symbols.h"
#include "gentally/core/event.h"

struct rule {
    struct span tag;
    struct span bucket;
    struct span category;
};

struct taxonomy {
    struct csv csv; /* keeps the text the rules borrow from */
    struct symbols *patterns, *tags;
    struct rule *rules;
    size_t rule_count;
    uint32_t *firsts;      /* by tag's symbol - 1: its first rule */
    struct rule catch_all; /* the rule "/", or other/other */
};

enum taxonomy_column { PATTERN, TAG, CATEGORY, ORIGIN, NOTE, REQUIRED_COLUMNS };
static const char *const column_names[REQUIRED_COLUMNS] = {
    [PATTERN] = "pattern", [TAG] = "tag", [CATEGORY] = "category", [ORIGIN] = "origin", [NOTE] = "note",
};

/* "/", or segments each led by a '/', none of them empty. */
static bool is_pattern(struct span text)
{
    if (text.size == 0 || text.size > EVENT_TEXT_MAX || text.bytes[0] != '/')
        return false;
    for (size_t i = 1; i < text.size; i++)
        if (text.bytes[i] == '/' && text.bytes[i - 1] == '/')
            return false;
    return text.size == 1 || text.bytes[text.size - 1] != '/';
}

static bool is_name(struct span text)
{
    return text.size > 0 && text.size <= EVENT_TEXT_MAX;
}

/* The first rule that gives a tag; NULL: none does. */
static const struct rule *rule_of_tag(const struct taxonomy *taxonomy, struct span tag)
{
    uint32_t id = symbols_find(taxonomy->tags, tag);

    return id == 0 ? NULL : &taxonomy->rules[taxonomy->firsts[id - 1]];
}

static enum verdict check_row(const struct taxonomy *taxonomy, struct span pattern, const struct rule *rule,
                              struct reason *why)
{
    const struct csv *csv = &taxonomy->csv;

    if (!is_pattern(pattern))
        return csv_refuse(csv, csv->line, why, "pattern \"%.*s\" is not a path like /A/B", (int)pattern.size,
                          pattern.bytes);
    if (symbols_find(taxonomy->patterns, pattern) != 0)
        return csv_refuse(csv, csv->line, why, "pattern \"%.*s\" appears twice", (int)pattern.size, pattern.bytes);
    if (!is_name(rule->tag) || !is_name(rule->category) || !is_name(rule->bucket))
        return csv_refuse(csv, csv->line, why, "tag and category need 1 to %d bytes, and a bucket has no more",
                          EVENT_TEXT_MAX);
    if (dimension_is_other(rule->tag) || dimension_is_other(rule->category) || dimension_is_other(rule->bucket))
        return csv_refuse(csv, csv->line, why,
                          "\"" DIMENSION_OTHER
                          "\" is the name of what has no row of its own, and of no tag, bucket or category");
    const struct rule *first = rule_of_tag(taxonomy, rule->tag);
    if (first != NULL && !span_equal(first->category, rule->category))
        return csv_refuse(csv, csv->line, why, "tag \"%.*s\" has another category above", (int)rule->tag.size,
                          rule->tag.bytes);
    if (first != NULL && !span_equal(first->bucket, rule->bucket))
        return csv_refuse(csv, csv->line, why, "tag \"%.*s\" has another bucket above", (int)rule->tag.size,
                          rule->tag.bytes);
    return GO_ON;
}

static void add_rule(struct taxonomy *taxonomy, struct span pattern, const struct rule *rule)
{
    if (rule_of_tag(taxonomy, rule->tag) == NULL)
        taxonomy->firsts[symbols_intern(taxonomy->tags, rule->tag) - 1] = (uint32_t)taxonomy->rule_count;
    taxonomy->rules[taxonomy->rule_count++] = *rule;
    uint32_t id = symbols_intern(taxonomy->patterns, pattern);
    assert(id == taxonomy->rule_count);
    if (pattern.size == 1)
        taxonomy->catch_all = *rule;
}

static enum verdict read_rows(struct taxonomy *taxonomy, struct reason *why)
{
    struct csv *csv = &taxonomy->csv;
    int columns[REQUIRED_COLUMNS];
    int bucket_column = csv_column(csv, "bucket"); /* older taxonomies lack it */
    bool is_end = false;
    enum verdict verdict = csv_columns(csv, column_names, columns, REQUIRED_COLUMNS, why);

    while (verdict == GO_ON) {
        verdict = csv_next(csv, &is_end, why);
        if (verdict != GO_ON || is_end)
            break;
        struct span pattern = csv->fields[columns[PATTERN]];
        struct span category = csv->fields[columns[CATEGORY]];
        struct span bucket = bucket_column < 0 ? category : csv->fields[bucket_column];
        struct rule rule = {csv->fields[columns[TAG]], bucket.size == 0 ? category : bucket, category};
        verdict = check_row(taxonomy, pattern, &rule, why);
        if (verdict == GO_ON)
            add_rule(taxonomy, pattern, &rule);
    }
    if (verdict == GO_ON && taxonomy->rule_count == 0)
        return csv_refuse(csv, csv->line, why, "has no rows");
    return verdict;
}

static enum verdict make_room(struct taxonomy *taxonomy, struct reason *why)
{
    size_t rows_max = csv_rows_max(&taxonomy->csv);

    taxonomy->rules = calloc(rows_max, sizeof(taxonomy->rules[0]));
    taxonomy->firsts = calloc(rows_max, sizeof(taxonomy->firsts[0]));
    if (taxonomy->rules == NULL || taxonomy->firsts == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no room for the taxonomy");
    enum verdict verdict = symbols_open(&taxonomy->tags, (uint32_t)rows_max, taxonomy->csv.size, why);
    if (verdict != GO_ON)
        return verdict;
    return symbols_open(&taxonomy->patterns, (uint32_t)rows_max, taxonomy->csv.size, why);
}

enum verdict taxonomy_open(struct taxonomy **taxonomy, const char *path, struct reason *why)
{
    struct taxonomy *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no room for the taxonomy");
    opened->catch_all = (struct rule){span_of(CATEGORY_OTHER), span_of(CATEGORY_OTHER), span_of(CATEGORY_OTHER)};
    enum verdict verdict = csv_open(&opened->csv, path, bundled_taxonomy_csv, why);
    if (verdict == GO_ON)
        verdict = make_room(opened, why);
    if (verdict == GO_ON)
        verdict = read_rows(opened, why);
    if (verdict == GO_ON)
        *taxonomy = opened;
    else
        taxonomy_close(opened);
    return verdict;
}

void taxonomy_close(struct taxonomy *taxonomy)
{
    if (taxonomy == NULL)
        return;
    symbols_close(taxonomy->patterns);
    symbols_close(taxonomy->tags);
    free(taxonomy->rules);
    free(taxonomy->firsts);
    csv_close(&taxonomy->csv);
    free(taxonomy);
}

/* The path without its last segment; of "/A" or "A" nothing is left. */
static struct span parent_of(struct span path)
{
    while (path.size > 0 && path.bytes[path.size - 1] != '/')
        path.size--;
    return path.size == 0 ? path : (struct span){path.bytes, path.size - 1};
}

void taxonomy_find(const struct taxonomy *taxonomy, struct span path, struct span *tag, struct span *category)
{
    const struct rule *rule = &taxonomy->catch_all;

    for (; path.size > 0; path = parent_of(path)) {
        uint32_t id = symbols_find(taxonomy->patterns, path);
        if (id != 0) {
            rule = &taxonomy->rules[id - 1];
            break;
        }
    }
    *tag = rule->tag;
    *category = rule->category;
}

struct span taxonomy_bucket(const struct taxonomy *taxonomy, struct span tag)
{
    const struct rule *rule = rule_of_tag(taxonomy, tag);

    if (rule != NULL)
        return rule->bucket;
    return span_equal(tag, taxonomy->catch_all.tag) ? taxonomy->catch_all.bucket : (struct span){NULL, 0};
}

bool taxonomy_at(const struct taxonomy *taxonomy, size_t index, struct span *pattern, struct span *tag,
                 struct span *category)
{
    if (index >= taxonomy->rule_count)
        return false;
    *pattern = symbols_text(taxonomy->patterns, (uint32_t)index + 1);
    *tag = taxonomy->rules[index].tag;
    *category = taxonomy->rules[index].category;
    return true;
}

uint64_t taxonomy_version(const struct taxonomy *taxonomy)
{
    return taxonomy->csv.version;
}

uint64_t taxonomy_buckets_version(const struct taxonomy *taxonomy)
{
    uint64_t version = 0;

    for (size_t index = 0; index < taxonomy->rule_count; index++) {
        const struct rule *rule = &taxonomy->rules[index];
        if (taxonomy->firsts[symbols_find(taxonomy->tags, rule->tag) - 1] != index)
            continue;
        /* A product tells who has which; a sum is the same in whatever order the rules stand. */
        version += hash_fnv1a(rule->tag) * (hash_fnv1a(rule->bucket) | 1);
    }
    return version;
}
