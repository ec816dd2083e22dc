/*
 * A subject is a topic's, as TopicNameStrategy has it. A registry gives the same schema the same id in all subjects;
 * one that does not is no harm, since readers ask by id: what is written has the id of the first subject of its kind.
 */
#include "gentally/publish/our_schemas.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/bundled.h"
#include "gentally/base/grow.h"
#include "gentally/codec/avro_write.h"
#include "gentally/codec/decode.h"
#include "gentally/codec/registry_answer.h"
#include "gentally/config/config.h"
#include "gentally/kafka/topics.h"
#include "gentally/registry/registry.h"

#define FRAME_SIZE 5u
#define SUBJECT_SIZE (TOPIC_NAME_MAX + sizeof("-value"))
#define ASKED_MAX 64 /* ids; whoever makes up more has his records refused unasked */

struct asked {
    uint32_t id;
    enum our_schema schema;
    bool is_ours;
};

struct our_schemas {
    const struct config *config;
    struct registry *registry; /* NULL: without one */
    struct asked asked[ASKED_MAX];
    uint32_t asked_count;
    char *value; /* the last one that was given another id */
    size_t room;
};

static const uint32_t bundled_ids[OUR_SCHEMAS] = {
    [OUR_SUMMARY] = SCHEMA_ID_SUMMARY, [OUR_LEDGER] = SCHEMA_ID_LEDGER, [OUR_SIGNAL] = SCHEMA_ID_SIGNAL};

static struct span text_of(enum our_schema schema)
{
    switch (schema) {
    case OUR_LEDGER:
        return bundled_ledger_avsc;
    case OUR_SIGNAL:
        return bundled_signal_avsc;
    default:
        return bundled_summary_avsc;
    }
}

enum verdict our_schemas_open(struct our_schemas **schemas, const struct config *config, struct reason *why)
{
    struct our_schemas *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for our schemas");
    opened->config = config;
    enum verdict verdict = GO_ON;
    if (config->registry_url[0] != '\0')
        verdict = registry_open(&opened->registry, config, why);
    if (verdict != GO_ON) {
        our_schemas_close(opened);
        return verdict;
    }
    *schemas = opened;
    return GO_ON;
}

void our_schemas_close(struct our_schemas *schemas)
{
    if (schemas == NULL)
        return;
    registry_close(schemas->registry);
    free(schemas->value);
    free(schemas);
}

static void know(struct our_schemas *schemas, uint32_t id, enum our_schema schema)
{
    if (id != 0 && schemas->asked_count < ASKED_MAX)
        schemas->asked[schemas->asked_count++] = (struct asked){id, schema, true};
}

/* These ids are ours: nobody is asked for them. */
static void know_all(struct our_schemas *schemas, const struct schema_ids *ids)
{
    know(schemas, ids->summary, OUR_SUMMARY);
    know(schemas, ids->ledger, OUR_LEDGER);
    know(schemas, ids->signal, OUR_SIGNAL);
}

/* ---- subjects ---- */

/* Those at an index from 0 on, the ledger's and the signals' first; false: there are no more. */
static bool subject_at(const struct config *config, uint32_t index, char subject[SUBJECT_SIZE], enum our_schema *schema)
{
    char topic[TOPIC_NAME_MAX + 1];
    uint32_t rollups =
        config->summary_format == SUMMARIES_JSON ? 0 : config->rollups.count; /* JSON is told by no schema */

    *schema = index == 0 ? OUR_LEDGER : index == 1 ? OUR_SIGNAL : OUR_SUMMARY;
    if (index == 0)
        topic_ledger(config, topic);
    else if (index == 1)
        topic_signals(config, topic);
    else if (index - 2 < rollups)
        topic_summaries(config, config->rollups.items[index - 2].name, topic);
    else if (index - 2 == rollups && config->has_retention && config->summary_format != SUMMARIES_JSON)
        topic_summaries(config, ROLLUP_RETENTION, topic);
    else
        return false;
    snprintf(subject, SUBJECT_SIZE, "%s-value", topic);
    return true;
}

