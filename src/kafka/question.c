/* A producer, since a consumer would have a group, and its coordinator to look for. */
#include "question.h"

enum verdict question_open(struct question *question, const struct config *config, enum reason_id config_id,
                           struct reason *why)
{
    const struct kafka_hooks hooks = {0, NULL};

    *question = (struct question){.client = NULL};
    question->notes.logger = &question->silent;
    log_open(&question->silent, LOG_LEVEL_ERROR, "question");
    return kafka_open(&question->client, RD_KAFKA_PRODUCER, config, NULL, 0, &hooks, &question->notes, config_id, why);
}

void question_close(struct question *question)
{
    kafka_close(question->client, &question->notes, 0);
}
