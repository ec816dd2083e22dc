/*
 * decode.c, plan.c and schema.c by rows: a writer's schema, a body in hex, and the line the event prints as, or the
 * reason it is set aside for. Rows are read aloud with ' for " in the schemas.
 *
 * The smallest event, whose bytes begin most rows: id "a", created_at 1000, model "m", 3 prompt and 2 completion
 * tokens.
 */
#include "gentally/codec/decode.h"

#include "writers.h"

/* By the bundled schema of before, by hand. */
static const char golden[] =
    "00 00000001 "
    "0a 67656e2d31 "                             /* id gen-1 */
    "80a0abfef962 "                              /* created_at 1 700 000 000 000 in 6 bytes */
    "1a 6f70656e61692f6770742d346f "             /* model openai/gpt-4o */
    "02 0a 417a757265 "                          /* provider Azure */
    "02 04 7537 "                                /* account u7 */
    "00 "                                        /* app null */
    "02 04 4445 "                                /* country DE */
    "02 04 6465 "                                /* language de */
    "d00f c801 14 00 8089 7a "                   /* tokens 1000 100 10 0, cost 1 000 000 */
    "01 00 01 00 "                               /* byok, not free, streamed, not cancelled */
    "02 08 73746f70 "                            /* finish_reason stop */
    "01 "                                        /* tools offered */
    "02 f403 02 64 00 "                          /* 250 ms, 50 ms, null */
    "01 "                                        /* classified */
    "04 04 2f41 0000003f 06 2fc3a9 0000803f 00 " /* /A 0.5, /e-acute 1 */
    "00";                                        /* create */
static const char golden_line[] =
    "id=gen-1 created=1700000000000 model=openai/gpt-4o provider=Azure account=u7 country=DE language=de finish=stop "
    "prompt=1000 completion=100 reasoning=10 cost=1000000 latency=250 first=50 byok=1 streamed=1 tools=1 classified=1 "
    "label=/A:0.5 label=/\xc3\xa9:1";

static void golden_message_decodes(void)
{
    struct decoder *decoder = open_decoder();
    struct message message = {.size = 0};

    put_hex(&message, golden);
    expect_body(decoder, "golden", &message, golden_line);
    decoder_close(decoder);
}

static void no_prefix_of_a_message_is_a_message(void)
{
    struct decoder *decoder = open_decoder();
    struct message message = {.size = 0};
    struct event event;

    put_hex(&message, golden);
    for (size_t size = 0; size < message.size; size++) {
        struct reason why = {0};
        char *copy;
        struct span prefix = {(const char *)message.bytes, size};
        const char *want = size == 0 ? "DECODE-EMPTY" : size < 5 ? "DECODE-FRAMING" : "DECODE-TRUNCATED";
        CU_ASSERT(decode_copy(decoder, prefix, &event, &copy, &why) == SET_ASIDE);
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), want);
        free(copy);
    }
    put_byte(&message, 0);
    expect_body(decoder, "one more byte", &message, "DECODE-TRAILING");
    decoder_close(decoder);
}

static void frames_are_checked_first(void)
{
    static const struct {
        const char *name, *hex, *want;
    } rows[] = {
        {"nothing", "", "DECODE-EMPTY"},
        {"four bytes", "00 000000", "DECODE-FRAMING"},
        {"other magic", "01 00000001 00", "DECODE-FRAMING"},
        {"unknown schema", "00 00000002 00", "DECODE-SCHEMA-UNKNOWN"},
        {"little-endian id", "00 01000000 00", "DECODE-SCHEMA-UNKNOWN"},
        {"no body", "00 00000001", "DECODE-TRUNCATED"},
    };
    struct decoder *decoder = open_decoder();
    struct reason why = {0};
    struct event event;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct message message = {.size = 0};
        put_hex(&message, rows[i].hex);
        expect_body(decoder, rows[i].name, &message, rows[i].want);
    }
    CU_ASSERT(decode_event(decoder, (struct span){NULL, 0}, &event, &why) == SET_ASIDE);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "DECODE-EMPTY");
    decoder_close(decoder);
}

