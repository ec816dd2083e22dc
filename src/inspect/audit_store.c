/*
 * The ledger held against the windows that the store has: which of them must have been published? The closer publishes
 * what is due in the order in which windows close, so a day is not published before its hours.
 */
#include "audit_store.h"

#include <stdio.h>

#include "audit_tell.h"
#include "gentally/base/grow.h"

enum verdict audit_store_take(struct audit *audit, const struct stored_total *stored, struct reason *why)
{
    struct stored_total *grown =
        grow(audit->stored, &audit->stored_room, audit->stored_count + 1, sizeof(*audit->stored));

    if (grown == NULL)
        return no_memory(why, "for the windows of the store");
    audit->stored = grown;
    audit->stored[audit->stored_count++] = *stored;
    return GO_ON;
}

static const struct edition *latest_of(const struct audit *audit, struct window window)
{
    const struct audited_window *audited = audit_state_window(audit, window);

    return audited == NULL || audited->edition_count == 0 ? NULL : &audited->editions[audited->latest];
}

static bool has_moved(const struct audit *audit, struct window window)
{
    const struct audited_window *audited = audit_state_window(audit, window);

    return audited != NULL && audited->has_moved;
}

/* A larger window that was closed and published with all that the store had of it, this window's records too. */
static const struct stored_total *larger_of(const struct audit *audit, const struct stored_total *part)
{
    for (size_t i = 0; i < audit->stored_count; i++) {
        const struct stored_total *whole = &audit->stored[i];
        if (whole->window.kind <= part->window.kind || whole->window.start_ms > part->window.start_ms ||
            window_end(whole->window) < window_end(part->window))
            continue;
        const struct edition *edition = latest_of(audit, whole->window);
        if (edition != NULL && edition->version.pane != PANE_EARLY && edition->version.revision >= whole->records)
            return whole;
    }
    return NULL;
}

void audit_store_finish(struct audit *audit)
{
    char key[64], whole_key[64], expected[160];
    struct audit_place place = {.topic = audit->options.ledger_topic, .key = {key, 0}};

    for (size_t i = 0; i < audit->stored_count; i++) {
        const struct stored_total *stored = &audit->stored[i];
        audit->counts.stored++;
        if (stored->records == 0 || latest_of(audit, stored->window) != NULL || has_moved(audit, stored->window))
            continue;
        const struct stored_total *whole = larger_of(audit, stored);
        if (!stored->is_over && whole == NULL && !(stored->is_closed && audit->options.is_strict))
            continue; /* It may not have been published yet. */
        if (whole != NULL)
            snprintf(expected, sizeof(expected), "a ledger record, as %.*s has one",
                     (int)ledger_key_write(whole->window, whole_key), whole_key);
        else
            snprintf(expected, sizeof(expected), "a ledger record of a window that is %s",
                     stored->is_over ? "over" : "closed");
        place.key.size = ledger_key_write(stored->window, key);
        audit_tell(audit, AUDIT_REMOVED, &place, "window", expected, "none, and records of it in the store");
    }
}
