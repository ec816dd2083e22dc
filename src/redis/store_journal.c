/* The journal is read by the function that also looks whether it is whole; entries and cells by plain commands, since
 * Redis copies every argument and reply of a function into Lua and back. */
#include "gentally/redis/store_journal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store_call.h"
#include "store_entries.h"
#include "store_reply.h"

static_assert(STORE_REPLIES == STEP_WINDOWS_MAX, "a step has a reply for each window");

struct journal_parts {
    struct store_entries entries;
    struct window_behind behind[];
};

void store_journal_close(struct journal *journal)
{
    if (journal->parts != NULL)
        store_entries_close(&journal->parts->entries);
    free(journal->parts);
    *journal = (struct journal){0};
}

/* Reads decimal digits up to `stop`, and steps behind it. */
static bool read_digits(const char **at, char stop, int64_t *number)
{
    char *end = NULL;

    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    *number = strtoll(*at, &end, 10);
    *at = end + 1;
    return errno == 0 && *end == stop;
}

/* Reads "<number> <records>". */
static bool read_behind(const redisReply *name, const redisReply *value, struct window_behind *behind)
{
    const char *at = value->str;

    return store_reply_window(name, &behind->window) && value->type == REDIS_REPLY_STRING &&
           read_digits(&at, ' ', &behind->number) && read_digits(&at, '\0', &behind->records);
}

/* The range and the windows, as the function tells them. */
static enum verdict take(const redisReply *reply, int32_t partition, struct journal *journal, struct reason *why)
{
    if (reply->elements != 4 || !store_reply_number(reply->element[1], &journal->first) ||
        !store_reply_number(reply->element[2], &journal->last) || journal->first < 1 ||
        journal->last < journal->first - 1 || reply->element[3]->type != REDIS_REPLY_ARRAY ||
        reply->element[3]->elements % 2 != 0)
        return store_reply_damaged(partition, "the journal", why);
    const redisReply *windows = reply->element[3];
    size_t count = windows->elements / 2;
    journal->parts = calloc(1, sizeof(*journal->parts) + count * sizeof(struct window_behind));
    if (journal->parts == NULL)
        return no_memory(why, "for a journal");
    journal->behind = journal->parts->behind;
    journal->behind_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        struct window_behind *behind = &journal->behind[i];
        if (!read_behind(windows->element[2 * i], windows->element[2 * i + 1], behind) ||
            behind->number < journal->first - 1 || behind->number >= journal->last)
            return store_reply_damaged(partition, "what is behind the journal", why);
    }
    return GO_ON;
}

static enum verdict ask(struct store *store, const struct partition_state *state, struct journal *journal,
                        struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_partition_begin(store, state->partition, "gentally_2_behind", true, 1, 2, 96, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, state->incarnation);
    store_put_text(&store->command, state->token);
    verdict = store_function_call(store, state->partition, &reply, why);
    if (verdict == GO_ON)
        verdict = take(reply, state->partition, journal, why);
    freeReplyObject(reply);
    return verdict;
}

static enum verdict changed(int32_t partition, struct reason *why)
{
    return reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0,
                      "partition %" PRId32 ": the journal was read over two connections", partition);
}

enum verdict store_journal_read(struct store *store, const struct partition_state *state, struct journal *journal,
                                struct reason *why)
{
    *journal = (struct journal){0};
    enum verdict verdict = store_link_up(store->link, why);

    journal->connections = store_link_count(store->link);
    if (verdict == GO_ON)
        verdict = ask(store, state, journal, why);
    if (verdict == GO_ON)
        verdict =
            store_entries_read(&journal->parts->entries, store, state->partition, journal->first, journal->last, why);
    if (verdict == GO_ON && journal->connections != store_link_count(store->link))
        verdict = changed(state->partition, why);
    if (verdict != GO_ON) {
        store_journal_close(journal);
        return verdict;
    }
    journal->entries = journal->parts->entries.items;
    return GO_ON;
}

/* ---- some windows ---- */

static void free_cells(struct store *store)
{
    for (uint32_t i = 0; i < store->cell_count; i++)
        freeReplyObject(store->cells[i]);
    store->cell_count = 0;
}

