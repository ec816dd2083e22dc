/*
 * The page of `gentally report`: one HTML file that needs nothing else. Its script, style and licences are bundled at
 * build time (src/report/page); written here are the document, and a section for each figure, so that titles and
 * sentences can be read without the script too.
 */
#ifndef GENTALLY_PAGE_H
#define GENTALLY_PAGE_H

#include <stdio.h>

#include "gentally/base/verdict.h"

/* Plain texts, UTF-8, escaped by the page. */
struct page_section {
    struct span id;    /* letters and digits, unique: the address of the section */
    struct span group; /* the heading it stands under; sections of one group follow each other */
    struct span title, about;
};

struct page {
    struct span title;
    const struct page_section *sections;
    size_t section_count;
    struct span study; /* the document, JSON in UTF-8: borrowed, written as it is but for "<", which becomes \u003c;
                          a last member "cubes" that begins a line is packed (gzip, base64), since it is large */
    bool is_live;      /* served by `report --watch`: the page listens to /events */
    bool is_embedded;  /* for the frame of another page: figures alone, without header, contents and notes */
    uint64_t revision; /* if live: the number of this document; later ones are pushed */
};

/* True if this binary has the page: a build without npm has none. */
bool page_is_built(void);

/* Writes the page. Blocks as writing to `file` does. HALT: REPORT-NOT-BUILT, OUTPUT-FAILED. */
MUST_CHECK enum verdict page_write(FILE *file, const struct page *page, struct reason *why);

#endif
