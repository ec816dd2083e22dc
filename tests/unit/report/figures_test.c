/*
 * The document of figures from records written here: what is said when there is nothing, one event, a week without
 * traffic, an unknown model, suppressed rows; and that neither order nor repetition of records shows. That the numbers
 * are those of raw events is for tests/integration/report.py.
 */
#include "figure_records.h"
#include "gentally/codec/avro_write.h"

/* ---- nothing, and little ---- */

static void nothing_is_a_document_too(void)
{
    static struct stack stack;
    json_t *document = document_of(&stack);
    json_t *figure;
    size_t index;

    json_array_foreach(json_object_get(document, "figures"), index, figure)
    {
        const char *missing = json_string_value(json_object_get(figure, "missing"));
        CU_ASSERT_EQUAL(json_array_size(json_object_get(figure, "rows")), 0);
        CU_ASSERT_FATAL(missing != NULL);
        CU_ASSERT(strstr(missing, "gentally.summaries.") != NULL);
        CU_ASSERT_EQUAL(strcmp(json_string_value(json_object_get(figure, "id")), figures_title((uint32_t)index).id), 0);
    }
    CU_ASSERT(has_text(json_object_get(document, "notes"), "There is nothing to show"));
    CU_ASSERT_STRING_EQUAL(text_at(document, "ledger", "state"), "absent");
    CU_ASSERT(json_is_null(json_object_get(json_object_get(json_object_get(document, "header"), "range"), "from")));
    json_decref(document);
}

static void figures_stand_in_the_study_s_order(void)
{
    for (uint32_t index = 0; index < FIGURES_COUNT; index++) {
        char want[16];
        snprintf(want, sizeof(want), "S%02u", index + 1);
        CU_ASSERT_STRING_EQUAL(figures_title(index).id, want);
    }
}

static void one_event_is_drawn(void)
{
    static struct stack stack;
    struct figure_line lines[] = {
        total(0, 1, 900, 100),
        model(0, "model_slug=a/b:free,author=a,source=open_cn,size=small,reasoning=always", 1000)};

    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    json_t *document = document_of(&stack);
    check_rows("S01", "[[\"2025-11-17\",\"Chinese OSS\",1000,1000,1]]");
    check_rows("S03", "[[\"a\",1000,1000,1]]");
    check_rows("S06", "[[\"2025-11-17\",\"small\",1,1,1]]");
    check_rows("S16", "[[\"2025-11-17\",1,100,100]]");
    check_rows("S36", "[[\"a/b\",\"Chinese OSS\",1000,0.001,1,-3]]");
    CU_ASSERT(json_is_null(json_object_get(json_object_get(figure_of(document, "S36"), "chart"), "line")));
    check_rows("S14", "[]");
    CU_ASSERT(!json_is_null(json_object_get(figure_of(document, "S14"), "missing")));
    CU_ASSERT(strstr(json_string_value(json_object_get(figure_of(document, "S20"), "missing")), "classified") != NULL);
    json_decref(document);
}

/* Members are combinations of keys; what is suppressed is in none, what is 0 everywhere is no measure. */
static void a_cube_has_what_the_figures_have(void)
{
    static struct stack stack;
    struct figure_line lines[] = {
        model(0, "model_slug=a/b:free,author=a,source=open_cn,size=small,reasoning=always", 1000),
        model(0, "model_slug=a/b,author=a,source=open_cn,size=small,reasoning=always", 200),
        model(0, "model_slug=c/d,author=c,source=closed", 30), model(1, "model_slug=c/d,author=c,source=closed", 4),
        model(1, "model_slug=e/f,author=e,source=closed", 50000)};

    lines[4].is_suppressed = true;
    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    json_t *document = document_of(&stack);
    json_t *cubes = json_object_get(document, "cubes");
    char *cube = json_dumps(json_object_get(cubes, "model"), JSON_COMPACT);
    CU_ASSERT_STRING_EQUAL(cube,
                           "{\"keys\":[\"author\",\"source\",\"size\",\"reasoning\"],"
                           "\"members\":[[\"a\",\"Chinese OSS\",\"small\",\"Reasoning\"],"
                           "[\"c\",\"Closed\",\"unknown\",\"unknown\"]],"
                           "\"measures\":[\"tokens\",\"requests\",\"models\"],"
                           "\"weeks\":[[\"2025-11-17\",[0,1200,2,1,1,30,1,1]],[\"2025-11-24\",[1,4,1,1]]]}");
    free(cube);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(json_object_get(cubes, "tag"), "weeks")), 0);
    json_t *recipe = json_object_get(json_object_get(figure_of(document, "S03"), "definition"), "recipe");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(recipe, "cube")), "model");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(recipe, "top")), 20);
    CU_ASSERT(json_is_null(json_object_get(json_object_get(figure_of(document, "S04"), "definition"), "recipe")));
    json_decref(document);
}

