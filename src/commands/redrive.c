/*
 * Records sent again. Each record is sent once for good, since a note of it goes to Kafka in the same transaction, by
 * the record's first place. The next redrive fences this one, waits for its open transaction to end, and only then
 * reads the notes. So a crash at any moment leaves a record sent and noted, or neither.
 *
 * A letter is older than the flush that makes it final; a worker that was killed in between leaves letters of records
 * which the next one counts. The store knows whose flush passed a record, and is asked once for each partition: what is
 * decided stays so, but for a store that loses its last writes.
 */
#include "redrive.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/core/event.h"
#include "gentally/kafka/topic_read.h"
#include "gentally/kafka/topics.h"
#include "gentally/kafka/transaction.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_deciders.h"
#include "unseal.h"

#define TRANSACTION_LETTERS 500u
#define TRANSACTION_BYTES ((size_t)16 << 20)
#define ATTEMPTS 3 /* after a transaction that failed or whose end nobody knows */

/* What the store says of a partition. */
struct asked_partition {
    bool is_asked;
    struct deciders deciders;
};

struct redriving {
    const struct config *config;
    const struct dead_letter_filter *filter;
    struct redrive_options options;
    struct store *store;
    size_t partition_room;
    uint32_t partition_count;
    struct asked_partition *partitions;
    struct redrive_counts *counts;
    struct dead_letter_set *before, *now; /* sent by an earlier redrive, and met in this one */
    struct transaction *transaction;      /* NULL: a dry run */
    char notes[TOPIC_NAME_MAX + 1];
    uint32_t pending; /* in the open transaction */
    size_t pending_bytes;
};

static enum verdict take_note(void *context, const struct record *record, struct reason *why)
{
    struct redriving *redriving = context;
    struct dead_letter_origin origin;

    if (record->value.bytes == NULL || !dead_letter_key_read(record->key, &origin))
        return GO_ON;
    return dead_letter_set_put(redriving->before, &origin, why);
}

static enum verdict commit(struct redriving *redriving, struct reason *why)
{
    if (redriving->pending == 0)
        return GO_ON;
    enum verdict verdict = transaction_commit(redriving->transaction, why);
    if (verdict != GO_ON)
        return verdict;
    redriving->counts->sent += redriving->pending;
    redriving->pending = 0;
    redriving->pending_bytes = 0;
    return GO_ON;
}

static enum verdict send(struct redriving *redriving, const struct dead_letter *letter,
                         const struct letter_content *content, struct reason *why)
{
    char key[DEAD_LETTER_KEY_MAX], from[DEAD_LETTER_KEY_MAX], place[48];
    size_t key_size = dead_letter_key_write(&letter->origin, key);
    enum verdict verdict = redriving->pending == 0 ? transaction_begin(redriving->transaction, why) : GO_ON;

    snprintf(from, sizeof(from), "%.*s:%" PRId32 ":%" PRId64, (int)letter->origin.topic.size,
             letter->origin.topic.bytes, letter->origin.partition, letter->origin.offset);
    snprintf(place, sizeof(place), "%" PRId32 ":%" PRId64, letter->partition, letter->offset);
    struct transaction_header headers[TOPIC_HEADERS_MAX + 2];
    uint32_t count = content->header_count;
    for (uint32_t i = 0; i < count; i++)
        headers[i] = (struct transaction_header){content->headers[i].name, content->headers[i].value};
    headers[count++] = (struct transaction_header){"gentally.redriven-from", span_of(from)};
    headers[count++] = (struct transaction_header){"gentally.redriven-letter", span_of(place)};
    if (verdict == GO_ON)
        verdict = transaction_put_to(redriving->transaction, redriving->config->topic, letter->origin.partition,
                                     letter->key, letter->value, headers, count, why);
    if (verdict == GO_ON)
        verdict = transaction_put(redriving->transaction, redriving->notes, (struct span){key, key_size},
                                  span_of(place), why);
    if (verdict != GO_ON)
        return verdict;
    redriving->pending++;
    redriving->pending_bytes += letter->key.size + letter->value.size;
    return redriving->pending == TRANSACTION_LETTERS || redriving->pending_bytes >= TRANSACTION_BYTES
               ? commit(redriving, why)
               : GO_ON;
}

/* ---- is a letter final? ---- */

/* The partition's deciders, asked for when its first letter comes. */
static enum verdict ask(struct redriving *redriving, int32_t partition, const struct deciders **deciders,
                        struct reason *why)
{
    uint32_t needed = (uint32_t)partition + 1;
    enum verdict verdict = GO_ON;

    if (needed > redriving->partition_count) {
        struct asked_partition *grown = grow(redriving->partitions, &redriving->partition_room, needed, sizeof(*grown));
        if (grown == NULL)
            return no_memory(why, "for partitions of dead letters");
        redriving->partitions = grown;
        memset(grown + redriving->partition_count, 0, (needed - redriving->partition_count) * sizeof(*grown));
        redriving->partition_count = needed;
    }
    struct asked_partition *asked = &redriving->partitions[partition];
    if (!asked->is_asked)
        verdict = store_deciders(redriving->store, partition, &asked->deciders, why);
    asked->is_asked = verdict == GO_ON;
    *deciders = &asked->deciders;
    return verdict;
}

/* The count of letters like this one that are not sent, or NULL: it is final. */
static enum verdict judge(struct redriving *redriving, const struct dead_letter *letter, uint64_t **count,
                          struct reason *why)
{
    struct redrive_counts *counts = redriving->counts;
    const struct deciders *deciders = NULL;
    static const struct deciders nothing = {.next = 0}; /* No topic has so many partitions. */
    bool is_possible = letter->origin.partition < PARTITIONS_MAX;
    enum verdict verdict = is_possible ? ask(redriving, letter->origin.partition, &deciders, why) : GO_ON;

