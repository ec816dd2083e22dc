/*
 * What the signals put on charts, from records written here: first weeks of the models that are drawn, jumps of
 * categories, the cohorts that stand out. What a signal is, is for tests/unit/inspect.
 */
#include "figure_records.h"

static json_t *rules_of(json_t *document, const char *id)
{
    return json_object_get(json_object_get(figure_of(document, id), "chart"), "rules");
}

static json_t *read_own(const struct stack *stack, int64_t from_ms)
{
    const struct figures_options options = {.prefix = "gentally", .from_ms = from_ms, .to_ms = INT64_MAX};
    struct figures *figures = NULL;

    CU_ASSERT_EQUAL_FATAL(figures_open(&figures, &options, NULL), GO_ON);
    take_all(figures, stack);
    json_t *document = read_document(figures);
    figures_close(figures);
    return document;
}

static void check_rules(json_t *document, const char *id, const char *want)
{
    char *rules = json_dumps(rules_of(document, id), JSON_COMPACT);

    CU_ASSERT_STRING_EQUAL(rules, want);
    free(rules);
}

/* The stream's first week is nobody's first; in a part of the range nobody's is known; the study has its own dates. */
static void first_weeks_are_drawn(void)
{
    static struct stack stack;
    struct figure_line lines[] = {total(0, 9, 900, 0),
                                  total(1, 9, 900, 0),
                                  total(2, 9, 900, 0),
                                  model(0, "model_slug=a/old,author=a,source=open_cn", 500),
                                  model(1, "model_slug=a/old,author=a,source=open_cn", 500),
                                  model(1, "model_slug=b/new,author=b,source=open_row", 400),
                                  model(2, "model_slug=b/new,author=b,source=open_row", 400),
                                  model(2, "model_slug=c/shut,author=c,source=closed", 300)};

    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    json_t *document = read_own(&stack, INT64_MIN);
    check_rules(document, "S04", "[{\"axis\":\"x\",\"at\":\"2025-11-24\",\"text\":\"first new\"}]");
    json_decref(document);
    document = read_own(&stack, MONDAY);
    check_rules(document, "S04", "[]");
    json_decref(document);
    document = document_of(&stack);
    check_rules(document, "S04", "[]");
    json_decref(document);
}

/* A thousand requests of ten tokens each: shares of a tenth more are no chance. */
static struct figure_line classified(int64_t week, const char *columns, int64_t requests)
{
    struct figure_line line = total(week, requests, 10 * requests, 0);

    line.rollup = "category";
    line.columns = columns;
    line.classified = requests;
    return line;
}

static void jumps_are_drawn(void)
{
    static struct stack stack;
    struct figure_line lines[] = {total(0, 1000, 10000, 0),
                                  total(1, 1000, 10000, 0),
                                  classified(0, "category=science", 700),
                                  classified(0, "category=legal", 300),
                                  classified(1, "category=science", 500),
                                  classified(1, "category=legal", 400),
                                  classified(1, "category=health", 100)};

    lines[0].classified = lines[1].classified = 1000;
    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    json_t *document = document_of(&stack);
    check_rules(document, "S20", "[{\"axis\":\"x\",\"at\":\"2025-11-24\",\"text\":\"science -20 points\"}]");
    json_decref(document);
}

/* In a month of 2025; 0 is December of 2024. */
static struct figure_line retained(const char *columns, unsigned month, int64_t accounts)
{
    return (struct figure_line){.rollup = "retention",
                                .window = WINDOW_MONTH,
                                .start_ms = days_of_date(month == 0 ? 2024 : 2025, month == 0 ? 12 : month, 1) * DAY_MS,
                                .columns = columns,
                                .accounts = accounts,
                                .revision = 1,
                                .pane = PANE_ON_TIME};
}

