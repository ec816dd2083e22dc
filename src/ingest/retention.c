/*
 * The cache: the low bits of account, model, month and log say which cache line an activity is remembered in, in one of
 * its four places; with what those hold, 114 bits must agree. A log that begins anew has another epoch, so that what is
 * remembered of it is of no use any more, without a look at each place.
 */
#include "retention.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/base/hash.h"
#include "gentally/base/pages.h"
#include "gentally/base/siphash.h"
#include "gentally/core/window.h"

#define LINES (1u << 18) /* 16 MiB */
#define LINE_PLACES 4u
#define LOG_MAX (1u << 16)
#define ROOM_KEPT (1u << 12) /* activities, of a log between two flushes */
#define RECORD_MAX 4u        /* activities that one record may note */
#define MODELS_MAX 4096u     /* display models between two retention_forget() */
#define SYMBOLS_MAX 65536u
#define NO_MODEL UINT16_MAX
#define NO_INDEX UINT32_MAX

/* An activity that was noted. */
struct place {
    uint64_t high;
    uint32_t low;   /* the upper half; the lower one finds the line */
    uint32_t epoch; /* 0: free */
};

struct place_line {
    struct place places[LINE_PLACES];
};

static_assert(sizeof(struct place_line) == 64, "one cache line");

struct model_name {
    uint64_t high, low; /* its hash */
    uint16_t size;
    char text[EVENT_TEXT_MAX];
};

struct retention {
    const struct symbols *symbols;
    const struct catalog *catalog;
    struct place_line *lines;
    uint32_t epoch; /* the last one that was drawn */
    struct model_name *models;
    uint32_t model_count;
    uint16_t *by_symbol;         /* index of its display model; NO_MODEL: not looked up yet */
    uint32_t *indexes;           /* of the models, in the entry that is written */
    int64_t month_ms, month_end; /* the last event's month */
    uint32_t month;
};

/* ---- logs ---- */

void pair_log_begin(struct pair_log *log)
{
    log->count = 0;
    log->epoch = 0;
}

/* What a worker notes while it catches up is much, and merging, which comes next, needs as much. */
void pair_log_flushed(struct pair_log *log)
{
    log->count = 0;
    if (log->room <= ROOM_KEPT)
        return;
    free(log->items);
    log->items = NULL;
    log->room = 0;
}

void pair_log_free(struct pair_log *log)
{
    free(log->items);
    *log = (struct pair_log){.items = NULL};
}

/* ---- opening ---- */

enum verdict retention_open(struct retention **retention, const struct symbols *symbols, const struct catalog *catalog,
                            struct reason *why)
{
    struct retention *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for retention");
    opened->symbols = symbols;
    opened->lines = pages_take(LINES * sizeof(*opened->lines));
    opened->models = calloc(MODELS_MAX, sizeof(*opened->models));
    opened->by_symbol = calloc(SYMBOLS_MAX + 1, sizeof(*opened->by_symbol));
    opened->indexes = calloc(MODELS_MAX, sizeof(*opened->indexes));
    if (opened->lines == NULL || opened->models == NULL || opened->by_symbol == NULL || opened->indexes == NULL) {
        retention_close(opened);
        return no_memory(why, "for retention");
    }
    retention_forget(opened, catalog);
    *retention = opened;
    return GO_ON;
}

void retention_close(struct retention *retention)
{
    if (retention == NULL)
        return;
    pages_give_back(retention->lines, LINES * sizeof(*retention->lines));
    free(retention->models);
    free(retention->by_symbol);
    free(retention->indexes);
    free(retention);
}

bool retention_is_roomy(const struct retention *retention)
{
    return retention->model_count + RECORD_MAX <= MODELS_MAX;
}

bool retention_has_room(const struct retention *retention, const struct pair_log *log)
{
    return log->count + RECORD_MAX <= LOG_MAX && retention_is_roomy(retention);
}

