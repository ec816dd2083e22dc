/*
 * Nothing is changed in place and nothing by itself: the operator reads what would be added, has it written to a file,
 * and points the option `catalog` there.
 */
#include "list_import.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/bundled.h"
#include "gentally/base/csv_text.h"
#include "gentally/base/grow.h"
#include "gentally/base/json.h"
#include "gentally/base/text.h"
#include "gentally/codec/model_list.h"
#include "gentally/config/config.h"
#include "gentally/core/catalog_import.h"
#include "leaderboard.h"
#include "table.h"

#define FILE_SIZE_MAX ((size_t)64 << 20) /* ten times the largest list there is */
#define READ_SIZE 65536

struct bytes {
    char *bytes;
    size_t size, room;
};

static enum verdict unreadable(const char *path, int problem, struct reason *why)
{
    return reason_set(why, HALT, TABLE_UNREADABLE, problem, "%s: %s", path, strerror(problem));
}

static enum verdict read_whole(FILE *file, const char *path, struct bytes *whole, struct reason *why)
{
    for (size_t count = 1; count > 0; whole->size += count) {
        if (whole->size > FILE_SIZE_MAX)
            return unreadable(path, EFBIG, why);
        char *grown = grow(whole->bytes, &whole->room, whole->size + READ_SIZE, 1);
        if (grown == NULL)
            return no_memory(why, "for a file");
        whole->bytes = grown;
        count = fread(whole->bytes + whole->size, 1, READ_SIZE, file);
    }
    return ferror(file) != 0 ? unreadable(path, errno, why) : GO_ON;
}

static enum verdict read_file(const char *path, struct bytes *whole, struct reason *why)
{
    bool is_input = strcmp(path, "-") == 0;
    FILE *file = is_input ? stdin : fopen(path, "re");

    if (file == NULL)
        return unreadable(path, errno, why);
    enum verdict verdict = read_whole(file, is_input ? "standard input" : path, whole, why);
    if (!is_input)
        fclose(file);
    return verdict;
}

static enum verdict take_listed(void *context, const struct listed_model *listed, struct reason *why)
{
    return catalog_import_take(context, listed, why);
}

/* ---- what is told ---- */

static enum verdict print_table(const struct catalog_import *import, struct reason *why)
{
    static const struct table_column columns[] = {{"change", false}, {"model", false}, {"what", false}};
    struct import_change change;
    struct table *table = NULL;
    enum verdict verdict = table_open(&table, columns, LENGTH_OF(columns), why);

    for (size_t i = 0; verdict == GO_ON && catalog_import_at(import, i, &change); i++) {
        table_text(table, span_of(import_fate_name(change.fate)));
        table_text(table, change.slug);
        table_text(table, change.what);
    }
    if (verdict == GO_ON)
        verdict = table_print(table, stdout, why);
    table_close(table);
    return verdict;
}

static void print_lines(const struct catalog_import *import, bool is_json)
{
    char model[JSON_TEXT_MAX(EVENT_TEXT_MAX)], what[JSON_TEXT_MAX(IMPORT_WHAT_MAX)];
    struct import_change change;

    static_assert(sizeof(model) >= CSV_TEXT_MAX(EVENT_TEXT_MAX), "JSON is never shorter");
    if (!is_json)
        printf("change,model,what\n");
    for (size_t i = 0; catalog_import_at(import, i, &change); i++) {
        const char *name = import_fate_name(change.fate);
        char *model_end = is_json ? json_put_text(model, change.slug) : csv_text(model, change.slug, false);
        char *what_end = is_json ? json_put_text(what, change.what) : csv_text(what, change.what, false);
        printf(is_json ? "{\"change\":\"%s\",\"model\":%.*s,\"what\":%.*s}\n" : "%s,%.*s,%.*s\n", name,
               (int)(model_end - model), model, (int)(what_end - what), what);
    }
}

static enum verdict print_changes(const struct catalog_import *import, uint32_t format, struct reason *why)
{
    struct import_change first;

