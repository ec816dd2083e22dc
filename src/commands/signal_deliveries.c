/*
 * The file is text: a first line that says what it is, a key a line, and among them, once, a line with a dot: all
 * before it stood when the file was made. A file without the dot was never finished, and is made anew. A last line
 * without its end was cut by a crash, and is taken off.
 */
#include "signal_deliveries.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gentally/base/grow.h"
#include "gentally/base/hash.h"
#include "gentally/inspect/latest.h"
#include "gentally/notify/webhook.h"
#include "signal_text.h"

#define TITLE "# gentally: signals that a webhook was told of, by their keys\n"
#define PACE_MS 1000 /* chats take one message a second */
#define BACKOFF_MS_MAX 300000
#define STATE_SIZE_MAX (INT64_C(1) << 30)

struct message {
    int64_t start_ms;
    char *key, *body;
    size_t key_size, body_size;
};

struct signal_deliveries {
    struct webhook *webhook;
    struct signal_wanted wanted;
    struct logger *logger;
    char *path;
    int file;
    bool has_baseline;
    struct latest *told; /* keys */
    size_t count, room;
    struct message *messages; /* ordered by end() */
    size_t next;
    uint32_t failures; /* in a row */
    int64_t due_ms;    /* not before; monotonic */
};

static enum verdict state_failed(const struct signal_deliveries *deliveries, const char *what, struct reason *why)
{
    return reason_set(why, HALT, WEBHOOK_STATE, errno, "%.200s: %s: %s", deliveries->path, what, strerror(errno));
}

static enum verdict note_told(struct signal_deliveries *deliveries, struct span key, struct reason *why)
{
    const struct latest_row row = {.key = key, .value = span_of("told")};

    return latest_put(deliveries->told, &row, why);
}

/* Reads the lines that were finished. `*size` = their bytes. */
static enum verdict read_lines(struct signal_deliveries *deliveries, const char *text, size_t text_size, size_t *size,
                               struct reason *why)
{
    enum verdict verdict = GO_ON;
    size_t at = strlen(TITLE);

    for (*size = at; verdict == GO_ON && at < text_size; *size = at) {
        const char *end = memchr(text + at, '\n', text_size - at);
        if (end == NULL)
            break;
        struct span line = {text + at, (size_t)(end - text) - at};
        if (span_equal(line, span_of(".")))
            deliveries->has_baseline = true;
        else
            verdict = note_told(deliveries, line, why);
        at = (size_t)(end - text) + 1;
    }
    return verdict;
}

static enum verdict read_state(struct signal_deliveries *deliveries, struct reason *why)
{
    struct stat stat;
    size_t size = 0, read_size = 0;

    if (fstat(deliveries->file, &stat) != 0)
        return state_failed(deliveries, "cannot be looked at", why);
    if (stat.st_size > STATE_SIZE_MAX)
        return reason_set(why, HALT, WEBHOOK_STATE, 0, "%.200s is too large to be ours", deliveries->path);
    char *text = malloc((size_t)stat.st_size + 1);
    if (text == NULL)
        return no_memory(why, "for the keys that were delivered");
    enum verdict verdict = GO_ON;
    while (verdict == GO_ON && read_size < (size_t)stat.st_size) {
        ssize_t more = read(deliveries->file, text + read_size, (size_t)stat.st_size - read_size);
        if (more <= 0)
            verdict = state_failed(deliveries, "cannot be read", why);
        read_size += more > 0 ? (size_t)more : 0;
    }
    size_t title_size = read_size < strlen(TITLE) ? read_size : strlen(TITLE);
    if (verdict == GO_ON && memcmp(text, TITLE, title_size) != 0)
        verdict = reason_set(why, HALT, WEBHOOK_STATE, 0, "%.200s is none of ours: it does not begin as one",
                             deliveries->path);
    if (verdict == GO_ON && title_size == strlen(TITLE))
        verdict = read_lines(deliveries, text, read_size, &size, why);
    free(text);
    if (verdict != GO_ON)
        return verdict;
    if (!deliveries->has_baseline) { /* keys of it are told again by end(), or delivered if --since says so */
        latest_close(deliveries->told);
        deliveries->told = NULL;
        size = 0;
        verdict = latest_open(&deliveries->told, why);
    }
    if (verdict == GO_ON && ftruncate(deliveries->file, (off_t)size) != 0)
        verdict = state_failed(deliveries, "cannot be cut to its last whole line", why);
    if (verdict == GO_ON && lseek(deliveries->file, 0, SEEK_END) < 0)
        verdict = state_failed(deliveries, "has no end", why);
    return verdict;
}

