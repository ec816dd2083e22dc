/* The producers outside: good records, late ones, and what can never be counted; written by hand as Avro, so that no
 * code of the core's stands on both ends. */
#include <stdio.h>

#include "oracle.h"

struct bytes {
    size_t size;
    char bytes[256];
};

static void put_byte(struct bytes *into, unsigned byte)
{
    into->bytes[into->size++] = (char)byte;
}

static void put_long(struct bytes *into, int64_t value)
{
    uint64_t raw = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);

    for (; raw >= 0x80; raw >>= 7)
        put_byte(into, (unsigned)(raw & 0x7f) | 0x80);
    put_byte(into, (unsigned)raw);
}

static void put_text(struct bytes *into, const char *text)
{
    put_long(into, (int64_t)strlen(text));
    memcpy(into->bytes + into->size, text, strlen(text));
    into->size += strlen(text);
}

static void put_event(struct bytes *into, const struct meaning *meaning)
{
    char id[32];

    into->size = 0;
    for (int i = 0; i < 4; i++)
        put_byte(into, 0);
    put_byte(into, 1); /* the bundled schema */
    snprintf(id, sizeof(id), "g-%llu", (unsigned long long)meaning->number);
    /* a magic byte of 0 and a schema id of four bytes: the first of the five zeros above is the magic byte */
    put_text(into, id);
    put_long(into, meaning->created_ms);
    put_text(into, oracle_model(meaning->model));
    put_long(into, 1);
    put_text(into, oracle_provider(meaning->provider));
    put_long(into, meaning->account > 0); /* account */
    if (meaning->account > 0) {
        snprintf(id, sizeof(id), "user-%d", meaning->account);
        put_text(into, id);
    }
    put_long(into, 0); /* app */
    put_long(into, 1);
    put_text(into, oracle_country(meaning->country));
    put_long(into, 0); /* language */
    put_long(into, meaning->prompt);
    put_long(into, meaning->completion);
    put_long(into, 0); /* reasoning */
    put_long(into, 0); /* cached */
    put_long(into, meaning->cost);
    for (int i = 0; i < 4; i++)
        put_byte(into, 0); /* is_byok is_free streamed cancelled */
    put_long(into, 0);     /* finish_reason */
    put_byte(into, 0);     /* tools_offered */
    for (int i = 0; i < 3; i++)
        put_long(into, 0); /* latencies */
    put_byte(into, 0);     /* classified */
    put_long(into, 0);     /* categories */
    put_long(into, (int64_t)meaning->op);
}

/* When the event happened: mostly now, sometimes hours, days or months ago; and sometimes so that its partition's
 * watermark ends up at the end of an hour, or a moment before. */
static int64_t draw_time(struct sim *sim)
{
    int64_t wall_ms = sim_wall_ms(sim);
    int64_t watermark_ms = wall_ms - sim->config.out_of_orderness_ms;
    int64_t left_ms = HOUR_MS - watermark_ms % HOUR_MS;

    if (left_ms < sim->config.future_skew_ms && sim_chance(sim, 200))
        return wall_ms + left_ms - (sim_chance(sim, 300) ? 0 : sim_between(sim, 1, 1000));
    if (sim_inject(sim, FAULT_LATE)) {
        static const int64_t spans_ms[] = {HOUR_MS, 5 * HOUR_MS, DAY_MS, 9 * DAY_MS, 60 * DAY_MS};
        return wall_ms - sim_between(sim, 0, spans_ms[sim_below(sim, LENGTH_OF(spans_ms))]);
    }
    return wall_ms - sim_between(sim, 0, sim->config.out_of_orderness_ms * 9 / 10);
}

/* Breaks the bytes in one of the ways a producer does. */
static struct span spoil(struct sim *sim, struct bytes *value)
{
    switch (sim_below(sim, 5)) {
    case 0:
        return span_of(NULL);
    case 1:
        value->size = (size_t)sim_below(sim, value->size);
        break;
    case 2:
        value->bytes[4] = 77; /* a schema nobody knows */
        break;
    case 3:
        put_byte(value, 0);
        break;
    default:
        value->bytes[0] = 1;
        break;
    }
    return (struct span){value->bytes, value->size};
}

