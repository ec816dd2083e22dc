/* Our schemas in a registry, and ids of records that are read. The linker leads the calls of what would need a registry
 * to the stand-ins here (CMakeLists.txt: --wrap). */
#include "gentally/publish/our_schemas.h"

#include <stdio.h>
#include <stdlib.h>

#include "config_defaults.h"
#include "gentally/base/bundled.h"
#include "gentally/base/json.h"
#include "gentally/codec/decode.h"
#include "gentally/config/config.h"
#include "gentally/registry/registry.h"
#include "suite.h"

/* The registry knows one schema, by one id, under all subjects or none. */
static struct {
    enum verdict answer;
    enum reason_id id;
    struct span schema; /* of id 77 */
    long find_status, register_status;
    const char *said;
    uint32_t asked, found, made;
    char subject[300], reply[64];
} world;

enum verdict __wrap_registry_open(struct registry **registry, const struct config *config, struct reason *why);
void __wrap_registry_close(struct registry *registry);
enum verdict __wrap_registry_schema(struct registry *registry, uint32_t id, struct span *answer, struct reason *why);
enum verdict __wrap_registry_look_up(struct registry *registry, const char *subject, struct span schema,
                                     struct registry_reply *reply, struct reason *why);
enum verdict __wrap_registry_register(struct registry *registry, const char *subject, struct span schema,
                                      struct registry_reply *reply, struct reason *why);

static char *wrapped; /* the last answer */

enum verdict __wrap_registry_open(struct registry **registry, const struct config *config, struct reason *why)
{
    (void)config;
    (void)why;
    *registry = (struct registry *)&world;
    return GO_ON;
}

void __wrap_registry_close(struct registry *registry)
{
    (void)registry;
}

enum verdict __wrap_registry_schema(struct registry *registry, uint32_t id, struct span *answer, struct reason *why)
{
    (void)registry;
    world.asked++;
    if (world.answer != GO_ON)
        return reason_set(why, world.answer, world.id, 0, "as the test says");
    if (id != 77)
        return reason_set(why, SET_ASIDE, DECODE_SCHEMA_UNKNOWN, 0, "no such id");
    free(wrapped);
    wrapped = malloc(JSON_TEXT_MAX(world.schema.size) + 16);
    CU_ASSERT_PTR_NOT_NULL_FATAL(wrapped);
    char *end = json_put_text(JSON_RAW(wrapped, "{\"schema\":"), world.schema);
    *end++ = '}';
    *answer = (struct span){wrapped, (size_t)(end - wrapped)};
    return GO_ON;
}

static enum verdict answer(long status, struct span schema, struct registry_reply *reply, struct reason *why)
{
    int id = span_equal(schema, bundled_summary_avsc) ? 30 : span_equal(schema, bundled_ledger_avsc) ? 31 : 32;

    if (world.answer != GO_ON)
        return reason_set(why, world.answer, world.id, 0, "as the test says");
    snprintf(world.reply, sizeof(world.reply), "{\"id\":%d}", id);
    *reply = (struct registry_reply){status, span_of(world.said != NULL ? world.said : world.reply)};
    return GO_ON;
}

enum verdict __wrap_registry_look_up(struct registry *registry, const char *subject, struct span schema,
                                     struct registry_reply *reply, struct reason *why)
{
    (void)registry;
    (void)subject;
    world.found++;
    return answer(world.find_status, schema, reply, why);
}

enum verdict __wrap_registry_register(struct registry *registry, const char *subject, struct span schema,
                                      struct registry_reply *reply, struct reason *why)
{
    (void)registry;
    world.made++;
    snprintf(world.subject, sizeof(world.subject), "%s", subject);
    return answer(world.register_status, schema, reply, why);
}

static struct config config;

static struct our_schemas *begin(void)
{
    struct our_schemas *schemas = NULL;
    struct reason why;

    memset(&world, 0, sizeof(world));
    world.find_status = 404;
    world.register_status = 200;
    config_defaults(&config);
    snprintf(config.registry_url, sizeof(config.registry_url), "http://registry");
    CU_ASSERT_EQUAL_FATAL(our_schemas_open(&schemas, &config, &why), GO_ON);
    return schemas;
}

/* Each subject is looked up first, so that the right to write is needed once. */
static void each_topic_has_its_subject(void)
{
    struct our_schemas *schemas = begin();
    struct our_registered done;
    struct reason why;

    CU_ASSERT_EQUAL(our_schemas_register(schemas, &done, &why), GO_ON);
    CU_ASSERT_EQUAL(done.subjects, config.rollups.count + 2 + (config.has_retention ? 1 : 0));
    CU_ASSERT_EQUAL(done.made, done.subjects);
    CU_ASSERT_TRUE(schema_ids_equal(&done.ids, &(struct schema_ids){30, 31, 32}));
    world.find_status = 200;
    world.made = 0;
    CU_ASSERT_EQUAL(our_schemas_register(schemas, &done, &why), GO_ON);
    CU_ASSERT_EQUAL(done.made, 0);
    CU_ASSERT_EQUAL(world.made, 0);
    CU_ASSERT_TRUE(schema_ids_equal(&done.ids, &(struct schema_ids){30, 31, 32}));
    struct schema_ids ids;
    world.found = 0;
    CU_ASSERT_EQUAL(our_schemas_ids(schemas, &ids, &why), GO_ON);
    CU_ASSERT_TRUE(schema_ids_equal(&ids, &done.ids));
    CU_ASSERT_EQUAL(world.found, 3);
    our_schemas_close(schemas);
}

