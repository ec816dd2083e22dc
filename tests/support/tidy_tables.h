/*
 * What the tidy test holds the tree to: levels of headers, stages, owners of foreign headers, banned calls. To allow
 * something new, add it here, and say in the commit why.
 */
#ifndef GENTALLY_TIDY_TABLES_H
#define GENTALLY_TIDY_TABLES_H

#include <stddef.h>

/* What may include what: a header includes only headers of lower levels. A new header is added here, on the lowest
 * level it can have. */
static const struct {
    const char *name;
    int level;
} levels[] = {
    {"base.h", 0},

    {"anchor.h", 1},       {"arena.h", 1},         {"bundled.h", 1},      {"exit_code.h", 1},
    {"hash.h", 1},         {"interval.h", 1},      {"json.h", 1},         {"measure.h", 1},
    {"nearest.h", 1},      {"raking.h", 1},        {"siphash.h", 1},      {"verdict.h", 1},
    {"versions.h", 1},     {"window.h", 1},

    {"breakdown.h", 2},    {"catalog.h", 2},       {"cell.h", 2},         {"countries.h", 2},
    {"csv.h", 2},          {"draw.h", 2},          {"event.h", 2},        {"log.h", 2},
    {"schema.h", 2},       {"store_command.h", 2}, {"topic_follow.h", 2}, {"symbols.h", 2},
    {"table.h", 2},        {"taxonomy.h", 2},      {"timetable.h", 2},    {"signals.h", 2},
    {"breakdown.h", 2},    {"catalog.h", 2},       {"cell.h", 2},         {"countries.h", 2},
    {"csv.h", 2},          {"draw.h", 2},          {"event.h", 2},        {"log.h", 2},
    {"schema.h", 2},       {"store_command.h", 2}, {"topic_follow.h", 2}, {"symbols.h", 2},
    {"table.h", 2},        {"taxonomy.h", 2},      {"timetable.h", 2},    {"signals.h", 2},
    {"http.h", 2},         {"page.h", 2},

    {"contribution.h", 3}, {"decode.h", 3},        {"enrich.h", 3},       {"event_json.h", 3},
    {"letters.h", 3},      {"lines.h", 3},         {"merge.h", 3},        {"place.h", 3},
    {"plan.h", 3},         {"rollup.h", 3},        {"sink.h", 3},         {"source.h", 3},
    {"store.h", 3},        {"store_link.h", 3},    {"study.h", 3},        {"tables.h", 3},
    {"topics.h", 3},       {"worker.h", 3},        {"workload.h", 3},     {"matrix.h", 3},
    {"lines.h", 3},        {"members.h", 3},       {"replica.h", 3},      {"merge.h", 3},
    {"place.h", 3},        {"plan.h", 3},          {"rollup.h", 3},       {"sink.h", 3},
    {"source.h", 3},       {"store.h", 3},         {"store_link.h", 3},   {"study.h", 3},
    {"tables.h", 3},       {"topics.h", 3},        {"worker.h", 3},       {"workload.h", 3},

    {"closer.h", 4},       {"compare.h", 4},       {"config.h", 4},       {"ids.h", 4},
    {"offer.h", 4},        {"replay.h", 4},        {"shift.h", 4},        {"store_reply.h", 4},
    {"summary.h", 4},      {"survey.h", 4},        {"tally.h", 4},        {"homes.h", 5},
    {"series.h", 4},       {"tagging.h", 4},

    {"budget.h", 5},       {"troupe.h", 5},        {"portions.h", 6},     {"replay.h", 4},
    {"shift.h", 4},        {"store_reply.h", 4},   {"summary.h", 4},      {"store_retention.h", 4},
    {"survey.h", 4},       {"tally.h", 4},

    {"book.h", 5},         {"checkpoint.h", 5},    {"emission.h", 5},     {"encode.h", 5},
    {"kafka.h", 5},        {"newest.h", 5},        {"reach.h", 5},        {"summary_text.h", 5},
    {"retained.h", 5},     {"retention.h", 5},

    {"audit.h", 6},        {"figures.h", 6},       {"lane.h", 6},

    {"fold.h", 7},         {"lanes.h", 7},

    {"recall.h", 8},

    {"rooms.h", 9},
};

/* The rooms a record walks through. None opens the door of another. */
static const char *const stages[] = {"source.h", "decode.h", "enrich.h", "tally.h", "store.h", "encode.h", "sink.h"};

