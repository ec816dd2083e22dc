/*
 * The ledger held to itself. A ledger record is cumulative: of each partition it says how far its log was read and what
 * became of the records. So it is a point of that partition's history, and of two points the further one must have more
 * of everything, by no more than the offsets between them. Nothing has to be known of records that compaction removed.
 *
 * A store that rolled back reads its way forward again; meanwhile windows may be published from an earlier point than
 * other windows before. That is a step back, and no violation as long as the point is one of the same history; within
 * one window the parts never fall.
 */
#include "audit_ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit_tell.h"
#include "gentally/base/grow.h"

static struct edition *add_edition(struct audited_window *audited)
{
    struct edition *editions =
        grow(audited->editions, &audited->edition_room, audited->edition_count + (size_t)1, sizeof(*editions));

    if (editions == NULL)
        return NULL;
    audited->editions = editions;
    return &audited->editions[audited->edition_count++];
}

/* ---- histories ---- */

static int64_t consumed_of(const struct point *point)
{
    int64_t consumed = 0;

    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        consumed += point->outcomes[outcome]; /* It fits: the reader added them up. */
    return consumed;
}

/* Tells what keeps two points from being of one history; `earlier` is the one of the lower offset. */
static void compare_points(struct audit *audit, const struct audit_place *place, int32_t partition,
                           const struct point *earlier, const struct point *later, bool is_found_later)
{
    char field[96], known[96];
    int64_t more = consumed_of(later) - consumed_of(earlier);

    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        if (later->outcomes[outcome] >= earlier->outcomes[outcome])
            continue;
        const struct point *other = is_found_later ? earlier : later, *found = is_found_later ? later : earlier;
        snprintf(field, sizeof(field), "partitions[%" PRId32 "].%s", partition, outcome_name((enum outcome)outcome));
        snprintf(known, sizeof(known), "at %s (its number at offset %" PRId64 ") ", is_found_later ? "least" : "most",
                 other->next);
        audit_tell_number(audit, AUDIT_HISTORY, place, field, known, other->outcomes[outcome],
                          found->outcomes[outcome]);
        return;
    }
    if (more > later->next - earlier->next) {
        snprintf(field, sizeof(field), "partitions[%" PRId32 "].consumed", partition);
        snprintf(known, sizeof(known), "between offsets %" PRId64 " and %" PRId64 " at most ", earlier->next,
                 later->next);
        audit_tell_number(audit, AUDIT_HISTORY, place, field, known, later->next - earlier->next, more);
        return;
    }
    if (later->watermark_ms < earlier->watermark_ms) {
        snprintf(field, sizeof(field), "partitions[%" PRId32 "].watermark_time", partition);
        audit_tell_number(audit, AUDIT_HISTORY, place, field, is_found_later ? "at least " : "at most ",
                          is_found_later ? earlier->watermark_ms : later->watermark_ms,
                          is_found_later ? later->watermark_ms : earlier->watermark_ms);
    }
}

static void continue_chain(struct audit *audit, const struct audit_place *place, struct chain *chain,
                           const struct ledger_partition *part, const struct point *point)
{
    char field[64];

    if (part->first != chain->first) {
        snprintf(field, sizeof(field), "partitions[%" PRId32 "].first_offset", part->partition);
        audit_tell_number(audit, AUDIT_OFFSETS, place, field, "", chain->first, part->first);
        return;
    }
    bool is_later = point->next >= chain->highest.next;
    if (is_later)
        compare_points(audit, place, part->partition, &chain->highest, point, true);
    else
        compare_points(audit, place, part->partition, point, &chain->highest, false);
    if (is_later) {
        chain->highest = *point;
        chain->offset = place->offset;
        return;
    }
    audit->counts.steps_back++;
    if (!audit->options.is_strict)
        return;
    snprintf(field, sizeof(field), "partitions[%" PRId32 "].next_offset", part->partition);
    audit_tell_number(audit, AUDIT_OFFSETS, place, field, "at least ", chain->highest.next, point->next);
}

static struct chain *find_chain(const struct audit *audit, const struct ledger_partition *part)
{
    for (uint32_t i = 0; i < audit->chain_count; i++)
        if (audit->chains[i].partition == part->partition &&
            strcmp(audit->chains[i].incarnation, part->incarnation) == 0)
            return &audit->chains[i];
    return NULL;
}

