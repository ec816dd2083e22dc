/*
 * Retention loses no pair, and this is why. An event is flushed at one moment, by one command on one connection; its
 * pair must stand before that command in the server's history, since then every history that keeps the flush (a crash's
 * prefix, a promoted replica's) keeps the pair. One connection leads to one server, which executes what comes over it
 * in order. So:
 *
 *   - pairs that are put before a flush are acknowledged on the flush's own connection: store_flush() calls the barrier
 *     each time it sends, and makes no other connection in between;
 *   - pairs that are not put, because they are remembered, were acknowledged on that connection too: if the connection
 *     is another, retention_begin() forgets all that was remembered, and every activity of unflushed events is put
 *     again.
 *
 * The argument rests on this: a server that stops being the primary, and so may drop what it had, drops its clients as
 * well. A Sentinel sees to it (CLIENT KILL with each new role), a cluster is refused (store_link.c). Whoever changes
 * roles by hand does the same, see runbooks/operate.md.
 *
 * Retention that stopped follows the same rule: the store is told on a connection before a flush without notes goes
 * over it, so that every history that keeps such a flush knows that retention ended before it.
 *
 * Repeating is harmless, since a pair's months are a union; so pairs that are put in vain (by a partition that is taken
 * away before its flush) are put again by whoever reads the record.
 *
 * The cache: a place is found by the low bits of a pair and month; it holds the other bits and the interval (between
 * two settlings) in which they were noted last. An interval is over when every partition is flushed: what was noted in
 * it is then acknowledged.
 */
#include "retention.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/base/hash.h"
#include "gentally/base/siphash.h"
#include "gentally/core/window.h"

#define PLACES (1u << 20) /* 16 MiB, touched when used */
#define NOTES_MAX (1u << 18)
#define MODELS_MAX 4096u /* display models in one interval */
#define SYMBOLS_MAX 65536u
#define NO_MODEL UINT16_MAX
#define FILL_AGAIN_MS 600000

/* A pair and month that was noted. */
struct pair_place {
    uint64_t high;
    uint32_t low;      /* the upper half; the lower one finds the place */
    uint32_t interval; /* 0: free */
};

struct model_name {
    uint64_t high, low; /* its hash */
    uint16_t size;
    char text[EVENT_TEXT_MAX];
};

/* An activity of an event that may not be flushed yet. */
struct note {
    uint64_t high, low;
    uint16_t model, month;
    bool is_known; /* acknowledged on the connection */
};

struct retention {
    const struct symbols *symbols;
    const struct catalog *catalog;
    struct pair_place *places;
    struct note *notes;
    uint32_t note_count, unknown_count;
    uint32_t interval, valid_from; /* what was noted in an interval before `valid_from` is not remembered */
    uint64_t connections;          /* number of the store's connection on which known notes are acknowledged */
    struct model_name *models;
    uint32_t model_count;
    uint16_t *by_symbol; /* index of its display model; NO_MODEL: not looked up yet */
    bool is_fill_told;
    int64_t fill_told_ms; /* monotonic */
    bool is_stopped;
    struct reason why;           /* of the stop */
    int64_t month_ms, month_end; /* the last event's month */
    uint32_t month;
    struct activity *calls; /* of one round trip */
};

enum verdict retention_open(struct retention **retention, const struct symbols *symbols, const struct catalog *catalog,
                            struct reason *why)
{
    struct retention *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for retention");
    opened->symbols = symbols;
    opened->places = calloc(PLACES, sizeof(*opened->places));
    opened->notes = calloc(NOTES_MAX, sizeof(*opened->notes));
    opened->models = calloc(MODELS_MAX, sizeof(*opened->models));
    opened->by_symbol = calloc(SYMBOLS_MAX + 1, sizeof(*opened->by_symbol));
    opened->calls = calloc((size_t)RETENTION_SHARDS * RETENTION_CALL_PAIRS, sizeof(*opened->calls));
    if (opened->places == NULL || opened->notes == NULL || opened->models == NULL || opened->by_symbol == NULL ||
        opened->calls == NULL) {
        retention_close(opened);
        return no_memory(why, "for retention");
    }
    opened->interval = opened->valid_from = 1;
    retention_forget(opened, catalog);
    *retention = opened;
    return GO_ON;
}

void retention_close(struct retention *retention)
{
    if (retention == NULL)
        return;
    free(retention->places);
    free(retention->notes);
    free(retention->models);
    free(retention->by_symbol);
    free(retention->calls);
    free(retention);
}

bool retention_has_room(const struct retention *retention)
{
    return retention->note_count < NOTES_MAX && retention->model_count < MODELS_MAX;
}

/* ---- noting ---- */

/* Facts arrive nearly in order: most fall into the month of the one before. */
static uint32_t cached_month(struct retention *retention, int64_t event_ms)
{
    if (event_ms < retention->month_ms || event_ms >= retention->month_end) {
        struct window window = window_of(WINDOW_MONTH, event_ms);
        retention->month_ms = window.start_ms;
        retention->month_end = window_end(window);
        retention->month = month_number(event_ms);
    }
    return retention->month;
}

/* The display model of a slug, as an index. The model's hash is stored, so the key of it never changes; that key need
 * not be secret, since the account's part of a pair is keyed. */
