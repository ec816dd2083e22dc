/* Every kind of reason and the status it ends with. */
#include "exit_code.h"

#include <sysexits.h>

#include "suite.h"

static void reasons_have_their_status(void)
{
    static const struct {
        const char *id;
        int want;
    } rows[] = {
        {"CONFIG-FLAG", EX_USAGE},
        {"CONFIG-POSITIONAL", EX_USAGE},
        {"CONFIG-UNKNOWN-KEY", EX_CONFIG},
        {"CONFIG-VALUE", EX_CONFIG},
        {"CONFIG-UNREADABLE", EX_CONFIG},
        {"CONFIG-OWNED", EX_CONFIG},
        {"CONFIG-ROLLUP", EX_CONFIG},
        {"CONFIG-FLAGS", EX_CONFIG},
        {"SOURCE-CONFIG", EX_CONFIG},
        {"SINK-CONFIG", EX_CONFIG},
        {"STORE-UNREACHABLE", EX_UNAVAILABLE},
        {"SOURCE-UNREACHABLE", EX_UNAVAILABLE},
        {"SINK-UNREACHABLE", EX_UNAVAILABLE},
        {"STORE-BUSY", EX_TEMPFAIL},
        {"STORE-AUTH", EX_NOPERM},
        {"STORE-DENIED", EX_NOPERM},
        {"SETUP-DENIED", EX_NOPERM},
        {"SOURCE-TOPIC-MISSING", EX_CONFIG},
        {"STORE-STATE-MISSING", EX_CONFIG},
        {"STORE-POLICY", EX_CONFIG},
        {"STORE-VERSION", EX_CONFIG},
        {"SCHEMA-INVALID", EX_CONFIG},
        {"TABLE-UNREADABLE", EX_CONFIG},
        {"LINE-JSON", EX_DATAERR},
        {"DECODE-UTF8", EX_DATAERR},
        {"CELL-UNREADABLE", EX_DATAERR},
        {"SUMMARY-UNREADABLE", EX_DATAERR},
        {"SIGNAL-UNREADABLE", EX_DATAERR},
        {"VERIFY-VIOLATED", EX_DATAERR},
        {"DLQ-NONE", EX_DATAERR},
        {"REPLAY-DIFFERS", EX_DATAERR},
        {"REPLAY-EXISTS", EX_CONFIG},
        {"REPLAY-RANGE", EX_USAGE},
        {"INPUT-FAILED", EX_IOERR},
        {"OUTPUT-FAILED", EX_IOERR},
        {"WORKLOAD-NO-MODELS", EX_CONFIG},
        {"NO-MEMORY", EX_OSERR},
        {"STORE-TORN", EX_SOFTWARE},
        {"CHECKPOINT-OVERFLOW", EX_SOFTWARE},
        {"X", EX_SOFTWARE},
        {"", EX_SOFTWARE},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        int code = exit_code_of(rows[at].id);
        if (code != rows[at].want)
            printf("%s: %d, not %d\n", rows[at].id, code, rows[at].want);
        CU_ASSERT_EQUAL(code, rows[at].want);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {{"reasons_have_their_status", reasons_have_their_status}, CU_TEST_INFO_NULL};
    return suite_run(argc, argv, "exit_code", tests);
}
