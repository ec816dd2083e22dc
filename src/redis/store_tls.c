/*
 * A TLS context of hiredis cannot check whose certificate the server shows: any server with any certificate of a
 * trusted authority would do. So the handshake here is OpenSSL's own, with the host in it, and hiredis takes the
 * session over.
 */
#include "store_tls.h"

#ifdef GENTALLY_REDIS_TLS

#include <arpa/inet.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct store_tls {
    SSL_CTX *trust;
};

static enum verdict cannot(struct store_tls *tls, const char *what, struct reason *why)
{
    store_tls_close(tls);
    return reason_set(why, HALT, STORE_TLS, 0, "TLS to Redis: OpenSSL cannot %s", what);
}

enum verdict store_tls_open(struct store_tls **tls, struct reason *why)
{
    struct store_tls *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for TLS to Redis");
    opened->trust = SSL_CTX_new(TLS_client_method());
    if (opened->trust == NULL || SSL_CTX_set_min_proto_version(opened->trust, TLS1_2_VERSION) != 1)
        return cannot(opened, "begin", why);
    if (SSL_CTX_set_default_verify_paths(opened->trust) != 1)
        return cannot(opened, "find the authorities to trust", why);
    SSL_CTX_set_verify(opened->trust, SSL_VERIFY_PEER, NULL);
    *tls = opened;
    return GO_ON;
}

void store_tls_close(struct store_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->trust);
    free(tls);
}

/* Whom the certificate must name. An address is no server name: it is checked, and not announced. */
static bool expect_host(SSL *session, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1;
    return SSL_set1_host(session, host) == 1 && SSL_set_tlsext_host_name(session, host) == 1;
}

enum verdict store_tls_greet(struct store_tls *tls, const char *host, struct redisContext *context, struct reason *why)
{
    SSL *session = SSL_new(tls->trust);

    if (session == NULL || !expect_host(session, host)) {
        SSL_free(session);
        return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis at %s: TLS: no session", host);
    }
    if (redisInitiateSSL(context, session) == REDIS_OK)
        return GO_ON; /* The session is the connection's now. */
    long trust = SSL_get_verify_result(session);
    SSL_free(session);
    if (trust != X509_V_OK)
        return reason_set(why, TRY_LATER, STORE_UNREACHABLE, trust, "Redis at %s: TLS: its certificate: %s", host,
                          X509_verify_cert_error_string(trust));
    return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis at %s: TLS: %s", host, context->errstr);
}

#else

#include <assert.h>

enum verdict store_tls_open(struct store_tls **tls, struct reason *why)
{
    *tls = NULL;
    return reason_set(why, HALT, STORE_TLS, 0,
                      "redis_url asks for TLS, and this program was built with a hiredis that has none (>= 1.0 has)");
}

void store_tls_close(struct store_tls *tls)
{
    assert(tls == NULL);
    (void)tls;
}

enum verdict store_tls_greet(struct store_tls *tls, const char *host, struct redisContext *context, struct reason *why)
{
    (void)tls;
    (void)host;
    (void)context;
    return reason_set(why, HALT, STORE_TLS, 0, "TLS to Redis is not built in");
}

#endif
