/*
 * Deltas into entries. A delta is bytes already, and named, however many windows it goes into.
 *
 *   tally's rows --derive.c--> deltas --spread--> rows, placed --order--> as the log had them --write--> entries
 */
#include "flush_plan.h"

#include <assert.h>

#include "gentally/config/config.h"
#include "retention.h"

#define ENTRY_BYTES_MAX ((size_t)1 << 20) /* about: an entry ends with the row that passes it */
/* Of several partitions' changes, each a megabyte at most while catching up: so that little is left over of a block. */
#define CHANGES_BYTES ((size_t)4 << 20)
#define SCRATCH_BYTES ((size_t)1 << 20)

void flush_tools_open(struct flush_tools *tools, const struct config *config, const struct symbols *symbols,
                      struct retention *retention)
{
    const struct rollup *total = rollups_find(&config->rollups, span_of("total"));

    assert(total != NULL);
    tools->config = config;
    tools->symbols = symbols;
    tools->retention = retention;
    for (size_t i = 0; i < ROLLUPS_MAX; i++)
        tools->since_ms[i] = NO_TIME;
    tools->total = (uint32_t)(total - config->rollups.items);
    arena_open(&tools->arena, CHANGES_BYTES);
    arena_open(&tools->scratch, SCRATCH_BYTES);
}

void flush_tools_close(struct flush_tools *tools)
{
    arena_close(&tools->arena);
    arena_close(&tools->scratch);
}

/* What is known of a plan on the way. */
struct plan {
    struct flush_tools *tools;
    struct deltas deltas;
    uint32_t source_count; /* rows of the tallies */
    uint32_t *kinds;       /* by delta: the kinds of its windows; 0: it counts nowhere */
    const struct delta **ordered;
    uint32_t row_count;
    struct entry_window *windows;
    uint32_t window_count;
};

/* True for what an amendment or a retraction took away. */
static bool is_taken(const struct delta *delta)
{
    return (delta->row.windows & TAKEN_BIT) != 0;
}

/* ---- places ---- */

/* A record that takes from a window and adds to the same raises its records once. */
static int64_t records_of(const struct delta *delta, enum window_kind kind)
{
    bool is_alone = (delta->row.windows & 1u << (kind + TAKEN_ALONE_SHIFT)) != 0;

    return is_taken(delta) && !is_alone ? 0 : delta->records;
}

/* Gives the records of a delta to its window of that kind. Deltas come by rising time, so the window is the last of its
 * kind, or a new one. */
static void count_records(struct plan *plan, const struct delta *delta, struct window window,
                          uint32_t last[WINDOW_KINDS])
{
    struct entry_window *windows = plan->windows;
    uint32_t at = last[window.kind];

    if (at == UINT32_MAX || windows[at].window.start_ms != window.start_ms) {
        at = last[window.kind] = plan->window_count++;
        windows[at] = (struct entry_window){window, 0};
    }
    windows[at].records += records_of(delta, window.kind);
}

/* Works out where each delta counts, and the records of each window. */
static enum verdict spread(struct plan *plan, struct reason *why)
{
    struct arena *scratch = &plan->tools->scratch;
    const struct deltas *deltas = &plan->deltas;
    uint32_t last[WINDOW_KINDS] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    size_t room = ((size_t)deltas->count + 1) * WINDOW_KINDS * sizeof(struct entry_window);

    static_assert(WINDOW_KINDS == 4, "each kind has a last window");
    plan->kinds = arena_take(scratch, ((size_t)deltas->count + 1) * sizeof(*plan->kinds));
    plan->windows = arena_take(scratch, room);
    if (plan->kinds == NULL || plan->windows == NULL)
        return no_memory(why, "for a checkpoint");
    for (uint32_t i = 0; i < deltas->count; i++) {
        const struct delta *delta = &deltas->items[i];
        plan->kinds[i] = 0;
        for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
            struct window window = window_of(kind, delta->row.base_ms);
            if ((delta->row.windows & 1u << kind) == 0 || window.start_ms < plan->tools->since_ms[delta->row.rollup])
                continue;
            plan->kinds[i] |= 1u << kind;
            if (delta->row.rollup == plan->tools->total)
                count_records(plan, delta, window, last);
        }
    }
    arena_trim(scratch, plan->windows, room, ((size_t)plan->window_count + 1) * sizeof(struct entry_window));
    return GO_ON;
}

/* ---- order ---- */

/* Puts the deltas that count somewhere into the order in which the log had their rows first: a counting sort. */
static enum verdict order(struct plan *plan, struct reason *why)
{
    struct arena *scratch = &plan->tools->scratch;
    const struct deltas *deltas = &plan->deltas;
    size_t places = (size_t)plan->source_count + 1;
    uint32_t *ends = arena_take(scratch, places * sizeof(*ends));

    plan->ordered = arena_take(scratch, ((size_t)deltas->count + 1) * sizeof(struct delta *));
    if (ends == NULL || plan->ordered == NULL)
        return no_memory(why, "for a checkpoint");
    memset(ends, 0, places * sizeof(*ends));
    for (uint32_t i = 0; i < deltas->count; i++)
        ends[deltas->items[i].first] += plan->kinds[i] != 0;
    for (uint32_t i = 0, sum = 0; i < places; i++) {
        sum += ends[i];
        ends[i] = plan->row_count = sum;
    }
    for (uint32_t i = deltas->count; i-- > 0;)
        if (plan->kinds[i] != 0)
            plan->ordered[--ends[deltas->items[i].first]] = &deltas->items[i];
    return GO_ON;
}

