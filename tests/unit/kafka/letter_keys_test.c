/* Sealed letters: the numbers of RFC 9180, and what opens and what does not. */
#include "gentally/kafka/letter_keys.h"

#include <openssl/pem.h>
#include <unistd.h>

#include "hpke.h"
#include "suite.h"

static struct reason why;

/* ---- HPKE ---- */

static void from_hex(const char *hex, unsigned char *bytes)
{
    for (size_t i = 0; hex[2 * i] != '\0'; i++) {
        char digits[] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
}

/* RFC 9180, appendix A.1.1. */
#define SENDER_PRIVATE "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736"
#define SENDER_PUBLIC "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
#define RECIPIENT_PRIVATE "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"
#define RECIPIENT_PUBLIC "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"
#define INFO "4f6465206f6e2061204772656369616e2055726e"
#define KEY "4531685d41d65f03dc48f6b8302c05b0"
#define BASE_NONCE "56d890e5accaaf011cff4b7d"

static EVP_PKEY *private_key(const char *hex)
{
    unsigned char bytes[32];

    from_hex(hex, bytes);
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, bytes, sizeof(bytes));
}

static EVP_PKEY *public_key(const char *hex)
{
    unsigned char bytes[32];

    from_hex(hex, bytes);
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, bytes, sizeof(bytes));
}

static void test_the_numbers_of_the_rfc(void)
{
    unsigned char sender[32], recipient[32], key[16], nonce[12];
    char info[20];
    struct hpke_secrets secrets;
    EVP_PKEY *own[] = {private_key(SENDER_PRIVATE), private_key(RECIPIENT_PRIVATE)};
    EVP_PKEY *other[] = {public_key(RECIPIENT_PUBLIC), public_key(SENDER_PUBLIC)};

    from_hex(SENDER_PUBLIC, sender);
    from_hex(RECIPIENT_PUBLIC, recipient);
    from_hex(INFO, (unsigned char *)info);
    from_hex(KEY, key);
    from_hex(BASE_NONCE, nonce);
    for (size_t i = 0; i < LENGTH_OF(own); i++) {
        CU_ASSERT(hpke_share(own[i], other[i], sender, recipient, (struct span){info, sizeof(info)}, &secrets));
        CU_ASSERT_EQUAL(memcmp(secrets.key, key, sizeof(key)), 0);
        CU_ASSERT_EQUAL(memcmp(secrets.nonce, nonce, sizeof(nonce)), 0);
        EVP_PKEY_free(own[i]);
        EVP_PKEY_free(other[i]);
    }
}

/* With such a point the shared secret would be 0, whatever the private key. */
static void test_a_sender_of_no_secret(void)
{
    unsigned char message[64] = {0};
    EVP_PKEY *recipient = private_key(RECIPIENT_PRIVATE);

    CU_ASSERT_FALSE(hpke_open(recipient, span_of("info"), message, sizeof(message)));
    EVP_PKEY_free(recipient);
}

/* ---- keys in files ---- */

struct key_file {
    char path[64];
};

static FILE *open_file(struct key_file *file)
{
    snprintf(file->path, sizeof(file->path), "/tmp/letter_keys_test.XXXXXX");
    int descriptor = mkstemp(file->path);
    FILE *stream = descriptor < 0 ? NULL : fdopen(descriptor, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    return stream;
}

static struct key_file text_file(const char *text)
{
    struct key_file file;
    FILE *stream = open_file(&file);

    fputs(text, stream);
    fclose(stream);
    return file;
}

/* A file of private keys, or of the public one of the first. */
static struct key_file key_file(EVP_PKEY *const keys[], size_t count, bool is_public)
{
    struct key_file file;
    FILE *stream = open_file(&file);

    if (is_public)
        CU_ASSERT_EQUAL(PEM_write_PUBKEY(stream, keys[0]), 1);
    for (size_t i = 0; i < count && !is_public; i++)
        CU_ASSERT_EQUAL(PEM_write_PrivateKey(stream, keys[i], NULL, NULL, 0, NULL, NULL), 1);
    fclose(stream);
    return file;
}

static struct letter_sealer *sealer_of(EVP_PKEY *key)
{
    struct letter_sealer *sealer = NULL;
    struct key_file file = key_file(&key, 1, true);

    CU_ASSERT_EQUAL_FATAL(letter_sealer_open(&sealer, file.path, &why), GO_ON);
    unlink(file.path);
    return sealer;
}

static struct letter_opener *opener_of(EVP_PKEY *const keys[], size_t count)
{
    struct letter_opener *opener = NULL;
    struct key_file file = key_file(keys, count, false);

    CU_ASSERT_EQUAL_FATAL(letter_opener_open(&opener, file.path, &why), GO_ON);
    unlink(file.path);
    return opener;
}

static EVP_PKEY *make_key(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");

    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    return key;
}

/* What a file holds, in order: x, a private key of X25519; p, a public one; e, a private one of another kind; t, a torn
 * one; c, one that is cut. */
static struct key_file file_of(const char *holds)
{
    struct key_file file;
    FILE *stream = open_file(&file);

    for (; *holds != '\0'; holds++) {
        EVP_PKEY *key = *holds == 'e' ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : make_key();
        CU_ASSERT_PTR_NOT_NULL_FATAL(key);
        if (*holds == 'p')
            PEM_write_PUBKEY(stream, key);
        else if (*holds == 't')
            fputs("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQ\n-----END PRIVATE KEY-----\n", stream);
        else if (*holds == 'c')
            fputs("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIGj5\n", stream);
        else
            PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL);
        EVP_PKEY_free(key);
    }
    fclose(stream);
    return file;
}

