/*
 * A window read with the state it belongs to: its cells, and the tail that the journal has of it. The function tells
 * cells and where the tail begins in one step; the entries follow, which do not change as long as they are there. So
 * what was read is the window as it stood, unless somebody applied entries meanwhile, or it was another Redis: then it
 * is read again.
 */
#include <inttypes.h>

#include "gentally/core/tail.h"
#include "gentally/redis/store_view.h"
#include "gentally/redis/store_windows.h"
#include "store_entries.h"
#include "store_portions.h"
#include "store_reply.h"

#define ATTEMPTS 3
#define ROUND_PART 4 /* Redis may answer a whole round before it looks at anybody else: so less is asked of each */

/* A window as the function tells it. */
struct snapshot {
    redisReply *reply;
    struct partition_state state;
    int64_t records, held; /* in all, and in the cells */
    int64_t number;        /* of the entry up to which the cells hold all; -1: the cells lack nothing */
    int64_t fields;        /* -1: the cells are in the reply */
};

static enum verdict take(int32_t partition, struct snapshot *snapshot, struct reason *why)
{
    redisReply **elements = snapshot->reply->element;

    if (snapshot->reply->elements != 6 || !store_reply_state(elements[1], partition, &snapshot->state) ||
        !store_reply_number(elements[2], &snapshot->records) || !store_reply_number(elements[3], &snapshot->held) ||
        elements[4]->type != REDIS_REPLY_STRING)
        return store_reply_damaged(partition, "a snapshot", why);
    snapshot->number = -1;
    if (elements[4]->len > 0 &&
        (!store_reply_number(elements[4], &snapshot->number) || snapshot->number < 0 ||
         snapshot->number < snapshot->state.journal_first - 1 || snapshot->number >= snapshot->state.journal_last))
        return store_reply_damaged(partition, "what a window lacks", why);
    if (elements[5]->type == REDIS_REPLY_INTEGER)
        snapshot->fields = elements[5]->integer;
    return snapshot->fields < -1 ? store_reply_damaged(partition, "the size of a window", why) : GO_ON;
}

/* Puts the question together: an answer has at most `portion` cells. */
static enum verdict begin(struct store *store, int32_t partition, struct window window, int64_t portion,
                          struct reason *why)
{
    enum verdict verdict = store_partition_begin(store, partition, "gentally_2_snapshot", true, 3, 2, 96, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_key(store, partition, "windows");
    store_put_window_key(store, partition, window);
    store_put_window_name(store, window);
    store_put_number(&store->command, portion);
    return GO_ON;
}

static enum verdict ask(struct store *store, int32_t partition, struct window window, struct snapshot *snapshot,
                        struct reason *why)
{
    enum verdict verdict = begin(store, partition, window, store->portion, why);

    *snapshot = (struct snapshot){.fields = -1};
    if (verdict == GO_ON)
        verdict = store_function_call(store, partition, &snapshot->reply, why);
    return verdict == GO_ON ? take(partition, snapshot, why) : verdict;
}

/* A window being read: what is gathered before any of it is given. */
struct reading {
    struct store *store;
    int32_t partition;
    struct window window;
    struct snapshot snapshot;
    struct store_entries entries; /* of the tail */
    struct portions portions;
    store_cell_reader *each;
    void *context;
};

static enum verdict grew(const struct reading *reading, struct reason *why)
{
    return reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0,
                      "partition %" PRId32 ": window %s:%" PRId64 " changed while it was read", reading->partition,
                      window_kind_name(reading->window.kind), reading->window.start_ms);
}

/* ---- the tail ---- */

/* Puts what a journal entry says of the partition, where the tail knows of none. */
static enum verdict of_partition(const struct reading *reading, enum verdict verdict, struct reason *why)
{
    if (verdict != HALT || why->id != STORE_DAMAGED)
        return verdict;
    const struct reason other = *why;
    return reason_set(why, HALT, STORE_DAMAGED, 0, "partition %" PRId32 ": %.400s", reading->partition, other.text);
}

