"""Redis forgot something. If all, `setup` begins again only where the log still has what was counted; otherwise windows
would be stated with fewer records than they had, and nobody would know. If its last writes, nothing that was published
is taken back until they are counted again."""

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from harness import check, equal, main, tail, wait_until
from takeover import BEGIN_MS, EVENT, HOUR_MS, Stranger
from topics import decode, encode_event, newest, read_topic

EX_CONFIG = 78
EVENTS = 3000


def lose_the_state(world):
    """A third of the traffic is counted and published; then Redis, which keeps nothing, is killed and started."""
    world.start_redis()
    world.run("setup", "--partitions", 2)
    lines = world.run("generate", "--events", EVENTS, "--seed", 5).out.splitlines(keepends=True)
    produce(world, lines[: EVENTS // 3])
    world.run("worker", "--drain")
    equal(counted(world), EVENTS // 3, "requests by month, before")
    world.redis.kill()
    world.redis.start()
    worker = world.start("worker", "--drain")
    equal(worker.wait(30), EX_CONFIG, "exit status of a worker that finds an empty Redis")
    check("STORE-FUNCTIONS-MISSING" in worker.log, "it should tell what to do", tail(worker.log))
    return lines


def produce(world, lines):
    path = world.folder / "events.jsonl"
    path.write_text("".join(lines))
    world.produce(path)


def counted(world):
    totals = newest(read_topic(world.kafka, f"{world.namespace}.summaries.total")).values()
    return sum(record["requests"] for record in totals if record["granularity"] == "month")


def test_setup_does_not_begin_behind_what_was_counted(world):
    """Retention has taken one partition's records: that one cannot be counted again."""
    lose_the_state(world)
    admin = AdminClient({"bootstrap.servers": world.kafka})
    admin.delete_records([TopicPartition(world.topic, 1, 10)])[TopicPartition(world.topic, 1)].result(20)
    setup = world.start("setup")
    equal(setup.wait(60), EX_CONFIG, "exit status of setup")
    check(
        "STORE-STATE-MISSING: partition 1 was counted from offset 0 on" in setup.log,
        "setup should say why",
        tail(setup.log),
    )
    equal(world.redis.command("KEYS", "*"), [], "what it left in Redis, other than functions")
    worker = world.start("worker", "--drain")
    equal(worker.wait(30), EX_CONFIG, "exit status of a worker after it")
    equal(counted(world), EVENTS // 3, "requests by month, after")


def test_setup_begins_again_where_nothing_is_missing(world):
    lines = lose_the_state(world)
    world.run("setup")
    produce(world, lines[EVENTS // 3 :])
    world.run("worker", "--drain")
    equal(counted(world), EVENTS, "requests by month")


def put(world, hours, partitions):
    producer = Producer({"bootstrap.servers": world.kafka, "enable.idempotence": True})
    for hour in hours:
        for partition in partitions:
            event = {**EVENT, "id": "any", "created_at": BEGIN_MS + hour * HOUR_MS}
            producer.produce(world.topic, encode_event(event), partition=partition)
    equal(producer.flush(30), 0, "events not delivered")


def editions(world, hour):
    """(revision, requests) of each edition of the hour, in the order they were published."""
    key = f"total|hour|2025-01-01T{hour:02}:00:00Z".encode()
    records = [
        decode(message.value())
        for message in read_topic(world.kafka, f"{world.namespace}.summaries.total")
        if message.key() == key
    ]
    return [(record["revision"], record["requests"]) for record in records]


def test_what_was_published_is_not_taken_back(world):
    """Partition 1 rolls back while nobody reads it, and partition 0 goes on: an hour that was published with one event
    of each has three events of partition 0 alone then. That is more, and takes one back."""
    world.start_redis()
    world.run("setup", "--partitions", 2)
    redis, keys = world.redis, f"{world.namespace}:{{{world.topic}:1}}:*"
    put(world, range(5), (0, 1))
    world.run("worker", "--drain")
    before = {key: redis.command("DUMP", key) for key in redis.command("KEYS", keys)}
    put(world, range(5, 10), (0, 1))
    world.run("worker", "--drain")
    equal(editions(world, 7), [(2, 2)], "hour 7 at first")
    redis.command("DEL", *redis.command("KEYS", keys))
    for key, dump in before.items():
        redis.command("RESTORE", key, 0, dump)

    stranger = world.own(Stranger(world))
    wait_until(lambda: stranger.owned == [0, 1], 30, "the stranger to be alone in the group")
    worker = world.start("worker")
    wait_until(lambda: stranger.owned == [1], 30, "the group to be shared")
    put(world, (7, 7, 20), (0,))
    wait_until(lambda: world.consumed(2) == 13 + 5, 30, "partition 0 to be counted")
    wait_until(
        lambda: "STORE-ROLLED-BACK" in worker.log or len(editions(world, 7)) > 1, 30, "the closer to have looked"
    )
    equal(editions(world, 7), [(2, 2)], "hour 7 while partition 1 is behind")
    stranger.stop()
    worker.says("WORKER-ASSIGNED partitions=2", 60)
    wait_until(lambda: editions(world, 7)[-1] == (4, 4), 60, "hour 7 to be published with all")
    worker.end()
    equal([edition for edition in editions(world, 7) if edition[0] == 3], [], "editions that take something back")


if __name__ == "__main__":
    main(__file__, globals())
