/*
 * What is sealed of a dead letter, and the same as bytes. Pure.
 *
 *   detail | key | value | number of headers 1 | headers          each part: size 4 (big-endian, ff ff ff ff: absent),
 *                                                                 bytes
 *   header   name, NUL | a part, its value
 */
#ifndef GENTALLY_LETTER_CONTENT_H
#define GENTALLY_LETTER_CONTENT_H

#include "gentally/kafka/topic_read.h"

/* What is sealed. Absent: the record had none. */
struct letter_content {
    struct span detail; /* why the record was set aside, which may name what is in it */
    struct span key, value;
    uint32_t header_count; /* at most TOPIC_HEADERS_MAX */
    struct topic_header headers[TOPIC_HEADERS_MAX];
};

/* How many bytes it takes; SIZE_MAX if a part is too large to be written, as no record of Kafka's is. */
size_t letter_content_size(const struct letter_content *content);

/* Writes that many bytes. */
void letter_content_write(const struct letter_content *content, char *bytes);

/* Reads them; all borrows from `bytes`. False for any others: no other bytes are written of what is read. */
MUST_CHECK bool letter_content_read(struct span bytes, struct letter_content *content);

#endif
