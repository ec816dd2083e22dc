/*
 * Event -> fact, without a clock, an allocation or a way to fail: room was made before.
 *
 * What depends on the taxonomy is remembered by path: a path is asked for once, and after that is one look-up in a
 * symbol table of its own. That table belongs to enrich and is cleared alone when it is full, so that paths, like
 * accounts (pseudonym.c), can be as many as they like without forcing a flush. Only what rows are keyed by lives in the
 * worker's `symbols`.
 */
#include "gentally/enrich.h"

#include "gentally/taxonomy.h"
#include "pseudonym.h"

#include <assert.h>
#include <stdlib.h>

#define CONFIDENCE_MIN 0.5f /* labels below it are dropped, as in the study */

#define PATHS_MAX 4096u /* the classifier knows 1,300 */
#define PATH_BYTES_MAX ((size_t)PATHS_MAX * 64)

/* What one event can add to `symbols` at most: the model, provider, country, language and finish reason, and a tag and
 * a category for each label. */
#define EVENT_DIMENSIONS 5u
#define EVENT_SYMBOLS_MAX (EVENT_DIMENSIONS + 2u * EVENT_LABELS_MAX)

struct mapping {
    uint32_t tag, category; /* symbols */
    bool is_other;          /* of CATEGORY_OTHER */
};

struct enrich {
    const struct taxonomy *taxonomy;
    struct symbols *symbols; /* the worker's */
    struct symbols *paths;
    struct mapping mappings[PATHS_MAX + 1]; /* by path */
    struct pseudonyms *pseudonyms;          /* NULL: accounts are not counted */
};

enum verdict enrich_open(struct enrich **enrich, const struct taxonomy *taxonomy, struct symbols *symbols,
                         struct span account_key, struct reason *why)
{
    assert(taxonomy != NULL);
    assert(symbols != NULL);
    struct enrich *opened = calloc(1, sizeof(*opened));
    if (opened == NULL)
        return reason_set(why, HALT, "NO-MEMORY", 0, "no room to enrich");
    opened->taxonomy = taxonomy;
    opened->symbols = symbols;
    enum verdict verdict = symbols_open(&opened->paths, PATHS_MAX, PATH_BYTES_MAX, why);
    if (verdict == GO_ON && account_key.size > 0)
        verdict = pseudonyms_open(&opened->pseudonyms, account_key, why);
    if (verdict == GO_ON)
        *enrich = opened;
    else
        enrich_close(opened);
    return verdict;
}

void enrich_close(struct enrich *enrich)
{
    if (enrich == NULL)
        return;
    pseudonyms_close(enrich->pseudonyms);
    symbols_close(enrich->paths);
    free(enrich);
}

bool enrich_has_room(const struct enrich *enrich)
{
    return symbols_has_room(enrich->symbols, EVENT_SYMBOLS_MAX, (size_t)EVENT_SYMBOLS_MAX * EVENT_TEXT_MAX);
}

void enrich_forget(struct enrich *enrich)
{
    symbols_clear(enrich->symbols);
    symbols_clear(enrich->paths); /* their mappings name symbols */
}

static struct mapping look_up(struct enrich *enrich, struct span path)
{
    struct span tag, category;

    taxonomy_find(enrich->taxonomy, path, &tag, &category);
    return (struct mapping){
        .tag = symbols_intern(enrich->symbols, tag),
        .category = symbols_intern(enrich->symbols, category),
        .is_other = span_equal(category, span_of(CATEGORY_OTHER)),
    };
}

static struct mapping mapping_of(struct enrich *enrich, struct span path)
{
    uint32_t id = symbols_find(enrich->paths, path);

    if (id != 0)
        return enrich->mappings[id];
    struct mapping mapping = look_up(enrich, path);
    if (!symbols_has_room(enrich->paths, 1, path.size))
        symbols_clear(enrich->paths);
    enrich->mappings[symbols_intern(enrich->paths, path)] = mapping; /* the empty path has number 0 */
    return mapping;
}

static void add_category(struct fact *fact, uint32_t category)
{
    for (uint32_t i = 0; i < fact->category_count; i++)
        if (fact->categories[i] == category)
            return;
    assert(fact->category_count < EVENT_LABELS_MAX);
    fact->categories[fact->category_count++] = category;
}

static void add_tag(struct fact *fact, uint32_t category, uint32_t tag)
{
    for (uint32_t i = 0; i < fact->tag_count; i++)
        if (fact->tags[i] == tag && fact->tag_categories[i] == category)
            return;
    assert(fact->tag_count < EVENT_LABELS_MAX);
    fact->tag_categories[fact->tag_count] = category;
    fact->tags[fact->tag_count++] = tag;
}

