/*
 * The report that renews itself. One thread, in turns: what has come from the topics, what browsers want, and, when all
 * is read and a moment was quiet, a new document. A summary's rows come in one transaction but in several partitions:
 * the moment lets the rest of it arrive. That the topics are read to their end is said only while a broker answers.
 */
#include "report_live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gentally/base/clock.h"
#include "gentally/core/event.h"
#include "gentally/kafka/topic_follow.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/our_schemas.h"
#include "gentally/report/page_server.h"
#include "report_answers.h"
#include "report_page.h"

#define TURN_MS 50
#define ASKED_MS 2     /* while somebody waits for an answer */
#define QUIET_MS 1000  /* without a record, before a document is made */
#define OFTEN_MS 10000 /* but made so often under a steady stream */
#define ASK_MS 5000    /* between two questions whether the broker is there */
#define ANSWER_MS 1000
#define ENDS_MS 3000     /* a broker answers in turn, and keeps the answers to fetches back for half a second */
#define LIVE_INTERVALS 3 /* of early panes, without a new one, before it is asked whether the log went on meanwhile */

static const char *const rollups[] = {REPORT_ROLLUPS};
#define TOPICS_MAX (1 + LENGTH_OF(rollups) + ROLLUPS_MAX)

struct live_report {
    const struct config *config;
    const struct report_place *place;
    struct figures *figures;
    struct topic_follow *follow;
    struct our_schemas *schemas;
    struct page_server *server;
    struct report_answers *answers;
    int64_t heard_ms, made_ms, asked_ms; /* a record came; a document was made; a broker was asked */
    bool is_asked;                       /* somebody waits for an answer */
    bool is_stale;                       /* records came since the last document was made */
    uint64_t revision;
    char *document; /* the last one, to know another by */
    size_t document_size;
};

static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigprocmask(SIG_BLOCK, signals, NULL);
}

static bool is_told_to_stop(const sigset_t *signals)
{
    const struct timespec at_once = {0, 0};

    return sigtimedwait(signals, NULL, &at_once) > 0;
}

static enum verdict take_record(void *context, size_t topic, const struct record *record, struct reason *why)
{
    struct live_report *live = context;
    struct record taken;
    enum verdict verdict = our_schemas_take(live->schemas, topic == 0 ? OUR_LEDGER : OUR_SUMMARY, record, &taken, why);

    if (verdict != GO_ON)
        return verdict == TRY_LATER ? HALT : verdict; /* The record would not come again. */
    live->is_stale = true;
    live->heard_ms = clock_ms(CLOCK_MONOTONIC);
    verdict = figures_take(live->figures, &taken, why);
    if (topic == 0 || verdict == HALT)
        return verdict;
    struct reason other;
    if (report_answers_take(live->answers, &taken, &other) == GO_ON)
        return verdict;
    *why = other;
    return HALT;
}

static bool is_of_figures(const char *rollup)
{
    for (size_t at = 0; at < LENGTH_OF(rollups); at++)
        if (strcmp(rollups[at], rollup) == 0)
            return true;
    return false;
}

/* What figures need, and other rollups, of which only summaries are asked. */
static enum verdict follow_topics(struct live_report *live, const struct config *config, struct reason *why)
{
    char names[TOPICS_MAX][TOPIC_NAME_MAX + 1];
    struct topic_wanted wanted[TOPICS_MAX];
    size_t count = 1;

    topic_ledger(config, names[0]);
    wanted[0] = (struct topic_wanted){names[0], false};
    for (size_t at = 0; at < LENGTH_OF(rollups); at++, count++) {
        topic_summaries(config, rollups[at], names[count]);
        wanted[count] = (struct topic_wanted){names[count], at > 0};
    }
    for (uint32_t at = 0; at < config->rollups.count; at++) {
        const char *name = config->rollups.items[at].name;
        if (is_of_figures(name))
            continue;
        topic_summaries(config, name, names[count]);
        wanted[count] = (struct topic_wanted){names[count], true};
        count++;
    }
    return topic_follow_open_wanted(&live->follow, config, wanted, count, why);
}