static uint32_t *id_of(struct schema_ids *ids, enum our_schema schema)
{
    return schema == OUR_LEDGER ? &ids->ledger : schema == OUR_SIGNAL ? &ids->signal : &ids->summary;
}

static enum verdict not_understood(const struct our_schemas *schemas, const char *subject,
                                   const struct registry_reply *reply, struct reason *why)
{
    char said[120];

    registry_answer_message(reply->body, said, sizeof(said));
    return reason_set(why, HALT, REGISTRY_ANSWER, 0, "the registry at %.150s answers %ld for subject %.150s: %s",
                      schemas->config->registry_url, reply->status, subject, said);
}

static enum verdict look_up(struct our_schemas *schemas, const char *subject, enum our_schema schema, uint32_t *id,
                            struct reason *why)
{
    struct registry_reply reply = {0};
    enum verdict verdict = registry_look_up(schemas->registry, subject, text_of(schema), &reply, why);

    if (verdict != GO_ON)
        return verdict;
    if (reply.status == 404)
        return reason_set(why, HALT, REGISTRY_UNREGISTERED, 0,
                          "the registry at %.150s has not our schema under subject %.200s: run `gentally setup`",
                          schemas->config->registry_url, subject);
    if (reply.status != 200 || !registry_answer_id(reply.body, id))
        return not_understood(schemas, subject, &reply, why);
    return GO_ON;
}

static enum verdict make(struct our_schemas *schemas, const char *subject, enum our_schema schema,
                         const struct our_registered *done, uint32_t *id, struct reason *why)
{
    struct registry_reply reply = {0};
    enum verdict verdict = registry_register(schemas->registry, subject, text_of(schema), &reply, why);
    char said[200];

    if (verdict != GO_ON)
        return verdict;
    if (reply.status == 409 || reply.status == 422) {
        registry_answer_message(reply.body, said, sizeof(said));
        return reason_set(why, HALT, REGISTRY_REFUSED, 0,
                          "subject %.150s: the registry refuses our schema (%ld): %s; %" PRIu32
                          " subjects are registered, and setup can be run again",
                          subject, reply.status, said, done->subjects);
    }
    if (reply.status != 200 || !registry_answer_id(reply.body, id))
        return not_understood(schemas, subject, &reply, why);
    return GO_ON;
}

enum verdict our_schemas_register(struct our_schemas *schemas, struct our_registered *done, struct reason *why)
{
    char subject[SUBJECT_SIZE];
    enum our_schema schema;

    *done = (struct our_registered){0};
    while (subject_at(schemas->config, done->subjects, subject, &schema)) {
        uint32_t id = 0;
        enum verdict verdict = look_up(schemas, subject, schema, &id, why);
        bool is_new = verdict == HALT && why->id == REGISTRY_UNREGISTERED;
        if (is_new)
            verdict = make(schemas, subject, schema, done, &id, why);
        if (verdict != GO_ON)
            return verdict;
        if (*id_of(&done->ids, schema) == 0)
            *id_of(&done->ids, schema) = id;
        done->subjects++;
        done->made += is_new ? 1 : 0;
    }
    return GO_ON;
}

enum verdict our_schemas_ids(struct our_schemas *schemas, struct schema_ids *ids, struct reason *why)
{
    char subject[SUBJECT_SIZE];
    enum our_schema schema;
    enum verdict verdict = GO_ON;

    *ids = (struct schema_ids){0};
    if (schemas->registry == NULL)
        return GO_ON;
    for (uint32_t i = 0; verdict == GO_ON && subject_at(schemas->config, i, subject, &schema); i++)
        if (*id_of(ids, schema) == 0)
            verdict = look_up(schemas, subject, schema, id_of(ids, schema), why);
    return verdict;
}

