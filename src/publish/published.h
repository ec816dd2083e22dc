/*
 * What has been published, by window: the ledger topic as the closer remembers it. The latest version of each window is
 * kept.
 */
#ifndef GENTALLY_PUBLISHED_H
#define GENTALLY_PUBLISHED_H

#include "gentally/core/summary.h"

struct published_window {
    struct window window;
    enum pane pane;
    int64_t generation, revision;
    int64_t retention;   /* revision of the retention rows that were published with it; 0: none */
    uint64_t tables;     /* hash of the tables version it was joined with, see tables_version_hash() */
    uint64_t states;     /* which states of the partitions it was made of, see published_states() */
    uint32_t partitions; /* how many there were then */
    bool is_held;        /* its last ledger record cannot be read: what was published last is not known */
    bool is_withdrawn;   /* its last ledger record was taken back: to be published anew, above all that was */
};

struct published;

/* Opens a memory without windows. HALT: NO-MEMORY. */
MUST_CHECK enum verdict published_open(struct published **published, struct reason *why);
void published_close(struct published *published);

/* Finds the latest version of a window; NULL if the window was never published. Borrowed until published_put().
 * O(log n). */
const struct published_window *published_find(const struct published *published, struct window window);

/* Remembers an entry, unless a newer version of the window is known. Cheap for rising windows. HALT: NO-MEMORY. */
MUST_CHECK enum verdict published_put(struct published *published, const struct published_window *entry,
                                      struct reason *why);

/* Holds a window whose ledger record cannot be read, until another record of the window follows. HALT: NO-MEMORY. */
MUST_CHECK enum verdict published_hold(struct published *published, struct window window, struct reason *why);

/* Takes back what is known of a window, held or not, since its ledger record was replaced by a tombstone: it was not
 * published, but its versions go on above `published_generation()`. HALT: NO-MEMORY. */
MUST_CHECK enum verdict published_withdraw(struct published *published, struct window window, struct reason *why);

/* The highest generation of any window, at least 0; what a withdrawn window had is not above it by more than chance. */
int64_t published_generation(const struct published *published);

/* The number of windows that are held. */
size_t published_held(const struct published *published);

/* The number of windows. */
size_t published_count(const struct published *published);

/*
 * Adds one partition's state to a sum over partitions 0, 1, 2, ... (begin with 0). A state that was deliberately
 * rebuilt has another incarnation, and its records are not those that were published: revisions of the two cannot be
 * compared. Partitions that are added leave the sum over those before them as it was.
 */
uint64_t published_states(uint64_t sum, int32_t partition, const char *incarnation);

#endif