/* Averages are over what is known: 100 tokens of two requests, not of five; a price is that of the half that has one. A
 * week of which nothing is known has no average. */
static void averages_leave_out_what_is_not_known(void)
{
    static struct stack stack;
    struct figure_line lines[] = {total(0, 5, 80, 20), total(1, 3, 0, 0),
                                  model(0, "model_slug=a/b,author=a,source=closed", 1000)};

    lines[0].tokens_unknown = 3;
    lines[0].cost_unknown = 2;
    lines[1].tokens_unknown = 3;
    lines[2].requests = 4;
    lines[2].cost_unknown = 2;
    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    json_t *document = document_of(&stack);
    check_rows("S15", "[[\"2025-11-17\",2,80,40]]");
    check_rows("S16", "[[\"2025-11-17\",2,20,10]]");
    check_rows("S36", "[[\"a/b\",\"Closed\",1000,0.001,2,-3]]");
    CU_ASSERT(has_text(json_object_get(document, "notes"),
                       "Of 8 requests nobody knows the tokens of 6 and the cost of 2: in sums of them they are 0; "
                       "averages, medians, prices and sample sizes leave them out."));
    CU_ASSERT(has_text(json_object_get(figure_of(document, "S15"), "notes"),
                       "6 requests whose tokens nobody knows are left out."));
    CU_ASSERT(has_text(json_object_get(figure_of(document, "S36"), "notes"),
                       "Of 1 not all is known: their price is the mean cost of the requests whose cost is known by the "
                       "mean tokens of those whose tokens are."));
    json_decref(document);
}

static void a_week_without_traffic_is_told(void)
{
    static struct stack stack;
    struct figure_line lines[] = {total(0, 2, 10, 0), total(3, 2, 30, 0), total(1, 0, 0, 0),
                                  model(0, "model_slug=a/b,source=closed", 10),
                                  model(3, "model_slug=a/b,source=closed", 30)};

    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    json_t *document = document_of(&stack);
    check_rows("S15", "[[\"2025-11-17\",2,10,5],[\"2025-12-08\",2,30,15]]");
    CU_ASSERT(has_text(json_object_get(document, "notes"), "gaps: 2025-11-24, 2025-12-01."));
    CU_ASSERT(has_text(json_object_get(figure_of(document, "S01"), "notes"),
                       "2 weeks without such traffic, left as gaps: 2025-11-24, 2025-12-01."));
    json_decref(document);
}

static void the_unknown_is_a_series_of_its_own(void)
{
    static struct stack stack;
    struct figure_line lines[] = {
        total(0, 4, 100, 0),
        model(0, "model_slug=loner,source=unknown,reasoning=unknown", 60),
        model(0, "model_slug=a/b,author=a,source=closed,reasoning=no", 40),
        {"geography", WINDOW_WEEK, MONDAY, "country=US,continent=North America", 1, 75, 0, 5, 0, 0, 0, 0, 1, PANE_LATE,
         false},
        {"geography", WINDOW_WEEK, MONDAY, NULL, 1, 25, 0, 5, 0, 0, 0, 0, 1, PANE_LATE, false}};

    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    json_t *document = document_of(&stack);
    check_rows("S01", "[[\"2025-11-17\",\"Closed\",40,100,0.4],[\"2025-11-17\",\"unknown\",60,100,0.6]]");
    check_rows("S32", "[[\"US\",75,100,0.75],[\"unknown\",25,100,0.25]]");
    check_rows("S37",
               "[[\"loner\",\"unknown\",\"other\",60,6e-05,1,-4.221848749616356],"
               "[\"a/b\",\"a\",\"a\",40,4e-05,1,-4.3979400086720375]]");
    CU_ASSERT(has_text(json_object_get(document, "notes"), "60 of 100 tokens (60.00 %)"));
    CU_ASSERT(has_text(json_object_get(document, "notes"), "Countries that are absent"));
    json_decref(document);
}

