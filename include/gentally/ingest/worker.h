/*
 * The worker: counts its share of the input and closes windows, in turns that the caller gives it. A process has one
 * worker, and one thread uses it. The caller reads the clocks, waits between turns and handles signals.
 */
#ifndef GENTALLY_WORKER_H
#define GENTALLY_WORKER_H

#include "gentally/base/log.h"

struct config;
struct exporter;
struct pulse;
struct worker;

struct worker_options {
    const struct config *config; /* borrowed until close */
    bool is_drain;               /* stop once every partition is read to its end and all windows are emitted */
    struct logger *logger;       /* borrowed until close */
    struct exporter *exporter;   /* is told what the worker knows of itself; borrowed until close; NULL: none */
    struct pulse *pulse;         /* beaten while the worker goes on, also within long turns; borrowed; NULL: none */
};

/*
 * Opens a worker: loads the tables, connects, checks what `gentally setup` should have made, and joins the group.
 * Blocks. GO_ON gives `*worker` to the caller. HALT: the reason of what is wrong or missing; TRY_LATER: a server is not
 * there yet. Nothing is open then.
 */
MUST_CHECK enum verdict worker_open(struct worker **worker, const struct worker_options *options, struct reason *why);

/* Reads the tables and opens what needs no server, the clients of Kafka and Redis up to where they would connect, then
 * closes all of it: what --check-config looks at. HALT with what a start would refuse. */
MUST_CHECK enum verdict worker_check(const struct worker_options *options, struct reason *why);

/* Does all that worker_open() does but joining the group: connects, logs in, and looks for what `gentally setup` made
 * and for the rights to it. Nothing is changed. `*partitions` are those of the topic. Blocks, and answers, as
 * worker_open() does. */
MUST_CHECK enum verdict worker_check_start(const struct worker_options *options, int32_t *partitions,
                                           struct reason *why);

/* Leaves the group and frees everything, without a flush. NULL does nothing. May block up to `session.timeout.ms`. */
void worker_close(struct worker *worker);

/*
 * Takes one turn: at most one poll, the flushes it needs, one step of closing windows. `now_ms` is monotonic, `wall_ms`
 * the time of day; `stop` asks for the last flush. `*is_done` is set when there is nothing more to do. TRY_LATER: a
 * server does not answer; take another turn a little later, nothing is lost. HALT: say why and exit.
 */
MUST_CHECK enum verdict worker_turn(struct worker *worker, int64_t now_ms, int64_t wall_ms, bool stop, bool *is_done,
                                    struct reason *why);

/* Reads catalog, taxonomy and countries again (SIGHUP); they count from the next flush on. HALT only describes: the old
 * tables stay. */
MUST_CHECK enum verdict worker_reload(struct worker *worker, struct reason *why);

#endif
