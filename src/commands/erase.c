/*
 * `gentally erase`: one account taken out of counters, summaries and dead letters.
 *
 * While counters and summaries change, the settings say so: workers claim nothing and publish nothing, and the next run
 * takes up what one that was killed left. Each step finds what is left to do by itself. Letters come last, when workers
 * go on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "erase_letters.h"
#include "erase_rights.h"
#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/commands/commands.h"
#include "gentally/ingest/erasure.h"
#include "gentally/ingest/erasure_wait.h"
#include "gentally/ingest/pseudonym.h"
#include "gentally/ingest/settings_told.h"
#include "gentally/kafka/letter_keys.h"
#include "gentally/publish/restate.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_erase.h"
#include "gentally/redis/store_lease.h"
#include "gentally/redis/store_settings.h"

enum option { ACCOUNT, YES, PRIVATE_KEY, WAIT };

static const struct command_option option_table[] = {
    [ACCOUNT] = {"account", "A", "the account, as producers write it; - reads it from standard input", NULL},
    [YES] = {"yes", NULL, "do it; without, only say what would be done", NULL},
    [PRIVATE_KEY] = {"private-key", "FILE", "PEM file of the keys that open sealed letters", NULL},
    [WAIT] = {"wait", "MINUTES", "over a Redis Cluster: until its pairs may go, 0 to 1440 (default 60)", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_erase = {
    .name = "erase",
    .purpose = "erase one account from counters, summaries and dead letters; totals stay",
    .arguments = "--account A [--private-key FILE] [--wait MINUTES] [--yes]",
    .summary = "erase one account from counters, summaries and dead letters; totals stay",
    .text =
        "Rows of the account, in Redis and in the topics of summaries, are added to the row of account (erased),\n"
        "so that all sums stay what they are, and `verify` passes; its pairs of retention go, and the counts stay.\n"
        "Letters that hold it are written again without key and value. `replay` counts its earlier records as\n"
        "erased, too; records from now on are of a new account.\n"
        "\n"
        "Workers wait meanwhile, and go on by themselves. Safe to repeat: a run that was interrupted is taken up by\n"
        "the next one, and workers wait for that. The input topic, backups and copies downstream are not touched:\n"
        "runbooks/erase.md. Without --yes nothing is changed.\n"
        "\n"
        "Over a Redis Cluster it first waits, while workers count, until workers dropped what flushes noted of its\n"
        "pairs, a quarter of an hour ago.\n"
        "\n"
        "Example:\n"
        "  echo user-4711 | gentally erase --account - --yes",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

#define WAIT_MINUTES 60
#define LEASE_MS 120000 /* for a command that was killed: then closers look whether an erasure is under way */

struct erasing {
    const struct config *config;
    struct logger logger;
    char account[EVENT_TEXT_MAX + 2];
    bool is_dry, has_key;
    int64_t wait_minutes;
    struct store *store;
    struct settings settings;
    struct rollups rollups; /* that name accounts */
    struct pseudonym pseudonym;
    char name[PSEUDONYM_TEXT_SIZE], mark[ERASED_MARK_SIZE];
    bool has_other;    /* another account's erasure is under way */
    bool is_taken_up;  /* this one is, by a run that was killed */
    bool has_left_any; /* pairs of retention, for the next run */
    char holder[LEASE_TOKEN_SIZE];
    struct letter_opener *opener;
    int64_t offsets[PARTITIONS_MAX];
};

/* ---- what is asked ---- */

static enum verdict read_account(struct erasing *erasing, const struct command_option *option, struct reason *why)
{
    const char *given = option->value;
    size_t size;

    if (given != NULL && strcmp(given, "-") == 0)
        given = fgets(erasing->account, sizeof(erasing->account), stdin);
    else if (given != NULL && strlen(given) < sizeof(erasing->account))
        memcpy(erasing->account, given, strlen(given) + 1);
    size = given == NULL ? 0 : strcspn(erasing->account, "\n");
    erasing->account[size] = '\0';
    if (size > 0 && size <= EVENT_TEXT_MAX)
        return GO_ON;
    return reason_set(why, HALT, CONFIG_FLAG, 0, "erase wants --account A, of 1 to %d bytes", EVENT_TEXT_MAX);
}

