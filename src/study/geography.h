/*
 * The geography of the study's tokens: how many each country, and each language in a country, should have in each week,
 * so that S32 and S33 hold over all weeks, S31 over those with categories, and S30's shift to Asia within them. A pair
 * is a country and a language; indices are of study_countries and study_languages. Requests are dealt to the pairs by
 * what these still miss, or drawn by chance.
 */
#ifndef GENTALLY_GEOGRAPHY_H
#define GENTALLY_GEOGRAPHY_H

#include "random.h"
#include "series.h"

struct geography;

/* Plans all weeks, of so many tokens each; to be closed once. HALT: NO-MEMORY. */
MUST_CHECK enum verdict geography_open(struct geography **geography, const int64_t tokens[SERIES_WEEKS],
                                       struct reason *why);
void geography_close(struct geography *geography);

/* Raises what pairs miss by their tokens until `part` (per million) of `week`. Weeks and parts may only grow. */
void geography_advance(struct geography *geography, uint32_t week, uint32_t part);

/* Deals a request of `tokens` to a pair that misses as many, by chance; where there is none, to the pair furthest below
 * its target. After each geography_advance() large requests should come first: small ones then fill the gaps.
 * `*country` on entry: the country to stay in, or < 0 for any. */
void geography_deal(struct geography *geography, int64_t tokens, struct random_stream *stream, int *country,
                    uint32_t *language);

/* True if a language of the country misses as many tokens. */
bool geography_has_room(const struct geography *geography, int64_t tokens, uint32_t country);

/* Draws a pair by the shares of the week, whatever was dealt. `*country` as for geography_deal(). */
void geography_draw(struct geography *geography, uint32_t week, struct random_stream *stream, int *country,
                    uint32_t *language);

#endif
