/*
 * What folding a record takes, and the counting of one event: the part that records with an id and records without one
 * share.
 */
#ifndef GENTALLY_FOLD_EVENT_H
#define GENTALLY_FOLD_EVENT_H

#include "contribution.h"
#include "enrich.h"
#include "gentally/base/log.h"
#include "gentally/codec/decode.h"
#include "gentally/core/vocabulary.h"
#include "partition.h"

struct erased;
struct retention;
struct producer;
struct writer_schemas;

struct fold {
    const struct config *config;
    const struct decoder *decoder;
    struct writer_schemas *schemas; /* NULL: an unknown schema is a dead letter at once */
    int64_t turned_ms;              /* of the turn, monotonic */
    struct enrich *enrich;
    struct symbols *symbols; /* the enrichment's own */
    struct producer *producer;
    struct retention *retention; /* NULL: off */
    struct erased *erased;       /* NULL: no account was, as far as records go that are counted here */
    bool notes_erased;           /* for retention, by stand-ins: of a replay, which has nothing of them yet */
    struct logger *logger;
    char dead_letters[256];            /* topic */
    uint64_t letters;                  /* dead letters put since the producer settled last */
    uint64_t records;                  /* counted or set aside since open */
    uint64_t letters_total;            /* dead letters put since open */
    uint64_t futures_total;            /* those of them for EVENT-FUTURE */
    uint64_t outcomes[OUTCOME_COUNT];  /* offsets since open, by outcome */
    uint64_t bytes;                    /* of values, since open */
    uint64_t letters_by[REASON_COUNT]; /* letters_total, by reason */
    uint64_t conflicts;                /* records since open whose id had said something else before */
    struct reason last_future;
    int64_t offset;               /* of the record at hand */
    struct event event;           /* scratch, like all below */
    struct canonical_texts texts; /* the event's country and language, as they count */
    struct fact fact;             /* what the event adds */
    struct fact old;              /* what an earlier event of the same id added, to be taken back */
    uint8_t contribution[CONTRIBUTION_MAX];
    struct reason because;
};

/* True if fold->event is one of those that an operator leaves out. */
static inline bool fold_event_is_left_out(const struct fold *fold)
{
    return fold->config->leave_out.count > 0 && leave_out_has(&fold->config->leave_out, &fold->event);
}

/* Leaves fold->event out: no row has it, and yet it tells how far time has come. Returns OUTCOME_FILTERED. */
enum outcome fold_event_leave_out(const struct fold *fold, struct partition *partition);

/* Makes fold->fact of fold->event, which the record at fold->offset holds. */
void fold_event_enrich(struct fold *fold, const struct partition *partition);

/*
 * Counts fold->event, which is not left out, as a create: adds its fact to the partition's tally, notes it for
 * retention, moves the watermark. GO_ON: `*outcome` is OUTCOME_COUNTED, and fold->fact is what was added. SET_ASIDE:
 * EVENT-TOO-LATE, `*outcome` is OUTCOME_TOO_LATE. The caller made room in tally, enrichment and retention before.
 */
MUST_CHECK enum verdict fold_event(struct fold *fold, struct partition *partition, enum outcome *outcome,
                                   struct reason *why);

#endif
