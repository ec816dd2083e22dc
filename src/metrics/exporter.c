/* Three snapshots: one is being filled by the loop, one is the latest, one is being printed. The first two change
 * places under the mutex, and the third is copied there. */
#include "gentally/metrics/exporter.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "gentally/base/clock.h"
#include "gentally/http/http_server.h"
#include "health.h"
#include "metrics_text.h"

#define NOT_FOUND 404u
#define UNAVAILABLE 503u

struct exporter {
    struct http_server *http;
    const char *version;
    _Atomic int64_t turned_ms; /* monotonic */
    int64_t due_ms;            /* of the next snapshot; the loop's own */
    pthread_mutex_t mutex;     /* of `latest` */
    struct metrics *filled, *latest, *shown;
};

/* ---- the server's thread ---- */

static const struct metrics *look(struct exporter *exporter)
{
    pthread_mutex_lock(&exporter->mutex);
    size_t size = offsetof(struct metrics, partitions) +
                  exporter->latest->partition_count * sizeof(exporter->latest->partitions[0]);
    memcpy(exporter->shown, exporter->latest, size);
    pthread_mutex_unlock(&exporter->mutex);
    return exporter->shown;
}

/* Prometheus names OpenMetrics first if it knows it; whoever names neither gets it, too. */
static enum metrics_format format_for(const char *accept)
{
    bool is_old = accept != NULL && strstr(accept, "application/openmetrics-text") == NULL &&
                  strstr(accept, "text/plain") != NULL;

    return is_old ? METRICS_TEXT : METRICS_OPEN;
}

static void answer(void *context, const struct http_request *request, struct http_answer *answer)
{
    struct exporter *exporter = context;
    int64_t turned_ms = atomic_load(&exporter->turned_ms), now_ms = clock_ms(CLOCK_MONOTONIC);

    if (strcmp(request->path, "/metrics") == 0) {
        enum metrics_format format = format_for(request->accept);
        answer->type = metrics_type(format);
        metrics_print(answer->body, look(exporter), format);
    } else if (strcmp(request->path, "/livez") == 0) {
        answer->status = health_is_live(answer->body, turned_ms, now_ms) ? answer->status : UNAVAILABLE;
    } else if (strcmp(request->path, "/readyz") == 0) {
        bool is_ready = health_is_ready(answer->body, look(exporter), turned_ms, now_ms);
        answer->status = is_ready ? answer->status : UNAVAILABLE;
    } else {
        answer->status = NOT_FOUND;
        fputs("there are /metrics, /livez and /readyz\n", answer->body);
    }
}

/* ---- the loop's thread ---- */

static void clear(const struct exporter *exporter, struct metrics *metrics)
{
    metrics_clear(metrics);
    metrics->version = exporter->version;
}

static enum verdict open_parts(struct exporter *exporter, const struct endpoint *endpoint, struct reason *why)
{
    const struct http_server_options options = {
        .endpoint = *endpoint,
        .because = METRICS_PORT,
        .answer = answer,
        .context = exporter,
    };

    exporter->filled = malloc(sizeof(*exporter->filled));
    exporter->latest = malloc(sizeof(*exporter->latest));
    exporter->shown = malloc(sizeof(*exporter->shown));
    if (exporter->filled == NULL || exporter->latest == NULL || exporter->shown == NULL)
        return no_memory(why, "for metrics");
    clear(exporter, exporter->latest);
    return http_server_open(&exporter->http, &options, why);
}

enum verdict exporter_open(struct exporter **exporter, const struct endpoint *endpoint, const char *version,
                           struct reason *why)
{
    struct exporter *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for metrics");
    opened->version = version;
    pthread_mutex_init(&opened->mutex, NULL);
    exporter_beat(opened, clock_ms(CLOCK_MONOTONIC));
    enum verdict verdict = open_parts(opened, endpoint, why);
    if (verdict != GO_ON) {
        exporter_close(opened);
        return verdict;
    }
    *exporter = opened;
    return GO_ON;
}

void exporter_close(struct exporter *exporter)
{
    if (exporter == NULL)
        return;
    http_server_close(exporter->http);
    pthread_mutex_destroy(&exporter->mutex);
    free(exporter->filled);
    free(exporter->latest);
    free(exporter->shown);
    free(exporter);
}

uint16_t exporter_port(const struct exporter *exporter)
{
    return http_server_port(exporter->http);
}

void exporter_beat(struct exporter *exporter, int64_t now_ms)
{
    atomic_store_explicit(&exporter->turned_ms, now_ms, memory_order_relaxed);
}

struct metrics *exporter_due(struct exporter *exporter, int64_t now_ms)
{
    if (now_ms < exporter->due_ms)
        return NULL;
    exporter->due_ms = now_ms + EXPORTER_INTERVAL_MS;
    clear(exporter, exporter->filled);
    return exporter->filled;
}

void exporter_put(struct exporter *exporter)
{
    assert(exporter->filled->partition_count <= PARTITIONS_MAX);
    pthread_mutex_lock(&exporter->mutex);
    struct metrics *put = exporter->filled;
    exporter->filled = exporter->latest;
    exporter->latest = put;
    pthread_mutex_unlock(&exporter->mutex);
}
