/*
 * Pseudonyms by HMAC-SHA-256 of libcrypto. An HMAC costs more than everything else that is done to an event, and the
 * same accounts come again and again, so recent ones are remembered in a direct-mapped cache: an account has one place,
 * and takes it from whoever was there. It grows while many are not found in it, up to 16 MiB: beyond that, millions of
 * accounts cost time, never memory, and nothing has to be cleared.
 *
 *   place   [ pseudonym 16 | size 1 | account 47 ]  one cache line; 65536 places = 4 MiB
 *
 * The cache holds accounts as they came, in this process's memory only, where the record's bytes have just been too.
 */
#include "gentally/ingest/pseudonym.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/hash.h"
#include "gentally/base/pages.h"

#define PLACES_MIN 65536u
#define PLACES_MAX (4 * PLACES_MIN)
#define LOOKS 65536u        /* after as many it is judged whether the places suffice: one in eight may be missed */
#define ACCOUNT_SIZE_MAX 47 /* a longer one is not remembered; UUIDs, e-mail hashes and ULIDs are shorter */

struct account_place {
    struct pseudonym pseudonym;
    uint8_t size; /* 0 = free */
    char account[ACCOUNT_SIZE_MAX];
};

static_assert(sizeof(struct account_place) == 64, "a place is one cache line");
static_assert((PLACES_MIN & (PLACES_MIN - 1)) == 0, "a mask finds the place");

struct pseudonyms {
    EVP_MAC *mac;
    EVP_MAC_CTX *keyed; /* the key's two hash states are computed once */
    struct account_place *places;
    uint32_t place_count; /* a power of two */
    uint32_t looks, misses;
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
        opened->places = pages_take(PLACES_MIN * sizeof(*opened->places));
    if (opened == NULL || opened->places == NULL) {
        pseudonyms_close(opened);
        return reason_set(why, HALT, NO_MEMORY, 0, "no room to remember accounts");
    }
    opened->place_count = PLACES_MIN;
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

/* Nothing is left of the accounts. */
static void drop_places(struct pseudonyms *pseudonyms)
{
    size_t size = pseudonyms->place_count * sizeof(*pseudonyms->places);

    if (pseudonyms->places != NULL)
        OPENSSL_cleanse(pseudonyms->places, size);
    pages_give_back(pseudonyms->places, size);
}

void pseudonyms_close(struct pseudonyms *pseudonyms)
{
    if (pseudonyms == NULL)
        return;
    EVP_MAC_CTX_free(pseudonyms->keyed); /* wipes the key */
    EVP_MAC_free(pseudonyms->mac);
    drop_places(pseudonyms);
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
    return &pseudonyms->places[hash_text(account) & (pseudonyms->place_count - 1)];
}

/* Where there is no memory for twice the places, the cache stays as it is. */
static void double_places(struct pseudonyms *pseudonyms)
{
    struct pseudonyms larger = {.place_count = 2 * pseudonyms->place_count};

    larger.places = pages_take(larger.place_count * sizeof(*larger.places));
    if (larger.places == NULL)
        return;
    for (uint32_t i = 0; i < pseudonyms->place_count; i++) {
        const struct account_place *place = &pseudonyms->places[i];
        if (place->size > 0)
            *place_of(&larger, (struct span){place->account, place->size}) = *place;
    }
    drop_places(pseudonyms);
    pseudonyms->places = larger.places;
    pseudonyms->place_count = larger.place_count;
}

/* Accounts that come once in a while are missed in any case, and do not make it grow beyond its limit. */
static void judge_places(struct pseudonyms *pseudonyms)
{
    if (8 * pseudonyms->misses > pseudonyms->looks && pseudonyms->place_count < PLACES_MAX)
        double_places(pseudonyms);
    pseudonyms->looks = pseudonyms->misses = 0;
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

    if (++pseudonyms->looks == LOOKS)
        judge_places(pseudonyms);
    struct account_place *place = place_of(pseudonyms, account);
    if (place->size != account.size || memcmp(place->account, account.bytes, account.size) != 0) {
        pseudonyms->misses++;
        place->pseudonym = compute(pseudonyms, account);
        place->size = (uint8_t)account.size;
        memcpy(place->account, account.bytes, account.size);
    }
    return place->pseudonym;
}

struct pseudonym pseudonyms_mark(struct pseudonyms *pseudonyms, struct pseudonym pseudonym)
{
    char text[PSEUDONYM_TEXT_SIZE];

    pseudonym_write(pseudonym, text);
    return pseudonyms_of(pseudonyms, span_of(text));
}

void pseudonym_write(struct pseudonym pseudonym, char text[PSEUDONYM_TEXT_SIZE])
{
    snprintf(text, PSEUDONYM_TEXT_SIZE, "%016" PRIx64 "%016" PRIx64, pseudonym.high, pseudonym.low);
}
