/*
 * The topic is read twice: to find the last letter of the account in each partition, and to copy what comes before. A
 * copy lies behind all that was there when the reading began, so none is copied again.
 */
#include "erase_letters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/core/event.h"
#include "gentally/inspect/dead_letters.h"
#include "gentally/kafka/topic_read.h"
#include "gentally/kafka/topics.h"
#include "gentally/kafka/transaction.h"
#include "unseal.h"

#define COPY_OF "gentally.copy-of" /* header: partition and offset of the letter that it takes the place of */
#define TRANSACTION_LETTERS 500u

struct rewriting {
    const struct letters_order *order;
    struct letters_counts *counts;
    char topic[TOPIC_NAME_MAX + 1];
    int64_t ends[PARTITIONS_MAX]; /* by partition: behind the last letter of the account; 0: there is none */
    uint64_t before[PARTITIONS_MAX], seen[PARTITIONS_MAX]; /* letters before that one; all so far */
    int32_t partitions;
    struct dead_letter_set *copied; /* places of letters that a run before this one copied */
    struct transaction *transaction;
    uint32_t pending;
};

/* ---- finding ---- */

static bool holds(struct span bytes, struct span part)
{
    return bytes.bytes != NULL && part.size > 0 && memmem(bytes.bytes, bytes.size, part.bytes, part.size) != NULL;
}

static bool names(const struct letters_order *order, struct span bytes)
{
    return holds(bytes, order->account) || holds(bytes, span_of(order->name));
}

static bool any_names(const struct letters_order *order, const struct topic_header headers[], uint32_t count)
{
    bool has_found = false;

    for (uint32_t i = 0; i < count; i++)
        has_found = has_found || names(order, headers[i].value) || names(order, span_of(headers[i].name));
    return has_found;
}

/* Whether a letter holds the account, in whatever form its record had. */
static enum verdict judge(struct rewriting *rewriting, const struct record *record, bool *is_its, bool *is_closed,
                          struct reason *why)
{
    const struct letters_order *order = rewriting->order;
    struct topic_header theirs[TOPIC_HEADERS_MAX], ours[TOPIC_HEADERS_MAX];
    struct letter_content content;
    struct dead_letter letter;
    enum letter_state state = LETTER_OPENED;

    *is_its = names(order, record->key) || names(order, record->value) ||
              any_names(order, theirs, topic_headers(record, theirs)) ||
              any_names(order, ours, topic_own_headers(record, ours));
    *is_closed = false;
    dead_letter_read(record, topic_header, &letter);
    if (*is_its || !letter.is_sealed)
        return GO_ON;
    enum verdict verdict = unseal(order->opener, &letter, &content, &state, why);
    *is_closed = state != LETTER_OPENED;
    if (verdict == GO_ON && !*is_closed)
        *is_its = names(order, letter.key) || names(order, letter.value) || names(order, letter.detail) ||
                  any_names(order, content.headers, content.header_count);
    return verdict;
}

static struct dead_letter_origin place_of(int32_t partition, int64_t offset)
{
    return (struct dead_letter_origin){span_of(""), partition, offset, 0};
}

static enum verdict find_letter(void *context, const struct record *record, struct reason *why)
{
    struct rewriting *rewriting = context;
    struct span copy_of = topic_header(record, COPY_OF);
    bool is_its = false, is_closed = false;
    int32_t partition;
    int64_t offset;

    if (record->partition >= PARTITIONS_MAX)
        return GO_ON;
    if (dead_letter_place_read(copy_of, &partition, &offset)) {
        const struct dead_letter_origin place = place_of(partition, offset);
        enum verdict verdict = dead_letter_set_put(rewriting->copied, &place, why);
        if (verdict != GO_ON)
            return verdict;
    }
    enum verdict verdict = judge(rewriting, record, &is_its, &is_closed, why);
    if (is_its) {
        rewriting->counts->found++;
        rewriting->ends[record->partition] = record->offset + 1;
        rewriting->before[record->partition] = rewriting->seen[record->partition];
        if (record->partition >= rewriting->partitions)
            rewriting->partitions = record->partition + 1;
    } else {
        rewriting->seen[record->partition]++;
    }
    rewriting->counts->sealed += is_closed;
    return verdict;
}

/* ---- copying ---- */

static enum verdict commit(struct rewriting *rewriting, struct reason *why)
{
    if (rewriting->pending == 0)
        return GO_ON;
    rewriting->pending = 0;
    return transaction_commit(rewriting->transaction, why);
}

