/*
 * Puts documents onto the page without a stream, for the tests of the page:
 *
 *   page_stage fill < DOCUMENT           writes the page to standard output
 *   page_stage embed < DOCUMENT          the same, for the frame of another page
 *   page_stage serve PORT < DOCUMENTS    serves the page of the first line, pushes each further line as it comes;
 *                                        prints the port first, and "published N" for each; ends with its input;
 *                                        a line "told AGE STATE" is what its heartbeats say from then on
 *
 * A document is one line of JSON. Its figures become the sections, as `report` does it.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gentally/report/page.h"
#include "gentally/report/page_server.h"

#define SECTIONS_MAX 64

static int64_t monotonic_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static struct span text_of(const json_t *object, const char *name)
{
    return span_of(json_string_value(json_object_get(object, name)));
}

static enum verdict write_document(FILE *file, struct span document, uint64_t revision, bool is_embedded,
                                   struct reason *why)
{
    struct page_section sections[SECTIONS_MAX] = {0};
    json_error_t error;
    json_t *study = json_loadb(document.bytes, document.size, 0, &error);
    const json_t *figures = json_object_get(study, "figures");
    struct page page = {
        .title = text_of(json_object_get(study, "header"), "title"),
        .sections = sections,
        .study = document,
        .is_live = revision > 0,
        .is_embedded = is_embedded,
        .revision = revision,
    };

    if (study == NULL || json_array_size(figures) > SECTIONS_MAX) {
        fprintf(stderr, "page_stage: %s\n", study == NULL ? error.text : "too many figures");
        exit(EXIT_FAILURE);
    }
    for (; page.section_count < json_array_size(figures); page.section_count++) {
        const json_t *figure = json_array_get(figures, page.section_count);
        sections[page.section_count] = (struct page_section){text_of(figure, "id"), text_of(figure, "section"),
                                                             text_of(figure, "title"), text_of(figure, "about")};
    }
    enum verdict verdict = page_write(file, &page, why);
    json_decref(study);
    return verdict;
}

static enum verdict publish(struct page_server *server, struct span document, uint64_t number, struct reason *why)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    enum verdict verdict = write_document(file, document, number, false, why);

    fclose(file);
    if (verdict == GO_ON)
        verdict = page_server_publish(server, (struct span){text, size}, document, number, why);
    free(text);
    if (verdict == GO_ON) {
        printf("published %" PRIu64 "\n", number);
        fflush(stdout);
    }
    return verdict;
}

/* A line like "told 90000 late" is no document: so long ago was it told, and so it stands. */
static bool is_told(struct page_server *server, const char *line)
{
    static const char *const states[] = {[PAGE_LIVE] = "live", [PAGE_LATE] = "late", [PAGE_UNSURE] = "unsure"};
    long long age_ms;
    char word[8];

    if (sscanf(line, "told %lld %7s", &age_ms, word) != 2)
        return false;
    for (enum page_state state = PAGE_LIVE; state <= PAGE_UNSURE; state++)
        if (strcmp(word, states[state]) == 0)
            page_server_is_told(server, monotonic_ms() - age_ms, state);
    return true;
}

static enum verdict serve(struct page_server *server, struct reason *why)
{
    char *line = NULL;
    size_t room = 0;
    uint64_t number = (uint64_t)time(NULL) * 1000; /* No two servers number alike: a page may outlive one. */
    enum verdict verdict = GO_ON;
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    while (verdict == GO_ON) {
        if (poll(&input, 1, 5) > 0) {
            ssize_t size = getline(&line, &room, stdin);
            if (size < 0)
                break;
            if (is_told(server, line))
                continue;
            verdict = publish(server, (struct span){line, (size_t)size}, ++number, why);
        }
        page_server_is_current(server, monotonic_ms());
        (void)page_server_turn(server, monotonic_ms());
    }
    free(line);
    return verdict;
}

int main(int argc, char **argv)
{
    struct reason why = {0};
    struct page_server *server = NULL;
    enum verdict verdict = HALT;

    if (argc == 2 && (strcmp(argv[1], "fill") == 0 || strcmp(argv[1], "embed") == 0)) {
        char *document = NULL;
        size_t room = 0;
        ssize_t size = getdelim(&document, &room, '\0', stdin);
        if (size >= 0)
            verdict = write_document(stdout, (struct span){document, (size_t)size}, 0, argv[1][0] == 'e', &why);
        free(document);
    } else if (argc == 3 && strcmp(argv[1], "serve") == 0) {
        setvbuf(stdin, NULL, _IONBF, 0); /* so that poll() knows of every line */
        const struct page_server_options options = {
            .endpoint = {.address = {127, 0, 0, 1}, .port = (uint16_t)strtoul(argv[2], NULL, 10)}};
        verdict = page_server_open(&server, &options, &why);
        if (verdict == GO_ON) {
            printf("%u\n", page_server_port(server));
            fflush(stdout);
            verdict = serve(server, &why);
        }
        page_server_close(server);
    } else {
        fprintf(stderr, "usage: page_stage fill|embed|serve PORT\n");
    }
    if (verdict == GO_ON)
        return EXIT_SUCCESS;
    fprintf(stderr, "page_stage: %s: %s\n", why.id == REASON_NONE ? "usage" : reason_name(why.id), why.text);
    return EXIT_FAILURE;
}
