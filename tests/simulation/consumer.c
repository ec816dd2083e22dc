/* source.h over the simulated Kafka, and topic_read(). */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/core/event.h"
#include "gentally/kafka/source.h"
#include "gentally/kafka/topic_read.h"
#include "gentally/kafka/topics.h"
#include "kafka.h"
#include "position.h"

struct source {
    struct sim *sim;
    struct process *process;
    bool is_joined;
    enum rebalance unanswered;
    struct position positions[SIM_PARTITIONS]; /* the real guard: src/kafka/position.c */
    struct {
        bool has_told_end;
        bool is_cut;   /* the log was shorter for a moment, and the fetcher has seen it */
        int64_t next;  /* the fetcher's own position */
        int64_t begin; /* as assigned: nothing before it may come */
    } fetches[SIM_PARTITIONS];
};

static enum verdict gone(struct reason *why)
{
    return reason_set(why, HALT, SOURCE_FATAL, 0, "the process is no more");
}

static enum verdict unreachable(struct reason *why)
{
    return reason_set(why, TRY_LATER, SOURCE_UNREACHABLE, 0, "the broker is down");
}

/* Who fetches all the time sees that a log became shorter, however soon it grows again; who is held does not. */
void consumer_cut(struct source *source, int32_t partition, int64_t end)
{
    if (source->process->paused_until_ms > source->sim->now_ms)
        return;
    if (source->positions[partition].is_assigned && source->fetches[partition].next > end)
        source->fetches[partition].is_cut = true;
}

/* The edge of every question to the broker. */
static enum verdict ask(struct sim *sim, struct reason *why)
{
    if (!sim_yield(sim))
        return gone(why);
    return kafka_is_down(sim) ? unreachable(why) : GO_ON;
}

int64_t consumer_next(const struct source *source, int32_t partition)
{
    return source->positions[partition].is_assigned ? source->fetches[partition].next : 0;
}

static struct member *member_of(struct source *source)
{
    return &source->sim->kafka->members[source->process->index];
}

enum verdict source_open(struct source **source, const struct config *config, struct logger *logger, struct reason *why)
{
    struct sim *sim = sim_get();

    (void)config;
    (void)logger;
    enum verdict verdict = ask(sim, why);
    if (verdict != GO_ON)
        return verdict;
    *source = calloc(1, sizeof(**source));
    if (*source == NULL)
        abort();
    (*source)->sim = sim;
    (*source)->process = sim->current;
    sim->current->source = *source;
    return GO_ON;
}

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    if (source->is_joined && sim_yield(source->sim))
        group_leave(source->sim, source->process->index);
    source->process->source = NULL;
    free(source);
}

enum verdict source_partitions(struct source *source, int32_t *count, struct reason *why)
{
    enum verdict verdict = ask(source->sim, why);

    *count = source->sim->kafka->input->count;
    return verdict;
}

enum verdict topics_input(const struct config *config, char *cluster, size_t size, int32_t *partitions,
                          struct reason *why)
{
    enum verdict verdict = ask(sim_get(), why);

    (void)config;
    snprintf(cluster, size, "simulated");
    *partitions = sim_get()->kafka->input->count;
    return verdict;
}

enum verdict source_extent(struct source *source, int32_t partition, int64_t *first, int64_t *next, struct reason *why)
{
    enum verdict verdict = ask(source->sim, why);
    const struct partition_log *log = &source->sim->kafka->input->logs[partition];

    *first = log->first;
    *next = kafka_stable(log);
    return verdict;
}

enum verdict source_ends(struct source *source, int32_t count, int64_t ends[], struct reason *why)
{
    enum verdict verdict = ask(source->sim, why);

    for (int32_t i = 0; i < count; i++)
        ends[i] = kafka_stable(&source->sim->kafka->input->logs[i]);
    return verdict;
}

enum verdict source_join(struct source *source, struct reason *why)
{
    if (!sim_yield(source->sim))
        return gone(why);
    source->is_joined = true;
    group_join(source->sim, source->process->index);
    return GO_ON;
}

/* ---- polling ---- */

static void take_rebalance(struct source *source, struct batch *batch, enum rebalance rebalance)
{
    const struct member *member = member_of(source);

    batch->rebalance = rebalance;
    source->unanswered = rebalance;
    if (rebalance == REBALANCE_ASSIGNED) {
        batch->partition_count = member->count;
        for (uint32_t i = 0; i < member->count; i++)
            batch->partitions[i] = member->partitions[i];
    } else {
        for (int32_t p = 0; p < SIM_PARTITIONS; p++)
            if (source->positions[p].is_assigned)
                batch->partitions[batch->partition_count++] = p;
    }
    sim_note(source->sim, "rebalance", (int64_t)rebalance, batch->partition_count, 0);
}

