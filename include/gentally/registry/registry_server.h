/*
 * A registry for demos: serves schemas under fixed ids, read-only, by the paths that a stock deserializer asks. On
 * loopback alone, in a thread of its own.
 *
 *   GET /schemas/ids/{id}                             GET /subjects
 *   GET /schemas/ids/{id}/versions                    GET /subjects/{subject}/versions
 *   GET /schemas/types                                GET /subjects/{subject}/versions/{1|latest}
 */
#ifndef GENTALLY_REGISTRY_SERVER_H
#define GENTALLY_REGISTRY_SERVER_H

#include "gentally/base/verdict.h"

struct registry_server;

struct served_schema {
    const char *subject;
    uint32_t id;
    struct span schema; /* JSON text */
};

/* Listens on 127.0.0.1; port 0 = any free one. What the schemas point to is borrowed until close. HALT: REPORT-PORT,
 * NO-MEMORY. */
MUST_CHECK enum verdict registry_server_open(struct registry_server **server, uint16_t port,
                                             const struct served_schema schemas[], uint32_t count, struct reason *why);
void registry_server_close(struct registry_server *server);

/* The port the server listens on. */
uint16_t registry_server_port(const struct registry_server *server);

#endif
