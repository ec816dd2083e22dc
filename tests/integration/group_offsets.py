"""The offsets of a worker's group are for lag tools, those of `adapt` say where it reads on: after a drain neither has
a lag, and whoever sets them from outside is told what follows."""

import json

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from harness import check, equal, main, wait_until
from platform_records import LEFT_OUT, RECORDS
from topics import read_topic

PARTITIONS = 2


def group(world, name):
    return Consumer({"bootstrap.servers": world.kafka, "group.id": name, "enable.auto.commit": False})


def offsets(world, name, topic):
    """(the group's offset, the end of the log) of each partition."""
    consumer = group(world, name)
    places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    ends = [consumer.get_watermark_offsets(place, 10)[1] for place in places]
    found = [(place.offset, end) for place, end in zip(consumer.committed(places, 10), ends)]
    consumer.close()
    return found


def reset(world, name, topic, offset):
    """As `kafka-consumer-groups.sh --reset-offsets --execute` does."""
    consumer = group(world, name)
    consumer.commit(offsets=[TopicPartition(topic, number, offset) for number in range(PARTITIONS)], asynchronous=False)
    consumer.close()


def forget(world, name):
    """False while a member that left is still counted."""
    admin = AdminClient({"bootstrap.servers": world.kafka})
    try:
        admin.delete_consumer_groups([name])[name].result(30)
        return True
    except KafkaException as problem:
        equal(problem.args[0].code(), KafkaError.NON_EMPTY_GROUP, "why a group is not deleted")
        return False


def send(world, topic, values):
    """In one transaction, of which the marks stand behind the records."""
    producer = Producer({"bootstrap.servers": world.kafka, "transactional.id": f"{world.name}.writer"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for number, value in enumerate(values):
        producer.produce(topic, value, partition=number % PARTITIONS)
    producer.commit_transaction(30)


def no_lag(world, name, topic):
    found = offsets(world, name, topic)
    check(all(offset == end for offset, end in found), "there is no lag", found)


def begin(world):
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    world.group = world.settings["GENTALLY_GROUP"]
    world.produce(world.run("generate", "--events", 1000, "--seed", 5).out_path)


def requests(world):
    return sum(row["requests"] for row in world.summaries("total", "month"))


def test_a_worker_has_no_lag_after_a_drain(world):
    """Nor behind the marks of somebody's transaction, which are offsets without records."""
    begin(world)
    for _ in range(2):
        world.run("worker", "--drain")
        no_lag(world, world.group, world.topic)
    send(world, world.topic, [b"no event"] * PARTITIONS)
    world.run("worker", "--drain")
    no_lag(world, world.group, world.topic)


def test_offsets_that_are_set_move_no_worker(world):
    """Back, beyond the end, or taken away: what was counted stays so, and is told; then there is no lag again."""
    begin(world)
    log = world.run("worker", "--drain").log
    check("SOURCE-OFFSETS-MOVED" not in log, "nobody moved them", log)
    counted = requests(world)
    for offset in (0, 7, 1_000_000):
        reset(world, world.group, world.topic, offset)
        log = world.run("worker", "--drain").log
        check("SOURCE-OFFSETS-MOVED" in log and f"that of partition 0 to {offset};" in log, "it is told", log)
        no_lag(world, world.group, world.topic)
    log = world.run("worker", "--drain").log
    check("SOURCE-OFFSETS-MOVED" not in log, "it is told once", log)
    wait_until(lambda: forget(world, world.group), 30, "the group to be empty, and deleted")
    log = world.run("worker", "--drain").log
    check("SOURCE-OFFSETS-MOVED" not in log, "a group without offsets is as a new one", log)
    no_lag(world, world.group, world.topic)
    equal(requests(world), counted, "requests")
    reset(world, world.group, world.topic, 3)
    worker = world.start("worker")
    worker.says("SOURCE-OFFSETS-MOVED")
    wait_until(lambda: all(offset == end for offset, end in offsets(world, world.group, world.topic)), 30, "no lag")
    worker.end()
    equal(requests(world), counted, "requests, after a worker that stayed")


def test_adapt_reads_on_where_its_offsets_were_set(world):
    """It says so; what was adapted before is adapted again, and counted once by its id. No lag after a drain."""
    world.start_redis()
    settings = {"GENTALLY_IDS": "dedup"}
    world.run("setup", "--partitions", 1, **settings)
    source, name = f"{world.name}.records", f"{world.namespace}.adapt.{world.name}.records"
    admin = AdminClient({"bootstrap.servers": world.kafka})
    topics = [NewTopic(source, PARTITIONS, 1), NewTopic(f"{source}.dead-letters", 1, 1)]
    for future in admin.create_topics(topics).values():
        future.result(30)
    records = [json.dumps(record).encode() for record, items in RECORDS["openrouter"] if items[0] != LEFT_OUT]
    send(world, source, records)

    def adapt():
        log = world.start("adapt", "--from", "openrouter", "--in", source, "--drain").succeed(60).log
        no_lag(world, name, source)
        return log

    log = adapt()
    check("SOURCE-OFFSETS-MOVED" not in log, "nobody moved them", log)
    once = len(read_topic(world.kafka, world.topic))
    log = adapt()
    check("records=0 " in log and "SOURCE-OFFSETS-MOVED" not in log, "nothing is left to adapt", log)
    reset(world, name, source, 0)
    log = adapt()
    check("SOURCE-OFFSETS-MOVED" in log and "in partition 0: reading goes on at 0" in log, "it is told", log)
    equal(len(read_topic(world.kafka, world.topic)), 2 * once, "events")
    world.run("worker", "--drain", **settings)
    rows = world.summaries("total", "month")
    equal(sum(row["requests"] for row in rows), once, "requests")


if __name__ == "__main__":
    main(__file__, globals())