    if (format != FORMAT_TABLE)
        print_lines(import, format == FORMAT_JSON);
    else if (catalog_import_at(import, 0, &first))
        return print_table(import, why);
    return GO_ON;
}

/* One line: what was done with all of the list. */
static void print_counts(const struct catalog_import *import, const char *form)
{
    const char *comma = "";

    fprintf(stderr, "%s: ", form);
    for (unsigned fate = 0; fate < IMPORT_FATES; fate++) {
        size_t count = catalog_import_count(import, (enum import_fate)fate);
        if (count == 0 && fate > IMPORT_DIFFERS)
            continue;
        fprintf(stderr, "%s%zu %s", comma, count, import_fate_name((enum import_fate)fate));
        comma = ", ";
    }
    fputc('\n', stderr);
}

/* ---- what is written ---- */

static enum verdict output_failed(const char *path, struct reason *why)
{
    return reason_set(why, HALT, OUTPUT_FAILED, errno, "%s: %s", path, strerror(errno));
}

/* Writes the text beside its place; GO_ON: it is a catalog. */
static enum verdict write_part(const char *path, struct span text, struct reason *why)
{
    struct catalog *catalog = NULL;
    FILE *file = fopen(path, "wbe");

    if (file == NULL)
        return output_failed(path, why);
    bool is_written = fwrite(text.bytes, 1, text.size, file) == text.size;
    if (fclose(file) != 0 || !is_written)
        return output_failed(path, why);
    enum verdict verdict = catalog_open(&catalog, path, why);
    catalog_close(catalog);
    return verdict;
}

static enum verdict write_catalog(const struct catalog_import *import, const char *out, struct reason *why)
{
    struct bytes text = {NULL, 0, 0};
    size_t room = strlen(out) + sizeof(".part");
    char *part = malloc(room);

    if (part == NULL)
        return no_memory(why, "for a path");
    snprintf(part, room, "%s.part", out);
    enum verdict verdict = catalog_import_text(import, &text.bytes, &text.size, why);
    if (verdict == GO_ON)
        verdict = write_part(part, (struct span){text.bytes, text.size}, why);
    if (verdict == GO_ON && rename(part, out) != 0)
        verdict = output_failed(out, why);
    if (verdict != GO_ON)
        remove(part);
    free(text.bytes);
    free(part);
    return verdict;
}

static enum verdict finish(struct catalog_import *import, const struct list_import *order, const char *form,
                           struct reason *why)
{
    enum verdict verdict = catalog_import_decide(import, why);

    if (verdict == GO_ON && order->out != NULL)
        verdict = write_catalog(import, order->out, why);
    if (verdict == GO_ON)
        verdict = print_changes(import, order->format, why);
    if (verdict != GO_ON)
        return verdict;
    print_counts(import, form);
    if (order->out == NULL)
        fputs("nothing was written: --out FILE writes the catalog with the new rows\n", stderr);
    else
        fprintf(stderr, "written to %s, every row of before with it\n", order->out);
    return GO_ON;
}

enum verdict list_import_run(const struct config *config, const struct list_import *order, struct reason *why)
{
    struct bytes list = {NULL, 0, 0}, own = {NULL, 0, 0};
    struct catalog_import *import = NULL;
    struct catalog *catalog = NULL;
    const char *form = NULL;
    struct span text = bundled_catalog_csv;
    enum verdict verdict = catalog_open(&catalog, config->catalog, why);

    if (verdict == GO_ON && config->catalog[0] != '\0') {
        verdict = read_file(config->catalog, &own, why);
        text = (struct span){own.bytes, own.size};
    }
    if (verdict == GO_ON)
        verdict = catalog_import_open(&import, catalog, text, order->valid_from_ms, why);
    if (verdict == GO_ON)
        verdict = read_file(order->list, &list, why);
    if (verdict == GO_ON)
        verdict = model_list_read((struct span){list.bytes, list.size}, order->list, take_listed, import, &form, why);
    if (verdict == GO_ON)
        verdict = finish(import, order, form, why);
    catalog_import_close(import);
    catalog_close(catalog);
    free(list.bytes);
    free(own.bytes);
    return verdict;
}
