/* Open windows in the audit: an edition that is early or late tells the rows that it changed, and the others keep the
 * version of one before. What may be left of older versions, and what may not. */
#include "audited.h"

enum thing { END, LEDGER, TOTAL, MODEL, RETAINED, DROP };

/* A record in the order in which it was written. */
struct step {
    enum thing thing;
    enum pane pane;
    int64_t generation, revision;
    int64_t number; /* the ledger's: rows that the window has; a row's: requests, or accounts of retention */
    const char *model;
    int64_t retention; /* the ledger's */
};

#define STEPS_MAX 12

struct scene {
    const char *name;
    struct step steps[STEPS_MAX]; /* the ledger, then the total, then others */
    const char *check, *field;    /* of the first violation; NULL: there is none */
    bool may_amend;
    bool is_ended; /* the models are not counted any more */
};

#define E PANE_EARLY
#define O PANE_ON_TIME
#define L PANE_LATE
#define TELLS(pane, generation, revision, rows) LEDGER, pane, generation, revision, rows, NULL, 0
#define TELLS_BOTH(pane, generation, revision, retention, rows)                                                        \
    LEDGER, pane, generation, revision, rows, NULL, retention
#define ALL(pane, generation, revision, requests) TOTAL, pane, generation, revision, requests, NULL, 0
#define OF(model, pane, generation, revision, requests) MODEL, pane, generation, revision, requests, model, 0
#define KEPT(model, pane, generation, revision, accounts) RETAINED, pane, generation, revision, accounts, model, 0
#define GONE(model) DROP, PANE_EARLY, 0, 0, 0, model, 0
#define VERSION "(generation, revision, pane)"

