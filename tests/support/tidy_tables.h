/*
 * What the tests of the house rules hold the tree to: rooms, owners of foreign headers, banned calls. To allow
 * something new, add it here, and say in the commit why.
 */
#ifndef GENTALLY_TIDY_TABLES_H
#define GENTALLY_TIDY_TABLES_H

#include <stddef.h>

/*
 * The rooms, in the order in which they may open each other's doors: a row may name only rows above it. The rows of
 * CMakeLists.txt are the same, and give each room's files no other include path.
 */
struct room {
    const char *name, *opens;
};
static const struct room rooms[] = {
    {"base", ""},
    {"core", "base"},
    {"config", "base core"},
    {"codec", "base core"},
    {"adapters", "base core codec"},
    {"http", "base"},
    {"metrics", "base core http"},
    {"registry", "base core config http"},
    {"notify", "base"},
    {"kafka", "base core config"},
    {"redis", "base core config"},
    {"publish", "base core config codec registry kafka redis"},
    {"ingest", "base core config codec metrics registry kafka redis publish"},
    {"inspect", "base core codec"},
    {"report", "base core codec http inspect"},
    {"cli", "base core config"},
    {"commands",
     "base core config codec adapters http metrics registry notify kafka redis publish ingest inspect report cli"},
    {"study", "base core config codec kafka cli"},
};

/* The programs, and the doors they open: files of no room. */
static const struct room programs[] = {
    {"src/main.c", "base cli commands"},
    {"src/demo.c", "base cli study"},
};

/* Each foreign library belongs to few rooms or files; cli/versions.c asks all of them who they are, and tests use what
 * they like. */
static const struct {
    const char *prefix, *owners[4]; /* beginnings of paths */
} foreign_headers[] = {
    {"librdkafka/", {"src/kafka/", "src/study/broker"}},
    {"hiredis/", {"src/redis/"}},
    {"avro", {"src/codec/"}},
    {"jansson", {"src/codec/", "src/adapters/", "src/kafka/token_text.c"}},
    {"curl/", {"src/registry/", "src/metrics/probe", "src/notify/"}},
    {"microhttpd", {"src/http/"}},
    {"zlib.h", {"src/http/"}},
    {"openssl/", {"src/ingest/pseudonym.c", "src/kafka/", "src/redis/store_tls.c"}},
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
    {"time", {"src/commands/", "src/study/", "src/cli/", "tests/"}},
    {"clock_gettime", {"src/base/clock.c", "tests/"}},
    {"printf", {"src/commands/", "src/study/", "src/cli/", "tests/"}},
    {"puts", {"src/commands/", "src/study/", "src/cli/", "tests/"}},
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