static enum verdict send_cells(struct store *store, int32_t partition, const struct window_step *step,
                               struct reason *why)
{
    uint32_t count = tail_count(step->tail);
    enum verdict verdict = store_command_begin(&store->command, 2 + (size_t)count, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HMGET");
    store_put_window_key(store, partition, step->behind->window);
    for (uint32_t i = 0; i < count; i++)
        store_put(&store->command, tail_cell(step->tail, i)->key);
    return store_send(store, why);
}

static enum verdict take_cells(int32_t partition, const redisReply *reply, struct tail *tail, struct reason *why)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != tail_count(tail))
        return store_reply_damaged(partition, "a window", why);
    for (uint32_t i = 0; i < tail_count(tail); i++) {
        const redisReply *value = reply->element[i];
        tail_cell(tail, i)->stored =
            value->type == REDIS_REPLY_STRING ? (struct span){value->str, value->len} : span_of(NULL);
    }
    return GO_ON;
}

/* A window may get no rows, of records that are in none. */
static bool has_cells(const struct window_step *step)
{
    return tail_count(step->tail) > 0;
}

enum verdict store_journal_load(struct store *store, int32_t partition, const struct window_step steps[],
                                uint32_t count, struct reason *why)
{
    enum verdict worst = GO_ON;
    uint32_t sent = 0;

    assert(count <= STEP_WINDOWS_MAX);
    free_cells(store);
    for (; sent < count && worst == GO_ON; sent += worst == GO_ON)
        if (has_cells(&steps[sent]))
            worst = send_cells(store, partition, &steps[sent], why);
    for (uint32_t i = 0; i < sent; i++) { /* A refusal's fellows still come. */
        struct reason other;
        redisReply *reply = NULL;
        if (!has_cells(&steps[i]))
            continue;
        enum verdict verdict = store_link_receive(store->link, &reply, &other);
        if (verdict == GO_ON) {
            store->cells[store->cell_count++] = reply;
            verdict = take_cells(partition, reply, steps[i].tail, &other);
        }
        if (verdict != GO_ON && worst == GO_ON) {
            worst = verdict;
            *why = other;
        }
    }
    return worst;
}

static uint32_t count_values(struct tail *tail)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < tail_count(tail); i++)
        count += tail_cell(tail, i)->value.bytes != NULL;
    return count;
}

static void put_step(struct store *store, const struct window_step *step)
{
    struct store_command *command = &store->command;
    const struct window_behind *behind = step->behind;

    store_put_window_name(store, behind->window);
    store_put_format(command, "%" PRId64 " %" PRId64, behind->number, behind->records);
    store_put_number(command, behind->records + tail_records(step->tail));
    store_put_number(command, 2 * (int64_t)count_values(step->tail));
    for (uint32_t i = 0; i < tail_count(step->tail); i++) {
        const struct tail_cell *cell = tail_cell(step->tail, i);
        if (cell->value.bytes == NULL)
            continue;
        store_put(command, cell->key);
        store_put(command, cell->value);
    }
}

enum verdict store_journal_apply(struct store *store, const struct partition_state *state,
                                 const struct journal *journal, const struct window_step steps[], uint32_t count,
                                 int64_t number, struct reason *why)
{
    size_t arguments = 3 + 4 * (size_t)count;

    for (uint32_t i = 0; i < count; i++)
        arguments += 2 * (size_t)count_values(steps[i].tail);
    enum verdict verdict = store_partition_begin(store, state->partition, "gentally_2_apply", false, 2 + (size_t)count,
                                                 arguments, 32 + 128 * (size_t)count, why);
    if (verdict != GO_ON)
        return verdict;
    if (journal->connections != store_link_count(store->link))
        return changed(state->partition, why);
    store_put_key(store, state->partition, "windows");
    for (uint32_t i = 0; i < count; i++)
        store_put_window_key(store, state->partition, steps[i].behind->window);
    store_put_text(&store->command, state->incarnation);
    store_put_text(&store->command, state->token);
    store_put_number(&store->command, number);
    for (uint32_t i = 0; i < count; i++)
        put_step(store, &steps[i]);
    return store_function_do(store, state->partition, why);
}
