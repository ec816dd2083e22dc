#include "foreign.h"

#include <inttypes.h>
#include <stdio.h>

#include "gentally/cli/options.h"
#include "gentally/config/config.h"
#include "gentally/ingest/pseudonym.h"
#include "gentally/ingest/settings_told.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_settings.h"

enum verdict foreign_source(const struct command_option *from, enum adapter_source *source, struct reason *why)
{
    const char *names[ADAPTER_SOURCES];
    uint32_t index = *source;

    for (unsigned i = 0; i < ADAPTER_SOURCES; i++)
        names[i] = adapter_source_name((enum adapter_source)i);
    enum verdict verdict = option_choice(from, names, ADAPTER_SOURCES, &index, why);
    *source = (enum adapter_source)index;
    return verdict;
}

static void hide(void *context, struct span text, char hidden[ADAPTER_HIDDEN_SIZE])
{
    struct pseudonym pseudonym = pseudonyms_of(context, text);
    char digits[ADAPTER_HIDDEN_SIZE + 1];

    snprintf(digits, sizeof(digits), "%016" PRIx64 "%016" PRIx64, pseudonym.high, pseudonym.low);
    memcpy(hidden, digits, ADAPTER_HIDDEN_SIZE);
}

/* Accounts of before stand in the topic, and in what was counted, under the key of then. */
static enum verdict hold_key(const struct config *config, struct logger *logger, struct reason *why)
{
    char digest[SETTINGS_DIGEST_SIZE];
    struct store *store = NULL;
    enum verdict verdict = settings_key_digest(config, digest, why);

    if (verdict == GO_ON)
        verdict = store_open(&store, config, logger, why);
    if (verdict == GO_ON)
        verdict = store_settings_hold_key(store, digest, why);
    if (store != NULL)
        store_close(store);
    return verdict;
}

enum verdict foreign_open(struct foreign *foreign, const struct config *config, enum adapter_source source,
                          struct logger *logger, struct reason *why)
{
    struct span key = span_of(config->account_key);
    enum verdict verdict = key.size == 0 ? GO_ON : hold_key(config, logger, why);

    if (verdict == GO_ON && key.size > 0)
        verdict = pseudonyms_open(&foreign->pseudonyms, key, why);

    if (verdict == GO_ON)
        verdict = adapter_open(&foreign->adapter, source, key.size == 0 ? NULL : hide, foreign->pseudonyms, why);
    return verdict;
}

void foreign_close(struct foreign *foreign)
{
    adapter_close(foreign->adapter);
    pseudonyms_close(foreign->pseudonyms);
    *foreign = (struct foreign){NULL, NULL};
}
