/*
 * RFC 9180, sections 4.1 and 5.1, of primitives of libcrypto. OpenSSL has all of it in one call from 3.2 on; Debian 12
 * has 3.0. No output here is longer than a digest, so HKDF (RFC 5869) is one HMAC to extract and one to expand.
 */
#include "hpke.h"

#include <assert.h>
#include <openssl/crypto.h>

#define DIGEST_SIZE 32u
#define X25519 "\x00\x20"
#define HKDF_SHA256 "\x00\x01"
#define AES_128_GCM "\x00\x01"
#define CIPHER_TURN ((size_t)1 << 30) /* bytes; libcrypto counts them in an int */
#define INPUT_MAX (64u + HPKE_INFO_MAX)

static_assert(1 + 2 * DIGEST_SIZE <= HPKE_INFO_MAX, "the context of the key schedule fits");

/* Names of what keys are made for: the steps of encapsulation, and those of encryption. */
static const struct span of_kem = {"KEM" X25519, 5};
static const struct span of_hpke = {"HPKE" X25519 HKDF_SHA256 AES_128_GCM, 10};

/* What an HMAC is made of. */
struct input {
    unsigned char bytes[INPUT_MAX];
    size_t size;
};

static void add(struct input *input, struct span bytes)
{
    assert(bytes.size <= sizeof(input->bytes) - input->size);
    if (bytes.size > 0)
        memcpy(input->bytes + input->size, bytes.bytes, bytes.size);
    input->size += bytes.size;
}

static bool hmac(const unsigned char key[DIGEST_SIZE], const struct input *input, unsigned char digest[DIGEST_SIZE])
{
    size_t size = 0;

    return EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, DIGEST_SIZE, input->bytes, input->size, digest,
                     DIGEST_SIZE, &size) != NULL &&
           size == DIGEST_SIZE;
}

/* LabeledExtract(). A salt of zeros is none. */
static bool extract(const unsigned char salt[DIGEST_SIZE], struct span suite, const char *label, struct span secret,
                    unsigned char digest[DIGEST_SIZE])
{
    struct input input = {.size = 0};

    add(&input, span_of("HPKE-v1"));
    add(&input, suite);
    add(&input, span_of(label));
    add(&input, secret);
    bool is_done = hmac(salt, &input, digest);
    OPENSSL_cleanse(&input, sizeof(input));
    return is_done;
}

/* LabeledExpand(), to at most DIGEST_SIZE bytes. */
static bool expand(const unsigned char secret[DIGEST_SIZE], struct span suite, const char *label, struct span info,
                   unsigned char *made, size_t size)
{
    struct input input = {.size = 0};
    unsigned char digest[DIGEST_SIZE] = {0};
    const char length[] = {0, (char)size};

    assert(size <= DIGEST_SIZE);
    add(&input, (struct span){length, sizeof(length)});
    add(&input, span_of("HPKE-v1"));
    add(&input, suite);
    add(&input, span_of(label));
    add(&input, info);
    add(&input, (struct span){"\x01", 1}); /* the first block, and the last */
    bool is_done = hmac(secret, &input, digest);
    memcpy(made, digest, size);
    OPENSSL_cleanse(digest, sizeof(digest));
    return is_done;
}

/* DH(): fails for a public key whose secret would be the same with any private key. */
static bool exchange(EVP_PKEY *own, EVP_PKEY *other, unsigned char secret[DIGEST_SIZE])
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    size_t size = DIGEST_SIZE;
    bool is_done = context != NULL && EVP_PKEY_derive_init(context) == 1 &&
                   EVP_PKEY_derive_set_peer(context, other) == 1 && EVP_PKEY_derive(context, secret, &size) == 1 &&
                   size == DIGEST_SIZE;

    EVP_PKEY_CTX_free(context);
    return is_done;
}

/* ExtractAndExpand() of DHKEM. */
static bool encapsulate(EVP_PKEY *own, EVP_PKEY *other, const unsigned char *sender, const unsigned char *recipient,
                        unsigned char shared[DIGEST_SIZE])
{
    static const unsigned char no_salt[DIGEST_SIZE] = {0};
    unsigned char exchanged[DIGEST_SIZE], extracted[DIGEST_SIZE];
    char both[2 * HPKE_SENDER_SIZE];

    memcpy(both, sender, HPKE_SENDER_SIZE);
    memcpy(both + HPKE_SENDER_SIZE, recipient, HPKE_SENDER_SIZE);
    bool is_done =
        exchange(own, other, exchanged) &&
        extract(no_salt, of_kem, "eae_prk", (struct span){(const char *)exchanged, sizeof(exchanged)}, extracted) &&
        expand(extracted, of_kem, "shared_secret", (struct span){both, sizeof(both)}, shared, DIGEST_SIZE);
    OPENSSL_cleanse(exchanged, sizeof(exchanged));
    OPENSSL_cleanse(extracted, sizeof(extracted));
    return is_done;
}

