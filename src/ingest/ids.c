/*
 * Ids in an open-addressing table over an array of entries. An entry is an id the store was asked for, or that was put
 * since the last flush (then it is dirty). Values are in an arena and look as they do in the store:
 *
 *   digest                                          seen
 *   'r' changes varint, digest, count, earlier      retracted
 *   'c' changes varint, digest, count, earlier, ..  counted, and its contribution
 *   'l' changes varint, digest, count, earlier, ..  left out, and where it is stuck
 *
 * `earlier` are `count` digests of the whole alone, of versions that counted before. Nothing but a digest is so short.
 *
 * `changes` counts how often the id was written: an id that was amended stands in an older bucket as well, and the
 * higher number is the newer one. With one width of buckets their order would tell; but the width follows kept_ms,
 * which an operator may change.
 */
#include "ids.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/base/arena.h"
#include "gentally/base/grow.h"
#include "gentally/base/hash.h"
#include "gentally/base/siphash.h"

/* A bucket is half of kept_ms wide: three of them are read for an id, which is kept for 1 to 1.5 times kept_ms. */
#define BUCKETS_KEPT 2
#define LIVE_BUCKETS_MAX (BUCKETS_KEPT + 1) /* of one width */

/* Bounds how long one flush holds Redis, and the memory for ids (some 150 bytes each, and the contributions): each
 * ids_put() takes bytes, also that of an id that was put before. */
#define PUTS_MAX 16384u
#define ARENA_BLOCK ((size_t)1 << 16)
#define CLEAN_MAX 16384u /* entries that the store has too, when a batch begins */

static const char kinds[] = {[ID_COUNTED] = 'c', [ID_RETRACTED] = 'r', [ID_LEFT_OUT] = 'l'};

struct id_entry {
    struct id_key key;
    bool is_dirty;
    uint8_t state; /* id_state */
    uint32_t changes;
    uint32_t batch;          /* in which it was asked for last */
    struct id_bucket bucket; /* where it stands, or shall stand */
    struct span value;       /* as in the store */
    struct digest digest;
    struct span earlier, contribution; /* within `value` */
};

struct ids {
    int64_t kept_ms, width_ms;
    struct siphash_key hash_key;
    struct arena arena;
    struct id_entry *entries;
    uint32_t count, room, dirty_count; /* of entries; `room` is a power of two */
    uint32_t put_count;                /* since the last flush */
    uint32_t batch;                    /* number of the batch at hand */
    uint32_t *table;                   /* entry index + 1; 0 = free; 2 * `room` of them */
    uint32_t stored_count;
    struct id_bucket stored[ID_BUCKETS_MAX]; /* what the store has */
    uint32_t asked_count;
    size_t asked_room, asked_key_room, pair_room;
    uint32_t *asked; /* entry indexes */
    struct span *asked_keys;
    struct id_lookup lookup;
    struct id_pair *pairs;
    struct id_change change;
};

enum verdict ids_open(struct ids **ids, int64_t kept_ms, struct reason *why)
{
    struct ids *opened = calloc(1, sizeof(*opened));

    assert(kept_ms >= 0);
    if (opened == NULL)
        return no_memory(why, "to remember ids");
    opened->kept_ms = kept_ms;
    opened->width_ms = kept_ms / BUCKETS_KEPT > 0 ? kept_ms / BUCKETS_KEPT : 1;
    arena_open(&opened->arena, ARENA_BLOCK);
    *ids = opened;
    return GO_ON;
}

void ids_close(struct ids *ids)
{
    if (ids == NULL)
        return;
    arena_close(&ids->arena);
    free(ids->entries);
    free(ids->table);
    free(ids->asked);
    free(ids->asked_keys);
    free(ids->pairs);
    free(ids);
}

static void clear(struct ids *ids)
{
    arena_clear(&ids->arena);
    ids->count = 0;
    ids->dirty_count = 0;
    ids->put_count = 0;
    ids->asked_count = 0;
    if (ids->room > 0)
        memset(ids->table, 0, 2 * (size_t)ids->room * sizeof(*ids->table));
}

