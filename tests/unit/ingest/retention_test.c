/* What is noted of a partition's records between two flushes, and what is not, since it was before. */
#include "retention.h"

#include "gentally/core/window.h"
#include "suite.h"

#define DAY_2025_10_15 INT64_C(1760486400000)

struct rig {
    struct symbols *symbols;
    struct catalog *catalog;
    struct retention *retention;
    struct pair_log log;
    struct activities *set; /* the entry that was written last, read back */
};

static struct rig open_rig(void)
{
    struct rig rig = {0};
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(symbols_open(&rig.symbols, 1000, 100000, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(catalog_open(&rig.catalog, "", &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(retention_open(&rig.retention, rig.symbols, rig.catalog, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(activities_open(&rig.set, &why), GO_ON);
    return rig;
}

static void close_rig(struct rig *rig)
{
    pair_log_free(&rig->log);
    activities_close(rig->set);
    retention_close(rig->retention);
    catalog_close(rig->catalog);
    symbols_close(rig->symbols);
}

static void note_in(struct rig *rig, struct pair_log *log, const char *model, uint64_t account, int64_t event_ms)
{
    static struct fact fact;

    fact = (struct fact){.event_ms = event_ms, .windows = 1u << WINDOW_MONTH | 1u, .account = {account, account * 977}};
    fact.dims[DIM_MODEL] = symbols_intern(rig->symbols, span_of(model));
    CU_ASSERT_FATAL(pair_log_reserve(log));
    retention_note(rig->retention, log, &fact);
}

static void note(struct rig *rig, const char *model, uint64_t account, int64_t event_ms)
{
    note_in(rig, &rig->log, model, account, event_ms);
}

/* How many activities a flush writes; they are read back into the rig's set. */
static uint32_t write(struct rig *rig, const struct pair_log *log)
{
    struct arena arena;
    struct span entry;
    struct reason why = {0};

    arena_open(&arena, 1000);
    activities_clear(rig->set);
    CU_ASSERT_EQUAL_FATAL(retention_write(rig->retention, log, &arena, &arena, &entry, &why), GO_ON);
    CU_ASSERT_EQUAL(entry.bytes == NULL, log->count == 0);
    if (entry.bytes != NULL)
        CU_ASSERT_EQUAL_FATAL(activities_add(rig->set, entry, &why), GO_ON);
    arena_close(&arena);
    CU_ASSERT_EQUAL(activities_count(rig->set), log->count);
    return activities_count(rig->set);
}

static uint32_t flush(struct rig *rig, struct pair_log *log)
{
    uint32_t count = write(rig, log);

    pair_log_flushed(log);
    return count;
}

static void what_is_known_is_not_noted_again(void)
{
    struct rig rig = open_rig();

    for (int times = 0; times < 3; times++)
        note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    note(&rig, "openai/gpt-4o", 2, DAY_2025_10_15);
    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15 + 20 * DAY_MS); /* November */
    note(&rig, "nobody/knows", 1, DAY_2025_10_15);
    CU_ASSERT_EQUAL(write(&rig, &rig.log), 4);
    CU_ASSERT_EQUAL(write(&rig, &rig.log), 4); /* the same again, after an answer that was lost */
    CU_ASSERT_EQUAL(flush(&rig, &rig.log), 4);
    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    CU_ASSERT_EQUAL(flush(&rig, &rig.log), 0);
    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    note(&rig, "openai/gpt-4o", 3, DAY_2025_10_15);
    CU_ASSERT_EQUAL(flush(&rig, &rig.log), 1);
    close_rig(&rig);
}

/* An account's 12 bytes are the first of its pseudonym, big-endian; model and month as they were. */
static void an_entry_says_who_used_what_when(void)
{
    static const uint8_t account[ACCOUNT_SIZE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    struct rig rig = open_rig();
    struct fact fact = {.event_ms = DAY_2025_10_15,
                        .windows = 1u << WINDOW_MONTH,
                        .account = {UINT64_C(0x0001020304050607), UINT64_C(0x08090a0b0c0d0e0f)}};

    note(&rig, "nobody/knows", 1, DAY_2025_10_15); /* so that the model's index is not 0 */
    CU_ASSERT_EQUAL(flush(&rig, &rig.log), 1);
    fact.dims[DIM_MODEL] = symbols_intern(rig.symbols, span_of("openai/gpt-4o:free"));
    CU_ASSERT_FATAL(pair_log_reserve(&rig.log));
    retention_note(rig.retention, &rig.log, &fact);
    CU_ASSERT_EQUAL_FATAL(flush(&rig, &rig.log), 1);
    const struct activity *read = activities_items(rig.set);
    CU_ASSERT_EQUAL(memcmp(read->account, account, ACCOUNT_SIZE), 0);
    CU_ASSERT_EQUAL(read->month, (2025 - 1970) * 12 + 9);
    CU_ASSERT_TRUE(span_equal(activities_model(rig.set, read->model), span_of("openai/gpt-4o")));
    CU_ASSERT_EQUAL(activities_models(rig.set), 1);
    close_rig(&rig);
}

/* Claimed anew, a partition may stand before what it noted; and what one partition noted says nothing of another, whose
 * flushes are its own. */
static void a_log_remembers_nothing_of_another(void)
{
    struct rig rig = open_rig();
    struct pair_log other = {.items = NULL};

    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    CU_ASSERT_EQUAL(flush(&rig, &rig.log), 1);
    note_in(&rig, &other, "openai/gpt-4o", 1, DAY_2025_10_15);
    CU_ASSERT_EQUAL(flush(&rig, &other), 1);
    note(&rig, "openai/gpt-4o", 2, DAY_2025_10_15);
    pair_log_begin(&rig.log);
    CU_ASSERT_EQUAL(write(&rig, &rig.log), 0); /* dropped with its rows */
    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    note(&rig, "openai/gpt-4o", 2, DAY_2025_10_15);
    CU_ASSERT_EQUAL(flush(&rig, &rig.log), 2);
    note_in(&rig, &other, "openai/gpt-4o", 2, DAY_2025_10_15);
    CU_ASSERT_EQUAL(flush(&rig, &other), 1);
    pair_log_free(&other);
    close_rig(&rig);
}

/* Every name of a display model is one pair; an unknown one is its name without variants. */
static void names_of_one_model_are_one_pair(void)
{
    static const char *const names[] = {"openai/gpt-4o", "openai/gpt-4o:free", "azure/GPT-4o"};
    struct rig rig = open_rig();

    for (size_t i = 0; i < LENGTH_OF(names); i++)
        note(&rig, names[i], 7, DAY_2025_10_15);
    CU_ASSERT_EQUAL(flush(&rig, &rig.log), 1);
    note(&rig, "some/thing:beta", 7, DAY_2025_10_15);
    note(&rig, "some/thing", 7, DAY_2025_10_15);
    CU_ASSERT_EQUAL(flush(&rig, &rig.log), 1);
    close_rig(&rig);
}

static void only_counted_events_with_accounts_are_noted(void)
{
    struct rig rig = open_rig();
    struct fact fact = {.event_ms = DAY_2025_10_15, .windows = 1u << WINDOW_MONTH};

    fact.dims[DIM_MODEL] = symbols_intern(rig.symbols, span_of("openai/gpt-4o"));
    CU_ASSERT_FATAL(pair_log_reserve(&rig.log));
    retention_note(rig.retention, &rig.log, &fact); /* no account */
    fact.account = (struct pseudonym){1, 2};
    fact.windows = 1u << WINDOW_HOUR | 1u << WINDOW_DAY | 1u << WINDOW_WEEK;
    retention_note(rig.retention, &rig.log, &fact); /* its month is over */
    fact.windows = 1u << WINDOW_MONTH;
    fact.event_ms = INT64_C(253402300799999); /* the year 9999 */
    retention_note(rig.retention, &rig.log, &fact);
    CU_ASSERT_EQUAL(flush(&rig, &rig.log), 0);
    close_rig(&rig);
}

static void months_are_counted_from_1970(void)
{
    static const struct {
        int64_t ms;
        uint32_t month;
    } rows[] = {
        {0, 0}, {31 * DAY_MS - 1, 0}, {31 * DAY_MS, 1}, {INT64_C(1761955199999), 669}, {INT64_C(1761955200000), 670}};

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT_EQUAL(month_number(rows[i].ms), rows[i].month);
}

/* As many as there is room for, over and over; each is written exactly once. */
static void a_full_log_asks_for_a_flush(void)
{
    struct rig rig = open_rig();
    uint64_t noted = 0;

    for (int interval = 0; interval < 2; interval++) {
        uint32_t here = 0;
        while (retention_has_room(rig.retention, &rig.log)) {
            note(&rig, "openai/gpt-4o", UINT64_C(0x9e3779b97f4a7c15) * ++noted, DAY_2025_10_15);
            here++;
        }
        CU_ASSERT(here > 50000);
        CU_ASSERT_EQUAL(flush(&rig, &rig.log), here);
        CU_ASSERT(retention_has_room(rig.retention, &rig.log));
    }
    close_rig(&rig);
}

/* Half of what the cache has places for: where each had a single place, four in ten would meet another there. */
static void nearly_all_that_fits_is_remembered(void)
{
    enum { ACCOUNTS = 1 << 19 };
    struct rig rig = open_rig();
    uint32_t noted[2] = {0, 0};

    for (int times = 0; times < 2; times++)
        for (uint64_t account = 1; account <= ACCOUNTS; account++) {
            note(&rig, "openai/gpt-4o", UINT64_C(0x9e3779b97f4a7c15) * account, DAY_2025_10_15);
            noted[times] += rig.log.count;
            pair_log_flushed(&rig.log);
        }
    CU_ASSERT_EQUAL(noted[0], ACCOUNTS);
    CU_ASSERT(noted[1] < ACCOUNTS / 5);
    close_rig(&rig);
}

/* Symbols and models are cleared once all logs are flushed: what they mean then is what they mean then. */
static void models_are_forgotten_between_flushes(void)
{
    struct rig rig = open_rig();

    note(&rig, "some/one", 1, DAY_2025_10_15);
    CU_ASSERT_EQUAL(flush(&rig, &rig.log), 1);
    symbols_clear(rig.symbols);
    retention_forget(rig.retention, rig.catalog);
    CU_ASSERT_TRUE(retention_is_roomy(rig.retention));
    note(&rig, "some/other", 1, DAY_2025_10_15); /* the same symbol */
    note(&rig, "some/one", 1, DAY_2025_10_15);   /* known */
    CU_ASSERT_EQUAL(flush(&rig, &rig.log), 1);
    CU_ASSERT_TRUE(span_equal(activities_model(rig.set, 0), span_of("some/other")));
    close_rig(&rig);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what_is_known_is_not_noted_again", what_is_known_is_not_noted_again},
        {"an_entry_says_who_used_what_when", an_entry_says_who_used_what_when},
        {"a_log_remembers_nothing_of_another", a_log_remembers_nothing_of_another},
        {"names_of_one_model_are_one_pair", names_of_one_model_are_one_pair},
        {"only_counted_events_with_accounts_are_noted", only_counted_events_with_accounts_are_noted},
        {"months_are_counted_from_1970", months_are_counted_from_1970},
        {"a_full_log_asks_for_a_flush", a_full_log_asks_for_a_flush},
        {"nearly_all_that_fits_is_remembered", nearly_all_that_fits_is_remembered},
        {"models_are_forgotten_between_flushes", models_are_forgotten_between_flushes},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
