/*
 * `gentally remove`: a namespace taken out of Redis and Kafka for good.
 *
 * The settings say which topics and which group belong to it, so they go last: a removal that is interrupted finds all
 * that is left when it is run again. Before anything is deleted they say that it was begun, and then no worker and no
 * setup begins any more.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/cli/command.h"
#include "gentally/commands/commands.h"
#include "gentally/config/settings.h"
#include "gentally/kafka/group.h"
#include "gentally/kafka/topics.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_namespace.h"
#include "gentally/redis/store_settings.h"

enum option { YES, DEAD_LETTERS };

static const struct command_option option_table[] = {
    [YES] = {"yes", NULL, "delete what is listed (default: only list it)", NULL},
    [DEAD_LETTERS] = {"dead-letters", NULL, "the dead letters, too, and the notes of which were sent back", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_remove = {
    .name = "remove",
    .purpose = "delete a namespace: its counters, its topics, its group's offsets",
    .arguments = "--namespace NS [--dead-letters] [--yes]",
    .summary = "delete a namespace: its counters, its topics, its group's offsets",
    .text =
        "Lists what the namespace has: keys in Redis, topics of summaries, ledger and signals, the offsets that its\n"
        "group committed. With --yes it deletes them, for good. The input topic and other namespaces are never\n"
        "touched, however their names begin; dead letters stay unless --dead-letters is given.\n"
        "\n"
        "Refuses while a worker of the namespace is in its group. Safe to repeat; a removal that was interrupted is\n"
        "taken up again. A new namespace is made first where counts are to go on: runbooks/rebuild.md. What a replay\n"
        "left is a namespace of its own: --namespace NS-replay-NAME.\n"
        "\n"
        "Example:\n"
        "  gentally remove --namespace gentally-2024 --yes",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

struct removal {
    struct config *config; /* with the topic and the group that the namespace was counted by */
    struct logger logger;
    struct store *store;
    struct settings settings;
    bool has_letters; /* to be deleted, too */
    uint32_t topic_count;
    char topics[TOPICS_DELETED_MAX][TOPIC_NAME_MAX + 1];
    const char *names[TOPICS_DELETED_MAX];
    bool is_there[TOPICS_DELETED_MAX];
    uint64_t keys;
};

static bool is_kept(const struct removal *removal)
{
    return removal->settings.version[0] != '\0';
}

/* ---- what there is ---- */

static void name_topics(struct removal *removal)
{
    const struct config *config = removal->config;
    const struct rollups *rollups = &config->rollups;

    topic_ledger(config, removal->topics[removal->topic_count++]);
    topic_signals(config, removal->topics[removal->topic_count++]);
    topic_summaries(config, ROLLUP_RETENTION, removal->topics[removal->topic_count++]);
    for (uint32_t i = 0; i < removal->settings.rollup_count; i++)
        topic_summaries(config, removal->settings.rollups[i].rollup.name, removal->topics[removal->topic_count++]);
    for (uint32_t i = 0; i < rollups->count && !is_kept(removal); i++) /* Nobody else knows them any more. */
        topic_summaries(config, rollups->items[i].name, removal->topics[removal->topic_count++]);
    if (removal->has_letters) {
        topic_dead_letters(config, removal->topics[removal->topic_count++]);
        topic_redrives(config, removal->topics[removal->topic_count++]);
    }
    for (uint32_t i = 0; i < removal->topic_count; i++)
        removal->names[i] = removal->topics[i];
}

static enum verdict find(struct removal *removal, struct reason *why)
{
    struct config *config = removal->config;
    enum verdict verdict = store_open(&removal->store, config, &removal->logger, why);

    if (verdict == GO_ON)
        verdict = store_settings_read(removal->store, &removal->settings, why);
    if (verdict != GO_ON)
        return verdict;
    if (is_kept(removal)) {
        memcpy(config->topic, removal->settings.topic, sizeof(config->topic));
        memcpy(config->group, removal->settings.group, sizeof(config->group));
    }
    name_topics(removal);
    verdict = store_namespace_scan(removal->store, false, &removal->keys, why);
    if (verdict == GO_ON)
        verdict = topics_find(config, removal->names, removal->topic_count, removal->is_there, why);
    return verdict;
}

