#include "unmapped.h"

static const char *const texts[REMARK_KINDS] = {
    [REMARK_FIELD] = "field without a rule, passed by",
    [REMARK_FINISH] = "finish reason that no table has, counted as it is",
    [REMARK_FINISH_TEXT] = "finish reason that is no word, left out",
    [REMARK_PROVIDER_TEXT] = "provider that is no word, left out",
    [REMARK_KIND] = "kind of record that is no request to a model, left out",
    [REMARK_NO_INFERENCE] = "span that is no inference, left out",
    [REMARK_CHILD] = "span below an inference span that repeats it, left out",
    [REMARK_UNFINISHED] = "record without an end, left out",
    [REMARK_ACCOUNT] = "account or application left out: without an account_key nothing can stand for it",
    [REMARK_TOTAL] = "total that is no sum of its tokens, read by the table of vendors",
    [REMARK_BUCKET] = "bucket of tokens without a rule, not counted",
    [REMARK_BUCKETS] = "cached or reasoning tokens without a total, read as buckets that exclude each other",
    [REMARK_SAMPLED] = "span of a sampled trace: what is counted is a fraction",
    [REMARK_MORE] = "more kinds than are told apart",
};

static bool is_name(struct span word)
{
    for (size_t i = 0; i < word.size; i++) {
        char byte = word.bytes[i];
        if (!((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
              byte == '_' || byte == '.'))
            return false;
    }
    return word.size <= REMARK_WORD_MAX;
}

void remark_count(struct remarks *remarks, enum remark_kind kind, struct span word)
{
    if (!is_name(word))
        word = span_of("(not shown)");
    for (size_t i = 0; i < remarks->count; i++) {
        struct remark *known = &remarks->list[i];
        if (known->kind == REMARK_MORE || (known->kind == kind && span_equal(span_of(known->word), word))) {
            known->count++;
            return;
        }
    }
    struct remark *added = &remarks->list[remarks->count++];
    *added = (struct remark){.kind = remarks->count > REMARKS_MAX ? REMARK_MORE : kind, .count = 1};
    if (added->kind == kind && word.size > 0)
        memcpy(added->word, word.bytes, word.size);
}

const char *remark_text(enum remark_kind kind)
{
    return texts[kind];
}
