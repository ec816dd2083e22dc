/* From survey and ledger to what is put of a window: a closer without a store and without Kafka. */
#include "closer_due.h"

#include <stdio.h>

#include "gentally/config/config.h"
#include "suite.h"

#define TABLES UINT64_C(7)

static const struct window day = {WINDOW_DAY, 5 * DAY_MS};

/* A closer of one partition, in a round of all kinds. */
struct scene {
    struct closer closer;
    struct survey_partition partition;
    struct published_part part;
    int64_t ends[1];
};

static struct config config = {.windows = {true, true, true, true}};

static struct published_part part_of(const char *incarnation, int64_t next, int64_t records)
{
    struct ledger_partition part = {.next = next, .records = records};

    snprintf(part.incarnation, sizeof(part.incarnation), "%s", incarnation);
    return published_part_of(&part);
}

static void scene_open(struct scene *scene, const char *incarnation, int64_t next, int64_t watermark_ms)
{
    struct reason why = {0};

    *scene = (struct scene){.part = part_of(incarnation, next, 0)};
    for (int kind = 0; kind < WINDOW_KINDS; kind++) {
        scene->partition.state.floor_ms[kind] = 0;
        scene->closer.early.is_in[kind] = true;
    }
    scene->closer.early.is_open = true;
    scene->closer.config = &config;
    scene->closer.tables = TABLES;
    scene->closer.ends = scene->ends;
    scene->closer.survey = (struct survey){.partition_count = 1,
                                           .partitions = &scene->partition,
                                           .parts = &scene->part,
                                           .watermark_ms = watermark_ms,
                                           .going_ms = watermark_ms};
    CU_ASSERT_EQUAL_FATAL(published_open(&scene->closer.published, &why), GO_ON);
}

/* What the ledger says of the day: told with the state `incarnation`, read up to 10. */
static void scene_tell(struct scene *scene, enum pane pane, const char *incarnation, int64_t retention, uint64_t tables)
{
    struct published_part part = part_of(incarnation, 10, 5);
    struct published_window entry = {
        .window = day,
        .pane = pane,
        .generation = 3,
        .revision = 5,
        .retention = retention,
        .tables = tables,
        .partitions = 1,
        .parts = &part,
    };
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(published_put(scene->closer.published, &entry, &why), GO_ON);
}

static struct due decide(const struct scene *scene, int64_t records)
{
    const struct stored_window stored = {day, records};

    return closer_due(&scene->closer, &stored, false, true);
}

static void what_is_put_follows_from_what_was_told(void)
{
    static const int64_t open_ms = 5 * DAY_MS + 1, closed_ms = 6 * DAY_MS;
    static const struct {
        const char *name;
        int64_t watermark_ms;
        bool is_told;
        enum pane told;
        int64_t retention;
        uint64_t tables;
        enum emit_decision want;
        bool is_whole;
        int64_t generation, unchanged_revision;
    } rows[] = {
        {"never told, open", open_ms, false, 0, 0, 0, EMIT_EARLY, false, 0, 0},
        {"never told, closed", closed_ms, false, 0, 0, 0, EMIT_ON_TIME, true, 0, 0},
        {"told early, open", open_ms, true, PANE_EARLY, 0, TABLES, EMIT_EARLY, false, 3, 5},
        {"told early with retention", open_ms, true, PANE_EARLY, 9, TABLES, EMIT_EARLY, false, 3, 5},
        {"told early, closed", closed_ms, true, PANE_EARLY, 0, TABLES, EMIT_ON_TIME, true, 3, 0},
        {"told early, other tables", open_ms, true, PANE_EARLY, 0, 8, EMIT_EARLY, true, 4, 0},
        {"told on time", closed_ms, true, PANE_ON_TIME, 0, TABLES, EMIT_LATE, false, 3, 5},
        {"told on time, other tables", closed_ms, true, PANE_ON_TIME, 0, 8, EMIT_LATE, true, 4, 0},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct scene scene;
        scene_open(&scene, "aa", 12, rows[i].watermark_ms);
        if (rows[i].is_told)
            scene_tell(&scene, rows[i].told, "aa", rows[i].retention, rows[i].tables);
        struct due due = decide(&scene, 6);
        bool is_right = due.decision == rows[i].want && due.order.is_whole == rows[i].is_whole &&
                        due.order.was_told == rows[i].is_told && due.order.generation == rows[i].generation &&
                        due.order.unchanged_revision == rows[i].unchanged_revision && due.order.ends == scene.ends;
        if (!is_right)
            printf("%s: decision %d, generation %d\n", rows[i].name, (int)due.decision, (int)due.order.generation);
        CU_ASSERT_TRUE(is_right);
        published_close(scene.closer.published);
    }
}

