/*
 * Enrichment without an allocation or a way to fail: room was made before.
 *
 * Each classifier path is looked up in the taxonomy once; after that its tag and category are found by the path's
 * number in a symbol table of enrichment's own. That table is cleared alone when it is full, so that paths, like
 * accounts (pseudonym.c), can be as many as they like without forcing a flush. Only what rows are keyed by lives in the
 * worker's `symbols`.
 */
#include "enrich.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/core/taxonomy.h"
#include "gentally/ingest/pseudonym.h"

#define CONFIDENCE_MIN 0.5f /* labels below it are dropped, as in the study */

#define PATHS_MAX 4096u /* the classifier knows 1,300 */
#define PATH_BYTES_MAX ((size_t)PATHS_MAX * 64)

/* What one event can add to `symbols` at most: the model, provider, country, language, finish reason, account and app,
 * and a tag and a category for each label; and DIMENSION_ERASED. */
#define EVENT_DIMENSIONS 8u
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
    bool names_accounts, names_apps;
};

enum verdict enrich_open(struct enrich **enrich, const struct taxonomy *taxonomy, struct symbols *symbols,
                         struct span account_key, struct reason *why)
{
    assert(taxonomy != NULL);
    assert(symbols != NULL);
    struct enrich *opened = calloc(1, sizeof(*opened));
    if (opened == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no room to enrich");
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

void enrich_name_accounts(struct enrich *enrich, bool does)
{
    assert(!does || enrich->pseudonyms != NULL);
    enrich->names_accounts = does;
}

void enrich_name_apps(struct enrich *enrich, bool does)
{
    enrich->names_apps = does;
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

/* Orders symbols by the bytes of their names. */
static int order_of(const struct symbols *symbols, uint32_t left, uint32_t right)
{
    return span_compare(symbols_text(symbols, left), symbols_text(symbols, right));
}

/* Names are kept in their order, so that whoever splits an event among them needs no texts to do so. */
static void add_category(const struct symbols *symbols, struct fact *fact, uint32_t category)
{
    uint32_t at = fact->category_count;

    for (uint32_t i = 0; i < fact->category_count; i++)
        if (fact->categories[i] == category)
            return;
    assert(fact->category_count < EVENT_LABELS_MAX);
    for (; at > 0 && order_of(symbols, fact->categories[at - 1], category) > 0; at--)
        fact->categories[at] = fact->categories[at - 1];
    fact->categories[at] = category;
    fact->category_count++;
}

static void add_tag(const struct symbols *symbols, struct fact *fact, struct mapping mapping)
{
    uint32_t at = fact->tag_count;

    for (uint32_t i = 0; i < fact->tag_count; i++)
        if (fact->tags[i] == mapping.tag && fact->tag_categories[i] == mapping.category)
            return;
    assert(fact->tag_count < EVENT_LABELS_MAX);
    for (; at > 0; at--) {
        uint32_t category = fact->tag_categories[at - 1], tag = fact->tags[at - 1];
        if (category == mapping.category ? order_of(symbols, tag, mapping.tag) < 0
                                         : order_of(symbols, category, mapping.category) < 0)
            break;
        fact->tag_categories[at] = category;
        fact->tags[at] = tag;
    }
    fact->tag_categories[at] = mapping.category;
    fact->tags[at] = mapping.tag;
    fact->tag_count++;
}

struct labelling {
    uint32_t count; /* of labels with enough confidence */
    bool is_mapped; /* one of them leads to a category that counts as one */
};

static struct labelling add_labels(struct enrich *enrich, const struct event *event, struct fact *fact)
{
    struct labelling labelling = {0};

    for (uint32_t i = 0; i < event->label_count; i++) {
        if (event->labels[i].confidence < CONFIDENCE_MIN)
            continue;
        struct mapping mapping = mapping_of(enrich, event->labels[i].path);
        add_category(enrich->symbols, fact, mapping.category);
        add_tag(enrich->symbols, fact, mapping);
        labelling.count++;
        labelling.is_mapped = labelling.is_mapped || !mapping.is_other;
    }
    return labelling;
}

/* Adds the measures of the classifier's sample. */
static void add_sample_sums(const struct event *event, struct labelling labelling, int64_t tokens,
                            int64_t sums[MEASURE_COUNT])
{
    sums[M_CLASSIFIED] = event->classified;
    sums[M_MAPPED] = labelling.is_mapped;
    sums[M_CLASSIFIED_TOKENS] = event->classified ? tokens : 0;
    sums[M_MAPPED_TOKENS] = labelling.is_mapped ? tokens : 0;
    sums[M_ONE_LABEL] = labelling.count == 1;
    sums[M_TWO_LABELS] = labelling.count == 2;
    sums[M_MORE_LABELS] = labelling.count > 2;
    sums[M_SPLIT_TOKENS] = labelling.count > 0 ? tokens : 0;
}

/* Of tokens that are not all known none count, nor their parts: sums of parts stay sums of their whole's. */
static int64_t add_tokens(const struct event *event, int64_t sums[MEASURE_COUNT])
{
    bool is_known = event_knows_tokens(event);

    sums[M_TOKENS_PROMPT] = is_known ? event->tokens_prompt : 0;
    sums[M_TOKENS_COMPLETION] = is_known ? event->tokens_completion : 0;
    sums[M_TOKENS_REASONING] = is_known ? event->tokens_reasoning : 0;
    sums[M_TOKENS_CACHED] = is_known ? event->tokens_cached : 0;
    sums[M_TOKENS_CACHE_WRITE] = is_known ? event->tokens_cache_write : 0;
    sums[M_TOKENS_UNKNOWN] = !is_known;
    return sums[M_TOKENS_PROMPT] + sums[M_TOKENS_COMPLETION];
}

static void add_sums(const struct event *event, struct labelling labelling, int64_t sums[MEASURE_COUNT])
{
    int64_t tokens = add_tokens(event, sums), cost = event->cost_nano_usd == EVENT_UNKNOWN ? 0 : event->cost_nano_usd;
    bool is_tool_call = span_equal(event->finish_reason, span_of("tool_calls"));
    bool is_free = event_is_free(event);

    sums[M_REQUESTS] = 1;
    sums[M_COST_NANO_USD] = cost;
    sums[M_COST_UNKNOWN] = event->cost_nano_usd == EVENT_UNKNOWN;
    sums[M_BILLED_TOKENS] = event->is_byok ? 0 : tokens;
    sums[M_BILLED_COST_NANO_USD] = event->is_byok ? 0 : cost;
    sums[M_FREE_TOKENS] = is_free ? tokens : 0;
    sums[M_TOOL_REQUESTS] = is_tool_call;
    sums[M_TOOL_TOKENS] = is_tool_call ? tokens : 0;
    sums[M_TOOLS_OFFERED] = event->tools_offered;
    sums[M_STREAMED] = event->streamed;
    sums[M_CANCELLED] = event->cancelled;
    sums[M_FAILED] = span_equal(event->finish_reason, span_of("error"));
    sums[M_FREE_REQUESTS] = is_free;
    sums[M_TOOLS_OFFERED_TOKENS] = event->tools_offered ? tokens : 0;
    sums[M_TOKENS_SQUARED] = tokens_squared(tokens);
    sums[M_TOKENS_PROMPT_SQUARED] = tokens_squared(sums[M_TOKENS_PROMPT]);
    sums[M_GATEWAY_CACHE_HITS] = event->is_gateway_cache_hit;
    add_sample_sums(event, labelling, tokens, sums);
    static_assert(MEASURE_COUNT == 31, "each measure has its line here");
}

static uint64_t sample_of(const struct event *event, struct pseudonym account)
{
    bool is_known = event_knows_tokens(event);
    uint64_t sample = 0;

    if (is_known) {
        sample = sample_with_value(sample, H_TOKENS_PROMPT, event->tokens_prompt);
        sample = sample_with_value(sample, H_TOKENS_TOTAL, event->tokens_prompt + event->tokens_completion);
    }
    if (event->latency_ms != EVENT_ABSENT)
        sample = sample_with_value(sample, H_LATENCY_MS, event->latency_ms);
    if (event->first_token_ms != EVENT_ABSENT)
        sample = sample_with_value(sample, H_FIRST_TOKEN_MS, event->first_token_ms);
    if (is_known && event->generation_ms > 0)
        sample = sample_with_value(sample, H_TOKENS_PER_SECOND, event->tokens_completion * 1000 / event->generation_ms);
    if ((account.high | account.low) != 0)
        sample = sample_with_account(sample, account.high);
    return sample;
}

/* The symbol of the pseudonym's 32 hexadecimal digits, which a row's key names. */
static uint32_t name_of(struct symbols *symbols, struct pseudonym account)
{
    static const char digits[] = "0123456789abcdef";
    char text[32];

    if ((account.high | account.low) == 0)
        return 0;
    for (unsigned i = 0; i < 16; i++) {
        text[i] = digits[account.high >> (60 - 4 * i) & 0xf];
        text[16 + i] = digits[account.low >> (60 - 4 * i) & 0xf];
    }
    return symbols_intern(symbols, (struct span){text, sizeof(text)});
}

struct pseudonym enrich_account(const struct enrich *enrich, struct span account)
{
    return enrich->pseudonyms == NULL || account.size == 0 ? (struct pseudonym){0}
                                                           : pseudonyms_of(enrich->pseudonyms, account);
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
    add_sums(event, event->classified ? add_labels(enrich, event, fact) : (struct labelling){0}, fact->sums);
    fact->account = enrich_account(enrich, event->account);
    fact->dims[DIM_ACCOUNT] = enrich->names_accounts ? name_of(symbols, fact->account) : 0;
    fact->dims[DIM_APP] = enrich->names_apps ? symbols_intern(symbols, event->app) : 0;
    fact->sample = sample_of(event, fact->account);
}

void enrich_erase(struct enrich *enrich, struct pseudonym stand_in, struct fact *fact)
{
    assert((fact->account.high | fact->account.low) != 0);
    fact->account = stand_in;
    if (enrich->names_accounts)
        fact->dims[DIM_ACCOUNT] = symbols_intern(enrich->symbols, span_of(DIMENSION_ERASED));
}
