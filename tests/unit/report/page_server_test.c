/* The page's server: what is asked, and who may, as a table; then whole and in single bytes, over real sockets on
 * loopback, with a clock of its own. */
#include "gentally/report/page_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gentally/http/http_gzip.h"
#include "page_routes.h"
#include "suite.h"

static const struct endpoint local = {.address = {127, 0, 0, 1}, .port = 8080};
static const struct endpoint everywhere = {.port = 8080};
static const struct endpoint local_v6 = {.is_v6 = true, .address = {[15] = 1}, .port = 8080};

static void hosts_are_judged(void)
{
    static const struct {
        const struct endpoint *endpoint;
        const char *host, *said;
        unsigned status;
    } rows[] = {
        {&local, NULL, "127.0.0.1:8080", 200},
        {&local, NULL, "LOCALHOST:8080", 200},
        {&local, NULL, NULL, 400},
        {&local, NULL, "", 403},
        {&local, NULL, "127.0.0.1", 403},
        {&local, NULL, "127.0.0.1:8081", 403},
        {&local, NULL, "localhost:8080x", 403},
        {&local, NULL, "localhost:", 403},
        {&local, NULL, "localhost:+8080", 403},
        {&local, NULL, "localhost:99999999999999999999", 403},
        {&local, NULL, "127.0.0.1.example.com:8080", 403},
        {&local, NULL, "example.com:8080", 403},
        {&local, "figures.example", "figures.example:8080", 200},
        {&local, "figures.example", "Figures.Example", 200},
        {&local, "figures.example", "figures.example:81", 403},
        {&local, "figures.example:443", "figures.example:443", 200},
        {&local, "figures.example:443", "127.0.0.1:8080", 200},
        {&local, "figures.example:443", "figures.example", 403},
        {&everywhere, NULL, "0.0.0.0:8080", 403},
        {&everywhere, NULL, "127.0.0.1:8080", 403},
        {&everywhere, NULL, "localhost:8080", 403},
        {&everywhere, "figures.example", "figures.example:8080", 200},
        {&local_v6, NULL, "[::1]:8080", 200},
        {&local_v6, NULL, "localhost:8080", 200},
        {&local_v6, NULL, "::1:8080", 403},
        {&local_v6, NULL, "127.0.0.1:8080", 403},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        const struct page_question question = {.path = "/", .host = rows[at].said};
        struct page_route route = page_route(&question, rows[at].endpoint, rows[at].host);
        if (route.status != rows[at].status)
            printf("row %zu: %u, not %u\n", at, route.status, rows[at].status);
        CU_ASSERT_EQUAL(route.status, rows[at].status);
    }
}

static void port_80_needs_no_port(void)
{
    const struct endpoint endpoint = {.address = {127, 0, 0, 1}, .port = 80};
    const struct page_question question = {.path = "/", .host = "localhost"};

    CU_ASSERT_EQUAL(page_route(&question, &endpoint, NULL).status, 200);
}

static void paths_are_judged(void)
{
    static const struct {
        const char *path, *after, *last;
        unsigned status;
        enum page_target target;
        uint64_t want;
    } rows[] = {
        {"/", NULL, NULL, 200, PAGE_ITSELF, 0},
        {"/events", NULL, NULL, 200, PAGE_EVENTS, 0},
        {"/events", "17", NULL, 200, PAGE_EVENTS, 17},
        {"/events", "17", "19", 200, PAGE_EVENTS, 19},
        {"/events", NULL, "", 200, PAGE_EVENTS, 0},
        {"/events", "9999999999999999999", NULL, 200, PAGE_EVENTS, 9999999999999999999u},
        {"/events", "99999999999999999999", NULL, 400, PAGE_EVENTS, 0},
        {"/events", "-1", NULL, 400, PAGE_EVENTS, 0},
        {"/events", "", NULL, 400, PAGE_EVENTS, 0},
        {"/events", NULL, "x", 400, PAGE_EVENTS, 0},
        {"/favicon.ico", NULL, NULL, 200, PAGE_OTHER, 0},
        {"//", NULL, NULL, 200, PAGE_OTHER, 0},
        {"", NULL, NULL, 200, PAGE_OTHER, 0},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        const struct http_field field = {"after", rows[at].after};
        const struct page_question question = {.path = rows[at].path,
                                               .host = "127.0.0.1:8080",
                                               .last_event_id = rows[at].last,
                                               .fields = &field,
                                               .field_count = rows[at].after == NULL ? 0 : 1};
        struct page_route route = page_route(&question, &local, NULL);
        CU_ASSERT_EQUAL(route.status, rows[at].status);
        CU_ASSERT_EQUAL(route.target, rows[at].target);
        if (rows[at].status == 200)
            CU_ASSERT_EQUAL(route.after, rows[at].want);
    }
}

