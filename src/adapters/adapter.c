/*
 * The way of an item: found in its record, read by its source's table into a draft, its words turned into ours, its
 * accounts hidden, and checked as every event is. What is found is kept as long as the record is the current one.
 */
#include "gentally/adapters/adapter.h"

#include <stdlib.h>

#include "gentally/base/calendar.h"
#include "gentally/base/looks.h"
#include "gentally/codec/json_problem.h"
#include "otel.h"
#include "otel_protobuf.h"
#include "surrogates.h"

static const struct {
    const char *name;
    item_take *take;
} sources[ADAPTER_SOURCES] = {
    [FROM_OPENROUTER] = {"openrouter", openrouter_take},
    [FROM_LITELLM] = {"litellm", litellm_take},
    [FROM_LANGFUSE] = {"langfuse", langfuse_take},
    [FROM_OTEL] = {"otel", otel_take},
};

struct adapter {
    enum adapter_source source;
    adapter_hide *hide;
    void *hide_context;
    struct otel_found found; /* items of the record; contexts and siblings are OpenTelemetry's alone */
    size_t next;
    json_t *kept; /* what was made for the last event */
    char finish[WORD_MAX], account[ADAPTER_HIDDEN_SIZE], app[ADAPTER_HIDDEN_SIZE];
    struct remarks remarks;
};

const char *adapter_source_name(enum adapter_source source)
{
    return sources[source].name;
}

enum verdict adapter_open(struct adapter **adapter, enum adapter_source source, adapter_hide *hide, void *context,
                          struct reason *why)
{
    *adapter = calloc(1, sizeof(**adapter));
    if (*adapter == NULL)
        return no_memory(why, "for an adapter");
    (*adapter)->source = source;
    (*adapter)->hide = hide;
    (*adapter)->hide_context = context;
    return GO_ON;
}

static void forget_record(struct adapter *adapter)
{
    json_decref(adapter->found.items);
    json_decref(adapter->found.contexts);
    json_decref(adapter->found.siblings);
    json_decref(adapter->kept);
    adapter->found = (struct otel_found){NULL, NULL, NULL};
    adapter->kept = NULL;
    adapter->next = 0;
}

void adapter_close(struct adapter *adapter)
{
    if (adapter != NULL)
        forget_record(adapter);
    free(adapter);
}

/* Items of a document: itself, the elements of a list, or what answers of APIs have under "data". */
static bool items_add(json_t *document, json_t *items)
{
    json_t *data = json_object_get(document, "data");
    bool is_done = true;

    if (json_is_object(data) || json_is_array(data))
        document = data;
    if (!json_is_array(document))
        return json_array_append(items, document) == 0;
    for (size_t i = 0; i < json_array_size(document); i++)
        is_done = json_array_append(items, json_array_get(document, i)) == 0 && is_done;
    return is_done;
}

/* A list holds requests of OpenTelemetry, too. */
static enum verdict requests_add(const json_t *document, struct otel_found *found, struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (!json_is_array(document))
        return otel_spans(document, found, why);
    for (size_t i = 0; verdict == GO_ON && i < json_array_size(document); i++)
        verdict = otel_spans(json_array_get(document, i), found, why);
    return verdict;
}

/* Reads JSON. U+0000 in what people wrote is nobody's concern; in a text that is taken it is (read_text). */
static json_t *json_in(struct span text, json_error_t *error)
{
    return json_loadb(text.size == 0 ? "" : text.bytes, text.size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, error);
}

/* Neither are halves of characters: what is refused is tried once more without them. */
static json_t *json_without_halves(struct span text)
{
    json_t *document = NULL;
    json_error_t error;
    char *copy = malloc(text.size);

    if (copy != NULL && text.size > 0) {
        memcpy(copy, text.bytes, text.size);
        if (surrogates_mend(copy, text.size) > 0)
            document = json_in((struct span){copy, text.size}, &error);
    }
    free(copy);
    return document;
}

static enum verdict json_of(struct span record, json_t **document, struct reason *why)
{
    json_error_t error;

    record = without_mark(record);
    *document = json_in(record, &error);
    if (*document == NULL)
        *document = json_without_halves(record);
    return *document != NULL ? GO_ON : json_problem(record, json_error_code(&error), error.position, why);
}

/* A request in protobuf begins with the tag of its first field, which is a newline's byte, too. */
#define PROTOBUF_BEGIN '\n'