static const struct scene scenes[] = {
    {.name = "only the row that changed is told again",
     .steps = {{TELLS(E, 0, 5, 3)},
               {TELLS(E, 0, 6, 3)},
               {ALL(E, 0, 5, 5)},
               {ALL(E, 0, 6, 6)},
               {OF("a", E, 0, 5, 3)},
               {OF("b", E, 0, 5, 2)},
               {OF("b", E, 0, 6, 3)}},
     .check = NULL},
    {.name = "what compaction leaves of it",
     .steps = {{TELLS(E, 0, 6, 3)}, {ALL(E, 0, 6, 6)}, {OF("a", E, 0, 3, 3)}, {OF("b", E, 0, 6, 3)}},
     .check = NULL},
    {.name = "a changed row is withheld",
     .steps = {{TELLS(E, 0, 5, 3)},
               {TELLS(E, 0, 6, 3)},
               {ALL(E, 0, 5, 5)},
               {ALL(E, 0, 6, 6)},
               {OF("a", E, 0, 5, 3)},
               {OF("b", E, 0, 5, 2)}},
     .check = "sums",
     .field = "requests over rollup model"},
    {.name = "the total is withheld",
     .steps =
         {{TELLS(E, 0, 5, 2)}, {TELLS(E, 0, 6, 2)}, {ALL(E, 0, 5, 5)}, {OF("a", E, 0, 5, 5)}, {OF("a", E, 0, 6, 6)}},
     .check = "sums",
     .field = "requests"},
    {.name = "the total of a window of which part was taken back",
     .steps = {{TELLS(E, 0, 5, 2)}, {TELLS(E, 0, 6, 2)}, {ALL(E, 0, 5, 5)}, {OF("a", E, 0, 5, 5)}},
     .check = NULL,
     .may_amend = true},
    {.name = "a new row is withheld",
     .steps = {{TELLS(E, 0, 5, 2)}, {TELLS(E, 0, 6, 3)}, {ALL(E, 0, 5, 5)}, {ALL(E, 0, 6, 6)}, {OF("a", E, 0, 5, 5)}},
     .check = "rows",
     .field = "summaries"},
    {.name = "a stale row is put back",
     .steps =
         {{TELLS(E, 0, 5, 2)}, {TELLS(E, 0, 6, 2)}, {ALL(E, 0, 6, 6)}, {OF("a", E, 0, 6, 6)}, {OF("a", E, 0, 5, 5)}},
     .check = "summary-version",
     .field = VERSION},
    {.name = "a version that nobody told",
     .steps = {{TELLS(E, 0, 3, 2)}, {TELLS(E, 0, 6, 2)}, {ALL(E, 0, 6, 6)}, {OF("a", E, 0, 5, 6)}},
     .check = "summary-ledger",
     .field = VERSION},
    {.name = "a row newer than the ledger",
     .steps = {{TELLS(E, 0, 6, 2)}, {ALL(E, 0, 6, 6)}, {OF("a", E, 0, 7, 6)}},
     .check = "summary-ledger",
     .field = VERSION},
    {.name = "more rows of an edition than it has",
     .steps = {{TELLS(E, 0, 5, 1)},
               {TELLS(E, 0, 6, 3)},
               {ALL(E, 0, 5, 5)},
               {ALL(E, 0, 6, 6)},
               {OF("a", E, 0, 5, 5)},
               {OF("b", E, 0, 6, 1)}},
     .check = "rows",
     .field = "summaries"},
    {.name = "on time tells all rows",
     .steps = {{TELLS(E, 0, 5, 2)}, {TELLS(O, 0, 5, 2)}, {ALL(E, 0, 5, 5)}, {ALL(O, 0, 5, 5)}, {OF("a", O, 0, 5, 5)}},
     .check = NULL},
    {.name = "an early row is left when all were told on time",
     .steps = {{TELLS(E, 0, 5, 2)}, {TELLS(O, 0, 5, 2)}, {ALL(E, 0, 5, 5)}, {ALL(O, 0, 5, 5)}, {OF("a", E, 0, 5, 5)}},
     .check = "rows",
     .field = VERSION},
    {.name = "late tells what it changed",
     .steps = {{TELLS(O, 0, 5, 3)},
               {TELLS(L, 0, 6, 3)},
               {ALL(O, 0, 5, 5)},
               {ALL(L, 0, 6, 6)},
               {OF("a", O, 0, 5, 3)},
               {OF("b", L, 0, 6, 3)}},
     .check = NULL},
    {.name = "an early row is left when all that is known is late",
     .steps = {{TELLS(L, 0, 6, 3)}, {ALL(L, 0, 6, 6)}, {OF("a", E, 0, 5, 3)}, {OF("b", L, 0, 6, 3)}},
     .check = "rows",
     .field = VERSION},
    {.name = "a row from before those that were told on time",
     .steps = {{TELLS(L, 0, 7, 3)}, {ALL(L, 0, 7, 7)}, {OF("a", L, 0, 5, 4)}, {OF("b", O, 0, 6, 3)}},
     .check = "rows",
     .field = VERSION},
    {.name = "a new generation tells all rows",
     .steps = {{TELLS(E, 0, 5, 3)},
               {TELLS(E, 1, 5, 3)},
               {TELLS(E, 1, 6, 3)},
               {ALL(E, 1, 6, 6)},
               {OF("a", E, 1, 5, 3)},
               {OF("b", E, 1, 6, 3)}},
     .check = NULL},
    {.name = "a row is left of an older generation",
     .steps = {{TELLS(E, 0, 5, 3)},
               {TELLS(E, 1, 5, 3)},
               {TELLS(E, 1, 6, 3)},
               {ALL(E, 1, 6, 6)},
               {OF("a", E, 0, 5, 3)},
               {OF("b", E, 1, 6, 3)}},
     .check = "rows",
     .field = VERSION},
    {.name = "a row is older than its generation",
     .steps = {{TELLS(E, 0, 5, 3)},
               {TELLS(E, 1, 5, 3)},
               {TELLS(E, 1, 6, 3)},
               {ALL(E, 1, 6, 6)},
               {OF("a", E, 1, 4, 3)},
               {OF("b", E, 1, 6, 3)}},
     .check = "rows",
     .field = VERSION},
    {.name = "a row is gone by an amendment",
     .steps = {{TELLS(E, 0, 5, 3)},
               {TELLS(E, 0, 6, 2)},
               {ALL(E, 0, 5, 5)},
               {ALL(E, 0, 6, 4)},
               {OF("a", E, 0, 5, 1)},
               {OF("b", E, 0, 5, 4)},
               {GONE("a")}},
     .check = NULL,
     .may_amend = true},
    {.name = "a row of an older version is taken away",
     .steps = {{TELLS(E, 0, 5, 3)},
               {TELLS(E, 0, 6, 3)},
               {ALL(E, 0, 6, 6)},
               {OF("a", E, 0, 5, 3)},
               {OF("b", E, 0, 6, 3)},
               {GONE("a")}},
     .check = "removed",
     .field = "value"},
    {.name = "rows of a rollup that ended stay as they were",
     .steps = {{TELLS(E, 0, 5, 3)},
               {TELLS(E, 0, 6, 1)},
               {ALL(E, 0, 5, 5)},
               {ALL(E, 0, 6, 6)},
               {OF("a", E, 0, 5, 3)},
               {OF("b", E, 0, 5, 2)}},
     .check = NULL,
     .is_ended = true},
    {.name = "so they do where the last edition told some of them",
     .steps = {{TELLS(E, 0, 5, 3)},
               {TELLS(E, 0, 6, 3)},
               {ALL(E, 0, 5, 5)},
               {ALL(E, 0, 6, 6)},
               {OF("a", E, 0, 5, 3)},
               {OF("b", E, 0, 6, 3)}},
     .check = NULL,
     .is_ended = true},
    {.name = "a row of a generation that was never known",
     .steps = {{TELLS(E, 1, 6, 2)}, {ALL(E, 1, 6, 6)}, {OF("a", E, 0, 6, 6)}},
     .check = "rows",
     .field = VERSION},
    {.name = "all rows are from before the ledger's record that is on time",
     .steps = {{TELLS(O, 0, 6, 2)}, {ALL(O, 0, 5, 6)}, {OF("a", O, 0, 5, 6)}},
     .check = "rows",
     .field = VERSION},
    {.name = "only the cohort that changed is told again",
     .steps = {{TELLS_BOTH(E, 0, 5, 5, 3)},
               {TELLS_BOTH(E, 0, 6, 6, 3)},
               {ALL(E, 0, 6, 6)},
               {KEPT("a", E, 0, 5, 3)},
               {KEPT("b", E, 0, 6, 3)}},
     .check = NULL},
    {.name = "a changed cohort is withheld",
     .steps = {{TELLS_BOTH(E, 0, 5, 5, 3)},
               {TELLS_BOTH(E, 0, 6, 6, 3)},
               {ALL(E, 0, 6, 6)},
               {KEPT("a", E, 0, 5, 3)},
               {KEPT("b", E, 0, 5, 2)}},
     .check = "retention",
     .field = "retention"},
    {.name = "more was retained of a month that was on time",
     .steps = {{TELLS_BOTH(O, 0, 6, 5, 3)},
               {TELLS_BOTH(O, 0, 6, 6, 3)},
               {ALL(O, 0, 6, 6)},
               {KEPT("a", O, 0, 5, 3)},
               {KEPT("b", O, 0, 6, 3)}},
     .check = NULL},
    {.name = "a cohort is left out of what is on time",
     .steps = {{TELLS_BOTH(E, 0, 5, 6, 3)},
               {TELLS_BOTH(O, 0, 6, 6, 3)},
               {ALL(O, 0, 6, 6)},
               {KEPT("a", E, 0, 6, 3)},
               {KEPT("b", O, 0, 6, 3)}},
     .check = "rows",
     .field = VERSION},
    {.name = "a cohort is older than its generation",
     .steps = {{TELLS_BOTH(L, 0, 5, 5, 3)},
               {TELLS_BOTH(L, 1, 5, 6, 3)},
               {TELLS_BOTH(L, 1, 6, 7, 3)},
               {ALL(L, 1, 6, 6)},
               {KEPT("a", L, 1, 5, 3)},
               {KEPT("b", L, 1, 7, 4)}},
     .check = "rows",
     .field = VERSION},
    {.name = "retention that stopped meanwhile",
     .steps = {{TELLS_BOTH(L, 0, 5, 0, 1)},
               {TELLS_BOTH(L, 0, 6, 6, 3)},
               {ALL(L, 0, 6, 6)},
               {KEPT("a", O, 0, 3, 3)},
               {KEPT("b", L, 0, 6, 3)}},
     .check = NULL},
};

