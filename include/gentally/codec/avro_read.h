/*
 * Reads what avro_write.h writes: Avro bytes in Confluent framing become summaries, ledger records and signals. For the
 * readers of our own topics. Pure; no allocation: the caller gives the room, some 10 to 140 kB.
 */
#ifndef GENTALLY_AVRO_READ_H
#define GENTALLY_AVRO_READ_H

#include "gentally/base/verdict.h"
#include "gentally/codec/summary_read.h"
#include "gentally/core/signal.h"
#include "gentally/core/summary.h"

/* Reads a summary, Avro or JSON (summary_json.h). Sums of a row that was not measured (summary_is_measured()) are 0.
 * SET_ASIDE: SUMMARY-UNREADABLE. */
MUST_CHECK enum verdict decode_summary(struct span bytes, struct summary_read *read, struct reason *why);

/* A partition of a ledger record whose outcomes do not add up to what it consumed. */
struct ledger_misfit {
    bool is_found;
    int32_t partition;
    int64_t consumed; /* as the record says */
    int64_t outcomes; /* their sum; INT64_MAX if it overflows */
};

/* A ledger record that was read, with the room it borrows from; not to be copied. */
struct ledger_read {
    struct ledger ledger;
    struct ledger_misfit misfit; /* the first misfit; a record with one is refused */
    char tables_version[128];
    struct ledger_partition partitions[1024];
};

/* Reads a ledger record. SET_ASIDE: LEDGER-UNREADABLE. */
MUST_CHECK enum verdict decode_ledger(struct span bytes, struct ledger_read *read, struct reason *why);

/* A signal that was read, with the room it borrows from; not to be copied. */
struct signal_read {
    struct signal signal;
    char text[8192];
};

/* Reads a signal. SET_ASIDE: SIGNAL-UNREADABLE. */
MUST_CHECK enum verdict decode_signal(struct span bytes, struct signal_read *read, struct reason *why);

#endif
