"""A partition between two owners: idle by what the last one saw, and nobody's yet."""

import threading

from confluent_kafka import Consumer, Producer

from harness import check, equal, main, wait_until
from topics import encode_event, newest, read_topic

HOUR_MS = 3_600_000
BEGIN_MS = 1_735_689_600_000  # 2025-01-01T00:00:00Z
EVENT = {
    "id": "",
    "created_at": 0,
    "model": "openai/gpt-4o",
    "provider": None,
    "account": None,
    "app": None,
    "country": None,
    "language": None,
    "tokens_prompt": 1,
    "tokens_completion": 1,
    "tokens_reasoning": 0,
    "tokens_cached": 0,
    "cost_nano_usd": 0,
    "is_byok": False,
    "is_free": False,
    "streamed": False,
    "cancelled": False,
    "finish_reason": None,
    "tools_offered": False,
    "latency_ms": None,
    "first_token_ms": None,
    "generation_ms": None,
    "classified": False,
    "categories": [],
    "op": "create",
}


def put(world, hours):
    """One event an hour into each of the two partitions."""
    producer = Producer({"bootstrap.servers": world.kafka, "enable.idempotence": True})
    for hour in hours:
        for partition in (0, 1):
            event = {**EVENT, "id": f"{hour}-{partition}", "created_at": BEGIN_MS + hour * HOUR_MS}
            producer.produce(world.topic, encode_event(event), partition=partition)
    equal(producer.flush(30), 0, "events not delivered")


class Stranger:
    """A member of the group that takes its share, and never claims it: a worker that hangs at the wrong moment."""

    def __init__(self, world):
        self.owned = None
        self.is_over = threading.Event()
        # Ranges are dealt by member id, which begins with the client's: the worker is to get partition 0.
        self.consumer = Consumer(
            {
                "bootstrap.servers": world.kafka,
                "group.id": world.settings["GENTALLY_GROUP"],
                "client.id": "stranger",
                "partition.assignment.strategy": "range",
                "enable.auto.commit": False,
                "auto.offset.reset": "latest",
                "session.timeout.ms": 6000,
                "heartbeat.interval.ms": 500,
            }
        )
        self.consumer.subscribe([world.topic], on_assign=self._assigned)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _assigned(self, _, partitions):
        self.owned = sorted(partition.partition for partition in partitions)

    def _run(self):
        while not self.is_over.is_set():
            self.consumer.poll(0.1)
        self.consumer.close()

    def stop(self):
        self.is_over.set()
        self.thread.join()


def test_a_partition_nobody_has_claimed_yet_is_not_sealed(world):
    """Both partitions are idle after a drain. Then 60 days arrive in each, and the owner of one reads through them
    while the other's has not claimed its own: hours are kept for 8 days, and still none of the other's may be lost."""
    world.start_redis()
    world.run("setup", "--partitions", 2)
    put(world, range(1))
    world.run("worker", "--drain")
    put(world, range(1, 60 * 24))

    stranger = world.own(Stranger(world))
    wait_until(lambda: stranger.owned == [0, 1], 30, "the stranger to be alone in the group")
    worker = world.start("worker")
    wait_until(lambda: stranger.owned == [1], 30, "the group to be shared")

    def published():
        newest_hours = newest(read_topic(world.kafka, f"{world.namespace}.summaries.total")).values()
        return (
            sum(record["granularity"] == "hour" and record["pane"] == "on_time" for record in newest_hours)
            >= 60 * 24 - 2
        )

    wait_until(published, 60, "the hours that partition 0 alone has closed")
    stranger.stop()
    worker.says("WORKER-ASSIGNED partitions=2", 60)
    worker.end()
    world.run("worker", "--drain")

    counted = {}
    for record in newest(read_topic(world.kafka, f"{world.namespace}.summaries.total")).values():
        counted[record["granularity"]] = counted.get(record["granularity"], 0) + record["requests"]
    equal(counted, {window: 2 * 60 * 24 for window in ("hour", "day", "week", "month")}, "requests counted by window")


def test_a_tainted_partition_does_not_end_who_is_given_it(world):
    """It stops, as it does in mid-run; the other goes on."""
    world.start_redis()
    world.run("setup", "--partitions", 2)
    put(world, range(10))
    world.redis.command("HSET", f"{world.namespace}:{{{world.topic}:1}}:meta", "taint", "NOPERM")
    worker = world.start("worker")
    worker.says("STORE-TAINTED")
    wait_until(lambda: world.consumed(2) == 10, 30, "partition 0 to be counted")
    check(worker.is_running(), "the worker ended", worker.log)
    worker.end()
    drain = world.start("worker", "--drain")
    check(drain.wait(60) != 0, "a drain with a stopped partition is no success", drain.log)
    equal(world.consumed(2), 10, "records counted")


if __name__ == "__main__":
    main(__file__, globals())