/* A month, so that retention may be of it. */
#define NOVEMBER INT64_C(1761955200000)
static const struct window window = {WINDOW_MONTH, NOVEMBER};

static void give_ledger(struct audit *audit, const struct step *step, int64_t offset)
{
    const struct ledger_entry entry = {0, 0, step->revision, 10, 10 + step->revision, step->revision, 0, 7, 'a'};
    struct ledger_partition part = part_of(&entry);
    char key[64];
    struct reason why;

    part.incarnation[0] = (char)('a' + step->generation);
    const struct ledger ledger = {
        .window = window,
        .pane = step->pane,
        .generation = step->generation,
        .revision = step->revision,
        .summaries = step->number,
        .tables_version = span_of("tables"),
        .partition_count = 1,
        .partitions = &part,
        .retention = step->retention,
    };
    const struct audit_place place = {"ledger", 0, offset, {key, ledger_key_write(window, key)}, 1};
    CU_ASSERT_EQUAL(audit_ledger(audit, &place, &ledger, &why), GO_ON);
}

/* A row's summary without what makes it one of its rollup. */
static void begin_row(struct summary_read *read, const struct step *step)
{
    memset(read, 0, sizeof(*read));
    read->summary = (struct summary){
        .window = window,
        .cell = &read->cell,
        .pane = step->pane,
        .generation = step->generation,
        .revision = step->revision,
        .tables_version = span_of("tables"),
    };
}

