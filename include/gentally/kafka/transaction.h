/*
 * A transaction sends summaries and their ledger record into topics: all of them become visible, or none. Opening one
 * fences every earlier transaction of the same name. One thread at a time uses a transaction.
 */
#ifndef GENTALLY_TRANSACTION_H
#define GENTALLY_TRANSACTION_H

#include "gentally/base/log.h"
#include "gentally/core/event.h"

struct config;
struct transaction;

/*
 * Opens a transactional producer and fences every earlier one of the same `name` (transactional.id); nothing is begun
 * yet. GO_ON gives `*transaction` to the caller, to be closed once; `logger` is borrowed until then. Blocks up to 30 s.
 * HALT: SINK-CONFIG, SINK-DENIED, NO-MEMORY; TRY_LATER: SINK-UNREACHABLE.
 */
MUST_CHECK enum verdict transaction_open(struct transaction **transaction, const struct config *config,
                                         const char *name, struct logger *logger, struct reason *why);

/* Says whether transaction_open() would refuse the configuration, and connects to nothing. */
MUST_CHECK enum verdict transaction_check_config(const struct config *config, struct reason *why);

/* Aborts what was begun and not committed, and frees the transaction; NULL is fine. Blocks up to 5 s. */
void transaction_close(struct transaction *transaction);

/* Begins the transaction (after open, commit or abort), without asking the broker. Verdicts of transaction_commit(). */
MUST_CHECK enum verdict transaction_begin(struct transaction *transaction, struct reason *why);

/* Queues one message of the transaction (bytes are copied; an absent value is a tombstone). REWIND and STEP_DOWN as in
 * transaction_commit(): the transaction cannot succeed any more. HALT: SINK-DENIED, SINK-TOO-LARGE, SINK-TOPIC-MISSING,
 * SINK-FATAL. */
MUST_CHECK enum verdict transaction_put(struct transaction *transaction, const char *topic, struct span key,
                                        struct span value, struct reason *why);

struct transaction_header {
    const char *name;
    struct span value;
};

/* Queues one message as transaction_put() does, into one partition, and with `count` headers (copied). */
MUST_CHECK enum verdict transaction_put_to(struct transaction *transaction, const char *topic, int32_t partition,
                                           struct span key, struct span value,
                                           const struct transaction_header headers[], uint32_t count,
                                           struct reason *why);

/* The same of a record that was read: into the partition that it names, with its key, value and time. */
MUST_CHECK enum verdict transaction_put_again(struct transaction *transaction, const char *topic,
                                              const struct record *record, const struct transaction_header headers[],
                                              uint32_t count, struct reason *why);

/* Whether `topic` takes messages of this user and name: begins, sends one, and aborts, so that nobody who reads what is
 * committed ever sees it. Verdicts as of transaction_commit(), after which it is to be aborted, or closed. */
MUST_CHECK enum verdict transaction_try(struct transaction *transaction, const char *topic, struct reason *why);

/*
 * Commits what was begun. GO_ON: all messages are visible. REWIND: the transaction is aborted (SINK-TXN-ABORTED), or
 * its outcome is unknown (SINK-TXN-UNKNOWN): close it, open a new one and read the ledger again. STEP_DOWN:
 * SINK-FENCED, a newer transaction of the name exists. HALT: SINK-DENIED, SINK-TOO-LARGE, SINK-TOPIC-MISSING,
 * SINK-FATAL. Blocks up to 60 s.
 */
MUST_CHECK enum verdict transaction_commit(struct transaction *transaction, struct reason *why);

/* Aborts what was begun. GO_ON: no message will ever be visible, or nothing was begun. REWIND, STEP_DOWN, HALT as
 * transaction_commit(). Blocks up to 30 s. */
MUST_CHECK enum verdict transaction_abort(struct transaction *transaction, struct reason *why);

#endif
