/* The paths of a Confluent registry; an answer is made anew for each request, since whoever asks keeps it. */
#include "gentally/registry/registry_server.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gentally/base/json.h"
#include "gentally/http/http_server.h"

#define NOT_FOUND 404u

struct registry_server {
    struct http_server *http;
    const struct served_schema *schemas;
    uint32_t count;
};

static void put_text(FILE *body, struct span text)
{
    char *escaped = malloc(JSON_TEXT_MAX(text.size));

    if (escaped == NULL)
        return; /* The answer is no JSON then, and whoever asked says so. */
    fwrite(escaped, 1, (size_t)(json_put_text(escaped, text) - escaped), body);
    free(escaped);
}

static void say_error(struct http_answer *answer, unsigned status, unsigned code, const char *message)
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

static void say_schema(struct http_answer *answer, const struct served_schema *schema)
{
    fputs("{\"schema\":", answer->body);
    put_text(answer->body, schema->schema);
    fputc('}', answer->body);
}

/* All subjects that a schema has, each with its one version. */
static void say_versions_of(const struct registry_server *server, struct http_answer *answer, uint32_t id)
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

static void say_by_id(const struct registry_server *server, struct http_answer *answer, const char *rest)
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
        say_error(answer, NOT_FOUND, 40403, "Schema not found");
    else if (rest[size] == '\0')
        say_schema(answer, schema);
    else if (strcmp(rest + size, "/versions") == 0)
        say_versions_of(server, answer, schema->id);
    else
        say_error(answer, NOT_FOUND, 404, "No such path");
}

static void say_subjects(const struct registry_server *server, struct http_answer *answer)
{
    fputc('[', answer->body);
    for (uint32_t i = 0; i < server->count; i++) {
        fputs(i == 0 ? "" : ",", answer->body);
        put_text(answer->body, span_of(server->schemas[i].subject));
    }
    fputc(']', answer->body);
}

static void say_version(struct http_answer *answer, const struct served_schema *schema)
{
    fputs("{\"subject\":", answer->body);
    put_text(answer->body, span_of(schema->subject));
    fprintf(answer->body, ",\"version\":1,\"id\":%" PRIu32 ",\"schema\":", schema->id);
    put_text(answer->body, schema->schema);
    fputc('}', answer->body);
}

static void say_of_subject(const struct registry_server *server, struct http_answer *answer, const char *rest)
{
    size_t size = strcspn(rest, "/");
    const struct served_schema *schema = find_subject(server, (struct span){rest, size});
    const char *what = rest + size;

    if (schema == NULL)
        say_error(answer, NOT_FOUND, 40401, "Subject not found");
    else if (strcmp(what, "/versions") == 0)
        fputs("[1]", answer->body);
    else if (strcmp(what, "/versions/1") == 0 || strcmp(what, "/versions/latest") == 0)
        say_version(answer, schema);
    else
        say_error(answer, NOT_FOUND, 40402, "Version not found");
}

static const char *behind(const char *path, const char *prefix)
{
    size_t size = strlen(prefix);

    return strncmp(path, prefix, size) == 0 ? path + size : NULL;
}

static void say(const struct registry_server *server, const char *path, struct http_answer *answer)
{
    const char *rest;

    if ((rest = behind(path, "/schemas/ids/")) != NULL)
        say_by_id(server, answer, rest);
    else if (strcmp(path, "/schemas/types") == 0)
        fputs("[\"AVRO\"]", answer->body);
    else if (strcmp(path, "/subjects") == 0)
        say_subjects(server, answer);
    else if ((rest = behind(path, "/subjects/")) != NULL)
        say_of_subject(server, answer, rest);
    else
        say_error(answer, NOT_FOUND, 404, "No such path");
}

static void answer_request(void *context, const struct http_request *request, struct http_answer *answer)
{
    answer->type = "application/vnd.schemaregistry.v1+json";
    say(context, request->path, answer);
}

enum verdict registry_server_open(struct registry_server **server, uint16_t port, const struct served_schema schemas[],
                                  uint32_t count, struct reason *why)
{
    struct registry_server *opened = calloc(1, sizeof(*opened));
    const struct http_server_options options = {
        .endpoint = {.address = {127, 0, 0, 1}, .port = port},
        .because = REPORT_PORT,
        .answer = answer_request,
        .context = opened,
    };

    if (opened == NULL)
        return no_memory(why, "for a registry");
    opened->schemas = schemas;
    opened->count = count;
    enum verdict verdict = http_server_open(&opened->http, &options, why);
    if (verdict != GO_ON) {
        free(opened);
        return verdict;
    }
    *server = opened;
    return GO_ON;
}

void registry_server_close(struct registry_server *server)
{
    if (server == NULL)
        return;
    http_server_close(server->http);
    free(server);
}

uint16_t registry_server_port(const struct registry_server *server)
{
    return http_server_port(server->http);
}
