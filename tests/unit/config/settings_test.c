/* Settings: written and read back, compared, taken over. */
#include <stdio.h>

#include "config_defaults.h"
#include "config_derive.h"
#include "gentally/config/settings_text.h"
#include "suite.h"

static struct config config;

static struct settings settings_told_by(const char *rollups, const char *windows)
{
    struct settings settings;
    struct reason why;

    config_defaults(&config);
    CU_ASSERT_EQUAL_FATAL(rollups_parse(rollups, &config.rollups, &why), GO_ON);
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        config.windows[kind] = strstr(windows, window_kind_name(kind)) != NULL;
        config.kept_ms[kind] = DAY_MS * (kind + 1);
    }
    settings_of_config(&settings, &config);
    snprintf(settings.version, sizeof(settings.version), "0123456789abcdef");
    snprintf(settings.cluster, sizeof(settings.cluster), "here");
    settings.partitions = 3;
    return settings;
}

static struct settings some(void)
{
    return settings_told_by("total=,model=model,place=country", "hour day");
}

/* The differences that were told, in one text. */
struct told {
    int by_setup, never;
    char text[4096];
};

static void note(void *context, enum settings_step step, const char *text)
{
    struct told *told = context;
    size_t size = strlen(told->text);

    *(step == SETTINGS_NEVER ? &told->never : &told->by_setup) += 1;
    snprintf(told->text + size, sizeof(told->text) - size, "%s\n", text);
}

static struct told compare(const struct settings *kept, const struct settings *is, bool is_fresh)
{
    struct told told = {.text = ""};

    settings_compare(kept, is, is_fresh, note, &told);
    return told;
}

static void what_is_written_is_read_back(void)
{
    struct settings_field fields[SETTINGS_FIELDS_MAX], copies[SETTINGS_FIELDS_MAX];
    struct settings settings = some(), read = {.version = ""}, again = {.version = ""};

    settings.windows[WINDOW_DAY].since_ms = -5;
    settings.rollups[1].is_on = false;
    settings.rollups[2].since_ms = INT64_C(1763337600000);
    settings.has_amended = true;
    settings.ids_keep = KEEP_LAST;
    settings.retention = RETENTION_ENDED;
    settings.schema_ids = (struct schema_ids){7, INT32_MAX, 9};
    memset(settings.leave_out, 'x', sizeof(settings.leave_out) - 1); /* as long as it may be */
    snprintf(settings.pending, sizeof(settings.pending), "setup");
    uint32_t count = settings_write(&settings, fields);
    for (uint32_t i = 0; i < count; i++) {
        CU_ASSERT_TRUE(settings_read(&read, span_of(fields[i].name), span_of(fields[i].value)));
        CU_ASSERT_TRUE(
            settings_read(&again, span_of(fields[count - 1 - i].name), span_of(fields[count - 1 - i].value)));
    }
    CU_ASSERT_EQUAL(settings_write(&read, copies), count);
    for (uint32_t i = 0; i < count; i++) {
        CU_ASSERT_STRING_EQUAL(copies[i].name, fields[i].name);
        CU_ASSERT_STRING_EQUAL(copies[i].value, fields[i].value);
    }
    CU_ASSERT_STRING_EQUAL(read.pending, "setup");
    CU_ASSERT_STRING_EQUAL(read.version, settings.version);
    CU_ASSERT_EQUAL(read.windows[WINDOW_DAY].since_ms, -5);
    CU_ASSERT_EQUAL(read.windows[WINDOW_WEEK].since_ms, NO_TIME);
    CU_ASSERT_FALSE(settings_rollup(&read, "model")->is_on);
    CU_ASSERT_EQUAL(settings_rollup(&again, "place")->since_ms, INT64_C(1763337600000));
    CU_ASSERT_TRUE(read.has_amended);
    CU_ASSERT_STRING_EQUAL(read.leave_out, settings.leave_out);
    CU_ASSERT_EQUAL(read.ids_keep, KEEP_LAST);
    CU_ASSERT_EQUAL(read.retention, RETENTION_ENDED);
    CU_ASSERT_EQUAL(read.partitions, 3);
    CU_ASSERT_TRUE(schema_ids_equal(&read.schema_ids, &settings.schema_ids));
}