static void size_limit_counts_the_frame(void)
{
    struct message message = {.size = 0};

    put_hex(&message, golden);
    for (size_t below = 0; below < 2; below++) {
        struct decoder *decoder = NULL;
        struct reason why = {0};
        CU_ASSERT_FATAL(decoder_open(&decoder, message.size - below, &why) == GO_ON);
        expect_body(decoder, "limit", &message, below == 0 ? golden_line : "DECODE-TOO-LARGE");
        decoder_close(decoder);
    }
}

static void writers_resolve_to_the_event(void)
{
    static const struct writer_row rows[] = {
        {"only what must be", RECORD(ID CREATED MODEL PROMPT COMPLETION), BASE, LINE},
        {"reordered", RECORD(MODEL PROMPT ID CREATED COMPLETION), "026d 06 0261 d00f 04", LINE},
        {"another name", "{'type':'record','name':'x.Y','fields':[" ID CREATED MODEL PROMPT COMPLETION "]}", BASE,
         LINE},
        {"int for long", RECORD(ID CREATED MODEL "{'name':'tokens_prompt','type':'int'}," COMPLETION), BASE, LINE},
        {"int over 32 bits", RECORD(ID CREATED MODEL "{'name':'tokens_prompt','type':'int'}," COMPLETION),
         "0261 d00f 026d 8080808010 04", "DECODE-RANGE"},
        {"bytes for string", RECORD("{'name':'id','type':'bytes'}," CREATED MODEL PROMPT COMPLETION), BASE, LINE},
        {"bytes not UTF-8", RECORD("{'name':'id','type':'bytes'}," CREATED MODEL PROMPT COMPLETION),
         "02ff d00f 026d 06 04", "DECODE-UTF8"},
        {"time without unit", RECORD(ID "{'name':'created_at','type':'long'}," MODEL PROMPT COMPLETION), BASE, LINE},
        {"time as int", RECORD(ID "{'name':'created_at','type':'int'}," MODEL PROMPT COMPLETION), BASE, LINE},
        {"plain string for nullable", PLUS("{'name':'provider','type':'string'}"), BASE "0250", LINE_P},
        {"empty string is absent", PLUS("{'name':'provider','type':'string'}"), BASE "00", LINE},
        {"null for nullable", PLUS("{'name':'provider','type':'null'}"), BASE, LINE},
        {"null second", PLUS("{'name':'provider','type':['string','null']}"), BASE "00 0250", LINE_P},
        {"null second, null", PLUS("{'name':'provider','type':['string','null']}"), BASE "02", LINE},
        {"two branches only", PLUS("{'name':'provider','type':['string','null']}"), BASE "04", "DECODE-RANGE"},
        {"negative branch", PLUS("{'name':'provider','type':['string','null']}"), BASE "01", "DECODE-RANGE"},
        {"wide branch", PLUS("{'name':'provider','type':['string','null']}"), BASE "8001", "DECODE-RANGE"},
        {"long-winded branch", PLUS("{'name':'provider','type':['null','string']}"), BASE "8200 0250", LINE_P},
        {"null and bytes", PLUS("{'name':'provider','type':['null','bytes']}"), BASE "02 0250", LINE_P},
        {"three branches, fits", PLUS("{'name':'provider','type':['null','int','string']}"), BASE "04 0250", LINE_P},
        {"three branches, null", PLUS("{'name':'provider','type':['null','int','string']}"), BASE "00", LINE},
        {"three branches, does not fit", PLUS("{'name':'provider','type':['null','int','string']}"), BASE "02 02",
         "DECODE-RANGE"},
        {"three branches, none", PLUS("{'name':'provider','type':['null','int','string']}"), BASE "06", "DECODE-RANGE"},
        {"nullable for plain, value",
         RECORD(ID CREATED MODEL "{'name':'tokens_prompt','type':['null','long']}," COMPLETION),
         "0261 d00f 026d 02 06 04", LINE},
        {"plain int for nullable", PLUS("{'name':'latency_ms','type':'int'}"), BASE "0a", LINE " latency=5"},
        {"latency over 32 bits", PLUS("{'name':'latency_ms','type':['null','int']}"), BASE "02 8080808010",
         "DECODE-RANGE"},
        {"long for an int", PLUS("{'name':'latency_ms','type':'long'}"), BASE "0a", LINE " latency=5"},
        {"nullable long for an int", PLUS("{'name':'latency_ms','type':['null','long']}"), BASE "02 0a",
         LINE " latency=5"},
        {"the largest int in a long", PLUS("{'name':'latency_ms','type':'long'}"), BASE "feffffff0f",
         LINE " latency=2147483647"},
        {"long beyond an int", PLUS("{'name':'latency_ms','type':'long'}"), BASE "8080808010", "DECODE-RANGE"},
        {"null where we have a default", PLUS("{'name':'tokens_cached','type':['null','long']}"), BASE "00", LINE},
        {"a value where null would be the default", PLUS("{'name':'tokens_cached','type':['null','long']}"),
         BASE "02 06", LINE " cached=3"},
        {"always null", PLUS("{'name':'is_free','type':'null'}"), BASE, LINE},
        {"a null enum", PLUS("{'name':'op','type':['null',{'type':'enum','name':'O','symbols':['retract']}]}"),
         BASE "00", LINE},
        {"null where we have no default",
         RECORD(ID CREATED "{'name':'model','type':['null','string']}," PROMPT COMPLETION), "02 61 d00f 00 06 04",
         "DECODE-RANGE"},
        {"null second, int", PLUS("{'name':'latency_ms','type':['int','null']}"), BASE "00 0a", LINE " latency=5"},
        {"null second, no int", PLUS("{'name':'latency_ms','type':['int','null']}"), BASE "02", LINE},
        {"union of one", PLUS("{'name':'latency_ms','type':['int']}"), BASE "00 0a", LINE " latency=5"},
        {"boolean 2", PLUS("{'name':'streamed','type':'boolean'}"), BASE "02", "DECODE-RANGE"},
    };

    expect_rows(rows, LENGTH_OF(rows));
}

