/*
 * A group that meets soon. The mock cluster waits three seconds for more members when the first one of an empty group
 * comes, as a broker does by its group.initial.rebalance.delay.ms. Newer ones can be told to wait less. For an older
 * one a member of our own comes first and waits instead; it leaves as soon as another one joins.
 */
#ifndef GENTALLY_BROKER_GROUP_H
#define GENTALLY_BROKER_GROUP_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

struct broker_group;

#define BROKER_GROUP_TURN_MS 20

/* Makes `name`, borrowed, a group of the cluster that meets soon. NULL: no memory. */
struct broker_group *broker_group_open(rd_kafka_mock_cluster_t *cluster, const char *name);
/* To be called every BROKER_GROUP_TURN_MS or so: does what is due. Where it fails the group only meets later. */
void broker_group_turn(struct broker_group *group, int64_t now_ms);
/* NULL is fine. */
void broker_group_close(struct broker_group *group);

#endif