void ids_reset(struct ids *ids, const struct partition_state *state)
{
    struct span incarnation = span_of(state->incarnation);

    clear(ids);
    ids->change.section_count = 0;
    ids->stored_count = state->id_bucket_count;
    memcpy(ids->stored, state->id_buckets, sizeof(ids->stored));
    /* A word of each half of the incarnation, which has 74 random bits. */
    ids->hash_key.words[0] = hash_fnv1a((struct span){incarnation.bytes, incarnation.size / 2});
    ids->hash_key.words[1] =
        hash_fnv1a((struct span){incarnation.bytes + incarnation.size / 2, incarnation.size - incarnation.size / 2});
}

struct id_key ids_key(const struct ids *ids, struct span id)
{
    uint8_t hash[16];
    struct id_key key;

    siphash128(&ids->hash_key, id, hash);
    memcpy(key.bytes, hash, sizeof(key.bytes));
    return key;
}

struct digest ids_digest(const struct ids *ids, const struct event *event, struct pseudonym account)
{
    return digest_of(event, account, &ids->hash_key);
}

bool id_known_said(const struct id_known *known, const struct digest *digest)
{
    bool is_said = digest_same(&known->digest, digest);

    for (size_t i = 0; i < known->earlier.size && !is_said; i += DIGEST_WHOLE_SIZE)
        is_said = memcmp(known->earlier.bytes + i, digest->bytes, DIGEST_WHOLE_SIZE) == 0;
    return is_said;
}

/* ---- time ---- */

static bool is_live(const struct ids *ids, struct id_bucket bucket, int64_t watermark_ms)
{
    return watermark_ms == NO_TIME || bucket.start_ms + bucket.width_ms + ids->kept_ms > watermark_ms;
}

static struct id_bucket bucket_at(const struct ids *ids, int64_t watermark_ms)
{
    int64_t into = watermark_ms % ids->width_ms;

    assert(watermark_ms != NO_TIME);
    return (struct id_bucket){watermark_ms - into - (into < 0 ? ids->width_ms : 0), ids->width_ms};
}

static bool bucket_is(struct id_bucket left, struct id_bucket right)
{
    return left.start_ms == right.start_ms && left.width_ms == right.width_ms;
}

/* ---- the table ---- */

static uint32_t *place_of(const struct ids *ids, struct id_key key)
{
    uint32_t mask = 2 * ids->room - 1;
    uint32_t at = hash_load4(key.bytes) & mask;

    for (; ids->table[at] != 0; at = (at + 1) & mask)
        if (memcmp(ids->entries[ids->table[at] - 1].key.bytes, key.bytes, sizeof(key.bytes)) == 0)
            break;
    return &ids->table[at];
}

static void fill_table(struct ids *ids)
{
    memset(ids->table, 0, 2 * (size_t)ids->room * sizeof(*ids->table));
    for (uint32_t i = 0; i < ids->count; i++)
        *place_of(ids, ids->entries[i].key) = i + 1;
}

static enum verdict grow_table(struct ids *ids, struct reason *why)
{
    uint32_t room = ids->room == 0 ? 1024 : 2 * ids->room;
    struct id_entry *entries = realloc(ids->entries, room * sizeof(*entries));

    if (entries == NULL)
        return no_memory(why, "to remember ids");
    ids->entries = entries;
    uint32_t *table = calloc(2 * (size_t)room, sizeof(*table));
    if (table == NULL)
        return no_memory(why, "to remember ids");
    free(ids->table);
    ids->table = table;
    ids->room = room;
    fill_table(ids);
    return GO_ON;
}

static enum verdict note_asked(struct ids *ids, uint32_t index, struct reason *why)
{
    uint32_t *asked = grow(ids->asked, &ids->asked_room, ids->asked_count + 1, sizeof(*asked));
    if (asked != NULL)
        ids->asked = asked;
    struct span *keys = grow(ids->asked_keys, &ids->asked_key_room, ids->asked_count + 1, sizeof(*keys));
    if (keys != NULL)
        ids->asked_keys = keys;
    if (asked == NULL || keys == NULL)
        return no_memory(why, "to remember ids");
    ids->asked[ids->asked_count++] = index;
    return GO_ON;
}

enum verdict ids_ask(struct ids *ids, struct id_key key, struct reason *why)
{
    assert(ids->kept_ms > 0);
    if (ids->count == ids->room) {
        enum verdict verdict = grow_table(ids, why);
        if (verdict != GO_ON)
            return verdict;
    }
    uint32_t *place = place_of(ids, key);
    if (*place == 0) {
        ids->entries[ids->count++] = (struct id_entry){.key = key, .state = ID_UNKNOWN, .batch = ids->batch - 1};
        *place = ids->count;
    }
    struct id_entry *entry = &ids->entries[*place - 1];
    /* An id that is still unknown from a batch before was perhaps never answered. */
    if (entry->state != ID_UNKNOWN || entry->batch == ids->batch)
        return GO_ON;
    entry->batch = ids->batch;
    return note_asked(ids, *place - 1, why);
}

