/*
 * Lines read from a file descriptor, of any length up to a limit, until the end or until somebody asks to stop: SIGINT
 * and SIGTERM are taken as an end of input, so that what was read can be brought to safety.
 */
#ifndef GENTALLY_INPUT_H
#define GENTALLY_INPUT_H

#include "gentally/base/verdict.h"

#define INPUT_LINE_MAX ((size_t)16 << 20)

struct input {
    int descriptor; /* borrowed */
    int signals;    /* a signalfd */
    char *bytes;    /* owned */
    size_t begin, end, room;
    bool is_end;
    bool is_stopped; /* by a signal */
};

/*
 * Opens lines of `descriptor`, which stays the caller's. Blocks both signals for this thread and those it starts from
 * now on, so call it before any library starts threads. HALT: INPUT-FAILED.
 */
MUST_CHECK enum verdict input_open(struct input *input, int descriptor, struct reason *why);
/* Frees the lines. Both signals stay blocked. */
void input_close(struct input *input);

/*
 * Waits for the next line, which is given without its newline and borrowed until the next call; the last line needs no
 * newline. GO_ON with an absent span: the input has ended. HALT: INPUT-FAILED; LINE-TOO-LONG (over INPUT_LINE_MAX),
 * NO-MEMORY.
 */
MUST_CHECK enum verdict input_line(struct input *input, struct span *line, struct reason *why);

/*
 * For who looks for other ends than those of lines: waits for more bytes behind `end`. What was given out, before
 * `begin`, is gone. GO_ON also at the end of the input (`is_end`) and for a signal (`is_stopped`). HALT: as
 * input_line().
 */
MUST_CHECK enum verdict input_more(struct input *input, struct reason *why);

#endif
