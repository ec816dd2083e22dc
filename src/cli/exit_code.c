/*
 * The table behind exit_code.h. The first row that fits decides, so exceptions stand above their rule.
 */
#include "exit_code.h"

#include <assert.h>
#include <sysexits.h>

enum part { WHOLE, FIRST, LAST };

static const struct {
    const char *words;
    enum part part;
    int code;
} rows[] = {
    /* What was typed is EX_USAGE; what was configured is EX_CONFIG. */
    {"CONFIG-FLAG", WHOLE, EX_USAGE},
    {"CONFIG-POSITIONAL", WHOLE, EX_USAGE},
    {"CONFIG-", FIRST, EX_CONFIG},
    {"-CONFIG", LAST, EX_CONFIG},
    {"STORE-AUTH", WHOLE, EX_NOPERM},
    {"-DENIED", LAST, EX_NOPERM},
    {"-UNREACHABLE", LAST, EX_UNAVAILABLE},
    {"-BUSY", LAST, EX_TEMPFAIL},
    /* The other side is not as it should be: an operator changes it, a restart does not. */
    {"-MISSING", LAST, EX_CONFIG},
    {"STORE-URL", WHOLE, EX_CONFIG},
    {"STORE-TLS", WHOLE, EX_CONFIG},
    {"STORE-VERSION", WHOLE, EX_CONFIG},
    {"STORE-POLICY", WHOLE, EX_CONFIG},
    {"STORE-CLUSTER", WHOLE, EX_CONFIG},
    {"SCHEMA-", FIRST, EX_CONFIG},
    {"TABLE-", FIRST, EX_CONFIG},
    {"LINE-", FIRST, EX_DATAERR},
    {"DECODE-", FIRST, EX_DATAERR},
    {"CELL-UNREADABLE", WHOLE, EX_DATAERR},
    {"SUMMARY-UNREADABLE", WHOLE, EX_DATAERR},
    {"SIGNAL-UNREADABLE", WHOLE, EX_DATAERR},
    {"VERIFY-VIOLATED", WHOLE, EX_DATAERR},
    {"DLQ-NONE", WHOLE, EX_DATAERR},
    {"REPLAY-DIFFERS", WHOLE, EX_DATAERR},
    {"REPLAY-NOTHING", WHOLE, EX_DATAERR},
    {"REPLAY-EXISTS", WHOLE, EX_CONFIG},
    {"REPLAY-RANGE", WHOLE, EX_USAGE},
    {"REPORT-NOT-BUILT", WHOLE, EX_UNAVAILABLE},
    {"REPORT-PORT", WHOLE, EX_UNAVAILABLE},
    {"INPUT-FAILED", WHOLE, EX_IOERR},
    {"OUTPUT-FAILED", WHOLE, EX_IOERR},
    {"WORKLOAD-NO-MODELS", WHOLE, EX_CONFIG},
    {"NO-MEMORY", WHOLE, EX_OSERR},
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
