/*
 * A bearer token as a command or a file tells it: the token alone, or the JSON object that an OAuth 2 server answers
 * with. When it ends is read out of it, so that it is asked for again in time. Pure. Private to this room.
 */
#ifndef GENTALLY_TOKEN_TEXT_H
#define GENTALLY_TOKEN_TEXT_H

#include "gentally/base/base.h"

/* How long a token is used of which no end can be read, in ms. */
#define TOKEN_UNTOLD_MS 300000

#define TOKEN_TEXT_MAX ((size_t)64 << 10)
#define TOKEN_PROBLEM_SIZE 200

struct token {
    char text[TOKEN_TEXT_MAX];
    int64_t ends_ms; /* since the Unix epoch */
};

/*
 * Reads what was told at `now_ms` (since the Unix epoch): a token of the characters that RFC 6750 allows, with blanks
 * around it, or a JSON object with `access_token` and perhaps `expires_in` (seconds). Its end is told by `expires_in`,
 * by `exp` of a JSON web token, or by the date and the time of a presigned AWS URL (MSK IAM); a token that says nothing
 * is used for TOKEN_UNTOLD_MS. False: `problem` says what is wrong, and never quotes the token.
 */
bool token_read(struct span told, int64_t now_ms, struct token *token, char problem[TOKEN_PROBLEM_SIZE]);

#endif
