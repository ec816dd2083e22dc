/* Rows of failed attempts; see the header for what they are good for. */
#include "closing_watch.h"

#include <assert.h>

void closing_watch_fail(struct closing_watch *watch, int64_t now_ms)
{
    if (watch->failures == 0)
        watch->since_ms = now_ms;
    assert(now_ms >= watch->since_ms);
    watch->tried_ms = now_ms;
    watch->failures++;
}

void closing_watch_clear(struct closing_watch *watch)
{
    watch->failures = 0;
}

bool closing_watch_is_over(const struct closing_watch *watch, int64_t now_ms)
{
    return watch->failures > 0 && watch->tried_ms == now_ms && now_ms - watch->since_ms >= CLOSING_PATIENCE_MS;
}

int64_t closing_watch_rest_ms(const struct closing_watch *watch, int64_t now_ms)
{
    if (watch->failures < 2)
        return 0;
    int64_t took_ms = now_ms - watch->tried_ms;
    return took_ms < CLOSING_REST_MS ? took_ms : CLOSING_REST_MS;
}