static void null_of_tokens_and_cost_is_unknown(void)
{
    static const struct writer_row rows[] = {
        {"tokens that nobody knows",
         RECORD(ID CREATED MODEL "{'name':'tokens_prompt','type':['null','long']}," COMPLETION), "0261 d00f 026d 00 04",
         "id=a created=1000 model=m prompt=? completion=2"},
        {"tokens that nobody ever knows", RECORD(ID CREATED MODEL "{'name':'tokens_prompt','type':'null'}," COMPLETION),
         "0261 d00f 026d 04", "id=a created=1000 model=m prompt=? completion=2"},
        {"tokens, null second", RECORD(ID CREATED MODEL "{'name':'tokens_prompt','type':['int','null']}," COMPLETION),
         "0261 d00f 026d 02 04", "id=a created=1000 model=m prompt=? completion=2"},
        {"tokens of three branches",
         RECORD(ID CREATED MODEL "{'name':'tokens_prompt','type':['null','int','long']}," COMPLETION),
         "0261 d00f 026d 00 04", "id=a created=1000 model=m prompt=? completion=2"},
        {"cost that nobody knows", PLUS("{'name':'cost_nano_usd','type':['null','long']}"), BASE "00", LINE " cost=?"},
        {"cost that nobody ever knows", PLUS("{'name':'cost_nano_usd','type':'null'}"), BASE, LINE " cost=?"},
        {"cost, null second", PLUS("{'name':'cost_nano_usd','type':['long','null']}"), BASE "02", LINE " cost=?"},
        {"cost, null second, value", PLUS("{'name':'cost_nano_usd','type':['long','null']}"), BASE "00 06",
         LINE " cost=3"},
        {"a cost of no branch", PLUS("{'name':'cost_nano_usd','type':['long','null']}"), BASE "04 06", "DECODE-RANGE"},
        {"the number of unknown", PLUS("{'name':'cost_nano_usd','type':'long'}"), BASE "ffffffffffffffffff01",
         LINE " cost=-9223372036854775807"},
        {"the number of unknown in a union", PLUS("{'name':'cost_nano_usd','type':['null','long']}"),
         BASE "02 ffffffffffffffffff01", LINE " cost=-9223372036854775807"},
        {"a number of 65 bits", PLUS("{'name':'cost_nano_usd','type':'long'}"), BASE "ffffffffffffffffff02",
         "DECODE-VARINT"},
    };

    expect_rows(rows, LENGTH_OF(rows));
}

