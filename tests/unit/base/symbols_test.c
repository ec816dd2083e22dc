/* Interning: dense ids, every size of text, room, clearing. */
#include "gentally/base/symbols.h"

#include "gentally/base/hash.h"
#include "suite.h"

static struct symbols *open_symbols(uint32_t count_max, size_t bytes_max)
{
    struct symbols *symbols;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(symbols_open(&symbols, count_max, bytes_max, &why), GO_ON);
    return symbols;
}

static void ids_are_dense_and_stay(void)
{
    struct symbols *symbols = open_symbols(3, 100);

    CU_ASSERT_EQUAL(symbols_count(symbols), 1);
    CU_ASSERT_EQUAL(symbols_intern(symbols, span_of("one")), 1);
    CU_ASSERT_EQUAL(symbols_intern(symbols, span_of("two")), 2);
    CU_ASSERT_EQUAL(symbols_intern(symbols, span_of("one")), 1);
    CU_ASSERT_EQUAL(symbols_intern(symbols, span_of("three")), 3);
    CU_ASSERT_EQUAL(symbols_count(symbols), 4);
    CU_ASSERT(span_equal(symbols_text(symbols, 2), span_of("two")));
    CU_ASSERT(span_equal(symbols_text(symbols, 3), span_of("three")));
    symbols_close(symbols);
}

static void the_absent_text_is_zero(void)
{
    struct symbols *symbols = open_symbols(0, 0);

    CU_ASSERT_EQUAL(symbols_intern(symbols, (struct span){NULL, 0}), 0);
    CU_ASSERT_EQUAL(symbols_intern(symbols, span_of("")), 0);
    CU_ASSERT_EQUAL(symbols_find(symbols, span_of("")), 0);
    CU_ASSERT_EQUAL(symbols_find(symbols, span_of("x")), 0);
    CU_ASSERT_PTR_NULL(symbols_text(symbols, 0).bytes);
    CU_ASSERT_EQUAL(symbols_text(symbols, 0).size, 0);
    CU_ASSERT_EQUAL(symbols_count(symbols), 1);
    CU_ASSERT(symbols_has_room(symbols, 0, 0));
    CU_ASSERT_FALSE(symbols_has_room(symbols, 1, 0));
    CU_ASSERT_FALSE(symbols_has_room(symbols, 0, 1));
    symbols_close(symbols);
}

static void finding_adds_nothing(void)
{
    struct symbols *symbols = open_symbols(2, 20);

    CU_ASSERT_EQUAL(symbols_find(symbols, span_of("a")), 0);
    CU_ASSERT_EQUAL(symbols_count(symbols), 1);
    CU_ASSERT_EQUAL(symbols_intern(symbols, span_of("a")), 1);
    CU_ASSERT_EQUAL(symbols_find(symbols, span_of("a")), 1);
    symbols_close(symbols);
}

/*
 * Words are read overlapping, so each size has its own way through the code: for every size a text, and all its
 * neighbours of one other byte, must be told apart. The text ends where its allocation does, for the sanitizer's sake.
 */
static void every_byte_of_every_size_counts(void)
{
    enum { SIZE_MAX_HERE = 70 };
    struct symbols *symbols = open_symbols(SIZE_MAX_HERE * (SIZE_MAX_HERE + 1), (size_t)1 << 20);
    uint32_t want = 0;

    for (size_t size = 1; size <= SIZE_MAX_HERE; size++) {
        char *text = malloc(size);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        memset(text, 'a', size);
        CU_ASSERT_EQUAL(symbols_intern(symbols, (struct span){text, size}), ++want);
        const char *same = symbols_text(symbols, want).bytes;
        CU_ASSERT(hash_same(text, same, size));
        for (size_t i = 0; i < size; i++) {
            text[i] = 'b';
            CU_ASSERT_EQUAL(symbols_intern(symbols, (struct span){text, size}), ++want);
            CU_ASSERT(span_equal(symbols_text(symbols, want), (struct span){text, size}));
            CU_ASSERT_FALSE(hash_same(text, same, size)); /* asked only when the hashes agree, so ask it here */
            text[i] = 'a';
        }
        CU_ASSERT_EQUAL(symbols_find(symbols, (struct span){text, size}), want - (uint32_t)size);
        free(text);
    }
    symbols_close(symbols);
}

