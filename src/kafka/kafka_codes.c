/* The meaning of librdkafka's error codes. */
#include <assert.h>

#include "kafka_client.h"

#define ERR(name) RD_KAFKA_RESP_ERR_##name

/* What an error code comes down to. */
enum cause {
    UNLISTED, /* a code that the table below does not list */
    UNREACHABLE,
    DENIED,
    TOPIC_MISSING,
    TOO_LARGE,
    FENCED,
    FATAL,
    TXN_ABORTED, /* put right by a new producer, and the ledger read again */
    POLL_LATE,
    UNREADABLE, /* the bytes of a batch, as their producer made them */
    SYSTEM,     /* no memory, for a batch or at all */
    CORRUPT,    /* bytes that are not what the broker was given, or not for this build; of a client: its connection */
    CAUSES
};

struct cause_meaning {
    enum verdict verdict;
    enum reason_id id;
};

/* What a cause means to who asks: to a reader, of what was fetched, to a writer of single messages, to a writer inside
 * a transaction. */
static const struct cause_meaning causes[CAUSES][KAFKA_ACTS] = {
    [UNLISTED] = {{TRY_LATER, SOURCE_UNREACHABLE},
                  {TRY_LATER, SOURCE_UNREACHABLE},
                  {HALT, SINK_FATAL},
                  {REWIND, SINK_TXN_UNKNOWN}},
    [UNREACHABLE] = {{TRY_LATER, SOURCE_UNREACHABLE},
                     {TRY_LATER, SOURCE_UNREACHABLE},
                     {TRY_LATER, SINK_UNREACHABLE},
                     {REWIND, SINK_TXN_UNKNOWN}},
    [DENIED] = {{HALT, SOURCE_DENIED}, {HALT, SOURCE_DENIED}, {HALT, SINK_DENIED}, {HALT, SINK_DENIED}},
    [TOPIC_MISSING] = {{HALT, SOURCE_TOPIC_MISSING},
                       {HALT, SOURCE_TOPIC_MISSING},
                       {HALT, SINK_TOPIC_MISSING},
                       {HALT, SINK_TOPIC_MISSING}},
    [TOO_LARGE] = {{HALT, SOURCE_FATAL}, {HALT, SOURCE_CORRUPT}, {HALT, SINK_TOO_LARGE}, {HALT, SINK_TOO_LARGE}},
    [FENCED] = {{HALT, SOURCE_FATAL}, {HALT, SOURCE_FATAL}, {HALT, SINK_FATAL}, {STEP_DOWN, SINK_FENCED}},
    [FATAL] = {{HALT, SOURCE_FATAL}, {HALT, SOURCE_FATAL}, {HALT, SINK_FATAL}, {HALT, SINK_FATAL}},
    [TXN_ABORTED] = {{HALT, SOURCE_FATAL}, {HALT, SOURCE_FATAL}, {HALT, SINK_FATAL}, {REWIND, SINK_TXN_ABORTED}},
    [POLL_LATE] = {{TRY_LATER, SOURCE_POLL_LATE},
                   {TRY_LATER, SOURCE_POLL_LATE},
                   {HALT, SINK_FATAL},
                   {REWIND, SINK_TXN_UNKNOWN}},
    [UNREADABLE] = {{TRY_LATER, SOURCE_UNREACHABLE}, {HALT, SOURCE_UNREADABLE}, {HALT, SINK_FATAL}, {HALT, SINK_FATAL}},
    [SYSTEM] = {{HALT, SOURCE_FATAL}, {HALT, SOURCE_CORRUPT}, {HALT, SINK_FATAL}, {HALT, SINK_FATAL}},
    [CORRUPT] = {{TRY_LATER, SOURCE_UNREACHABLE}, {HALT, SOURCE_CORRUPT}, {HALT, SINK_FATAL}, {HALT, SINK_FATAL}},
};

