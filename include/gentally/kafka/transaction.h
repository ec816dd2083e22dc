/*
 * Summaries and their ledger record on their way into topics, in one Kafka transaction, which fences any earlier
 * transaction of the same name. Single-threaded use.
 */
#ifndef GENTALLY_TRANSACTION_H
#define GENTALLY_TRANSACTION_H

#include "gentally/base/log.h"

struct config;
struct transaction;

/*
 * A transactional producer. Fences every earlier transaction of the same `name` (transactional.id) and returns with no
 * transaction open. Blocks up to 30 s. HALT: SINK-CONFIG, SINK-DENIED; TRY_LATER: SINK-UNREACHABLE.
 */
MUST_CHECK enum verdict transaction_open(struct transaction **transaction, const struct config *config,
                                         const char *name, struct logger *logger, struct reason *why);
void transaction_close(struct transaction *transaction); /* aborts what is open */

MUST_CHECK enum verdict transaction_begin(struct transaction *transaction, struct reason *why);

/* Queues one message of the transaction (bytes are copied; absent value = tombstone). REWIND and STEP_DOWN as in
 * transaction_commit(): the transaction cannot succeed any more. HALT as in producer_put(). */
MUST_CHECK enum verdict transaction_put(struct transaction *transaction, const char *topic, struct span key,
                                        struct span value, struct reason *why);

struct transaction_header {
    const char *name;
    struct span value;
};

/* Like transaction_put(), into one partition, and with headers (copied). */
MUST_CHECK enum verdict transaction_put_to(struct transaction *transaction, const char *topic, int32_t partition,
                                           struct span key, struct span value,
                                           const struct transaction_header headers[], uint32_t count,
                                           struct reason *why);

/*
 * Commits. GO_ON: all of it is visible. REWIND: it is aborted, or its outcome is unknown (SINK-TXN-ABORTED,
 * SINK-TXN-UNKNOWN): close this transaction, open a new one and read the ledger again. STEP_DOWN: SINK-FENCED, a newer
 * transaction exists. HALT: SINK-DENIED, SINK-FATAL. Blocks up to 60 s.
 */
MUST_CHECK enum verdict transaction_commit(struct transaction *transaction, struct reason *why);
/* GO_ON: nothing of it will ever be seen, or none was open. REWIND, STEP_DOWN, HALT as above. Blocks up to 30 s. */
MUST_CHECK enum verdict transaction_abort(struct transaction *transaction, struct reason *why);

#endif
