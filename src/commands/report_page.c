/*
 * The page has a section for each figure; titles and sentences come from the figures, the document is written as it is.
 */
#include "report_page.h"

#include "gentally/report/figures.h"
#include "gentally/report/page.h"

enum verdict report_page(FILE *file, struct span json, uint64_t revision, struct reason *why)
{
    struct page_section sections[FIGURES_COUNT];
    const struct page page = {.title = span_of(FIGURES_PAGE_TITLE),
                              .sections = sections,
                              .section_count = FIGURES_COUNT,
                              .study = json,
                              .is_live = revision > 0,
                              .revision = revision};

    for (uint32_t index = 0; index < FIGURES_COUNT; index++) {
        struct figures_title title = figures_title(index);
        sections[index] = (struct page_section){span_of(title.id), span_of(title.section), span_of(title.title),
                                                span_of(title.about)};
    }
    return page_write(file, &page, why);
}
