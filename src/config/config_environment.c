/*
 * Options from the environment. The names are GENTALLY_<OPTION>, GENTALLY_<SECRET>_FILE, GENTALLY_KAFKA_<PROPERTY>. A
 * name with our prefix that means nothing is refused: a mistyped variable must not be a silent default.
 */
#include "config_environment.h"

#include <ctype.h>
#include <stdio.h>

#include "config_file.h"
#include "config_table.h"

#define PREFIX "GENTALLY_"
#define NAME_SIZE 160 /* "kafka.", a property's name, "_file" */

/* Ours, but no options: the file's name is read by config_load(), the seed by the tests. */
static const char *const others[] = {"GENTALLY_CONFIG", "GENTALLY_SEED"};

static bool is_other(const char *variable, size_t size)
{
    for (size_t at = 0; at < LENGTH_OF(others); at++)
        if (strlen(others[at]) == size && strncmp(others[at], variable, size) == 0)
            return true;
    return false;
}

/*
 * Kubernetes puts variables into every container for each Service of its namespace: a Service named "gentally" or
 * "gentally-redis" gives GENTALLY_SERVICE_HOST, GENTALLY_REDIS_PORT=tcp://..., GENTALLY_PORT_9090_TCP_ADDR and the
 * like. They are nobody's typing mistakes.
 */
static bool is_service_link(const char *variable, const char *value)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof(name), "%.*s", (int)(value - 1 - variable), variable);
    const char *port = strstr(name, "_PORT");
    if (strstr(name, "_SERVICE_HOST") != NULL || strstr(name, "_SERVICE_PORT") != NULL)
        return true;
    if (port == NULL)
        return false;
    port += strlen("_PORT");
    if (*port == '\0')
        return strncmp(value, "tcp://", 6) == 0 || strncmp(value, "udp://", 6) == 0;
    return port[0] == '_' && isdigit((unsigned char)port[1]);
}

/* "GENTALLY_KAFKA_SASL_PASSWORD_FILE" -> "kafka.sasl.password_file", "GENTALLY_REDIS_URL" -> "redis_url". */
static void key_of(const char *variable, size_t size, char key[NAME_SIZE])
{
    size_t prefix = strlen(PREFIX);
    size_t length = size - prefix < NAME_SIZE - 1 ? size - prefix : NAME_SIZE - 1;

    for (size_t at = 0; at < length; at++)
        key[at] = (char)tolower((unsigned char)variable[prefix + at]);
    key[length] = '\0';
    if (strncmp(key, "kafka_", strlen("kafka_")) != 0 || config_option(key, length) != NULL)
        return;
    size_t end = length;
    if (length > strlen("_file") && strcmp(key + length - strlen("_file"), "_file") == 0)
        end = length - strlen("_file");
    for (size_t at = 0; at < end; at++)
        if (key[at] == '_')
            key[at] = '.';
}

static bool has_variable(char **environment, const char *name, size_t size)
{
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, size) == 0 && (*environment)[size] == '=')
            return true;
    return false;
}

static enum verdict unknown_variable(const char *place, const char *key, struct reason *why)
{
    struct suggestion suggestion = suggestion_for(key);
    char name[SUGGESTION_NAME_MAX + 1] = "";

    config_suggest(&suggestion);
    const char *found = suggestion_name(&suggestion);
    for (size_t at = 0; found != NULL && at < SUGGESTION_NAME_MAX && found[at] != '\0'; at++) {
        name[at] = (char)toupper((unsigned char)found[at]);
        name[at + 1] = '\0';
    }
    return reason_set(why, HALT, CONFIG_UNKNOWN_KEY, 0, "environment: there is no %s%s%s%s", place,
                      found == NULL ? "" : "; did you mean " PREFIX, name, found == NULL ? "" : "?");
}

static enum verdict read_variable(struct config *config, char **environment, const char *variable, const char *value,
                                  struct reason *why)
{
    char key[NAME_SIZE];
    char place[NAME_SIZE];
    size_t size = (size_t)(value - 1 - variable);
    size_t suffix = strlen("_FILE");
    bool is_known;

    snprintf(place, sizeof(place), "%.*s", (int)size, variable);
    /* The environment has no order, so of two that mean the same neither can be the later. */
    if (size > suffix && strncmp(variable + size - suffix, "_FILE", suffix) == 0 &&
        has_variable(environment, variable, size - suffix))
        return reason_set(why, HALT, CONFIG_VALUE, 0, "environment: give %s or %.*s, not both", place,
                          (int)(size - suffix), variable);
    key_of(variable, size, key);
    enum verdict verdict = config_set_key(config, key, value, place, &is_known, why);
    return is_known ? verdict : unknown_variable(place, key, why);
}

enum verdict config_read_environment(struct config *config, char **environment, struct reason *why)
{
    for (char **entry = environment; *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals == NULL || strncmp(*entry, PREFIX, strlen(PREFIX)) != 0)
            continue;
        if (is_other(*entry, (size_t)(equals - *entry)) || is_service_link(*entry, equals + 1))
            continue;
        enum verdict verdict = read_variable(config, environment, *entry, equals + 1, why);
        if (verdict != GO_ON)
            return verdict;
    }
    return GO_ON;
}
