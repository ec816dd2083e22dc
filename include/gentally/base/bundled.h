/* Files that the build embeds, so that one binary is enough. A NUL follows each, beyond its `size`. */
#ifndef GENTALLY_BUNDLED_H
#define GENTALLY_BUNDLED_H

#include "gentally/base/base.h"

extern const struct span bundled_generation_1_avsc; /* what writers of before have, under id 1 */
extern const struct span bundled_generation_avsc, bundled_summary_avsc, bundled_ledger_avsc, bundled_signal_avsc;
extern const struct span bundled_catalog_csv, bundled_taxonomy_csv, bundled_countries_csv;
extern const struct span bundled_store_lua;
extern const struct span bundled_study_remarks_csv, bundled_recount_sql;
extern const struct span bundled_reasons_md;

/* The page of `gentally report`, NUL-terminated; the empty text in a build without the page. */
extern const char bundled_report_page[];

#endif
