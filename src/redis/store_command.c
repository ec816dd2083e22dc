/* Arguments of one Redis command, in arrays that grow to the largest command and stay. */
#include "store_command.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static bool reserve_arguments(struct store_command *command, size_t arguments)
{
    if (arguments <= command->room)
        return true;
    const char **texts = realloc(command->arguments, arguments * sizeof(*texts));
    if (texts != NULL)
        command->arguments = texts;
    size_t *sizes = realloc(command->sizes, arguments * sizeof(*sizes));
    if (sizes != NULL)
        command->sizes = sizes;
    if (texts == NULL || sizes == NULL)
        return false;
    command->room = arguments;
    return true;
}

static bool reserve_printed(struct store_command *command, size_t printed)
{
    if (printed <= command->printed_room)
        return true;
    char *text = realloc(command->printed, printed);
    if (text == NULL)
        return false;
    command->printed = text;
    command->printed_room = printed;
    return true;
}

enum verdict store_command_begin(struct store_command *command, size_t arguments, size_t printed, struct reason *why)
{
    command->count = 0;
    command->printed_size = 0;
    if (reserve_arguments(command, arguments) && reserve_printed(command, printed))
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
    assert(command->count < command->room);
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
