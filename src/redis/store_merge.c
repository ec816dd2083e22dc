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
#include "store_reply.h"
#include "store_shard.h"

#define BUCKET_PAIRS 150
#define CALL_BUCKETS 256u
#define CALL_ITEMS 4096u  /* activities of one call: their counts are some ms of Redis */
#define CALL_MODELS 1000u /* of one question about their numbers */
#define ATTEMPTS 16
#define NO_NUMBER UINT32_MAX

/* A count that changes. */
struct change_of_count {
    uint32_t month, cohort, model;
    int by;
};

struct merge {
    struct store *store;
    const struct activities *set;
    uint32_t shard;
    uint32_t *numbers; /* by the set's models: in this shard, or NO_NUMBER */
    uint32_t *models;  /* of this shard's activities: the numbers of the last `fresh` of them are new */
    uint32_t model_count, fresh;
    bool is_beyond; /* a number was higher than the state, of the version below, knows of */
    char beyond[33];
    uint64_t beyond_count; /* of connections, then */
    struct bucket_activity *items;
    uint32_t count;
    size_t room;
    /* The call at hand. */
    uint32_t names[CALL_BUCKETS];
    struct bucket_bytes buckets[CALL_BUCKETS];
    bool is_written[CALL_BUCKETS];
    uint32_t bucket_count;
    struct change_of_count *changes;
    uint32_t change_count;
    size_t change_room;
    int64_t added; /* pairs */
};

static struct store_shard *shard_of(const struct merge *merge)
{
    return &merge->store->shards[merge->shard];
}

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
    const char *version = shard_of(merge)->version;
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
        else if (number >= shard_of(merge)->models)
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
        merge->numbers[merge->models[known + i]] = shard_of(merge)->models + i;
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

/* The activities as buckets take them, each once. */
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
        if (activities[i].month < shard_of(merge)->floor)
            continue;
        struct bucket_activity *item = &items[merge->count++];
        *item = (struct bucket_activity){
            .month = activities[i].month, .number = merge->numbers[activities[i].model], .model = activities[i].model};
        memcpy(item->account, activities[i].account, ACCOUNT_SIZE);
    }
    if (merge->count > 0)
        qsort(items, merge->count, sizeof(*items), compare);
    for (uint32_t i = 0; i < merge->count; i++)
        if (kept == 0 || compare(&items[kept - 1], &items[i]) != 0)
            items[kept++] = items[i];
    merge->count = kept;
    return GO_ON;
}

/* ---- a call ---- */

static bool note_change(void *context, uint32_t model, uint32_t cohort, uint32_t month, int by)
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

/* Sends what was merged or split; `buckets` = how many there are then. */
static enum verdict write_call(struct merge *merge, uint32_t buckets, struct reason *why)
{
    struct store *store = merge->store;
    struct store_shard *shard = shard_of(merge);
    size_t printed, arguments = measure_changes(merge, &printed);
    uint32_t written = 0;
    char version[33];
    redisReply *reply = NULL;

    for (uint32_t i = 0; i < merge->bucket_count; i++)
        written += merge->is_written[i];
    arguments += 9 + 2 * (size_t)written + 2 * (size_t)merge->fresh;
    printed += 24 * (9 + (size_t)written + merge->fresh);
    enum verdict verdict = begin_write(merge, arguments, printed, why);
    if (verdict != GO_ON)
        return verdict;
    store_random_token(version);
    store_put_text(&store->command, shard->incarnation);
    store_put_text(&store->command, shard->version);
    store_put_text(&store->command, version);
    store_put_number(&store->command, shard->floor);
    store_put_number(&store->command, buckets);
    store_put_number(&store->command, shard->pairs + merge->added);
    store_put_number(&store->command, (int64_t)shard->models + merge->fresh);
    store_put_number(&store->command, written);
    for (uint32_t i = 0; i < merge->bucket_count; i++) {
        if (!merge->is_written[i])
            continue;
        store_put_number(&store->command, merge->names[i]);
        store_put(&store->command, (struct span){(const char *)merge->buckets[i].bytes, merge->buckets[i].size});
    }
    store_put_number(&store->command, merge->fresh);
    for (uint32_t i = merge->model_count - merge->fresh; i < merge->model_count; i++) {
        store_put(&store->command, activities_model(merge->set, merge->models[i]));
        store_put_number(&store->command, merge->numbers[merge->models[i]]);
    }
    for (uint32_t first = 0; first < merge->change_count;)
        first = put_month(merge, first);
    verdict = store_shard_call(store, merge->shard, &reply, why);
    freeReplyObject(reply);
    if (verdict != GO_ON)
        return verdict;
    memcpy(shard->version, version, sizeof(version));
    shard->buckets = buckets;
    shard->pairs += merge->added;
    shard->models += merge->fresh;
    merge->fresh = 0;
    return GO_ON;
}

