/*
 * The places that a measure lives in. Whoever appends a measure to `enum measure` adds it to each of the files below;
 * this test reads them and names the measure and the file where it is missing. It sees texts only: what a measure
 * counts is held by the tests of the rooms.
 *
 * Places that need no line of their own: avro_write.c and avro_read.c walk the enum in the order of summary.avsc (a
 * schema with more measures gets a new id, see decode.h), and tally.c copies measures in runs, whose sum it asserts.
 */
#include <ctype.h>

#include "gentally/core/measure.h"
#include "suite.h"

enum form {
    ENUMERATOR, /* M_BILLED_TOKENS */
    NAME,       /* billed_tokens */
};

enum order {
    ANYWHERE, /* each measure stands somewhere in the part */
    IN_ORDER, /* each stands behind the one before it in the enum */
    ALONE,    /* the part is the list of measures, in the order of the enum */
};

/* A file, and the part of it from behind `begin` to `end`, in which every measure stands between two texts. */
static const struct place {
    const char *path, *begin, *end;
    enum form form;
    enum order order;
    const char *before, *after;
} places[] = {
    {"include/gentally/core/measure.h", "enum measure {", "MEASURE_COUNT", ENUMERATOR, ALONE, "", ""},
    {"src/core/measure.c", "measure_names[", "};", ENUMERATOR, IN_ORDER, "[", "] ="},
    {"src/core/measure.c", "measure_names[", "};", NAME, IN_ORDER, "= \"", "\","},
    {"src/ingest/enrich.c", "", "", ENUMERATOR, ANYWHERE, "[", "]"},
    {"src/ingest/contribution.c", "[MEASURE_COUNT] = {", "};", ENUMERATOR, IN_ORDER, "[", "] ="},
    {"src/inspect/audit_sums.c", "static void check_parts(", "\n}", ENUMERATOR, ANYWHERE, "", ""},
    {"schemas/summary.avsc", "", "", NAME, IN_ORDER, "\"name\": \"", "\""},
    {"schemas/store.lua", "local MEASURES = {", "}", NAME, ALONE, "'", "'"},
    {"schemas/README.md", "## The summary", "## The ledger", NAME, ANYWHERE, "`", "`"},
    {"tests/integration/oracle.py", "SUMS = \"\"\"", "\"\"\"", NAME, ALONE, "", ""},
    {"tests/simulation/counts.c", "names[SUMS] = {", "};", NAME, IN_ORDER, "\"", "\""},
};

static bool is_word(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

/* The file's text; the caller frees it. */
static char *read_file(const char *path)
{
    char whole[512];
    char *text = calloc(1, 1 << 20);

    snprintf(whole, sizeof(whole), "%s/%s", GENTALLY_ROOT, path);
    FILE *file = fopen(whole, "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    size_t size = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    CU_ASSERT(size > 0 && size < (1 << 20) - 1);
    return text;
}

/* Cuts the part out of the text; empty if the file does not have its begin or end. */
static char *part_of(char *text, const struct place *place)
{
    char *begin = strstr(text, place->begin);

    if (begin == NULL)
        return text + strlen(text);
    begin += strlen(place->begin);
    char *end = place->end[0] == '\0' ? begin + strlen(begin) : strstr(begin, place->end);
    if (end == NULL)
        return text + strlen(text);
    *end = '\0';
    return begin;
}

/* The end of the first whole word `wanted` in the text, or NULL. */
static const char *find(const char *text, const char *wanted)
{
    for (const char *at = strstr(text, wanted); at != NULL; at = strstr(at + 1, wanted)) {
        const char *end = at + strlen(wanted);
        bool is_cut = is_word(wanted[0]) && at > text && is_word(at[-1]);
        if (!is_cut && !(is_word(end[-1]) && is_word(*end)))
            return end;
    }
    return NULL;
}

/* The number of words in a list, that is of runs of letters, digits and '_'. */
static size_t word_count(const char *text)
{
    size_t count = 0;

    for (const char *at = text; *at != '\0'; at++)
        count += is_word(*at) && (at == text || !is_word(at[-1]));
    return count;
}

/* Writes what stands in the place for a measure: its name, or M_ and the name in capitals. */
static void write_wanted(const struct place *place, enum measure measure, char *wanted, size_t size)
{
    char enumerator[64] = "M_";
    const char *name = measure_name(measure);

    CU_ASSERT_PTR_NOT_NULL_FATAL(name); /* src/core/measure.c has none */
    CU_ASSERT_FATAL(strlen(name) + sizeof("M_") <= sizeof(enumerator));
    for (size_t i = 0; i <= strlen(name); i++)
        enumerator[2 + i] = (char)toupper((unsigned char)name[i]);
    snprintf(wanted, size, "%s%s%s", place->before, place->form == NAME ? name : enumerator, place->after);
}

static void each_measure_stands_in_each_of_its_places(void)
{
    for (size_t i = 0; i < LENGTH_OF(places); i++) {
        const struct place *place = &places[i];
        char *text = read_file(place->path);
        const char *part = part_of(text, place), *at = part;

        for (enum measure measure = 0; measure < MEASURE_COUNT; measure++) {
            char wanted[128];
            write_wanted(place, measure, wanted, sizeof(wanted));
            const char *found = find(place->order == ANYWHERE ? part : at, wanted);
            if (found == NULL)
                printf("%s: %s is missing%s\n", place->path, wanted,
                       place->order == ANYWHERE ? "" : ", or not behind the measure before it");
            CU_ASSERT_PTR_NOT_NULL(found);
            at = found == NULL ? at : found;
        }
        if (place->order == ALONE && word_count(part) != MEASURE_COUNT)
            printf("%s: %zu words, but %d measures\n", place->path, word_count(part), MEASURE_COUNT);
        CU_ASSERT(place->order != ALONE || word_count(part) == MEASURE_COUNT);
        free(text);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"each measure stands in each of its places", each_measure_stands_in_each_of_its_places},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
