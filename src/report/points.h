/*
 * Points of price and usage: one for each category or model with paid tokens. Their medians divide the map into four
 * segments; a line is fitted through their logarithms. Bring-your-own-key is left out throughout.
 */
#ifndef GENTALLY_POINTS_H
#define GENTALLY_POINTS_H

#include "groups.h"
#include "spec.h"

struct price_point {
    uint32_t series;                /* name */
    const struct group_sums *group; /* borrowed until points_close() */
    struct span name;
    int64_t tokens;
    double price; /* dollars for a million tokens */
};

struct points {
    const struct figure_spec *spec;
    struct dataset *dataset;
    struct groups groups;
    size_t count;
    struct price_point *items; /* owned; most tokens first, then by name */
    size_t left_out;           /* with tokens, but without a price */
    double price_median, tokens_median;
};

/* Makes the points of the rows that the specification speaks of; notes in `figure` how many were left out. Whether
 * memory sufficed or not, the points are to be closed once. */
void points_open(struct points *points, const struct figure_spec *spec, struct dataset *dataset, struct figure *figure);
void points_close(struct points *points);

/* log10 of millions of tokens. */
double points_usage(int64_t tokens);

#define POINTS_FIT_MIN 10 /* models: a line through fewer says nothing of an elasticity */

/* Fits points_usage(tokens) = start + slope * log10(price) by least squares. False with fewer points, or one price. */
bool points_fit(const struct points *points, double *slope, double *start);

/* The quarters that the medians make. A point at a median is above it. */
enum segment { SEGMENT_GIANTS, SEGMENT_LEADERS, SEGMENT_TAIL, SEGMENT_SPECIALISTS, SEGMENT_COUNT };
enum segment points_segment_of(const struct points *points, const struct price_point *point);
const char *points_segment_name(enum segment segment);

#endif
