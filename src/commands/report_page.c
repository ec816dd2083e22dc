/*
 * The page has a section for each figure; titles and sentences come from the figures, the document is written as it is.
 */
#include "report_page.h"

#include <stdlib.h>

#include "gentally/report/page.h"

static struct page_section section_of(uint32_t index)
{
    struct figures_title title = figures_title(index);

    return (struct page_section){span_of(title.id), span_of(title.section), span_of(title.title), span_of(title.about)};
}

enum verdict report_page(FILE *file, struct span json, uint64_t revision, struct reason *why)
{
    struct page_section sections[FIGURES_COUNT];
    const struct page page = {.title = span_of(FIGURES_PAGE_TITLE),
                              .sections = sections,
                              .section_count = FIGURES_COUNT,
                              .study = json,
                              .is_live = revision > 0,
                              .revision = revision};

    for (uint32_t index = 0; index < FIGURES_COUNT; index++)
        sections[index] = section_of(index);
    return page_write(file, &page, why);
}

enum verdict report_page_embedded(FILE *file, const struct figures *figures, uint32_t index, struct reason *why)
{
    const struct page_section section = section_of(index);
    char *json = NULL;
    size_t size = 0;
    enum verdict verdict = figures_alone(figures, index, &json, &size, why);

    if (verdict == GO_ON) {
        const struct page page = {.title = section.title,
                                  .sections = &section,
                                  .section_count = 1,
                                  .study = {json, size},
                                  .is_embedded = true};
        verdict = page_write(file, &page, why);
    }
    free(json);
    return verdict;
}
