/* Avro bytes (Confluent framing) -> structs, for our own readers of the topics we write. */
#ifndef GENTALLY_AVRO_READ_H
#define GENTALLY_AVRO_READ_H

#include "gentally/base/verdict.h"
#include "gentally/core/signal.h"
#include "gentally/core/summary.h"

/* A summary as read back: fixed room, spans borrow from it. */
struct summary_read {
    struct summary summary; /* spans point into `text` */
    struct cell cell;       /* sums and histograms; account registers are not carried by a summary */
    int64_t accounts;       /* -1 = null */
    char text[8192];
};
/* SET_ASIDE: SUMMARY-UNREADABLE. */
MUST_CHECK enum verdict decode_summary(struct span bytes, struct summary_read *read, struct reason *why);

/* A partition of a ledger record that says it consumed something else than its outcomes add up to. */
struct ledger_misfit {
    bool is_found;
    int32_t partition;
    int64_t consumed, outcomes; /* as it says; their sum, INT64_MAX if that has no number */
};

struct ledger_read {
    struct ledger ledger;        /* `partitions` points below */
    struct ledger_misfit misfit; /* the first one; such a record is refused */
    char tables_version[128];
    struct ledger_partition partitions[1024];
};
/* SET_ASIDE: LEDGER-UNREADABLE. */
MUST_CHECK enum verdict decode_ledger(struct span bytes, struct ledger_read *read, struct reason *why);

struct signal_read {
    struct signal signal; /* spans point into `text` */
    char text[8192];
};
/* SET_ASIDE: SIGNAL-UNREADABLE. */
MUST_CHECK enum verdict decode_signal(struct span bytes, struct signal_read *read, struct reason *why);

#endif