static void times_are_floored_to_milliseconds(void)
{
    static const struct writer_row rows[] = {
        {"micros", TIME("timestamp-micros"), "0261 80897a 026d 06 04", LINE},
        {"micros cut", TIME("timestamp-micros"), "0261 ce987a 026d 06 04", LINE},
        {"micros before 1970", TIME("timestamp-micros"), "0261 01 026d 06 04",
         "id=a created=-1 model=m prompt=3 completion=2"},
        {"micros, whole before 1970", TIME("timestamp-micros"), "0261 cf0f 026d 06 04",
         "id=a created=-1 model=m prompt=3 completion=2"},
        {"nanos", TIME("timestamp-nanos"), "0261 80a8d6b907 026d 06 04", LINE},
        {"micros, null",
         RECORD(ID
                "{'name':'created_at','type':['null',{'type':'long','logicalType':'timestamp-micros'}]}," MODEL PROMPT
                    COMPLETION),
         "0261 02 80897a 026d 06 04", LINE},
    };

    expect_rows(rows, LENGTH_OF(rows));
}

static void unknown_fields_are_skipped_strictly(void)
{
    static const struct writer_row rows[] = {
        {"null", EXTRA("'null'"), BASE "01", LINE " streamed=1"},
        {"boolean", EXTRA("'boolean'"), BASE "00 01", LINE " streamed=1"},
        {"boolean 7", EXTRA("'boolean'"), BASE "07 01", "DECODE-RANGE"},
        {"int", EXTRA("'int'"), BASE "feffffff0f 01", LINE " streamed=1"},
        {"int too wide", EXTRA("'int'"), BASE "8080808010 01", "DECODE-RANGE"},
        {"long", EXTRA("'long'"), BASE "ffffffffffffffffff01 01", LINE " streamed=1"},
        {"long of 65 bits", EXTRA("'long'"), BASE "ffffffffffffffffff02 01", "DECODE-VARINT"},
        {"long of 11 bytes", EXTRA("'long'"), BASE "8080808080808080808000 01", "DECODE-VARINT"},
        {"float NaN", EXTRA("'float'"), BASE "0000c07f 01", LINE " streamed=1"},
        {"double", EXTRA("'double'"), BASE "0000000000000000 01", LINE " streamed=1"},
        {"bytes", EXTRA("'bytes'"), BASE "04ffff 01", LINE " streamed=1"},
        {"bytes of -1", EXTRA("'bytes'"), BASE "01 01", "DECODE-LENGTH"},
        {"bytes of -2^63", EXTRA("'bytes'"), BASE "ffffffffffffffffff01 01", "DECODE-LENGTH"},
        {"bytes of 2^63-1", EXTRA("'bytes'"), BASE "feffffffffffffffff01 01", "DECODE-TRUNCATED"},
        {"string", EXTRA("'string'"), BASE "0478c3 01", "DECODE-UTF8"},
        {"string with NUL", EXTRA("'string'"), BASE "040078 01", LINE " streamed=1"},
        {"fixed", EXTRA("{'type':'fixed','name':'F','size':3}"), BASE "ffffff 01", LINE " streamed=1"},
        {"fixed, short", EXTRA("{'type':'fixed','name':'F','size':3}"), BASE "ffff", "DECODE-TRUNCATED"},
        {"fixed of nothing", EXTRA("{'type':'fixed','name':'F','size':0}"), BASE "01", LINE " streamed=1"},
        {"enum", EXTRA("{'type':'enum','name':'E','symbols':['A','B']}"), BASE "02 01", LINE " streamed=1"},
        {"enum 2 of 2", EXTRA("{'type':'enum','name':'E','symbols':['A','B']}"), BASE "04 01", "DECODE-RANGE"},
        {"enum 2^32", EXTRA("{'type':'enum','name':'E','symbols':['A','B']}"), BASE "8080808020 01", "DECODE-RANGE"},
        {"array", EXTRA("{'type':'array','items':'string'}"), BASE "04 0278 0279 02 027a 00 01", LINE " streamed=1"},
        {"array, sized", EXTRA("{'type':'array','items':'string'}"), BASE "03 08 0278 0279 00 01", LINE " streamed=1"},
        {"array, sized wrong", EXTRA("{'type':'array','items':'string'}"), BASE "03 06 0278 0279 00 01",
         "DECODE-LENGTH"},
        {"array, size negative", EXTRA("{'type':'array','items':'string'}"), BASE "03 01 0278 0279 00 01",
         "DECODE-LENGTH"},
        {"array, size beyond", EXTRA("{'type':'array','items':'string'}"), BASE "03 40 0278 0279 00 01",
         "DECODE-TRUNCATED"},
        {"array, count beyond", EXTRA("{'type':'array','items':'double'}"), BASE "04 0000000000000000 00 01",
         "DECODE-TRUNCATED"},
        {"array, count -2^63", EXTRA("{'type':'array','items':'null'}"), BASE "ffffffffffffffffff01 00 00 01",
         "DECODE-LENGTH"},
        {"array of 65536 nulls", EXTRA("{'type':'array','items':'null'}"), BASE "808008 00 01", LINE " streamed=1"},
        {"array of 65537 nulls", EXTRA("{'type':'array','items':'null'}"), BASE "828008 00 01", "DECODE-LENGTH"},
        {"array of empty records", EXTRA("{'type':'array','items':{'type':'record','name':'Z','fields':[]}}"),
         BASE "08 00 01", LINE " streamed=1"},
        {"map", EXTRA("{'type':'map','values':'int'}"), BASE "02 026b 02 00 01", LINE " streamed=1"},
        {"map of nulls", EXTRA("{'type':'map','values':'null'}"), BASE "02 026b 00 01", LINE " streamed=1"},
        {"map, count beyond", EXTRA("{'type':'map','values':'null'}"), BASE "10 026b 00 01", "DECODE-TRUNCATED"},
        {"map, key not UTF-8", EXTRA("{'type':'map','values':'int'}"), BASE "02 02ff 02 00 01", "DECODE-UTF8"},
        {"union", EXTRA("['null','string',{'type':'map','values':'long'}]"), BASE "04 02 026b 02 00 01",
         LINE " streamed=1"},
        {"union, no such branch", EXTRA("['null','string']"), BASE "04 01", "DECODE-RANGE"},
        {"record",
         EXTRA("{'type':'record','name':'R','fields':[{'name':'a','type':'null'},{'name':'b','type':'int'},"
               "{'name':'c','type':{'type':'fixed','name':'F','size':0}},{'name':'d','type':'string'}]}"),
         BASE "02 0278 01", LINE " streamed=1"},
        {"named again",
         EXTRA("{'type':'fixed','name':'F','size':1}},{'name':'again','type':'F'},"
               "{'name':'thrice','type':'n.F'"),
         BASE "ff ff ff 01", LINE " streamed=1"},
        {"recursive",
         EXTRA("{'type':'record','name':'N','fields':[{'name':'v','type':'int'},"
               "{'name':'next','type':['null','N']}]}"),
         BASE "02 02 04 02 06 00 01", LINE " streamed=1"},
        {"defaults and docs",
         PLUS("{'name':'extra','type':'int','default':3,'doc':'d','aliases':['x'],'order':'ignore'}"), BASE "02", LINE},
    };

    expect_rows(rows, LENGTH_OF(rows));
}

