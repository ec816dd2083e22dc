/* Counts are added up by month before they are written, so that a month's revision rises once. */
#include "store_merge_call.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "store_reply.h"

/* ---- changes ---- */

bool merge_note_change(void *context, uint32_t model, uint32_t cohort, uint32_t month, int by)
{
    struct merge *merge = context;

    struct change_of_count *changes =
        grow(merge->changes, &merge->change_room, (size_t)merge->change_count + 1, sizeof(*changes));
    if (changes == NULL)
        return false;
    merge->changes = changes;
    changes[merge->change_count++] = (struct change_of_count){month, cohort, model, by};
    return true;
}

static int compare_changes(const void *left, const void *right)
{
    const struct change_of_count *a = left, *b = right;

    if (a->month != b->month)
        return a->month > b->month ? 1 : -1;
    if (a->cohort != b->cohort)
        return a->cohort > b->cohort ? 1 : -1;
    return (a->model > b->model) - (a->model < b->model);
}

/* Adds up the changes of each count, by month. */
static void add_up(struct merge *merge)
{
    struct change_of_count *changes = merge->changes;
    uint32_t kept = 0;

    if (merge->change_count > 0)
        qsort(changes, merge->change_count, sizeof(*changes), compare_changes);
    for (uint32_t i = 0; i < merge->change_count; i++)
        if (kept > 0 && compare_changes(&changes[kept - 1], &changes[i]) == 0)
            changes[kept - 1].by += changes[i].by;
        else
            changes[kept++] = changes[i];
    merge->change_count = kept;
}

/* Puts a month: its number, how its revision rises, its counts. Returns the index behind its last change. */
static uint32_t put_month(struct merge *merge, uint32_t first)
{
    struct store_command *command = &merge->store->command;
    const struct change_of_count *changes = merge->changes;
    uint32_t end = first;
    int64_t rise = 0;

    for (; end < merge->change_count && changes[end].month == changes[first].month; end++)
        rise += changes[end].by * ((int64_t)changes[end].month - changes[end].cohort + 1);
    store_put_number(command, changes[first].month);
    store_put_number(command, rise);
    store_put_number(command, end - first);
    for (uint32_t i = first; i < end; i++) {
        struct span model = activities_model(merge->set, changes[i].model);
        store_put_format(command, "%" PRIu32 "|%.*s", changes[i].cohort, (int)model.size, model.bytes);
        store_put_number(command, changes[i].by);
    }
    return end;
}

/* Whether a change is the first of its month. */
static bool is_first_of_month(const struct merge *merge, uint32_t at)
{
    return at == 0 || merge->changes[at].month != merge->changes[at - 1].month;
}

/* How many arguments the changes take, and how many bytes of them are printed. */
static size_t measure_changes(const struct merge *merge, size_t *printed)
{
    size_t arguments = 0;

    *printed = 0;
    for (uint32_t i = 0; i < merge->change_count; i++) {
        bool is_first = is_first_of_month(merge, i);
        arguments += is_first ? 5 : 2;
        *printed += (is_first ? 5 * 24 : 2 * 24) + activities_model(merge->set, merge->changes[i].model).size;
    }
    return arguments;
}

/* ---- a write ---- */

/* Begins the call that writes; over a cluster it names the keys that it touches. */
static enum verdict begin_write(struct merge *merge, size_t arguments, size_t printed, struct reason *why)
{
    struct store *store = merge->store;
    size_t months = 0;

    for (uint32_t i = 0; i < merge->change_count; i++)
        months += is_first_of_month(merge, i);
    enum verdict verdict =
        store_shard_begin(store, "gentally_2_merge", false, merge->shard, 2 + months, arguments, printed, why);
    if (verdict != GO_ON || !store_link_is_cluster(store->link))
        return verdict;
    store_put_shard_key(store, merge->shard, "pairs");
    store_put_shard_key(store, merge->shard, "models");
    for (uint32_t i = 0; i < merge->change_count; i++)
        if (is_first_of_month(merge, i))
            store_put_counts_key(store, merge->shard, merge->changes[i].month);
    return GO_ON;
}

enum verdict merge_send(struct merge *merge, uint32_t buckets, struct reason *why)
{
    struct store *store = merge->store;
    const struct store_shard *shard = merge_shard_of(merge);
    struct merge_write *write = &merge->write;
    const struct merge_call *call = &merge->call;
    uint32_t written = 0;