static enum verdict open_state(struct signal_deliveries *deliveries, struct reason *why)
{
    deliveries->file = open(deliveries->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (deliveries->file < 0)
        return state_failed(deliveries, "cannot be opened", why);
    if (flock(deliveries->file, LOCK_EX | LOCK_NB) != 0)
        return reason_set(why, HALT, WEBHOOK_BUSY, errno, "%.200s is held by another process that delivers",
                          deliveries->path);
    return read_state(deliveries, why);
}

enum verdict signal_deliveries_open(struct signal_deliveries **deliveries, const char *url, const char *token,
                                    const char *state_path, const struct signal_wanted *wanted, struct logger *logger,
                                    struct reason *why)
{
    struct signal_deliveries *opened = calloc(1, sizeof(*opened));

    *deliveries = NULL;
    if (opened == NULL)
        return no_memory(why, "for deliveries");
    opened->file = -1;
    opened->wanted = *wanted;
    opened->logger = logger;
    opened->path = strdup(state_path);
    enum verdict verdict = opened->path == NULL ? no_memory(why, "for deliveries") : GO_ON;
    if (verdict == GO_ON)
        verdict = latest_open(&opened->told, why);
    if (verdict == GO_ON)
        verdict = webhook_open(&opened->webhook, url, token, why);
    if (verdict == GO_ON)
        verdict = open_state(opened, why);
    if (verdict != GO_ON) {
        signal_deliveries_close(opened);
        return verdict;
    }
    *deliveries = opened;
    return GO_ON;
}

void signal_deliveries_begin(struct signal_deliveries *deliveries)
{
    for (size_t index = 0; index < deliveries->count; index++) {
        free(deliveries->messages[index].key);
        free(deliveries->messages[index].body);
    }
    deliveries->count = deliveries->next = 0;
}

void signal_deliveries_close(struct signal_deliveries *deliveries)
{
    if (deliveries == NULL)
        return;
    signal_deliveries_begin(deliveries);
    free(deliveries->messages);
    webhook_close(deliveries->webhook);
    latest_close(deliveries->told);
    if (deliveries->file >= 0)
        close(deliveries->file);
    free(deliveries->path);
    free(deliveries);
}

/* A key is a line of the file: it has no control characters (core/signal.h). */
static enum verdict make_message(struct message *message, struct span key, const struct signal *signal,
                                 struct reason *why)
{
    FILE *file = open_memstream(&message->body, &message->body_size);

    message->start_ms = signal->window.start_ms;
    message->key = strndup(key.bytes, key.size);
    message->key_size = key.size;
    if (file != NULL)
        signal_write_message(file, signal);
    bool is_made = file != NULL && fclose(file) == 0;
    if (is_made && message->key != NULL)
        return GO_ON;
    free(message->key);
    free(message->body);
    return no_memory(why, "for a message");
}

/* A line of the file has room for a key of ours, and holds one. */
static bool is_key_of(struct span key, const struct signal *signal)
{
    char own[SIGNAL_KEY_MAX];

    return span_equal(key, (struct span){own, signal_key_write(signal, own)});
}

enum verdict signal_deliveries_add(struct signal_deliveries *deliveries, struct span key, const struct signal *signal,
                                   struct reason *why)
{
    bool is_wanted = signal_is_wanted(&deliveries->wanted, signal);

