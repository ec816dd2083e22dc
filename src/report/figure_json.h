/* A made figure as JSON: one object of the document's "figures". */
#ifndef GENTALLY_FIGURE_JSON_H
#define GENTALLY_FIGURE_JSON_H

#include "document.h"
#include "figure.h"

/* Appends the figure. `names` are those of its order. */
void figure_json_write(struct document *document, const struct figure *figure, const struct names *names);

#endif