static struct record record_at(const struct partition_log *log, int32_t p, int64_t offset)
{
    const struct entry *entry = log->entries[offset];

    return (struct record){.partition = p,
                           .offset = offset,
                           .timestamp_ms = entry->timestamp_ms,
                           .key = entry->key,
                           .value = entry->value};
}

static bool has_rebalance(struct source *source, struct batch *batch)
{
    struct member *member = member_of(source);

    if (kafka_is_down(source->sim))
        return false;
    if (member->state == MEMBER_TOLD) {
        member->state = MEMBER_STABLE;
        take_rebalance(source, batch, REBALANCE_ASSIGNED);
    } else if (member->state == MEMBER_LEAVING && !sim_chance(source->sim, 300)) {
        take_rebalance(source, batch, REBALANCE_REVOKED);
    } else if (member->state == MEMBER_KICKED && !sim_chance(source->sim, 300)) {
        take_rebalance(source, batch, REBALANCE_LOST); /* Who was away may get what was fetched before it hears. */
    }
    return batch->rebalance != REBALANCE_NONE;
}

/* Reads again at the position, as after another assignment. */
static void fetch_again(struct source *source, int32_t p)
{
    struct position *position = &source->positions[p];

    position->is_waiting = position->suspicion != SUSPICION_NONE;
    position->is_settled = false;
    source->fetches[p].next = position->expected;
    source->fetches[p].has_told_end = false;
}

/* What the position says to something that arrived; true if it may pass. */
static bool is_welcome(struct batch *batch, int32_t p, enum arrival arrival)
{
    if (arrival == ARRIVAL_SUSPECT)
        batch->suspects[batch->suspect_count++] = p;
    return arrival == ARRIVAL_PASS || arrival == ARRIVAL_FIRST_SPARSE;
}

static enum arrival ask_position(struct position *position, const struct record *record)
{
    enum arrival arrival = position_record(position, record);

    if (arrival != ARRIVAL_ANCHOR_GONE)
        return arrival;
    position_forget_anchor(position);
    return position_record(position, record);
}

/* Some records once more, past the guard of the position: the worker has one of its own. */
static void deliver_again(struct source *source, struct batch *batch, int32_t p)
{
    const struct partition_log *log = &source->sim->kafka->input->logs[p];
    int64_t from = source->positions[p].expected - sim_between(source->sim, 1, 8);

    if (from < source->fetches[p].begin)
        from = source->fetches[p].begin;
    for (int64_t i = from < log->first ? log->first : from; i < source->positions[p].expected && i < log->next; i++)
        if (kafka_is_visible(log->entries[i]) && log->entries[i]->meaning.batch_end == 0)
            batch->records[batch->record_count++] = record_at(log, p, i);
}

/* A batch that cannot be read stands in the fetcher's way, for good or this time. */
static bool is_broken(struct source *source, const struct entry *entry)
{
    return entry->meaning.batch_end > 0 || sim_inject(source->sim, FAULT_TRANSFER);
}

static void take_broken(struct source *source, struct batch *batch, int32_t p, const struct entry *entry)
{
    struct position *position = &source->positions[p];
    struct record *record = &batch->records[batch->record_count];
    int64_t base = entry->meaning.batch_end > 0 ? entry->meaning.batch : source->fetches[p].next;
    enum arrival arrival = position_broken(position, base, record);

    source->fetches[p].has_told_end = false;
    sim_note(source->sim, "broken batch", p, base, (int64_t)arrival);
    if (arrival == ARRIVAL_SUSPECT)
        batch->suspects[batch->suspect_count++] = p;
    if (arrival == ARRIVAL_ANCHOR_GONE) {
        position_forget_anchor(position);
        position->is_waiting = true;
    }
    if (arrival == ARRIVAL_PASS) {
        record->partition = p;
        batch->record_count++;
    }
}

/* What stands at the position is the batch that was suspected, or can be read after all. */
static void look_at_broken(struct source *source, int32_t p)
{
    struct position *position = &source->positions[p];
    const struct partition_log *log = &source->sim->kafka->input->logs[p];
    int64_t at = position->expected;

    while (at < log->next && !kafka_is_visible(log->entries[at]))
        at++;
    if (at < log->next && log->entries[at]->meaning.batch_end > 0 &&
        log->entries[at]->meaning.batch == position->broken)
        position_lose(position, log->entries[at]->meaning.batch_end);
}