/* Reads the buckets of `names`. GO_ON: the caller frees `*reply`, whose elements from 1 on are theirs. */
static enum verdict read_buckets(struct merge *merge, redisReply **reply, struct reason *why)
{
    struct store *store = merge->store;
    uint32_t count = merge->bucket_count;
    enum verdict verdict = store_command_begin(&store->command, 3 + (size_t)count, KEY_MAX + 24 * (size_t)count, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HMGET");
    store_put_shard_key(store, merge->shard, "pairs");
    store_put_text(&store->command, "__v");
    for (uint32_t i = 0; i < count; i++)
        store_put_number(&store->command, merge->names[i]);
    verdict = store_shard_ask(store, merge->shard, reply, why);
    if (verdict == GO_ON && ((*reply)->type != REDIS_REPLY_ARRAY || (*reply)->elements != 1 + (size_t)count))
        verdict = store_shard_damaged(merge->shard, "its buckets do not read as we wrote them", "", why);
    if (verdict != GO_ON && *reply != NULL) {
        freeReplyObject(*reply);
        *reply = NULL;
    }
    return verdict;
}

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

/* Whether buckets that were read are of the version that the state had. One that is another was written in between, or
 * is torn: which of the two, the function tells. */
static bool is_version(const struct merge *merge, const redisReply *reply)
{
    return span_equal(bytes_of(reply->element[0]), span_of(shard_of(merge)->version));
}

/* Merges the items `first` to `end` - 1, of the buckets that were read. */
static enum verdict merge_read(struct merge *merge, const redisReply *reply, uint32_t first, uint32_t end,
                               bool *is_changed, struct reason *why)
{
    const struct bucket_activity *items = merge->items;
    uint32_t buckets = shard_of(merge)->buckets;
    enum verdict verdict = GO_ON;

    merge->change_count = 0;
    merge->added = 0;
    *is_changed = false;
    for (uint32_t i = 0; i < merge->bucket_count && verdict == GO_ON; i++) {
        uint32_t stop = first;
        int64_t added = 0;
        while (stop < end && bucket_of(items[stop].account, buckets) == merge->names[i])
            stop++;
        verdict = bucket_merge(bytes_of(reply->element[1 + i]), items + first, stop - first, &merge->buckets[i],
                               note_change, merge, &added, &merge->is_written[i], why);
        merge->added += added;
        *is_changed = *is_changed || merge->is_written[i];
        first = stop;
    }
    return of_shard(merge, verdict, why);
}

static enum verdict check_room(const struct merge *merge, struct reason *why)
{
    int64_t pairs = shard_of(merge)->pairs + merge->added;

