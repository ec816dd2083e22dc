/* Where a server of ours listens: an address of this machine and a port, as a text that people configure. Pure. */
#ifndef GENTALLY_ENDPOINT_H
#define GENTALLY_ENDPOINT_H

#include "gentally/base/base.h"

struct endpoint {
    bool is_v6;
    uint8_t address[16]; /* in network order; 4 bytes of it unless `is_v6` */
    uint16_t port;       /* 0: any free one */
};

/*
 * Reads HOST:PORT, or PORT alone, which is on loopback. HOST is an IPv4 address, an IPv6 address in brackets, or
 * `localhost`, which is 127.0.0.1: names are not looked up, since an answer may be another one tomorrow. False if
 * `text` is none of it.
 */
bool endpoint_parse(const char *text, struct endpoint *endpoint);

/* Whether only this machine can reach it: a loopback address. */
bool endpoint_is_local(const struct endpoint *endpoint);

#endif
