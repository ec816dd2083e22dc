/*
 * Entries are looked through as they are: all of them, each time, since a primary that failed over may have others
 * under the same numbers.
 */
#include "erasure_entries.h"

#include "gentally/redis/store_pairs.h"

#define ROOM (1u << 16) /* activities that are looked at together */
#define ATTEMPTS 16     /* of reading entries, which their worker drops meanwhile */

void erasure_account(struct pseudonym account, uint8_t bytes[ACCOUNT_SIZE])
{
    for (unsigned i = 0; i < ACCOUNT_SIZE; i++)
        bytes[i] = (uint8_t)(i < 8 ? account.high >> (56 - 8 * i) : account.low >> (120 - 8 * i));
}

static enum verdict look_once(struct store *store, int32_t partition, const uint8_t account[ACCOUNT_SIZE],
                              struct activities *scratch, uint64_t *noted, struct reason *why)
{
    struct pairs_read read = {.upto = 0};

    *noted = 0;
    do {
        activities_clear(scratch);
        enum verdict verdict = store_pairs_read(store, partition, read.upto, ROOM, scratch, &read, why);
        if (verdict != GO_ON)
            return verdict == HALT && why->id == STORE_STATE_MISSING ? GO_ON : verdict;
        const struct activity *items = activities_items(scratch);
        for (uint32_t i = 0; i < activities_count(scratch); i++)
            *noted += account_compare(items[i].account, account) == 0;
    } while (read.upto < read.last);
    return GO_ON;
}

enum verdict erasure_entries(struct store *store, int32_t partition, struct pseudonym account,
                             struct activities *scratch, uint64_t *noted, struct reason *why)
{
    enum verdict verdict = TRY_LATER;
    uint8_t bytes[ACCOUNT_SIZE];
    uint64_t found = 0;

    erasure_account(account, bytes);
    for (int attempt = 0; attempt < ATTEMPTS && verdict == TRY_LATER; attempt++) {
        verdict = look_once(store, partition, bytes, scratch, &found, why);
        if (verdict == TRY_LATER && why->id != STORE_WINDOW_GREW)
            break;
    }
    *noted += verdict == GO_ON ? found : 0;
    return verdict;
}
