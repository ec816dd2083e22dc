/* All that the rule of emission can be asked, against a table with exactly one row for each combination of facts. */
#include "emit_rule.h"

#include "gentally/base/base.h"
#include "suite.h"

#define PUBLISHED_RECORDS 10 /* and one less and one more: the rule only compares */
#define PUBLISHED_RETENTION 20

/* One combination, a letter a fact. */
struct letters {
    char was;             /* n: never published, e: as EARLY, c: as ON_TIME or LATE, so closed */
    char records;         /* 0: none, <, =, >: less than, as many as, more than were published */
    char retention;       /* <, =, > */
    char off;             /* -: it is not, o: put off, s: short of records that were published */
    char sealed, shards;  /* y, n; shards: retention is sealed */
    char closed;          /* n: open, p: passed by those that have not stopped, y: by all */
    char rebuilt, tables; /* y, n; tables: have changed */
    char turn;            /* what is asked for, one of TURNS */
};

/* -: nothing, l: late, f: final, e: early; b: l and f, m: l and e, g: f and e, a: all. */
#define TURNS "-lfebmga"

static bool asks(const struct letters *letters, const char *turns)
{
    return strchr(turns, letters->turn) != NULL;
}

static struct letters letters_of(const char *const sets[10], const unsigned at[10])
{
    return (struct letters){sets[0][at[0]], sets[1][at[1]], sets[2][at[2]], sets[3][at[3]], sets[4][at[4]],
                            sets[5][at[5]], sets[6][at[6]], sets[7][at[7]], sets[8][at[8]], sets[9][at[9]]};
}

/* Of what was never published nothing can be less, or as it was, or have changed. */
static bool is_possible(const struct letters *letters)
{
    return letters->was != 'n' || ((letters->records == '0' || letters->records == '>') &&
                                   (letters->retention == '=' || letters->retention == '>') && letters->off != 's' &&
                                   letters->rebuilt == 'n' && letters->tables == 'n');
}

static int64_t number_of(char letter, int64_t published)
{
    return letter == '0' ? 0 : letter == '<' ? published - 1 : letter == '=' ? published : published + 1;
}

static struct window_facts facts_of(const struct letters *letters)
{
    int64_t records = letters->was == 'n' ? 0 : PUBLISHED_RECORDS,
            retention = letters->was == 'n' ? 0 : PUBLISHED_RETENTION;

    return (struct window_facts){
        .records = number_of(letters->records, records),
        .retention = number_of(letters->retention, retention),
        .is_put_off = letters->off == 'o',
        .is_short = letters->off == 's',
        .is_closed = letters->closed == 'y',
        .is_passed = letters->closed != 'n',
        .is_sealed = letters->sealed == 'y',
        .is_retention_sealed = letters->shards == 'y',
        .published_records = records,
        .published_retention = retention,
        .was_closed = letters->was == 'c',
        .is_rebuilt = letters->rebuilt == 'y',
        .has_changed_tables = letters->tables == 'y',
        .is_final = asks(letters, "fbga"),
        .is_late_due = asks(letters, "lbma"),
        .is_early_due = asks(letters, "emga"),
    };
}

/* Calls `check` with each combination there can be; answers how many there are. */
static unsigned enumerate(void (*check)(const struct letters *letters))
{
    static const char *const sets[10] = {"nec", "0<=>", "<=>", "-os", "ny", "ny", "npy", "ny", "ny", TURNS};
    unsigned at[10] = {0}, count = 0;

    for (;;) {
        struct letters letters = letters_of(sets, at);
        unsigned fact = 0;
        if (is_possible(&letters)) {
            check(&letters);
            count++;
        }
        while (fact < 10 && sets[fact][++at[fact]] == '\0')
            at[fact++] = 0;
        if (fact == 10)
            return count;
    }
}

