/* One growing text. A comma is due wherever the last byte is not an opening one. */
#include "document.h"

#include "gentally/base/calendar.h"
#include "gentally/base/grow.h"
#include "gentally/base/json.h"

#define ROOM_FIRST 4096

/* Where the next `size` bytes go; NULL: no memory. */
static char *make_room(struct document *document, size_t size)
{
    size_t wanted = document->size + size;
    char *bytes = grow(document->bytes, &document->room, wanted < ROOM_FIRST ? ROOM_FIRST : wanted, 1);

    if (bytes == NULL) {
        *document->has_failed = true;
        return NULL;
    }
    document->bytes = bytes;
    return bytes + document->size;
}

void document_raw(struct document *document, const char *text)
{
    size_t size = strlen(text);
    char *at = make_room(document, size);

    if (at == NULL)
        return;
    memcpy(at, text, size);
    document->size += size;
}

void document_comma(struct document *document)
{
    if (document->size > 0 && strchr("[{:,\n", document->bytes[document->size - 1]) == NULL)
        document_raw(document, ",");
}

void document_text(struct document *document, struct span text)
{
    if (text.bytes == NULL) {
        document_null(document);
        return;
    }
    document_comma(document);
    char *at = make_room(document, JSON_TEXT_MAX(text.size));
    if (at != NULL)
        document->size = (size_t)(json_put_text(at, text) - document->bytes);
}

void document_key(struct document *document, const char *name)
{
    document_text(document, span_of(name));
    document_raw(document, ":");
}

void document_integer(struct document *document, int64_t value)
{
    document_comma(document);
    char *at = make_room(document, JSON_INTEGER_MAX);
    if (at != NULL)
        document->size = (size_t)(json_put_integer(at, value) - document->bytes);
}

void document_real(struct document *document, double value)
{
    document_comma(document);
    char *at = make_room(document, JSON_REAL_MAX);
    if (at != NULL)
        document->size = (size_t)(json_put_real(at, value) - document->bytes);
}

void document_date(struct document *document, int64_t ms)
{
    char text[32];

    time_format(ms, text, sizeof(text));
    document_text(document, (struct span){text, 10});
}

void document_null(struct document *document)
{
    document_comma(document);
    document_raw(document, "null");
}