/* Numbers are times, so that those of the next server go on behind them. */
static uint64_t next_revision(const struct live_report *live)
{
    uint64_t now_ms = (uint64_t)clock_ms(CLOCK_REALTIME);

    return now_ms > live->revision ? now_ms : live->revision + 1;
}

static enum verdict keep_document(struct live_report *live, struct span json, struct reason *why)
{
    char *document = malloc(json.size + 1);

    if (document == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "keeping a document of %zu bytes", json.size);
    memcpy(document, json.bytes, json.size);
    free(live->document);
    live->document = document;
    live->document_size = json.size;
    return GO_ON;
}

static enum verdict publish(struct live_report *live, struct span json, struct reason *why)
{
    char *page = NULL;
    size_t size = 0;
    uint64_t revision = next_revision(live);
    FILE *file = open_memstream(&page, &size);

    if (file == NULL)
        return reason_set(why, HALT, NO_MEMORY, errno, "making the page");
    enum verdict verdict = report_page(file, json, revision, why);
    if (fclose(file) != 0 && verdict == GO_ON)
        verdict = reason_set(why, HALT, NO_MEMORY, errno, "making the page");
    if (verdict == GO_ON)
        verdict = page_server_publish(live->server, (struct span){page, size}, json, revision, why);
    free(page);
    live->revision = revision;
    return verdict;
}

/* Makes a document of what was read, and publishes it if it says anything new. */
static enum verdict renew(struct live_report *live, struct reason *why)
{
    struct span json;
    enum verdict verdict = figures_write(live->figures, &json, why);

    live->is_stale = false;
    live->made_ms = clock_ms(CLOCK_MONOTONIC);
    if (verdict != GO_ON || span_equal(json, (struct span){live->document, live->document_size}))
        return verdict;
    verdict = publish(live, json, why);
    if (verdict == GO_ON)
        verdict = keep_document(live, json, why);
    return verdict;
}

/* How old what is shown may be without a question why; 0: open weeks are not told. */
static int64_t live_ms(const struct config *config)
{
    int64_t interval_ms = config->early_emit_interval_ms[WINDOW_WEEK];

    return interval_ms == 0 ? 0 : LIVE_INTERVALS * interval_ms + OFTEN_MS;
}

/* Whether the input's log went on since what is shown was told. */
static enum page_state ask_log(struct live_report *live, const struct figures_told *told)
{
    struct reason why = {0};
    int64_t *ends = calloc((size_t)told->partitions + 1, sizeof(*ends)), sum = 0;
    bool is_known =
        ends != NULL && told->partitions > 0 &&
        topic_follow_ends(live->follow, live->config->topic, ENDS_MS, told->partitions, ends, &why) == GO_ON;

    for (int32_t i = 0; is_known && i < told->partitions; i++)
        sum = sum_told(sum, ends[i]);
    free(ends);
    if (!is_known)
        return PAGE_UNSURE;
    return sum > told->ends ? PAGE_LATE : PAGE_LIVE;
}

/* Live is what was told a few intervals ago at most, or is all that the log has. */
static void look_how_old(struct live_report *live)
{
    struct figures_told told;

    if (!figures_told(live->figures, &told))
        return;
    int64_t age_ms = clock_ms(CLOCK_REALTIME) - told.told_ms;
    enum page_state state = age_ms <= live_ms(live->config) ? PAGE_LIVE : ask_log(live, &told);
    page_server_is_told(live->server, clock_ms(CLOCK_MONOTONIC) - age_ms, state);
}

