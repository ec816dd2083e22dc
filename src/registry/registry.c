/* HTTP is libcurl's; here are the paths, and what an answer means. */
#include "gentally/registry/registry.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gentally/base/grow.h"
#include "gentally/base/json.h"
#include "gentally/config/config.h"

#define CONNECT_MS 2000
#define PATH_SIZE 512 /* a topic's name has up to 249 letters, none of which is to be escaped */

struct registry {
    const struct config *config;
    CURL *curl;
    struct curl_slist *headers;
    char *answer;
    size_t size, room;
    bool is_too_large, is_out_of_memory;
    char error[CURL_ERROR_SIZE];
};

static size_t take(char *bytes, size_t size, size_t count, void *context)
{
    struct registry *registry = context;
    size_t more = size * count;

    if (more > REGISTRY_ANSWER_MAX - registry->size) {
        registry->is_too_large = true;
        return 0;
    }
    char *answer = grow(registry->answer, &registry->room, registry->size + more + 1, 1);
    if (answer == NULL) {
        registry->is_out_of_memory = true;
        return 0;
    }
    registry->answer = answer;
    memcpy(answer + registry->size, bytes, more);
    registry->size += more;
    answer[registry->size] = '\0';
    return more;
}

static bool set_text(CURL *curl, CURLoption option, const char *text)
{
    return text[0] == '\0' || curl_easy_setopt(curl, option, text) == CURLE_OK;
}

/* Who we are: a bearer token, or a user and password; and a certificate. */
static bool set_credentials(CURL *curl, const struct config *config)
{
    bool is_good = true;

    if (config->registry_token[0] != '\0')
        is_good = curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER) == CURLE_OK &&
                  set_text(curl, CURLOPT_XOAUTH2_BEARER, config->registry_token);
    else if (config->registry_user[0] != '\0')
        is_good = curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) == CURLE_OK &&
                  set_text(curl, CURLOPT_USERNAME, config->registry_user) &&
                  set_text(curl, CURLOPT_PASSWORD, config->registry_password);
    return is_good && set_text(curl, CURLOPT_CAINFO, config->registry_ca_file) &&
           set_text(curl, CURLOPT_SSLCERT, config->registry_cert_file) &&
           set_text(curl, CURLOPT_SSLKEY, config->registry_key_file);
}

/* No redirect is followed, since it would take the credentials along. */
static bool set_up(struct registry *registry)
{
    CURL *curl = registry->curl;

    registry->headers = curl_slist_append(NULL, "Accept: application/vnd.schemaregistry.v1+json, application/json");
    if (registry->headers == NULL ||
        curl_slist_append(registry->headers, "Content-Type: application/vnd.schemaregistry.v1+json") == NULL)
        return false;
    return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, registry->headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)REGISTRY_TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, registry->error) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, registry) == CURLE_OK && set_credentials(curl, registry->config);
}

static enum verdict check_url(const char *url, struct reason *why)
{
    CURLU *parts = curl_url();
    char *user = NULL;

    if (parts == NULL)
        return no_memory(why, "for a registry");
    bool is_good = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK;
    bool has_user = is_good && curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK;
    curl_free(user);
    curl_url_cleanup(parts);
    if (!is_good)
        return reason_set(why, HALT, REGISTRY_URL, 0, "registry_url is no URL; http://HOST:PORT or https://...");
    if (has_user) /* it would stand in every message */
        return reason_set(why, HALT, REGISTRY_URL, 0,
                          "registry_url has a user in it: say registry_user and registry_password_file");
    return GO_ON;
}

/* libcurl would tell of a missing file when it connects, and not which. */
static enum verdict check_files(const struct config *config, struct reason *why)
{
    const struct {
        const char *name, *path;
    } files[] = {
        {"registry_ca_file", config->registry_ca_file},
        {"registry_cert_file", config->registry_cert_file},
        {"registry_key_file", config->registry_key_file},
    };

    for (size_t i = 0; i < LENGTH_OF(files); i++)
        if (files[i].path[0] != '\0' && access(files[i].path, R_OK) != 0)
            return reason_set(why, HALT, CONFIG_UNREADABLE, errno, "%s: %.200s: %s", files[i].name, files[i].path,
                              strerror(errno));
    return GO_ON;
}

enum verdict registry_open(struct registry **registry, const struct config *config, struct reason *why)
{
    struct registry *opened = calloc(1, sizeof(*opened));

    if (opened == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(opened);
        return no_memory(why, "for a registry");
    }
    opened->config = config;
    opened->curl = curl_easy_init();
    enum verdict verdict = check_url(config->registry_url, why);
    if (verdict == GO_ON)
        verdict = check_files(config, why);
    if (verdict == GO_ON && (opened->curl == NULL || !set_up(opened)))
        verdict = no_memory(why, "for a registry");
    if (verdict != GO_ON) {
        registry_close(opened);
        return verdict;
    }
    *registry = opened;
    return GO_ON;
}

void registry_close(struct registry *registry)
{
    if (registry == NULL)
        return;
    curl_easy_cleanup(registry->curl);
    curl_slist_free_all(registry->headers);
    free(registry->answer);
    free(registry);
    curl_global_cleanup();
}

/* A path below the URL, which may end with a slash. */
static enum verdict set_path(struct registry *registry, const char *path, struct reason *why)
{
    char url[CONFIG_TEXT_MAX + PATH_SIZE];
    size_t size = strlen(registry->config->registry_url);