static enum verdict name_account(struct erasing *erasing, struct reason *why)
{
    struct pseudonyms *pseudonyms = NULL;

    erasing->has_key = erasing->config->account_key[0] != '\0';
    if (!erasing->has_key) {
        snprintf(erasing->name, sizeof(erasing->name), "%s", "");
        return GO_ON;
    }
    enum verdict verdict = pseudonyms_open(&pseudonyms, span_of(erasing->config->account_key), why);
    if (verdict != GO_ON)
        return verdict;
    erasing->pseudonym = pseudonyms_of(pseudonyms, span_of(erasing->account));
    pseudonym_write(erasing->pseudonym, erasing->name);
    pseudonym_write(pseudonyms_mark(pseudonyms, erasing->pseudonym), erasing->mark);
    pseudonyms_close(pseudonyms);
    return GO_ON;
}

static enum verdict look_at_mark(void *context, const char *mark, const int64_t offsets[], int32_t count,
                                 struct reason *why)
{
    struct erasing *erasing = context;

    (void)offsets;
    (void)why;
    erasing->has_other = erasing->has_other || (count == 0 && strcmp(mark, erasing->mark) != 0);
    return GO_ON;
}

/* What an erasure cannot do is refused before anything is changed. */
static enum verdict check(struct erasing *erasing, struct reason *why)
{
    const char *ns = erasing->config->namespace_;
    struct settings kept, told;
    enum verdict verdict = store_check(erasing->store, why);

    if (verdict == GO_ON)
        verdict = store_settings_read(erasing->store, &erasing->settings, why);
    if (verdict == GO_ON && erasing->settings.version[0] == '\0')
        return reason_set(why, HALT, SETTINGS_MISSING, 0,
                          "namespace %.100s keeps no settings in Redis: run `gentally setup`", ns);
    if (verdict == GO_ON)
        verdict = settings_told(&told, erasing->config, why);
    if (verdict != GO_ON)
        return verdict;
    kept = erasing->settings;
    erasing->is_taken_up = settings_is_erasing(&kept);
    if (erasing->is_taken_up)
        kept.pending[0] = '\0';
    verdict = settings_check(&kept, &told, ns, why);
    for (int32_t i = 0; i < kept.partitions && verdict == GO_ON; i++)
        verdict = store_erase_check(erasing->store, i, why);
    if (verdict == GO_ON)
        verdict = store_marks_read(erasing->store, look_at_mark, erasing, why);
    if (verdict != GO_ON)
        return verdict;
    erasure_rollups(&erasing->settings, &erasing->rollups);
    if (erasing->has_other)
        return reason_set(why, HALT, ERASE_UNDER_WAY, 0,
                          "the erasure of another account was begun and is not finished: run that again first");
    if (erasing->settings.has_amended && erasing->rollups.count > 0)
        return reason_set(why, HALT, ERASE_REFUSED, 0,
                          "with ids = amend, now or once, Redis keeps with each id which account's row it was counted "
                          "in, and that is not rewritten; count into a new namespace (runbooks/rebuild.md)");
    return GO_ON;
}

/* ---- what is done ---- */

static enum verdict hold(void *context, int64_t ms, struct reason *why)
{
    struct erasing *erasing = context;

    return store_lease_seize(erasing->store, erasing->holder, ms > LEASE_MS ? ms : LEASE_MS, why);
}

/* Nobody publishes; and what this user may not do is found before workers have to wait for it. */
static enum verdict take_lease(struct erasing *erasing, struct reason *why)
{
    struct reason ignored;