static void what_is_suppressed_is_left_out_and_told(void)
{
    static struct stack stack;
    struct figure_line lines[] = {total(0, 4, 100, 0), model(0, "model_slug=a/b,source=closed", 40),
                                  model(0, "model_slug=c/d,source=open_row,author=c", 0)};

    lines[2].is_suppressed = true;
    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    json_t *document = document_of(&stack);
    check_rows("S01", "[[\"2025-11-17\",\"Closed\",40,40,1]]");
    CU_ASSERT(has_text(json_object_get(figure_of(document, "S01"), "notes"), "1 row of too few accounts"));
    CU_ASSERT(has_text(json_object_get(document, "notes"), "1 of 3 rows"));
    json_decref(document);
}

/* Of the study's releases those in the range: weeks of 2025-07-14 and 2025-07-28 hold one in between, and no other. */
static void releases_of_the_range_are_drawn(void)
{
    static struct stack stack;
    struct figure_line lines[] = {total(-18, 2, 10, 0), total(-16, 2, 10, 0),
                                  model(-18, "model_slug=a/b,source=closed", 10),
                                  model(-16, "model_slug=a/b,source=closed", 10)};

    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    json_t *document = document_of(&stack);
    json_t *rules = json_object_get(json_object_get(figure_of(document, "S01"), "chart"), "rules");
    CU_ASSERT_EQUAL_FATAL(json_array_size(rules), 2);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(rules, 0), "at")), "2025-07-23");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(rules, 0), "axis")), "x");
    CU_ASSERT_EQUAL(json_real_value(json_object_get(json_array_get(rules, 1), "at")), 0.3);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(rules, 1), "axis")), "y");
    CU_ASSERT(has_text(json_object_get(document, "notes"), "S14 counts by finish reason"));
    CU_ASSERT(has_text(json_object_get(figure_of(document, "S05"), "notes"), "By total parameters"));
    json_decref(document);
}

/* ---- tops ---- */

/* Twelve families; each week another one leads, and the one that is second in every week is the first of all. */
static void tops_are_chosen_over_the_whole_range(void)
{
    static struct stack stack;
    char columns[17][128];
    json_t *order, *name;
    size_t index;
    bool has_first = false;

    stack.count = 0;
    for (int64_t week = 0; week < 17; week++) {
        struct figure_line week_total = total(week, 2, 1900, 0);
        snprintf(columns[week], sizeof(columns[week]), "model_slug=m/%02d,author=m,source=open_row,family=m/%02d",
                 (int)week, (int)week);
        struct figure_line leader = model(week, columns[week], 1000 + week);
        struct figure_line second = model(week, "model_slug=n/steady,author=n,source=open_row,family=n/steady", 900);
        push(&stack, &week_total);
        push(&stack, &leader);
        push(&stack, &second);
    }
    json_t *document = document_of(&stack);
    order = json_object_get(json_object_get(figure_of(document, "S04"), "chart"), "order");
    CU_ASSERT_EQUAL(json_array_size(order), 15);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(order, 0)), "n/steady");
    json_array_foreach(order, index, name)
    {
        has_first |= strcmp(json_string_value(name), "m/00") == 0;
    }
    CU_ASSERT(!has_first); /* leads its week, and is too small in the range */
    json_t *row = json_array_get(json_object_get(figure_of(document, "S04"), "rows"), 0);
    CU_ASSERT_EQUAL(json_integer_value(json_array_get(row, 2)), 900);
    CU_ASSERT_EQUAL(json_integer_value(json_array_get(row, 3)), 900); /* of the fifteen shown */
    json_decref(document);
}

/* ---- versions ---- */

static struct figure_line category(int64_t week, const char *columns, int64_t tokens)
{
    struct figure_line line = model(week, columns, tokens);

    line.rollup = "category";
    return line;
}

