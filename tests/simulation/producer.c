/* sink.h over the simulated Kafka: acknowledged messages, and transactions under one transactional id. */
#include "gentally/kafka/producer.h"
#include "gentally/kafka/transaction.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "kafka.h"
#include "oracle.h"

static enum verdict gone(struct reason *why)
{
    return reason_set(why, HALT, "SIM-CRASHED", 0, "the process is no more");
}

static enum verdict unreachable(struct reason *why)
{
    return reason_set(why, TRY_LATER, "SINK-UNREACHABLE", 0, "the broker is down");
}

struct message {
    struct topic *topic;
    struct span key, value;
};

struct messages {
    struct message *items;
    uint32_t count, room, sent;
};

static void put(struct sim *sim, struct messages *messages, const char *topic, struct span key, struct span value)
{
    if (messages->count == messages->room) {
        uint32_t room = messages->room == 0 ? 64 : 2 * messages->room;
        struct message *items = sim_take(sim, room * sizeof(*items));
        if (messages->count > 0)
            memcpy(items, messages->items, messages->count * sizeof(*items));
        messages->items = items;
        messages->room = room;
    }
    struct message *message = &messages->items[messages->count++];
    *message = (struct message){kafka_topic(sim->kafka, topic), sim_copy(sim, key), sim_copy(sim, value)};
    assert(message->topic != NULL);
}

/* Lets up to `count` messages through. */
static void send(struct sim *sim, struct messages *messages, uint32_t count, struct txn *txn)
{
    for (; count > 0 && messages->sent < messages->count; count--) {
        const struct message *message = &messages->items[messages->sent++];
        kafka_append(sim, message->topic, 0, message->key, message->value, NULL, txn);
    }
    if (messages->sent == messages->count)
        messages->sent = messages->count = 0;
}

/* ---- sink ---- */

struct sink {
    struct sim *sim;
    struct messages messages;
};

enum verdict sink_open(struct sink **sink, const struct config *config, struct logger *logger, struct reason *why)
{
    struct sim *sim = sim_get();

    (void)config;
    (void)logger;
    if (!sim_yield(sim))
        return gone(why);
    if (kafka_is_down(sim))
        return unreachable(why);
    *sink = calloc(1, sizeof(**sink));
    if (*sink == NULL)
        abort();
    (*sink)->sim = sim;
    return GO_ON;
}

void sink_close(struct sink *sink)
{
    free(sink);
}

enum verdict sink_check_topic(struct sink *sink, const char *topic, struct reason *why)
{
    if (!sim_yield(sink->sim))
        return gone(why);
    if (kafka_is_down(sink->sim))
        return unreachable(why);
    if (kafka_topic(sink->sim->kafka, topic) == NULL)
        return reason_set(why, HALT, "SINK-TOPIC-MISSING", 0, "%s", topic);
    return GO_ON;
}

enum verdict sink_put(struct sink *sink, const char *topic, struct span key, struct span value, struct reason *why)
{
    if (sink->sim->current->is_crashed)
        return gone(why);
    put(sink->sim, &sink->messages, topic, key, value);
    return GO_ON;
}

/* The key tells the oracle which record it is; the real one has headers for that. */
enum verdict sink_dead_letter(struct sink *sink, const char *dead_topic, const char *topic, const struct record *record,
                              const struct reason *because, struct reason *why)
{
    struct sim *sim = sink->sim;
    char key[64];

    (void)topic;
    if (sim->current->is_crashed)
        return gone(why);
    if (sim_inject(sim, FAULT_LETTERS_SLOW))
        return unreachable(why);
    int size = snprintf(key, sizeof(key), "%" PRId32 ":%" PRId64 ":%s", record->partition, record->offset, because->id);
    put(sim, &sink->messages, dead_topic, (struct span){key, (size_t)size}, record->value);
    if (!kafka_is_down(sim) && sim_chance(sim, 200)) /* librdkafka sends when it likes. */
        send(sim, &sink->messages, (uint32_t)sim_between(sim, 1, 4), NULL);
    return GO_ON;
}

enum verdict sink_settle(struct sink *sink, int timeout_ms, struct reason *why)
{
    struct sim *sim = sink->sim;

    if (!sim_yield(sim))
        return gone(why);
    if (kafka_is_down(sim) || sim_inject(sim, FAULT_LETTERS_SLOW)) {
        if (!kafka_is_down(sim))
            send(sim, &sink->messages, (uint32_t)sim_between(sim, 0, 3), NULL);
        if (!sim_sleep(sim, timeout_ms))
            return gone(why);
        return unreachable(why);
    }
    send(sim, &sink->messages, UINT32_MAX, NULL);
    return sim_yield(sim) ? GO_ON : gone(why);
}

/* ---- publisher ---- */

struct publisher {
    struct sim *sim;
    struct messages messages;
    int32_t epoch;
    struct txn *txn; /* NULL: none is open */
    bool is_broken;
};

