/*
 * A plan is one writer's schema, resolved against the event once: a list of steps that decode.c follows for every
 * record. Each step reads one field of the writer, in the writer's order, and says where in `struct event` the value
 * goes.
 *
 *   writer   {trace: map<string>, model: string, tokens_prompt: int, provider: [null, string], ...}
 *   steps    SKIP type 1 | TEXT -> model | INT_AS_LONG -> tokens_prompt | TEXT_OPTIONAL -> provider | ... | END
 *
 * A list of steps goes to its END. The event's list begins at step 0, a label's list where `first` of a RECORD points.
 * The branches of a UNION lie side by side from its `first` on.
 */
#ifndef GENTALLY_PLAN_H
#define GENTALLY_PLAN_H

#include "gentally/core/event.h"
#include "schema.h"
#include "schema_told.h"

enum plan_op {
    STEP_END,
    STEP_TEXT,          /* string, or bytes: a span */
    STEP_TEXT_OPTIONAL, /* union of null (branch `null_branch`) and the above */
    STEP_LONG,
    STEP_INT,
    STEP_INT_OPTIONAL,
    STEP_INT_AS_LONG,
    STEP_LONG_AS_INT, /* one beyond an int does not fit */
    STEP_AMOUNT,      /* a long that may be unknown; the one that would read as EVENT_UNKNOWN becomes its neighbour */
    STEP_AMOUNT_OPTIONAL, /* union of null (branch `null_branch`), which is EVENT_UNKNOWN, and the above */
    STEP_TIME,            /* a long in parts of `count` to the millisecond, floored to milliseconds */
    STEP_BOOLEAN,
    STEP_FLOAT,
    STEP_DOUBLE_AS_FLOAT,
    STEP_INT_AS_FLOAT,
    STEP_LONG_AS_FLOAT,
    STEP_OP,      /* enum of `count` symbols; their meanings at symbols[first] */
    STEP_LABELS,  /* array; its element's step at `first`, an element takes `least` bytes or more */
    STEP_RECORD,  /* its fields' list at `first` */
    STEP_UNION,   /* `count` branches at `first` */
    STEP_NULL,    /* nothing to read; the field keeps its default */
    STEP_UNKNOWN, /* nothing to read; the field is EVENT_UNKNOWN */
    STEP_REFUSE,  /* a branch that does not fit the field */
    STEP_SKIP     /* a value of type `first` that only the writer knows */
};

/* An enum symbol of the writer that no event_op has. */
#define SYMBOL_UNKNOWN UINT8_MAX

struct plan_step {
    uint8_t op; /* enum plan_op */
    uint8_t null_branch;
    uint16_t target; /* where it goes: bytes into struct event, or into struct label */
    uint32_t first, count;
    uint32_t least;
    const char *name; /* static: the event's field; "an unknown field" if skipped */
};

struct plan {
    struct plan_step *steps;
    uint32_t step_count, step_max;
    uint8_t *symbols; /* enum event_op or SYMBOL_UNKNOWN, by the writer's position */
    uint32_t symbol_count;
    struct schema_type *types; /* what STEP_SKIP walks; empty fields of records left out */
    uint32_t *links;
    struct schema_told told; /* what is read, and what is not */
};

/*
 * Compiles the schema `writer` (JSON text) against `reader`, the bundled generation schema, which gives names, aliases
 * and defaults; a table in plan.c says where in an event each field goes. The caller closes `plan` whatever the
 * verdict. HALT: SCHEMA-INVALID, SCHEMA-INCOMPATIBLE (names the field), NO-MEMORY.
 */
MUST_CHECK enum verdict plan_open(struct plan *plan, struct span reader, struct span writer, struct reason *why);
void plan_close(struct plan *plan);

#endif