static void push_versions(struct stack *stack)
{
    struct figure_line lines[] = {
        total(0, 3, 60, 0),
        total(0, 5, 100, 0),
        total(0, 5, 100, 0),
        total(1, 2, 30, 12),
        model(0, "model_slug=a/b,source=closed,author=a", 70),
        model(0, "model_slug=a/b,source=closed,author=a", 100),
        model(1, "model_slug=a/b,source=closed,author=a", 1),
        model(1, "model_slug=a/b,source=closed,author=a", 42),
        category(1, "model_slug=a/b,source=closed,author=a,category=zeal", 11),
        category(1, "model_slug=a/b,source=closed,author=a,category=adult", 5),
        category(1, "model_slug=a/b,source=closed,author=a,category=law", 7),
        category(1, "model_slug=a/b,source=closed,author=a,category=legal", 7),
        category(1, "model_slug=a/b,source=closed,author=a,category=other", 3),
        category(1, "model_slug=a/b,source=closed,author=a,category=finance", 7),
    };

    lines[1].pane = PANE_LATE;
    lines[2].pane = PANE_EARLY;
    lines[2].prompt = 99;
    lines[5].revision = 2;
    lines[7].revision = 9;
    lines[3].classified = 2;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(stack, &lines[at]);
}

static void order_and_repetition_do_not_show(void)
{
    static struct stack stack;
    uint64_t random = suite_seed();
    char *first = NULL;

    stack.count = 0;
    push_versions(&stack);
    for (int turn = 0; turn < 200; turn++) {
        struct figures *figures = open_all();
        struct span json;
        bool is_taken[RECORDS_MAX] = {false};
        uint32_t left = stack.count;
        while (left > 0) {
            uint32_t index = (uint32_t)suite_below(&random, stack.count);
            struct record record = record_at(&stack, index); /* some of them twice */
            CU_ASSERT_EQUAL(figures_take(figures, &record, NULL), GO_ON);
            left -= !is_taken[index];
            is_taken[index] = true;
            if (suite_below(&random, 8) == 0) /* a document on the way changes nothing */
                CU_ASSERT_EQUAL(figures_write(figures, &json, NULL), GO_ON);
        }
        CU_ASSERT_EQUAL_FATAL(figures_write(figures, &json, NULL), GO_ON);
        if (first == NULL)
            first = strndup(json.bytes, json.size);
        CU_ASSERT(span_equal(json, span_of(first)));
        figures_close(figures);
    }
    free(written);
    written = first;
    check_rows("S15", "[[\"2025-11-17\",5,100,20],[\"2025-11-24\",2,30,15]]");
    check_rows("S02", "[[\"2025-11-17\",\"Closed\",100,100,1],[\"2025-11-24\",\"Closed\",42,42,1]]");
    CU_ASSERT(strstr(written, "23 tokens, 62.2 % of all with a category: adult, law, zeal.") != NULL);
}

static void a_tombstone_takes_a_row_away(void)
{
    static struct stack stack;
    struct figure_line lines[] = {total(0, 2, 100, 0), model(0, "model_slug=a/b,source=closed", 60),
                                  model(0, "model_slug=c/d,source=open_row", 40)};

    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    stack.records[stack.count] = stack.records[2];
    stack.records[stack.count++].is_tombstone = true;
    json_t *document = document_of(&stack);
    check_rows("S01", "[[\"2025-11-17\",\"Closed\",60,60,1]]");
    json_decref(document);
}

static void other_windows_rollups_and_ranges_are_let_go(void)
{
    static struct stack stack;
    struct figure_line lines[] = {total(0, 1, 10, 0), total(1, 1, 20, 0), total(2, 1, 30, 0), total(0, 1, 77, 0),
                                  total(0, 1, 78, 0)};

    lines[3].window = WINDOW_DAY;
    lines[4].rollup = "mine";
    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    struct figures *figures = open_range(MONDAY + WEEK_MS, MONDAY + 2 * WEEK_MS, NULL);
    take_all(figures, &stack);
    json_t *document = read_document(figures);
    check_rows("S15", "[[\"2025-11-24\",1,20,20]]");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(document, "header"), "tokens")), 20);
    json_decref(document);
    figures_close(figures);
}

static void what_is_no_summary_is_refused(void)
{
    struct figures *figures = open_all();
    const struct record record = {.key = span_of("total|week|2025-11-17T00:00:00Z"),
                                  .value = span_of("no summary at all")};
    struct reason why = {0};

    CU_ASSERT_EQUAL(figures_take(figures, &record, &why), SET_ASIDE);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "SUMMARY-UNREADABLE");
    figures_close(figures);
}

