/*
 * plan.c and schema.c: which schemas are refused and what the refusal says, how a reader's aliases match, how a decoder
 * comes to know schemas.
 */
#include "plan.h"

#include <unistd.h>

#include "gentally/base/bundled.h"
#include "verdict_name.h"
#include "writers.h"

static const struct {
    const char *name, *schema, *want, *text; /* what the reason must say */
} refused[] = {
    {"empty", "", "SCHEMA-INVALID", "JSON"},
    {"not JSON", "{'type':", "SCHEMA-INVALID", "JSON"},
    {"a number", "7", "SCHEMA-INVALID", "no text, list or object"},
    {"a key twice", "{'type':'record','type':'record','name':'G','fields':[]}", "SCHEMA-INVALID", "duplicate"},
    {"no such type", EXTRA("'text'"), "SCHEMA-INVALID", "text"},
    {"no name", "{'type':'record','fields':[]}", "SCHEMA-INVALID", "without a name"},
    {"no fields", "{'type':'record','name':'G'}", "SCHEMA-INVALID", "without fields"},
    {"field without type", PLUS("{'name':'extra'}"), "SCHEMA-INVALID", "no text, list or object"},
    {"field without name", PLUS("{'type':'int'}"), "SCHEMA-INVALID", "without a name"},
    {"field twice", PLUS("{'name':'id','type':'int'}"), "SCHEMA-INVALID", "id"},
    {"array without items", EXTRA("{'type':'array'}"), "SCHEMA-INVALID", "no text, list or object"},
    {"enum without symbols", EXTRA("{'type':'enum','name':'E','symbols':[]}"), "SCHEMA-INVALID", "without symbols"},
    {"symbol twice", EXTRA("{'type':'enum','name':'E','symbols':['A','A']}"), "SCHEMA-INVALID", "A"},
    {"fixed of -1", EXTRA("{'type':'fixed','name':'F','size':-1}"), "SCHEMA-INVALID", "size"},
    {"union in union", EXTRA("['null',['int','string']]"), "SCHEMA-INVALID", "union"},
    {"union, twice int", EXTRA("['int','int']"), "SCHEMA-INVALID", "union"},
    {"union, twice F", EXTRA("[{'type':'fixed','name':'F','size':1},'F']"), "SCHEMA-INVALID", "union"},
    {"union of none", EXTRA("[]"), "SCHEMA-INVALID", "without branches"},
    {"name twice", EXTRA("[{'type':'fixed','name':'F','size':1},{'type':'fixed','name':'n.F','size':2}]"),
     "SCHEMA-INVALID", "n.F"},
    {"endless", EXTRA("{'type':'record','name':'R','fields':[{'name':'r','type':'R'}]}"), "SCHEMA-INVALID",
     "without end"},
    {"libavro refuses", "{'type':'record','name':'1 2','fields':[" ID CREATED MODEL PROMPT COMPLETION "]}",
     "SCHEMA-INVALID", "libavro"},
    {"not a record", "'string'", "SCHEMA-INCOMPATIBLE", "string"},
    {"union at the top", "['null'," RECORD(ID CREATED MODEL PROMPT COMPLETION) "]", "SCHEMA-INCOMPATIBLE", "union"},
    {"no id", RECORD(CREATED MODEL PROMPT COMPLETION), "SCHEMA-INCOMPATIBLE", "field id"},
    {"no completion", RECORD(ID CREATED MODEL "{'name':'tokens_prompt','type':'long'}"), "SCHEMA-INCOMPATIBLE",
     "field tokens_completion"},
    {"id as int", RECORD("{'name':'id','type':'int'}," CREATED MODEL PROMPT COMPLETION), "SCHEMA-INCOMPATIBLE",
     "field id"},
    {"renamed id", RECORD("{'name':'Id_','type':'string'}," CREATED MODEL PROMPT COMPLETION), "SCHEMA-INCOMPATIBLE",
     "field id: is missing, and has no default; is it the writer's Id_?"},
    {"words in another order",
     RECORD(ID CREATED MODEL "{'name':'promptTokens','type':'long'},{'name':'tokens_completion','type':'long'}"),
     "SCHEMA-INCOMPATIBLE", "is it the writer's promptTokens?"},
    {"float for int", PLUS("{'name':'latency_ms','type':'double'}"), "SCHEMA-INCOMPATIBLE", "latency_ms"},
    {"float for long", PLUS("{'name':'tokens_cached','type':'double'}"), "SCHEMA-INCOMPATIBLE", "tokens_cached"},
    {"null for what has no default", RECORD(ID CREATED "{'name':'model','type':'null'}," PROMPT COMPLETION),
     "SCHEMA-INCOMPATIBLE", "field model"},
    {"union, only null fits", PLUS("{'name':'latency_ms','type':['null','string']}"), "SCHEMA-INCOMPATIBLE",
     "latency_ms"},
    {"union, only null fits what has a default", PLUS("{'name':'tokens_cached','type':['null','string']}"),
     "SCHEMA-INCOMPATIBLE", "tokens_cached"},
    {"a registry's answer of another type", "{'schemaType':'PROTOBUF','schema':'syntax'}", "SCHEMA-INVALID",
     "PROTOBUF"},
    {"a registry's answer with references", "{'schema':'7','references':[{'name':'a'}]}", "SCHEMA-INVALID",
     "refers to other schemas"},
    {"a registry's answer that is no JSON", "{'id':7,'schema':'{'}", "SCHEMA-INVALID", "not JSON"},
    {"union, none fits", PLUS("{'name':'is_free','type':['null','int']}"), "SCHEMA-INCOMPATIBLE", "is_free"},
    {"op as string", PLUS("{'name':'op','type':'string'}"), "SCHEMA-INCOMPATIBLE", "op"},
    {"days", RECORD(ID "{'name':'created_at','type':{'type':'int','logicalType':'date'}}," MODEL PROMPT COMPLETION),
     "SCHEMA-INCOMPATIBLE", "date"},
    {"local time", TIME("local-timestamp-millis"), "SCHEMA-INCOMPATIBLE", "local-timestamp-millis"},
    {"labels as map", PLUS("{'name':'categories','type':{'type':'map','values':'float'}}"), "SCHEMA-INCOMPATIBLE",
     "categories"},
    {"label without confidence", CATEGORIES("{'type':'record','name':'L','fields':[{'name':'path','type':'string'}]}"),
     "SCHEMA-INCOMPATIBLE", "confidence"},
    {"labels of strings", CATEGORIES("'string'"), "SCHEMA-INCOMPATIBLE", "categories"},
};

