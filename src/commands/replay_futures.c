/* A set of the records' places, as dead letters name them. */
#include "replay_futures.h"

#include <stdlib.h>

#include "gentally/inspect/dead_letters.h"
#include "gentally/kafka/topic_read.h"
#include "gentally/kafka/topics.h"
#include "gentally/redis/store_deciders.h"

struct replay_futures {
    const char *topic; /* the input, of the live configuration */
    struct store *store;
    struct dead_letter_set *set;
    bool is_asked[PARTITIONS_MAX];
    struct deciders deciders[PARTITIONS_MAX];
};

/* False if another owner decided the record after the letter was written, as after a crash: perhaps it was counted. */
static enum verdict is_final(struct replay_futures *futures, const struct dead_letter *letter, bool *is,
                             struct reason *why)
{
    int32_t partition = letter->origin.partition;
    enum verdict verdict = GO_ON;

    *is = false;
    if (partition < 0 || partition >= PARTITIONS_MAX)
        return GO_ON;
    if (!futures->is_asked[partition])
        verdict = store_deciders(futures->store, partition, &futures->deciders[partition], why);
    futures->is_asked[partition] = verdict == GO_ON;
    if (verdict == GO_ON)
        *is = decision_of(&futures->deciders[partition], letter->origin.offset, letter->decided_by) !=
              DECISION_SUPERSEDED;
    return verdict;
}

static enum verdict take_letter(void *context, const struct record *record, struct reason *why)
{
    struct replay_futures *futures = context;
    struct dead_letter letter;
    bool is = false;

    dead_letter_read(record, topic_header, &letter);
    if (!letter.has_origin || !span_equal(letter.reason, span_of(reason_name(EVENT_FUTURE))) ||
        !span_equal(letter.origin.topic, span_of(futures->topic)))
        return GO_ON;
    enum verdict verdict = is_final(futures, &letter, &is, why);
    return verdict == GO_ON && is ? dead_letter_set_put(futures->set, &letter.origin, why) : verdict;
}

enum verdict replay_futures_open(struct replay_futures **futures, const struct config *live, struct store *store,
                                 struct reason *why)
{
    char letters[TOPIC_NAME_MAX + 1];

    *futures = calloc(1, sizeof(**futures));
    if (*futures == NULL)
        return no_memory(why, "for the dead letters of a replay");
    (*futures)->topic = live->topic;
    (*futures)->store = store;
    topic_dead_letters(live, letters);
    enum verdict verdict = dead_letter_set_open(&(*futures)->set, why);
    if (verdict == GO_ON)
        verdict = topic_read(live, letters, take_letter, *futures, why);
    if (verdict != GO_ON) {
        replay_futures_close(*futures);
        *futures = NULL;
    }
    return verdict;
}

void replay_futures_close(struct replay_futures *futures)
{
    if (futures == NULL)
        return;
    dead_letter_set_close(futures->set);
    for (int32_t partition = 0; partition < PARTITIONS_MAX; partition++)
        free(futures->deciders[partition].items);
    free(futures);
}

bool replay_futures_has(void *context, const struct record *record)
{
    const struct replay_futures *futures = context;
    const struct dead_letter_origin origin = {span_of(futures->topic), record->partition, record->offset,
                                              record->timestamp_ms};

    return dead_letter_set_has(futures->set, &origin);
}
