/* What becomes of a record of an unknown schema, as a registry answers. The linker leads the calls of what would need a
 * registry to the stand-ins here (CMakeLists.txt: --wrap). */
#include "writer_schemas.h"

#include "config_defaults.h"
#include "gentally/base/bundled.h"
#include "gentally/codec/decode.h"
#include "gentally/registry/registry.h"
#include "suite.h"

#define BUNDLED 2 /* schemas that a decoder knows from the start */

static struct {
    enum verdict answer;
    enum reason_id id;
    struct span schema;
    uint32_t asked, last_id;
} world;

enum verdict __wrap_registry_open(struct registry **registry, const struct config *config, struct reason *why);
void __wrap_registry_close(struct registry *registry);
enum verdict __wrap_registry_check(struct registry *registry, struct reason *why);
enum verdict __wrap_registry_schema(struct registry *registry, uint32_t id, struct span *answer, struct reason *why);

enum verdict __wrap_registry_open(struct registry **registry, const struct config *config, struct reason *why)
{
    (void)config;
    (void)why;
    *registry = NULL;
    return GO_ON;
}

void __wrap_registry_close(struct registry *registry)
{
    (void)registry;
}

enum verdict __wrap_registry_check(struct registry *registry, struct reason *why)
{
    (void)registry;
    return world.answer == GO_ON ? GO_ON : reason_set(why, world.answer, world.id, 0, "as the test says");
}

enum verdict __wrap_registry_schema(struct registry *registry, uint32_t id, struct span *answer, struct reason *why)
{
    (void)registry;
    world.asked++;
    world.last_id = id;
    *answer = world.schema;
    return world.answer == GO_ON ? GO_ON : reason_set(why, world.answer, world.id, 0, "as the test says");
}

static struct config config;
static struct logger logger;
static struct decoder *decoder;

static struct writer_schemas *begin(void)
{
    struct writer_schemas *schemas = NULL;
    struct reason why;

    memset(&world, 0, sizeof(world));
    world.schema = bundled_generation_avsc;
    config_defaults(&config);
    config.registry_wait_ms = 60000;
    log_open(&logger, LOG_LEVEL_ERROR + 1, "test");
    CU_ASSERT_EQUAL_FATAL(decoder_open(&decoder, 1000, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(writer_schemas_open(&schemas, &config, decoder, &logger, &why), GO_ON);
    return schemas;
}

static void end(struct writer_schemas *schemas)
{
    writer_schemas_close(schemas);
    decoder_close(decoder);
}

static enum verdict ask(struct writer_schemas *schemas, unsigned char id, int64_t now_ms, struct reason *why)
{
    const char value[] = {0, 0, 0, 1, (char)id, 7};

    return writer_schemas_ask(schemas, (struct span){value, sizeof(value)}, now_ms, why);
}

/* Between two batches, since a batch's records are decoded once for their ids, and once to be counted. */
static void what_the_registry_knows_is_learned(void)
{
    struct writer_schemas *schemas = begin();
    struct reason why;

    CU_ASSERT_EQUAL(ask(schemas, 7, 1000, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, REGISTRY_UNREACHABLE);
    CU_ASSERT_EQUAL(world.last_id, 256 + 7);
    CU_ASSERT_EQUAL(decoder_schema_count(decoder), BUNDLED + 0);
    CU_ASSERT_EQUAL(ask(schemas, 7, 1001, &why), TRY_LATER); /* of another partition in the batch */
    CU_ASSERT_EQUAL(world.asked, 1);
    CU_ASSERT_TRUE(writer_schemas_due(schemas, 1001));
    CU_ASSERT_EQUAL(decoder_schema_count(decoder), BUNDLED + 1);
    CU_ASSERT_EQUAL(decoder_schema(decoder, BUNDLED).id, 256 + 7);
    CU_ASSERT_EQUAL(writer_schemas_requests(schemas)[REGISTRY_TOLD], 1);
    CU_ASSERT_EQUAL(writer_schemas_requests(schemas)[REGISTRY_SILENT], 0);
    end(schemas);
}

/* A registry that is away is asked again now and then, by whichever partition; after the wait the records go. */
static void one_that_is_away_is_waited_for(void)
{
    static const struct {
        enum verdict answer;
        enum reason_id id;
    } rows[] = {{TRY_LATER, REGISTRY_UNREACHABLE}, {HALT, REGISTRY_DENIED}, {HALT, REGISTRY_ANSWER}};

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct writer_schemas *schemas = begin();
        struct reason why;
        world.answer = rows[i].answer;
        world.id = rows[i].id;
        CU_ASSERT_EQUAL(ask(schemas, 7, 1000, &why), TRY_LATER);
        CU_ASSERT_FALSE(writer_schemas_due(schemas, 1001));
        CU_ASSERT_EQUAL(ask(schemas, 7, 1002, &why), TRY_LATER);
        CU_ASSERT_EQUAL(world.asked, 1);
        CU_ASSERT_TRUE(writer_schemas_due(schemas, 6000));
        CU_ASSERT_EQUAL(ask(schemas, 7, 6000, &why), TRY_LATER);
        CU_ASSERT_EQUAL(world.asked, 2);
        CU_ASSERT_EQUAL(writer_schemas_requests(schemas)[REGISTRY_SILENT], 2);
        CU_ASSERT_EQUAL(ask(schemas, 7, 60999, &why), TRY_LATER);
        CU_ASSERT_EQUAL(ask(schemas, 7, 66000, &why), SET_ASIDE);
        CU_ASSERT_EQUAL(why.id, DECODE_SCHEMA_UNKNOWN);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "in 65 s no registry said it"));
        uint32_t asked = world.asked;
        CU_ASSERT_EQUAL(ask(schemas, 7, 66001, &why), SET_ASIDE); /* the next one does not wait again */
        CU_ASSERT_EQUAL(ask(schemas, 7, 70999, &why), SET_ASIDE);
        CU_ASSERT_EQUAL(why.id, DECODE_SCHEMA_UNKNOWN);
        CU_ASSERT_EQUAL(world.asked, asked);
        world.answer = GO_ON;
        CU_ASSERT_EQUAL(ask(schemas, 7, 71000, &why), TRY_LATER);
        CU_ASSERT_TRUE(writer_schemas_due(schemas, 71000));
        CU_ASSERT_EQUAL(decoder_schema_count(decoder), BUNDLED + 1);
        end(schemas);
    }
}

