/* SipHash against the first vectors of its authors, and against OpenSSL's own for every length up to 100. */
#include "gentally/base/siphash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>

#include "suite.h"

/* Bytes 0, 1, 2, ... as key and as text. */
static const struct siphash_key counting = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};

static void the_authors_vectors(void)
{
    static const uint8_t want[][16] = {
        {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93},
        {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45},
    };
    uint8_t hash[16];

    for (size_t size = 0; size < LENGTH_OF(want); size++) {
        siphash128(&counting, (struct span){"\0", size}, hash);
        CU_ASSERT_EQUAL(memcmp(hash, want[size], sizeof(hash)), 0);
    }
}

static void every_length_as_openssl_has_it(void)
{
    unsigned char key[16], text[100], want[16];
    uint8_t hash[16];
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(mac);
    for (unsigned i = 0; i < sizeof(key); i++)
        key[i] = (unsigned char)i;
    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = (unsigned char)(200 + 7 * i);
    for (size_t size = 0; size <= sizeof(text); size++) {
        EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
        size_t written = 0;
        CU_ASSERT_EQUAL_FATAL(EVP_MAC_init(context, key, sizeof(key), NULL), 1);
        CU_ASSERT_EQUAL_FATAL(EVP_MAC_update(context, text, size), 1);
        CU_ASSERT_EQUAL_FATAL(EVP_MAC_final(context, want, &written, sizeof(want)), 1);
        CU_ASSERT_EQUAL(written, sizeof(want));
        siphash128(&counting, (struct span){(const char *)text, size}, hash);
        CU_ASSERT_EQUAL(memcmp(hash, want, sizeof(hash)), 0);
        EVP_MAC_CTX_free(context);
    }
    EVP_MAC_free(mac);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the_authors_vectors", the_authors_vectors},
        {"every_length_as_openssl_has_it", every_length_as_openssl_has_it},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