static void what_is_not_written_is_not_read(void)
{
    static const char *const pairs[][2] = {
        {"unknown", "1"},          {"", ""},
        {"partitions", "-1"},      {"partitions", "1025"},
        {"partitions", "3 "},      {"ids", "perhaps"},
        {"retention", ""},         {"amended", "1"},
        {"window:hour", "on"},     {"window:hour", "on - x"},
        {"window:year", "on - 1"}, {"window:hour", "yes - 1"},
        {"rollup:a", "on -"},      {"rollup:a", "on - nothing"},
        {"rollup:A", "on - "},     {"rollup:total", "on - model"},
        {"rollup:a", "on - x,b="}, {"pending", "something long"},
        {"schema:summary", "-1"},  {"schema:other", "1"},
        {"schema:ledger", ""},     {"schema:signal", "2147483648"},
        {"ids_kept_ms", "9e9"},    {"version", "0123456789abcdef0123456789abcdef0"},
    };

    for (size_t i = 0; i < LENGTH_OF(pairs); i++) {
        struct settings settings = {.version = ""};
        CU_ASSERT_FALSE(settings_read(&settings, span_of(pairs[i][0]), span_of(pairs[i][1])));
    }
}

static void who_counts_alike_goes_on(void)
{
    struct settings left = some(), right = left;

    snprintf(right.version, sizeof(right.version), "another");
    right.partitions = 7;
    CU_ASSERT_TRUE(settings_are_alike(&left, &right));
    right.rollups[1] = left.rollups[2]; /* as a hash is read: in any order */
    right.rollups[2] = left.rollups[1];
    CU_ASSERT_TRUE(settings_are_alike(&left, &right));
    right.rollups[1].since_ms = 5;
    CU_ASSERT_FALSE(settings_are_alike(&left, &right));
    right = left;
    snprintf(right.pending, sizeof(right.pending), "setup");
    CU_ASSERT_FALSE(settings_are_alike(&left, &right));
    right = left;
    right.windows[WINDOW_WEEK].is_on = true;
    CU_ASSERT_FALSE(settings_are_alike(&left, &right));
}

static void nothing_differs_from_itself(void)
{
    struct settings settings = some();

    CU_ASSERT_EQUAL(compare(&settings, &settings, false).never + compare(&settings, &settings, false).by_setup, 0);
}

/* One change each, and what is to be done about it. */
static void change(struct settings *settings, int which)
{
    switch (which) {
    case 0:
        snprintf(settings->topic, sizeof(settings->topic), "other");
        break;
    case 1:
        snprintf(settings->cluster, sizeof(settings->cluster), "there");
        break;
    case 2:
        settings->partitions = 2;
        break;
    case 3:
        settings->partitions = 4;
        break;
    case 4:
        snprintf(settings->account_key, sizeof(settings->account_key), "digest");
        break;
    case 5:
        settings->rollups[2].rollup.dims[0] = DIM_LANGUAGE;
        break;
    case 6:
        settings->rollup_count = 2;
        break;
    case 7:
        settings->windows[WINDOW_WEEK].is_on = true;
        break;
    case 8:
        settings->windows[WINDOW_HOUR].is_on = false;
        break;
    case 9:
        settings->windows[WINDOW_DAY].kept_ms += DAY_MS;
        break;
    case 10:
        settings->ids = IDS_DEDUP;
        break;
    case 11:
        settings->out_of_orderness_ms += 1;
        break;
    case 12:
        snprintf(settings->group, sizeof(settings->group), "other");
        break;
    case 13:
        settings->retention = RETENTION_ON;
        break;
    case 14:
        settings->ids_keep = KEEP_LAST;
        break;
    case 15:
        settings->rows_max++;
        break;
    case 16:
        snprintf(settings->leave_out, sizeof(settings->leave_out), "app=probe");
        break;
    default:
        settings->rollups[settings->rollup_count++] = (struct rollup_setting){{.name = "new"}, true, NO_TIME};
    }
}

