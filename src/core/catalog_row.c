/*
 * Reads and checks one row of the catalog. Every column is checked, also those that no look-up needs: a table that is
 * wrong in one column is seldom right in the next.
 */
#include "catalog_row.h"

#include <assert.h>

#include "gentally/base/calendar.h"
#include "gentally/base/text.h"
#include "gentally/core/event.h"
#include "gentally/core/model_name.h"
#include "gentally/core/window.h"
#include "name_words.h"

#define PARAMS_MEDIUM 15.0 /* 10^9 parameters: the size classes of the study */
#define PARAMS_LARGE 70.0
#define NUMBER_MAX 1e9

static const char *const column_names[CATALOG_COLUMNS] = {
    [CATALOG_SLUG] = "slug",
    [CATALOG_AUTHOR] = "author",
    [CATALOG_COUNTRY] = "country",
    [CATALOG_OPEN_WEIGHTS] = "open_weights",
    [CATALOG_PARAMS] = "params_b",
    [CATALOG_ACTIVE_PARAMS] = "active_params_b",
    [CATALOG_REASONING] = "reasoning",
    [CATALOG_RELEASED] = "released",
    [CATALOG_PROMPT_PRICE] = "prompt_usd_per_mtok",
    [CATALOG_COMPLETION_PRICE] = "completion_usd_per_mtok",
    [CATALOG_VALID_FROM] = "valid_from",
    [CATALOG_ALIASES] = "aliases",
    [CATALOG_FAMILY] = "family",
    [CATALOG_NAME] = "name",
    [CATALOG_AUTHOR_NAME] = "author_name",
};

static const enum catalog_column dates[] = {CATALOG_RELEASED, CATALOG_VALID_FROM};
static const enum catalog_column names[] = {CATALOG_NAME, CATALOG_AUTHOR_NAME};

struct span slug_author(struct span slug)
{
    const char *slash = slug.size == 0 ? NULL : memchr(slug.bytes, '/', slug.size);

    if (slash == NULL || slash == slug.bytes)
        return (struct span){NULL, 0};
    return (struct span){slug.bytes, (size_t)(slash - slug.bytes)};
}

/* True for a name that a look-up can meet: not empty, and without a variant, which look-ups cut off. Mostly
 * "author/name"; but what events name otherwise, ollama's "qwen2.5:7b" or a deployment of Azure's, is a slug as well.
 */
static bool is_base_slug(struct span slug)
{
    return slug.size > 0 && slug.size <= EVENT_TEXT_MAX && model_name_base(slug).size == slug.size;
}

static bool is_country(struct span text)
{
    return text.size == 2 && text.bytes[0] >= 'A' && text.bytes[0] <= 'Z' && text.bytes[1] >= 'A' &&
           text.bytes[1] <= 'Z';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* A decimal number without sign or exponent, whatever the locale; empty = 0. */
static bool read_number(struct span text, double *number)
{
    double digits = 0, scale = 1;
    bool has_point = false;

    *number = 0;
    if (text.size > 15) /* more digits than a double tells apart */
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] == '.' && !has_point && i > 0 && i + 1 < text.size) {
            has_point = true;
            continue;
        }
        if (!is_digit(text.bytes[i]))
            return false;
        digits = 10 * digits + (text.bytes[i] - '0');
        scale *= has_point ? 10 : 1;
    }
    *number = digits / scale;
    return *number <= NUMBER_MAX;
}

enum flag_value { FLAG_UNKNOWN, FLAG_NO, FLAG_YES };

static bool read_flag(struct span text, enum flag_value *flag)
{
    *flag = text.size == 0 ? FLAG_UNKNOWN : text.bytes[0] == '1' ? FLAG_YES : FLAG_NO;
    return text.size == 0 || (text.size == 1 && (text.bytes[0] == '0' || text.bytes[0] == '1'));
}

static bool read_reasoning(struct span text, enum model_reasoning *reasoning)
{
    static const enum model_reasoning known[] = {REASONING_NO, REASONING_OPTIONAL, REASONING_ALWAYS};

    *reasoning = REASONING_UNKNOWN;
    for (size_t i = 0; i < LENGTH_OF(known); i++)
        if (span_equal(text, span_of(model_reasoning_name(known[i]))))
            *reasoning = known[i];
    return text.size == 0 || *reasoning != REASONING_UNKNOWN;
}

static enum model_source source_of(enum flag_value is_open, struct span country)
{
    static const char *const chinese[] = {"CN", "HK", "TW"};

    if (is_open != FLAG_YES)
        return is_open == FLAG_NO ? SOURCE_CLOSED : SOURCE_UNKNOWN;
    for (size_t i = 0; i < LENGTH_OF(chinese); i++)
        if (span_equal(country, span_of(chinese[i])))
            return SOURCE_OPEN_CN;
    return SOURCE_OPEN_ROW;
}

static enum model_size size_of(double params)
{
    if (params <= 0)
        return SIZE_UNKNOWN;
    return params < PARAMS_MEDIUM ? SIZE_SMALL : params < PARAMS_LARGE ? SIZE_MEDIUM : SIZE_LARGE;
}

/* Refuses the row for what stands in `column`. */
static enum verdict refuse_field(const struct csv *csv, const int columns[], enum catalog_column column,
                                 const char *want, struct reason *why)
{
    struct span field = csv->fields[columns[column]];

    return csv_refuse(csv, csv->line, why, "%s \"%.*s\" is not %s", column_names[column], (int)field.size, field.bytes,
                      want);
}

