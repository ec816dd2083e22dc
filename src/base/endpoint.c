/* Addresses are read by inet_pton(), ports digit by digit. */
#include "gentally/base/endpoint.h"

#include <arpa/inet.h>

#define HOST_MAX 63
#define PORT_MAX 65535u

static bool parse_port(const char *text, uint16_t *port)
{
    unsigned value = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (unsigned)(*text - '0');
        if (value > PORT_MAX)
            return false;
    }
    *port = (uint16_t)value;
    return true;
}

static bool parse_host(struct span host, struct endpoint *endpoint)
{
    char text[HOST_MAX + 1];

    endpoint->is_v6 = host.size >= 2 && host.bytes[0] == '[' && host.bytes[host.size - 1] == ']';
    if (endpoint->is_v6)
        host = (struct span){host.bytes + 1, host.size - 2};
    if (host.size == 0 || host.size > HOST_MAX)
        return false;
    memcpy(text, host.bytes, host.size);
    text[host.size] = '\0';
    if (!endpoint->is_v6 && strcmp(text, "localhost") == 0)
        memcpy(text, "127.0.0.1", sizeof("127.0.0.1"));
    return inet_pton(endpoint->is_v6 ? AF_INET6 : AF_INET, text, endpoint->address) == 1;
}

bool endpoint_parse(const char *text, struct endpoint *endpoint)
{
    const char *colon = strrchr(text, ':');

    *endpoint = (struct endpoint){.address = {127, 0, 0, 1}};
    if (colon == NULL)
        return parse_port(text, &endpoint->port);
    return parse_port(colon + 1, &endpoint->port) && parse_host((struct span){text, (size_t)(colon - text)}, endpoint);
}

bool endpoint_is_local(const struct endpoint *endpoint)
{
    static const uint8_t loopback[16] = {[15] = 1};

    if (endpoint->is_v6)
        return memcmp(endpoint->address, loopback, sizeof(loopback)) == 0;
    return endpoint->address[0] == 127;
}
