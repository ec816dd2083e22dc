/* HTTP is libcurl's. */
#include "gentally/metrics/probe.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#define ASK_MS 5000

/* "http://127.0.0.1:9464/livez"; no proxy that the environment names is between us and this machine. */
static void write_url(const struct endpoint *endpoint, const char *path, char url[], size_t size)
{
    static const uint8_t all[16] = {0};
    char address[INET6_ADDRSTRLEN] = "";
    bool is_any = memcmp(endpoint->address, all, endpoint->is_v6 ? 16 : 4) == 0;

    if (is_any)
        snprintf(address, sizeof(address), "%s", endpoint->is_v6 ? "::1" : "127.0.0.1");
    else
        inet_ntop(endpoint->is_v6 ? AF_INET6 : AF_INET, endpoint->address, address, sizeof(address));
    snprintf(url, size, endpoint->is_v6 ? "http://[%s]:%u%s" : "http://%s:%u%s", address, (unsigned)endpoint->port,
             path);
}

static size_t take(char *bytes, size_t size, size_t count, void *file)
{
    return fwrite(bytes, size, count, file);
}

static enum verdict ask(CURL *curl, const char *url, FILE *file, struct reason *why)
{
    char error[CURL_ERROR_SIZE] = "";
    long status = 0;
    bool is_set = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)ASK_MS) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_WRITEDATA, file) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error) == CURLE_OK;
    CURLcode code = is_set ? curl_easy_perform(curl) : CURLE_OUT_OF_MEMORY;

    if (code == CURLE_OUT_OF_MEMORY)
        return no_memory(why, "to ask a worker");
    if (code != CURLE_OK)
        return reason_set(why, HALT, HEALTH_FAILED, (long)code, "%s: %s", url,
                          error[0] != '\0' ? error : curl_easy_strerror(code));
    if (curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200)
        return reason_set(why, HALT, HEALTH_FAILED, status, "%s: status %ld", url, status);
    return GO_ON;
}

enum verdict probe_ask(const struct endpoint *endpoint, const char *path, FILE *file, struct reason *why)
{
    char url[128];
    CURL *curl = curl_easy_init();

    if (curl == NULL)
        return no_memory(why, "to ask a worker");
    write_url(endpoint, path, url, sizeof(url));
    enum verdict verdict = ask(curl, url, file, why);
    curl_easy_cleanup(curl);
    return verdict;
}
