/* What is not mapped, once a kind with a count. Bounded: kinds beyond the last are counted as one. Private. */
#ifndef GENTALLY_UNMAPPED_H
#define GENTALLY_UNMAPPED_H

#include "gentally/base/base.h"

#define REMARKS_MAX 64
#define REMARK_WORD_MAX 48 /* bytes of a word that is shown */

enum remark_kind {
    REMARK_FIELD,
    REMARK_FINISH,
    REMARK_FINISH_TEXT,
    REMARK_PROVIDER_TEXT,
    REMARK_KIND,
    REMARK_NO_INFERENCE,
    REMARK_CHILD,
    REMARK_UNFINISHED,
    REMARK_ACCOUNT,
    REMARK_TOTAL,
    REMARK_BUCKET,
    REMARK_BUCKETS,
    REMARK_SAMPLED,
    REMARK_MORE,
    REMARK_KINDS
};

struct remark {
    enum remark_kind kind;
    uint64_t count;
    char word[REMARK_WORD_MAX + 1];
};

struct remarks {
    size_t count;
    struct remark list[REMARKS_MAX + 1]; /* the last is for all that had no room */
};

/* Counts one of a kind. A `word` that is no name (letters, digits, '_', '.', at most REMARK_WORD_MAX bytes) is not
 * shown, since it may be anything. */
void remark_count(struct remarks *remarks, enum remark_kind kind, struct span word);

const char *remark_text(enum remark_kind kind);

#endif
