/* producer.h over the simulated Kafka: acknowledged messages, and transactions under one transactional id. */
#include "gentally/kafka/producer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/core/decider.h"
#include "gentally/kafka/transaction.h"
#include "kafka.h"
#include "oracle.h"

#define COMMIT_MS 20000 /* as the core waits */

static enum verdict gone(struct reason *why)
{
    return reason_set(why, HALT, SINK_FATAL, 0, "the process is no more");
}

static enum verdict unreachable(struct reason *why)
{
    return reason_set(why, TRY_LATER, SINK_UNREACHABLE, 0, "the broker is down");
}

struct queued_message {
    struct topic *topic;
    struct span key, value;
    const struct truth_window *count;
};

struct queued_messages {
    struct queued_message *items;
    uint32_t count, room, sent;
};

static void put(struct sim *sim, struct queued_messages *messages, const char *topic, struct span key,
                struct span value)
{
    if (messages->count == messages->room) {
        uint32_t room = messages->room == 0 ? 64 : 2 * messages->room;
        struct queued_message *items = sim_take(sim, room * sizeof(*items));
        if (messages->count > 0)
            memcpy(items, messages->items, messages->count * sizeof(*items));
        messages->items = items;
        messages->room = room;
    }
    struct queued_message *message = &messages->items[messages->count++];
    *message = (struct queued_message){kafka_topic(sim->kafka, topic), sim_copy(sim, key), sim_copy(sim, value), NULL};
    assert(message->topic != NULL);
    if (message->topic == sim->kafka->ledger)
        message->count = oracle_count_told(sim, message->value);
}

/* Lets up to `count` messages through. */
static void send(struct sim *sim, struct queued_messages *messages, uint32_t count, struct txn *txn)
{
    for (; count > 0 && messages->sent < messages->count; count--) {
        const struct queued_message *message = &messages->items[messages->sent++];
        int64_t at = kafka_append(sim, message->topic, 0, message->key, message->value, NULL, txn);
        message->topic->logs[0].entries[at]->count = message->count;
    }
    if (messages->sent == messages->count)
        messages->sent = messages->count = 0;
}

/* ---- producer ---- */

struct producer {
    struct sim *sim;
    struct queued_messages messages;
};

enum verdict producer_open(struct producer **producer, const struct config *config, struct logger *logger,
                           struct reason *why)
{
    struct sim *sim = sim_get();

    (void)config;
    (void)logger;
    if (!sim_yield(sim))
        return gone(why);
    if (kafka_is_down(sim))
        return unreachable(why);
    *producer = calloc(1, sizeof(**producer));
    if (*producer == NULL)
        abort();
    (*producer)->sim = sim;
    return GO_ON;
}

void producer_seal_letters(struct producer *producer, const struct letter_sealer *sealer)
{
    (void)producer;
    (void)sealer;
    abort(); /* Nothing is sealed in the simulation. */
}

void producer_close(struct producer *producer)
{
    free(producer);
}

enum verdict producer_check_topic(struct producer *producer, const char *topic, struct reason *why)
{
    if (!sim_yield(producer->sim))
        return gone(why);
    if (kafka_is_down(producer->sim))
        return unreachable(why);
    if (kafka_topic(producer->sim->kafka, topic) == NULL)
        return reason_set(why, HALT, SINK_TOPIC_MISSING, 0, "%s", topic);
    return GO_ON;
}

enum verdict producer_put(struct producer *producer, const char *topic, struct span key, struct span value,
                          struct reason *why)
{
    if (producer->sim->current->is_crashed)
        return gone(why);
    put(producer->sim, &producer->messages, topic, key, value);
    return GO_ON;
}

/* The key tells the oracle which record it is; the real one has headers for that. */
enum verdict producer_dead_letter(struct producer *producer, const char *dead_topic, const char *topic,
                                  const struct record *record, const char *decided_by, const struct reason *because,
                                  struct reason *why)
{
    struct sim *sim = producer->sim;
    char key[64 + DECIDER_SIZE];

    (void)topic;
    if (sim->current->is_crashed)
        return gone(why);
    if (sim_inject(sim, FAULT_LETTERS_SLOW))
        return unreachable(why);
    int size = snprintf(key, sizeof(key), "%" PRId32 ":%" PRId64 ":%s %s", record->partition, record->offset,
                        decided_by, reason_name(because->id));
    put(sim, &producer->messages, dead_topic, (struct span){key, (size_t)size}, record->value);
    if (!kafka_is_down(sim) && sim_chance(sim, 200)) /* librdkafka sends when it likes. */
        send(sim, &producer->messages, (uint32_t)sim_between(sim, 1, 4), NULL);
    return GO_ON;
}

