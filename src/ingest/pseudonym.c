/*
 * Pseudonyms by HMAC-SHA-256 of libcrypto. An HMAC costs more than everything else that is done to an event, and the
 * same accounts come again and again, so recent ones are remembered in a direct-mapped cache: an account has one place,
 * and takes it from whoever was there. Millions of accounts therefore cost time, never memory, and nothing has to be
 * cleared.
 *
 *   place   [ pseudonym 16 | size 1 | account 47 ]  one cache line; 65536 places = 4 MiB
 *
 * The cache holds accounts as they came, in this process's memory only, where the record's bytes have just been too.
 */
#include "gentally/ingest/pseudonym.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "gentally/base/hash.h"

#define PLACES 65536u
#define ACCOUNT_SIZE_MAX 47 /* a longer one is not remembered; UUIDs, e-mail hashes and ULIDs are shorter */

struct account_place {
    struct pseudonym pseudonym;
    uint8_t size; /* 0 = free */
    char account[ACCOUNT_SIZE_MAX];
};

static_assert(sizeof(struct account_place) == 64, "a place is one cache line");
static_assert((PLACES & (PLACES - 1)) == 0, "a mask finds the place");

struct pseudonyms {
    EVP_MAC *mac;
    EVP_MAC_CTX *keyed; /* the key's two hash states are computed once */
    struct account_place *places;
};

enum verdict pseudonyms_open(struct pseudonyms **pseudonyms, struct span key, struct reason *why)
{
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    assert(key.size > 0);
    struct pseudonyms *opened = calloc(1, sizeof(*opened));
    if (opened != NULL)
        opened->places = aligned_alloc(sizeof(struct account_place), PLACES * sizeof(struct account_place));
    if (opened == NULL || opened->places == NULL) {
        pseudonyms_close(opened);
        return reason_set(why, HALT, NO_MEMORY, 0, "no room to remember accounts");
    }
    memset(opened->places, 0, PLACES * sizeof(struct account_place));
    opened->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    opened->keyed = opened->mac == NULL ? NULL : EVP_MAC_CTX_new(opened->mac);
    if (opened->keyed == NULL ||
        EVP_MAC_init(opened->keyed, (const unsigned char *)key.bytes, key.size, parameters) != 1) {
        pseudonyms_close(opened);
        return reason_set(why, HALT, ACCOUNT_HMAC, 0, "libcrypto offers no HMAC-SHA-256, or refuses the key");
    }
    *pseudonyms = opened;
    return GO_ON;
}

void pseudonyms_close(struct pseudonyms *pseudonyms)
{
    if (pseudonyms == NULL)
        return;
    EVP_MAC_CTX_free(pseudonyms->keyed); /* wipes the key */
    EVP_MAC_free(pseudonyms->mac);
    if (pseudonyms->places != NULL)
        OPENSSL_cleanse(pseudonyms->places, PLACES * sizeof(struct account_place));
    free(pseudonyms->places);
    free(pseudonyms);
}

/* A number of eight bytes, big-endian. */
static uint64_t word_of(const unsigned char bytes[8])
{
    uint64_t word = 0;

    for (unsigned i = 0; i < 8; i++)
        word = word << 8 | bytes[i];
    return word;
}

static struct pseudonym compute(struct pseudonyms *pseudonyms, struct span account)
{
    unsigned char code[32];
    size_t size = 0;

    /* With a software digest and these sizes, only a lack of memory can fail here: there is nothing to go on with. */
    bool is_done = EVP_MAC_init(pseudonyms->keyed, NULL, 0, NULL) == 1 &&
                   EVP_MAC_update(pseudonyms->keyed, (const unsigned char *)account.bytes, account.size) == 1 &&
                   EVP_MAC_final(pseudonyms->keyed, code, &size, sizeof(code)) == 1;
    assert(is_done);
    assert(size == sizeof(code));
    return (struct pseudonym){word_of(code), word_of(code + 8)};
}

static struct account_place *place_of(const struct pseudonyms *pseudonyms, struct span account)
{
    return &pseudonyms->places[hash_text(account) & (PLACES - 1)];
}

void pseudonyms_expect(const struct pseudonyms *pseudonyms, struct span account)
{
    if (account.size > 0)
        __builtin_prefetch(place_of(pseudonyms, account), 1);
}

struct pseudonym pseudonyms_of(struct pseudonyms *pseudonyms, struct span account)
{
    if (account.size == 0 || account.size > ACCOUNT_SIZE_MAX)
        return compute(pseudonyms, account);

    struct account_place *place = place_of(pseudonyms, account);
    if (place->size != account.size || memcmp(place->account, account.bytes, account.size) != 0) {
        place->pseudonym = compute(pseudonyms, account);
        place->size = (uint8_t)account.size;
        memcpy(place->account, account.bytes, account.size);
    }
    return place->pseudonym;
}
