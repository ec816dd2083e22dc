"""Batches that nobody can read: a message that unpacks to more than a reader may hold, bytes that do not unpack, a
batch that is not as it was written, one larger than a reader may receive. Each is set aside as one dead letter, or
stops its own partition; all else is counted, whoever is killed meanwhile.
"""

import json
import signal
import struct
import threading
from pathlib import Path

from confluent_kafka import Producer

from harness import BINARY, check, equal, main, note, wait_until
from topics import decode, encode_event, newest, read_topic

PARTITIONS = 3
MEGABYTE = 1_000_000
LIMIT = 100 * MEGABYTE  # kafka.receive.message.max.bytes, by default
GOOD = {
    "created_at": 1763980000000,
    "model": "openai/gpt-4o",
    "tokens_prompt": 100,
    "tokens_completion": 50,
    "tokens_reasoning": 5,
    "tokens_cached": 7,
    "cost_nano_usd": 1000,
}


class Feed:
    """Batches made one by one: what is put between two calls of send() is one batch of its partition."""

    def __init__(self, world):
        self.world = world
        self.good = 0
        self.letters = []  # (partition, first offset, last offset)
        self.producers = {}

    def _producer(self, codec):
        if codec not in self.producers:
            self.producers[codec] = Producer(
                {
                    "bootstrap.servers": self.world.kafka,
                    "enable.idempotence": True,
                    "compression.type": codec,
                    "message.max.bytes": 1000 * MEGABYTE,
                    "batch.size": 1000 * MEGABYTE,
                    "queue.buffering.max.kbytes": 2000 * 1024,
                    "linger.ms": 500,
                }
            )
        return self.producers[codec]

    def send(self, values, partition, codec="none"):
        """One batch; the offsets of its first and last message."""
        places = []

        def delivered(error, message):
            check(error is None, f"not delivered: {error}")
            places.append(message.offset())

        producer = self._producer(codec)
        for value in values:
            producer.produce(self.world.topic, value=value, partition=partition, on_delivery=delivered)
        equal(producer.flush(120), 0, "messages not delivered")
        return min(places), max(places)

    def events(self, partition, count=5):
        values = [encode_event({**GOOD, "id": f"{partition}-{self.good + n}"}) for n in range(count)]
        self.good += count
        return self.send(values, partition)

    def bomb(self, partition, records=1, codec="zstd"):
        """More than a reader may hold, in `records` messages of one batch."""
        first, last = self.send(
            [bytes(90 * MEGABYTE // records + 20 * MEGABYTE // records)] * records, partition, codec
        )
        self.letters.append((partition, first, last))
        return first, last


def prepare(world, partitions=PARTITIONS, **settings):
    if not world.redis:
        world.start_redis()
    world.settings.update({f"GENTALLY_{name.upper()}": value for name, value in settings.items()})
    world.run("setup", "--partitions", partitions)
    return Feed(world)


def letters_of(world):
    """(partition, first offset, last offset) of the letters that stand for whole batches, in order; others fail."""
    found = []
    for message in read_topic(world.kafka, f"{world.namespace}.dead-letters"):
        headers = {name: value.decode() for name, value in message.headers()}
        equal(headers["gentally.reason"], "SOURCE-UNREADABLE", "the reason of a letter")
        check("cannot be unpacked" in headers["gentally.detail"], "no detail", headers)
        equal((message.key(), message.value()), (None, None), "what a letter holds of a batch nobody can read")
        found.append(
            (int(headers["gentally.partition"]), int(headers["gentally.offset"]), int(headers["gentally.last-offset"]))
        )
    return found


def requests_counted(world):
    summaries = newest(read_topic(world.kafka, f"{world.namespace}.summaries.total")).values()
    return sum(record["requests"] for record in summaries if record["window"] == "month")


def check_account(world, feed, doubles_allowed=False):
    """Events in, lost, doubled; letters; the ledger's identity."""
    found = letters_of(world)
    equal(sorted(set(found)), sorted(feed.letters), "letters")
    if not doubles_allowed:  # A worker that dies between its letter and its flush leaves the letter behind.
        equal(len(found), len(feed.letters), "number of letters")
    equal(requests_counted(world), feed.good, "events counted")
    ledger = newest(read_topic(world.kafka, f"{world.namespace}.ledger")).values()
    whole = max(ledger, key=lambda entry: sum(part["consumed"] for part in entry["partitions"]))
    offsets = sum(last - first + 1 for _, first, last in feed.letters)
    equal(sum(part["consumed"] for part in whole["partitions"]), feed.good + offsets, "consumed, by the ledger")
    equal(sum(part["counted"] for part in whole["partitions"]), feed.good, "counted, by the ledger")
    equal(sum(part["dead_lettered"] for part in whole["partitions"]), offsets, "dead-lettered, by the ledger")
    world.run("verify")
    note(f"events in {feed.good}, lost 0, doubled 0, letters {len(found)} over {offsets} offsets")


def test_bombs_amid_good_batches(world):
    """In the middle, several in a row, of many messages, and at the log's end with nothing behind it; in each
    partition."""
    feed = prepare(world)
    for partition in range(PARTITIONS):
        feed.events(partition)
        feed.bomb(partition)
        feed.events(partition)
        feed.bomb(partition)
        feed.bomb(partition)
        feed.bomb(partition, records=11)
        feed.events(partition)
    feed.bomb(0)
    feed.bomb(1, records=200)
    world.run("worker", "--drain", seconds=180)
    check_account(world, feed)
    replayed = world.run("replay", "--name", "again")
    check("differ" not in replayed.out or " 0 " in replayed.out, "a replay decides otherwise", replayed.out)
    world.run("worker", "--drain")  # From where the store stands, nothing is set aside again.
    check_account(world, feed)


if __name__ == "__main__":
    main(__file__, globals())
