/* Whose records were erased, by marks and offsets. The linker leads the reading of marks to the stand-in here
 * (CMakeLists.txt: --wrap). */
#include "erased.h"

#include "enrich.h"
#include "gentally/config/config.h"
#include "gentally/core/taxonomy.h"
#include "gentally/ingest/pseudonym.h"
#include "gentally/redis/store_erase.h"
#include "suite.h"

#define KEY "a key"

/* The store's marks. */
static struct {
    uint32_t count;
    char marks[3][ERASED_MARK_SIZE];
    int64_t offsets[3][4];
    int32_t partitions[3];
} world;

enum verdict __wrap_store_marks_read(struct store *store, store_mark_reader *each, void *context, struct reason *why);

enum verdict __wrap_store_marks_read(struct store *store, store_mark_reader *each, void *context, struct reason *why)
{
    enum verdict verdict = GO_ON;

    (void)store;
    for (uint32_t i = 0; i < world.count && verdict == GO_ON; i++)
        verdict = each(context, world.marks[i], world.offsets[i], world.partitions[i], why);
    return verdict;
}

static struct pseudonyms *pseudonyms;

static void put_mark(const char *account, const int64_t offsets[4], int32_t partitions)
{
    struct pseudonym pseudonym = pseudonyms_of(pseudonyms, span_of(account));

    pseudonym_write(pseudonyms_mark(pseudonyms, pseudonym), world.marks[world.count]);
    memcpy(world.offsets[world.count], offsets, 4 * sizeof(*offsets));
    world.partitions[world.count++] = partitions;
}

static struct erased *open_erased(enum verdict expected)
{
    static struct config config;
    struct erased *erased = NULL;
    struct reason why;

    snprintf(config.account_key, sizeof(config.account_key), KEY);
    CU_ASSERT_EQUAL(erased_open(&erased, &config, NULL, &why), expected);
    if (expected == HALT)
        CU_ASSERT_EQUAL(why.id, ERASE_UNDER_WAY);
    return erased;
}

static void open_world(void)
{
    struct reason why;

    memset(&world, 0, sizeof(world));
    CU_ASSERT_EQUAL_FATAL(pseudonyms_open(&pseudonyms, span_of(KEY), &why), GO_ON);
}

static void what_came_before_is_erased(void)
{
    static const struct {
        const char *account;
        int32_t partition;
        int64_t offset;
        bool is_erased;
    } rows[] = {
        {"first", 0, 0, true},   {"first", 0, 9, true},   {"first", 0, 10, false},   {"first", 1, 4, true},
        {"first", 1, 5, false},  {"first", 2, 0, false},  {"first", 3, 0, false},    {"first", 900, 0, false},
        {"second", 0, 0, false}, {"second", 3, 99, true}, {"second", 3, 100, false}, {"second", 1, 7, false},
        {"third", 0, 0, false},  {"third", 3, 50, false},
    };

    open_world();
    put_mark("first", (const int64_t[]){10, 5, -1, 0}, 3);
    put_mark("second", (const int64_t[]){-1, -1, -1, 100}, 4);
    struct erased *erased = open_erased(GO_ON);
    CU_ASSERT_PTR_NOT_NULL_FATAL(erased);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const struct pseudonym before = pseudonyms_of(pseudonyms, span_of(rows[i].account));
        struct pseudonym account = before;
        bool is_erased = erased_take(erased, rows[i].partition, rows[i].offset, &account);
        if (is_erased != rows[i].is_erased)
            printf("%s, %d:%d\n", rows[i].account, (int)rows[i].partition, (int)rows[i].offset);
        CU_ASSERT_EQUAL(is_erased, rows[i].is_erased);
        CU_ASSERT_EQUAL(account.high == before.high && account.low == before.low, !is_erased);
    }
    struct pseudonym none = {0};
    CU_ASSERT_FALSE(erased_take(erased, 0, 0, &none));
    erased_close(erased);
    pseudonyms_close(pseudonyms);
}

static void a_stand_in_is_one_account_in_one_process(void)
{
    struct pseudonym taken[4];

    open_world();
    put_mark("first", (const int64_t[]){10, 10, 10, 10}, 4);
    put_mark("second", (const int64_t[]){10, 10, 10, 10}, 4);
    struct erased *erased = open_erased(GO_ON), *other = open_erased(GO_ON);
    CU_ASSERT_TRUE_FATAL(erased != NULL && other != NULL);
    for (int i = 0; i < 4; i++) {
        taken[i] = pseudonyms_of(pseudonyms, span_of(i == 2 ? "second" : "first"));
        CU_ASSERT_TRUE(erased_take(i == 3 ? other : erased, i, i, &taken[i]));
    }
    CU_ASSERT_TRUE(taken[0].high == taken[1].high && taken[0].low == taken[1].low);
    CU_ASSERT_NOT_EQUAL(taken[0].high, taken[2].high);
    CU_ASSERT_NOT_EQUAL(taken[0].high, taken[3].high);
    erased_close(erased);
    erased_close(other);
    pseudonyms_close(pseudonyms);
}

static void without_marks_nothing_is_asked_and_under_way_nothing_is_known(void)
{
    open_world();
    CU_ASSERT_PTR_NULL(open_erased(GO_ON));
    put_mark("first", (const int64_t[]){10, 5, -1, 0}, 3);
    put_mark("second", (const int64_t[]){0, 0, 0, 0}, 0);
    CU_ASSERT_PTR_NULL(open_erased(HALT));
    pseudonyms_close(pseudonyms);
}

/* In the number of distinct accounts it stays. */
static void who_was_erased_has_no_name(void)
{
    struct taxonomy *taxonomy;
    struct symbols *symbols;
    struct enrich *enrich;
    static struct fact fact;
    struct reason why;
    const struct event event = {.model = span_of("a/one"), .created_ms = 1700000000123, .account = span_of("somebody")};

    CU_ASSERT_EQUAL_FATAL(taxonomy_open(&taxonomy, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(symbols_open(&symbols, 1000, (size_t)1000 * EVENT_TEXT_MAX, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(enrich_open(&enrich, taxonomy, symbols, span_of(KEY), &why), GO_ON);
    for (int names = 0; names < 2; names++) {
        enrich_name_accounts(enrich, names == 1);
        enrich_event(enrich, &event, &fact);
        const uint64_t sample = fact.sample;
        enrich_erase(enrich, (struct pseudonym){3, 4}, &fact);
        CU_ASSERT_EQUAL(fact.sample, sample);
        CU_ASSERT_TRUE(fact.account.high == 3 && fact.account.low == 4);
        struct span name = symbols_text(symbols, fact.dims[DIM_ACCOUNT]);
        CU_ASSERT_TRUE(span_equal(name, span_of(names == 1 ? DIMENSION_ERASED : "")));
    }
    enrich_close(enrich);
    symbols_close(symbols);
    taxonomy_close(taxonomy);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what came before is erased", what_came_before_is_erased},
        {"a stand-in is one account in one process", a_stand_in_is_one_account_in_one_process},
        {"who was erased has no name", who_was_erased_has_no_name},
        {"without marks nothing is asked, and under way nothing is known",
         without_marks_nothing_is_asked_and_under_way_nothing_is_known},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
