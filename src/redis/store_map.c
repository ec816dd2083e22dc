/* CLUSTER SLOTS: [[first, last, [host, port, id, ...], replicas ...], ...] */
#include "store_map.h"

#include <stdio.h>
#include <stdlib.h>

#define PORT_MAX 65535

bool store_place_is(const struct redis_place *left, const struct redis_place *right)
{
    return left->port == right->port && strcmp(left->host, right->host) == 0;
}

static bool read_place(const char *host, size_t size, long long port, const struct redis_place *asked,
                       struct redis_place *place)
{
    const char *known = size == 0 ? asked->host : host;
    size_t length = size == 0 ? strlen(asked->host) : size;

    if (port < 1 || port > PORT_MAX || length >= sizeof(place->host) || memchr(known, '\0', length) != NULL)
        return false;
    memmove(place->host, known, length);
    place->host[length] = '\0';
    place->port = (int)port;
    return true;
}

/* A node as CLUSTER SLOTS tells it: its host may be nil, or empty, where it does not know it by itself. */
static bool read_node(const redisReply *node, const struct redis_place *asked, struct redis_place *place)
{
    if (node->type != REDIS_REPLY_ARRAY || node->elements < 2 || node->element[1]->type != REDIS_REPLY_INTEGER)
        return false;
    const redisReply *host = node->element[0];
    bool is_told = host->type == REDIS_REPLY_STRING;
    if (!is_told && host->type != REDIS_REPLY_NIL)
        return false;
    return read_place(is_told ? host->str : NULL, is_told ? host->len : 0, node->element[1]->integer, asked, place);
}

/* The primary's index, which is new if nobody has it yet; -1: there is no room. */
static int index_of(struct store_map *map, const struct redis_place *place)
{
    for (uint32_t i = 0; i < map->count; i++)
        if (store_place_is(&map->primaries[i], place))
            return (int)i;
    if (map->count == STORE_PRIMARIES_MAX)
        return -1;
    map->primaries[map->count] = *place;
    return (int)map->count++;
}

static bool read_range(const redisReply *range, long long *first, long long *last)
{
    if (range->type != REDIS_REPLY_ARRAY || range->elements < 3 || range->element[0]->type != REDIS_REPLY_INTEGER ||
        range->element[1]->type != REDIS_REPLY_INTEGER)
        return false;
    *first = range->element[0]->integer;
    *last = range->element[1]->integer;
    return *first >= 0 && *first <= *last && *last < STORE_SLOTS;
}

static enum verdict unreadable(struct reason *why)
{
    return reason_set(why, HALT, STORE_CLUSTER, 0, "what a node says of the cluster's slots does not read");
}

enum verdict store_map_read(struct store_map *map, const redisReply *reply, const struct redis_place *asked,
                            struct reason *why)
{
    map->count = 0;
    memset(map->owners, STORE_NOBODY, sizeof(map->owners));
    if (reply->type != REDIS_REPLY_ARRAY)
        return unreadable(why);
    for (size_t i = 0; i < reply->elements; i++) {
        long long first = 0, last = 0;
        struct redis_place place;
        if (!read_range(reply->element[i], &first, &last) || !read_node(reply->element[i]->element[2], asked, &place))
            return unreadable(why);
        int index = index_of(map, &place);
        if (index < 0)
            return reason_set(why, HALT, STORE_CLUSTER, 0, "a cluster of more than %d primaries is not supported",
                              STORE_PRIMARIES_MAX);
        memset(map->owners + first, index, (size_t)(last - first + 1));
    }
    if (map->count > 0)
        return GO_ON;
    return reason_set(why, TRY_LATER, STORE_BUSY, 0, "Redis at %.100s:%d knows of no primary in its cluster",
                      asked->host, asked->port);
}

bool store_map_differs(const struct store_map *left, const struct store_map *right)
{
    for (uint32_t slot = 0; slot < STORE_SLOTS; slot++) {
        uint8_t one = left->owners[slot], other = right->owners[slot];
        if ((one == STORE_NOBODY) != (other == STORE_NOBODY))
            return true;
        if (one != STORE_NOBODY && !store_place_is(&left->primaries[one], &right->primaries[other]))
            return true;
    }
    return false;
}

bool store_redirect_read(const char *text, const char *word, const struct redis_place *asked, uint16_t *slot,
                         struct redis_place *place)
{
    size_t size = strlen(word);
    char *end = NULL;

    if (strncmp(text, word, size) != 0 || text[size] != ' ')
        return false;
    unsigned long number = strtoul(text + size + 1, &end, 10);
    const char *host = end + 1, *colon = *end == ' ' ? strrchr(host, ':') : NULL;
    if (end == text + size + 1 || colon == NULL || number >= STORE_SLOTS)
        return false;
    long port = strtol(colon + 1, &end, 10);
    *slot = (uint16_t)number;
    return end != colon + 1 && *end == '\0' && read_place(host, (size_t)(colon - host), port, asked, place);
}
