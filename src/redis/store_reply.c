/* Replies are read without trust: whatever does not read as the store writes it is damage. */
#include "store_reply.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store_error.h"

bool store_reply_is(const redisReply *reply, const char *status)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 && reply->element[0]->type == REDIS_REPLY_STRING &&
           strcmp(reply->element[0]->str, status) == 0;
}

static const char *detail_of(const redisReply *reply)
{
    bool has_detail = reply->type == REDIS_REPLY_ARRAY && reply->elements > 1 && reply->element[1]->str != NULL;

    return has_detail ? reply->element[1]->str : "";
}

/* Where the store stands tells what happened: only a store that forgot something stands behind us. */
static enum verdict fenced(const redisReply *reply, int32_t partition, int64_t expected, struct reason *why)
{
    int64_t next = 0;

    if (reply->elements != 3 || !store_reply_number(reply->element[1], &next))
        return store_reply_damaged(partition, "the fence", why);
    if (next < expected)
        return reason_set(why, REWIND, STORE_ROLLED_BACK, 0,
                          "partition %" PRId32 ": the store stands at %" PRId64 ", behind us at %" PRId64
                          ": it lost its last writes; those records are read again",
                          partition, next, expected);
    if (next > expected && expected >= 0)
        return reason_set(why, REWIND, STORE_FENCED, 0,
                          "partition %" PRId32 ": the store stands at %" PRId64 ", ahead of us at %" PRId64
                          ": another owner counted on",
                          partition, next, expected);
    return reason_set(why, REWIND, STORE_FENCED, 0, "partition %" PRId32 ": at %" PRId64 " it has another owner",
                      partition, next);
}

enum verdict store_reply_denied(const char *command, struct reason *why)
{
    return reason_set(why, HALT, STORE_DENIED, 0, "the Redis user may not run %s on our keys; give it by: " STORE_GRANT,
                      command);
}

enum verdict store_reply_verdict(const redisReply *reply, int32_t partition, int64_t expected, struct reason *why)
{
    const char *detail = detail_of(reply);

    if (store_reply_is(reply, "OK") || store_reply_is(reply, "ALREADY"))
        return GO_ON;
    if (store_reply_is(reply, "FENCED"))
        return fenced(reply, partition, expected, why);
    if (store_reply_is(reply, "DENIED"))
        return store_reply_denied(detail, why);
    if (store_reply_is(reply, "COLLECTED"))
        return reason_set(why, REWIND, STORE_COLLECTED, 0, "partition %" PRId32 ": window %s is collected", partition,
                          detail);
    if (store_reply_is(reply, "CHANGED"))
        return reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0, "partition %" PRId32 ": window %s has newer records",
                          partition, detail);
    if (store_reply_is(reply, "MISSING"))
        return reason_set(why, HALT, STORE_STATE_MISSING, 0,
                          "partition %" PRId32 " has no state in Redis; if it is new, run `gentally setup`", partition);
    if (store_reply_is(reply, "TAINTED"))
        return reason_set(why, HALT, STORE_TAINTED, 0, "partition %" PRId32 ": a write failed half-way: %s", partition,
                          detail);
    if (store_reply_is(reply, "TORN"))
        return reason_set(why, HALT, STORE_TORN, 0, "partition %" PRId32 ": %s%s lost part of its keys", partition,
                          strchr(detail, ':') != NULL ? "window " : "the ", detail);
    if (store_reply_is(reply, "INCARNATION"))
        return reason_set(why, HALT, STORE_INCARNATION, 0, "partition %" PRId32 ": the state was rebuilt (%s)",
                          partition, detail);
    return reason_set(why, HALT, STORE_ERROR, reply->type, "partition %" PRId32 ": unexpected reply", partition);
}

bool store_reply_number(const redisReply *reply, int64_t *number)
{
    char *end = NULL;

    if (reply->type != REDIS_REPLY_STRING || reply->len == 0)
        return false;
    errno = 0;
    *number = strtoll(reply->str, &end, 10);
    return errno == 0 && *end == '\0';
}

