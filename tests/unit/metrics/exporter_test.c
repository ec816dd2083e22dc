/* The exporter over a real socket: what a scrape and the probes are answered before and after snapshots, which are
 * asked for once a second; a port that is taken; and a scrape while snapshots change hands. */
#include "gentally/metrics/exporter.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gentally/base/clock.h"
#include "suite.h"

static struct exporter *open_one(void)
{
    const struct endpoint endpoint = {.address = {127, 0, 0, 1}};
    struct exporter *exporter = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(exporter_open(&exporter, &endpoint, "1.2.3", &why), GO_ON);
    return exporter;
}

/* Sends a request and reads the answer to its end, to be freed. */
static char *ask(uint16_t port, const char *request)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    size_t size = 0, room = 1 << 16;
    char *answer = malloc(room + 1);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    const struct timeval patience = {20, 0};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    CU_ASSERT_EQUAL(setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    CU_ASSERT_EQUAL_FATAL(connect(connection, (struct sockaddr *)&address, sizeof(address)), 0);
    CU_ASSERT_EQUAL(send(connection, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    for (ssize_t got = 1; got > 0 && size<room; size += got> 0 ? (size_t)got : 0)
        got = recv(connection, answer + size, room - size, 0);
    close(connection);
    answer[size] = '\0';
    return answer;
}

static char *get(const struct exporter *exporter, const char *path)
{
    char request[256];

    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    return ask(exporter_port(exporter), request);
}

static void expect(const struct exporter *exporter, const char *path, const char *status, const char *text)
{
    char *answer = get(exporter, path);
    bool is_so = strncmp(answer + strlen("HTTP/1.1 "), status, strlen(status)) == 0 && strstr(answer, text) != NULL;

    if (!is_so)
        printf("%s: want %s with \"%s\", got:\n%s\n", path, status, text, answer);
    CU_ASSERT_TRUE(is_so);
    free(answer);
}

static void answers_before_the_first_snapshot(void)
{
    struct exporter *exporter = open_one();

    expect(exporter, "/metrics", "200", "gentally_build_info{version=\"1.2.3\"} 1\n");
    expect(exporter, "/livez", "200", "live: ");
    expect(exporter, "/readyz", "503", "no assignment of the consumer group is in force\n");
    expect(exporter, "/", "404", "there are /metrics, /livez and /readyz\n");
    expect(exporter, "/metrics/", "404", "");
    exporter_close(exporter);
}

static void tells_the_latest_snapshot(void)
{
    struct exporter *exporter = open_one();
    struct metrics *metrics = exporter_due(exporter, 5000);

    CU_ASSERT_PTR_NOT_NULL_FATAL(metrics);
    metrics->has_joined = metrics->is_store_up = metrics->is_broker_up = true;
    metrics->records[OUTCOME_COUNTED] = 41;
    expect(exporter, "/readyz", "503", "not ready"); /* It is not put yet. */
    exporter_put(exporter);
    expect(exporter, "/readyz", "200", "ready\n");
    expect(exporter, "/metrics", "200", "gentally_records_total{outcome=\"counted\"} 41\n");
    CU_ASSERT_PTR_NULL(exporter_due(exporter, 5000 + EXPORTER_INTERVAL_MS - 1));
    metrics = exporter_due(exporter, 5000 + EXPORTER_INTERVAL_MS);
    CU_ASSERT_PTR_NOT_NULL_FATAL(metrics);
    CU_ASSERT_EQUAL(metrics->records[OUTCOME_COUNTED], 0); /* It is cleared. */
    CU_ASSERT_STRING_EQUAL(metrics->version, "1.2.3");
    exporter_put(exporter);
    expect(exporter, "/metrics", "200", "gentally_records_total{outcome=\"counted\"} 0\n");
    exporter_close(exporter);
}

static void a_loop_that_hangs_is_told(void)
{
    struct exporter *exporter = open_one();
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);

    exporter_beat(exporter, now_ms - 301000);
    expect(exporter, "/livez", "503", "not live: ");
    exporter_beat(exporter, now_ms);
    expect(exporter, "/livez", "200", "live: ");
    exporter_close(exporter);
}

static void answers_readers_alone(void)
{
    struct exporter *exporter = open_one();
    uint16_t port = exporter_port(exporter);
    char *answer = ask(port, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n");

    CU_ASSERT_EQUAL(strncmp(answer, "HTTP/1.1 405 ", 13), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "Allow: GET, HEAD\r\n"));
    free(answer);
    answer = ask(port, "HEAD /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CU_ASSERT_EQUAL(strncmp(answer, "HTTP/1.1 200 ", 13), 0);
    CU_ASSERT_STRING_EQUAL(answer + strlen(answer) - 4, "\r\n\r\n");
    free(answer);
    answer = ask(port, "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    CU_ASSERT_STRING_EQUAL(answer, "");
    free(answer);
    answer = ask(port, "GET /metrics HTTP/1.0\r\nAccept: text/plain;version=0.0.4\r\n\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    free(answer);
    answer = ask(port, "GET /metrics HTTP/1.0\r\nAccept: application/openmetrics-text, text/plain\r\n\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(answer, "Content-Type: application/openmetrics-text; version=1.0.0"));
    free(answer);
    exporter_close(exporter);
}

static void a_taken_port_is_a_reason(void)
{
    struct exporter *exporter = open_one(), *other = NULL;
    const struct endpoint endpoint = {.address = {127, 0, 0, 1}, .port = exporter_port(exporter)};
    const struct endpoint foreign = {.address = {192, 0, 2, 1}, .port = 1};
    struct reason why;

    CU_ASSERT_EQUAL(exporter_open(&other, &endpoint, "", &why), HALT);
    CU_ASSERT_EQUAL(why.id, METRICS_PORT);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, ": Address already in use"));
    CU_ASSERT_EQUAL(exporter_open(&other, &foreign, "", &why), HALT);
    CU_ASSERT_STRING_EQUAL(why.text, "192.0.2.1:1: Cannot assign requested address");
    exporter_close(exporter);
}

/* ---- two threads ---- */

#define ROUNDS 200

static _Atomic bool is_over;

/* Every snapshot has one number in all places: a scrape that saw two of them would be torn. */
static void *put_snapshots(void *context)
{
    struct exporter *exporter = context;

    for (int64_t round = 0; !is_over; round++) {
        struct metrics *metrics = exporter_due(exporter, round * EXPORTER_INTERVAL_MS);
        for (size_t at = 0; at < OUTCOME_COUNT; at++)
            metrics->records[at] = (uint64_t)round;
        metrics->partition_count = (uint32_t)(round % 3);
        for (uint32_t at = 0; at < metrics->partition_count; at++)
            metrics->partitions[at] = (struct partition_metrics){.number = (int32_t)at, .next = round};
        exporter_put(exporter);
    }
    return NULL;
}

static bool is_of_one(const char *answer)
{
    const char *at = strstr(answer, "gentally_records_total{");
    char first[32] = "";

    for (; at != NULL; at = strstr(at + 1, "gentally_records_total{")) {
        char number[32];
        if (sscanf(strchr(at, ' '), "%31s", number) != 1)
            return false;
        if (first[0] == '\0')
            memcpy(first, number, sizeof(first));
        if (strcmp(first, number) != 0)
            return false;
    }
    for (at = strstr(answer, "gentally_partition_next_offset{"); at != NULL;
         at = strstr(at + 1, "gentally_partition_next_offset{"))
        if (strncmp(strchr(at, ' ') + 1, first, strlen(first)) != 0)
            return false;
    return first[0] != '\0';
}

static void no_scrape_sees_two_snapshots(void)
{
    struct exporter *exporter = open_one();
    pthread_t thread;

    is_over = false;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, put_snapshots, exporter), 0);
    for (int round = 0; round < ROUNDS; round++) {
        char *answer = get(exporter, "/metrics");
        CU_ASSERT_TRUE(is_of_one(answer));
        free(answer);
    }
    is_over = true;
    pthread_join(thread, NULL);
    exporter_close(exporter);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"answers_before_the_first_snapshot", answers_before_the_first_snapshot},
        {"tells_the_latest_snapshot", tells_the_latest_snapshot},
        {"a_loop_that_hangs_is_told", a_loop_that_hangs_is_told},
        {"answers_readers_alone", answers_readers_alone},
        {"a_taken_port_is_a_reason", a_taken_port_is_a_reason},
        {"no_scrape_sees_two_snapshots", no_scrape_sees_two_snapshots},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