static enum verdict read_entries(struct reading *reading, struct reason *why)
{
    const struct snapshot *snapshot = &reading->snapshot;

    if (snapshot->number < 0)
        return GO_ON;
    return store_entries_read(&reading->entries, reading->store, reading->partition, snapshot->number + 1,
                              snapshot->state.journal_last, why);
}

static enum verdict make_tail(struct reading *reading, struct reason *why)
{
    const struct snapshot *snapshot = &reading->snapshot;
    struct store *store = reading->store;
    enum verdict verdict = store->tail == NULL ? tail_open(&store->tail, why) : GO_ON;

    if (verdict != GO_ON)
        return verdict;
    tail_begin(store->tail, reading->window);
    for (size_t i = 0; i < reading->entries.count && verdict == GO_ON; i++)
        verdict = tail_add(store->tail, reading->entries.items[i], why);
    if (verdict == GO_ON && snapshot->records - snapshot->held != tail_records(store->tail))
        return store_reply_damaged(reading->partition, "a window's journal", why);
    return of_partition(reading, verdict, why);
}

/* ---- the cells ---- */

/* Whether what was read in portions is the cells as both answers tell them. Nobody changes cells without changing their
 * records, or the number behind which entries are missing; a window that only falls behind keeps its cells. */
static bool is_whole(const struct snapshot *before, const struct snapshot *after, const struct portions *portions)
{
    return before->held == after->held && before->fields == after->fields &&
           (before->number < 0 || before->number == after->number) &&
           strcmp(before->state.incarnation, after->state.incarnation) == 0 &&
           portions->count == (size_t)before->fields;
}

static enum verdict read_portions(struct reading *reading, struct reason *why)
{
    struct snapshot after;
    const struct snapshot *before = &reading->snapshot;
    enum verdict verdict = portions_read(&reading->portions, reading->store, reading->partition, reading->window,
                                         (size_t)before->fields, why);

    if (verdict != GO_ON)
        return verdict;
    verdict = ask(reading->store, reading->partition, reading->window, &after, why);
    if (verdict == GO_ON && !is_whole(before, &after, &reading->portions))
        verdict = grew(reading, why);
    freeReplyObject(after.reply);
    return verdict;
}

/* ---- giving ---- */

/* What a window keeps beside its cells: its records, and how many rows a rollup has. */
static bool is_number(struct span key)
{
    return key.size >= 2 && memcmp(key.bytes, "__", 2) == 0;
}

/* Shows a stored cell to the tail, or gives it away if the tail does not change it. */
static enum verdict place(struct reading *reading, struct span key, struct span packed, struct reason *why)
{
    struct tail_cell *cell = tail_find(reading->store->tail, key);

    if (cell != NULL)
        cell->stored = packed;
    return cell != NULL || is_number(key) ? GO_ON : reading->each(reading->context, key, packed, why);
}

static enum verdict place_reply(struct reading *reading, const redisReply *pairs, struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (pairs->type != REDIS_REPLY_ARRAY || pairs->elements % 2 != 0)
        return store_reply_damaged(reading->partition, "a window", why);
    for (size_t i = 0; i < pairs->elements && verdict == GO_ON; i += 2) {
        const redisReply *key = pairs->element[i], *value = pairs->element[i + 1];
        if (key->type != REDIS_REPLY_STRING || value->type != REDIS_REPLY_STRING)
            return store_reply_damaged(reading->partition, "a cell", why);
        verdict = place(reading, (struct span){key->str, key->len}, (struct span){value->str, value->len}, why);
    }
    return verdict;
}

/* The cells that the tail changes, as they are with it. */
static enum verdict give_tail(struct reading *reading, struct reason *why)
{
    struct tail *tail = reading->store->tail;
    enum verdict verdict = of_partition(reading, tail_merge(tail, why), why);

