/* A pivot as text: a line for each name, a column for each window, the latest to the right. In three formats. */
#ifndef GENTALLY_PIVOT_TEXT_H
#define GENTALLY_PIVOT_TEXT_H

#include "gentally/inspect/totals.h"
#include "leaderboard.h"

struct pivot_text {
    const struct leaderboard *leaderboard; /* window, titles, split and format; limit: names in all */
    bool is_share;                         /* of the window's sum, instead of the values */
    bool has_sparkline;                    /* table only */
    uint32_t width;                        /* characters of a table's line: windows that have no room become one */
};

/* Prints sorted totals to standard output, by their measure of choice. HALT: NO-MEMORY, OUTPUT-FAILED. */
MUST_CHECK enum verdict pivot_text_print(const struct pivot_text *print, const struct totals *totals,
                                         struct reason *why);

/* Characters of a line of the terminal on standard output, at least 40; 100 if standard output is no terminal. */
uint32_t pivot_text_width(void);

/* Whether sparklines can be read here: the locale is UTF-8. */
bool pivot_text_is_utf8(void);

#endif
