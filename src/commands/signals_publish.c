/* What is published already, byte by byte the same, is not published again. */
#include "signals_run.h"

#define SETTLE_MS 1000

static enum verdict put(struct signals_run *request, struct span key, struct span value, struct reason *why)
{
    log_line(&request->logger, LOG_LEVEL_INFO, value.bytes == NULL ? "SIGNAL-WITHDRAWN" : "SIGNAL-PUBLISHED",
             "key=%.*s", (int)key.size, key.bytes);
    return producer_put(request->producer, request->topic, key, value, why);
}

/* Whether the published signal was made of a newer version of the window than was read here. */
static bool is_newer(const struct signals_run *request, const struct signal *published)
{
    int64_t generation, revision;

    return signals_version(request->signals, published->kind, published->window.start_ms, &generation, &revision) &&
           summary_version_compare(published->generation, published->revision, PANE_ON_TIME, generation, revision,
                                   PANE_ON_TIME) > 0;
}

static enum verdict publish_found(struct signals_run *request, struct latest *found, struct reason *why)
{
    enum verdict verdict = GO_ON;
    char key[SIGNAL_KEY_MAX];

    for (size_t index = 0; index < signals_count(request->signals) && verdict == GO_ON; index++) {
        const struct signal *sign = signals_at(request->signals, index);
        struct latest_row row = {.key = {key, signal_key_write(sign, key)}};
        verdict = encode_signal(request->encoder, sign, &row.value, why);
        if (verdict == GO_ON)
            verdict = latest_put(found, &row, why);
        const struct latest_row *there = latest_find(request->published, row.key);
        struct signal_read read;
        if (verdict != GO_ON || (there != NULL && span_equal(there->value, row.value)))
            continue;
        if (there != NULL && signals_read_published(request, there->value, &read, why) == GO_ON &&
            is_newer(request, &read.signal))
            continue;
        verdict = put(request, row.key, row.value, why);
        request->published_count++;
    }
    return verdict;
}

static enum verdict withdraw_rest(struct signals_run *request, const struct latest *found, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (size_t index = 0; index < latest_seen(request->published) && verdict == GO_ON; index++) {
        const struct latest_row *row = latest_at(request->published, index);
        struct signal_read read;
        if (row->value.bytes == NULL || latest_find(found, row->key) != NULL)
            continue;
        if (signals_read_published(request, row->value, &read, why) == GO_ON && is_newer(request, &read.signal))
            continue;
        verdict = put(request, row->key, (struct span){NULL, 0}, why);
        request->withdrawn_count++;
    }
    return verdict;
}

/* Waits until all is acknowledged: with --follow as long as the broker is away, until a signal comes. */
static enum verdict settle(struct signals_run *request, struct reason *why)
{
    int attempts = 0;
    enum verdict verdict;

    do {
        verdict = producer_settle(request->producer, SETTLE_MS, why);
        signals_look_for_stop(request, 0);
    } while (verdict == TRY_LATER && !request->is_stopped && (request->is_followed || ++attempts < 30));
    return verdict;
}

enum verdict signals_publish(struct signals_run *request, struct reason *why)
{
    struct latest *found = NULL;
    enum verdict verdict = latest_open(&found, why);

    if (verdict == GO_ON)
        verdict = publish_found(request, found, why);
    if (verdict == GO_ON)
        verdict = withdraw_rest(request, found, why);
    if (verdict == GO_ON)
        verdict = settle(request, why);
    latest_close(found);
    return verdict;
}
