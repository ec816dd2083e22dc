#include "words.h"

#include "gentally/core/model_name.h"

struct pair {
    const char *word, *ours;
};

/* In lower case, with '_' for '-'. "": no end of a request. */
static const struct pair finishes[] = {
    {"stop", "stop"},
    {"end_turn", "stop"},
    {"stop_sequence", "stop"},
    {"complete", "stop"},
    {"completed", "stop"},
    {"length", "length"},
    {"max_tokens", "length"},
    {"max_output_tokens", "length"},
    {"model_context_window_exceeded", "length"},
    {"tool_calls", "tool_calls"},
    {"tool_call", "tool_calls"},
    {"tool_use", "tool_calls"},
    {"function_call", "tool_calls"},
    {"content_filter", "content_filter"},
    {"content_filtered", "content_filter"},
    {"safety", "content_filter"},
    {"recitation", "content_filter"},
    {"refusal", "content_filter"},
    {"guardrail_intervened", "content_filter"},
    {"error", "error"},
    {"failed", "error"},
    {"pause_turn", ""},
};

/* In lower case, with '_' for '-', '.' and blanks. */
static const struct pair providers[] = {
    {"az_ai_openai", "azure"},
    {"az_ai_inference", "azure"},
    {"azure_ai", "azure"},
    {"azure_ai_openai", "azure"},
    {"azure_openai", "azure"},
    {"azure_ai_inference", "azure"},
    {"azure_text", "azure"},
    {"azure", "azure"},
    {"aws_bedrock", "bedrock"},
    {"amazon_bedrock", "bedrock"},
    {"bedrock", "bedrock"},
    {"bedrock_converse", "bedrock"},
    {"gcp_vertex_ai", "vertex_ai"},
    {"google_vertex", "vertex_ai"},
    {"vertex_ai", "vertex_ai"},
    {"vertex_ai_beta", "vertex_ai"},
    {"vertexai", "vertex_ai"},
    {"gcp_gemini", "gemini"},
    {"gcp_gen_ai", "gemini"},
    {"google_ai_studio", "gemini"},
    {"gemini", "gemini"},
    {"openai", "openai"},
    {"anthropic", "anthropic"},
    {"x_ai", "xai"},
    {"xai", "xai"},
    {"mistral_ai", "mistral"},
    {"mistral", "mistral"},
};

static bool is_word(struct span text, bool may_have_blanks)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];
        if (!((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
              byte == '_' || byte == '-' || byte == '.' || byte == '/' || (byte == ' ' && may_have_blanks)))
            return false;
    }
    return text.size > 0 && text.size <= WORD_MAX;
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

/* The word in lower case, with '_' for each of `separators`. */
static struct span fold(struct span word, const char *separators, char room[WORD_MAX])
{
    for (size_t i = 0; i < word.size; i++)
        room[i] = strchr(separators, word.bytes[i]) != NULL ? '_' : lower(word.bytes[i]);
    return (struct span){room, word.size};
}

static const struct pair *pair_find(const struct pair pairs[], size_t count, struct span word)
{
    for (size_t i = 0; i < count; i++)
        if (span_equal(span_of(pairs[i].word), word))
            return &pairs[i];
    return NULL;
}

struct span finish_of(struct span word, char room[WORD_MAX], struct remarks *remarks)
{
    if (word.size == 0)
        return (struct span){NULL, 0};
    if (!is_word(word, false)) {
        remark_count(remarks, REMARK_FINISH_TEXT, (struct span){NULL, 0});
        return (struct span){NULL, 0};
    }
    struct span folded = fold(word, "-", room);
    const struct pair *pair = pair_find(finishes, LENGTH_OF(finishes), folded);
    if (pair == NULL) {
        remark_count(remarks, REMARK_FINISH, folded);
        return folded;
    }
    return pair->ours[0] == '\0' ? (struct span){NULL, 0} : span_of(pair->ours);
}

struct span provider_of(struct span word, struct remarks *remarks)
{
    char room[WORD_MAX];

    if (word.size == 0)
        return (struct span){NULL, 0};
    if (!is_word(word, true)) {
        remark_count(remarks, REMARK_PROVIDER_TEXT, (struct span){NULL, 0});
        return (struct span){NULL, 0};
    }
    const struct pair *pair = pair_find(providers, LENGTH_OF(providers), fold(word, "-. ", room));
    return pair == NULL ? word : span_of(pair->ours);
}

struct span model_without_host(struct span model, struct span *provider)
{
    for (;;) {
        const char *slash = model.size == 0 ? NULL : memchr(model.bytes, '/', model.size);
        if (slash == NULL)
            return model;
        struct span word = {model.bytes, (size_t)(slash - model.bytes)};
        struct span rest = {slash + 1, model.size - word.size - 1};
        bool is_deep = rest.size > 0 && memchr(rest.bytes, '/', rest.size) != NULL;
        if (rest.size == 0 || !model_name_is_host(word, is_deep))
            return model;
        if (provider->size == 0)
            *provider = word;
        model = rest;
    }
}

static bool has_part(struct span text, const char *part)
{
    return text.size > 0 && memmem(text.bytes, text.size, part, strlen(part)) != NULL;
}

bool vendor_leaves_out_cache(struct span provider, struct span model)
{
    return span_equal(provider, span_of("anthropic")) || span_equal(provider, span_of("bedrock")) ||
           (has_part(model, "claude") && !span_equal(provider, span_of("openrouter")));
}

bool vendor_leaves_out_reasoning(struct span provider, struct span model)
{
    return span_equal(provider, span_of("gemini")) || span_equal(provider, span_of("vertex_ai")) ||
           has_part(model, "gemini");
}
