/* Of which moment the summaries of a kind of window are: the ledger record that was written last, for people. */
#ifndef GENTALLY_TOLD_LAST_H
#define GENTALLY_TOLD_LAST_H

#include "gentally/config/config.h"
#include "gentally/core/window.h"

struct told_last;

/* Which windows are asked for: of a kind, that start in [from_ms, to_ms); `is_final`: not as they were early;
 * `revision` >= 0: as they were when they had so many records. */
struct told_wanted {
    enum window_kind kind;
    int64_t from_ms, to_ms;
    bool is_final;
    int64_t revision;
};

/* A window as a ledger record told of it. */
struct told_version {
    struct window window;
    int64_t generation, revision;
    int64_t told_ms; /* the record's timestamp: no row of the same transaction has a later one */
};

/* Reads the ledger for the windows that are wanted. Blocks as topic_read(). HALT: NO-MEMORY.
 * What keeps the ledger from being read is no failure, and is told in its place. */
MUST_CHECK enum verdict told_last_read(struct told_last **told, const struct config *config,
                                       const struct told_wanted *wanted, struct reason *why);

/* Prints what was found to standard error, in lines that begin with the command's name; `now_ms` is the wall clock. */
void told_last_print(const struct told_last *told, const char *command, int64_t now_ms);

/* The version that `revision` asks for. HALT, CONFIG-VALUE: the ledger has no such record, or not any more, or those of
 * several windows; or as told_last_read() found. */
MUST_CHECK enum verdict told_last_version(const struct told_last *told, struct told_version *version,
                                          struct reason *why);

void told_last_close(struct told_last *told);

#endif
