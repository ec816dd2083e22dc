/*
 * Rooms: what each may open, that a door has somebody who opens it, that no header's name is given twice, that the
 * build has the same rows as the table, and that every room says what it is for. The table stands in tidy_tables.h;
 * circles within a room are found by tests/support/graph.py, which needs the objects.
 */
#include <sys/stat.h>

#include "tidy_tables.h"
#include "tidy_tree.h"

#define README_LINES_MAX 60 /* a page */

static const struct room *room_named(const char *name, size_t size)
{
    for (size_t at = 0; at < LENGTH_OF(rooms); at++)
        if (strlen(rooms[at].name) == size && strncmp(rooms[at].name, name, size) == 0)
            return &rooms[at];
    return NULL;
}

/* The room, or the program, whose file this is; NULL: neither. */
static const struct room *room_of(const char *path)
{
    static const char *const folders[] = {"src/", "include/gentally/"};

    for (size_t at = 0; at < LENGTH_OF(programs); at++)
        if (strcmp(programs[at].name, path) == 0)
            return &programs[at];
    for (size_t at = 0; at < LENGTH_OF(folders); at++)
        if (begins_with(path, folders[at])) {
            const char *name = path + strlen(folders[at]);
            return strchr(name, '/') == NULL ? NULL : room_named(name, strcspn(name, "/"));
        }
    return NULL;
}

static bool opens(const struct room *room, const struct room *other)
{
    return room == other || find_word(room->opens, room->opens, other->name) != NULL;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static void check_foreign(const struct source_file *source, const char *at, const char *name, struct findings *findings)
{
    if (strcmp(source->path, "src/cli/versions.c") == 0)
        return;
    for (size_t header = 0; header < LENGTH_OF(foreign_headers); header++) {
        bool is_owner = !begins_with(name, foreign_headers[header].prefix);
        for (size_t i = 0; i < LENGTH_OF(foreign_headers[header].owners) && !is_owner; i++)
            is_owner = foreign_headers[header].owners[i] != NULL &&
                       begins_with(source->path, foreign_headers[header].owners[i]);
        if (!is_owner)
            complain(findings, source, at, "<%s> has other owners", name);
    }
}

static void check_door(const struct source_file *source, const struct room *room, const char *at, const char *name,
                       struct findings *findings)
{
    const char *rest = name + strlen("gentally/");
    const struct room *other = room_named(rest, strcspn(rest, "/"));

    if (other == NULL)
        complain(findings, source, at, "\"%s\" leads into no room", name);
    else if (!opens(room, other))
        complain(findings, source, at, "%s may not open \"%s\"", room->name, name);
}

/* Every include of a room's file: a door that the room opens, a header beside it, or a library that it owns. */
static void check_includes(const struct source_file *source, struct findings *findings)
{
    static const char directive[] = "#include ";
    const struct room *room = room_of(source->path);

    if (begins_with(source->path, "tests/"))
        return;
    if (room == NULL) {
        complain(findings, source, source->text, "a file of no room");
        return;
    }
    for (const char *at = source->code; (at = strstr(at, directive)) != NULL; at++) {
        char name[128];
        const char *first = at + strlen(directive) + 1, *line = source->text + (at - source->code);
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(first, ">\"\n"), first);
        if (first[-1] == '<')
            check_foreign(source, line, name, findings);
        else if (begins_with(name, "gentally/"))
            check_door(source, room, line, name, findings);
        else if (begins_with(source->path, "include/"))
            complain(findings, source, line, "a door includes \"%s\", which others cannot find", name);
        else if (strchr(name, '/') != NULL)
            complain(findings, source, line, "\"%s\" is beside no file of this room", name);
    }
}

