"""Batches that nobody can read: a message that unpacks to more than a reader may hold, bytes that do not unpack, a
batch that is not as it was written, one larger than a reader may receive. Each is set aside as one dead letter, or
stops its own partition; all else is counted, whoever is killed meanwhile.
"""

import os
import signal

from confluent_kafka import Producer

from harness import check, equal, main, note, seeded, tail, wait_until
from topics import PLAIN_EVENT, encode_event, newest, read_topic

PARTITIONS = 3
MEGABYTE = 1_000_000


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
                    "linger.ms": 30000,  # flush() does not wait for it
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
        values = [encode_event({**PLAIN_EVENT, "id": f"{partition}-{self.good + n}"}) for n in range(count)]
        self.good += count
        return self.send(values, partition)

    def offsets(self):
        """Of all that was put."""
        return self.good + sum(last - first + 1 for _, first, last in self.letters)

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


def dead_letters(world):
    return f"{world.namespace}.dead-letters"


def letters_of(world):
    """(partition, first offset, last offset) of the letters that stand for whole batches, in order; others fail."""
    found = []
    for message in read_topic(world.kafka, dead_letters(world)):
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
    return sum(record["requests"] for record in summaries if record["granularity"] == "month")


def check_account(world, feed, doubles_allowed=False):
    """Events in, lost, doubled; letters; the ledger's identity."""
    found = letters_of(world)
    equal(sorted(set(found)), sorted(feed.letters), "letters")
    if not doubles_allowed:  # A worker that dies between its letter and its flush leaves the letter behind.
        equal(len(found), len(feed.letters), "number of letters")
    equal(requests_counted(world), feed.good, "events counted")
    ledger = newest(read_topic(world.kafka, f"{world.namespace}.ledger")).values()
    whole = max(ledger, key=lambda entry: sum(part["consumed"] for part in entry["partitions"]))
    offsets = feed.offsets() - feed.good
    equal(sum(part["counted"] for part in whole["partitions"]), feed.good, "counted, by the ledger")
    for part in whole["partitions"]:  # A bomb is no news of a window: the last ones may have come since it was told.
        partition, first, end = part["input_partition"], part["first_offset"], part["next_offset"]
        letters = sum(last - at + 1 for number, at, last in feed.letters if number == partition and last < end)
        equal((first, part["consumed"]), (0, end), f"consumed of partition {partition}, by the ledger")
        equal(part["dead_lettered"], letters, f"dead-lettered of partition {partition}, by the ledger")
    if not doubles_allowed:  # nothing was told before the end
        equal(sum(part["consumed"] for part in whole["partitions"]), feed.offsets(), "consumed, by the ledger")
    equal(world.consumed(len(whole["partitions"])), feed.offsets(), "consumed, by the store")
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


def test_a_worker_killed_amid_bombs(world):
    """Traffic and bombs over all partitions, two workers, one killed again and again: its successor meets the same."""
    feed = prepare(world, flush_interval_ms=200)
    chance = seeded()
    workers = [world.start("worker"), world.start("worker")]
    for step in range(30):
        partition = chance.randrange(PARTITIONS)
        feed.events(partition, count=chance.randrange(1, 20))
        if step % 3 == 0:
            feed.bomb(chance.randrange(PARTITIONS), records=chance.choice((1, 1, 7)))
        if step in (8, 16, 24):
            workers[0].kill()
            workers = [workers[1], world.start("worker")]
    wait_until(lambda: world.consumed(PARTITIONS) == feed.offsets(), 120, "everything to be consumed")
    for worker in workers:
        check(worker.is_running(), "a worker ended of a bomb", tail(worker.log))
        worker.signal(signal.SIGTERM)
        worker.succeed(30)
    world.run("worker", "--drain")
    check_account(world, feed, doubles_allowed=True)


def test_a_raised_limit_counts_what_is_not_set_aside_yet(world):
    """The next owner tries again; with more room it reads the message, which is no event either way."""
    feed = prepare(world)
    feed.events(0)
    first, last = feed.bomb(0)
    feed.letters.clear()
    feed.events(0)
    world.run("worker", "--drain", GENTALLY_KAFKA_RECEIVE_MESSAGE_MAX_BYTES=300 * MEGABYTE, seconds=120)
    reasons = [dict(message.headers())["gentally.reason"] for message in read_topic(world.kafka, dead_letters(world))]
    equal(reasons, [b"DECODE-TOO-LARGE"], "reasons of letters")
    equal((first, last), (5, 5), "where the message was")
    equal(requests_counted(world), feed.good, "events counted")


# ---- batches that were damaged in the broker's log ----


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _crc_table():
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
        yield number


CRC_TABLE = list(_crc_table())
CRC_AT, ATTRIBUTES_AT, RECORDS_AT = 17, 21, 61  # in a batch


def change_batch(world, partition, base, change, mends_crc):
    """Changes the bytes of the batch that begins at `base` where they lie."""
    path = world.folder / "kafka" / "data" / "log" / f"{world.topic}-{partition}" / ("0" * 20 + ".log")
    data = bytearray(path.read_bytes())
    at = 0
    while int.from_bytes(data[at : at + 8], "big") != base:
        at += 12 + int.from_bytes(data[at + 8 : at + 12], "big")
    end = at + 12 + int.from_bytes(data[at + 8 : at + 12], "big")
    batch = bytearray(data[at:end])
    before = bytes(batch)
    change(batch)
    if mends_crc:
        batch[CRC_AT:ATTRIBUTES_AT] = crc32c(batch[ATTRIBUTES_AT:]).to_bytes(4, "big")
    with open(path, "r+b") as log:
        log.seek(at)
        log.write(batch)
    return before


