/* A private redis-server for the length of one test program: a unix socket in a folder of its own, ended by its process
 * id. */
#ifndef GENTALLY_TEST_REDIS_H
#define GENTALLY_TEST_REDIS_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct test_redis {
    char folder[64], socket[80];
    pid_t pid;
};

static inline bool test_redis_answers(const struct test_redis *redis)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char reply[8] = "";
    int connection = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", redis->socket);
    bool is_good = connect(connection, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                   write(connection, "PING\r\n", 6) == 6 && read(connection, reply, 7) == 7 &&
                   memcmp(reply, "+PONG\r\n", 7) == 0;
    close(connection);
    return is_good;
}

/* False if there is no redis-server or it does not answer within 10 s. `is_node`: one that could be of a cluster. */
static inline bool test_redis_start_as(struct test_redis *redis, bool is_node)
{
    snprintf(redis->folder, sizeof(redis->folder), "/tmp/gentally-redis.XXXXXX");
    if (mkdtemp(redis->folder) == NULL)
        return false;
    snprintf(redis->socket, sizeof(redis->socket), "%s/redis.sock", redis->folder);
    redis->pid = fork();
    if (redis->pid == 0) {
        int silent = open("/dev/null", O_WRONLY);
        dup2(silent, STDOUT_FILENO);
        dup2(silent, STDERR_FILENO);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", redis->socket, "--save", "",
               "--appendonly", "no", "--dir", redis->folder, "--cluster-enabled", is_node ? "yes" : "no", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 1000; i++) {
        if (test_redis_answers(redis))
            return true;
        if (waitpid(redis->pid, NULL, WNOHANG) == redis->pid)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return false;
}

static inline bool test_redis_start(struct test_redis *redis)
{
    return test_redis_start_as(redis, false);
}

/* Runs redis-cli with these words, which the shell reads: false if it fails. */
__attribute__((format(printf, 2, 3))) static inline bool test_redis_cli(const struct test_redis *redis,
                                                                        const char *format, ...)
{
    char words[400], command[600];
    va_list values;

    va_start(values, format);
    vsnprintf(words, sizeof(words), format, values);
    va_end(values);
    snprintf(command, sizeof(command), "redis-cli -s %s %s >/dev/null", redis->socket, words);
    return system(command) == 0;
}

static inline void test_redis_stop(struct test_redis *redis)
{
    char nodes[sizeof(redis->folder) + 16];

    kill(redis->pid, SIGKILL);
    waitpid(redis->pid, NULL, 0);
    unlink(redis->socket);
    snprintf(nodes, sizeof(nodes), "%s/nodes.conf", redis->folder);
    unlink(nodes); /* of one that could be of a cluster */
    rmdir(redis->folder);
}

#endif