static void what_the_registry_says_is_told(void)
{
    static const struct {
        enum verdict answer;
        long find_status, register_status;
        const char *said;
        enum verdict verdict;
        enum reason_id id, ids_id;
        const char *text;
    } rows[] = {
        {GO_ON, 404, 409, "{\"message\":\"not\\nBACKWARD\"}", HALT, REGISTRY_REFUSED, REGISTRY_UNREGISTERED,
         "(409): not BACKWARD; 0 subjects are registered"},
        {GO_ON, 404, 422, "plain\twords", HALT, REGISTRY_REFUSED, REGISTRY_UNREGISTERED, "plain words"},
        {GO_ON, 404, 404, "{}", HALT, REGISTRY_ANSWER, REGISTRY_UNREGISTERED, "answers 404"},
        {GO_ON, 404, 200, "<html>", HALT, REGISTRY_ANSWER, REGISTRY_UNREGISTERED, "<html>"},
        {GO_ON, 200, 200, "{\"id\":0}", HALT, REGISTRY_ANSWER, REGISTRY_ANSWER, "{\"id\":0}"},
        {GO_ON, 200, 200, "{\"id\":4294967297}", HALT, REGISTRY_ANSWER, REGISTRY_ANSWER, "4294967297"},
        {GO_ON, 302, 200, "", HALT, REGISTRY_ANSWER, REGISTRY_ANSWER, "answers 302"},
        {TRY_LATER, 200, 200, "", TRY_LATER, REGISTRY_UNREACHABLE, REGISTRY_UNREACHABLE, "as the test says"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct our_schemas *schemas = begin();
        struct our_registered done;
        struct schema_ids ids;
        struct reason why = {0};
        world.answer = rows[i].answer;
        world.id = REGISTRY_UNREACHABLE;
        world.find_status = rows[i].find_status;
        world.register_status = rows[i].register_status;
        world.said = rows[i].said;
        CU_ASSERT_EQUAL(our_schemas_register(schemas, &done, &why), rows[i].verdict);
        CU_ASSERT_EQUAL(why.id, rows[i].id);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, rows[i].text));
        CU_ASSERT_EQUAL(our_schemas_ids(schemas, &ids, &why), rows[i].verdict);
        CU_ASSERT_EQUAL(why.id, rows[i].ids_id);
        our_schemas_close(schemas);
    }
}

static enum verdict take(struct our_schemas *schemas, enum our_schema schema, unsigned char id, unsigned char *got,
                         struct reason *why)
{
    const char value[] = {0, 0, 0, 0, (char)id, 'x'};
    const struct record record = {.offset = 5, .value = {value, sizeof(value)}};
    struct record taken;
    enum verdict verdict = our_schemas_take(schemas, schema, &record, &taken, why);

    CU_ASSERT_EQUAL(taken.offset, 5);
    CU_ASSERT_EQUAL(taken.value.size, sizeof(value));
    CU_ASSERT_EQUAL(taken.value.bytes[5], 'x');
    *got = (unsigned char)taken.value.bytes[4];
    return verdict;
}

/* Ids are of a schema: the one that a registry has our summaries under may be the bundled one of the ledger. */
static void an_id_of_the_registry_is_taken_for_the_bundled_one(void)
{
    struct our_schemas *schemas = begin();
    struct reason why;
    unsigned char got = 0;

    world.schema = bundled_summary_avsc;
    CU_ASSERT_EQUAL(take(schemas, OUR_SUMMARY, SCHEMA_ID_SUMMARY, &got, &why), GO_ON);
    CU_ASSERT_EQUAL(got, SCHEMA_ID_SUMMARY);
    CU_ASSERT_EQUAL(world.asked, 0);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(take(schemas, OUR_SUMMARY, 77, &got, &why), GO_ON);
        CU_ASSERT_EQUAL(got, SCHEMA_ID_SUMMARY);
        CU_ASSERT_EQUAL(take(schemas, OUR_LEDGER, 77, &got, &why), GO_ON); /* another's */
        CU_ASSERT_EQUAL(got, 77);
        CU_ASSERT_EQUAL(take(schemas, OUR_SUMMARY, 78, &got, &why), GO_ON); /* nobody's */
        CU_ASSERT_EQUAL(got, 78);
    }
    CU_ASSERT_EQUAL(world.asked, 3);
    our_schemas_close(schemas);
    free(wrapped);
    wrapped = NULL;
}

enum verdict __wrap_topic_read(const struct config *read, const char *topic, topic_reader *each, void *context,
                               struct reason *why);

enum verdict __wrap_topic_read(const struct config *read, const char *topic, topic_reader *each, void *context,
                               struct reason *why)
{
    static const char value[] = {0, 0, 0, 0, SCHEMA_ID_LEDGER, 'x'};
    const struct record record = {.value = {value, sizeof(value)}};

