/*
 * Some writer's schema out of a number: the event's fields as they are, promoted, in unions, turned around or left
 * out, among fields that only the writer knows. Most of what comes out is accepted; whatever comes out is JSON.
 */
#ifndef GENTALLY_FUZZ_WRITER_H
#define GENTALLY_FUZZ_WRITER_H

#include <stdarg.h>

#include "fuzz.h"

#define WRITER_TEXT_MAX 32768
#define WRITER_DEPTH_MAX 6

struct writer {
    uint64_t dice;
    char text[WRITER_TEXT_MAX];
    size_t size;
    unsigned names; /* given so far, so that no two types have the same */
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint32_t writer_choose(struct writer *writer, uint32_t bound)
{
    uint64_t z = (writer->dice += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) % bound);
}

/* '@' becomes a number that no other type of the schema has. */
static inline void writer_put(struct writer *writer, const char *text)
{
    writer->names++;
    for (; *text != '\0' && writer->size < WRITER_TEXT_MAX - 16; text++) {
        if (*text == '@')
            writer->size += (size_t)snprintf(writer->text + writer->size, 16, "%u", writer->names);
        else
            writer->text[writer->size++] = *text;
    }
}

static inline void writer_put_one(struct writer *writer, const char *const texts[], uint32_t count)
{
    writer_put(writer, texts[writer_choose(writer, count)]);
}

static inline void writer_put_unknown(struct writer *writer, unsigned depth)
{
    static const char tree[] =
        "{\"type\":\"record\",\"name\":\"T@\",\"fields\":[{\"name\":\"kids\",\"type\":{\"type\":"
        "\"array\",\"items\":\"T@\"}}]}";
    static const char *const leaves[] = {
        "\"null\"",
        "\"boolean\"",
        "\"int\"",
        "\"long\"",
        "\"float\"",
        "\"double\"",
        "\"bytes\"",
        "\"string\"",
        "{\"type\":\"fixed\",\"name\":\"F@\",\"size\":3}",
        "{\"type\":\"fixed\",\"name\":\"Z@\",\"size\":1}",
        "{\"type\":\"enum\",\"name\":\"E@\",\"symbols\":[\"A\",\"B\",\"C\"]}",
        "{\"type\":\"record\",\"name\":\"N@\",\"fields\":[{\"name\":\"n\",\"type\":\"int\"}]}",
        tree,
        "{\"type\":\"record\",\"name\":\"L@\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\",\"L@\"]}]}",
    };
    uint32_t choice = writer_choose(writer, depth < WRITER_DEPTH_MAX ? LENGTH_OF(leaves) + 3 : LENGTH_OF(leaves));

    if (choice < LENGTH_OF(leaves)) {
        writer_put(writer, leaves[choice]);
    } else if (choice == LENGTH_OF(leaves)) {
        writer_put(writer, "{\"type\":\"array\",\"items\":");
        writer_put_unknown(writer, depth + 1);
        writer_put(writer, "}");
    } else if (choice == LENGTH_OF(leaves) + 1) {
        writer_put(writer, "{\"type\":\"map\",\"values\":");
        writer_put_unknown(writer, depth + 1);
        writer_put(writer, "}");
    } else {
        writer_put(writer, "{\"type\":\"record\",\"name\":\"R@\",\"fields\":[{\"name\":\"a\",\"type\":");
        writer_put_unknown(writer, depth + 1);
        writer_put(writer, "},{\"name\":\"b\",\"type\":[\"int\",\"string\",");
        writer_put(writer, "{\"type\":\"map\",\"values\":\"boolean\"}]}]}");
    }
}

static inline void writer_put_labels(struct writer *writer)
{
    static const char *const paths[] = {"\"string\"", "\"bytes\"", "[\"null\",\"string\"]"};
    static const char *const confidences[] = {"\"float\"", "\"double\"", "\"int\"", "\"long\"",
                                              "[\"int\",\"double\",\"string\",\"float\"]"};
    bool is_optional = writer_choose(writer, 4) == 1, has_more = writer_choose(writer, 3) == 1;

    writer_put(writer,
               is_optional ? "[\"null\",{\"type\":\"array\",\"items\":[\"null\"," : "{\"type\":\"array\",\"items\":");
    writer_put(writer, "{\"type\":\"record\",\"name\":\"Label@\",\"fields\":[");
    if (has_more) {
        writer_put(writer, "{\"name\":\"more\",\"type\":");
        writer_put_unknown(writer, WRITER_DEPTH_MAX - 1);
        writer_put(writer, "},");
    }
    writer_put(writer, "{\"name\":\"confidence\",\"type\":");
    writer_put_one(writer, confidences, LENGTH_OF(confidences));
    writer_put(writer, "},{\"name\":\"path\",\"type\":");
    writer_put_one(writer, paths, LENGTH_OF(paths));
    writer_put(writer, is_optional ? "}]}]}]" : "}]}}");
}

