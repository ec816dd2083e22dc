"""What is one partition's trouble stops one partition, and what is retention's stops retention: the worker counts all
else, says so, and ends with that reason when it is asked to end.
"""

import signal

from confluent_kafka import Producer

from harness import check, equal, main, tail, wait_until
from topics import PLAIN_EVENT, encode_event, newest, read_topic

PARTITIONS = 3


class Feed:
    def __init__(self, world):
        self.topic = world.topic
        self.producer = Producer({"bootstrap.servers": world.kafka, "enable.idempotence": True, "linger.ms": 5})
        self.sent = [0] * PARTITIONS

    def put(self, partition, count=10, **fields):
        for _ in range(count):
            event = {**PLAIN_EVENT, "id": f"{partition}-{self.sent[partition]}", **fields}
            self.producer.produce(self.topic, value=encode_event(event), partition=partition)
            self.sent[partition] += 1
        equal(self.producer.flush(60), 0, "messages not delivered")


def key(world, partition, part):
    return f"{world.namespace}:{{{world.topic}:{partition}}}:{part}"


def next_of(world, partition):
    """Where the store stands; -1 if it does not say."""
    reply = world.redis.command("HGET", key(world, partition, "meta"), "next")
    return int(reply) if isinstance(reply, bytes) else -1


def counted(world, feed, *partitions):
    for partition in partitions:
        wait_until(
            lambda: next_of(world, partition) >= feed.sent[partition],
            30,
            f"partition {partition} to be counted up to {feed.sent[partition]}, it is at {next_of(world, partition)}",
        )


def begin(world, **settings):
    world.start_redis()
    world.settings.update({f"GENTALLY_{name.upper()}": value for name, value in settings.items()})
    world.settings["GENTALLY_FLUSH_INTERVAL_MS"] = 200
    world.run("setup", "--partitions", PARTITIONS)
    feed = Feed(world)
    for partition in range(PARTITIONS):
        feed.put(partition)
    worker = world.start("worker")
    counted(world, feed, *range(PARTITIONS))
    return feed, worker


def break_key(world, name):
    """As a foreign writer would."""
    world.redis.command("DEL", name)
    equal(world.redis.command("SET", name, "not ours"), "OK", "SET")


def others_go_on(world, feed, worker, reason):
    """Partition 1 is broken; the worker says so, counts the others, and ends with the reason."""
    for partition in range(PARTITIONS):
        feed.put(partition)
    worker.says(reason)
    counted(world, feed, 0, 2)
    check(worker.is_running(), "the worker ended", tail(worker.log))
    beside = world.start("worker")  # The next owner is not ended either.
    wait_until(lambda: "WORKER-ASSIGNED" in beside.log, 30, "another worker to join")
    feed.put(0)
    feed.put(2)
    counted(world, feed, 0, 2)
    check(beside.is_running() and worker.is_running(), "a worker ended", tail(worker.log), tail(beside.log))
    ends = []
    for process in (beside, worker):
        process.signal(signal.SIGTERM)
        ends.append(process.wait(30))
    check(70 in ends, f"neither worker ended with the reason's status: {ends}", tail(worker.log), tail(beside.log))
    check(f"{reason}: " in worker.log + beside.log, "the end does not say why", tail(worker.log), tail(beside.log))


def test_another_type_where_the_state_is(world):
    feed, worker = begin(world)
    break_key(world, key(world, 1, "meta"))
    others_go_on(world, feed, worker, "STORE-ERROR")
    done = world.start("worker")  # A worker that begins beside such a state counts the others, too.
    wait_until(lambda: "WORKER-ASSIGNED" in done.log, 30, "a worker to begin")
    feed.put(0)
    counted(world, feed, 0)


def test_another_type_where_windows_are(world):
    feed, worker = begin(world)
    break_key(world, key(world, 1, "windows"))
    others_go_on(world, feed, worker, "STORE-ERROR")


