/*
 * Keys from PEM files, and letters by them. A private key is held by libcrypto alone, and wiped with it. Its errors are
 * forgotten here: whoever asks it next on this thread, be it for TLS, would take them for its own.
 */
#include "gentally/kafka/letter_keys.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "hpke.h"

#define KEYS_MAX 64u /* in a file, and one less */
#define MADE_BY                                                                                                        \
    "`openssl genpkey -algorithm X25519 -out letters.key` makes a private key, "                                       \
    "`openssl pkey -in letters.key -pubout -out letters.pub` its public one"

struct named_key {
    EVP_PKEY *key;
    char id[LETTER_KEY_ID_SIZE];
};

struct letter_sealer {
    struct named_key key;
};

struct letter_opener {
    uint32_t count;
    struct named_key keys[KEYS_MAX];
    unsigned char *message; /* the last that was opened, decrypted in place */
    size_t size;
};

/* ---- keys ---- */

/* Names a key; false if it is none of X25519. */
static bool name_key(struct named_key *named)
{
    unsigned char bytes[HPKE_SENDER_SIZE], digest[32];
    size_t size = sizeof(bytes), digest_size = 0;

    if (!EVP_PKEY_is_a(named->key, "X25519") || EVP_PKEY_get_raw_public_key(named->key, bytes, &size) != 1 ||
        size != sizeof(bytes) || EVP_Q_digest(NULL, "SHA256", NULL, bytes, sizeof(bytes), digest, &digest_size) != 1 ||
        digest_size != sizeof(digest))
        return false;
    for (size_t i = 0; 2 * i + 1 < sizeof(named->id); i++)
        snprintf(named->id + 2 * i, 3, "%02x", digest[i]);
    return true;
}

static enum verdict cannot_read(const char *path, struct reason *why)
{
    return reason_set(why, HALT, LETTER_KEY, errno, "cannot read %s: %s", path, strerror(errno));
}

enum verdict letter_sealer_open(struct letter_sealer **sealer, const char *path, struct reason *why)
{
    if (path[0] == '\0')
        return reason_set(why, HALT, LETTER_KEY, 0,
                          "dead_letters_keep = sealed wants dead_letters_public_key, a PEM file; " MADE_BY);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return cannot_read(path, why);
    struct letter_sealer *opened = calloc(1, sizeof(*opened));
    if (opened != NULL)
        opened->key.key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
    (void)fclose(file);
    if (opened == NULL)
        return no_memory(why, "for the key of dead letters");
    bool is_named = opened->key.key != NULL && name_key(&opened->key);
    ERR_clear_error();
    if (!is_named) {
        letter_sealer_close(opened);
        return reason_set(why, HALT, LETTER_KEY, 0, "%s holds no public key of X25519 in PEM; " MADE_BY, path);
    }
    *sealer = opened;
    return GO_ON;
}

void letter_sealer_close(struct letter_sealer *sealer)
{
    if (sealer == NULL)
        return;
    EVP_PKEY_free(sealer->key.key);
    free(sealer);
}

const char *letter_sealer_id(const struct letter_sealer *sealer)
{
    return sealer->key.id;
}

/* A key of PKCS #8; for an encrypted one libcrypto asks the terminal for the passphrase. NULL: it is none. */
static EVP_PKEY *private_key(const char *kind, const unsigned char *bytes, long size)
{
    if (strcmp(kind, PEM_STRING_PKCS8INF) == 0)
        return d2i_AutoPrivateKey(NULL, &bytes, size);
    BIO *memory = BIO_new_mem_buf(bytes, (int)size);
    EVP_PKEY *key = memory == NULL ? NULL : d2i_PKCS8PrivateKey_bio(memory, NULL, NULL, NULL);
    BIO_free(memory);
    return key;
}

/* Reads the private keys of a file one after the other, up to its end; false if one is none of X25519, or torn. */
static bool read_keys(struct letter_opener *opener, FILE *file)
{
    char *kind, *header;
    unsigned char *bytes;
    long size;
    bool is_sound = true;

    while (is_sound && PEM_read(file, &kind, &header, &bytes, &size) == 1) {
        struct named_key *named = &opener->keys[opener->count];
        bool is_private = strcmp(kind, PEM_STRING_PKCS8INF) == 0 || strcmp(kind, PEM_STRING_PKCS8) == 0;
        if (is_private) {
            named->key = private_key(kind, bytes, size);
            opener->count += named->key != NULL ? 1 : 0;
            is_sound = named->key != NULL && name_key(named) && opener->count < KEYS_MAX;
        }
        OPENSSL_free(kind);
        OPENSSL_free(header);
        OPENSSL_clear_free(bytes, (size_t)size);
    }
    return is_sound && opener->count > 0 && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

enum verdict letter_opener_open(struct letter_opener **opener, const char *path, struct reason *why)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return cannot_read(path, why);
    struct letter_opener *opened = calloc(1, sizeof(*opened));
    bool is_read = opened != NULL && read_keys(opened, file);
    ERR_clear_error();
    (void)fclose(file);
    if (is_read) {
        *opener = opened;
        return GO_ON;
    }
    enum verdict verdict = opened == NULL
                               ? no_memory(why, "for the keys of dead letters")
                               : reason_set(why, HALT, LETTER_KEY, 0,
                                            "%s holds no private key of X25519 in PEM, or beside it one that is "
                                            "torn or of another kind; " MADE_BY,
                                            path);
    letter_opener_close(opened);
    return verdict;
}

