/* The arguments of a command lie in arrays that grow to the largest command and stay. */
#include "store_command.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/grow.h"

enum verdict store_command_begin(struct store_command *command, size_t arguments, size_t printed, struct reason *why)
{
    const char **texts = grow(command->arguments, &command->argument_room, arguments, sizeof(*texts));
    size_t *sizes = grow(command->sizes, &command->size_room, arguments, sizeof(*sizes));
    char *text = grow(command->printed, &command->printed_room, printed + 1, sizeof(*text));

    if (texts != NULL)
        command->arguments = texts;
    if (sizes != NULL)
        command->sizes = sizes;
    if (text != NULL)
        command->printed = text;
    command->count = 0;
    command->printed_size = 0;
    if (texts != NULL && sizes != NULL && text != NULL)
        return GO_ON;
    return reason_set(why, HALT, NO_MEMORY, errno, "no memory for a command of %zu arguments", arguments);
}

void store_command_free(struct store_command *command)
{
    free(command->arguments);
    free(command->sizes);
    free(command->printed);
    *command = (struct store_command){0};
}

void store_put(struct store_command *command, struct span argument)
{
    assert(command->count < command->argument_room);
    assert(command->count < command->size_room);
    command->arguments[command->count] = argument.bytes == NULL ? "" : argument.bytes;
    command->sizes[command->count] = argument.size;
    command->count++;
}

void store_put_text(struct store_command *command, const char *text)
{
    store_put(command, span_of(text));
}

void store_put_format(struct store_command *command, const char *format, ...)
{
    char *at = command->printed + command->printed_size;
    size_t room = command->printed_room - command->printed_size;
    va_list values;

    va_start(values, format);
    int size = vsnprintf(at, room, format, values);
    va_end(values);
    assert(size >= 0);
    assert((size_t)size < room);
    command->printed_size += (size_t)size + 1;
    store_put(command, (struct span){at, (size_t)size});
}

void store_put_number(struct store_command *command, int64_t number)
{
    store_put_format(command, "%" PRId64, number);
}

void store_put_time(struct store_command *command, int64_t ms)
{
    if (ms == INT64_MIN)
        store_put_text(command, "");
    else
        store_put_number(command, ms);
}