static struct chain *add_chain(struct audit *audit, const struct ledger_partition *part, const struct point *point,
                               int64_t offset)
{
    struct chain *chains = grow(audit->chains, &audit->chain_room, audit->chain_count + (size_t)1, sizeof(*chains));

    if (chains == NULL)
        return NULL;
    audit->chains = chains;
    struct chain *chain = &audit->chains[audit->chain_count++];
    *chain = (struct chain){.partition = part->partition, .first = part->first, .highest = *point, .offset = offset};
    memcpy(chain->incarnation, part->incarnation, sizeof(chain->incarnation));
    return chain;
}

/* Finds or begins the history that this part belongs to, and holds the part against it. NULL: no memory. */
static struct chain *take_point(struct audit *audit, const struct audit_place *place,
                                const struct ledger_partition *part)
{
    struct point point = {.next = part->next, .watermark_ms = part->watermark_ms};
    uint32_t *current = &audit->current[part->partition];
    struct chain *chain = *current == 0 ? NULL : &audit->chains[*current - 1];
    char field[64];

    memcpy(point.outcomes, part->outcomes, sizeof(point.outcomes));
    if (chain != NULL && strcmp(chain->incarnation, part->incarnation) == 0) {
        continue_chain(audit, place, chain, part, &point);
        return chain;
    }
    struct chain *known = find_chain(audit, part);
    if (known != NULL) {
        snprintf(field, sizeof(field), "partitions[%" PRId32 "].incarnation", part->partition);
        audit_tell(audit, AUDIT_INCARNATION, place, field, chain->incarnation, part->incarnation);
        return known;
    }
    if (chain != NULL)
        chain->is_over = true;
    chain = add_chain(audit, part, &point, place->offset);
    if (chain != NULL)
        *current = (uint32_t)(chain - audit->chains) + 1;
    return chain;
}

/* ---- one record ---- */

static void check_offsets(struct audit *audit, const struct audit_place *place, const struct ledger_partition *part)
{
    struct point point = {.next = part->next};
    char field[64];
    int size = snprintf(field, sizeof(field), "partitions[%" PRId32 "].", part->partition);
    char *name = field + size;
    size_t room = sizeof(field) - (size_t)size;

    memcpy(point.outcomes, part->outcomes, sizeof(point.outcomes));
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        snprintf(name, room, "%s", outcome_name((enum outcome)outcome));
        if (part->outcomes[outcome] < 0)
            audit_tell_number(audit, AUDIT_IDENTITY, place, field, "at least ", 0, part->outcomes[outcome]);
    }
    if (part->first < 0 || part->next < part->first) {
        snprintf(name, room, "next_offset");
        audit_tell_number(audit, AUDIT_OFFSETS, place, field, "at least first_offset, ", part->first, part->next);
    } else if (consumed_of(&point) > part->next - part->first) {
        snprintf(name, room, "consumed");
        audit_tell_number(audit, AUDIT_OFFSETS, place, field, "at most next_offset - first_offset, ",
                          part->next - part->first, consumed_of(&point));
    }
    if (part->records < 0 || part->records > part->outcomes[OUTCOME_COUNTED]) {
        snprintf(name, room, "records");
        audit_tell_number(audit, AUDIT_RECORDS, place, field, "from 0 to those counted, ",
                          part->outcomes[OUTCOME_COUNTED], part->records);
    }
}

/* True if the parts are partitions 0, 1, 2, ..., which is what all else stands on. */
static bool check_partitions(struct audit *audit, const struct audit_place *place, const struct ledger *ledger,
                             uint32_t count_before)
{
    char field[64];

    if (ledger->partition_count == 0 || ledger->partition_count < count_before) {
        audit_tell_number(audit, AUDIT_PARTITIONS, place, "partitions", "at least ",
                          count_before > 0 ? count_before : 1, ledger->partition_count);
        return false;
    }
    for (uint32_t i = 0; i < ledger->partition_count; i++) {
        const struct ledger_partition *part = &ledger->partitions[i];
        if (part->partition == (int32_t)i && (ledger_partition_is_known(part) || part->stopped[0] != '\0'))
            continue;
        snprintf(field, sizeof(field), "partitions[%" PRIu32 "].partition", i);
        audit_tell_number(audit, AUDIT_PARTITIONS, place, field, "", i, part->partition);
        return false;
    }
    return true;
}

