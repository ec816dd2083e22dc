/* HTTP is libmicrohttpd's; an answer is made anew for each request, since whoever asks keeps it. */
#include "gentally/registry/registry_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/json.h"

#define CLIENTS_MAX 64u
#define CLIENT_S 10u

struct registry_server {
    struct MHD_Daemon *daemon;
    const struct served_schema *schemas;
    uint32_t count;
};

/* What a request is answered with. */
struct answer {
    FILE *body;
    char *bytes;
    size_t size;
    unsigned status;
};

static void put_text(FILE *body, struct span text)
{
    char *escaped = malloc(JSON_TEXT_MAX(text.size));

    if (escaped == NULL)
        return; /* The answer is no JSON then, and whoever asked says so. */
    fwrite(escaped, 1, (size_t)(json_text(escaped, text) - escaped), body);
    free(escaped);
}

static void say_error(struct answer *answer, unsigned status, unsigned code, const char *message)
{
    answer->status = status;
    fprintf(answer->body, "{\"error_code\":%u,\"message\":", code);
    put_text(answer->body, span_of(message));
    fputc('}', answer->body);
}

static const struct served_schema *find_id(const struct registry_server *server, const char *text)
{
    char *end = NULL;
    unsigned long id = strtoul(text, &end, 10);

    for (uint32_t i = 0; i < server->count; i++)
        if (end != text && *end == '\0' && server->schemas[i].id == id)
            return &server->schemas[i];
    return NULL;
}

static const struct served_schema *find_subject(const struct registry_server *server, struct span subject)
{
    for (uint32_t i = 0; i < server->count; i++)
        if (span_equal(span_of(server->schemas[i].subject), subject))
            return &server->schemas[i];
    return NULL;
}

static void say_schema(struct answer *answer, const struct served_schema *schema)
{
    fputs("{\"schema\":", answer->body);
    put_text(answer->body, schema->schema);
    fputc('}', answer->body);
}

/* All subjects that a schema has, each with its one version. */
static void say_versions_of(const struct registry_server *server, struct answer *answer, uint32_t id)
{
    const char *separator = "";

    fputc('[', answer->body);
    for (uint32_t i = 0; i < server->count; i++) {
        if (server->schemas[i].id != id)
            continue;
        fprintf(answer->body, "%s{\"subject\":", separator);
        put_text(answer->body, span_of(server->schemas[i].subject));
        fputs(",\"version\":1}", answer->body);
        separator = ",";
    }
    fputc(']', answer->body);
}

static void say_by_id(const struct registry_server *server, struct answer *answer, const char *rest)
{
    char id[16];
    size_t size = strcspn(rest, "/");
    const struct served_schema *schema = NULL;

    if (size < sizeof(id)) {
        memcpy(id, rest, size);
        id[size] = '\0';
        schema = find_id(server, id);
    }
    if (schema == NULL)
        say_error(answer, MHD_HTTP_NOT_FOUND, 40403, "Schema not found");
    else if (rest[size] == '\0')
        say_schema(answer, schema);
    else if (strcmp(rest + size, "/versions") == 0)
        say_versions_of(server, answer, schema->id);
    else
        say_error(answer, MHD_HTTP_NOT_FOUND, 404, "No such path");
}

static void say_subjects(const struct registry_server *server, struct answer *answer)
{
    fputc('[', answer->body);
    for (uint32_t i = 0; i < server->count; i++) {
        fputs(i == 0 ? "" : ",", answer->body);
        put_text(answer->body, span_of(server->schemas[i].subject));
    }
    fputc(']', answer->body);
}

static void say_version(struct answer *answer, const struct served_schema *schema)
{
    fputs("{\"subject\":", answer->body);
    put_text(answer->body, span_of(schema->subject));
    fprintf(answer->body, ",\"version\":1,\"id\":%" PRIu32 ",\"schema\":", schema->id);
    put_text(answer->body, schema->schema);
    fputc('}', answer->body);
}

static void say_of_subject(const struct registry_server *server, struct answer *answer, const char *rest)
{
    size_t size = strcspn(rest, "/");
    const struct served_schema *schema = find_subject(server, (struct span){rest, size});
    const char *what = rest + size;

    if (schema == NULL)
        say_error(answer, MHD_HTTP_NOT_FOUND, 40401, "Subject not found");
    else if (strcmp(what, "/versions") == 0)
        fputs("[1]", answer->body);
    else if (strcmp(what, "/versions/1") == 0 || strcmp(what, "/versions/latest") == 0)
        say_version(answer, schema);
    else
        say_error(answer, MHD_HTTP_NOT_FOUND, 40402, "Version not found");
}

static const char *behind(const char *path, const char *prefix)
{
    size_t size = strlen(prefix);

    return strncmp(path, prefix, size) == 0 ? path + size : NULL;
}

static void say(const struct registry_server *server, const char *method, const char *path, struct answer *answer)
{
    const char *rest;

    answer->status = MHD_HTTP_OK;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
        say_error(answer, MHD_HTTP_METHOD_NOT_ALLOWED, 405, "This registry only answers");
    else if ((rest = behind(path, "/schemas/ids/")) != NULL)
        say_by_id(server, answer, rest);
    else if (strcmp(path, "/schemas/types") == 0)
        fputs("[\"AVRO\"]", answer->body);
    else if (strcmp(path, "/subjects") == 0)
        say_subjects(server, answer);
    else if ((rest = behind(path, "/subjects/")) != NULL)
        say_of_subject(server, answer, rest);
    else
        say_error(answer, MHD_HTTP_NOT_FOUND, 404, "No such path");
}

/* Called once for the head of a request, and again for what body it has, which is passed over. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **state)
{
    static int has_seen_head;
    struct answer answer = {0};

    (void)version;
    (void)upload;
    if (*state == NULL) {
        *state = &has_seen_head;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    answer.body = open_memstream(&answer.bytes, &answer.size);
    if (answer.body == NULL)
        return MHD_NO;
    say(context, method, path, &answer);
    if (fclose(answer.body) != 0) {
        free(answer.bytes);
        return MHD_NO;
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(answer.size, answer.bytes, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(answer.bytes);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type", "application/vnd.schemaregistry.v1+json");
    enum MHD_Result result = MHD_queue_response(connection, answer.status, response);
    MHD_destroy_response(response);
    return result;
}

enum verdict registry_server_open(struct registry_server **server, uint16_t port, const struct served_schema schemas[],
                                  uint32_t count, struct reason *why)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct registry_server *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for a registry");
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    opened->schemas = schemas;
    opened->count = count;
    errno = 0;
    opened->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, port, NULL, NULL, handle, opened,
                                      MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT, CLIENTS_MAX,
                                      MHD_OPTION_CONNECTION_TIMEOUT, CLIENT_S, MHD_OPTION_END);
    if (opened->daemon == NULL) {
        int error = errno;
        free(opened);
        return reason_set(why, HALT, REPORT_PORT, error, "127.0.0.1:%u: %s", port, strerror(error));
    }
    *server = opened;
    return GO_ON;
}

void registry_server_close(struct registry_server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}

uint16_t registry_server_port(const struct registry_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);

    return info == NULL ? 0 : info->port;
}
