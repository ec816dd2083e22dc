/* HTTP is libcurl's; here is what an answer means. Of the URL only scheme and host are kept for messages. */
#include "gentally/notify/webhook.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CONNECT_MS 5000
#define HOST_SIZE 256
#define DAY_MS INT64_C(86400000)

struct webhook {
    CURL *curl;
    char host[HOST_SIZE]; /* "https://hooks.example.org" */
    char *token;
    char error[CURL_ERROR_SIZE];
};

/* An answer's body says nothing that its status does not. */
static size_t drop(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

static bool set_up(struct webhook *webhook, const char *url)
{
    CURL *curl = webhook->curl;
    bool is_good = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)WEBHOOK_TIMEOUT_MS) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, webhook->error) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop) == CURLE_OK;

    if (is_good && webhook->token != NULL)
        is_good = curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, webhook->token) == CURLE_OK;
    return is_good;
}

/* Reads scheme and host. A user in a URL would be one more secret, for which there is the token. */
static enum verdict read_url(struct webhook *webhook, const char *url, struct reason *why)
{
    CURLU *parts = curl_url();
    char *scheme = NULL, *host = NULL, *user = NULL;

    if (parts == NULL)
        return no_memory(why, "for a webhook");
    bool is_url = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                  curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                  curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                  (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    bool has_user = is_url && curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK;
    if (is_url)
        snprintf(webhook->host, sizeof(webhook->host), "%s://%s", scheme, host);
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_url_cleanup(parts);
    if (!is_url)
        return reason_set(why, HALT, WEBHOOK_URL, 0, "the webhook is no URL; want https://HOST/PATH");
    if (has_user)
        return reason_set(why, HALT, WEBHOOK_URL, 0,
                          "the webhook's URL has a user in it; give a token in a file instead");
    return GO_ON;
}

enum verdict webhook_open(struct webhook **webhook, const char *url, const char *token, struct reason *why)
{
    struct webhook *opened = calloc(1, sizeof(*opened));

    *webhook = NULL;
    if (opened == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(opened);
        return no_memory(why, "for a webhook");
    }
    opened->curl = curl_easy_init();
    opened->token = token == NULL ? NULL : strdup(token);
    enum verdict verdict = read_url(opened, url, why);
    bool has_all = opened->curl != NULL && (token == NULL || opened->token != NULL);
    if (verdict == GO_ON && (!has_all || !set_up(opened, url)))
        verdict = no_memory(why, "for a webhook");
    if (verdict != GO_ON) {
        webhook_close(opened);
        return verdict;
    }
    *webhook = opened;
    return GO_ON;
}

void webhook_close(struct webhook *webhook)
{
    if (webhook == NULL)
        return;
    curl_easy_cleanup(webhook->curl);
    free(webhook->token);
    free(webhook);
    curl_global_cleanup();
}

/* libcurl reads both forms of Retry-After, and answers seconds. */
static int64_t retry_after_ms(const struct webhook *webhook)
{
    curl_off_t seconds = 0;

    if (curl_easy_getinfo(webhook->curl, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds <= 0)
        return 0;
    return seconds >= DAY_MS / 1000 ? DAY_MS : (int64_t)seconds * 1000;
}

/* What a status means. */
static enum verdict answered(const struct webhook *webhook, long status, struct reason *why)
{
    if (status >= 200 && status <= 299)
        return GO_ON;
    if (status == 400 || status == 413 || status == 415 || status == 422)
        return reason_set(why, SET_ASIDE, WEBHOOK_REFUSED, status, "%s refuses this message for good: status %ld",
                          webhook->host, status);
    if (status == 408 || status == 429 || status >= 500)
        return reason_set(why, TRY_LATER, WEBHOOK_AWAY, status, "%s answers %ld", webhook->host, status);
    return reason_set(why, TRY_LATER, WEBHOOK_AWAY, status, "%s answers %ld: is the URL still right, and its token?",
                      webhook->host, status);
}

enum verdict webhook_post(struct webhook *webhook, struct span body, const char *id, int64_t *wait_ms,
                          struct reason *why)
{
    CURL *curl = webhook->curl;
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    char header[128];
    long status = 0;

    *wait_ms = 0;
    webhook->error[0] = '\0';
    snprintf(header, sizeof(header), "Idempotency-Key: %s", id);
    /* Without "Expect:" libcurl waits a second before it sends a large body to a server that does not know of it. */
    bool is_set = headers != NULL && curl_slist_append(headers, header) != NULL &&
                  curl_slist_append(headers, "Expect:") != NULL &&
                  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.bytes) == CURLE_OK;
    CURLcode code = is_set ? curl_easy_perform(curl) : CURLE_OUT_OF_MEMORY;
    curl_slist_free_all(headers);
    if (code == CURLE_OUT_OF_MEMORY)
        return no_memory(why, "to post a message");
    if (code != CURLE_OK)
        return reason_set(why, TRY_LATER, WEBHOOK_AWAY, (long)code, "%s: %s", webhook->host,
                          webhook->error[0] != '\0' ? webhook->error : curl_easy_strerror(code));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    *wait_ms = retry_after_ms(webhook);
    return answered(webhook, status, why);
}
