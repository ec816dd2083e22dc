/* The ids that a schema registry has our schemas under. */
#ifndef GENTALLY_SCHEMA_IDS_H
#define GENTALLY_SCHEMA_IDS_H

#include "gentally/base/base.h"

/* 0: there is none, and the bundled one is meant. */
struct schema_ids {
    uint32_t summary, ledger, signal;
};

static inline bool schema_ids_equal(const struct schema_ids *left, const struct schema_ids *right)
{
    return left->summary == right->summary && left->ledger == right->ledger && left->signal == right->signal;
}

#endif