static void give_retained(struct audit *audit, const struct step *step, int64_t offset)
{
    static struct summary_read read;
    char key[SUMMARY_KEY_MAX];
    struct reason why;
    struct span model = span_of(step->model), cohort = span_of("2025-11"), age = span_of("0");
    const struct audit_place place = {
        "retention", 0, offset, {key, summary_retention_key_write(model, cohort, age, window, key)}, 1};

    begin_row(&read, step);
    read.accounts = step->number;
    read.summary.columns[COLUMN_MODEL] = model;
    read.summary.columns[COLUMN_COHORT] = cohort;
    read.summary.columns[COLUMN_AGE] = age;
    CU_ASSERT_EQUAL(audit_retained(audit, &place, &read, &why), GO_ON);
}

static void give_row(struct audit *audit, const struct rollups *rollups, const struct step *step, int64_t offset)
{
    static struct summary_read read;
    const char *name = step->thing == TOTAL ? "total" : "model";
    const struct rollup *rollup = rollups_find(rollups, span_of(name));
    struct span value = span_of(step->model);
    char row_key[ROW_KEY_MAX], key[SUMMARY_KEY_MAX];
    struct reason why;
    size_t size = row_key_write(rollup, &value, row_key);
    const struct audit_place place = {
        name, 0, offset, {key, summary_key_write((struct span){row_key, size}, window, key)}, 1};

    if (step->thing == DROP) {
        audit_dropped(audit, &place);
        return;
    }
    begin_row(&read, step);
    read.summary.rollup = span_of(name);
    if (step->thing == MODEL)
        read.summary.columns[COLUMN_MODEL] = value;
    read.cell.sums[M_REQUESTS] = step->number;
    read.cell.slot_count = 2;
    read.cell.slots[0] = (struct slot){HISTOGRAM_BUCKETS * H_TOKENS_PROMPT, (uint32_t)step->number};
    read.cell.slots[1] = (struct slot){HISTOGRAM_BUCKETS * H_TOKENS_TOTAL, (uint32_t)step->number};
    CU_ASSERT_EQUAL(audit_summary(audit, &place, rollup, &read, &why), GO_ON);
}

static void judge(const struct scene *scene, const struct rollups *rollups)
{
    static const int64_t since_ms[ROLLUPS_MAX] = {NO_TIME, INT64_MAX};
    struct told told = {0};
    const struct audit_options options = {
        .rollups = rollups,
        .ledger_topic = "ledger",
        .tell = note,
        .context = &told,
        .since_ms = scene->is_ended ? since_ms : NULL,
        .may_amend = scene->may_amend,
    };
    struct audit *audit = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(audit_open(&audit, &options, &why), GO_ON);
    for (int64_t i = 0; i < STEPS_MAX && scene->steps[i].thing != END; i++) {
        if (scene->steps[i].thing == LEDGER)
            give_ledger(audit, &scene->steps[i], i);
        else if (scene->steps[i].thing == RETAINED)
            give_retained(audit, &scene->steps[i], i);
        else
            give_row(audit, rollups, &scene->steps[i], i);
    }
    audit_finish(audit);
    const char *check = told.count == 0 ? NULL : audit_check_name(told.first.check);
    bool is_right = scene->check == NULL ? told.count == 0
                                         : told.count > 0 && strcmp(check, scene->check) == 0 &&
                                               strcmp(told.first.field, scene->field) == 0;
    if (!is_right)
        printf("%s: %u violations: %s %s: expected %s, found %s\n", scene->name, told.count,
               check == NULL ? "-" : check, told.first.field, told.first.expected, told.first.found);
    CU_ASSERT(is_right);
    audit_close(audit);
}

static void test_what_is_left_of_older_versions(void)
{
    static struct rollups rollups;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=,model=model", &rollups, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(scenes); i++)
        judge(&scenes[i], &rollups);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what is left of older versions", test_what_is_left_of_older_versions},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