static void gzip_is_asked_for(void)
{
    static const struct {
        const char *said;
        bool want;
    } rows[] = {
        {NULL, false},          {"", false},           {"gzip", true},           {"GZIP", true},
        {"br, gzip", true},     {"gzip;q=0", false},   {"gzip; q=0.000", false}, {"gzip;q=0.001", true},
        {"gzip;q=0,br", false}, {"br;q=0,gzip", true}, {"gzipped", false},       {"x-gzip", false},
        {"*", false},           {"identity", false},   {" ,,gzip,", true},       {"gzip;q=", false},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        if (http_takes_gzip(rows[at].said) != rows[at].want)
            printf("row %zu: %s\n", at, rows[at].said);
        CU_ASSERT_EQUAL(http_takes_gzip(rows[at].said), rows[at].want);
    }
}

/* ---- Over sockets. */

static int64_t clock_ms;

static struct page_server *open_server(void)
{
    const struct page_server_options options = {.endpoint = {.address = {127, 0, 0, 1}}};
    struct page_server *http = NULL;
    struct reason why = {0};

    clock_ms = 1000;
    CU_ASSERT_EQUAL_FATAL(page_server_open(&http, &options, &why), GO_ON);
    return http;
}

static void publish(struct page_server *http, const char *page, const char *document, uint64_t number)
{
    struct reason why = {0};
    CU_ASSERT_EQUAL(page_server_publish(http, span_of(page), span_of(document), number, &why), GO_ON);
}

static int connect_to(const struct page_server *http)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(page_server_port(http))};
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

static void ask(const struct page_server *http, int client, const char *target)
{
    char text[256];
    snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: localhost:%u\r\n\r\n", target, page_server_port(http));
    say(client, text);
}