static void test_files_that_hold_no_key(void)
{
    static const struct {
        const char *holds;
        bool seals, opens;
    } rows[] = {
        {"", false, false},   {"p", true, false},   {"x", false, true},   {"xxx", false, true},
        {"px", true, true},   {"e", false, false},  {"xe", false, false}, {"t", false, false},
        {"xt", false, false}, {"tx", false, false}, {"xc", false, false},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct key_file file = file_of(rows[i].holds);
        struct letter_sealer *sealer = NULL;
        struct letter_opener *opener = NULL;
        bool seals = letter_sealer_open(&sealer, file.path, &why) == GO_ON;
        if (!seals)
            CU_ASSERT(why.id == LETTER_KEY && strstr(why.text, "openssl genpkey") != NULL);
        bool opens = letter_opener_open(&opener, file.path, &why) == GO_ON;
        if (!opens)
            CU_ASSERT(why.id == LETTER_KEY && strstr(why.text, file.path) != NULL);
        if (seals != rows[i].seals || opens != rows[i].opens) {
            fprintf(stderr, "a file of \"%s\": seals %d, opens %d\n", rows[i].holds, seals, opens);
            CU_FAIL("keys in a file");
        }
        letter_sealer_close(sealer);
        letter_opener_close(opener);
        unlink(file.path);
    }
}

static void test_files_that_are_not_there(void)
{
    struct letter_sealer *sealer = NULL;
    struct letter_opener *opener = NULL;

    CU_ASSERT_EQUAL(letter_sealer_open(&sealer, "/nowhere/letters.pub", &why), HALT);
    CU_ASSERT(why.id == LETTER_KEY && strstr(why.text, "/nowhere/letters.pub: No such file") != NULL);
    CU_ASSERT_EQUAL(letter_sealer_open(&sealer, "", &why), HALT);
    CU_ASSERT(why.id == LETTER_KEY && strstr(why.text, "wants dead_letters_public_key") != NULL);
    CU_ASSERT_EQUAL(letter_opener_open(&opener, "/nowhere/letters.key", &why), HALT);
    CU_ASSERT_EQUAL(why.id, LETTER_KEY);
    struct key_file file = text_file("a text of no key\n");
    CU_ASSERT_EQUAL(letter_opener_open(&opener, file.path, &why), HALT);
    unlink(file.path);
}

/* ---- letters ---- */

static const struct letter_place place = {{"generations", 11}, 3, 17, 1763000000000};
static const struct letter_content contents[] = {
    {.detail = {NULL, 0}},
    {.detail = {"", 0}, .key = {"", 0}, .value = {"", 0}},
    {.detail = {"because", 7},
     .key = {"alice@example.org", 17},
     .value = {"\0\0\0\0\7event", 10},
     .header_count = 3,
     .headers = {{"trace", {"one", 3}}, {"", {NULL, 0}}, {"trace", {"", 0}}}},
};

static bool is_same(struct span left, struct span right)
{
    return (left.bytes == NULL) == (right.bytes == NULL) && span_equal(left, right);
}

