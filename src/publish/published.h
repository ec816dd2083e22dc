/*
 * What has been published, by window: the ledger topic as the closer remembers it. The latest version of each window is
 * kept, with 16 bytes for each partition.
 */
#ifndef GENTALLY_PUBLISHED_H
#define GENTALLY_PUBLISHED_H

#include "gentally/core/summary.h"

/* How far a partition had been read when a window was published, or how far it has been read now. */
struct published_part {
    int64_t next;         /* offset of the next record */
    uint32_t incarnation; /* hash of its state's name; 0: the state is not known */
    bool has_records;     /* the window has records of it */
};

struct published_window {
    struct window window;
    enum pane pane;
    int64_t generation, revision;
    int64_t retention;            /* revision of the retention rows that were published with it; 0: none */
    uint64_t tables;              /* hash of the tables version it was joined with, see tables_version_hash() */
    uint32_t partitions;          /* how many there were then */
    struct published_part *parts; /* by partition */
    bool is_held;                 /* its last ledger record cannot be read: what was published last is not known */
    bool is_under_way;            /* only some of its rows may have been told; `parts` and version are those begun */
    bool is_withdrawn;            /* its last ledger record was taken back: to be published anew, above all that was */
};

struct published;

/* Opens a memory without windows. HALT: NO-MEMORY. */
MUST_CHECK enum verdict published_open(struct published **published, struct reason *why);
void published_close(struct published *published);

/* Finds the latest version of a window; NULL if the window was never published. Borrowed until published_put().
 * O(log n). */
const struct published_window *published_find(const struct published *published, struct window window);

/* Remembers an entry and its parts (copied), unless a newer version of the window is known. What is under way counts by
 * its place in the ledger alone: it takes the place of what was, and what follows takes its. Cheap for rising windows.
 * HALT: NO-MEMORY. */
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

/* The part of a ledger record's partition. */
struct published_part published_part_of(const struct ledger_partition *part);

/* The hash of a state's name; never 0. */
uint32_t published_incarnation(const char *incarnation);

/*
 * Whether a window holds records that one of the partitions, as they are now (`count` of them), has not: its state is
 * gone, and there were records of it, or it stands behind where it stood then, since the store was rolled back.
 * Published meanwhile, the window would take back what readers have seen, under a revision that may well be higher,
 * since other partitions went on. Windows of which nothing is missing need not wait.
 */
bool published_is_ahead(const struct published_window *entry, const struct published_part now[], uint32_t count);

/* Whether a state that gave the window records was deliberately rebuilt: its records are not those that were published,
 * and revisions of the two cannot be compared. Partitions that came later change nothing. */
bool published_is_rebuilt(const struct published_window *entry, const struct published_part now[], uint32_t count);

/* Whether one of those rebuilt states has not been read as far yet as the one before: the window would seem to shrink.
 * Offsets of a log that was made anew are other offsets; then it is so until they have passed. */
bool published_is_regaining(const struct published_window *entry, const struct published_part now[], uint32_t count);

#endif
