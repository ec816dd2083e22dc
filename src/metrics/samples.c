/* Samples are the same in both formats. */
#include "samples.h"

#include <inttypes.h>

#include "gentally/base/text.h"

const char *family_suffix(enum family_kind kind)
{
    return kind == FAMILY_COUNTER ? "_total" : kind == FAMILY_INFO ? "_info" : "";
}

/* A value that is no UTF-8 would cost the whole scrape. */
static void print_value(FILE *file, const char *value)
{
    bool is_sound = text_is_sound(span_of(value));

    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            fprintf(file, "\\%c", *value);
        else if (*value == '\n')
            fputs("\\n", file);
        else
            fputc((unsigned char)*value < ' ' || (!is_sound && (unsigned char)*value > '~') ? '?' : *value, file);
    }
}

static void print_labels(FILE *file, const struct metric_label labels[])
{
    const char *before = "{";

    for (; labels->name != NULL; labels++, before = ",") {
        fprintf(file, "%s%s=\"", before, labels->name);
        print_value(file, labels->value);
        fputc('"', file);
    }
    if (*before == ',')
        fputc('}', file);
}

static void print_sample(FILE *file, const struct family *family, const struct metric_label labels[])
{
    fprintf(file, "%s%s", family->name, family_suffix(family->kind));
    print_labels(file, labels);
    fputc(' ', file);
}

void print_number(FILE *file, const struct family *family, const struct metric_label labels[], int64_t value)
{
    if (value == METRIC_UNKNOWN)
        return;
    print_sample(file, family, labels);
    fprintf(file, "%" PRId64 "\n", value);
}

/* A number of `parts` of one, as many digits behind the point as `parts` has zeros. */
static void print_parts(FILE *file, int64_t value, int64_t parts, int digits)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    fprintf(file, "%s%" PRIu64 ".%0*" PRIu64, value < 0 ? "-" : "", size / (uint64_t)parts, digits,
            size % (uint64_t)parts);
}

void print_ms(FILE *file, const struct family *family, const struct metric_label labels[], int64_t ms)
{
    if (ms == METRIC_UNKNOWN)
        return;
    print_sample(file, family, labels);
    print_parts(file, ms, 1000, 3);
    fputc('\n', file);
}

void print_us(FILE *file, const struct family *family, const struct metric_label labels[], int64_t us)
{
    if (us == METRIC_UNKNOWN)
        return;
    print_sample(file, family, labels);
    print_parts(file, us, 1000000, 6);
    fputc('\n', file);
}

void print_durations(FILE *file, const struct family *family, const struct durations *durations)
{
    uint64_t count = 0;

    for (size_t at = 0; at < DURATION_BOUNDS; at++) {
        count += durations->counts[at];
        fprintf(file, "%s_bucket{le=\"%.10g\"} %" PRIu64 "\n", family->name, (double)duration_bounds_us[at] / 1e6,
                count);
    }
    count += durations->counts[DURATION_BOUNDS];
    fprintf(file, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", family->name, count, family->name);
    print_parts(file, durations->sum_us, 1000000, 6);
    fprintf(file, "\n%s_count %" PRIu64 "\n", family->name, count);
}
