/*
 * The ids of one partition: which of them were counted already, what their records said (as digests), and with
 * amendments what each contributed, so that it can be taken back. What the store keeps is read in batches and
 * remembered here until the next flush, together with what was folded since; new ids are written by the flush that
 * counts their records, so ids and counts roll back together.
 *
 * An id is kept in a bucket by the watermark at which it was last written, not by its event's time: so a late event is
 * remembered as long as a timely one, and a bucket is dropped as a whole, `kept_ms` after its end. Whether an id is
 * still known follows from the watermark alone, never from when a flush or a drop happened: a replay decides alike.
 */
#ifndef GENTALLY_IDS_H
#define GENTALLY_IDS_H

#include "digest.h"
#include "gentally/redis/store_ids.h"

struct ids;

/* A key stands for an id: 112 bits of a hash keyed by the partition's incarnation. Among n ids kept, the chance that
 * any two have one key is below n^2 / 2^113: 10^-16 for a billion. */
struct id_key {
    char bytes[ID_SIZE];
};

enum id_state {
    ID_UNKNOWN,
    ID_SEEN,      /* counted; what it contributed was not kept */
    ID_COUNTED,   /* counted; see `contribution` */
    ID_RETRACTED, /* counted once, and taken back */
    ID_LEFT_OUT,  /* what it says last is left out; `contribution` is of nothing, and says where it is stuck */
};

#define ID_EARLIER_MAX 16 /* versions of an id that are remembered beside the last */

/* Spans are borrowed until ids_put(), ids_begin() or ids_reset(). */
struct id_known {
    enum id_state state;
    struct digest digest;     /* of what counts or is left out; of ID_RETRACTED, of what did */
    struct span earlier;      /* the digests of versions before it, of the whole alone, the latest first */
    struct span contribution; /* of ID_COUNTED and ID_LEFT_OUT */
};

/* True if a record of the id said just this already: the one that counts, or one of the versions before it. */
bool id_known_said(const struct id_known *known, const struct digest *digest);

/* Opens the ids of a partition. `kept_ms`: how far the watermark moves until an id may be forgotten; 0: none is kept,
 * and what the store has of earlier is dropped. ids_reset() follows. HALT: NO-MEMORY. */
MUST_CHECK enum verdict ids_open(struct ids **ids, int64_t kept_ms, struct reason *why);
void ids_close(struct ids *ids);

/* Forgets everything in memory, and begins at a claimed state, whose id buckets and incarnation are copied. */
void ids_reset(struct ids *ids, const struct partition_state *state);

/* The key of an id, and the digest of an event, in the incarnation of the last ids_reset(). */
struct id_key ids_key(const struct ids *ids, struct span id);
struct digest ids_digest(const struct ids *ids, const struct event *event, struct pseudonym account);

/* Begins a batch: ids that the store knows as well may be forgotten. */
void ids_begin(struct ids *ids);

/* Notes that the batch holds this id; the store will be asked for the id unless memory knows it. HALT: NO-MEMORY. */
MUST_CHECK enum verdict ids_ask(struct ids *ids, struct id_key key, struct reason *why);

/* The lookup of all ids that were asked for, to be given to store_look_up_ids(); NULL: there is nothing to look up. The
 * lookup is borrowed until the next ids_begin(), and borrows `state` as long. */
struct id_lookup *ids_lookup(struct ids *ids, const struct partition_state *state);

/* False if a flush must come before the next ids_put(). After a flush there is always room for what was asked. */
bool ids_has_room(const struct ids *ids);

/* Finds what is known of an id that was asked for (asserted). `watermark_ms` is the one before the event at hand. */
struct id_known ids_find(const struct ids *ids, struct id_key key, int64_t watermark_ms);

/* Remembers an id that was asked for (asserted): it was `before`, as ids_find() said, and is `now`, not ID_UNKNOWN.
 * Digest and contribution of `now` are copied, the latter absent but for ID_COUNTED and ID_LEFT_OUT; its `earlier` is
 * not read: it follows from `before`. `watermark_ms` is the one after the event. HALT: NO-MEMORY. */
MUST_CHECK enum verdict ids_put(struct ids *ids, struct id_key key, int64_t watermark_ms, const struct id_known *before,
                                const struct id_known *now, struct reason *why);

/* The ids and buckets that a flush up to this watermark writes and drops; NULL: none. Borrowed until ids_flushed() or
 * ids_reset(); no ids_put() in between. */
const struct id_change *ids_change(struct ids *ids, int64_t watermark_ms);

/* Tells that the flush of the last ids_change() is in the store. */
void ids_flushed(struct ids *ids);

#endif
