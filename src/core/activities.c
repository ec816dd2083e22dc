/* Entries as bytes, written where there is room and read without trust; and the set, whose models are found by a hash
 * table of their indexes. */
#include "gentally/core/activities.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/base/arena.h"
#include "gentally/base/grow.h"
#include "gentally/base/hash.h"
#include "gentally/core/event.h"
#include "gentally/core/window.h"

#define LEADS (1u << 16) /* what leading bits there are */
#define NEAR_MAX 64u     /* items that are put in order by hand */

struct activities {
    struct arena arena; /* the models' texts */
    struct span *models;
    uint32_t model_count;
    size_t model_room;
    uint32_t *table; /* index + 1; 0: free */
    size_t table_room;
    struct activity *items;
    uint32_t count;
    size_t room;
    uint32_t *indexes; /* of an entry's models, in the set */
    size_t index_room;
};

/* ---- writing ---- */

static uint8_t *put_varint(uint8_t *at, uint32_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

size_t activities_write(uint8_t *bytes, const struct span models[], uint32_t model_count,
                        const struct activity activities[], uint32_t count)
{
    uint8_t *at = put_varint(bytes, model_count);

    for (uint32_t i = 0; i < model_count; i++) {
        at = put_varint(at, (uint32_t)models[i].size);
        if (models[i].size > 0)
            memcpy(at, models[i].bytes, models[i].size);
        at += models[i].size;
    }
    for (uint32_t i = 0; i < count; i++) {
        assert(activities[i].model < model_count && activities[i].month < MONTHS_MAX);
        memcpy(at, activities[i].account, ACCOUNT_SIZE);
        at = put_varint(at + ACCOUNT_SIZE, activities[i].model);
        at = put_varint(at, activities[i].month);
    }
    return (size_t)(at - bytes);
}

/* ---- reading ---- */

struct reader {
    const uint8_t *at, *end;
};

static bool get_varint(struct reader *reader, uint32_t *value)
{
    uint64_t wide = 0;

    for (unsigned shift = 0; reader->at < reader->end && shift < 35; shift += 7) {
        uint8_t byte = *reader->at++;
        wide |= (uint64_t)(byte & 0x7f) << shift;
        *value = (uint32_t)wide;
        if (byte < 0x80)
            return wide <= UINT32_MAX;
    }
    return false;
}

static bool get_text(struct reader *reader, struct span *text)
{
    uint32_t size;

    if (!get_varint(reader, &size) || size > EVENT_TEXT_MAX || size > (size_t)(reader->end - reader->at))
        return false;
    *text = (struct span){(const char *)reader->at, size};
    reader->at += size;
    return true;
}

static bool get_activity(struct reader *reader, struct activity *activity)
{
    uint32_t month;

    if ((size_t)(reader->end - reader->at) < ACCOUNT_SIZE)
        return false;
    memcpy(activity->account, reader->at, ACCOUNT_SIZE);
    reader->at += ACCOUNT_SIZE;
    if (!get_varint(reader, &activity->model) || !get_varint(reader, &month) || month >= MONTHS_MAX)
        return false;
    activity->month = (uint16_t)month;
    return true;
}

/* ---- the set ---- */

enum verdict activities_open(struct activities **activities, struct reason *why)
{
    *activities = calloc(1, sizeof(**activities));
    if (*activities == NULL)
        return no_memory(why, "for activities");
    arena_open(&(*activities)->arena, (size_t)1 << 16);
    return GO_ON;
}

void activities_close(struct activities *activities)
{
    if (activities == NULL)
        return;
    arena_close(&activities->arena);
    free(activities->models);
    free(activities->table);
    free(activities->items);
    free(activities->indexes);
    free(activities);
}

void activities_clear(struct activities *activities)
{
    arena_clear(&activities->arena);
    activities->count = activities->model_count = 0;
    if (activities->table != NULL)
        memset(activities->table, 0, activities->table_room * sizeof(*activities->table));
}

/* The place of a model in the table: its own, or the free one that it would take. */
static uint32_t *find_place(const struct activities *activities, struct span model)
{
    size_t at = hash_text(model) & (activities->table_room - 1);

    while (activities->table[at] != 0 && !span_equal(activities->models[activities->table[at] - 1], model))
        at = (at + 1) & (activities->table_room - 1);
    return &activities->table[at];
}

/* Makes room for one model more: the table is at most half full. */
static bool reserve_model(struct activities *activities)
{
    struct span *models =
        grow(activities->models, &activities->model_room, (size_t)activities->model_count + 1, sizeof(*models));

    if (models == NULL)
        return false;
    activities->models = models;
    if (2 * ((size_t)activities->model_count + 1) <= activities->table_room)
        return true;
    size_t room = activities->table_room == 0 ? 256 : 2 * activities->table_room;
    uint32_t *table = calloc(room, sizeof(*table));
    if (table == NULL)
        return false;
    free(activities->table);
    activities->table = table;
    activities->table_room = room;
    for (uint32_t i = 0; i < activities->model_count; i++)
        *find_place(activities, models[i]) = i + 1;
    return true;
}

static bool intern(struct activities *activities, struct span model, uint32_t *index)
{
    if (!reserve_model(activities))
        return false;
    uint32_t *place = find_place(activities, model);
    if (*place == 0) {
        char *text = arena_take(&activities->arena, model.size + 1);
        if (text == NULL)
            return false;
        if (model.size > 0)
            memcpy(text, model.bytes, model.size);
        activities->models[activities->model_count++] = (struct span){text, model.size};
        *place = activities->model_count;
    }
    *index = *place - 1;
    return true;
}

static enum verdict damaged(struct reason *why)
{
    return reason_set(why, HALT, STORE_DAMAGED, 0, "an entry of pairs does not read as we wrote it");
}

enum verdict activities_add(struct activities *activities, struct span entry, struct reason *why)
{
    struct reader reader = {(const uint8_t *)entry.bytes, (const uint8_t *)entry.bytes + entry.size};
    uint32_t model_count;

    if (!get_varint(&reader, &model_count) || model_count > entry.size)
        return damaged(why);
    uint32_t *indexes = grow(activities->indexes, &activities->index_room, (size_t)model_count + 1, sizeof(*indexes));
    if (indexes == NULL)
        return no_memory(why, "for activities");
    activities->indexes = indexes;
    for (uint32_t i = 0; i < model_count; i++) {
        struct span model;
        if (!get_text(&reader, &model))
            return damaged(why);
        if (!intern(activities, model, &indexes[i]))
            return no_memory(why, "for activities");
    }
    while (reader.at < reader.end) {
        struct activity *items =
            grow(activities->items, &activities->room, (size_t)activities->count + 1, sizeof(*items));
        if (items == NULL)
            return no_memory(why, "for activities");
        activities->items = items;
        if (!get_activity(&reader, &items[activities->count]) || items[activities->count].model >= model_count)
            return damaged(why);
        items[activities->count].model = indexes[items[activities->count].model];
        activities->count++;
    }
    return GO_ON;
}

static int compare(const void *left, const void *right)
{
    return account_compare(((const struct activity *)left)->account, ((const struct activity *)right)->account);
}

/* Accounts are as good as random: by their leading bits each is put among a few that are next to it, and these are
 * put in order. Should somebody choose accounts that are not, it takes longer, but no time out of mind. */
static void order_near(struct activity items[], size_t count)
{
    if (count > NEAR_MAX) {
        qsort(items, count, sizeof(*items), compare);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct activity item = items[i];
        size_t at = i;
        for (; at > 0 && compare(&item, &items[at - 1]) < 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* The leading 16 bits. */
static inline size_t lead_of(const struct activity *item)
{
    return (size_t)item->account[0] << 8 | item->account[1];
}

/* Puts the items where those of their leading bits begin, and orders these. */
static void distribute(struct activities *activities, struct activity *items, uint32_t ends[LEADS])
{
    uint32_t before = 0;

    for (uint32_t i = 0; i < activities->count; i++)
        ends[lead_of(&activities->items[i])]++;
    for (size_t lead = 0; lead < LEADS; lead++) {
        uint32_t count = ends[lead];
        ends[lead] = before; /* where they begin, and once they are there, where they end */
        before += count;
    }
    for (uint32_t i = 0; i < activities->count; i++)
        items[ends[lead_of(&activities->items[i])]++] = activities->items[i];
    before = 0;
    for (size_t lead = 0; lead < LEADS; lead++) {
        order_near(items + before, ends[lead] - before);
        before = ends[lead];
    }
}

void activities_sort(struct activities *activities)
{
    struct activity *items = NULL;
    uint32_t *ends = NULL;

    if (activities->count >= LEADS / 4) {
        items = malloc(activities->room * sizeof(*items));
        ends = calloc(LEADS, sizeof(*ends));
    }
    if (items != NULL && ends != NULL) {
        distribute(activities, items, ends);
        free(activities->items);
        activities->items = items;
    } else {
        free(items);
        if (activities->count > 0)
            qsort(activities->items, activities->count, sizeof(*activities->items), compare);
    }
    free(ends);
}

uint32_t activities_count(const struct activities *activities)
{
    return activities->count;
}

const struct activity *activities_items(const struct activities *activities)
{
    return activities->items;
}

uint32_t activities_models(const struct activities *activities)
{
    return activities->model_count;
}

struct span activities_model(const struct activities *activities, uint32_t model)
{
    assert(model < activities->model_count);
    return activities->models[model];
}
