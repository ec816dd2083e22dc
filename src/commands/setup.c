/*
 * `gentally setup`: makes what a worker needs and only a deployer may make: topics, functions in Redis, the first state
 * of each partition, and the settings that the namespace is counted by.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gentally/base/clock.h"
#include "gentally/cli/command.h"
#include "gentally/codec/record_read.h"
#include "gentally/commands/commands.h"
#include "gentally/kafka/source.h"
#include "gentally/kafka/topic_places.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/our_schemas.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "ledger_offsets.h"
#include "setup_settings.h"

#define READY_MS 30000

enum option { PARTITIONS, REPLICATION, BEGIN_AGAIN, DRY_RUN };

static const struct command_option option_table[] = {
    [PARTITIONS] = {"partitions", "N", "partitions of topics that are created (default 12; the ledger has 1)", NULL},
    [REPLICATION] = {"replication", "N", "replicas of each created topic (default: the broker's)", NULL},
    [BEGIN_AGAIN] = {"begin-again", NULL,
                     "make lost states and settings anew, even where less is left than was counted", NULL},
    [DRY_RUN] = {"dry-run", NULL, "say what would be made, or what stands in the way, and change nothing", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_setup = {
    .name = "setup",
    .purpose = "create what is missing: topics, Redis functions, the partitions' first state",
    .arguments = "[--partitions N] [--replication N] [--begin-again] [--dry-run] [configuration]",
    .summary = "create topics, Redis functions and first state; safe to repeat",
    .text =
        "Creates what is missing and leaves alone what is there: the input topic, dead letters, ledger and summary\n"
        "topics, the functions in Redis, and the state of each input partition (counting begins at the first offset\n"
        "its log still has). Run it once before the first worker, and again after partitions were added.\n"
        "\n"
        "With registry_url it registers the schemas of what is published, each under <topic>-value.\n"
        "\n"
        "Writes down what the namespace is counted by. Run again with other settings it carries out what can be\n"
        "carried out, says so, and workers with the old ones end (runbooks/settings.md); what would change the\n"
        "meaning of what is counted it refuses before anything is made. So it does where a summary topic has another\n"
        "number of partitions than it was filled with.\n"
        "\n"
        "--dry-run asks both servers for all that can be asked without a change: logins, rights to the topics (the\n"
        "broker rehearses their creation), keys that are where they belong, settings, what each partition would\n"
        "begin with. Whether functions may be loaded into Redis, and subjects registered, shows when it is done.\n"
        "\n"
        "  gentally setup --partitions 12 --replication 3\n",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

static bool read_count(const char *text, int fallback, int min, int *count)
{
    char *end = NULL;

    if (text == NULL) {
        *count = fallback;
        return true;
    }
    long value = strtol(text, &end, 10);
    *count = (int)value;
    return end != text && *end == '\0' && value >= min && value <= 10000;
}

/*
 * Finds the windows that partitions with a state have sealed already. A new partition begins with the same floors: in a
 * window that others have collected it could only count records that no summary can hold any more. `*has_counted`:
 * some partition has counted records.
 */
static enum verdict find_floors(struct store *store, int32_t count, int64_t floors_ms[WINDOW_KINDS], bool *has_counted,
                                struct reason *why)
{
    *has_counted = false;
    for (int kind = 0; kind < WINDOW_KINDS; kind++)
        floors_ms[kind] = NO_TIME;
    for (int32_t i = 0; i < count; i++) {
        struct partition_state state;
        enum verdict verdict = store_state(store, i, &state, why);
        if (verdict == HALT && why->id == STORE_STATE_MISSING)
            continue;
        if (verdict != GO_ON)
            return verdict;
        *has_counted = *has_counted || state.next != state.first;
        for (int kind = 0; kind < WINDOW_KINDS; kind++)
            if (state.floor_ms[kind] > floors_ms[kind])
                floors_ms[kind] = state.floor_ms[kind];
    }
    return GO_ON;
}

