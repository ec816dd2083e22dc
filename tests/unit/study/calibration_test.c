/* The rows of calibration.def: each has a unit, a figure of the study or "guess", and is read by the room's code. */
#include "calibration.h"

#include <dirent.h>

#include "gentally/base/base.h"
#include "suite.h"

#define SOURCES_MAX ((size_t)1 << 20)

struct calibration_row {
    const char *name, *unit, *figure, *what;
};

#define INTEGER(name, value, unit, figure, what) {#name, unit, figure, what},
#define REAL(name, value, unit, figure, what) {#name, unit, figure, what},
#define INTEGERS(name, unit, figure, what, ...) {#name, unit, figure, what},
#define REALS(name, unit, figure, what, ...) {#name, unit, figure, what},
static const struct calibration_row rows[] = {
#include "calibration.def"
};

static void fail(const char *name, const char *what)
{
    fprintf(stderr, "%s %s\n", name, what);
    CU_FAIL("a row of calibration.def");
}

/* "S01" to "S41", one or several with a space between, or "guess". */
static bool is_figure(const char *figure)
{
    if (strcmp(figure, "guess") == 0)
        return true;
    for (const char *at = figure;; at += 4) {
        bool is_digits = at[0] == 'S' && at[1] >= '0' && at[1] <= '4' && at[2] >= '0' && at[2] <= '9';
        int number = is_digits ? 10 * (at[1] - '0') + at[2] - '0' : 0;
        if (number < 1 || number > 41 || (at[3] != '\0' && at[3] != ' '))
            return false;
        if (at[3] == '\0')
            return true;
    }
}

static void each_row_says_what_it_is(void)
{
    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        CU_ASSERT(rows[index].unit[0] != '\0');
        CU_ASSERT(rows[index].what[0] != '\0');
        if (!is_figure(rows[index].figure))
            fail(rows[index].name, "has no figure");
    }
    CU_ASSERT(is_figure("S03 S04"));
    CU_ASSERT_FALSE(is_figure("S42"));
    CU_ASSERT_FALSE(is_figure("S03 "));
    CU_ASSERT_FALSE(is_figure(""));
}

/* All .c files of the room, one after the other. */
static const char *read_sources(void)
{
    static char text[SOURCES_MAX];
    size_t size = 0;
    DIR *folder = opendir(GENTALLY_ROOT "/src/study");

    CU_ASSERT_FATAL(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[1024];
        size_t length = strlen(entry->d_name);
        if (length < 2 || strcmp(entry->d_name + length - 2, ".c") != 0)
            continue;
        snprintf(path, sizeof(path), GENTALLY_ROOT "/src/study/%s", entry->d_name);
        FILE *file = fopen(path, "r");
        CU_ASSERT_FATAL(file != NULL);
        size += fread(text + size, 1, SOURCES_MAX - 1 - size, file);
        fclose(file);
    }
    closedir(folder);
    CU_ASSERT_FATAL(size < SOURCES_MAX - 1);
    return text;
}

static bool is_in_name(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

static bool is_read(const char *sources, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = sources; (at = strstr(at, name)) != NULL; at += size) {
        if ((at == sources || !is_in_name(at[-1])) && !is_in_name(at[size]))
            return true;
    }
    return false;
}

static void each_row_is_read_by_the_code(void)
{
    const char *sources = read_sources();

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        if (!is_read(sources, rows[index].name))
            fail(rows[index].name, "is read by no file of src/study");
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"each_row_says_what_it_is", each_row_says_what_it_is},
        {"each_row_is_read_by_the_code", each_row_is_read_by_the_code},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
