/* One run of `signals`: what its parts share. It is read and concluded by signals.c, published by signals_publish.c,
 * printed and handed to deliveries by signals_show.c. */
#ifndef GENTALLY_SIGNALS_RUN_H
#define GENTALLY_SIGNALS_RUN_H

#include <signal.h>

#include "gentally/base/log.h"
#include "gentally/codec/avro_read.h"
#include "gentally/codec/avro_write.h"
#include "gentally/codec/record_read.h"
#include "gentally/inspect/latest.h"
#include "gentally/inspect/signals.h"
#include "gentally/kafka/producer.h"
#include "gentally/kafka/topic_follow.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/our_schemas.h"
#include "signal_deliveries.h"
#include "under_way.h"

enum signals_format { SIGNALS_TABLE, SIGNALS_JSON, SIGNALS_NONE };

enum signals_topic { TOPIC_SIGNALS, TOPIC_MODEL, TOPIC_CATEGORY, TOPIC_RETENTION, TOPIC_LEDGER, TOPIC_COUNT };

struct signals_run {
    const struct config *config;
    struct logger logger;
    bool is_followed, is_dry;
    uint32_t format; /* enum signals_format */
    struct signal_rules rules;
    struct signal_wanted wanted;
    struct signal_deliveries *deliveries; /* NULL: to no webhook */
    sigset_t stops;
    bool is_stopped;

    char topic[TOPIC_NAME_MAX + 1]; /* of the signals */
    struct topic_follow *follow;
    enum signals_topic followed[TOPIC_COUNT]; /* which each of the follower's topics is */
    struct signals *signals;
    struct latest *published; /* what the signals' topic says; the generation of a row is its offset */
    struct encoder *encoder;
    struct summary_read *read;
    struct our_schemas *schemas;
    struct producer *producer;
    bool has_news; /* something that conclusions are made of */
    bool is_heard; /* anything */
    int64_t published_count, withdrawn_count;
    size_t unreadable_count; /* published messages that are no signals */
    struct latest *spoilt;   /* keys of summaries that cannot be read */
    struct under_way *under_way;
};

/* Reads a published signal, whose schema's id was asked for when it was taken. SET_ASIDE: it is none. */
MUST_CHECK enum verdict signals_read_published(struct signals_run *request, struct span value, struct signal_read *read,
                                               struct reason *why);

/* Publishes what was found and is not there yet, takes back what is there and was not found, and waits until that is
 * acknowledged: with --follow until a signal comes. */
MUST_CHECK enum verdict signals_publish(struct signals_run *request, struct reason *why);

/* Looks for a signal that asks to end, for so long. */
void signals_look_for_stop(struct signals_run *request, int wait_ms);

/* Prints what stands, or with --dry-run what would. HALT: SIGNAL-UNREADABLE, after all others are shown. */
MUST_CHECK enum verdict signals_print(struct signals_run *request, struct reason *why);

/* Tells the deliveries what stands in the topic. */
MUST_CHECK enum verdict signals_tell_standing(struct signals_run *request, struct reason *why);

#endif
