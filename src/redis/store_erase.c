/* Rows are looked for by HSCAN, whose pattern Redis matches, and renamed by a function that looks again. Nothing else
 * writes a window's cells meanwhile: its partition is the caller's. */
#include "gentally/redis/store_erase.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/core/cell.h"
#include "gentally/core/event.h"
#include "store_call.h"
#include "store_reply.h"

#define CURSOR_MAX 24 /* bytes: 64 bits in decimal digits */
#define PLACE_MAX 32  /* bytes of a partition and an offset */

/* ---- rows ---- */

static enum verdict give_rows(const redisReply *pairs, int32_t partition, store_row_reader *each, void *context,
                              struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (size_t i = 0; i + 1 < pairs->elements && verdict == GO_ON; i += 2) {
        const redisReply *key = pairs->element[i], *value = pairs->element[i + 1];
        if (key->type != REDIS_REPLY_STRING || value->type != REDIS_REPLY_STRING)
            return store_reply_damaged(partition, "a cell", why);
        verdict = each(context, (struct span){key->str, key->len}, (struct span){value->str, value->len}, why);
    }
    return verdict;
}

static enum verdict scan(struct store *store, int32_t partition, struct window window, const char *text,
                         const char *cursor, redisReply **reply, struct reason *why)
{
    enum verdict verdict = store_command_begin(&store->command, 7, KEY_MAX + 128, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HSCAN");
    store_put_window_key(store, partition, window);
    store_put_text(&store->command, cursor);
    store_put_text(&store->command, "MATCH");
    store_put_format(&store->command, "*%s*", text);
    store_put_text(&store->command, "COUNT");
    store_put_number(&store->command, store->portion);
    verdict = store_call(store, reply, why);
    if (verdict != GO_ON)
        return verdict;
    const redisReply *parts = *reply;
    bool is_good = parts->type == REDIS_REPLY_ARRAY && parts->elements == 2 &&
                   parts->element[0]->type == REDIS_REPLY_STRING && parts->element[0]->len < CURSOR_MAX &&
                   parts->element[1]->type == REDIS_REPLY_ARRAY;
    return is_good ? GO_ON : store_reply_damaged(partition, "a portion of a window", why);
}

enum verdict store_rows_find(struct store *store, int32_t partition, struct window window, const char *text,
                             store_row_reader *each, void *context, struct reason *why)
{
    char cursor[CURSOR_MAX] = "0";
    enum verdict verdict = GO_ON;

    do {
        redisReply *reply = NULL;
        verdict = scan(store, partition, window, text, cursor, &reply, why);
        if (verdict == GO_ON) {
            snprintf(cursor, sizeof(cursor), "%s", reply->element[0]->str);
            verdict = give_rows(reply->element[1], partition, each, context, why);
        }
        freeReplyObject(reply);
    } while (verdict == GO_ON && strcmp(cursor, "0") != 0);
    return verdict;
}

enum verdict store_row_read(struct store *store, int32_t partition, struct window window, struct span key,
                            uint8_t *packed, size_t *size, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 3, KEY_MAX, why);

    *size = 0;
    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HGET");
    store_put_window_key(store, partition, window);
    store_put(&store->command, key);
    verdict = store_call(store, &reply, why);
    if (verdict == GO_ON && reply->type == REDIS_REPLY_STRING) {
        if (reply->len > CELL_PACKED_MAX)
            verdict = store_reply_damaged(partition, "a cell", why);
        else
            memcpy(packed, reply->str, *size = reply->len);
    }
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_row_rename(struct store *store, const struct partition_state *state, struct window window,
                              const struct row_renaming *renaming, struct reason *why)
{
    enum verdict verdict = store_partition_begin(store, state->partition, "gentally_2_rename", false, 3, 8, 96, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_key(store, state->partition, "windows");
    store_put_window_key(store, state->partition, window);
    store_put_text(&store->command, state->incarnation);
    store_put_text(&store->command, state->token);
    store_put_window_name(store, window);
    store_put_text(&store->command, renaming->rollup);
    store_put(&store->command, renaming->key);
    store_put(&store->command, renaming->new_key);
    store_put(&store->command, renaming->there);
    store_put(&store->command, renaming->cell);
    return store_function_do(store, state->partition, why);
}

/* A state that no partition has is refused, once the function was found. */
enum verdict store_erase_check(struct store *store, int32_t partition, struct reason *why)
{
    const struct partition_state nobody = {.partition = partition};
    const struct row_renaming nothing = {.rollup = ""};
    const struct window window = {WINDOW_HOUR, 0};
    enum verdict verdict = store_row_rename(store, &nobody, window, &nothing, why);

    bool is_found = verdict == HALT && (why->id == STORE_INCARNATION || why->id == STORE_STATE_MISSING);
    return is_found ? GO_ON : verdict;
}

/* ---- marks ---- */

static void put_marks_key(struct store *store)
{
    store_put_format(&store->command, "%s:{settings}:erased", store->namespace_);
}

/* Reads "0:17 3:4" into offsets by partition; -1 in those that are not named. */
static bool read_offsets(const char *text, int64_t offsets[PARTITIONS_MAX], int32_t *count)
{
    *count = 0;
    for (const char *at = text; *at != '\0';) {
        char *end = NULL;
        long partition = strtol(at, &end, 10);
        if (end == at || *end != ':' || partition < *count || partition >= PARTITIONS_MAX)
            return false;
        while (*count < partition)
            offsets[(*count)++] = -1;
        at = end + 1;
        offsets[(*count)++] = strtoll(at, &end, 10);
        if (end == at || (*end != ' ' && *end != '\0'))
            return false;
        at = *end == ' ' ? end + 1 : end;
    }
    return true;
}

enum verdict store_marks_read(struct store *store, store_mark_reader *each, void *context, struct reason *why)
{
    redisReply *reply = NULL;
    int64_t offsets[PARTITIONS_MAX];
    enum verdict verdict = store_command_begin(&store->command, 2, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HGETALL");
    put_marks_key(store);
    verdict = store_call(store, &reply, why);
    if (verdict == GO_ON && reply->type != REDIS_REPLY_ARRAY)
        verdict = reason_set(why, HALT, STORE_DAMAGED, 0, "the marks of erased accounts do not read as we wrote them");
    for (size_t i = 0; verdict == GO_ON && i + 1 < reply->elements; i += 2) {
        const redisReply *mark = reply->element[i], *value = reply->element[i + 1];
        int32_t count = 0;
        bool is_good = mark->type == REDIS_REPLY_STRING && mark->len == ERASED_MARK_SIZE - 1 &&
                       value->type == REDIS_REPLY_STRING && read_offsets(value->str, offsets, &count);
        verdict = is_good ? each(context, mark->str, offsets, count, why)
                          : reason_set(why, HALT, STORE_DAMAGED, 0, "a mark of an erased account does not read");
    }
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_mark_write(struct store *store, const char *mark, const int64_t offsets[], int32_t count,
                              struct reason *why)
{
    size_t room = (size_t)count * PLACE_MAX + 1, size = 0;
    char *text = calloc(1, room);
    redisReply *reply = NULL;

    if (text == NULL)
        return no_memory(why, "for a mark");
    for (int32_t i = 0; i < count; i++)
        if (offsets[i] >= 0)
            size += (size_t)snprintf(text + size, room - size, "%s%" PRId32 ":%" PRId64, size > 0 ? " " : "", i,
                                     offsets[i]);
    enum verdict verdict = store_command_begin(&store->command, 4, KEY_MAX, why);
    if (verdict == GO_ON) {
        store_put_text(&store->command, "HSET");
        put_marks_key(store);
        store_put_text(&store->command, mark);
        store_put_text(&store->command, text);
        verdict = store_call(store, &reply, why);
    }
    freeReplyObject(reply);
    free(text);
    return verdict;
}