static void labels_and_ops_resolve(void)
{
    static const struct writer_row rows[] = {
        {"one", CATEGORIES(LABEL), BASE "02 04 2f41 " HALF "00", LINE " label=/A:0.5"},
        {"none", CATEGORIES(LABEL), BASE "00", LINE},
        {"two blocks", CATEGORIES(LABEL), BASE "02 04 2f41 " HALF "02 04 2f42 " HALF "00",
         LINE " label=/A:0.5 label=/B:0.5"},
        {"sized", CATEGORIES(LABEL), BASE "01 0e 04 2f41 " HALF "00", LINE " label=/A:0.5"},
        {"sized wrong", CATEGORIES(LABEL), BASE "01 10 04 2f41 " HALF "00", "DECODE-LENGTH"},
        {"count beyond", CATEGORIES(LABEL), BASE "04 04 2f41 " HALF "00", "DECODE-TRUNCATED"},
        {"NaN", CATEGORIES(LABEL), BASE "02 04 2f41 0000c07f 00", "DECODE-RANGE"},
        {"infinite", CATEGORIES(LABEL), BASE "02 04 2f41 0000807f 00", "DECODE-RANGE"},
        {"negative is for event_check", CATEGORIES(LABEL), BASE "02 04 2f41 000000bf 00", LINE " label=/A:-0.5"},
        {"double, more fields, other order",
         CATEGORIES("{'type':'record','name':'L','fields':[{'name':'confidence','type':'double'},"
                    "{'name':'by','type':'string'},{'name':'path','type':['null','string']}]}"),
         BASE "02 000000000000e03f 0278 02 04 2f41 00", LINE " label=/A:0.5"},
        {"double beyond float",
         CATEGORIES("{'type':'record','name':'L','fields':[{'name':'path','type':'string'},"
                    "{'name':'confidence','type':'double'}]}"),
         BASE "02 04 2f41 ffffffffffffef7f 00", "DECODE-RANGE"},
        {"int confidence",
         CATEGORIES("{'type':'record','name':'L','fields':[{'name':'path','type':'string'},"
                    "{'name':'confidence','type':'int'}]}"),
         BASE "02 04 2f41 02 00", LINE " label=/A:1"},
        {"int confidence too wide",
         CATEGORIES("{'type':'record','name':'L','fields':[{'name':'path','type':'string'},"
                    "{'name':'confidence','type':'int'}]}"),
         BASE "02 04 2f41 8080808010 00", "DECODE-RANGE"},
        {"long confidence",
         CATEGORIES("{'type':'record','name':'L','fields':[{'name':'path','type':'string'},"
                    "{'name':'confidence','type':'long'}]}"),
         BASE "02 04 2f41 02 00", LINE " label=/A:1"},
        {"nullable element", CATEGORIES("['null'," LABEL "]"), BASE "02 02 04 2f41 " HALF "00", LINE " label=/A:0.5"},
        {"null element", CATEGORIES("['null'," LABEL "]"), BASE "02 00 00", "DECODE-RANGE"},
        {"nullable array", PLUS("{'name':'categories','type':['null',{'type':'array','items':" LABEL "}]}"),
         BASE "02 02 04 2f41 " HALF "00", LINE " label=/A:0.5"},
        {"null array", PLUS("{'name':'categories','type':['null',{'type':'array','items':" LABEL "}]}"), BASE "00",
         LINE},
        {"op", PLUS("{'name':'op','type':{'type':'enum','name':'O','symbols':['retract','amend','create']}}"),
         BASE "00", LINE " op=2"},
        {"op, last", PLUS("{'name':'op','type':{'type':'enum','name':'O','symbols':['retract','amend','create']}}"),
         BASE "04", LINE},
        {"op beyond", PLUS("{'name':'op','type':{'type':'enum','name':'O','symbols':['retract','amend','create']}}"),
         BASE "06", "DECODE-RANGE"},
        {"op we do not know is not a create",
         PLUS("{'name':'op','type':{'type':'enum','name':'O','symbols':['create','merge'],'default':'create'}}"),
         BASE "02", "DECODE-RANGE"},
        {"either of two enums",
         PLUS("{'name':'op','type':[{'type':'enum','name':'O','symbols':['create']},"
              "{'type':'enum','name':'P','symbols':['x','amend']}]}"),
         BASE "02 02", LINE " op=1"},
    };

    expect_rows(rows, LENGTH_OF(rows));
}

