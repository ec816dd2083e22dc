/*
 * librdkafka keeps what is allowed for itself, but for a table that it prints for people: a row a property, like
 *
 *     session.timeout.ms                       |  C  | 1 .. 3600000    |         45000 | high       | Client group ...
 *
 * That table is read here, so that what is told is what this very librdkafka takes.
 */
#include "property_told.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gentally/base/suggest.h"
#include "gentally/config/config.h"

/* Cuts the next column off `*row`, without the blanks around it; NULL if there is none. */
static char *next_column(char **row)
{
    char *column = *row, *end = column == NULL ? NULL : strstr(column, " |");

    if (end == NULL)
        return NULL;
    *row = end + 2;
    while (column < end && *column == ' ')
        column++;
    while (end > column && end[-1] == ' ')
        end--;
    *end = '\0';
    return column;
}

/* Looks through the table: gives what it says is allowed for `name`, and tries all names as a suggestion. */
static void look_up(const char *name, char *allowed, size_t size, struct suggestion *nearest, char **table)
{
    size_t table_size = 0;
    FILE *file = open_memstream(table, &table_size);

    allowed[0] = '\0';
    if (file == NULL)
        return;
    rd_kafka_conf_properties_show(file);
    if (fclose(file) != 0)
        return;
    for (char *line = *table, *rest; line != NULL && *line != '\0'; line = rest) {
        rest = strchr(line, '\n');
        if (rest != NULL)
            *rest++ = '\0';
        const char *known = next_column(&line);
        const char *who = known == NULL ? NULL : next_column(&line);
        const char *range = who == NULL ? NULL : next_column(&line);
        if (range == NULL)
            continue;
        suggestion_try(nearest, known);
        if (allowed[0] == '\0' && strcmp(known, name) == 0)
            snprintf(allowed, size, "%s", range);
    }
}

enum verdict property_refuse(const char *name, rd_kafka_conf_res_t result, const char *text, enum reason_id id,
                             struct reason *why)
{
    struct suggestion nearest = suggestion_for(name);
    enum verdict verdict = HALT;
    char allowed[300], *table = NULL;

    look_up(name, allowed, sizeof(allowed), &nearest, &table);
    const char *found = suggestion_name(&nearest);
    if (result == RD_KAFKA_CONF_UNKNOWN)
        verdict = reason_set(why, HALT, id, 0, "librdkafka %s has no property kafka.%s%s%s%s", rd_kafka_version_str(),
                             name, found == NULL ? "" : "; did you mean kafka.", found == NULL ? "" : found,
                             found == NULL ? "" : "?");
    else if (allowed[0] != '\0')
        verdict = reason_set(why, HALT, id, 0, "kafka.%s: allowed is %s (librdkafka %s)", name, allowed,
                             rd_kafka_version_str());
    else if (!config_kafka_is_secret(name)) /* what it says may quote the value */
        verdict = reason_set(why, HALT, id, 0, "kafka.%s: %s", name, text);
    else
        verdict =
            reason_set(why, HALT, id, 0, "librdkafka %s refuses the value of kafka.%s", rd_kafka_version_str(), name);
    free(table);
    return verdict;
}

static bool is_place(const char *name)
{
    static const char end[] = ".location";
    size_t size = strlen(name);

    return size >= sizeof(end) && strcmp(name + size - (sizeof(end) - 1), end) == 0;
}

enum verdict property_refuse_all(const struct config *config, const char *text, enum reason_id id, struct reason *why)
{
    for (uint32_t i = 0; i < config->kafka_count; i++) {
        const struct kafka_property *property = &config->kafka[i];
        if (is_place(property->name) && access(property->value, R_OK) != 0)
            return reason_set(why, HALT, id, errno, "kafka.%s: %.200s: %s", property->name, property->value,
                              strerror(errno));
    }
    return reason_set(why, HALT, id, rd_kafka_last_error(), "%s", text);
}
