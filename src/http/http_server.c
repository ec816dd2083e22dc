/* HTTP is libmicrohttpd's. The socket is ours, so that what is wrong with an address can be said. */
#include "gentally/http/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64
#define CLIENT_BYTES ((size_t)16 << 10) /* of a client's request: its head, that is */

struct http_server {
    struct MHD_Daemon *daemon;
    struct http_server_options options;
    uint16_t port;
};

/* ---- answers ---- */

static enum MHD_Result send_bytes(struct MHD_Connection *connection, const struct http_answer *answer, char *bytes,
                                  size_t size)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_MUST_FREE);

    if (response == NULL) {
        free(bytes);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

/* `request` NULL: one that is no reader's. */
static enum MHD_Result answer_with(const struct http_server *server, struct MHD_Connection *connection,
                                   const struct http_request *request)
{
    char *bytes = NULL;
    size_t size = 0;
    struct http_answer answer = {.status = MHD_HTTP_OK, .type = "text/plain; charset=utf-8"};

    answer.body = open_memstream(&bytes, &size);
    if (answer.body == NULL)
        return MHD_NO;
    if (request != NULL) {
        server->options.answer(server->options.context, request, &answer);
    } else {
        answer.status = MHD_HTTP_METHOD_NOT_ALLOWED;
        fputs("only GET and HEAD are answered\n", answer.body);
    }
    if (fclose(answer.body) != 0) {
        free(bytes);
        return MHD_NO;
    }
    return send_bytes(connection, &answer, bytes, size);
}

/* Called once for the head of a request, and again for what body it has: a reader has none, and is dropped for one. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **state)
{
    static int has_seen_head;

    (void)version;
    (void)upload;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return *state == NULL ? answer_with(context, connection, NULL) : MHD_NO;
    if (*state == NULL) {
        *state = &has_seen_head;
        return MHD_YES;
    }
    if (*upload_size > 0)
        return MHD_NO;
    const struct http_request request = {
        .path = path,
        .accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT),
    };
    return answer_with(context, connection, &request);
}

/* ---- listening ---- */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t address_of(const struct endpoint *endpoint, union address *address)
{
    *address = (union address){0};
    if (endpoint->is_v6) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(endpoint->port);
        memcpy(&address->v6.sin6_addr, endpoint->address, 16);
        return sizeof(address->v6);
    }
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = htons(endpoint->port);
    memcpy(&address->v4.sin_addr, endpoint->address, 4);
    return sizeof(address->v4);
}

static enum verdict refuse(const struct http_server_options *options, int error, struct reason *why)
{
    char host[INET6_ADDRSTRLEN] = "";
    bool is_v6 = options->endpoint.is_v6;

    inet_ntop(is_v6 ? AF_INET6 : AF_INET, options->endpoint.address, host, sizeof(host));
    return reason_set(why, HALT, options->because, error, "%s%s%s:%u: %s", is_v6 ? "[" : "", host, is_v6 ? "]" : "",
                      options->endpoint.port, strerror(error));
}

/* A listening socket; -1, and errno. IPv6's unspecified address takes IPv4, too. */
static int listen_on(const struct endpoint *endpoint, uint16_t *port)
{
    union address address;
    const int on = 1, off = 0;
    socklen_t size = address_of(endpoint, &address);
    int made = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (made < 0)
        return -1;
    bool is_good = setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                   (!endpoint->is_v6 || setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0) &&
                   bind(made, &address.any, size) == 0 && listen(made, BACKLOG) == 0 &&
                   getsockname(made, &address.any, &size) == 0;
    if (!is_good) {
        int error = errno;
        close(made);
        errno = error;
        return -1;
    }
    *port = ntohs(endpoint->is_v6 ? address.v6.sin6_port : address.v4.sin_port);
    return made;
}

enum verdict http_server_open(struct http_server **server, const struct http_server_options *options,
                              struct reason *why)
{
    struct http_server *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for a server of HTTP");
    opened->options = *options;
    int listening = listen_on(&options->endpoint, &opened->port);
    if (listening < 0) {
        int error = errno;
        free(opened);
        return refuse(options, error, why);
    }
    errno = ENOMEM; /* Unless libmicrohttpd knows better. */
    opened->daemon = MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, handle, opened, MHD_OPTION_LISTEN_SOCKET, listening,
        MHD_OPTION_CONNECTION_LIMIT, HTTP_CLIENTS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, HTTP_CLIENTS_OF_ONE,
        MHD_OPTION_CONNECTION_TIMEOUT, HTTP_SILENT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CLIENT_BYTES, MHD_OPTION_END);
    if (opened->daemon == NULL) {
        int error = errno;
        close(listening);
        free(opened);
        return refuse(options, error, why);
    }
    *server = opened;
    return GO_ON;
}

void http_server_close(struct http_server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon); /* The socket is closed, too. */
    free(server);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}
