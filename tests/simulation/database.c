/* Hashes with a journal: what a Redis would hold, and the way back to what it held a few steps ago. */
#include <stdlib.h>

#include "oracle.h"

static uint32_t hash_of(struct span text)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.bytes[i]) * 16777619u;
    return hash;
}

static bool is_same(struct span left, struct span right)
{
    return left.size == right.size && memcmp(left.bytes, right.bytes, left.size) == 0;
}

/* The key, even if it is empty now; NULL if there never was one. */
static struct keyed *look_up(const struct database *database, struct span name)
{
    uint32_t hash = hash_of(name);
    struct keyed *key = database->buckets[hash % SIM_BUCKETS];

    while (key != NULL && !(key->hash == hash && is_same(key->name, name)))
        key = key->next;
    return key;
}

struct keyed *database_find(const struct database *database, struct span name)
{
    struct keyed *key = look_up(database, name);

    return key != NULL && key->live > 0 ? key : NULL;
}

static struct hash_field *find_field(const struct keyed *key, struct span name)
{
    uint32_t hash = hash_of(name);

    for (uint32_t i = 0; i < key->count; i++)
        if (key->fields[i].hash == hash && is_same(key->fields[i].name, name))
            return &key->fields[i];
    return NULL;
}

const struct span *database_get(const struct database *database, struct span key, struct span field)
{
    const struct keyed *found = look_up(database, key);
    const struct hash_field *at = found != NULL ? find_field(found, field) : NULL;

    return at != NULL && at->is_live ? &at->value : NULL;
}

int64_t database_number(const struct database *database, struct span key, const char *field, int64_t otherwise)
{
    const struct span *value = database_get(database, key, span_of(field));

    return value == NULL || value->size == 0 ? otherwise : strtoll(value->bytes, NULL, 10);
}

static void note(struct sim *sim, struct database *database, struct keyed *key, const struct hash_field *field)
{
    if (database->journal_count == database->journal_room) {
        uint32_t room = database->journal_room == 0 ? 1024 : 2 * database->journal_room;
        struct change_note *journal = realloc(database->journal, room * sizeof(*journal));
        if (journal == NULL)
            abort();
        database->journal = journal;
        database->journal_room = room;
    }
    (void)sim;
    database->journal[database->journal_count++] =
        (struct change_note){key, (uint32_t)(field - key->fields), field->is_live, field->value};
}

static struct keyed *make_key(struct sim *sim, struct database *database, struct span name)
{
    struct keyed *key = sim_take(sim, sizeof(*key));

    key->name = sim_copy(sim, name);
    key->hash = hash_of(name);
    key->next = database->buckets[key->hash % SIM_BUCKETS];
    database->buckets[key->hash % SIM_BUCKETS] = key;
    return key;
}

static struct hash_field *make_field(struct sim *sim, struct keyed *key, struct span name)
{
    if (key->count == key->room) {
        uint32_t room = key->room == 0 ? 16 : 2 * key->room;
        struct hash_field *fields = sim_take(sim, room * sizeof(*fields));
        if (key->count > 0)
            memcpy(fields, key->fields, key->count * sizeof(*fields));
        key->fields = fields;
        key->room = room;
    }
    struct hash_field *field = &key->fields[key->count++];
    *field = (struct hash_field){.hash = hash_of(name), .name = sim_copy(sim, name)};
    return field;
}

bool database_set(struct sim *sim, struct database *database, struct span key, struct span field, struct span value)
{
    struct keyed *found = look_up(database, key);

    if (found == NULL)
        found = make_key(sim, database, key);
    struct hash_field *at = find_field(found, field);
    if (at == NULL)
        at = make_field(sim, found, field);
    bool is_new = !at->is_live;
    note(sim, database, found, at);
    found->live += is_new ? 1 : 0;
    at->is_live = true;
    at->value = sim_copy(sim, value);
    return is_new;
}

static void kill_field(struct sim *sim, struct database *database, struct keyed *key, struct hash_field *field)
{
    note(sim, database, key, field);
    field->is_live = false;
    key->live--;
}