enum verdict producer_settle(struct producer *producer, int timeout_ms, struct reason *why)
{
    struct sim *sim = producer->sim;

    if (!sim_yield(sim))
        return gone(why);
    if (kafka_is_down(sim) || sim_inject(sim, FAULT_LETTERS_SLOW)) {
        if (!kafka_is_down(sim))
            send(sim, &producer->messages, (uint32_t)sim_between(sim, 0, 3), NULL);
        if (!sim_sleep(sim, timeout_ms))
            return gone(why);
        return unreachable(why);
    }
    send(sim, &producer->messages, UINT32_MAX, NULL);
    return sim_yield(sim) ? GO_ON : gone(why);
}

/* ---- transaction ---- */

struct transaction {
    struct sim *sim;
    struct queued_messages messages;
    int32_t epoch;
    int64_t opened_ms;
    bool is_calm;
    uint32_t aborted;
    struct txn *txn; /* NULL: none is open */
    bool is_broken;
};

enum verdict transaction_open(struct transaction **transaction, const struct config *config, const char *name,
                              struct logger *logger, struct reason *why)
{
    struct sim *sim = sim_get();
    struct kafka *kafka = sim->kafka;

    (void)config;
    (void)name;
    (void)logger;
    if (!sim_yield(sim))
        return gone(why);
    if (kafka_is_down(sim))
        return unreachable(why);
    if (kafka->txn != NULL && kafka->txn->state == TXN_OPEN)
        kafka->txn->state = TXN_ABORTED;
    if (kafka->txn != NULL && kafka->txn->state == TXN_PREPARED) { /* It was decided, and is finished first. */
        kafka->txn->state = TXN_COMMITTED;
        oracle_committed(sim, kafka->txn);
    }
    kafka->txn = NULL;
    struct transaction *made = calloc(1, sizeof(*made));
    if (made == NULL)
        abort();
    made->sim = sim;
    made->epoch = ++kafka->epoch;
    made->opened_ms = sim->current->turn_ms;
    made->is_calm = sim->is_calm;
    sim_note(sim, "transaction opened", made->epoch, 0, 0);
    if (!sim_yield(sim)) {
        free(made);
        return gone(why);
    }
    *transaction = made;
    return GO_ON;
}

static bool is_fenced(const struct transaction *transaction)
{
    return transaction->epoch != transaction->sim->kafka->epoch;
}

void transaction_close(struct transaction *transaction)
{
    if (transaction == NULL)
        return;
    bool is_there = sim_yield(transaction->sim) && !is_fenced(transaction) && !kafka_is_down(transaction->sim);
    bool is_ending = transaction->txn != NULL && transaction->sim->kafka->ending.txn == transaction->txn;
    if (is_there && !is_ending && transaction->txn != NULL && transaction->txn->state == TXN_OPEN)
        transaction->txn->state = TXN_ABORTED;
    free(transaction);
}

static enum verdict fenced(struct transaction *transaction, struct reason *why)
{
    transaction->is_broken = true;
    return reason_set(why, STEP_DOWN, SINK_FENCED, 0, "epoch %" PRId32, transaction->epoch);
}

static enum verdict broken(struct transaction *transaction, enum reason_id id, struct reason *why)
{
    transaction->is_broken = true;
    return reason_set(why, REWIND, id, 0, "the transaction of epoch %" PRId32, transaction->epoch);
}

enum verdict transaction_begin(struct transaction *transaction, struct reason *why)
{
    assert(transaction->txn == NULL);
    if (transaction->is_broken)
        return broken(transaction, SINK_TXN_ABORTED, why);
    struct sim *sim = transaction->sim;
    const struct member *member = &sim->kafka->members[sim->current->index];
    transaction->txn = sim_take(sim, sizeof(*transaction->txn));
    *transaction->txn = (struct txn){.begun_ms = sim->now_ms,
                                     .known_count = member->state == MEMBER_STABLE ? member->known_count : 0,
                                     .epoch = transaction->epoch,
                                     .opened_ms = transaction->opened_ms,
                                     .turn_ms = sim->current->turn_ms,
                                     .aborted = transaction->aborted,
                                     .is_of_drain = sim->current->is_drain,
                                     .is_calm = transaction->is_calm};
    transaction->messages.count = transaction->messages.sent = 0;
    return GO_ON;
}

