/*
 * The 41 figures and tables of the study "State of AI" (S01..S41) and its scalars (C01..C08), made from the summary
 * topics. A reader feeds records as they come; the document can be written at any moment, and again after more records.
 *
 * Tops are chosen over the whole range, shares are quotients of sums, category figures carry an effective sample size
 * and a 95 % interval. A figure without data stays in the document and says what is missing. There are two editions, of
 * one's own traffic, and of the study: the second has notes and dates about it, and its models in S34 and S38.
 *
 *   {"format": 1, "header": {title, edition, times, range, as_of, requests, tokens, ..., coverage, ledger, scalars},
 *    "notes": [text, ...],
 *    "figures": [{id, section, title, about,
 *                 "definition": {measure, unit, rollup, window, period, revision, recipe},
 *                 "chart": {kind, stack, x, y, series, ..., order, rules, quarters, censored, outstanding, line},
 *                 "columns": [{name, title, type, about}, ...], "rows": [[cell, ...], ...], "notes": [...],
 *                 "missing": null or why there is nothing to draw}, ...],
 *    "names": {slug: name for people, ...},
 *    "cubes": {name: {keys, members, measures, weeks}, ...}}
 *
 * A row is one point: x, series, the sums as integers, and what is made of them. Types of columns: date ("2025-11-17"),
 * month ("2025-11"), text, integer, real, share (0..1), usd, usd_per_mtok (dollars per million tokens), flag. `order`
 * lists the series as they are drawn. A recipe says how the figure is made of a cube, which has the sums of each week
 * by author, source and the like: so a page can make figures of a part of them. Models and authors are their slugs
 * everywhere but in "names".
 */
#ifndef GENTALLY_FIGURES_H
#define GENTALLY_FIGURES_H

#include "gentally/core/event.h"
#include "gentally/inspect/latest.h"

#define FIGURES_COUNT 41
#define FIGURES_PAGE_TITLE "State of AI, from your own stream" /* of the document, and of its page */

#define FIGURES_TIMES_MAX 1000000000

struct catalog;

struct figures_options {
    const char *prefix; /* of the topics' names, like "gentally", to say what was looked for; borrowed until close */
    int64_t from_ms, to_ms; /* weeks and months that start in [from_ms, to_ms); INT64_MIN, INT64_MAX: all there are */
    const char *examples;   /* S38: model slugs, separated by commas; NULL: the study's in its edition; borrowed */
    const struct catalog *catalog; /* whose releases are drawn, but in the study's edition; NULL: none; borrowed */
    int64_t times; /* sums are told so many times as large, of a replica made smaller: 1 .. FIGURES_TIMES_MAX; 0 is 1 */
    bool is_study; /* the edition with what is known of the study: its dates, members, contradictions */
};

struct figures;

/* Opens an empty document. GO_ON gives `*figures` to the caller, to be closed once. HALT: NO-MEMORY; TABLE-INVALID, if
 * the bundled remarks are (a test holds them to be valid). */
MUST_CHECK enum verdict figures_open(struct figures **figures, const struct figures_options *options,
                                     struct reason *why);
void figures_close(struct figures *figures);

/*
 * Takes a record of any summary topic or of the ledger, a tombstone too, and copies what is needed. Of each key the
 * latest version is kept, whatever the order of keys and versions; rollups and windows that no figure needs are let go.
 * HALT: NO-MEMORY. SET_ASIDE: SOURCE-FOREIGN; SUMMARY-UNREADABLE, LEDGER-UNREADABLE, and then the document does without
 * that key until a later version comes.
 */
MUST_CHECK enum verdict figures_take(struct figures *figures, const struct record *record, struct reason *why);

/* The number of keys that the document does without. */
size_t figures_unreadable(const struct figures *figures);

/*
 * Writes the document as JSON, from the records taken so far. The same records give the same bytes. `*json` borrows
 * until the next write or close. HALT: NO-MEMORY. Costs a pass over all rows that are kept: a second for a million.
 */
MUST_CHECK enum verdict figures_write(struct figures *figures, struct span *json, struct reason *why);

/* One figure of the document that was written last, alone: its object of the JSON; or its rows as CSV, under the names
 * of its columns, texts as csv_text() writes them. Absent before the first write. Borrows until the next, or close. */
enum figures_form { FIGURES_JSON, FIGURES_CSV };
struct span figures_one(const struct figures *figures, uint32_t index, enum figures_form form); /* < FIGURES_COUNT */

/* The document with one figure alone, without notes; the document that was written last is as it was. GO_ON gives
 * `*json` to the caller, to be freed. HALT: NO-MEMORY, also before the first write. */
MUST_CHECK enum verdict figures_alone(const struct figures *figures, uint32_t index, char **json, size_t *size,
                                      struct reason *why);

/* The index of a figure by its id, like "S01"; FIGURES_COUNT: there is none. */
uint32_t figures_find(struct span id);

/* The rows of summaries that are kept, by their keys; weeks and months only. Borrowed until the next take. */
const struct latest *figures_rows(const struct figures *figures);

/* What is shown was told last when? By the ledger record of a week or month in the range that was written last. */
struct figures_told {
    int64_t told_ms;    /* that record's timestamp */
    int32_t partitions; /* of the input, as that record has them: 0 .. partitions - 1 */
    int64_t ends;       /* where their logs ended then, added up; where that was not known, how far they were read */
};

/* False: nothing was told yet. */
bool figures_told(const struct figures *figures, struct figures_told *told);

/* Titles of the figures, in the study's order: for a page's skeleton. */
struct figures_title {
    const char *id, *section, *title, *about;
};
struct figures_title figures_title(uint32_t index); /* < FIGURES_COUNT */

#endif
