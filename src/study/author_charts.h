/*
 * The study's charts of single authors (S24 to S29) and of who serves a topic (S08, S09), as numbers: what it states of
 * them at their ends and on the way, straight lines between. And which part of the closed tokens each author needs so
 * that all of them, S07 and S20 can hold at once. Static memory; nothing can fail.
 */
#ifndef GENTALLY_AUTHOR_CHARTS_H
#define GENTALLY_AUTHOR_CHARTS_H

#include "series.h"

#define AUTHOR_PARTS 4u   /* closed authors with a part of their own: the first columns of S21 */
#define AUTHOR_SHARES 32u /* at most */

/* Per mille of a week's closed tokens, for the first AUTHOR_PARTS columns of series_spender(); from
 * SERIES_CATEGORY_WEEK on. The study has no such chart: found by least squares, from S07, S20, S21, S24 to S27. */
const uint16_t *author_parts(uint32_t week);

/* A share that a topic has, in a week, among the tokens of some models. */
struct author_share {
    const char *author;       /* NULL: any of `source` */
    enum model_source source; /* for an author: SOURCE_UNKNOWN, any */
    enum study_topic topic;
    bool is_of_topic; /* the share is of the topic's tokens on open models, not of the models' tokens */
    double share;
};

/* The shares of a week, at most AUTHOR_SHARES; how many there are. From SERIES_CATEGORY_WEEK on. */
uint32_t author_shares(uint32_t week, struct author_share shares[AUTHOR_SHARES]);

#endif
