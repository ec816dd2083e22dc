/* Most series are a column of the row; sources and reasoning are renamed as the study's charts have them. */
#include "row_series.h"

#include <assert.h>

const char *row_series_name(enum row_series series)
{
    static const char *const names[SERIES_COUNT] = {
        [SERIES_SOURCE] = "source",     [SERIES_SIZE] = "size",         [SERIES_REASONING] = "reasoning",
        [SERIES_AUTHOR] = "author",     [SERIES_FAMILY] = "model",      [SERIES_BASE] = "model",
        [SERIES_CATEGORY] = "category", [SERIES_TAG] = "tag",           [SERIES_CONTINENT] = "continent",
        [SERIES_COUNTRY] = "country",   [SERIES_LANGUAGE] = "language",
    };

    assert(series < SERIES_COUNT);
    return names[series];
}

const char *row_series_title(enum row_series series)
{
    static const char *const titles[SERIES_COUNT] = {
        [SERIES_SOURCE] = "Source",     [SERIES_SIZE] = "Size",         [SERIES_REASONING] = "Reasoning",
        [SERIES_AUTHOR] = "Author",     [SERIES_FAMILY] = "Model",      [SERIES_BASE] = "Model",
        [SERIES_CATEGORY] = "Category", [SERIES_TAG] = "Tag",           [SERIES_CONTINENT] = "Continent",
        [SERIES_COUNTRY] = "Country",   [SERIES_LANGUAGE] = "Language",
    };

    assert(series < SERIES_COUNT);
    return titles[series];
}

/* The source in the study's words. */
static uint32_t source_of(const struct dataset *dataset, uint32_t source)
{
    return source == dataset->closed     ? dataset->closed_shown
           : source == dataset->open_cn  ? dataset->open_cn_shown
           : source == dataset->open_row ? dataset->open_row_shown
                                         : dataset->unknown;
}

uint32_t row_series_of(const struct dataset *dataset, const struct summary_row *row, enum row_series series)
{
    static const enum column columns[SERIES_COUNT] = {
        [SERIES_SIZE] = COLUMN_SIZE,         [SERIES_AUTHOR] = COLUMN_AUTHOR,   [SERIES_CATEGORY] = COLUMN_CATEGORY,
        [SERIES_TAG] = COLUMN_TAG,           [SERIES_COUNTRY] = COLUMN_COUNTRY, [SERIES_CONTINENT] = COLUMN_CONTINENT,
        [SERIES_LANGUAGE] = COLUMN_LANGUAGE,
    };
    uint32_t id;

    switch (series) {
    case SERIES_SOURCE:
        return source_of(dataset, row->columns[COLUMN_SOURCE]);
    case SERIES_REASONING:
        id = row->columns[COLUMN_REASONING];
        if (id == dataset->always || id == dataset->optional)
            return dataset->reasoning_shown;
        return id == dataset->no ? dataset->no_shown : dataset->unknown;
    case SERIES_FAMILY:
        id = row_family(row);
        break;
    case SERIES_BASE:
        id = row->base;
        break;
    case SERIES_NONE:
    case SERIES_COUNT:
        return 0;
    default:
        id = row->columns[columns[series]];
    }
    return id == 0 ? dataset->unknown : id;
}
