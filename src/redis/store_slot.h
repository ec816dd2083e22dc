/*
 * Where a cluster keeps a key: in one of 16384 slots, by a checksum (CRC-16 of XMODEM) of what stands in its first
 * braces, or of all of it. No library that Debian has computes it for us. Pure. Private to this room.
 */
#ifndef GENTALLY_STORE_SLOT_H
#define GENTALLY_STORE_SLOT_H

#include "gentally/base/base.h"

#define STORE_SLOTS 16384

uint16_t store_slot(struct span key);

/* The first key among a command's arguments, of which all have one slot; absent: the command names none. `sizes` NULL:
 * the arguments end with zero. Knows the commands of this room. */
struct span store_command_key(int count, const char *const arguments[], const size_t *sizes);

#endif
