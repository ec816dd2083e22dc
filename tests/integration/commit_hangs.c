/*
 * Loaded before the C library and librdkafka: whoever commits a transaction waits for ever, whatever the bound, as in a
 * library that lost a wake-up; and who looks seldom for signals, as a worker's listener does, looks sixty times as
 * often, so that a test sees in ten seconds what takes ten minutes.
 */
#include <dlfcn.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define FASTER 60
#define SELDOM_S 10

void *rd_kafka_commit_transaction(void *client, int timeout_ms);

void *rd_kafka_commit_transaction(void *client, int timeout_ms)
{
    (void)client;
    (void)timeout_ms;
    for (;;)
        pause();
}

int sigtimedwait(const sigset_t *signals, siginfo_t *which, const struct timespec *timeout)
{
    static int (*next)(const sigset_t *, siginfo_t *, const struct timespec *);
    struct timespec sooner;

    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "sigtimedwait");
    if (timeout == NULL || timeout->tv_sec < SELDOM_S)
        return next(signals, which, timeout);
    sooner = (struct timespec){timeout->tv_sec / FASTER, 0};
    return next(signals, which, &sooner);
}
