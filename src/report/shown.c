/* A number for each name's number: 0 where a text is no slug, or has no name. */
#include "shown.h"

#include <stdlib.h>

/* A newer row's name stands: rows come week by week. */
static void note(struct dataset *dataset, uint32_t slug, uint32_t name)
{
    if (slug != 0 && slug <= dataset->shown_count && name != 0)
        dataset->shown[slug - 1] = name;
}

static void note_text(struct dataset *dataset, uint32_t slug, struct span name)
{
    if (slug <= dataset->shown_count && dataset->shown[slug - 1] == 0)
        note(dataset, slug, names_put(&dataset->names, name));
}

static void ask_catalog(struct dataset *dataset, const struct summary_row *row, const struct catalog *catalog)
{
    const uint32_t slugs[] = {row_family(row), row->base};

    for (size_t at = 0; at < LENGTH_OF(slugs); at++) {
        struct model model = catalog_find(catalog, names_text(&dataset->names, slugs[at]));
        if (slugs[at] != 0 && model.is_known)
            note_text(dataset, slugs[at], model.name);
        if (at == 0 && model.is_known)
            note_text(dataset, row->columns[COLUMN_AUTHOR], model.author_name);
    }
}

void shown_find(struct dataset *dataset, const struct catalog *catalog)
{
    struct row_range range = dataset_rows(dataset, ROWS_MODEL, WINDOW_WEEK);

    dataset->shown_count = dataset->names.count;
    dataset->shown = calloc(dataset->shown_count + 1, sizeof(*dataset->shown));
    if (dataset->shown == NULL) {
        *dataset->has_failed = true;
        dataset->shown_count = 0;
        return;
    }
    for (size_t index = 0; index < range.count; index++) {
        note(dataset, row_family(&range.rows[index]), range.rows[index].columns[COLUMN_MODEL_NAME]);
        note(dataset, range.rows[index].columns[COLUMN_AUTHOR], range.rows[index].columns[COLUMN_AUTHOR_NAME]);
    }
    for (size_t index = 0; index < range.count && catalog != NULL; index++)
        ask_catalog(dataset, &range.rows[index], catalog);
}

struct span shown_name(const struct dataset *dataset, struct span slug)
{
    uint32_t id = names_find(&dataset->names, slug);
    const char *slash = slug.size == 0 ? NULL : memchr(slug.bytes, '/', slug.size);

    if (id != 0 && id <= dataset->shown_count && dataset->shown[id - 1] != 0)
        return names_text(&dataset->names, dataset->shown[id - 1]);
    return slash == NULL ? slug : (struct span){slash + 1, (size_t)(slug.bytes + slug.size - slash - 1)};
}

void shown_write(struct document *document, const struct dataset *dataset)
{
    document_key(document, "names");
    document_raw(document, "{");
    for (uint32_t at = 0; at < dataset->shown_count; at++) {
        if (dataset->shown[at] == 0)
            continue;
        document_text(document, names_text(&dataset->names, at + 1));
        document_raw(document, ":");
        document_text(document, names_text(&dataset->names, dataset->shown[at]));
    }
    document_raw(document, "}");
}