static void each_difference_is_told_with_what_follows(void)
{
    static const bool is_never[] = {true,  true,  true,  false, true,  true,  false, false, false,
                                    false, false, false, false, false, false, false, false, false};
    struct settings kept = some();
    struct reason why;

    for (int i = 0; i < (int)LENGTH_OF(is_never); i++) {
        struct settings told = kept;
        change(&told, i);
        struct told found = compare(&kept, &told, false);
        CU_ASSERT_EQUAL(found.never, is_never[i] ? 1 : 0);
        CU_ASSERT_EQUAL(found.by_setup, is_never[i] ? 0 : 1);
        CU_ASSERT_EQUAL(settings_check(&kept, &told, "ns", &why), HALT);
        CU_ASSERT_EQUAL(why.id, is_never[i] ? SETTINGS_REFUSED : SETTINGS_CHANGED);
        if (is_never[i])
            continue;
        struct settings taken = kept;
        settings_take(&taken, &told, INT64_C(1763000000000));
        CU_ASSERT_EQUAL(compare(&taken, &told, false).by_setup + compare(&taken, &told, false).never, 0);
    }
}

static void before_anything_was_counted_all_but_the_input_may_change(void)
{
    struct settings kept = some(), told = kept;

    change(&told, 4);
    change(&told, 5);
    CU_ASSERT_EQUAL(compare(&kept, &told, false).never, 2);
    CU_ASSERT_EQUAL(compare(&kept, &told, true).never, 0);
    change(&told, 0);
    CU_ASSERT_EQUAL(compare(&kept, &told, true).never, 1);
}

static void a_topic_may_not_grow_under_ids(void)
{
    struct settings kept = some(), told = kept;

    change(&told, 3);
    kept.ids = told.ids = IDS_AMEND;
    CU_ASSERT_EQUAL(compare(&kept, &told, false).never, 1);
    told.ids = IDS_OFF; /* at once is too soon: ids are remembered still */
    CU_ASSERT_EQUAL(compare(&kept, &told, false).never, 1);
}

static void what_is_new_begins_behind_what_was_counted(void)
{
    int64_t highest_ms = INT64_C(1763000000000);
    struct settings kept = some(),
                    told = settings_told_by("total=,model=model,place=country,tongue=language", "day week");

    settings_take(&kept, &told, highest_ms);
    CU_ASSERT_EQUAL(settings_rollup(&kept, "tongue")->since_ms, highest_ms + 1);
    CU_ASSERT_EQUAL(settings_rollup(&kept, "model")->since_ms, NO_TIME);
    CU_ASSERT_EQUAL(kept.windows[WINDOW_WEEK].since_ms, window_end(window_of(WINDOW_WEEK, highest_ms)));
    CU_ASSERT_EQUAL(kept.windows[WINDOW_DAY].since_ms, NO_TIME);
    CU_ASSERT_FALSE(kept.windows[WINDOW_HOUR].is_on);
    told.windows[WINDOW_HOUR].is_on = true;
    settings_take(&kept, &told, highest_ms + DAY_MS);
    CU_ASSERT_EQUAL(kept.windows[WINDOW_HOUR].since_ms, window_end(window_of(WINDOW_HOUR, highest_ms + DAY_MS)));
}

static void a_name_is_taken_for_good(void)
{
    struct settings kept = some(), told = settings_told_by("total=,model=model", "hour day");
    struct settings other = settings_told_by("total=,model=model,place=language", "hour day");

    settings_take(&kept, &told, 5);
    CU_ASSERT_FALSE(settings_rollup(&kept, "place")->is_on);
    CU_ASSERT_EQUAL(compare(&kept, &other, false).never, 1);
    told = some();
    settings_take(&kept, &told, 7);
    CU_ASSERT_TRUE(settings_rollup(&kept, "place")->is_on);
    CU_ASSERT_EQUAL(settings_rollup(&kept, "place")->since_ms, 8);
}

