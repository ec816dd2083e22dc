"""The binary over newer versions of librdkafka than Debian's: those inside PyPI's confluent-kafka, the suites' own one
and a newer one (TEST_NEWER_LIBRDKAFKA, an environment of Python's), put in its place by LD_PRELOAD."""

import os
import re
import signal
from pathlib import Path

import confluent_kafka
from confluent_kafka import Producer

from harness import Skip, check, equal, main, note, tail, wait_until
from oracle import ROLLUPS, Oracle
from topics import newest, read_topic

PARTITIONS = 6
EVENTS = 6000
NEWER = os.environ.get("TEST_NEWER_LIBRDKAFKA")


def use(world, folder):
    """Has all commands of this world load the library that is there."""
    found = sorted(Path(folder).glob("librdkafka*.so*"))
    if not found:
        raise Skip(f"a librdkafka in {folder}")
    world.settings["LD_PRELOAD"] = str(found[0])
    version = re.search(r"librdkafka ([0-9.]+)", world.run("--version").out)[1]
    check(tuple(map(int, version.split("."))) > (2, 0, 2), f"librdkafka {version} is not newer")
    note(f"librdkafka {version}")


def feed(world, lines):
    path = world.folder / "events.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    world.produce(path)


def count_all(world):
    """Three workers, of which one is killed and one replaced while they count; letters; then all is looked at."""
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    lines = world.run("generate", "--events", EVENTS, "--seed", 13).out.splitlines()
    workers = [world.start("worker") for _ in range(3)]
    for worker in workers:
        worker.says("WORKER-ASSIGNED partitions=2", 60)
    third = EVENTS // 3
    feed(world, lines[:third])
    wait_until(lambda: world.consumed(PARTITIONS) > 0, 60, "the workers to begin")
    workers[0].kill()
    feed(world, lines[third : 2 * third])
    workers[1].signal(signal.SIGTERM)
    workers[0] = world.start("worker")
    equal(workers[1].wait(15), 0, f"exit status after SIGTERM\n{tail(workers[1].log)}")
    feed(world, lines[2 * third :])
    producer = Producer({"bootstrap.servers": world.kafka})
    producer.produce(world.topic, b"garbage")
    equal(producer.flush(20), 0, "messages not delivered")
    said = "\n".join(worker.name for worker in workers)
    wait_until(lambda: world.consumed(PARTITIONS) == EVENTS + 1, 90, f"all to be counted by {said}")
    for worker in (workers[0], workers[2]):
        worker.end()
        equal(worker.process.returncode, 0, f"exit status after SIGTERM\n{tail(worker.log)}")
    world.run("worker", "--drain")
    summaries = {}
    for rollup in ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = Oracle(lines).differences(summaries)
    note(f"cells compared {cells}, differences {differing}")
    check(differing == 0, f"{differing} of {cells} cells differ", *shown)
    check("1" in world.run("dlq", "count").out, "the letter is not there")
    world.run("verify")
    world.run("replay")


def test_the_one_of_the_suites(world):
    use(world, Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs")
    count_all(world)


def test_a_newer_one(world):
    if not NEWER:
        raise Skip("TEST_NEWER_LIBRDKAFKA is not set: tests/run servers makes it")
    [folder] = [*Path(NEWER).glob("lib/python*/site-packages/confluent_kafka.libs")] or [NEWER]
    use(world, folder)
    count_all(world)


if __name__ == "__main__":
    main(__file__, globals())
