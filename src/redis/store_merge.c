/*
 * Merging, shard by shard: the buckets that activities fall into are read, merged here (core/bucket.h), and written
 * with the counts that change, in calls of a bounded size. A call passes only if nobody wrote since its buckets were
 * read; otherwise the shard is read again, and since it is a union nothing is counted twice.
 *
 *   activities --number--> of the shard's models --order--> by bucket --bucket_merge--> bytes and changes
 *              --gentally_2_merge--> shard
 *
 * As pairs come, buckets are split, so that each has some 150 on average: fewer cost more memory, more of them make
 * each merge read and write more (runbooks/decisions).
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/core/window.h"
#include "gentally/redis/store_retention.h"
#include "store_merge_call.h"
#include "store_reply.h"

#define BUCKET_PAIRS 150
#define CALL_ITEMS 4096u  /* activities of one call: their counts are some ms of Redis */
#define CALL_MODELS 1000u /* of one question about their numbers */
#define ATTEMPTS 16
#define NEAR_MAX 64u /* items that are put in order by hand */
#define NO_NUMBER UINT32_MAX

static enum verdict moved(const struct merge *merge, struct reason *why)
{
    return reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0,
                      "retention, shard %" PRIu32 ": another worker merged meanwhile", merge->shard);
}

/* ---- models ---- */

/* A number that the state does not know of was drawn meanwhile; or, of the very version that had it before, it is none
 * of ours. Over another connection there may be a Redis that went back to that version, and on from there. */
static enum verdict beyond(struct merge *merge, struct reason *why)
{
    const char *version = merge_shard_of(merge)->version;
    uint64_t count = store_link_count(merge->store->link);

    if (merge->is_beyond && merge->beyond_count == count && strcmp(merge->beyond, version) == 0)
        return store_shard_damaged(merge->shard, "its models do not read as we wrote them", "", why);
    merge->is_beyond = true;
    merge->beyond_count = count;
    snprintf(merge->beyond, sizeof(merge->beyond), "%s", version);
    return moved(merge, why);
}

/* Asks for the numbers of some models, which have none here yet. */
static enum verdict ask_numbers(struct merge *merge, uint32_t first, uint32_t count, struct reason *why)
{
    struct store *store = merge->store;
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 2 + (size_t)count, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HMGET");
    store_put_shard_key(store, merge->shard, "models");
    for (uint32_t i = first; i < first + count; i++)
        store_put(&store->command, activities_model(merge->set, merge->models[i]));
    verdict = store_shard_ask(store, merge->shard, &reply, why);
    if (verdict == GO_ON && (reply->type != REDIS_REPLY_ARRAY || reply->elements != count))
        verdict = store_shard_damaged(merge->shard, "its models do not read as we wrote them", "", why);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++) {
        int64_t number = 0;
        if (reply->element[i]->type == REDIS_REPLY_NIL)
            continue;
        if (!store_reply_number(reply->element[i], &number) || number < 0 || number > INT32_MAX)
            verdict = store_shard_damaged(merge->shard, "its models do not read as we wrote them", "", why);
        else if (number >= merge_shard_of(merge)->models)
            verdict = beyond(merge, why);
        merge->numbers[merge->models[first + i]] = (uint32_t)number;
    }
    freeReplyObject(reply);
    return verdict;
}

/* Gives each model of the activities its number; one that is new here gets the next. */
static enum verdict number_models(struct merge *merge, const struct activity *activities, uint32_t count,
                                  struct reason *why)
{
    enum verdict verdict = GO_ON;
    uint32_t total = activities_models(merge->set), known = 0;

    merge->model_count = merge->fresh = 0;
    for (uint32_t i = 0; i < total; i++)
        merge->numbers[i] = 0;
    for (uint32_t i = 0; i < count; i++) /* each once */
        if (merge->numbers[activities[i].model] == 0) {
            merge->numbers[activities[i].model] = NO_NUMBER;
            merge->models[merge->model_count++] = activities[i].model;
        }
    for (uint32_t first = 0; first < merge->model_count && verdict == GO_ON; first += CALL_MODELS) {
        uint32_t some = merge->model_count - first < CALL_MODELS ? merge->model_count - first : CALL_MODELS;
        verdict = ask_numbers(merge, first, some, why);
    }
    for (uint32_t i = 0; i < merge->model_count; i++) { /* those that are new to the end */
        uint32_t model = merge->models[i];
        if (merge->numbers[model] == NO_NUMBER)
            continue;
        merge->models[i] = merge->models[known];
        merge->models[known++] = model;
    }
    merge->fresh = merge->model_count - known;
    for (uint32_t i = 0; i < merge->fresh; i++)
        merge->numbers[merge->models[known + i]] = merge_shard_of(merge)->models + i;
    return verdict;
}

