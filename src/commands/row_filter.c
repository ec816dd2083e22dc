/* Terms are compared as bytes: values stand in rows as they are counted. */
#include "row_filter.h"

#include <stdio.h>

/* The column of a name among `columns`; COLUMN_COUNT: there is none. */
static enum column find_column(struct span name, uint32_t columns)
{
    for (enum column column = 0; column < COLUMN_COUNT; column++)
        if ((columns >> column & 1u) != 0 && span_equal(name, span_of(column_name(column))))
            return column;
    return COLUMN_COUNT;
}

/* Says which columns there are. */
static enum verdict refuse(const struct command_option *option, struct span name, uint32_t columns, const char *rollup,
                           struct reason *why)
{
    char list[256] = "";
    size_t size = 0;

    for (enum column column = 0; column < COLUMN_COUNT; column++)
        if ((columns >> column & 1u) != 0 && size < sizeof(list))
            size +=
                (size_t)snprintf(list + size, sizeof(list) - size, "%s%s", size == 0 ? "" : ", ", column_name(column));
    return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s: rows of rollup %s have no column '%.*s'; they have %s",
                      option->name, rollup, (int)(name.size < 64 ? name.size : 64), name.bytes,
                      size == 0 ? "none" : list);
}

enum verdict row_filter_read(struct row_filter *filter, const struct command_option options[], uint32_t columns,
                             const char *rollup, struct reason *why)
{
    filter->count = 0;
    for (uint32_t at = 0; at < ROW_FILTER_TERMS && options[at].value != NULL; at++) {
        const char *text = options[at].value, *sign = strchr(text, '=');
        if (sign == NULL)
            return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s %s: want COLUMN=VALUE, like author=openai",
                              options[at].name, text);
        struct span name = {text, (size_t)(sign - text)};
        enum column column = find_column(name, columns);
        if (column == COLUMN_COUNT)
            return refuse(&options[at], name, columns, rollup, why);
        filter->terms[filter->count++] = (struct row_filter_term){column, span_of(sign + 1)};
    }
    return GO_ON;
}

bool row_filter_takes(const struct row_filter *filter, const struct span columns[COLUMN_COUNT])
{
    for (uint32_t at = 0; at < filter->count; at++) {
        enum column column = filter->terms[at].column;
        bool is_one = false;
        for (uint32_t other = 0; other < filter->count; other++)
            is_one |= filter->terms[other].column == column && span_equal(filter->terms[other].value, columns[column]);
        if (!is_one)
            return false;
    }
    return true;
}

enum verdict row_columns_read(const struct command_option *option, uint32_t columns, const char *rollup,
                              enum column by[], uint32_t max, uint32_t *count, struct reason *why)
{
    const char *text = option->value;

    *count = 0;
    while (text != NULL) {
        size_t size = strcspn(text, ",");
        struct span name = {text, size};
        enum column column = find_column(name, columns);
        if (column == COLUMN_COUNT)
            return refuse(option, name, columns, rollup, why);
        for (uint32_t at = 0; at < *count; at++)
            if (by[at] == column)
                return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s %s: %s stands twice", option->name, option->value,
                                  column_name(column));
        if (*count == max)
            return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s %s: at most %u columns", option->name, option->value,
                              max);
        by[(*count)++] = column;
        text = text[size] == ',' ? text + size + 1 : NULL;
    }
    return GO_ON;
}