/* What was asked for. */
struct request {
    const struct config *config;
    struct logger *logger;
    int partitions, replication;
    struct setup_settings *settings;
    bool may_begin_again; /* from what is left of the log, even where that is less than was counted */
};

/*
 * Checks the partitions without a state, all of them before the first state is made. Such a partition is new, or its
 * state was lost: then it may only begin anew if its log still has every record that was counted, unless that was asked
 * for, and by a clock that is later than the lost state.
 */
static enum verdict check_beginnings(const struct request *request, struct store *store, struct source *source,
                                     int32_t count, struct reason *why)
{
    struct ledger_offsets offsets;
    struct partition_state state;
    int64_t now_ms = 0;
    enum verdict verdict = ledger_offsets_read(&offsets, request->config, why);

    if (verdict == GO_ON)
        verdict = store_clock(store, &now_ms, why);
    for (int32_t i = 0; i < count && verdict == GO_ON; i++) {
        int64_t first = 0, next = 0;
        verdict = store_state(store, i, &state, why);
        if (verdict != HALT || why->id != STORE_STATE_MISSING)
            continue;
        verdict = source_extent(source, i, &first, &next, why);
        if (verdict == GO_ON && !request->may_begin_again)
            verdict = ledger_offsets_may_begin(&offsets, i, first, why);
        if (verdict == GO_ON)
            verdict = ledger_offsets_may_follow(&offsets, i, now_ms, why);
    }
    return verdict;
}

/* First state for every partition the topic has. */
static enum verdict create_states(const struct request *request, struct store *store, bool *has_counted,
                                  struct reason *why)
{
    struct source *source = NULL;
    int32_t count = 0, created_count = 0;
    int64_t floors_ms[WINDOW_KINDS];
    enum verdict verdict = source_open(&source, request->config, request->logger, why);

    if (verdict == GO_ON)
        verdict = source_partitions(source, &count, why);
    if (verdict == GO_ON)
        verdict = check_beginnings(request, store, source, count, why);
    if (verdict == GO_ON)
        verdict = setup_settings_carry_out(request->settings, store, count, why);
    if (verdict == GO_ON)
        verdict = find_floors(store, count, floors_ms, has_counted, why);
    for (int32_t i = 0; i < count && verdict == GO_ON; i++) {
        int64_t first = 0, next = 0;
        bool created = false;
        verdict = source_extent(source, i, &first, &next, why);
        if (verdict == GO_ON)
            verdict = store_create(store, i, first, floors_ms, &created, why);
        created_count += created ? 1 : 0;
    }
    if (source != NULL)
        source_close(source);
    if (verdict == GO_ON)
        printf("partitions: %" PRId32 ", of them new: %" PRId32 "\n", count, created_count);
    return verdict;
}

/* A topic that was created a moment ago has no leaders yet, and not every broker has heard of it. */
static enum verdict create_states_when_ready(const struct request *request, struct store *store, bool *has_counted,
                                             struct reason *why)
{
    static const struct timespec pause = {0, 250000000};
    int64_t begin_ms = clock_ms(CLOCK_MONOTONIC);

    for (;;) {
        enum verdict verdict = create_states(request, store, has_counted, why);
        bool is_young = verdict == TRY_LATER || (verdict == HALT && why->id == SOURCE_TOPIC_MISSING);
        if (!is_young || clock_ms(CLOCK_MONOTONIC) - begin_ms > READY_MS)
            return verdict;
        nanosleep(&pause, NULL);
    }
}

static enum verdict create_retention(struct store *store, bool is_late, struct reason *why)
{
    uint32_t created = 0;
    enum verdict verdict = store_retention_create(store, is_late, &created, why);

    if (verdict == GO_ON)
        printf("retention: %s, %u of %u shards new\n", created == 0 ? "there already" : "laid out", created,
               RETENTION_SHARDS);
    return verdict;
}

struct key_readers {
    struct summary_read summary;
    struct ledger_read ledger;
};