/* HALT: REMOVE-BUSY, if anybody is at work in the namespace. */
static enum verdict check_rest(struct removal *removal, struct reason *why)
{
    int members = 0;
    bool is_held = false;
    enum verdict verdict = group_members(removal->config, &members, why);

    if (verdict == GO_ON && members > 0)
        return reason_set(why, HALT, REMOVE_BUSY, 0,
                          "%d workers are in group %.100s; a worker that was killed is taken for one until its session "
                          "ends",
                          members, removal->config->group);
    if (verdict == GO_ON)
        verdict = store_namespace_is_closed_by(removal->store, &is_held, why);
    if (verdict == GO_ON && is_held)
        return reason_set(why, HALT, REMOVE_BUSY, 0,
                          "a worker closes windows of namespace %.100s, or did some seconds ago",
                          removal->config->namespace_);
    return verdict;
}

static bool print_list(const struct removal *removal)
{
    bool has_any = removal->keys > 0 || is_kept(removal);

    printf("namespace: %s\n", removal->config->namespace_);
    if (is_kept(removal))
        printf("counted from: topic %s, group %s\n", removal->settings.topic, removal->settings.group);
    printf("redis keys: %" PRIu64 "\n", removal->keys + (is_kept(removal) ? 1 : 0));
    for (uint32_t i = 0; i < removal->topic_count; i++) {
        has_any = has_any || removal->is_there[i];
        if (removal->is_there[i])
            printf("topic: %s\n", removal->names[i]);
    }
    return has_any;
}

/* ---- the end of it ---- */

/* From here on no worker and no setup begins. What they made in the last moment is found by looking again. */
static enum verdict begin(struct removal *removal, struct reason *why)
{
    if (!is_kept(removal))
        return GO_ON;
    snprintf(removal->settings.pending, sizeof(removal->settings.pending), "remove");
    struct reason other;
    enum verdict verdict = store_settings_write(removal->store, &removal->settings, why);
    if (verdict != GO_ON)
        return verdict;
    verdict = check_rest(removal, why);
    if (verdict == GO_ON)
        return GO_ON;
    removal->settings.pending[0] = '\0'; /* Nothing was deleted yet: whoever works may go on. */
    if (store_settings_write(removal->store, &removal->settings, &other) != GO_ON)
        log_reason(&removal->logger, LOG_LEVEL_WARN, &other);
    return verdict;
}

static enum verdict delete_topics(struct removal *removal, struct reason *why)
{
    const char *names[TOPICS_DELETED_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < removal->topic_count; i++)
        if (removal->is_there[i])
            names[count++] = removal->names[i];
    return count == 0 ? GO_ON : topics_delete(removal->config, names, count, &removal->logger, why);
}

static enum verdict remove_all(struct removal *removal, struct reason *why)
{
    enum verdict verdict = begin(removal, why);
    int32_t partitions = removal->settings.partitions;

    if (verdict == GO_ON)
        verdict = delete_topics(removal, why);
    if (verdict == GO_ON && partitions > 0)
        verdict = group_forget(removal->config, partitions, why);
    if (verdict == GO_ON)
        verdict = store_namespace_scan(removal->store, true, &removal->keys, why);
    if (verdict == GO_ON)
        verdict = store_namespace_forget(removal->store, why);
    if (verdict == GO_ON)
        printf("removed\n");
    return verdict;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct config *config = calloc(1, sizeof(*config));
    struct removal *removal = calloc(1, sizeof(*removal));
    enum verdict verdict;

    if (config != NULL && removal != NULL) {
        *config = *call->config;
        removal->config = config;
        removal->has_letters = call->options[DEAD_LETTERS].value != NULL;
        log_open_as(&removal->logger, config->log_level, config->log_format, command_remove.name);
        verdict = find(removal, why);
        bool has_any = verdict == GO_ON && print_list(removal);
        if (has_any)
            verdict = check_rest(removal, why);
        if (verdict == GO_ON && !has_any)
            printf("nothing is there\n");
        else if (verdict == GO_ON && call->options[YES].value == NULL)
            printf("nothing was deleted: --yes deletes what is listed\n");
        else if (verdict == GO_ON)
            verdict = remove_all(removal, why);
        store_close(removal->store);
        log_close(&removal->logger);
    } else {
        verdict = no_memory(why, "to remove a namespace");
    }
    free(removal);
    free(config);
    return verdict;
}
