/* The broker looks at the token alone; the name that librdkafka wants beside it goes nowhere. */
#include "token_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/clock.h"
#include "run_program.h"
#include "token_text.h"

#define COMMAND_MS 8000 /* less than a client waits for its first answer, so that this is what it tells */
#define NAME "gentally"

bool token_source_open(struct token_source *source, const struct config *config)
{
    source->is_command = config->kafka_token_command[0] != '\0';
    snprintf(source->from, sizeof(source->from), "%s",
             source->is_command ? config->kafka_token_command : config->kafka_token_file);
    return source->from[0] != '\0';
}

static bool read_file(const char *path, char *told, size_t room, size_t *size, char *problem, size_t problem_size)
{
    FILE *file = fopen(path, "re");

    *size = file == NULL ? 0 : fread(told, 1, room, file);
    bool is_read = file != NULL && ferror(file) == 0;
    if (!is_read)
        snprintf(problem, problem_size, "%s", strerror(errno));
    if (file != NULL)
        (void)fclose(file);
    return is_read;
}

struct asking {
    char told[TOKEN_TEXT_MAX];
    struct token token;
    char problem[PROGRAM_PROBLEM_SIZE];
};

/* False: `problem` says why there is no token. */
static bool ask(struct token_source *source, struct asking *asking)
{
    size_t size = 0;
    bool is_told = source->is_command ? run_program(source->from, COMMAND_MS, &source->is_unwanted, asking->told,
                                                    sizeof(asking->told), &size, asking->problem)
                                      : read_file(source->from, asking->told, sizeof(asking->told), &size,
                                                  asking->problem, sizeof(asking->problem));

    return is_told &&
           token_read((struct span){asking->told, size}, clock_ms(CLOCK_REALTIME), &asking->token, asking->problem);
}

void token_source_give(struct token_source *source, rd_kafka_t *client)
{
    char text[512] = "no memory";
    struct asking *asking = calloc(1, sizeof(*asking));
    bool is_given = asking != NULL && ask(source, asking);

    if (is_given)
        is_given =
            rd_kafka_oauthbearer_set_token(client, asking->token.text, asking->token.ends_ms, NAME, NULL, 0,
                                           asking->problem, sizeof(asking->problem)) == RD_KAFKA_RESP_ERR_NO_ERROR;
    atomic_store(&source->is_failing, !is_given);
    if (!is_given) {
        /* The command's words are not repeated: its arguments may hold a secret. */
        snprintf(text, sizeof(text), "%s: %s", source->is_command ? "kafka_token_command" : "kafka_token_file",
                 asking == NULL ? "no memory" : asking->problem);
        (void)rd_kafka_oauthbearer_set_token_failure(client, text);
    }
    if (asking != NULL)
        explicit_bzero(asking, sizeof(*asking));
    free(asking);
}
