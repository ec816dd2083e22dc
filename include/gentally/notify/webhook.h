/*
 * A webhook: a URL that takes one JSON message by POST, as Slack's incoming webhooks do. Over libcurl. The URL is as
 * good as a password for many of them, so no message, reason or log has more of it than its scheme and host.
 */
#ifndef GENTALLY_WEBHOOK_H
#define GENTALLY_WEBHOOK_H

#include "gentally/base/verdict.h"

#define WEBHOOK_TIMEOUT_MS 10000 /* of one post, from its beginning to the end of the answer */

struct webhook;

/* Opens a webhook; no byte is sent. `token` NULL: without one; else it is sent as a bearer token. Both are copied.
 * HALT: WEBHOOK-URL (neither http nor https, or with a user in it), NO-MEMORY. */
MUST_CHECK enum verdict webhook_open(struct webhook **webhook, const char *url, const char *token, struct reason *why);
void webhook_close(struct webhook *webhook);

/*
 * Posts `body`, JSON, with `id` (visible ASCII without blanks) as header Idempotency-Key: the same id is the same
 * message, for servers that look at it. Blocks, for WEBHOOK_TIMEOUT_MS at most. No redirect is followed.
 *
 * GO_ON: taken (2xx). SET_ASIDE, WEBHOOK-REFUSED: this message never will be (400, 413, 415, 422). TRY_LATER,
 * WEBHOOK-AWAY: all else: no connection, no answer in time, 408, 429, 5xx; and other answers, which say that the URL is
 * not right, or not any more. `*wait_ms` is what Retry-After asks for, up to a day; 0 if nothing is asked. Where no
 * answer came the message may have been taken all the same: that is as much as HTTP tells.
 */
MUST_CHECK enum verdict webhook_post(struct webhook *webhook, struct span body, const char *id, int64_t *wait_ms,
                                     struct reason *why);

#endif
