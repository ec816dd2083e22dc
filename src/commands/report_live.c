/*
 * The report that renews itself. One thread, in turns: what has come from the topics, what browsers want, and, when all
 * is read and a moment was quiet, a new document. A summary's rows come in one transaction but in several partitions:
 * the moment lets the rest of it arrive. That the topics are read to their end is said only while a broker answers.
 */
#include "report_live.h"

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
#include "gentally/report/http.h"
#include "report_page.h"

#define TURN_MS 50
#define QUIET_MS 1000  /* without a record, before a document is made */
#define OFTEN_MS 10000 /* but made so often under a steady stream */
#define ASK_MS 5000    /* between two questions whether the broker is there */
#define ANSWER_MS 1000
#define ENDS_MS 3000     /* a broker answers in turn, and keeps the answers to fetches back for half a second */
#define LIVE_INTERVALS 3 /* of early panes, without a new one, before it is asked whether the log went on meanwhile */

static const char *const rollups[] = {REPORT_ROLLUPS};
#define TOPICS (LENGTH_OF(rollups) + 1)

struct live_report {
    const struct config *config;
    struct figures *figures;
    struct topic_follow *follow;
    struct our_schemas *schemas;
    struct http *http;
    int64_t heard_ms, made_ms, asked_ms; /* a record came; a document was made; a broker was asked */
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
    return figures_take(live->figures, &taken, why);
}

static enum verdict follow_topics(struct live_report *live, const struct config *config, struct reason *why)
{
    char names[TOPICS][TOPIC_NAME_MAX + 1];
    struct topic_wanted wanted[TOPICS];

    topic_ledger(config, names[0]);
    wanted[0] = (struct topic_wanted){names[0], false};
    for (size_t at = 1; at < TOPICS; at++) {
        topic_summaries(config, rollups[at - 1], names[at]);
        wanted[at] = (struct topic_wanted){names[at], at > 1};
    }
    return topic_follow_open_wanted(&live->follow, config, wanted, TOPICS, why);
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
        verdict = http_publish(live->http, (struct span){page, size}, json, revision, why);
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
static enum http_state ask_log(struct live_report *live, const struct figures_told *told)
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
        return HTTP_UNSURE;
    return sum > told->ends ? HTTP_LATE : HTTP_LIVE;
}

/* Live is what was told a few intervals ago at most, or is all that the log has. */
static void look_how_old(struct live_report *live)
{
    struct figures_told told;

    if (!figures_told(live->figures, &told))
        return;
    int64_t age_ms = clock_ms(CLOCK_REALTIME) - told.told_ms;
    enum http_state state = age_ms <= live_ms(live->config) ? HTTP_LIVE : ask_log(live, &told);
    http_is_told(live->http, clock_ms(CLOCK_MONOTONIC) - age_ms, state);
}

static void look_whether_current(struct live_report *live, int64_t now_ms)
{
    struct reason why = {0};

    if (now_ms - live->asked_ms < ASK_MS || !topic_follow_at_end(live->follow))
        return;
    if (topic_follow_ask(live->follow, ANSWER_MS, &why) == GO_ON && topic_follow_at_end(live->follow)) {
        http_is_current(live->http, clock_ms(CLOCK_MONOTONIC));
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
    http_turn(live->http, 0, clock_ms(CLOCK_MONOTONIC));
    return verdict;
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
    http_is_current(live->http, clock_ms(CLOCK_MONOTONIC));
    live->asked_ms = clock_ms(CLOCK_MONOTONIC);
    if (verdict == GO_ON) {
        printf("http://127.0.0.1:%u/\n", http_port(live->http));
        fflush(stdout);
    }
    return verdict;
}

enum verdict report_live(const struct config *config, struct figures *figures, uint16_t port, struct reason *why)
{
    struct live_report live = {.config = config, .figures = figures};
    sigset_t signals;
    bool is_stopped = false;

    block_signals(&signals); /* before any thread is made, so that all inherit the mask */
    enum verdict verdict = http_open(&live.http, port, why);
    if (verdict == GO_ON)
        verdict = our_schemas_open(&live.schemas, config, why);
    if (verdict == GO_ON)
        verdict = follow_topics(&live, config, why);
    if (verdict == GO_ON)
        verdict = begin(&live, &signals, &is_stopped, why);
    while (verdict == GO_ON && !is_stopped) {
        verdict = turn(&live, TURN_MS, why);
        is_stopped = is_told_to_stop(&signals);
    }
    topic_follow_close(live.follow);
    our_schemas_close(live.schemas);
    http_close(live.http);
    free(live.document);
    return verdict;
}
