/* What a start would refuse is asked of those who would refuse it. */
#include "gentally/ingest/worker.h"

#include "gentally/config/config.h"
#include "gentally/kafka/producer.h"
#include "gentally/kafka/source.h"
#include "gentally/kafka/transaction.h"
#include "gentally/redis/store.h"
#include "pipeline.h"
#include "pipeline_setup.h"

enum verdict worker_check(const struct worker_options *options, struct reason *why)
{
    const struct config *config = options->config;
    struct pipeline *pipeline = NULL;
    enum verdict verdict = pipeline_open_local(&pipeline, config, options->logger, why);

    pipeline_close(pipeline);
    if (verdict == GO_ON)
        verdict = store_check_config(config, options->logger, why);
    if (verdict == GO_ON)
        verdict = producer_check_config(config, why);
    if (verdict == GO_ON)
        verdict = source_check_config(config, why);
    return verdict == GO_ON ? transaction_check_config(config, why) : verdict;
}

enum verdict worker_check_start(const struct worker_options *options, int32_t *partitions, struct reason *why)
{
    struct pipeline *pipeline = NULL;
    enum verdict verdict = pipeline_open_local(&pipeline, options->config, options->logger, why);

    if (verdict == GO_ON)
        verdict = pipeline_connect(pipeline, why);
    if (verdict == GO_ON)
        verdict = pipeline_check_worker(pipeline, partitions, why);
    pipeline_close(pipeline);
    return verdict;
}
