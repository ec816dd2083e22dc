/*
 * Lists of models: any bytes. What is read is imported into a small catalog, and the text that comes out is a catalog
 * in which every model that was added is found, with every byte of before in its order.
 */
#include "gentally/codec/model_list.h"

#include "fuzz.h"
#include "fuzz_file.h"
#include "gentally/core/catalog_import.h"

static const char table[] =
    "slug,author,country,open_weights,params_b,active_params_b,reasoning,released,prompt_usd_per_mtok,"
    "completion_usd_per_mtok,valid_from,aliases\n"
    "# a comment\n"
    "acme/one,acme,US,1,8,,optional,2025-01-02,0.25,1,2025-01-02,acme/uno acme/one-20250102\n"
    "openai/gpt-4o,openai,US,0,,,no,2024-05-13,2.5,10,2024-05-13,\n"
    "openrouter/auto,openrouter,,router,,,no,2023-11-08,,,2023-11-08,\n";

static enum verdict take(void *context, const struct listed_model *listed, struct reason *why)
{
    CLAIM(listed->prompt_usd_per_mtok >= 0 && listed->completion_usd_per_mtok >= 0 && listed->released_ms >= 0);
    return catalog_import_take(context, listed, why);
}

/* Whether the bytes of `part` are all in `whole`, in their order. */
static bool is_within(struct span part, struct span whole)
{
    size_t at = 0;

    for (size_t i = 0; i < whole.size && at < part.size; i++)
        at += whole.bytes[i] == part.bytes[at];
    return at == part.size;
}

static void claim_import(const struct catalog_import *import)
{
    struct import_change change;
    struct catalog *catalog = NULL;
    struct reason why = {0};
    char *text = NULL;
    size_t size = 0;

    CLAIM(catalog_import_text(import, &text, &size, &why) == GO_ON);
    struct span whole = {text, size};
    CLAIM(is_within(span_of(table), whole));
    CLAIM(catalog_open(&catalog, file_with(whole), &why) == GO_ON);
    for (size_t i = 0; catalog_import_at(import, i, &change); i++) {
        CLAIM(change.what.size > 0 && change.what.size < IMPORT_WHAT_MAX);
        struct model model = catalog_find(catalog, change.slug);
        CLAIM(model.is_known && span_equal(model.slug, change.slug));
    }
    catalog_close(catalog);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct catalog *catalog; /* opened once */
    struct catalog_import *import = NULL;
    struct reason why = {0};
    const char *form = NULL;

    if (catalog == NULL)
        CLAIM(catalog_open(&catalog, file_with(span_of(table)), &why) == GO_ON);
    CLAIM(catalog_import_open(&import, catalog, span_of(table), INT64_C(1793664000000), &why) == GO_ON);
    struct span list = {(const char *)bytes, size};
    if (model_list_read(list, "list", take, import, &form, &why) == GO_ON) {
        CLAIM(form != NULL);
        CLAIM(catalog_import_decide(import, &why) == GO_ON);
        claim_import(import);
    } else {
        CLAIM_REASON(&why, "TABLE-INVALID");
        CLAIM(strncmp(why.text, "list:", 5) == 0);
    }
    catalog_import_close(import);
    return 0;
}
