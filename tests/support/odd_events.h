/* The oddest events that may be counted: texts of what platforms, spreadsheets, terminals, keys and pages stumble over,
 * numbers at the ends of their ranges, times at the borders of windows, years and of what is allowed. */
#ifndef GENTALLY_ODD_EVENTS_H
#define GENTALLY_ODD_EVENTS_H

#include "gentally/core/event.h"
#include "gentally/core/window.h"
#include "suite.h"

/* An event and the room of its texts. */
struct odd_event {
    struct event event;
    char texts[8 + EVENT_LABELS_MAX][EVENT_TEXT_MAX];
};

/* Texts that mean something to somebody. */
static const char *const odd_words[] = {
    "(Other)",
    "other",
    "unknown",
    "none",
    "null",
    "total",
    "-",
    "-1",
    "0",
    "1e999",
    "NaN",
    "true",
    "=HYPERLINK(\"x\")",
    "+1",
    "@SUM(A1)",
    "%",
    "%7C",
    "%00",
    "|",
    "||",
    "a|b%7cc",
    "\"",
    "\"\"",
    "'",
    "a,b",
    "\r\n",
    "\n",
    "\t",
    " ",
    "  a ",
    "</script><script>",
    "<!--",
    "&amp;",
    "{{study}}",
    "__proto__",
    "constructor",
    "a/b",
    "a/b:free",
    ":free",
    "/",
    "//",
    "a/",
    "/b:c:d",
    "::::",
    "a/b/c/d:1:2",
    "host:8/a:x/b:free",
    "error",
    "tool_calls",
    "US",
    "us",
    "USA",
    "ZZ",
    "zh-Hant",
    "\x1f",
    "\x1b[2J",
    "\x7f",
    "\xc2\x9b"
    "2J",
    "\xef\xbb\xbf"
    "a",
    "\xe2\x80\xae"
    "abc",
    "\xe2\x80\xa8",
    "e\xcc\x81",
    "\xef\xbf\xbd",
    "\xef\xbf\xbf",
    "\xf4\x8f\xbf\xbf",
    "\xed\x9f\xbf\xee\x80\x80",
    "2025-11-24T00:00:00Z",
    "\\u0000",
};

/* Characters of all sizes, those among them that some writer treats apart. */
static const char *const odd_characters[] = {
    "\1",
    "\x1f",
    "\x7f",
    "|",
    "%",
    "\"",
    "\\",
    "/",
    ":",
    ",",
    "\n",
    "\r",
    " ",
    "<",
    "&",
    "a",
    "Z",
    "0",
    "\xc2\x80",
    "\xc2\xa0",
    "\xc3\xa9",
    "\xe2\x80\x8b",
    "\xe2\x80\xae",
    "\xe2\x80\xa9",
    "\xef\xbb\xbf",
    "\xef\xbf\xbe",
    "\xe6\xbc\xa2",
    "\xf0\x9f\x98\x80",
    "\xf4\x8f\xbf\xbf",
};

/* A text of 1 to EVENT_TEXT_MAX bytes, often of just as many as may be. */
static inline struct span odd_text(uint64_t *seed, char room[EVENT_TEXT_MAX])
{
    size_t size = 0, wanted = suite_below(seed, 3) == 0 ? EVENT_TEXT_MAX : 1 + suite_below(seed, 40);

    if (suite_below(seed, 2) == 0) {
        const char *word = odd_words[suite_below(seed, LENGTH_OF(odd_words))];
        size = strlen(word);
        memcpy(room, word, size);
        return (struct span){room, size};
    }
    while (size < wanted) {
        const char *character = odd_characters[suite_below(seed, LENGTH_OF(odd_characters))];
        size_t bytes = strlen(character);
        if (size + bytes > wanted && size > 0 && wanted - size < 4)
            character = "x", bytes = 1;
        if (size + bytes > EVENT_TEXT_MAX)
            break;
        memcpy(room + size, character, bytes);
        size += bytes;
    }
    return (struct span){room, size};
}