    for (uint32_t i = 0; i < tail_count(tail) && verdict == GO_ON; i++) {
        const struct tail_cell *cell = tail_cell(tail, i);
        struct span packed = cell->value.bytes != NULL ? cell->value : cell->stored;
        if (packed.bytes != NULL && !is_number(cell->key))
            verdict = reading->each(reading->context, cell->key, packed, why);
    }
    return verdict;
}

static enum verdict give(struct reading *reading, struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (reading->snapshot.fields < 0)
        verdict = place_reply(reading, reading->snapshot.reply->element[5], why);
    for (size_t i = 0; i < reading->portions.count && verdict == GO_ON; i++)
        verdict = place(reading, reading->portions.fields[i].name, reading->portions.fields[i].value, why);
    return verdict == GO_ON ? give_tail(reading, why) : verdict;
}

/* Reads the window once, and gives it if it is whole. `*is_given` false with TRY_LATER: nothing was given. */
static enum verdict read_once(struct reading *reading, bool *is_given, struct reason *why)
{
    struct store_link *link = reading->store->link;
    enum verdict verdict = store_link_up(link, why);
    uint64_t connections = store_link_count(link);

    if (verdict == GO_ON)
        verdict = ask(reading->store, reading->partition, reading->window, &reading->snapshot, why);
    if (verdict == GO_ON)
        verdict = read_entries(reading, why);
    if (verdict == GO_ON && reading->snapshot.fields >= 0)
        verdict = read_portions(reading, why);
    if (verdict == GO_ON && connections != store_link_count(link))
        verdict = grew(reading, why);
    if (verdict == GO_ON)
        verdict = make_tail(reading, why);
    if (verdict != GO_ON)
        return verdict;
    *is_given = true;
    return give(reading, why);
}

enum verdict store_snapshot(struct store *store, int32_t partition, struct window window, store_cell_reader *each,
                            void *context, int64_t *records, struct partition_state *state, struct reason *why)
{
    enum verdict verdict = TRY_LATER;
    bool is_given = false;

    for (int attempt = 0; attempt < ATTEMPTS && !is_given; attempt++) {
        struct reading reading = {
            .store = store, .partition = partition, .window = window, .each = each, .context = context};
        verdict = read_once(&reading, &is_given, why);
        *state = reading.snapshot.state;
        *records = reading.snapshot.records;
        freeReplyObject(reading.snapshot.reply);
        store_entries_close(&reading.entries);
        portions_close(&reading.portions);
        if (verdict != TRY_LATER || why->id != STORE_WINDOW_GREW)
            break;
    }
    return verdict;
}

/* ---- all partitions ---- */

/* What was learned of some partitions by asking for all of them before the first answer is waited for. */
struct round {
    struct store *store;
    struct window window;
    store_cell_reader *each;
    store_part_reader *part;
    void *context;
    bool is_read[STORE_REPLIES];
};

/* Gives one partition's answer, if it has all of the window. Otherwise it is read by itself: a window that is large, or
 * that has a tail, takes several questions, and whatever went wrong is found again, with its reason. */
static enum verdict give_answer(struct round *round, int32_t partition, bool *is_read, struct reason *why)
{
    struct reason other;
    struct reading reading = {.store = round->store,
                              .partition = partition,
                              .window = round->window,
                              .snapshot = {.fields = -1},
                              .each = round->each,
                              .context = round->context};
    struct snapshot *snapshot = &reading.snapshot;
    enum verdict verdict = store_function_receive(round->store, partition, &snapshot->reply, &other);

    if (verdict == GO_ON)
        verdict = take(partition, snapshot, &other);
    *is_read = verdict == GO_ON && snapshot->number < 0 && snapshot->fields < 0;
    if (*is_read)
        verdict = make_tail(&reading, why);
    if (*is_read && verdict == GO_ON)
        verdict = give(&reading, why);
    if (*is_read && verdict == GO_ON)
        round->part(round->context, partition, &snapshot->state, snapshot->records);
    verdict = *is_read ? verdict : GO_ON;
    freeReplyObject(snapshot->reply);
    return verdict;
}