static void expect(const struct letters *letters, bool holds, const char *sentence)
{
    if (!holds)
        printf(
            "was %c, records %c, retention %c, off %c, sealed %c, shards %c, closed %c, rebuilt %c, tables %c, "
            "turn %c: %s\n",
            letters->was, letters->records, letters->retention, letters->off, letters->sealed, letters->shards,
            letters->closed, letters->rebuilt, letters->tables, letters->turn, sentence);
    CU_ASSERT_TRUE(holds);
}

/* ---- the table ---- */

/* The letters that a row allows, by fact; NULL: all. */
struct row {
    const char *was, *records, *retention, *sealed, *shards, *closed, *rebuilt, *tables, *turn;
    enum emit_decision want;
    const char *sentence;
};

#define HAS .records = "<=>"
#define OVER HAS, .sealed = "y"
#define NEVER HAS, .sealed = "n", .was = "n"
#define EARLY HAS, .sealed = "n", .was = "e"
#define CLOSED HAS, .sealed = "n", .was = "c"
#define LIVES .sealed = "n", .rebuilt = "n" /* in states that are those of what was published */

static const struct row rows[] = {
    {.records = "0", .want = EMIT_SKIP, .sentence = "no records"},

    {OVER, .was = "ne", .want = EMIT_SKIP, .sentence = "sealed, and not published as closed"},
    {OVER, .was = "c", .rebuilt = "y", .want = EMIT_SKIP, .sentence = "sealed, and another count"},
    {.sealed = "y",
     .was = "c",
     .rebuilt = "n",
     .records = "<>",
     .want = EMIT_SKIP,
     .sentence = "sealed, and cells are missing"},
    {.sealed = "y",
     .was = "c",
     .rebuilt = "n",
     .records = "=",
     .retention = "<=",
     .want = EMIT_SKIP,
     .sentence = "sealed, and all is told"},
    {.sealed = "y",
     .was = "c",
     .rebuilt = "n",
     .records = "=",
     .retention = ">",
     .shards = "n",
     .want = EMIT_WAIT,
     .sentence = "sealed, and retention may still rise"},
    {.sealed = "y",
     .was = "c",
     .rebuilt = "n",
     .records = "=",
     .retention = ">",
     .shards = "y",
     .want = EMIT_LATE,
     .sentence = "sealed, and retention rose for the last time"},

    {NEVER, .closed = "y", .want = EMIT_ON_TIME, .sentence = "new, closed"},
    {NEVER, .closed = "p", .want = EMIT_EARLY, .sentence = "new, open only for a partition that stopped"},
    {NEVER, .closed = "n", .turn = "febmga", .want = EMIT_EARLY,
     .sentence = "new, open, in its turn or at the end of a drain"},
    {NEVER, .closed = "n", .turn = "-l", .want = EMIT_WAIT, .sentence = "new, open"},

    {LIVES, .was = "ec", .records = "<", .want = EMIT_WAIT, .sentence = "records rolled back"},
    {LIVES, .was = "ec", .records = "=>", .retention = "<", .want = EMIT_WAIT, .sentence = "retention rolled back"},

    {EARLY, .rebuilt = "y", .closed = "y", .want = EMIT_ON_TIME, .sentence = "early, rebuilt, closed"},
    {.sealed = "n",
     .was = "e",
     .rebuilt = "y",
     .records = "=>",
     .closed = "n",
     .turn = "febmga",
     .want = EMIT_EARLY,
     .sentence = "early, rebuilt, its turn, or drained"},
    {.sealed = "n",
     .was = "e",
     .rebuilt = "y",
     .records = "<",
     .closed = "n",
     .turn = "fbga",
     .want = EMIT_EARLY,
     .sentence = "early, rebuilt, drained"},
    {.sealed = "n",
     .was = "e",
     .rebuilt = "y",
     .records = "<",
     .closed = "n",
     .turn = "em",
     .want = EMIT_WAIT,
     .sentence = "early, rebuilt, its turn, not as far yet"},
    {EARLY, .rebuilt = "y", .closed = "n", .turn = "-l", .want = EMIT_WAIT, .sentence = "early, rebuilt, open"},
    {.sealed = "n",
     .was = "e",
     .rebuilt = "y",
     .records = "=>",
     .closed = "p",
     .turn = "lfebmga",
     .want = EMIT_EARLY,
     .sentence = "early, rebuilt, passed"},
    {.sealed = "n",
     .was = "e",
     .rebuilt = "y",
     .records = "<",
     .closed = "p",
     .turn = "lfbmga",
     .want = EMIT_EARLY,
     .sentence = "early, rebuilt, passed, not as far yet"},
    {.sealed = "n",
     .was = "e",
     .rebuilt = "y",
     .records = "<",
     .closed = "p",
     .turn = "e",
     .want = EMIT_WAIT,
     .sentence = "early, rebuilt, passed, within the interval, not as far yet"},
    {EARLY, .rebuilt = "y", .closed = "p", .turn = "-", .want = EMIT_WAIT,
     .sentence = "early, rebuilt, passed, within the interval"},
    {LIVES, .was = "e", .records = "=>", .retention = "=>", .closed = "p", .turn = "-", .want = EMIT_WAIT,
     .sentence = "early, passed, within the interval"},
    {LIVES, .was = "e", .records = ">", .retention = "=>", .closed = "p", .turn = "lfebmga", .want = EMIT_EARLY,
     .sentence = "early, passed, records came"},
    {LIVES, .was = "e", .records = "=", .retention = ">", .closed = "p", .turn = "lfebmga", .want = EMIT_EARLY,
     .sentence = "early, passed, retention rose"},
    {LIVES, .was = "e", .records = "=", .retention = "=", .tables = "y", .closed = "p", .turn = "lfebmga",
     .want = EMIT_EARLY, .sentence = "early, passed, other tables"},
    {LIVES, .was = "e", .records = "=", .retention = "=", .tables = "n", .closed = "p", .turn = "lfebmga",
     .want = EMIT_WAIT, .sentence = "early, passed, nothing new"},
    {LIVES, .was = "e", .records = "=>", .retention = "=>", .closed = "y", .want = EMIT_ON_TIME,
     .sentence = "early, now closed, whether it grew or not"},
    {LIVES, .was = "e", .records = "=>", .retention = "=>", .closed = "n", .turn = "-l", .want = EMIT_WAIT,
     .sentence = "early, still open"},
    {LIVES, .was = "e", .records = ">", .retention = "=>", .closed = "n", .turn = "febmga", .want = EMIT_EARLY,
     .sentence = "early, told again, records came"},
    {LIVES, .was = "e", .records = "=", .retention = ">", .closed = "n", .turn = "febmga", .want = EMIT_EARLY,
     .sentence = "early, told again, retention rose"},
    {LIVES, .was = "e", .records = "=", .retention = "=", .tables = "y", .closed = "n", .turn = "febmga",
     .want = EMIT_EARLY, .sentence = "early, told again, other tables"},
    {LIVES, .was = "e", .records = "=", .retention = "=", .tables = "n", .closed = "n", .turn = "febmga",
     .want = EMIT_WAIT, .sentence = "early, told again, nothing new"},

    {CLOSED, .rebuilt = "y", .turn = "fbga", .want = EMIT_LATE, .sentence = "rebuilt, at the end of a drain"},
    {CLOSED, .rebuilt = "y", .turn = "-lem", .closed = "np", .want = EMIT_WAIT, .sentence = "rebuilt, not as far yet"},
    {CLOSED, .rebuilt = "y", .turn = "-e", .closed = "y", .want = EMIT_WAIT,
     .sentence = "rebuilt, within the interval"},
    {CLOSED, .rebuilt = "y", .turn = "lm", .closed = "y", .want = EMIT_LATE, .sentence = "rebuilt, after the interval"},
    {LIVES, .was = "c", .records = "=", .retention = "=", .tables = "n", .want = EMIT_SKIP,
     .sentence = "published as it is"},
    {LIVES, .was = "c", .records = ">", .retention = "=>", .turn = "-e", .want = EMIT_WAIT,
     .sentence = "records came, within the interval"},
    {LIVES, .was = "c", .records = ">", .retention = "=>", .turn = "lfbmga", .want = EMIT_LATE,
     .sentence = "records came late"},
    {LIVES, .was = "c", .records = "=", .retention = ">", .turn = "-e", .want = EMIT_WAIT,
     .sentence = "retention rose, within the interval"},
    {LIVES, .was = "c", .records = "=", .retention = ">", .turn = "lfbmga", .want = EMIT_LATE,
     .sentence = "retention rose late"},
    {LIVES, .was = "c", .records = "=", .retention = "=", .tables = "y", .turn = "-e", .want = EMIT_WAIT,
     .sentence = "other tables, within the interval"},
    {LIVES, .was = "c", .records = "=", .retention = "=", .tables = "y", .turn = "lfbmga", .want = EMIT_LATE,
     .sentence = "other tables"},
};