/* Files behind a stage's door, and the one step between two stages that is allowed. */
static const struct {
    const char *file, *stage, *also;
} rooms[] = {
    {"src/source.c", "source.h", NULL},
    {"src/source_settings.c", "source.h", NULL},
    {"src/place.c", "source.h", NULL},
    {"src/decode.c", "decode.h", NULL},
    {"src/plan.c", "decode.h", NULL},
    {"src/schema.c", "decode.h", NULL},
    {"src/enrich.c", "enrich.h", NULL},
    {"src/pseudonym.c", "enrich.h", NULL},
    {"src/tally.c", "tally.h", NULL},
    {"src/store.c", "store.h", NULL},
    {"src/store_link.c", "store.h", NULL},
    {"src/store_tls.c", "store.h", NULL},
    {"src/store_command.c", "store.h", NULL},
    {"src/store_ids.c", "store.h", NULL},
    {"src/store_reply.c", "store.h", NULL},
    {"src/store_retention.c", "store.h", NULL},
    {"src/sink.c", "sink.h", NULL},
    {"src/publisher.c", "sink.h", NULL},
    /* What is written is framed by the schema ids it is read by. */
    {"src/encode.c", "encode.h", "decode.h"},
    {"src/readback.c", "encode.h", "decode.h"},
};

/* Headers beside their sources, private to the files whose names begin so. */
static const struct {
    const char *name, *owners[3];
} private_headers[] = {
    {"audit_parts.h", {"src/audit"}},
    {"budget_fit.h", {"src/budget"}},
    {"catalog_row.h", {"src/catalog"}},
    {"config_table.h", {"src/config"}},
    {"cursor.h", {"src/decode", "src/plan"}},
    {"pseudonym.h", {"src/pseudonym", "src/enrich"}},
    {"figure_parts.h", {"src/figure"}},
    {"figure_points.h", {"src/figure"}},
    {"fold_ids.h", {"src/fold"}},
    {"portions_parts.h", {"src/portions"}},
    {"slices.h", {"src/slices", "src/replica"}},
    {"source_settings.h", {"src/source"}},
    {"signal_parts.h", {"src/signal"}},
    {"store_private.h", {"src/store"}},
    {"store_tls.h", {"src/store_tls", "src/store_link"}},
    {"commands.h", {"src/commands/"}},
    {"dlq.h", {"src/commands/"}},
    {"shown.h", {"src/commands/"}},
    {"side_by_side.h", {"src/commands/"}},
    {"signal_text.h", {"src/commands/"}},
    {"replayed.h", {"src/commands/"}},
    {"replayed_retention.h", {"src/commands/"}},
    {"commands/commands.h", {"src/main.c"}},
    {"input.h", {"src/commands/"}},
    {"known.h", {"src/commands/"}},
    {"leaderboard.h", {"src/commands/"}},
    {"live.h", {"src/commands/"}},
    {"options.h", {"src/commands/"}},
    {"progress.h", {"src/commands/"}},
    {"watch.h", {"src/commands/"}},
};

/* Each library has its border posts; src/versions.c asks all of them who they are, and tests use what they like. */
static const struct {
    const char *prefix, *owners[9];
} foreign_headers[] = {
    {"librdkafka/",
     {"src/source.c", "src/source_settings.c", "src/sink.c", "src/publisher.c", "src/topics.c", "src/kafka.c",
      "src/topic_follow.c", "include/gentally/kafka.h", "src/commands/broker.c"}},
    {"hiredis/",
     {"src/store_link.c", "src/store_tls.c", "src/store.c", "include/gentally/store_link.h",
      "include/gentally/store_reply.h"}},
    {"avro", {"src/encode.c", "src/readback.c", "src/schema.c"}},
    {"jansson", {"src/lines.c", "src/plan.c", "src/schema.c"}},
    {"openssl/", {"src/pseudonym.c", "src/store_tls.c"}},
};

/* Where a call may be used, as the beginnings of paths; nowhere if there are none. */
static const struct {
    const char *name, *places[4];
} banned_calls[] = {
    {"strcpy", {NULL}},
    {"strcat", {NULL}},
    {"sprintf", {NULL}},
    {"vsprintf", {NULL}},
    {"atoi", {NULL}},
    {"atol", {NULL}},
    {"atof", {NULL}},
    {"rand", {NULL}},
    {"gets", {NULL}},
    {"strtok", {NULL}},
    {"time", {"src/commands/", "src/main.c", "tests/"}},
    {"printf", {"src/commands/", "src/main.c", "src/config_print.c", "tests/"}},
    {"puts", {"src/commands/", "src/main.c", "tests/"}},
};

/* In halves, so that the tidy test may hold them itself. */
#define WORD_TODO                                                                                                      \
    "TO"                                                                                                               \
    "DO"
#define WORD_FIXME                                                                                                     \
    "FIX"                                                                                                              \
    "ME"
#define WORD_XXX                                                                                                       \
    "X"                                                                                                                \
    "XX"
#define WORD_NDEBUG                                                                                                    \
    "N"                                                                                                                \
    "DEBUG"
static const char *const banned_words[] = {WORD_TODO, WORD_FIXME, WORD_XXX, WORD_NDEBUG};

#endif
