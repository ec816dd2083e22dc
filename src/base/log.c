/*
 * Log lines. A line is bounded and goes out in one write(2), so that lines of several processes never mix: a pipe keeps
 * writes below PIPE_BUF together.
 *
 *   worker: 2026-11-24T08:00:00.123Z info WORKER-ASSIGNED partitions=12 suppressed=3 of=STORE-UNREACHABLE
 *
 * A burst of one id is one line a second; the repeats are counted, and the next line that is written tells their
 * number. Errors are always written.
 */
#include "gentally/base/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "gentally/base/calendar.h"
#include "gentally/base/clock.h"

/* Below PIPE_BUF (4096 on Linux, at least 512 everywhere): a whole line is one atomic write. */
#define LINE_SIZE 1024
#define REPEAT_MS 1000

static const char *const level_names[] = {
    [LOG_LEVEL_DEBUG] = "debug",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_ERROR] = "error",
};

void log_open(struct logger *logger, enum log_level level, const char *program)
{
    assert(logger != NULL);
    assert(program != NULL);
    /* last_ms is looked at only where last_id matches, so an empty last_id is "nothing written yet". */
    *logger = (struct logger){.level = level, .program = program};
}

/* True if this line repeats an id written less than a second ago. Monotonic time: a stepped clock hides nothing. */
static bool is_repeat(struct logger *logger, enum log_level level, const char *id, int64_t now_ms)
{
    if (level < LOG_LEVEL_ERROR && logger->last_id != NULL && strcmp(logger->last_id, id) == 0 &&
        now_ms - logger->last_ms < REPEAT_MS)
        return true;
    logger->last_id = id;
    logger->last_ms = now_ms;
    return false;
}

/* What vsnprintf wanted to write, cut to what was there. */
static size_t written(int wanted, size_t room)
{
    if (wanted < 0 || room == 0)
        return 0;
    return (size_t)wanted < room ? (size_t)wanted : room - 1;
}

static void write_line(const char *line, size_t size)
{
    /* A log that cannot be written must not stop the work; there is nobody left to tell. */
    ssize_t ignored = write(STDERR_FILENO, line, size);
    (void)ignored;
}

static void make_one_line(char *text, size_t size)
{
    for (size_t at = 0; at < size; at++)
        if ((unsigned char)text[at] < ' ' || text[at] == 0x7f)
            text[at] = ' ';
}

void log_line(struct logger *logger, enum log_level level, const char *id, const char *format, ...)
{
    assert(logger != NULL);
    assert(id != NULL);
    assert((size_t)level < LENGTH_OF(level_names));
    if (level < logger->level)
        return;
    const char *repeated = logger->last_id;
    if (is_repeat(logger, level, id, clock_ms(CLOCK_MONOTONIC))) {
        logger->suppressed++;
        return;
    }
    char line[LINE_SIZE];
    char stamp[32];
    char tail[96] = "";
    time_format(clock_ms(CLOCK_REALTIME), stamp, sizeof(stamp));
    if (logger->suppressed > 0)
        snprintf(tail, sizeof(tail), " suppressed=%" PRIu64 " of=%s", logger->suppressed, repeated);
    logger->suppressed = 0;

    /* The tail and the newline have their room reserved: a long text is cut, never they. */
    size_t room = sizeof(line) - strlen(tail) - 1;
    size_t size = written(snprintf(line, room, "%s: %s %s %s ", logger->program, stamp, level_names[level], id), room);
    va_list arguments;
    va_start(arguments, format);
    size += written(vsnprintf(line + size, room - size, format, arguments), room - size);
    va_end(arguments);
    make_one_line(line, size);
    memcpy(line + size, tail, strlen(tail));
    size += strlen(tail);
    line[size++] = '\n';
    write_line(line, size);
}

void log_reason(struct logger *logger, enum log_level level, const struct reason *why)
{
    assert(why != NULL);
    assert(why->id != REASON_NONE);
    if (why->code != 0)
        log_line(logger, level, reason_name(why->id), "%s code=%ld", why->text, why->code);
    else
        log_line(logger, level, reason_name(why->id), "%s", why->text);
}

bool log_level_parse(const char *text, enum log_level *level)
{
    for (size_t at = 0; at < LENGTH_OF(level_names); at++)
        if (strcmp(text, level_names[at]) == 0) {
            *level = (enum log_level)at;
            return true;
        }
    return false;
}
