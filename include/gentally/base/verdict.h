/*
 * How a module answers when it can fail: a verdict says what the caller must do next, a reason says why, for people.
 * The reasons there are stand in reasons.def; each has a heading in runbooks/reasons.md (a test checks it).
 */
#ifndef GENTALLY_VERDICT_H
#define GENTALLY_VERDICT_H

#include "gentally/base/base.h"

enum verdict {
    GO_ON,     /* Done. */
    TRY_LATER, /* Nothing changed; the same call may succeed on a later turn. */
    SET_ASIDE, /* This record never will: dead-letter it and go on. */
    REWIND,    /* This partition's work is void: forget it, claim again, re-read from the store. */
    STEP_DOWN, /* A newer owner holds this partition: write nothing more for it. */
    HALT,      /* The process cannot continue: say why, exit, let an operator look. */
};

#define REASON(name, id, exit_status, stops) name,
enum reason_id {
    REASON_NONE, /* not set */
#include "gentally/base/reasons.def"
    REASON_COUNT
};
#undef REASON

/* What stops for a reason, at most, in a worker; all else goes on. runbooks/reasons.md says of each why it must not be
 * less. */
enum stops {
    STOPS_NOTHING,   /* gentally waits, or puts it right by itself */
    STOPS_RECORD,    /* it becomes a dead letter */
    STOPS_WINDOW,    /* one window is not published for now */
    STOPS_RETENTION, /* the retention of the namespace */
    STOPS_CLOSER,    /* publishing, in this worker */
    STOPS_PARTITION, /* one partition of the input */
    STOPS_START,     /* a process that begins, before it touched anything; a running one never ends for it */
    STOPS_COMMAND,   /* a command that is no worker */
    STOPS_PROCESS,
    STOPS_COUNT
};

#define REASON_TEXT_SIZE 512

/* Caller-owned, fixed size, reusable. */
struct reason {
    enum reason_id id;
    long code;                   /* the foreign library's number, 0 if none */
    char text[REASON_TEXT_SIZE]; /* one line, no payloads, no secrets */
};

/*
 * Fills `why` (may be NULL) and returns `verdict`, so that a failing line reads
 * `return reason_set(why, HALT, CONFIG_UNKNOWN_KEY, 0, "...", ...)`. Newlines in the text become blanks.
 */
enum verdict reason_set(struct reason *why, enum verdict verdict, enum reason_id id, long code, const char *format, ...)
    PRINTF_LIKE(5, 6);

/* The id as people see it: "STORE-UNREACHABLE". Static; NULL for REASON_NONE. */
const char *reason_name(enum reason_id id);

/* The reason whose id people see as `name`; REASON_NONE if there is none. */
enum reason_id reason_find(struct span name);

/* The exit status of a process that ends for this reason (sysexits.h); never EX_OK. Asserts a reason that is set. */
int reason_exit_status(enum reason_id id);

/* What stops for this reason, at most, in a worker. Asserts a reason that is set. */
enum stops reason_stops(enum reason_id id);

/* HALT: NO-MEMORY, with "no memory <purpose>" and errno: `return no_memory(why, "for a partition")`. */
enum verdict no_memory(struct reason *why, const char *purpose);

#endif
