/* The options first, then what the servers say, then the digest. */
#include "gentally/ingest/settings_told.h"

#include <inttypes.h>
#include <stdio.h>

#include "gentally/ingest/pseudonym.h"
#include "gentally/kafka/topics.h"

#define DIGEST_OF                                                                                                      \
    "gentally: the account key of a namespace" /* no account has this name: it is longer than most are                 \
                                                */

enum verdict settings_key_digest(const struct config *config, char digest[SETTINGS_DIGEST_SIZE], struct reason *why)
{
    struct pseudonyms *pseudonyms = NULL;

    digest[0] = '\0';
    if (config->account_key[0] == '\0')
        return GO_ON;
    enum verdict verdict = pseudonyms_open(&pseudonyms, span_of(config->account_key), why);
    if (verdict != GO_ON)
        return verdict;
    struct pseudonym pseudonym = pseudonyms_of(pseudonyms, span_of(DIGEST_OF));
    snprintf(digest, SETTINGS_DIGEST_SIZE, "%016" PRIx64 "%016" PRIx64, pseudonym.high, pseudonym.low);
    pseudonyms_close(pseudonyms);
    return GO_ON;
}

enum verdict settings_told(struct settings *told, const struct config *config, struct reason *why)
{
    settings_of_config(told, config);
    enum verdict verdict = topics_input(config, told->cluster, sizeof(told->cluster), &told->partitions, why);
    return verdict == GO_ON ? settings_key_digest(config, told->account_key, why) : verdict;
}
