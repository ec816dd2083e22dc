/* Vose's construction: columns with less than their share are filled up by those with more. */
#include "alias_table.h"

#include <assert.h>
#include <stdlib.h>

enum verdict alias_table_open(struct alias_table *table, uint32_t room, struct reason *why)
{
    assert(room >= 1);
    *table = (struct alias_table){.room = room};
    table->edges = calloc(room, sizeof(*table->edges));
    table->others = calloc(room, sizeof(*table->others));
    table->queue = calloc(room, sizeof(*table->queue));
    if (table->edges == NULL || table->others == NULL || table->queue == NULL) {
        alias_table_close(table);
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %u weights", room);
    }
    return GO_ON;
}

void alias_table_close(struct alias_table *table)
{
    free(table->edges);
    free(table->others);
    free(table->queue);
    *table = (struct alias_table){0};
}

void alias_table_fill(struct alias_table *table, const uint32_t weights[], uint32_t count)
{
    uint64_t total = 0;
    uint32_t poor = 0, rich = count; /* The queue holds the poor from its front, the rich from its back. */

    assert(count >= 1);
    assert(count <= table->room);
    for (uint32_t index = 0; index < count; index++)
        total += weights[index];
    assert(total >= 1);
    assert(total <= UINT32_MAX);
    table->count = count;
    table->total = (uint32_t)total;
    for (uint32_t index = 0; index < count; index++) {
        table->edges[index] = (uint64_t)weights[index] * count;
        table->others[index] = index;
        if (table->edges[index] < total)
            table->queue[poor++] = index;
        else
            table->queue[--rich] = index;
    }
    while (poor > 0 && rich < count) {
        uint32_t needy = table->queue[--poor], giver = table->queue[rich];
        table->others[needy] = giver;
        table->edges[giver] -= total - table->edges[needy];
        if (table->edges[giver] < total) {
            rich++;
            table->queue[poor++] = giver;
        }
    }
    /* Integers leave no remainder: whoever is still queued fills a column alone. */
}
