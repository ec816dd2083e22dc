/*
 * A probe from outside: asks a worker on this machine how it is, for whoever has no HTTP client, as in the image.
 */
#ifndef GENTALLY_PROBE_H
#define GENTALLY_PROBE_H

#include <stdio.h>

#include "gentally/base/endpoint.h"
#include "gentally/base/verdict.h"

/*
 * Asks the exporter that listens on `endpoint` for `path` ("/livez"), and writes what it says into `file`. Whoever
 * listens on all interfaces is asked on loopback. Blocks for five seconds at most. GO_ON: status 200. HALT:
 * HEALTH-FAILED: any other status, or no answer; NO-MEMORY.
 */
MUST_CHECK enum verdict probe_ask(const struct endpoint *endpoint, const char *path, FILE *file, struct reason *why);

#endif