/* ---- retention ---- */

static struct figure_line retained(const char *columns, unsigned month, int64_t accounts)
{
    return (struct figure_line){.rollup = "retention",
                                .window = WINDOW_MONTH,
                                .start_ms = days_of_date(2025, month, 1) * DAY_MS,
                                .columns = columns,
                                .accounts = accounts,
                                .revision = 1,
                                .pane = PANE_ON_TIME};
}

static void cohorts_come_back(void)
{
    static struct stack stack;
    struct figure_line lines[] = {
        retained("model_slug=openai/gpt-4o-mini,cohort=2025-05,age=0", 5, 20),
        retained("model_slug=openai/gpt-4o-mini,cohort=2025-05,age=1", 6, 8),
        retained("model_slug=openai/gpt-4o-mini,cohort=2025-05,age=3", 8, 10),
        retained("model_slug=openai/gpt-4o-mini,cohort=2025-06,age=0", 6, 5),
        retained("model_slug=openai/gpt-4o-mini,cohort=2025-06,age=1", 7, 0), /* suppressed: no 0, but unknown */
        retained("model_slug=openai/gpt-4o-mini,cohort=2025-07,age=0", 7, 4),
        retained("model_slug=openai/gpt-4o-mini,cohort=2025-04,age=1", 5, 3), /* its first month is not there */
        retained("model_slug=acme/new,cohort=2025-08,age=0", 8, 30),
    };

    lines[4].is_suppressed = true;
    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    struct figures *figures = open_range(days_of_date(2025, 7, 1) * DAY_MS, INT64_MAX, NULL);
    take_all(figures, &stack);
    json_t *document = read_document(figures);
    /* The study's model first, though the other has more accounts; the range does not cut a curve's beginning off. */
    check_rows("S34",
               "[[\"openai/gpt-4o-mini\",\"2025-05\",0,20,20,1],[\"openai/gpt-4o-mini\",\"2025-05\",1,8,20,0.4],"
               "[\"openai/gpt-4o-mini\",\"2025-05\",2,0,20,0],[\"openai/gpt-4o-mini\",\"2025-05\",3,10,20,0.5],"
               "[\"openai/gpt-4o-mini\",\"2025-06\",0,5,5,1],[\"openai/gpt-4o-mini\",\"2025-06\",1,null,5,null],"
               "[\"openai/gpt-4o-mini\",\"2025-06\",2,0,5,0],"
               "[\"openai/gpt-4o-mini\",\"2025-07\",0,4,4,1],[\"openai/gpt-4o-mini\",\"2025-07\",1,0,4,0],"
               "[\"acme/new\",\"2025-08\",0,30,30,1]]");
    json_decref(document);
    figures_close(figures);
}

/* ---- the ledger ---- */

