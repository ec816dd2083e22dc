/*
 * Dead letters: which of them are final. Each flush that moves on decides the records it passes; who sent it is noted
 * in the database itself, so that the note is taken back with the flush. In the history that is left, just the records
 * that are set aside have a final letter, and the core, asked as a redrive asks it, says the same of each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/core/decider.h"
#include "truth.h"

#define NOTES "oracle-deciders"
#define NOTES_MAX 4096

struct letter {
    struct letter *older; /* of the same place */
    char decided_by[DECIDER_SIZE];
};

struct letters {
    int64_t read; /* entries of the dead-letter log looked at */
    struct letter **at[SIM_PARTITIONS];
    size_t room[SIM_PARTITIONS];
};

/* A flush that moved on. */
struct decided {
    int64_t first, next;
    char by[DECIDER_SIZE];
};

void letters_make(struct sim *sim)
{
    sim->letters = sim_take(sim, sizeof(*sim->letters));
}

/* ---- letters ---- */

static void take_letter(struct sim *sim, struct span key)
{
    struct letters *letters = sim->letters;
    struct letter *letter = sim_take(sim, sizeof(*letter));
    int32_t p = -1;
    int64_t offset = -1;

    if (sscanf(key.bytes, "%" SCNd32 ":%" SCNd64 ":%63s", &p, &offset, letter->decided_by) != 3 || p < 0 ||
        p >= SIM_PARTITIONS || offset < 0) {
        sim_fail(sim, "a letter without a place: %.*s", (int)key.size, key.bytes);
        return;
    }
    if ((size_t)offset >= letters->room[p]) {
        size_t room = 2 * (size_t)offset + 256;
        struct letter **grown = sim_take(sim, room * sizeof(struct letter *));
        if (letters->room[p] > 0)
            memcpy(grown, letters->at[p], letters->room[p] * sizeof(struct letter *));
        letters->at[p] = grown;
        letters->room[p] = room;
    }
    letter->older = letters->at[p][offset];
    letters->at[p][offset] = letter;
}

static const struct letter *letter_at(struct sim *sim, int32_t partition, int64_t offset)
{
    struct letters *letters = sim->letters;
    const struct partition_log *log = &sim->kafka->letters->logs[0];

    for (; letters->read < log->next; letters->read++)
        take_letter(sim, log->entries[letters->read]->key);
    return offset < (int64_t)letters->room[partition] ? letters->at[partition][offset] : NULL;
}

bool oracle_has_letter(struct sim *sim, int32_t partition, int64_t offset)
{
    return letter_at(sim, partition, offset) != NULL;
}

/* ---- who decided ---- */

void oracle_decided(struct sim *sim, struct database *database, int32_t partition, const struct span words[])
{
    char name[SIM_NAME], incarnation[64], token[64], by[DECIDER_SIZE], value[128];

    if (span_equal(words[2], words[3]))
        return;
    snprintf(incarnation, sizeof(incarnation), "%.*s", (int)words[0].size, words[0].bytes);
    snprintf(token, sizeof(token), "%.*s", (int)words[1].size, words[1].bytes);
    decider_write(incarnation, token, by);
    snprintf(value, sizeof(value), "%.*s %s", (int)words[3].size, words[3].bytes, by);
    oracle_key(sim, partition, NOTES, name, sizeof(name));
    database_set(sim, database, span_of(name), words[2], span_of(value));
}

static uint32_t read_decided(struct sim *sim, int32_t partition, struct decided decided[NOTES_MAX])
{
    char name[SIM_NAME];
    uint32_t count = 0;

    oracle_key(sim, partition, NOTES, name, sizeof(name));
    const struct keyed *key = database_find(&sim->redis->master, span_of(name));
    for (uint32_t i = 0; key != NULL && i < key->count && count < NOTES_MAX; i++) {
        const struct hash_field *field = &key->fields[i];
        decided[count].first = strtoll(field->name.bytes, NULL, 10);
        if (field->is_live &&
            sscanf(field->value.bytes, "%" SCNd64 " %63s", &decided[count].next, decided[count].by) == 2)
            count++;
    }
    return count;
}

