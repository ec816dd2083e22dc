/*
 * What was sealed of a dead letter, by anybody who has the public key: what reads as a content is written again as the
 * same bytes.
 */
#include "gentally/kafka/letter_content.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct letter_content content;

    if (!letter_content_read((struct span){(const char *)bytes, size}, &content))
        return 0;
    CLAIM(letter_content_size(&content) == size);
    char *again = malloc(size);
    CLAIM(again != NULL);
    letter_content_write(&content, again);
    CLAIM(memcmp(again, bytes, size) == 0);
    free(again);
    return 0;
}
