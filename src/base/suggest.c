/* Edit distances by dynamic programming. Three rows of the matrix are enough, since a swap looks back two rows. */
#include "gentally/base/suggest.h"

#include <assert.h>

struct suggestion suggestion_for(const char *wanted)
{
    assert(wanted != NULL);
    return (struct suggestion){.wanted = wanted, .name = NULL, .distance = SIZE_MAX};
}

static bool same_letter(char left, char right)
{
    return left == right || ((left == '-' || left == '_') && (right == '-' || right == '_'));
}

static size_t least(size_t left, size_t right)
{
    return left < right ? left : right;
}

static size_t edit_distance(const char *left, const char *right)
{
    size_t left_size = strlen(left);
    size_t right_size = strlen(right);
    size_t rows[3][SUGGESTION_NAME_MAX + 1];

    if (left_size > SUGGESTION_NAME_MAX || right_size > SUGGESTION_NAME_MAX)
        return SIZE_MAX;
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *here = rows[2];
    for (size_t column = 0; column <= right_size; column++)
        above[column] = column;
    for (size_t row = 1; row <= left_size; row++) {
        here[0] = row;
        for (size_t column = 1; column <= right_size; column++) {
            size_t cost = same_letter(left[row - 1], right[column - 1]) ? 0 : 1;
            here[column] = least(above[column - 1] + cost, least(above[column], here[column - 1]) + 1);
            if (row > 1 && column > 1 && same_letter(left[row - 1], right[column - 2]) &&
                same_letter(left[row - 2], right[column - 1]))
                here[column] = least(here[column], before[column - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = here;
        here = oldest;
    }
    return above[right_size];
}

void suggestion_try(struct suggestion *suggestion, const char *candidate)
{
    size_t distance = edit_distance(suggestion->wanted, candidate);
    if (distance < suggestion->distance) {
        suggestion->distance = distance;
        suggestion->name = candidate;
    }
}

const char *suggestion_name(const struct suggestion *suggestion)
{
    if (suggestion->name == NULL)
        return NULL;
    size_t allowed = strlen(suggestion->name) / 3;
    return suggestion->distance <= (allowed < 2 ? 2 : allowed) ? suggestion->name : NULL;
}
