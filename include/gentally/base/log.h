/*
 * The log: one line on stderr for each event worth telling, as text (`program: time level ID key=value ...`), as logfmt
 * or as JSON. A line never has a payload, a key or an account. A subject that repeats itself is counted meanwhile, not
 * printed. A logger is an argument, not a global, and belongs to one thread.
 */
#ifndef GENTALLY_LOG_H
#define GENTALLY_LOG_H

#include "gentally/base/verdict.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_TEXT, LOG_LOGFMT, LOG_JSON };

#define LOG_SUBJECTS 32

/* What was told last of a subject: of an id, and of what it is about. */
struct log_subject {
    const char *id; /* static; NULL: a free place */
    uint64_t hash;  /* of what it is about; 0: nothing but the id */
    char about[64]; /* its first bytes, for people */
    enum log_level level;
    int64_t told_ms, pause_ms; /* when a line was written last, by the monotonic clock; how long the next ones wait */
    uint64_t suppressed;       /* lines since then */
};

/* How many lines of an id were written within a second, whatever they were about. */
struct log_burst {
    const char *id;
    int64_t begin_ms;
    uint32_t lines;
};

struct logger {
    enum log_level level; /* lines of a lower level are not written */
    enum log_format format;
    const char *program; /* "worker"; borrowed */
    struct log_subject subjects[LOG_SUBJECTS];
    struct log_burst bursts[LOG_SUBJECTS];
};

/* Prepares a logger that writes text; `program` is borrowed as long as the logger is used. */
void log_open(struct logger *logger, enum log_level level, const char *program);

/* The same, writing `format`. */
void log_open_as(struct logger *logger, enum log_level level, enum log_format format, const char *program);

/* Tells how many lines of each subject were not written since its last one. The logger may go on being used. */
void log_close(struct logger *logger);

/*
 * Writes a line, unless it is below the logger's level or its subject repeats itself; errors are never dropped. `id` is
 * static and stable, like "WORKER-ASSIGNED". `format` is a literal: first fields, `key=%d` or `key=\"%s\"`, then, if
 * anything, words for people, which become the field `text`. What it names is a field, and nothing that an argument
 * holds ever is. Conversions: d i u x with h, l, ll, z or j; s with a precision; c; no widths and no flags. Of its
 * fields partition, topic, window and the like say what it is about; without any of them, all it says does. Blocks no
 * longer than one write to stderr.
 */
void log_line(struct logger *logger, enum log_level level, const char *id, const char *format, ...) PRINTF_LIKE(4, 5);

/* Writes a reason as a line under the reason's own id; its text is what it is about. */
void log_reason(struct logger *logger, enum log_level level, const struct reason *why);

#endif
