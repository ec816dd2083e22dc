/* The producers outside: good records, late ones, and what can never be counted; written by hand as Avro, so that no
 * code of the core's stands on both ends. */
#include <ctype.h>
#include <stdio.h>

#include "oracle.h"

struct bytes {
    size_t size;
    char bytes[1024];
};

/* Paths of the classifier, one for each category, and what the bundled taxonomy makes of them: see
 * oracle_category(). */
static const char *const paths[ORACLE_CATEGORIES] = {"/Reference/Humanities", "/Nobody has heard of it",
                                                     "/Arts & Entertainment/Comics & Animation",
                                                     "/Arts & Entertainment/Fun & Trivia"};
static const char *const finishes[] = {NULL, "stop", "tool_calls", "error"};

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

/* A union in which null stands at `null_branch`, and is what is unknown. */
static void put_amount(struct bytes *into, int null_branch, int64_t amount)
{
    put_long(into, amount < 0 ? null_branch : 1 - null_branch);
    if (amount >= 0)
        put_long(into, amount);
}

static void put_milliseconds(struct bytes *into, int64_t ms)
{
    put_long(into, ms >= 0);
    if (ms >= 0)
        put_long(into, ms);
}

static void put_label(struct bytes *into, int category, float confidence)
{
    put_text(into, paths[category]);
    memcpy(into->bytes + into->size, &confidence, sizeof(confidence));
    into->size += sizeof(confidence);
}

/* In any order; where a label does not count, it is there in vain, or not at all. */
static void put_labels(struct bytes *into, const struct meaning *meaning)
{
    unsigned weak = ~meaning->labels & (unsigned)meaning->number & ((1u << ORACLE_CATEGORIES) - 1);
    int count = __builtin_popcount(weak | meaning->labels);

    if (count > 0)
        put_long(into, count);
    for (int i = 0; i < ORACLE_CATEGORIES; i++) {
        int category = meaning->number % 2 == 0 ? i : ORACLE_CATEGORIES - 1 - i;
        if ((meaning->labels >> category & 1) != 0)
            put_label(into, category, 0.5f);
        else if ((weak >> category & 1) != 0)
            put_label(into, category, meaning->is_classified ? 0.49f : 0.9f);
    }
    put_long(into, 0);
}

/* Countries are written in either case, as producers do; they mean the same, and count the same. */
static void put_country(struct bytes *into, const struct meaning *meaning)
{
    char text[8];

    snprintf(text, sizeof(text), "%s", oracle_country(meaning->country));
    for (size_t i = 0; text[i] != '\0'; i++)
        if (meaning->number % 3 == 0 || (meaning->number % 3 == 1 && i == 0))
            text[i] = (char)tolower((unsigned char)text[i]);
    put_text(into, text);
}

static void put_event(struct bytes *into, const struct meaning *meaning)
{
    char id[32];

    into->size = 0;
    for (int i = 0; i < 4; i++)
        put_byte(into, 0);
    put_byte(into, 9); /* the bundled schema */
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
    put_long(into, meaning->is_probe); /* app */
    if (meaning->is_probe)
        put_text(into, "probe");
    put_long(into, 1);
    put_country(into, meaning);
    put_long(into, 0); /* language */
    put_amount(into, 0, meaning->prompt);
    put_amount(into, 0, meaning->completion);
    put_long(into, 0); /* reasoning */
    put_long(into, meaning->cached);
    put_long(into, meaning->cache_write);
    put_amount(into, 1, meaning->cost);
    put_byte(into, meaning->is_byok);
    put_byte(into, meaning->is_free);
    put_byte(into, meaning->is_hit);
    put_byte(into, meaning->is_streamed);
    put_byte(into, meaning->is_cancelled);
    put_long(into, meaning->finish != FINISH_NONE);
    if (meaning->finish != FINISH_NONE)
        put_text(into, finishes[meaning->finish]);
    put_byte(into, meaning->has_tools);
    put_milliseconds(into, meaning->latency_ms);
    put_milliseconds(into, meaning->first_token_ms);
    put_milliseconds(into, meaning->generation_ms);
    put_byte(into, meaning->is_classified);
    put_labels(into, meaning);
    put_long(into, meaning->says <= SAYS_AGAIN ? 0 : meaning->says == SAYS_AMEND ? 1 : 2); /* op */
}

