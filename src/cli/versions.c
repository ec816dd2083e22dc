/*
 * The versions of all libraries. No other file includes foreign headers for their versions alone. librdkafka tells
 * which version is linked; the others tell only which one was compiled against (libavro tells nothing at all).
 */
#include "versions.h"

#include <curl/curl.h>
#include <hiredis/hiredis.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <stdio.h>

void versions_print(void)
{
#ifdef GENTALLY_REDIS_TLS
    static const char tls[] = "with TLS";
#else
    static const char tls[] = "without TLS";
#endif
    printf("gentally %s (librdkafka %s, hiredis %d.%d.%d %s, jansson %s, libcurl %s, libmicrohttpd %s, %s)\n",
           GENTALLY_VERSION, rd_kafka_version_str(), HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH, tls, JANSSON_VERSION,
           curl_version_info(CURLVERSION_NOW)->version, MHD_get_version(), OpenSSL_version(OPENSSL_VERSION));
}
