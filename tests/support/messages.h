/* Generated events as the wire has them: Avro bytes in one block, for tests and benches of what comes after Kafka. */
#ifndef GENTALLY_TEST_MESSAGES_H
#define GENTALLY_TEST_MESSAGES_H

#include <stdio.h>
#include <stdlib.h>

#include "gentally/codec/avro_write.h"
#include "gentally/core/catalog.h"
#include "gentally/core/taxonomy.h"
#include "workload.h"

struct messages {
    char *bytes;
    size_t size; /* bytes of all */
    uint32_t count;
    size_t *ends; /* of each message in `bytes` */
    struct taxonomy *taxonomy;
};

static inline struct span messages_at(const struct messages *messages, uint32_t index)
{
    size_t begin = index == 0 ? 0 : messages->ends[index - 1];

    return (struct span){messages->bytes + begin, messages->ends[index] - begin};
}

/* `count` events of `hours` hours from Monday 2025-11-17 on, seed 1. Exits when it cannot: there is nothing to test
 * then. */
static inline void messages_make(struct messages *messages, uint32_t count, int64_t hours)
{
    const int64_t from_ms = INT64_C(1763337600000);
    struct workload_options options = {.seed = 1,
                                       .events = count,
                                       .from_ms = from_ms,
                                       .to_ms = from_ms + hours * 3600000,
                                       .accounts = 5000,
                                       .classified = 50000,
                                       .errors = 10000};
    struct catalog *catalog = NULL;
    struct workload *workload = NULL;
    struct encoder *encoder = NULL;
    struct event event;
    struct reason why;

    *messages = (struct messages){.bytes = malloc((size_t)count * 512), .ends = calloc(count, sizeof(size_t))};
    if (messages->bytes == NULL || messages->ends == NULL || catalog_open(&catalog, NULL, &why) != GO_ON ||
        taxonomy_open(&messages->taxonomy, NULL, &why) != GO_ON || encoder_open(&encoder, &why) != GO_ON ||
        workload_open(&workload, &options, catalog, messages->taxonomy, &why) != GO_ON)
        exit(EXIT_FAILURE);
    while (workload_next(workload, &event)) {
        struct span encoded;
        if (encode_event(encoder, &event, &encoded, &why) != GO_ON || encoded.size > 512)
            exit(EXIT_FAILURE);
        memcpy(messages->bytes + messages->size, encoded.bytes, encoded.size);
        messages->size += encoded.size;
        messages->ends[messages->count++] = messages->size;
    }
    workload_close(workload);
    encoder_close(encoder);
    catalog_close(catalog);
}

static inline void messages_free(struct messages *messages)
{
    taxonomy_close(messages->taxonomy);
    free(messages->bytes);
    free(messages->ends);
}

#endif