/* The last moment of an hour that is about to be over, or a time that is too late. */
static int64_t draw_last_moment(struct sim *sim)
{
    int64_t over_ms = sim_wall_ms(sim) - sim->config.out_of_orderness_ms - sim->config.kept_ms[WINDOW_HOUR];

    return over_ms + sim_between(sim, -HOUR_MS / 2, HOUR_MS / 2);
}

/* When the event happened: mostly now, sometimes hours, days or months ago, or as long as an hour is kept; and
 * sometimes so that its partition's watermark ends up at the end of an hour, or a moment before. */
static int64_t draw_time(struct sim *sim)
{
    int64_t wall_ms = sim_wall_ms(sim);
    int64_t watermark_ms = wall_ms - sim->config.out_of_orderness_ms;
    int64_t left_ms = HOUR_MS - watermark_ms % HOUR_MS;

    if (left_ms < sim->config.future_skew_ms && sim_chance(sim, 200))
        return wall_ms + left_ms - (sim_chance(sim, 300) ? 0 : sim_between(sim, 1, 1000));
    if (sim_inject(sim, FAULT_LATE)) {
        if (sim_chance(sim, 200))
            return draw_last_moment(sim);
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

/* One partition is silent now and then; often none. */
static bool is_silent(const struct sim *sim, int32_t partition)
{
    return sim->kafka->input->count > 1 && partition == (int32_t)(sim->seed % 5) && sim->now_ms / 15000 % 3 != 0;
}

/* While a partition is silent, something old may be sent to it all the same. */
static int32_t draw_partition(struct sim *sim)
{
    int32_t count = sim->kafka->input->count, partition = (int32_t)sim_below(sim, (uint64_t)count);
    bool is_to_speak = !is_silent(sim, partition) || (sim_chance(sim, 300) && sim_inject(sim, FAULT_LATE));

    return is_to_speak ? partition : (partition + 1) % count;
}

/* A batch that nobody can read. Logs that are to be cut have none: a cut falls between batches. */
static void append_bomb(struct sim *sim, int32_t partition)
{
    struct topic *input = sim->kafka->input;
    struct meaning meaning = {.kind = ENTRY_BAD, .batch = input->logs[partition].next};
    bool is_to_be_cut = sim->rate[FAULT_GAP] + sim->rate[FAULT_TRUNCATED] + sim->rate[FAULT_RECREATED] > 0;

    if (is_to_be_cut || !sim_inject(sim, FAULT_BOMB))
        return;
    meaning.batch_end = meaning.batch + sim_between(sim, 1, 5);
    while (input->logs[partition].next < meaning.batch_end)
        kafka_append(sim, input, partition, span_of(NULL), span_of(NULL), &meaning, NULL);
}

void traffic_append(struct sim *sim)
{
    traffic_append_to(sim, draw_partition(sim));
}

static int64_t draw_milliseconds(struct sim *sim)
{
    static const int64_t most[] = {0, 20, 3000, 600000};

    return sim_between(sim, -1, most[sim_below(sim, LENGTH_OF(most))]);
}

static struct meaning draw_meaning(struct sim *sim)
{
    uint64_t flags = sim_random(sim);
    struct meaning meaning = {
        .created_ms = draw_time(sim),
        .model = (int)sim_below(sim, ORACLE_MODELS),
        .provider = (int)sim_below(sim, ORACLE_PROVIDERS),
        .country = (int)sim_below(sim, ORACLE_COUNTRIES),
        .account = (int)sim_below(sim, ORACLE_ACCOUNTS + 1),
        .prompt = sim_between(sim, 0, sim_chance(sim, 5) ? INT64_C(5000000) : 5000),
        .completion = sim_between(sim, 0, 900),
        .cost = sim_between(sim, 0, 1000000),
        .latency_ms = draw_milliseconds(sim),
        .first_token_ms = draw_milliseconds(sim),
        .generation_ms = draw_milliseconds(sim),
        .is_byok = (flags & 3) == 0,
        .is_free = (flags >> 2 & 3) == 0,
        .is_hit = (flags >> 23 & 7) == 0,
        .is_streamed = (flags >> 4 & 1) != 0,
        .is_cancelled = (flags >> 5 & 7) == 0,
        .has_tools = (flags >> 8 & 1) != 0,
        .is_classified = (flags >> 9 & 1) != 0,
        .is_probe = (flags >> 20 & 7) == 0,
        .finish = (flags >> 10) % 4,
    };

    if (meaning.is_classified)
        meaning.labels = (unsigned)(flags >> 12) & ((1u << ORACLE_CATEGORIES) - 1);
    if ((flags >> 24 & 3) == 0) {
        meaning.cached = sim_between(sim, 0, meaning.prompt);
        meaning.cache_write = sim_between(sim, 0, meaning.prompt - meaning.cached);
    }
    if ((flags >> 26 & 7) == 0)
        meaning.completion = -1;
    if ((flags >> 29 & 15) == 0)
        meaning.prompt = -1;
    if ((flags >> 33 & 7) == 0)
        meaning.cost = -1;
    return meaning;
}

/* A create of an id that was there: as it was at first or at last, grown, or another altogether, as it was drawn; and
 * sometimes it is a probe this time, or none any more. */
static void repeat(struct sim *sim, const struct meaning *first, const struct meaning *found, struct meaning *meaning)
{
    switch (sim_below(sim, 5)) {
    case 0:
    case 1:
        *meaning = *first;
        break;
    case 2:
        *meaning = *found;
        break;
    case 3:
        *meaning = *found;
        meaning->completion += sim_between(sim, 1, 100);
        break;
    default:
        break;
    }
    if (sim_chance(sim, 200))
        meaning->is_probe = !meaning->is_probe;
}

/* Makes it a record about an id that was there lately; or leaves it, if none is found. */
static void correct(struct sim *sim, int32_t partition, struct meaning *meaning)
{
    const struct partition_log *log = &sim->kafka->input->logs[partition];
    int64_t at = log->next - sim_between(sim, 1, 40);

    if (at < log->first || log->entries[at]->meaning.kind != ENTRY_GOOD)
        return;
    const struct meaning *found = &log->entries[at]->meaning;
    int64_t id = found->says == SAYS_NEW ? at : found->id;
    enum says says = (enum says)(SAYS_AGAIN + sim_below(sim, 3));
    int64_t created_ms = sim_chance(sim, 500) ? found->created_ms : meaning->created_ms;
    uint64_t number = found->number;
    if (says == SAYS_AGAIN)
        repeat(sim, &log->entries[id]->meaning, found, meaning);
    else if (says == SAYS_RETRACT && sim_chance(sim, 500)) /* or what it says besides means nothing */
        *meaning = *found;
    else
        meaning->created_ms = created_ms;
    meaning->says = says;
    meaning->id = id;
    meaning->number = number;
}

void traffic_append_to(struct sim *sim, int32_t partition)
{
    struct kafka *kafka = sim->kafka;
    struct bytes value;

    append_bomb(sim, partition);
    struct meaning meaning = draw_meaning(sim);
    if (is_silent(sim, partition))
        meaning.created_ms = draw_last_moment(sim);

    /* A log that was cut gives its offsets again, but a producer does not give its ids again. */
    meaning.number = (uint64_t)kafka->input->logs[partition].next + (uint64_t)sim->now_ms * 1000;
    if (!sim->is_hurt[partition] && sim_inject(sim, FAULT_CORRECTED))
        correct(sim, partition, &meaning);
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
