/* Maps of price and usage, and the examples from their quarters. */
#ifndef GENTALLY_MAPS_H
#define GENTALLY_MAPS_H

#include "spec.h"

figure_maker maps_make_by_category; /* S35 */
figure_maker maps_make_by_source;   /* S36 */
figure_maker maps_make_by_author;   /* S37 */
figure_maker maps_make_segments;    /* S38 */

#endif
