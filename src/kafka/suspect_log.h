/* What is wrong with a log that is not as it was left. Private to this room. */
#ifndef GENTALLY_SUSPECT_LOG_H
#define GENTALLY_SUSPECT_LOG_H

#include "gentally/base/log.h"
#include "position.h"

struct config;

/* The log of a partition: of which its first and its next offset were asked for. */
struct suspect_log {
    const struct config *config;
    struct logger *logger;
    const char *topic;
    int32_t partition;
    int64_t begin, end;
};

/* Judges the log by what made the position wait. GO_ON: it can be read on at the position, of which the anchor may have
 * been forgotten, or offsets noted as lost. Blocks up to 10 s. Verdicts of source_check_log(). */
MUST_CHECK enum verdict suspect_log_check(const struct suspect_log *log, struct position *position, struct reason *why);

#endif
