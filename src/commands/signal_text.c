/* A signal as JSON has every number; a line of the table has as many of the numbers as fit behind its subject. */
#include "signal_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/json.h"

#define LINE_WIDTH 100
#define KIND_WIDTH 19 /* foundational_cohort */
#define WHY_SIZE_MIN 40
#define WHY_SIZE 128

static void print_text(const char *name, struct span text, const char *end)
{
    char *quoted = malloc(JSON_TEXT_MAX(text.size));

    if (quoted != NULL)
        printf("\"%s\":%.*s%s", name, (int)(json_put_text(quoted, text) - quoted), quoted, end);
    free(quoted);
}

static void print_number(const struct signal_number *number)
{
    char name[JSON_TEXT_MAX(128)];
    struct span cut = {number->name.bytes, number->name.size < 128 ? number->name.size : 128};

    printf("%.*s:", (int)(json_put_text(name, cut) - name), name);
    char real[JSON_REAL_MAX];
    if (number->is_real)
        printf("%.*s", (int)(json_put_real(real, number->real) - real), real);
    else
        printf("%" PRId64, number->integer);
}

void signal_print_json(const struct signal *signal)
{
    printf("{\"kind\":\"%s\",", signal_kind_name(signal->kind));
    print_text("subject", signal->subject, ",");
    if (signal->cohort.size > 0)
        print_text("cohort", signal->cohort, ",");
    printf("\"window\":\"%s\",\"window_start\":%" PRId64 ",\"numbers\":{", window_kind_name(signal->window.kind),
           signal->window.start_ms);
    for (uint32_t index = 0; index < signal->number_count; index++) {
        fputs(index == 0 ? "" : ",", stdout);
        print_number(&signal->numbers[index]);
    }
    fputs("},", stdout);
    print_text("rule", signal->rule, ",");
    printf("\"generation\":%" PRId64 ",\"revision\":%" PRId64 ",", signal->generation, signal->revision);
    print_text("tables_version", signal->tables_version, "}\n");
}

enum verdict signal_table_open(struct table **table, struct reason *why)
{
    static const struct table_column columns[] = {
        {"kind", false}, {"window", false}, {"subject", false}, {"why", false}};

    return table_open(table, columns, LENGTH_OF(columns), why);
}

/* Reals are shares, but for the effective numbers of events. Returns the size. */
static int write_number(const struct signal_number *number, char *text, size_t size)
{
    int name_size = (int)number->name.size;
    const char *name = name_size > 0 ? number->name.bytes : "";

    if (!number->is_real)
        return snprintf(text, size, "%.*s %" PRId64, name_size, name, number->integer);
    if (number->name.size >= 2 && memcmp(name, "n_", 2) == 0)
        return snprintf(text, size, "%.*s %.0f", name_size, name, number->real);
    return snprintf(text, size, "%.*s %.1f %%", name_size, name, 100 * number->real);
}

/* Text in Slack's form, where &, < and > would begin something (mentions, links), as JSON without its quotes. */
static void write_escaped(FILE *file, struct span text)
{
    for (size_t at = 0; at < text.size; at++) {
        char json[JSON_TEXT_MAX(4)];
        size_t size = 1; /* a character of UTF-8 stays whole */
        while (at + size < text.size && size < 4 && ((unsigned char)text.bytes[at + size] & 0xc0) == 0x80)
            size++;
        const char *entity = text.bytes[at] == '&'   ? "&amp;"
                             : text.bytes[at] == '<' ? "&lt;"
                             : text.bytes[at] == '>' ? "&gt;"
                                                     : NULL;
        if (entity != NULL) {
            fputs(entity, file);
            continue;
        }
        size_t written = (size_t)(json_put_text(json, (struct span){text.bytes + at, size}) - json);
        fwrite(json + 1, 1, written - 2, file);
        at += size - 1;
    }
}

/* What it is about, in a line. */
static void write_line(FILE *file, const struct signal *signal)
{
    char start[32], number[WHY_SIZE];

    time_format(signal->window.start_ms, start, sizeof(start));
    fprintf(file, "%s: ", signal_kind_name(signal->kind));
    write_escaped(file, signal->subject);
    if (signal->cohort.size > 0) {
        fputs(", cohort ", file);
        write_escaped(file, signal->cohort);
    }
    fprintf(file, ", %s of %.10s", window_kind_name(signal->window.kind), start);
    if (signal->number_count == 0)
        return;
    write_number(&signal->numbers[0], number, sizeof(number));
    fputs(", ", file);
    write_escaped(file, span_of(number));
}

void signal_write_message(FILE *file, const struct signal *signal)
{
    fputs("{\"text\":\"", file);
    write_line(file, signal);
    fputs("\",\"attachments\":[{\"fallback\":\"", file);
    write_line(file, signal);
    fputs("\",\"fields\":[", file);
    for (uint32_t index = 0; index < signal->number_count; index++) {
        char text[WHY_SIZE];
        struct span name = signal->numbers[index].name;
        write_number(&signal->numbers[index], text, sizeof(text));
        struct span value = span_of(text);
        if (value.size > name.size) { /* "share 1.2 %" without its name */
            value.bytes += name.size + 1;
            value.size -= name.size + 1;
        }
        fputs(index == 0 ? "{\"title\":\"" : ",{\"title\":\"", file);
        write_escaped(file, name);
        fputs("\",\"value\":\"", file);
        write_escaped(file, value);
        fputs("\",\"short\":true}", file);
    }
    fputs("],\"footer\":\"", file);
    write_escaped(file, signal->rule);
    fputs("\"}]}", file);
}

size_t signal_table_widen(size_t widest, const struct signal *signal)
{
    size_t size = signal->subject.size + (signal->cohort.size > 0 ? 1 + signal->cohort.size : 0);

    return size > widest ? size : widest;
}

void signal_table_add(struct table *table, const struct signal *signal, size_t widest)
{
    char start[32], told[WHY_SIZE] = "", subject[SIGNAL_TEXT_MAX];
    size_t used = KIND_WIDTH + strlen("  2025-11-17  ") + widest + 2, at = 0;
    size_t room = used + WHY_SIZE_MIN > LINE_WIDTH ? WHY_SIZE_MIN : LINE_WIDTH - used;

    time_format(signal->window.start_ms, start, sizeof(start));
    start[strcspn(start, "T")] = '\0';
    for (uint32_t index = 0; index < signal->number_count; index++) {
        char one[WHY_SIZE];
        int size = write_number(&signal->numbers[index], one, sizeof(one));
        if (size < 0 || (size_t)size >= sizeof(one) ||
            at + 2 + (size_t)size >= (room < sizeof(told) ? room : sizeof(told)))
            break;
        at += (size_t)snprintf(told + at, sizeof(told) - at, "%s%s", at == 0 ? "" : ", ", one);
    }
    table_text(table, span_of(signal_kind_name(signal->kind)));
    table_text(table, span_of(start));
    snprintf(subject, sizeof(subject), "%.*s%s%.*s", (int)signal->subject.size,
             signal->subject.size == 0 ? "" : signal->subject.bytes, signal->cohort.size == 0 ? "" : " ",
             (int)signal->cohort.size, signal->cohort.size == 0 ? "" : signal->cohort.bytes);
    table_text(table, span_of(subject));
    table_text(table, span_of(told));
}
