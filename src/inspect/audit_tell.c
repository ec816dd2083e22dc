/* Findings: numbers and versions become bounded texts here, and every violation is counted as it is told. */
#include "audit_tell.h"

#include <inttypes.h>
#include <stdio.h>

void audit_tell(struct audit *audit, enum audit_check check, const struct audit_place *place, const char *field,
                const char *expected, const char *found)
{
    struct finding finding = {.check = check, .place = *place};

    snprintf(finding.field, sizeof(finding.field), "%s", field);
    snprintf(finding.expected, sizeof(finding.expected), "%s", expected);
    snprintf(finding.found, sizeof(finding.found), "%s", found);
    audit->counts.violations++;
    audit->counts.by_check[check]++;
    audit->options.tell(audit->options.context, &finding);
}

void audit_tell_number(struct audit *audit, enum audit_check check, const struct audit_place *place, const char *field,
                       const char *word, int64_t expected, int64_t found)
{
    char wanted[192], number[24];

    snprintf(wanted, sizeof(wanted), "%.160s%" PRId64, word, expected);
    snprintf(number, sizeof(number), "%" PRId64, found);
    audit_tell(audit, check, place, field, wanted, number);
}

void audit_tell_version(struct audit *audit, enum audit_check check, const struct audit_place *place, const char *word,
                        struct row_version expected, struct row_version found)
{
    char wanted[160], text[160];

    snprintf(wanted, sizeof(wanted), "%s(%" PRId64 ", %" PRId64 ", %s)", word, expected.generation, expected.revision,
             pane_name(expected.pane));
    snprintf(text, sizeof(text), "(%" PRId64 ", %" PRId64 ", %s)", found.generation, found.revision,
             pane_name(found.pane));
    audit_tell(audit, check, place, "(generation, revision, pane)", wanted, text);
}
