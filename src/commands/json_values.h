/*
 * JSON values from an input: one a line; or, if the input begins with an array or with an object over several lines,
 * the array's elements and the objects, wherever their lines end. So `jq .` and `jq -c .`, dumps and answers of an API
 * are all fine.
 */
#ifndef GENTALLY_JSON_VALUES_H
#define GENTALLY_JSON_VALUES_H

#include "input.h"

struct json_values {
    struct input *input; /* borrowed */
    enum { VALUES_UNSEEN, VALUES_OF_LINES, VALUES_OF_TEXT } form;
    int64_t number; /* of the last value: its line, or how many there were */
};

/* The next value that is not blank, borrowed until the next call, which nobody has looked at but for its brackets.
 * GO_ON with an absent span: the input has ended. HALT: INPUT-FAILED, NO-MEMORY; LINE-TOO-LONG (over INPUT_LINE_MAX);
 * LINE-NOT-JSON, if the input is no JSON from its first line on. */
MUST_CHECK enum verdict json_values_next(struct json_values *values, struct span *value, struct reason *why);

/* What `number` counts: "line" or "record". */
const char *json_values_unit(const struct json_values *values);

#endif
