/* Keys of other shapes are left alone: whose they are is not known. */
#include "standing_load.h"

#include "gentally/codec/record_read.h"
#include "gentally/kafka/topic_read.h"
#include "gentally/kafka/topics.h"

static enum verdict read_row(void *context, const struct record *record, struct reason *why)
{
    static const char start[] = ROLLUP_RETENTION "|";
    struct standing *standing = context;
    struct record bare = *record;
    struct window window;

    bare.value = span_of(NULL);
    enum verdict verdict = summary_record_read(&bare, NULL, &window, why);
    if (verdict != GO_ON)
        return verdict;
    if (record->key.size < sizeof(start) - 1 || memcmp(record->key.bytes, start, sizeof(start) - 1) != 0)
        return reason_set(why, SET_ASIDE, SOURCE_FOREIGN, 0, "its key is of another rollup");
    return standing_note(standing, window, record->key, record->value.bytes != NULL, why);
}

enum verdict standing_load(const struct config *config, struct standing *standing, struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];

    topic_summaries(config, ROLLUP_RETENTION, topic);
    enum verdict verdict = topic_check_whole(config, topic, why);
    return verdict == GO_ON ? topic_read(config, topic, read_row, standing, why) : verdict;
}