enum verdict publisher_open(struct publisher **publisher, const struct config *config, const char *name,
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
    struct publisher *made = calloc(1, sizeof(*made));
    if (made == NULL)
        abort();
    made->sim = sim;
    made->epoch = ++kafka->epoch;
    sim_note(sim, "publisher opened", made->epoch, 0, 0);
    if (!sim_yield(sim)) {
        free(made);
        return gone(why);
    }
    *publisher = made;
    return GO_ON;
}

static bool is_fenced(const struct publisher *publisher)
{
    return publisher->epoch != publisher->sim->kafka->epoch;
}

void publisher_close(struct publisher *publisher)
{
    if (publisher == NULL)
        return;
    bool is_there = sim_yield(publisher->sim) && !is_fenced(publisher) && !kafka_is_down(publisher->sim);
    if (is_there && publisher->txn != NULL && publisher->txn->state == TXN_OPEN)
        publisher->txn->state = TXN_ABORTED;
    free(publisher);
}

static enum verdict fenced(struct publisher *publisher, struct reason *why)
{
    publisher->is_broken = true;
    return reason_set(why, STEP_DOWN, "SINK-FENCED", 0, "epoch %" PRId32, publisher->epoch);
}

static enum verdict broken(struct publisher *publisher, const char *id, struct reason *why)
{
    publisher->is_broken = true;
    return reason_set(why, REWIND, id, 0, "the transaction of epoch %" PRId32, publisher->epoch);
}

enum verdict publisher_begin(struct publisher *publisher, struct reason *why)
{
    assert(publisher->txn == NULL);
    if (publisher->is_broken)
        return broken(publisher, "SINK-TXN-ABORTED", why);
    publisher->txn = sim_take(publisher->sim, sizeof(*publisher->txn));
    publisher->txn->begun_ms = publisher->sim->now_ms;
    publisher->messages.count = publisher->messages.sent = 0;
    return GO_ON;
}

/* The first message to arrive makes the broker know of the transaction. */
static bool send_some(struct publisher *publisher, uint32_t count)
{
    struct kafka *kafka = publisher->sim->kafka;

    if (is_fenced(publisher) || kafka_is_down(publisher->sim) || publisher->txn->state != TXN_OPEN)
        return false;
    kafka->txn = publisher->txn;
    send(publisher->sim, &publisher->messages, count, publisher->txn);
    return true;
}

enum verdict publisher_put(struct publisher *publisher, const char *topic, struct span key, struct span value,
                           struct reason *why)
{
    struct sim *sim = publisher->sim;

    assert(publisher->txn != NULL);
    if (sim->current->is_crashed)
        return gone(why);
    put(sim, &publisher->messages, topic, key, value);
    if (sim_chance(sim, 50) && !send_some(publisher, (uint32_t)sim_between(sim, 1, 5)) && is_fenced(publisher))
        return fenced(publisher, why);
    return GO_ON;
}

static enum verdict finish(struct publisher *publisher, struct reason *why)
{
    struct sim *sim = publisher->sim;
    struct txn *txn = publisher->txn;

    if (is_fenced(publisher))
        return fenced(publisher, why);
    if (!send_some(publisher, UINT32_MAX))
        return broken(publisher, "SINK-TXN-UNKNOWN", why);
    if (!sim_yield(sim))
        return gone(why);
    if (is_fenced(publisher))
        return fenced(publisher, why);
    if (txn->state != TXN_OPEN || sim_inject(sim, FAULT_TXN_ABORTED)) {
        txn->state = TXN_ABORTED;
        return broken(publisher, "SINK-TXN-ABORTED", why);
    }
    if (sim_inject(sim, FAULT_TXN_UNKNOWN)) {
        if (sim_chance(sim, 600))
            txn->state = TXN_PREPARED;
        return broken(publisher, "SINK-TXN-UNKNOWN", why);
    }
    txn->state = TXN_COMMITTED;
    oracle_committed(sim, txn);
    return GO_ON;
}

enum verdict publisher_commit(struct publisher *publisher, struct reason *why)
{
    assert(publisher->txn != NULL);
    if (!sim_yield(publisher->sim))
        return gone(why);
    enum verdict verdict = finish(publisher, why);
    sim_note(publisher->sim, "commit", (int64_t)verdict, publisher->epoch, 0);
    if (verdict == GO_ON)
        publisher->txn = NULL;
    return sim_yield(publisher->sim) ? verdict : gone(why);
}

enum verdict publisher_abort(struct publisher *publisher, struct reason *why)
{
    if (publisher->txn == NULL)
        return GO_ON;
    if (!sim_yield(publisher->sim))
        return gone(why);
    if (is_fenced(publisher))
        return fenced(publisher, why);
    if (kafka_is_down(publisher->sim))
        return broken(publisher, "SINK-TXN-UNKNOWN", why);
    publisher->txn->state = TXN_ABORTED;
    publisher->txn = NULL;
    return GO_ON;
}
