/* A few ids at a time are remembered: those that are waited for, and those that the registry refused lately. */
#include "writer_schemas.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/codec/decode.h"
#include "gentally/config/config.h"
#include "gentally/registry/registry.h"

#define RETRY_MS 5000
#define REFUSED_MS 60000 /* a schema may be registered after its first record came */
#define TELL_MS 60000
#define ASKED_MAX 128 /* ids; whoever makes up more makes us ask no more */

struct asked {
    uint32_t id;
    bool is_refused;  /* `why` says so, until `due_ms` */
    bool is_given_up; /* likewise: no answer came for long enough */
    int64_t since_ms; /* the first record came, or the registry answered last */
    int64_t due_ms;   /* when it may be asked again */
    int64_t told_ms;
    struct reason why;
    char *answer; /* that is to be learned; NULL: none */
    size_t size;
};

struct writer_schemas {
    const struct config *config;
    struct decoder *decoder;
    struct logger *logger;
    struct registry *registry;
    struct asked asked[ASKED_MAX];
    uint32_t count;
    int64_t due_ms; /* when partitions that wait are read again */
    uint64_t requests[REGISTRY_OUTCOMES];
};

enum verdict writer_schemas_open(struct writer_schemas **schemas, const struct config *config, struct decoder *decoder,
                                 struct logger *logger, struct reason *why)
{
    struct writer_schemas *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for writers' schemas");
    opened->config = config;
    opened->decoder = decoder;
    opened->logger = logger;
    enum verdict verdict = registry_open(&opened->registry, config, why);
    if (verdict != GO_ON) {
        writer_schemas_close(opened);
        return verdict;
    }
    *schemas = opened;
    return GO_ON;
}

void writer_schemas_close(struct writer_schemas *schemas)
{
    if (schemas == NULL)
        return;
    for (uint32_t i = 0; i < schemas->count; i++)
        free(schemas->asked[i].answer);
    registry_close(schemas->registry);
    free(schemas);
}

enum verdict writer_schemas_check(struct writer_schemas *schemas, struct reason *why)
{
    enum verdict verdict = registry_check(schemas->registry, why);

    if (verdict == HALT && why->id == REGISTRY_DENIED)
        return HALT;
    if (verdict != GO_ON)
        log_reason(schemas->logger, LOG_LEVEL_WARN, why);
    return GO_ON;
}

/* Forgets the ids that were refused long ago and, with `all`, those whose turn to be asked has passed. */
static void forget(struct writer_schemas *schemas, int64_t now_ms, bool all)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < schemas->count; i++) {
        const struct asked *asked = &schemas->asked[i];
        if (asked->answer != NULL || now_ms < asked->due_ms || (!asked->is_refused && !all))
            schemas->asked[kept++] = *asked;
    }
    schemas->count = kept;
}

/* True if there is room for one more. What was waited for and forgotten is waited for anew, if it comes again. */
static bool make_room(struct writer_schemas *schemas, int64_t now_ms)
{
    forget(schemas, now_ms, false);
    if (schemas->count == ASKED_MAX)
        forget(schemas, now_ms, true);
    return schemas->count < ASKED_MAX;
}

static struct asked *find(struct writer_schemas *schemas, uint32_t id)
{
    for (uint32_t i = 0; i < schemas->count; i++)
        if (schemas->asked[i].id == id)
            return &schemas->asked[i];
    return NULL;
}

static enum verdict refuse(const struct asked *asked, struct reason *why)
{
    *why = asked->why;
    return SET_ASIDE;
}

/* What the registry says is final for a while: that there is no such schema, or that it does not fit. */
static enum verdict note_refusal(struct asked *asked, const struct reason *because, int64_t now_ms, struct reason *why)
{
    asked->is_refused = true;
    asked->due_ms = now_ms + REFUSED_MS;
    (void)reason_set(&asked->why, SET_ASIDE, DECODE_SCHEMA_UNKNOWN, 0, "%.400s", because->text);
    return refuse(asked, why);
}

/* No answer: the partition waits, unless it has for long enough. */
static enum verdict note_silence(struct writer_schemas *schemas, struct asked *asked, const struct reason *because,
                                 int64_t now_ms, struct reason *why)
{
    int64_t waited_ms = now_ms - asked->since_ms;

    asked->due_ms = now_ms + RETRY_MS;
    asked->is_given_up = waited_ms >= schemas->config->registry_wait_ms;
    if (asked->is_given_up) {
        (void)reason_set(&asked->why, SET_ASIDE, DECODE_SCHEMA_UNKNOWN, 0,
                         "no schema is known under id %" PRIu32 ", and in %" PRId64 " s no registry said it: %.300s",
                         asked->id, waited_ms / 1000, because->text);
        return refuse(asked, why);
    }
    if (asked->told_ms == 0 || now_ms - asked->told_ms >= TELL_MS) {
        asked->told_ms = now_ms;
        log_line(schemas->logger, LOG_LEVEL_WARN, "REGISTRY-WAITED-FOR",
                 "schema_id=%" PRIu32 " for_s=%" PRId64 " at_most_s=%" PRId64 " text=\"%.300s\"", asked->id,
                 waited_ms / 1000, schemas->config->registry_wait_ms / 1000, because->text);
    }
    schemas->due_ms = asked->due_ms;
    return reason_set(why, TRY_LATER, REGISTRY_UNREACHABLE, 0, "%.400s", because->text);
}