static bool is_in(char letter, const char *set)
{
    return set == NULL || strchr(set, letter) != NULL;
}

static bool fits(const struct row *row, const struct letters *letters)
{
    return is_in(letters->was, row->was) && is_in(letters->records, row->records) &&
           is_in(letters->retention, row->retention) && is_in(letters->sealed, row->sealed) &&
           is_in(letters->shards, row->shards) && is_in(letters->closed, row->closed) &&
           is_in(letters->rebuilt, row->rebuilt) && is_in(letters->tables, row->tables) &&
           is_in(letters->turn, row->turn);
}

static unsigned hits[LENGTH_OF(rows)];

static void check_row(const struct letters *letters)
{
    struct window_facts facts = facts_of(letters);
    size_t found = 0, fitting = 0;

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        if (fits(&rows[i], letters)) {
            found = i;
            fitting++;
        }
    hits[found]++;
    enum emit_decision want = rows[found].want;
    if (letters->off != '-' && emit_rule_emits(want)) /* whatever it is, it waits */
        want = EMIT_WAIT;
    expect(letters, fitting == 1, "not exactly one row of the table fits");
    expect(letters, emit_rule_decide(&facts) == want, rows[found].sentence);
}

static void each_combination_is_decided_as_its_row_says(void)
{
    CU_ASSERT_EQUAL(enumerate(check_row), 28416);
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT_TRUE(hits[i] > 0);
}

