/* decode -> check -> enrich -> tally, as the worker chains them, without Kafka and Redis around. */
#ifndef GENTALLY_TEST_STAGES_H
#define GENTALLY_TEST_STAGES_H

#include <stdlib.h>

#include "enrich.h"
#include "gentally/codec/decode.h"
#include "messages.h"
#include "retention.h"
#include "tally.h"

struct stages {
    struct decoder *decoder;
    struct symbols *symbols;
    struct enrich *enrich;
    struct tally_pool *pool;
    struct tally *tally;
    struct catalog *catalog;
    struct retention *retention;
    struct pair_log pairs;
    struct rollups rollups;
    struct grouping grouping;
    struct event event;
    struct fact fact;
    struct reason why;
    uint64_t cleared; /* how often the tally was full */
};

static inline void stages_open(struct stages *stages, const struct taxonomy *taxonomy)
{
    struct tally_options options = {.rollups = &stages->grouping.bases, .base = WINDOW_HOUR, .rows_max = 2048};

    *stages = (struct stages){0};
    if (rollups_parse(ROLLUPS_DEFAULT, &stages->rollups, &stages->why) != GO_ON ||
        decoder_open(&stages->decoder, 1 << 20, &stages->why) != GO_ON ||
        symbols_open(&stages->symbols, 65536, 8 << 20, &stages->why) != GO_ON ||
        enrich_open(&stages->enrich, taxonomy, stages->symbols, span_of("a key for tests"), &stages->why) != GO_ON ||
        tally_pool_open(&stages->pool, 1 << 20, &stages->why) != GO_ON ||
        catalog_open(&stages->catalog, "", &stages->why) != GO_ON ||
        retention_open(&stages->retention, stages->symbols, stages->catalog, &stages->why) != GO_ON)
        exit(EXIT_FAILURE);
    rollups_group(&stages->rollups, &stages->grouping);
    options.pool = stages->pool;
    if (tally_open(&stages->tally, &options, &stages->why) != GO_ON)
        exit(EXIT_FAILURE);
}

static inline void stages_close(struct stages *stages)
{
    pair_log_free(&stages->pairs);
    retention_close(stages->retention);
    catalog_close(stages->catalog);
    tally_close(stages->tally);
    tally_pool_close(stages->pool);
    enrich_close(stages->enrich);
    symbols_close(stages->symbols);
    decoder_close(stages->decoder);
}

/* Folds one message; a full tally is emptied, as a flush would. False if it was set aside. */
static inline bool stages_fold(struct stages *stages, struct span message)
{
    if (!tally_has_room(stages->tally) || !retention_has_room(stages->retention, &stages->pairs)) {
        tally_clear(stages->tally);
        pair_log_flushed(&stages->pairs);
        stages->cleared++;
    }
    if (!enrich_has_room(stages->enrich)) {
        enrich_forget(stages->enrich);
        pair_log_flushed(&stages->pairs);
        retention_forget(stages->retention, stages->catalog);
    }
    if (decode_event(stages->decoder, message, &stages->event, &stages->why) != GO_ON ||
        event_check(&stages->event, &stages->why) != GO_ON)
        return false;
    enrich_event(stages->enrich, &stages->event, &stages->fact);
    stages->fact.windows = 15;
    retention_expect(stages->retention, &stages->pairs, &stages->fact);
    tally_add(stages->tally, &stages->fact);
    if (!pair_log_reserve(&stages->pairs))
        exit(EXIT_FAILURE);
    retention_note(stages->retention, &stages->pairs, &stages->fact);
    return true;
}

#endif