static void the_ledger_is_told(void)
{
    static const struct {
        const char *name, *state, *words;
        int64_t ledger_revision, model_requests, model_revision;
        enum pane pane;
        int64_t later; /* added to the revision of the total */
    } rows[] = {
        {"all closed", "whole", "All 1 weeks and months are closed", 1, 1, 1, PANE_ON_TIME, 0},
        {"early", "open", "1 are still open", 1, 1, 1, PANE_EARLY, 0},
        {"older than the ledger", "gap", "older than the ledger", 2, 1, 1, PANE_ON_TIME, 0},
        {"newer than the ledger", "whole", "closed", 1, 1, 2, PANE_ON_TIME, 1},
        {"a row is not there", "gap", "model has 0 requests, the total 1", 1, 0, 1, PANE_ON_TIME, 0},
        {"a row is older", "gap", "model has a row from before all were told", 1, 1, 0, PANE_ON_TIME, 0},
        {"a row did not change", "open", "1 are still open", 1, 1, 0, PANE_EARLY, 0},
        {"a changed row is not there", "gap", "model has 3 requests, the total 1", 1, 3, 0, PANE_EARLY, 0},
        {"the total did not change", "open", "1 are still open", 2, 1, 1, PANE_EARLY, 0},
        {"published while it was read", "whole", "closed", 1, 3, 2, PANE_ON_TIME, 0},
    };
    static struct stack stack;

    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        struct figure_line week = total(0, 1, 10, 0), of_model = model(0, "model_slug=a/b,source=closed", 10);
        of_model.requests = rows[at].model_requests;
        of_model.revision = rows[at].model_revision;
        week.revision += rows[at].later;
        stack.count = 0;
        push(&stack, &week);
        push(&stack, &of_model);
        push_ledger(&stack, (struct window){WINDOW_WEEK, MONDAY}, rows[at].ledger_revision, rows[at].pane);
        push_ledger(&stack, (struct window){WINDOW_HOUR, MONDAY}, rows[at].ledger_revision, PANE_ON_TIME);
        json_t *document = document_of(&stack);
        const char *state = text_at(document, "ledger", "state"), *sentence = text_at(document, "ledger", "sentence");
        if (strcmp(state, rows[at].state) != 0 || strstr(sentence, rows[at].words) == NULL)
            printf("%s: %s, %s\n", rows[at].name, state, sentence);
        CU_ASSERT_STRING_EQUAL(state, rows[at].state);
        CU_ASSERT(strstr(sentence, rows[at].words) != NULL);
        json_t *ledger = json_object_get(json_object_get(document, "header"), "ledger");
        CU_ASSERT_EQUAL(json_integer_value(json_object_get(ledger, "consumed")), rows[at].ledger_revision + 1);
        CU_ASSERT_EQUAL(json_integer_value(json_object_get(ledger, "dead_lettered")), 1);
        json_decref(document);
    }
}

/* As of the window that was told last, of those that are shown. */
static void it_is_as_of_a_moment(void)
{
    static struct stack stack;
    const int64_t week_ms = 7 * DAY_MS;
    struct figure_line week = total(0, 1, 10, 0);
    struct figures_told told;

    stack.count = 0;
    push(&stack, &week);
    json_t *document = document_of(&stack);
    CU_ASSERT(json_is_null(json_object_get(json_object_get(document, "header"), "as_of")));
    json_decref(document);
    push_ledger(&stack, (struct window){WINDOW_WEEK, MONDAY}, 7, PANE_EARLY);
    push_ledger(&stack, (struct window){WINDOW_WEEK, MONDAY - week_ms}, 5, PANE_LATE);
    push_ledger(&stack, (struct window){WINDOW_HOUR, MONDAY}, 9, PANE_EARLY);
    push_ledger(&stack, (struct window){WINDOW_WEEK, MONDAY + week_ms}, 11, PANE_EARLY);
    struct figures *figures = open_range(MONDAY - week_ms, MONDAY + week_ms, NULL);
    CU_ASSERT_FALSE(figures_told(figures, &told));
    take_all(figures, &stack);
    document = read_document(figures);
    char *text = json_dumps(json_object_get(json_object_get(document, "header"), "as_of"), JSON_COMPACT);
    CU_ASSERT_STRING_EQUAL(text,
                           "{\"window\":\"week\",\"start\":\"2025-11-10\",\"pane\":\"late\",\"told_ms\":1002,"
                           "\"event_ms\":0,\"records\":6,\"behind\":0,"
                           "\"partitions\":[{\"partition\":0,\"next_offset\":6,\"end_offset\":6}]}");
    free(text);
    json_decref(document);
    CU_ASSERT_TRUE(figures_told(figures, &told));
    CU_ASSERT_EQUAL(told.told_ms, 1002);
    CU_ASSERT_EQUAL(told.partitions, 1);
    CU_ASSERT_EQUAL(told.ends, 6);
    figures_close(figures);
}

/* ---- examples ---- */

