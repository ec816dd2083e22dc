/*
 * Log lines. A line is bounded and goes out in one write(2), so that lines of several processes never mix: a pipe keeps
 * writes up to PIPE_BUF together.
 *
 *   worker: 2026-11-24T08:00:00.123Z info STORE-RECONNECTED address=redis suppressed=3
 *
 * What is suppressed is a subject: an id with what its line is about. It speaks once a second, and half as often each
 * time it was still talking, down to once in ten seconds; its next line says how many there were between, and so does
 * log_close(). Two ids that alternate are two subjects, three topics under one id are three; what names nothing
 * is about what it says. An id that is about ever other things is held to BURST_MAX lines a second. Errors are always
 * written.
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
#include "gentally/base/hash.h"
#include "gentally/base/text.h"
#include "log_fields.h"
#include "log_record.h"

#define LINE_SIZE 1024 /* of text */
#define REPEAT_MS 1000
#define REPEAT_MS_MAX 10000
#define BURST_MAX 20

static const char *const level_names[] = {
    [LOG_LEVEL_DEBUG] = "debug",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_ERROR] = "error",
};

/* What a line is about. */
struct about {
    uint64_t hash; /* 0: nothing */
    size_t size;
    char text[sizeof(((struct log_subject *)NULL)->about)];
};

void log_open(struct logger *logger, enum log_level level, const char *program)
{
    log_open_as(logger, level, LOG_TEXT, program);
}

void log_open_as(struct logger *logger, enum log_level level, enum log_format format, const char *program)
{
    assert(logger != NULL);
    assert(program != NULL);
    *logger = (struct logger){.level = level, .format = format, .program = program};
}

/* ---- a line ---- */

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

PRINTF_LIKE(5, 0)
static void write_text(const struct logger *logger, enum log_level level, const char *id, uint64_t suppressed,
                       const char *format, va_list arguments)
{
    char line[LINE_SIZE];
    char stamp[32];
    char tail[48] = "";

    time_format(clock_ms(CLOCK_REALTIME), stamp, sizeof(stamp));
    if (suppressed > 0)
        snprintf(tail, sizeof(tail), " suppressed=%" PRIu64, suppressed);
    /* The tail and the newline have their room reserved: a long text is cut, never they. */
    size_t room = sizeof(line) - strlen(tail) - 1;
    size_t size = written(snprintf(line, room, "%s: %s %s %s ", logger->program, stamp, level_names[level], id), room);
    size += written(vsnprintf(line + size, room - size, format, arguments), room - size);
    text_make_one_line(line, size);
    memcpy(line + size, tail, strlen(tail));
    size += strlen(tail);
    line[size++] = '\n';
    write_line(line, size);
}

/* RFC 3339, always with milliseconds, so that texts of times sort as times do. */
static void add_time(struct log_record *record)
{
    char stamp[40];

    time_format(clock_ms(CLOCK_REALTIME), stamp, sizeof(stamp) - 8);
    if (strchr(stamp, '.') == NULL)
        memcpy(stamp + strlen(stamp) - 1, ".000Z", sizeof(".000Z"));
    log_record_add(record, span_of("time"), span_of(stamp), false);
}

static void add_field(struct log_record *record, const struct log_field *field)
{
    struct span key = field->key_size > 0 ? (struct span){field->key, field->key_size} : span_of("text");

    log_record_add(record, key, (struct span){field->value, field->size}, field->is_number);
    record->is_cut = record->is_cut || field->is_cut;
}

static void write_record(const struct logger *logger, enum log_level level, const char *id, uint64_t suppressed,
                         const char *format, va_list arguments)
{
    struct log_record record;
    struct log_reader reader;
    struct log_field field;
    char digits[24];

    log_record_begin(&record, logger->format == LOG_JSON);
    add_time(&record);
    log_record_add(&record, span_of("level"), span_of(level_names[level]), false);
    log_record_add(&record, span_of("id"), span_of(id), false);
    log_record_add(&record, span_of("program"), span_of(logger->program), false);
    if (suppressed > 0) {
        snprintf(digits, sizeof(digits), "%" PRIu64, suppressed);
        log_record_add(&record, span_of("suppressed"), span_of(digits), true);
    }
    log_fields_begin(&reader, format, arguments);
    while (log_fields_next(&reader, &field))
        add_field(&record, &field);
    log_fields_end(&reader);
    log_record_end(&record);
    write_line(record.bytes, record.size);
}

