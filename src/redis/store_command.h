/*
 * One Redis command being put together: texts that outlive it, and numbers printed into its own room. Room for the
 * whole command is taken before its first argument, so that putting arguments cannot fail and texts never move. Private
 * to store.c.
 */
#ifndef GENTALLY_STORE_COMMAND_H
#define GENTALLY_STORE_COMMAND_H

#include "gentally/base/verdict.h"

struct store_command {
    const char **arguments;
    size_t *sizes; /* bytes */
    size_t count, room;
    char *printed;
    size_t printed_size, printed_room;
};

/* Forgets the last command and makes room for `arguments` of which `printed` bytes are printed (with a byte for each
 * end). HALT: NO-MEMORY. */
MUST_CHECK enum verdict store_command_begin(struct store_command *command, size_t arguments, size_t printed,
                                            struct reason *why);
void store_command_free(struct store_command *command);

/* Borrow their text until the command is sent. */
void store_put(struct store_command *command, struct span argument);
void store_put_text(struct store_command *command, const char *text);

/* Print into the command's own room. store_put_time() prints a time that may be none (INT64_MIN): the empty text. */
void store_put_format(struct store_command *command, const char *format, ...) PRINTF_LIKE(2, 3);
void store_put_number(struct store_command *command, int64_t number);
void store_put_time(struct store_command *command, int64_t ms);

#endif
