/* From the survey and the ledger to a window's facts; from the rule's decision to an order for the emitter. */
#include "closer_due.h"

#include <assert.h>

#include "gentally/config/config.h"

static bool is_torn(const struct closer *closer, struct window window)
{
    for (uint32_t i = 0; i < closer->torn_count; i++)
        if (window_compare(closer->torn[i], window) == 0)
            return true;
    return false;
}

/* Whether a window was published from the states that the partitions have now. */
static bool is_of_these_states(const struct closer *closer, const struct published_window *last)
{
    return last->partitions > (uint32_t)closer->survey.partition_count ||
           last->states == closer->survey.states[last->partitions];
}

struct window_facts closer_facts(const struct closer *closer, const struct stored_window *stored, bool is_final,
                                 bool is_late_due)
{
    const struct survey *survey = &closer->survey;
    const struct published_window *last = published_find(closer->published, stored->window);
    struct window_facts facts = {
        .records = stored->records,
        .retention = survey_retention(survey, stored->window),
        .is_torn = is_torn(closer, stored->window),
        .is_closed = survey->watermark_ms != NO_TIME && window_end(stored->window) <= survey->watermark_ms,
        .is_sealed = stored->window.start_ms < survey_floor(survey, stored->window.kind),
        .is_retention_sealed = survey_is_retention_sealed(survey, stored->window),
        .is_final = is_final,
        .is_late_due = is_late_due,
    };
    if (last == NULL)
        return facts;
    facts.published_records = last->revision;
    facts.published_retention = last->retention;
    facts.was_closed = last->pane != PANE_EARLY;
    facts.is_rebuilt = !is_of_these_states(closer, last);
    facts.has_changed_tables = last->tables != closer->tables;
    if (survey->retention == NULL) /* What was counted once is as it was. */
        facts.retention = last->retention;
    return facts;
}

static enum pane pane_of(enum emit_decision decision)
{
    assert(emit_rule_emits(decision));
    return decision == EMIT_EARLY ? PANE_EARLY : decision == EMIT_ON_TIME ? PANE_ON_TIME : PANE_LATE;
}

/* A pane that is new to a generation tells all rows; otherwise those that are there already need not be put again. */
static struct emitter_order order_of(const struct closer *closer, struct window window, enum emit_decision decision,
                                     bool is_restated)
{
    const struct published_window *last = published_find(closer->published, window);
    struct emitter_order order = {.window = window, .pane = pane_of(decision)};

    if (last == NULL)
        return order;
    order.generation = last->generation + (is_restated ? 1 : 0);
    if (!is_restated && decision != EMIT_ON_TIME) {
        order.unchanged_revision = last->revision;
        order.unchanged_pane = last->pane;
    }
    return order;
}

struct due closer_due(const struct closer *closer, const struct stored_window *stored, bool is_final, bool is_late_due)
{
    struct window_facts facts = closer_facts(closer, stored, is_final, is_late_due);
    struct due due = {.decision = emit_rule_decide(&facts), .is_rebuilt = facts.is_rebuilt};

    if (!closer->config->windows[stored->window.kind]) /* Counted once, and not to its end. */
        due.decision = EMIT_SKIP;
    if (emit_rule_emits(due.decision))
        due.order = order_of(closer, stored->window, due.decision, emit_rule_is_restated(&facts));
    return due;
}
