/* What cannot be a secret on one line is refused, since it is the wrong file. */
#include "option_secret.h"

#include <errno.h>
#include <stdio.h>

enum verdict option_secret_read(const struct command_option *option, char text[OPTION_SECRET_SIZE], struct reason *why)
{
    FILE *file = fopen(option->value, "rb");

    if (file == NULL)
        return reason_set(why, HALT, CONFIG_UNREADABLE, errno, "--%s: %.200s: %s", option->name, option->value,
                          strerror(errno));
    size_t size = fread(text, 1, OPTION_SECRET_SIZE, file);
    bool is_read = ferror(file) == 0;
    fclose(file);
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    if (!is_read || size == 0 || size == OPTION_SECRET_SIZE || memchr(text, '\0', size) != NULL)
        return reason_set(why, HALT, CONFIG_UNREADABLE, 0, "--%s: %.200s does not hold one line of at most %d bytes",
                          option->name, option->value, OPTION_SECRET_SIZE - 1);
    text[size] = '\0';
    return GO_ON;
}
