"""An upgrade under load: four workers are replaced one by one, their configuration changes with them, the catalog is
read again and Redis fails over in between. Every cell is equal to SQL, every hour is told in time, and how long a
partition stands still at each step is measured.

GENTALLY_BINARY_BEFORE names the binary that the first four are of; else they are of the same build.
"""

import json
import os
import shutil
import signal
import threading
import time

from confluent_kafka import Producer

from harness import ACCOUNT_KEY, BINARY, ROOT, Process, check, equal, main, note, tail, wait_until
from monitoring import change
from oracle import ROLLUPS, Oracle
from retained import compare_retention
from sentinel import Watched
from topics import decode, encode_event, newest, read_topic

BEFORE = os.environ.get("GENTALLY_BINARY_BEFORE", BINARY)
PARTITIONS = 8
WORKERS = 4
HOUR_MS = 3_600_000
HOUR_S = 10  # what an hour of events takes here
SPEED = HOUR_MS // (HOUR_S * 1000)
OUT_OF_ORDERNESS_MS = 300_000
STANDSTILL_S_MAX = 10


class Traffic:
    """Events into all partitions, two hundred a second, their time passing SPEED times as fast as ours."""

    def __init__(self, world):
        self.world = world
        self.producer = Producer({"bootstrap.servers": world.kafka, "enable.idempotence": True, "linger.ms": 5})
        self.bases = [
            json.loads(line) for line in world.run("generate", "--events", 2000, "--seed", 9).out.splitlines()
        ]
        self.lines = []
        self.begun_ms = int(time.time() * 1000)
        self.first_ms = (self.begun_ms - 5 * 24 * HOUR_MS) // HOUR_MS * HOUR_MS
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        world.own(self)

    def event_ms(self, now_ms):
        return self.first_ms + (now_ms - self.begun_ms) * SPEED

    def wall_ms(self, event_ms):
        return self.begun_ms + (event_ms - self.first_ms) / SPEED

    def _run(self):
        while not self.is_over.wait(0.005):
            number = len(self.lines)
            event = dict(self.bases[number % len(self.bases)])
            event |= {"id": f"rolling-{number}", "created_at": self.event_ms(int(time.time() * 1000))}
            self.lines.append(json.dumps(event))
            self.producer.produce(self.world.topic, encode_event(event), partition=number % PARTITIONS)
            self.producer.poll(0)

    def stop(self):
        if not self.is_over.is_set():
            self.is_over.set()
            self.thread.join()
            equal(self.producer.flush(30), 0, "events not delivered")


def start(world, binary, number, **settings):
    return world.own(Process(f"worker-{number}", [binary, "worker"], world.environment(**settings), world.folder))


def places(world):
    """Where the store stands; None while no primary answers."""
    keys = [f"{world.namespace}:{{{world.topic}:{number}}}:meta" for number in range(PARTITIONS)]
    try:
        return [int(reply) for reply in world.redis.pipeline([("HGET", key, "next") for key in keys])]
    except (OSError, TypeError, ValueError):
        return None


class Standstills:
    """Looks again and again where each partition is counted to, and notes for how long it was not counted on."""

    def __init__(self, world):
        self.world = world
        self.gaps = []  # (begin, end) of each time that a partition stood at one offset
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        world.own(self)

    def _run(self):
        at, since = [None] * PARTITIONS, [time.monotonic()] * PARTITIONS
        while not self.is_over.wait(0.02):
            now, seconds = places(self.world), time.monotonic()
            for number in range(PARTITIONS) if now else ():
                if now[number] != at[number]:
                    self.gaps.append((since[number], seconds))
                    at[number], since[number] = now[number], seconds

    def longest(self, begin):
        """The longest that went on at `begin` or began later, once all partitions were counted on after this call."""
        asked = time.monotonic()
        wait_until(lambda: sum(gap[0] > asked for gap in list(self.gaps)) >= 2 * PARTITIONS, 60, "all to be counted on")
        return max(end - since for since, end in self.gaps if end > begin)

    def stop(self):
        self.is_over.set()
        self.thread.join()


