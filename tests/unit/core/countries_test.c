/* Countries and continents. */
#include "gentally/core/countries.h"

#include "suite.h"
#include "table_file.h"

static void finds_the_continent(void)
{
    static const struct {
        const char *code, *want; /* NULL = absent */
    } rows[] = {
        {"US", "North America"},
        {"MX", "North America"}, /* Central America and the Caribbean too: the study has six continents */
        {"CU", "North America"},
        {"BR", "South America"},
        {"DE", "Europe"},
        {"RU", "Europe"},
        {"XK", "Europe"},
        {"TR", "Asia"},
        {"CN", "Asia"},
        {"HK", "Asia"},
        {"IN", "Asia"},
        {"NG", "Africa"},
        {"AU", "Oceania"},
        {"CD", "Africa"}, /* its name has a comma */
        {"AQ", NULL},     /* known, without a continent */
        {"ZZ", NULL},
        {"us", NULL},
        {"Us", NULL},
        {"U", NULL},
        {"USA", NULL},
        {"U1", NULL},
        {"[[", NULL},
        {"@@", NULL},
        {"\xc3\x9c", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    struct countries *countries;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(countries_open(&countries, NULL, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct span continent = countries_continent(countries, span_of(rows[i].code));
        CU_ASSERT(span_equal(continent, span_of(rows[i].want)));
        CU_ASSERT_EQUAL(continent.bytes == NULL, rows[i].want == NULL);
    }
    CU_ASSERT_NOT_EQUAL(countries_version(countries), 0);
    countries_close(countries);
}

static void the_bundled_table_has_six_continents(void)
{
    static const char *const continents[] = {"Africa", "Asia", "Europe", "Oceania", "North America", "South America"};
    struct countries *countries;
    struct reason why = {0};
    unsigned count = 0;

    CU_ASSERT_EQUAL_FATAL(countries_open(&countries, "", &why), GO_ON);
    for (char first = 'A'; first <= 'Z'; first++)
        for (char second = 'A'; second <= 'Z'; second++) {
            const char code[] = {first, second};
            struct span continent = countries_continent(countries, (struct span){code, 2});
            bool is_listed = continent.size == 0;
            for (size_t i = 0; i < LENGTH_OF(continents); i++)
                is_listed = is_listed || span_equal(continent, span_of(continents[i]));
            CU_ASSERT(is_listed);
            count += continent.size > 0;
        }
    CU_ASSERT_EQUAL(count, 249); /* the 249 of ISO 3166-1 without Antarctica, and XK */
    countries_close(countries);
}

static void refuses_a_wrong_table(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"code,name\nDE,Germany\n", ":1: has no column \"continent\""},
        {"code,continent\n", ":2: has no rows"},
        {"code,continent\nDE,Europe\nFR,Europe\nDE,Asia\n", ":4: code DE appears twice"},
        {"code,continent\nAQ,\nAQ,\n", ":3: code AQ appears twice"},
        {"code,continent\nDEU,Europe\n", ":2: code \"DEU\" is not two capitals"},
        {"code,continent\nde,Europe\n", ":2: code \"de\" is not two capitals"},
        {"code,continent\nDE\n", ":2: has 1 fields, the header has 2"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct countries *countries = NULL;
        struct reason why = {0};
        struct table_file file = table_file_open(rows[i].text);
        CU_ASSERT_EQUAL(countries_open(&countries, file.path, &why), HALT);
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), "TABLE-INVALID");
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, rows[i].want));
        CU_ASSERT_PTR_NULL(countries);
        table_file_close(&file);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"finds_the_continent", finds_the_continent},
        {"the_bundled_table_has_six_continents", the_bundled_table_has_six_continents},
        {"refuses_a_wrong_table", refuses_a_wrong_table},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
