/*
 * Enrichment's cost: what an event takes between decoding and adding up, that is five look-ups of symbols, the sums,
 * the sample. Slugs, providers, countries and languages are drawn from Zipf-like sets; one event in 400 carries two
 * labels (the study's sample). The events are few enough to stay in the cache, as the worker's one event does;
 * accounts, where given, are many: 100,000 by the same law, or a new one each time (the price of an HMAC). Each line is
 * `name n ns/op hash`; the best of five rounds is shown, and the hash keeps the compiler honest. An argument sets the
 * number of events of a round.
 */
#include "enrich.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gentally/base/hash.h"
#include "gentally/core/taxonomy.h"

enum { EVENTS = 1 << 10, MODELS = 300, PROVIDERS = 60, COUNTRIES = 100, LANGUAGES = 40, ACCOUNTS = 100000, ROUNDS = 5 };
enum { PICKS = 1 << 18 };

struct texts {
    char texts[MODELS + PROVIDERS + COUNTRIES + LANGUAGES + ACCOUNTS][48];
    size_t count;
};

struct choice {
    size_t first, count; /* in texts */
};

static uint64_t next_random(uint64_t *state) /* SplitMix64 */
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static struct choice add_texts(struct texts *texts, size_t count, const char *prefix, const char *suffix)
{
    struct choice choice = {texts->count, count};

    for (size_t i = 0; i < count; i++)
        snprintf(texts->texts[texts->count++], sizeof(texts->texts[0]), "%s%zu%s", prefix, i, suffix);
    return choice;
}

/* Zipf with exponent 1, nearly: rank = count^u for uniform u, without the mathematics library's help. */
static struct span pick(const struct texts *texts, struct choice choice, uint64_t *state)
{
    double u = (double)(next_random(state) >> 11) * 0x1p-53, rank = 1, factor = (double)choice.count;

    for (unsigned bit = 0; bit < 20; bit++) { /* rank = factor^u, bit by bit of u */
        double root = factor / 2 + 0.5;
        for (unsigned i = 0; i < 30; i++)
            root = (root + factor / root) / 2;
        factor = root;
        u *= 2;
        if (u >= 1) {
            rank *= factor;
            u -= 1;
        }
    }
    return span_of(texts->texts[choice.first + (size_t)(rank - 1) % choice.count]);
}

static void make_events(struct event *events, struct span *accounts, struct texts *texts)
{
    static const char *const finish[] = {"stop", "stop", "stop", "length", "tool_calls", NULL};
    uint64_t state = 1;

    texts->count = 0;
    struct choice models = add_texts(texts, MODELS, "author/some-model-", "-instruct");
    struct choice providers = add_texts(texts, PROVIDERS, "Provider", "");
    struct choice countries = add_texts(texts, COUNTRIES, "C", "");
    struct choice languages = add_texts(texts, LANGUAGES, "l", "");
    struct choice everybody = add_texts(texts, ACCOUNTS, "01890a5d-ac96-774b-bcce-", "");
    for (size_t i = 0; i < EVENTS; i++) {
        struct event *event = &events[i];
        memset(event, 0, sizeof(*event));
        event->id = span_of("id");
        event->model = pick(texts, models, &state);
        event->provider = pick(texts, providers, &state);
        event->country = pick(texts, countries, &state);
        event->language = pick(texts, languages, &state);
        event->finish_reason = span_of(finish[next_random(&state) % LENGTH_OF(finish)]);
        event->created_ms = (int64_t)i;
        event->tokens_prompt = (int64_t)(next_random(&state) % 20000);
        event->tokens_completion = (int64_t)(next_random(&state) % 2000);
        event->cost_nano_usd = (int64_t)(next_random(&state) % 1000000);
        event->latency_ms = 300;
        event->first_token_ms = 200;
        event->generation_ms = (int32_t)(next_random(&state) % 20000);
        event->classified = i % 400 == 0;
        if (event->classified) {
            event->label_count = 2;
            event->labels[0] = (struct label){span_of("/Computers & Electronics/Programming/Other"), 0.8f};
            event->labels[1] = (struct label){span_of("/Science/Computer Science/Other"), 0.6f};
        }
    }
    for (size_t i = 0; i < PICKS; i++)
        accounts[i] = pick(texts, everybody, &state);
}

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

enum step { HASH, INTERN, ENRICH, ENRICH_ACCOUNTS, ENRICH_NEW_ACCOUNTS };

static const char *const step_names[] = {
    [HASH] = "hash_text",
    [INTERN] = "symbols_intern",
    [ENRICH] = "enrich",
    [ENRICH_ACCOUNTS] = "enrich_accounts",
    [ENRICH_NEW_ACCOUNTS] = "enrich_new_accounts",
};

struct rig {
    struct taxonomy *taxonomy;
    struct symbols *symbols;
    struct enrich *enrich;
    struct event events[EVENTS];
    struct span accounts[PICKS];
    struct texts texts;
    char new_account[24]; /* counts up, so that each is new */
};

static struct span pick_account(struct rig *rig, enum step step, size_t i)
{
    if (step == ENRICH)
        return (struct span){NULL, 0};
    if (step == ENRICH_ACCOUNTS)
        return rig->accounts[i % PICKS];
    memcpy(rig->new_account, &i, sizeof(i));
    return (struct span){rig->new_account, sizeof(rig->new_account)};
}

static uint64_t run(struct rig *rig, enum step step, size_t first, size_t count)
{
    uint64_t hash = 0;
    struct fact fact;

    for (size_t i = first; i < first + count; i++) {
        struct event *event = &rig->events[i % EVENTS];
        if (step == HASH) {
            hash += hash_text(event->model);
        } else if (step == INTERN) {
            hash += symbols_intern(rig->symbols, event->model);
        } else {
            event->account = pick_account(rig, step, i);
            enrich_event(rig->enrich, event, &fact);
            hash += fact.sample + fact.dims[DIM_MODEL] + (uint64_t)fact.sums[M_BILLED_TOKENS] + fact.tag_count;
        }
    }
    return hash;
}

static void measure(struct rig *rig, enum step step, size_t count)
{
    double best = 0;
    uint64_t hash = 0;

    for (size_t round = 0; round < ROUNDS; round++) {
        double begin = now_ns();
        hash += run(rig, step, round * count, count);
        double spent = now_ns() - begin;
        if (round == 0 || spent < best)
            best = spent;
    }
    printf("%-20s %zu %.1f ns/op %016" PRIx64 "\n", step_names[step], count, best / (double)count, hash);
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1 << 16;
    struct rig *rig = calloc(1, sizeof(*rig));
    struct reason why = {NO_MEMORY, 0, "no room for the bench"};

    if (rig == NULL || count == 0 || taxonomy_open(&rig->taxonomy, NULL, &why) != GO_ON ||
        symbols_open(&rig->symbols, 1 << 16, (size_t)1 << 22, &why) != GO_ON ||
        enrich_open(&rig->enrich, rig->taxonomy, rig->symbols, span_of("a key"), &why) != GO_ON) {
        fprintf(stderr, "%s: %s\n", reason_name(why.id), why.text);
        return EXIT_FAILURE;
    }
    make_events(rig->events, rig->accounts, &rig->texts);
    for (unsigned step = 0; step < LENGTH_OF(step_names); step++)
        measure(rig, (enum step)step, count);
    enrich_close(rig->enrich);
    symbols_close(rig->symbols);
    taxonomy_close(rig->taxonomy);
    free(rig);
    return EXIT_SUCCESS;
}
