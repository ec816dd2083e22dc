/* Summaries as CSV, a row each; as JSON: codec/summary_json.h. Pure; no allocation. */
#ifndef GENTALLY_SUMMARY_TEXT_H
#define GENTALLY_SUMMARY_TEXT_H

#include "gentally/core/summary.h"

/* The most bytes of any summary that decode_summary() can give. */
#define SUMMARY_TEXT_MAX 65536

/* Writes the header of the CSV: every field but the buckets of histograms. Lines end in LF, which every tool reads,
 * where RFC 4180 has CRLF. Returns the size. */
size_t summary_csv_header_write(char *text);

/* Writes a summary that is no tombstone as one CSV row: times as ISO 8601, nulls as empty fields. `accounts` < 0 means
 * null. Returns the size. */
size_t summary_csv_write(const struct summary *summary, int64_t accounts, char *text);

#endif
