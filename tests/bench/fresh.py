"""How long an event takes to its counter, and an hour of many rows to its summaries, with the defaults.

Freshness: events at random moments, beside a steady stream, each from the broker's acknowledgement to the moment at
which Redis counts up to its offset. Closing: an hour of GENTALLY_CLOSE_CELLS rows (100,000) in twelve partitions, from
the acknowledgement of the last event that ends it to the ledger's record that it is told whole, while the stream goes
on and is counted.
"""

import os
import statistics
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from confluent_kafka import Consumer, Producer, TopicPartition  # noqa: E402
from harness import check, main, note, seeded, wait_until  # noqa: E402
from topics import decode, encode_event  # noqa: E402

PARTITIONS = 12
PROBES = int(os.environ.get("GENTALLY_PROBES", "300"))
STREAM_RATE = 5000  # events a second beside what is measured
CELLS = int(os.environ.get("GENTALLY_CLOSE_CELLS", "100000"))
MODELS = CELLS // 2  # each has a row by model and one by provider, in one partition
FLUSH_MS = 1000  # the default, which the goal is counted in
FRESH_MAX = 1.5  # intervals, of 99 in 100
CLOSE_SECONDS_MAX = 2
HOUR_MS = 3600000
HOUR = int(time.time() * 1000) // HOUR_MS * HOUR_MS - 3 * HOUR_MS  # is over, with any lateness of the default


def event_of(number, moment, model="bench/model"):
    return encode_event(
        {
            "id": f"fresh-{number}",
            "created_at": moment,
            "model": model,
            "provider": "bench",
            "account": f"account-{number % 1000}",
            "tokens_prompt": 100,
            "tokens_completion": 50,
            "latency_ms": 700,
        }
    )


class Sender:
    """Sends to a partition and knows what is acknowledged, where and when."""

    def __init__(self, world):
        self.topic = world.topic
        self.producer = Producer({"bootstrap.servers": world.kafka, "linger.ms": 1})

    def send(self, partition, value):
        """Returns offset and time of the acknowledgement."""
        answers = []

        def acknowledged(error, message):
            answers.append((error, message.offset(), time.monotonic()))

        self.producer.produce(self.topic, value, partition=partition, on_delivery=acknowledged)
        wait_until(lambda: self.producer.poll(0.001) >= 0 and answers, 30, "an acknowledgement")
        error, offset, moment = answers[0]
        check(error is None, str(error))
        return offset, moment

    def send_many(self, values):
        for partition, value in values:
            while True:
                try:
                    self.producer.produce(self.topic, value, partition=partition)
                    break
                except BufferError:
                    self.producer.poll(0.05)
        check(self.producer.flush(60) == 0, "events were not acknowledged")


class Stream:
    """Traffic of one model at a steady pace, in all partitions."""

    def __init__(self, world, moment):
        self.sender = Sender(world)
        self.is_over = threading.Event()
        self.count = 0
        self.moment = moment
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        begun = time.monotonic()
        while not self.is_over.wait(0.01):
            due = int((time.monotonic() - begun) * STREAM_RATE) - self.count
            self.sender.send_many(
                ((self.count + i) % PARTITIONS, event_of(self.count + i, self.moment)) for i in range(due)
            )
            self.count += due

    def stop(self):
        self.is_over.set()
        self.thread.join()


def nexts_of(world):
    """Where Redis stands in each partition."""
    keys = [f"{world.namespace}:{{{world.topic}:{partition}}}:meta" for partition in range(PARTITIONS)]
    return [int(value or 0) for value in world.redis.pipeline([("HGET", key, "next") for key in keys])]


def counted(world):
    return sum(nexts_of(world))


def begin(world):
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    worker = world.start("worker", GENTALLY_FLUSH_INTERVAL_MS=FLUSH_MS)
    worker.says("WORKER-ASSIGNED")
    return worker


def test_counters_are_fresh(world):
    dice = seeded()
    begin(world)
    stream, sender, waits, open_probes = world.own(Stream(world, HOUR)), Sender(world), [], []
    wait_until(lambda: counted(world) > STREAM_RATE, 60, "the stream to be counted")
    due, number = time.monotonic(), 0
    while len(waits) < PROBES:
        if number < PROBES and time.monotonic() >= due:
            partition = dice.randrange(PARTITIONS)
            open_probes.append((partition, *sender.send(partition, event_of(number, HOUR, "bench/probe"))))
            number += 1
            due = time.monotonic() + dice.uniform(0, 0.1)  # at any moment between two flushes
        nexts, now = nexts_of(world), time.monotonic()
        waits += [(now - sent) * 1000 for partition, offset, sent in open_probes if nexts[partition] > offset]
        open_probes = [probe for probe in open_probes if nexts[probe[0]] <= probe[1]]
    stream.stop()
    waits.sort()
    p99 = waits[int(0.99 * (len(waits) - 1))]
    note(
        f"event to counter, ms, {PROBES} probes beside {STREAM_RATE} events/s: median {statistics.median(waits):.0f}, "
        f"p99 {p99:.0f}, most {waits[-1]:.0f}; flush interval {FLUSH_MS}"
    )
    check(p99 <= FRESH_MAX * FLUSH_MS, f"p99 is {p99:.0f} ms")


class Ledger:
    """Waits for a window's record."""

    def __init__(self, world):
        topic = f"{world.namespace}.ledger"
        self.consumer = Consumer(
            {"bootstrap.servers": world.kafka, "group.id": "fresh", "isolation.level": "read_committed"}
        )
        partitions = self.consumer.list_topics(topic, 20).topics[topic].partitions
        self.consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])

    def until_told(self, granularity, start, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            message = self.consumer.poll(0.01)
            if message is None or message.error() is not None or message.value() is None:
                continue
            record = decode(message.value())
            if (record["granularity"], record["window_start"], record["pane"]) == (granularity, start, "on_time"):
                return time.monotonic()
        check(False, f"the {granularity} was not told within {seconds} seconds")
        return None


def test_an_hour_closes_while_counting_goes_on(world):
    begin(world)
    sender, ledger = Sender(world), Ledger(world)
    sender.send_many((i % PARTITIONS, event_of(i, HOUR, f"bench/model-{i}")) for i in range(MODELS))
    wait_until(lambda: counted(world) == MODELS, 120, "the hour to be counted")
    stream = world.own(Stream(world, HOUR))
    wait_until(lambda: counted(world) > MODELS + STREAM_RATE, 60, "the stream to be counted")
    stream.moment = HOUR + 2 * HOUR_MS
    closing = [sender.send(partition, event_of(partition, HOUR + 2 * HOUR_MS)) for partition in range(PARTITIONS)]
    begun, before, pauses = closing[-1][1], counted(world), []
    told = []
    waiter = threading.Thread(target=lambda: told.append(ledger.until_told("hour", HOUR, 120)))
    waiter.start()
    last, moved = before, time.monotonic()
    while waiter.is_alive():
        now = counted(world)
        if now != last:
            pauses.append(time.monotonic() - moved)
            last, moved = now, time.monotonic()
        time.sleep(0.005)  # between two looks
    stream.stop()
    check(told, "the hour was not told")
    seconds = told[0] - begun
    note(
        f"an hour of {2 * MODELS} rows in {PARTITIONS} partitions told in {seconds:.2f} s; counted meanwhile: "
        f"{last - before} events, longest pause {max(pauses, default=seconds):.2f} s"
    )


if __name__ == "__main__":
    main(__file__, globals())
