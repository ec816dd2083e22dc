/* Each sentinel is asked over a connection of its own, which is closed again: it is a question in an emergency. */
#include "sentinel.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "gentally/config/config.h"
#include "store_tls.h"

#define ANSWER_MS 1000
#define PORT_MAX 65535

static bool is_same(const struct redis_place *left, const struct redis_place *right)
{
    return left->port == right->port && strcmp(left->host, right->host) == 0;
}

/* How many name the same place as vote `at`. */
static uint32_t supporters(const struct sentinel_vote votes[], uint32_t count, uint32_t at)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < count; i++)
        found += votes[i].answer == SENTINEL_NAMES && is_same(&votes[i].place, &votes[at].place) ? 1 : 0;
    return found;
}

bool sentinel_is_settled(const struct sentinel_vote votes[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (votes[i].answer == SENTINEL_NAMES && 2 * supporters(votes, count, i) > count)
            return true;
    return false;
}

/* None names a place. */
static enum verdict judge_none(const struct redis_url *url, const struct sentinel_vote votes[], struct reason *why)
{
    const struct sentinel_vote *told = &votes[0];
    uint32_t at = 0;

    for (uint32_t i = 1; i < url->sentinel_count; i++) {
        if (votes[i].answer > told->answer) {
            told = &votes[i];
            at = i;
        }
    }
    const struct redis_place *place = &url->sentinels[at];
    if (told->answer == SENTINEL_UNKNOWN)
        return reason_set(why, HALT, STORE_SENTINEL, 0,
                          "the sentinel at %.100s:%d knows no master \"%s\": redis_url names it behind the sentinels",
                          place->host, place->port, url->master);
    if (told->answer == SENTINEL_REFUSES)
        return reason_set(why, HALT, STORE_SENTINEL, 0, "the sentinel at %.100s:%d refuses the question: %s",
                          place->host, place->port, told->text);
    return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "none of %u sentinels answers; %.100s:%d: %s",
                      url->sentinel_count, place->host, place->port, told->text);
}

enum verdict sentinel_judge(const struct redis_url *url, const struct sentinel_vote votes[], struct redis_place *master,
                            struct reason *why)
{
    uint32_t best = 0, most = 0, other = 0, rival = 0;

    for (uint32_t i = 0; i < url->sentinel_count; i++) {
        uint32_t count = votes[i].answer == SENTINEL_NAMES ? supporters(votes, url->sentinel_count, i) : 0;
        if (count > most) {
            most = count;
            best = i;
        }
    }
    if (most == 0)
        return judge_none(url, votes, why);
    for (uint32_t i = 0; i < url->sentinel_count; i++) {
        if (votes[i].answer == SENTINEL_NAMES && !is_same(&votes[i].place, &votes[best].place)) {
            uint32_t count = supporters(votes, url->sentinel_count, i);
            other = count >= rival ? i : other;
            rival = count >= rival ? count : rival;
        }
    }
    if (rival == most)
        return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0,
                          "the sentinels disagree on who \"%s\" is: %.100s:%d says %.100s:%d, %.100s:%d says %.100s:%d",
                          url->master, url->sentinels[best].host, url->sentinels[best].port, votes[best].place.host,
                          votes[best].place.port, url->sentinels[other].host, url->sentinels[other].port,
                          votes[other].place.host, votes[other].place.port);
    *master = votes[best].place;
    return GO_ON;
}

/* One command on the connection; NULL: `vote` says why there is no answer. */
static redisReply *call(redisContext *context, int count, const char **arguments, struct sentinel_vote *vote)
{
    void *reply = NULL;

    if (redisAppendCommandArgv(context, count, arguments, NULL) != REDIS_OK ||
        redisGetReply(context, &reply) != REDIS_OK)
        snprintf(vote->text, sizeof(vote->text), "%s", context->err != 0 ? context->errstr : strerror(errno));
    return reply;
}

static bool authenticate(redisContext *context, const struct config *config, struct sentinel_vote *vote)
{
    const char *user = config->redis_sentinel_user, *password = config->redis_sentinel_password;
    const char *with_user[] = {"AUTH", user, password};
    const char *without[] = {"AUTH", password};

    if (user[0] == '\0' && password[0] == '\0')
        return true;
    redisReply *reply = user[0] != '\0' ? call(context, 3, with_user, vote) : call(context, 2, without, vote);
    if (reply == NULL)
        return false;
    bool is_fine = reply->type != REDIS_REPLY_ERROR;
    if (!is_fine) {
        vote->answer = SENTINEL_REFUSES;
        snprintf(vote->text, sizeof(vote->text), "%s", reply->str);
    }
    freeReplyObject(reply);
    return is_fine;
}

/* ["10.0.0.7", "6379"], an error, or nothing for a name it does not know. */
static void read_answer(const redisReply *reply, struct sentinel_vote *vote)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        vote->answer = SENTINEL_REFUSES;
        snprintf(vote->text, sizeof(vote->text), "%s", reply->str);
        return;
    }
    if (reply->type == REDIS_REPLY_NIL) {
        vote->answer = SENTINEL_UNKNOWN;
        return;
    }
    bool is_pair = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                   reply->element[0]->type == REDIS_REPLY_STRING && reply->element[1]->type == REDIS_REPLY_STRING;
    long port = is_pair ? strtol(reply->element[1]->str, NULL, 10) : 0;
    if (port < 1 || port > PORT_MAX || reply->element[0]->len == 0 ||
        (size_t)reply->element[0]->len >= sizeof(vote->place.host)) {
        vote->answer = SENTINEL_REFUSES;
        snprintf(vote->text, sizeof(vote->text), "its answer is no address");
        return;
    }
    vote->answer = SENTINEL_NAMES;
    snprintf(vote->place.host, sizeof(vote->place.host), "%s", reply->element[0]->str);
    vote->place.port = (int)port;
}

static void ask_one(const struct redis_place *place, const char *master, const struct config *config,
                    struct store_tls *tls, struct sentinel_vote *vote)
{
    int64_t wait_ms = config->redis_timeout_ms < ANSWER_MS ? config->redis_timeout_ms : ANSWER_MS;
    struct timeval wait = {.tv_sec = (time_t)(wait_ms / 1000), .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};
    const char *question[] = {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", master};
    struct reason why;

    *vote = (struct sentinel_vote){.answer = SENTINEL_SILENT};
    redisContext *context = redisConnectWithTimeout(place->host, place->port, wait);
    if (context == NULL || context->err != 0 || redisSetTimeout(context, wait) != REDIS_OK) {
        snprintf(vote->text, sizeof(vote->text), "%s", context == NULL ? strerror(errno) : context->errstr);
    } else if (tls != NULL && store_tls_greet(tls, place->host, context, &why) != GO_ON) {
        snprintf(vote->text, sizeof(vote->text), "%.127s", why.text);
    } else if (authenticate(context, config, vote)) {
        redisReply *reply = call(context, 3, question, vote);
        if (reply != NULL)
            read_answer(reply, vote);
        freeReplyObject(reply);
    }
    if (context != NULL)
        redisFree(context);
}

enum verdict sentinel_ask(const struct redis_url *url, const struct config *config, struct store_tls *tls,
                          struct redis_place *master, struct reason *why)
{
    struct sentinel_vote votes[REDIS_SENTINELS_MAX] = {{.answer = SENTINEL_SILENT}};

    for (uint32_t i = 0; i < url->sentinel_count && !sentinel_is_settled(votes, url->sentinel_count); i++)
        ask_one(&url->sentinels[i], url->master, config, tls, &votes[i]);
    return sentinel_judge(url, votes, master, why);
}
