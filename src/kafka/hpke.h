/*
 * Hybrid public key encryption, RFC 9180, of single messages: mode base, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * AES-128-GCM, no associated data. Only letter_keys.c opens this header. Pure but for the randomness of the sender's
 * key.
 *
 *   message   [ the sender's public key of this message 32 | encrypted text, as long as the text | tag 16 ]
 *
 * Any library of the RFC reads it.
 */
#ifndef GENTALLY_HPKE_H
#define GENTALLY_HPKE_H

#include <openssl/evp.h>

#include "gentally/base/base.h"

#define HPKE_SENDER_SIZE 32u
#define HPKE_TAG_SIZE 16u
#define HPKE_INFO_MAX 400u /* bytes */

/* What a message is encrypted with. */
struct hpke_secrets {
    unsigned char key[16], nonce[12];
};

/*
 * The secrets that the sender and the recipient share: from one's own private key and the other's public one, with the
 * two raw public keys (32 bytes each) and `info`, at most HPKE_INFO_MAX bytes, which both must know. False: libcrypto
 * refuses, be it a public key that is none.
 */
MUST_CHECK bool hpke_share(EVP_PKEY *own, EVP_PKEY *other, const unsigned char *sender, const unsigned char *recipient,
                           struct span info, struct hpke_secrets *secrets);

/* Encrypts in place: the text of `text_size` bytes stands at message + HPKE_SENDER_SIZE, with HPKE_TAG_SIZE bytes of
 * room behind it. False: libcrypto refuses, and the message must not be used. About 0.1 ms and 0.5 ns a byte. */
MUST_CHECK bool hpke_seal(EVP_PKEY *recipient, struct span info, unsigned char *message, size_t text_size);

/* Decrypts in place: the text stands at message + HPKE_SENDER_SIZE then, and is HPKE_SENDER_SIZE + HPKE_TAG_SIZE bytes
 * shorter than the message. False: these bytes were not sealed to this key with this `info`; nothing of them may be
 * used. */
MUST_CHECK bool hpke_open(EVP_PKEY *recipient, struct span info, unsigned char *message, size_t message_size);

#endif
