/* The redrive of dead letters: their records go back to the input topic, each once for good. */
#ifndef GENTALLY_REDRIVE_H
#define GENTALLY_REDRIVE_H

#include "gentally/config/config.h"
#include "gentally/inspect/dead_letters.h"

struct letter_opener;

/* Counts of a redrive: of what it did, or in a dry run would do. */
struct redrive_counts {
    uint64_t letters;   /* that fit the filter */
    uint64_t sent;      /* records put on the input topic; in a dry run, those that would be */
    uint64_t before;    /* records that an earlier redrive had sent */
    uint64_t doubles;   /* further letters of a record met in this run */
    uint64_t omitted;   /* letters whose value was too large to be kept */
    uint64_t stripped;  /* letters that were not to keep key and value */
    uint64_t sealed;    /* letters that no key was given for, or not theirs, or in a form of another version */
    uint64_t torn;      /* sealed letters whose bytes or place were altered */
    uint64_t elsewhere; /* letters of another input topic */
    uint64_t foreign;   /* letters without the headers of ours */

    /* Letters that are not final (core/decider.h), and not sent. */
    uint64_t superseded; /* another owner decided the record */
    uint64_t undecided;  /* nobody has yet */
    uint64_t unsure;     /* nobody knows any more */
};

struct redrive_options {
    bool is_dry;                  /* nothing is written */
    bool is_unsure;               /* what nobody knows any more is sent too */
    struct letter_opener *opener; /* borrowed; NULL: what is sealed stays closed */
};

/*
 * Sends the records of the letters that fit back to where they came from: the same partition, key and value, each once
 * for good. The record and the note that it was sent (topic <namespace>.redrives) are one transaction, and a redrive
 * reads the notes only after it has fenced any other. A letter is sent only if it is final by what the store says:
 * written by the owner whose flush passed its record. Blocks. Verdicts of transaction_open(), transaction_commit(),
 * topic_read(), store_open() and store_deciders().
 */
MUST_CHECK enum verdict redrive(const struct config *config, const struct dead_letter_filter *filter,
                                struct redrive_options options, struct redrive_counts *counts, struct reason *why);

#endif
