/*
 * The counters in Redis. One partition's state lives under one hash tag and changes only by one Redis Function call
 * that checks, then writes: cells, counts, next offset, watermark, together or not at all (reliability: the flush
 * protocol). The compare-and-set on `next` gives safety, the owner token liveness. Cells are opaque to Redis: the
 * worker reads them at `next`, merges in C, and writes them back at the same `next`; if anyone moved it in between,
 * nothing is written.
 *
 *   <ns>:{<topic>:<p>}:meta      inc tok next anchor first wm idle nonce taint, counts, floors
 *   <ns>:{<topic>:<p>}:windows   "<kind>:<start_ms>" -> records folded into the window
 *   <ns>:{<topic>:<p>}:<kind>:<start_ms>   row key -> packed cell; "__n" -> records (must equal the line above: a torn
 * window is detected)
 *   <ns>:{<topic>:<p>}:ids:<width_ms>:<start_ms>   id -> what was counted for it (see ids.h); its name is in meta, too
 *
 * Only store.c includes hiredis. Single-threaded use; every call blocks at most the configured time-out (twice, when it
 * reconnects).
 */
#ifndef GENTALLY_STORE_H
#define GENTALLY_STORE_H

#include "gentally/base/log.h"
#include "gentally/core/anchor.h"
#include "gentally/core/outcome.h"
#include "gentally/core/window.h"

struct config;
struct store;

#define STORE_TOKEN_SIZE 48

/* Ids of records, kept together while the watermark went from `start_ms` over `width_ms`. */
#define ID_SIZE 14        /* bytes: with the one Redis keeps beside it and its end, 16, which is what Redis allocates */
#define ID_BUCKETS_MAX 64 /* of one partition: three of each width that was configured lately */
struct id_bucket {
    int64_t start_ms, width_ms;
};

/* A partition's state as claimed or read. */
struct partition_state {
    int32_t partition;
    char incarnation[33];         /* 128 random bits in hex: changes when the state is deliberately rebuilt */
    char token[STORE_TOKEN_SIZE]; /* whoever knows the latest may write */
    int64_t first;                /* offset counting began at */
    int64_t next;                 /* offset of the next record to fold */
    struct anchor anchor;         /* the last record before it */
    int64_t watermark_ms;         /* NO_TIME before any event */
    bool is_idle;
    int64_t outcomes[OUTCOME_COUNT];
    int64_t floor_ms[WINDOW_KINDS]; /* windows of the kind that start before it are collected; NO_TIME = none */
    uint32_t id_bucket_count;       /* of store_claim() only */
    struct id_bucket id_buckets[ID_BUCKETS_MAX];
};

/*
 * Connects and checks: reachable, authenticated, Redis >= 7, maxmemory-policy noeviction. HALT: STORE-AUTH,
 * STORE-VERSION, STORE-POLICY, STORE-URL, STORE-TLS (asked for, not built in); TRY_LATER: STORE-UNREACHABLE, STORE-BUSY
 * (loading, out of memory, read-only, ...).
 */
MUST_CHECK enum verdict store_open(struct store **store, const struct config *config, struct logger *logger,
                                   struct reason *why);
void store_close(struct store *store);

/* Times a connection was made: when it rises, what is behind it may have been rolled back or be another server. */
uint64_t store_connections(const struct store *store);

/*
 * Puts, before a flush is sent, what must be acknowledged before it: called on the connection the flush will go over,
 * each time it is sent, and not to make another. Whatever it puts then stands before the flush in every history of the
 * store that holds the flush. With TRY_LATER or HALT the flush is not sent. NULL: none.
 */
typedef enum verdict store_barrier(void *context, struct store *store, struct reason *why);
void store_set_barrier(struct store *store, store_barrier *barrier, void *context);

/* Loads the functions (setup only; safe to repeat). HALT: STORE-DENIED. */
MUST_CHECK enum verdict store_install(struct store *store, struct reason *why);

/* HALT: STORE-FUNCTIONS-MISSING if the functions of this version are not loaded; STORE-DENIED if our user may not run
 * what they run, with the right that lacks. */
MUST_CHECK enum verdict store_check(struct store *store, struct reason *why);

/* Creates a partition's first state at offset `first`, unless it exists; `*created` tells. Windows before the floors
 * are over for it from the start (NO_TIME: none are). */
MUST_CHECK enum verdict store_create(struct store *store, int32_t partition, int64_t first,
                                     const int64_t floors_ms[WINDOW_KINDS], bool *created, struct reason *why);

/* Takes ownership: a new token; the old owner's next flush is fenced. The partition is no longer idle: nobody knows
 * what its log has got since. HALT: STORE-STATE-MISSING (names `gentally setup`; never created here), STORE-TAINTED. */
MUST_CHECK enum verdict store_claim(struct store *store, int32_t partition, struct partition_state *state,
                                    struct reason *why);

/* Reads a partition's state without claiming it. HALT: STORE-STATE-MISSING. */
MUST_CHECK enum verdict store_state(struct store *store, int32_t partition, struct partition_state *state,
                                    struct reason *why);

/* One cell of a change. `key` and `value` are the caller's until the flush is answered; `stored` is the store's, until
 * the next load or flush. */
struct change_cell {
    struct span key;    /* row key */
    struct span stored; /* after store_load(): the packed cell as it is; absent if there is none */
    struct span value;  /* before store_flush(): the packed cell as it shall be */
};

struct change_window {
    struct window window;
    uint32_t cell_first, cell_count; /* range in `cells` */
    int64_t records_stored;          /* after store_load() */
    int64_t records_added;
};

