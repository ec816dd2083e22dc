/*
 * Formats of log lines, as base/log.h wants them: fields first, whose keys are none that every record has and none
 * twice, then words for people; and of conversions only those that the reader of formats knows.
 */
#include "tidy_tree.h"

#define FORMAT_SIZE 1024
#define KEYS_MAX 16

/* The end of the argument that begins at `at`: its ',' or ')'. */
static const char *end_of_argument(const char *at)
{
    int depth = 0;

    for (; *at != '\0'; at++) {
        if (*at == '"') {
            for (at++; *at != '"' && *at != '\0'; at++)
                at += *at == '\\';
        } else if (depth == 0 && (*at == ',' || *at == ')')) {
            return at;
        }
        depth += (*at == '(') - (*at == ')');
    }
    return at;
}

/* The format's literals as one text; a macro between two, a PRId64, is a conversion's end. False: there is none. */
static bool read_format(const char *at, const char *end, char *format)
{
    const char *begin = at;
    size_t size = 0;

    for (; at < end && size + 1 < FORMAT_SIZE; at++) {
        if (isalpha((unsigned char)*at)) {
            format[size++] = 'd';
            while (at + 1 < end && is_word_letter(at[1]))
                at++;
        } else if (*at == '"') {
            for (at++; *at != '"' && size + 1 < FORMAT_SIZE; at++) {
                at += *at == '\\';
                format[size++] = *at;
            }
        }
    }
    format[size] = '\0';
    return memchr(begin, '"', (size_t)(end - begin)) != NULL && size > 0;
}

static bool has_conversions_we_know(const char *format)
{
    while ((format = strchr(format, '%')) != NULL) {
        format++;
        if (*format == '.')
            format += 1 + strspn(format + 1, "0123456789*");
        format += strspn(format, "hlzj");
        if (*format == '\0' || strchr("sdiuxc%", *format) == NULL)
            return false;
        format++;
    }
    return true;
}

/* What is wrong with the fields of a format; NULL: nothing. */
static const char *fault_of(const char *at)
{
    static const char *const taken[] = {"time", "level", "id", "program", "suppressed", "cut"};
    const char *keys[KEYS_MAX];
    size_t sizes[KEYS_MAX], count = 0;

    for (at += strspn(at, ": "); *at != '\0'; at += strspn(at, ": ")) {
        size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_.");
        bool is_field = size > 0 && at[size] == '=';
        keys[count] = is_field ? at : "text";
        sizes[count] = is_field ? size : strlen("text");
        for (size_t i = 0; i < LENGTH_OF(taken); i++)
            if (strlen(taken[i]) == sizes[count] && memcmp(taken[i], keys[count], sizes[count]) == 0)
                return "a key that every record has";
        for (size_t i = 0; i < count; i++)
            if (sizes[i] == sizes[count] && memcmp(keys[i], keys[count], sizes[i]) == 0)
                return "a key twice, or a text beside words";
        if (!is_field)
            return strstr(at, "=%") == NULL ? NULL : "a field behind words";
        if (++count == KEYS_MAX)
            return "too many fields";
        at += size + 1;
        if (*at == '"') {
            at += 1 + strcspn(at + 1, "\"");
            at += *at == '"';
        }
        while (*at != '\0' && *at != ' ')
            at++;
    }
    return NULL;
}

static void check_lines(const struct source_file *source, struct findings *findings)
{
    if (!begins_with(source->path, "src/") || strcmp(source->path, "src/base/log.c") == 0)
        return;
    for (const char *at = source->code; (at = find_word(source->code, at, "log_line")) != NULL; at++) {
        char format[FORMAT_SIZE];
        const char *begin = strchr(at, '('), *place = source->text + (at - source->code);
        for (int argument = 0; argument < 3 && begin != NULL && *begin != '\0'; argument++)
            begin = end_of_argument(begin + 1);
        if (begin == NULL || *begin != ',' || !read_format(begin + 1, end_of_argument(begin + 1), format))
            complain(findings, source, place, "a log line without a literal format");
        else if (!has_conversions_we_know(format))
            complain(findings, source, place, "a conversion that log.h does not allow: %s", format);
        else if (fault_of(format) != NULL)
            complain(findings, source, place, "%s: %s", fault_of(format), format);
    }
}

#define LINE(format) "log_line(logger, a ? B : C, is_x ? \"A-B\" : \"C-D\", " format ", f(x, y), 2);"

static const struct example examples[] = {
    {check_lines, "src/x.c", LINE("\"partition=%\" PRId32 \" text=\\\"%s\\\"\""), 0},
    {check_lines, "src/x.c", LINE("\"partition=%\" PRId32 \" wanted=compact: %s\""), 0},
    {check_lines, "src/x.c", LINE("\"%.*s of %.300s\""), 0},
    {check_lines, "src/x.c", LINE("\"a=%zu b=%%%c %ld\""), 0},
    {check_lines, "src/x.c", LINE("\"id=%d\""), 1},
    {check_lines, "src/x.c", LINE("\"a=%d cut=%s\""), 1},
    {check_lines, "src/x.c", LINE("\"a=%d a=%d\""), 1},
    {check_lines, "src/x.c", LINE("\"text=\\\"%s b=1\\\" %s\""), 1},
    {check_lines, "src/x.c", LINE("\"%s a=%d\""), 1},
    {check_lines, "src/x.c", LINE("\"a=%5d\""), 1},
    {check_lines, "src/x.c", LINE("\"a=%f\""), 1},
    {check_lines, "src/x.c", LINE("format"), 1},
    {check_lines, "tests/x.c", LINE("\"id=%d\""), 0},
};

static void formats_are_of_fields_then_words(void)
{
    check_examples(examples, LENGTH_OF(examples));
    check_tree(check_lines);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"formats_are_of_fields_then_words", formats_are_of_fields_then_words},
        CU_TEST_INFO_NULL,
    };
    tree_open();
    int status = suite_run(argc, argv, tests);
    tree_close();
    return status;
}