/* Only what would be told is put off by a trouble: one that is left behind would fail the end of a drain. */
static void a_trouble_is_of_what_is_to_be_told(void)
{
    static const struct window_facts none = {.records = 0};
    const struct stored_window stored = {day, 5};
    struct reason why = {.id = STORE_TORN};
    struct scene scene;

    scene_open(&scene, "aa", 12, 6 * DAY_MS);
    CU_ASSERT_PTR_NOT_NULL_FATAL(troubles_note(&scene.closer.troubles, day, &why));
    struct due due = closer_due(&scene.closer, &stored, false, true);
    CU_ASSERT_EQUAL(due.decision, EMIT_WAIT);
    CU_ASSERT_TRUE(due.is_put_off);
    scene_tell(&scene, PANE_ON_TIME, "aa", 0, TABLES); /* by who closed before a rollback */
    due = closer_due(&scene.closer, &stored, false, true);
    CU_ASSERT_EQUAL(due.decision, EMIT_SKIP);
    CU_ASSERT_FALSE(due.is_put_off);
    troubles_clear(&scene.closer.troubles, day);
    due = decide(&scene, 6);
    CU_ASSERT_EQUAL(due.decision, EMIT_LATE);
    CU_ASSERT_FALSE(due.is_put_off);
    CU_ASSERT_FALSE(emit_rule_emits(emit_rule_decide(&none)));
    troubles_free(&scene.closer.troubles);
    published_close(scene.closer.published);
}

/* What was taken back may stand in the topics: all is put, and tombstones. */
static void a_window_that_was_taken_back_is_put_whole(void)
{
    struct scene scene;
    struct reason why = {0};

    scene_open(&scene, "aa", 12, 5 * DAY_MS + 1);
    scene_tell(&scene, PANE_EARLY, "aa", 0, TABLES);
    CU_ASSERT_EQUAL(published_withdraw(scene.closer.published, day, &why), GO_ON);
    struct due due = decide(&scene, 5);
    CU_ASSERT_EQUAL(due.decision, EMIT_EARLY);
    CU_ASSERT_EQUAL(due.order.generation, 4);
    CU_ASSERT(due.order.is_whole && due.order.was_told);
    published_close(scene.closer.published);
}

/* Whatever pane was begun: a window that was on its way is put whole, of a new generation, and with tombstones. */
static void a_window_under_way_is_told_again(void)
{
    static const struct {
        enum pane begun;
        int64_t watermark_ms, records, next;
        enum emit_decision want;
    } rows[] = {
        {PANE_EARLY, 5 * DAY_MS + 1, 5, 10, EMIT_EARLY},   {PANE_EARLY, 5 * DAY_MS + 1, 4, 10, EMIT_WAIT},
        {PANE_EARLY, 5 * DAY_MS + 1, 5, 9, EMIT_WAIT},     {PANE_EARLY, 6 * DAY_MS, 5, 10, EMIT_ON_TIME},
        {PANE_ON_TIME, 6 * DAY_MS, 5, 10, EMIT_ON_TIME},   {PANE_ON_TIME, 6 * DAY_MS, 6, 11, EMIT_ON_TIME},
        {PANE_ON_TIME, 5 * DAY_MS + 1, 5, 10, EMIT_EARLY}, {PANE_LATE, 6 * DAY_MS, 5, 10, EMIT_LATE},
        {PANE_LATE, 6 * DAY_MS, 5, 9, EMIT_WAIT},
    };

    for (size_t at = 0; at < 2 * LENGTH_OF(rows); at++) { /* in a round, and where open windows have no turn at all */
        size_t i = at / 2;
        struct scene scene;
        struct reason why = {0};
        scene_open(&scene, "aa", rows[i].next, rows[i].watermark_ms);
        if (at % 2 == 1)
            scene.closer.early = (struct early_rounds){.is_open = false};
        scene_tell(&scene, rows[i].begun, "aa", 0, TABLES);
        struct published_window begun = *published_find(scene.closer.published, day);
        struct published_part part = begun.parts[0];
        begun.parts = &part;
        begun.is_under_way = true;
        CU_ASSERT_EQUAL(published_put(scene.closer.published, &begun, &why), GO_ON);
        struct due due = decide(&scene, rows[i].records);
        CU_ASSERT_EQUAL(due.decision, rows[i].want);
        const struct stored_window stored = {day, rows[i].records};
        struct window_facts facts = closer_facts(&scene.closer, &stored, false, true);
        CU_ASSERT(!emit_rule_is_complete(&facts));
        if (emit_rule_emits(due.decision)) {
            CU_ASSERT_EQUAL(due.order.generation, 4);
            CU_ASSERT_EQUAL(due.order.unchanged_revision, 0);
            CU_ASSERT(due.order.is_whole && due.order.was_told);
        }
        published_close(scene.closer.published);
    }
}

