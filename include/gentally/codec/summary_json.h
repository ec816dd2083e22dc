/*
 * Summaries as JSON: the record of schemas/summary.avsc for readers without Avro and without a registry. One object
 * with the schema's field names; numbers are integers, times are in ms, nulls are left out; histograms are arrays of
 * {"at_least", "requests"}, empty ones too. Pure.
 */
#ifndef GENTALLY_SUMMARY_JSON_H
#define GENTALLY_SUMMARY_JSON_H

#include "gentally/base/verdict.h"
#include "gentally/codec/summary_read.h"

/* The most bytes of any summary that decode_summary() can give. */
#define SUMMARY_JSON_MAX 262144

/* Writes a summary that is no tombstone, without a newline or NUL. `accounts` < 0 means null. `text` has room for
 * SUMMARY_JSON_MAX. The bytes depend on the contents alone. No allocation. Returns the size. */
size_t summary_json_write(const struct summary *summary, int64_t accounts, char *text);

/* Reads what summary_json_write() wrote, and nothing else: another layout, order or number is refused. decode_summary()
 * calls it for a value that begins with '{'. Allocates while it reads. SET_ASIDE: SUMMARY-UNREADABLE. */
MUST_CHECK enum verdict summary_json_read(struct span json, struct summary_read *read, struct reason *why);

#endif
