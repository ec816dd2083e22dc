/*
 * The server of metrics_listen, over its own socket: what an input sends, at once or in pieces of the size that its
 * first byte says, to a worker that has something to tell. Whatever that is, every
 * answer is one that we give or libmicrohttpd does, with the headers of ours, and the next client is served. What we
 * read of headers ourselves is read of the input, too: the page's server answers only to who names it.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "gentally/base/clock.h"
#include "gentally/http/http_gzip.h"
#include "gentally/metrics/exporter.h"
#include "page_routes.h"

#define ANSWER_MAX (4u << 20)
#define PIECES_MAX 64 /* of an input: each is a packet, and takes its time */
#define LOOK_EACH 16  /* inputs between two looks whether a good request is still answered */
#define FIRST_MS 50   /* until the first byte of an answer, or there is none */
#define MORE_MS 2     /* until the next: a connection that is kept open does not end by itself for ten seconds */

static struct exporter *exporter;
static char answer[ANSWER_MAX + 1];
static uint32_t inputs;

static void open_all(void)
{
    const struct endpoint endpoint = {.address = {127, 0, 0, 1}};
    struct reason why = {0};

    CLAIM(exporter_open(&exporter, &endpoint, "0.0.0", &why) == GO_ON);
    struct metrics *metrics = exporter_due(exporter, clock_ms(CLOCK_MONOTONIC));
    CLAIM(metrics != NULL);
    metrics->now_ms = 1735689600123;
    metrics->partition_count = 40;
    for (uint32_t i = 0; i < metrics->partition_count; i++)
        metrics->partitions[i] =
            (struct partition_metrics){.number = (int32_t)i, .stopped = i % 7 == 0 ? STORE_TORN : 0};
    exporter_put(exporter);
}

/* A connection from one of many addresses: what is left of those before does not wait for a port. */
static int connect_to_it(void)
{
    const struct linger none = {.l_onoff = 1}; /* whatever is left of it is dropped at once */
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    from.sin_addr.s_addr = htonl(0x7f000002u + inputs % 200);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(exporter_port(exporter));
    CLAIM(made >= 0);
    CLAIM(bind(made, (const struct sockaddr *)&from, sizeof(from)) == 0);
    CLAIM(connect(made, (const struct sockaddr *)&to, sizeof(to)) == 0);
    CLAIM(setsockopt(made, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) == 0);
    return made;
}

/* Sends it piece by piece, until the server has heard enough, and reads what comes. */
static size_t talk(struct span request, size_t piece, int first_ms)
{
    int made = connect_to_it();
    size_t size = 0;

    for (size_t at = 0; at < request.size; at += piece) {
        size_t rest = request.size - at;
        if (send(made, request.bytes + at, rest < piece ? rest : piece, MSG_NOSIGNAL) < 0)
            break;
    }
    (void)shutdown(made, SHUT_WR);
    while (poll(&(struct pollfd){.fd = made, .events = POLLIN}, 1, size == 0 ? first_ms : MORE_MS) > 0) {
        ssize_t got = recv(made, answer + size, ANSWER_MAX - size, 0);
        if (got <= 0) /* A reset is an end like any other. */
            break;
        size += (size_t)got;
        CLAIM(size < ANSWER_MAX);
    }
    close(made);
    answer[size] = '\0';
    return size;
}

/* Whether it is an answer's status that somebody here gives. */
static bool is_status(const char *line)
{
    static const char *const known[] = {"200 ", "400 ", "404 ", "405 ", "408 ", "411 ", "413 ",
                                        "414 ", "417 ", "431 ", "500 ", "501 ", "503 ", "505 "};

    for (size_t i = 0; i < LENGTH_OF(known); i++)
        if (strncmp(line, known[i], 4) == 0)
            return true;
    return false;
}

/* Our own answers have these, and a body of one of the kinds that we print. */
static void claim_ours(const char *head)
{
    const char *body = strstr(head, "\r\n\r\n");

    CLAIM(body != NULL);
    CLAIM(strstr(head, "Cache-Control: no-store\r\n") != NULL);
    CLAIM(strstr(head, "X-Content-Type-Options: nosniff\r\n") != NULL);
    CLAIM(strstr(head, "Content-Length: ") != NULL);
}

/* The input as each of the texts of a request to the page's server. */
static void read_headers(struct span input)
{
    const struct endpoint endpoint = {.address = {127, 0, 0, 1}, .port = 80};
    char *text = malloc(input.size + 1); /* as long as it is, for the sanitizer to see */

    CLAIM(text != NULL);
    memcpy(text, input.bytes, input.size);
    text[input.size] = '\0';
    (void)http_takes_gzip(text);
    const struct http_field field = {text, text};
    struct page_question question = {.path = text, .host = text, .last_event_id = text, .fields = &field, 1};
    struct page_route route = page_route(&question, &endpoint, NULL);
    CLAIM(route.status == 403 || strncasecmp(text, "localhost", 9) == 0 || strncmp(text, "127.0.0.1", 9) == 0);
    question.host = "localhost";
    question.path = "/events";
    route = page_route(&question, &endpoint, NULL);
    CLAIM(route.status == 400 || (route.status == 200 && strspn(text, "0123456789") == strlen(text)));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char good[] = "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    struct fuzz_input input = {bytes, size};

    if (exporter == NULL)
        open_all();
    inputs++;
    exporter_beat(exporter, clock_ms(CLOCK_MONOTONIC));
    size_t piece = take_byte(&input);
    struct span request = take_rest(&input);
    read_headers(request);
    if (piece % 2 == 0)
        piece = request.size + 1;
    else if (request.size / piece > PIECES_MAX)
        piece = request.size / PIECES_MAX + 1;
    if (talk(request, piece, FIRST_MS) > 0) {
        CLAIM(strncmp(answer, "HTTP/1.", 7) == 0 && answer[8] == ' ');
        CLAIM(is_status(answer + 9));
        if (strstr(answer, "nosniff") != NULL)
            claim_ours(answer);
    }
    if (inputs % LOOK_EACH == 1) {
        CLAIM(talk((struct span){good, sizeof(good) - 1}, sizeof(good), 10000) > 0);
        CLAIM(strncmp(answer, "HTTP/1.1 200 ", 13) == 0);
        claim_ours(answer);
    }
    return 0;
}