    (void)read;
    (void)topic;
    return each(context, &record, why);
}

static enum verdict note_id(void *context, const struct record *record, struct reason *why)
{
    (void)why;
    *(unsigned char *)context = (unsigned char)record->value.bytes[4];
    return GO_ON;
}

/* As a worker reads the ledger, with the ids that are kept: without the registry. */
static void ids_that_are_known_are_not_asked_for(void)
{
    const struct schema_ids known = {SCHEMA_ID_LEDGER, 79, 80};
    struct our_schemas *schemas = begin();
    struct reason why;
    unsigned char got = 0;

    world.answer = TRY_LATER;
    world.id = REGISTRY_UNREACHABLE;
    CU_ASSERT_EQUAL(our_schemas_read(&config, &known, OUR_SUMMARY, "topic", note_id, &got, &why), GO_ON);
    CU_ASSERT_EQUAL(got, SCHEMA_ID_SUMMARY);
    CU_ASSERT_EQUAL(world.asked, 0);
    CU_ASSERT_EQUAL(our_schemas_read(&config, NULL, OUR_SUMMARY, "topic", note_id, &got, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, REGISTRY_UNREACHABLE);
    our_schemas_close(schemas);
}

/* Ids that were asked for are remembered in a room of fixed size; what comes beyond it is nobody's, unasked. */
static void made_up_ids_are_not_all_asked_for(void)
{
    struct our_schemas *schemas = begin();
    struct reason why;
    unsigned char got = 0;

    world.schema = bundled_summary_avsc;
    for (unsigned id = 100; id < 256; id++) {
        CU_ASSERT_EQUAL(take(schemas, OUR_SUMMARY, (unsigned char)id, &got, &why), GO_ON);
        CU_ASSERT_EQUAL(got, id);
    }
    CU_ASSERT_EQUAL(world.asked, 64);
    CU_ASSERT_EQUAL(take(schemas, OUR_SUMMARY, 77, &got, &why), GO_ON);
    CU_ASSERT_EQUAL(got, 77);
    CU_ASSERT_EQUAL(world.asked, 64);
    our_schemas_close(schemas);
}

static void a_schema_may_be_laid_out_anew(void)
{
    static const char other[] = "{\"name\":\"Summary\"}";
    struct our_schemas *schemas = begin();
    struct reason why;
    unsigned char got = 0;
    char *wide = malloc(2 * bundled_ledger_avsc.size);
    size_t size = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(wide);
    for (size_t i = 0; i < bundled_ledger_avsc.size; i++) {
        wide[size++] = bundled_ledger_avsc.bytes[i];
        if (bundled_ledger_avsc.bytes[i] == ',' && bundled_ledger_avsc.bytes[i + 1] == '\n')
            wide[size++] = ' ';
    }
    world.schema = (struct span){wide, size};
    CU_ASSERT_TRUE(size > bundled_ledger_avsc.size);
    CU_ASSERT_EQUAL(take(schemas, OUR_LEDGER, 77, &got, &why), GO_ON);
    CU_ASSERT_EQUAL(got, SCHEMA_ID_LEDGER);
    our_schemas_close(schemas);
    free(wide);
    schemas = begin();
    world.schema = span_of(other);
    CU_ASSERT_EQUAL(take(schemas, OUR_SUMMARY, 77, &got, &why), GO_ON);
    CU_ASSERT_EQUAL(got, 77);
    our_schemas_close(schemas);
    free(wrapped);
    wrapped = NULL;
}

static void without_a_registry_nothing_is_asked(void)
{
    struct our_schemas *schemas = NULL;
    struct schema_ids ids;
    struct reason why;
    unsigned char got = 0;

    memset(&world, 0, sizeof(world));
    config_defaults(&config);
    CU_ASSERT_EQUAL_FATAL(our_schemas_open(&schemas, &config, &why), GO_ON);
    CU_ASSERT_EQUAL(our_schemas_ids(schemas, &ids, &why), GO_ON);
    CU_ASSERT_TRUE(schema_ids_equal(&ids, &(struct schema_ids){0}));
    CU_ASSERT_EQUAL(take(schemas, OUR_SUMMARY, 77, &got, &why), GO_ON);
    CU_ASSERT_EQUAL(got, 77);
    CU_ASSERT_EQUAL(world.asked + world.found, 0);
    our_schemas_close(schemas);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"each_topic_has_its_subject", each_topic_has_its_subject},
        {"what_the_registry_says_is_told", what_the_registry_says_is_told},
        {"an_id_of_the_registry_is_taken_for_the_bundled_one", an_id_of_the_registry_is_taken_for_the_bundled_one},
        {"ids_that_are_known_are_not_asked_for", ids_that_are_known_are_not_asked_for},
        {"made_up_ids_are_not_all_asked_for", made_up_ids_are_not_all_asked_for},
        {"a_schema_may_be_laid_out_anew", a_schema_may_be_laid_out_anew},
        {"without_a_registry_nothing_is_asked", without_a_registry_nothing_is_asked},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
