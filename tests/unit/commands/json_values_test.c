/* JSON values from an input: the same ones, however the text is laid out, and wherever a read ends. */
#include "json_values.h"

#include <sys/socket.h>
#include <unistd.h>

#include "suite.h"

/* An input that is read in pieces of `piece` bytes: each packet is one read. */
static void feed(int sockets[2], const char *text, size_t piece)
{
    size_t size = strlen(text);

    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets), 0);
    for (size_t at = 0; at < size; at += piece) {
        size_t part = size - at < piece ? size - at : piece;
        CU_ASSERT_EQUAL_FATAL(write(sockets[1], text + at, part), (ssize_t)part);
    }
    close(sockets[1]);
}

/* The values, each with a '|' behind it; "!" where reading ended with something else than the end. */
static void read_all(const char *text, size_t piece, char *all, size_t room)
{
    struct input input;
    struct json_values values = {.input = &input};
    struct reason why = {0};
    struct span value;
    int sockets[2];
    size_t size = 0;

    feed(sockets, text, piece);
    CU_ASSERT_EQUAL_FATAL(input_open(&input, sockets[0], &why), GO_ON);
    enum verdict verdict = json_values_next(&values, &value, &why);
    while (verdict == GO_ON && value.bytes != NULL && size + value.size + 2 < room) {
        memcpy(all + size, value.bytes, value.size);
        size += value.size;
        all[size++] = '|';
        verdict = json_values_next(&values, &value, &why);
    }
    if (verdict != GO_ON)
        all[size++] = '!';
    all[size] = '\0';
    input_close(&input);
    close(sockets[0]);
}

static void values_are_found_in_every_layout(void)
{
    static const struct {
        const char *text, *values;
    } rows[] = {
        {"", ""},
        {"  \n\n ", ""},
        {"{\"a\":1}", "{\"a\":1}|"},
        {"{\"a\":1}\n\n{\"b\":2}\n", "{\"a\":1}|{\"b\":2}|"},
        {"\xef\xbb\xbf{\"a\":1}\n", "{\"a\":1}|"},
        {"[{\"a\":[1,{}]},{\"b\":2}]", "{\"a\":[1,{}]}|{\"b\":2}|"},
        {"\xef\xbb\xbf [\n {\"a\":1} ,\n {\"b\":2}\n]\n", "{\"a\":1}|{\"b\":2}|"},
        {"[{\"a\":\"]},{\\\"\"}]", "{\"a\":\"]},{\\\"\"}|"},
        {"[]", ""},
        {"[7,{\"a\":1}]", "7|{\"a\":1}|"},
        {"[{\"a\":1}]\n[{\"b\":2}]\n", "{\"a\":1}|{\"b\":2}|"},
        {"{\n\"a\": {\n}\n}\n{\n\"b\": 2\n}", "{\n\"a\": {\n}\n}|{\n\"b\": 2\n}|"},
        {"{ \n}", "{ \n}|"},
        {"{\"a\":1}\n[{\"b\":2}]\n", "{\"a\":1}|[{\"b\":2}]|"},
        {"[{\"a\":1", "{\"a\":1|"}, /* for the reader to say what is wrong with it */
        {"{\"a\":", "{\"a\":|"},
        {"}\n", "}|"},
        {"\x1f\x8b\x08", "!"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        for (size_t piece = 1; piece < 12; piece++) {
            char all[256];
            read_all(rows[i].text, piece, all, sizeof(all));
            if (strcmp(all, rows[i].values) != 0)
                printf("row %zu in pieces of %zu: %s\n", i, piece, all);
            CU_ASSERT_STRING_EQUAL(all, rows[i].values);
        }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"values are found in every layout", values_are_found_in_every_layout},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