    store_lease_token(erasing->holder);
    enum verdict verdict = hold(erasing, LEASE_MS, why);
    if (verdict != GO_ON)
        return verdict;
    verdict = erase_rights(erasing->config, &erasing->rollups, &erasing->logger, why);
    if (verdict != GO_ON)
        (void)!store_lease_return(erasing->store, erasing->holder, &ignored); /* Or it ends by itself. */
    return verdict;
}

/* From here on nobody counts, once all partitions are claimed. */
static enum verdict begin(struct erasing *erasing, struct reason *why)
{
    enum verdict verdict = take_lease(erasing, why);

    if (verdict == GO_ON)
        verdict = store_mark_write(erasing->store, erasing->mark, NULL, 0, why);
    snprintf(erasing->settings.pending, sizeof(erasing->settings.pending), "erase");
    if (verdict == GO_ON)
        verdict = store_settings_write(erasing->store, &erasing->settings, why);
    return verdict == GO_ON ? hold(erasing, LEASE_MS, why) : verdict;
}

static enum verdict finish(struct erasing *erasing, struct reason *why)
{
    if (erasing->offsets[0] < 0) /* A mark of no offset would be one that is under way. */
        erasing->offsets[0] = 0;
    enum verdict verdict =
        store_mark_write(erasing->store, erasing->mark, erasing->offsets, erasing->settings.partitions, why);
    erasing->settings.pending[0] = '\0';
    if (verdict == GO_ON)
        verdict = store_settings_write(erasing->store, &erasing->settings, why);
    return verdict == GO_ON ? store_lease_return(erasing->store, erasing->holder, why) : verdict;
}

static struct erasure_order order_of(struct erasing *erasing, bool is_dry)
{
    return (struct erasure_order){.config = erasing->config,
                                  .settings = &erasing->settings,
                                  .store = erasing->store,
                                  .logger = &erasing->logger,
                                  .account = erasing->pseudonym,
                                  .is_dry = is_dry};
}

/* Counters and summaries; or, if it `is_dry`, a look at what of them there is. */
static enum verdict run_over(struct erasing *erasing, bool is_dry, struct erasure_counts *cells,
                             struct restate_counts *rows, struct reason *why)
{
    const struct erasure_order erasure = order_of(erasing, is_dry);
    struct restate_order restate = {.config = erasing->config,
                                    .rollups = &erasing->rollups,
                                    .account = erasing->name,
                                    .hold = {.hold = is_dry ? NULL : hold, .context = erasing},
                                    .logger = &erasing->logger,
                                    .is_dry = is_dry};

    if (erasing->config->registry_url[0] != '\0')
        restate.ids = erasing->settings.schema_ids;
    enum verdict verdict = erasure_run(&erasure, erasing->offsets, cells, why);
    return verdict == GO_ON && erasing->rollups.count > 0 ? restate_erased(&restate, rows, why) : verdict;
}

/* Workers count meanwhile; and somebody may have changed what an erasure cannot do. Where it is taken up, that was
 * waited for before it began. */
static enum verdict await(struct erasing *erasing, struct reason *why)
{
    const struct erasure_order erasure = order_of(erasing, false);

    if (erasing->is_taken_up)
        return GO_ON;
    enum verdict verdict = erasure_await(&erasure, erasing->wait_minutes * 60000, why);
    return verdict == GO_ON ? check(erasing, why) : verdict;
}

/* Letters; or, if it `is_dry`, a look at what of them there is. */
static enum verdict run_over_letters(struct erasing *erasing, bool is_dry, struct letters_counts *letters,
                                     struct reason *why)
{
    const struct letters_order order = {.config = erasing->config,
                                        .account = span_of(erasing->account),
                                        .name = erasing->name,
                                        .opener = erasing->opener,
                                        .is_dry = is_dry};

    return erase_letters(&order, letters, why);
}

/* What cannot be read is found before workers have to wait. */
static enum verdict erase_counted(struct erasing *erasing, struct reason *why)
{
    struct erasure_counts cells = {0};
    struct restate_counts rows = {0};
    struct letters_counts letters;
    enum verdict verdict = run_over(erasing, true, &cells, &rows, why);