bool store_reply_window(const redisReply *reply, struct window *window)
{
    const char *colon = reply->type == REDIS_REPLY_STRING ? strchr(reply->str, ':') : NULL;
    char *end = NULL;

    if (colon == NULL || !window_kind_parse((struct span){reply->str, (size_t)(colon - reply->str)}, &window->kind))
        return false;
    errno = 0;
    window->start_ms = strtoll(colon + 1, &end, 10);
    return errno == 0 && end != colon + 1 && *end == '\0';
}

static int64_t read_time(const redisReply *reply)
{
    int64_t ms = 0;

    return store_reply_number(reply, &ms) ? ms : NO_TIME;
}

static bool read_text(const redisReply *reply, char *text, size_t size)
{
    if (reply->type != REDIS_REPLY_STRING || reply->len >= size)
        return false;
    memcpy(text, reply->str, reply->len + 1);
    return true;
}

/* A text that may be absent, and is cut to what fits. */
static void read_some(const redisReply *reply, char *text, size_t size)
{
    size_t length = reply->type != REDIS_REPLY_STRING ? 0 : reply->len < size ? reply->len : size - 1;

    if (length > 0)
        memcpy(text, reply->str, length);
    text[length] = '\0';
}

/* taint, stopped, stopped_at, stopped_why, given_up. A taint is a stop that nobody had to tell. */
static void read_stop(redisReply *const field[], struct partition_state *state)
{
    read_some(field[1], state->stopped, sizeof(state->stopped));
    read_some(field[3], state->stopped_why, sizeof(state->stopped_why));
    if (!store_reply_number(field[2], &state->stopped_at))
        state->stopped_at = state->next;
    if (field[0]->type == REDIS_REPLY_STRING && field[0]->len > 0) {
        snprintf(state->stopped, sizeof(state->stopped), "%s", reason_name(STORE_TAINTED));
        read_some(field[0], state->stopped_why, sizeof(state->stopped_why));
    }
    state->is_given_up = state->stopped[0] != '\0' && field[4]->type == REDIS_REPLY_STRING && field[4]->len > 0;
}

bool store_reply_state(const redisReply *fields, int32_t partition, struct partition_state *state)
{
    if (fields->type != REDIS_REPLY_ARRAY || fields->elements != 16 + OUTCOME_COUNT + WINDOW_KINDS)
        return false;
    redisReply **field = fields->element;
    *state = (struct partition_state){.partition = partition};
    bool is_good = read_text(field[0], state->incarnation, sizeof(state->incarnation)) &&
                   read_text(field[1], state->token, sizeof(state->token)) &&
                   store_reply_number(field[2], &state->first) && store_reply_number(field[3], &state->next);
    is_good = is_good && field[6]->type == REDIS_REPLY_STRING && anchor_read(field[6]->str, &state->anchor);
    state->watermark_ms = read_time(field[4]);
    state->is_idle = field[5]->type == REDIS_REPLY_STRING && strcmp(field[5]->str, "1") == 0;
    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        is_good = is_good && store_reply_number(field[7 + i], &state->outcomes[i]);
    for (size_t i = 0; i < WINDOW_KINDS; i++)
        state->floor_ms[i] = read_time(field[7 + OUTCOME_COUNT + i]);
    read_stop(field + 7 + OUTCOME_COUNT + WINDOW_KINDS, state);
    is_good = is_good && store_reply_number(field[12 + OUTCOME_COUNT + WINDOW_KINDS], &state->journal_first) &&
              store_reply_number(field[13 + OUTCOME_COUNT + WINDOW_KINDS], &state->journal_last) &&
              store_reply_number(field[14 + OUTCOME_COUNT + WINDOW_KINDS], &state->pairs_first) &&
              store_reply_number(field[15 + OUTCOME_COUNT + WINDOW_KINDS], &state->pairs_last);
    return is_good && state->journal_first >= 1 && state->journal_last >= state->journal_first - 1 &&
           state->pairs_first >= 1 && state->pairs_last >= state->pairs_first - 1;
}

enum verdict store_reply_damaged(int32_t partition, const char *what, struct reason *why)
{
    return reason_set(why, HALT, STORE_DAMAGED, 0, "partition %" PRId32 ": %s does not read as we wrote it", partition,
                      what);
}

enum verdict store_reply_refused(int32_t partition, const struct reason *refusal, struct reason *why)
{
    return reason_set(why, HALT, refusal->id, refusal->code, "partition %" PRId32 ": %.400s", partition, refusal->text);
}
