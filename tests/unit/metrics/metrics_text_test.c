/* The text of a snapshot: both formats, hostile label values, numbers at their ends, and the page that lists it all. */
#include "metrics_text.h"

#include "families.h"
#include "suite.h"

#define PAGE GENTALLY_ROOT "/runbooks/metrics.md"

static char *print(const struct metrics *metrics, enum metrics_format format)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    metrics_print(file, metrics, format);
    fclose(file);
    CU_ASSERT_EQUAL(strlen(text), size);
    return text;
}

/* A snapshot without anything, to be freed. */
static struct metrics *nothing(void)
{
    struct metrics *metrics = malloc(sizeof(*metrics));

    CU_ASSERT_PTR_NOT_NULL_FATAL(metrics);
    memset(metrics, 0x5a, sizeof(*metrics));
    metrics_clear(metrics);
    return metrics;
}

static bool has_line(const char *text, const char *line)
{
    size_t size = strlen(line);

    for (const char *at = strstr(text, line); at != NULL; at = strstr(at + 1, line))
        if ((at == text || at[-1] == '\n') && at[size] == '\n')
            return true;
    printf("lacks: %s\n", line);
    return false;
}

static void what_is_not_known_is_left_out(void)
{
    struct metrics *metrics = nothing();
    char *text = print(metrics, METRICS_OPEN);

    CU_ASSERT_TRUE(has_line(text, "# TYPE gentally_records counter"));
    CU_ASSERT_TRUE(has_line(text, "gentally_records_total{outcome=\"counted\"} 0"));
    CU_ASSERT_TRUE(has_line(text, "gentally_dead_letters_total{reason=\"DECODE-UTF8\"} 0"));
    CU_ASSERT_TRUE(has_line(text, "gentally_joined 0"));
    CU_ASSERT_TRUE(has_line(text, "gentally_flush_duration_seconds_bucket{le=\"+Inf\"} 0"));
    CU_ASSERT_PTR_NULL(strstr(text, "\ngentally_redis_memory_used_bytes "));
    CU_ASSERT_PTR_NULL(strstr(text, "\ngentally_snapshot_timestamp_seconds "));
    CU_ASSERT_PTR_NULL(strstr(text, "\ngentally_partition_"));
    CU_ASSERT_STRING_EQUAL(text + strlen(text) - 6, "# EOF\n");
    free(text);
    free(metrics);
}

