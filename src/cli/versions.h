/*
 * Which gentally this is, and which libraries it runs with: the first thing a bug report needs. Level 0.
 */
#ifndef GENTALLY_VERSIONS_H
#define GENTALLY_VERSIONS_H

#include "gentally/base/base.h"

/* Writes "gentally 0.1.0 (librdkafka 2.0.2, hiredis 0.14.1, ...)" to `text`. */
void versions_write(char *text, size_t size);

#endif
