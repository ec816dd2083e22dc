/*
 * The table behind exit_code.h. The first row that fits decides, so exceptions stand above their rule.
 */
#include "gentally/exit_code.h"

#include <assert.h>
#include <sysexits.h>

enum part { WHOLE, FIRST, LAST };

static const struct {
    enum part part;
    const char *words;
    int code;
} rows[] = {
    /* What was typed is EX_USAGE; what was configured is EX_CONFIG. */
    {WHOLE, "CONFIG-FLAG", EX_USAGE},
    {WHOLE, "CONFIG-POSITIONAL", EX_USAGE},
    {FIRST, "CONFIG-", EX_CONFIG},
    {LAST, "-CONFIG", EX_CONFIG},
    {WHOLE, "STORE-AUTH", EX_NOPERM},
    {LAST, "-DENIED", EX_NOPERM},
    {LAST, "-UNREACHABLE", EX_UNAVAILABLE},
    {LAST, "-BUSY", EX_TEMPFAIL},
    /* The other side is not as it should be: an operator changes it, a restart does not. */
    {LAST, "-MISSING", EX_CONFIG},
    {WHOLE, "STORE-URL", EX_CONFIG},
    {WHOLE, "STORE-TLS", EX_CONFIG},
    {WHOLE, "STORE-VERSION", EX_CONFIG},
    {WHOLE, "STORE-POLICY", EX_CONFIG},
    {FIRST, "SCHEMA-", EX_CONFIG},
    {FIRST, "TABLE-", EX_CONFIG},
    {FIRST, "LINE-", EX_DATAERR},
    {FIRST, "DECODE-", EX_DATAERR},
    {WHOLE, "NO-MEMORY", EX_OSERR},
};

static bool fits(enum part part, const char *words, const char *id)
{
    size_t size = strlen(words);
    size_t id_size = strlen(id);

    if (id_size < size)
        return false;
    switch (part) {
    case WHOLE:
        return strcmp(id, words) == 0;
    case FIRST:
        return strncmp(id, words, size) == 0;
    case LAST:
        return strcmp(id + id_size - size, words) == 0;
    }
    assert(false);
    return false;
}

int exit_code_of(const char *id)
{
    assert(id != NULL);
    for (size_t at = 0; at < LENGTH_OF(rows); at++)
        if (fits(rows[at].part, rows[at].words, id))
            return rows[at].code;
    return EX_SOFTWARE;
}