static void numbers_are_in_base_units(void)
{
    struct metrics *metrics = nothing();

    metrics->now_ms = 1735689600123;
    metrics->store_round_trip_us = 57;
    metrics->store_bytes = INT64_MAX;
    metrics->record_bytes = 12345678901;
    metrics->closer.oldest_ms[WINDOW_DAY] = -1;
    metrics->closer.models[MODELS_UNKNOWN] = 5;
    metrics->registry[REGISTRY_SILENT] = 6;
    metrics->dead_letters[NO_MEMORY] = 2; /* no reason of a record: told if it comes */
    durations_note(&metrics->flush.durations, 2400);
    durations_note(&metrics->flush.durations, 61000000);
    metrics->partition_count = 2;
    metrics->partitions[0] = (struct partition_metrics){.number = 1023,
                                                        .lag_records = 7,
                                                        .last_record_ms = 1735689600000,
                                                        .watermark_ms = METRIC_UNKNOWN,
                                                        .stopped = SOURCE_GAP};
    metrics->partitions[1] = (struct partition_metrics){.number = 0, .last_record_ms = 1, .is_idle = true};
    char *text = print(metrics, METRICS_OPEN);
    CU_ASSERT_TRUE(has_line(text, "gentally_snapshot_timestamp_seconds 1735689600.123"));
    CU_ASSERT_TRUE(has_line(text, "gentally_redis_round_trip_seconds 0.000057"));
    CU_ASSERT_TRUE(has_line(text, "gentally_redis_memory_used_bytes 9223372036854775807"));
    CU_ASSERT_TRUE(has_line(text, "# UNIT gentally_record_bytes bytes"));
    CU_ASSERT_TRUE(has_line(text, "gentally_record_bytes_total 12345678901"));
    CU_ASSERT_TRUE(has_line(text, "gentally_closer_oldest_open_window_timestamp_seconds{window=\"day\"} -0.001"));
    CU_ASSERT_TRUE(has_line(text, "gentally_dead_letters_total{reason=\"NO-MEMORY\"} 2"));
    CU_ASSERT_TRUE(has_line(text, "gentally_closer_model_rows_total{catalog=\"known\"} 0"));
    CU_ASSERT_TRUE(has_line(text, "gentally_closer_model_rows_total{catalog=\"unknown\"} 5"));
    CU_ASSERT_TRUE(has_line(text, "gentally_registry_requests_total{outcome=\"silent\"} 6"));
    CU_ASSERT_TRUE(has_line(text, "gentally_flush_duration_seconds_bucket{le=\"0.001\"} 0"));
    CU_ASSERT_TRUE(has_line(text, "gentally_flush_duration_seconds_bucket{le=\"0.0025\"} 1"));
    CU_ASSERT_TRUE(has_line(text, "gentally_flush_duration_seconds_bucket{le=\"60\"} 1"));
    CU_ASSERT_TRUE(has_line(text, "gentally_flush_duration_seconds_bucket{le=\"+Inf\"} 2"));
    CU_ASSERT_TRUE(has_line(text, "gentally_flush_duration_seconds_sum 61.002400"));
    CU_ASSERT_TRUE(has_line(text, "gentally_flush_duration_seconds_count 2"));
    CU_ASSERT_TRUE(has_line(text, "gentally_partition_lag_records{partition=\"1023\"} 7"));
    CU_ASSERT_TRUE(has_line(text, "gentally_partition_lag_seconds{partition=\"1023\"} 0.123"));
    CU_ASSERT_TRUE(has_line(text, "gentally_partition_lag_seconds{partition=\"0\"} 0.000"));
    CU_ASSERT_TRUE(has_line(text, "gentally_partition_stopped{partition=\"1023\",reason=\"SOURCE-GAP\"} 1"));
    CU_ASSERT_PTR_NULL(strstr(text, "gentally_partition_stopped{partition=\"0\""));
    CU_ASSERT_PTR_NULL(strstr(text, "gentally_partition_watermark_timestamp_seconds{partition=\"1023\""));
    free(text);
    free(metrics);
}

/* A record of a clock that is ahead is not late. */
static void lag_in_seconds_is_never_negative_nor_guessed(void)
{
    struct metrics *metrics = nothing();

    metrics->now_ms = 1000;
    metrics->partition_count = 3;
    metrics->partitions[0] = (struct partition_metrics){.number = 0, .lag_records = 7, .last_record_ms = 5000};
    metrics->partitions[1] =
        (struct partition_metrics){.number = 1, .lag_records = 7, .last_record_ms = METRIC_UNKNOWN};
    metrics->partitions[2] =
        (struct partition_metrics){.number = 2, .lag_records = METRIC_UNKNOWN, .last_record_ms = 1};
    char *text = print(metrics, METRICS_OPEN);
    CU_ASSERT_TRUE(has_line(text, "gentally_partition_lag_seconds{partition=\"0\"} 0.000"));
    CU_ASSERT_PTR_NULL(strstr(text, "gentally_partition_lag_seconds{partition=\"1\"}"));
    CU_ASSERT_PTR_NULL(strstr(text, "gentally_partition_lag_seconds{partition=\"2\"}"));
    free(text);
    free(metrics);
}