enum verdict adapter_take(struct adapter *adapter, struct span record, struct reason *why)
{
    bool may_be_protobuf = adapter->source == FROM_OTEL && record.size > 0 && record.bytes[0] == PROTOBUF_BEGIN;
    json_t *document;

    forget_record(adapter);
    enum verdict verdict = json_of(record, &document, why);
    if (verdict != GO_ON && may_be_protobuf)
        verdict = otel_protobuf_read(record, &document, why);
    if (verdict != GO_ON)
        return verdict;
    adapter->found = (struct otel_found){json_array(), json_array(), json_object()};
    if (adapter->source == FROM_OTEL)
        verdict = requests_add(document, &adapter->found, why);
    else if (adapter->found.items == NULL || !items_add(document, adapter->found.items))
        verdict = no_memory(why, "for the items of a record");
    json_decref(document);
    if (verdict != GO_ON)
        forget_record(adapter);
    return verdict;
}

/* Writes what stands for `text`; absent where nothing can. */
static struct span hide(struct adapter *adapter, struct span text, char hidden[ADAPTER_HIDDEN_SIZE])
{
    if (text.size == 0)
        return (struct span){NULL, 0};
    if (adapter->hide == NULL) {
        remark_count(&adapter->remarks, REMARK_ACCOUNT, (struct span){NULL, 0});
        return (struct span){NULL, 0};
    }
    adapter->hide(adapter->hide_context, text, hidden);
    return (struct span){hidden, ADAPTER_HIDDEN_SIZE};
}

/* What all sources have in common, once a source made a draft of an event. */
static void complete(struct adapter *adapter, struct draft *draft)
{
    struct event *event = &draft->event;

    event->created_ms = divide_down(draft->end_us, 1000);
    duration_set(&event->latency_ms, draft->latency_us);
    duration_set(&event->generation_ms, draft->generating_us);
    event->provider = provider_of(event->provider, &adapter->remarks);
    event->finish_reason = finish_of(draft->finish, adapter->finish, &adapter->remarks);
    event->account = hide(adapter, draft->user, adapter->account);
    event->app = hide(adapter, draft->app, adapter->app);
}

static struct draft draft_new(void)
{
    return (struct draft){
        .event = {.latency_ms = EVENT_ABSENT,
                  .first_token_ms = EVENT_ABSENT,
                  .generation_ms = EVENT_ABSENT,
                  .cost_nano_usd = EVENT_UNKNOWN},
        .usage = USAGE_NONE,
        .start_us = NOT_TOLD,
        .end_us = NOT_TOLD,
        .first_us = NOT_TOLD,
        .latency_us = NOT_TOLD,
        .until_first_us = NOT_TOLD,
        .generating_us = NOT_TOLD,
        .upstream_nano_usd = NOT_TOLD,
    };
}

enum adapted adapter_next(struct adapter *adapter, struct event *event, struct reason *why)
{
    struct draft draft = draft_new();

    json_decref(adapter->kept);
    adapter->kept = NULL;
    if (adapter->next >= json_array_size(adapter->found.items))
        return ADAPTED_END;
    size_t index = adapter->next++;
    const json_t *item = json_array_get(adapter->found.items, index);
    adapter->kept = json_array();
    struct adapting adapting = {&adapter->remarks, json_array_get(adapter->found.contexts, index),
                                adapter->found.siblings, adapter->kept};
    if (!json_is_object(item)) {
        reason_set(why, SET_ASIDE, LINE_NOT_JSON, 0, "not a JSON object, of which records are made");
        return ADAPTED_SET_ASIDE;
    }
    if (sources[adapter->source].take(item, &adapting, &draft, why) != GO_ON)
        return ADAPTED_SET_ASIDE;
    if (draft.is_left_out)
        return ADAPTED_LEFT_OUT;
    complete(adapter, &draft);
    *event = draft.event;
    return event_check(event, why) == GO_ON ? ADAPTED_EVENT : ADAPTED_SET_ASIDE;
}

bool adapter_remark(const struct adapter *adapter, size_t index, struct adapter_remark *remark)
{
    if (index >= adapter->remarks.count)
        return false;
    const struct remark *found = &adapter->remarks.list[index];
    *remark = (struct adapter_remark){remark_text(found->kind), found->word, found->count};
    return true;
}