def replace(world, workers, number, standstills, **settings):
    """Asks one to leave, and starts another in its place, as a Deployment does."""
    gone, begin = workers[number], time.monotonic()
    gone.signal(signal.SIGTERM)
    workers[number] = start(world, BINARY, WORKERS + number, **settings)
    equal(gone.wait(15), 0, f"exit status after SIGTERM\n{tail(gone.log)}")
    workers[number].says("WORKER-ASSIGNED", 60)
    return standstills.longest(begin)


def fail_over(watched, standstills):
    """The primary is killed; from then until all partitions are counted at its successor."""
    begin = time.monotonic()
    watched.primary().kill()
    watched.follow()
    return standstills.longest(begin)


def lateness(world, traffic):
    """By hour: how many seconds after all partitions had passed its end it was first told as final."""
    late = {}
    for message in read_topic(world.kafka, f"{world.namespace}.ledger"):
        if message.value() is None:
            continue
        record = decode(message.value())
        if record["granularity"] != "hour" or record["pane"] == "early":
            continue
        end_ms = record["window_start"] + HOUR_MS + OUT_OF_ORDERNESS_MS
        late.setdefault(record["window_start"], (message.timestamp()[1] - traffic.wall_ms(end_ms)) / 1000)
    return [late[hour] for hour in sorted(late)]


def test_an_upgrade_under_load(world):
    world.count_accounts()
    watched = Watched(world)
    world.run("setup", "--partitions", PARTITIONS)
    catalog = world.folder / "catalog.csv"
    shutil.copy(ROOT / "schemas/catalog.csv", catalog)
    world.settings["GENTALLY_CATALOG"] = str(catalog)
    workers = [start(world, BEFORE, number) for number in range(WORKERS)]
    for worker in workers:
        worker.says("WORKER-ASSIGNED partitions=2", 60)
    traffic = Traffic(world)
    wait_until(lambda: min(places(world)) > 20, 60, "all partitions to be counted")
    standstills = Standstills(world)
    changed = {"GENTALLY_FLUSH_INTERVAL_MS": 200, "GENTALLY_LOG_FORMAT": "logfmt"}
    took = {}
    took["worker 0"] = replace(world, workers, 0, standstills, **changed)
    time.sleep(HOUR_S / 2)  # traffic, and an hour that ends
    took["worker 1"] = replace(world, workers, 1, standstills, **changed)
    change(catalog)
    for worker in workers:
        worker.signal(signal.SIGHUP)
    for worker in workers:
        worker.says("WORKER-RELOADED")
    time.sleep(HOUR_S / 2)
    took["failover"] = fail_over(watched, standstills)
    took["worker 2"] = replace(world, workers, 2, standstills, **changed)
    time.sleep(HOUR_S / 2)
    took["worker 3"] = replace(world, workers, 3, standstills, **changed)
    time.sleep(2 * HOUR_S)
    hours = lateness(world, traffic)
    standstills.stop()
    traffic.stop()
    wait_until(lambda: sum(places(world) or [0]) == len(traffic.lines), 60, "all to be counted")
    for worker in workers:
        worker.end()
        equal(worker.process.returncode, 0, f"exit status after SIGTERM\n{tail(worker.log)}")
    note(
        "the longest standstill of a partition: "
        + "; ".join(f"{what} {seconds:.1f} s" for what, seconds in took.items())
    )
    note(f"{len(traffic.lines)} events; {len(hours)} hours told, at most {max(hours):.1f} s late, each {HOUR_S} s long")
    check(len(hours) >= 3, "few hours ended while workers were replaced", hours)
    check(max(hours) <= HOUR_S, "an hour was told later than the next one ended", hours)
    check(max(took.values()) <= STANDSTILL_S_MAX, "partitions stood still for too long", took)
    compare(world, traffic.lines)


def compare(world, lines):
    world.run("worker", "--drain")
    oracle = Oracle(lines, ACCOUNT_KEY)
    summaries = {}
    for rollup in ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = oracle.differences(summaries)
    note(f"cells compared {cells}, differences {differing}")
    check(differing == 0, f"{differing} of {cells} cells differ", *shown)
    compare_retention(world, oracle, 50)
    world.run("verify")


if __name__ == "__main__":
    main(__file__, globals())
