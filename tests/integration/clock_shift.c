/*
 * Loaded before the C library: the time of day is SHIFT_SECONDS later than it is for who asks clock_gettime(), as
 * workers do, and SHIFT_REDIS_SECONDS for who asks gettimeofday(), as Redis does. Not both for one: librdkafka waits by
 * gettimeofday(), which has to agree with the kernel's own clock.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t shift(const char *variable)
{
    const char *seconds = getenv(variable);

    return seconds == NULL ? 0 : strtol(seconds, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*next)(clockid_t, struct timespec *);

    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "clock_gettime");
    int result = next(clock, now);
    if (clock == CLOCK_REALTIME)
        now->tv_sec += shift("SHIFT_SECONDS");
    return result;
}

int gettimeofday(struct timeval *now, void *zone)
{
    static int (*next)(struct timeval *, void *);

    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "gettimeofday");
    int result = next(now, zone);
    now->tv_sec += shift("SHIFT_REDIS_SECONDS");
    return result;
}
