/* `report --watch`: the topics followed, the page served. What it shares with `report` itself is here too. */
#ifndef GENTALLY_REPORT_LIVE_H
#define GENTALLY_REPORT_LIVE_H

#include <stdio.h>

#include "gentally/config/config.h"
#include "gentally/report/figures.h"

/* The rollups that figures are of; only the first is needed, the others say what is missing. */
#define REPORT_ROLLUPS "total", "model", "provider", "category", "tag", "geography", "language", "retention"

/* Writes the page around a document; `revision` > 0: as one that is served live. Defined in report.c. HALT:
 * REPORT-NOT-BUILT, OUTPUT-FAILED. */
MUST_CHECK enum verdict report_page(FILE *file, struct span json, uint64_t revision, struct reason *why);

/*
 * Reads the topics to their end, prints the address, and serves the page until SIGTERM or SIGINT: then GO_ON. HALT:
 * REPORT-PORT, SOURCE-TOPIC-MISSING, SOURCE-DENIED, SUMMARY-UNREADABLE, NO-MEMORY; TRY_LATER: SOURCE-UNREACHABLE.
 */
MUST_CHECK enum verdict report_live(const struct config *config, struct figures *figures, uint16_t port,
                                    struct reason *why);

#endif