static const struct {
    rd_kafka_resp_err_t code;
    enum cause cause;
} codes[] = {
    {ERR(_TRANSPORT), UNREACHABLE},
    {ERR(_ALL_BROKERS_DOWN), UNREACHABLE},
    {ERR(_TIMED_OUT), UNREACHABLE},
    {ERR(_TIMED_OUT_QUEUE), UNREACHABLE},
    {ERR(_MSG_TIMED_OUT), UNREACHABLE},
    {ERR(_RESOLVE), UNREACHABLE},
    {ERR(_WAIT_COORD), UNREACHABLE},
    {ERR(_WAIT_CACHE), UNREACHABLE},
    /* A broker that dies in the middle of a handshake looks the same as a wrong certificate. */
    {ERR(_SSL), UNREACHABLE},
    {ERR(REQUEST_TIMED_OUT), UNREACHABLE},
    {ERR(NETWORK_EXCEPTION), UNREACHABLE},
    {ERR(LEADER_NOT_AVAILABLE), UNREACHABLE},
    {ERR(NOT_LEADER_FOR_PARTITION), UNREACHABLE},
    {ERR(BROKER_NOT_AVAILABLE), UNREACHABLE},
    {ERR(COORDINATOR_LOAD_IN_PROGRESS), UNREACHABLE},
    {ERR(COORDINATOR_NOT_AVAILABLE), UNREACHABLE},
    {ERR(NOT_COORDINATOR), UNREACHABLE},
    {ERR(NOT_ENOUGH_REPLICAS), UNREACHABLE},
    {ERR(NOT_ENOUGH_REPLICAS_AFTER_APPEND), UNREACHABLE},
    {ERR(_AUTHENTICATION), DENIED},
    {ERR(SASL_AUTHENTICATION_FAILED), DENIED},
    {ERR(ILLEGAL_SASL_STATE), DENIED},
    {ERR(UNSUPPORTED_SASL_MECHANISM), DENIED},
    {ERR(TOPIC_AUTHORIZATION_FAILED), DENIED},
    {ERR(GROUP_AUTHORIZATION_FAILED), DENIED},
    {ERR(CLUSTER_AUTHORIZATION_FAILED), DENIED},
    {ERR(TRANSACTIONAL_ID_AUTHORIZATION_FAILED), DENIED},
    {ERR(SECURITY_DISABLED), DENIED},
    {ERR(UNKNOWN_TOPIC_OR_PART), TOPIC_MISSING},
    {ERR(_UNKNOWN_TOPIC), TOPIC_MISSING},
    {ERR(_UNKNOWN_PARTITION), TOPIC_MISSING},
    {ERR(TOPIC_EXCEPTION), TOPIC_MISSING}, /* a name no topic can have */
    {ERR(MSG_SIZE_TOO_LARGE), TOO_LARGE},
    {ERR(RECORD_LIST_TOO_LARGE), TOO_LARGE},
    {ERR(_FENCED), FENCED},
    {ERR(PRODUCER_FENCED), FENCED},
    {ERR(INVALID_PRODUCER_EPOCH), FENCED},
    {ERR(_FATAL), FATAL},
    {ERR(_CRIT_SYS_RESOURCE), SYSTEM},
    {ERR(_UNSUPPORTED_FEATURE), FATAL},
    {ERR(UNSUPPORTED_VERSION), FATAL},
    {ERR(FENCED_INSTANCE_ID), FATAL},
    {ERR(INVALID_TRANSACTION_TIMEOUT), FATAL},
    {ERR(_BAD_COMPRESSION), UNREADABLE},
    {ERR(_BAD_MSG), CORRUPT},
    {ERR(INVALID_MSG), CORRUPT},
    {ERR(_NOT_IMPLEMENTED), CORRUPT}, /* a codec or a format that this librdkafka does not have */
    {ERR(_STATE), TXN_ABORTED},
    {ERR(_INCONSISTENT), TXN_ABORTED},
    {ERR(_PURGE_QUEUE), TXN_ABORTED},
    {ERR(_PURGE_INFLIGHT), TXN_ABORTED},
    {ERR(OUT_OF_ORDER_SEQUENCE_NUMBER), TXN_ABORTED},
    {ERR(DUPLICATE_SEQUENCE_NUMBER), TXN_ABORTED},
    {ERR(UNKNOWN_PRODUCER_ID), TXN_ABORTED},
    {ERR(INVALID_PRODUCER_ID_MAPPING), TXN_ABORTED},
    {ERR(INVALID_TXN_STATE), TXN_ABORTED},
    {ERR(CONCURRENT_TRANSACTIONS), TXN_ABORTED},
    {ERR(_MAX_POLL_EXCEEDED), POLL_LATE},
};

enum verdict kafka_verdict(enum kafka_act act, rd_kafka_resp_err_t code, enum reason_id *id)
{
    enum cause cause = UNLISTED;

    assert(act < KAFKA_ACTS);
    for (size_t i = 0; i < LENGTH_OF(codes); i++)
        if (codes[i].code == code)
            cause = codes[i].cause;
    *id = causes[cause][act].id;
    assert(causes[cause][act].verdict != GO_ON);
    return causes[cause][act].verdict;
}

enum verdict kafka_reason(enum kafka_act act, rd_kafka_resp_err_t code, const char *what, struct reason *why)
{
    enum reason_id id;
    enum verdict verdict = kafka_verdict(act, code, &id);

    return reason_set(why, verdict, id, code, "%s: %s (%s)", what, rd_kafka_err2str(code), rd_kafka_err2name(code));
}

/* The resource that a code refuses; NULL: it is about something else. */
static const char *refused_resource(long code)
{
    switch (code) {
    case ERR(TOPIC_AUTHORIZATION_FAILED):
        return "topic";
    case ERR(GROUP_AUTHORIZATION_FAILED):
        return "group";
    case ERR(TRANSACTIONAL_ID_AUTHORIZATION_FAILED):
        return "transactional-id";
    case ERR(CLUSTER_AUTHORIZATION_FAILED): /* to a producer that may write to no topic */
        return "topic";
    default:
        return NULL;
    }
}

void kafka_name_right(struct reason *why, const struct kafka_right *right)
{
    const char *refused = why == NULL ? NULL : refused_resource(why->code);

    if (refused == NULL || strcmp(refused, right->resource) != 0)
        return;
    (void)reason_set(why, HALT, why->id, why->code,
                     "the Kafka user lacks %s on %s %.150s; grant it: kafka-acls.sh --add --allow-principal User:NAME "
                     "--operation %s --%s %.150s",
                     right->operation, refused, right->name, right->operation, refused, right->name);
}
