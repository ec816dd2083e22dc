/*
 * HTTP is libmicrohttpd's. The socket is ours, so that what is wrong with an address can be said. A server that is
 * turned has no thread: libmicrohttpd then asks a stream for more in each turn, where a thread of its own would ask
 * without end.
 */
#include "gentally/http/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gentally/http/http_gzip.h"

#define BACKLOG 64
#define CLIENT_BYTES ((size_t)16 << 10) /* of a client's request: its head, that is */
#define STREAM_BYTES                                                                                                   \
    ((size_t)256 << 10) /* and, where there are streams, of one piece of them; unused ones are not had */
#define GZIP_LEAST 1024 /* bytes that are worth packing */

struct http_server {
    struct MHD_Daemon *daemon;
    struct http_server_options options;
    uint16_t port;
};

/* ---- requests ---- */

/* The connection of a request, which libmicrohttpd does not take as const. */
static struct MHD_Connection *connection_of(const struct http_request *request)
{
    union {
        const void *kept;
        struct MHD_Connection *connection;
    } of_ours = {.kept = request->of_ours};

    return of_ours.connection;
}

struct header_search {
    const char *name, *value;
    uint32_t found;
};

static enum MHD_Result look_at_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct header_search *search = context;

    (void)kind;
    if (strcasecmp(name, search->name) == 0) {
        search->value = value == NULL ? "" : value;
        search->found++;
    }
    return MHD_YES;
}

const char *http_header(const struct http_request *request, const char *name)
{
    struct header_search search = {.name = name};

    (void)MHD_get_connection_values(connection_of(request), MHD_HEADER_KIND, look_at_header, &search);
    return search.found == 1 ? search.value : NULL;
}

struct query {
    struct http_field *fields;
    uint32_t count;
    bool is_wrong;
};

static enum MHD_Result take_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                  const char *value, size_t value_size)
{
    struct query *query = context;

    (void)kind;
    query->is_wrong = query->count == HTTP_QUERY_MAX || memchr(name, '\0', name_size) != NULL ||
                      (value != NULL && memchr(value, '\0', value_size) != NULL);
    if (query->is_wrong)
        return MHD_NO;
    query->fields[query->count++] = (struct http_field){name, value == NULL ? "" : value};
    return MHD_YES;
}

bool http_query(const struct http_request *request, struct http_field fields[HTTP_QUERY_MAX], uint32_t *count)
{
    struct query query = {.fields = fields};

    (void)MHD_get_connection_values_n(connection_of(request), MHD_GET_ARGUMENT_KIND, take_field, &query);
    *count = query.count;
    return !query.is_wrong;
}

static bool is_same(const char *one, const char *other)
{
    size_t size = strlen(one);
    unsigned difference = 0;

    if (strlen(other) != size)
        return false;
    for (size_t at = 0; at < size; at++)
        difference |= (unsigned char)one[at] ^ (unsigned char)other[at];
    return difference == 0;
}

bool http_knows(const struct http_request *request, const char *token)
{
    static const char bearer[] = "Bearer ";
    const char *said = http_header(request, MHD_HTTP_HEADER_AUTHORIZATION);

    if (said == NULL)
        return false;
    if (strncasecmp(said, bearer, sizeof(bearer) - 1) == 0)
        return is_same(said + sizeof(bearer) - 1, token);
    char *password = NULL, *name = MHD_basic_auth_get_username_password(connection_of(request), &password);
    bool is_known = password != NULL && is_same(password, token);
    if (password != NULL)
        MHD_free(password);
    if (name != NULL)
        MHD_free(name);
    return is_known;
}

/* ---- answers ---- */

static enum MHD_Result send_answer(struct MHD_Connection *connection, const struct http_answer *answer,
                                   struct MHD_Response *response)
{
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    for (const struct http_field *header = answer->headers; header != NULL && header->name != NULL; header++)
        MHD_add_response_header(response, header->name, header->value);
    if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static ssize_t say_more(void *context, uint64_t position, char *bytes, size_t room)
{
    const struct http_stream *stream = context;

    (void)position;
    return (ssize_t)stream->next(stream->context, bytes, room);
}

static void end_stream(void *context)
{
    struct http_stream *stream = context;

    stream->close(stream->context);
    free(stream);
}

static enum MHD_Result send_stream(struct MHD_Connection *connection, const struct http_answer *answer)
{
    struct http_stream *stream = malloc(sizeof(*stream));

    if (stream == NULL) {
        answer->stream.close(answer->stream.context);
        return MHD_NO;
    }
    *stream = answer->stream;
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BYTES / 2, say_more, stream, end_stream);
    if (response == NULL) {
        end_stream(stream);
        return MHD_NO;
    }
    (void)MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, HTTP_LISTENS_S);
    return send_answer(connection, answer, response);
}

static enum MHD_Result send_bytes(const struct http_server *server, struct MHD_Connection *connection,
                                  const struct http_answer *answer, char *bytes, size_t size)
{
    const char *taken = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    char *packed = NULL;
    size_t packed_size = 0;
    bool is_packed = server->options.has_gzip && size >= GZIP_LEAST && http_takes_gzip(taken) &&
                     http_gzip((struct span){bytes, size}, false, &packed, &packed_size);

    if (is_packed) {
        free(bytes);
        bytes = packed;
        size = packed_size;
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(bytes);
        return MHD_NO;
    }
    if (is_packed)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    if (server->options.has_gzip)
        MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    return send_answer(connection, answer, response);
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
    bool is_whole = fclose(answer.body) == 0;
    if (answer.stream.next != NULL || !is_whole) {
        free(bytes);
        return answer.stream.next != NULL ? send_stream(connection, &answer) : MHD_NO;
    }
    return send_bytes(server, connection, &answer, bytes, size);
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
        .of_ours = connection,
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
    bool is_turned = options->is_turned;
    opened->daemon = MHD_start_daemon(
        is_turned ? MHD_NO_FLAG : MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, handle, opened,
        MHD_OPTION_LISTEN_SOCKET, listening, MHD_OPTION_CONNECTION_LIMIT, HTTP_CLIENTS,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, HTTP_CLIENTS_OF_ONE, MHD_OPTION_CONNECTION_TIMEOUT, HTTP_SILENT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, is_turned ? STREAM_BYTES : CLIENT_BYTES, MHD_OPTION_END);
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

void http_server_turn(struct http_server *server)
{
    (void)MHD_run(server->daemon); /* What it complains of is a daemon of another kind. */
}

uint32_t http_server_clients(const struct http_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

    return info == NULL ? 0 : info->num_connections;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}