/* The schema is there: it is learned between two batches, and all that waits is read again then. */
static enum verdict note_answer(struct writer_schemas *schemas, struct asked *asked, struct span answer, int64_t now_ms,
                                struct reason *why)
{
    asked->answer = malloc(answer.size + 1);
    if (asked->answer == NULL)
        return no_memory(why, "for a schema");
    memcpy(asked->answer, answer.bytes, answer.size);
    asked->size = answer.size;
    schemas->due_ms = now_ms;
    return reason_set(why, TRY_LATER, REGISTRY_UNREACHABLE, 0, "schema %" PRIu32 " has come", asked->id);
}

static enum verdict ask(struct writer_schemas *schemas, struct asked *asked, int64_t now_ms, struct reason *why)
{
    struct reason because;
    struct span answer;
    enum verdict verdict = registry_schema(schemas->registry, asked->id, &answer, &because);

    schemas->requests[verdict == GO_ON       ? REGISTRY_TOLD
                      : verdict == SET_ASIDE ? REGISTRY_REFUSED_IT
                                             : REGISTRY_SILENT]++;
    if (verdict == GO_ON)
        return note_answer(schemas, asked, answer, now_ms, why);
    if (verdict == SET_ASIDE)
        return note_refusal(asked, &because, now_ms, why);
    if (verdict == HALT && because.id == NO_MEMORY) {
        *why = because;
        return HALT;
    }
    return note_silence(schemas, asked, &because, now_ms, why);
}

enum verdict writer_schemas_ask(struct writer_schemas *schemas, struct span value, int64_t now_ms, struct reason *why)
{
    uint32_t id = decoder_schema_id(value);
    struct asked *asked = find(schemas, id);

    if (asked != NULL && (asked->is_refused || asked->is_given_up) && now_ms < asked->due_ms)
        return refuse(asked, why);
    if (asked == NULL && !make_room(schemas, now_ms))
        return reason_set(why, SET_ASIDE, DECODE_SCHEMA_UNKNOWN, 0,
                          "no schema is known under id %" PRIu32
                          ", and the registry was not asked: %u other ids are waited for, or were refused a moment ago",
                          id, ASKED_MAX);
    if (asked == NULL) {
        asked = &schemas->asked[schemas->count++];
        *asked = (struct asked){.id = id, .since_ms = now_ms, .due_ms = now_ms};
    }
    if (asked->is_refused)
        *asked = (struct asked){.id = id, .since_ms = now_ms, .due_ms = now_ms};
    if (asked->answer != NULL || now_ms < asked->due_ms) {
        if (asked->answer == NULL && (schemas->due_ms < now_ms || schemas->due_ms > asked->due_ms))
            schemas->due_ms = asked->due_ms;
        return reason_set(why, TRY_LATER, REGISTRY_UNREACHABLE, 0, "schema %" PRIu32 " is waited for", id);
    }
    return ask(schemas, asked, now_ms, why);
}

/* What cannot be an event is refused; what there is no memory for is asked for again. */
static void learn(struct writer_schemas *schemas, struct asked *asked, int64_t now_ms)
{
    struct reason because, other;
    enum verdict verdict =
        decoder_learn(schemas->decoder, asked->id, (struct span){asked->answer, asked->size}, &because);

    free(asked->answer);
    asked->answer = NULL;
    if (verdict == GO_ON) {
        decoder_tell_schema(schemas->decoder, asked->id, schemas->logger);
        return;
    }
    log_reason(schemas->logger, LOG_LEVEL_ERROR, &because);
    if (because.id != NO_MEMORY)
        (void)note_refusal(asked, &because, now_ms, &other);
}

bool writer_schemas_due(struct writer_schemas *schemas, int64_t now_ms)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < schemas->count; i++) {
        bool has_come = schemas->asked[i].answer != NULL;
        if (has_come)
            learn(schemas, &schemas->asked[i], now_ms);
        if (!has_come || schemas->asked[i].is_refused)
            schemas->asked[kept++] = schemas->asked[i];
    }
    schemas->count = kept;
    return now_ms >= schemas->due_ms;
}

const uint64_t *writer_schemas_requests(const struct writer_schemas *schemas)
{
    return schemas->requests;
}
