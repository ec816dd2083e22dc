/*
 * Remarks: what is known of the study itself and not counted. Dates of releases, notes on what its text and its charts
 * say, the models and numbers of its tables. Data (study_remarks.csv, bundled), so that none of these words stands in
 * the code.
 *
 * CSV with the columns figure ("S01"; empty: the whole document), kind (one of the names below), at, edition ("study":
 * about the study itself; empty: about how figures are made, whosever they are) and text.
 */
#ifndef GENTALLY_REMARKS_H
#define GENTALLY_REMARKS_H

#include "gentally/base/verdict.h"

enum remark_kind {
    REMARK_RULE,          /* "rule": a line in the chart: at a date vertical, at a number horizontal */
    REMARK_NOTE,          /* "note": under the figure, or the document's own */
    REMARK_NOTE_IF_DRAWN, /* "note_if_drawn": under the figure if it has rows */
    REMARK_NOTE_ON_LINE,  /* "note_on_line": behind what is said of a fitted line */
    REMARK_MODEL,         /* "model": the slug of a model that the study shows */
    REMARK_PUBLISHED,     /* "published": a number that the study has in a column and a row of the figure: "share US" */
    REMARK_KINDS
};

#define REMARK_RULE_TEXT_MAX 39 /* bytes */

/* Borrowed until remarks_close(). */
struct remark {
    struct span figure;
    enum remark_kind kind;
    bool is_date;    /* of a rule */
    int64_t date_ms; /* of a rule with a date */
    double at;       /* of a rule without; what is published, in the column's unit */
    struct span text;
};

struct remarks;

/* Reads the table, of which nothing is borrowed; without `has_study` only what is in both editions. HALT: TABLE-INVALID
 * (line, what), NO-MEMORY. */
MUST_CHECK enum verdict remarks_open(struct remarks **remarks, struct span table, bool has_study, struct reason *why);
void remarks_close(struct remarks *remarks);

/* The first remark of the kind on the figure ("": on the document) behind `last` (NULL: of all), in the table's order;
 * NULL if there is no other. */
const struct remark *remarks_next(const struct remarks *remarks, const char *figure, enum remark_kind kind,
                                  const struct remark *last);

/* All remarks, in the table's order: for tests of the table. */
const struct remark *remarks_all(const struct remarks *remarks, size_t *count);

#endif
