/* One share after the other: what its rows have of the topic is scaled to what they should have. */
#include "week_bands.h"

#include <assert.h>

#include "calibration.h"
#include "clamp.h"

void week_bands_open(struct week_bands *bands, uint32_t week)
{
    static_assert(AUTHOR_SHARES <= 32, "each share has its bit");
    *bands = (struct week_bands){.week = week};
    bands->count = author_shares(week, bands->shares);
}

static bool is_member(const struct author_share *share, const struct budget_model *model)
{
    if (share->author != NULL)
        return span_equal(span_of(share->author), model->author);
    return share->source == model->source;
}

uint32_t week_bands_members(const struct week_bands *bands, const struct budget_model *model)
{
    uint32_t members = 0;

    for (uint32_t index = 0; index < bands->count; index++)
        members |= (uint32_t)is_member(&bands->shares[index], model) << index;
    return members;
}

static double mapped(const double cells[TOPIC_COUNT])
{
    double sum = 0;

    for (uint32_t topic = 0; topic < SERIES_TOPICS; topic++)
        sum += cells[topic];
    return sum;
}

void week_bands_fix(const struct week_bands *bands, uint32_t members, const double cells[TOPIC_COUNT], double *fixed)
{
    for (uint32_t index = 0; index < bands->count; index++) {
        if ((members >> index & 1) == 0)
            continue;
        fixed[index] += cells[bands->shares[index].topic];
        fixed[AUTHOR_SHARES + index] += mapped(cells);
    }
}

static void pull(const struct author_share *share, uint32_t index, const struct band_rows *rows)
{
    double has = rows->fixed[index], all = rows->fixed[AUTHOR_SHARES + index], free = 0;

    for (uint32_t row = 0; row < rows->count; row++) {
        const double *cells = &rows->cells[row * TOPIC_COUNT];
        if ((rows->members[row] >> index & 1) == 0)
            continue;
        free += cells[share->topic];
        all += rows->sums[row] - cells[TOPIC_OTHER];
    }
    double want = share->share * (share->is_of_topic ? rows->wanted[share->topic] : all) - has;
    if (free <= 0)
        return;
    double factor = clamp(want / free, BAND_STEP_MIN, BAND_STEP_MAX);
    for (uint32_t row = 0; row < rows->count; row++) {
        if ((rows->members[row] >> index & 1) != 0)
            rows->cells[row * TOPIC_COUNT + share->topic] *= factor;
    }
}

void week_bands_pull(const struct week_bands *bands, const struct band_rows *rows)
{
    uint32_t members = 0;

    for (uint32_t row = 0; row < rows->count; row++)
        members |= rows->members[row];
    for (uint32_t index = 0; index < bands->count; index++) {
        if ((members >> index & 1) != 0)
            pull(&bands->shares[index], index, rows);
    }
}
