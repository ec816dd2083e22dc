/* HSCAN: every field that is there from the first call to the last is given at least once. */
#include "store_portions.h"

#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "store_reply.h"

#define CURSOR_MAX 24 /* bytes: 64 bits in decimal digits */

void portions_close(struct portions *portions)
{
    if (portions->arena.block_size > 0)
        arena_close(&portions->arena);
    free(portions->fields);
    *portions = (struct portions){0};
}

static bool copy(struct portions *portions, const redisReply *from, struct span *into)
{
    char *bytes = arena_take(&portions->arena, from->len + 1);

    if (bytes == NULL)
        return false;
    memcpy(bytes, from->str, from->len + 1);
    *into = (struct span){bytes, from->len};
    return true;
}

static enum verdict keep(struct portions *portions, int32_t partition, const redisReply *pairs, struct reason *why)
{
    struct field *fields =
        grow(portions->fields, &portions->room, portions->count + pairs->elements / 2 + 1, sizeof(*fields));

    if (fields == NULL)
        return no_memory(why, "to read a window");
    portions->fields = fields;
    for (size_t i = 0; i < pairs->elements; i += 2) {
        const redisReply *name = pairs->element[i], *value = pairs->element[i + 1];
        struct field *field = &portions->fields[portions->count];
        if (name->type != REDIS_REPLY_STRING || value->type != REDIS_REPLY_STRING)
            return store_reply_damaged(partition, "a cell", why);
        if (!copy(portions, name, &field->name) || !copy(portions, value, &field->value))
            return no_memory(why, "to read a window");
        portions->count++;
    }
    return GO_ON;
}

static enum verdict read_portion(struct portions *portions, struct store *store, int32_t partition,
                                 struct window window, char cursor[CURSOR_MAX], struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 5, KEY_MAX + 32, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HSCAN");
    store_put_window_key(store, partition, window);
    store_put_text(&store->command, cursor);
    store_put_text(&store->command, "COUNT");
    store_put_number(&store->command, store->portion);
    verdict = store_call(store, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[0]->len == 0 || reply->element[0]->len >= CURSOR_MAX ||
        reply->element[1]->type != REDIS_REPLY_ARRAY || reply->element[1]->elements % 2 != 0)
        verdict = store_reply_damaged(partition, "a portion of a window", why);
    else
        verdict = keep(portions, partition, reply->element[1], why);
    if (verdict == GO_ON)
        snprintf(cursor, CURSOR_MAX, "%s", reply->element[0]->str);
    freeReplyObject(reply);
    return verdict;
}

enum verdict portions_read(struct portions *portions, struct store *store, int32_t partition, struct window window,
                           size_t fields_max, struct reason *why)
{
    char cursor[CURSOR_MAX] = "0";
    enum verdict verdict;

    arena_open(&portions->arena, (size_t)1 << 20);
    do
        verdict = read_portion(portions, store, partition, window, cursor, why);
    while (verdict == GO_ON && strcmp(cursor, "0") != 0 && portions->count <= fields_max);
    return verdict;
}