static int32_t draw_partition(struct sim *sim)
{
    const struct topic *input = sim->kafka->input;
    int32_t quiet = (int32_t)(sim->seed % 5); /* often none */
    int32_t partition = (int32_t)sim_below(sim, (uint64_t)input->count);

    /* One that is silent for a while, and then is not. */
    if (partition == quiet && sim->now_ms / 15000 % 3 != 2)
        partition = (partition + 1) % input->count;
    return partition;
}

static struct meaning draw_meaning(struct sim *sim)
{
    return (struct meaning){
        .created_ms = draw_time(sim),
        .model = (int)sim_below(sim, ORACLE_MODELS),
        .provider = (int)sim_below(sim, ORACLE_PROVIDERS),
        .country = (int)sim_below(sim, ORACLE_COUNTRIES),
        .account = (int)sim_below(sim, ORACLE_ACCOUNTS + 1),
        .prompt = sim_between(sim, 0, 5000),
        .completion = sim_between(sim, 0, 900),
        .cost = sim_between(sim, 0, 1000000),
    };
}

/* A record under the id of one of the last of this log: as it was, grown, another altogether, or with an `op`. */
static void repeat(struct sim *sim, const struct partition_log *log, struct meaning *meaning)
{
    int64_t back = sim_between(sim, 1, 40);
    const struct entry *earlier = back <= log->next ? log->entries[log->next - back] : NULL;

    if (earlier == NULL || earlier->meaning.kind != ENTRY_GOOD)
        return;
    meaning->number = earlier->meaning.number;
    switch (sim_below(sim, 8)) {
    case 0:
        meaning->op = OP_AMEND;
        break;
    case 1:
        meaning->op = OP_RETRACT;
        break;
    case 2:
        break;
    case 3:
    case 4:
        *meaning = earlier->meaning;
        meaning->op = OP_CREATE;
        meaning->completion += sim_between(sim, 1, 100);
        break;
    default:
        *meaning = earlier->meaning;
        if (sim_chance(sim, 300)) /* also what a correction said, as if nothing had been before */
            meaning->op = OP_CREATE;
        break;
    }
}

void traffic_append(struct sim *sim)
{
    traffic_append_to(sim, draw_partition(sim));
}

void traffic_append_to(struct sim *sim, int32_t partition)
{
    struct kafka *kafka = sim->kafka;
    struct bytes value;
    struct meaning meaning = draw_meaning(sim);

    /* A log that was cut gives its offsets again, but a producer does not give its ids again. */
    meaning.number = (uint64_t)kafka->input->logs[partition].next + (uint64_t)sim->now_ms * 1000;
    if (sim_inject(sim, FAULT_REPEATED))
        repeat(sim, &kafka->input->logs[partition], &meaning);

    /* Not into a log that was cut: a marker just where the anchor was leaves nothing to compare with, and is taken for
     * compaction. */
    if (!sim->is_hurt[partition] && sim_inject(sim, FAULT_MARKER)) {
        static const struct meaning marker = {.kind = ENTRY_MARKER};
        kafka_append(sim, kafka->input, partition, span_of(NULL), span_of(NULL), &marker, NULL);
    }
    if (sim_inject(sim, FAULT_FUTURE)) {
        meaning.kind = ENTRY_BAD;
        meaning.created_ms = sim_wall_ms(sim) + sim->config.future_skew_ms +
                             sim_between(sim, 60 * DAY_MS, 150 * DAY_MS); /* beyond the run */
    }
    put_event(&value, &meaning);
    struct span bytes = {value.bytes, value.size};
    if (meaning.kind == ENTRY_GOOD && sim_inject(sim, FAULT_MALFORMED)) {
        meaning.kind = ENTRY_BAD;
        bytes = spoil(sim, &value);
    }
    kafka_append(sim, kafka->input, partition, span_of(NULL), bytes, &meaning, NULL);
}