/* The first message to arrive makes the broker know of the transaction. */
static bool send_some(struct transaction *transaction, uint32_t count)
{
    struct kafka *kafka = transaction->sim->kafka;

    if (is_fenced(transaction) || kafka_is_down(transaction->sim) || transaction->txn->state != TXN_OPEN)
        return false;
    kafka->txn = transaction->txn;
    send(transaction->sim, &transaction->messages, count, transaction->txn);
    return true;
}

enum verdict transaction_put(struct transaction *transaction, const char *topic, struct span key, struct span value,
                             struct reason *why)
{
    struct sim *sim = transaction->sim;

    assert(transaction->txn != NULL);
    if (sim->current->is_crashed)
        return gone(why);
    put(sim, &transaction->messages, topic, key, value);
    if (sim_chance(sim, 50) && !send_some(transaction, (uint32_t)sim_between(sim, 1, 5)) && is_fenced(transaction))
        return fenced(transaction, why);
    return GO_ON;
}

/* The broker neither answers nor refuses for a while: longer than we wait, and then the commit is still on its way, or
 * was done without our hearing of it. True if the answer came in time. */
static bool hang(struct transaction *transaction)
{
    struct sim *sim = transaction->sim;
    int64_t hung_ms = sim_between(sim, 0, 3 * COMMIT_MS);

    if (hung_ms < COMMIT_MS)
        return sim_sleep(sim, hung_ms);
    sim->kafka->ending.txn = transaction->txn;
    sim->kafka->ending.epoch = transaction->epoch;
    sim->kafka->ending.due_ms = sim->now_ms + (sim_chance(sim, 300) ? sim_between(sim, 0, COMMIT_MS) : hung_ms);
    (void)sim_sleep(sim, COMMIT_MS);
    return false;
}

static enum verdict finish(struct transaction *transaction, struct reason *why)
{
    struct sim *sim = transaction->sim;
    struct txn *txn = transaction->txn;

    if (is_fenced(transaction))
        return fenced(transaction, why);
    if (!send_some(transaction, UINT32_MAX))
        return broken(transaction, SINK_TXN_UNKNOWN, why);
    if (!sim_yield(sim))
        return gone(why);
    if (sim_inject(sim, FAULT_TXN_HANGS) && !hang(transaction))
        return sim->current->is_crashed ? gone(why) : broken(transaction, SINK_TXN_UNKNOWN, why);
    if (is_fenced(transaction))
        return fenced(transaction, why);
    if (txn->state != TXN_OPEN || sim_inject(sim, FAULT_TXN_ABORTED)) {
        txn->state = TXN_ABORTED;
        return broken(transaction, SINK_TXN_ABORTED, why);
    }
    if (sim_inject(sim, FAULT_TXN_UNKNOWN)) {
        if (sim_chance(sim, 600))
            txn->state = TXN_PREPARED;
        return broken(transaction, SINK_TXN_UNKNOWN, why);
    }
    txn->state = TXN_COMMITTED;
    oracle_committed(sim, txn);
    return GO_ON;
}

enum verdict transaction_commit(struct transaction *transaction, struct reason *why)
{
    assert(transaction->txn != NULL);
    if (!sim_yield(transaction->sim))
        return gone(why);
    enum verdict verdict = finish(transaction, why);
    sim_note(transaction->sim, "commit", (int64_t)verdict, transaction->epoch, 0);
    if (verdict == GO_ON)
        transaction->txn = NULL;
    return sim_yield(transaction->sim) ? verdict : gone(why);
}

enum verdict transaction_abort(struct transaction *transaction, struct reason *why)
{
    if (transaction->txn == NULL)
        return GO_ON;
    if (!sim_yield(transaction->sim))
        return gone(why);
    if (is_fenced(transaction))
        return fenced(transaction, why);
    if (kafka_is_down(transaction->sim))
        return broken(transaction, SINK_TXN_UNKNOWN, why);
    transaction->txn->state = TXN_ABORTED;
    transaction->txn = NULL;
    transaction->aborted++;
    return GO_ON;
}
