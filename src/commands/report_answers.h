/* What `report --watch` answers beside the page, for programs: figures, and summaries as `gentally summaries` prints
 * them. */
#ifndef GENTALLY_REPORT_ANSWERS_H
#define GENTALLY_REPORT_ANSWERS_H

#include "gentally/config/config.h"
#include "gentally/http/http_server.h"
#include "gentally/report/figures.h"

struct report_answers;

/* Opens the answers of a report: `config` and `figures` are borrowed until close. HALT: NO-MEMORY. */
MUST_CHECK enum verdict report_answers_open(struct report_answers **answers, const struct config *config,
                                            const struct figures *figures, struct reason *why);
void report_answers_close(struct report_answers *answers);

/* Takes a record of a summary topic that figures took, too; keeps what they let go. HALT: NO-MEMORY. */
MUST_CHECK enum verdict report_answers_take(struct report_answers *answers, const struct record *record,
                                            struct reason *why);

/* Answers GET /figures, /figures/ID.json, /figures/ID.csv, /embed/ID and /summaries?rollup=R&window=W...; the status
 * stays as it is for other paths. `context` is the answers. */
void report_answers_give(void *context, const struct http_request *request, struct http_answer *answer);

#endif
