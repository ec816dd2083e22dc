"""What a worker costs by what events are written in: the same events as Avro of our schema, and as JSON in our names,
each in a topic of its own, counted to the end in turns. Events a second and core are those of the worker's processor
time while it counts; the whole worker, with retention and all windows. Broker and Redis have processor 0, the worker
has processor 1.

GENTALLY_EVENTS in each topic (1,000,000), GENTALLY_ROUNDS (5).
"""

import os
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from confluent_kafka import Producer  # noqa: E402

from harness import check, equal, main, note  # noqa: E402
from table import EVENTS, PARTITIONS, Bench, lines_of  # noqa: E402

ROUNDS = int(os.environ.get("GENTALLY_ROUNDS", "5"))
GOAL = 300_000  # events of JSON a second and core


def send_lines(world, topic, path):
    """Lines as they are, one a message, to every partition in turn."""
    settings = {"linger.ms": 50, "batch.num.messages": 10000, "queue.buffering.max.messages": 200_000}
    producer = Producer({"bootstrap.servers": world.kafka, **settings})
    with open(path, "rb") as lines:
        for number, line in enumerate(lines):
            while True:
                try:
                    producer.produce(topic, line.rstrip(b"\n"), None, number % PARTITIONS)
                    break
                except BufferError:
                    producer.poll(0.1)
    equal(producer.flush(120), 0, "lines that were not delivered")


def requests(world, name):
    return sum(row["requests"] for row in world.summaries("total", "day", "--namespace", name))


def test_json_beside_avro(world):
    bench = Bench(world)
    path, _ = lines_of(world, "loyal", 126, EVENTS)
    size = path.stat().st_size / EVENTS
    for encoding in ("avro", "json"):
        bench.begin(f"bench-{encoding}")
        if encoding == "avro":
            world.produce(path)
        else:
            send_lines(world, "bench-json", path)
    runs = {"avro": [], "json": []}
    for number in range(ROUNDS):
        for encoding in ("avro", "json") if number % 2 == 0 else ("json", "avro"):
            name = f"bench-{encoding}-{number}"
            settings = {"GENTALLY_TOPIC": f"bench-{encoding}"}
            world.run("setup", **settings, GENTALLY_NAMESPACE=name, GENTALLY_GROUP=name)
            runs[encoding].append(bench.work(name, settings, EVENTS))
            equal(requests(world, name), EVENTS, "requests")
            world.redis.command("FLUSHALL")
    note("| events | events/s | events/s and core | worker, us | least, us |")
    note("|---|---|---|---|---|")
    for encoding, measured in runs.items():
        costs = [one.worker_us for one in measured]
        rate = statistics.median(one.rate for one in measured)
        cost = statistics.median(costs)
        note(f"| {encoding} | {rate:,.0f} | {1e6 / cost:,.0f} | {cost:.2f} | {min(costs):.2f} |")
    pairs = [json.worker_us / avro.worker_us for avro, json in zip(runs["avro"], runs["json"], strict=True)]
    note(f"JSON of {size:.0f} bytes costs {statistics.median(pairs):.2f} times what Avro does, in pairs")
    goal = 1e6 / statistics.median(one.worker_us for one in runs["json"])
    note(f"goal: {GOAL:,} events of JSON a second and core, seen {goal:,.0f}: {'met' if goal >= GOAL else 'missed'}")
    check(all(ratio > 0 for ratio in pairs), "a worker that took no time", pairs)


if __name__ == "__main__":
    main(__file__, globals())