/* What one flush writes about ids: one section for each bucket. */
struct id_pair {
    struct span id, value; /* the id is ID_SIZE bytes */
};
struct id_section {
    struct id_bucket bucket;
    uint32_t first, count; /* range in `pairs`; 0: the bucket is dropped */
};
struct id_change {
    uint32_t section_count, pair_count;
    struct id_section sections[2 * ID_BUCKETS_MAX];
    const struct id_pair *pairs;
};

/* All that one flush changes in one partition. */
struct change {
    const struct partition_state *state; /* incarnation, token, and next = the offset the change begins at */
    int64_t next;                        /* offset it ends before */
    struct anchor anchor;                /* the last record before it */
    int64_t watermark_ms;
    bool is_idle;
    int64_t outcomes[OUTCOME_COUNT]; /* new cumulative counts */
    uint32_t window_count;           /* none: a touch */
    struct change_window *windows;
    uint32_t cell_count;
    struct change_cell *cells;
    const struct id_change *ids; /* NULL: nothing about ids */
    char nonce[33];              /* empty before the first store_flush(), which draws it; kept for sending again */
    enum verdict verdict;        /* the partition's own answer, see below */
    struct reason why;
};

/*
 * Reads what the changes' cells are now, all partitions in one round trip. GO_ON: each change has its own verdict;
 * TRY_LATER: STORE-UNREACHABLE, STORE-BUSY: nothing was read. A change's verdict: GO_ON; REWIND: STORE-FENCED (another
 * owner has it), STORE-ROLLED-BACK (the store lost its last writes), STORE-COLLECTED (a window is gone); HALT:
 * STORE-TORN, STORE-TAINTED, STORE-STATE-MISSING, STORE-INCARNATION.
 */
MUST_CHECK enum verdict store_load(struct store *store, struct change *changes[], uint32_t count, struct reason *why);

/*
 * Writes the changes, all partitions in one round trip. After an unknown outcome (time-out, lost connection) reconnects
 * and sends the identical changes again, under the same nonce; a change found already applied is GO_ON. Verdicts as
 * above. HALT: STORE-DENIED (nothing was written for those denied). TRY_LATER: still unknown or refused without effect:
 * call again with the same changes, unchanged, before anything else.
 */
MUST_CHECK enum verdict store_flush(struct store *store, struct change *changes[], uint32_t count, struct reason *why);

/* Gives an id the store knows: `bucket` and `id` are indexes into the lookup's own; `value` is borrowed for the call.
 */
typedef enum verdict store_id_reader(void *context, uint32_t bucket, uint32_t id, struct span value,
                                     struct reason *why);

/* A question about ids of one partition. */
struct id_lookup {
    const struct partition_state *state;
    uint32_t bucket_count, id_count;
    const struct id_bucket *buckets;
    const struct span *ids; /* ID_SIZE bytes each */
    store_id_reader *each;
    void *context;
    enum verdict verdict; /* the partition's own answer, as of store_load(); HALT of `each` too */
    struct reason why;
};

/*
 * Asks which ids are known, all partitions in one round trip, at the offset the change to come begins at: if another
 * owner writes after that, the change is fenced. An id may be given more than once, for each bucket that has it, and
 * again after a lost connection. Verdicts as of store_load().
 */
MUST_CHECK enum verdict store_look_up_ids(struct store *store, struct id_lookup *lookups[], uint32_t count,
                                          struct reason *why);

/* One window of one partition in the store. */
struct stored_window {
    struct window window;
    int64_t records;
};

/* A partition's windows, in no order, at most `room`; `*count` = how many there are (call again with more room if
 * larger). */
MUST_CHECK enum verdict store_windows(struct store *store, int32_t partition, struct stored_window windows[],
                                      uint32_t room, uint32_t *count, struct reason *why);

/* Gives every cell of a window (key and packed cell borrowed for the call). */
typedef enum verdict store_cell_reader(void *context, struct span key, struct span packed, struct reason *why);

/*
 * Reads one window of one partition together with the state it belongs to, atomically: `*records` is 0 and nothing
 * is given if the window has no data. HALT: STORE-TORN, STORE-STATE-MISSING.
 */
MUST_CHECK enum verdict store_snapshot(struct store *store, int32_t partition, struct window window,
                                       store_cell_reader *each, void *context, int64_t *records,
                                       struct partition_state *state, struct reason *why);

/*
 * Ends the windows of `kind` in one partition that start before `floor_ms` (the start of the first one kept): no flush
 * touches them any more. `seen` is the partition as it was looked at, `known` are those windows with the records their
 * last summary was made of: if one has grown since, is not named, or is not there, or the partition stands before what
 * was seen (the store was rolled back, and will count again), TRY_LATER (STORE-WINDOW-GREW): look and emit first. Never
 * lowers the floor; harmless to repeat.
 */
MUST_CHECK enum verdict store_seal(struct store *store, const struct partition_state *seen, enum window_kind kind,
                                   int64_t floor_ms, const struct stored_window known[], uint32_t count,
                                   struct reason *why);

/* Deletes sealed windows, all of one kind, at most STORE_COLLECT_MAX. Only when every partition has sealed them: until
 * then a late record may still need their sum. Harmless to repeat. */
#define STORE_COLLECT_MAX 1000
MUST_CHECK enum verdict store_collect(struct store *store, int32_t partition, const struct stored_window windows[],
                                      uint32_t count, struct reason *why);

/* Deletes all that a partition has, given its windows: of a replay's namespace only (it holds the word). Harmless to
 * repeat. */
#define STORE_REPLAY "-replay-"
MUST_CHECK enum verdict store_remove(struct store *store, int32_t partition, const struct stored_window windows[],
                                     uint32_t count, struct reason *why);

#endif
