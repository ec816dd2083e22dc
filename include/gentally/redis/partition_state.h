/*
 * The state of one partition, as Redis has it: where counting stands, who may write, and what is already over. The
 * store hands a state out when a partition is claimed or read; a flush, a question about ids and a seal name the state
 * that they follow, and are refused if Redis has another one meanwhile.
 */
#ifndef GENTALLY_PARTITION_STATE_H
#define GENTALLY_PARTITION_STATE_H

#include "gentally/core/anchor.h"
#include "gentally/core/outcome.h"
#include "gentally/core/window.h"

#define STORE_TOKEN_SIZE 48 /* bytes of an owner's token, with its NUL */
#define STORE_ID_SIZE 40    /* of a reason's id, likewise */
#define STORE_TEXT_SIZE 256 /* of its text; longer ones are cut */

/* Ids of records, kept together while the watermark went from `start_ms` over `width_ms`. */
#define ID_BUCKETS_MAX 64 /* of one partition: three of each width that was configured lately */
struct id_bucket {
    int64_t start_ms, width_ms;
};

struct partition_state {
    int32_t partition;
    char incarnation[33];            /* see incarnation.h: another one when the state is rebuilt */
    char token[STORE_TOKEN_SIZE];    /* whoever knows the latest may write */
    int64_t first;                   /* offset counting began at */
    int64_t next;                    /* offset of the next record to fold */
    struct anchor anchor;            /* the last record before it */
    int64_t watermark_ms;            /* NO_TIME before any event */
    bool is_idle;                    /* read to its end for long enough: holds back no watermark of the whole input */
    int64_t outcomes[OUTCOME_COUNT]; /* records by outcome, since `first` */
    int64_t floor_ms[WINDOW_KINDS];  /* windows of the kind that start before it are sealed; NO_TIME: none are */
    char stopped[STORE_ID_SIZE];     /* id of the reason why it does not count (store_stop.h); empty: it counts */
    char stopped_why[STORE_TEXT_SIZE];
    int64_t stopped_at;                  /* `next` at that time */
    bool is_given_up;                    /* by an operator: whatever its log still holds, nobody waits for it */
    int64_t journal_first, journal_last; /* numbers of the entries that are not applied; none: last = first - 1 */
    int64_t pairs_first, pairs_last;     /* the same of entries of pairs that are not merged */
    uint32_t id_bucket_count;            /* as store_claim() read them; 0 after other calls */
    struct id_bucket id_buckets[ID_BUCKETS_MAX];
};

#endif