static inline int64_t odd_number(uint64_t *seed, int64_t max)
{
    const int64_t ends[] = {0, 1, max, max - 1, max / 2, (INT64_C(1) << 21) - 1, INT64_C(1) << 21, 255, 256};
    int64_t number = suite_below(seed, 2) == 0 ? ends[suite_below(seed, LENGTH_OF(ends))]
                                               : (int64_t)(suite_random(seed) >> (1 + suite_below(seed, 62)));

    return number < 0 ? 0 : number <= max ? number : max;
}

/* A time at or beside an end of a window, of a year, or of all that is allowed. */
static inline int64_t odd_time(uint64_t *seed)
{
    static const int64_t times[] = {
        EVENT_MS_MIN,  EVENT_MS_MAX, 1293839999999, /* the end of 2010 */
        1330560000000,                              /* 2012-03-01: a leap day before */
        1451606399999,                              /* a week that goes from 2015 into 2016 */
        4107542400000,                              /* 2100-03-01: no leap day before */
        1764547200000,                              /* 2025-12-01 */
    };
    int64_t time = times[suite_below(seed, LENGTH_OF(times))];

    if (suite_below(seed, 2) == 0)
        time = EVENT_MS_MIN + (int64_t)(suite_random(seed) % (uint64_t)(EVENT_MS_MAX - EVENT_MS_MIN));
    time += (int64_t)suite_below(seed, 3) - 1;
    return time < EVENT_MS_MIN ? EVENT_MS_MIN : time > EVENT_MS_MAX ? EVENT_MS_MAX : time;
}

/* Fills an event that event_check() lets pass; of its texts id and model are there. */
static inline void odd_event(uint64_t *seed, struct odd_event *odd)
{
    struct event *event = &odd->event;
    struct span *texts[] = {&event->id,  &event->model,   &event->provider, &event->account,
                            &event->app, &event->country, &event->language, &event->finish_reason};
    bool *flags[] = {&event->is_byok,   &event->is_free,   &event->is_gateway_cache_hit,
                     &event->streamed,  &event->cancelled, &event->tools_offered,
                     &event->classified};
    int32_t *durations[] = {&event->latency_ms, &event->first_token_ms, &event->generation_ms};
    int64_t *amounts[] = {&event->tokens_prompt, &event->tokens_completion, &event->cost_nano_usd};

    *event = (struct event){.op = OP_CREATE};
    for (size_t i = 0; i < LENGTH_OF(texts); i++)
        if (i < 2 || suite_below(seed, 4) > 0)
            *texts[i] = odd_text(seed, odd->texts[i]);
    for (size_t i = 0; i < LENGTH_OF(flags); i++)
        *flags[i] = suite_below(seed, 2) == 1;
    for (size_t i = 0; i < LENGTH_OF(durations); i++)
        *durations[i] = suite_below(seed, 4) == 0 ? EVENT_ABSENT : (int32_t)odd_number(seed, INT32_MAX);
    event->created_ms = odd_time(seed);
    event->tokens_prompt = odd_number(seed, EVENT_TOKENS_MAX);
    event->tokens_completion = odd_number(seed, EVENT_TOKENS_MAX);
    event->tokens_reasoning = odd_number(seed, event->tokens_completion);
    event->tokens_cached = odd_number(seed, event->tokens_prompt);
    event->tokens_cache_write = odd_number(seed, event->tokens_prompt - event->tokens_cached);
    event->cost_nano_usd = odd_number(seed, EVENT_COST_MAX);
    for (size_t i = 0; i < LENGTH_OF(amounts); i++)
        if (suite_below(seed, 8) == 0)
            *amounts[i] = EVENT_UNKNOWN;
    event->label_count = suite_below(seed, 8) == 0 ? EVENT_LABELS_MAX : (uint32_t)suite_below(seed, 4);
    for (uint32_t i = 0; i < event->label_count; i++) {
        static const char known[] = "/Computers & Electronics/Programming";
        struct span path = suite_below(seed, 3) == 0 ? span_of(known) : odd_text(seed, odd->texts[8 + i]);
        event->labels[i] = (struct label){path, (float)((double)suite_below(seed, 1001) / 1000)};
    }
}

#endif
