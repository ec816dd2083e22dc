/* A client of librdkafka that is made for one question, answers it, and is gone. Nobody reads its log: what it meets is
 * the answer's verdict. Private to this room. */
#ifndef GENTALLY_QUESTION_H
#define GENTALLY_QUESTION_H

#include "kafka_client.h"

/* Stays at one address while it is open. */
struct question {
    rd_kafka_t *client;
    struct kafka_notes notes;
    struct logger silent;
};

/* Makes the client, which is closed once by question_close() after GO_ON. Verdicts of kafka_open(). */
MUST_CHECK enum verdict question_open(struct question *question, const struct config *config, enum reason_id config_id,
                                      struct reason *why);
void question_close(struct question *question);

#endif
