/* One pass over the ledger keeps the last record that fits; its partitions are looked at when it is printed. */
#include "told_last.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/codec/record_read.h"
#include "gentally/core/event.h"
#include "gentally/inspect/as_of.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/our_schemas.h"
#include "leaderboard.h"

#define OFFSETS_SHOWN 16u

struct place {
    int32_t partition;
    int64_t next;
};

struct told_last {
    struct told_wanted wanted;
    bool is_there;
    bool has_others; /* records of more than one window fit */
    struct told_version version;
    struct as_of as_of;
    uint32_t partition_count, shown;
    struct place places[OFFSETS_SHOWN]; /* the first partitions */
    struct reason unknown;              /* why the ledger could not be read; no text: it could */
    struct ledger_read read;
};

static bool is_wanted(const struct told_wanted *wanted, const struct ledger *ledger)
{
    struct window window = ledger->window;

    return window.kind == wanted->kind && window.start_ms >= wanted->from_ms && window.start_ms < wanted->to_ms &&
           !(wanted->is_final && ledger->pane == PANE_EARLY) && !ledger_is_under_way(ledger) &&
           (wanted->revision < 0 || ledger->revision == wanted->revision);
}

static enum verdict take(void *context, const struct record *record, struct reason *why)
{
    struct told_last *told = context;
    const struct ledger *ledger = &told->read.ledger;
    struct window window;
    enum verdict verdict = ledger_record_read(record, &told->read, &window, why);

    if (verdict != GO_ON || record->value.bytes == NULL)
        return verdict;
    if (!is_wanted(&told->wanted, ledger))
        return GO_ON;
    told->has_others |= told->is_there && window_compare(told->version.window, ledger->window) != 0;
    told->is_there = true;
    told->version = (struct told_version){ledger->window, ledger->generation, ledger->revision, record->timestamp_ms};
    as_of_read(&told->as_of, ledger, record->timestamp_ms);
    told->partition_count = ledger->partition_count;
    told->shown = ledger->partition_count < OFFSETS_SHOWN ? ledger->partition_count : OFFSETS_SHOWN;
    for (uint32_t i = 0; i < told->shown; i++)
        told->places[i] = (struct place){ledger->partitions[i].partition, ledger->partitions[i].next};
    return GO_ON;
}

enum verdict told_last_read(struct told_last **told, const struct config *config, const struct told_wanted *wanted,
                            struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];
    struct told_last *opened = calloc(1, sizeof(*opened));

    *told = opened;
    if (opened == NULL)
        return no_memory(why, "to read the ledger");
    opened->wanted = *wanted;
    topic_ledger(config, topic);
    enum verdict verdict = our_schemas_read(config, NULL, OUR_LEDGER, topic, take, opened, &opened->unknown);
    if (verdict == HALT && opened->unknown.id == NO_MEMORY) {
        *why = opened->unknown;
        return HALT;
    }
    if (verdict == GO_ON)
        opened->unknown = (struct reason){.text = ""};
    return GO_ON;
}

enum verdict told_last_version(const struct told_last *told, struct told_version *version, struct reason *why)
{
    int64_t revision = told->wanted.revision;

    if (told->unknown.text[0] != '\0')
        return reason_set(why, HALT, told->unknown.id, told->unknown.code, "%s", told->unknown.text);
    if (!told->is_there)
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "--as-of %" PRId64 ": the ledger has no record of a %s of that revision, or not any more",
                          revision, window_kind_name(told->wanted.kind));
    if (told->has_others)
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "--as-of %" PRId64 ": several windows have that revision: name one by --from and --to",
                          revision);
    *version = told->version;
    return GO_ON;
}

static void print_offsets(const struct told_last *told, const char *command)
{
    fprintf(stderr, "%s: up to offsets", command);
    for (uint32_t i = 0; i < told->shown; i++)
        fprintf(stderr, " %" PRId32 ":%" PRId64, told->places[i].partition, told->places[i].next);
    if (told->partition_count > told->shown)
        fprintf(stderr, " and those of %" PRIu32 " more partitions, as the ledger has them",
                told->partition_count - told->shown);
    fputc('\n', stderr);
}

void told_last_print(const struct told_last *told, const char *command, int64_t now_ms)
{
    const struct as_of *as_of = &told->as_of;
    const char *kind = window_kind_name(told->wanted.kind);
    char start[LEADERBOARD_START_SIZE], event[32], age[AS_OF_AGE_SIZE], behind[64] = "at the log's end";

    if (told->unknown.text[0] != '\0') {
        fprintf(stderr, "%s: as of when is not known: %s: %s\n", command, reason_name(told->unknown.id),
                told->unknown.text);
        return;
    }
    if (!told->is_there)
        return;
    leaderboard_start(kind, as_of->window.start_ms, start);
    as_of_age_write(now_ms - as_of->told_ms, age);
    if (as_of->event_ms == NO_TIME)
        snprintf(event, sizeof(event), "%s", as_of->records > 0 ? "a time that is not known" : "no event yet");
    else
        time_format(as_of->event_ms, event, sizeof(event));
    if (as_of->behind < 0)
        snprintf(behind, sizeof(behind), "how far behind the log's end is not known");
    else if (as_of->behind > 0)
        snprintf(behind, sizeof(behind), "%" PRId64 " behind the log's end", as_of->behind);
    fprintf(stderr, "%s: as of %s, told %s ago with the %s %s (%s): %" PRId64 " records read, %s\n", command, event,
            age, kind, start, pane_name(as_of->pane), as_of->records, behind);
    print_offsets(told, command);
}

void told_last_close(struct told_last *told)
{
    free(told);
}
