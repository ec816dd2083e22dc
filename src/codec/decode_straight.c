/* One table of fields makes both the code and what a plan is compared with, so that they cannot part. */
#include "decode_straight.h"

#include "step_read.h"

/* The fields before the labels, in the order of schemas/generation.avsc: step, field of the event, branch of null. */
#define FIELDS(FIELD)                                                                                                  \
    FIELD(TEXT, id, 0)                                                                                                 \
    FIELD(LONG, created_ms, 0)                                                                                         \
    FIELD(TEXT, model, 0)                                                                                              \
    FIELD(TEXT_OPTIONAL, provider, 0)                                                                                  \
    FIELD(TEXT_OPTIONAL, account, 0)                                                                                   \
    FIELD(TEXT_OPTIONAL, app, 0)                                                                                       \
    FIELD(TEXT_OPTIONAL, country, 0)                                                                                   \
    FIELD(TEXT_OPTIONAL, language, 0)                                                                                  \
    FIELD(AMOUNT_OPTIONAL, tokens_prompt, 0)                                                                           \
    FIELD(AMOUNT_OPTIONAL, tokens_completion, 0)                                                                       \
    FIELD(LONG, tokens_reasoning, 0)                                                                                   \
    FIELD(LONG, tokens_cached, 0)                                                                                      \
    FIELD(LONG, tokens_cache_write, 0)                                                                                 \
    FIELD(AMOUNT_OPTIONAL, cost_nano_usd, 1)                                                                           \
    FIELD(BOOLEAN, is_byok, 0)                                                                                         \
    FIELD(BOOLEAN, is_free, 0)                                                                                         \
    FIELD(BOOLEAN, is_gateway_cache_hit, 0)                                                                            \
    FIELD(BOOLEAN, streamed, 0)                                                                                        \
    FIELD(BOOLEAN, cancelled, 0)                                                                                       \
    FIELD(TEXT_OPTIONAL, finish_reason, 0)                                                                             \
    FIELD(BOOLEAN, tools_offered, 0)                                                                                   \
    FIELD(INT_OPTIONAL, latency_ms, 0)                                                                                 \
    FIELD(INT_OPTIONAL, first_token_ms, 0)                                                                             \
    FIELD(INT_OPTIONAL, generation_ms, 0)                                                                              \
    FIELD(BOOLEAN, classified, 0)

#define READ_TEXT(cursor, value, null_branch) cursor_text(cursor, value)
#define READ_TEXT_OPTIONAL(cursor, value, null_branch) read_optional_text(cursor, null_branch, value)
#define READ_LONG(cursor, value, null_branch) cursor_long(cursor, value)
#define READ_AMOUNT_OPTIONAL(cursor, value, null_branch) read_optional_amount(cursor, null_branch, value)
#define READ_BOOLEAN(cursor, value, null_branch) cursor_boolean(cursor, value)
#define READ_INT_OPTIONAL(cursor, value, null_branch) read_optional_int(cursor, null_branch, value)

bool plan_is_straight(const struct plan *plan)
{
#define EXPECTED(step, field, null) {STEP_##step, null, offsetof(struct event, field)},
    static const struct {
        enum plan_op op;
        uint8_t null_branch;
        size_t target;
    } expected[] = {FIELDS(EXPECTED)};
#undef EXPECTED
    const size_t count = LENGTH_OF(expected);

    if (plan->step_count < count + 3)
        return false;
    for (size_t i = 0; i < count; i++)
        if (plan->steps[i].op != expected[i].op || plan->steps[i].target != expected[i].target ||
            plan->steps[i].null_branch != expected[i].null_branch)
            return false;
    const struct plan_step *labels = &plan->steps[count], *op = labels + 1, *end = op + 1;
    return labels->op == STEP_LABELS && end->op == STEP_END && op->op == STEP_OP &&
           op->target == offsetof(struct event, op) && plan->symbols[op->first] == OP_CREATE;
}

bool decode_straight(struct cursor cursor, struct event *event)
{
#define READ(step, field, null)                                                                                        \
    if (UNLIKELY(READ_##step(&cursor, &event->field, null) != SOUND))                                                  \
        return false;
    FIELDS(READ)
#undef READ
    /* An empty array of labels, the first symbol of `op`, and the end. */
    return cursor_left(&cursor) == 2 && cursor.at[0] == 0 && cursor.at[1] == 0;
}
