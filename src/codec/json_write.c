/* JSON lines, with fields in the schema's order. */
#include "gentally/codec/json_write.h"

#include <assert.h>

#include "gentally/base/json.h"

static_assert(EVENT_JSON_MAX >= (8 + EVENT_LABELS_MAX) * JSON_TEXT_MAX(EVENT_TEXT_MAX) + 2048, "room for every text");

/* `name` is the literal `,"field":`. */
static char *text_field(char *at, const char *name, struct span text)
{
    if (text.size == 0)
        return at;
    at = json_put_raw(at, name, strlen(name));
    return json_put_text(at, text);
}

static char *integer_field(char *at, const char *name, int64_t value, int64_t absent)
{
    if (value == absent)
        return at;
    at = json_put_raw(at, name, strlen(name));
    return json_put_integer(at, value);
}

/* Like integer_field(), but what is unknown is null. */
static char *amount_field(char *at, const char *name, int64_t value, int64_t absent)
{
    if (value != EVENT_UNKNOWN)
        return integer_field(at, name, value, absent);
    at = json_put_raw(at, name, strlen(name));
    return JSON_RAW(at, "null");
}

static char *flag_field(char *at, const char *name, bool is_set)
{
    if (!is_set)
        return at;
    at = json_put_raw(at, name, strlen(name));
    return JSON_RAW(at, "true");
}

/* Writes a confidence in thousandths: classifiers are not more exact. */
static char *confidence(char *at, float value)
{
    int64_t thousandths = (int64_t)(value * 1000.0f + 0.5f);

    at = json_put_integer(at, thousandths / 1000);
    *at++ = '.';
    *at++ = (char)('0' + thousandths / 100 % 10);
    *at++ = (char)('0' + thousandths / 10 % 10);
    *at++ = (char)('0' + thousandths % 10);
    return at;
}

static char *labels_field(char *at, const struct event *event)
{
    if (event->label_count == 0)
        return at;
    at = JSON_RAW(at, ",\"categories\":[");
    for (uint32_t index = 0; index < event->label_count; index++) {
        at = index == 0 ? JSON_RAW(at, "{\"path\":") : JSON_RAW(at, ",{\"path\":");
        at = json_put_text(at, event->labels[index].path);
        at = JSON_RAW(at, ",\"confidence\":");
        at = confidence(at, event->labels[index].confidence);
        *at++ = '}';
    }
    *at++ = ']';
    return at;
}

size_t json_write_event(const struct event *event, char *text)
{
    char *at = text;

    assert(event->op == OP_CREATE);
    at = JSON_RAW(at, "{\"id\":");
    at = json_put_text(at, event->id);
    at = JSON_RAW(at, ",\"created_at\":");
    at = json_put_integer(at, event->created_ms);
    at = text_field(at, ",\"model\":", event->model);
    at = text_field(at, ",\"provider\":", event->provider);
    at = text_field(at, ",\"account\":", event->account);
    at = text_field(at, ",\"app\":", event->app);
    at = text_field(at, ",\"country\":", event->country);
    at = text_field(at, ",\"language\":", event->language);
    at = amount_field(at, ",\"tokens_prompt\":", event->tokens_prompt, EVENT_UNKNOWN);
    at = amount_field(at, ",\"tokens_completion\":", event->tokens_completion, EVENT_UNKNOWN);
    at = integer_field(at, ",\"tokens_reasoning\":", event->tokens_reasoning, 0);
    at = integer_field(at, ",\"tokens_cached\":", event->tokens_cached, 0);
    at = integer_field(at, ",\"tokens_cache_write\":", event->tokens_cache_write, 0);
    at = amount_field(at, ",\"cost_nano_usd\":", event->cost_nano_usd, 0);
    at = flag_field(at, ",\"is_byok\":", event->is_byok);
    at = flag_field(at, ",\"is_free\":", event->is_free);
    at = flag_field(at, ",\"is_gateway_cache_hit\":", event->is_gateway_cache_hit);
    at = flag_field(at, ",\"streamed\":", event->streamed);
    at = flag_field(at, ",\"cancelled\":", event->cancelled);
    at = text_field(at, ",\"finish_reason\":", event->finish_reason);
    at = flag_field(at, ",\"tools_offered\":", event->tools_offered);
    at = integer_field(at, ",\"latency_ms\":", event->latency_ms, EVENT_ABSENT);
    at = integer_field(at, ",\"first_token_ms\":", event->first_token_ms, EVENT_ABSENT);
    at = integer_field(at, ",\"generation_ms\":", event->generation_ms, EVENT_ABSENT);
    at = flag_field(at, ",\"classified\":", event->classified);
    at = labels_field(at, event);
    at = JSON_RAW(at, "}\n");
    return (size_t)(at - text);
}
