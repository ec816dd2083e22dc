/*
 * Options from files: the configuration file ("key = value" lines), and the files secrets are kept in. A '#' begins a
 * comment only at the beginning of a line, since passwords have '#' too.
 */
#include "config_file.h"

#include <errno.h>
#include <stdio.h>

#include "config_kafka.h"
#include "config_table.h"
#include "config_value.h"

#define KAFKA_PREFIX "kafka."
#define FILE_SUFFIX "_file"
#define LINE_SIZE (CONFIG_TEXT_MAX + 256) /* the longest value, its key, and blanks */
#define PLACE_SIZE 256

/* Reads a secret's file without its last newline. The path is the operator's to see; the content never is. */
static enum verdict read_secret(const char *path, char text[CONFIG_TEXT_MAX], const char *key, const char *place,
                                struct reason *why)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return reason_set(why, HALT, CONFIG_UNREADABLE, errno, "%s (from %s): %s: %s", key, place, path,
                          strerror(errno));
    size_t size = fread(text, 1, CONFIG_TEXT_MAX, file);
    int error = ferror(file) ? errno : 0;
    fclose(file);
    if (error != 0)
        return reason_set(why, HALT, CONFIG_UNREADABLE, error, "%s (from %s): %s: %s", key, place, path,
                          strerror(error));
    if (size == CONFIG_TEXT_MAX)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "%s (from %s): %s is larger than %d bytes", key, place, path,
                          CONFIG_TEXT_MAX - 1);
    if (size > 0 && text[size - 1] == '\n')
        size--;
    if (size > 0 && text[size - 1] == '\r')
        size--;
    text[size] = '\0';
    if (size == 0 || strlen(text) != size)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "%s (from %s): %s must hold text, not %s", key, place, path,
                          size == 0 ? "nothing" : "raw bytes");
    return GO_ON;
}

static enum verdict set_kafka_key(struct config *config, const char *key, const char *text, const char *place,
                                  struct reason *why)
{
    char name[sizeof(config->kafka[0].name)];
    char secret[CONFIG_TEXT_MAX];
    const char *property = key + strlen(KAFKA_PREFIX);
    size_t size = strlen(property);
    size_t suffix = strlen(FILE_SUFFIX);

    if (size <= suffix || size - suffix >= sizeof(name) || strcmp(property + size - suffix, FILE_SUFFIX) != 0)
        return config_kafka_set(config, property, text, place, why);
    memcpy(name, property, size - suffix);
    name[size - suffix] = '\0';
    if (!config_kafka_is_secret(name))
        return config_kafka_set(config, property, text, place, why);
    enum verdict verdict = read_secret(text, secret, key, place, why);
    return verdict == GO_ON ? config_kafka_set(config, name, secret, place, why) : verdict;
}

enum verdict config_set_key(struct config *config, const char *key, const char *text, const char *place, bool *is_known,
                            struct reason *why)
{
    *is_known = true;
    if (strncmp(key, KAFKA_PREFIX, strlen(KAFKA_PREFIX)) == 0)
        return set_kafka_key(config, key, text, place, why);
    const struct option *option = config_option(key, strlen(key));
    if (option != NULL)
        return config_set(config, option, text, place, why);
    for (size_t at = 0; at < config_option_count; at++) {
        char secret[CONFIG_TEXT_MAX];
        option = &config_options[at];
        if (option->secret_file == NULL || strcmp(option->secret_file, key) != 0)
            continue;
        enum verdict verdict = read_secret(text, secret, key, place, why);
        return verdict == GO_ON ? config_set(config, option, secret, place, why) : verdict;
    }
    *is_known = false;
    return GO_ON;
}

static char *trim(char *text)
{
    text += strspn(text, " \t\r\n");
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL)
        size--;
    text[size] = '\0';
    return text;
}

static enum verdict unknown_key(const char *key, const char *place, struct reason *why)
{
    struct suggestion suggestion = suggestion_for(key);
    config_suggest(&suggestion);
    const char *name = suggestion_name(&suggestion);
    return reason_set(why, HALT, CONFIG_UNKNOWN_KEY, 0, "%s: there is no '%.64s'%s%s%s", place, key,
                      name == NULL ? "" : "; did you mean '", name == NULL ? "" : name, name == NULL ? "" : "'?");
}

static enum verdict read_line(struct config *config, char *line, const char *place, struct reason *why)
{
    char *key = trim(line);
    bool is_known;

    if (*key == '\0' || *key == '#')
        return GO_ON;
    char *equals = strchr(key, '=');
    if (equals == NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "%s: allowed are 'key = value' and '# comment'", place);
    *equals = '\0';
    key = trim(key);
    enum verdict verdict = config_set_key(config, key, trim(equals + 1), place, &is_known, why);
    return is_known ? verdict : unknown_key(key, place, why);
}

/* Reads one line; false at the end. `*is_whole` is false if the line is over LINE_SIZE or has a NUL, which would cut
 * it. */
static bool next_line(FILE *file, char line[LINE_SIZE], bool *is_whole)
{
    size_t size = 0;
    int byte = getc(file);

    *is_whole = true;
    if (byte == EOF)
        return false;
    for (; byte != EOF && byte != '\n'; byte = getc(file)) {
        if (size == LINE_SIZE - 1 || byte == '\0')
            *is_whole = false;
        else
            line[size++] = (char)byte;
    }
    line[size] = '\0';
    return true;
}

enum verdict config_read_file(struct config *config, const char *path, struct reason *why)
{
    char line[LINE_SIZE];
    char place[PLACE_SIZE];
    bool is_whole;
    enum verdict verdict = GO_ON;

    FILE *file = fopen(path, "re");
    if (file == NULL)
        return reason_set(why, HALT, CONFIG_UNREADABLE, errno, "%s: %s", path, strerror(errno));
    for (unsigned number = 1; verdict == GO_ON && next_line(file, line, &is_whole); number++) {
        snprintf(place, sizeof(place), "%s:%u", path, number);
        if (is_whole)
            verdict = read_line(config, line, place, why);
        else
            verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "%s: allowed are lines of at most %d bytes of text", place,
                                 LINE_SIZE - 1);
    }
    if (verdict == GO_ON && ferror(file))
        verdict = reason_set(why, HALT, CONFIG_UNREADABLE, errno, "%s: %s", path, strerror(errno));
    fclose(file);
    return verdict;
}
