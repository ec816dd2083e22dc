/*
 * TLS under the connection to Redis: the server shows a certificate for the host we asked for, signed by an authority
 * that OpenSSL trusts (SSL_CERT_FILE and SSL_CERT_DIR name others). Private to this room.
 */
#ifndef GENTALLY_STORE_TLS_H
#define GENTALLY_STORE_TLS_H

#include "gentally/base/verdict.h"

struct redisContext;
struct store_tls;

/* Prepares TLS. HALT: NO-MEMORY, STORE-TLS (not built in, or OpenSSL cannot). */
MUST_CHECK enum verdict store_tls_open(struct store_tls **tls, struct reason *why);
void store_tls_close(struct store_tls *tls);

/* Shakes hands on a fresh connection to `host`, a name or an address, within its time-out. TRY_LATER:
 * STORE-UNREACHABLE; the caller drops the connection. HALT: STORE-TLS (not built in). */
MUST_CHECK enum verdict store_tls_greet(struct store_tls *tls, const char *host, struct redisContext *context,
                                        struct reason *why);

#endif