bool database_delete_field(struct sim *sim, struct database *database, struct span key, struct span field)
{
    struct keyed *found = look_up(database, key);
    struct hash_field *at = found != NULL ? find_field(found, field) : NULL;

    if (at == NULL || !at->is_live)
        return false;
    kill_field(sim, database, found, at);
    return true;
}

bool database_delete(struct sim *sim, struct database *database, struct span key)
{
    struct keyed *found = database_find(database, key);

    if (found == NULL)
        return false;
    for (uint32_t i = 0; i < found->count; i++)
        if (found->fields[i].is_live)
            kill_field(sim, database, found, &found->fields[i]);
    return true;
}

void database_step(struct database *database)
{
    if (database->step_count == database->step_room) {
        uint32_t room = database->step_room == 0 ? 1024 : 2 * database->step_room;
        uint32_t *steps = realloc(database->steps, room * sizeof(*steps));
        if (steps == NULL)
            abort();
        database->steps = steps;
        database->step_room = room;
    }
    /* A step that wrote nothing is none. */
    if (database->step_count > 0 && database->steps[database->step_count - 1] == database->journal_count)
        return;
    database->steps[database->step_count++] = database->journal_count;
}

/* ---- histories ---- */

static void take_back(struct database *database, uint32_t steps)
{
    for (; steps > 0 && database->step_count > 0; steps--) {
        uint32_t until = database->steps[--database->step_count];
        while (database->journal_count > until) {
            const struct change_note *change = &database->journal[--database->journal_count];
            struct hash_field *field = &change->key->fields[change->field];
            change->key->live += (uint32_t)change->was_live - (uint32_t)field->is_live;
            field->is_live = change->was_live;
            field->value = change->value;
        }
    }
    database->epoch++;
}

static void copy_database(struct sim *sim, struct database *into, const struct database *from)
{
    memset(into->buckets, 0, sizeof(into->buckets));
    into->journal_count = into->step_count = 0;
    into->epoch++;
    into->has_functions = from->has_functions;
    for (size_t i = 0; i < SIM_BUCKETS; i++)
        for (const struct keyed *key = from->buckets[i]; key != NULL; key = key->next) {
            struct keyed *copy = make_key(sim, into, key->name);
            copy->count = copy->room = key->count;
            copy->live = key->live;
            copy->fields = sim_take(sim, (key->count + 1) * sizeof(*copy->fields));
            memcpy(copy->fields, key->fields, key->count * sizeof(*copy->fields));
        }
}

void redis_rollback(struct sim *sim, uint32_t steps)
{
    take_back(&sim->redis->master, steps);
    sim->redis->connection_epoch++;
    sim_note(sim, "rolled back", steps, sim->redis->master.step_count, 0);
}

void redis_split(struct sim *sim, uint32_t steps)
{
    struct redis *redis = sim->redis;

    copy_database(sim, &redis->old, &redis->master);
    oracle_split(sim);
    take_back(&redis->master, steps);
    redis->is_split = true;
    redis->old_connection_epoch = redis->connection_epoch;
    redis->connection_epoch++;
    for (int i = 0; i <= SIM_WORKERS; i++)
        sim->processes[i].is_on_old_side = i < SIM_WORKERS && sim_chance(sim, 500);
    sim_note(sim, "split", steps, redis->master.step_count, 0);
}

void redis_heal(struct sim *sim)
{
    sim->redis->is_split = false;
    sim->redis->old_connection_epoch = UINT32_MAX;
    for (int i = 0; i <= SIM_WORKERS; i++) {
        sim->processes[i].is_healing |= sim->processes[i].is_on_old_side;
        sim->processes[i].is_on_old_side = false;
    }
    sim_note(sim, "healed", 0, 0, 0);
}

void redis_empty(struct sim *sim)
{
    struct redis *redis = sim->redis;

    memset(redis->master.buckets, 0, sizeof(redis->master.buckets));
    redis->master.journal_count = redis->master.step_count = 0;
    redis->master.epoch++;
    redis->connection_epoch++;
    sim_note(sim, "emptied", 0, 0, 0);
}