static void check_head(struct audit *audit, const struct audit_place *place, const struct ledger *ledger)
{
    char key[64], shown[65];
    size_t size = ledger_key_write(ledger->window, key);
    int64_t records = 0;

    if (!span_equal(place->key, (struct span){key, size})) {
        snprintf(shown, sizeof(shown), "%.*s", (int)size, key);
        audit_tell(audit, AUDIT_LEDGER_KEY, place, "key", shown, "another key");
    }
    for (uint32_t i = 0; i < ledger->partition_count; i++)
        if (__builtin_add_overflow(records, ledger->partitions[i].records, &records))
            records = INT64_MIN;
    if (ledger->revision != records || ledger->revision <= 0)
        audit_tell_number(audit, AUDIT_REVISION, place, "revision",
                          ledger->revision <= 0 ? "more than 0, and the sum of the partitions' records, "
                                                : "the sum of the partitions' records, ",
                          records, ledger->revision);
    int64_t fewest = audit->options.may_amend ? 0 : 1; /* All rows of a window may have become tombstones. */
    if (ledger->summaries < fewest && !ledger_is_under_way(ledger))
        audit_tell_number(audit, AUDIT_ROWS, place, "summaries", "at least ", fewest, ledger->summaries);
    if (ledger->generation < 0)
        audit_tell_number(audit, AUDIT_LEDGER_VERSION, place, "generation", "at least ", 0, ledger->generation);
}

/* What one partition contributed to the window, against what it did before. */
static void compare_part(struct audit *audit, const struct audit_place *place, const struct ledger *ledger,
                         const struct audited_window *audited, const struct window_part *part, int32_t partition)
{
    const struct window_part *before = &audited->parts[partition];
    int64_t generation = audited->editions[audited->latest].version.generation;
    char field[64];

    if (before->chain == NO_CHAIN)
        return;
    if (before->chain != part->chain) {
        if (ledger->generation <= generation && before->records > 0)
            audit_tell_number(audit, AUDIT_INCARNATION, place, "generation",
                              "since a partition has a new incarnation, at least ", generation + 1, ledger->generation);
        return;
    }
    if (part->next < before->next) {
        snprintf(field, sizeof(field), "partitions[%" PRId32 "].next_offset", partition);
        audit_tell_number(audit, AUDIT_OFFSETS, place, field, "at least ", before->next, part->next);
    }
    if (part->records < before->records) {
        snprintf(field, sizeof(field), "partitions[%" PRId32 "].records", partition);
        audit_tell_number(audit, AUDIT_RECORDS, place, field, "at least ", before->records, part->records);
    }
}

/* A state that was gone when the window was told has no point in a history, and the window no records of it: what is
 * known of its part stays. */
static void take_gone(struct audit *audit, const struct audit_place *place, const struct ledger_partition *part,
                      struct window_part *known, bool is_first)
{
    char field[64];

    if (is_first)
        *known = (struct window_part){.chain = NO_CHAIN};
    if (part->records == 0 && known->records == 0)
        return;
    snprintf(field, sizeof(field), "partitions[%" PRId32 "].records", part->partition);
    audit_tell_number(audit, AUDIT_RECORDS, place, field, part->records == 0 ? "at least " : "of no state, ",
                      known->records, part->records);
}

/* Holds the parts against the histories and against the window's last edition, whose place they take. */
static enum verdict take_parts(struct audit *audit, const struct audit_place *place, struct audited_window *audited,
                               const struct ledger *ledger, struct reason *why)
{
    if (!check_partitions(audit, place, ledger, audited->part_count))
        return GO_ON;
    if (ledger->partition_count > audited->part_count) {
        struct window_part *parts = realloc(audited->parts, ledger->partition_count * sizeof(*parts));
        if (parts == NULL)
            return no_memory(why, "to verify so many records");
        audited->parts = parts;
    }
    for (uint32_t i = 0; i < ledger->partition_count; i++) {
        const struct ledger_partition *from = &ledger->partitions[i];
        check_offsets(audit, place, from);
        if (!ledger_partition_is_known(from)) {
            take_gone(audit, place, from, &audited->parts[i], i >= audited->part_count);
            continue;
        }
        const struct chain *chain = take_point(audit, place, from);
        if (chain == NULL)
            return no_memory(why, "to verify so many records");
        struct window_part part = {(uint32_t)(chain - audit->chains), from->next, from->records};
        if (i < audited->part_count)
            compare_part(audit, place, ledger, audited, &part, (int32_t)i);
        audited->parts[i] = part;
    }
    audited->part_count = ledger->partition_count;
    return GO_ON;
}

/* Where only retention has risen, the version of all else stays. */
static int edition_compare(struct row_version version, int64_t retention, const struct edition *edition)
{
    int order = row_version_compare(version, edition->version);

    return order != 0 ? order : (retention > edition->retention) - (retention < edition->retention);
}

/* Notes an edition that told all rows: one that is on time, and the first of a generation. So was retention told, by
 * the first edition that is on time; where that is the first one known, there may have been another before it. */