/* Records of one partition, up to `room`. */
static void fetch(struct source *source, struct batch *batch, int32_t p, uint32_t room)
{
    struct sim *sim = source->sim;
    struct position *position = &source->positions[p];
    const struct partition_log *log = &sim->kafka->input->logs[p];
    int64_t end = kafka_stable(log), *next = &source->fetches[p].next;

    if (position->is_waiting && position->suspicion == SUSPICION_NONE)
        fetch_again(source, p);
    if (position->is_waiting)
        return;
    if (*next < log->first || *next > log->next || source->fetches[p].is_cut) {
        source->fetches[p].is_cut = false;
        position_refuse(position);
        batch->suspects[batch->suspect_count++] = p;
        sim_note(sim, "unreadable", p, *next, log->next);
        return;
    }
    if (position->is_settled && position->anchor.offset == ANCHOR_NONE && sim_inject(sim, FAULT_REDELIVERY))
        deliver_again(source, batch, p);
    for (; room > 0 && *next < end && !position->is_waiting; ++*next) {
        if (!kafka_is_visible(log->entries[*next]))
            continue;
        if (is_broken(source, log->entries[*next])) {
            take_broken(source, batch, p, log->entries[*next]);
            return;
        }
        struct record record = record_at(log, p, *next);
        source->fetches[p].has_told_end = false;
        if (!is_welcome(batch, p, ask_position(position, &record)))
            continue;
        batch->records[batch->record_count++] = record;
        room--;
    }
    if (*next != end || source->fetches[p].has_told_end || position->is_waiting)
        return;
    source->fetches[p].has_told_end = true;
    enum arrival arrival = position_end(position, end);
    if (arrival == ARRIVAL_ANCHOR_GONE) {
        position_forget_anchor(position);
        arrival = position_end(position, end);
    }
    if (is_welcome(batch, p, arrival)) {
        batch->ends[batch->end_count].partition = p;
        batch->ends[batch->end_count++].next = end;
    }
}

static void fetch_all(struct source *source, struct batch *batch)
{
    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        if (source->positions[p].is_assigned)
            fetch(source, batch, p, (uint32_t)sim_between(source->sim, 1, 20));
}

enum verdict source_poll(struct source *source, struct batch *batch, int timeout_ms, struct reason *why)
{
    struct sim *sim = source->sim;

    assert(source->unanswered == REBALANCE_NONE);
    batch->rebalance = REBALANCE_NONE;
    batch->partition_count = batch->record_count = batch->end_count = batch->suspect_count = 0;
    if (!sim_yield(sim))
        return gone(why);
    bool is_down = kafka_is_down(sim);
    if (!has_rebalance(source, batch) && !is_down)
        fetch_all(source, batch);
    if (batch->rebalance == REBALANCE_NONE && batch->record_count == 0 && timeout_ms > 0) {
        if (!sim_sleep(sim, sim_between(sim, timeout_ms, 10 * timeout_ms)))
            return gone(why);
        if (!kafka_is_down(sim)) /* what came meanwhile, be it that the process was held */
            fetch_all(source, batch);
    }
    if (batch->record_count > 0)
        sim_note(sim, "records", batch->record_count, batch->records[0].partition, batch->records[0].offset);
    return is_down && sim_chance(sim, 200) ? unreachable(why) : GO_ON;
}

void source_release(struct source *source, struct batch *batch)
{
    (void)source;
    batch->record_count = 0;
}

enum verdict source_keep_alive(struct source *source, struct batch *batch, struct reason *why)
{
    enum rebalance before = batch->rebalance;

    if (!sim_yield(source->sim))
        return gone(why);
    batch->rebalance = REBALANCE_NONE;
    uint32_t count = batch->partition_count;
    batch->partition_count = 0;
    if (!has_rebalance(source, batch)) {
        batch->rebalance = before;
        batch->partition_count = count;
    }
    return GO_ON;
}

static void position(struct source *source, const struct source_start *start)
{
    assert(start->next >= 0);
    source->positions[start->partition] = position_at(start->next, &start->anchor);
    source->fetches[start->partition].begin = start->next;
    source->fetches[start->partition].is_cut = false;
    fetch_again(source, start->partition);
}

