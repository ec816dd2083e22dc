/*
 * Signals on their way to a webhook: each that stands in the topic and is wanted, one message, oldest window first.
 *
 * A file says which were delivered: what stands when it is made counts as told, so that a webhook begins with what
 * comes then. A message is sent until the webhook takes it, or refuses it for good; then its key goes into the file,
 * before the next one is sent. So each is delivered once, but where the webhook's answer was lost, or this process
 * ended between the answer and the file: then it is sent again, under the same Idempotency-Key.
 */
#ifndef GENTALLY_SIGNAL_DELIVERIES_H
#define GENTALLY_SIGNAL_DELIVERIES_H

#include "gentally/base/log.h"
#include "signal_wanted.h"

struct signal_deliveries;

/* All but `logger` is copied. `state_path` is locked until close, made if it is not there, and belongs to one webhook.
 * With `wanted->since_ms`, what stands from then on is not counted as told when the file is made. HALT: WEBHOOK-URL,
 * WEBHOOK-BUSY, WEBHOOK-STATE, NO-MEMORY. */
MUST_CHECK enum verdict signal_deliveries_open(struct signal_deliveries **deliveries, const char *url,
                                               const char *token, const char *state_path,
                                               const struct signal_wanted *wanted, struct logger *logger,
                                               struct reason *why);
void signal_deliveries_close(struct signal_deliveries *deliveries);

/* Tells what stands, anew: begin, each signal with its key, end. One under a key that it does not have is none of ours,
 * and is passed over. HALT: NO-MEMORY, WEBHOOK-STATE. */
void signal_deliveries_begin(struct signal_deliveries *deliveries);
MUST_CHECK enum verdict signal_deliveries_add(struct signal_deliveries *deliveries, struct span key,
                                              const struct signal *signal, struct reason *why);
MUST_CHECK enum verdict signal_deliveries_end(struct signal_deliveries *deliveries, struct reason *why);

/* Sends one message, if there is one and its time has come at `now_ms` (monotonic): one a second at most, and after one
 * that was not taken ever later, or as late as the webhook asks. Blocks as webhook_post(). GO_ON, also when it was not
 * taken; HALT: WEBHOOK-STATE, NO-MEMORY. */
MUST_CHECK enum verdict signal_deliveries_turn(struct signal_deliveries *deliveries, int64_t now_ms,
                                               struct reason *why);

#endif
