/* Tags by category: what the tokens of a category are made of. */
#ifndef GENTALLY_TAGS_H
#define GENTALLY_TAGS_H

#include "spec.h"

figure_maker tags_make_first;       /* S22: six categories */
figure_maker tags_make_next;        /* S23: the six others */
figure_maker tags_make_of_category; /* S39 to S41: the category of the specification */

#endif
