/* Points of price and usage: categories, or models. Bring-your-own-key is left out throughout. */
#ifndef GENTALLY_FIGURE_POINTS_H
#define GENTALLY_FIGURE_POINTS_H

#include "figure_parts.h"

struct figure_point {
    uint32_t series;
    const struct figure_group *group;
    struct span name;
    int64_t tokens;
    double price; /* dollars for a million tokens */
};

struct figure_points {
    const struct figure_spec *spec;
    struct figure_data *data;
    struct figure_groups groups;
    size_t count;
    struct figure_point *items; /* most tokens first, then by name */
    size_t left_out;            /* with tokens, but without a price */
    double price_median, tokens_median;
};

void figure_points_open(struct figure_points *points, const struct figure_spec *spec, struct figure_data *data,
                        struct figure *figure);
void figure_points_close(struct figure_points *points);

/* log10 of millions of tokens. */
double figure_usage(int64_t tokens);

/* usage = start + slope * log10(price). False with fewer than two prices. */
bool figure_points_fit(const struct figure_points *points, double *slope, double *start);

/* The quarters that the medians make; at a median is above it. */
enum figure_segment { SEGMENT_GIANTS, SEGMENT_LEADERS, SEGMENT_TAIL, SEGMENT_SPECIALISTS, SEGMENT_COUNT };
enum figure_segment figure_segment_of(const struct figure_points *points, const struct figure_point *point);
const char *figure_segment_name(enum figure_segment segment);

#endif