    if (latest_find(deliveries->told, key) != NULL || !is_key_of(key, signal))
        return GO_ON;
    /* What stood when the file was made is told, whoever wants it: another --kind later shall not bring it up. */
    if (!deliveries->has_baseline && (deliveries->wanted.since_ms == INT64_MIN || !is_wanted))
        return note_told(deliveries, key, why);
    if (!is_wanted)
        return GO_ON;
    struct message *messages =
        grow(deliveries->messages, &deliveries->room, deliveries->count + 1, sizeof(*deliveries->messages));
    if (messages == NULL)
        return no_memory(why, "for messages");
    deliveries->messages = messages;
    enum verdict verdict = make_message(&messages[deliveries->count], key, signal, why);
    deliveries->count += verdict == GO_ON;
    return verdict;
}

/* Writes and brings to the disk. */
static enum verdict write_state(const struct signal_deliveries *deliveries, const char *text, size_t size,
                                struct reason *why)
{
    while (size > 0) {
        ssize_t written = write(deliveries->file, text, size);
        if (written < 0)
            return state_failed(deliveries, "cannot be written", why);
        text += written;
        size -= (size_t)written;
    }
    return fdatasync(deliveries->file) == 0 ? GO_ON : state_failed(deliveries, "cannot be brought to the disk", why);
}

static enum verdict write_baseline(struct signal_deliveries *deliveries, struct reason *why)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (file == NULL)
        return no_memory(why, "for the keys that stand");
    fputs(TITLE, file);
    for (size_t index = 0; index < latest_seen(deliveries->told); index++) {
        struct span key = latest_at(deliveries->told, index)->key;
        fprintf(file, "%.*s\n", (int)key.size, key.bytes);
    }
    fputs(".\n", file);
    enum verdict verdict =
        fclose(file) == 0 ? write_state(deliveries, text, size, why) : no_memory(why, "for the keys that stand");
    free(text);
    deliveries->has_baseline = verdict == GO_ON;
    return verdict;
}

static int compare(const void *left_message, const void *right_message)
{
    const struct message *left = left_message, *right = right_message;

    if (left->start_ms != right->start_ms)
        return left->start_ms < right->start_ms ? -1 : 1;
    return strcmp(left->key, right->key);
}

enum verdict signal_deliveries_end(struct signal_deliveries *deliveries, struct reason *why)
{
    if (deliveries->count > 0)
        qsort(deliveries->messages, deliveries->count, sizeof(*deliveries->messages), compare);
    return deliveries->has_baseline ? GO_ON : write_baseline(deliveries, why);
}

/* The message is done with: its key goes into the file. */
static enum verdict settle(struct signal_deliveries *deliveries, const struct message *message, struct reason *why)
{
    char line[SIGNAL_KEY_MAX + 1];

    memcpy(line, message->key, message->key_size);
    line[message->key_size] = '\n';
    enum verdict verdict = write_state(deliveries, line, message->key_size + 1, why);
    if (verdict == GO_ON)
        verdict = note_told(deliveries, (struct span){message->key, message->key_size}, why);
    deliveries->next++;
    return verdict;
}

enum verdict signal_deliveries_turn(struct signal_deliveries *deliveries, int64_t now_ms, struct reason *why)
{
    char id[64];
    int64_t wait_ms = 0;

    if (deliveries->next == deliveries->count || now_ms < deliveries->due_ms)
        return GO_ON;
    const struct message *message = &deliveries->messages[deliveries->next];
    struct span key = {message->key, message->key_size};
    snprintf(id, sizeof(id), "gentally-%016" PRIx64, hash_fnv1a(key));
    enum verdict verdict =
        webhook_post(deliveries->webhook, (struct span){message->body, message->body_size}, id, &wait_ms, why);
    if (verdict == HALT)
        return verdict;
    if (verdict == TRY_LATER) {
        int64_t backoff_ms = deliveries->failures < 9 ? INT64_C(1000) << deliveries->failures : BACKOFF_MS_MAX;
        backoff_ms = backoff_ms < BACKOFF_MS_MAX ? backoff_ms : BACKOFF_MS_MAX;
        deliveries->failures++;
        deliveries->due_ms = now_ms + (wait_ms > backoff_ms ? wait_ms : backoff_ms);
        log_line(deliveries->logger, LOG_LEVEL_WARN, reason_name(why->id),
                 "key=%.*s retry_ms=%" PRId64 " waiting=%zu text=\"%s\"", (int)key.size, key.bytes,
                 deliveries->due_ms - now_ms, deliveries->count - deliveries->next, why->text);
        return GO_ON;
    }
    deliveries->failures = 0;
    deliveries->due_ms = now_ms + (wait_ms > PACE_MS ? wait_ms : PACE_MS);
    if (verdict == SET_ASIDE)
        log_line(deliveries->logger, LOG_LEVEL_WARN, reason_name(why->id), "key=%.*s text=\"%s\"", (int)key.size,
                 key.bytes, why->text);
    else
        log_line(deliveries->logger, LOG_LEVEL_INFO, "SIGNAL-DELIVERED", "key=%.*s", (int)key.size, key.bytes);
    return settle(deliveries, message, why);
}
