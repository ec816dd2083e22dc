/*
 * Lines from standard input, with signals heard in between. poll() watches input and signals side by side. getline()
 * would not do: a blocked read cannot be told to stop without a signal handler and a global.
 *
 *   bytes:  | given out | not yet looked at | room |
 *           0           begin               end
 */
#include "input.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "gentally/base/grow.h"

#define READ_SIZE ((size_t)1 << 18)

enum verdict input_open(struct input *input, int descriptor, struct reason *why)
{
    sigset_t set;

    *input = (struct input){.descriptor = descriptor, .signals = -1};
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) == 0)
        input->signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (input->signals < 0)
        return reason_set(why, HALT, INPUT_FAILED, errno, "cannot watch for signals: %s", strerror(errno));
    return GO_ON;
}

void input_close(struct input *input)
{
    if (input->signals >= 0)
        close(input->signals);
    free(input->bytes);
    *input = (struct input){.descriptor = -1, .signals = -1};
}

/* Makes room for one more read behind `end`. */
static enum verdict make_room(struct input *input, struct reason *why)
{
    if (input->begin > 0 && input->end > input->begin)
        memmove(input->bytes, input->bytes + input->begin, input->end - input->begin);
    input->end -= input->begin;
    input->begin = 0;
    if (input->end > INPUT_LINE_MAX)
        return reason_set(why, HALT, LINE_TOO_LONG, 0, "a line is longer than %zu bytes", INPUT_LINE_MAX);
    char *bytes = grow(input->bytes, &input->room, input->end + READ_SIZE, 1);
    if (bytes == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for a line of %zu bytes", input->end + READ_SIZE);
    input->bytes = bytes;
    return GO_ON;
}

enum verdict input_more(struct input *input, struct reason *why)
{
    struct pollfd watched[] = {{input->signals, POLLIN, 0}, {input->descriptor, POLLIN, 0}};
    enum verdict verdict = make_room(input, why);

    if (verdict != GO_ON)
        return verdict;
    if (poll(watched, LENGTH_OF(watched), -1) < 0)
        return errno == EINTR ? GO_ON : reason_set(why, HALT, INPUT_FAILED, errno, "poll: %s", strerror(errno));
    if (watched[0].revents != 0) {
        input->is_stopped = true;
        return GO_ON;
    }
    ssize_t size = read(input->descriptor, input->bytes + input->end, input->room - input->end);
    if (size < 0 && errno != EINTR && errno != EAGAIN)
        return reason_set(why, HALT, INPUT_FAILED, errno, "standard input: %s", strerror(errno));
    input->end += size > 0 ? (size_t)size : 0;
    input->is_end = size == 0;
    return GO_ON;
}

enum verdict input_line(struct input *input, struct span *line, struct reason *why)
{
    size_t looked = 0; /* bytes after `begin` known to hold no newline */

    for (;;) {
        size_t size = input->end - input->begin;
        char *bytes = size == 0 ? NULL : input->bytes + input->begin;
        char *newline = size == looked ? NULL : memchr(bytes + looked, '\n', size - looked);
        *line = (struct span){bytes, newline != NULL ? (size_t)(newline - bytes) : size};
        if (newline != NULL || input->is_end) {
            input->begin += line->size + (newline != NULL ? 1 : 0);
            return GO_ON;
        }
        looked = size;
        enum verdict verdict = input_more(input, why);
        if (verdict != GO_ON)
            return verdict;
        if (input->is_stopped) { /* Half a line is no line. */
            input->is_end = true;
            looked = 0;
            input->end = input->begin;
        }
    }
}
