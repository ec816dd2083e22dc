/* Tells the violations of an audit: counts each and hands it to the teller of the options. */
#ifndef GENTALLY_AUDIT_TELL_H
#define GENTALLY_AUDIT_TELL_H

#include "audit_state.h"

/* Tells a violation in which two texts differ. */
void audit_tell(struct audit *audit, enum audit_check check, const struct audit_place *place, const char *field,
                const char *expected, const char *found);

/* Tells a violation in which two numbers differ. `word` stands before the expected one: "at least ". */
void audit_tell_number(struct audit *audit, enum audit_check check, const struct audit_place *place, const char *field,
                       const char *word, int64_t expected, int64_t found);

/* Tells a violation in which two versions differ. `word` stands before the expected one: "newer than ". */
void audit_tell_version(struct audit *audit, enum audit_check check, const struct audit_place *place, const char *word,
                        struct row_version expected, struct row_version found);

#endif
