/* exporter.h, of which the simulated worker has none: there is no network in its world, and no other thread. */
#include "gentally/metrics/exporter.h"

#include <assert.h>

void exporter_beat(struct exporter *exporter, int64_t now_ms)
{
    (void)now_ms;
    assert(exporter == NULL);
}

struct metrics *exporter_due(struct exporter *exporter, int64_t now_ms)
{
    (void)now_ms;
    assert(exporter == NULL);
    return NULL;
}

void exporter_put(struct exporter *exporter)
{
    assert(exporter == NULL);
}