static void labels_end_at_their_limit(void)
{
    struct decoder *decoder = open_decoder();
    struct reason why = {0};

    CU_ASSERT(learn(decoder, CATEGORIES(LABEL), &why) == GO_ON);
    for (int64_t more = 0; more < 2; more++) {
        struct message message = {.size = 0};
        struct event event;
        put_framing(&message, TEST_ID);
        put_hex(&message, BASE);
        put_long(&message, EVENT_LABELS_MAX - 1);
        for (int64_t i = 0; i < EVENT_LABELS_MAX + more; i++) {
            if (i == EVENT_LABELS_MAX - 1)
                put_long(&message, 1 + more); /* a second block tips it over */
            put_hex(&message, "02 2f " HALF);
        }
        put_long(&message, 0);
        enum verdict verdict = decode_event(decoder, message_span(&message), &event, &why);
        if (more == 0)
            CU_ASSERT(verdict == GO_ON && event.label_count == EVENT_LABELS_MAX);
        if (more == 1)
            CU_ASSERT(verdict == SET_ASIDE && strcmp(reason_name(why.id), "DECODE-LABELS") == 0);
    }
    decoder_close(decoder);
}

static void nesting_is_limited(void)
{
    struct decoder *decoder = open_decoder();
    struct reason why = {0};

    CU_ASSERT(learn(decoder,
                    EXTRA("{'type':'record','name':'T','fields':[{'name':'kids','type':{'type':'array',"
                          "'items':'T'}}]}"),
                    &why) == GO_ON);
    for (size_t depth = 1; depth <= 4000; depth = depth < 20 ? depth + 1 : depth * 10) {
        struct message message = {.size = 0};
        put_framing(&message, TEST_ID);
        put_hex(&message, BASE);
        for (size_t i = 0; i < depth; i++)
            put_byte(&message, 2);
        for (size_t i = 0; i <= depth; i++)
            put_byte(&message, 0);
        put_byte(&message, 1);
        /* depths: event 1, T 2, array 3, T 4, ..., T 32, array 33 */
        expect_body(decoder, "nested", &message, depth < 15 ? LINE " streamed=1" : "DECODE-RANGE");
    }
    decoder_close(decoder);
}