static uint16_t add_model(struct retention *retention, uint32_t symbol)
{
    static const struct siphash_key key = {{UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xbf58476d1ce4e5b9)}};
    struct span slug = catalog_find(retention->catalog, symbols_text(retention->symbols, symbol)).slug;
    struct model_name *model = &retention->models[retention->model_count];
    uint8_t hash[16];

    assert(retention->model_count < MODELS_MAX);
    assert(slug.size <= EVENT_TEXT_MAX);
    siphash128(&key, slug, hash);
    memcpy(&model->high, hash, sizeof(model->high));
    memcpy(&model->low, hash + 8, sizeof(model->low));
    for (uint32_t i = 0; i < retention->model_count; i++)
        if (retention->models[i].high == model->high && retention->models[i].low == model->low)
            return (uint16_t)i;
    model->size = (uint16_t)slug.size;
    if (slug.size > 0)
        memcpy(model->text, slug.bytes, slug.size);
    return (uint16_t)retention->model_count++;
}

/* Takes the place for a pair and month in this interval: true if they were acknowledged in an earlier one. */
static bool take_place(struct retention *retention, struct pair_place *place, uint64_t high, uint32_t low)
{
    bool is_known = place->high == high && place->low == low && place->interval >= retention->valid_from;

    *place = (struct pair_place){high, low, retention->interval};
    return is_known;
}

void retention_note(struct retention *retention, const struct fact *fact)
{
    bool has_account = (fact->account.high | fact->account.low) != 0;
    if (!has_account || (fact->windows & 1u << WINDOW_MONTH) == 0 || retention->is_stopped)
        return;
    uint32_t month = cached_month(retention, fact->event_ms);
    uint32_t symbol = fact->dims[DIM_MODEL];
    if (month >= MONTHS_MAX)
        return;
    assert(symbol <= SYMBOLS_MAX);
    if (retention->by_symbol[symbol] == NO_MODEL)
        retention->by_symbol[symbol] = add_model(retention, symbol);
    uint16_t index = retention->by_symbol[symbol];
    const struct model_name *model = &retention->models[index];
    /* The account's bits are as good as random, so what they are added to need not be. */
    uint64_t high = fact->account.high ^ model->high, low = fact->account.low ^ model->low;
    uint64_t mixed = low ^ month * UINT64_C(0x9e3779b97f4a7c15);
    struct pair_place *place = &retention->places[mixed & (PLACES - 1)];
    uint32_t upper = (uint32_t)(mixed >> 32);
    if (place->interval == retention->interval && place->high == high && place->low == upper)
        return;
    assert(retention->note_count < NOTES_MAX);
    struct note *note = &retention->notes[retention->note_count++];
    *note = (struct note){high, low, index, (uint16_t)month, take_place(retention, place, high, upper)};
    retention->unknown_count += note->is_known ? 0 : 1;
}

/* ---- putting ---- */

void retention_distrust(struct retention *retention)
{
    for (uint32_t i = 0; i < retention->note_count; i++)
        retention->notes[i].is_known = false;
    retention->unknown_count = retention->note_count;
    if (retention->interval == UINT32_MAX) {
        memset(retention->places, 0, PLACES * sizeof(*retention->places));
        retention->interval = 0;
    }
    retention->valid_from = ++retention->interval;
}

bool retention_gather(struct retention *retention, uint32_t at[RETENTION_SHARDS], uint32_t counts[RETENTION_SHARDS],
                      const struct activity **activities)
{
    uint32_t total = 0;

    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++) {
        counts[shard] = 0;
        for (; at[shard] < retention->note_count && counts[shard] < RETENTION_CALL_PAIRS; at[shard]++) {
            const struct note *note = &retention->notes[at[shard]];
            if (note->is_known || retention_shard(note->low) != shard)
                continue;
            const struct model_name *model = &retention->models[note->model];
            retention->calls[total++] =
                (struct activity){note->high, note->low, {model->text, model->size}, note->month};
            counts[shard]++;
        }
    }
    *activities = retention->calls;
    return total > 0;
}

bool retention_begin(struct retention *retention, uint64_t connections)
{
    if (retention->connections != connections)
        retention_distrust(retention);
    retention->connections = connections;
    return retention->unknown_count > 0;
}

void retention_acknowledged(struct retention *retention)
{
    for (uint32_t i = 0; i < retention->note_count; i++)
        retention->notes[i].is_known = true;
    retention->unknown_count = 0;
}

void retention_stop(struct retention *retention, const struct reason *why, uint64_t connections)
{
    retention->is_stopped = true;
    retention->why = *why;
    retention->note_count = retention->unknown_count = 0;
    retention->connections = connections;
}

bool retention_tells_fill(struct retention *retention, const struct retention_fill *fill, int64_t now_ms)
{
    bool is_near = fill->pairs >= fill->pairs_max - fill->pairs_max / 5;

    if (!is_near || retention->is_stopped ||
        (retention->is_fill_told && now_ms - retention->fill_told_ms < FILL_AGAIN_MS))
        return false;
    retention->is_fill_told = true;
    retention->fill_told_ms = now_ms;
    return true;
}

const struct reason *retention_stopped(const struct retention *retention)
{
    return retention->is_stopped ? &retention->why : NULL;
}

bool retention_begin_stop(struct retention *retention, uint64_t connections)
{
    bool is_another = retention->connections != connections;

    retention->connections = connections;
    return is_another;
}

void retention_settled(struct retention *retention)
{
    /* What was noted and never put (its partitions were taken away) is not to be remembered. */
    if (retention->unknown_count > 0)
        retention_distrust(retention);
    if (retention->note_count == 0)
        return;
    retention->note_count = 0;
    retention->unknown_count = 0;
    if (retention->interval == UINT32_MAX)
        retention_distrust(retention);
    else
        retention->interval++;
}

void retention_forget(struct retention *retention, const struct catalog *catalog)
{
    assert(retention->note_count == 0);
    retention->catalog = catalog;
    retention->model_count = 0;
    memset(retention->by_symbol, 0xff, (SYMBOLS_MAX + 1) * sizeof(*retention->by_symbol));
    static_assert(NO_MODEL == 0xffff, "memset() writes it");
}
