/*
 * A topic is read to its end, and of keys that hold the account or DIMENSION_ERASED the last values are kept. What
 * stands of the account then goes window by window into a transaction, with the ledger records that change.
 *
 * The row that something is added to keeps its version, and readers take the last value of a key; a tombstone goes
 * before it, so that whoever orders by versions takes it, too.
 */
#include "gentally/publish/restate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/arena.h"
#include "gentally/base/grow.h"
#include "gentally/codec/avro_write.h"
#include "gentally/codec/record_read.h"
#include "gentally/config/config.h"
#include "gentally/core/event.h"
#include "gentally/kafka/topics.h"
#include "gentally/kafka/transaction.h"
#include "gentally/publish/our_schemas.h"

#define TRANSACTION_ROWS 2000u /* then the next window begins another transaction */

/* The last value of a key, or of a window in the ledger. */
struct kept {
    struct span key, value; /* of the arena; an absent value is a tombstone */
    uint64_t at;            /* its place in the order of reading */
    uint32_t fewer;         /* rows that a window has less than the ledger record says */
    struct window window;
};

struct kept_list {
    struct kept *items;
    uint32_t count;
    size_t room;
};

struct restating {
    const struct restate_order *order;
    struct restate_counts *counts;
    struct arena arena;
    struct kept_list ledger, rows;
    uint64_t read;
    const struct rollup *rollup; /* of the topic at hand */
    char topic[TOPIC_NAME_MAX + 1], ledger_topic[TOPIC_NAME_MAX + 1];
    struct encoder *encoder;
    struct transaction *transaction; /* NULL: a dry run */
    uint32_t pending;
    struct summary_read row, other; /* scratch */
    struct cell sum;
    struct ledger_read ledger_read;
};

/* ---- reading ---- */

static bool copy(struct restating *restating, struct span from, struct span *into)
{
    *into = span_of(NULL);
    if (from.bytes == NULL)
        return true;
    char *bytes = arena_take(&restating->arena, from.size + 1);
    if (bytes == NULL)
        return false;
    memcpy(bytes, from.bytes, from.size);
    *into = (struct span){bytes, from.size};
    return true;
}

static enum verdict keep(struct restating *restating, struct kept_list *list, const struct record *record,
                         struct window window, struct reason *why)
{
    struct kept *items = grow(list->items, &list->room, (size_t)list->count + 1, sizeof(*items));
    struct kept kept = {.at = restating->read++, .window = window};

    if (items != NULL)
        list->items = items;
    if (items == NULL || !copy(restating, record->key, &kept.key) || !copy(restating, record->value, &kept.value))
        return no_memory(why, "for rows of an account");
    items[list->count++] = kept;
    return GO_ON;
}

static bool holds(struct span text, const char *part)
{
    return text.bytes != NULL && memmem(text.bytes, text.size, part, strlen(part)) != NULL;
}

static enum verdict take_row(void *context, const struct record *record, struct reason *why)
{
    struct restating *restating = context;
    struct record bare = *record;
    struct window window;

    if (!holds(record->key, restating->order->account) && !holds(record->key, DIMENSION_ERASED))
        return GO_ON;
    bare.value = span_of(NULL);
    enum verdict verdict = summary_record_read(&bare, NULL, &window, why);
    return verdict == GO_ON ? keep(restating, &restating->rows, record, window, why) : verdict;
}

static enum verdict take_ledger(void *context, const struct record *record, struct reason *why)
{
    struct restating *restating = context;
    struct record bare = *record;
    struct window window;

    bare.value = span_of(NULL);
    enum verdict verdict = ledger_record_read(&bare, NULL, &window, why);
    return verdict == GO_ON ? keep(restating, &restating->ledger, record, window, why) : verdict;
}

static int compare_spans(struct span left, struct span right)
{
    int order = memcmp(left.bytes, right.bytes, left.size < right.size ? left.size : right.size);

    return order != 0 ? order : (left.size > right.size) - (left.size < right.size);
}

static int by_key(const void *left_kept, const void *right_kept)
{
    const struct kept *left = left_kept, *right = right_kept;
    int order = compare_spans(left->key, right->key);

    return order != 0 ? order : (left->at > right->at) - (left->at < right->at);
}