bool pair_log_reserve(struct pair_log *log)
{
    struct activity *items = grow(log->items, &log->room, (size_t)log->count + RECORD_MAX, sizeof(*items));
    if (items == NULL)
        return false;
    log->items = items;
    return true;
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

/* The display model of a slug, as an index. Its hash finds places only, and the account's part of a pair is keyed: so
 * that of the model need not be. */
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

static void put_big_endian(uint8_t *at, uint64_t number, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
}

static void append(struct pair_log *log, const struct fact *fact, uint32_t model, uint32_t month)
{
    struct activity *activity = &log->items[log->count++];

    assert(log->count <= log->room);
    put_big_endian(activity->account, fact->account.high, 8);
    put_big_endian(activity->account + 8, fact->account.low >> 32, 4);
    activity->model = model;
    activity->month = (uint16_t)month;
}

/* Epochs end after as many claims as a worker never makes; then all is forgotten. */
static void draw_epoch(struct retention *retention, struct pair_log *log)
{
    assert(retention->epoch < UINT32_MAX);
    log->epoch = ++retention->epoch;
}

/* Where an activity is remembered, and as what. */
struct memory {
    struct place_line *line;
    struct place place;
    uint32_t victim; /* of its places the one to take if all are taken: any, since the bits are as good as random */
};

/* The account's bits are as good as random, so what they are added to need not be. */
static inline struct memory memory_of(const struct retention *retention, const struct pair_log *log,
                                      const struct pseudonym *account, const struct model_name *model, uint32_t month)
{
    uint64_t low = account->low ^ model->low;
    uint64_t mixed = low ^ (month + ((uint64_t)log->epoch << 12)) * UINT64_C(0x9e3779b97f4a7c15);

    return (struct memory){
        .line = &retention->lines[(mixed ^ mixed >> 44) & (LINES - 1)],
        .place = {account->high ^ model->high, (uint32_t)(mixed >> 32), log->epoch},
        .victim = (uint32_t)(mixed >> 18) % LINE_PLACES,
    };
}

/* True if it was remembered already. */
static bool remember(const struct memory *memory)
{
    struct place *taken = &memory->line->places[memory->victim];

    for (uint32_t i = 0; i < LINE_PLACES; i++) {
        struct place *place = &memory->line->places[i];
        if (place->epoch == memory->place.epoch && place->high == memory->place.high && place->low == memory->place.low)
            return true;
        if (place->epoch == 0)
            taken = place;
    }
    *taken = memory->place;
    return false;
}

void retention_expect(struct retention *retention, const struct pair_log *log, const struct fact *fact)
{
    uint16_t index = retention->by_symbol[fact->dims[DIM_MODEL]];
    uint32_t month = cached_month(retention, fact->event_ms);

    if (index != NO_MODEL)
        __builtin_prefetch(memory_of(retention, log, &fact->account, &retention->models[index], month).line, 1);
}

void retention_note(struct retention *retention, struct pair_log *log, const struct fact *fact)
{
    bool has_account = (fact->account.high | fact->account.low) != 0;
    if (!has_account || (fact->windows & 1u << WINDOW_MONTH) == 0)
        return;
    uint32_t month = cached_month(retention, fact->event_ms);
    uint32_t symbol = fact->dims[DIM_MODEL];
    if (month >= MONTHS_MAX)
        return;
    assert(symbol <= SYMBOLS_MAX);
    if (log->epoch == 0)
        draw_epoch(retention, log);
    if (retention->by_symbol[symbol] == NO_MODEL)
        retention->by_symbol[symbol] = add_model(retention, symbol);
    uint16_t index = retention->by_symbol[symbol];
    struct memory memory = memory_of(retention, log, &fact->account, &retention->models[index], month);
    if (!remember(&memory))
        append(log, fact, index, month);
}

/* ---- writing ---- */

enum verdict retention_write(struct retention *retention, const struct pair_log *log, struct arena *arena,
                             struct arena *scratch, struct span *entry, struct reason *why)
{
    size_t room = ACTIVITIES_HEAD_MAX + (size_t)log->count * ACTIVITY_MAX;
    struct span *models = arena_take(scratch, ((size_t)retention->model_count + 1) * sizeof(*models));
    struct activity *items = arena_take(scratch, ((size_t)log->count + 1) * sizeof(*items));
    uint32_t count = 0;

    *entry = span_of(NULL);
    if (models == NULL || items == NULL)
        return no_memory(why, "for a checkpoint");
    if (log->count == 0)
        return GO_ON;
    memset(retention->indexes, 0xff, retention->model_count * sizeof(*retention->indexes));
    static_assert(NO_INDEX == 0xffffffff, "memset() writes it");
    for (uint32_t i = 0; i < log->count; i++) {
        uint32_t *index = &retention->indexes[log->items[i].model];
        const struct model_name *model = &retention->models[log->items[i].model];
        if (*index == NO_INDEX) {
            *index = count;
            models[count++] = (struct span){model->text, model->size};
            room += 5 + (size_t)model->size;
        }
        items[i] = log->items[i];
        items[i].model = *index;
    }
    uint8_t *bytes = arena_take(scratch, room);
    if (bytes == NULL)
        return no_memory(why, "for a checkpoint");
    size_t size = activities_write(bytes, models, count, items, log->count);
    *entry = (struct span){arena_copy(arena, bytes, size), size};
    return entry->bytes == NULL ? no_memory(why, "for a checkpoint") : GO_ON;
}

void retention_forget(struct retention *retention, const struct catalog *catalog)
{
    retention->catalog = catalog;
    retention->model_count = 0;
    memset(retention->by_symbol, 0xff, (SYMBOLS_MAX + 1) * sizeof(*retention->by_symbol));
    static_assert(NO_MODEL == 0xffff, "memset() writes it");
}