static void forget_message(struct letter_opener *opener)
{
    if (opener->message != NULL)
        OPENSSL_cleanse(opener->message, opener->size);
    free(opener->message);
    opener->message = NULL;
}

void letter_opener_close(struct letter_opener *opener)
{
    if (opener == NULL)
        return;
    for (uint32_t i = 0; i < opener->count; i++)
        EVP_PKEY_free(opener->keys[i].key);
    forget_message(opener);
    free(opener);
}

/* ---- letters ---- */

/* What both sides must know of a letter: where its record is, so that a seal is of no other's use. */
static struct span info_of(const struct letter_place *place, char text[HPKE_INFO_MAX])
{
    assert(place->topic.size <= LETTER_TOPIC_MAX);
    int size =
        snprintf(text, HPKE_INFO_MAX, "gentally dead letter " LETTER_FORM " %.*s:%" PRId32 ":%" PRId64 ":%" PRId64,
                 (int)place->topic.size, place->topic.size == 0 ? "" : place->topic.bytes, place->partition,
                 place->offset, place->timestamp_ms);

    assert(size > 0 && size < (int)HPKE_INFO_MAX);
    return (struct span){text, (size_t)size};
}

enum verdict letter_seal(const struct letter_sealer *sealer, const struct letter_place *place,
                         const struct letter_content *content, char **sealed, size_t *size, struct reason *why)
{
    char text[HPKE_INFO_MAX];
    size_t content_size = letter_content_size(content), whole;

    if (__builtin_add_overflow(content_size, HPKE_SENDER_SIZE + HPKE_TAG_SIZE, &whole))
        return no_memory(why, "to seal a dead letter");
    char *message = malloc(whole);
    if (message == NULL)
        return no_memory(why, "to seal a dead letter");
    letter_content_write(content, message + HPKE_SENDER_SIZE);
    if (!hpke_seal(sealer->key.key, info_of(place, text), (unsigned char *)message, content_size)) {
        ERR_clear_error();
        free(message);
        return reason_set(why, HALT, LETTER_KEY, 0, "libcrypto cannot seal a dead letter for key %s", sealer->key.id);
    }
    *sealed = message;
    *size = whole;
    return GO_ON;
}

static EVP_PKEY *find_key(const struct letter_opener *opener, struct span id)
{
    for (uint32_t i = 0; i < opener->count; i++)
        if (span_equal(id, span_of(opener->keys[i].id)))
            return opener->keys[i].key;
    return NULL;
}

enum verdict letter_unseal(struct letter_opener *opener, const struct letter_place *place, struct span form,
                           struct span key_id, struct span sealed, struct letter_content *content,
                           enum letter_state *state, struct reason *why)
{
    char text[HPKE_INFO_MAX];
    EVP_PKEY *key = find_key(opener, key_id);

    *state = !span_equal(form, span_of(LETTER_FORM)) ? LETTER_OTHER_FORM : key == NULL ? LETTER_OTHER_KEY : LETTER_TORN;
    if (*state != LETTER_TORN || sealed.size < HPKE_SENDER_SIZE + HPKE_TAG_SIZE)
        return GO_ON;
    forget_message(opener);
    opener->message = malloc(sealed.size);
    opener->size = sealed.size;
    if (opener->message == NULL)
        return no_memory(why, "to open a dead letter");
    memcpy(opener->message, sealed.bytes, sealed.size);
    const struct span opened = {(const char *)opener->message + HPKE_SENDER_SIZE,
                                sealed.size - HPKE_SENDER_SIZE - HPKE_TAG_SIZE};
    if (hpke_open(key, info_of(place, text), opener->message, sealed.size) && letter_content_read(opened, content))
        *state = LETTER_OPENED;
    ERR_clear_error();
    return GO_ON;
}