enum verdict source_assign(struct source *source, const struct source_start starts[], uint32_t count,
                           struct reason *why)
{
    assert(source->unanswered == REBALANCE_ASSIGNED);
    if (!sim_yield(source->sim))
        return gone(why);
    for (uint32_t i = 0; i < count; i++) {
        assert(!source->positions[starts[i].partition].is_assigned);
        position(source, &starts[i]);
    }
    source->unanswered = REBALANCE_NONE;
    return GO_ON;
}

void source_reposition(struct source *source, const struct source_start *start)
{
    struct lost_range lost = source->positions[start->partition].lost;

    position(source, start);
    source->positions[start->partition].lost = lost;
}

/* The verdicts of src/kafka/source.c, in words of our own. */
enum verdict source_check_log(struct source *source, int32_t partition, struct reason *why)
{
    struct position *position = &source->positions[partition];
    int64_t begin = 0, end = 0, wanted = position_wanted(position);

    if (!position->is_assigned || position->suspicion == SUSPICION_NONE)
        return GO_ON;
    if (position->suspicion == SUSPICION_FOREIGN)
        return reason_set(why, HALT, SOURCE_RECREATED, 0, "partition %d: another record at the anchor", (int)partition);
    enum verdict verdict = source_extent(source, partition, &begin, &end, why);
    if (verdict == HALT)
        return verdict;
    if (verdict == GO_ON && begin > wanted)
        return reason_set(why, HALT, SOURCE_GAP, 0, "partition %d: deleted before counted", (int)partition);
    if (verdict == GO_ON && end < wanted)
        return reason_set(why, HALT, SOURCE_TRUNCATED, 0, "partition %d: the log ends before", (int)partition);
    if (verdict == GO_ON && position->suspicion == SUSPICION_BROKEN)
        look_at_broken(source, partition);
    if (verdict == GO_ON && begin > position->expected)
        position_forget_anchor(position);
    position->suspicion = SUSPICION_NONE;
    fetch_again(source, partition);
    return verdict;
}

void source_stop(struct source *source, int32_t partition)
{
    source->positions[partition].is_assigned = false;
}

enum verdict source_release_all(struct source *source, struct reason *why)
{
    struct member *member = member_of(source);

    assert(source->unanswered == REBALANCE_REVOKED || source->unanswered == REBALANCE_LOST);
    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        source->positions[p].is_assigned = false;
    source->unanswered = REBALANCE_NONE;
    if (!sim_yield(source->sim))
        return gone(why);
    if (member->state == MEMBER_LEAVING)
        member->state = MEMBER_READY;
    else if (member->state == MEMBER_KICKED)
        group_join(source->sim, source->process->index);
    return GO_ON;
}

void source_commit(struct source *source, const int32_t partitions[], const int64_t next[], uint32_t count)
{
    (void)source;
    (void)partitions;
    (void)next;
    (void)count;
}

int64_t source_log_end(const struct source *source, int32_t partition)
{
    (void)source;
    (void)partition;
    return -1;
}

bool source_is_connected(const struct source *source)
{
    (void)source;
    return true;
}

/* ---- a topic from beginning to end ---- */

/* Nobody hangs here: who opens a transaction under the name of another ends that one. */
enum verdict topic_check_whole(const struct config *config, const char *name, struct reason *why)
{
    (void)config;
    (void)name;
    (void)why;
    return GO_ON;
}

enum verdict topic_read(const struct config *config, const char *name, topic_reader *each, void *context,
                        struct reason *why)
{
    struct sim *sim = sim_get();
    const struct topic *topic = kafka_topic(sim->kafka, name);
    enum verdict verdict = ask(sim, why);

    (void)config;
    assert(topic != NULL);
    for (int32_t p = 0; p < topic->count && verdict == GO_ON; p++) {
        const struct partition_log *log = &topic->logs[p];
        int64_t end = kafka_stable(log);
        for (int64_t i = log->first; i < end && verdict == GO_ON; i++) {
            const struct entry *entry = log->entries[i];
            struct record record = record_at(log, p, i);
            if (kafka_is_visible(entry))
                verdict = each(context, &record, why);
            if (verdict == SET_ASIDE) /* told of, and passed over */
                verdict = GO_ON;
        }
    }
    if (sim->kafka->ending.txn != NULL && sim_chance(sim, 500)) /* A commit that hung arrives behind the reader. */
        sim->kafka->ending.due_ms = sim->now_ms;
    if (verdict == GO_ON && !sim_yield(sim))
        return gone(why);
    return verdict;
}