static void schemas_are_refused_by_name(void)
{
    struct decoder *decoder = open_decoder();

    for (size_t i = 0; i < LENGTH_OF(refused); i++) {
        struct reason why = {0};
        enum verdict verdict = learn(decoder, refused[i].schema, &why);
        bool is_right = verdict == HALT && strcmp(reason_name(why.id), refused[i].want) == 0 &&
                        strstr(why.text, refused[i].text) != NULL;
        if (!is_right)
            printf("row %s: %s %s: %s\n", refused[i].name, verdict_name(verdict),
                   why.id != REASON_NONE ? reason_name(why.id) : "", why.text);
        CU_ASSERT(is_right);
    }
    decoder_close(decoder);
}

static void schemas_have_a_size_and_a_depth(void)
{
    struct decoder *decoder = open_decoder();
    char *text = malloc(SCHEMA_TEXT_MAX + 2);

    CU_ASSERT_FATAL(text != NULL);
    for (unsigned depth = 29; depth <= 32; depth++) { /* the record is 1, so 31 arrays and the int make 33 */
        struct reason why = {0};
        size_t at = (size_t)snprintf(text, 4096,
                                     "{'type':'record','name':'G','fields':[" ID CREATED MODEL PROMPT COMPLETION
                                     ",{'name':'extra','type':");
        for (unsigned i = 0; i < depth; i++)
            at += (size_t)snprintf(text + at, 64, "{'type':'array','items':");
        at += (size_t)snprintf(text + at, 64, "'int'");
        for (unsigned i = 0; i < depth; i++)
            text[at++] = '}';
        snprintf(text + at, 64, "}]}");
        enum verdict verdict = learn(decoder, text, &why);
        CU_ASSERT(verdict == (depth <= 30 ? GO_ON : HALT));
        CU_ASSERT(verdict == GO_ON || strstr(why.text, "32") != NULL);
    }
    for (size_t size = SCHEMA_TEXT_MAX; size <= SCHEMA_TEXT_MAX + 1; size++) {
        struct reason why = {0};
        memset(text, ' ', size);
        memcpy(text, bundled_generation_avsc.bytes, bundled_generation_avsc.size);
        enum verdict verdict = decoder_learn(decoder, 5, (struct span){text, size}, &why);
        CU_ASSERT(verdict == (size <= SCHEMA_TEXT_MAX ? GO_ON : HALT));
    }
    free(text);
    decoder_close(decoder);
}

