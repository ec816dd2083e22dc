/*
 * Writes foreign texts as cells of CSV that no spreadsheet runs and no terminal is steered by, and that programs read
 * back exactly. (CSV is read by csv.h.) Pure; no allocation.
 *
 * A spreadsheet takes a cell for a formula that begins with = + - or @, in quotation marks too; where it splits at
 * semicolons, so does what follows one. Hence, after OWASP's "CSV Injection":
 *
 *   1. control characters, '%' and ';' are written as the hexadecimal bytes %XX of their UTF-8;
 *   2. a cell that then begins with = + - @, their full-width forms, or ', gets one ' in front.
 *
 * So whoever wants the text takes one ' off the front, if there is one, and decodes %XX. Nearly all texts are as they
 * were.
 */
#ifndef GENTALLY_CSV_TEXT_H
#define GENTALLY_CSV_TEXT_H

#include "gentally/base/base.h"

/* The most bytes that csv_text() writes for a text of `size` bytes. */
#define CSV_TEXT_MAX(size) (3 * (size) + 3)

/* Writes a cell, in quotation marks where RFC 4180 needs them or if `is_quoted`. Returns its end. */
char *csv_text(char *target, struct span text, bool is_quoted);

#endif
