/*
 * Look-ups in the catalog, as summaries make them: by a slug that it has, by one with a variant, by a host's spelling,
 * by a name that nobody knows. Each line is `name n ns/op hash`; the best of five rounds is shown. An argument sets the
 * number of look-ups of a round.
 */
#include "gentally/core/catalog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NAMES = 4096, ROUNDS = 5 };

static char names[NAMES][EVENT_TEXT_MAX];
static size_t sizes[NAMES];

static uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Names of all models in turn, with `prefix` and `suffix` around them. */
static void make_names(const struct catalog *catalog, const char *prefix, const char *suffix)
{
    struct model model;

    for (size_t i = 0; i < NAMES; i++) {
        if (!catalog_at(catalog, i * 7 % catalog_count(catalog), &model))
            abort();
        sizes[i] = (size_t)snprintf(names[i], sizeof(names[i]), "%s%.*s%s", prefix, (int)model.slug.size,
                                    model.slug.bytes, suffix);
    }
}

static void measure(const struct catalog *catalog, const char *title, uint64_t count)
{
    uint64_t best = UINT64_MAX, hash = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t start = now_ns();
        for (uint64_t i = 0; i < count; i++) {
            struct model model = catalog_find(catalog, (struct span){names[i % NAMES], sizes[i % NAMES]});
            hash = hash * 31 + model.slug.size + model.is_known;
        }
        uint64_t took = now_ns() - start;
        best = took < best ? took : best;
    }
    printf("%-16s %" PRIu64 " %.1f %016" PRIx64 "\n", title, count, (double)best / (double)count, hash);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *title, *prefix, *suffix;
    } kinds[] = {
        {"slug", "", ""},
        {"slug:free", "", ":free"},
        {"openrouter/slug", "openrouter/", ""},
        {"unknown", "", "-of-nobody"},
        {"unknown host", "bedrock/us-east-1/", "-of-nobody-v1:0"},
    };
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
    struct catalog *catalog = NULL;
    struct reason why = {0};

    if (catalog_open(&catalog, NULL, &why) != GO_ON)
        return 1;
    for (size_t i = 0; i < LENGTH_OF(kinds); i++) {
        make_names(catalog, kinds[i].prefix, kinds[i].suffix);
        measure(catalog, kinds[i].title, count);
    }
    catalog_close(catalog);
    return 0;
}
