/* Texts: what is one, by rows and against a decoder by code points; and where one is cut. */
#include "gentally/base/text.h"

#include "suite.h"

static void texts_are_told_from_the_rest(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        bool is_sound;
    } rows[] = {
        {"", 0, true},
        {"a", 1, true},
        {"\0", 1, false},
        {"a\0b", 3, false},
        {"caf\xc3\xa9\0", 6, false},
        {"\1\x1f\x7f", 3, true},
        {"\xc2\x9b", 2, true},
        {"\xef\xbb\xbf", 3, true},
        {"\xef\xbf\xbd\xef\xbf\xbf", 6, true},
        {"\xe2\x80\xae\xe2\x80\xa8", 6, true},
        {"\xf4\x8f\xbf\xbf", 4, true},
        {"\xf4\x90\x80\x80", 4, false},
        {"\xc0\x80", 2, false}, /* U+0000 as Java's modified UTF-8 spells it */
        {"\xed\xa0\xbd\xed\xb8\x80", 6, false},
        {"\xe2\x82", 2, false},
        {"\xf0\x9f\x98", 3, false},
        {"\xff", 1, false},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct span text = {rows[i].size == 0 ? NULL : rows[i].bytes, rows[i].size};
        if (text_is_sound(text) != rows[i].is_sound)
            printf("row %zu\n", i);
        CU_ASSERT_EQUAL(text_is_sound(text), rows[i].is_sound);
    }
}

/* Every sequence of up to three bytes, and every four-byte one of some third bytes, by the code point's value. */
static bool is_character(const unsigned char *bytes, size_t size)
{
    static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0}, masks[] = {0, 0x80, 0xe0, 0xf0, 0xf8};
    uint32_t point = bytes[0] & ~(uint32_t)masks[size];

    if ((bytes[0] & masks[size]) != marks[size])
        return false;
    for (size_t i = 1; i < size; i++) {
        if (bytes[i] >> 6 != 2)
            return false;
        point = point << 6 | (bytes[i] & 0x3fu);
    }
    return point >= least[size] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

static void characters_are_those_of_unicode(void)
{
    static const unsigned char edges[] = {0x7f, 0x80, 0xbf, 0xc0};
    size_t wrong = 0;

    for (uint32_t number = 0; number < UINT32_C(1) << 24; number++) {
        unsigned char bytes[4] = {(unsigned char)(number >> 16), (unsigned char)(number >> 8), (unsigned char)number};
        struct span text = {(const char *)bytes, 3};
        if (bytes[0] < 0xc0) /* begins with a short character: the rest is among the others */
            continue;
        if (bytes[0] < 0xe0)
            text.size = 2;
        if (bytes[0] < 0xf0) {
            wrong += text_is_sound(text) != is_character(bytes, text.size);
            continue;
        }
        text.size = 4;
        for (size_t i = 0; i < LENGTH_OF(edges); i++) {
            bytes[3] = edges[i];
            wrong += text_is_sound(text) != is_character(bytes, 4);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void a_cut_parts_no_character(void)
{
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"; /* 1, 2, 3, 4 and 1 bytes */
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};

    for (size_t size_max = 0; size_max < LENGTH_OF(want); size_max++) {
        struct span cut = text_cut(span_of(text), size_max);
        CU_ASSERT_EQUAL(cut.size, want[size_max]);
        CU_ASSERT_PTR_EQUAL(cut.bytes, text);
        CU_ASSERT(text_is_sound(cut));
    }
    CU_ASSERT_EQUAL(text_cut((struct span){NULL, 0}, 5).size, 0);
}

static void numbers_are_grouped(void)
{
    static const struct {
        int64_t value;
        const char *want;
    } rows[] = {{0, "0"},
                {7, "7"},
                {999, "999"},
                {1000, "1,000"},
                {-1000, "-1,000"},
                {22131436, "22,131,436"},
                {-999999, "-999,999"},
                {INT64_MAX, "9,223,372,036,854,775,807"},
                {INT64_MIN, "-9,223,372,036,854,775,808"}};

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        char text[TEXT_GROUPED_SIZE];
        CU_ASSERT_STRING_EQUAL(text_grouped(rows[index].value, text), rows[index].want);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"texts_are_told_from_the_rest", texts_are_told_from_the_rest},
        {"characters_are_those_of_unicode", characters_are_those_of_unicode},
        {"a_cut_parts_no_character", a_cut_parts_no_character},
        {"numbers_are_grouped", numbers_are_grouped},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
