/* Secrets come from files, or the URL from the command line, where everybody on the machine can read it. */
#include "signal_webhook.h"

#include "option_secret.h"

static enum verdict check(const struct signal_webhook *webhook, bool is_followed, struct reason *why)
{
    bool has_url = webhook->url->value != NULL || webhook->url_file->value != NULL;

    if (!has_url)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s is for a webhook, and none is given",
                          webhook->state->value != NULL ? webhook->state->name : webhook->token_file->name);
    if (webhook->url->value != NULL && webhook->url_file->value != NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "--webhook and --webhook-file name one webhook: give one of them");
    if (!is_followed)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--webhook delivers what comes: it goes with --follow");
    if (webhook->state->value == NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "--webhook-state PATH is missing: the file that remembers what was delivered");
    return GO_ON;
}

enum verdict signal_webhook_open(struct signal_deliveries **deliveries, const struct signal_webhook *webhook,
                                 bool is_followed, const struct signal_wanted *wanted, struct logger *logger,
                                 struct reason *why)
{
    char url[OPTION_SECRET_SIZE], token[OPTION_SECRET_SIZE];
    const char *given = webhook->url->value;

    if (given == NULL && webhook->url_file->value == NULL && webhook->token_file->value == NULL &&
        webhook->state->value == NULL)
        return GO_ON;
    enum verdict verdict = check(webhook, is_followed, why);
    if (verdict == GO_ON && given == NULL)
        verdict = option_secret_read(webhook->url_file, url, why);
    if (verdict == GO_ON && webhook->token_file->value != NULL)
        verdict = option_secret_read(webhook->token_file, token, why);
    if (verdict != GO_ON)
        return verdict;
    return signal_deliveries_open(deliveries, given == NULL ? url : given,
                                  webhook->token_file->value == NULL ? NULL : token, webhook->state->value, wanted,
                                  logger, why);
}
