/* Dead letters of one account, written again without what they hold. */
#ifndef GENTALLY_ERASE_LETTERS_H
#define GENTALLY_ERASE_LETTERS_H

#include "gentally/config/config.h"

struct letter_opener;

struct letters_order {
    const struct config *config;
    struct span account;          /* as producers write it */
    const char *name;             /* its pseudonym */
    struct letter_opener *opener; /* borrowed; NULL: what is sealed is not looked into */
    bool is_dry;
};

struct letters_counts {
    uint64_t found;  /* letters that hold the account */
    uint64_t others; /* letters before them in their partitions, that are written again as they are */
    uint64_t sealed; /* letters that could not be looked into */
};

/*
 * Writes each letter that holds the account's bytes anywhere again as one of dead_letters_keep = headers, and those
 * before it in its partition as they are, with their times; then deletes the records before, since Kafka deletes from
 * the front alone. Each says of which one it is a copy, so that a run that was killed is taken up. Blocks. Verdicts of
 * topic_read(), transaction_open(), transaction_commit() and topic_cut(); a topic that is not there has no letters.
 */
MUST_CHECK enum verdict erase_letters(const struct letters_order *order, struct letters_counts *counts,
                                      struct reason *why);

#endif
