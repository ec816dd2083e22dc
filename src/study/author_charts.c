/* What the study says of single authors, in numbers or in ranges ("often above 80 %"), and ours between where its other
 * charts leave room for less: week_matrix.c holds those first. */
#include "author_charts.h"

#include <assert.h>

#define KNOTS 8

/* Anthropic, Google, OpenAI, x-ai; everyone else has the rest. */
static const uint16_t parts[SERIES_WEEKS - SERIES_CATEGORY_WEEK][AUTHOR_PARTS] = {
    {62, 204, 568, 12},   {221, 214, 429, 12},  {319, 263, 272, 38},  {388, 297, 137, 70},  {401, 297, 129, 68},
    {393, 304, 132, 56},  {397, 296, 129, 67},  {390, 302, 131, 63},  {390, 294, 127, 91},  {395, 287, 126, 95},
    {398, 251, 97, 107},  {385, 249, 99, 105},  {380, 253, 105, 93},  {375, 255, 104, 110}, {337, 228, 104, 228},
    {308, 201, 93, 325},  {311, 194, 96, 333},  {317, 195, 100, 329}, {320, 222, 108, 311}, {324, 224, 109, 305},
    {330, 195, 101, 316}, {326, 205, 104, 316}, {325, 215, 108, 311}, {324, 192, 101, 325}, {324, 188, 102, 326},
    {325, 172, 99, 331},  {326, 170, 98, 322},  {325, 165, 90, 330},
};

struct knot {
    uint8_t week;
    uint16_t share; /* per mille */
};

struct chart {
    const char *author;
    enum model_source source;
    enum study_topic topic;
    bool is_of_topic;
    struct knot knots[KNOTS]; /* by week; unused ones are 0. Before the first and after the last there is no share */
};

/* clang-format off */
static const struct chart charts[] = {
    /* S24: programming and technology together above 80 % throughout. */
    {"anthropic", SOURCE_UNKNOWN, TOPIC_PROGRAMMING, false, {{29, 620}, {56, 600}}},
    {"anthropic", SOURCE_UNKNOWN, TOPIC_TECHNOLOGY, false, {{29, 220}, {33, 210}, {52, 205}, {56, 220}}},
    {"anthropic", SOURCE_UNKNOWN, TOPIC_ROLEPLAY, false, {{30, 50}, {56, 70}}},
    /* S25: programming falls. */
    {"google", SOURCE_UNKNOWN, TOPIC_PROGRAMMING, false, {{29, 300}, {56, 180}}},
    {"google", SOURCE_UNKNOWN, TOPIC_TECHNOLOGY, false, {{30, 180}, {32, 70}, {52, 60}, {56, 190}}},
    {"google", SOURCE_UNKNOWN, TOPIC_SCIENCE, false, {{31, 130}, {36, 100}, {56, 100}}},
    {"google", SOURCE_UNKNOWN, TOPIC_LEGAL, false, {{32, 30}, {56, 50}}},
    /* S26: often above 80 %, until free distribution at the end of November. */
    {"x-ai", SOURCE_UNKNOWN, TOPIC_PROGRAMMING, false, {{29, 835}, {54, 835}, {55, 740}, {56, 450}}},
    {"x-ai", SOURCE_UNKNOWN, TOPIC_TECHNOLOGY, false, {{54, 60}, {55, 95}, {56, 200}}},
    {"x-ai", SOURCE_UNKNOWN, TOPIC_ROLEPLAY, false, {{54, 50}, {55, 80}, {56, 180}}},
    {"x-ai", SOURCE_UNKNOWN, TOPIC_ACADEMIA, false, {{55, 20}, {56, 60}}},
    /* S27: from science to programming and technology. */
    {"openai", SOURCE_UNKNOWN, TOPIC_PROGRAMMING, false, {{29, 50}, {31, 100}, {32, 240}, {56, 290}}},
    {"openai", SOURCE_UNKNOWN, TOPIC_TECHNOLOGY, false, {{29, 150}, {31, 200}, {33, 190}, {52, 210}, {56, 290}}},
    {"openai", SOURCE_UNKNOWN, TOPIC_SCIENCE, false,
        {{29, 740}, {30, 680}, {31, 520}, {32, 240}, {40, 150}, {56, 140}}},
    /* S29: programming between 40 and 60 %, roleplay in September and October. */
    {"qwen", SOURCE_UNKNOWN, TOPIC_PROGRAMMING, false,
        {{29, 500}, {40, 500}, {44, 425}, {50, 425}, {51, 440}, {54, 550}, {56, 550}}},
    {"qwen", SOURCE_UNKNOWN, TOPIC_ROLEPLAY, false, {{38, 100}, {43, 240}, {45, 290}, {51, 290}, {54, 60}, {56, 60}}},
    /* S08: its end. */
    {NULL, SOURCE_OPEN_CN, TOPIC_ROLEPLAY, false, {{53, 330}, {56, 330}}},
    {NULL, SOURCE_OPEN_CN, TOPIC_PROGRAMMING, false, {{54, 290}, {56, 290}}},
    {NULL, SOURCE_OPEN_CN, TOPIC_TECHNOLOGY, false, {{54, 140}, {56, 140}}},
    /* S28: roleplay above two thirds, some programming from late summer on. */
    {"deepseek", SOURCE_UNKNOWN, TOPIC_ROLEPLAY, false, {{29, 780}, {52, 780}, {53, 740}, {56, 740}}},
    {"deepseek", SOURCE_UNKNOWN, TOPIC_PROGRAMMING, false, {{29, 40}, {44, 50}, {51, 50}, {53, 95}, {56, 95}}},
    /* S09: Qwen3 Coder, then more than half of it elsewhere, until the last weeks. */
    {NULL, SOURCE_OPEN_ROW, TOPIC_PROGRAMMING, true,
        {{30, 500}, {37, 420}, {44, 440}, {46, 640}, {50, 630}, {51, 450}, {53, 520}, {54, 150}}},
};
/* clang-format on */

const uint16_t *author_parts(uint32_t week)
{
    assert(week >= SERIES_CATEGORY_WEEK);
    assert(week < SERIES_WEEKS);
    return parts[week - SERIES_CATEGORY_WEEK];
}

/* The height of a chart in a week, per mille; below 0 if it says nothing of it. */
static double height(const struct chart *chart, uint32_t week)
{
    for (uint32_t index = 0; index < KNOTS && chart->knots[index].week > 0; index++) {
        const struct knot *knot = &chart->knots[index];
        if (week == knot->week)
            return knot->share;
        if (week < knot->week && index > 0) {
            double part = (double)(week - knot[-1].week) / (knot->week - knot[-1].week);
            return knot[-1].share * (1 - part) + knot->share * part;
        }
        if (week < knot->week)
            break;
    }
    return -1;
}

uint32_t author_shares(uint32_t week, struct author_share shares[AUTHOR_SHARES])
{
    uint32_t count = 0;

    static_assert(LENGTH_OF(charts) <= AUTHOR_SHARES, "each chart has its place");
    assert(week >= SERIES_CATEGORY_WEEK);
    for (size_t index = 0; index < LENGTH_OF(charts); index++) {
        const struct chart *chart = &charts[index];
        double share = height(chart, week);
        if (share >= 0)
            shares[count++] =
                (struct author_share){chart->author, chart->source, chart->topic, chart->is_of_topic, share / 1000};
    }
    return count;
}
