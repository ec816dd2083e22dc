/* From the catalog to models of the study's time: what public rankings showed of each, or a guess from its name. */
#include "budget_models.h"

#include <assert.h>
#include <stdlib.h>

#include "calibration.h"
#include "gentally/base/hash.h"
#include "gentally/core/event.h"
#include "gentally/core/window.h"
#include "model_curves.h"

static int64_t day_of(uint32_t date) /* 20251023 */
{
    return date == 0 ? 0 : days_of_date(date / 10000, date / 100 % 100, date % 100);
}

/* What public rankings showed of it, or a guess from its name. */
static void add_manner(struct budget_model *entry)
{
    uint64_t hash = hash_fnv1a(entry->slug);
    bool is_reasoning = entry->is_reasoning;

    entry->length = TAIL_LENGTH_MIN + (double)(hash >> 16 & TAIL_LENGTH_MASK);
    entry->completion = is_reasoning ? TAIL_COMPLETION_REASONING : TAIL_COMPLETION;
    entry->reasoning = is_reasoning ? TAIL_REASONING : 0;
    entry->cached = entry->source == SOURCE_CLOSED ? TAIL_CACHED_CLOSED : TAIL_CACHED_OPEN;
    for (uint32_t index = 0; study_model(index) != NULL; index++) {
        const struct study_model *named = study_model(index);
        if (!span_equal(slug_base(span_of(named->slug)), entry->slug))
            continue;
        entry->length = (double)named->prompt + (double)named->completion;
        entry->completion = (double)named->completion / entry->length;
        entry->reasoning = is_reasoning ? named->reasoning : 0;
        entry->cached = named->cached;
        entry->is_coding = named->mix == MIX_CODING;
        if (named->until != 0)
            entry->until_day = day_of(named->until);
        return;
    }
}

static bool is_coding_name(struct span slug)
{
    static const char *const words[] = {"code", "coder", "codex", "devstral", "codestral", "morph", "relace"};

    for (size_t index = 0; index < LENGTH_OF(words); index++) {
        if (memmem(slug.bytes, slug.size, words[index], strlen(words[index])) != NULL)
            return true;
    }
    return false;
}

static void add_model(struct budget *budget, const struct model *model, double prompt_usd, double completion_usd)
{
    struct budget_model *entry = &budget->models[budget->count];
    const struct model_curve *known = model_curves_find(model->slug);
    const struct model_example *example = model_curves_example(model->slug);
    int64_t released = model->released_ms / DAY_MS;

    if (released >= series_day(SERIES_WEEKS) || model->source == SOURCE_UNKNOWN)
        return;
    if (span_equal(model->author, span_of("openrouter")) && known == NULL)
        return; /* Stealth models are on show for a few days; only those with dates are known to be. */
    *entry = (struct budget_model){.slug = model->slug, .author = model->author, .source = model->source};
    entry->size = model->size;
    entry->is_reasoning = model_reasons(model);
    entry->first_day = released;
    entry->until_day = INT64_MAX;
    entry->prompt_usd = prompt_usd;
    entry->completion_usd = completion_usd;
    entry->is_free_variant = prompt_usd <= 0 && completion_usd <= 0 && example == NULL && known == NULL;
    entry->is_free_variant |= span_equal(model->slug, span_of("tngtech/deepseek-r1t2-chimera"));
    entry->is_free = entry->is_free_variant || (known != NULL && known->is_free);
    entry->price_usd = example == NULL ? 0 : example->price_usd;
    entry->is_coding = is_coding_name(model->slug);
    add_manner(entry);
    entry->tool_column = -1;
    for (uint32_t index = 0; index < SERIES_TOOL_MODELS; index++) {
        if (span_equal(span_of(series_tool_model(index)), model->slug))
            entry->tool_column = (int32_t)index;
    }
    entry->author_column = SERIES_SPENDERS - 1;
    for (uint32_t index = 0; index < SERIES_SPENDERS - 1; index++) {
        if (span_equal(span_of(series_spender(index)), model->author))
            entry->author_column = (int8_t)index;
    }
    budget->count++;
}

enum verdict budget_models_read(struct budget *budget, const struct catalog *catalog, struct reason *why)
{
    int64_t end_ms = (int64_t)series_day(SERIES_WEEKS) * DAY_MS;
    struct model model;

    *budget = (struct budget){.models = calloc(catalog_count(catalog) + 1, sizeof(*budget->models))};
    if (budget->models == NULL)
        return no_memory(why, "for the models of the study");
    for (size_t index = 0; catalog_at(catalog, index, &model); index++) {
        struct list_price price = catalog_price(catalog, model.slug, end_ms); /* as the study ended with it */
        add_model(budget, &model, price.prompt, price.completion);
    }
    if (budget->count == 0)
        return reason_set(why, HALT, WORKLOAD_NO_MODELS, 0, "the catalog has no model of the study's time");
    return GO_ON;
}

void budget_close(struct budget *budget)
{
    free(budget->models);
    *budget = (struct budget){0};
}
