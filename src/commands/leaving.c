/* The listener takes signals by sigtimedwait(), so that no handler runs anywhere; it shares nothing but atomics. */
#include "leaving.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "gentally/base/clock.h"

#define LOOK_MS 50 /* how late the end may be noticed, once it is asked for */
#define HANG_LOOKS                                                                                                     \
    10 /* at the pulse, and no beat between them. Looks, as a process that was held as a whole has not hung */

struct leaving {
    struct leaving_options options;
    pthread_t listener;
    sigset_t signals;
    int news; /* an eventfd: a signal came */
    atomic_int signal, step, status;
    atomic_llong asked_ms;
    atomic_bool must_reload, is_over;
    struct pulse pulse;
};

static void wake(struct leaving *leaving)
{
    uint64_t one = 1;
    ssize_t ignored = write(leaving->news, &one, sizeof(one)); /* Full: it is awake. */
    (void)ignored;
}

/* Ends the process as it stands: what would be closed in order is held by who knows whom. */
static _Noreturn void end(struct leaving *leaving, const char *because)
{
    static const char *const steps[LEAVING_STEPS] = {"opening", "counting", "closing"};
    int64_t after_ms = clock_ms(CLOCK_MONOTONIC) - atomic_load(&leaving->asked_ms);
    struct logger logger; /* The loop's is the loop's. */

    log_open_as(&logger, leaving->options.level, leaving->options.format, leaving->options.program);
    log_line(&logger, LOG_LEVEL_WARN, "WORKER-LEFT", "signal=%d step=%s after_ms=%lld status=%d: %s",
             atomic_load(&leaving->signal), steps[atomic_load(&leaving->step)], (long long)after_ms,
             atomic_load(&leaving->status), because);
    _exit(atomic_load(&leaving->status));
}

static void note_signal(struct leaving *leaving, int number)
{
    if (number == SIGHUP) {
        atomic_store(&leaving->must_reload, true);
    } else if (atomic_load(&leaving->signal) != 0) {
        end(leaving, "asked to end once more, it does not wait for servers");
    } else {
        atomic_store(&leaving->asked_ms, clock_ms(CLOCK_MONOTONIC));
        atomic_store(&leaving->signal, number); /* Behind its time, which whoever sees the signal reads. */
    }
    wake(leaving);
}

static void look_at_the_clock(struct leaving *leaving)
{
    int64_t limit_ms = leaving->options.wait_ms[atomic_load(&leaving->step)];

    if (atomic_load(&leaving->signal) != 0 && clock_ms(CLOCK_MONOTONIC) - atomic_load(&leaving->asked_ms) >= limit_ms)
        end(leaving, "a server does not answer; what it has not taken is counted again by whoever is next");
}

/* A call that does not come back keeps the loop from all else, and nobody restarts what only hangs. */
static _Noreturn void end_hanging(const struct leaving *leaving)
{
    struct logger logger;
    struct reason why;

    (void)!reason_set(&why, HALT, LOOP_HANGS, 0,
                      "the loop has not gone on for %" PRId64 " s; whoever is next counts what it has not flushed",
                      leaving->options.hang_ms / 1000);
    log_open_as(&logger, leaving->options.level, leaving->options.format, leaving->options.program);
    log_reason(&logger, LOG_LEVEL_ERROR, &why);
    _exit(reason_exit_status(LOOP_HANGS));
}

/* What the listener saw of the loop. */
struct watch {
    uint64_t beats;
    int looks; /* since the last beat */
};

/* One more look. Whoever is asked to end has his own time for that. */
static void look_at_the_pulse(struct leaving *leaving, struct watch *watch)
{
    uint64_t beats = atomic_load(&leaving->pulse.beats);
    bool is_watched = leaving->options.hang_ms > 0 && atomic_load(&leaving->step) == LEAVING_COUNTING &&
                      atomic_load(&leaving->signal) == 0;

    watch->looks = is_watched && beats == watch->beats ? watch->looks + 1 : 0;
    watch->beats = beats;
    if (watch->looks == HANG_LOOKS)
        end_hanging(leaving);
}

static void *listen_to_signals(void *context)
{
    struct leaving *leaving = context;
    const struct timespec clock_look = {0, LOOK_MS * 1000000L};
    const int64_t look_ms = leaving->options.hang_ms / HANG_LOOKS;
    const struct timespec pulse_look = {look_ms / 1000, look_ms % 1000 * 1000000L};
    const struct timespec *unasked = look_ms > 0 ? &pulse_look : NULL;
    struct watch watch = {0};

    for (;;) {
        bool is_asked = atomic_load(&leaving->signal) != 0;
        int number = sigtimedwait(&leaving->signals, NULL, is_asked ? &clock_look : unasked);
        bool is_time = number < 0 && errno == EAGAIN;
        if (atomic_load(&leaving->is_over))
            return NULL;
        if (number > 0)
            note_signal(leaving, number);
        look_at_the_clock(leaving);
        if (is_time)
            look_at_the_pulse(leaving, &watch);
    }
}

enum verdict leaving_open(struct leaving **leaving, const struct leaving_options *options, struct reason *why)
{
    struct leaving *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "to hear signals");
    opened->options = *options;
    sigemptyset(&opened->signals);
    sigaddset(&opened->signals, SIGTERM);
    sigaddset(&opened->signals, SIGINT);
    sigaddset(&opened->signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &opened->signals, NULL);
    opened->news = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (opened->news >= 0) {
        errno = pthread_create(&opened->listener, NULL, listen_to_signals, opened);
        if (errno == 0) {
            *leaving = opened;
            return GO_ON;
        }
        close(opened->news);
    }
    free(opened);
    return no_memory(why, "to hear signals");
}

void leaving_close(struct leaving *leaving)
{
    if (leaving == NULL)
        return;
    atomic_store(&leaving->is_over, true);
    pthread_kill(leaving->listener, SIGHUP); /* It waits for one. */
    pthread_join(leaving->listener, NULL);
    close(leaving->news);
    free(leaving);
}

void leaving_wait(struct leaving *leaving, int ms)
{
    struct pollfd news = {.fd = leaving->news, .events = POLLIN};
    uint64_t count;

    if (ms == 0 || poll(&news, 1, ms) <= 0)
        return;
    ssize_t ignored = read(leaving->news, &count, sizeof(count));
    (void)ignored;
}

int leaving_signal(struct leaving *leaving, int64_t *asked_ms)
{
    int number = atomic_load(&leaving->signal);

    *asked_ms = atomic_load(&leaving->asked_ms);
    return number;
}

struct pulse *leaving_pulse(struct leaving *leaving)
{
    return &leaving->pulse;
}

bool leaving_take_reload(struct leaving *leaving)
{
    return atomic_exchange(&leaving->must_reload, false);
}

void leaving_reach(struct leaving *leaving, enum leaving_step step, int status)
{
    assert(step < LEAVING_STEPS);
    atomic_store(&leaving->status, status);
    atomic_store(&leaving->step, step);
}
