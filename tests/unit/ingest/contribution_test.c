/* What an event contributed, in bytes and back; damage is seen. */
#include "contribution.h"

#include "suite.h"

static struct symbols *symbols, *others;
static struct fact fact, again;
static uint8_t bytes[CONTRIBUTION_MAX];

static uint32_t symbol(const char *text)
{
    return symbols_intern(symbols, span_of(text));
}

static struct symbols *open_symbols(void)
{
    struct symbols *opened = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(symbols_open(&opened, 1000, 100000, &why), GO_ON);
    (void)symbols_intern(opened, span_of("so that ids differ"));
    return opened;
}

static struct fact full_fact(void)
{
    struct fact full = {
        .event_ms = 1762000000123, .sample = UINT64_C(0x0102030405), .category_count = 2, .tag_count = 3};

    full.dims[DIM_MODEL] = symbol("openai/gpt-4o:free");
    full.dims[DIM_PROVIDER] = symbol("azure");
    full.dims[DIM_FINISH_REASON] = symbol("tool_calls");
    full.dims[DIM_APP] = symbol("chat");
    full.dims[DIM_ACCOUNT] = symbol("5bdcc146bf60754e6a042426089575c7");
    full.account = (struct pseudonym){1, 2};
    full.categories[0] = symbol("programming");
    full.categories[1] = symbol("science");
    for (uint32_t i = 0; i < 3; i++)
        full.tag_categories[i] = full.categories[i == 1];
    full.tags[0] = symbol("editor");
    full.tags[1] = symbol("mathematics");
    full.tags[2] = symbol("review");
    for (unsigned i = 0; i < MEASURE_COUNT; i++)
        full.sums[i] = 1;
    full.sums[M_TOKENS_PROMPT] = 100;
    full.sums[M_TOKENS_COMPLETION] = 40;
    full.sums[M_TOKENS_REASONING] = 10;
    full.sums[M_TOKENS_CACHED] = 0;
    full.sums[M_TOKENS_CACHE_WRITE] = 30;
    full.sums[M_COST_NANO_USD] = full.sums[M_BILLED_COST_NANO_USD] = EVENT_COST_MAX;
    full.sums[M_BILLED_TOKENS] = full.sums[M_TOOL_TOKENS] = full.sums[M_CLASSIFIED_TOKENS] = 140;
    full.sums[M_FREE_TOKENS] = full.sums[M_FREE_REQUESTS] = full.sums[M_ONE_LABEL] = full.sums[M_TWO_LABELS] = 0;
    full.sums[M_TOOLS_OFFERED_TOKENS] = full.sums[M_MAPPED_TOKENS] = full.sums[M_SPLIT_TOKENS] = 140;
    full.sums[M_TOKENS_SQUARED] = 140 * 140;
    full.sums[M_TOKENS_PROMPT_SQUARED] = 100 * 100;
    return full;
}

static void expect_symbol(uint32_t want, uint32_t got)
{
    CU_ASSERT_TRUE(span_equal(symbols_text(symbols, want), symbols_text(others, got)));
}

static void nothing_is_lost_but_the_account(void)
{
    struct placement placement = {5, 8, 0xdeadbeef}, read;

    symbols = open_symbols();
    others = open_symbols();
    fact = full_fact();
    fact.sample = sample_with_account(fact.sample, UINT64_C(0x123456789abcdef0));
    size_t size = contribution_write(&fact, placement, symbols, bytes);
    memset(&again, 0xa5, sizeof(again));
    CU_ASSERT_TRUE_FATAL(contribution_read((struct span){(char *)bytes, size}, others, &again, &read));
    CU_ASSERT_EQUAL(memcmp(&placement, &read, sizeof(read)), 0);
    CU_ASSERT_EQUAL(again.event_ms, fact.event_ms);
    CU_ASSERT_EQUAL(memcmp(again.sums, fact.sums, sizeof(fact.sums)), 0);
    CU_ASSERT_EQUAL(again.sample, UINT64_C(0x0102030405));
    CU_ASSERT(again.account.high == 0 && again.account.low == 0);
    for (unsigned i = 0; i < DIM_COUNT; i++)
        expect_symbol(fact.dims[i], again.dims[i]);
    CU_ASSERT_EQUAL_FATAL(again.category_count, fact.category_count);
    CU_ASSERT_EQUAL_FATAL(again.tag_count, fact.tag_count);
    for (uint32_t i = 0; i < fact.category_count; i++)
        expect_symbol(fact.categories[i], again.categories[i]);
    for (uint32_t i = 0; i < fact.tag_count; i++) {
        expect_symbol(fact.tags[i], again.tags[i]);
        expect_symbol(fact.tag_categories[i], again.tag_categories[i]);
    }
    printf("note: %zu bytes with five texts of labels, ", size);
    fact.category_count = fact.tag_count = 0;
    printf("%zu without\n", contribution_write(&fact, placement, symbols, bytes));
    symbols_close(symbols);
    symbols_close(others);
}

/* Every beginning of it, and a byte too many; any changed byte may read, but must not be read beyond. */
static void damage_is_refused(void)
{
    struct placement placement = {15, 0, 1}, read;

    symbols = open_symbols();
    others = open_symbols();
    fact = full_fact();
    size_t size = contribution_write(&fact, placement, symbols, bytes);
    for (size_t cut = 0; cut < size; cut++) {
        char *copy = malloc(cut + 1); /* its own size, so that the sanitizer watches its end */
        memcpy(copy, bytes, cut);
        CU_ASSERT_FALSE(contribution_read((struct span){copy, cut}, others, &again, &read));
        free(copy);
    }
    bytes[size] = 0;
    CU_ASSERT_FALSE(contribution_read((struct span){(char *)bytes, size + 1}, others, &again, &read));
    for (size_t at = 0; at < size; at++) {
        uint8_t was = bytes[at];
        bytes[at] = 0xff;
        (void)!contribution_read((struct span){(char *)bytes, size}, others, &again, &read);
        bytes[at] = was;
    }
    symbols_close(symbols);
    symbols_close(others);
}

/* Nothing that wrote another version was released: what says so is damage. */
static void other_versions_are_refused(void)
{
    struct placement placement = {15, 0, 1}, read;

    symbols = open_symbols();
    others = open_symbols();
    fact = full_fact();
    size_t size = contribution_write(&fact, placement, symbols, bytes);
    uint8_t version = bytes[0];
    for (unsigned other = 0; other < 256; other++) {
        bytes[0] = (uint8_t)other;
        CU_ASSERT_EQUAL(contribution_read((struct span){(char *)bytes, size}, others, &again, &read), other == version);
    }
    symbols_close(symbols);
    symbols_close(others);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"nothing_is_lost_but_the_account", nothing_is_lost_but_the_account},
        {"other_versions_are_refused", other_versions_are_refused},
        {"damage_is_refused", damage_is_refused},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
