/*
 * Where the study's tokens come from: for each week how many of them each country and each language of it should have,
 * so that S32 and S33 hold over all weeks, S31 over those with categories, and S30's shift to Asia within them. And who
 * gets the next request: by what is still missing, or by chance.
 */
#ifndef GENTALLY_GEOGRAPHY_H
#define GENTALLY_GEOGRAPHY_H

#include "random.h"
#include "series.h"

#define GEOGRAPHY_CONTINENTS 6u

struct geography;

/* `tokens`: of each week. HALT: NO-MEMORY. */
MUST_CHECK enum verdict geography_open(struct geography **geography, const int64_t tokens[SERIES_WEEKS],
                                       struct reason *why);
void geography_close(struct geography *geography);

/* From here on requests are due up to `part` (per million, of its tokens) of `week`. Weeks and parts may only grow. */
void geography_advance(struct geography *geography, uint32_t week, uint32_t part);

/* The home of a request of `tokens`: one of those that miss as many, by chance, else the one that misses most. Requests
 * of one homes_due() should come the large ones first: the small ones then fill the gaps. `country` < 0 on entry: any;
 * else that one. Indices are of study_countries and study_languages. */
void geography_deal(struct geography *geography, int64_t tokens, struct random_stream *stream, int *country,
                    uint32_t *language);

/* True if a language of the country misses as many tokens. */
bool geography_has_room(const struct geography *geography, int64_t tokens, uint32_t country);

/* By chance, by the shares of the week. */
void geography_draw(struct geography *geography, uint32_t week, struct random_stream *stream, int *country,
                    uint32_t *language);

#endif