/* ---- order ---- */

static int compare(const void *left, const void *right)
{
    const struct bucket_activity *a = left, *b = right;
    int order = account_compare(a->account, b->account);

    if (order == 0)
        order = (a->number > b->number) - (a->number < b->number);
    return order != 0 ? order : (a->month > b->month) - (a->month < b->month);
}

/* Puts what one account did into order: a few items nearly always. */
static void order_account(struct bucket_activity items[], uint32_t count)
{
    if (count > NEAR_MAX) {
        qsort(items, count, sizeof(*items), compare);
        return;
    }
    for (uint32_t i = 1; i < count; i++) {
        struct bucket_activity item = items[i];
        uint32_t at = i;
        for (; at > 0 && compare(&item, &items[at - 1]) < 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* The activities, which are in the order of their accounts, as buckets take them, each once. */
static enum verdict order_items(struct merge *merge, const struct activity *activities, uint32_t count,
                                struct reason *why)
{
    struct bucket_activity *items = grow(merge->items, &merge->room, (size_t)count + 1, sizeof(*items));
    uint32_t kept = 0;

    if (items == NULL)
        return no_memory(why, "to merge retention");
    merge->items = items;
    merge->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (activities[i].month < merge_shard_of(merge)->floor)
            continue;
        struct bucket_activity *item = &items[merge->count++];
        *item = (struct bucket_activity){
            .month = activities[i].month, .number = merge->numbers[activities[i].model], .model = activities[i].model};
        memcpy(item->account, activities[i].account, ACCOUNT_SIZE);
    }
    for (uint32_t first = 0, end; first < merge->count; first = end) {
        for (end = first + 1; end < merge->count && account_compare(items[first].account, items[end].account) == 0;)
            end++;
        order_account(items + first, end - first);
    }
    for (uint32_t i = 0; i < merge->count; i++)
        if (kept == 0 || compare(&items[kept - 1], &items[i]) != 0)
            items[kept++] = items[i];
    merge->count = kept;
    return GO_ON;
}

/* ---- a call ---- */

static struct span bytes_of(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? (struct span){reply->str, reply->len} : span_of(NULL);
}

static enum verdict of_shard(const struct merge *merge, enum verdict verdict, struct reason *why)
{
    if (verdict != HALT || why->id != STORE_RETENTION_DAMAGED)
        return verdict;
    const struct reason other = *why;
    return store_shard_damaged(merge->shard, "", other.text, why);
}

/* Merges the items of the call at hand into its buckets. */
static enum verdict merge_read(struct merge *merge, const redisReply *reply, bool *is_changed, struct reason *why)
{
    const struct bucket_activity *items = merge->items;
    const struct merge_call *call = &merge->call;
    uint32_t buckets = merge_shard_of(merge)->buckets, first = call->first;
    enum verdict verdict = GO_ON;

    merge->change_count = 0;
    merge->added = 0;
    *is_changed = false;
    for (uint32_t i = 0; i < call->bucket_count && verdict == GO_ON; i++) {
        uint32_t stop = first;
        int64_t added = 0;
        while (stop < call->end && bucket_of(items[stop].account, buckets) == call->names[i])
            stop++;
        verdict = bucket_merge(bytes_of(reply->element[1 + i]), items + first, stop - first, &merge->buckets[i],
                               merge_note_change, merge, &added, &merge->is_written[i], why);
        merge->added += added;
        *is_changed = *is_changed || merge->is_written[i];
        first = stop;
    }
    return of_shard(merge, verdict, why);
}

static enum verdict check_room(const struct merge *merge, struct reason *why)
{
    int64_t pairs = merge_shard_of(merge)->pairs + merge->added;

    if (merge->added == 0 || pairs <= merge->store->shard_pairs_max)
        return GO_ON;
    return reason_set(why, HALT, RETENTION_FULL, 0,
                      "retention, shard %" PRIu32 ": with its new pairs it would have %" PRId64
                      ", more than its eighth of retention_pairs_max",
                      merge->shard, pairs);
}

/* How many items from `first` on go into a call, and the names of their buckets: whole buckets, unless one has more
 * items than a call takes. */
static void choose_items(const struct merge *merge, uint32_t first, struct merge_call *call)
{
    uint32_t end = first, last = first, buckets = merge_shard_of(merge)->buckets, name = 0;

    call->bucket_count = 0;
    for (; end < merge->count; end++) {
        bool is_other = bucket_of(merge->items[end].account, buckets) != name;
        if (end - first >= CALL_ITEMS || (is_other && call->bucket_count == CALL_BUCKETS))
            break;
        if (!is_other)
            continue;
        name = bucket_of(merge->items[end].account, buckets);
        call->names[call->bucket_count++] = name;
        last = end;
    }
    bool is_cut = end < merge->count && bucket_of(merge->items[end].account, buckets) == name;
    if (is_cut && call->bucket_count > 1) {
        call->bucket_count--;
        end = last;
    }
    call->first = first;
    call->end = end;
}

/* Asks for the buckets of the next call, unless there is none, or it begins with the one that is written now. */
static enum verdict ask_ahead(struct merge *merge, bool *is_asked, struct reason *why)
{
    const struct merge_call *call = &merge->call;
    struct merge_call *ahead = &merge->ahead;

    choose_items(merge, call->end, ahead);
    *is_asked = ahead->bucket_count > 0 && ahead->names[0] != call->names[call->bucket_count - 1];
    return *is_asked ? merge_ask(merge, ahead, why) : GO_ON;
}

/* Merges into the buckets at hand, and sends what became of them. */
static enum verdict merge_some(struct merge *merge, struct reason *why)
{
    redisReply *reply = NULL;
    bool is_changed = false, is_whole = false;
    enum verdict verdict = merge_take(merge, &merge->call, &reply, &is_whole, why);

    if (verdict != GO_ON)
        return verdict;
    verdict = merge_read(merge, reply, &is_changed, why);
    if (verdict == GO_ON)
        verdict = merge_finish(merge, why);
    if (verdict == GO_ON)
        verdict = check_room(merge, why);
    if (verdict == GO_ON && (is_changed || !is_whole))
        verdict = merge_send(merge, merge_shard_of(merge)->buckets, why);
    freeReplyObject(reply);
    return verdict;
}

/* ---- splitting ---- */

/* Divides the buckets that were read, whose halves are named behind each other. */
static enum verdict split_read(struct merge *merge, const redisReply *reply, struct reason *why)
{
    struct merge_call *call = &merge->call;
    uint32_t count = call->bucket_count;
    enum verdict verdict = GO_ON;

    for (uint32_t i = count; i-- > 0 && verdict == GO_ON;) {
        uint32_t name = call->names[i], at = 3 * i;
        verdict = bucket_split(bytes_of(reply->element[1 + i]), name, &merge->buckets[at + 1], why);
        merge->buckets[at].size = 0; /* It goes. */
        for (uint32_t j = 0; j < 3; j++)
            call->names[at + j] = j == 0 ? name : 2 * name + j - 1;
        merge->is_written[at] = merge->is_written[at + 1] = merge->is_written[at + 2] = true;
    }
    call->bucket_count = 3 * count;
    return of_shard(merge, verdict, why);
}

/* Splits buckets until there are enough for the pairs, or as many as one call takes. Nothing is on its way. */
static enum verdict split_some(struct merge *merge, struct reason *why)
{
    struct store_shard *shard = merge_shard_of(merge);
    struct merge_call *call = &merge->call;
    uint32_t level_end = 2u << (31 - __builtin_clz(shard->buckets)), count = level_end - shard->buckets;
    int64_t wanted = shard->pairs / BUCKET_PAIRS - shard->buckets;
    redisReply *reply = NULL;
    bool is_whole = false;

    count = count > CALL_BUCKETS / 3 ? CALL_BUCKETS / 3 : count;
    count = count > wanted ? (uint32_t)wanted : count;
    for (uint32_t i = 0; i < count; i++)
        call->names[i] = bucket_to_split(shard->buckets + i);
    call->bucket_count = count;
    enum verdict verdict = merge_ask(merge, call, why);
    if (verdict == GO_ON)
        verdict = merge_take(merge, call, &reply, &is_whole, why);
    if (verdict == GO_ON)
        verdict = split_read(merge, reply, why);
    merge->change_count = 0;
    merge->added = 0;
    if (verdict == GO_ON)
        verdict = merge_send(merge, shard->buckets + count, why);
    freeReplyObject(reply);
    return verdict == GO_ON ? merge_finish(merge, why) : verdict;
}

/* Splits while buckets have more than `pairs` on average, with those that are on their way. */
static bool must_split(const struct merge *merge, int64_t pairs)
{
    const struct store_shard *shard = merge_shard_of(merge);
    int64_t all = shard->pairs + (merge->write.is_sent ? merge->write.added : 0);

    return shard->buckets < BUCKETS_MAX && all / pairs > shard->buckets;
}

static enum verdict split(struct merge *merge, struct reason *why)
{
    enum verdict verdict = merge_finish(merge, why);

    while (verdict == GO_ON && must_split(merge, BUCKET_PAIRS))
        verdict = split_some(merge, why);
    return verdict;
}

/* ---- a shard ---- */

/* Takes the next call as the one at hand, whose buckets were asked for ahead or are asked for now. While there are far
 * too few buckets they are split first, and what was asked for is none of theirs any more. */
static enum verdict turn_over(struct merge *merge, bool is_asked, struct reason *why)
{
    struct merge_call *call = &merge->call;
    uint32_t first = call->end;
    enum verdict verdict = GO_ON;

    if (is_asked && !must_split(merge, 2 * BUCKET_PAIRS)) {
        *call = merge->ahead;
        return GO_ON;
    }
    if (is_asked) {
        redisReply *reply = NULL;
        bool is_whole = false;
        verdict = merge_take(merge, &merge->ahead, &reply, &is_whole, why);
        freeReplyObject(reply);
    }
    if (verdict == GO_ON)
        verdict = must_split(merge, 2 * BUCKET_PAIRS) ? split(merge, why) : merge_finish(merge, why);
    choose_items(merge, first, call);
    return verdict == GO_ON && call->bucket_count > 0 ? merge_ask(merge, call, why) : verdict;
}

static enum verdict merge_items(struct merge *merge, struct reason *why)
{
    struct merge_call *call = &merge->call;
    enum verdict verdict = GO_ON;

    choose_items(merge, 0, call);
    if (call->bucket_count > 0)
        verdict = merge_ask(merge, call, why);
    while (verdict == GO_ON && call->bucket_count > 0) {
        bool is_asked = false;
        verdict = ask_ahead(merge, &is_asked, why);
        if (verdict == GO_ON)
            verdict = merge_some(merge, why);
        if (verdict == GO_ON)
            verdict = turn_over(merge, is_asked, why);
    }
    return verdict == GO_ON ? split(merge, why) : verdict;
}

static enum verdict merge_once(struct merge *merge, const struct activity *activities, uint32_t count,
                               struct reason *why)
{
    enum verdict verdict = store_shard_read(merge->store, merge->shard, why);

    if (verdict == GO_ON)
        verdict = number_models(merge, activities, count, why);
    if (verdict == GO_ON)
        verdict = order_items(merge, activities, count, why);
    if (verdict == GO_ON)
        verdict = merge_items(merge, why);
    merge_drain(merge);
    return verdict;
}

static enum verdict merge_shard(struct merge *merge, const struct activity *activities, uint32_t count,
                                struct reason *why)
{
    enum verdict verdict = TRY_LATER;

    merge->is_beyond = false;
    for (int attempt = 0; attempt < ATTEMPTS && verdict == TRY_LATER; attempt++) {
        verdict = merge_once(merge, activities, count, why);
        if (verdict == TRY_LATER && why->id != STORE_WINDOW_GREW)
            break;
    }
    return verdict;
}

static enum verdict reserve(struct merge *merge, struct reason *why)
{
    size_t room = (size_t)activities_models(merge->set) + 1;

    merge->numbers = calloc(room, sizeof(*merge->numbers));
    merge->models = calloc(room, sizeof(*merge->models));
    return merge->numbers == NULL || merge->models == NULL ? no_memory(why, "to merge retention") : GO_ON;
}

static void close_merge(struct merge *merge)
{
    for (uint32_t i = 0; i < CALL_BUCKETS; i++)
        bucket_bytes_free(&merge->buckets[i]);
    free(merge->numbers);
    free(merge->models);
    free(merge->items);
    free(merge->changes);
    free(merge);
}

enum verdict store_retention_merge(struct store *store, struct activities *activities, struct reason *why)
{
    struct merge *merge = calloc(1, sizeof(*merge));
    uint32_t count = activities_count(activities);

    if (merge == NULL)
        return no_memory(why, "to merge retention");
    merge->store = store;
    merge->set = activities;
    enum verdict verdict = reserve(merge, why);
    activities_sort(activities);
    const struct activity *items = activities_items(activities);
    for (uint32_t first = 0, end; verdict == GO_ON && first < count; first = end) {
        merge->shard = retention_shard(items[first].account);
        for (end = first; end < count && retention_shard(items[end].account) == merge->shard; end++)
            ;
        verdict = merge_shard(merge, items + first, end - first, why);
    }
    close_merge(merge);
    return verdict;
}