/* Turns until the client has heard `want`, or the server closed; what was heard is in `heard`. False: it never came. */
static bool hear(struct page_server *http, int client, const char *want, char *heard, size_t room)
{
    size_t size = strlen(heard);

    for (int turn = 0; turn < 400; turn++) {
        (void)page_server_turn(http, clock_ms);
        (void)poll(&(struct pollfd){.fd = client, .events = POLLIN}, 1, 5);
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

static void the_page_is_given(void)
{
    struct page_server *http = open_server();
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
    page_server_close(http);
}

static void a_request_may_come_in_single_bytes(void)
{
    struct page_server *http = open_server();
    char heard[4096] = "", text[128];
    int client = connect_to(http);

    publish(http, "<html>", "{}", 1);
    snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", page_server_port(http));
    for (size_t at = 0; text[at] != '\0'; at++) {
        say(client, (char[]){text[at], '\0'});
        (void)page_server_turn(http, clock_ms);
    }
    CU_ASSERT(hear(http, client, "<html>", heard, sizeof(heard)));
    close(client);
    page_server_close(http);
}

static void listeners_hear_what_they_have_not(void)
{
    struct page_server *http = open_server();
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
    page_server_is_current(http, clock_ms - 300);
    ask(http, other, "/events?after=2");
    CU_ASSERT(hear(http, other, "event: read\ndata: 300\n\n", again, sizeof(again)));
    CU_ASSERT_PTR_NULL(strstr(again, "event: study"));
    again[0] = '\0';
    clock_ms += PAGE_HEARTBEAT_MS;
    CU_ASSERT(hear(http, other, "event: read\ndata: 5300\n\n", again, sizeof(again)));
    CU_ASSERT_PTR_NULL(strstr(again, "event: told"));
    page_server_is_told(http, clock_ms - 70000, PAGE_LATE);
    again[0] = '\0';
    clock_ms += PAGE_HEARTBEAT_MS;
    CU_ASSERT(hear(http, other, "event: told\ndata: 75000 late\n\n", again, sizeof(again)));
    CU_ASSERT_PTR_NOT_NULL(strstr(again, "event: read\ndata: 10300\n\n"));
    close(client);
    close(other);
    page_server_close(http);
}

static void others_learn_nothing(void)
{
    struct page_server *http = open_server();
    char heard[4096] = "";

    publish(http, "<html>", "{}", 1);
    int client = connect_to(http);
    say(client, "GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n");
    CU_ASSERT(hear(http, client, " 403 ", heard, sizeof(heard)));
    CU_ASSERT_PTR_NULL(strstr(heard, "<html>"));
    close(client);
    client = connect_to(http);
    heard[0] = '\0';
    say(client, "GET / HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example\r\n\r\n");
    CU_ASSERT(hear(http, client, " 400 ", heard, sizeof(heard)));
    close(client);
    page_server_close(http);
}

/* A listener that takes nothing holds up nobody. */
static void slow_listeners_hold_up_nobody(void)
{
    struct page_server *http = open_server();
    size_t size = 8u << 20;
    char *document = malloc(size + 1);
    char heard[4096] = "";

    memset(document, 'x', size);
    document[size] = '\0';
    publish(http, "<html>", document, 1);
    int slow = connect_to(http);
    ask(http, slow, "/events");
    for (int turn = 0; turn < 50; turn++)
        (void)page_server_turn(http, clock_ms);
    int other = connect_to(http);
    ask(http, other, "/");
    CU_ASSERT(hear(http, other, "<html>", heard, sizeof(heard)));
    close(other);
    close(slow);
    free(document);
    page_server_close(http);
}

/* Bytes of any kind from many clients, who leave at any moment: the server stays. */
static void noise_over_sockets_is_survived(void)
{
    struct page_server *http = open_server();
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
        (void)page_server_turn(http, clock_ms);
        clock_ms += (int64_t)suite_below(&seed, 500);
        close(client);
    }
    int client = connect_to(http);
    ask(http, client, "/");
    CU_ASSERT(hear(http, client, "<html>", heard, sizeof(heard)));
    close(client);
    page_server_close(http);
}

static void a_taken_port_is_told(void)
{
    struct page_server *http = open_server(), *other = NULL;
    const struct page_server_options options = {
        .endpoint = {.address = {127, 0, 0, 1}, .port = page_server_port(http)}};
    struct reason why = {0};

    CU_ASSERT_EQUAL(page_server_open(&other, &options, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "REPORT-PORT");
    CU_ASSERT_PTR_NULL(other);
    page_server_close(http);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"hosts_are_judged", hosts_are_judged},
        {"port_80_needs_no_port", port_80_needs_no_port},
        {"paths_are_judged", paths_are_judged},
        {"gzip_is_asked_for", gzip_is_asked_for},
        {"the_page_is_given", the_page_is_given},
        {"a_request_may_come_in_single_bytes", a_request_may_come_in_single_bytes},
        {"listeners_hear_what_they_have_not", listeners_hear_what_they_have_not},
        {"others_learn_nothing", others_learn_nothing},
        {"slow_listeners_hold_up_nobody", slow_listeners_hold_up_nobody},
        {"noise_over_sockets_is_survived", noise_over_sockets_is_survived},
        {"a_taken_port_is_told", a_taken_port_is_told},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