/* Whether a header says what the record held, or what was kept of it. */
static bool is_told_anew(const char *name)
{
    static const char *const names[] = {COPY_OF,
                                        "gentally.detail",
                                        "gentally.kept",
                                        "gentally.value-omitted",
                                        "gentally.value-size",
                                        "gentally.headers-omitted",
                                        "gentally.sealed-form",
                                        "gentally.sealed-for",
                                        "__connect.errors.exception.message"};

    for (size_t i = 0; i < LENGTH_OF(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static enum verdict put_copy(struct rewriting *rewriting, const struct record *record, bool is_its, struct reason *why)
{
    struct topic_header ours[TOPIC_HEADERS_MAX], theirs[TOPIC_HEADERS_MAX];
    struct transaction_header headers[2 * TOPIC_HEADERS_MAX + 5];
    uint32_t count = 0, own = topic_own_headers(record, ours), other = is_its ? 0 : topic_headers(record, theirs);
    static const struct span because = {"not told here: the account was erased", 37};
    char place[48], size[24];
    struct record copy = *record;
    struct dead_letter letter;

    dead_letter_read(record, topic_header, &letter);
    snprintf(place, sizeof(place), "%" PRId32 ":%" PRId64, record->partition, record->offset);
    snprintf(size, sizeof(size), "%" PRId64, letter.value_size > 0 ? letter.value_size : 0);
    for (uint32_t i = 0; i < own; i++)
        if (is_its ? !is_told_anew(ours[i].name) : strcmp(ours[i].name, COPY_OF) != 0)
            headers[count++] = (struct transaction_header){ours[i].name, ours[i].value};
    for (uint32_t i = 0; i < other; i++)
        headers[count++] = (struct transaction_header){theirs[i].name, theirs[i].value};
    headers[count++] = (struct transaction_header){COPY_OF, span_of(place)};
    if (is_its) {
        copy.key = copy.value = span_of(NULL);
        headers[count++] = (struct transaction_header){"gentally.detail", because};
        headers[count++] = (struct transaction_header){"__connect.errors.exception.message", because};
        headers[count++] = (struct transaction_header){"gentally.kept", span_of("headers")};
        headers[count++] = (struct transaction_header){"gentally.value-omitted", span_of(size)};
    }
    enum verdict verdict = rewriting->pending == 0 ? transaction_begin(rewriting->transaction, why) : GO_ON;
    if (verdict == GO_ON)
        verdict = transaction_put_again(rewriting->transaction, rewriting->topic, &copy, headers, count, why);
    rewriting->pending += verdict == GO_ON;
    return verdict == GO_ON && rewriting->pending >= TRANSACTION_LETTERS ? commit(rewriting, why) : verdict;
}

static enum verdict copy_letter(void *context, const struct record *record, struct reason *why)
{
    struct rewriting *rewriting = context;
    const struct dead_letter_origin place = place_of(record->partition, record->offset);
    bool is_its = false, is_closed = false;

    if (record->partition >= rewriting->partitions || record->offset >= rewriting->ends[record->partition] ||
        dead_letter_set_has(rewriting->copied, &place))
        return GO_ON;
    enum verdict verdict = judge(rewriting, record, &is_its, &is_closed, why);
    return verdict == GO_ON ? put_copy(rewriting, record, is_its, why) : verdict;
}

static enum verdict rewrite(struct rewriting *rewriting, struct reason *why)
{
    const struct config *config = rewriting->order->config;
    char name[256];
    struct logger logger;

    log_open_as(&logger, config->log_level, config->log_format, "erase");
    snprintf(name, sizeof(name), "%s.letters", config->namespace_);
    enum verdict verdict = transaction_open(&rewriting->transaction, config, name, &logger, why);
    if (verdict == GO_ON)
        verdict = topic_read(config, rewriting->topic, copy_letter, rewriting, why);
    if (verdict == GO_ON)
        verdict = commit(rewriting, why);
    if (rewriting->transaction != NULL)
        transaction_close(rewriting->transaction);
    log_close(&logger);
    return verdict == GO_ON ? topic_cut(config, rewriting->topic, rewriting->ends, rewriting->partitions, why)
                            : verdict;
}

enum verdict erase_letters(const struct letters_order *order, struct letters_counts *counts, struct reason *why)
{
    struct rewriting *rewriting = calloc(1, sizeof(*rewriting));

    *counts = (struct letters_counts){0};
    if (rewriting == NULL)
        return no_memory(why, "for dead letters");
    rewriting->order = order;
    rewriting->counts = counts;
    topic_dead_letters(order->config, rewriting->topic);
    enum verdict verdict = dead_letter_set_open(&rewriting->copied, why);
    if (verdict == GO_ON)
        verdict = topic_read(order->config, rewriting->topic, find_letter, rewriting, why);
    for (int32_t i = 0; i < rewriting->partitions; i++)
        counts->others += rewriting->before[i];
    if (verdict == GO_ON && counts->found > 0 && !order->is_dry)
        verdict = rewrite(rewriting, why);
    if (verdict == HALT && why->id == SOURCE_TOPIC_MISSING)
        verdict = GO_ON;
    dead_letter_set_close(rewriting->copied);
    free(rewriting);
    return verdict;
}