    *count = NULL;
    if (verdict != GO_ON)
        return verdict;
    switch (decision_of(is_possible ? deciders : &nothing, letter->origin.offset, letter->decided_by)) {
    case DECISION_FINAL:
        break;
    case DECISION_SUPERSEDED:
        *count = &counts->superseded;
        break;
    case DECISION_PENDING:
        *count = &counts->undecided;
        break;
    case DECISION_UNKNOWN:
        *count = redriving->options.is_unsure ? NULL : &counts->unsure;
        break;
    }
    return GO_ON;
}

/* ---- letters ---- */

/* What a letter keeps of its record; the count of letters like this one that are not sent, or NULL. */
static enum verdict find_content(struct redriving *redriving, const struct record *record, struct dead_letter *letter,
                                 struct letter_content *content, uint64_t **count, struct reason *why)
{
    struct redrive_counts *counts = redriving->counts;
    enum letter_state state = LETTER_OPENED;

    *count = letter->omitted_size < 0 ? NULL : letter->is_stripped ? &counts->stripped : &counts->omitted;
    if (*count != NULL)
        return GO_ON;
    if (!letter->is_sealed) {
        content->header_count = topic_headers(record, content->headers);
        return GO_ON;
    }
    enum verdict verdict = unseal(redriving->options.opener, letter, content, &state, why);
    if (state != LETTER_OPENED)
        *count = state == LETTER_TORN ? &counts->torn : &counts->sealed;
    return verdict;
}

static enum verdict take_letter(void *context, const struct record *record, struct reason *why)
{
    struct redriving *redriving = context;
    struct redrive_counts *counts = redriving->counts;
    struct dead_letter letter;
    struct letter_content content;

    dead_letter_read(record, topic_header, &letter);
    if (!dead_letter_fits(&letter, redriving->filter))
        return GO_ON;
    counts->letters++;
    uint64_t *other = !letter.has_origin                                                    ? &counts->foreign
                      : !span_equal(letter.origin.topic, span_of(redriving->config->topic)) ? &counts->elsewhere
                                                                                            : NULL;
    if (other == NULL && dead_letter_set_has(redriving->now, &letter.origin))
        other = &counts->doubles;
    else if (other == NULL && dead_letter_set_has(redriving->before, &letter.origin))
        other = &counts->before;
    enum verdict verdict = other == NULL ? judge(redriving, &letter, &other, why) : GO_ON;
    if (verdict == GO_ON && other == NULL)
        verdict = find_content(redriving, record, &letter, &content, &other, why);
    if (verdict != GO_ON)
        return verdict;
    if (other != NULL)
        ++*other;
    if (other != NULL && other != &counts->before)
        return GO_ON;
    verdict = dead_letter_set_put(redriving->now, &letter.origin, why);
    if (verdict != GO_ON || other != NULL)
        return verdict;
    if (redriving->transaction != NULL)
        return send(redriving, &letter, &content, why);
    counts->sent++;
    return GO_ON;
}

static enum verdict open_all(struct redriving *redriving, struct logger *logger, struct reason *why)
{
    char name[256];
    enum verdict verdict = dead_letter_set_open(&redriving->before, why);

    snprintf(name, sizeof(name), "%s.redrive", redriving->config->namespace_);
    if (verdict == GO_ON)
        verdict = dead_letter_set_open(&redriving->now, why);
    if (verdict == GO_ON)
        verdict = store_open(&redriving->store, redriving->config, logger, why);
    if (verdict == GO_ON && !redriving->options.is_dry) /* First fence whoever was here, then read what they left. */
        verdict = transaction_open(&redriving->transaction, redriving->config, name, logger, why);
    return verdict;
}

static void close_all(struct redriving *redriving)
{
    if (redriving->transaction != NULL)
        transaction_close(redriving->transaction); /* aborts what is open */
    store_close(redriving->store);
    for (uint32_t i = 0; i < redriving->partition_count; i++)
        free(redriving->partitions[i].deciders.items);
    free(redriving->partitions);
    dead_letter_set_close(redriving->before);
    dead_letter_set_close(redriving->now);
}

static enum verdict attempt(struct redriving *redriving, struct reason *why)
{
    char letters[TOPIC_NAME_MAX + 1];
    struct logger logger;

    log_open_as(&logger, redriving->config->log_level, redriving->config->log_format, "dlq");
    topic_redrives(redriving->config, redriving->notes);
    topic_dead_letters(redriving->config, letters);
    enum verdict verdict = open_all(redriving, &logger, why);
    if (verdict == GO_ON)
        verdict = topic_read(redriving->config, redriving->notes, take_note, redriving, why);
    if (verdict == GO_ON)
        verdict = topic_read(redriving->config, letters, take_letter, redriving, why);
    if (verdict == GO_ON && redriving->transaction != NULL)
        verdict = commit(redriving, why);
    close_all(redriving);
    log_close(&logger);
    return verdict;
}

enum verdict redrive(const struct config *config, const struct dead_letter_filter *filter,
                     struct redrive_options options, struct redrive_counts *counts, struct reason *why)
{
    enum verdict verdict = REWIND;
    uint64_t sent = 0;

    for (int i = 0; i < ATTEMPTS && verdict == REWIND; i++) {
        struct redriving redriving = {.config = config, .filter = filter, .options = options, .counts = counts};
        *counts = (struct redrive_counts){0};
        verdict = attempt(&redriving, why);
        sent += counts->sent; /* What an attempt before sent is found as sent before by the next. */
        counts->before -= counts->before < sent - counts->sent ? counts->before : sent - counts->sent;
    }
    counts->sent = sent;
    return verdict;
}
