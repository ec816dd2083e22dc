/*
 * Events from the records of other platforms: OpenRouter's generations, LiteLLM's log payloads and spend rows,
 * Langfuse's exported observations, OpenTelemetry's gen_ai spans. One record (a line, a message) may hold one item or
 * many, such as an OTLP request; each becomes an event, is left out as no request to a model, or is set aside for a
 * reason. What runbooks/adapters.md promises of each source, the tables of src/adapters/ do.
 *
 * Only fields that a table names are looked at, so that texts, addresses and keys have no way through. Accounts and
 * applications pass as keyed hashes or not at all.
 */
#ifndef GENTALLY_ADAPTER_H
#define GENTALLY_ADAPTER_H

#include "gentally/core/event.h"

enum adapter_source { FROM_OPENROUTER, FROM_LITELLM, FROM_LANGFUSE, FROM_OTEL, ADAPTER_SOURCES };

/* "openrouter", ... */
const char *adapter_source_name(enum adapter_source source);

/* Writes what stands for `text` to `hidden`, 32 hexadecimal digits: the same for the same text. */
#define ADAPTER_HIDDEN_SIZE 32
typedef void adapter_hide(void *context, struct span text, char hidden[ADAPTER_HIDDEN_SIZE]);

struct adapter;

/* Opens an adapter. Without `hide` (NULL) accounts and applications are left out, and a remark says how many. GO_ON
 * gives `*adapter` to the caller, to be closed once. HALT: NO-MEMORY. */
MUST_CHECK enum verdict adapter_open(struct adapter **adapter, enum adapter_source source, adapter_hide *hide,
                                     void *context, struct reason *why);
void adapter_close(struct adapter *adapter);

/* Takes a record, whose bytes are not needed afterwards; items of the record before are gone. GO_ON: adapter_next()
 * gives its items. SET_ASIDE: LINE-NOT-JSON, LINE-FIELD; there are none. HALT: NO-MEMORY. */
MUST_CHECK enum verdict adapter_take(struct adapter *adapter, struct span record, struct reason *why);

enum adapted {
    ADAPTED_EVENT,     /* `*event` is one, and event_check() finds no fault in it */
    ADAPTED_LEFT_OUT,  /* no request to a model, or not finished; a remark counts it */
    ADAPTED_SET_ASIDE, /* `*why` says what is wrong: LINE-FIELD with the source's field, or a reason of event_check() */
    ADAPTED_END        /* the record has no more items */
};

/* The next item of the record. Texts of `event` borrow from the adapter until its next call. */
MUST_CHECK enum adapted adapter_next(struct adapter *adapter, struct event *event, struct reason *why);

/* What an adapter met and has no rule for, or decided by a rule that somebody should know: once a kind, with a count.
 * `word` is empty, or a name or word of the source's vocabulary; never a text of a user's. */
struct adapter_remark {
    const char *text; /* the sentence: "field without a rule", ... */
    const char *word;
    uint64_t count;
};

/* The remarks since the adapter was opened, `index` from 0 on, in order of first appearance; false behind the last. */
bool adapter_remark(const struct adapter *adapter, size_t index, struct adapter_remark *remark);

#endif