/* ---- what follows, whatever the table says ---- */

static bool is_emitted(const struct window_facts *facts)
{
    return emit_rule_emits(emit_rule_decide(facts));
}

static void check_versions(const struct letters *letters)
{
    struct window_facts facts = facts_of(letters);

    if (!is_emitted(&facts))
        return;
    expect(letters, facts.records > 0 && !facts.is_put_off && !facts.is_short, "an emitted window has all its keys");
    if (!emit_rule_is_restated(&facts)) {
        expect(letters, facts.records >= facts.published_records, "a revision falls within a generation");
        expect(letters, facts.retention >= facts.published_retention, "retention falls within a generation");
        expect(letters,
               facts.records > facts.published_records || facts.retention > facts.published_retention ||
                   !facts.was_closed,
               "a closed window is told twice");
    }
    expect(letters, (emit_rule_decide(&facts) == EMIT_LATE) == facts.was_closed,
           "LATE is what was closed before, only");
    expect(letters,
           emit_rule_decide(&facts) != EMIT_EARLY ||
               ((facts.is_final || facts.is_passed || facts.is_early_due) && !facts.is_closed),
           "EARLY is open, and in its turn, drained or passed");
    expect(letters, emit_rule_decide(&facts) != EMIT_ON_TIME || facts.is_closed, "ON_TIME is closed");
}

static void no_version_is_older_than_the_last(void)
{
    enumerate(check_versions);
}

/* What is waited for: the watermark, the shards' seal, the interval, the drain's end; a store that catches up, a
 * trouble that ends. */
