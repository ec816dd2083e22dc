/*
 * `gentally signals`: reads the summaries and the signals that were published before, applies the rules of
 * inspect/signals.h, and publishes signals that are new or have changed; one that no longer holds gets a tombstone.
 *
 * All state is in the topics. Equal rows make equal bytes, so whoever repeats this, after a crash or beside another
 * instance, publishes nothing. Windows are published in transactions that end in one partition a moment before the
 * next, so nothing is concluded until all was read and nothing came for a while.
 *
 * What is delivered to a webhook is what stands in the topic then, published by whomever; a file remembers it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gentally/base/clock.h"
#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/cli/progress.h"
#include "gentally/commands/commands.h"
#include "signal_source.h"
#include "signal_webhook.h"
#include "signals_run.h"

#define QUIET_MS 1000     /* nothing came for so long: no transaction is half seen */
#define PATIENCE_MS 10000 /* conclude even so, where something always comes */
#define POLL_MS 200
#define SILENCE_MS 30000 /* before the end: is the broker still there? */
#define ASK_MS 5000
#define RETRY_MS 1000

enum option {
    FOLLOW,
    DRY_RUN,
    FORMAT,
    KIND,
    SINCE,
    FLOOR,
    WEBHOOK,
    WEBHOOK_FILE,
    WEBHOOK_TOKEN_FILE,
    WEBHOOK_STATE_FILE,
    UNKNOWN_SHARE,
    UNKNOWN_REQUESTS,
    JUMP,
    COHORT_ACCOUNTS,
    LAUNCH_MONTHS,
    FOUNDATIONAL,
    RISE
};

static const char *const formats[] = {"table", "json"};

