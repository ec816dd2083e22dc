/*
 * Dead letters as they are read back: what the headers say, and sets of the records they were made of. A worker that
 * ends between writing a dead letter and storing its offset writes it again, so the same record may have two dead
 * letters. Whatever is counted or sent again is therefore a record, named by its origin, not a dead letter.
 */
#ifndef GENTALLY_DEAD_LETTERS_H
#define GENTALLY_DEAD_LETTERS_H

#include "gentally/core/event.h"

/* The place of the record that could not be counted. The timestamp tells a topic that was deleted and made anew from
 * the topic before. */
struct dead_letter_origin {
    struct span topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
};

/* A dead letter. All texts borrow from its record. */
struct dead_letter {
    int32_t partition; /* of the dead-letter topic */
    int64_t offset;
    int64_t time_ms; /* when the dead letter was written */
    struct span reason, detail;
    bool has_origin; /* our headers are all there and well-formed, so that `origin` holds */
    struct dead_letter_origin origin;
    struct span decided_by; /* who set the record aside, see core/decider.h; absent if it does not say */
    int64_t omitted_size;   /* bytes of a value that was too large, or not to be kept; -1 = the value is there */
    bool is_stripped;       /* neither key nor value were to be kept */
    bool is_sealed;         /* `value` is what kafka/letter_keys.h opens, of key and value of the record */
    struct span sealed_form, sealed_for; /* of what form, and for which key */
    int64_t value_size;                  /* bytes of the record's value; -1 = unknown */
    struct span key, value;
};

/* Gives the header called `name` of a record; absent if the record has no such header. */
typedef struct span dead_letter_header(const struct record *record, const char *name);

/* Reads a dead letter from its record. */
void dead_letter_read(const struct record *record, dead_letter_header *header, struct dead_letter *dead_letter);

/* Which dead letters are asked for. */
struct dead_letter_filter {
    struct span reason;     /* absent = any */
    int64_t partition;      /* of the origin; -1 = any */
    int64_t from_ms, to_ms; /* when the dead letter was written: [from, to) */
};

/* True if a dead letter is among those asked for. */
bool dead_letter_fits(const struct dead_letter *dead_letter, const struct dead_letter_filter *filter);

/* Writes the key under which is noted that a record was sent again: "<topic>:<partition>:<offset>:<timestamp>". Returns
 * the size, at most DEAD_LETTER_KEY_MAX; the topic has less than 256 bytes. The reader returns false for any other
 * text; the topic borrows from `key`. */
#define DEAD_LETTER_KEY_MAX 320
size_t dead_letter_key_write(const struct dead_letter_origin *origin, char *text);
bool dead_letter_key_read(struct span key, struct dead_letter_origin *origin);

/* Reads a partition and an offset from a text like "3:17"; returns false for any other text. */
bool dead_letter_place_read(struct span text, int32_t *partition, int64_t *offset);

/* A set of origins. One owner. */
struct dead_letter_set;

/* Opens an empty set. HALT: NO-MEMORY. */
MUST_CHECK enum verdict dead_letter_set_open(struct dead_letter_set **set, struct reason *why);
void dead_letter_set_close(struct dead_letter_set *set);

/* True if the set has the origin. */
bool dead_letter_set_has(const struct dead_letter_set *set, const struct dead_letter_origin *origin);

/* Puts an origin into the set; an origin that is there changes nothing. HALT: NO-MEMORY. */
MUST_CHECK enum verdict dead_letter_set_put(struct dead_letter_set *set, const struct dead_letter_origin *origin,
                                            struct reason *why);

/* The number of origins in the set. */
size_t dead_letter_set_count(const struct dead_letter_set *set);

#endif