/* A field of a column that a catalog may lack; absent where it is empty. */
static struct span field_of(const struct csv *csv, const int columns[], enum catalog_column column)
{
    struct span field = columns[column] < 0 ? (struct span){NULL, 0} : csv->fields[columns[column]];

    return field.size == 0 ? (struct span){NULL, 0} : field;
}

static bool is_shown(struct span name)
{
    return name.size <= EVENT_TEXT_MAX && text_is_one_line(name);
}

static enum verdict check_texts(const struct csv *csv, const int columns[], struct reason *why)
{
    struct span family = field_of(csv, columns, CATALOG_FAMILY);
    struct span author = csv->fields[columns[CATALOG_AUTHOR]];
    struct span country = csv->fields[columns[CATALOG_COUNTRY]];

    if (!is_base_slug(csv->fields[columns[CATALOG_SLUG]]))
        return refuse_field(csv, columns, CATALOG_SLUG, "a name without variant", why);
    if (family.size > 0 && !is_base_slug(family))
        return refuse_field(csv, columns, CATALOG_FAMILY, "a name without variant, or empty", why);
    if (author.size > EVENT_TEXT_MAX)
        return refuse_field(csv, columns, CATALOG_AUTHOR, "short enough", why);
    if (country.size > 0 && !is_country(country))
        return refuse_field(csv, columns, CATALOG_COUNTRY, "two capitals or empty", why);
    for (size_t i = 0; i < LENGTH_OF(names); i++)
        if (!is_shown(field_of(csv, columns, names[i])))
            return refuse_field(csv, columns, names[i], "a name on one line, of at most 256 bytes", why);
    for (size_t i = 0; i < LENGTH_OF(dates); i++) {
        struct span date = csv->fields[columns[dates[i]]];
        if (date.size > 0 && !name_words_date(date, true))
            return refuse_field(csv, columns, dates[i], "a date like 2025-09-29 or empty", why);
    }
    return GO_ON;
}

static enum verdict read_numbers(const struct csv *csv, const int columns[], struct catalog_row *row,
                                 struct reason *why)
{
    double params = 0, active_params = 0;
    const struct {
        enum catalog_column column;
        double *value;
    } numbers[] = {
        {CATALOG_PARAMS, &params},
        {CATALOG_ACTIVE_PARAMS, &active_params},
        {CATALOG_PROMPT_PRICE, &row->prompt_usd_per_mtok},
        {CATALOG_COMPLETION_PRICE, &row->completion_usd_per_mtok},
    };

    for (size_t i = 0; i < LENGTH_OF(numbers); i++)
        if (!read_number(csv->fields[columns[numbers[i].column]], numbers[i].value))
            return refuse_field(csv, columns, numbers[i].column, "a number like 0.25 or empty", why);
    if (params > 0 && active_params > params)
        return refuse_field(csv, columns, CATALOG_ACTIVE_PARAMS, "at most params_b", why);
    row->model.size = size_of(params);
    return GO_ON;
}

static enum verdict read_flags(const struct csv *csv, const int columns[], struct catalog_row *row, struct reason *why)
{
    enum flag_value is_open;

    struct span weights = csv->fields[columns[CATALOG_OPEN_WEIGHTS]];
    row->model.is_router = span_equal(weights, span_of("router"));
    if (!read_flag(row->model.is_router ? (struct span){NULL, 0} : weights, &is_open))
        return refuse_field(csv, columns, CATALOG_OPEN_WEIGHTS, "0, 1, router or empty", why);
    if (!read_reasoning(csv->fields[columns[CATALOG_REASONING]], &row->model.reasoning))
        return refuse_field(csv, columns, CATALOG_REASONING, "always, optional, no or empty", why);
    row->model.source = source_of(is_open, csv->fields[columns[CATALOG_COUNTRY]]);
    return GO_ON;
}

enum verdict catalog_row_read(const struct csv *csv, const int columns[CATALOG_COLUMNS], struct catalog_row *row,
                              struct reason *why)
{
    struct span author = csv->fields[columns[CATALOG_AUTHOR]], family = field_of(csv, columns, CATALOG_FAMILY);
    enum verdict verdict = check_texts(csv, columns, why);

    if (verdict != GO_ON)
        return verdict;
    memset(row, 0, sizeof(*row));
    row->line = csv->line;
    row->country = csv->fields[columns[CATALOG_COUNTRY]];
    row->aliases = csv->fields[columns[CATALOG_ALIASES]];
    row->valid_from = csv->fields[columns[CATALOG_VALID_FROM]];
    row->valid_from_ms = NO_TIME;
    (void)time_parse(row->valid_from, &row->valid_from_ms); /* check_texts() has seen it, and the one below */
    row->model.slug = csv->fields[columns[CATALOG_SLUG]];
    row->model.family = family.size > 0 ? family : row->model.slug;
    row->model.name = field_of(csv, columns, CATALOG_NAME);
    row->model.author_name = field_of(csv, columns, CATALOG_AUTHOR_NAME);
    row->model.author = author.size > 0 ? author : slug_author(row->model.slug);
    row->model.is_known = true;
    (void)time_parse(csv->fields[columns[CATALOG_RELEASED]], &row->model.released_ms);
    verdict = read_numbers(csv, columns, row, why);
    return verdict == GO_ON ? read_flags(csv, columns, row, why) : verdict;
}

enum verdict catalog_row_columns(const struct csv *csv, int columns[CATALOG_COLUMNS], struct reason *why)
{
    for (int column = CATALOG_REQUIRED_COLUMNS; column < CATALOG_COLUMNS; column++)
        columns[column] = csv_column(csv, column_names[column]);
    return csv_columns(csv, column_names, columns, CATALOG_REQUIRED_COLUMNS, why);
}
