/* What `erase` needs from Kafka to write, asked before it begins: workers wait for an erasure that cannot go on. */
#ifndef GENTALLY_ERASE_RIGHTS_H
#define GENTALLY_ERASE_RIGHTS_H

#include "gentally/base/log.h"
#include "gentally/core/rollup.h"

struct config;

/*
 * Asks by doing, with what nobody sees: transactions into the ledger, the topics of `rollups` (without any, neither)
 * and dead letters, which are aborted, and the deletion of no record. Fences who closes windows, so its lease is to be
 * in the caller's hand. A topic that is not there wants no right. Verdicts as of transaction_open(), transaction_try()
 * and topic_cut().
 */
MUST_CHECK enum verdict erase_rights(const struct config *config, const struct rollups *rollups, struct logger *logger,
                                     struct reason *why);

#endif