static void examples_that_are_absent_are_replaced(void)
{
    static struct stack stack;
    static const struct {
        const char *columns;
        int64_t tokens, cost;
    } models[] = {
        {"model_slug=x/giant-1,source=closed", 9000, 90},      {"model_slug=x/giant-2,source=closed", 8000, 80},
        {"model_slug=x/giant-3,source=closed", 7000, 70},      {"model_slug=x/leader-1,source=closed", 9000, 90000000},
        {"model_slug=x/leader-2,source=closed", 6000, 900000}, {"model_slug=x/tail-1,source=closed", 10, 1},
        {"model_slug=x/tail-2,source=closed", 11, 1},          {"model_slug=x/special-1,source=closed", 12, 900000},
        {"model_slug=x/special-2,source=closed", 13, 900000},  {"model_slug=x/special-3,source=closed", 14, 900000},
    };

    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(models); at++) {
        struct figure_line line = model(0, models[at].columns, models[at].tokens);
        line.cost_nano_usd = models[at].cost;
        push(&stack, &line);
    }
    struct figures *figures = open_range(INT64_MIN, INT64_MAX, "x/giant-3, x/none,x/tail-1");
    take_all(figures, &stack);
    json_t *document = read_document(figures), *row;
    static const char *const want[][2] = {
        {"x/giant-3", "example"}, {"x/giant-1", "largest"}, {"x/leader-1", "largest"},  {"x/leader-2", "largest"},
        {"x/tail-1", "example"},  {"x/tail-2", "largest"},  {"x/special-3", "largest"}, {"x/special-2", "largest"},
    };
    json_t *table = json_object_get(figure_of(document, "S38"), "rows");
    size_t index;
    CU_ASSERT_EQUAL(json_array_size(table), LENGTH_OF(want));
    json_array_foreach(table, index, row)
    {
        if (index >= LENGTH_OF(want))
            break;
        CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(row, 1)), want[index][0]);
        CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(row, 7)), want[index][1]);
    }
    json_decref(document);
    figures_close(figures);
}

/* Of an odd number of models one is the median itself: it stands above it, both ways. */
static void at_the_median_is_above_it(void)
{
    static struct stack stack;
    static const char *const columns[] = {"model_slug=x/a,source=closed", "model_slug=x/b,source=closed",
                                          "model_slug=x/c,source=closed"};

    stack.count = 0;
    for (int64_t at = 0; at < 3; at++) {
        struct figure_line line = model(0, columns[at], 1000000 * (at + 1));
        line.cost_nano_usd = 1000000000 * (at + 1) * (at + 1); /* a dollar, two, three for a million */
        push(&stack, &line);
    }
    json_t *document = document_of(&stack);
    check_rows("S38",
               "[[\"premium leaders\",\"x/c\",\"dear, yet used much\",3000000,9,3,0.47712125471966244,"
               "\"largest\"],[\"premium leaders\",\"x/b\",\"dear, yet used much\",2000000,4,2,"
               "0.3010299956639812,\"largest\"],[\"long tail\",\"x/a\",\"cheap, yet used little\",1000000,1,1,0,"
               "\"largest\"]]");
    CU_ASSERT(strstr(written, "\"axis\":\"x\",\"at\":2,\"text\":\"Median $2.00\"") != NULL);
    json_decref(document);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"nothing is a document, too", nothing_is_a_document_too},
        {"figures stand in the study's order", figures_stand_in_the_study_s_order},
        {"a cube has what the figures have", a_cube_has_what_the_figures_have},
        {"one event is drawn", one_event_is_drawn},
        {"averages leave out what is not known", averages_leave_out_what_is_not_known},
        {"a week without traffic is told", a_week_without_traffic_is_told},
        {"the unknown is a series of its own", the_unknown_is_a_series_of_its_own},
        {"what is suppressed is left out, and told", what_is_suppressed_is_left_out_and_told},
        {"releases of the range are drawn", releases_of_the_range_are_drawn},
        {"tops are chosen over the whole range", tops_are_chosen_over_the_whole_range},
        {"order and repetition do not show", order_and_repetition_do_not_show},
        {"a tombstone takes a row away", a_tombstone_takes_a_row_away},
        {"other windows, rollups and ranges are let go", other_windows_rollups_and_ranges_are_let_go},
        {"what is no summary is refused", what_is_no_summary_is_refused},
        {"cohorts come back", cohorts_come_back},
        {"the ledger is told", the_ledger_is_told},
        {"it is as of a moment", it_is_as_of_a_moment},
        {"examples that are absent are replaced", examples_that_are_absent_are_replaced},
        {"at the median is above it", at_the_median_is_above_it},
        CU_TEST_INFO_NULL};
    struct reason why;

    if (encoder_open(&encoder, &why) != GO_ON)
        return EXIT_FAILURE;
    int code = suite_run(argc, argv, tests);
    encoder_close(encoder);
    free(written);
    return code;
}
