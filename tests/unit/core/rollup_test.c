/* Rollups from text, and row keys there and back. */
#include "gentally/core/rollup.h"

#include "suite.h"
#include "verdict_name.h"

static struct rollups rollups;
static struct reason why;

static void the_default_set_is_read(void)
{
    static const struct {
        const char *name;
        uint32_t dim_count;
        enum dimension dims[2];
    } rows[] = {
        {"total", 0, {0}},
        {"model", 1, {DIM_MODEL}},
        {"provider", 2, {DIM_PROVIDER, DIM_MODEL}},
        {"category", 2, {DIM_CATEGORY, DIM_MODEL}},
        {"tag", 2, {DIM_TAG, DIM_CATEGORY}},
        {"geography", 1, {DIM_COUNTRY}},
        {"language", 1, {DIM_LANGUAGE}},
    };

    CU_ASSERT_EQUAL_FATAL(rollups_parse(ROLLUPS_DEFAULT, &rollups, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(rollups.count, LENGTH_OF(rows));
    for (uint32_t i = 0; i < rollups.count; i++) {
        CU_ASSERT_STRING_EQUAL(rollups.items[i].name, rows[i].name);
        CU_ASSERT_EQUAL_FATAL(rollups.items[i].dim_count, rows[i].dim_count);
        for (uint32_t d = 0; d < rows[i].dim_count; d++)
            CU_ASSERT_EQUAL(rollups.items[i].dims[d], rows[i].dims[d]);
        CU_ASSERT_PTR_EQUAL(rollups_find(&rollups, span_of(rows[i].name)), &rollups.items[i]);
    }
    CU_ASSERT_PTR_NULL(rollups_find(&rollups, span_of("tota")));
    CU_ASSERT_PTR_NULL(rollups_find(&rollups, span_of("")));
    CU_ASSERT_PTR_NULL(rollups_find(&rollups, (struct span){NULL, 0}));
}

/* Which bases are counted, as text, and which of them each rollup is made of. */
static void rollups_share_bases(void)
{
    static const struct {
        const char *rollups, *bases;
        uint32_t base[7];
    } rows[] = {
        {ROLLUPS_DEFAULT, "provider+model category+model tag+category country+language", {0, 0, 0, 1, 2, 3, 3}},
        {"total=", "", {0}},
        {"total=,a=model,b=provider", "model provider", {0, 0, 1}},
        {"total=,a=category,b=category+model", "category+model", {1, 0, 0}},
        {"total=,a=tag,b=tag+category", "tag+category tag", {2, 1, 0}},
        {"total=,a=tag,b=model+tag,c=model", "model+tag model", {1, 0, 0, 1}},
        {"total=,a=country,b=country+model,c=language", "country+model language", {0, 0, 0, 1}},
        {"total=,a=finish_reason,b=language,c=country", "finish_reason+language+country", {0, 0, 0, 0}},
        {"total=,a=model+provider,b=provider+model", "model+provider", {0, 0, 0}},
    };
    struct grouping grouping;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char bases[256] = "";
        CU_ASSERT_EQUAL_FATAL(rollups_parse(rows[i].rollups, &rollups, &why), GO_ON);
        rollups_group(&rollups, &grouping);
        for (uint32_t b = 0; b < grouping.bases.count; b++) {
            const struct rollup *base = &grouping.bases.items[b];
            for (uint32_t d = 0; d < base->dim_count; d++) {
                strncat(bases, d > 0 ? "+" : b > 0 ? " " : "", 2);
                strncat(bases, dimension_name(base->dims[d]), 20);
            }
        }
        /* A rollup without dimensions is made of the first base without labels, or is one that has no name to show. */
        CU_ASSERT_STRING_EQUAL(bases, rows[i].bases);
        for (uint32_t r = 0; r < rollups.count; r++) {
            const struct rollup *base = &grouping.bases.items[grouping.base[r]];
            CU_ASSERT_EQUAL(grouping.base[r], rows[i].base[r]);
            for (uint32_t d = 0; d < rollups.items[r].dim_count; d++)
                CU_ASSERT_EQUAL(base->dims[grouping.place[r][d]], rollups.items[r].dims[d]);
        }
    }
}

static void what_is_wrong_is_said(void)
{
    static const struct {
        const char *text, *said; /* NULL: nothing is wrong */
    } rows[] = {
        {"total=", NULL},
        {"a=model,total=", NULL},
        {"total=,x=model+provider+country+language", NULL},
        {"total=,abcdefghijklmnopqrstuvwxyz_0123=model", NULL},
        {"", "byte 1: ''"},
        {"total", "byte 1: 'total'"},
        {"model=model", "'total='"},
        {"total=model", "'total='"},
        {"total=,", "byte 8: ''"},
        {"total=,,a=model", "byte 8: ''"},
        {"total=, a=model", "byte 8: ' a'"},
        {"total=,=model", "byte 8: ''"},
        {"total=,A=model", "byte 8: 'A'"},
        {"total=,a|b=model", "byte 8: 'a|b'"},
        {"total=,abcdefghijklmnopqrstuvwxyz_01234=model", "byte 8"},
        {"total=,a=model,a=provider", "name given twice at byte 16: 'a'"},
        {"total=,_n=model", "which it does not begin with at byte 8: '_n'"},
        {"total=,__rows=", "which it does not begin with at byte 8: '__rows'"},
        {"total=,a=price", "no such dimension at byte 10: 'price'"},
        {"total=,a=model+", "byte 16: ''"},
        {"total=,a=model=provider", "'model=provider'"},
        {"total=,a=model+model", "named twice at byte 16"},
        {"total=,a=model+provider+country+language+finish_reason", "more than 4 dimensions at byte 42"},
        {"total=,b=,c=,d=,e=,f=,g=,h=,i=,j=,k=,l=,m=,n=,o=,p=", NULL},
        {"total=,b=,c=,d=,e=,f=,g=,h=,i=,j=,k=,l=,m=,n=,o=,p=,q=", "more than 16 rollups"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        why = (struct reason){0};
        enum verdict verdict = rollups_parse(rows[i].text, &rollups, &why);
        bool is_right = rows[i].said == NULL ? verdict == GO_ON
                                             : verdict == HALT && strcmp(reason_name(why.id), "CONFIG-ROLLUP") == 0 &&
                                                   strstr(why.text, rows[i].said) != NULL;
        if (!is_right)
            printf("'%s' -> %s: %s\n", rows[i].text, verdict_name(verdict), why.text);
        CU_ASSERT(is_right);
    }
}

static void keys_are_readable_and_read_back(void)
{
    static const struct {
        const char *rollup, *first, *second, *key;
    } rows[] = {
        {"total", NULL, NULL, "total"},
        {"model", "openai/gpt-4o", NULL, "model|openai/gpt-4o"},
        {"model", NULL, NULL, "model|"},
        {"provider", "azure", "openai/gpt-4o", "provider|azure|openai/gpt-4o"},
        {"provider", NULL, "openai/gpt-4o", "provider||openai/gpt-4o"},
        {"provider", NULL, NULL, "provider||"},
        {"provider", "a|b%c", "\x01\x1f\x20\x7f\n", "provider|a%7Cb%25c|%01%1F\x20\x7f%0A"},
        {"model", "\xc3\xa9t\xc3\xa9", NULL, "model|\xc3\xa9t\xc3\xa9"},
        {"model", "%7C", NULL, "model|%257C"},
    };
    static char text[ROW_KEY_MAX], decoded[ROW_KEY_MAX];

    CU_ASSERT_EQUAL_FATAL(rollups_parse(ROLLUPS_DEFAULT, &rollups, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct span values[] = {span_of(rows[i].first), span_of(rows[i].second)}, read[ROLLUP_DIMS_MAX];
        const struct rollup *rollup = rollups_find(&rollups, span_of(rows[i].rollup)), *found;
        struct span key = {text, row_key_write(rollup, values, text)};
        CU_ASSERT(span_equal(key, span_of(rows[i].key)));
        CU_ASSERT_FATAL(row_key_read(key, &rollups, &found, read, decoded));
        CU_ASSERT_PTR_EQUAL(found, rollup);
        for (uint32_t d = 0; d < ROLLUP_DIMS_MAX; d++)
            CU_ASSERT(span_equal(read[d], d < rollup->dim_count ? values[d] : (struct span){NULL, 0}));
        for (uint32_t d = 0; d < rollup->dim_count; d++)
            CU_ASSERT_EQUAL(read[d].bytes == NULL, values[d].bytes == NULL);
    }
}

static void the_longest_key_fits(void)
{
    static char value[EVENT_TEXT_MAX], text[ROW_KEY_MAX], decoded[ROW_KEY_MAX];
    struct span values[ROLLUP_DIMS_MAX], read[ROLLUP_DIMS_MAX];
    const struct rollup *found;

    memset(value, '|', sizeof(value));
    for (unsigned d = 0; d < ROLLUP_DIMS_MAX; d++)
        values[d] = (struct span){value, sizeof(value)};
    CU_ASSERT_EQUAL_FATAL(
        rollups_parse("total=,abcdefghijklmnopqrstuvwxyz_0123=model+provider+country+language", &rollups, &why), GO_ON);
    struct span key = {text, row_key_write(&rollups.items[1], values, text)};
    CU_ASSERT_EQUAL(key.size, ROW_KEY_MAX - 1);
    CU_ASSERT_FATAL(row_key_read(key, &rollups, &found, read, decoded));
    CU_ASSERT(span_equal(read[3], values[3]));
}

static void what_no_row_wrote_is_no_key(void)
{
    static const char *const keys[] = {
        "",           "|",         "totals",    "total|",    "model",     "model|a|b", "provider|a", "provider|a|b|c",
        "model|%",    "model|%7",  "model|%7c", "model|%41", "model|%G0", "model|a\n", "Model|a",    "model|a%2",
        "model|%%25", "model|%-1", "price|a",
    };
    static char decoded[ROW_KEY_MAX];
    struct span values[ROLLUP_DIMS_MAX];
    const struct rollup *rollup;

    CU_ASSERT_EQUAL_FATAL(rollups_parse(ROLLUPS_DEFAULT, &rollups, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(keys); i++) {
        bool is_key = row_key_read(span_of(keys[i]), &rollups, &rollup, values, decoded);
        if (is_key)
            printf("took '%s' for a key\n", keys[i]);
        CU_ASSERT_FALSE(is_key);
    }
    CU_ASSERT_FALSE(row_key_read((struct span){NULL, 0}, &rollups, &rollup, values, decoded));
    CU_ASSERT_FALSE(row_key_read((struct span){"model|%7\0", 9}, &rollups, &rollup, values, decoded));
    static char longest[ROW_KEY_MAX + 1] = "model|";
    memset(longest + 6, 'x', sizeof(longest) - 6);
    CU_ASSERT_FALSE(row_key_read((struct span){longest, sizeof(longest)}, &rollups, &rollup, values, decoded));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the default set is read", the_default_set_is_read},
        {"rollups share bases", rollups_share_bases},
        {"what is wrong is said", what_is_wrong_is_said},
        {"keys are readable and read back", keys_are_readable_and_read_back},
        {"the longest key fits", the_longest_key_fits},
        {"what no row wrote is no key", what_no_row_wrote_is_no_key},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
