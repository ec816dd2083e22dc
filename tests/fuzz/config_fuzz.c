/*
 * The configuration: a byte that says where from (a file, the environment, the command line), then lines, each a line
 * of the file, a variable or an argument. A refusal has a reason; what is accepted keeps its ranges, and as printed by
 * --print-config it reads and prints the same again, but for the secrets, which are never printed.
 */
#include "config_defaults.h"
#include "config_derive.h"
#include "config_environment.h"
#include "config_file.h"
#include "config_table.h"
#include "fuzz.h"
#include "fuzz_file.h"
#include "gentally/config/config_load.h"
#include "gentally/config/config_print.h"
#include "gentally/config/redis_url.h"

#define LINES_MAX 256

extern char **environ;
static struct config config, again, defaults;

/* Cuts `text` into its lines; returns how many. */
static int cut_lines(char *text, char *lines[LINES_MAX + 1])
{
    int count = 0;

    for (char *line = strtok_r(text, "\n", &text); line != NULL && count < LINES_MAX;
         line = strtok_r(NULL, "\n", &text))
        lines[count++] = line;
    lines[count] = NULL;
    return count;
}

static enum verdict load_arguments(int count, char *lines[], struct reason *why)
{
    struct command_option options[] = {{"limit", "N", "", NULL}, {"drain", NULL, "", NULL}};
    const char *positional = NULL;
    char *arguments[LINES_MAX + 2] = {(char *)(uintptr_t) "gentally"};

    memcpy(arguments + 1, lines, (size_t)count * sizeof(*lines));
    enum verdict verdict = config_load(&config, count + 1, arguments, options, LENGTH_OF(options), &positional, why);
    if (verdict == GO_ON) {
        CLAIM(options[1].value == NULL || options[1].value[0] == '\0');
        (void)config_wants(count + 1, arguments, "--help");
    }
    return verdict;
}

static enum verdict load(uint8_t source, struct span bytes, struct reason *why)
{
    char *lines[LINES_MAX + 1];
    char *text = copy_text(bytes);
    enum verdict verdict;

    config = defaults;
    if (source % 3 == 0)
        verdict = config_read_file(&config, file_with(bytes), why);
    else if (source % 3 == 1) {
        (void)cut_lines(text, lines);
        verdict = config_read_environment(&config, lines, why);
    } else {
        verdict = load_arguments(cut_lines(text, lines), lines, why);
    }
    free(text);
    return verdict == GO_ON ? config_derive(&config, why) : verdict;
}

static void claim_ranges(void)
{
    struct redis_url url;

    for (size_t i = 0; i < config_option_count; i++) {
        const struct option *option = &config_options[i];
        const char *field = (const char *)&config + option->offset;
        if (option->kind == OPTION_INTEGER)
            CLAIM(*(const int64_t *)(const void *)field >= option->min &&
                  *(const int64_t *)(const void *)field <= option->max);
        else if (option->kind != OPTION_CHOICE)
            CLAIM(strlen(field) >= (size_t)option->min && strlen(field) <= (size_t)option->max);
    }
    CLAIM(config.kafka_count <= CONFIG_KAFKA_MAX && rollups_find(&config.rollups, span_of("total")) != NULL);
    CLAIM(config.windows[WINDOW_HOUR] || config.windows[WINDOW_DAY] || config.windows[WINDOW_WEEK] ||
          config.windows[WINDOW_MONTH]);
    CLAIM(redis_url_parse(config.redis_url, &url) == NULL);
    CLAIM(url.host[0] != '\0' && (url.is_unix || url.port > 0) && url.db >= 0);
}

/* What --print-config prints, without the remarks on secrets that are set. To be freed by the caller. */
static struct span print(const struct config *from)
{
    char *text = NULL;
    size_t size = 0, kept = 0;
    FILE *file = open_memstream(&text, &size);

    CLAIM(file != NULL);
    config_print(from, file);
    CLAIM(fclose(file) == 0);
    for (char *line = text, *end = text; line < text + size; line = end) {
        end = (char *)memchr(line, '\n', size - (size_t)(line - text)) + 1;
        if (line[0] == '#')
            continue;
        memmove(text + kept, line, (size_t)(end - line));
        kept += (size_t)(end - line);
    }
    return (struct span){text, kept};
}

static void claim_print(void)
{
    struct reason why = {0};

    for (size_t i = 0; i < config_option_count; i++) /* A secret is a remark if set, an empty value if not. */
        if (config_options[i].secret_file != NULL)
            ((char *)&config)[config_options[i].offset] = '\0';
    struct span first = print(&config);
    again = defaults;
    CLAIM(config_read_file(&again, file_with(first), &why) == GO_ON);
    CLAIM(config_derive(&again, &why) == GO_ON);
    struct span second = print(&again);
    CLAIM(span_equal(first, second));
    CLAIM(memcmp(&config.rollups, &again.rollups, sizeof(config.rollups)) == 0);
    CLAIM(memcmp(config.windows, again.windows, sizeof(config.windows)) == 0);
    CLAIM(memcmp(config.kept_ms, again.kept_ms, sizeof(config.kept_ms)) == 0 && config.base == again.base);
    free_copy(first);
    free_copy(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char *nothing[] = {NULL};
    struct fuzz_input input = {bytes, size};
    struct reason why = {0};
    uint8_t source = take_byte(&input);

    if (environ != nothing)
        config_defaults(&defaults);
    environ = nothing;
    enum verdict verdict = load(source, take_rest(&input), &why);
    if (verdict == GO_ON) {
        claim_ranges();
        claim_print();
    } else {
        CLAIM(verdict == HALT);
        CLAIM_REASON(&why, "CONFIG-UNKNOWN-KEY", "CONFIG-FLAG", "CONFIG-POSITIONAL", "CONFIG-VALUE",
                     "CONFIG-UNREADABLE", "CONFIG-OWNED", "CONFIG-ROLLUP");
    }
    return 0;
}