/* ---- what the store has ---- */

static bool read_changes(struct span value, uint32_t *changes, struct span *rest)
{
    uint64_t number = 0;

    for (size_t i = 1; i < value.size && i <= 5; i++) {
        unsigned char byte = (unsigned char)value.bytes[i];
        number |= (uint64_t)(byte & 0x7f) << (7 * (i - 1));
        if (byte >= 0x80)
            continue;
        *changes = (uint32_t)number;
        *rest = (struct span){value.bytes + i + 1, value.size - i - 1};
        return number <= UINT32_MAX;
    }
    return false;
}

/* Cuts the digest of the one that counts, and those of versions before it, off the rest of a value. */
static bool read_digests(struct span *rest, struct id_entry *entry)
{
    if (rest->size <= DIGEST_SIZE)
        return false;
    memcpy(entry->digest.bytes, rest->bytes, DIGEST_SIZE);
    size_t count = (unsigned char)rest->bytes[DIGEST_SIZE], size = count * DIGEST_WHOLE_SIZE;
    *rest = (struct span){rest->bytes + DIGEST_SIZE + 1, rest->size - DIGEST_SIZE - 1};
    if (count > ID_EARLIER_MAX || size > rest->size)
        return false;
    entry->earlier = (struct span){rest->bytes, size};
    *rest = (struct span){rest->bytes + size, rest->size - size};
    return true;
}

/* Reads a value as the store has it into an entry. */
static bool read_value(struct span value, struct id_entry *entry)
{
    entry->value = value;
    entry->earlier = entry->contribution = (struct span){NULL, 0};
    entry->changes = 0;
    entry->state = ID_SEEN;
    if (value.size < DIGEST_SIZE)
        return false;
    if (value.size == DIGEST_SIZE) {
        memcpy(entry->digest.bytes, value.bytes, DIGEST_SIZE);
        return true;
    }
    entry->state = ID_COUNTED;
    while (entry->state < LENGTH_OF(kinds) && kinds[entry->state] != value.bytes[0])
        entry->state++;
    return entry->state < LENGTH_OF(kinds) && read_changes(value, &entry->changes, &entry->contribution) &&
           read_digests(&entry->contribution, entry) && (entry->state != ID_RETRACTED || entry->contribution.size == 0);
}

static char *put_bytes(char *at, struct span bytes)
{
    if (bytes.size > 0)
        memcpy(at, bytes.bytes, bytes.size);
    return at + bytes.size;
}

/* Keeps what is not in the store yet. A flush comes in the midst of a batch where traffic is dense: there is hardly a
 * batch then that begins without such entries, and what is clean would gather for ever. Where there is no memory, all
 * is kept. */
static void forget_clean(struct ids *ids)
{
    struct arena kept;
    uint32_t count = 0;
    size_t size = 0;

    for (uint32_t i = 0; i < ids->count; i++)
        size += ids->entries[i].is_dirty ? ids->entries[i].value.size : 0;
    arena_open(&kept, ARENA_BLOCK);
    char *bytes = arena_take(&kept, size + 1);
    if (bytes == NULL)
        return;
    for (uint32_t i = 0; i < ids->count; i++) {
        if (!ids->entries[i].is_dirty)
            continue;
        struct id_entry *entry = &ids->entries[count++];
        *entry = ids->entries[i];
        struct span value = {bytes, entry->value.size};
        bytes = put_bytes(bytes, entry->value);
        bool is_read = read_value(value, entry);
        assert(is_read); /* It was written here. */
    }
    arena_close(&ids->arena);
    ids->arena = kept;
    ids->count = count;
    fill_table(ids);
}

void ids_begin(struct ids *ids)
{
    ids->asked_count = 0;
    ids->batch++;
    if (ids->dirty_count == 0 && ids->count > 0)
        clear(ids);
    else if (ids->count - ids->dirty_count >= CLEAN_MAX)
        forget_clean(ids);
}

