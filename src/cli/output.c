/* Standard output through stdio: a short write or a failed flush becomes a reason, with errno. */
#include "gentally/cli/output.h"

#include <errno.h>
#include <stdio.h>

static enum verdict output_failed(struct reason *why)
{
    return reason_set(why, HALT, OUTPUT_FAILED, errno, "standard output: %s", strerror(errno));
}

enum verdict output_write(struct span bytes, struct reason *why)
{
    return fwrite(bytes.bytes, 1, bytes.size, stdout) == bytes.size ? GO_ON : output_failed(why);
}

enum verdict output_flush(struct reason *why)
{
    return fflush(stdout) == 0 ? GO_ON : output_failed(why);
}
