/* The live report, `report --watch`: topics followed, the page served. */
#ifndef GENTALLY_REPORT_LIVE_H
#define GENTALLY_REPORT_LIVE_H

#include "gentally/base/endpoint.h"
#include "gentally/config/config.h"
#include "gentally/report/figures.h"

/* The rollups whose summaries a report reads. Only the first is needed; figures of the others say what is missing. */
#define REPORT_ROLLUPS "total", "model", "provider", "category", "tag", "geography", "language", "retention"

/* Where it is served, and to whom. */
struct report_place {
    struct endpoint endpoint;
    const char *host, *token; /* as in page_server_options; NULL: none */
};

/*
 * Reads the topics to their end, prints the address, and serves the page, figures and summaries until SIGTERM or
 * SIGINT: then GO_ON. HALT: REPORT-PORT, SOURCE-TOPIC-MISSING, SOURCE-DENIED, SUMMARY-UNREADABLE, NO-MEMORY; TRY_LATER:
 * SOURCE-UNREACHABLE.
 */
MUST_CHECK enum verdict report_live(const struct config *config, struct figures *figures,
                                    const struct report_place *place, struct reason *why);

#endif