    if (verdict == GO_ON && !erasing->is_dry)
        verdict = run_over_letters(erasing, true, &letters, why);
    if (verdict == GO_ON && !erasing->is_dry)
        verdict = await(erasing, why);
    if (verdict == GO_ON && !erasing->is_dry)
        verdict = begin(erasing, why);
    if (verdict == GO_ON && !erasing->is_dry)
        verdict = run_over(erasing, false, &cells, &rows, why);
    if (verdict == GO_ON && !erasing->is_dry)
        verdict = finish(erasing, why);
    if (verdict == GO_ON)
        printf("rows of windows in Redis: %" PRIu64 "\npairs of retention: %" PRIu64 "\nrows of summaries: %" PRIu64
               ", in %" PRIu64 " windows\n",
               cells.rows, cells.pairs, rows.rows, rows.windows);
    if (verdict == GO_ON && cells.noted > 0)
        printf("pairs that workers have yet to drop: %" PRIu64 "\n", cells.noted);
    erasing->has_left_any = cells.noted > 0 && !erasing->is_dry;
    return verdict;
}

static enum verdict erase_written(struct erasing *erasing, struct reason *why)
{
    struct letters_counts letters;
    enum verdict verdict = run_over_letters(erasing, erasing->is_dry, &letters, why);

    if (verdict != GO_ON)
        return verdict;
    printf("letters: %" PRIu64 "\n", letters.found);
    if (letters.others > 0)
        printf("letters before them, written again as they are: %" PRIu64 "\n", letters.others);
    if (letters.sealed > 0)
        printf("sealed letters that were not looked into: %" PRIu64 "%s\n", letters.sealed,
               erasing->opener == NULL ? "; --private-key FILE opens them" : "; other keys open them");
    return GO_ON;
}

static enum verdict erase(struct erasing *erasing, const struct command_call *call, struct reason *why)
{
    enum verdict verdict = read_account(erasing, &call->options[ACCOUNT], why);

    if (verdict == GO_ON)
        verdict = option_integer(&call->options[WAIT], 0, 1440, &erasing->wait_minutes, why);
    if (verdict == GO_ON)
        verdict = name_account(erasing, why);
    if (verdict == GO_ON && call->options[PRIVATE_KEY].value != NULL)
        verdict = letter_opener_open(&erasing->opener, call->options[PRIVATE_KEY].value, why);
    if (verdict == GO_ON)
        verdict = store_open(&erasing->store, erasing->config, &erasing->logger, why);
    if (verdict == GO_ON)
        verdict = check(erasing, why);
    if (verdict == GO_ON && !erasing->has_key)
        printf("no account_key: nothing is counted by accounts\n");
    else if (verdict == GO_ON)
        verdict = erase_counted(erasing, why);
    if (verdict == GO_ON)
        verdict = erase_written(erasing, why);
    if (verdict == GO_ON && erasing->has_left_any)
        return reason_set(why, TRY_LATER, ERASE_TOO_EARLY, 0,
                          "all but pairs of retention is erased: flushes noted some meanwhile, which workers have yet "
                          "to drop; run it again, once the account sends no more");
    if (verdict == GO_ON)
        printf("%s\n", erasing->is_dry ? "nothing was changed: --yes erases" : "erased");
    return verdict;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct erasing *erasing = calloc(1, sizeof(*erasing));

    if (erasing == NULL)
        return no_memory(why, "to erase an account");
    erasing->config = call->config;
    erasing->wait_minutes = WAIT_MINUTES;
    erasing->is_dry = call->options[YES].value == NULL;
    log_open_as(&erasing->logger, call->config->log_level, call->config->log_format, command_erase.name);
    enum verdict verdict = erase(erasing, call, why);
    letter_opener_close(erasing->opener);
    store_close(erasing->store);
    log_close(&erasing->logger);
    free(erasing);
    return verdict;
}
