/* From the survey and the ledger to a window's facts; from the rule's decision to an order for the emitter. */
#include "closer_due.h"

#include <assert.h>

#include "gentally/config/config.h"

static bool has_ended(struct window window, int64_t watermark_ms)
{
    return watermark_ms != NO_TIME && window_end(window) <= watermark_ms;
}

struct window_facts closer_facts(const struct closer *closer, const struct stored_window *stored, bool is_final,
                                 bool is_late_due)
{
    const struct survey *survey = &closer->survey;
    uint32_t partitions = (uint32_t)survey->partition_count;
    const struct published_window *last = published_find(closer->published, stored->window);
    struct window_facts facts = {
        .records = stored->records,
        .retention = survey_retention(survey, stored->window),
        .is_put_off = troubles_puts_off(&closer->troubles, stored->window, closer->now_ms, is_final),
        .is_closed = has_ended(stored->window, survey->watermark_ms),
        .is_passed = has_ended(stored->window, survey->going_ms),
        .is_sealed = stored->window.start_ms < survey_floor(survey, stored->window.kind),
        .is_retention_sealed = survey_is_retention_sealed(survey, stored->window),
        .is_final = is_final,
        .is_late_due = is_late_due,
        .is_early_due = early_rounds_is_due(&closer->early, stored->window),
    };
    if (last == NULL || last->is_withdrawn)
        return facts;
    facts.is_put_off = facts.is_put_off || last->is_held;
    facts.published_records = last->revision;
    facts.published_retention = last->retention;
    facts.is_under_way = last->is_under_way;
    facts.was_closed = last->pane == PANE_LATE || (last->pane == PANE_ON_TIME && !last->is_under_way);
    facts.is_short = published_is_ahead(last, survey->parts, partitions);
    facts.is_rebuilt = published_is_rebuilt(last, survey->parts, partitions);
    /* What was begun and broken off waits for no round: readers have rows of two versions. */
    facts.is_early_due =
        (facts.is_early_due || last->is_under_way) && !published_is_regaining(last, survey->parts, partitions);
    facts.has_changed_tables = last->tables != closer->tables;
    if (!survey_has_retention(survey)) { /* What was counted once is as it was. */
        facts.retention = last->retention;
        facts.is_retention_sealed = true;
    }
    return facts;
}

static enum pane pane_of(enum emit_decision decision)
{
    assert(emit_rule_emits(decision));
    return decision == EMIT_EARLY ? PANE_EARLY : decision == EMIT_ON_TIME ? PANE_ON_TIME : PANE_LATE;
}

/* A pane that is new to a generation tells all rows, but for an early one, which is told again and again; otherwise
 * rows that are there already need not be put again. */
static struct emitter_order order_of(const struct closer *closer, struct window window, enum emit_decision decision,
                                     bool is_restated)
{
    const struct published_window *last = published_find(closer->published, window);
    struct emitter_order order = {
        .window = window,
        .pane = pane_of(decision),
        .is_whole = is_restated || decision == EMIT_ON_TIME,
        .was_told = last != NULL,
        .ends = closer->ends,
    };

    if (last == NULL)
        return order;
    if (last->is_withdrawn) {
        order.generation = published_generation(closer->published) + 1;
        order.is_whole = true;
        return order;
    }
    order.generation = last->generation + (is_restated ? 1 : 0);
    if (!order.is_whole) {
        order.unchanged_revision = last->revision;
        order.unchanged_pane = last->pane;
    }
    return order;
}

struct due closer_due(const struct closer *closer, const struct stored_window *stored, bool is_final, bool is_late_due)
{
    struct window_facts facts = closer_facts(closer, stored, is_final, is_late_due);
    struct due due = {
        .decision = emit_rule_decide(&facts),
        .is_rebuilt = facts.is_rebuilt,
        .is_again = facts.published_records > 0,
    };

    facts.is_put_off = false;
    due.is_put_off = !emit_rule_emits(due.decision) && emit_rule_emits(emit_rule_decide(&facts));
    if (!closer->config->windows[stored->window.kind]) /* Counted once, and not to its end. */
        due.decision = EMIT_SKIP;
    if (emit_rule_emits(due.decision))
        due.order = order_of(closer, stored->window, due.decision, emit_rule_is_restated(&facts));
    return due;
}

void closer_add_rest(const struct closer *closer, const struct stored_window *stored, struct sealed_rest *rest)
{
    struct window_facts facts = closer_facts(closer, stored, false, false);

    facts.is_sealed = true;
    rest->is_due = rest->is_due || emit_rule_decide(&facts) == EMIT_LATE;
    facts.is_put_off = facts.is_short = false; /* That passes, and what is collected does not come back. */
    rest->is_there = rest->is_there || emit_rule_decide(&facts) == EMIT_LATE;
}

enum verdict closer_check_offsets(const struct closer *closer, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (int32_t i = 0; i < closer->survey.partition_count && verdict == GO_ON; i++) {
        const struct partition_state *state = &closer->survey.partitions[i].state;
        verdict = published_offsets_check(closer->offsets, i, state->incarnation, state->next, why);
    }
    return verdict;
}

enum verdict closer_check_states(const struct closer *closer, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (int32_t i = 0; i < closer->survey.partition_count && verdict == GO_ON; i++)
        verdict = published_offsets_may_follow(closer->offsets, i, closer->survey.partitions[i].state.incarnation, why);
    return verdict;
}
