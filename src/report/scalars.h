/* The study's scalars: the numbers it claims in prose, C01 to C08. */
#ifndef GENTALLY_SCALARS_H
#define GENTALLY_SCALARS_H

#include "dataset.h"
#include "document.h"

/* Appends the key "scalars" with its array of objects. */
void scalars_write(struct document *document, struct dataset *dataset);

#endif
