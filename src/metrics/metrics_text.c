/* Both formats differ by a few words alone: the name in a counter's TYPE, infos, units, and the end. */
#include "metrics_text.h"

#include "families.h"

static void print_head(FILE *file, const struct family *family, enum metrics_format format)
{
    static const char *const kinds[] = {[FAMILY_GAUGE] = "gauge",
                                        [FAMILY_COUNTER] = "counter",
                                        [FAMILY_HISTOGRAM] = "histogram",
                                        [FAMILY_INFO] = "info"};
    bool is_open = format == METRICS_OPEN;
    const char *suffix = is_open ? "" : family_suffix(family->kind);

    fprintf(file, "# TYPE %s%s %s\n", family->name, suffix,
            !is_open && family->kind == FAMILY_INFO ? "gauge" : kinds[family->kind]);
    if (is_open && family->unit[0] != '\0')
        fprintf(file, "# UNIT %s %s\n", family->name, family->unit);
    fprintf(file, "# HELP %s%s %s\n", family->name, suffix, family->help);
}

void metrics_print(FILE *file, const struct metrics *metrics, enum metrics_format format)
{
    for (size_t at = 0; at < family_count; at++) {
        print_head(file, &families[at], format);
        families[at].print(file, &families[at], metrics);
    }
    if (format == METRICS_OPEN)
        fputs("# EOF\n", file);
}

const char *metrics_type(enum metrics_format format)
{
    return format == METRICS_OPEN ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                  : "text/plain; version=0.0.4; charset=utf-8";
}