static bool copy(struct ids *ids, struct span value, struct span *copied)
{
    char *bytes = arena_take(&ids->arena, value.size + 1); /* never absent, even if empty */

    if (bytes == NULL)
        return false;
    if (value.size > 0)
        memcpy(bytes, value.bytes, value.size);
    *copied = (struct span){bytes, value.size};
    return true;
}

/* Takes what the store knows of an id. Of several answers the one that was written last counts. */
static enum verdict take_answer(void *context, uint32_t bucket, uint32_t id, struct span value, struct reason *why)
{
    struct ids *ids = context;
    struct id_entry *entry = &ids->entries[ids->asked[id]], found = *entry;
    struct span copied;

    found.bucket = ids->lookup.buckets[bucket];
    if (!copy(ids, value, &copied))
        return no_memory(why, "to remember ids");
    if (!read_value(copied, &found))
        return reason_set(why, HALT, STORE_DAMAGED, 0, "an id does not read as we wrote it");
    bool is_newer = found.changes != entry->changes ? found.changes > entry->changes
                                                    : found.bucket.start_ms > entry->bucket.start_ms;
    if (entry->state == ID_UNKNOWN || is_newer)
        *entry = found;
    return GO_ON;
}

struct id_lookup *ids_lookup(struct ids *ids, const struct partition_state *state)
{
    if (ids->asked_count == 0 || ids->stored_count == 0)
        return NULL;
    for (uint32_t i = 0; i < ids->asked_count; i++)
        ids->asked_keys[i] = (struct span){ids->entries[ids->asked[i]].key.bytes, ID_SIZE};
    ids->lookup = (struct id_lookup){
        .state = state,
        .bucket_count = ids->stored_count,
        .buckets = ids->stored,
        .id_count = ids->asked_count,
        .ids = ids->asked_keys,
        .each = take_answer,
        .context = ids,
    };
    return &ids->lookup;
}

/* ---- folding ---- */

bool ids_has_room(const struct ids *ids)
{
    return ids->put_count < PUTS_MAX;
}

static struct id_entry *asked_entry(const struct ids *ids, struct id_key key)
{
    assert(ids->room > 0);
    uint32_t index = *place_of(ids, key);
    assert(index != 0); /* Whoever folds asks first. */
    return &ids->entries[index - 1];
}

struct id_known ids_find(const struct ids *ids, struct id_key key, int64_t watermark_ms)
{
    const struct id_entry *entry = asked_entry(ids, key);

    if (entry->state == ID_UNKNOWN || !is_live(ids, entry->bucket, watermark_ms))
        return (struct id_known){.state = ID_UNKNOWN};
    return (struct id_known){(enum id_state)entry->state, entry->digest, entry->earlier, entry->contribution};
}

/* The versions before `now`: the one that counted, if it says something else, and those before that. What the entry
 * has of an id that was forgotten by now is none: it may have gone from the store as well. */
static size_t write_earlier(const struct id_known *before, const struct id_known *now,
                            char bytes[ID_EARLIER_MAX * DIGEST_WHOLE_SIZE])
{
    const size_t room = ID_EARLIER_MAX * DIGEST_WHOLE_SIZE;
    struct span kept = before->earlier;
    char *at = bytes;

    if (before->state == ID_UNKNOWN)
        return 0;
    if (!digest_same(&before->digest, &now->digest))
        at = put_bytes(at, (struct span){before->digest.bytes, DIGEST_WHOLE_SIZE});
    if (kept.size > room - (size_t)(at - bytes))
        kept.size = room - (size_t)(at - bytes);
    return (size_t)(put_bytes(at, kept) - bytes);
}

/* Makes the entry what is known now, and its value what the store shall have. */
static bool write_value(struct ids *ids, struct id_entry *entry, const struct id_known *before,
                        const struct id_known *now)
{
    char head[6], earlier[ID_EARLIER_MAX * DIGEST_WHOLE_SIZE];
    size_t size = 0, earlier_size = write_earlier(before, now, earlier);

    if (now->state != ID_SEEN) {
        head[size++] = kinds[now->state];
        for (uint32_t rest = entry->changes; size == 1 || rest > 0; rest >>= 7)
            head[size++] = (char)((rest & 0x7f) | (rest >= 0x80 ? 0x80 : 0));
    }
    char *bytes = arena_take(&ids->arena, size + DIGEST_SIZE + 1 + earlier_size + now->contribution.size + 1);
    if (bytes == NULL)
        return false;
    char *at = put_bytes(bytes, (struct span){head, size});
    at = put_bytes(at, (struct span){now->digest.bytes, DIGEST_SIZE});
    if (now->state != ID_SEEN)
        *at++ = (char)(earlier_size / DIGEST_WHOLE_SIZE);
    if (now->state != ID_SEEN)
        at = put_bytes(at, (struct span){earlier, earlier_size});
    at = put_bytes(at, now->contribution);
    return read_value((struct span){bytes, (size_t)(at - bytes)}, entry);
}

