/* The countries, in an array with an entry for each of the 676 codes of two capitals that can exist. */
#include "gentally/core/countries.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/base/bundled.h"
#include "gentally/base/csv.h"

#define CODES (26u * 26u)
#define NO_CODE CODES

struct countries {
    struct csv csv;                /* keeps the text the spans below borrow from */
    struct span continents[CODES]; /* absent: no such country, or (bytes != NULL, size 0) one without a continent */
};

enum countries_column { CODE, CONTINENT, COLUMNS };
static const char *const column_names[COLUMNS] = {[CODE] = "code", [CONTINENT] = "continent"};

static unsigned number_of(struct span code)
{
    if (code.size != 2 || code.bytes[0] < 'A' || code.bytes[0] > 'Z' || code.bytes[1] < 'A' || code.bytes[1] > 'Z')
        return NO_CODE;
    return 26u * (unsigned)(code.bytes[0] - 'A') + (unsigned)(code.bytes[1] - 'A');
}

static enum verdict read_rows(struct countries *countries, struct reason *why)
{
    struct csv *csv = &countries->csv;
    int columns[COLUMNS];
    bool is_end = false;
    size_t count = 0;
    enum verdict verdict = csv_columns(csv, column_names, columns, COLUMNS, why);

    for (; verdict == GO_ON; count++) {
        verdict = csv_next(csv, &is_end, why);
        if (verdict != GO_ON || is_end)
            break;
        struct span code = csv->fields[columns[CODE]];
        unsigned number = number_of(code);
        if (number == NO_CODE)
            return csv_refuse(csv, csv->line, why, "code \"%.*s\" is not two capitals", (int)code.size, code.bytes);
        if (countries->continents[number].bytes != NULL)
            return csv_refuse(csv, csv->line, why, "code %.*s appears twice", (int)code.size, code.bytes);
        countries->continents[number] = csv->fields[columns[CONTINENT]];
    }
    if (verdict == GO_ON && count == 0)
        return csv_refuse(csv, csv->line, why, "has no rows");
    return verdict;
}

enum verdict countries_open(struct countries **countries, const char *path, struct reason *why)
{
    struct countries *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no room for the countries");
    enum verdict verdict = csv_open(&opened->csv, path, bundled_countries_csv, why);
    if (verdict == GO_ON)
        verdict = read_rows(opened, why);
    if (verdict == GO_ON)
        *countries = opened;
    else
        countries_close(opened);
    return verdict;
}

void countries_close(struct countries *countries)
{
    if (countries == NULL)
        return;
    csv_close(&countries->csv);
    free(countries);
}

struct span countries_continent(const struct countries *countries, struct span code)
{
    unsigned number = number_of(code);

    if (number == NO_CODE || countries->continents[number].size == 0)
        return (struct span){NULL, 0};
    return countries->continents[number];
}

bool countries_know(const struct countries *countries, struct span code)
{
    unsigned number = number_of(code);

    return number != NO_CODE && countries->continents[number].bytes != NULL;
}

uint64_t countries_version(const struct countries *countries)
{
    return countries->csv.version;
}