/* A window that is over is collected once all of it is told: what is under way keeps it, though it is put off, too,
 * because a partition stands behind what was told of it. */
static void what_is_left_of_a_sealed_window_keeps_it(void)
{
    static const struct {
        bool is_under_way;
        int64_t next;
        bool is_there, is_due;
    } rows[] = {{false, 10, false, false}, {true, 10, true, true}, {true, 9, true, false}};

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct scene scene;
        struct reason why = {0};
        struct sealed_rest rest = {.is_there = false};
        const struct stored_window stored = {day, 5};
        scene_open(&scene, "aa", rows[i].next, 6 * DAY_MS);
        scene_tell(&scene, PANE_LATE, "aa", 0, TABLES);
        struct published_window told = *published_find(scene.closer.published, day);
        struct published_part part = told.parts[0];
        told.parts = &part;
        told.is_under_way = rows[i].is_under_way;
        CU_ASSERT_EQUAL(published_put(scene.closer.published, &told, &why), GO_ON);
        closer_add_rest(&scene.closer, &stored, &rest);
        CU_ASSERT_EQUAL(rest.is_there, rows[i].is_there);
        CU_ASSERT_EQUAL(rest.is_due, rows[i].is_due);
        published_close(scene.closer.published);
    }
}

/* Other partitions may bring as many records meanwhile; what it had of this one is not there yet. */
static void a_rebuilt_window_has_no_turn_before_it_is_read_as_far(void)
{
    for (int64_t next = 9; next <= 11; next++) {
        struct scene scene;
        scene_open(&scene, "bb", next, 5 * DAY_MS + 1);
        scene_tell(&scene, PANE_EARLY, "aa", 0, TABLES);
        struct due due = decide(&scene, 50);
        CU_ASSERT_EQUAL(due.decision, next < 10 ? EMIT_WAIT : EMIT_EARLY);
        CU_ASSERT_TRUE(due.is_rebuilt);
        CU_ASSERT(next < 10 || (due.order.is_whole && due.order.generation == 4));
        published_close(scene.closer.published);
    }
}

/* Outside a round, and once it has passed the window, an open window waits. */
static void an_open_window_is_told_in_its_round(void)
{
    struct scene scene;

    scene_open(&scene, "aa", 12, 5 * DAY_MS + 1);
    scene_tell(&scene, PANE_EARLY, "aa", 0, TABLES);
    CU_ASSERT_EQUAL(decide(&scene, 5).decision, EMIT_WAIT); /* nothing new */
    CU_ASSERT_EQUAL(decide(&scene, 6).decision, EMIT_EARLY);
    early_rounds_pass(&scene.closer.early, day);
    CU_ASSERT_EQUAL(decide(&scene, 6).decision, EMIT_WAIT);
    scene.closer.early = (struct early_rounds){0};
    CU_ASSERT_EQUAL(decide(&scene, 6).decision, EMIT_WAIT);
    published_close(scene.closer.published);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what is put follows from what was told", what_is_put_follows_from_what_was_told},
        {"a trouble is of what is to be told", a_trouble_is_of_what_is_to_be_told},
        {"a window that was taken back is put whole", a_window_that_was_taken_back_is_put_whole},
        {"a window under way is told again", a_window_under_way_is_told_again},
        {"what is left of a sealed window keeps it", what_is_left_of_a_sealed_window_keeps_it},
        {"a rebuilt window has no turn before it is read as far",
         a_rebuilt_window_has_no_turn_before_it_is_read_as_far},
        {"an open window is told in its round", an_open_window_is_told_in_its_round},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
