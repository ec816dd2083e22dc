/*
 * Sealed dead letters: what a letter keeps of its record, encrypted to a public key, so that only who has the private
 * one can read it or send it back. By HPKE (RFC 9180: X25519, HKDF-SHA256, AES-128-GCM), with the letter's place as its
 * info: "gentally dead letter 1 TOPIC:PARTITION:OFFSET:TIMESTAMP". Keys are PEM files, as `openssl genpkey -algorithm
 * X25519` makes them.
 */
#ifndef GENTALLY_LETTER_KEYS_H
#define GENTALLY_LETTER_KEYS_H

#include "gentally/base/verdict.h"
#include "gentally/kafka/letter_content.h"

#define LETTER_FORM "1"       /* of what is sealed; header gentally.sealed-form */
#define LETTER_KEY_ID_SIZE 17 /* 16 hex digits and a NUL */
#define LETTER_TOPIC_MAX 255u /* bytes; Kafka's names are shorter */

/* The place of the record that a letter is of. */
struct letter_place {
    struct span topic; /* at most LETTER_TOPIC_MAX bytes */
    int32_t partition;
    int64_t offset, timestamp_ms;
};

struct letter_sealer;

/* Opens a sealer with the public key in a PEM file. HALT: LETTER-KEY, which says how to make one; NO-MEMORY. */
MUST_CHECK enum verdict letter_sealer_open(struct letter_sealer **sealer, const char *path, struct reason *why);
void letter_sealer_close(struct letter_sealer *sealer); /* NULL is fine */

/* Names the key, for header gentally.sealed-for: the first 16 hex digits of the SHA-256 of its 32 bytes. */
const char *letter_sealer_id(const struct letter_sealer *sealer);

/* Seals a content: `*sealed` is to be freed. About 0.1 ms and 0.5 ns a byte, and 48 bytes more than the content has.
 * HALT: NO-MEMORY; LETTER-KEY, if libcrypto refuses. */
MUST_CHECK enum verdict letter_seal(const struct letter_sealer *sealer, const struct letter_place *place,
                                    const struct letter_content *content, char **sealed, size_t *size,
                                    struct reason *why);

struct letter_opener;

/* Opens an opener with the private keys, one or more, of a PEM file. HALT: LETTER-KEY, NO-MEMORY. */
MUST_CHECK enum verdict letter_opener_open(struct letter_opener **opener, const char *path, struct reason *why);
void letter_opener_close(struct letter_opener *opener); /* NULL is fine */

enum letter_state {
    LETTER_OPENED,
    LETTER_OTHER_KEY,  /* sealed for a key that the opener has not */
    LETTER_OTHER_FORM, /* of a form that this version does not know */
    LETTER_TORN,       /* these bytes were not sealed for this key and this place */
};

/* Opens what was sealed. `content` borrows from the opener, until the next call. HALT: NO-MEMORY. */
MUST_CHECK enum verdict letter_unseal(struct letter_opener *opener, const struct letter_place *place, struct span form,
                                      struct span key_id, struct span sealed, struct letter_content *content,
                                      enum letter_state *state, struct reason *why);

#endif