static void note_whole(struct audited_window *audited, const struct edition *edition)
{
    const struct edition *before = edition == audited->editions ? NULL : &audited->editions[audited->latest];
    bool is_first = before != NULL && before->version.generation < edition->version.generation;
    bool is_over = before != NULL && before->version.pane == PANE_EARLY && edition->version.pane != PANE_EARLY;

    if (is_first || edition->version.pane == PANE_ON_TIME)
        audited->whole = edition->version;
    if (is_first || is_over)
        audited->whole_retained = edition_version(edition, true);
}

/* What is begun is above all that was begun before, and what follows is that, or above it. */
static void check_begun(struct audit *audit, const struct audit_place *place, struct audited_window *audited,
                        const struct ledger *ledger)
{
    struct row_version version = {ledger->generation, ledger->revision, ledger->pane};
    bool is_under_way = ledger_is_under_way(ledger);
    int order = audited->is_under_way ? row_version_compare(version, audited->begun) : 1;

    if (order < 0 || (order == 0 && is_under_way))
        audit_tell_version(audit, AUDIT_LEDGER_VERSION, place, "newer than what was begun, ", audited->begun, version);
    audited->is_under_way = is_under_way;
    if (is_under_way)
        audited->begun = version;
}

/* Whether the record takes the place of that of the same version, which was taken back before: rows of accounts that
 * were erased became one. */
static bool is_restated(const struct audit *audit, const struct audited_window *audited, const struct ledger *ledger)
{
    const struct edition *latest = &audited->editions[audited->latest];
    bool has_accounts = false;

    for (uint32_t i = 0; i < audit->options.rollups->count; i++)
        for (uint32_t at = 0; at < audit->options.rollups->items[i].dim_count; at++)
            has_accounts = has_accounts || audit->options.rollups->items[i].dims[at] == DIM_ACCOUNT;
    return has_accounts && audited->dropped > 0 && ledger->summaries > 0 && ledger->summaries < latest->summaries;
}

enum verdict audit_ledger_take(struct audit *audit, const struct audit_place *place, const struct ledger *ledger,
                               struct reason *why)
{
    struct row_version version = {ledger->generation, ledger->revision, ledger->pane};
    struct audited_window *audited = audit_state_window(audit, ledger->window);

    audit->counts.ledger_records++;
    check_head(audit, place, ledger);
    if (audited == NULL)
        audited = audit_state_add_window(audit, ledger->window);
    if (audited == NULL)
        return no_memory(why, "to verify so many records");
    check_begun(audit, place, audited, ledger);
    if (ledger_is_under_way(ledger))
        return GO_ON; /* It tells of no edition yet. */
    bool is_first = audited->edition_count == 0;
    int order = is_first ? 1 : edition_compare(version, ledger->retention, &audited->editions[audited->latest]);
    bool is_again = order == 0 && is_restated(audit, audited, ledger);
    if (order <= 0 && !is_again)
        audit_tell_version(audit, AUDIT_LEDGER_VERSION, place, "newer than ",
                           audited->editions[audited->latest].version, version);
    enum verdict verdict = take_parts(audit, place, audited, ledger, why);
    if (verdict != GO_ON)
        return verdict;
    if (is_again) {
        audited->editions[audited->latest].summaries = ledger->summaries;
        audited->editions[audited->latest].offset = place->offset;
        audited->dropped = 0;
        return GO_ON;
    }
    struct edition *edition = add_edition(audited);
    char *tables = arena_take(&audit->arena, ledger->tables_version.size + 1);
    if (edition == NULL || tables == NULL)
        return no_memory(why, "to verify so many records");
    if (ledger->tables_version.size > 0)
        memcpy(tables, ledger->tables_version.bytes, ledger->tables_version.size);
    *edition = (struct edition){.version = version,
                                .summaries = ledger->summaries,
                                .retention = ledger->retention,
                                .tables_version = {tables, ledger->tables_version.size},
                                .offset = place->offset,
                                .written_ms = place->written_ms};
    audited->dropped = 0;
    if (order > 0)
        note_whole(audited, edition);
    if (order > 0)
        audited->latest = audited->edition_count - 1;
    return GO_ON;
}

/* "day|2025-11-10T00:00:00Z"; false for any other key. */
static bool read_key(struct span key, struct window *window)
{
    char text[64];
    const char *bar = key.size == 0 ? NULL : memchr(key.bytes, '|', key.size);

    if (bar == NULL || !window_kind_parse((struct span){key.bytes, (size_t)(bar - key.bytes)}, &window->kind) ||
        !time_parse((struct span){bar + 1, key.size - (size_t)(bar + 1 - key.bytes)}, &window->start_ms))
        return false;
    size_t size = ledger_key_write(*window, text);
    return span_equal(key, (struct span){text, size});
}