PRINTF_LIKE(5, 0)
static void write_any(const struct logger *logger, enum log_level level, const char *id, uint64_t suppressed,
                      const char *format, va_list arguments)
{
    if (logger->format == LOG_TEXT)
        write_text(logger, level, id, suppressed, format, arguments);
    else
        write_record(logger, level, id, suppressed, format, arguments);
}

/* ---- what was told already ---- */

PRINTF_LIKE(5, 6)
static void tell(const struct logger *logger, enum log_level level, const char *id, uint64_t suppressed,
                 const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_any(logger, level, id, suppressed, format, arguments);
    va_end(arguments);
}

static void tell_suppressed(const struct logger *logger, struct log_subject *subject)
{
    if (subject->suppressed > 0)
        tell(logger, subject->level, "LOG-SUPPRESSED", subject->suppressed, "of=%s about=\"%s\"", subject->id,
             subject->about);
    subject->suppressed = 0;
}

/* Whose place may be taken rather: a free one, then one with nothing left to tell, then the one told longest ago. */
static bool is_staler(const struct log_subject *one, const struct log_subject *other)
{
    if (one->id == NULL || other->id == NULL)
        return one->id == NULL && other->id != NULL;
    if ((one->suppressed == 0) != (other->suppressed == 0))
        return one->suppressed == 0;
    return one->told_ms < other->told_ms;
}

/* Ids are static texts: the same text may stand at two addresses. */
static bool is_id(const char *one, const char *other)
{
    return one == other || (one != NULL && strcmp(one, other) == 0);
}

static struct log_subject *find_subject(struct logger *logger, const char *id, uint64_t hash)
{
    for (size_t i = 0; i < LOG_SUBJECTS; i++)
        if (logger->subjects[i].hash == hash && is_id(logger->subjects[i].id, id))
            return &logger->subjects[i];
    return NULL;
}

/* Finds the subject, or makes room for it as one that may speak. */
static struct log_subject *subject_of(struct logger *logger, const char *id, const struct about *about, int64_t now_ms)
{
    struct log_subject *subject = find_subject(logger, id, about->hash);

    if (subject != NULL)
        return subject;
    subject = logger->subjects;
    for (size_t i = 1; i < LOG_SUBJECTS; i++)
        if (is_staler(&logger->subjects[i], subject))
            subject = &logger->subjects[i];
    tell_suppressed(logger, subject);
    *subject =
        (struct log_subject){.id = id, .hash = about->hash, .told_ms = now_ms - REPEAT_MS, .pause_ms = REPEAT_MS};
    memcpy(subject->about, about->text, about->size);
    return subject;
}

/* Counts a line of this id; false: there were too many within a second. */
static bool may_burst(struct logger *logger, const char *id, int64_t now_ms)
{
    struct log_burst *burst = logger->bursts;

    for (size_t i = 0; i < LOG_SUBJECTS; i++) {
        struct log_burst *other = &logger->bursts[i];
        if (is_id(other->id, id)) {
            burst = other;
            break;
        }
        if (other->id == NULL || (burst->id != NULL && other->begin_ms < burst->begin_ms))
            burst = other;
    }
    if (!is_id(burst->id, id) || now_ms - burst->begin_ms >= REPEAT_MS)
        *burst = (struct log_burst){.id = id, .begin_ms = now_ms};
    return burst->lines++ < BURST_MAX;
}

static void count(struct log_subject *subject, enum log_level level)
{
    subject->level = level;
    subject->suppressed++;
}

static uint64_t take(struct log_subject *subject)
{
    uint64_t taken = subject == NULL ? 0 : subject->suppressed;

    if (subject != NULL)
        subject->suppressed = 0;
    return taken;
}

/* Whether the line is written, and how many were not before it. Monotonic time: a stepped clock hides nothing. What was
 * one too many of a burst is counted with the id alone: each would be a subject of its own. */