static bool is_same_content(const struct letter_content *left, const struct letter_content *right)
{
    if (!is_same(left->detail, right->detail) || !is_same(left->key, right->key) || !is_same(left->value, right->value))
        return false;
    for (uint32_t i = 0; i < left->header_count && i < right->header_count; i++)
        if (strcmp(left->headers[i].name, right->headers[i].name) != 0 ||
            !is_same(left->headers[i].value, right->headers[i].value))
            return false;
    return left->header_count == right->header_count;
}

static enum letter_state open_letter(struct letter_opener *opener, const struct letter_place *from, const char *id,
                                     struct span sealed, struct letter_content *content)
{
    enum letter_state state = LETTER_TORN;

    CU_ASSERT_EQUAL(letter_unseal(opener, from, span_of(LETTER_FORM), span_of(id), sealed, content, &state, &why),
                    GO_ON);
    return state;
}

static void test_what_was_sealed_is_what_opens(void)
{
    EVP_PKEY *key = make_key();
    struct letter_sealer *sealer = sealer_of(key);
    struct letter_opener *opener = opener_of(&key, 1);
    struct letter_content opened;

    for (size_t i = 0; i < LENGTH_OF(contents); i++) {
        char *sealed = NULL;
        size_t size = 0;
        CU_ASSERT_EQUAL_FATAL(letter_seal(sealer, &place, &contents[i], &sealed, &size, &why), GO_ON);
        CU_ASSERT_EQUAL(size, letter_content_size(&contents[i]) + 48);
        CU_ASSERT_PTR_NULL(memmem(sealed, size, "alice", 5));
        CU_ASSERT_EQUAL(open_letter(opener, &place, letter_sealer_id(sealer), (struct span){sealed, size}, &opened),
                        LETTER_OPENED);
        CU_ASSERT(is_same_content(&opened, &contents[i]));
        free(sealed);
    }
    letter_sealer_close(sealer);
    letter_opener_close(opener);
    EVP_PKEY_free(key);
}

static void test_a_letter_of_sixteen_megabytes(void)
{
    EVP_PKEY *key = make_key();
    struct letter_sealer *sealer = sealer_of(key);
    struct letter_opener *opener = opener_of(&key, 1);
    struct letter_content opened, content = {.value = {calloc(1, 16 << 20), 16 << 20}};
    char *sealed = NULL;
    size_t size = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(content.value.bytes);
    CU_ASSERT_EQUAL_FATAL(letter_seal(sealer, &place, &content, &sealed, &size, &why), GO_ON);
    CU_ASSERT_EQUAL(open_letter(opener, &place, letter_sealer_id(sealer), (struct span){sealed, size}, &opened),
                    LETTER_OPENED);
    CU_ASSERT(is_same_content(&opened, &content));
    free(sealed);
    free((char *)(uintptr_t)content.value.bytes);
    letter_sealer_close(sealer);
    letter_opener_close(opener);
    EVP_PKEY_free(key);
}

/* Each byte altered, each prefix, a byte more, and the bytes of another place. */
static void test_what_was_altered_does_not_open(void)
{
    EVP_PKEY *key = make_key();
    struct letter_sealer *sealer = sealer_of(key);
    struct letter_opener *opener = opener_of(&key, 1);
    const char *id = letter_sealer_id(sealer);
    struct letter_content opened;
    char *sealed = NULL;
    size_t size = 0;

    CU_ASSERT_EQUAL_FATAL(letter_seal(sealer, &place, &contents[2], &sealed, &size, &why), GO_ON);
    for (size_t i = 0; i < size; i++) {
        sealed[i] ^= 1;
        CU_ASSERT_EQUAL(open_letter(opener, &place, id, (struct span){sealed, size}, &opened), LETTER_TORN);
        sealed[i] ^= 1;
        CU_ASSERT_EQUAL(open_letter(opener, &place, id, (struct span){sealed, i}, &opened), LETTER_TORN);
    }
    for (unsigned i = 0; i < 4; i++) {
        struct letter_place other = place;
        other.topic = i == 0 ? span_of("generation") : other.topic;
        other.partition += i == 1;
        other.offset += i == 2;
        other.timestamp_ms += i == 3;
        CU_ASSERT_EQUAL(open_letter(opener, &other, id, (struct span){sealed, size}, &opened), LETTER_TORN);
    }
    CU_ASSERT_EQUAL(open_letter(opener, &place, id, (struct span){NULL, 0}, &opened), LETTER_TORN);
    CU_ASSERT_EQUAL(open_letter(opener, &place, id, (struct span){sealed, size}, &opened), LETTER_OPENED);
    free(sealed);
    letter_sealer_close(sealer);
    letter_opener_close(opener);
    EVP_PKEY_free(key);
}

