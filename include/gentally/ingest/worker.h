/*
 * The loop: opens the doors in order (source, decode, enrich, tally, store, close) and looks at each verdict once. One
 * process is one worker.
 */
#ifndef GENTALLY_WORKER_H
#define GENTALLY_WORKER_H

#include "gentally/base/log.h"

struct config;
struct worker;

struct worker_options {
    const struct config *config; /* borrowed until close */
    bool is_drain;               /* stop once every partition is read to its end and all windows are emitted */
    struct logger *logger;
};

/* Loads tables, connects, checks what `setup` should have made. HALT as the modules say; TRY_LATER: a server is not
 * there yet, nothing is open. */
MUST_CHECK enum verdict worker_open(struct worker **worker, const struct worker_options *options, struct reason *why);

/* Reads the tables and opens the stages that need no server: what --check-config looks at. HALT with what is wrong. */
MUST_CHECK enum verdict worker_check(const struct worker_options *options, struct reason *why);

/* Leaves the group and frees all. */
void worker_close(struct worker *worker);

/*
 * One turn: at most one poll, one flush, one closing step. `now_ms` is monotonic, `wall_ms` the time of day; `stop`
 * asks for the last flush. `*is_done` when there is nothing more to do. TRY_LATER: a server does not answer; call again
 * a little later, nothing is lost. HALT: say why and exit.
 */
MUST_CHECK enum verdict worker_turn(struct worker *worker, int64_t now_ms, int64_t wall_ms, bool stop, bool *is_done,
                                    struct reason *why);

/* Re-reads catalog, taxonomy and countries (SIGHUP); they count from the next flush on. HALT only describes: the old
 * tables stay. */
MUST_CHECK enum verdict worker_reload(struct worker *worker, struct reason *why);

#endif
