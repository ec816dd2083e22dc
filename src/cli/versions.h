/* The versions of gentally and of the libraries it runs with: the first thing a bug report needs. */
#ifndef GENTALLY_VERSIONS_H
#define GENTALLY_VERSIONS_H

/* Prints "gentally 0.1.0 (librdkafka 2.0.2, hiredis 0.14.1, ...)" and a newline to standard output. */
void versions_print(void);

#endif