static bool is_ours(void *context, struct span key)
{
    struct key_readers *readers = context;
    const struct record record = {.key = key};
    struct window window;
    struct reason other;

    return summary_record_read(&record, &readers->summary, &window, &other) == GO_ON ||
           ledger_record_read(&record, &readers->ledger, &window, &other) == GO_ON;
}

/* Whether the keys that are published already are where a worker would put them. */
static enum verdict check_places(const struct config *config, struct reason *why)
{
    char texts[ROLLUPS_MAX + 2][TOPIC_NAME_MAX + 1];
    const char *names[LENGTH_OF(texts)];
    uint32_t count = 0;
    struct key_readers *readers = calloc(1, sizeof(*readers));

    if (readers == NULL)
        return no_memory(why, "to look at topics");
    topic_ledger(config, texts[count++]);
    topic_summaries(config, ROLLUP_RETENTION, texts[count++]);
    for (uint32_t i = 0; i < config->rollups.count; i++)
        topic_summaries(config, config->rollups.items[i].name, texts[count++]);
    for (uint32_t i = 0; i < count; i++)
        names[i] = texts[i];
    enum verdict verdict = topic_places_check(config, names, count, is_ours, readers, why);
    free(readers);
    return verdict;
}

/* What was registered stays, whatever fails later: it stands in nobody's way, and is found there the next time. */
static enum verdict register_schemas(const struct config *config, struct schema_ids *ids, struct reason *why)
{
    struct our_schemas *schemas = NULL;
    struct our_registered done = {0};
    enum verdict verdict = our_schemas_open(&schemas, config, why);

    if (verdict == GO_ON)
        verdict = our_schemas_register(schemas, &done, why);
    our_schemas_close(schemas);
    *ids = done.ids;
    if (verdict == GO_ON)
        printf("registry: %" PRIu32 " subjects, of them new: %" PRIu32 "; ids: summary %" PRIu32 ", ledger %" PRIu32
               ", signal %" PRIu32 "\n",
               done.subjects, done.made, done.ids.summary, done.ids.ledger, done.ids.signal);
    return verdict;
}

static enum verdict set_up(const struct request *request, struct reason *why)
{
    const struct config *config = request->config;
    struct store *store = NULL;
    bool has_counted = false;
    enum verdict verdict = store_open(&store, config, request->logger, why);

    /* All rights are looked at before anything is made. */
    if (verdict == GO_ON)
        verdict = topics_rehearse(config, request->partitions, request->replication, why);
    if (verdict == GO_ON)
        verdict = check_places(config, why);
    if (verdict == GO_ON)
        verdict = store_install(store, why);
    if (verdict == GO_ON)
        verdict = store_check(store, why);
    if (verdict == GO_ON)
        verdict = setup_settings_compare(request->settings, config, store, request->may_begin_again, why);
    if (verdict == GO_ON)
        printf("redis functions: loaded\n");
    if (verdict == GO_ON && config->registry_url[0] != '\0')
        verdict = register_schemas(config, &request->settings->told.schema_ids, why);
    if (verdict == GO_ON) {
        verdict = topics_create(config, request->partitions, request->replication, request->logger, why);
    }
    if (verdict == GO_ON) {
        printf("topics: %s and those of namespace %s\n", config->topic, config->namespace_);
        verdict = create_states_when_ready(request, store, &has_counted, why);
    }
    if (verdict == GO_ON && config->has_retention)
        verdict = create_retention(store, has_counted, why);
    store_close(store);
    return verdict;
}

/* The namespace's topics, the input first. */
struct topic_list {
    char names[TOPICS_DELETED_MAX][TOPIC_NAME_MAX + 1];
    int partitions[TOPICS_DELETED_MAX];
    bool is_there[TOPICS_DELETED_MAX];
    uint32_t count;
};

static bool list_topic(void *context, const char *name, int partitions, bool is_compacted)
{
    struct topic_list *list = context;

    (void)is_compacted;
    snprintf(list->names[list->count], sizeof(list->names[0]), "%s", name);
    list->partitions[list->count++] = partitions;
    return true;
}

