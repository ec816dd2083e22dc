/* One part after the other, cut at the commas: the first is for all kinds, each further one for the kind it names. */
#include "early_intervals.h"

static enum verdict refuse(struct span part, const char *problem, struct reason *why)
{
    return reason_set(why, HALT, CONFIG_VALUE, 0,
                      "early_emit_interval_ms: '%.*s' %s: allowed is MS[,KIND=MS...], as in 60000,month=600000",
                      (int)part.size, part.bytes, problem);
}

static bool parse_number(struct span text, int64_t *number)
{
    *number = 0;
    for (size_t at = 0; at < text.size; at++) {
        if (text.bytes[at] < '0' || text.bytes[at] > '9' || *number > EARLY_INTERVAL_MAX_MS)
            return false;
        *number = 10 * *number + (text.bytes[at] - '0');
    }
    return text.size > 0 && (*number == 0 || (*number >= EARLY_INTERVAL_MIN_MS && *number <= EARLY_INTERVAL_MAX_MS));
}

static enum verdict parse_all(struct span part, int64_t interval_ms[WINDOW_KINDS], struct reason *why)
{
    int64_t number;

    if (memchr(part.bytes, '=', part.size) != NULL)
        return refuse(part, "names a kind, where the interval of all kinds comes first", why);
    if (!parse_number(part, &number))
        return refuse(part, "is neither 0, which is off, nor 100..86400000 ms", why);
    for (int kind = 0; kind < WINDOW_KINDS; kind++)
        interval_ms[kind] = number;
    return GO_ON;
}

static enum verdict parse_kind(struct span part, bool is_named[WINDOW_KINDS], int64_t interval_ms[WINDOW_KINDS],
                               struct reason *why)
{
    const char *equals = memchr(part.bytes, '=', part.size);
    enum window_kind kind;

    if (equals == NULL)
        return refuse(part, "is not KIND=MS", why);
    size_t size = (size_t)(equals - part.bytes);
    if (!window_kind_parse((struct span){part.bytes, size}, &kind))
        return refuse(part, "names none of hour, day, week, month", why);
    if (is_named[kind])
        return refuse(part, "names a kind for the second time", why);
    is_named[kind] = true;
    if (!parse_number((struct span){equals + 1, part.size - size - 1}, &interval_ms[kind]))
        return refuse(part, "is neither 0, which is off, nor 100..86400000 ms", why);
    return GO_ON;
}

enum verdict early_intervals_parse(const char *text, int64_t interval_ms[WINDOW_KINDS], struct reason *why)
{
    bool is_named[WINDOW_KINDS] = {false};
    struct span part = {text, strcspn(text, ",")};
    enum verdict verdict = parse_all(part, interval_ms, why);

    while (verdict == GO_ON && part.bytes[part.size] == ',') {
        text = part.bytes + part.size + 1;
        part = (struct span){text, strcspn(text, ",")};
        verdict = parse_kind(part, is_named, interval_ms, why);
    }
    return verdict;
}
