/* The HTTP server: requests, whole, in single bytes and hostile, over real sockets on loopback, with a clock of its
 * own. */
#include "gentally/report/http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_private.h"
#include "http_routes.h"
#include "suite.h"

#define PORT 8080
#define HOST "Host: 127.0.0.1:8080\r\n"

static void requests_are_judged(void)
{
    static const struct {
        const char *head;
        int status;
        enum http_target target;
        uint64_t after;
    } rows[] = {
        {"GET / HTTP/1.1\r\n" HOST "\r\n", 200, HTTP_PAGE, 0},
        {"GET / HTTP/1.0\r\n" HOST "\r\n", 200, HTTP_PAGE, 0},
        {"GET /?x=1 HTTP/1.1\r\nhOsT:\t LOCALHOST:8080 \r\nAccept: */*\r\n\r\n", 200, HTTP_PAGE, 0},
        {"GET /events HTTP/1.1\r\n" HOST "\r\n", 200, HTTP_EVENTS, 0},
        {"GET /events?after=17 HTTP/1.1\r\n" HOST "\r\n", 200, HTTP_EVENTS, 17},
        {"GET /events?after=17 HTTP/1.1\r\n" HOST "Last-Event-ID: 19\r\n\r\n", 200, HTTP_EVENTS, 19},
        {"GET /events HTTP/1.1\r\n" HOST "Last-Event-ID:\r\n\r\n", 200, HTTP_EVENTS, 0},
        {"GET /events?after=9999999999999999999 HTTP/1.1\r\n" HOST "\r\n", 200, HTTP_EVENTS, 9999999999999999999u},
        {"GET /events?after=99999999999999999999 HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0},
        {"GET /events?after=-1 HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0},
        {"GET /events?after= HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0},
        {"GET /events HTTP/1.1\r\n" HOST "Last-Event-ID: x\r\n\r\n", 400, 0, 0},
        {"GET /favicon.ico HTTP/1.1\r\n" HOST "\r\n", 404, 0, 0},
        {"GET /../etc/passwd HTTP/1.1\r\n" HOST "\r\n", 404, 0, 0},
        {"GET // HTTP/1.1\r\n" HOST "\r\n", 404, 0, 0},
        {"POST / HTTP/1.1\r\n" HOST "\r\n", 405, 0, 0},
        {"HEAD / HTTP/1.1\r\n" HOST "\r\n", 405, 0, 0},
        {"get / HTTP/1.1\r\n" HOST "\r\n", 405, 0, 0},
        {"GET / HTTP/2.0\r\n" HOST "\r\n", 505, 0, 0},
        {"GET / HTTP/1.1\r\nHost: example.com:8080\r\n\r\n", 403, 0, 0},
        {"GET / HTTP/1.1\r\nHost: 127.0.0.1.example.com:8080\r\n\r\n", 403, 0, 0},
        {"GET / HTTP/1.1\r\nHost: 127.0.0.1:8081\r\n\r\n", 403, 0, 0},
        {"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 403, 0, 0},
        {"GET / HTTP/1.1\r\nHost: localhost:8080x\r\n\r\n", 403, 0, 0},
        {"GET / HTTP/1.1\r\nHost: \r\n\r\n", 403, 0, 0},
        {"GET / HTTP/1.1\r\nHost: example.com\r\n" HOST "\r\n", 403, 0, 0},
        {"GET / HTTP/1.1\r\n" HOST "Host: example.com\r\n\r\n", 403, 0, 0},
        {"GET /nothing HTTP/1.1\r\nHost: example.com\r\n\r\n", 403, 0, 0}, /* not even what there is not */
        {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400, 0, 0},
        {"GET / HTTP/1.1\r\n\r\n", 400, 0, 0},
        {"GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n", 400, 0, 0},
        {"GET / HTTP/1.1\r\n" HOST ": nameless\r\n\r\n", 400, 0, 0},
        {"GET / HTTP/1.1\r\n" HOST "Folded: a\r\n b\r\n\r\n", 400, 0, 0},
        {"GET / HTTP/1.1\r\n" HOST "Bad: \x01\r\n\r\n", 400, 0, 0},
        {"GET / HTTP/1.1\r\n" HOST "Host : 127.0.0.1:8080\r\n\r\n", 400, 0, 0},
        {"GET / HTTP/1.1\n" HOST "\r\n", 400, 0, 0},
        {"GET http://127.0.0.1:8080/ HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0},
        {"GET  / HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0},
        {"GET /\r\n" HOST "\r\n", 400, 0, 0},
        {" / HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0},
        {"GET\r\n\r\n", 400, 0, 0},
        {"\r\n\r\n", 400, 0, 0},
        {"", 400, 0, 0},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        struct http_request request;
        http_route(span_of(rows[at].head), PORT, &request);
        if (request.status != rows[at].status)
            printf("row %zu: %d, not %d: %s\n", at, request.status, rows[at].status, rows[at].head);
        CU_ASSERT_EQUAL(request.status, rows[at].status);
        if (rows[at].status == 200) {
            CU_ASSERT_EQUAL(request.target, rows[at].target);
            CU_ASSERT_EQUAL(request.after, rows[at].after);
        }
    }
}

static void port_80_needs_no_port(void)
{
    struct http_request request;

    http_route(span_of("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), 80, &request);
    CU_ASSERT_EQUAL(request.status, 200);
}

/* Bytes of any kind, and good requests with a few bytes changed: never over the end (the copy is as long as the text,
 * for the sanitizer to see), and a good answer only to what names this host. */
static void noise_is_refused(void)
{
    static const char good[] = "GET /events?after=3 HTTP/1.1\r\n" HOST "Last-Event-ID: 5\r\nAccept: text/plain\r\n\r\n";
    uint64_t seed = suite_seed();

    for (int round = 0; round < 20000; round++) {
        size_t size = round % 2 == 0 ? sizeof(good) - 1 : suite_below(&seed, 200);
        char *head = malloc(size + 1);
        struct http_request request;
        for (size_t at = 0; at < size; at++)
            head[at] = round % 2 == 0 ? good[at] : (char)suite_random(&seed);
        for (uint64_t change = suite_below(&seed, 4); change-- > 0 && size > 0;)
            head[suite_below(&seed, size)] = (char)suite_random(&seed);
        char *exact = realloc(head, size == 0 ? 1 : size);
        http_route((struct span){exact, size}, PORT, &request);
        CU_ASSERT(request.status == 200 || (request.status >= 400 && request.status <= 505));
        if (request.status == 200)
            CU_ASSERT_PTR_NOT_NULL(memmem(exact, size, "127.0.0.1:8080", 14));
        free(exact);
    }
}

/* ---- Over sockets. */

static int64_t clock_ms;

static struct http *open_server(void)
{
    struct http *http = NULL;
    struct reason why = {0};

    clock_ms = 1000;
    CU_ASSERT_EQUAL_FATAL(http_open(&http, 0, &why), GO_ON);
    return http;
}

static void publish(struct http *http, const char *page, const char *document, uint64_t number)
{
    struct reason why = {0};
    CU_ASSERT_EQUAL(http_publish(http, span_of(page), span_of(document), number, &why), GO_ON);
}

static int connect_to(const struct http *http)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(http_port(http))};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client, (const struct sockaddr *)&address, sizeof(address)) != 0)
        abort();
    fcntl(client, F_SETFL, O_NONBLOCK);
    return client;
}

static void say(int client, const char *text)
{
    assert(send(client, text, strlen(text), MSG_NOSIGNAL) >= 0 || errno == EPIPE || errno == ECONNRESET);
}

static void ask(const struct http *http, int client, const char *target)
{
    char text[256];
    snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: localhost:%u\r\n\r\n", target, http_port(http));
    say(client, text);
}

/* Turns until the client has heard `want`, or the server closed; what was heard is in `heard`. False: it never came. */
static bool hear(struct http *http, int client, const char *want, char *heard, size_t room)
{
    size_t size = strlen(heard);

    for (int turn = 0; turn < 400; turn++) {
        http_turn(http, 5, clock_ms);
        ssize_t count = recv(client, heard + size, room - size - 1, 0);
        size += count > 0 ? (size_t)count : 0;
        heard[size] = '\0';
        if (want != NULL && strstr(heard, want) != NULL)
            return true;
        if (count == 0 || (count < 0 && errno == ECONNRESET))
            return want == NULL;
    }
    return false;
}

static void until_clients(struct http *http, size_t count)
{
    for (int turn = 0; turn < 400 && http_client_count(http) != count; turn++)
        http_turn(http, 5, clock_ms);
    CU_ASSERT_EQUAL(http_client_count(http), count);
}

static void the_page_is_given(void)
{
    struct http *http = open_server();
    char heard[4096] = "";
    int client = connect_to(http);

    ask(http, client, "/");
    CU_ASSERT(hear(http, client, NULL, heard, sizeof(heard)));
    CU_ASSERT_PTR_NOT_NULL(strstr(heard, "HTTP/1.1 503 ")); /* nothing to show yet */
    close(client);
    publish(http, "<html>", "{}", 1);
    client = connect_to(http);
    heard[0] = '\0';
    ask(http, client, "/");
    CU_ASSERT(hear(http, client, NULL, heard, sizeof(heard)));
    CU_ASSERT_PTR_NOT_NULL(strstr(heard, "HTTP/1.1 200 OK\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(heard, "Content-Length: 6\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(heard, "\r\n\r\n<html>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(heard, "nosniff"));
    close(client);
    until_clients(http, 0);
    http_close(http);
}

static void a_request_may_come_in_single_bytes(void)
{
    struct http *http = open_server();
    char heard[4096] = "", text[128];
    int client = connect_to(http);

    publish(http, "<html>", "{}", 1);
    snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", http_port(http));
    for (size_t at = 0; text[at] != '\0'; at++) {
        say(client, (char[]){text[at], '\0'});
        http_turn(http, 0, clock_ms);
    }
    CU_ASSERT(hear(http, client, "<html>", heard, sizeof(heard)));
    close(client);
    http_close(http);
}

static void listeners_hear_what_they_have_not(void)
{
    struct http *http = open_server();
    char heard[8192] = "", again[8192] = "";

    publish(http, "<1>", "{\n\"a\":1,\r\n\"b\":2}", 1);
    int client = connect_to(http);
    ask(http, client, "/events?after=0");
    CU_ASSERT(
        hear(http, client, "id: 1\nevent: study\ndata: {\ndata: \"a\":1, \ndata: \"b\":2}\n\n", heard, sizeof(heard)));
    publish(http, "<2>", "[2]", 2);
    CU_ASSERT(hear(http, client, "id: 2\nevent: study\ndata: [2]\n\n", heard, sizeof(heard)));
    /* Who has the latest is told only how old it is. */
    int other = connect_to(http);
    http_is_current(http, clock_ms - 300);
    ask(http, other, "/events?after=2");
    CU_ASSERT(hear(http, other, "event: read\ndata: 300\n\n", again, sizeof(again)));
    CU_ASSERT_PTR_NULL(strstr(again, "event: study"));
    again[0] = '\0';
    clock_ms += HTTP_HEARTBEAT_MS;
    CU_ASSERT(hear(http, other, "event: read\ndata: 5300\n\n", again, sizeof(again)));
    CU_ASSERT_PTR_NULL(strstr(again, "event: told"));
    http_is_told(http, clock_ms - 70000, HTTP_LATE);
    again[0] = '\0';
    clock_ms += HTTP_HEARTBEAT_MS;
    CU_ASSERT(hear(http, other, "event: told\ndata: 75000 late\n\n", again, sizeof(again)));
    CU_ASSERT_PTR_NOT_NULL(strstr(again, "event: read\ndata: 10300\n\n"));
    close(client);
    close(other);
    until_clients(http, 0);
    http_close(http);
}

static void hostile_clients_are_dropped(void)
{
    struct http *http = open_server();
    char heard[4096] = "", flood[HTTP_REQUEST_MAX + 1];

    publish(http, "<html>", "{}", 1);
    /* A request without an end. */
    int client = connect_to(http);
    memset(flood, 'a', sizeof(flood) - 1);
    flood[sizeof(flood) - 1] = '\0';
    say(client, flood);
    CU_ASSERT(hear(http, client, " 431 ", heard, sizeof(heard)));
    close(client);
    until_clients(http, 0);
    /* One that never asks. */
    client = connect_to(http);
    until_clients(http, 1);
    clock_ms += HTTP_REQUEST_MS;
    until_clients(http, 0);
    close(client);
    /* One that asks under another name. */
    client = connect_to(http);
    heard[0] = '\0';
    say(client, "GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n");
    CU_ASSERT(hear(http, client, " 403 ", heard, sizeof(heard)));
    CU_ASSERT_PTR_NULL(strstr(heard, "<html>"));
    close(client);
    until_clients(http, 0);
    http_close(http);
}

/* A listener that takes nothing holds up nobody, and is dropped. */
static void slow_clients_are_dropped(void)
{
    struct http *http = open_server();
    size_t size = 8u << 20;
    char *document = malloc(size + 1);
    char heard[4096] = "";

    memset(document, 'x', size);
    document[size] = '\0';
    publish(http, "<html>", document, 1);
    int slow = connect_to(http);
    ask(http, slow, "/events");
    until_clients(http, 1);
    for (int turn = 0; turn < 50; turn++)
        http_turn(http, 1, clock_ms);
    int other = connect_to(http);
    ask(http, other, "/");
    CU_ASSERT(hear(http, other, "<html>", heard, sizeof(heard)));
    close(other);
    until_clients(http, 1);
    clock_ms += HTTP_STALLED_MS;
    until_clients(http, 0);
    close(slow);
    free(document);
    http_close(http);
}

static void too_many_clients_are_told_so(void)
{
    struct http *http = open_server();
    int clients[HTTP_CLIENTS_MAX];
    char heard[4096] = "";

    publish(http, "<html>", "{}", 1);
    for (size_t at = 0; at < HTTP_CLIENTS_MAX; at++) {
        clients[at] = connect_to(http);
        http_turn(http, 0, clock_ms);
    }
    until_clients(http, HTTP_CLIENTS_MAX);
    int other = connect_to(http);
    CU_ASSERT(hear(http, other, " 503 ", heard, sizeof(heard)));
    close(other);
    for (size_t at = 0; at < HTTP_CLIENTS_MAX; at++)
        close(clients[at]);
    until_clients(http, 0);
    http_close(http);
}

/* Bytes of any kind from many clients, who leave at any moment: the server stays. */
static void noise_over_sockets_is_survived(void)
{
    struct http *http = open_server();
    uint64_t seed = suite_seed();
    char heard[4096] = "", noise[600];

    publish(http, "<html>", "{}", 1);
    for (int round = 0; round < 300; round++) {
        int client = connect_to(http);
        size_t size = suite_below(&seed, sizeof(noise) - 1);
        for (size_t at = 0; at < size; at++)
            noise[at] = suite_below(&seed, 8) == 0 ? '\n' : (char)(1 + suite_below(&seed, 255));
        noise[size] = '\0';
        if (suite_below(&seed, 3) == 0)
            ask(http, client, suite_below(&seed, 2) == 0 ? "/" : "/events");
        say(client, noise);
        http_turn(http, 0, clock_ms);
        clock_ms += (int64_t)suite_below(&seed, 500);
        close(client);
    }
    clock_ms += HTTP_STALLED_MS;
    until_clients(http, 0);
    int client = connect_to(http);
    ask(http, client, "/");
    CU_ASSERT(hear(http, client, "<html>", heard, sizeof(heard)));
    close(client);
    http_close(http);
}

static void a_taken_port_is_told(void)
{
    struct http *http = open_server(), *other = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL(http_open(&other, http_port(http), &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "REPORT-PORT");
    CU_ASSERT_PTR_NULL(other);
    http_close(http);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"requests_are_judged", requests_are_judged},
        {"port_80_needs_no_port", port_80_needs_no_port},
        {"noise_is_refused", noise_is_refused},
        {"the_page_is_given", the_page_is_given},
        {"a_request_may_come_in_single_bytes", a_request_may_come_in_single_bytes},
        {"listeners_hear_what_they_have_not", listeners_hear_what_they_have_not},
        {"hostile_clients_are_dropped", hostile_clients_are_dropped},
        {"slow_clients_are_dropped", slow_clients_are_dropped},
        {"too_many_clients_are_told_so", too_many_clients_are_told_so},
        {"noise_over_sockets_is_survived", noise_over_sockets_is_survived},
        {"a_taken_port_is_told", a_taken_port_is_told},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
