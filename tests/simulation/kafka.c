/* Logs and the group. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "oracle.h"

#define SESSION_MS 10000
#define MEETING_MS 15000
#define TRANSACTION_MS 60000

/* ---- logs ---- */

static struct topic *add_topic(struct kafka *kafka, const char *name, int32_t count)
{
    assert(kafka->topic_count < SIM_TOPICS);
    struct topic *topic = &kafka->topics[kafka->topic_count++];

    snprintf(topic->name, sizeof(topic->name), "%s", name);
    topic->count = count;
    return topic;
}

void kafka_make(struct sim *sim)
{
    char name[SIM_NAME];
    struct kafka *kafka = sim_take(sim, sizeof(*kafka));

    sim->kafka = kafka;
    kafka->input = add_topic(kafka, sim->config.topic, (int32_t)sim_between(sim, 1, 3));
    kafka->known_count = kafka->input->count;
    snprintf(name, sizeof(name), "%s.dead-letters", sim->config.namespace_);
    kafka->letters = add_topic(kafka, name, 1);
    snprintf(name, sizeof(name), "%s.ledger", sim->config.namespace_);
    kafka->ledger = add_topic(kafka, name, 1);
    for (uint32_t i = 0; i < sim->config.rollups.count; i++) {
        snprintf(name, sizeof(name), "%s.summaries.%s", sim->config.namespace_, sim->config.rollups.items[i].name);
        add_topic(kafka, name, 1);
    }
    snprintf(name, sizeof(name), "%s.summaries.retention", sim->config.namespace_);
    add_topic(kafka, name, 1);
}

struct topic *kafka_topic(struct kafka *kafka, const char *name)
{
    for (uint32_t i = 0; i < kafka->topic_count; i++)
        if (strcmp(kafka->topics[i].name, name) == 0)
            return &kafka->topics[i];
    return NULL;
}

int64_t kafka_append(struct sim *sim, struct topic *topic, int32_t partition, struct span key, struct span value,
                     const struct meaning *meaning, struct txn *txn)
{
    struct partition_log *log = &topic->logs[partition];
    struct entry *entry = sim_take(sim, sizeof(*entry));

    if ((size_t)log->next == log->room) {
        size_t room = log->room == 0 ? 64 : 2 * log->room;
        struct entry **entries = sim_take(sim, room * sizeof(struct entry *));
        if (log->next > 0)
            memcpy(entries, log->entries, (size_t)log->next * sizeof(struct entry *));
        log->entries = entries;
        log->room = room;
    }
    *entry = (struct entry){
        .timestamp_ms = sim_wall_ms(sim), .key = sim_copy(sim, key), .value = sim_copy(sim, value), .txn = txn};
    if (meaning != NULL)
        entry->meaning = *meaning;
    log->entries[log->next++] = entry;
    return log->next - 1;
}

int64_t kafka_stable(const struct partition_log *log)
{
    for (int64_t i = log->first; i < log->next; i++) {
        const struct txn *txn = log->entries[i]->txn;
        if (txn != NULL && (txn->state == TXN_OPEN || txn->state == TXN_PREPARED))
            return i;
    }
    return log->next;
}

bool kafka_is_visible(const struct entry *entry)
{
    return entry->meaning.kind != ENTRY_MARKER && (entry->txn == NULL || entry->txn->state == TXN_COMMITTED);
}

bool kafka_is_down(const struct sim *sim)
{
    return sim->now_ms < sim->kafka->down_until_ms;
}

/* ---- the group ---- */

static bool is_in(const struct member *member)
{
    return member->state != MEMBER_ABSENT && member->state != MEMBER_KICKED;
}

/* Asks all to give up what they have: the eager protocol. */
void group_meet(struct sim *sim)
{
    struct kafka *kafka = sim->kafka;

    if (!kafka->is_meeting)
        kafka->meeting_until_ms = sim->now_ms + MEETING_MS;
    kafka->is_meeting = true;
    for (int i = 0; i < SIM_WORKERS; i++) {
        struct member *member = &kafka->members[i];
        if (member->state == MEMBER_STABLE)
            member->state = MEMBER_LEAVING;
        else if (member->state == MEMBER_TOLD) /* It has not heard of it, and never will. */
            member->state = MEMBER_READY;
    }
}

void group_join(struct sim *sim, int index)
{
    sim->kafka->members[index] = (struct member){.state = MEMBER_READY, .heard_ms = sim->now_ms};
    group_meet(sim);
}