static bool is_final(const struct decided decided[], uint32_t count, int64_t offset, const struct letter *letter)
{
    for (uint32_t i = 0; i < count; i++)
        if (decided[i].first <= offset && offset < decided[i].next)
            return strcmp(decided[i].by, letter->decided_by) == 0;
    return false;
}

static int by_offset(const void *left, const void *right)
{
    const struct decider *one = left, *other = right;

    return (one->first > other->first) - (one->first < other->first);
}

/* What the store would answer to a redrive. */
static void read_deciders(struct sim *sim, int32_t partition, struct deciders *deciders)
{
    char name[SIM_NAME];
    const struct span *incarnation = database_get(&sim->redis->master, sim->redis->meta[partition], span_of("inc"));

    *deciders = (struct deciders){.next = database_number(&sim->redis->master, sim->redis->meta[partition], "next", 0)};
    if (incarnation != NULL)
        snprintf(deciders->incarnation, sizeof(deciders->incarnation), "%.*s", (int)incarnation->size,
                 incarnation->bytes);
    oracle_key(sim, partition, "deciders", name, sizeof(name));
    const struct keyed *key = database_find(&sim->redis->master, span_of(name));
    if (key == NULL)
        return;
    deciders->items = sim_take(sim, (key->count + 1) * sizeof(*deciders->items));
    for (uint32_t i = 0; i < key->count; i++) {
        struct decider *decider = &deciders->items[deciders->count];
        if (!key->fields[i].is_live)
            continue;
        decider->first = strtoll(key->fields[i].name.bytes, NULL, 10);
        snprintf(decider->token, sizeof(decider->token), "%.*s", (int)key->fields[i].value.size,
                 key->fields[i].value.bytes);
        deciders->count++;
    }
    qsort(deciders->items, deciders->count, sizeof(*deciders->items), by_offset);
}

/* ---- at the end ---- */

static void check_partition(struct sim *sim, int32_t partition, const struct truth *truth)
{
    static struct decided decided[NOTES_MAX];
    const struct partition_log *log = oracle_log(sim, &sim->redis->master, partition);
    uint32_t count = read_decided(sim, partition, decided);
    struct deciders deciders;

    read_deciders(sim, partition, &deciders);
    for (int64_t i = log->first; i < truth->next && i < log->next && !sim->has_failed; i++) {
        enum ending ending = log->entries[i]->ending;
        bool has_final = log->entries[i]->meaning.batch_end > 0 && log->entries[i]->meaning.batch != i;
        if (has_final) /* The letter of a batch stands at its first offset. */
            continue;
        for (const struct letter *letter = letter_at(sim, partition, i); letter != NULL; letter = letter->older) {
            bool is_it = is_final(decided, count, i, letter);
            enum decision decision = decision_of(&deciders, i, span_of(letter->decided_by));
            has_final = has_final || is_it;
            if (is_it != (decision == DECISION_FINAL))
                sim_fail(sim,
                         "partition %" PRId32 ": a redrive takes a letter of offset %" PRId64
                         " for one of kind %d; it is%s final",
                         partition, i, (int)decision, is_it ? "" : " not");
        }
        if (has_final && ending != ENDING_LETTER)
            sim_fail(sim, "partition %" PRId32 ": offset %" PRId64 " has a final letter, and is none", partition, i);
        if (!has_final && ending == ENDING_LETTER)
            sim_fail(sim, "partition %" PRId32 ": offset %" PRId64 " is set aside without a final letter", partition,
                     i);
    }
}

void oracle_letters(struct sim *sim)
{
    for (int32_t p = 0; p < sim->kafka->input->count && !sim->has_failed; p++) {
        if (sim->is_hurt[p] || sim->are_all_hurt || oracle_is_cut(sim, p))
            continue; /* A letter does not say of which of two logs. */
        const struct truth *truth = oracle_read_anew(sim, p);
        if (truth != NULL)
            check_partition(sim, p, truth);
    }
}