static const struct command_option option_table[] = {
    [FOLLOW] = {"follow", NULL, "stay, and publish as summaries come, until SIGTERM", NULL},
    [DRY_RUN] = {"dry-run", NULL, "print what would stand, and publish nothing", NULL},
    [FORMAT] = {"format", "F", "print what stands, as table or json, and publish nothing", NULL},
    [KIND] = {"kind", "K[,K]", "print or deliver only these: first_week, category_jump, ...", NULL},
    [SINCE] = {"since", "TIME", "print or deliver only those of windows that start then or later", NULL},
    [FLOOR] = {"floor", "N", "print or deliver those of models only with so many requests (default 0)", NULL},
    [WEBHOOK] = {"webhook", "URL", "with --follow: deliver each signal there, once", NULL},
    [WEBHOOK_FILE] = {"webhook-file", "PATH", "the same, the URL in a file", NULL},
    [WEBHOOK_TOKEN_FILE] = {"webhook-token-file", "PATH", "a bearer token for it", NULL},
    [WEBHOOK_STATE_FILE] = {"webhook-state", "PATH", "the file that remembers what was delivered", NULL},
    [UNKNOWN_SHARE] = {"unknown-share", "S", "unknown_model: of the week's tokens (default 0.001)", NULL},
    [UNKNOWN_REQUESTS] = {"unknown-requests", "N", "unknown_model: requests in the week (default 100)", NULL},
    [JUMP] = {"jump", "S", "category_jump: change of share (default 0.05)", NULL},
    [COHORT_ACCOUNTS] = {"cohort-accounts", "N", "foundational_cohort, boomerang: size (default 30)", NULL},
    [LAUNCH_MONTHS] = {"launch-months", "N", "foundational_cohort: after the first cohort (default 2)", NULL},
    [FOUNDATIONAL] = {"foundational", "N", "foundational_cohort: per cent of the median (default 150)", NULL},
    [RISE] = {"rise", "S", "boomerang: of the cohort, in a month (default 0.03)", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_signals = {
    .name = "signals",
    .purpose = "find what is worth a look in the summaries, and publish it",
    .arguments = "[--follow [--webhook URL] | --dry-run | --format table|json] [options]",
    .summary = "find what is worth a look in the summaries, and publish it",
    .text =
        "Reads the summaries (model and category by week, retention by month) and publishes to <namespace>.signals:\n"
        "a model's first week, unknown models with real traffic, jumps of a category's share, foundational cohorts,\n"
        "boomerangs; each with the numbers that led to it. What is there already is not published again; what a\n"
        "restatement takes away gets a tombstone. Run it as often as you like. The rules: runbooks/signals.md.\n"
        "\n"
        "--follow   stay, and publish as summaries come; SIGTERM ends it. Give all instances the same thresholds.\n"
        "--dry-run  print what would stand in the topic, as a table or (--format json) a line each; change nothing.\n"
        "--format   alone: print what stands in the topic, oldest window first; change nothing.\n"
        "--webhook  with --follow: each signal once, as JSON that Slack and its like take, to the URL; one that\n"
        "           does not take it is asked again, ever more rarely. What was delivered is in --webhook-state;\n"
        "           what stands when that is made counts as told, but for what --since names.\n"
        "\n"
        "Examples:\n"
        "  gentally signals && gentally signals --format table --since 2025-11-01 --floor 100\n"
        "  gentally signals --follow --webhook-file /run/secrets/slack --webhook-state /var/lib/gentally/told \\\n"
        "      --kind category_jump,unknown_model",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .is_reader = true,
    .run = run,
};

/* ---- reading ---- */

static enum verdict take_published(struct signals_run *request, const struct record *record, struct reason *why)
{
    const struct latest_row row = {.key = record->key, .value = record->value, .generation = record->offset};

    if (record->key.bytes == NULL) /* It could not be taken back either. */
        return reason_set(why, SET_ASIDE, SOURCE_FOREIGN, 0, "it has no key");
    request->has_news = true;
    if (record->value.bytes == NULL) {
        latest_drop(request->published, record->key);
        return GO_ON;
    }
    return latest_put(request->published, &row, why);
}

static enum verdict take_topic(struct signals_run *request, enum signals_topic topic, const struct record *record,
                               struct reason *why)
{
    static const enum signal_rollup from[TOPIC_COUNT] = {[TOPIC_MODEL] = SIGNAL_FROM_MODEL,
                                                         [TOPIC_CATEGORY] = SIGNAL_FROM_CATEGORY,
                                                         [TOPIC_RETENTION] = SIGNAL_FROM_RETENTION};
    enum window_kind wanted = topic == TOPIC_RETENTION ? WINDOW_MONTH : WINDOW_WEEK;
    struct signal_row row;

    request->is_heard = true;
    if (topic == TOPIC_SIGNALS)
        return take_published(request, record, why);
    if (topic == TOPIC_LEDGER) {
        request->has_news = true;
        return under_way_take(request->under_way, record, why);
    }
    struct window window;
    enum verdict verdict = summary_record_read(record, request->read, &window, why);
    struct reason other;
    if (verdict == SET_ASIDE && why->id == SUMMARY_UNREADABLE && window.kind == wanted &&
        latest_spoil(request->spoilt, record->key, &other) != GO_ON)
        return reason_set(why, HALT, NO_MEMORY, 0, "%s", other.text);
    if (verdict != GO_ON || window.kind != wanted)
        return verdict;
    latest_drop(request->spoilt, record->key);
    if (record->value.bytes == NULL) {
        signals_drop(request->signals, record->key);
        request->has_news = true;
        return GO_ON;
    }
    signal_source_read(from[topic], request->read, &row);
    request->has_news = request->has_news || row.is_closed;
    return signals_put(request->signals, record->key, &row, why);
}

/* What is published stays as it is: of another id it is to be published anew. */
static enum verdict take_record(void *context, size_t index, const struct record *record, struct reason *why)
{
    struct signals_run *request = context;
    enum signals_topic topic = request->followed[index];
    enum our_schema schema = topic == TOPIC_SIGNALS ? OUR_SIGNAL : topic == TOPIC_LEDGER ? OUR_LEDGER : OUR_SUMMARY;
    struct record taken;
    enum verdict verdict = our_schemas_take(request->schemas, schema, record, &taken, why);

    if (verdict != GO_ON)
        return verdict == TRY_LATER ? HALT : verdict; /* The record would not come again. */
    return take_topic(request, topic, topic == TOPIC_SIGNALS ? record : &taken, why);
}

/* Looks whether a topic exists. It need not: a rollup may be switched off. */
static enum verdict look_for(const struct signals_run *request, const char *topic, bool *is_there, struct reason *why)
{
    struct topic_follow *probe = NULL;
    enum verdict verdict = topic_follow_open(&probe, request->config, &topic, 1, why);

    topic_follow_close(probe);
    *is_there = verdict == GO_ON;
    return verdict == HALT && why->id == SOURCE_TOPIC_MISSING ? GO_ON : verdict;
}

static enum verdict open_follow(struct signals_run *request, bool is_whole, struct reason *why)
{
    static const char *const rollups[TOPIC_COUNT] = {NULL, "model", "category", "retention", NULL};
    char names[TOPIC_COUNT][TOPIC_NAME_MAX + 1];
    const char *topics[TOPIC_COUNT];
    enum verdict verdict = GO_ON;
    size_t count = 0;

    for (enum signals_topic topic = TOPIC_SIGNALS; topic < TOPIC_COUNT && verdict == GO_ON; topic++) {
        bool is_there = is_whole || topic == TOPIC_SIGNALS;
        if (topic == TOPIC_SIGNALS)
            topic_signals(request->config, names[topic]);
        else if (topic == TOPIC_LEDGER)
            topic_ledger(request->config, names[topic]);
        else
            topic_summaries(request->config, rollups[topic], names[topic]);
        if (is_whole && topic != TOPIC_SIGNALS && topic != TOPIC_MODEL)
            verdict = look_for(request, names[topic], &is_there, why);
        if (!is_there)
            continue;
        request->followed[count] = topic;
        topics[count++] = names[topic];
    }
    return verdict == GO_ON ? topic_follow_open(&request->follow, request->config, topics, count, why) : verdict;
}

/* ---- the command ---- */

void signals_look_for_stop(struct signals_run *request, int wait_ms)
{
    struct timespec wait = {wait_ms / 1000, wait_ms % 1000 * 1000000L};

    if (!request->is_stopped && request->is_followed && sigtimedwait(&request->stops, NULL, &wait) > 0)
        request->is_stopped = true;
}

/* When something came last, and when it began to; 0: nothing did since the last conclusion. */
struct waiting {
    int64_t news_ms, begin_ms, heard_ms;
};

/* Reads on. `*is_over`: all was read, and nothing came for a while. */
static enum verdict read_on(struct signals_run *request, struct waiting *waiting, bool *is_over, struct reason *why)
{
    enum verdict verdict = topic_follow_turn(request->follow, POLL_MS, take_record, request, why);
    bool is_at_end = topic_follow_at_end(request->follow);
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);

    if (request->is_heard || is_at_end)
        waiting->heard_ms = now_ms;
    request->is_heard = false;
    if (request->has_news) {
        request->has_news = false;
        waiting->news_ms = now_ms;
        waiting->begin_ms = waiting->begin_ms == 0 ? now_ms : waiting->begin_ms;
    }
    if (verdict == GO_ON && now_ms - waiting->heard_ms > SILENCE_MS) {
        waiting->heard_ms = now_ms;
        return topic_follow_ask(request->follow, ASK_MS, why);
    }
    *is_over = verdict == GO_ON && is_at_end && waiting->begin_ms != 0 &&
               (now_ms - waiting->news_ms >= QUIET_MS || now_ms - waiting->begin_ms >= PATIENCE_MS);
    if (!*is_over)
        return verdict;
    waiting->begin_ms = 0;
    return topic_follow_ask(request->follow, ASK_MS, why); /* Is the end that was reached still the end? */
}

/* Deliveries are told when nothing had to be published or withdrawn: what was comes back first, as anybody reads it. */
static enum verdict conclude(struct signals_run *request, struct reason *why)
{
    int64_t changes = request->published_count + request->withdrawn_count;
    enum verdict verdict = signals_evaluate(request->signals, why);

    if (verdict == GO_ON && request->producer != NULL)
        verdict = signals_publish(request, why);
    bool is_steady = changes == request->published_count + request->withdrawn_count;
    return verdict == GO_ON && is_steady && request->deliveries != NULL ? signals_tell_standing(request, why) : verdict;
}

static enum verdict turn(struct signals_run *request, struct reason *why)
{
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    struct waiting waiting = {now_ms, now_ms, now_ms};
    enum verdict verdict = GO_ON;

    while (verdict == GO_ON && !request->is_stopped) {
        bool is_over = false;
        verdict = read_on(request, &waiting, &is_over, why);
        if (verdict == TRY_LATER && request->is_followed) {
            log_reason(&request->logger, LOG_LEVEL_WARN, why);
            waiting.begin_ms = waiting.news_ms; /* what there was to conclude is still to be */
            verdict = GO_ON;
            is_over = false;
        }
        if (verdict == GO_ON && is_over)
            verdict = under_way_check(request->under_way, why);
        if (verdict == TRY_LATER && is_over && request->is_followed) { /* It is told to its end, or again. */
            waiting.begin_ms = waiting.news_ms = clock_ms(CLOCK_MONOTONIC);
            verdict = GO_ON;
            is_over = false;
        }
        if (verdict == GO_ON && is_over && latest_spoilt(request->spoilt) > 0)
            verdict = reason_set(why, HALT, SUMMARY_UNREADABLE, 0,
                                 "%zu rows cannot be read, and without them signals would be wrong",
                                 latest_spoilt(request->spoilt));
        if (verdict == GO_ON && is_over) {
            verdict = conclude(request, why);
            if (!request->is_followed)
                return verdict;
        }
        if (verdict == GO_ON && request->deliveries != NULL)
            verdict = signal_deliveries_turn(request->deliveries, clock_ms(CLOCK_MONOTONIC), why);
        signals_look_for_stop(request, 0);
    }
    return verdict;
}

static enum verdict open_parts(struct signals_run *request, struct reason *why)
{
    request->read = calloc(1, sizeof(*request->read));
    if (request->read == NULL)
        return no_memory(why, "to read summaries");
    enum verdict verdict = encoder_open(&request->encoder, why);
    if (verdict == GO_ON)
        verdict = our_schemas_open(&request->schemas, request->config, why);
    if (verdict == GO_ON)
        verdict = signals_open(&request->signals, &request->rules, why);
    if (verdict == GO_ON)
        verdict = latest_open(&request->published, why);
    if (verdict == GO_ON)
        verdict = latest_open(&request->spoilt, why);
    if (verdict == GO_ON)
        verdict = under_way_open(&request->under_way, why);
    return verdict;
}

/* Opens what speaks to servers. Who follows waits for them. */
static enum verdict connect_all(struct signals_run *request, struct reason *why)
{
    bool is_shown = request->format != SIGNALS_NONE && !request->is_dry;
    bool is_published = request->format == SIGNALS_NONE && !request->is_dry;
    enum verdict verdict;

    topic_signals(request->config, request->topic);
    do {
        verdict = request->follow == NULL ? open_follow(request, !is_shown, why) : GO_ON;
        if (verdict == GO_ON && is_published && request->producer == NULL)
            verdict = producer_open(&request->producer, request->config, &request->logger, why);
        if (verdict == GO_ON && is_published)
            verdict = our_schemas_use(request->schemas, request->encoder, why);
        if (verdict == TRY_LATER && request->is_followed) {
            log_reason(&request->logger, LOG_LEVEL_WARN, why);
            signals_look_for_stop(request, RETRY_MS);
        }
    } while (verdict == TRY_LATER && request->is_followed && !request->is_stopped);
    return request->is_stopped ? GO_ON : verdict;
}

static enum verdict read_options(struct signals_run *request, const struct command_option options[], struct reason *why)
{
    struct signal_rules *rules = &request->rules;
    const struct {
        enum option option;
        int64_t min, max, *value;
    } integers[] = {
        {UNKNOWN_REQUESTS, 1, INT64_MAX, &rules->unknown_requests},
        {COHORT_ACCOUNTS, 1, INT64_MAX, &rules->cohort_accounts},
        {LAUNCH_MONTHS, 0, 1200, &rules->launch_months},
        {FOUNDATIONAL, 1, 1000000, &rules->foundational_percent},
    };
    const struct {
        enum option option;
        int64_t *value;
    } shares[] = {{UNKNOWN_SHARE, &rules->unknown_share}, {JUMP, &rules->jump_share}, {RISE, &rules->boomerang_rise}};
    const struct signal_webhook webhook = {&options[WEBHOOK], &options[WEBHOOK_FILE], &options[WEBHOOK_TOKEN_FILE],
                                           &options[WEBHOOK_STATE_FILE]};
    enum verdict verdict = option_choice(&options[FORMAT], formats, LENGTH_OF(formats), &request->format, why);

    for (size_t index = 0; index < LENGTH_OF(integers) && verdict == GO_ON; index++)
        verdict = option_integer(&options[integers[index].option], integers[index].min, integers[index].max,
                                 integers[index].value, why);
    for (size_t index = 0; index < LENGTH_OF(shares) && verdict == GO_ON; index++) {
        uint32_t share = (uint32_t)*shares[index].value;
        verdict = option_share(&options[shares[index].option], &share, why);
        *shares[index].value = share;
    }
    if (verdict == GO_ON)
        verdict = signal_wanted_read(&request->wanted, &options[KIND], &options[SINCE], &options[FLOOR], why);
    request->is_followed = options[FOLLOW].value != NULL;
    request->is_dry = options[DRY_RUN].value != NULL;
    if (verdict == GO_ON && request->is_followed && (request->is_dry || request->format != SIGNALS_NONE))
        verdict =
            reason_set(why, HALT, CONFIG_VALUE, 0, "--follow publishes: it goes with neither --dry-run nor --format");
    if (verdict == GO_ON)
        verdict = signal_webhook_open(&request->deliveries, &webhook, request->is_followed, &request->wanted,
                                      &request->logger, why);
    return verdict;
}

/* Signals, connections, reading, publishing or printing: all that comes once the options are read. */
static enum verdict work(struct signals_run *request, struct reason *why)
{
    enum verdict verdict = open_parts(request, why);
    bool is_printed = request->is_dry || request->format != SIGNALS_NONE;

    if (verdict == GO_ON)
        verdict = connect_all(request, why);
    if (verdict == GO_ON && !request->is_stopped)
        verdict = turn(request, why);
    if (verdict == GO_ON && is_printed)
        verdict = signals_print(request, why);
    if (verdict == GO_ON && !is_printed)
        fprintf(stderr, "signals: %" PRId64 " published, %" PRId64 " withdrawn, %zu stand\n", request->published_count,
                request->withdrawn_count, signals_count(request->signals));
    signal_deliveries_close(request->deliveries);
    producer_close(request->producer);
    topic_follow_close(request->follow);
    latest_close(request->published);
    latest_close(request->spoilt);
    under_way_close(request->under_way);
    signals_close(request->signals);
    our_schemas_close(request->schemas);
    encoder_close(request->encoder);
    free(request->read);
    log_close(&request->logger);
    return verdict == TRY_LATER && request->is_stopped ? GO_ON : verdict;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct signals_run request = {
        .config = call->config, .format = SIGNALS_NONE, .rules = signal_rules_default(), .wanted = signal_wanted_all()};

    log_open_as(&request.logger, call->config->log_level, call->config->log_format, command_signals.name);
    enum verdict verdict = read_options(&request, call->options, why);
    sigemptyset(&request.stops);
    sigaddset(&request.stops, SIGTERM);
    sigaddset(&request.stops, SIGINT);
    if (request.is_followed) /* Before any thread is made, so that all inherit the mask. */
        sigprocmask(SIG_BLOCK, &request.stops, NULL);
    return verdict == GO_ON ? work(&request, why) : verdict;
}
