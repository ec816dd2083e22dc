/* The table of remarks on the study: that the bundled one is valid, and what is refused in another. */
#include "remarks.h"

#include "gentally/base/bundled.h"
#include "gentally/report/figures.h"
#include "suite.h"

#define HEADER "figure,kind,at,edition,text\n"

static bool is_figure(struct span id)
{
    for (uint32_t index = 0; index < FIGURES_COUNT; index++)
        if (span_equal(id, span_of(figures_title(index).id)))
            return true;
    return false;
}

static void the_bundled_table_is_valid(void)
{
    struct remarks *remarks = NULL;
    struct reason why = {0};
    size_t count, rules = 0, notes = 0, models = 0, published = 0;

    CU_ASSERT_EQUAL_FATAL(remarks_open(&remarks, bundled_study_remarks_csv, true, &why), GO_ON);
    const struct remark *items = remarks_all(remarks, &count);
    for (size_t index = 0; index < count; index++) {
        CU_ASSERT(is_figure(items[index].figure) ||
                  (items[index].figure.size == 0 && items[index].kind == REMARK_NOTE));
        rules += items[index].kind == REMARK_RULE;
        notes += items[index].kind == REMARK_NOTE;
        models += items[index].kind == REMARK_MODEL;
        published += items[index].kind == REMARK_PUBLISHED;
    }
    CU_ASSERT(rules > 0 && notes > 0 && models > 0);
    CU_ASSERT_EQUAL(published, 10 + 6 + 11 + 6 + 2 * 8 + 3 + 2 + 2); /* of S03, S31 to S33, S38 to S41 */
    CU_ASSERT_PTR_NOT_NULL(remarks_next(remarks, "S36", REMARK_NOTE_ON_LINE, NULL));
    CU_ASSERT_PTR_NOT_NULL(remarks_next(remarks, "S34", REMARK_MODEL, NULL));
    CU_ASSERT_PTR_NOT_NULL(remarks_next(remarks, "S38", REMARK_MODEL, NULL));
    remarks_close(remarks);
}

static void remarks_come_in_the_table_s_order(void)
{
    struct remarks *remarks = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(remarks_open(&remarks,
                                       span_of(HEADER "S01,rule,2025-07-11,,a\nS02,rule,0.5,,b\n,note,,,\"c, d\"\n"
                                                      "S01,note,,,e\nS01,rule,-0.25,,f\n"),
                                       true, &why),
                          GO_ON);
    const struct remark *first = remarks_next(remarks, "S01", REMARK_RULE, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT(first->is_date && first->date_ms == INT64_C(1752192000000));
    CU_ASSERT(span_equal(first->text, span_of("a")));
    const struct remark *second = remarks_next(remarks, "S01", REMARK_RULE, first);
    CU_ASSERT_PTR_NOT_NULL_FATAL(second);
    CU_ASSERT(!second->is_date && second->at == -0.25);
    CU_ASSERT_PTR_NULL(remarks_next(remarks, "S01", REMARK_RULE, second));
    CU_ASSERT_PTR_NULL(remarks_next(remarks, "S03", REMARK_RULE, NULL));
    CU_ASSERT(span_equal(remarks_next(remarks, "", REMARK_NOTE, NULL)->text, span_of("c, d")));
    remarks_close(remarks);
}

/* Nobody's own traffic has the study's dates, members or contradictions. */
static void one_s_own_edition_does_not_speak_of_the_study(void)
{
    struct remarks *both = NULL, *own = NULL;
    struct reason why = {0};
    size_t count, own_count;

    CU_ASSERT_EQUAL_FATAL(remarks_open(&both, bundled_study_remarks_csv, true, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(remarks_open(&own, bundled_study_remarks_csv, false, &why), GO_ON);
    const struct remark *items = remarks_all(own, &own_count);
    (void)remarks_all(both, &count);
    CU_ASSERT(own_count > 10 && own_count + 30 < count);
    for (size_t index = 0; index < own_count; index++) {
        CU_ASSERT(items[index].kind == REMARK_NOTE || items[index].kind == REMARK_NOTE_IF_DRAWN);
        CU_ASSERT_PTR_NULL(memmem(items[index].text.bytes, items[index].text.size, "tudy", 4));
    }
    remarks_close(own);
    remarks_close(both);
}

static void other_tables_are_refused(void)
{
    static const struct {
        const char *table, *want;
    } rows[] = {
        {"", "empty"},
        {"figure,kind,edition,text\n", "\"at\""},
        {HEADER "S01,remark,,,a\n", ":2: kind \"remark\""},
        {HEADER "S01,note,,,a\nS01,note,,,\n", ":3: has no text"},
        {HEADER "S01,rule,,,a\n", "neither a date nor a number"},
        {HEADER "S01,rule,2025-02-30,,a\n", "neither a date nor a number"},
        {HEADER "S01,rule,1e999,,a\n", "neither a date nor a number"},
        {HEADER "S01,rule,0.3 %,,a\n", "neither a date nor a number"},
        {HEADER "S01,rule,0.3,,a text of as many bytes as fit and one more\n", "more than 39 bytes"},
        {HEADER "S01,note,,studies,a\n", ":2: edition \"studies\" is neither study nor empty"},
        {HEADER "S01,note,0.3,,a\n", "only a rule is at a place"},
        {HEADER "S01,published,,study,share US\n", "neither a date nor a number"},
        {HEADER "S01,published,2025-01-01,study,share US\n", "a number, of a column and a row"},
        {HEADER "S01,published,0.3,study,share\n", "a number, of a column and a row"},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        struct remarks *remarks = NULL;
        struct reason why = {0};
        CU_ASSERT_EQUAL(remarks_open(&remarks, span_of(rows[at].table), true, &why), HALT);
        CU_ASSERT_EQUAL(why.id, TABLE_INVALID);
        CU_ASSERT_PTR_NULL(remarks);
        if (strstr(why.text, rows[at].want) == NULL)
            printf("got  %s\nwant %s\n", why.text, rows[at].want);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, rows[at].want));
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the_bundled_table_is_valid", the_bundled_table_is_valid},
        {"remarks_come_in_the_table_s_order", remarks_come_in_the_table_s_order},
        {"one_s_own_edition_does_not_speak_of_the_study", one_s_own_edition_does_not_speak_of_the_study},
        {"other_tables_are_refused", other_tables_are_refused},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
