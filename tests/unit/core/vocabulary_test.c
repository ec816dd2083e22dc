/* Countries and languages as producers write them, and which values are in no vocabulary. */
#include "gentally/core/vocabulary.h"

#include "gentally/core/countries.h"
#include "suite.h"

struct spelling {
    const char *written, *counts;
};

static const struct spelling country_rows[] = {
    {"US", "US"},
    {"us", "US"},
    {"Us", "US"},
    {"uS", "US"},
    {"de", "DE"},
    {"UK", "UK"},
    {"uk", "UK"},
    {"USA", "USA"},
    {"usa", "usa"},
    {"", ""},
    {"T1", "T1"},
    {"t1", "t1"},
    {" us", " us"},
    {"u", "u"},
    {"\xc3\xa4", "\xc3\xa4"},
    {"xx", "XX"},
    {"United States", "United States"},
};

static const struct spelling language_rows[] = {
    {"en", "en"},
    {"EN", "en"},
    {"En", "en"},
    {"en-us", "en-US"},
    {"EN-US", "en-US"},
    {"en_US", "en-US"},
    {"zh-hans", "zh-Hans"},
    {"ZH_HANS_CN", "zh-Hans-CN"},
    {"es-419", "es-419"},
    {"SL-ROZAJ-biske", "sl-rozaj-biske"},
    {"mn-cYRL-mn", "mn-Cyrl-MN"}, /* RFC 5646's own examples, to the x */
    {"en-ca-x-ca", "en-CA-x-ca"},
    {"sgn-be-fr", "sgn-BE-FR"},
    {"az-latn-x-latn", "az-Latn-x-latn"},
    {"de-DE-u-co-PHONEBK", "de-DE-u-co-phonebk"},
    {"iw", "he"},
    {"IW-il", "he-IL"},
    {"in", "id"},
    {"ji", "yi"},
    {"jw", "jv"},
    {"mo", "ro"},
    {"zh-in", "zh-IN"}, /* a region */
    {"und", "und"},
    {"ENG", "eng"},
    {"", ""},
    {"English (US)", "English (US)"}, /* no tags: they stay as they are */
    {"en-", "en-"},
    {"-EN", "-EN"},
    {"EN--US", "EN--US"},
    {"_", "_"},
    {"EN US", "EN US"},
    {"E1", "E1"},
    {"C", "C"},
    {"I-Klingon", "i-klingon"},
    {"Abcdefghi", "Abcdefghi"},
    {"\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x96\x87"},
};

static void check_row(struct span got, const struct spelling *row)
{
    if (!span_equal(got, span_of(row->counts)))
        printf("'%s' counts as '%.*s', not '%s'\n", row->written, (int)got.size, got.bytes, row->counts);
    CU_ASSERT_TRUE(span_equal(got, span_of(row->counts)));
}

static void spellings_of_one_value_are_one(void)
{
    for (size_t i = 0; i < LENGTH_OF(country_rows); i++) {
        struct canonical_texts texts, again;
        struct event event = {.country = span_of(country_rows[i].written)};
        event_canonicalise(&event, &texts);
        check_row(event.country, &country_rows[i]);
        event_canonicalise(&event, &again);
        check_row(event.country, &country_rows[i]);
        CU_ASSERT_EQUAL(event.language.size, 0);
    }
    for (size_t i = 0; i < LENGTH_OF(language_rows); i++) {
        struct canonical_texts texts, again;
        struct event event = {.language = span_of(language_rows[i].written)};
        event_canonicalise(&event, &texts);
        check_row(event.language, &language_rows[i]);
        event_canonicalise(&event, &again);
        check_row(event.language, &language_rows[i]);
    }
}

static void the_longest_tag_fits(void)
{
    char tag[EVENT_TEXT_MAX];
    struct canonical_texts texts;
    struct event event = {.language = {tag, sizeof(tag)}};

    for (size_t i = 0; i < sizeof(tag); i++)
        tag[i] = i % 4 == 3 ? '_' : 'A';
    tag[sizeof(tag) - 1] = 'A';
    event_canonicalise(&event, &texts);
    CU_ASSERT_PTR_EQUAL(event.language.bytes, texts.language);
    CU_ASSERT_EQUAL(event.language.size, sizeof(tag));
    CU_ASSERT_EQUAL(event.language.bytes[0], 'a');
    CU_ASSERT_EQUAL(event.language.bytes[3], '-');
    CU_ASSERT_EQUAL(event.language.bytes[sizeof(tag) - 1], 'a');
}

static void what_is_in_no_vocabulary_is_told(void)
{
    static const struct {
        enum dimension dimension;
        const char *value;
        bool is_known;
    } rows[] = {
        {DIM_COUNTRY, "US", true},
        {DIM_COUNTRY, "TW", true},
        {DIM_COUNTRY, "XK", true},
        {DIM_COUNTRY, "AQ", true},
        {DIM_COUNTRY, "UK", false},
        {DIM_COUNTRY, "USA", false},
        {DIM_COUNTRY, "EU", false},
        {DIM_COUNTRY, "AN", false},
        {DIM_COUNTRY, "XX", false},
        {DIM_COUNTRY, "T1", false},
        {DIM_COUNTRY, "A1", false},
        {DIM_COUNTRY, "A2", false}, /* databases of addresses have it for satellites, AP for a region */
        {DIM_COUNTRY, "AP", false},
        {DIM_COUNTRY, "EL", false}, /* Greece, as the European Union writes it */
        {DIM_COUNTRY, "", true},
        {DIM_COUNTRY, "(other)", true},
        {DIM_LANGUAGE, "en", true},
        {DIM_LANGUAGE, "zu", true},
        {DIM_LANGUAGE, "aa", true},
        {DIM_LANGUAGE, "zh-Hans-CN", true},
        {DIM_LANGUAGE, "und", true},
        {DIM_LANGUAGE, "yue", true},
        {DIM_LANGUAGE, "eng", false},
        {DIM_LANGUAGE, "ger", false},
        {DIM_LANGUAGE, "deu", false},
        {DIM_LANGUAGE, "xx", false},
        {DIM_LANGUAGE, "jp", false}, /* countries in the place of ja, zh, cs */
        {DIM_LANGUAGE, "cn", false},
        {DIM_LANGUAGE, "cz-CZ", false},
        {DIM_LANGUAGE, "english", false},
        {DIM_LANGUAGE, "en US", false},
        {DIM_LANGUAGE, "C", false},
        {DIM_FINISH_REASON, "stop", true},
        {DIM_FINISH_REASON, "tool_calls", true},
        {DIM_FINISH_REASON, "STOP", false},
        {DIM_FINISH_REASON, "end_turn", false},
        {DIM_FINISH_REASON, "max_tokens", false},
        {DIM_FINISH_REASON, "eos", false}, /* as hosts of open models say it */
        {DIM_FINISH_REASON, "unknown", false},
        {DIM_MODEL, "anything", true},
    };
    struct countries *countries;

    CU_ASSERT_EQUAL_FATAL(countries_open(&countries, NULL, NULL), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        bool is_known = vocabulary_knows(rows[i].dimension, span_of(rows[i].value), countries);
        if (is_known != rows[i].is_known)
            printf("%s %s\n", dimension_name(rows[i].dimension), rows[i].value);
        CU_ASSERT_EQUAL(is_known, rows[i].is_known);
    }
    countries_close(countries);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"spellings of one value are one", spellings_of_one_value_are_one},
        {"the longest tag fits", the_longest_tag_fits},
        {"what is in no vocabulary is told", what_is_in_no_vocabulary_is_told},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
