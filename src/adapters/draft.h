/*
 * An item of a record on its way to an event: read by its source's table of fields into a draft, then made an event by
 * the source. adapter.c drives it; each source has a file. Private to this room.
 */
#ifndef GENTALLY_DRAFT_H
#define GENTALLY_DRAFT_H

#include <jansson.h>

#include "quantity_read.h"
#include "usage.h"
#include "words.h"

/* One item as its source tells it. Times and durations in microseconds, NOT_TOLD if they are not told. */
#define NOT_TOLD EVENT_UNKNOWN
struct draft {
    struct event event; /* what needs no second look */
    struct usage usage;
    int64_t start_us, end_us, first_us;                /* begin, end, first token, since 1970 */
    int64_t latency_us, until_first_us, generating_us; /* durations */
    struct span call_id;                               /* an id that is better than `event.id` */
    struct span kind;                                  /* of call, operation, observation */
    struct span finish, status, user, app;             /* in the source's words */
    const json_t *app_value, *cache_source, *stream;   /* of any kind */
    const json_t *metadata, *response, *parameters, *tools, *counts, *costs, *finishes;
    int64_t upstream_nano_usd;
    bool is_left_out; /* no request to a model, or not finished */
    struct span parent, error, scope, scope_version;
};

/* Reads `json`, which is not null, into `target`; NULL, or the end of a sentence that begins with the field. */
typedef const char *field_read(const json_t *json, void *target);

/* A field of a source. Rows beside one another that have the same place are spellings of one field: the first that is
 * given is taken. Without `read` the field has no place in an event, or must not pass; it is known, and not looked at.
 * A field without a row is remarked on. */
struct source_field {
    const char *name;
    field_read *read;
    size_t place; /* in struct draft */
};

#define TAKEN(name, read, member)                                                                                      \
    {                                                                                                                  \
        name, read, offsetof(struct draft, member)                                                                     \
    }
#define PASSED_BY(name)                                                                                                \
    {                                                                                                                  \
        name, NULL, 0                                                                                                  \
    }

const char *read_text(const json_t *json, void *target);  /* a struct span */
const char *read_flag(const json_t *json, void *target);  /* a bool; "True" and 1, too */
const char *read_value(const json_t *json, void *target); /* a const json_t *, of any kind */

/* Reads an object by a table. SET_ASIDE with LINE-FIELD names the field. Fields without a row are remarked on if their
 * name begins with `prefix`; others are passed by. */
MUST_CHECK enum verdict fields_take(const json_t *object, const struct source_field fields[], size_t count,
                                    const char *prefix, struct draft *draft, struct remarks *remarks,
                                    struct reason *why);

/* What a source needs beside the item. Borrowed. */
struct adapting {
    struct remarks *remarks;
    const json_t *context;  /* of the item: OpenTelemetry's scope; may be NULL */
    const json_t *siblings; /* an object: ids of inference spans of the record; may be NULL */
    json_t *kept;           /* an array: values made on the way are kept here until the next item */
};

/* A source makes an event of an item. GO_ON: `draft` holds it, or says that it is left out. SET_ASIDE: LINE-FIELD.
 * Texts of the draft borrow from the item, or from what is kept. */
typedef enum verdict item_take(const json_t *item, struct adapting *adapting, struct draft *draft, struct reason *why);

item_take openrouter_take, litellm_take, langfuse_take;

/* The value by a path of names, "a.b.c"; NULL if there is none, or it is null. */
const json_t *value_at(const json_t *object, const char *path);

/* The object, or the array, also one that is written as a text, as exports of tables have it; NULL if it is none. */
const json_t *object_in(const json_t *value, struct adapting *adapting);
const json_t *array_in(const json_t *value, struct adapting *adapting);

/* Whether a list or object has anything in it, also in a text. */
bool has_items(const json_t *value, struct adapting *adapting);

/* Reads the first of several paths that is there into `*count`. NULL, or what is wrong with it. */
const char *count_at(const json_t *object, const char *const paths[], size_t path_count, int64_t *count);

/* Writes a duration to a field of an event, rounded to milliseconds; leaves it if it is not told or below 0. */
void duration_set(int32_t *ms, int64_t us);

/* The time between two, NOT_TOLD if one of them is not. */
int64_t duration_between(int64_t begin_us, int64_t end_us);

/* SET_ASIDE with LINE-FIELD. */
enum verdict set_aside_field(struct reason *why, const char *name, const char *problem);

/* GO_ON, with the item left out and a remark. */
enum verdict leave_out(struct draft *draft, struct adapting *adapting, enum remark_kind kind, struct span word);

#endif