def test_another_type_where_a_window_is(world):
    feed, worker = begin(world, apply_interval_ms=0)
    days = key(world, 1, "day:*").replace("{", "\\{")
    for name in wait_until(lambda: world.redis.command("KEYS", days), 30, "cells of partition 1"):
        break_key(world, name.decode())
    others_go_on(world, feed, worker, "STORE-ERROR")


def test_another_type_where_ids_are(world):
    feed, worker = begin(world, ids="dedup")
    for name in world.redis.command("KEYS", key(world, 1, "ids:*")):
        break_key(world, name.decode())
    others_go_on(world, feed, worker, "STORE-ERROR")


def test_what_an_id_added_does_not_read(world):
    feed, worker = begin(world, ids="amend")
    names = world.redis.command("KEYS", key(world, 1, "ids:*"))
    check(names, "no ids are kept")
    for name in names:
        fields = world.redis.command("HKEYS", name)
        for field in fields:
            if field != b"__n":
                value = world.redis.command("HGET", name, field)  # state, changes, and what it added
                world.redis.command("HSET", name, field, value[:2] + b"\xff\xff\xff\xff")
    feed.sent[1] = 0  # The same ids again, amended.
    for partition in (0, 1, 2):
        feed.put(partition, op="amend" if partition == 1 else "create")
    worker.says("STORE-DAMAGED")
    feed.put(0)
    counted(world, feed, 0, 2)
    check(worker.is_running(), "the worker ended", tail(worker.log))
    worker.signal(signal.SIGTERM)
    equal(worker.wait(30), 70, "exit status")
    check("STORE-DAMAGED: " in worker.log, "the end does not say why", tail(worker.log))


def retention_breaks(world, damage, part):
    """Retention stops; all else is counted and published; what was published of it stays, and `verify` agrees."""
    world.count_accounts()
    world.settings["GENTALLY_APPLY_INTERVAL_MS"] = 100
    feed, worker = begin(world)
    for partition in range(PARTITIONS):
        feed.put(partition, count=20, account=f"user-{partition}")
    counted(world, feed, *range(PARTITIONS))
    worker.signal(signal.SIGTERM)
    worker.succeed(30)
    world.run("worker", "--drain")
    topic = f"{world.namespace}.summaries.retention"
    published = newest(read_topic(world.kafka, topic))
    check(published, "no row of retention was published")
    names = world.redis.command("KEYS", f"{world.namespace}:{{{world.topic}:retention:*}}:{part}")
    check(names, f"retention has no {part}")
    for name in names:
        damage(name.decode())
    worker = world.start("worker")
    for account in range(40):  # Every shard is asked.
        feed.put(account % PARTITIONS, count=1, account=f"newcomer-{account}")
    for partition in range(PARTITIONS):
        feed.put(partition, account=f"user-{partition}")
    worker.says("STORE-RETENTION-DAMAGED")
    counted(world, feed, *range(PARTITIONS))
    check(worker.is_running(), "the worker ended", tail(worker.log))
    beside = world.start("worker")
    wait_until(lambda: "WORKER-ASSIGNED" in beside.log, 30, "another worker to join")
    feed.put(1, count=5, account="late-comer")
    counted(world, feed, 1)
    for process in (beside, worker):
        process.signal(signal.SIGTERM)
        process.wait(30)
    equal(worker.wait(1), 70, "exit status of the worker whose retention stopped")
    done = world.start("worker", "--drain")
    equal(done.wait(60), 70, "exit status of a drain without retention")
    equal(newest(read_topic(world.kafka, topic)), published, "rows of retention")
    total = newest(read_topic(world.kafka, f"{world.namespace}.summaries.total")).values()
    equal(
        sum(row["requests"] for row in total if row["granularity"] == "month"), sum(feed.sent), "requests of the month"
    )
    world.run("verify")


def test_retention_without_its_models(world):
    retention_breaks(world, lambda name: world.redis.command("DEL", name), "models")


def test_retention_without_its_pairs(world):
    retention_breaks(world, lambda name: world.redis.command("DEL", name), "pairs")


def test_retention_of_another_type(world):
    retention_breaks(world, lambda name: break_key(world, name), "counts:*")


if __name__ == "__main__":
    main(__file__, globals())
