/* Releases: when the models that a figure is about came out, as lines of its chart. */
#ifndef GENTALLY_RELEASES_H
#define GENTALLY_RELEASES_H

#include "gentally/core/catalog.h"
#include "spec.h"

#define RELEASES_MAX 5 /* of a figure */

/* Adds a line at the release of the models with the most tokens, of those that the specification is about and that came
 * out within the weeks that are drawn; only to figures that ask for it. */
void releases_add(const struct figure_spec *spec, struct dataset *dataset, const struct catalog *catalog,
                  struct figure *figure);

#endif