    if (merge->added == 0 || pairs <= merge->store->shard_pairs_max)
        return GO_ON;
    return reason_set(why, HALT, RETENTION_FULL, 0,
                      "retention, shard %" PRIu32 ": with its new pairs it would have %" PRId64
                      ", more than its eighth of retention_pairs_max",
                      merge->shard, pairs);
}

/* How many items from `first` on go into a call, and the names of their buckets. */
static uint32_t choose_items(struct merge *merge, uint32_t first)
{
    uint32_t end = first, buckets = shard_of(merge)->buckets;

    merge->bucket_count = 0;
    for (; end < merge->count && end - first < CALL_ITEMS; end++) {
        uint32_t name = bucket_of(merge->items[end].account, buckets);
        if (merge->bucket_count > 0 && merge->names[merge->bucket_count - 1] == name)
            continue;
        if (merge->bucket_count == CALL_BUCKETS)
            break;
        merge->names[merge->bucket_count++] = name;
    }
    return end;
}

static enum verdict merge_some(struct merge *merge, uint32_t first, uint32_t *end, struct reason *why)
{
    redisReply *reply = NULL;
    bool is_changed = false;

    *end = choose_items(merge, first);
    enum verdict verdict = read_buckets(merge, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    bool is_whole = is_version(merge, reply);
    verdict = merge_read(merge, reply, first, *end, &is_changed, why);
    if (verdict == GO_ON)
        verdict = check_room(merge, why);
    if (verdict == GO_ON && (is_changed || !is_whole)) {
        add_up(merge);
        verdict = write_call(merge, shard_of(merge)->buckets, why);
    }
    freeReplyObject(reply);
    return verdict;
}

/* ---- splitting ---- */

/* Divides the buckets that were read, whose halves are named behind each other. */
static enum verdict split_read(struct merge *merge, const redisReply *reply, uint32_t count, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (uint32_t i = count; i-- > 0 && verdict == GO_ON;) {
        uint32_t name = merge->names[i], at = 3 * i;
        verdict = bucket_split(bytes_of(reply->element[1 + i]), name, &merge->buckets[at + 1], why);
        merge->buckets[at].size = 0; /* It goes. */
        for (uint32_t j = 0; j < 3; j++)
            merge->names[at + j] = j == 0 ? name : 2 * name + j - 1;
        merge->is_written[at] = merge->is_written[at + 1] = merge->is_written[at + 2] = true;
    }
    merge->bucket_count = 3 * count;
    return of_shard(merge, verdict, why);
}

/* Splits buckets until there are enough for the pairs, or as many as one call takes. */
static enum verdict split_some(struct merge *merge, struct reason *why)
{
    struct store_shard *shard = shard_of(merge);
    uint32_t level_end = 2u << (31 - __builtin_clz(shard->buckets)), count = level_end - shard->buckets;
    int64_t wanted = shard->pairs / BUCKET_PAIRS - shard->buckets;
    redisReply *reply = NULL;

    count = count > CALL_BUCKETS / 3 ? CALL_BUCKETS / 3 : count;
    count = count > wanted ? (uint32_t)wanted : count;
    for (uint32_t i = 0; i < count; i++)
        merge->names[i] = bucket_to_split(shard->buckets + i);
    merge->bucket_count = count;
    enum verdict verdict = read_buckets(merge, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    verdict = split_read(merge, reply, count, why);
    merge->change_count = 0;
    merge->added = 0;
    if (verdict == GO_ON)
        verdict = write_call(merge, shard->buckets + count, why);
    freeReplyObject(reply);
    return verdict;
}

static bool must_split(const struct merge *merge)
{
    const struct store_shard *shard = shard_of(merge);

    return shard->buckets < BUCKETS_MAX && shard->pairs / BUCKET_PAIRS > shard->buckets;
}

/* ---- a shard ---- */

static enum verdict merge_once(struct merge *merge, const struct activity *activities, uint32_t count,
                               struct reason *why)
{
    enum verdict verdict = store_shard_read(merge->store, merge->shard, why);

    if (verdict == GO_ON)
        verdict = number_models(merge, activities, count, why);
    if (verdict == GO_ON)
        verdict = order_items(merge, activities, count, why);
    for (uint32_t first = 0, end; verdict == GO_ON && first < merge->count; first = end) {
        verdict = merge_some(merge, first, &end, why);
        while (verdict == GO_ON && must_split(merge))
            verdict = split_some(merge, why);
    }
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