/* ---- entries ---- */

/* How many rows from `first` on go into the next entry, and the room they need. */
static uint32_t measure(const struct plan *plan, uint32_t first, size_t *room)
{
    uint32_t rows_max = (uint32_t)plan->tools->config->flush_rows_max / 2, end = first;
    size_t size = 0;

    for (; end < plan->row_count && end - first < rows_max && size < ENTRY_BYTES_MAX; end++)
        size += ENTRY_ROW_MAX + plan->ordered[end]->key.size + plan->ordered[end]->packed.size;
    *room = size;
    return end - first;
}

/* What was made in scratch memory, where it stays as long as the change. */
static struct span keep(struct flush_tools *tools, struct span made)
{
    return (struct span){arena_copy(&tools->arena, made.bytes, made.size), made.size};
}

/* The first entry has the windows of all. */
static enum verdict write_entry(struct plan *plan, uint32_t first, uint32_t *rows, struct span *entry,
                                struct reason *why)
{
    uint32_t window_count = first == 0 ? plan->window_count : 0;
    struct entry_writer writer;
    size_t room;

    *rows = measure(plan, first, &room);
    room += ENTRY_HEAD_MAX(window_count);
    uint8_t *bytes = arena_take(&plan->tools->scratch, room);
    if (bytes == NULL)
        return no_memory(why, "for a checkpoint");
    entry_begin(&writer, bytes, plan->tools->config->rows_max, plan->windows, window_count, *rows);
    for (uint32_t i = first; i < first + *rows; i++) {
        const struct delta *delta = plan->ordered[i];
        const struct entry_row row = {.base_ms = delta->row.base_ms,
                                      .kinds = plan->kinds[delta - plan->deltas.items],
                                      .is_taken = is_taken(delta),
                                      .key = delta->key,
                                      .packed = delta->packed};
        entry_put_row(&writer, &row);
    }
    *entry = keep(plan->tools, (struct span){(const char *)bytes, (size_t)(writer.at - bytes)});
    arena_trim(&plan->tools->scratch, bytes, room, 0);
    return entry->bytes == NULL ? no_memory(why, "for a checkpoint") : GO_ON;
}

static enum verdict write_entries(struct plan *plan, struct change *change, struct reason *why)
{
    size_t room = plan->row_count / (uint32_t)(plan->tools->config->flush_rows_max / 2) + 2, bytes = 0;
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < plan->row_count; i++)
        bytes += ENTRY_ROW_MAX + plan->ordered[i]->key.size + plan->ordered[i]->packed.size;
    room += bytes / ENTRY_BYTES_MAX;
    struct span *entries = arena_take(&plan->tools->arena, room * sizeof(*entries));
    if (entries == NULL)
        return no_memory(why, "for a checkpoint");
    for (uint32_t first = 0, rows; first < plan->row_count && verdict == GO_ON; first += rows) {
        assert(change->entry_count < room);
        verdict = write_entry(plan, first, &rows, &entries[change->entry_count++], why);
    }
    change->entries = entries;
    return verdict;
}

static enum verdict keep_windows(const struct plan *plan, struct change *change, struct reason *why)
{
    change->windows = arena_copy(&plan->tools->arena, plan->windows, plan->window_count * sizeof(*plan->windows));
    change->window_count = plan->window_count;
    return change->windows == NULL ? no_memory(why, "for a checkpoint") : GO_ON;
}

enum verdict flush_plan_make(struct flush_tools *tools, const struct partition_flush *flush, struct change *change,
                             struct reason *why)
{
    const struct derivation derivation = {.rollups = &tools->config->rollups,
                                          .grouping = &tools->config->grouping,
                                          .symbols = tools->symbols,
                                          .arena = &tools->scratch,
                                          .accumulator = &tools->accumulator};
    struct plan plan = {.tools = tools};

    arena_clear(&tools->scratch);
    *change = (struct change){.state = flush->state,
                              .next = flush->next,
                              .anchor = flush->anchor,
                              .watermark_ms = flush->watermark_ms,
                              .is_idle = flush->is_idle,
                              .ids = flush->ids};
    memcpy(change->outcomes, flush->outcomes, sizeof(change->outcomes));
    plan.source_count = tally_rows(flush->tally) + (flush->taken == NULL ? 0 : tally_rows(flush->taken));
    enum verdict verdict = derive_deltas(&derivation, flush->tally, flush->taken, &plan.deltas, why);
    if (verdict == GO_ON)
        verdict = spread(&plan, why);
    if (verdict == GO_ON)
        verdict = order(&plan, why);
    if (verdict == GO_ON)
        verdict = write_entries(&plan, change, why);
    if (verdict == GO_ON && tools->retention != NULL && flush->pairs != NULL)
        verdict = retention_write(tools->retention, flush->pairs, &tools->arena, &tools->scratch, &change->pairs, why);
    return verdict == GO_ON ? keep_windows(&plan, change, why) : verdict;
}