enum verdict audit_ledger_drop(struct audit *audit, const struct audit_place *place, struct reason *why)
{
    struct window window;

    if (!read_key(place->key, &window))
        return GO_ON;
    struct audited_window *audited = audit_state_window(audit, window);
    if (audited == NULL)
        audited = audit_state_add_window(audit, window);
    if (audited == NULL)
        return no_memory(why, "to verify so many records");
    audited->dropped = place->offset + 1;
    audited->is_under_way = false; /* What was known of it is taken back. */
    return GO_ON;
}

enum verdict audit_ledger_again(struct audit *audit, const struct ledger *ledger, struct reason *why)
{
    struct row_version version = {ledger->generation, ledger->revision, ledger->pane};
    struct audited_window *audited = audit_state_window(audit, ledger->window);

    if (audited == NULL) {
        audited = audit_state_add_window(audit, ledger->window);
        if (audited == NULL)
            return no_memory(why, "to verify so many records");
        audited->has_moved = true;
    } else if (audited->edition_count == 0 ||
               edition_compare(version, ledger->retention, &audited->editions[audited->latest]) > 0) {
        audited->has_moved = true;
    }
    return GO_ON;
}

/* ---- the end ---- */

/* A record counts at most once in each kind of window; one that moves an event changes two. */
static void add_records(struct audit *audit)
{
    for (uint32_t i = 0; i < audit->window_count; i++) {
        const struct audited_window *audited = audit->windows[i];
        for (uint32_t part = 0; part < audited->part_count; part++) {
            if (audited->parts[part].chain == NO_CHAIN)
                continue;
            int64_t *sum = &audit->chains[audited->parts[part].chain].records[audited->window.kind];
            if (__builtin_add_overflow(*sum, audited->parts[part].records, sum))
                *sum = INT64_MAX;
        }
    }
}

static void finish_chain(struct audit *audit, const struct chain *chain)
{
    const struct audit_place place = {.topic = audit->options.ledger_topic, .offset = chain->offset};
    const struct point *point = &chain->highest;
    char field[96];
    int64_t most = point->outcomes[OUTCOME_COUNTED];

    if (audit->options.may_amend && __builtin_mul_overflow(most, 2, &most))
        most = INT64_MAX;
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        if (chain->records[kind] <= most)
            continue;
        snprintf(field, sizeof(field), "partitions[%" PRId32 "].records over all windows of kind %s", chain->partition,
                 window_kind_name(kind));
        audit_tell_number(audit, AUDIT_RECORDS, &place, field,
                          audit->options.may_amend ? "at most twice those counted, " : "at most those counted, ", most,
                          chain->records[kind]);
    }
    if (chain->is_over)
        return;
    int64_t holes = point->next - chain->first - consumed_of(point);
    audit->counts.holes += holes > 0 ? holes : 0;
    audit->counts.consumed += consumed_of(point);
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        audit->counts.outcomes[outcome] += point->outcomes[outcome];
    if (holes <= 0 || !audit->options.is_strict)
        return;
    snprintf(field, sizeof(field), "partitions[%" PRId32 "].consumed", chain->partition);
    audit_tell_number(audit, AUDIT_OFFSETS, &place, field, "next_offset - first_offset, ", point->next - chain->first,
                      consumed_of(point));
}

static void tell_dropped(struct audit *audit, const struct audited_window *audited)
{
    char key[64];
    const struct audit_place place = {
        .topic = audit->options.ledger_topic,
        .offset = audited->dropped - 1,
        .key = {key, ledger_key_write(audited->window, key)},
    };

    audit_tell(audit, AUDIT_REMOVED, &place, "value", "the window's ledger record", "a tombstone");
}

void audit_ledger_finish(struct audit *audit)
{
    audit->counts.chains = audit->chain_count;
    for (uint32_t i = 0; i < audit->window_count; i++) {
        audit->windows[i]->has_moved |= audit->windows[i]->is_under_way;
        audit->counts.windows_under_way += audit->windows[i]->is_under_way ? 1 : 0;
        audit->counts.windows += audit->windows[i]->edition_count > 0 || audit->windows[i]->has_moved ? 1 : 0;
        audit->counts.windows_moved += audit->windows[i]->has_moved ? 1 : 0;
        if (audit->windows[i]->dropped > 0 && !audit->windows[i]->has_moved)
            tell_dropped(audit, audit->windows[i]);
    }
    add_records(audit);
    for (uint32_t i = 0; i < audit->chain_count; i++)
        finish_chain(audit, &audit->chains[i]);
}
