/* A table is as wide as its widest subject, so signals are read twice for one. */
#include "signal_list.h"

#include <stdio.h>

#include "gentally/cli/output.h"
#include "signal_text.h"

/* The part of a key that is its window's start: what stands behind the first bar. */
static struct span start_of(struct span key)
{
    const char *bar = key.size == 0 ? NULL : memchr(key.bytes, '|', key.size);

    if (bar == NULL)
        return (struct span){NULL, 0};
    struct span rest = {bar + 1, key.size - (size_t)(bar + 1 - key.bytes)};
    const char *end = rest.size == 0 ? NULL : memchr(rest.bytes, '|', rest.size);
    return (struct span){rest.bytes, end == NULL ? rest.size : (size_t)(end - rest.bytes)};
}

int signal_list_compare_keys(struct span left, struct span right)
{
    int order = span_compare(start_of(left), start_of(right));

    return order != 0 ? order : span_compare(left, right);
}

static size_t widest_of(const struct signal_list *list, const struct signal_wanted *wanted)
{
    const struct signal *signal;
    size_t widest = 0;

    for (size_t index = 0; index < list->count; index++)
        if (list->read(list->context, index, &signal) && signal_is_wanted(wanted, signal))
            widest = signal_table_widen(widest, signal);
    return widest;
}

enum verdict signal_list_print(const struct signal_list *list, const struct signal_wanted *wanted, bool is_json,
                               size_t *unreadable, struct reason *why)
{
    struct table *table = NULL;
    const struct signal *signal;
    size_t widest = is_json ? 0 : widest_of(list, wanted);
    enum verdict verdict = is_json ? GO_ON : signal_table_open(&table, why);

    *unreadable = 0;
    for (size_t index = 0; verdict == GO_ON && index < list->count; index++) {
        if (!list->read(list->context, index, &signal))
            ++*unreadable;
        else if (!signal_is_wanted(wanted, signal))
            continue;
        else if (is_json)
            signal_print_json(signal);
        else
            signal_table_add(table, signal, widest);
    }
    if (verdict == GO_ON && table != NULL)
        verdict = table_print(table, stdout, why);
    table_close(table);
    return verdict == GO_ON ? output_flush(why) : verdict;
}
