/* The four sources are read in their order; the last of them, the command line, is read here. */
#include "gentally/config/config_load.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config_defaults.h"
#include "config_derive.h"
#include "config_environment.h"
#include "config_file.h"
#include "config_table.h"

#define FLAG_SIZE 192 /* "--", "kafka.", a property's name, "_file" */

/* One flag of the command line. */
struct flag {
    char key[FLAG_SIZE];   /* as in the file: no dashes before it, '_' for '-' */
    char place[FLAG_SIZE]; /* as typed, without "=value" */
    const char *value;     /* after '='; NULL if there is none */
};

/* A flag begins with two dashes; a lone "-" is a name for standard input. */
static bool is_flag(const char *text)
{
    return text[0] == '-' && text[1] != '\0';
}

/* False if it is no flag of ours at all: one dash, or too long. */
static bool read_flag(const char *text, struct flag *flag)
{
    size_t size = strcspn(text, "=");

    flag->value = text[size] == '=' ? text + size + 1 : NULL;
    snprintf(flag->place, sizeof(flag->place), "%.*s", (int)(size < FLAG_SIZE ? size : FLAG_SIZE - 1), text);
    snprintf(flag->key, sizeof(flag->key), "%s", flag->place + strspn(flag->place, "-"));
    for (char *at = flag->key; *at != '\0'; at++)
        if (*at == '-')
            *at = '_';
    return size < FLAG_SIZE && strncmp(text, "--", 2) == 0;
}

static bool is_own_key(const char *key)
{
    if (strncmp(key, "kafka.", strlen("kafka.")) == 0 || strcmp(key, "config") == 0)
        return true;
    for (size_t at = 0; at < config_option_count; at++)
        if (strcmp(config_options[at].name, key) == 0 ||
            (config_options[at].secret_file != NULL && strcmp(config_options[at].secret_file, key) == 0))
            return true;
    return false;
}

static struct command_option *find_option(struct command_option options[], size_t option_count, const char *key)
{
    for (size_t at = 0; at < option_count; at++) {
        struct suggestion suggestion = suggestion_for(key);
        suggestion_try(&suggestion, options[at].name);
        if (suggestion.distance != 0) /* the same name, whether with '-' or '_' */
            continue;
        while (options[at].value != NULL && at + 1 < option_count && options[at + 1].help == NULL)
            at++;
        return &options[at];
    }
    return NULL;
}

static enum verdict unknown_flag(const struct flag *flag, const struct command_option options[], size_t option_count,
                                 struct reason *why)
{
    struct suggestion suggestion = suggestion_for(flag->key);
    char name[SUGGESTION_NAME_MAX + 1] = "";

    config_suggest(&suggestion);
    suggestion_try(&suggestion, "config");
    suggestion_try(&suggestion, "help");
    suggestion_try(&suggestion, "version");
    for (size_t at = 0; at < option_count; at++)
        suggestion_try(&suggestion, options[at].name);
    const char *found = suggestion_name(&suggestion);
    for (size_t at = 0; found != NULL && at < SUGGESTION_NAME_MAX && found[at] != '\0'; at++) {
        name[at] = found[at] == '_' ? '-' : found[at];
        name[at + 1] = '\0';
    }
    return reason_set(why, HALT, CONFIG_FLAG, 0, "there is no %s%s%s%s", flag->place,
                      found == NULL ? "; --help lists what there is" : "; did you mean --", name,
                      found == NULL ? "" : "?");
}

/* The flag's value: after '=', or the next argument, which `*at` then moves to. */
static enum verdict take_value(struct flag *flag, int argc, char **argv, int *at, struct reason *why)
{
    if (flag->value != NULL)
        return GO_ON;
    /* `--topic --drain` is a forgotten name, not a topic; whoever means it writes --topic=--drain. */
    if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0)
        return reason_set(why, HALT, CONFIG_FLAG, 0, "%s needs a value", flag->place);
    flag->value = argv[++*at];
    return GO_ON;
}

static enum verdict read_command_option(struct command_option *option, struct flag *flag, int argc, char **argv,
                                        int *at, struct reason *why)
{
    if (option->argument == NULL) {
        option->value = "";
        if (flag->value == NULL)
            return GO_ON;
        return reason_set(why, HALT, CONFIG_FLAG, 0, "%s takes no value", flag->place);
    }
    if (option->help == NULL && option->value != NULL)
        return reason_set(why, HALT, CONFIG_FLAG, 0, "%s is given too often", flag->place);
    enum verdict verdict = take_value(flag, argc, argv, at, why);
    option->value = flag->value;
    return verdict;
}

static enum verdict read_argument(struct config *config, int argc, char **argv, int *at,
                                  struct command_option options[], size_t option_count, struct reason *why)
{
    struct flag flag;
    bool is_known = true;

    if (!read_flag(argv[*at], &flag))
        return unknown_flag(&flag, options, option_count, why);
    if (is_own_key(flag.key)) {
        enum verdict verdict = take_value(&flag, argc, argv, at, why);
        if (verdict != GO_ON || strcmp(flag.key, "config") == 0)
            return verdict;
        verdict = config_set_key(config, flag.key, flag.value, flag.place, &is_known, why);
        assert(is_known);
        return verdict;
    }
    struct command_option *option = find_option(options, option_count, flag.key);
    if (option != NULL)
        return read_command_option(option, &flag, argc, argv, at, why);
    return unknown_flag(&flag, options, option_count, why);
}

static enum verdict read_arguments(struct config *config, int argc, char **argv, struct command_option options[],
                                   size_t option_count, const char **positional, struct reason *why)
{
    for (int at = 1; at < argc; at++) {
        enum verdict verdict = GO_ON;
        if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "--version") == 0)
            continue;
        if (is_flag(argv[at]))
            verdict = read_argument(config, argc, argv, &at, options, option_count, why);
        else if (positional == NULL || *positional != NULL)
            verdict = reason_set(why, HALT, CONFIG_POSITIONAL, 0, "'%.100s' is one argument too many", argv[at]);
        else
            *positional = argv[at];
        if (verdict != GO_ON)
            return verdict;
    }
    return GO_ON;
}

/* The file's path must be known before the flags are read, since flags win. The last --config counts. */
static const char *file_path(int argc, char **argv)
{
    const char *path = getenv("GENTALLY_CONFIG");
    for (int at = 1; at < argc; at++) {
        if (strncmp(argv[at], "--config=", strlen("--config=")) == 0)
            path = argv[at] + strlen("--config=");
        else if (strcmp(argv[at], "--config") == 0 && at + 1 < argc)
            path = argv[at + 1];
    }
    return path;
}

enum verdict config_load(struct config *config, int argc, char **argv, struct command_option options[],
                         size_t option_count, const char **positional, struct reason *why)
{
    assert(option_count == 0 || options != NULL);
    config_defaults(config);
    for (size_t at = 0; at < option_count; at++)
        options[at].value = NULL;
    if (positional != NULL)
        *positional = NULL;

    const char *path = file_path(argc, argv);
    enum verdict verdict = GO_ON;
    if (path != NULL && path[0] != '\0')
        verdict = config_read_file(config, path, why);
    if (verdict == GO_ON)
        verdict = config_read_environment(config, environ, why);
    if (verdict == GO_ON)
        verdict = read_arguments(config, argc, argv, options, option_count, positional, why);
    if (verdict == GO_ON)
        verdict = config_derive(config, why);
    return verdict;
}

bool config_wants(int argc, char **argv, const char *flag)
{
    for (int at = 1; at < argc; at++)
        if (strcmp(argv[at], flag) == 0)
            return true;
    return false;
}
