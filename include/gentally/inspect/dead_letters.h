/*
 * Dead letters as they are read back: what the headers say, and sets of the records they were made of. A letter may be
 * there twice (a worker that ended between writing it and storing its offset writes it again), so what is counted or
 * sent is records, by their place.
 */
#ifndef GENTALLY_DEAD_LETTERS_H
#define GENTALLY_DEAD_LETTERS_H

#include "gentally/core/event.h"

/* A record's own place. The timestamp tells a topic that was deleted and made anew from the one before. */
struct dead_letter_origin {
    struct span topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
};

/* All spans borrow from the record. */
struct dead_letter {
    int32_t partition; /* of the dead-letter topic */
    int64_t offset;
    int64_t time_ms; /* when it was written */
    struct span reason, detail;
    bool has_origin; /* the headers of ours are all there and are what we write */
    struct dead_letter_origin origin;
    int64_t omitted_size; /* bytes of a value that was left out; -1 = it was not */
    struct span key, value;
};

/* What a letter's headers are asked by: absent if there is none of that name. */
typedef struct span dead_letter_header(const struct record *record, const char *name);

void dead_letter_read(const struct record *record, dead_letter_header *header, struct dead_letter *letter);

struct dead_letter_filter {
    struct span reason;     /* absent = any */
    int64_t partition;      /* of the origin; -1 = any */
    int64_t from_ms, to_ms; /* when it was written; half-open */
};
bool dead_letter_fits(const struct dead_letter *letter, const struct dead_letter_filter *filter);

/* "<topic>:<partition>:<offset>:<timestamp>": the key under which it is noted that a record was sent again. Returns the
 * size, at most DEAD_LETTER_KEY_MAX. False of the reader for anything else; its topic borrows from `key`. */
#define DEAD_LETTER_KEY_MAX 320
size_t dead_letter_key_write(const struct dead_letter_origin *origin, char *text);
bool dead_letter_key_read(struct span key, struct dead_letter_origin *origin);

/* "3:17": a partition and an offset. False for anything else. */
bool dead_letter_place_read(struct span text, int32_t *partition, int64_t *offset);

/* A set of origins. */
struct dead_letter_set;
/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict dead_letter_set_open(struct dead_letter_set **set, struct reason *why);
void dead_letter_set_close(struct dead_letter_set *set);
bool dead_letter_set_has(const struct dead_letter_set *set, const struct dead_letter_origin *origin);
/* Harmless to repeat. HALT: NO-MEMORY. */
MUST_CHECK enum verdict dead_letter_set_put(struct dead_letter_set *set, const struct dead_letter_origin *origin,
                                            struct reason *why);
size_t dead_letter_set_count(const struct dead_letter_set *set);

#endif