static void look_whether_current(struct live_report *live, int64_t now_ms)
{
    struct reason why = {0};

    if (now_ms - live->asked_ms < ASK_MS || !topic_follow_at_end(live->follow))
        return;
    if (topic_follow_ask(live->follow, ANSWER_MS, &why) == GO_ON && topic_follow_at_end(live->follow)) {
        page_server_is_current(live->server, clock_ms(CLOCK_MONOTONIC));
        look_how_old(live);
    }
    live->asked_ms = clock_ms(CLOCK_MONOTONIC);
}

static bool is_due(const struct live_report *live, int64_t now_ms)
{
    return live->is_stale && topic_follow_at_end(live->follow) &&
           (now_ms - live->heard_ms >= QUIET_MS || now_ms - live->made_ms >= OFTEN_MS);
}

static enum verdict turn(struct live_report *live, int wait_ms, struct reason *why)
{
    enum verdict verdict = topic_follow_turn(live->follow, wait_ms, take_record, live, why);
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);

    if (verdict == GO_ON && is_due(live, now_ms)) {
        verdict = renew(live, why);
        look_how_old(live);
    }
    look_whether_current(live, now_ms);
    live->is_asked = page_server_turn(live->server, clock_ms(CLOCK_MONOTONIC));
    return verdict;
}

static enum verdict open_server(struct live_report *live, struct reason *why)
{
    const struct page_server_options options = {
        .endpoint = live->place->endpoint,
        .host = live->place->host,
        .token = live->place->token,
        .answer = report_answers_give,
        .context = live->answers,
    };

    return page_server_open(&live->server, &options, why);
}

static void print_address(const struct live_report *live)
{
    const struct endpoint *endpoint = &live->place->endpoint;
    char host[INET6_ADDRSTRLEN] = "";

    inet_ntop(endpoint->is_v6 ? AF_INET6 : AF_INET, endpoint->address, host, sizeof(host));
    printf(endpoint->is_v6 ? "http://[%s]:%u/\n" : "http://%s:%u/\n", host, page_server_port(live->server));
    fflush(stdout);
}

/* The first document, before anybody is told the address. GO_ON also when it was told to stop. */
static enum verdict begin(struct live_report *live, const sigset_t *signals, bool *is_stopped, struct reason *why)
{
    enum verdict verdict = GO_ON;

    while (verdict == GO_ON && !topic_follow_at_end(live->follow) && !(*is_stopped = is_told_to_stop(signals)))
        verdict = topic_follow_turn(live->follow, TURN_MS, take_record, live, why);
    if (verdict != GO_ON || *is_stopped)
        return verdict;
    verdict = renew(live, why);
    look_how_old(live);
    page_server_is_current(live->server, clock_ms(CLOCK_MONOTONIC));
    live->asked_ms = clock_ms(CLOCK_MONOTONIC);
    if (verdict == GO_ON) {
        print_address(live);
    }
    return verdict;
}

enum verdict report_live(const struct config *config, struct figures *figures, const struct report_place *place,
                         struct reason *why)
{
    struct live_report live = {.config = config, .figures = figures, .place = place};
    sigset_t signals;
    bool is_stopped = false;

    block_signals(&signals); /* before any thread is made, so that all inherit the mask */
    enum verdict verdict = report_answers_open(&live.answers, config, figures, why);
    if (verdict == GO_ON)
        verdict = open_server(&live, why);
    if (verdict == GO_ON)
        verdict = our_schemas_open(&live.schemas, config, why);
    if (verdict == GO_ON)
        verdict = follow_topics(&live, config, why);
    if (verdict == GO_ON)
        verdict = begin(&live, &signals, &is_stopped, why);
    while (verdict == GO_ON && !is_stopped) {
        verdict = turn(&live, live.is_asked ? ASKED_MS : TURN_MS, why);
        is_stopped = is_told_to_stop(&signals);
    }
    topic_follow_close(live.follow);
    our_schemas_close(live.schemas);
    page_server_close(live.server);
    report_answers_close(live.answers);
    free(live.document);
    return verdict;
}
