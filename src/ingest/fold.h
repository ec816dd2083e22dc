/*
 * record -> decode -> check -> enrich -> tally: one record into one partition, or into the dead letters.
 */
#ifndef GENTALLY_FOLD_H
#define GENTALLY_FOLD_H

#include "contribution.h"
#include "enrich.h"
#include "gentally/base/log.h"
#include "gentally/codec/decode.h"
#include "partition.h"

struct retention;
struct producer;

struct fold {
    const struct config *config;
    const struct decoder *decoder;
    struct enrich *enrich;
    struct symbols *symbols; /* enrich's own */
    struct producer *producer;
    struct retention *retention; /* NULL: off */
    struct logger *logger;
    char dead_letters[256]; /* topic */
    uint64_t letters;       /* dead letters put since the last settling */
    uint64_t records, letters_total;
    struct event event;    /* scratch, like the rest */
    struct fact fact, old; /* `old`: what is taken back */
    uint8_t contribution[CONTRIBUTION_MAX];
    struct reason because;
};

/*
 * Folds `record` into `partition` and moves partition->next past it. `wall_ms` is the time of day: an event later than
 * its record's timestamp (or, if that is later still, than `wall_ms`) by more than the allowed skew is set aside. With
 * ids kept, the record's id must have been asked for (lookup.h). GO_ON: counted, a duplicate, or dead-lettered
 * (acknowledged by producer_settle() before the flush that passes it). TRY_LATER (FOLD-NO-ROOM, or SINK-UNREACHABLE of
 * a dead letter): nothing changed, flush first. HALT as in producer.h.
 */
MUST_CHECK enum verdict fold_record(struct fold *fold, struct partition *partition, const struct record *record,
                                    int64_t wall_ms, struct reason *why);

#endif