static void utf8_is_told_from_the_rest(void)
{
    static const struct {
        const char *hex;
        bool is_good;
    } rows[] = {
        {"7f", true},        {"80", false},      {"bf", false},      {"c080", false},
        {"c1bf", false},     {"c280", true},     {"dfbf", true},     {"c2", false},
        {"c241", false},     {"e08080", false},  {"e09fbf", false},  {"e0a080", true},
        {"ed9fbf", true},    {"eda080", false},  {"edbfbf", false},  {"ee8080", true},
        {"efbfbf", true},    {"e282", false},    {"e28241", false},  {"f0808080", false},
        {"f08fbfbf", false}, {"f0908080", true}, {"f48fbfbf", true}, {"f4908080", false},
        {"f5808080", false}, {"ff", false},      {"fe", false},      {"f09f98", false},
        {"f09f9880", true},  {"00", true}, /* nobody carries it */
    };
    struct decoder *decoder = open_decoder();
    struct reason why = {0};

    CU_ASSERT(learn(decoder, EXTRA("'string'"), &why) == GO_ON);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        for (size_t before = 0; before < 20; before++) { /* at each place of a word, with and without company */
            for (size_t after = 0; after < 20; after += 3) {
                struct message message = {.size = 0}, text = {.size = 0};
                for (size_t k = 0; k < before; k++)
                    put_byte(&text, 'x');
                put_hex(&text, rows[i].hex);
                for (size_t k = 0; k < after; k++)
                    put_byte(&text, 'y');
                put_framing(&message, TEST_ID);
                put_hex(&message, BASE);
                put_long(&message, (int64_t)text.size);
                put_bytes(&message, text.bytes, text.size);
                put_byte(&message, 1);
                expect_body(decoder, rows[i].hex, &message, rows[i].is_good ? LINE " streamed=1" : "DECODE-UTF8");
            }
        }
    }
    decoder_close(decoder);
}

/* U+0000 at each place of a word, with ASCII, with other letters, and alone. Where the event keeps the text it is
 * refused; where the text is passed over it is not. */