static struct window_facts once_all_has_come(struct window_facts facts)
{
    facts.is_put_off = facts.is_short = false;
    facts.is_closed = facts.is_passed = facts.is_retention_sealed = facts.is_final = facts.is_late_due = true;
    facts.is_early_due = true;
    if (!facts.is_rebuilt && facts.records > 0 && facts.records < facts.published_records)
        facts.records = facts.published_records + 1;
    if (!facts.is_rebuilt && facts.retention < facts.published_retention)
        facts.retention = facts.published_retention + 1;
    return facts;
}

static void check_wait(const struct letters *letters)
{
    struct window_facts facts = facts_of(letters), later = once_all_has_come(facts);

    if (emit_rule_decide(&facts) == EMIT_WAIT)
        expect(letters, is_emitted(&later), "a wait without an end");
    if (emit_rule_decide(&facts) == EMIT_SKIP && !facts.is_sealed)
        expect(letters, !is_emitted(&later), "something was left to be told");
}

static void what_waits_is_told_once_all_has_come(void)
{
    enumerate(check_wait);
}

/* A window that is complete has no records left to be told, whatever retention and tables have; and the other way. */
static void check_complete(const struct letters *letters)
{
    struct window_facts facts = facts_of(letters), later = once_all_has_come(facts);

    if (facts.records == 0) {
        expect(letters, !emit_rule_is_complete(&facts), "complete without records");
        return;
    }
    later.is_put_off = later.is_short = later.is_sealed = later.has_changed_tables = false;
    later.retention = later.published_retention;
    expect(letters, emit_rule_is_complete(&facts) == !is_emitted(&later), "complete: no records are left to be told");
}

static void a_complete_window_has_no_records_left_to_be_told(void)
{
    enumerate(check_complete);
}

static void check_restated(const struct letters *letters)
{
    struct window_facts facts = facts_of(letters), same = facts;

    expect(letters, emit_rule_is_restated(&facts) == (letters->rebuilt == 'y' || letters->tables == 'y'), "restated");
    same.records = same.published_records; /* there is no other news */
    same.retention = same.published_retention;
    same.is_put_off = same.is_short = same.is_sealed = same.is_closed = false;
    same.is_final = true;
    if (same.records > 0)
        expect(letters, emit_rule_is_restated(&facts) == is_emitted(&same), "what is restated is news by itself");
}

static void what_is_restated_is_news_by_itself(void)
{
    enumerate(check_restated);
}

/* A window that is under way is told again as one is whose tables have changed; once it is sealed, too, since its cells
 * are there until it is complete. */
static void check_under_way(const struct letters *letters)
{
    struct window_facts facts = facts_of(letters), changed = facts;

    if (letters->was == 'n')
        return;
    facts.is_under_way = changed.has_changed_tables = true;
    expect(letters, emit_rule_is_restated(&facts), "all rows again");
    expect(letters, !emit_rule_is_complete(&facts), "under way, and complete");
    if (!facts.is_sealed) {
        expect(letters, emit_rule_decide(&facts) == emit_rule_decide(&changed), "told again");
        return;
    }
    bool has_all = facts.was_closed && !facts.is_rebuilt && facts.records == facts.published_records;
    enum emit_decision want = !has_all ? EMIT_SKIP
                              : facts.retention < facts.published_retention || !facts.is_retention_sealed ||
                                      facts.is_put_off || facts.is_short
                                  ? EMIT_WAIT
                                  : EMIT_LATE;
    expect(letters, emit_rule_decide(&facts) == want, "sealed, and told again");
}

static void what_is_under_way_is_told_again(void)
{
    enumerate(check_under_way);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"each_combination_is_decided_as_its_row_says", each_combination_is_decided_as_its_row_says},
        {"no_version_is_older_than_the_last", no_version_is_older_than_the_last},
        {"what_waits_is_told_once_all_has_come", what_waits_is_told_once_all_has_come},
        {"a_complete_window_has_no_records_left_to_be_told", a_complete_window_has_no_records_left_to_be_told},
        {"what_is_restated_is_news_by_itself", what_is_restated_is_news_by_itself},
        {"what_is_under_way_is_told_again", what_is_under_way_is_told_again},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
