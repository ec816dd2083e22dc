/* Names of models taken apart: the list of 300 judged by hand, each step, each step switched off, random bytes. */
#include "gentally/core/model_name.h"

#include <stdlib.h>

#include "gentally/core/catalog.h"
#include "suite.h"

static struct catalog *open_catalog(void)
{
    struct catalog *catalog = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(catalog_open(&catalog, NULL, &why), GO_ON);
    return catalog;
}

/* None of the 300 may resolve wrongly. Names without a slug in the catalog resolve to nothing; of the others most must
 * resolve, or the normaliser would be right by doing nothing. */
static void resolves_the_names_judged_by_hand(void)
{
    struct catalog *catalog = open_catalog();
    FILE *file = fopen(GENTALLY_ROOT "/tests/unit/core/names.csv", "r");
    char line[2 * EVENT_TEXT_MAX];
    unsigned count = 0, with_slug = 0, resolved = 0, wrong = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        char *comma = strrchr(line, ',');
        if (line[0] == '#' || comma == NULL || strcmp(line, "name,slug\n") == 0)
            continue;
        struct span name = {line, (size_t)(comma - line)}, slug = {comma + 1, strcspn(comma + 1, "\n")};
        bool is_none = span_equal(slug, span_of("none"));
        struct model model = catalog_find(catalog, name);
        bool is_wrong = model.is_known && (is_none || !span_equal(model.slug, slug));
        if (is_wrong)
            printf("%.*s: got %.*s, is %.*s\n", (int)name.size, name.bytes, (int)model.slug.size, model.slug.bytes,
                   (int)slug.size, slug.bytes);
        if (getenv("UNRESOLVED") != NULL && !is_none && !model.is_known)
            printf("%.*s: nothing, is %.*s\n", (int)name.size, name.bytes, (int)slug.size, slug.bytes);
        count++;
        with_slug += !is_none;
        resolved += model.is_known;
        wrong += is_wrong;
    }
    fclose(file);
    CU_ASSERT(count >= 300);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(resolved * 100 >= with_slug * 75);
    printf("%u names, %u of a model in the catalog, %u resolved, %u wrongly\n", count, with_slug, resolved, wrong);
    catalog_close(catalog);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"resolves_the_names_judged_by_hand", resolves_the_names_judged_by_hand},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
