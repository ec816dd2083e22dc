/* What an error text of Redis means for us. Private to this room. */
#ifndef GENTALLY_STORE_ERROR_H
#define GENTALLY_STORE_ERROR_H

#include "gentally/base/verdict.h"

/* The command by which a deployer gives the worker's user the rights that the store needs. */
#define STORE_GRANT                                                                                                    \
    "ACL SETUSER NAME resetchannels -@all ~NAMESPACE:* +fcall +fcall_ro +info +time +select +hgetall +hget +hlen "     \
    "+hmget +hscan +hset +hdel +exists +unlink"

/* Says what a Redis error text means for us. Pure. Every one of these errors says that nothing was done. */
enum verdict store_error_verdict(const char *text, struct reason *why);

#endif