enum verdict our_schemas_use(struct our_schemas *schemas, struct encoder *encoder, struct reason *why)
{
    struct schema_ids ids;
    enum verdict verdict = our_schemas_ids(schemas, &ids, why);

    if (verdict == GO_ON)
        encoder_use(encoder, &ids);
    return verdict;
}

/* ---- reading ---- */

static const struct asked *find(const struct our_schemas *schemas, uint32_t id, enum our_schema schema)
{
    for (uint32_t i = 0; i < schemas->asked_count; i++)
        if (schemas->asked[i].id == id && schemas->asked[i].schema == schema)
            return &schemas->asked[i];
    return NULL;
}

/* Whether an id is that of one of ours, as the registry says now or said before. */
static enum verdict ask(struct our_schemas *schemas, uint32_t id, enum our_schema schema, bool *is_ours,
                        struct reason *why)
{
    const struct asked *known = find(schemas, id, schema);
    struct span answer;
    struct reason because = {0};

    *is_ours = known != NULL && known->is_ours;
    if (known != NULL || schemas->asked_count == ASKED_MAX)
        return GO_ON;
    enum verdict verdict = registry_schema(schemas->registry, id, &answer, &because);
    if (verdict != GO_ON && verdict != SET_ASIDE) {
        if (why != NULL)
            *why = because;
        return verdict;
    }
    *is_ours = verdict == GO_ON && registry_answer_is(answer, text_of(schema));
    schemas->asked[schemas->asked_count++] = (struct asked){id, schema, *is_ours};
    return GO_ON;
}

/* The same value with the bundled id. */
static enum verdict reframe(struct our_schemas *schemas, uint32_t id, struct span *value, struct reason *why)
{
    char *copy = grow(schemas->value, &schemas->room, value->size, 1);

    if (copy == NULL)
        return no_memory(why, "for a record");
    schemas->value = copy;
    memcpy(copy, value->bytes, value->size);
    for (unsigned i = 1; i < FRAME_SIZE; i++)
        copy[i] = (char)(uint8_t)(id >> (8 * (FRAME_SIZE - 1 - i)));
    value->bytes = copy;
    return GO_ON;
}

enum verdict our_schemas_value(struct our_schemas *schemas, enum our_schema schema, struct span *value,
                               struct reason *why)
{
    uint32_t id = decoder_schema_id(*value);
    bool is_ours = false;

    if (schemas->registry == NULL || id == 0 || id == bundled_ids[schema])
        return GO_ON;
    enum verdict verdict = ask(schemas, id, schema, &is_ours, why);
    return verdict == GO_ON && is_ours ? reframe(schemas, bundled_ids[schema], value, why) : verdict;
}

enum verdict our_schemas_take(struct our_schemas *schemas, enum our_schema schema, const struct record *record,
                              struct record *taken, struct reason *why)
{
    *taken = *record;
    return our_schemas_value(schemas, schema, &taken->value, why);
}

struct reading {
    struct our_schemas *schemas;
    enum our_schema schema;
    topic_reader *each;
    void *context;
};

static enum verdict take(void *context, const struct record *record, struct reason *why)
{
    const struct reading *reading = context;
    struct record taken;
    enum verdict verdict = our_schemas_take(reading->schemas, reading->schema, record, &taken, why);

    return verdict == GO_ON ? reading->each(reading->context, &taken, why) : verdict;
}

enum verdict our_schemas_read(const struct config *config, const struct schema_ids *known, enum our_schema schema,
                              const char *topic, topic_reader *each, void *context, struct reason *why)
{
    struct reading reading = {.schema = schema, .each = each, .context = context};
    enum verdict verdict = our_schemas_open(&reading.schemas, config, why);

    if (verdict == GO_ON && known != NULL)
        know_all(reading.schemas, known);
    if (verdict == GO_ON)
        verdict = topic_read(config, topic, take, &reading, why);
    our_schemas_close(reading.schemas);
    return verdict;
}
