/* A transaction for each topic, as what one refuses breaks it. */
#include "erase_rights.h"

#include <stdio.h>

#include "gentally/config/config.h"
#include "gentally/kafka/topics.h"
#include "gentally/kafka/transaction.h"

static enum verdict try_topic(struct transaction *transaction, const char *topic, struct reason *why)
{
    enum verdict verdict = transaction_try(transaction, topic, why);

    return verdict == HALT && why->id == SINK_TOPIC_MISSING ? transaction_abort(transaction, why) : verdict;
}

static enum verdict try_summaries(struct transaction *transaction, const struct config *config,
                                  const struct rollups *rollups, struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];

    topic_ledger(config, topic);
    enum verdict verdict = try_topic(transaction, topic, why);
    for (uint32_t i = 0; i < rollups->count && verdict == GO_ON; i++) {
        topic_summaries(config, rollups->items[i].name, topic);
        verdict = try_topic(transaction, topic, why);
    }
    return verdict;
}

static enum verdict open_named(struct transaction **transaction, const struct config *config, const char *name,
                               struct logger *logger, struct reason *why)
{
    char full[256];

    snprintf(full, sizeof(full), "%s.%s", config->namespace_, name);
    return transaction_open(transaction, config, full, logger, why);
}

static enum verdict try_letters(const struct config *config, struct logger *logger, struct reason *why)
{
    static const int64_t nothing[] = {0};
    struct transaction *transaction = NULL;
    char topic[TOPIC_NAME_MAX + 1];
    enum verdict verdict = open_named(&transaction, config, "letters", logger, why);

    topic_dead_letters(config, topic);
    if (verdict == GO_ON)
        verdict = try_topic(transaction, topic, why);
    transaction_close(transaction);
    if (verdict == GO_ON)
        verdict = topic_cut(config, topic, nothing, 1, why);
    return verdict == HALT && why->id == SINK_TOPIC_MISSING ? GO_ON : verdict;
}

enum verdict erase_rights(const struct config *config, const struct rollups *rollups, struct logger *logger,
                          struct reason *why)
{
    struct transaction *transaction = NULL;
    enum verdict verdict = GO_ON;

    if (rollups->count > 0)
        verdict = open_named(&transaction, config, "closer", logger, why);
    if (verdict == GO_ON && transaction != NULL)
        verdict = try_summaries(transaction, config, rollups, why);
    transaction_close(transaction);
    return verdict == GO_ON ? try_letters(config, logger, why) : verdict;
}