/* What a schema leaves out is told, and which of the skipped may be meant for which of the defaulted: by the same words
 * in another order or letter case, by a word more or less, by a slip; not where two could be meant. */
static void what_is_left_out_is_told(void)
{
    static const struct {
        const char *field, *skipped, *doubts; /* NULL: none */
    } rows[] = {
        {"tokens_cached", NULL, NULL},
        {"cached_tokens", "cached_tokens", "cached_tokens is skipped: is it tokens_cached?"},
        {"cachedTokens", "cachedTokens", "cachedTokens is skipped: is it tokens_cached?"},
        {"cost_usd", "cost_usd", "cost_usd is skipped: is it cost_nano_usd?"},
        {"acount", "acount", "acount is skipped: is it account?"},
        {"latency", "latency", "latency is skipped: is it latency_ms?"},
        {"tokens", "tokens", NULL}, /* one word says little */
        {"trace", "trace", NULL},
        {"fx", "fx", NULL},                                           /* two slips, and nothing is left of op */
        {"tokens_reasoning_cached", "tokens_reasoning_cached", NULL}, /* either */
        {"is_by_free", "is_by_free", "is_by_free is skipped: is it is_free?"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct decoder *decoder = open_decoder();
        struct reason why = {0};
        char schema[2048];
        snprintf(schema, sizeof(schema), "%s,{'name':'%s','type':'long'}]}",
                 "{'type':'record','name':'G','fields':[" ID CREATED MODEL PROMPT COMPLETION, rows[i].field);
        CU_ASSERT_EQUAL_FATAL(learn(decoder, schema, &why), GO_ON);
        CU_ASSERT_EQUAL_FATAL(decoder_schema_count(decoder), 3);
        const struct learned_schema learned = decoder_schema(decoder, 2);
        bool is_right = learned.id == TEST_ID && span_equal(span_of(learned.skipped), span_of(rows[i].skipped)) &&
                        span_equal(span_of(learned.doubts), span_of(rows[i].doubts)) &&
                        strstr(learned.read, "id, created_at, model") == learned.read &&
                        strstr(learned.defaulted, "provider, account") == learned.defaulted &&
                        (strstr(learned.defaulted, "tokens_cached") == NULL) == (i == 0);
        if (!is_right)
            printf("row %s: read %s, skipped %s, defaulted %s, doubts %s\n", rows[i].field, learned.read,
                   learned.skipped, learned.defaulted, learned.doubts);
        CU_ASSERT(is_right);
        decoder_close(decoder);
    }
}

/* Of labels' fields, too. The bundled schema leaves out nothing. */
static void of_labels_and_of_the_bundled_schema(void)
{
    struct decoder *decoder = open_decoder();
    struct reason why = {0};

    const struct learned_schema bundled = decoder_schema(decoder, 1); /* behind the one of before */
    CU_ASSERT(bundled.skipped == NULL && bundled.defaulted == NULL && bundled.doubts == NULL);
    CU_ASSERT_EQUAL_FATAL(learn(decoder,
                                CATEGORIES("{'type':'record','name':'L','fields':[{'name':'path','type':'string'},"
                                           "{'name':'confidence','type':'float'},{'name':'by','type':'string'}]}"),
                                &why),
                          GO_ON);
    CU_ASSERT_STRING_EQUAL(decoder_schema(decoder, 2).skipped, "categories.by");
    decoder_close(decoder);
}

/* As `curl <registry>/schemas/ids/7` has it, and with a subject around. */
static void a_registrys_answer_is_unwrapped(void)
{
    static const char *const answers[] = {"{'schema':'%s'}", "{'subject':'s','version':1,'id':7,'schema':'%s'}",
                                          "{'schemaType':'AVRO','references':[],'schema':'%s'}"};
    char inner[4096], escaped[8192], text[9000], wrapper[256];

    unquote(RECORD(ID CREATED MODEL PROMPT COMPLETION), inner, sizeof(inner));
    size_t size = 0;
    for (const char *at = inner; *at != '\0'; at++) {
        if (*at == '"')
            escaped[size++] = '\\';
        escaped[size++] = *at;
    }
    escaped[size] = '\0';
    for (size_t i = 0; i < LENGTH_OF(answers); i++) {
        struct decoder *decoder = open_decoder();
        struct reason why = {0};
        unquote(answers[i], wrapper, sizeof(wrapper));
        const char *place = strstr(wrapper, "%s");
        CU_ASSERT_PTR_NOT_NULL_FATAL(place);
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(place - wrapper), wrapper, escaped, place + 2);
        CU_ASSERT_EQUAL(decoder_learn(decoder, TEST_ID, span_of(text), &why), GO_ON);
        decoder_close(decoder);
    }
}

