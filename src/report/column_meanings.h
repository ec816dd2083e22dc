/* The data dictionary: what the values of a figure's columns are. */
#ifndef GENTALLY_COLUMN_MEANINGS_H
#define GENTALLY_COLUMN_MEANINGS_H

/* What stands in a column of this name, a sentence without its full stop; NULL: no figure has such a column. Static. */
const char *column_meaning(const char *name);

#endif