    while (size > 0 && registry->config->registry_url[size - 1] == '/')
        size--;
    snprintf(url, sizeof(url), "%.*s%s", (int)size, registry->config->registry_url, path);
    if (curl_easy_setopt(registry->curl, CURLOPT_URL, url) != CURLE_OK)
        return no_memory(why, "for a registry");
    return GO_ON;
}

static enum verdict unreachable(const struct registry *registry, const char *what, struct reason *why)
{
    return reason_set(why, TRY_LATER, REGISTRY_UNREACHABLE, 0, "the registry at %.200s: %.200s",
                      registry->config->registry_url, what);
}

static enum verdict denied(const struct registry *registry, const char *what, struct reason *why)
{
    return reason_set(why, HALT, REGISTRY_DENIED, 0, "the registry at %.200s: %.200s", registry->config->registry_url,
                      what);
}

/* What libcurl says of a request that got no answer. */
static enum verdict failed(const struct registry *registry, CURLcode code, struct reason *why)
{
    const char *what = registry->error[0] != '\0' ? registry->error : curl_easy_strerror(code);

    if (registry->is_out_of_memory)
        return no_memory(why, "for a registry's answer");
    if (registry->is_too_large)
        return reason_set(why, HALT, REGISTRY_ANSWER, 0, "the registry at %.200s answers with more than %u bytes",
                          registry->config->registry_url, REGISTRY_ANSWER_MAX);
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE)
        return denied(registry, what, why);
    return unreachable(registry, what, why);
}

/* Asks for a path, as was set. GO_ON: `*status` is what HTTP says, and the answer is kept. */
static enum verdict perform(struct registry *registry, const char *path, long *status, struct reason *why)
{
    enum verdict verdict = set_path(registry, path, why);

    if (verdict != GO_ON)
        return verdict;
    registry->size = 0;
    registry->error[0] = '\0';
    registry->is_too_large = registry->is_out_of_memory = false;
    CURLcode code = curl_easy_perform(registry->curl);
    if (code != CURLE_OK)
        return failed(registry, code, why);
    curl_easy_getinfo(registry->curl, CURLINFO_RESPONSE_CODE, status);
    if (*status == 401 || *status == 403)
        return denied(registry, *status == 401 ? "it wants other credentials (401)" : "we may not ask this (403)", why);
    if (*status >= 500 || *status == 408 || *status == 429) {
        char what[64];
        snprintf(what, sizeof(what), "it answers %ld", *status);
        return unreachable(registry, what, why);
    }
    return GO_ON;
}

static enum verdict get(struct registry *registry, const char *path, long *status, struct reason *why)
{
    curl_easy_setopt(registry->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(registry->curl, CURLOPT_TIMEOUT_MS, (long)REGISTRY_TIMEOUT_MS);
    return perform(registry, path, status, why);
}

enum verdict registry_check(struct registry *registry, struct reason *why)
{
    long status = 0;

    return get(registry, "/schemas/types", &status, why);
}

enum verdict registry_schema(struct registry *registry, uint32_t id, struct span *answer, struct reason *why)
{
    char path[64];
    long status = 0;

    snprintf(path, sizeof(path), "/schemas/ids/%" PRIu32, id);
    enum verdict verdict = get(registry, path, &status, why);
    if (verdict == HALT && why->id == REGISTRY_ANSWER) /* It will not be smaller the next time. */
        return reason_set(why, SET_ASIDE, DECODE_SCHEMA_UNKNOWN, 0,
                          "the registry has a schema of more than %u bytes under id %" PRIu32, REGISTRY_ANSWER_MAX, id);
    if (verdict != GO_ON)
        return verdict;
    if (status == 404)
        return reason_set(why, SET_ASIDE, DECODE_SCHEMA_UNKNOWN, 0,
                          "no schema is known under id %" PRIu32 ", neither here nor to the registry", id);
    if (status != 200)
        return reason_set(why, HALT, REGISTRY_ANSWER, 0, "the registry at %.200s answers %ld to %s",
                          registry->config->registry_url, status, path);
    *answer = (struct span){registry->answer, registry->size};
    return GO_ON;
}

/* Says a schema of a subject: {"schema": "..."}. */
static enum verdict post(struct registry *registry, const char *path, struct span schema, long timeout_ms,
                         struct registry_reply *reply, struct reason *why)
{
    static const char begin[] = "{\"schema\":";
    char *body = malloc(sizeof(begin) + JSON_TEXT_MAX(schema.size) + 1);

    if (body == NULL)
        return no_memory(why, "for a schema");
    char *end = json_put_text(json_put_raw(body, begin, sizeof(begin) - 1), schema);
    *end++ = '}';
    curl_easy_setopt(registry->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(registry->curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(registry->curl, CURLOPT_POSTFIELDSIZE, (long)(end - body));
    curl_easy_setopt(registry->curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    enum verdict verdict = perform(registry, path, &reply->status, why);
    curl_easy_setopt(registry->curl, CURLOPT_POSTFIELDS, NULL);
    free(body);
    reply->body = (struct span){registry->answer, registry->size};
    return verdict;
}

enum verdict registry_look_up(struct registry *registry, const char *subject, struct span schema,
                              struct registry_reply *reply, struct reason *why)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/subjects/%s", subject);
    return post(registry, path, schema, REGISTRY_TIMEOUT_MS, reply, why);
}

enum verdict registry_register(struct registry *registry, const char *subject, struct span schema,
                               struct registry_reply *reply, struct reason *why)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/subjects/%s/versions", subject);
    return post(registry, path, schema, REGISTRY_WRITE_MS, reply, why);
}