static enum verdict tell_topics(const struct request *request, struct topic_list *list, struct reason *why)
{
    const char *names[TOPICS_DELETED_MAX];
    uint32_t missing = 0;

    list->count = 0;
    topics_each(request->config, request->partitions, list_topic, list);
    for (uint32_t i = 0; i < list->count; i++)
        names[i] = list->names[i];
    enum verdict verdict = topics_find(request->config, names, list->count, list->is_there, why);
    for (uint32_t i = 0; i < list->count && verdict == GO_ON; i++)
        if (!list->is_there[i]) {
            printf("topic %s: would be created, partitions %d\n", list->names[i], list->partitions[i]);
            missing++;
        }
    if (verdict == GO_ON)
        printf("topics: %" PRIu32 " there, %" PRIu32 " to be created\n", list->count - missing, missing);
    return verdict;
}

/* Which partitions of a topic that is there would begin, and whether they may. */
static enum verdict tell_states(const struct request *request, struct store *store, struct reason *why)
{
    struct source *source = NULL;
    struct partition_state state;
    int32_t count = 0, missing = 0;
    enum verdict verdict = source_open(&source, request->config, request->logger, why);

    if (verdict == GO_ON)
        verdict = source_partitions(source, &count, why);
    if (verdict == GO_ON)
        verdict = check_beginnings(request, store, source, count, why);
    if (source != NULL)
        source_close(source);
    for (int32_t i = 0; i < count && verdict == GO_ON; i++) {
        verdict = store_state(store, i, &state, why);
        if (verdict == HALT && why->id == STORE_STATE_MISSING) {
            verdict = GO_ON;
            missing++;
        }
    }
    if (verdict == GO_ON)
        printf("partitions: %" PRId32 ", of them new: %" PRId32 "\n", count, missing);
    return verdict;
}

/* All of set_up() that changes nothing, and in its order. */
static enum verdict rehearse(const struct request *request, struct reason *why)
{
    const struct config *config = request->config;
    struct topic_list topics;
    struct store *store = NULL;
    enum verdict verdict = store_open(&store, config, request->logger, why);

    if (verdict == GO_ON)
        verdict = topics_rehearse(config, request->partitions, request->replication, why);
    if (verdict == GO_ON)
        verdict = check_places(config, why);
    if (verdict == GO_ON)
        verdict = store_check(store, why);
    bool has_functions = verdict == GO_ON;
    if (verdict == HALT && why->id == STORE_FUNCTIONS_MISSING)
        verdict = GO_ON;
    if (verdict == GO_ON)
        printf("redis functions: %s\n", has_functions ? "there; would be loaded again" : "would be loaded");
    if (verdict == GO_ON && has_functions)
        verdict = setup_settings_compare(request->settings, config, store, request->may_begin_again, why);
    if (verdict == GO_ON)
        verdict = tell_topics(request, &topics, why);
    if (verdict == GO_ON && !topics.is_there[0])
        printf("partitions: %d, all of them new\n", request->partitions);
    else if (verdict == GO_ON && has_functions)
        verdict = tell_states(request, store, why);
    else if (verdict == GO_ON)
        printf("partitions, settings: known once the functions are there\n");
    if (verdict == GO_ON)
        printf("nothing was changed: without --dry-run it is done\n");
    store_close(store);
    return verdict;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    const struct command_option *options = call->options;
    struct logger logger;
    struct setup_settings settings = {.is_changed = false};
    struct request request = {.config = call->config,
                              .logger = &logger,
                              .settings = &settings,
                              .may_begin_again = options[BEGIN_AGAIN].value != NULL};

    if (!read_count(options[PARTITIONS].value, 12, 1, &request.partitions) ||
        !read_count(options[REPLICATION].value, -1, 1, &request.replication))
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--partitions and --replication are whole numbers from 1");
    log_open_as(&logger, call->config->log_level, call->config->log_format, command_setup.name);
    enum verdict verdict = options[DRY_RUN].value != NULL ? rehearse(&request, why) : set_up(&request, why);
    log_close(&logger);
    return verdict;
}
