/* Called by a thread of librdkafka's, which has all signals blocked: the program begins with none. */
#include "run_program.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gentally/base/clock.h"
#include "gentally/base/text.h"

#define LINE_MAX_SIZE 1024
#define WORDS_MAX 64
#define TURN_MS 50

extern char **environ;

/* What comes out of a pipe of the program's; what has no room is dropped. */
struct output {
    int fd; /* -1: at its end */
    char *bytes;
    size_t room, size;
};

static void take(struct output *output)
{
    char spare[1024];
    bool has_room = output->size < output->room;
    ssize_t count = has_room ? read(output->fd, output->bytes + output->size, output->room - output->size)
                             : read(output->fd, spare, sizeof(spare));

    if (count < 0 && errno == EINTR)
        return;
    if (count <= 0) {
        close(output->fd);
        output->fd = -1;
    } else if (has_room) {
        output->size += (size_t)count;
    }
}

/* Cuts `line` into words, in place; false if there is none, or too many. */
static bool cut(char *line, char *words[WORDS_MAX + 1])
{
    size_t count = 0;
    char *rest = NULL;

    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (count == WORDS_MAX)
            return false;
        words[count++] = word;
    }
    words[count] = NULL;
    return count > 0;
}

static int spawn(char *const words[], int out, int err, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1); /* Connections of ours among them. */
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    int error = posix_spawnp(pid, words[0], &actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Reads until both pipes are at their ends and the program has ended. False: it did not, in its time. */
static bool await(pid_t pid, struct output outputs[2], int64_t deadline_ms, const atomic_bool *is_unwanted, int *status)
{
    while (clock_ms(CLOCK_MONOTONIC) < deadline_ms && !atomic_load(is_unwanted)) {
        struct pollfd fds[2];
        nfds_t count = 0;
        for (int i = 0; i < 2; i++)
            if (outputs[i].fd >= 0)
                fds[count++] = (struct pollfd){.fd = outputs[i].fd, .events = POLLIN};
        if (count == 0 && waitpid(pid, status, WNOHANG) == pid)
            return true;
        if (poll(fds, count, count == 0 ? 5 : TURN_MS) <= 0)
            continue;
        for (nfds_t i = 0; i < count; i++)
            for (int j = 0; j < 2; j++)
                if (fds[i].revents != 0 && outputs[j].fd == fds[i].fd)
                    take(&outputs[j]);
    }
    kill(-pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        continue;
    return false;
}

/* How it ended badly, and what it said of that. */
static void tell(int status, const struct output *err, char problem[PROGRAM_PROBLEM_SIZE])
{
    size_t size = 0;

    while (size < err->size && err->bytes[size] != '\n')
        size++;
    if (WIFEXITED(status))
        snprintf(problem, PROGRAM_PROBLEM_SIZE, "it ended with exit status %d%s%.*s", WEXITSTATUS(status),
                 size > 0 ? ": " : "", (int)size, err->bytes);
    else
        snprintf(problem, PROGRAM_PROBLEM_SIZE, "it was ended by signal %d", WTERMSIG(status));
    text_make_one_line(problem, strlen(problem));
}

static bool run(char *const words[], int timeout_ms, const atomic_bool *is_unwanted, const int pipes[4],
                struct output outputs[2], char problem[PROGRAM_PROBLEM_SIZE])
{
    pid_t pid = 0;
    int status = 0;
    int error = spawn(words, pipes[1], pipes[3], &pid);

    close(pipes[1]);
    close(pipes[3]);
    if (error != 0) {
        snprintf(problem, PROGRAM_PROBLEM_SIZE, "%.200s cannot be run: %s", words[0], strerror(error));
        return false;
    }
    if (!await(pid, outputs, clock_ms(CLOCK_MONOTONIC) + timeout_ms, is_unwanted, &status)) {
        snprintf(problem, PROGRAM_PROBLEM_SIZE, "it did not end within %d ms, and was killed", timeout_ms);
        return false;
    }
    if (status == 0)
        return true;
    tell(status, &outputs[1], problem);
    return false;
}

bool run_program(const char *line, int timeout_ms, const atomic_bool *is_unwanted, char *out, size_t room, size_t *size,
                 char problem[PROGRAM_PROBLEM_SIZE])
{
    char copy[LINE_MAX_SIZE], said[200], *words[WORDS_MAX + 1];
    int pipes[4];

    assert(timeout_ms > 0);
    *size = 0;
    snprintf(copy, sizeof(copy), "%s", line);
    if (!cut(copy, words)) {
        snprintf(problem, PROGRAM_PROBLEM_SIZE, "it names no program, or has more than %d words", WORDS_MAX);
        return false;
    }
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        snprintf(problem, PROGRAM_PROBLEM_SIZE, "no pipe: %s", strerror(errno));
        return false;
    }
    if (pipe2(pipes + 2, O_CLOEXEC) != 0) {
        snprintf(problem, PROGRAM_PROBLEM_SIZE, "no pipe: %s", strerror(errno));
        close(pipes[0]);
        close(pipes[1]);
        return false;
    }
    struct output outputs[2] = {{pipes[0], out, room, 0}, {pipes[2], said, sizeof(said), 0}};
    bool is_done = run(words, timeout_ms, is_unwanted, pipes, outputs, problem);
    for (int i = 0; i < 2; i++)
        if (outputs[i].fd >= 0)
            close(outputs[i].fd);
    *size = outputs[0].size;
    return is_done;
}
