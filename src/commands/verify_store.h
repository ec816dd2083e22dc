/* What `verify` asks Redis, where it can: what the namespace is counted by, and the windows that the store has. */
#ifndef GENTALLY_VERIFY_STORE_H
#define GENTALLY_VERIFY_STORE_H

#include "gentally/config/settings.h"
#include "gentally/inspect/audit.h"

/* Zero at first. */
struct verify_store {
    bool is_asked;            /* settings and windows are those of the store */
    char why_not[300];        /* else: for what reason */
    struct settings settings; /* without a version: none are kept */
    uint32_t count;
    size_t room;
    struct stored_total *windows; /* of the kinds that are counted, from their first whole window on */
};

/* Asks the store. Whoever verifies need not reach Redis: what keeps it from answering is noted, and no failure. HALT:
 * NO-MEMORY. */
MUST_CHECK enum verdict verify_store_read(struct verify_store *store, const struct config *config, struct reason *why);
void verify_store_close(struct verify_store *store);

#endif