/* Avro lets a schema have attributes of its own; one of them may be a text called "schema". */
static void a_record_with_a_text_called_schema_is_no_answer(void)
{
    static const char *const schemas[] = {
        "{'schema':'\\\"string\\\"','type':'record','name':'G','fields':[" ID CREATED MODEL PROMPT COMPLETION "]}",
        "{'type':'record','name':'G','schemaType':'JSON','schema':'{','fields':[" ID CREATED MODEL PROMPT COMPLETION
        ",{'name':'schema','type':'string','default':''}]}",
    };

    for (size_t i = 0; i < LENGTH_OF(schemas); i++) {
        struct decoder *decoder = open_decoder();
        struct reason why = {0};
        CU_ASSERT_EQUAL(learn(decoder, schemas[i], &why), GO_ON);
        CU_ASSERT_EQUAL(decoder_schema_count(decoder), 3); /* with the two bundled ones */
        decoder_close(decoder);
    }
}

/* Which step reads the model tells which of the writer's fields was taken for it. */
static void aliases_of_the_reader_find_renamed_fields(void)
{
    static const struct {
        const char *name, *schema;
        uint32_t model_at; /* which step reads the model */
    } rows[] = {
        {"renamed", RECORD(ID CREATED "{'name':'slug','type':'string'}," PROMPT COMPLETION), 2},
        {"second alias", RECORD(ID "{'name':'llm','type':'string'}," CREATED PROMPT COMPLETION), 1},
        {"name before alias", RECORD("{'name':'slug','type':'string'}," ID CREATED MODEL PROMPT COMPLETION), 3},
        {"first alias before second",
         RECORD("{'name':'llm','type':'string'},{'name':'slug','type':'string'}," ID CREATED PROMPT COMPLETION), 1},
    };
    static const char model_name[] = "\"name\": \"model\",";
    static const char with_aliases[] = "\"name\": \"model\", \"aliases\": [\"slug\", \"llm\", \"provider\"],";
    const char *found = strstr(bundled_generation_avsc.bytes, model_name);
    char reader[8192], writer[4096];

    CU_ASSERT_FATAL(found != NULL);
    snprintf(reader, sizeof(reader), "%.*s%s%s", (int)(found - bundled_generation_avsc.bytes),
             bundled_generation_avsc.bytes, with_aliases, found + strlen(model_name));
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct plan plan;
        struct reason why = {0};
        unquote(rows[i].schema, writer, sizeof(writer));
        enum verdict verdict = plan_open(&plan, span_of(reader), span_of(writer), &why);
        CU_ASSERT(verdict == GO_ON);
        for (uint32_t k = 0; verdict == GO_ON && plan.steps[k].op != STEP_END; k++) {
            bool is_model = plan.steps[k].op == STEP_TEXT && plan.steps[k].target == offsetof(struct event, model);
            CU_ASSERT(is_model == (k == rows[i].model_at));
        }
        plan_close(&plan);
    }

    struct plan plan;
    struct reason why = {0};
    unquote(RECORD(ID CREATED PROMPT COMPLETION ",{'name':'provider','type':'string'}"), writer, sizeof(writer));
    CU_ASSERT(plan_open(&plan, span_of(reader), span_of(writer), &why) == HALT); /* provider has its owner */
    CU_ASSERT(strstr(why.text, "model") != NULL);
    plan_close(&plan);
}