/* KeySchedule() of mode base, which is 0 and has no shared key. */
static bool schedule(const unsigned char shared[DIGEST_SIZE], struct span info, struct hpke_secrets *secrets)
{
    static const unsigned char no_salt[DIGEST_SIZE] = {0};
    unsigned char context[1 + 2 * DIGEST_SIZE] = {0}, secret[DIGEST_SIZE];
    const struct span both = {(const char *)context, sizeof(context)};
    bool is_done = extract(no_salt, of_hpke, "psk_id_hash", span_of(""), context + 1) &&
                   extract(no_salt, of_hpke, "info_hash", info, context + 1 + DIGEST_SIZE) &&
                   extract(shared, of_hpke, "secret", span_of(""), secret) &&
                   expand(secret, of_hpke, "key", both, secrets->key, sizeof(secrets->key)) &&
                   expand(secret, of_hpke, "base_nonce", both, secrets->nonce, sizeof(secrets->nonce));

    OPENSSL_cleanse(secret, sizeof(secret));
    return is_done;
}

bool hpke_share(EVP_PKEY *own, EVP_PKEY *other, const unsigned char *sender, const unsigned char *recipient,
                struct span info, struct hpke_secrets *secrets)
{
    unsigned char shared[DIGEST_SIZE];
    bool is_done = encapsulate(own, other, sender, recipient, shared) && info.size <= HPKE_INFO_MAX &&
                   schedule(shared, info, secrets);

    OPENSSL_cleanse(shared, sizeof(shared));
    return is_done;
}

/* Encrypts or decrypts `size` bytes in place. */
static bool pass(EVP_CIPHER_CTX *cipher, unsigned char *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t turn = size - at < CIPHER_TURN ? size - at : CIPHER_TURN;
        int passed = 0;
        if (EVP_CipherUpdate(cipher, bytes + at, &passed, bytes + at, (int)turn) != 1 || passed != (int)turn)
            return false;
        at += turn;
    }
    return true;
}

/* A tag is written behind what is encrypted, and held against what is decrypted. */
static bool run_cipher(const struct hpke_secrets *secrets, bool is_sealing, unsigned char *text, size_t size)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    unsigned char none[1];
    int passed = 0;
    bool is_done =
        cipher != NULL &&
        EVP_CipherInit_ex2(cipher, EVP_aes_128_gcm(), secrets->key, secrets->nonce, is_sealing ? 1 : 0, NULL) == 1 &&
        pass(cipher, text, size);

    if (is_done && !is_sealing)
        is_done = EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, HPKE_TAG_SIZE, text + size) == 1;
    is_done = is_done && EVP_CipherFinal_ex(cipher, none, &passed) == 1;
    if (is_done && is_sealing)
        is_done = EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, HPKE_TAG_SIZE, text + size) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return is_done;
}

static bool public_of(EVP_PKEY *key, unsigned char bytes[HPKE_SENDER_SIZE])
{
    size_t size = HPKE_SENDER_SIZE;

    return EVP_PKEY_get_raw_public_key(key, bytes, &size) == 1 && size == HPKE_SENDER_SIZE;
}

bool hpke_seal(EVP_PKEY *recipient, struct span info, unsigned char *message, size_t text_size)
{
    struct hpke_secrets secrets;
    unsigned char theirs[HPKE_SENDER_SIZE];
    EVP_PKEY *sender = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    bool is_done = sender != NULL && public_of(sender, message) && public_of(recipient, theirs) &&
                   hpke_share(sender, recipient, message, theirs, info, &secrets) &&
                   run_cipher(&secrets, true, message + HPKE_SENDER_SIZE, text_size);

    EVP_PKEY_free(sender);
    OPENSSL_cleanse(&secrets, sizeof(secrets));
    return is_done;
}

bool hpke_open(EVP_PKEY *recipient, struct span info, unsigned char *message, size_t message_size)
{
    struct hpke_secrets secrets;
    unsigned char ours[HPKE_SENDER_SIZE];

    if (message_size < HPKE_SENDER_SIZE + HPKE_TAG_SIZE)
        return false;
    EVP_PKEY *sender = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, message, HPKE_SENDER_SIZE);
    bool is_done =
        sender != NULL && public_of(recipient, ours) && hpke_share(recipient, sender, message, ours, info, &secrets) &&
        run_cipher(&secrets, false, message + HPKE_SENDER_SIZE, message_size - HPKE_SENDER_SIZE - HPKE_TAG_SIZE);

    EVP_PKEY_free(sender);
    OPENSSL_cleanse(&secrets, sizeof(secrets));
    return is_done;
}
