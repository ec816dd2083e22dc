/*
 * Simulated Kafka: append-only logs, one group with eager rebalances, one transactional id with fencing. source.c,
 * producer.c, transaction.c and topic_read.c have their stand-ins in consumer.c and producer.c, behind the same
 * headers.
 */
#ifndef GENTALLY_SIM_KAFKA_H
#define GENTALLY_SIM_KAFKA_H

#include "sim.h"

enum entry_kind {
    ENTRY_GOOD,
    ENTRY_BAD,    /* can never be counted */
    ENTRY_MARKER, /* takes an offset, is no record */
};

/* What a record says of its id: something new; as if it were new, the same or not; something else; or that it was
 * nothing. */
enum says { SAYS_NEW, SAYS_AGAIN, SAYS_AMEND, SAYS_RETRACT };

/* What the producer meant: the oracle counts from it, not from the bytes. */
struct meaning {
    enum entry_kind kind;
    enum says says;
    int64_t id;      /* where in its partition the id was new, unless it is */
    uint64_t number; /* the id as it is written */
    int64_t created_ms;
    int model, provider, country, account; /* account 0: none */
    unsigned labels;                       /* categories that count: a bit for each, in byte order */
    int64_t prompt, completion, cost;      /* -1: unknown */
    int64_t cached, cache_write;
    int64_t latency_ms, first_token_ms, generation_ms; /* -1: none */
    bool is_byok, is_free, is_hit, is_streamed, is_cancelled, has_tools, is_classified;
    bool is_probe; /* its app is "probe": of no row */
    enum { FINISH_NONE, FINISH_STOP, FINISH_TOOL_CALLS, FINISH_ERROR } finish;
    int64_t batch, batch_end; /* of a batch that cannot be read: its offsets; else 0 */
};

enum txn_state { TXN_OPEN, TXN_PREPARED, TXN_COMMITTED, TXN_ABORTED };
struct txn {
    enum txn_state state;
    int64_t begun_ms;
    int32_t known_count; /* partitions that whoever began it heard of at its assignment */
    int32_t epoch;       /* of the transactional id: tells one closer from another */
    int64_t opened_ms;   /* the turn in which that closer was opened */
    int64_t turn_ms;     /* the turn of whoever began it */
    uint32_t aborted;    /* transactions of that closer that were aborted before it */
    bool is_of_drain;
    bool is_calm; /* that closer was opened when there were no faults any more */
};

/* What became of an entry of the input, in the truth that read it last. */
enum ending { ENDING_NONE, ENDING_COUNTED, ENDING_NO_LETTER, ENDING_LETTER };

struct truth_window;
struct entry {
    int64_t timestamp_ms;
    struct span key, value;
    struct meaning meaning;
    const struct truth_window *count; /* of a ledger record: see oracle_count_told() */
    struct txn *txn;                  /* NULL: none */
    uint32_t counted_in;              /* windows the truth of the surviving history counts it in: a bit per kind */
    enum ending ending;
};

struct partition_log {
    int64_t first, next;
    struct entry **entries; /* by offset */
    size_t room;
};

#define SIM_TOPICS 12
struct topic {
    char name[SIM_NAME];
    int32_t count;
    struct partition_log logs[SIM_PARTITIONS];
};

enum member_state {
    MEMBER_ABSENT,
    MEMBER_READY,   /* waits for the group to meet */
    MEMBER_TOLD,    /* has an assignment waiting for its next poll */
    MEMBER_STABLE,  /* has its assignment */
    MEMBER_LEAVING, /* has a revocation waiting for its next poll, or is answering it */
    MEMBER_KICKED,  /* will hear of it at its next poll */
};
struct member {
    enum member_state state;
    uint32_t count;
    int32_t partitions[SIM_PARTITIONS];
    int32_t known_count; /* as the group had it at the assignment */
    int64_t heard_ms;
};

struct kafka {
    struct topic topics[SIM_TOPICS];
    uint32_t topic_count;
    struct topic *input, *letters, *ledger;
    struct member members[SIM_WORKERS + 1];
    bool is_meeting;
    int64_t meeting_until_ms;
    int32_t known_count;  /* partitions of the input the group has heard of */
    int64_t known_due_ms; /* when it hears of more */
    int64_t down_until_ms;
    int32_t epoch; /* of the transactional id */
    struct txn *txn;
    struct { /* a commit that is still on its way */
        struct txn *txn;
        int32_t epoch;
        int64_t due_ms;
    } ending;
};

void kafka_make(struct sim *sim);
struct topic *kafka_topic(struct kafka *kafka, const char *name);
int64_t kafka_append(struct sim *sim, struct topic *topic, int32_t partition, struct span key, struct span value,
                     const struct meaning *meaning, struct txn *txn);
/* First offset a read_committed reader does not get. */
int64_t kafka_stable(const struct partition_log *log);
bool kafka_is_visible(const struct entry *entry);
bool kafka_is_down(const struct sim *sim);

struct source;
void consumer_cut(struct source *source, int32_t partition, int64_t end);
/* The next offset it fetches; 0 if the partition is not its own. */
int64_t consumer_next(const struct source *source, int32_t partition);

/* Time passes: sessions end, the group meets, transactions time out. */
void group_tick(struct sim *sim);
void group_meet(struct sim *sim);
void group_join(struct sim *sim, int index);
void group_leave(struct sim *sim, int index);

/* The producers outside: one more record into the input, or into one partition of it. */
void traffic_append(struct sim *sim);
void traffic_append_to(struct sim *sim, int32_t partition);

#endif
