/* Summary -> text, for readers without Avro: one JSON object, or one CSV row. Pure; no allocation. */
#ifndef GENTALLY_SUMMARY_TEXT_H
#define GENTALLY_SUMMARY_TEXT_H

#include "gentally/core/summary.h"

/* Room for any summary that decode_summary() can give. */
#define SUMMARY_TEXT_MAX 262144

/*
 * Writes one JSON object and a newline: the schema's field names, integers, times in ms, nulls left out, histograms as
 * arrays of {"floor", "count"}, empty ones too. `accounts` < 0 = null. Returns the size.
 */
size_t summary_json_write(const struct summary *summary, int64_t accounts, char *text);

/* Writes the header of the rows below: every field but the histograms. Ends with a newline, as RFC 4180 rows do with
 * CRLF; ours is the bare one that every tool reads. Returns the size. */
size_t summary_csv_header_write(char *text);

/* Writes one CSV row: times as ISO 8601, nulls as empty fields. Returns the size. */
size_t summary_csv_write(const struct summary *summary, int64_t accounts, char *text);

#endif