/* A no is believed for a minute; so is a schema that does not fit. */
static void a_no_is_believed_for_a_while(void)
{
    struct writer_schemas *schemas = begin();
    struct reason why;

    world.answer = SET_ASIDE;
    world.id = DECODE_SCHEMA_UNKNOWN;
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(ask(schemas, 7, 1000 + i, &why), SET_ASIDE);
    CU_ASSERT_EQUAL(why.id, DECODE_SCHEMA_UNKNOWN);
    CU_ASSERT_EQUAL(world.asked, 1);
    CU_ASSERT_EQUAL(writer_schemas_requests(schemas)[REGISTRY_REFUSED_IT], 1);
    world.answer = GO_ON;
    world.schema = span_of("{\"schema\": \"\\\"string\\\"\"}");
    CU_ASSERT_EQUAL(ask(schemas, 8, 1003, &why), TRY_LATER);
    CU_ASSERT_TRUE(writer_schemas_due(schemas, 1003));
    CU_ASSERT_EQUAL(ask(schemas, 8, 1003, &why), SET_ASIDE);
    CU_ASSERT_EQUAL(why.id, DECODE_SCHEMA_UNKNOWN);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "schema 264: the schema is a string"));
    world.schema = bundled_generation_avsc;
    CU_ASSERT_EQUAL(ask(schemas, 8, 1004, &why), SET_ASIDE);
    CU_ASSERT_EQUAL(ask(schemas, 7, 61001, &why), TRY_LATER);
    CU_ASSERT_EQUAL(ask(schemas, 8, 61003, &why), TRY_LATER);
    CU_ASSERT_TRUE(writer_schemas_due(schemas, 61003));
    CU_ASSERT_EQUAL(decoder_schema_count(decoder), BUNDLED + 2);
    end(schemas);
}

/* Who makes up ids makes us ask only so often. */
static void made_up_ids_are_not_all_asked_for(void)
{
    struct writer_schemas *schemas = begin();
    struct reason why;

    world.answer = SET_ASIDE;
    world.id = DECODE_SCHEMA_UNKNOWN;
    for (unsigned id = 0; id < 256; id++)
        CU_ASSERT_EQUAL(ask(schemas, (unsigned char)id, 1000 + (int)id, &why), SET_ASIDE);
    CU_ASSERT_EQUAL(world.asked, 128);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "was not asked"));
    CU_ASSERT_EQUAL(ask(schemas, 255, 62000, &why), SET_ASIDE);
    CU_ASSERT_EQUAL(world.asked, 129);
    end(schemas);
}

/* What was waited for in vain, and never came again, does not keep a later schema from being asked for. */
static void ids_of_an_outage_make_room(void)
{
    struct writer_schemas *schemas = begin();
    struct reason why;

    world.answer = TRY_LATER;
    world.id = REGISTRY_UNREACHABLE;
    for (unsigned id = 0; id < 128; id++)
        CU_ASSERT_EQUAL(ask(schemas, (unsigned char)id, 1000, &why), TRY_LATER);
    CU_ASSERT_EQUAL(ask(schemas, 200, 1000, &why), SET_ASIDE); /* all of them are waited for */
    world.answer = GO_ON;
    CU_ASSERT_EQUAL(ask(schemas, 200, 6000, &why), TRY_LATER);
    CU_ASSERT_EQUAL(world.last_id, 256 + 200);
    end(schemas);
}

static void only_what_denies_us_ends_a_start(void)
{
    struct writer_schemas *schemas = begin();
    struct reason why;

    CU_ASSERT_EQUAL(writer_schemas_check(schemas, &why), GO_ON);
    world.answer = TRY_LATER;
    world.id = REGISTRY_UNREACHABLE;
    CU_ASSERT_EQUAL(writer_schemas_check(schemas, &why), GO_ON);
    world.answer = HALT;
    world.id = REGISTRY_ANSWER;
    CU_ASSERT_EQUAL(writer_schemas_check(schemas, &why), GO_ON);
    world.id = REGISTRY_DENIED;
    CU_ASSERT_EQUAL(writer_schemas_check(schemas, &why), HALT);
    CU_ASSERT_EQUAL(why.id, REGISTRY_DENIED);
    end(schemas);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what_the_registry_knows_is_learned", what_the_registry_knows_is_learned},
        {"one_that_is_away_is_waited_for", one_that_is_away_is_waited_for},
        {"a_no_is_believed_for_a_while", a_no_is_believed_for_a_while},
        {"made_up_ids_are_not_all_asked_for", made_up_ids_are_not_all_asked_for},
        {"ids_of_an_outage_make_room", ids_of_an_outage_make_room},
        {"only_what_denies_us_ends_a_start", only_what_denies_us_ends_a_start},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
