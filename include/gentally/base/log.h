/*
 * The log: one line on stderr for each event worth telling, `program: time level ID key=value ...`. A line never has a
 * payload, a key or an account. Repeats of one id within a second are counted, not printed. A logger is an argument,
 * not a global, and belongs to one thread.
 */
#ifndef GENTALLY_LOG_H
#define GENTALLY_LOG_H

#include "gentally/base/verdict.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct logger {
    enum log_level level; /* lines of a lower level are not written */
    const char *program;  /* first word of each line, like "worker"; borrowed */
    const char *last_id;  /* of the last line written, for counting repeats; NULL = none yet */
    int64_t last_ms;      /* when it was written, by the monotonic clock */
    uint64_t suppressed;  /* repeats since then */
};

/* Prepares a logger; `program` is borrowed as long as the logger is used. There is nothing to close. */
void log_open(struct logger *logger, enum log_level level, const char *program);

/* Writes a line, unless it is below the logger's level or a repeat; errors are never dropped. `id` is static and
 * stable, like "WORKER-ASSIGNED"; `format` gives `key=value` pairs. Blocks no longer than one write to stderr. */
void log_line(struct logger *logger, enum log_level level, const char *id, const char *format, ...) PRINTF_LIKE(4, 5);

/* Writes a reason as a line under the reason's own id. */
void log_reason(struct logger *logger, enum log_level level, const struct reason *why);

/* Parses "debug", "info", "warn" or "error"; returns false for any other text. */
bool log_level_parse(const char *text, enum log_level *level);

#endif
