/*
 * The rule asks one question after the other, the strongest first: what cannot be told, what must not be published,
 * what is over, what is new.
 */
#include "emit_rule.h"

bool emit_rule_is_restated(const struct window_facts *facts)
{
    return facts->is_rebuilt || facts->is_under_way || facts->has_changed_tables;
}

/* What was told last, or begun, has all records of the closed window. */
static bool has_all(const struct window_facts *facts)
{
    return facts->was_closed && !facts->is_rebuilt && facts->records == facts->published_records;
}

bool emit_rule_is_complete(const struct window_facts *facts)
{
    return has_all(facts) && !facts->is_under_way;
}

/* A store that rolled back reads its way forward again. What it holds until then would be an older revision, put behind
 * the newer one. States that were rebuilt are no rollback: what they hold counts, once it is complete. */
static bool is_behind(const struct window_facts *facts)
{
    if (facts->is_rebuilt)
        return false;
    return facts->records < facts->published_records || facts->retention < facts->published_retention;
}

static bool has_news(const struct window_facts *facts)
{
    bool has_more = facts->records > facts->published_records || facts->retention > facts->published_retention;

    return has_more || emit_rule_is_restated(facts);
}

/* A window that is over has one thing left to be told: retention that was noted just before it was sealed, which is
 * final once the shards are sealed too; or the rest of that. All its cells must still be there. */
static enum emit_decision decide_sealed(const struct window_facts *facts)
{
    bool has_more = facts->retention > facts->published_retention || facts->is_under_way;

    if (!has_all(facts) || !has_more)
        return EMIT_SKIP;
    if (is_behind(facts))
        return EMIT_WAIT;
    return facts->is_retention_sealed ? EMIT_LATE : EMIT_WAIT;
}

/* A window that was not published as closed is told when there is news: once an interval of its kind, and at the end of
 * a drain, which waits for none. One that is open only for a partition that stopped is told without it at once, and
 * then once an interval of late revisions. In its turn it is told of states that were rebuilt when they have come as
 * far as what was told of them: until then readers would have rows of both. One that is left open may never come so
 * far. */
static enum emit_decision decide_open(const struct window_facts *facts)
{
    bool is_left_open = facts->is_passed && (facts->is_late_due || facts->published_records == 0);
    bool is_back = !facts->is_rebuilt || facts->records >= facts->published_records;
    bool is_due = facts->is_final || (facts->is_early_due && is_back) || is_left_open;

    if (facts->is_closed)
        return EMIT_ON_TIME;
    return is_due && has_news(facts) ? EMIT_EARLY : EMIT_WAIT;
}

/* A window that was published as closed is published again when there is news, at most once an interval. States that
 * were rebuilt have to come as far as its end first. */
static enum emit_decision decide_late(const struct window_facts *facts)
{
    bool is_whole = !facts->is_rebuilt || facts->is_closed;

    if (!has_news(facts))
        return EMIT_SKIP;
    return facts->is_final || (facts->is_late_due && is_whole) ? EMIT_LATE : EMIT_WAIT;
}

static enum emit_decision decide(const struct window_facts *facts)
{
    if (facts->records == 0)
        return EMIT_SKIP;
    if (facts->is_sealed)
        return decide_sealed(facts);
    if (is_behind(facts))
        return EMIT_WAIT;
    return facts->was_closed ? decide_late(facts) : decide_open(facts);
}

enum emit_decision emit_rule_decide(const struct window_facts *facts)
{
    enum emit_decision decision = decide(facts);

    return emit_rule_emits(decision) && (facts->is_put_off || facts->is_short) ? EMIT_WAIT : decision;
}
