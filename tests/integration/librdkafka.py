"""The binary over newer versions of librdkafka than Debian's: those inside PyPI's confluent-kafka, the suites' own one
and a newer one (TEST_NEWER_LIBRDKAFKA, an environment of Python's), put in its place by LD_PRELOAD; and the protocols
of a group that are sound in newer ones only."""

import os
import re
import signal
from pathlib import Path

import confluent_kafka
from confluent_kafka import Producer

from harness import Skip, check, equal, main, note, tail, wait_until
from metrics import scrape, start_worker
from oracle import ROLLUPS, Oracle
from rolling import PARTITIONS as MANY
from rolling import Traffic, places
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


def compare(world, lines):
    summaries = {}
    for rollup in ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = Oracle(lines).differences(summaries)
    note(f"cells compared {cells}, differences {differing}")
    check(differing == 0, f"{differing} of {cells} cells differ", *shown)
    world.run("verify")
    world.run("replay")


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
    check("1" in world.run("dlq", "count").out, "the letter is not there")
    compare(world, lines)


def test_the_one_of_the_suites(world):
    use(world, Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs")
    count_all(world)


def use_newer(world):
    if not NEWER:
        raise Skip("TEST_NEWER_LIBRDKAFKA is not set: tests/run servers makes it")
    [folder] = [*Path(NEWER).glob("lib/python*/site-packages/confluent_kafka.libs")] or [NEWER]
    use(world, folder)


def test_a_newer_one(world):
    use_newer(world)
    count_all(world)


def settle(members, what):
    """Waits until these workers have all partitions among them, each about as many."""
    each = {MANY // len(members), -(-MANY // len(members))}

    def is_settled():
        counts = [scrape(url)[0][("assigned_partitions",)] for _, url in members]
        return sum(counts) == MANY and set(counts) <= each

    wait_until(is_settled, 90, what)


def revoked(worker):
    return [int(number) for number in re.findall(r"WORKER-REVOKED partitions=(\d+)", worker.log)]


def come_and_go(world):
    """Workers join, leave, are killed and held under traffic; nobody gives up what it keeps."""
    world.start_redis()
    world.run("setup", "--partitions", MANY)
    members = [start_worker(world) for _ in range(2)]
    settle(members, "two workers to share")
    traffic = Traffic(world)
    wait_until(lambda: min(places(world)) > 20, 60, "all partitions to be counted")
    first, before = members[0][0], len(revoked(members[0][0]))
    for _ in range(2):
        members.append(start_worker(world))
        settle(members, "one more to have its share")
    members.pop()[0].kill()
    settle(members, "what the killed one had to be taken")
    gone, _ = members.pop()
    gone.signal(signal.SIGTERM)
    settle(members, "what the one that left had to be taken")
    equal(gone.wait(15), 0, f"exit status after SIGTERM\n{tail(gone.log)}")
    check(max(revoked(first)[before:], default=0) < MANY // 2, "the first gave up what it kept", tail(first.log, 20))
    first.signal(signal.SIGSTOP)
    settle(members[1:], "what is held to be taken")
    first.signal(signal.SIGCONT)
    settle(members, "the one that was held to have its share again")
    ends = [place + 50 for place in places(world)]
    wait_until(lambda: all(now >= end for now, end in zip(places(world), ends)), 60, "all partitions to be counted on")
    traffic.stop()
    wait_until(lambda: sum(places(world)) == len(traffic.lines), 60, "all to be counted")
    for worker, _ in members:
        worker.end()
        equal(worker.process.returncode, 0, f"exit status after SIGTERM\n{tail(worker.log)}")
    world.run("worker", "--drain")
    note(f"{len(traffic.lines)} events, in partitions up to {max(places(world))}")
    compare(world, traffic.lines)


def test_partitions_move_one_by_one(world):
    use_newer(world)
    world.settings["GENTALLY_KAFKA_PARTITION_ASSIGNMENT_STRATEGY"] = "cooperative-sticky"
    come_and_go(world)


def test_the_broker_assigns(world):
    use_newer(world)
    timing = ("session.timeout.ms=6000", "heartbeat.interval.ms=500")
    settings = [f"group.consumer.{least}{setting}" for least in ("", "min.") for setting in timing]
    world.start_kafka(*settings, version="4.1.0")
    world.settings["GENTALLY_KAFKA_GROUP_PROTOCOL"] = "consumer"
    for name in ("SESSION_TIMEOUT_MS", "HEARTBEAT_INTERVAL_MS"):  # Here the broker has them.
        del world.settings[f"GENTALLY_KAFKA_{name}"]
    come_and_go(world)


if __name__ == "__main__":
    main(__file__, globals())
