/*
 * Writers' schemas for tests of the decoder, told in few words, with ' for ", and what a body by such a schema must
 * come to: the line the event prints as, or a reason id. The smallest event, BASE, has id "a", created_at 1000, model
 * "m", 3 prompt and 2 completion tokens.
 */
#ifndef GENTALLY_WRITERS_H
#define GENTALLY_WRITERS_H

#include "message.h"
#include "suite.h"

#define ID "{'name':'id','type':'string'},"
#define CREATED "{'name':'created_at','type':{'type':'long','logicalType':'timestamp-millis'}},"
#define MODEL "{'name':'model','type':'string'},"
#define PROMPT "{'name':'tokens_prompt','type':'long'},"
#define COMPLETION "{'name':'tokens_completion','type':'long'}"
#define RECORD(fields) "{'type':'record','name':'G','namespace':'n','fields':[" fields "]}"
#define PLUS(field) RECORD(ID CREATED MODEL PROMPT COMPLETION "," field)
#define EXTRA(type) PLUS("{'name':'extra','type':" type "},{'name':'streamed','type':'boolean'}")
#define CATEGORIES(item) PLUS("{'name':'categories','type':{'type':'array','items':" item "}}")
#define LABEL                                                                                                          \
    "{'type':'record','name':'L','fields':[{'name':'path','type':'string'},{'name':'confidence','type':'float'}]}"

#define BASE "0261 d00f 026d 06 04 "
#define LINE "id=a created=1000 model=m prompt=3 completion=2"
#define LINE_P "id=a created=1000 model=m provider=P prompt=3 completion=2"
#define HALF "00 00 00 3f " /* 0.5f */

#define TIME(type)                                                                                                     \
    RECORD(ID "{'name':'created_at','type':{'type':'long','logicalType':'" type "'}}," MODEL PROMPT COMPLETION)

#define TEST_ID 77

struct writer_row {
    const char *name, *schema, *hex, *want; /* the event's line, or a reason id */
};

static inline void unquote(const char *schema, char *text, size_t size)
{
    assert(strlen(schema) < size);
    for (size_t i = 0; i <= strlen(schema); i++)
        text[i] = schema[i] == '\'' ? '"' : schema[i];
}

static inline enum verdict learn(struct decoder *decoder, const char *schema, struct reason *why)
{
    char text[4096];

    unquote(schema, text, sizeof(text));
    return decoder_learn(decoder, TEST_ID, span_of(text), why);
}

static inline struct decoder *open_decoder(void)
{
    struct decoder *decoder = NULL;
    struct reason why = {0};

    if (decoder_open(&decoder, 1 << 20, &why) != GO_ON)
        printf("decoder_open: %s %s\n", reason_name(why.id), why.text);
    CU_ASSERT_FATAL(decoder != NULL);
    return decoder;
}

static inline void expect_body(const struct decoder *decoder, const char *name, const struct message *message,
                               const char *want)
{
    struct event event;
    struct reason why = {0};
    char line[2048];
    char *copy;
    enum verdict verdict = decode_copy(decoder, message_span(message), &event, &copy, &why);

    if (verdict == GO_ON)
        event_print(&event, line, sizeof(line));
    else
        snprintf(line, sizeof(line), "%s", reason_name(why.id));
    if (strcmp(line, want) != 0)
        printf("row %s: got %s (%s)\n", name, line, why.text);
    CU_ASSERT_STRING_EQUAL(line, want);
    CU_ASSERT(verdict == GO_ON || verdict == SET_ASIDE);
    free(copy);
}

static inline void expect_rows(const struct writer_row *rows, size_t count)
{
    struct decoder *decoder = open_decoder();

    for (size_t i = 0; i < count; i++) {
        struct reason why = {0};
        struct message message = {.size = 0};
        if (learn(decoder, rows[i].schema, &why) != GO_ON) {
            printf("row %s: %s %s\n", rows[i].name, reason_name(why.id), why.text);
            CU_FAIL("schema");
            continue;
        }
        put_framing(&message, TEST_ID);
        put_hex(&message, rows[i].hex);
        expect_body(decoder, rows[i].name, &message, rows[i].want);
    }
    decoder_close(decoder);
}

#endif