/* True if a label maps the event to a category that counts as one. */
static bool add_labels(struct enrich *enrich, const struct event *event, struct fact *fact)
{
    bool is_mapped = false;

    for (uint32_t i = 0; i < event->label_count; i++) {
        if (event->labels[i].confidence < CONFIDENCE_MIN)
            continue;
        struct mapping mapping = mapping_of(enrich, event->labels[i].path);
        add_category(fact, mapping.category);
        add_tag(fact, mapping.category, mapping.tag);
        is_mapped = is_mapped || !mapping.is_other;
    }
    return is_mapped;
}

static void add_sums(const struct event *event, bool is_mapped, int64_t sums[MEASURE_COUNT])
{
    int64_t tokens = event->tokens_prompt + event->tokens_completion;
    bool is_tool_call = span_equal(event->finish_reason, span_of("tool_calls"));

    sums[M_REQUESTS] = 1;
    sums[M_TOKENS_PROMPT] = event->tokens_prompt;
    sums[M_TOKENS_COMPLETION] = event->tokens_completion;
    sums[M_TOKENS_REASONING] = event->tokens_reasoning;
    sums[M_TOKENS_CACHED] = event->tokens_cached;
    sums[M_COST_NANO_USD] = event->cost_nano_usd;
    sums[M_BILLED_TOKENS] = event->is_byok ? 0 : tokens;
    sums[M_BILLED_COST_NANO_USD] = event->is_byok ? 0 : event->cost_nano_usd;
    sums[M_FREE_TOKENS] = event_is_free(event) ? tokens : 0;
    sums[M_TOOL_REQUESTS] = is_tool_call;
    sums[M_TOOL_TOKENS] = is_tool_call ? tokens : 0;
    sums[M_TOOLS_OFFERED] = event->tools_offered;
    sums[M_STREAMED] = event->streamed;
    sums[M_CANCELLED] = event->cancelled;
    sums[M_FAILED] = span_equal(event->finish_reason, span_of("error"));
    sums[M_CLASSIFIED] = event->classified;
    sums[M_MAPPED] = is_mapped;
    sums[M_CLASSIFIED_TOKENS] = event->classified ? tokens : 0;
    static_assert(MEASURE_COUNT == 18, "each measure has its line here");
}

static uint64_t sample_of(struct enrich *enrich, const struct event *event)
{
    uint64_t sample = sample_with_value(0, H_TOKENS_PROMPT, event->tokens_prompt);

    sample = sample_with_value(sample, H_TOKENS_TOTAL, event->tokens_prompt + event->tokens_completion);
    if (event->latency_ms != EVENT_ABSENT)
        sample = sample_with_value(sample, H_LATENCY_MS, event->latency_ms);
    if (event->first_token_ms != EVENT_ABSENT)
        sample = sample_with_value(sample, H_FIRST_TOKEN_MS, event->first_token_ms);
    if (event->generation_ms > 0)
        sample = sample_with_value(sample, H_TOKENS_PER_SECOND, event->tokens_completion * 1000 / event->generation_ms);
    if (enrich->pseudonyms != NULL && event->account.size > 0)
        sample = sample_with_account(sample, pseudonyms_of(enrich->pseudonyms, event->account));
    return sample;
}

void enrich_event(struct enrich *enrich, const struct event *event, struct fact *fact)
{
    struct symbols *symbols = enrich->symbols;

    assert(enrich_has_room(enrich));
    assert(event->label_count <= EVENT_LABELS_MAX);
    if (enrich->pseudonyms != NULL)
        pseudonyms_expect(enrich->pseudonyms, event->account);
    fact->event_ms = event->created_ms;
    fact->dims[DIM_MODEL] = symbols_intern(symbols, event->model);
    fact->dims[DIM_PROVIDER] = symbols_intern(symbols, event->provider);
    fact->dims[DIM_CATEGORY] = 0;
    fact->dims[DIM_TAG] = 0;
    fact->dims[DIM_COUNTRY] = symbols_intern(symbols, event->country);
    fact->dims[DIM_LANGUAGE] = symbols_intern(symbols, event->language);
    fact->dims[DIM_FINISH_REASON] = symbols_intern(symbols, event->finish_reason);
    fact->category_count = 0; /* the arrays hold nothing beyond their counts, and are not cleared */
    fact->tag_count = 0;
    bool is_mapped = event->classified && add_labels(enrich, event, fact);
    add_sums(event, is_mapped, fact->sums);
    fact->sample = sample_of(enrich, event);
}