static bool may_speak(struct logger *logger, enum log_level level, const char *id, const struct about *about,
                      uint64_t *suppressed)
{
    static const struct about nothing;
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    struct log_subject *subject = find_subject(logger, id, about->hash);

    if (level < LOG_LEVEL_ERROR) {
        if (subject != NULL && now_ms - subject->told_ms < subject->pause_ms) {
            count(subject, level);
            return false;
        }
        if (!may_burst(logger, id, now_ms)) {
            count(subject_of(logger, id, &nothing, now_ms), level);
            return false;
        }
    }
    subject = subject_of(logger, id, about, now_ms);
    int64_t longer_ms = 2 * subject->pause_ms < REPEAT_MS_MAX ? 2 * subject->pause_ms : REPEAT_MS_MAX;
    subject->pause_ms = subject->suppressed > 0 ? longer_ms : REPEAT_MS;
    subject->told_ms = now_ms;
    *suppressed = take(subject);
    if (about->hash != 0)
        *suppressed += take(find_subject(logger, id, 0));
    return true;
}

void log_close(struct logger *logger)
{
    for (size_t i = 0; i < LOG_SUBJECTS; i++)
        tell_suppressed(logger, &logger->subjects[i]);
}

/* ---- what a line is about ---- */

/* Fields that name something. All others count, or say how it is. */
static bool is_name(const struct log_field *field)
{
    static const char *const names[] = {"topic", "partition", "window",   "start_ms", "schema_id",
                                        "key",   "address",   "facility", "reason",   "of"};

    for (size_t i = 0; i < LENGTH_OF(names); i++)
        if (strlen(names[i]) == field->key_size && strncmp(names[i], field->key, field->key_size) == 0)
            return true;
    return false;
}

static void add_about(struct about *about, const char *bytes, size_t size)
{
    size_t room = sizeof(about->text) - 1 - about->size;

    about->hash = (about->hash ^ hash_fnv1a((struct span){bytes, size})) * UINT64_C(0x100000001b3) | 1;
    size = size < room ? size : room;
    memcpy(about->text + about->size, bytes, size);
    about->size += size;
}

static void add_fields(struct about *about, bool all, const char *format, va_list arguments)
{
    struct log_reader reader;
    struct log_field field;

    log_fields_begin(&reader, format, arguments);
    while (log_fields_next(&reader, &field))
        if (all || is_name(&field)) {
            add_about(about, about->size > 0 ? " " : "", about->size > 0);
            add_about(about, field.key, field.key_size);
            add_about(about, "=", field.key_size > 0);
            add_about(about, field.value, field.size);
        }
    log_fields_end(&reader);
}

/* What a line names; if nothing, what it says: two partitions assigned are other news than four. */
static void find_about(struct about *about, const char *format, va_list arguments)
{
    *about = (struct about){0};
    add_fields(about, false, format, arguments);
    if (about->hash == 0)
        add_fields(about, true, format, arguments);
}

/* ---- lines as others ask for them ---- */

void log_line(struct logger *logger, enum log_level level, const char *id, const char *format, ...)
{
    struct about about;
    uint64_t suppressed = 0;
    va_list arguments;

    assert(logger != NULL);
    assert(id != NULL);
    assert((size_t)level < LENGTH_OF(level_names));
    if (level < logger->level)
        return;
    va_start(arguments, format);
    find_about(&about, format, arguments);
    if (may_speak(logger, level, id, &about, &suppressed))
        write_any(logger, level, id, suppressed, format, arguments);
    va_end(arguments);
}

/* The number stands behind the text where people read it, and among the fields where programs do. */
void log_reason(struct logger *logger, enum log_level level, const struct reason *why)
{
    struct about about = {0};
    uint64_t suppressed = 0;

    assert(why != NULL);
    assert(why->id != REASON_NONE);
    if (level < logger->level)
        return;
    add_about(&about, why->text, strlen(why->text));
    if (!may_speak(logger, level, reason_name(why->id), &about, &suppressed))
        return;
    if (why->code == 0)
        tell(logger, level, reason_name(why->id), suppressed, "%s", why->text);
    else if (logger->format == LOG_TEXT)
        tell(logger, level, reason_name(why->id), suppressed, "%s code=%ld", why->text, why->code);
    else
        tell(logger, level, reason_name(why->id), suppressed, "code=%ld text=\"%s\"", why->code, why->text);
}
