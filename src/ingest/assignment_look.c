/* What an assignment is asked; nothing changes by it. */
#include "assignment.h"

struct partition *assignment_find(const struct assignment *assignment, int32_t number)
{
    return number >= 0 && number < PARTITIONS_MAX ? assignment->by_partition[number] : NULL;
}

bool assignment_has_journal(const struct assignment *assignment)
{
    for (uint32_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        if ((partition_has_journal(partition) && !partition->is_wide) || partition_has_pairs(partition))
            return true;
    }
    return false;
}

bool assignment_has_rows(const struct assignment *assignment)
{
    for (uint32_t i = 0; i < assignment->count; i++)
        if (partition_has_rows(assignment->by_partition[assignment->partitions[i]]))
            return true;
    return false;
}

bool assignment_has_unstored_idle(const struct assignment *assignment)
{
    for (uint32_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        if (!partition->is_stopped && !partition->must_claim && partition->is_idle && partition_is_dirty(partition))
            return true;
    }
    return false;
}

bool assignment_is_drained(const struct assignment *assignment)
{
    for (uint32_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        if (partition_has_rest(partition))
            return false;
        if (!partition->is_stopped &&
            (!partition->is_at_end || !partition->is_idle || partition->must_claim || partition_is_dirty(partition)))
            return false;
    }
    return true;
}

const struct partition *assignment_find_stopped(const struct assignment *assignment)
{
    for (uint32_t i = 0; i < assignment->count; i++)
        if (assignment->by_partition[assignment->partitions[i]]->is_stopped)
            return assignment->by_partition[assignment->partitions[i]];
    return NULL;
}
