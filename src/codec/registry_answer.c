/* A registry may lay a schema out anew, so schemas are compared as JSON values; a field's place counts, a key's does
 * not. */
#include "gentally/codec/registry_answer.h"

#include <jansson.h>

static json_t *load(struct span text)
{
    return json_loadb(text.bytes, text.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
}

bool registry_answer_id(struct span answer, uint32_t *id)
{
    json_t *root = load(answer);
    json_t *number = json_object_get(root, "id");
    json_int_t value = json_is_integer(number) ? json_integer_value(number) : 0;

    json_decref(root);
    *id = (uint32_t)value;
    return value > 0 && value <= INT32_MAX;
}

bool registry_answer_is(struct span answer, struct span schema)
{
    json_t *root = load(answer);
    const json_t *text = json_object_get(root, "schema");
    json_t *theirs =
        json_is_string(text) ? load((struct span){json_string_value(text), json_string_length(text)}) : NULL;
    json_t *ours = load(schema);
    bool is_equal = theirs != NULL && json_equal(theirs, ours);

    json_decref(ours);
    json_decref(theirs);
    json_decref(root);
    return is_equal;
}

void registry_answer_message(struct span answer, char *text, size_t room)
{
    json_t *root = load(answer);
    const json_t *message = json_object_get(root, "message");
    size_t size = 0;

    if (json_is_string(message))
        answer = (struct span){json_string_value(message), json_string_length(message)};
    for (; size < answer.size && size + 1 < room; size++)
        text[size] = (unsigned char)answer.bytes[size] < ' ' ? ' ' : answer.bytes[size];
    text[size] = '\0';
    json_decref(root);
}