static void a_schema_learnt_again_replaces(void)
{
    struct decoder *decoder = open_decoder();
    struct reason why = {0};
    struct message message = {.size = 0};

    put_framing(&message, TEST_ID);
    put_hex(&message, BASE);
    expect_body(decoder, "not learnt", &message, "DECODE-SCHEMA-UNKNOWN");
    CU_ASSERT(learn(decoder, RECORD(ID CREATED MODEL PROMPT COMPLETION), &why) == GO_ON);
    expect_body(decoder, "learnt", &message, LINE);
    CU_ASSERT(learn(decoder, "{}", &why) == HALT);
    expect_body(decoder, "a failure changes nothing", &message, LINE);
    CU_ASSERT(learn(decoder, PLUS("{'name':'streamed','type':'boolean'}"), &why) == GO_ON);
    expect_body(decoder, "replaced", &message, "DECODE-TRUNCATED");
    for (uint32_t id = 70; id > 0; id--)
        CU_ASSERT(decoder_learn(decoder, id * 1000003u, bundled_generation_avsc, &why) == GO_ON);
    put_byte(&message, 1);
    expect_body(decoder, "among many", &message, LINE " streamed=1");
    decoder_close(decoder);
}

static void write_file(const char *folder, const char *name, struct span text)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    CU_ASSERT_FATAL(file != NULL);
    fwrite(text.bytes, 1, text.size, file);
    fclose(file);
}

static void remove_file(const char *folder, const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
}

static void folders_are_learnt_whole_or_refused(void)
{
    static const struct {
        const char *file, *text, *want;
    } rows[] = {
        {"latest.avsc", NULL, "SCHEMA-UNREADABLE"},
        {"007.avsc", NULL, "SCHEMA-UNREADABLE"},
        {"4294967296.avsc", NULL, "SCHEMA-UNREADABLE"},
        {"-1.avsc", NULL, "SCHEMA-UNREADABLE"},
        {"1.2.avsc", NULL, "SCHEMA-UNREADABLE"},
        {".avsc", NULL, "SCHEMA-UNREADABLE"},
        {"8.avsc", "{", "SCHEMA-INVALID"},
        {"8.avsc", "\"int\"", "SCHEMA-INCOMPATIBLE"},
        {"8.avsc.bak", "{", NULL},
        {"4294967295.avsc", NULL, NULL},
        {"0.avsc", NULL, NULL},
        {"README", "x", NULL},
    };
    char folder[] = "/tmp/gentally-decode-XXXXXX";
    char text[4096];
    struct message message = {.size = 0};
    struct decoder *decoder = open_decoder();
    struct reason why = {0};

    CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
    CU_ASSERT(decoder_learn_folder(decoder, folder, &why) == GO_ON); /* nothing to learn is fine */
    unquote(RECORD(ID CREATED MODEL PROMPT COMPLETION), text, sizeof(text));
    write_file(folder, "77.avsc", span_of(text));
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        why = (struct reason){0};
        write_file(folder, rows[i].file, rows[i].text != NULL ? span_of(rows[i].text) : bundled_generation_avsc);
        enum verdict verdict = decoder_learn_folder(decoder, folder, &why);
        bool is_right =
            rows[i].want == NULL ? verdict == GO_ON : verdict == HALT && strcmp(reason_name(why.id), rows[i].want) == 0;
        if (!is_right)
            printf("row %s: %s %s\n", rows[i].file, verdict_name(verdict), why.text);
        CU_ASSERT(is_right);
        remove_file(folder, rows[i].file);
    }
    put_framing(&message, TEST_ID);
    put_hex(&message, BASE);
    expect_body(decoder, "learnt from a file", &message, LINE);
    remove_file(folder, "77.avsc");
    rmdir(folder);
    CU_ASSERT(decoder_learn_folder(decoder, folder, &why) == HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "SCHEMA-UNREADABLE");
    CU_ASSERT(strstr(why.text, folder) != NULL);
    decoder_close(decoder);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"schemas_are_refused_by_name", schemas_are_refused_by_name},
        {"schemas_have_a_size_and_a_depth", schemas_have_a_size_and_a_depth},
        {"what_is_left_out_is_told", what_is_left_out_is_told},
        {"of_labels_and_of_the_bundled_schema", of_labels_and_of_the_bundled_schema},
        {"a_registrys_answer_is_unwrapped", a_registrys_answer_is_unwrapped},
        {"a_record_with_a_text_called_schema_is_no_answer", a_record_with_a_text_called_schema_is_no_answer},
        {"aliases_of_the_reader_find_renamed_fields", aliases_of_the_reader_find_renamed_fields},
        {"a_schema_learnt_again_replaces", a_schema_learnt_again_replaces},
        {"folders_are_learnt_whole_or_refused", folders_are_learnt_whole_or_refused},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
