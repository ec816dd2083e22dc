/*
 * One line per thing worth telling: `time level ID text key=value ...`, on stderr, never a payload, a key or
 * an account. A logger is an argument, not a global. Repeats of one id within a second are counted, not printed.
 */
#ifndef GENTALLY_LOG_H
#define GENTALLY_LOG_H

#include "gentally/base/verdict.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct logger {
    enum log_level level; /* lines below it are not written */
    const char *program;  /* first word of each line, like "worker" */
    const char *last_id;  /* for counting repeats */
    int64_t last_ms;
    uint64_t suppressed;
};

/* Prepares a logger; nothing to close. Bursts of one id are limited to one line a second (errors are never dropped). */
void log_open(struct logger *logger, enum log_level level, const char *program);

/* `id` is static and stable ("WORKER-ASSIGNED"); `format` gives `key=value` pairs. Never blocks longer than a write to
 * stderr. */
void log_line(struct logger *logger, enum log_level level, const char *id, const char *format, ...) PRINTF_LIKE(4, 5);

/* Logs a reason under its own id. */
void log_reason(struct logger *logger, enum log_level level, const struct reason *why);

/* Parses "debug" "info" "warn" "error"; false if it is none of them. */
bool log_level_parse(const char *text, enum log_level *level);

#endif
