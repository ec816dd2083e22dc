/* Kinds without a number of requests, those about shares and cohorts, have thresholds of their own: no floor is theirs.
 */
#include "signal_wanted.h"

#include <stdio.h>

#include "gentally/cli/options.h"

struct signal_wanted signal_wanted_all(void)
{
    return (struct signal_wanted){.kinds = (1u << SIGNAL_KINDS) - 1, .since_ms = INT64_MIN};
}

static bool find_kind(struct span name, uint32_t *kinds)
{
    for (enum signal_kind kind = 0; kind < SIGNAL_KINDS; kind++) {
        if (!span_equal(name, span_of(signal_kind_name(kind))))
            continue;
        *kinds |= 1u << kind;
        return true;
    }
    return false;
}

static enum verdict read_kinds(const struct command_option *option, uint32_t *kinds, struct reason *why)
{
    char list[160];
    size_t size = 0;

    if (option->value == NULL)
        return GO_ON;
    *kinds = 0;
    for (const char *text = option->value; text != NULL;) {
        size_t end = strcspn(text, ",");
        if (!find_kind((struct span){text, end}, kinds)) {
            for (enum signal_kind kind = 0; kind < SIGNAL_KINDS; kind++)
                size += (size_t)snprintf(list + size, sizeof(list) - size, "%s%s", kind == 0 ? "" : ", ",
                                         signal_kind_name(kind));
            return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s %s: want some of %s, with commas between", option->name,
                              option->value, list);
        }
        text = text[end] == ',' ? text + end + 1 : NULL;
    }
    return GO_ON;
}

enum verdict signal_wanted_read(struct signal_wanted *wanted, const struct command_option *kind,
                                const struct command_option *since, const struct command_option *floor,
                                struct reason *why)
{
    enum verdict verdict = read_kinds(kind, &wanted->kinds, why);

    if (verdict == GO_ON)
        verdict = option_time(since, &wanted->since_ms, why);
    return verdict == GO_ON ? option_integer(floor, 0, INT64_MAX, &wanted->floor, why) : verdict;
}

bool signal_is_wanted(const struct signal_wanted *wanted, const struct signal *signal)
{
    if ((wanted->kinds >> signal->kind & 1u) == 0 || signal->window.start_ms < wanted->since_ms)
        return false;
    for (uint32_t index = 0; index < signal->number_count; index++)
        if (span_equal(signal->numbers[index].name, span_of("requests")))
            return signal->numbers[index].integer >= wanted->floor;
    return true;
}
