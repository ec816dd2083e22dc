/* Entries are looked through now and then, while workers count, merge, and drop what they merged long enough ago. */
#include "gentally/ingest/erasure_wait.h"

#include <inttypes.h>
#include <time.h>

#include "erasure_entries.h"
#include "gentally/base/clock.h"
#include "gentally/redis/store.h"

/* In the time that a primary may lose: entries live for longer than that, so that none comes and goes unseen. */
#define LOOKS 15

static enum verdict look(const struct erasure_order *order, struct activities *scratch, uint64_t *noted,
                         struct reason *why)
{
    enum verdict verdict = GO_ON;

    *noted = 0;
    for (int32_t i = 0; i < order->settings->partitions && verdict == GO_ON; i++)
        verdict = erasure_entries(order->store, i, order->account, scratch, noted, why);
    return verdict;
}

static void tell(const struct erasure_order *order, uint64_t noted, int64_t left_ms)
{
    log_line(order->logger, LOG_LEVEL_INFO, "ERASE-WAITS",
             "pairs=%" PRIu64 " seconds=%" PRId64
             ": pairs of the account that workers merged and did not drop yet; if they are none, and none come, "
             "erasing begins in so many seconds",
             noted, left_ms / 1000);
}

static enum verdict too_early(uint64_t noted, int64_t left_ms, struct reason *why)
{
    return reason_set(why, TRY_LATER, ERASE_TOO_EARLY, 0,
                      "%" PRIu64
                      " pairs of the account are noted, which workers drop a quarter of an hour after they "
                      "merged them, and it is erased another one later; nothing was changed: run it again with --wait "
                      "of %" PRId64 " minutes at least, once the account sends no more",
                      noted, (left_ms + 59999) / 60000);
}

static enum verdict await(const struct erasure_order *order, struct activities *scratch, int64_t wait_ms,
                          struct reason *why)
{
    const int64_t forgotten_ms = store_forgotten_ms(), pause_ms = forgotten_ms / LOOKS;
    const struct timespec pause = {pause_ms / 1000, pause_ms % 1000 * 1000000};
    const int64_t end_ms = clock_ms(CLOCK_MONOTONIC) + wait_ms + pause_ms;
    int64_t free_ms = -1; /* since when no entry was seen to hold it; -1: not at all */

    for (uint64_t told = UINT64_MAX;; nanosleep(&pause, NULL)) {
        uint64_t noted = 0;
        int64_t begin_ms = clock_ms(CLOCK_MONOTONIC);
        enum verdict verdict = look(order, scratch, &noted, why);
        int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
        if (verdict == HALT)
            return verdict;
        if (verdict != GO_ON || noted > 0) /* A primary that is away is waited for, too. */
            free_ms = -1;
        else if (free_ms >= 0 && begin_ms - free_ms >= forgotten_ms)
            return GO_ON;
        else if (free_ms < 0)
            free_ms = now_ms;
        int64_t left_ms = forgotten_ms - (free_ms < 0 ? 0 : now_ms - free_ms);
        if (now_ms + left_ms > end_ms)
            return verdict == GO_ON ? too_early(noted, left_ms, why) : verdict;
        if (verdict == GO_ON && noted != told)
            tell(order, told = noted, left_ms);
    }
}

enum verdict erasure_await(const struct erasure_order *order, int64_t wait_ms, struct reason *why)
{
    struct activities *scratch = NULL;

    if (!store_is_cluster(order->store) || order->settings->retention != RETENTION_ON)
        return GO_ON;
    enum verdict verdict = activities_open(&scratch, why);
    if (verdict == GO_ON)
        verdict = await(order, scratch, wait_ms, why);
    activities_close(scratch);
    return verdict;
}