static int by_window(const void *left_kept, const void *right_kept)
{
    const struct kept *const *left = left_kept, *const *right = right_kept;
    int order = window_compare((*left)->window, (*right)->window);

    return order != 0 ? order : by_key(*left, *right);
}

/* Leaves the last of each key, by key. */
static void leave_last(struct kept_list *list)
{
    uint32_t count = 0;

    if (list->count > 0)
        qsort(list->items, list->count, sizeof(*list->items), by_key);
    for (uint32_t i = 0; i < list->count; i++) {
        if (i + 1 < list->count && compare_spans(list->items[i].key, list->items[i + 1].key) == 0)
            continue;
        list->items[count++] = list->items[i];
    }
    list->count = count;
}

static struct kept *find(const struct kept_list *list, struct span key)
{
    struct kept wanted = {.key = key};
    uint32_t first = 0, end = list->count;

    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        int order = compare_spans(list->items[middle].key, wanted.key);
        if (order == 0)
            return &list->items[middle];
        if (order < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

static enum verdict read_kept(const struct kept *kept, struct summary_read *read, struct reason *why)
{
    const struct record record = {.key = kept->key, .value = kept->value};
    struct window window;
    struct reason other;

    if (summary_record_read(&record, read, &window, &other) == GO_ON)
        return GO_ON;
    return reason_set(why, HALT, SUMMARY_UNREADABLE, 0, "row %.*s: %.200s", (int)kept->key.size, kept->key.bytes,
                      other.text);
}

/* ---- adding ---- */

/* Adds the histograms of two cells, each by rising id. */
static void add_slots(const struct cell *left, const struct cell *right, struct cell *sum)
{
    uint32_t a = 0, b = 0;

    sum->slot_count = 0;
    while (a < left->slot_count || b < right->slot_count) {
        bool has_left = a < left->slot_count, has_right = b < right->slot_count;
        uint32_t id = !has_right                                            ? left->slots[a].id
                      : !has_left || right->slots[b].id < left->slots[a].id ? right->slots[b].id
                                                                            : left->slots[a].id;
        struct slot slot = {.id = id, .value = 0};
        if (has_left && left->slots[a].id == id)
            slot.value += left->slots[a++].value;
        if (has_right && right->slots[b].id == id)
            slot.value += right->slots[b++].value;
        sum->slots[sum->slot_count++] = slot;
    }
}

/* Adds `other`, the row of those that were erased, to the account's. */
static void add_other(struct restating *restating)
{
    struct summary *row = &restating->row.summary;
    const struct summary *other = &restating->other.summary;
    int order = summary_version_compare(row->generation, row->revision, row->pane, other->generation, other->revision,
                                        other->pane);

    for (unsigned i = 0; i < MEASURE_COUNT; i++)
        restating->sum.sums[i] = sum_told(restating->row.cell.sums[i], restating->other.cell.sums[i]);
    add_slots(&restating->row.cell, &restating->other.cell, &restating->sum);
    row->cell = &restating->sum;
    row->suppressed = row->suppressed || other->suppressed;
    if (restating->row.accounts > 0 && restating->other.accounts > 0)
        restating->row.accounts += restating->other.accounts;
    if (order >= 0)
        return;
    row->generation = other->generation;
    row->revision = other->revision;
    row->pane = other->pane;
    row->tables_version = other->tables_version;
}

/* ---- writing ---- */

static enum verdict put(struct restating *restating, const char *topic, struct span key, struct span value,
                        struct reason *why)
{
    enum verdict verdict = restating->pending == 0 ? transaction_begin(restating->transaction, why) : GO_ON;

    restating->pending += verdict == GO_ON;
    return verdict == GO_ON ? transaction_put(restating->transaction, topic, key, value, why) : verdict;
}

static enum verdict commit(struct restating *restating, struct reason *why)
{
    if (restating->pending == 0)
        return GO_ON;
    restating->pending = 0;
    enum verdict verdict = closer_hold_for(&restating->order->hold, CLOSER_COMMIT_MS, why);
    return verdict == GO_ON ? transaction_commit(restating->transaction, why) : verdict;
}

/* The key that the account's row shall have: that of its dimensions, with another account. */
static size_t write_new_key(const struct restating *restating, const struct summary *summary, char *text)
{
    struct span values[ROLLUP_DIMS_MAX];
    char row_key[ROW_KEY_MAX];
    const struct rollup *rollup = restating->rollup;

    for (uint32_t i = 0; i < rollup->dim_count; i++)
        values[i] =
            rollup->dims[i] == DIM_ACCOUNT ? span_of(DIMENSION_ERASED) : summary->columns[column_of(rollup->dims[i])];
    size_t size = row_key_write(rollup, values, row_key);
    return summary_key_write((struct span){row_key, size}, summary->window, text);
}

/* Moves one row of the account; `*joined`: there was a row of those that were erased. */
static enum verdict move_row(struct restating *restating, const struct kept *kept, bool *joined, struct reason *why)
{
    char text[SUMMARY_KEY_MAX];
    struct span bytes;
    struct summary *summary = &restating->row.summary;
    enum verdict verdict = read_kept(kept, &restating->row, why);

    *joined = false;
    if (verdict != GO_ON)
        return verdict;
    struct span key = {text, write_new_key(restating, summary, text)};
    const struct kept *there = find(&restating->rows, key);
    *joined = there != NULL && there->value.bytes != NULL;
    if (*joined)
        verdict = read_kept(there, &restating->other, why);
    if (verdict != GO_ON || restating->order->is_dry)
        return verdict;
    if (*joined) {
        add_other(restating);
        verdict = put(restating, restating->topic, key, span_of(NULL), why);
    }
    summary->columns[COLUMN_ACCOUNT] = span_of(DIMENSION_ERASED);
    summary->retained = restating->row.accounts > 0 ? restating->row.accounts : 0;
    if (verdict == GO_ON)
        verdict = encode_summary(restating->encoder, summary, &bytes, why);
    if (verdict == GO_ON)
        verdict = put(restating, restating->topic, key, bytes, why);
    return verdict == GO_ON ? put(restating, restating->topic, kept->key, span_of(NULL), why) : verdict;
}

/* Says in the ledger that a window has fewer rows, those of the topics before among them. */
static enum verdict put_ledger(struct restating *restating, struct window window, uint32_t fewer, struct reason *why)
{
    char text[64];
    struct span key = {text, ledger_key_write(window, text)}, bytes;
    struct kept *kept = find(&restating->ledger, key);
    struct ledger_read *read = &restating->ledger_read;

    if (kept == NULL || kept->value.bytes == NULL)
        return reason_set(why, HALT, LEDGER_UNREADABLE, 0, "window %s has rows, and no ledger record", text);
    enum verdict verdict = decode_ledger(kept->value, read, why);
    if (verdict != GO_ON)
        return verdict == SET_ASIDE ? HALT : verdict;
    if (ledger_is_under_way(&read->ledger)) /* It is told again, whole, from what its rows are by then. */
        return GO_ON;
    kept->fewer += fewer;
    read->ledger.summaries -= kept->fewer;
    verdict = put(restating, restating->ledger_topic, key, span_of(NULL), why);
    if (verdict == GO_ON)
        verdict = encode_ledger(restating->encoder, &read->ledger, &bytes, why);
    return verdict == GO_ON ? put(restating, restating->ledger_topic, key, bytes, why) : verdict;
}

/* The rows of one window: `count` of them. */
static enum verdict move_window(struct restating *restating, struct kept *const rows[], uint32_t count,
                                struct reason *why)
{
    uint32_t joined = 0;
    enum verdict verdict = closer_hold_for(&restating->order->hold, CLOSER_HOLD_MS, why);

    for (uint32_t i = 0; i < count && verdict == GO_ON; i++) {
        bool is_joined = false;
        verdict = move_row(restating, rows[i], &is_joined, why);
        joined += is_joined;
    }
    if (verdict == GO_ON && joined > 0 && !restating->order->is_dry)
        verdict = put_ledger(restating, rows[0]->window, joined, why);
    if (verdict == GO_ON && restating->pending >= TRANSACTION_ROWS)
        verdict = commit(restating, why);
    restating->counts->rows += count;
    restating->counts->joined += joined;
    restating->counts->windows++;
    return verdict;
}

/* Whether a row that stands is the account's. */
static enum verdict judge(struct restating *restating, const struct kept *kept, bool *is_its, struct reason *why)
{
    struct span account = span_of(restating->order->account);

    *is_its = kept->value.bytes != NULL && holds(kept->key, account.bytes);
    if (!*is_its)
        return GO_ON;
    enum verdict verdict = read_kept(kept, &restating->row, why);
    *is_its = verdict == GO_ON && span_equal(restating->row.summary.columns[COLUMN_ACCOUNT], account);
    return verdict;
}

static enum verdict move_all(struct restating *restating, struct reason *why)
{
    struct kept **rows = calloc((size_t)restating->rows.count + 1, sizeof(struct kept *));
    uint32_t count = 0;
    enum verdict verdict = GO_ON;

    if (rows == NULL)
        return no_memory(why, "for rows of an account");
    for (uint32_t i = 0; i < restating->rows.count && verdict == GO_ON; i++) {
        bool is_its = false;
        verdict = judge(restating, &restating->rows.items[i], &is_its, why);
        if (is_its)
            rows[count++] = &restating->rows.items[i];
    }
    if (count > 0)
        qsort(rows, count, sizeof(*rows), by_window);
    for (uint32_t first = 0, end; first < count && verdict == GO_ON; first = end) {
        for (end = first; end < count && window_compare(rows[first]->window, rows[end]->window) == 0; end++)
            ;
        verdict = move_window(restating, rows + first, end - first, why);
    }
    free(rows);
    return verdict == GO_ON ? commit(restating, why) : verdict;
}

/* ---- all ---- */

static enum verdict restate_topic(struct restating *restating, const struct rollup *rollup, struct reason *why)
{
    const struct restate_order *order = restating->order;

    restating->rollup = rollup;
    restating->rows.count = 0;
    topic_summaries(order->config, rollup->name, restating->topic);
    enum verdict verdict =
        our_schemas_read(order->config, &order->ids, OUR_SUMMARY, restating->topic, take_row, restating, why);
    if (verdict == HALT && why->id == SOURCE_TOPIC_MISSING)
        return GO_ON;
    leave_last(&restating->rows);
    return verdict == GO_ON ? move_all(restating, why) : verdict;
}

static enum verdict open_parts(struct restating *restating, struct reason *why)
{
    const struct restate_order *order = restating->order;
    char name[256];
    enum verdict verdict = encoder_open(&restating->encoder, why);

    arena_open(&restating->arena, (size_t)1 << 20);
    topic_ledger(order->config, restating->ledger_topic);
    snprintf(name, sizeof(name), "%s.closer", order->config->namespace_);
    if (verdict != GO_ON)
        return verdict;
    encoder_use(restating->encoder, &order->ids);
    if (order->config->summary_format == SUMMARIES_JSON)
        encoder_use_json(restating->encoder);
    if (!order->is_dry)
        verdict = transaction_open(&restating->transaction, order->config, name, order->logger, why);
    if (verdict == GO_ON) /* A dry run has no use for it, but to see that it can be read. */
        verdict = our_schemas_read(order->config, &order->ids, OUR_LEDGER, restating->ledger_topic, take_ledger,
                                   restating, why);
    leave_last(&restating->ledger);
    return verdict;
}

enum verdict restate_erased(const struct restate_order *order, struct restate_counts *counts, struct reason *why)
{
    struct restating *restating = calloc(1, sizeof(*restating));

    *counts = (struct restate_counts){0};
    if (restating == NULL)
        return no_memory(why, "to restate rows");
    restating->order = order;
    restating->counts = counts;
    enum verdict verdict = open_parts(restating, why);
    for (uint32_t i = 0; i < order->rollups->count && verdict == GO_ON; i++)
        verdict = restate_topic(restating, &order->rollups->items[i], why);
    if (restating->transaction != NULL)
        transaction_close(restating->transaction);
    encoder_close(restating->encoder);
    arena_close(&restating->arena);
    free(restating->ledger.items);
    free(restating->rows.items);
    free(restating);
    return verdict;
}