def garble(batch):
    batch[RECORDS_AT : RECORDS_AT + 40] = b"\xa5" * 40


def test_batches_that_do_not_unpack(world):
    """Of every codec, with a good check sum: set aside like a bomb, of one message or of many."""
    world.start_kafka()
    feed = prepare(world)
    for partition in range(PARTITIONS):
        for codec in ("gzip", "snappy", "lz4", "zstd"):
            feed.events(partition)
            for count in (1, 30):
                text = [b"a message of no worth, and long enough to be packed: " + b"x" * 300] * count
                first, last = feed.send(text, partition, codec)
                change_batch(world, partition, first, garble, mends_crc=True)
                feed.letters.append((partition, first, last))
    feed.events(0)
    world.run("worker", "--drain", seconds=180)
    check_account(world, feed)


def repeated(world, what, *options):
    """A worker that met the batch, and did `what(worker)`. After a wrong check sum librdkafka 2.0 reads on at a wrong
    place of the response, and now and then fails an assertion there, which ends the process: then it is started again,
    as a supervisor would."""
    for _ in range(10):
        worker = world.start("worker", *options)
        wait_until(lambda worker=worker: what(worker) or not worker.is_running(), 60, "the worker to stop a partition")
        if worker.is_running() or worker.process.returncode != -signal.SIGABRT:
            break
        check("rdbuf.c" in worker.log, "the worker aborted", tail(worker.log))
        note("librdkafka failed an assertion of its own")
    check("SOURCE-CORRUPT" in worker.log, "no SOURCE-CORRUPT", tail(worker.log))
    return worker


def damaged(world, change, mends_crc):
    """A batch of partition 1 is not as it was written: that partition stops, with the next owner too; mended, it goes
    on."""
    world.start_kafka()
    feed = prepare(world, flush_interval_ms=200)
    for partition in range(PARTITIONS):
        feed.events(partition)
    # The last one ends in text, which is no head of a batch, where librdkafka 2.0 reads on after a wrong check sum: as
    # many bytes into the response as the batch is long.
    ids = [f"batch-{number}" for number in range(19)] + ["x" * 240]
    values = [encode_event({**PLAIN_EVENT, "id": event_id}) for event_id in ids]
    first, _ = feed.send(values, 1)
    feed.good += len(values)
    feed.events(1)
    before = change_batch(world, 1, first, change, mends_crc)
    feed.events(0)
    feed.events(2)
    worker = repeated(
        world, lambda worker: "SOURCE-CORRUPT" in worker.log and world.consumed(PARTITIONS) == feed.offsets() - 25
    )
    check(worker.is_running(), "the worker ended", tail(worker.log))
    worker.kill()
    worker = repeated(world, lambda worker: "SOURCE-CORRUPT" in worker.log)
    worker.signal(signal.SIGTERM)
    equal(worker.wait(30), 70, "exit status")
    equal(repeated(world, lambda _: False, "--drain").wait(60), 70, "exit status of a drain")
    change_batch(world, 1, first, lambda batch: batch.__setitem__(slice(None), before), mends_crc=False)
    world.run("worker", "--drain")
    check_account(world, feed)


def test_a_batch_with_a_wrong_check_sum(world):
    damaged(world, lambda batch: batch.__setitem__(RECORDS_AT + 7, batch[RECORDS_AT + 7] ^ 1), mends_crc=False)


def test_a_batch_of_an_unknown_codec(world):
    damaged(world, lambda batch: batch.__setitem__(ATTRIBUTES_AT + 1, batch[ATTRIBUTES_AT + 1] | 7), mends_crc=True)


def test_a_batch_larger_than_may_be_received(world):
    """It breaks the connection that all partitions of its broker share: its own partition stops, the others go on."""
    world.start_kafka("message.max.bytes=95000000")
    feed = prepare(world, flush_interval_ms=200)
    for partition in range(PARTITIONS):
        feed.events(partition)
    feed.send([os.urandom(80 * MEGABYTE)], 1)
    feed.events(1)
    worker = world.start("worker", GENTALLY_KAFKA_RECEIVE_MESSAGE_MAX_BYTES=60 * MEGABYTE)
    worker.says("SOURCE-CORRUPT")
    feed.events(0)
    feed.events(2)
    wait_until(lambda: world.consumed(PARTITIONS) >= feed.good - 5, 30, "the others to be counted")
    check(worker.is_running(), "the worker ended", tail(worker.log))
    worker.signal(signal.SIGTERM)
    equal(worker.wait(30), 70, "exit status")
    world.run("worker", "--drain")  # With the default limit it goes on.
    reasons = [dict(message.headers())["gentally.reason"] for message in read_topic(world.kafka, dead_letters(world))]
    equal(reasons, [b"DECODE-TOO-LARGE"], "reasons of letters")
    equal(requests_counted(world), feed.good, "events counted")


if __name__ == "__main__":
    main(__file__, globals())