/* Room for one more dirty entry's pair, so that a flush cannot fail for it. */
static bool reserve_pair(struct ids *ids)
{
    struct id_pair *pairs = grow(ids->pairs, &ids->pair_room, ids->dirty_count + 1, sizeof(*pairs));

    if (pairs != NULL)
        ids->pairs = pairs;
    return pairs != NULL;
}

enum verdict ids_put(struct ids *ids, struct id_key key, int64_t watermark_ms, const struct id_known *before,
                     const struct id_known *now, struct reason *why)
{
    struct id_entry *entry = asked_entry(ids, key);

    assert(now->state != ID_UNKNOWN);
    assert(now->state == ID_COUNTED || now->state == ID_LEFT_OUT || now->contribution.size == 0);
    entry->changes = entry->state != ID_UNKNOWN ? entry->changes + 1 : 0;
    entry->bucket = bucket_at(ids, watermark_ms);
    if (!reserve_pair(ids) || !write_value(ids, entry, before, now))
        return no_memory(why, "to remember ids");
    ids->dirty_count += !entry->is_dirty;
    ids->put_count++;
    entry->is_dirty = true;
    return GO_ON;
}

/* ---- flushing ---- */

static struct id_section *add_section(struct id_change *change, struct id_bucket bucket)
{
    assert(change->section_count < LENGTH_OF(change->sections));
    struct id_section *section = &change->sections[change->section_count++];

    *section = (struct id_section){.bucket = bucket, .first = change->pair_count};
    return section;
}

/* Adds a section for a bucket, if dirty entries stand in it. */
static void collect(struct ids *ids, struct id_bucket bucket)
{
    struct id_section *section = NULL;

    for (uint32_t i = 0; i < ids->count; i++) {
        const struct id_entry *entry = &ids->entries[i];
        if (!entry->is_dirty || !bucket_is(entry->bucket, bucket))
            continue;
        if (section == NULL)
            section = add_section(&ids->change, bucket);
        ids->pairs[ids->change.pair_count++] = (struct id_pair){{entry->key.bytes, ID_SIZE}, entry->value};
        section->count++;
    }
}

const struct id_change *ids_change(struct ids *ids, int64_t watermark_ms)
{
    struct id_change *change = &ids->change;

    *change = (struct id_change){0};
    for (uint32_t i = 0; i < ids->stored_count; i++)
        if (ids->kept_ms == 0 || !is_live(ids, ids->stored[i], watermark_ms))
            add_section(change, ids->stored[i]);
    change->pairs = ids->pairs;
    if (ids->dirty_count == 0)
        return change->section_count > 0 ? change : NULL;
    struct id_bucket latest = bucket_at(ids, watermark_ms);
    for (int64_t age = LIVE_BUCKETS_MAX; age >= 0; age--) {
        struct id_bucket bucket = {latest.start_ms - age * ids->width_ms, ids->width_ms};
        if (is_live(ids, bucket, watermark_ms)) /* What is over already need not be written at all. */
            collect(ids, bucket);
    }
    return change->section_count > 0 ? change : NULL;
}

static void forget_bucket(struct ids *ids, struct id_bucket bucket)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < ids->stored_count; i++)
        if (!bucket_is(ids->stored[i], bucket))
            ids->stored[kept++] = ids->stored[i];
    ids->stored_count = kept;
}

void ids_flushed(struct ids *ids)
{
    for (uint32_t i = 0; i < ids->change.section_count; i++) {
        const struct id_section *section = &ids->change.sections[i];
        forget_bucket(ids, section->bucket);
        if (section->count > 0 && ids->stored_count < ID_BUCKETS_MAX)
            ids->stored[ids->stored_count++] = section->bucket;
    }
    ids->change.section_count = 0;
    for (uint32_t i = 0; i < ids->count; i++)
        ids->entries[i].is_dirty = false;
    ids->dirty_count = 0;
    ids->put_count = 0;
}