/* Takes an answer that nobody wants any more, so that the next question gets its own. */
static void pass_over(struct store *store)
{
    struct reason other;
    redisReply *reply = NULL;

    if (store_link_receive(store->link, &reply, &other) == GO_ON)
        freeReplyObject(reply);
}

/* Asks for the `count` partitions, and takes what is answered in full. */
static enum verdict ask_round(struct round *round, const int32_t partitions[], int32_t count, struct reason *why)
{
    struct store *store = round->store;
    struct reason other;
    enum verdict verdict = store_link_up(store->link, why);
    int32_t sent = 0;

    while (sent < count && verdict == GO_ON) {
        verdict = begin(store, partitions[sent], round->window, store->portion / ROUND_PART, why);
        if (verdict != GO_ON || store_send(store, &other) != GO_ON)
            break;
        sent++;
    }
    for (int32_t i = 0; i < sent; i++) {
        if (verdict == GO_ON)
            verdict = give_answer(round, partitions[i], &round->is_read[i], why);
        else
            pass_over(store);
    }
    return verdict;
}

/* Reads one partition by itself. */
static enum verdict read_alone(struct round *round, int32_t partition, struct reason *why)
{
    struct partition_state state = {0};
    int64_t records = 0;
    enum verdict verdict =
        store_snapshot(round->store, partition, round->window, round->each, round->context, &records, &state, why);
    bool is_missing = verdict == HALT && why->id == STORE_STATE_MISSING;

    if (verdict != GO_ON && !is_missing)
        return verdict;
    round->part(round->context, partition, is_missing ? NULL : &state, is_missing ? 0 : records);
    return GO_ON;
}

/* Gives what the view knows of the window; `*is_given` false: it has to be asked for. */
static enum verdict give_view(struct round *round, int32_t partition, const struct store_view *view, bool *is_given,
                              struct reason *why)
{
    struct store *store = round->store;
    const struct partition_state *state = store_view_state(view, store);
    struct reading reading = {.store = store, .partition = partition, .each = round->each, .context = round->context};
    int64_t records = 0;
    enum verdict verdict = store->tail == NULL ? tail_open(&store->tail, why) : GO_ON;

    *is_given = false;
    if (verdict != GO_ON || state == NULL)
        return verdict;
    tail_begin(store->tail, round->window);
    verdict = of_partition(&reading, store_view_fill(view, store->tail, &records, is_given, why), why);
    if (verdict != GO_ON || !*is_given)
        return verdict;
    if (records > 0)
        verdict = give_tail(&reading, why);
    if (verdict == GO_ON)
        round->part(round->context, partition, state, records);
    return verdict;
}

/* Asks for some partitions, first all of them, and then one by one where an answer was not all. */
static enum verdict read_round(struct round *round, const int32_t partitions[], int32_t count, struct reason *why)
{
    memset(round->is_read, 0, sizeof(round->is_read));
    enum verdict verdict = count == 0 ? GO_ON : ask_round(round, partitions, count, why);
    for (int32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = round->is_read[i] ? GO_ON : read_alone(round, partitions[i], why);
    return verdict;
}

enum verdict store_snapshots(struct store *store, int32_t partitions, struct window window,
                             struct store_view *const views[], store_cell_reader *each, store_part_reader *part,
                             void *context, struct reason *why)
{
    struct round round = {.store = store, .window = window, .each = each, .part = part, .context = context};
    int32_t asked[STORE_REPLIES], count = 0;
    enum verdict verdict = GO_ON;

    for (int32_t i = 0; i < partitions && verdict == GO_ON; i++) {
        bool is_given = false;
        if (views != NULL)
            verdict = give_view(&round, i, views[i], &is_given, why);
        if (verdict != GO_ON || is_given)
            continue;
        asked[count++] = i;
        if (count < STORE_REPLIES)
            continue;
        verdict = read_round(&round, asked, count, why);
        count = 0;
    }
    return verdict == GO_ON ? read_round(&round, asked, count, why) : verdict;
}