    assert(!write->is_sent);
    add_up(merge);
    size_t printed, arguments = measure_changes(merge, &printed);
    for (uint32_t i = 0; i < call->bucket_count; i++)
        written += merge->is_written[i];
    arguments += 9 + 2 * (size_t)written + 2 * (size_t)merge->fresh;
    printed += 24 * (9 + (size_t)written + merge->fresh);
    enum verdict verdict = begin_write(merge, arguments, printed, why);
    if (verdict != GO_ON)
        return verdict;
    store_random_token(write->version);
    store_put_text(&store->command, shard->incarnation);
    store_put_text(&store->command, shard->version);
    store_put_text(&store->command, write->version);
    store_put_number(&store->command, shard->floor);
    store_put_number(&store->command, buckets);
    store_put_number(&store->command, shard->pairs + merge->added);
    store_put_number(&store->command, (int64_t)shard->models + merge->fresh);
    store_put_number(&store->command, written);
    for (uint32_t i = 0; i < call->bucket_count; i++) {
        if (!merge->is_written[i])
            continue;
        store_put_number(&store->command, call->names[i]);
        store_put(&store->command, (struct span){(const char *)merge->buckets[i].bytes, merge->buckets[i].size});
    }
    store_put_number(&store->command, merge->fresh);
    for (uint32_t i = merge->model_count - merge->fresh; i < merge->model_count; i++) {
        store_put(&store->command, activities_model(merge->set, merge->models[i]));
        store_put_number(&store->command, merge->numbers[merge->models[i]]);
    }
    for (uint32_t first = 0; first < merge->change_count;)
        first = put_month(merge, first);
    write->buckets = buckets;
    write->added = merge->added;
    write->fresh = merge->fresh;
    verdict = store_send(store, why);
    write->is_sent = verdict == GO_ON;
    merge->pending += verdict == GO_ON;
    store_link_push(store->link);
    return verdict;
}

enum verdict merge_finish(struct merge *merge, struct reason *why)
{
    const struct merge_write *write = &merge->write;
    struct store_shard *shard = merge_shard_of(merge);

    if (!write->is_sent)
        return GO_ON;
    merge->write.is_sent = false;
    merge->pending--;
    enum verdict verdict = store_shard_written(merge->store, merge->shard, why);
    if (verdict != GO_ON)
        return verdict;
    memcpy(shard->version, write->version, sizeof(shard->version));
    shard->buckets = write->buckets;
    shard->pairs += write->added;
    shard->models += write->fresh;
    merge->fresh = 0;
    return GO_ON;
}

/* ---- a read ---- */

enum verdict merge_ask(struct merge *merge, struct merge_call *call, struct reason *why)
{
    struct store *store = merge->store;
    const char *version = merge->write.is_sent ? merge->write.version : merge_shard_of(merge)->version;
    uint32_t count = call->bucket_count;
    enum verdict verdict = store_command_begin(&store->command, 3 + (size_t)count, KEY_MAX + 24 * (size_t)count, why);

    if (verdict != GO_ON)
        return verdict;
    memcpy(call->version, version, sizeof(call->version));
    store_put_text(&store->command, "HMGET");
    store_put_shard_key(store, merge->shard, "pairs");
    store_put_text(&store->command, "__v");
    for (uint32_t i = 0; i < count; i++)
        store_put_number(&store->command, call->names[i]);
    verdict = store_send(store, why);
    merge->pending += verdict == GO_ON;
    store_link_push(store->link);
    return verdict;
}

enum verdict merge_take(struct merge *merge, const struct merge_call *call, redisReply **reply, bool *is_whole,
                        struct reason *why)
{
    merge->pending--;
    enum verdict verdict = store_shard_receive(merge->store, merge->shard, reply, why);

    if (verdict != GO_ON)
        return verdict;
    const redisReply *got = *reply;
    bool is_list = got->type == REDIS_REPLY_ARRAY && got->elements == 1 + (size_t)call->bucket_count;
    if (!is_list) {
        freeReplyObject(*reply);
        *reply = NULL;
        return store_shard_damaged(merge->shard, "its buckets do not read as we wrote them", "", why);
    }
    const redisReply *version = got->element[0];
    *is_whole = version->type == REDIS_REPLY_STRING && strcmp(version->str, call->version) == 0;
    return GO_ON;
}

void merge_drain(struct merge *merge)
{
    struct reason why;

    for (; merge->pending > 0; merge->pending--) {
        redisReply *reply = NULL;
        (void)!store_link_receive(merge->store->link, &reply, &why);
        freeReplyObject(reply);
    }
    merge->write.is_sent = false;
}