static void a_namespace_has_room_for_so_many_rollups(void)
{
    struct settings kept = some(), told = some();
    char name[ROLLUP_NAME_MAX];

    while (kept.rollup_count < ROLLUPS_MAX) {
        snprintf(name, sizeof(name), "old%u", kept.rollup_count);
        kept.rollups[kept.rollup_count] = (struct rollup_setting){.since_ms = NO_TIME};
        memcpy(kept.rollups[kept.rollup_count++].rollup.name, name, sizeof(name));
    }
    CU_ASSERT_EQUAL(compare(&kept, &told, false).never, 0);
    change(&told, 17);
    CU_ASSERT_EQUAL(compare(&kept, &told, false).never, 1);
}

/* In another order it is the same list. */
static void what_is_left_out_is_compared_by_its_meaning(void)
{
    static const char *const lists[] = {"provider=b,app=a", "app=a,provider=b", "app=a"};
    struct settings told[LENGTH_OF(lists)];
    struct reason why;

    config_defaults(&config);
    for (size_t i = 0; i < LENGTH_OF(lists); i++) {
        snprintf(config.leave_out_text, sizeof(config.leave_out_text), "%s", lists[i]);
        CU_ASSERT_EQUAL_FATAL(config_derive(&config, &why), GO_ON);
        settings_of_config(&told[i], &config);
    }
    CU_ASSERT_EQUAL(compare(&told[0], &told[1], false).by_setup, 0);
    struct told found = compare(&told[0], &told[2], false);
    CU_ASSERT_EQUAL(found.by_setup, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(found.text, "leave_out: kept is 'app=a,provider=b', told is 'app=a'"));
    snprintf(config.leave_out_text, sizeof(config.leave_out_text), "ap=a");
    CU_ASSERT_EQUAL(config_derive(&config, &why), HALT);
}

static void retention_ends_for_good(void)
{
    struct settings kept = some(), on = kept, off = kept;

    on.retention = RETENTION_ON;
    settings_take(&kept, &on, 5);
    CU_ASSERT_EQUAL(kept.retention_since_ms, 6);
    settings_take(&kept, &off, 7);
    CU_ASSERT_EQUAL(kept.retention, RETENTION_ENDED);
    CU_ASSERT_EQUAL(compare(&kept, &on, false).never, 1);
    CU_ASSERT_EQUAL(compare(&kept, &off, false).never + compare(&kept, &off, false).by_setup, 0);
}

static void what_was_begun_is_told(void)
{
    struct settings kept = some(), told = kept;
    struct reason why;

    snprintf(kept.pending, sizeof(kept.pending), "setup");
    CU_ASSERT_EQUAL(settings_check(&kept, &told, "ns", &why), HALT);
    CU_ASSERT_EQUAL(why.id, SETTINGS_CHANGED);
    snprintf(kept.pending, sizeof(kept.pending), "remove");
    CU_ASSERT_EQUAL(settings_check(&kept, &told, "ns", &why), HALT);
    CU_ASSERT_EQUAL(why.id, SETTINGS_REFUSED);
    CU_ASSERT_FALSE(settings_is_erasing(&kept));
    snprintf(kept.pending, sizeof(kept.pending), "erase");
    CU_ASSERT_EQUAL(settings_check(&kept, &told, "ns", &why), HALT);
    CU_ASSERT_EQUAL(why.id, ERASE_UNDER_WAY);
    CU_ASSERT_TRUE(settings_is_erasing(&kept));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what is written is read back", what_is_written_is_read_back},
        {"what is not written is not read", what_is_not_written_is_not_read},
        {"who counts alike goes on", who_counts_alike_goes_on},
        {"nothing differs from itself", nothing_differs_from_itself},
        {"each difference is told with what follows", each_difference_is_told_with_what_follows},
        {"before anything was counted all but the input may change",
         before_anything_was_counted_all_but_the_input_may_change},
        {"a topic may not grow under ids", a_topic_may_not_grow_under_ids},
        {"what is new begins behind what was counted", what_is_new_begins_behind_what_was_counted},
        {"a name is taken for good", a_name_is_taken_for_good},
        {"a namespace has room for so many rollups", a_namespace_has_room_for_so_many_rollups},
        {"what is left out is compared by its meaning", what_is_left_out_is_compared_by_its_meaning},
        {"retention ends for good", retention_ends_for_good},
        {"what was begun is told", what_was_begun_is_told},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
