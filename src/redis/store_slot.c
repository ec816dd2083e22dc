/* Bit by bit: what stands in braces is short, and a table would be one more thing in the cache. */
#include "store_slot.h"

#define POLYNOMIAL 0x1021u

static uint16_t checksum(struct span text)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < text.size; i++) {
        sum ^= (uint32_t)(unsigned char)text.bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            sum = (sum & 0x8000u) != 0 ? (sum << 1) ^ POLYNOMIAL : sum << 1;
    }
    return (uint16_t)(sum & 0xffffu);
}

/* What the slot follows from: the part in the first braces, unless that is empty. */
static struct span tag_of(struct span key)
{
    const char *open = key.size == 0 ? NULL : memchr(key.bytes, '{', key.size);
    const char *close = open == NULL ? NULL : memchr(open, '}', key.size - (size_t)(open - key.bytes));

    return close == NULL || close == open + 1 ? key : (struct span){open + 1, (size_t)(close - open) - 1};
}

uint16_t store_slot(struct span key)
{
    return checksum(tag_of(key)) % STORE_SLOTS;
}

struct span store_command_key(int count, const char *const arguments[], const size_t *sizes)
{
    static const char *const keyless[] = {"INFO", "TIME", "SCAN", "FUNCTION"};
    int at = strncmp(arguments[0], "FCALL", strlen("FCALL")) == 0 ? 3 : 1; /* behind the name, and how many keys */

    for (size_t i = 0; i < LENGTH_OF(keyless); i++)
        if (strcmp(arguments[0], keyless[i]) == 0)
            return span_of(NULL);
    if (at >= count)
        return span_of(NULL);
    return sizes == NULL ? span_of(arguments[at]) : (struct span){arguments[at], sizes[at]};
}
