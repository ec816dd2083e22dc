/* A clock that runs ahead would move the watermark past everybody else's events; one that is behind must not tell. */
#include "present.h"

#include <inttypes.h>
#include <stdio.h>

#include "gentally/base/calendar.h"

#define TELLING_MS 60000           /* clocks that differ by less are said to agree */
#define STAMP_FAR_MS (31 * DAY_MS) /* a broker's stamp that far ahead of both other clocks is no time of this world */

static bool has_stamp(const struct present *present, const struct record *record)
{
    int64_t known_ms = present->store_ms > present->wall_ms ? present->store_ms : present->wall_ms;

    return record->is_arrival_time && record->timestamp_ms >= EVENT_MS_MIN &&
           record->timestamp_ms <= known_ms + STAMP_FAR_MS;
}

static enum verdict set_aside(const struct present *present, const struct record *record, int64_t created_ms,
                              struct reason *why)
{
    const char *looks = event_time_looks_like(created_ms);
    char stamp[64] = "";

    if (has_stamp(present, record))
        snprintf(stamp, sizeof(stamp), ", %" PRId64 " s after the broker's stamp",
                 (created_ms - record->timestamp_ms) / 1000);
    return reason_set(why, SET_ASIDE, EVENT_FUTURE, 0,
                      "created_at is %" PRId64 " s after our clock, %" PRId64 " s after that of Redis%s%s%s",
                      (created_ms - present->wall_ms) / 1000, (created_ms - present->store_ms) / 1000, stamp,
                      looks == NULL ? "" : ": it looks like ", looks == NULL ? "" : looks);
}

enum verdict present_check(const struct present *present, const struct record *record, int64_t created_ms,
                           int64_t skew_ms, struct reason *why)
{
    if (present->was_future != NULL && present->was_future(present->context, record))
        return reason_set(why, SET_ASIDE, EVENT_FUTURE, 0, "its time had not come when the live workers read it");
    if (created_ms <= present->wall_ms + skew_ms)
        return GO_ON;
    if (present->store_ms == NO_TIME)
        return reason_set(why, TRY_LATER, FOLD_NO_CLOCK, 0, "ask Redis for its time");
    if (created_ms <= present->store_ms + skew_ms)
        return GO_ON;
    if (has_stamp(present, record) && created_ms <= record->timestamp_ms + skew_ms)
        return GO_ON;
    return set_aside(present, record, created_ms, why);
}

int64_t present_lag_ms(const struct present *present, const struct record *record)
{
    int64_t lag_ms = present->store_ms == NO_TIME ? 0 : present->store_ms - present->wall_ms;

    if (has_stamp(present, record) && record->timestamp_ms - present->wall_ms > lag_ms)
        lag_ms = record->timestamp_ms - present->wall_ms;
    return lag_ms > TELLING_MS || lag_ms < -TELLING_MS ? lag_ms : 0;
}
