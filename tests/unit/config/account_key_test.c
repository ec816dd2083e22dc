/* What is made of accounts needs their key, from whoever counts or publishes; whoever only reads needs no secret. */
#include <stdio.h>
#include <unistd.h>

#include "gentally/config/config_load.h"
#include "suite.h"

static struct config config;

/* Loads the configuration as if these flags were given, and an empty environment. */
static void load(const char *key, const char *rollups, const char *below)
{
    char *flags[] = {"test",
                     "--account-key",
                     (char *)(uintptr_t)key,
                     "--rollups",
                     (char *)(uintptr_t)rollups,
                     "--suppress-below-accounts",
                     (char *)(uintptr_t)below,
                     NULL};
    char *nothing[] = {NULL}, **before = environ;
    struct reason why = {0};

    environ = nothing;
    enum verdict verdict = config_load(&config, LENGTH_OF(flags) - 1, flags, NULL, 0, NULL, &why);
    environ = before;
    if (verdict != GO_ON) {
        printf("%s: %s\n", reason_name(why.id), why.text);
        CU_FAIL_FATAL("not loaded");
    }
}

static void accounts_need_their_key(void)
{
    static const struct {
        const char *key, *rollups, *below;
        const char *words; /* of the refusal; NULL = none */
    } rows[] = {
        {"", ROLLUPS_DEFAULT, "0", NULL},
        {"k", ROLLUPS_DEFAULT, "10", NULL},
        {"", ROLLUPS_DEFAULT, "10", "suppress_below_accounts = 10:"},
        {"", ROLLUPS_DEFAULT, "1", "suppress_below_accounts = 1:"},
        {"", "total=,users=account+model", "0", "a rollup by `account`"},
        {"", "total=,users=model+account", "0", "a rollup by `account`"},
        {"k", "total=,users=account+model", "0", NULL},
        {"", "total=,made_by=model+app", "0", NULL},
        {"k", "total=,made_by=app,users=account", "0", NULL},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct reason why = {0};
        load(rows[i].key, rows[i].rollups, rows[i].below);
        CU_ASSERT_EQUAL(config.names_apps, strstr(rows[i].rollups, "app") != NULL);
        CU_ASSERT_EQUAL(config.names_accounts, strstr(rows[i].rollups, "account") != NULL);
        enum verdict verdict = config_check_accounts(&config, &why);
        CU_ASSERT_EQUAL(verdict, rows[i].words == NULL ? GO_ON : HALT);
        if (rows[i].words == NULL)
            continue;
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), "CONFIG-ACCOUNT-KEY");
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, rows[i].words));
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"accounts need their key", accounts_need_their_key},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
