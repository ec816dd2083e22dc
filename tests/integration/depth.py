"""What is fetched ahead is little, and yet enough: a message larger than any one fetch, and as many partitions as there
may be."""

import os
import re
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from harness import check, equal, main, note, tail, wait_until
from takeover import BEGIN_MS, EVENT
from topics import encode_event

PARTITIONS_MAX = 1024
LARGE_BYTES = 10_000_000


def put(world, partition, value=None):
    producer = Producer({"bootstrap.servers": world.kafka, "message.max.bytes": 2 * LARGE_BYTES})
    event = encode_event({**EVENT, "id": "any", "created_at": BEGIN_MS})
    producer.produce(world.topic, event if value is None else value, partition=partition)
    equal(producer.flush(60), 0, "messages not delivered")


def test_a_message_of_ten_megabytes_passes(world):
    """It is over `message_bytes_max`, so it is a letter; what stands before it and behind it is counted."""
    world.start_redis()
    world.run("setup", "--partitions", 1)
    for value in (None, os.urandom(LARGE_BYTES), None, os.urandom(LARGE_BYTES), os.urandom(LARGE_BYTES), None):
        put(world, 0, value)
    worker = world.run("worker", "--drain")
    check("WORKER-DRAINED records=6 " in worker.log, "not all was read", tail(worker.log))
    [total] = world.summaries("total", "day")
    equal(total["requests"], 3, "requests")
    letters = world.run("dlq", "count", "--format", "json").out
    check('"reason":"DECODE-TOO-LARGE","letters":3' in letters, "letters", letters)


def test_as_many_partitions_as_there_may_be(world):
    world.start_redis()
    admin = AdminClient({"bootstrap.servers": world.kafka})
    for future in admin.create_topics([NewTopic(world.topic, PARTITIONS_MAX, 1)]).values():
        future.result(60)
    world.run("setup", "--partitions", 1, seconds=300)
    producer = Producer({"bootstrap.servers": world.kafka})
    for partition in range(PARTITIONS_MAX):
        event = encode_event({**EVENT, "id": "any", "created_at": BEGIN_MS})
        producer.produce(world.topic, event, partition=partition)
    equal(producer.flush(120), 0, "messages not delivered")
    worker = world.start("worker")
    wait_until(lambda: world.consumed(PARTITIONS_MAX) == PARTITIONS_MAX, 120, f"all to be counted\n{tail(worker.log)}")
    status = Path(f"/proc/{worker.process.pid}/status").read_text()
    peak_kb = int(re.search(r"VmHWM:\s+(\d+)", status)[1])
    note(f"{PARTITIONS_MAX} partitions: peak {peak_kb // 1024} MiB")
    worker.end()
    equal(worker.process.returncode, 0, "exit status after SIGTERM")


if __name__ == "__main__":
    main(__file__, globals())
