/*
 * `gentally replay`: counts the log again into a namespace of its own and lays it beside the live one.
 *
 * Two states are comparable at one offset only, so each partition is compared by itself: a window is read from the live
 * state together with the offset it belongs to, the replay counts on to exactly that offset, and then both are the fold
 * of the same records. Live workers may go on all the while. See runbooks/replay.md for what is left out, and why.
 */
#include "gentally/ingest/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/commands/commands.h"
#include "gentally/core/event.h"
#include "gentally/inspect/compare.h"
#include "gentally/inspect/dead_letters.h"
#include "gentally/kafka/source.h"
#include "gentally/kafka/topic_read.h"
#include "gentally/kafka/topics.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_windows.h"
#include "printable.h"
#include "replay_futures.h"
#include "replay_namespace.h"
#include "replay_retention.h"

enum option { FROM, OFFSETS, WHOLE_FROM, NAME, KEEP, REMOVE, SHOW, FORMAT };

static const char *const formats[] = {"text", "json"};
enum format { FORMAT_TEXT, FORMAT_JSON };

#define TRIES 50 /* to find the live state at an offset the replay has reached */

static const struct command_option option_table[] = {
    [FROM] = {"from", "TIME", "begin with records of that time (default: where the live counters began)", NULL},
    [OFFSETS] = {"offsets", "P:O,...", "begin at these offsets", NULL},
    [WHOLE_FROM] = {"whole-from", "TIME", "compare windows that start then or later", NULL},
    [NAME] = {"name", "X", "the namespace is <namespace>-replay-X (default: the time of day)", NULL},
    [KEEP] = {"keep", NULL, "leave the replay's keys and topics, to look at", NULL},
    [REMOVE] = {"remove", NULL, "only delete the keys and topics of --name", NULL},
    [SHOW] = {"show", "N", "print the first N differences (default 10)", NULL},
    [FORMAT] = {"format", "F", "text or json (default text)", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_replay = {
    .name = "replay",
    .purpose = "count the log again, beside the live counters, and compare cell by cell",
    .arguments = "[--from TIME | --offsets P:O,... --whole-from TIME] [--keep] | --remove --name X",
    .summary = "count the log again, beside the live counters, and compare cell by cell",
    .text =
        "Reads the input topic again, from where the live counters began (or --from, --offsets) to where they are\n"
        "now, into the namespace <namespace>-replay-<name>, with a new incarnation; then compares each window of\n"
        "each partition, at exactly the same offset on both sides. Live workers are not disturbed and may go on.\n"
        "Nothing of the live namespace is written, and nothing is published. The replay's keys and topics are\n"
        "deleted at the end, unless --keep; --remove --name X deletes what an interrupted one left.\n"
        "\n"
        "Exit status 0: equal; 65: not, or nothing could be compared. With --from, windows that start after that\n"
        "time (and future_skew_ms) are compared: earlier ones may hold records from before it.\n"
        "\n"
        "Example:\n"
        "  gentally replay\n"
        "  gentally replay --from 2025-11-17 --show 100 --keep --name november",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

struct replay_counts {
    uint64_t records; /* read again */
    uint64_t windows; /* compared, of one partition each */
    struct comparison compared;
    uint64_t outcomes; /* partitions' outcomes that differ */
    uint64_t moved, sealed, outside;
    uint64_t unreadable; /* windows of one side or the other; the first is told in judge() */
    int64_t shown;
};

struct request {
    const struct config *live_config;
    struct config *config; /* the replay's */
    const struct command_option *options;
    uint32_t format;
    int64_t show;
    struct logger logger;
    struct settings settings; /* of the live namespace */
    struct store *live;
    struct replay *replay;
    struct replay_futures *futures;
    bool is_begun;                                /* something of it may have been made */
    struct partition_state lives[PARTITIONS_MAX]; /* where the live partitions stood at the start */
    int64_t targets[PARTITIONS_MAX], firsts[PARTITIONS_MAX];
    int64_t whole_ms; /* windows that start before it may hold records from before the range */
    struct cells *ours, *theirs;
    struct window_list list;
    struct replay_counts counts;
    struct replay_retention retention;
    char unreadable[320]; /* the first window that could not be read, and why */
    struct {
        int32_t partition;
        struct window window;
    } at; /* being compared */
};

/* ---- the range ---- */

/* "0:123,1:456" into firsts. */
static enum verdict read_offsets(struct request *request, const char *text, int32_t count, struct reason *why)
{
    struct span rest = span_of(text);

    while (rest.size > 0) {
        const char *comma = memchr(rest.bytes, ',', rest.size);
        struct span place = {rest.bytes, comma == NULL ? rest.size : (size_t)(comma - rest.bytes)};
        int32_t partition;
        int64_t offset;
        if (!dead_letter_place_read(place, &partition, &offset) || partition >= count)
            return reason_set(why, HALT, CONFIG_VALUE, 0,
                              "--offsets %s: want PARTITION:OFFSET,... of the topic's %" PRId32 " partitions", text,
                              count);
        if (offset > request->firsts[partition])
            request->firsts[partition] = offset;
        rest = comma == NULL ? (struct span){NULL, 0} : (struct span){comma + 1, rest.size - place.size - 1};
    }
    return GO_ON;
}

/* Where each partition begins: where the live one began, or later. */
static enum verdict find_firsts(struct request *request, int32_t count, struct reason *why)
{
    const struct command_option *options = request->options;
    int64_t found[PARTITIONS_MAX] = {0}, from_ms = INT64_MIN;
    enum verdict verdict = option_time(&options[FROM], &from_ms, why);

    for (int32_t i = 0; i < count; i++)
        request->firsts[i] = request->lives[i].first;
    if (verdict == GO_ON && options[OFFSETS].value != NULL)
        verdict = read_offsets(request, options[OFFSETS].value, count, why);
    else if (verdict == GO_ON)
        verdict = topic_find(request->live_config, request->live_config->topic, from_ms, count, found, why);
    for (int32_t i = 0; i < count; i++)
        if (found[i] > request->firsts[i])
            request->firsts[i] = found[i];
    return verdict;
}

/* From which start on a window holds no record from before the range: all records before are stamped earlier than
 * --from, and an event is at most future_skew_ms later than a stamp that is right. */
static enum verdict find_range(struct request *request, int32_t count, struct reason *why)
{
    const struct command_option *options = request->options;
    enum verdict verdict = find_firsts(request, count, why);
    bool is_whole = true;

    if (verdict == GO_ON && options[FROM].value != NULL && options[OFFSETS].value != NULL)
        return reason_set(why, HALT, REPLAY_RANGE, 0, "--from and --offsets both say where to begin: give one");
    for (int32_t i = 0; i < count; i++) {
        const struct partition_state *state = &request->lives[i];
        if (request->firsts[i] > state->next)
            request->firsts[i] = state->next;
        is_whole = is_whole && request->firsts[i] == state->first;
        request->targets[i] = state->next;
    }
    request->whole_ms = INT64_MIN;
    if (verdict != GO_ON || (is_whole && options[WHOLE_FROM].value == NULL))
        return verdict;
    if (options[FROM].value != NULL && options[WHOLE_FROM].value == NULL) {
        verdict = option_time(&options[FROM], &request->whole_ms, why);
        request->whole_ms += request->live_config->future_skew_ms;
        return verdict;
    }
    if (options[WHOLE_FROM].value == NULL)
        return reason_set(why, HALT, REPLAY_RANGE, 0,
                          "the range begins behind where the live counters began%s: say with --from or --whole-from "
                          "which windows lie in it",
                          options[OFFSETS].value == NULL ? " (the log is shorter)" : "");
    return option_time(&options[WHOLE_FROM], &request->whole_ms, why);
}

/* ---- comparing ---- */

static enum verdict take_cell(void *context, struct span key, struct span packed, struct reason *why)
{
    return cells_put(context, key, packed, why);
}

static void show_difference(void *context, const struct difference *difference)
{
    struct request *request = context;
    char start[40], row[PRINTABLE_MAX(256)];

    if (request->counts.shown == request->show)
        return;
    request->counts.shown++;
    time_format(request->at.window.start_ms, start, sizeof(start));
    printable_text(difference->key, row, sizeof(row));
    if (request->format == FORMAT_JSON) {
        printf("{\"partition\":%" PRId32 ",\"window\":\"%s\",\"window_start\":\"%s\",", request->at.partition,
               window_kind_name(request->at.window.kind), start);
        printable_json("row", difference->key, ",");
        printf("\"field\":\"%s\",\"live\":%" PRId64 ",\"replay\":%" PRId64 "}\n", difference->field, difference->left,
               difference->right);
        return;
    }
    printf("differs: partition %" PRId32 ", %s %s, row %s, %s: live %" PRId64 ", replay %" PRId64 "\n",
           request->at.partition, window_kind_name(request->at.window.kind), start, row, difference->field,
           difference->left, difference->right);
}

/* Brings the replay's partition to the offset of the live state. `*is_same` if it stands there already; false in
 * `*is_possible` if it never will: the live state was rolled back, or made anew. */
static enum verdict meet(struct request *request, int32_t partition, const struct partition_state *live, bool *is_same,
                         bool *is_possible, struct reason *why)
{
    const struct partition_state *noted = &request->lives[partition];
    int64_t next = replay_next(request->replay, partition);

    *is_same = live->next == next;
    *is_possible =
        strcmp(live->incarnation, noted->incarnation) == 0 && live->first == noted->first && live->next >= next;
    if (*is_same || !*is_possible)
        return GO_ON;
    request->targets[partition] = live->next;
    return replay_advance(request->replay, request->targets, why);
}

static enum verdict compare_cells(struct request *request, const int64_t records[2], struct reason *why)
{
    uint64_t before = request->counts.compared.differing;
    const struct difference difference = {span_of("(all)"), "records", records[0], records[1]};
    struct rollups rollups; /* Rows of a time when another was counted are in the live state alone. */
    settings_rollups_at(&request->settings, request->at.window.start_ms, &rollups);
    enum verdict verdict = cells_compare(request->theirs, request->ours, &rollups, show_difference, request,
                                         &request->counts.compared, why);

    request->counts.windows++;
    if (verdict == GO_ON && records[0] != records[1] && request->counts.compared.differing == before) {
        request->counts.compared.differing++;
        show_difference(request, &difference);
    }
    return verdict;
}

/* What cannot be read is told by name, and no hindrance to all else. */
static enum verdict tell_unreadable(struct request *request, const char *what, const struct reason *why)
{
    if (request->counts.unreadable++ == 0)
        snprintf(request->unreadable, sizeof(request->unreadable), "%s: %.200s", what, why->text);
    fprintf(request->format == FORMAT_JSON ? stderr : stdout, "unreadable: %s: %s: %s\n", what, reason_name(why->id),
            why->text);
    return GO_ON;
}

/* Lets a window be that cannot be read on one side. */
static enum verdict pass_over(struct request *request, enum verdict verdict, const struct reason *why)
{
    bool is_of_window =
        why->id == STORE_TORN || why->id == STORE_DAMAGED || why->id == CELL_UNREADABLE || why->id == STORE_TAINTED;
    char start[40], what[96];

    if (verdict != HALT || !is_of_window)
        return verdict;
    time_format(request->at.window.start_ms, start, sizeof(start));
    snprintf(what, sizeof(what), "partition %" PRId32 ", %s %s", request->at.partition,
             window_kind_name(request->at.window.kind), start);
    return tell_unreadable(request, what, why);
}

/* One window of one partition. */
static enum verdict compare_window(struct request *request, int32_t partition, struct window window, struct reason *why)
{
    struct partition_state live, ours;
    int64_t records[2];
    bool is_same = false, is_possible = true;

    request->at.partition = partition;
    request->at.window = window;
    for (int i = 0; i < TRIES && is_possible; i++) {
        cells_clear(request->theirs);
        enum verdict verdict =
            store_snapshot(request->live, partition, window, take_cell, request->theirs, &records[0], &live, why);
        if (verdict == GO_ON && window.start_ms < live.floor_ms[window.kind]) {
            request->counts.sealed++;
            return GO_ON;
        }
        if (verdict == GO_ON)
            verdict = meet(request, partition, &live, &is_same, &is_possible, why);
        if (verdict != GO_ON)
            return verdict;
        if (!is_same)
            continue;
        cells_clear(request->ours);
        verdict = store_snapshot(replay_store(request->replay), partition, window, take_cell, request->ours,
                                 &records[1], &ours, why);
        return verdict == GO_ON ? compare_cells(request, records, why) : verdict;
    }
    request->counts.moved++;
    return GO_ON;
}

/* What became of the records, where both began at the same one. Counted and too late are taken together: when windows
 * are sealed depends on the other partitions, too. */
static enum verdict compare_outcomes(struct request *request, int32_t partition, struct reason *why)
{
    struct partition_state live, ours;
    bool is_same = false, is_possible = request->firsts[partition] == request->lives[partition].first;

    for (int i = 0; i < TRIES && is_possible && !is_same; i++) {
        enum verdict verdict = store_state(request->live, partition, &live, why);
        if (verdict == GO_ON)
            verdict = meet(request, partition, &live, &is_same, &is_possible, why);
        if (verdict != GO_ON)
            return verdict;
    }
    if (!is_same)
        return GO_ON;
    enum verdict verdict = store_state(replay_store(request->replay), partition, &ours, why);
    live.outcomes[OUTCOME_COUNTED] += live.outcomes[OUTCOME_TOO_LATE];
    ours.outcomes[OUTCOME_COUNTED] += ours.outcomes[OUTCOME_TOO_LATE];
    live.outcomes[OUTCOME_TOO_LATE] = ours.outcomes[OUTCOME_TOO_LATE] = 0;
    for (enum outcome outcome = 0; verdict == GO_ON && outcome < OUTCOME_COUNT; outcome++) {
        if (live.outcomes[outcome] == ours.outcomes[outcome])
            continue;
        request->counts.outcomes++;
        fprintf(request->format == FORMAT_JSON ? stderr : stdout,
                "differs: partition %" PRId32 ", records %s: live %" PRId64 ", replay %" PRId64 "\n", partition,
                outcome == OUTCOME_COUNTED ? "counted or too late" : outcome_name(outcome), live.outcomes[outcome],
                ours.outcomes[outcome]);
    }
    return verdict;
}

static enum verdict compare_partition(struct request *request, int32_t partition, struct reason *why)
{
    enum verdict verdict = window_list_read(&request->list, request->live, partition, false, why);

    if (verdict == GO_ON)
        verdict = window_list_read(&request->list, replay_store(request->replay), partition, true, why);
    window_list_unite(&request->list);
    for (uint32_t i = 0; i < request->list.count && verdict == GO_ON; i++) {
        struct window window = request->list.windows[i].window;
        if (window.start_ms < request->whole_ms || !request->config->windows[window.kind])
            request->counts.outside++;
        else
            verdict = pass_over(request, compare_window(request, partition, window, why), why);
    }
    return verdict == GO_ON ? compare_outcomes(request, partition, why) : verdict;
}

/* Retention is of all partitions together: both sides are read while the live one stands still, at the same offsets.
 * Only of the whole log: who was there before a part of it began cannot be known. */
static enum verdict compare_retention(struct request *request, int32_t count, struct reason *why)
{
    static const struct timespec pause = {0, 100000000};
    struct partition_state live;
    bool is_still = false;

    for (int32_t i = 0; i < count; i++)
        if (request->firsts[i] != request->lives[i].first || !request->config->has_retention)
            return GO_ON;
    for (int try = 0; try < TRIES && !is_still; try++) {
        enum verdict verdict = GO_ON;
        for (int32_t i = 0; i < count && verdict == GO_ON; i++) {
            verdict = store_state(request->live, i, &live, why);
            request->targets[i] = live.next;
        }
        if (verdict == GO_ON)
            verdict = replay_advance(request->replay, request->targets, why);
        if (verdict == GO_ON)
            verdict =
                replay_retention_compare(request->live, replay_store(request->replay), count, &request->retention, why);
        is_still = true;
        for (int32_t i = 0; i < count && verdict == GO_ON; i++) {
            verdict = store_state(request->live, i, &live, why);
            is_still = is_still && live.next == replay_next(request->replay, i);
        }
        if (verdict != GO_ON)
            return verdict;
        if (!is_still)
            nanosleep(&pause, NULL);
    }
    request->retention.is_compared = request->retention.is_compared && is_still;
    return GO_ON;
}

/* ---- the whole ---- */

static enum verdict run_replay(struct request *request, struct reason *why)
{
    int32_t count = 0;
    enum verdict verdict = store_open(&request->live, request->live_config, &request->logger, why);

    if (verdict == GO_ON)
        verdict = replay_settings(&request->settings, request->live, request->live_config, why);
    request->is_begun = verdict == GO_ON;
    if (verdict == GO_ON)
        verdict = topics_create(request->config, 1, -1, &request->logger, why);
    if (verdict == GO_ON)
        verdict = replay_open_when_ready(&request->replay, request->config, &request->settings, &request->logger, why);
    if (verdict == GO_ON)
        verdict = replay_erase(request->replay, request->live, why);
    if (verdict == GO_ON)
        verdict = replay_futures_open(&request->futures, request->live_config, request->live, why);
    if (verdict == GO_ON) {
        replay_recall(request->replay, replay_futures_has, request->futures);
        count = replay_partitions(request->replay);
    }
    for (int32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = store_state(request->live, i, &request->lives[i], why);
    if (verdict == GO_ON)
        verdict = find_range(request, count, why);
    if (verdict == GO_ON)
        verdict = replay_begin(request->replay, request->firsts, request->lives, why);
    if (verdict == GO_ON)
        verdict = replay_advance(request->replay, request->targets, why);
    for (int32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = compare_partition(request, i, why);
    if (verdict == GO_ON)
        verdict = compare_retention(request, count, why);
    if (verdict == HALT && reason_stops(why->id) == STOPS_RETENTION)
        verdict = tell_unreadable(request, "retention", why);
    if (request->replay != NULL)
        request->counts.records = replay_records(request->replay);
    return verdict;
}

static uint64_t retention_differing(const struct request *request)
{
    return request->retention.is_compared ? request->retention.differing : 0;
}

static void print_retention(const struct request *request)
{
    const struct replay_retention *retention = &request->retention;
    char month[8], cohort[8], model[PRINTABLE_MAX(EVENT_TEXT_MAX)];

    for (uint64_t i = 0; i < retention_differing(request) && i < REPLAY_RETENTION_SHOWN; i++) {
        const struct replay_retention_difference *difference = &retention->shown[i];
        month_write(difference->month, month, sizeof(month));
        month_write(difference->cohort, cohort, sizeof(cohort));
        printable_text(span_of(difference->model), model, sizeof(model));
        fprintf(request->format == FORMAT_JSON ? stderr : stdout,
                "differs: retention, month %s, model %s, cohort %s: live %" PRId64 ", replay %" PRId64 "\n", month,
                model, cohort, difference->live, difference->replay);
    }
    if (request->format == FORMAT_TEXT && retention->is_compared)
        printf("compared: %" PRIu64 " rows of retention\n", retention->rows);
    else if (request->format == FORMAT_TEXT && request->config->has_retention)
        printf(
            "retention: not compared; the range is a part of the log, months are no longer kept, it was switched on "
            "later, or the live state never stood still\n");
}

static void print_counts(const struct request *request)
{
    const struct replay_counts *counts = &request->counts;

    if (request->format == FORMAT_JSON) {
        printf("{\"namespace\":\"%s\",\"records\":%" PRIu64 ",\"windows\":%" PRIu64 ",\"cells\":%" PRIu64
               ",\"differing\":%" PRIu64 ",\"partitions_differing\":%" PRIu64 ",\"moved\":%" PRIu64
               ",\"sealed\":%" PRIu64 ",\"unreadable\":%" PRIu64 ",\"outside\":%" PRIu64 ",\"other_rollups\":%" PRIu64
               ",\"retention_rows\":%" PRIu64 ",\"retention_differing\":%" PRIu64 "}\n",
               request->config->namespace_, counts->records, counts->windows, counts->compared.cells,
               counts->compared.differing, counts->outcomes, counts->moved, counts->sealed, counts->unreadable,
               counts->outside, counts->compared.foreign, request->retention.is_compared ? request->retention.rows : 0,
               retention_differing(request));
        return;
    }
    printf("replayed: %" PRIu64 " records into %s\n", counts->records, request->config->namespace_);
    printf("compared: %" PRIu64 " cells of %" PRIu64 " windows, a window of each partition by itself\n",
           counts->compared.cells, counts->windows);
    if (counts->outside > 0)
        printf("not wholly in the range: %" PRIu64 " windows\n", counts->outside);
    if (counts->sealed > 0)
        printf("no longer kept: %" PRIu64 " windows\n", counts->sealed);
    if (counts->moved > 0)
        printf("moved: %" PRIu64 " windows; the live state was rolled back, made anew, or never stood still\n",
               counts->moved);
    if (counts->compared.foreign > 0)
        printf("of rollups that are not configured: %" PRIu64 " cells\n", counts->compared.foreign);
    bool is_equal = counts->unreadable == 0 && counts->compared.differing == 0 && counts->outcomes == 0 &&
                    retention_differing(request) == 0;
    printf("%s\n", is_equal ? "equal" : "NOT equal");
}

static enum verdict judge(const struct request *request, struct reason *why)
{
    const struct replay_counts *counts = &request->counts;

    if (counts->unreadable > 0)
        return reason_set(why, HALT, REPLAY_DIFFERS, 0, "not all could be read: %" PRIu64 ", the first %s",
                          counts->unreadable, request->unreadable);
    if (counts->compared.differing > 0 || counts->outcomes > 0)
        return reason_set(why, HALT, REPLAY_DIFFERS, 0, "%" PRIu64 " of %" PRIu64 " cells differ",
                          counts->compared.differing, counts->compared.cells);
    if (retention_differing(request) > 0)
        return reason_set(why, HALT, REPLAY_DIFFERS, 0, "%" PRIu64 " of %" PRIu64 " rows of retention differ",
                          request->retention.differing, request->retention.rows);
    if (counts->windows == 0)
        return reason_set(why, HALT, REPLAY_NOTHING, 0, "no window could be compared");
    return GO_ON;
}

/* The namespace of the replay: never the live one, and always one that --remove may delete. */
static enum verdict make_config(struct request *request, struct reason *why)
{
    char name[32];
    time_t now = time(NULL);
    struct tm parts;
    const char *given = request->options[NAME].value;

    strftime(name, sizeof(name), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &parts));
    if (given == NULL)
        given = name;
    if (given[0] == '\0' || strlen(given) > 40 ||
        given[strspn(given, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")] != '\0')
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--name %s: want 1 to 40 letters, digits, '-' and '_'", given);
    *request->config = *request->live_config;
    int size = snprintf(request->config->namespace_, sizeof(request->config->namespace_), "%s" STORE_REPLAY "%s",
                        request->live_config->namespace_, given);
    if (size < 0 || (size_t)size >= sizeof(request->config->namespace_))
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--name %s: too long behind the namespace", given);
    snprintf(request->config->group, sizeof(request->config->group), "%s", request->config->namespace_);
    return GO_ON;
}

static enum verdict run_and_clean(struct request *request, struct reason *why)
{
    enum verdict verdict = run_replay(request, why);
    bool is_ours = request->is_begun && (verdict == GO_ON || why->id != REPLAY_EXISTS);
    struct reason other;

    if (request->replay != NULL)
        replay_close(request->replay);
    if (verdict == GO_ON)
        print_retention(request);
    if (verdict == GO_ON)
        print_counts(request);
    if (verdict == GO_ON)
        verdict = judge(request, why);
    if (request->options[KEEP].value != NULL || !is_ours)
        return verdict;
    if (replay_remove(request->config, &request->list, &request->logger, &other) == GO_ON)
        return verdict;
    log_reason(&request->logger, LOG_LEVEL_WARN, &other);
    fprintf(stderr, "replay: %s is not wholly deleted: gentally replay --remove --name %s\n",
            request->config->namespace_, strstr(request->config->namespace_, STORE_REPLAY) + strlen(STORE_REPLAY));
    return verdict;
}

static enum verdict run_action(struct request *request, struct reason *why)
{
    enum verdict verdict = option_choice(&request->options[FORMAT], formats, LENGTH_OF(formats), &request->format, why);

    if (verdict == GO_ON)
        verdict = option_integer(&request->options[SHOW], 0, INT64_MAX, &request->show, why);
    if (verdict == GO_ON && request->options[REMOVE].value != NULL && request->options[NAME].value == NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--remove: say of which replay, with --name");
    if (verdict == GO_ON)
        verdict = make_config(request, why);
    if (verdict == GO_ON)
        verdict = cells_open(&request->ours, why);
    if (verdict == GO_ON)
        verdict = cells_open(&request->theirs, why);
    if (verdict != GO_ON)
        return verdict;
    return request->options[REMOVE].value != NULL
               ? replay_remove(request->config, &request->list, &request->logger, why)
               : run_and_clean(request, why);
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct config *config = calloc(1, sizeof(*config));
    struct request *request = calloc(1, sizeof(*request));
    enum verdict verdict;

    if (config != NULL && request != NULL) {
        *request =
            (struct request){.live_config = call->config, .config = config, .options = call->options, .show = 10};
        log_open_as(&request->logger, call->config->log_level, call->config->log_format, command_replay.name);
        verdict = run_action(request, why);
        store_close(request->live);
        replay_futures_close(request->futures);
        cells_close(request->ours);
        cells_close(request->theirs);
        free(request->list.windows);
        log_close(&request->logger);
    } else {
        verdict = no_memory(why, "for a replay");
    }
    free(request);
    free(config);
    return verdict;
}