static const struct example examples[] = {
    {check_includes, "src/kafka/x.c", "#include <librdkafka/rdkafka.h>\n#include <hiredis/hiredis.h>\n", 1},
    {check_includes, "src/codec/x.c", "#include <avro.h>\n#include <jansson.h>\n#include <openssl/evp.h>\n", 1},
    {check_includes, "src/cli/versions.c", "#include <librdkafka/rdkafka.h>\n#include <hiredis/hiredis.h>\n", 0},
    {check_includes, "src/cli/x.c", "#include <librdkafka/rdkafka.h>\n", 1},
    {check_includes, "src/redis/x.c", "#include \"gentally/core/event.h\"\n#include \"y.h\"\n", 0},
    {check_includes, "src/redis/x.c", "#include \"gentally/kafka/source.h\"\n#include \"gentally/ingest/worker.h\"\n",
     2},
    {check_includes, "src/redis/x.c", "#include \"../kafka/position.h\"\n#include \"gentally/store.h\"\n", 2},
    {check_includes, "include/gentally/redis/x.h", "#include \"gentally/base/log.h\"\n#include \"y.h\"\n", 1},
    {check_includes, "include/gentally/inspect/x.h", "#include \"gentally/redis/store.h\"\n", 1},
    {check_includes, "include/gentally/x.h", "", 1},
    {check_includes, "src/attic/x.c", "", 1},
    {check_includes, "src/main.c", "#include \"gentally/commands/commands.h\"\n#include \"gentally/study/demo.h\"\n",
     1},
    {check_includes, "src/core/x.c", "/* #include \"gentally/redis/store.h\" */\n", 0},
    {check_includes, "tests/unit/core/x_test.c", "#include \"gentally/redis/store.h\"\n", 0},
};

static void rules_see_bad_examples(void)
{
    check_examples(examples, LENGTH_OF(examples));
}

static void rooms_open_what_they_may(void)
{
    check_tree(check_includes);
}

/* What is wrong with rows: a room given twice, or one that opens a room that does not stand above it. */
static size_t row_faults(const struct room rows[], size_t count)
{
    size_t faults = 0;

    for (size_t row = 0; row < count; row++) {
        for (size_t above = 0; above < row; above++)
            faults += strcmp(rows[above].name, rows[row].name) == 0;
        for (const char *word = rows[row].opens; *word != '\0'; word += strspn(word, " ")) {
            size_t size = strcspn(word, " ");
            bool is_above = false;
            for (size_t above = 0; above < row; above++)
                is_above = is_above || (strlen(rows[above].name) == size && strncmp(rows[above].name, word, size) == 0);
            faults += !is_above;
            word += size;
        }
    }
    return faults;
}

static void rows_are_in_order_and_given_once(void)
{
    static const struct room bad[] = {{"a", ""}, {"b", "a c"}, {"c", "a b"}, {"a", ""}, {"d", "d"}};

    CU_ASSERT_EQUAL(row_faults(bad, LENGTH_OF(bad)), 3);
    CU_ASSERT_EQUAL(row_faults(rooms, LENGTH_OF(rooms)), 0);
}

/* The rows of CMakeLists.txt: gentally_room(NAME OPENS a b c USES ...). */
static void the_build_has_the_same_rows(void)
{
    char *text = read_text(GENTALLY_ROOT "/CMakeLists.txt");
    const char *at = text;
    size_t count = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (; (at = strstr(at, "\ngentally_room(")) != NULL && count < LENGTH_OF(rooms); count++) {
        const struct room *row = &rooms[count];
        char words[256], want[256];
        at += strlen("\ngentally_room(");
        snprintf(words, sizeof(words), "%.*s", (int)strcspn(at, ")"), at);
        char *uses = strstr(words, "USES");
        if (uses != NULL)
            *uses = '\0';
        /* Blanks of any kind and number are one. */
        char packed[256] = "", *save = NULL;
        for (char *word = strtok_r(words, " \n", &save); word != NULL; word = strtok_r(NULL, " \n", &save))
            snprintf(packed + strlen(packed), sizeof(packed) - strlen(packed), "%s%s", *packed == '\0' ? "" : " ",
                     word);
        snprintf(want, sizeof(want), "%s%s%s", row->name, *row->opens == '\0' ? "" : " OPENS ", row->opens);
        CU_ASSERT_STRING_EQUAL(packed, want);
    }
    CU_ASSERT_EQUAL(count, LENGTH_OF(rooms));
    CU_ASSERT_PTR_NULL(at); /* and no more */
    free(text);
}

