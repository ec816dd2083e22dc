/* A made figure as JSON: one object of the document's "figures". */
#ifndef GENTALLY_FIGURE_JSON_H
#define GENTALLY_FIGURE_JSON_H

#include "document.h"
#include "figure.h"
#include "remarks.h"

/* Appends the figure. `names` are those of its order; `remarks` have what is published of it. */
void figure_json_write(struct document *document, const struct figure *figure, const struct names *names,
                       const struct remarks *remarks);

#endif
