/*
 * The ids of one partition: which were counted already, and with amendments what each contributed, so that it can be
 * taken back. What the store keeps is read in batches and remembered here between two flushes, together with what was
 * folded since; what is new is written by the flush that counts it, so ids and counts roll back together.
 *
 * An id is kept in a bucket by the watermark at which it was last written, not by its own time: so a late event is
 * remembered as long as a timely one, and a bucket is dropped as a whole, `kept_ms` after its end. Whether an id is
 * still known follows from the watermark alone, never from when a flush or a drop happened: a replay decides alike.
 */
#ifndef GENTALLY_IDS_H
#define GENTALLY_IDS_H

#include "gentally/redis/store_ids.h"

struct ids;

/* What stands for an id: 112 bits of a hash keyed by the partition's incarnation. Among n ids kept, the chance that any
 * two are taken for one is below n^2 / 2^113: 10^-16 for a billion. */
struct id_key {
    char bytes[ID_SIZE];
};

enum id_state {
    ID_UNKNOWN,
    ID_SEEN,      /* counted; what it contributed was not kept */
    ID_COUNTED,   /* counted; see `contribution` */
    ID_RETRACTED, /* counted once, and taken back */
};

struct id_known {
    enum id_state state;
    struct span contribution; /* of ID_COUNTED; borrowed until ids_put(), ids_begin() or ids_reset() */
};

/* `kept_ms` = how far the watermark moves until an id may be forgotten; 0 = keep none, and drop what the store has of
 * earlier. HALT: NO-MEMORY. */
MUST_CHECK enum verdict ids_open(struct ids **ids, int64_t kept_ms, struct reason *why);
void ids_close(struct ids *ids);

/* Forgets everything in memory, and begins at a claimed state. */
void ids_reset(struct ids *ids, const struct partition_state *state);

struct id_key ids_key(const struct ids *ids, struct span id);

/* A new batch: what the store knows as well may be forgotten. */
void ids_begin(struct ids *ids);

/* Notes that the batch holds this id; the store will be asked for it unless memory knows. HALT: NO-MEMORY. */
MUST_CHECK enum verdict ids_ask(struct ids *ids, struct id_key key, struct reason *why);

/* The question to the store, for store_look_up_ids(); NULL if there is nothing to ask. Borrowed, like `state`, until
 * the next ids_begin(). */
struct id_lookup *ids_recall(struct ids *ids, const struct partition_state *state);

/* False if a flush must come before the next ids_put(). After a flush there is always room for what was asked. */
bool ids_has_room(const struct ids *ids);

/* What is known of an id that was asked for, at this watermark (before the event at hand moved it). */
struct id_known ids_find(const struct ids *ids, struct id_key key, int64_t watermark_ms);

/* Remembers an id that was asked for: `state` is not ID_UNKNOWN, `contribution` (copied) is ID_COUNTED's.
 * `watermark_ms` is that after the event. HALT: NO-MEMORY. */
MUST_CHECK enum verdict ids_put(struct ids *ids, struct id_key key, int64_t watermark_ms, enum id_state state,
                                struct span contribution, struct reason *why);

/* What a flush up to this watermark writes and drops; NULL: nothing. Borrowed until ids_flushed() or ids_reset(); no
 * ids_put() in between. */
const struct id_change *ids_change(struct ids *ids, int64_t watermark_ms);

/* That flush is in the store. */
void ids_flushed(struct ids *ids);

#endif