static void hostile_values_stay_within_their_quotes(void)
{
    static const struct {
        const char *value, *line;
    } rows[] = {
        {"a\"} 1\nx 2", "gentally_build_info{version=\"a\\\"} 1\\nx 2\"} 1"},
        {"a\\", "gentally_build_info{version=\"a\\\\\"} 1"},
        {"\r\t\x7f", "gentally_build_info{version=\"??\x7f\"} 1"},
        {"\xc3\xa4", "gentally_build_info{version=\"\xc3\xa4\"} 1"},
        {"\xc3(\xff", "gentally_build_info{version=\"?(?\"} 1"},
        {"", "gentally_build_info{version=\"\"} 1"},
    };

    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        struct metrics *metrics = nothing();
        metrics->version = rows[at].value;
        char *text = print(metrics, METRICS_OPEN);
        CU_ASSERT_TRUE(has_line(text, rows[at].line));
        free(text);
        free(metrics);
    }
}

static void the_older_format_has_its_own_words(void)
{
    struct metrics *metrics = nothing();
    char *text = print(metrics, METRICS_TEXT);

    CU_ASSERT_TRUE(has_line(text, "# TYPE gentally_records_total counter"));
    CU_ASSERT_TRUE(has_line(text, "# TYPE gentally_build_info gauge"));
    CU_ASSERT_TRUE(has_line(text, "# TYPE gentally_flush_duration_seconds histogram"));
    CU_ASSERT_PTR_NULL(strstr(text, "# UNIT"));
    CU_ASSERT_PTR_NULL(strstr(text, "# EOF"));
    CU_ASSERT_STRING_EQUAL(metrics_type(METRICS_TEXT), "text/plain; version=0.0.4; charset=utf-8");
    CU_ASSERT_STRING_EQUAL(metrics_type(METRICS_OPEN), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    free(text);
    free(metrics);
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static void names_follow_the_conventions(void)
{
    for (size_t at = 0; at < family_count; at++) {
        const struct family *family = &families[at];
        bool is_good = strncmp(family->name, "gentally_", 9) == 0 &&
                       strspn(family->name, "abcdefghijklmnopqrstuvwxyz_") == strlen(family->name) &&
                       (family->unit[0] == '\0' || ends_with(family->name, family->unit)) &&
                       !ends_with(family->name, "_total") && !ends_with(family->name, "_info") &&
                       strpbrk(family->help, "\\\n|") == NULL && ends_with(family->help, ".");
        for (size_t other = 0; other < at; other++)
            is_good = is_good && strcmp(families[other].name, family->name) != 0;
        if (!is_good)
            printf("%s\n", family->name);
        CU_ASSERT_TRUE(is_good);
    }
}

/* Each family has its row, in the order of a scrape, and there are no others. */
static void the_page_lists_the_families(void)
{
    static const char *const kinds[] = {"gauge", "counter", "histogram", "info"};
    char line[4096], want[256];
    FILE *page = fopen(PAGE, "r");
    size_t row = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(page);
    while (fgets(line, sizeof(line), page) != NULL) {
        if (strncmp(line, "| `gentally_", 12) != 0)
            continue;
        if (row < family_count) {
            const struct family *family = &families[row];
            snprintf(want, sizeof(want), "| `%s` | %s | %s | ", family->name, kinds[family->kind], family->unit);
            char help[512];
            snprintf(help, sizeof(help), " | %s |\n", family->help);
            bool is_equal = strncmp(line, want, strlen(want)) == 0 && ends_with(line, help);
            if (!is_equal)
                printf("runbooks/metrics.md: want %s...%sgot  %s", want, help, line);
            CU_ASSERT_TRUE(is_equal);
        }
        row++;
    }
    fclose(page);
    CU_ASSERT_EQUAL(row, family_count);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what_is_not_known_is_left_out", what_is_not_known_is_left_out},
        {"numbers_are_in_base_units", numbers_are_in_base_units},
        {"lag_in_seconds_is_never_negative_nor_guessed", lag_in_seconds_is_never_negative_nor_guessed},
        {"hostile_values_stay_within_their_quotes", hostile_values_stay_within_their_quotes},
        {"the_older_format_has_its_own_words", the_older_format_has_its_own_words},
        {"names_follow_the_conventions", names_follow_the_conventions},
        {"the_page_lists_the_families", the_page_lists_the_families},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