void group_leave(struct sim *sim, int index)
{
    if (is_in(&sim->kafka->members[index])) {
        sim->kafka->members[index].state = MEMBER_ABSENT;
        group_meet(sim);
    }
    sim->kafka->members[index].state = MEMBER_ABSENT;
}

/* Ranges, over the members in an order of chance. */
static void assign(struct sim *sim)
{
    struct kafka *kafka = sim->kafka;
    int order[SIM_WORKERS];
    int count = 0;

    for (int i = 0; i < SIM_WORKERS; i++) {
        if (kafka->members[i].state != MEMBER_READY)
            continue;
        int at = (int)sim_below(sim, (uint64_t)count + 1);
        order[count] = order[at];
        order[at] = i;
        count++;
    }
    kafka->is_meeting = false;
    for (int i = 0; i < count; i++) {
        struct member *member = &kafka->members[order[i]];
        member->state = MEMBER_TOLD;
        member->known_count = kafka->known_count;
        member->count = 0;
        for (int32_t p = 0; p < kafka->known_count; p++)
            if (p * count / kafka->known_count == i)
                member->partitions[member->count++] = p;
    }
    sim_note(sim, "group assigned", count, kafka->known_count, 0);
}

static void end_sessions(struct sim *sim)
{
    struct kafka *kafka = sim->kafka;

    for (int i = 0; i < SIM_WORKERS; i++) {
        struct member *member = &kafka->members[i];
        const struct process *process = &sim->processes[i];
        bool is_heard = process->is_alive && !process->is_crashed && process->paused_until_ms <= sim->now_ms;
        if (!is_in(member)) {
            if (!process->is_alive)
                member->state = MEMBER_ABSENT;
            continue;
        }
        if (is_heard)
            member->heard_ms = sim->now_ms;
        else if (sim->now_ms - member->heard_ms > SESSION_MS) {
            sim_note(sim, "group kicked", i, 0, 0);
            member->state = process->is_alive && !process->is_crashed ? MEMBER_KICKED : MEMBER_ABSENT;
            group_meet(sim);
        }
    }
}

/* A commit that hung arrives: in time, or after its transaction has timed out, or behind the fence of another. */
static void end_transaction(struct sim *sim)
{
    struct kafka *kafka = sim->kafka;
    struct txn *txn = kafka->ending.txn;

    if (txn == NULL || sim->now_ms < kafka->ending.due_ms || kafka_is_down(sim))
        return;
    bool is_good = txn->state == TXN_OPEN && kafka->ending.epoch == kafka->epoch;
    sim_note(sim, "a commit arrives", kafka->ending.epoch, is_good, 0);
    kafka->ending.txn = NULL;
    if (!is_good)
        return;
    txn->state = TXN_COMMITTED;
    oracle_committed(sim, txn);
}

void group_tick(struct sim *sim)
{
    struct kafka *kafka = sim->kafka;
    int waiting = 0, ready = 0;

    end_transaction(sim);
    if (kafka->txn != NULL && kafka->txn->state == TXN_OPEN && sim->now_ms - kafka->txn->begun_ms > TRANSACTION_MS) {
        kafka->txn->state = TXN_ABORTED;
        kafka->epoch++;
        sim_note(sim, "transaction timed out", kafka->epoch, 0, 0);
    }
    if (kafka->txn != NULL && kafka->txn->state == TXN_PREPARED && sim_chance(sim, 30)) { /* decided long ago */
        kafka->txn->state = TXN_COMMITTED;
        oracle_committed(sim, kafka->txn);
    }
    if (kafka_is_down(sim))
        return;
    end_sessions(sim);
    if (kafka->known_count != kafka->input->count && sim->now_ms >= kafka->known_due_ms) {
        kafka->known_count = kafka->input->count;
        group_meet(sim);
    }
    if (!kafka->is_meeting)
        return;
    for (int i = 0; i < SIM_WORKERS; i++) {
        struct member *member = &kafka->members[i];
        ready += member->state == MEMBER_READY ? 1 : 0;
        if (member->state != MEMBER_LEAVING)
            continue;
        if (sim->now_ms > kafka->meeting_until_ms)
            member->state = MEMBER_KICKED;
        else
            waiting++;
    }
    if (waiting == 0 && ready > 0)
        assign(sim);
    else if (waiting == 0)
        kafka->is_meeting = false;
}
