/* source.h over the simulated Kafka, and topic_read(). */
#include "gentally/source.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/sink.h"
#include "kafka.h"

struct source {
    struct sim *sim;
    struct process *process;
    bool is_joined;
    enum source_news unanswered;
    struct {
        bool is_assigned;
        bool has_told_end;
        int64_t next;
        int64_t begin; /* as assigned: nothing before it may come */
    } places[SIM_PARTITIONS];
};

static enum verdict gone(struct reason *why)
{
    return reason_set(why, HALT, "SIM-CRASHED", 0, "the process is no more");
}

static enum verdict unreachable(struct reason *why)
{
    return reason_set(why, TRY_LATER, "SOURCE-UNREACHABLE", 0, "the broker is down");
}

/* The edge of every question to the broker. */
static enum verdict ask(struct sim *sim, struct reason *why)
{
    if (!sim_yield(sim))
        return gone(why);
    return kafka_is_down(sim) ? unreachable(why) : GO_ON;
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
    return GO_ON;
}

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    if (source->is_joined && sim_yield(source->sim))
        group_leave(source->sim, source->process->index);
    free(source);
}

enum verdict source_partitions(struct source *source, int32_t *count, struct reason *why)
{
    enum verdict verdict = ask(source->sim, why);

    *count = source->sim->kafka->input->count;
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

static void take_news(struct source *source, struct batch *batch, enum source_news news)
{
    const struct member *member = member_of(source);

    batch->news = news;
    source->unanswered = news;
    if (news == NEWS_ASSIGNED) {
        batch->partition_count = member->count;
        for (uint32_t i = 0; i < member->count; i++)
            batch->partitions[i] = member->partitions[i];
    } else {
        for (int32_t p = 0; p < SIM_PARTITIONS; p++)
            if (source->places[p].is_assigned)
                batch->partitions[batch->partition_count++] = p;
    }
    sim_note(source->sim, "news", (int64_t)news, batch->partition_count, 0);
}

static bool has_news(struct source *source, struct batch *batch)
{
    struct member *member = member_of(source);

    if (kafka_is_down(source->sim))
        return false;
    if (member->state == MEMBER_TOLD) {
        member->state = MEMBER_STABLE;
        take_news(source, batch, NEWS_ASSIGNED);
    } else if (member->state == MEMBER_LEAVING && !sim_chance(source->sim, 300)) {
        take_news(source, batch, NEWS_REVOKED);
    } else if (member->state == MEMBER_KICKED && !sim_chance(source->sim, 300)) {
        take_news(source, batch, NEWS_LOST); /* Who was away may get what was fetched before it hears. */
    }
    return batch->news != NEWS_NONE;
}

/* Records of one partition, up to `room`. */
static void fetch(struct source *source, struct batch *batch, int32_t p, uint32_t room)
{
    struct sim *sim = source->sim;
    const struct partition_log *log = &sim->kafka->input->logs[p];
    int64_t end = kafka_stable(log);

    if (source->places[p].next < log->first || source->places[p].next > log->next) {
        batch->unreadable[batch->unreadable_count++] = p;
        sim_note(sim, "unreadable", p, source->places[p].next, log->next);
        return;
    }
    if (source->places[p].next > source->places[p].begin && sim_inject(sim, FAULT_REDELIVERY)) {
        int64_t back = sim_between(sim, 1, source->places[p].next - source->places[p].begin);
        source->places[p].next -= back > 20 ? 20 : back;
        if (source->places[p].next < log->first)
            source->places[p].next = log->first;
    }
    for (; room > 0 && source->places[p].next < end; source->places[p].next++) {
        const struct entry *entry = log->entries[source->places[p].next];
        if (!kafka_is_visible(entry))
            continue;
        batch->records[batch->record_count++] = (struct record){.partition = p,
                                                                .offset = source->places[p].next,
                                                                .timestamp_ms = entry->timestamp_ms,
                                                                .key = entry->key,
                                                                .value = entry->value};
        source->places[p].has_told_end = false;
        room--;
    }
    if (source->places[p].next == end && !source->places[p].has_told_end) {
        batch->ends[batch->end_count].partition = p;
        batch->ends[batch->end_count++].next = end;
        source->places[p].has_told_end = true;
    }
}

enum verdict source_poll(struct source *source, struct batch *batch, int timeout_ms, struct reason *why)
{
    struct sim *sim = source->sim;

    assert(source->unanswered == NEWS_NONE);
    batch->news = NEWS_NONE;
    batch->partition_count = batch->record_count = batch->end_count = batch->unreadable_count = 0;
    if (!sim_yield(sim))
        return gone(why);
    bool is_down = kafka_is_down(sim);
    if (!has_news(source, batch) && !is_down)
        for (int32_t p = 0; p < SIM_PARTITIONS; p++)
            if (source->places[p].is_assigned)
                fetch(source, batch, p, (uint32_t)sim_between(sim, 1, 20));
    if (batch->record_count > 0)
        sim_note(sim, "records", batch->record_count, batch->records[0].partition, batch->records[0].offset);
    if (batch->news == NEWS_NONE && batch->record_count == 0 && timeout_ms > 0 &&
        !sim_sleep(sim, sim_between(sim, timeout_ms, 10 * timeout_ms)))
        return gone(why);
    return is_down && sim_chance(sim, 200) ? unreachable(why) : GO_ON;
}

void source_release(struct source *source, struct batch *batch)
{
    (void)source;
    batch->record_count = 0;
}

enum verdict source_assign(struct source *source, const int32_t partitions[], const int64_t offsets[], uint32_t count,
                           struct reason *why)
{
    assert(source->unanswered == NEWS_ASSIGNED);
    if (!sim_yield(source->sim))
        return gone(why);
    for (uint32_t i = 0; i < count; i++) {
        assert(offsets[i] >= 0);
        assert(!source->places[partitions[i]].is_assigned);
        source->places[partitions[i]].is_assigned = true;
        source->places[partitions[i]].has_told_end = false;
        source->places[partitions[i]].next = source->places[partitions[i]].begin = offsets[i];
    }
    source->unanswered = NEWS_NONE;
    return GO_ON;
}

enum verdict source_reposition(struct source *source, int32_t partition, int64_t offset, struct reason *why)
{
    (void)why;
    assert(source->places[partition].is_assigned);
    source->places[partition].next = source->places[partition].begin = offset;
    source->places[partition].has_told_end = false;
    return GO_ON;
}

enum verdict source_stop(struct source *source, int32_t partition, struct reason *why)
{
    (void)why;
    source->places[partition].is_assigned = false;
    return GO_ON;
}

enum verdict source_release_all(struct source *source, struct reason *why)
{
    struct member *member = member_of(source);

    assert(source->unanswered == NEWS_REVOKED || source->unanswered == NEWS_LOST);
    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        source->places[p].is_assigned = false;
    source->unanswered = NEWS_NONE;
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

/* ---- a topic from beginning to end ---- */

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
            struct record record = {p, i, entry->timestamp_ms, entry->key, entry->value};
            if (kafka_is_visible(entry))
                verdict = each(context, &record, why);
        }
    }
    if (verdict == GO_ON && !sim_yield(sim))
        return gone(why);
    return verdict;
}
