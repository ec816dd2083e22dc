/*
 * plan.c and schema.c: which schemas are refused and what the refusal says, how a reader's aliases match, how a decoder
 * comes to know schemas.
 */
#include "plan.h"

#include <unistd.h>

#include "decode_private.h"
#include "gentally/base/bundled.h"
#include "verdict_name.h"
#include "writers.h"

static void schemas_are_refused_by_name(void)
{
    static const struct {
        const char *name, *schema, *want, *text; /* what the reason must say */
    } rows[] = {
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
        {"long for int", PLUS("{'name':'latency_ms','type':'long'}"), "SCHEMA-INCOMPATIBLE", "latency_ms"},
        {"float for long", PLUS("{'name':'tokens_cached','type':'double'}"), "SCHEMA-INCOMPATIBLE", "tokens_cached"},
        {"null for plain", PLUS("{'name':'tokens_cached','type':'null'}"), "SCHEMA-INCOMPATIBLE", "tokens_cached"},
        {"union, none fits", PLUS("{'name':'is_free','type':['null','int']}"), "SCHEMA-INCOMPATIBLE", "is_free"},
        {"op as string", PLUS("{'name':'op','type':'string'}"), "SCHEMA-INCOMPATIBLE", "op"},
        {"days", RECORD(ID "{'name':'created_at','type':{'type':'int','logicalType':'date'}}," MODEL PROMPT COMPLETION),
         "SCHEMA-INCOMPATIBLE", "date"},
        {"local time", TIME("local-timestamp-millis"), "SCHEMA-INCOMPATIBLE", "local-timestamp-millis"},
        {"labels as map", PLUS("{'name':'categories','type':{'type':'map','values':'float'}}"), "SCHEMA-INCOMPATIBLE",
         "categories"},
        {"label without confidence",
         CATEGORIES("{'type':'record','name':'L','fields':[{'name':'path','type':'string'}]}"), "SCHEMA-INCOMPATIBLE",
         "confidence"},
        {"labels of strings", CATEGORIES("'string'"), "SCHEMA-INCOMPATIBLE", "categories"},
    };
    struct decoder *decoder = open_decoder();

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct reason why = {0};
        enum verdict verdict = learn(decoder, rows[i].schema, &why);
        bool is_right =
            verdict == HALT && strcmp(reason_name(why.id), rows[i].want) == 0 && strstr(why.text, rows[i].text) != NULL;
        if (!is_right)
            printf("row %s: %s %s: %s\n", rows[i].name, verdict_name(verdict),
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
        {"aliases_of_the_reader_find_renamed_fields", aliases_of_the_reader_find_renamed_fields},
        {"a_schema_learnt_again_replaces", a_schema_learnt_again_replaces},
        {"folders_are_learnt_whole_or_refused", folders_are_learnt_whole_or_refused},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
