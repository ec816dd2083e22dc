/* What is wrong with a line that jansson does not take: said of what is in hand, not of where a parser stood. */
#ifndef GENTALLY_JSON_PROBLEM_H
#define GENTALLY_JSON_PROBLEM_H

#include "gentally/base/verdict.h"

/* SET_ASIDE with LINE-FIELD or LINE-NOT-JSON for a `line` that jansson refused with `code` (json_error_code()) at byte
 * `position`: the field, if its name can be shown, and the problem. Values may be private and are never quoted, but for
 * words like NaN. */
enum verdict json_problem(struct span line, int code, int position, struct reason *why);

/* True for a name of letters, digits, '_' and '-' alone, which no terminal is steered by. */
bool json_name_is_plain(struct span name);

#endif