static void cohorts_stand_out(void)
{
    static struct stack stack;
    const struct figure_line lines[] = {retained("model_slug=z/all,cohort=2024-12,age=0", 0, 100),
                                        retained("model_slug=z/all,cohort=2024-12,age=1", 1, 10),
                                        retained("model_slug=z/all,cohort=2024-12,age=2", 2, 90),
                                        retained("model_slug=a/b,cohort=2025-01,age=0", 1, 100),
                                        retained("model_slug=a/b,cohort=2025-01,age=1", 2, 40),
                                        retained("model_slug=a/b,cohort=2025-01,age=5", 6, 40),
                                        retained("model_slug=a/b,cohort=2025-02,age=0", 2, 100),
                                        retained("model_slug=a/b,cohort=2025-02,age=1", 3, 20),
                                        retained("model_slug=a/b,cohort=2025-02,age=2", 4, 50),
                                        retained("model_slug=a/b,cohort=2025-02,age=3", 5, 60),
                                        retained("model_slug=a/b,cohort=2025-02,age=5", 7, 10)};

    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    json_t *document = document_of(&stack);
    json_t *figure = figure_of(document, "S34"), *chart = json_object_get(figure, "chart");
    char *told = json_dumps(json_object_get(chart, "outstanding"), JSON_COMPACT);
    CU_ASSERT_STRING_EQUAL(told,
                           "[{\"panel\":\"a/b\",\"series\":\"2025-01\",\"kind\":\"foundational_cohort\"},"
                           "{\"panel\":\"a/b\",\"series\":\"2025-02\",\"kind\":\"boomerang\"}]");
    free(told);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(chart, "censored")), "2024-12");
    CU_ASSERT(has_text(json_object_get(figure, "notes"), "The cohort of 2024-12 is of everybody seen"));
    CU_ASSERT(json_object_get(json_object_get(figure_of(document, "S36"), "chart"), "outstanding") == NULL);
    json_decref(document);
}

/* Of a model that is another's family it is the family's name; who has none keeps the slug. */
static void names_are_told(void)
{
    static struct stack stack;
    struct figure_line lines[] = {
        total(0, 9, 900, 0), total(1, 9, 900, 0), model(0, "model_slug=c/old,author=c,source=open_cn", 500),
        model(1, "model_slug=a/b-0324,family=a/b,author=a,source=open_cn,model_name=Model B,author_name=A & Co", 500),
        model(1, "model_slug=c/old,author=c,source=open_cn", 500)};

    stack.count = 0;
    for (size_t at = 0; at < LENGTH_OF(lines); at++)
        push(&stack, &lines[at]);
    json_t *document = read_own(&stack, INT64_MIN);
    char *names = json_dumps(json_object_get(document, "names"), JSON_COMPACT | JSON_SORT_KEYS);
    CU_ASSERT_STRING_EQUAL(names, "{\"a\":\"A & Co\",\"a/b\":\"Model B\"}");
    free(names);
    check_rules(document, "S04", "[{\"axis\":\"x\",\"at\":\"2025-11-24\",\"text\":\"first Model B\"}]");
    json_decref(document);
}

static void quarters_have_names(void)
{
    static struct stack stack;
    struct figure_line line = model(0, "model_slug=a/b,author=a,source=closed", 500);

    stack.count = 0;
    push(&stack, &line);
    json_t *document = document_of(&stack);
    for (int number = 35; number <= 38; number++) {
        char id[8];
        snprintf(id, sizeof(id), "S%d", number);
        json_t *quarters = json_object_get(json_object_get(figure_of(document, id), "chart"), "quarters");
        CU_ASSERT_EQUAL(json_array_size(quarters), 4);
        CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(quarters, 0)),
                               number == 35 ? "Mass-market volume" : "Efficient giants");
    }
    json_decref(document);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {{"first weeks are drawn", first_weeks_are_drawn}, {"jumps are drawn", jumps_are_drawn},
                           {"cohorts stand out", cohorts_stand_out},         {"names are told", names_are_told},
                           {"quarters have names", quarters_have_names},     CU_TEST_INFO_NULL};
    struct reason why;

    if (encoder_open(&encoder, &why) != GO_ON)
        return EXIT_FAILURE;
    int code = suite_run(argc, argv, tests);
    encoder_close(encoder);
    free(written);
    return code;
}
