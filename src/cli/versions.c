/*
 * The one place that includes foreign headers for no other reason than their versions. librdkafka tells what is linked;
 * the others tell only what was compiled against (libavro tells nothing at all).
 */
#include "versions.h"

#include <hiredis/hiredis.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <openssl/crypto.h>
#include <stdio.h>

void versions_write(char *text, size_t size)
{
#ifdef GENTALLY_REDIS_TLS
    static const char tls[] = "with TLS";
#else
    static const char tls[] = "without TLS";
#endif
    snprintf(text, size, "gentally %s (librdkafka %s, hiredis %d.%d.%d %s, jansson %s, %s)", GENTALLY_VERSION,
             rd_kafka_version_str(), HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH, tls, JANSSON_VERSION,
             OpenSSL_version(OPENSSL_VERSION));
}
