/*
 * One Redis command being put together: texts that outlive the command, and numbers printed into room of its own. Room
 * for the whole command is taken before the first argument, so that putting arguments cannot fail and texts never move.
 * Private to this room.
 */
#ifndef GENTALLY_STORE_COMMAND_H
#define GENTALLY_STORE_COMMAND_H

#include "gentally/base/verdict.h"

/* Zero before the first use. */
struct store_command {
    const char **arguments;
    size_t *sizes; /* bytes */
    size_t count, argument_room, size_room;
    char *printed;
    size_t printed_size, printed_room;
};

/* Forgets the last command and makes room for `arguments`, of which `printed` bytes are printed (with a byte for the
 * end of each). HALT: NO-MEMORY. */
MUST_CHECK enum verdict store_command_begin(struct store_command *command, size_t arguments, size_t printed,
                                            struct reason *why);
void store_command_free(struct store_command *command);

/* Put an argument whose bytes are borrowed until the command is sent; an absent span is the empty text. */
void store_put(struct store_command *command, struct span argument);
void store_put_text(struct store_command *command, const char *text);

/* Put an argument that is printed into the command's own room. */
void store_put_format(struct store_command *command, const char *format, ...) PRINTF_LIKE(2, 3);
void store_put_number(struct store_command *command, int64_t number);

/* Puts a time in ms that may be none (INT64_MIN), which is printed as the empty text. */
void store_put_time(struct store_command *command, int64_t ms);

#endif
