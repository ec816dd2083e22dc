/*
 * As of when: what a ledger record says of how far the log had been read when its window was told. Windows of its kind
 * that were told before it, and not since, have no news up to there, but for what came while its turn lasted, and but
 * for late revisions, which wait for their interval, and windows in trouble.
 */
#ifndef GENTALLY_AS_OF_H
#define GENTALLY_AS_OF_H

#include "gentally/core/summary.h"

struct as_of {
    struct window window;
    enum pane pane;
    int64_t told_ms;  /* the record's timestamp */
    int64_t event_ms; /* all events before it are in; NO_TIME: one that is waited for has had none yet */
    int64_t records;  /* that were read by then, whatever became of them */
    int64_t behind;   /* offsets that the logs went on by then; -1: that is not known of some partition */
};

/* Reads a ledger record that was written at `told_ms`. */
void as_of_read(struct as_of *as_of, const struct ledger *ledger, int64_t told_ms);

/* Writes an age as people say it: "8 s", "12 min", "3 h", "4 d". */
#define AS_OF_AGE_SIZE 32
void as_of_age_write(int64_t age_ms, char text[AS_OF_AGE_SIZE]);

#endif