/* Letters of before and after a change of keys: who has both private ones opens both. */
static void test_keys_that_change(void)
{
    EVP_PKEY *keys[] = {make_key(), make_key(), make_key()};
    struct letter_sealer *before = sealer_of(keys[0]), *after = sealer_of(keys[1]);
    struct letter_opener *both = opener_of(keys, 2), *other = opener_of(keys + 2, 1);
    const struct letter_sealer *sealers[] = {before, after};
    struct letter_content opened;
    enum letter_state state = LETTER_OPENED;

    CU_ASSERT_STRING_NOT_EQUAL(letter_sealer_id(before), letter_sealer_id(after));
    for (size_t i = 0; i < LENGTH_OF(sealers); i++) {
        const char *id = letter_sealer_id(sealers[i]);
        char *sealed = NULL;
        size_t size = 0;
        CU_ASSERT_EQUAL(strlen(id), 16);
        CU_ASSERT_EQUAL_FATAL(letter_seal(sealers[i], &place, &contents[2], &sealed, &size, &why), GO_ON);
        const struct span bytes = {sealed, size};
        CU_ASSERT_EQUAL(open_letter(both, &place, id, bytes, &opened), LETTER_OPENED);
        CU_ASSERT_EQUAL(open_letter(other, &place, id, bytes, &opened), LETTER_OTHER_KEY);
        CU_ASSERT_EQUAL(open_letter(both, &place, letter_sealer_id(sealers[1 - i]), bytes, &opened), LETTER_TORN);
        CU_ASSERT_EQUAL(open_letter(both, &place, "", bytes, &opened), LETTER_OTHER_KEY);
        CU_ASSERT_EQUAL(letter_unseal(both, &place, span_of("2"), span_of(id), bytes, &opened, &state, &why), GO_ON);
        CU_ASSERT_EQUAL(state, LETTER_OTHER_FORM);
        free(sealed);
    }
    letter_sealer_close(before);
    letter_sealer_close(after);
    letter_opener_close(both);
    letter_opener_close(other);
    for (size_t i = 0; i < LENGTH_OF(keys); i++)
        EVP_PKEY_free(keys[i]);
}

/* Whoever has the public key may seal what is no content. */
static void test_a_seal_of_something_else(void)
{
    static const char info[] = "gentally dead letter 1 generations:3:17:1763000000000";
    EVP_PKEY *key = make_key();
    struct letter_sealer *sealer = sealer_of(key);
    struct letter_opener *opener = opener_of(&key, 1);
    struct letter_content opened;
    unsigned char message[48 + 14] = {0};

    memset(message + 32, 0xff, 12); /* three parts that are absent, no headers, and a byte too many */
    CU_ASSERT(hpke_seal(key, span_of(info), message, 14));
    CU_ASSERT_EQUAL(open_letter(opener, &place, letter_sealer_id(sealer),
                                (struct span){(const char *)message, sizeof(message)}, &opened),
                    LETTER_TORN);
    memset(message + 32, 0xff, 12);
    message[44] = 0;
    CU_ASSERT(hpke_seal(key, span_of(info), message, 13));
    CU_ASSERT_EQUAL(open_letter(opener, &place, letter_sealer_id(sealer),
                                (struct span){(const char *)message, sizeof(message) - 1}, &opened),
                    LETTER_OPENED);
    letter_sealer_close(sealer);
    letter_opener_close(opener);
    EVP_PKEY_free(key);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the_numbers_of_the_rfc", test_the_numbers_of_the_rfc},
        {"a_sender_of_no_secret", test_a_sender_of_no_secret},
        {"files_that_hold_no_key", test_files_that_hold_no_key},
        {"files_that_are_not_there", test_files_that_are_not_there},
        {"what_was_sealed_is_what_opens", test_what_was_sealed_is_what_opens},
        {"a_letter_of_sixteen_megabytes", test_a_letter_of_sixteen_megabytes},
        {"what_was_altered_does_not_open", test_what_was_altered_does_not_open},
        {"keys_that_change", test_keys_that_change},
        {"a_seal_of_something_else", test_a_seal_of_something_else},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