static inline void writer_put_type(struct writer *writer, char kind)
{
    static const char *const texts[] = {"\"string\"",
                                        "[\"null\",\"string\"]",
                                        "\"bytes\"",
                                        "[\"string\",\"null\"]",
                                        "[\"int\",\"bytes\",\"string\"]",
                                        "[\"string\"]",
                                        "{\"type\":\"string\",\"avro.java.string\":\"String\"}"};
    static const char *const longs[] = {"\"long\"",
                                        "\"int\"",
                                        "[\"int\",\"long\"]",
                                        "[\"null\",\"long\"]",
                                        "[\"string\",\"int\"]",
                                        "[\"long\",\"null\"]",
                                        "[\"null\",\"int\"]",
                                        "\"null\""};
    static const char *const times[] = {"{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}",
                                        "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}",
                                        "{\"type\":\"long\",\"logicalType\":\"timestamp-nanos\"}",
                                        "\"long\"",
                                        "\"int\"",
                                        "[{\"type\":\"int\",\"logicalType\":\"date\"},\"long\"]"};
    static const char *const ints[] = {
        "[\"null\",\"int\"]",         "\"int\"", "[\"int\",\"null\"]", "\"null\"", "\"long\"", "[\"null\",\"long\"]",
        "[\"null\",\"int\",\"long\"]"};
    static const char *const booleans[] = {"\"boolean\"", "[\"null\",\"boolean\"]", "[\"boolean\",\"int\"]"};
    static const char *const ops[] = {
        "{\"type\":\"enum\",\"name\":\"Op@\",\"symbols\":[\"create\",\"amend\",\"retract\"]}",
        "{\"type\":\"enum\",\"name\":\"Op@\",\"symbols\":[\"x\",\"retract\",\"create\"]}",
        "[\"null\",{\"type\":\"enum\",\"name\":\"Op@\",\"symbols\":[\"create\"]}]"};

    if (kind == 't')
        writer_put_one(writer, texts, LENGTH_OF(texts));
    else if (kind == 'l')
        writer_put_one(writer, longs, LENGTH_OF(longs));
    else if (kind == 'm')
        writer_put_one(writer, times, LENGTH_OF(times));
    else if (kind == 'i')
        writer_put_one(writer, ints, LENGTH_OF(ints));
    else if (kind == 'b')
        writer_put_one(writer, booleans, LENGTH_OF(booleans));
    else if (kind == 'o')
        writer_put_one(writer, ops, LENGTH_OF(ops));
    else
        writer_put_labels(writer);
}

/* The text lives as long as `writer`. */
static inline struct span writer_schema(struct writer *writer, uint32_t number)
{
    static const struct {
        const char *name;
        char kind;
        bool is_needed;
    } FIELDS[] = {
        {"id", 't', true},
        {"created_at", 'm', true},
        {"model", 't', true},
        {"tokens_prompt", 'l', true},
        {"tokens_completion", 'l', true},
        {"provider", 't', false},
        {"country", 't', false},
        {"cost_nano_usd", 'l', false},
        {"is_free", 'b', false},
        {"finish_reason", 't', false},
        {"latency_ms", 'i', false},
        {"generation_ms", 'i', false},
        {"categories", 'c', false},
        {"op", 'o', false},
        {"tokens_cache_write", 'l', false},
        {"is_gateway_cache_hit", 'b', false},
    };
    uint32_t begin, step;

    writer->dice = number;
    writer->size = 0;
    writer->names = 0;
    begin = writer_choose(writer, LENGTH_OF(FIELDS));
    step = writer_choose(writer, 2) == 0 ? 1 : 5; /* no common factor with 16 */
    writer_put(writer, "{\"type\":\"record\",\"name\":\"Written\",\"namespace\":\"far.away\",\"fields\":[");
    for (uint32_t i = 0; i < LENGTH_OF(FIELDS); i++) {
        uint32_t field = (begin + i * step) % LENGTH_OF(FIELDS);
        uint32_t choice = writer_choose(writer, 8);
        if (choice == 1) {
            writer_put(writer, "{\"name\":\"u@\",\"type\":");
            writer_put_unknown(writer, 0);
            writer_put(writer, "},");
        }
        if (choice == 2 && !FIELDS[field].is_needed)
            continue;
        writer_put(writer, "{\"name\":\"");
        writer_put(writer, FIELDS[field].name);
        writer_put(writer, "\",\"type\":");
        writer_put_type(writer, FIELDS[field].kind);
        writer_put(writer, "},");
    }
    writer_put(writer, "{\"name\":\"last\",\"type\":\"null\"}]}");
    return (struct span){writer->text, writer->size};
}

#endif