/* Who includes a header, besides itself: rooms' files in all; and those of other rooms, or doors, through which other
 * rooms do. */
static void count_readers(const struct source_file *header, size_t *all, size_t *others)
{
    char line[160];
    bool is_door = begins_with(header->path, "include/");

    *all = *others = 0;
    snprintf(line, sizeof(line), "#include \"%s\"",
             is_door ? header->path + strlen("include/") : file_name(header->path));
    for (size_t at = 0; at < tree_count; at++) {
        if (&tree[at] == header || begins_with(tree[at].path, "tests/") || strstr(tree[at].code, line) == NULL)
            continue;
        ++*all;
        *others += room_of(tree[at].path) != room_of(header->path) || begins_with(tree[at].path, "include/");
    }
}

static bool is_header(const char *path)
{
    return !begins_with(path, "tests/") && strcmp(strrchr(path, '.'), ".h") == 0;
}

static void doors_are_opened_and_headers_read(void)
{
    for (size_t at = 0; at < tree_count; at++) {
        size_t all, others;
        if (!is_header(tree[at].path))
            continue;
        count_readers(&tree[at], &all, &others);
        bool is_door = begins_with(tree[at].path, "include/");
        if (all == 0)
            printf("%s: no source includes it\n", tree[at].path);
        else if (is_door && others == 0)
            printf("%s: no other room opens it: private, beside its .c\n", tree[at].path);
        CU_ASSERT(all > 0);
        CU_ASSERT(!is_door || others > 0);
    }
}

static void no_name_is_given_to_two_headers(void)
{
    for (size_t at = 0; at < tree_count; at++)
        for (size_t other = 0; is_header(tree[at].path) && other < at; other++) {
            bool is_twice =
                is_header(tree[other].path) && strcmp(file_name(tree[at].path), file_name(tree[other].path)) == 0;
            if (is_twice)
                printf("%s and %s: one name\n", tree[other].path, tree[at].path);
            CU_ASSERT(!is_twice);
        }
}

static void unit_tests_mirror_the_rooms(void)
{
    static const char folder[] = "tests/unit/";

    for (size_t at = 0; at < tree_count; at++) {
        const char *rest = tree[at].path + strlen(folder);
        if (!begins_with(tree[at].path, folder) || strchr(rest, '/') == NULL)
            continue;
        bool is_room = room_named(rest, strcspn(rest, "/")) != NULL;
        if (!is_room)
            printf("%s: of no room\n", tree[at].path);
        CU_ASSERT(is_room);
    }
}

static void every_room_says_what_it_is_for(void)
{
    for (size_t at = 0; at < LENGTH_OF(rooms); at++) {
        char path[256];
        size_t lines = 0;
        snprintf(path, sizeof(path), "%s/src/%s/README.md", GENTALLY_ROOT, rooms[at].name);
        char *text = read_text(path);
        for (const char *letter = text; letter != NULL && *letter != '\0'; letter++)
            lines += *letter == '\n';
        if (lines == 0 || lines > README_LINES_MAX)
            printf("src/%s/README.md: %zu lines, from 1 to %d\n", rooms[at].name, lines, README_LINES_MAX);
        CU_ASSERT(lines > 0);
        CU_ASSERT(lines <= README_LINES_MAX);
        free(text);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"rules_see_bad_examples", rules_see_bad_examples},
        {"rooms_open_what_they_may", rooms_open_what_they_may},
        {"rows_are_in_order_and_given_once", rows_are_in_order_and_given_once},
        {"the_build_has_the_same_rows", the_build_has_the_same_rows},
        {"doors_are_opened_and_headers_read", doors_are_opened_and_headers_read},
        {"no_name_is_given_to_two_headers", no_name_is_given_to_two_headers},
        {"unit_tests_mirror_the_rooms", unit_tests_mirror_the_rooms},
        {"every_room_says_what_it_is_for", every_room_says_what_it_is_for},
        CU_TEST_INFO_NULL,
    };
    tree_open();
    int status = suite_run(argc, argv, tests);
    tree_close();
    return status;
}