static void room_is_exact(void)
{
    struct symbols *symbols = open_symbols(2, 5);

    CU_ASSERT(symbols_has_room(symbols, 2, 5));
    CU_ASSERT_FALSE(symbols_has_room(symbols, 3, 5));
    CU_ASSERT_FALSE(symbols_has_room(symbols, 2, 6));
    CU_ASSERT_FALSE(symbols_has_room(symbols, 1, SIZE_MAX));
    CU_ASSERT_FALSE(symbols_has_room(symbols, UINT32_MAX, 1));
    symbols_intern(symbols, span_of("abc"));
    CU_ASSERT(symbols_has_room(symbols, 1, 2));
    CU_ASSERT_FALSE(symbols_has_room(symbols, 1, 3));
    symbols_intern(symbols, span_of("de"));
    CU_ASSERT(symbols_has_room(symbols, 0, 0));
    CU_ASSERT_FALSE(symbols_has_room(symbols, 1, 0));
    CU_ASSERT_EQUAL(symbols_intern(symbols, span_of("abc")), 1); /* known texts need no room */
    symbols_close(symbols);
}

static void clearing_forgets_all(void)
{
    struct symbols *symbols = open_symbols(2, 5);

    symbols_intern(symbols, span_of("abc"));
    symbols_intern(symbols, span_of("de"));
    symbols_clear(symbols);
    CU_ASSERT_EQUAL(symbols_count(symbols), 1);
    CU_ASSERT(symbols_has_room(symbols, 2, 5));
    CU_ASSERT_EQUAL(symbols_find(symbols, span_of("abc")), 0);
    CU_ASSERT_EQUAL(symbols_intern(symbols, span_of("de")), 1);
    symbols_clear(symbols);
    symbols_clear(symbols);
    CU_ASSERT_EQUAL(symbols_find(symbols, span_of("de")), 0);
    symbols_close(symbols);
}

/* Full to the last text, with texts that differ late: collisions and wrap-around happen in there. */
static void a_full_table_finds_everything(void)
{
    enum { COUNT = 20000 };
    struct symbols *symbols = open_symbols(COUNT, COUNT * 32);
    char text[32];

    for (uint32_t i = 1; i <= COUNT; i++) {
        snprintf(text, sizeof(text), "author/model-%u", (unsigned)i);
        CU_ASSERT_EQUAL(symbols_intern(symbols, span_of(text)), i);
    }
    CU_ASSERT_FALSE(symbols_has_room(symbols, 1, 1));
    for (uint32_t i = COUNT; i >= 1; i--) {
        snprintf(text, sizeof(text), "author/model-%u", (unsigned)i);
        CU_ASSERT_EQUAL(symbols_find(symbols, span_of(text)), i);
    }
    CU_ASSERT_EQUAL(symbols_find(symbols, span_of("author/model-0")), 0);
    symbols_close(symbols);
}

/* Of 2^16 near-equal texts, hashed to 2^16 places, about 1 - 1/e = 63 % of the places should be taken. */
static void the_hash_spreads(void)
{
    static bool is_taken[1 << 16];
    unsigned low_count = 0, high_count = 0;
    char text[40];

    for (int half = 0; half < 2; half++) {
        memset(is_taken, 0, sizeof(is_taken));
        for (unsigned i = 0; i < LENGTH_OF(is_taken); i++) {
            snprintf(text, sizeof(text), "provider/some-model-%05u-instruct", i);
            uint64_t hash = hash_text(span_of(text));
            is_taken[half == 0 ? hash & 0xffff : hash >> 48] = true;
        }
        for (unsigned i = 0; i < LENGTH_OF(is_taken); i++)
            *(half == 0 ? &low_count : &high_count) += is_taken[i];
    }
    CU_ASSERT(low_count > 40700 && low_count < 42150);
    CU_ASSERT(high_count > 40700 && high_count < 42150);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"ids_are_dense_and_stay", ids_are_dense_and_stay},
        {"the_absent_text_is_zero", the_absent_text_is_zero},
        {"finding_adds_nothing", finding_adds_nothing},
        {"every_byte_of_every_size_counts", every_byte_of_every_size_counts},
        {"room_is_exact", room_is_exact},
        {"clearing_forgets_all", clearing_forgets_all},
        {"a_full_table_finds_everything", a_full_table_finds_everything},
        {"the_hash_spreads", the_hash_spreads},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