static void no_text_holds_a_nul(void)
{
    static const char *const fields[] = {"'string'", "['null','string']"};
    static const char *const company[] = {"", "61", "c3a9", "f09f9880"};
    struct decoder *decoder = open_decoder();
    struct reason why = {0};

    for (size_t row = 0; row < LENGTH_OF(company) * LENGTH_OF(fields) * 20 * 2; row++) {
        const char *field = fields[row % LENGTH_OF(fields)];
        size_t before = row / LENGTH_OF(fields) % 20, kind = row / LENGTH_OF(fields) / 20 % LENGTH_OF(company);
        bool is_kept = row >= LENGTH_OF(company) * LENGTH_OF(fields) * 20;
        struct message message = {.size = 0}, text = {.size = 0};
        char schema[512];
        for (size_t k = 0; k < before; k++)
            put_byte(&text, 'x');
        put_hex(&text, company[kind]);
        put_byte(&text, 0);
        snprintf(schema, sizeof(schema), PLUS("{'name':'%s','type':%s}"), is_kept ? "provider" : "other", field);
        CU_ASSERT_FATAL(learn(decoder, schema, &why) == GO_ON);
        put_framing(&message, TEST_ID);
        put_hex(&message, BASE);
        put_hex(&message, field[0] == '[' ? "02" : "");
        put_long(&message, (int64_t)text.size);
        put_bytes(&message, text.bytes, text.size);
        expect_body(decoder, schema, &message, is_kept ? "DECODE-NUL" : LINE);
    }
    decoder_close(decoder);
}

/* In the middle of a message (a word at a time) and at its end (a byte at a time). */
static void numbers_of_every_length_decode(void)
{
    struct decoder *decoder = open_decoder();
    struct reason why = {0};

    CU_ASSERT(learn(decoder,
                    RECORD(ID CREATED MODEL COMPLETION ","
                                                       "{'name':'tokens_prompt','type':'long'}"),
                    &why) == GO_ON);
    for (unsigned shift = 0; shift < 64; shift++) {
        for (int64_t near = -1; near <= 1; near++) {
            int64_t value = (int64_t)((UINT64_C(1) << shift) + (uint64_t)near);
            struct message message = {.size = 0};
            struct event event;
            char *copy;
            put_framing(&message, TEST_ID);
            put_text(&message, "a");
            put_long(&message, value);
            put_text(&message, "model");
            put_long(&message, -value);
            put_long(&message, value);
            CU_ASSERT(decode_copy(decoder, message_span(&message), &event, &copy, &why) == GO_ON);
            CU_ASSERT_EQUAL(event.created_ms, value);
            CU_ASSERT_EQUAL(event.tokens_completion, event_amount(-value));
            CU_ASSERT_EQUAL(event.tokens_prompt, event_amount(value));
            free(copy);
        }
    }
    decoder_close(decoder);
}

static void reasons_name_the_field_and_never_the_content(void)
{
    struct decoder *decoder = open_decoder();
    struct message message = {.size = 0};
    struct reason why = {0};
    struct event event;

    put_framing(&message, SCHEMA_ID_GENERATION);
    put_text(&message, "secret-id");
    put_long(&message, 1000);
    put_hex(&message, "04 ffff");
    put_text(&message, "more secrets");
    CU_ASSERT(decode_event(decoder, message_span(&message), &event, &why) == SET_ASIDE);
    CU_ASSERT(strstr(why.text, "model") != NULL);
    CU_ASSERT(strstr(why.text, "secret") == NULL);
    CU_ASSERT(decode_event(decoder, message_span(&message), &event, NULL) == SET_ASIDE);
    decoder_close(decoder);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"golden_message_decodes", golden_message_decodes},
        {"no_prefix_of_a_message_is_a_message", no_prefix_of_a_message_is_a_message},
        {"frames_are_checked_first", frames_are_checked_first},
        {"size_limit_counts_the_frame", size_limit_counts_the_frame},
        {"writers_resolve_to_the_event", writers_resolve_to_the_event},
        {"null_of_tokens_and_cost_is_unknown", null_of_tokens_and_cost_is_unknown},
        {"times_are_floored_to_milliseconds", times_are_floored_to_milliseconds},
        {"unknown_fields_are_skipped_strictly", unknown_fields_are_skipped_strictly},
        {"labels_and_ops_resolve", labels_and_ops_resolve},
        {"labels_end_at_their_limit", labels_end_at_their_limit},
        {"nesting_is_limited", nesting_is_limited},
        {"utf8_is_told_from_the_rest", utf8_is_told_from_the_rest},
        {"no_text_holds_a_nul", no_text_holds_a_nul},
        {"numbers_of_every_length_decode", numbers_of_every_length_decode},
        {"reasons_name_the_field_and_never_the_content", reasons_name_the_field_and_never_the_content},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
