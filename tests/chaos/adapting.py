"""Chaos for `adapt`: records of another platform flow without rest while those who adapt them are killed or sleep, and
the broker is killed; then the account is made. Each record that is to be one is an event of the input topic, once, each
bad one a dead letter, once, and a worker that drains the topic counts what was sent.

GENTALLY_CHAOS_TIMES multiplies how often a fault strikes, as in chaos.py.
"""

import json
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from confluent_kafka import Producer  # noqa: E402

import runs  # noqa: E402
from adapt import PARTITIONS, adapt, committed, events_of, has_open_transaction, letters_of, rows, setup  # noqa: E402
from field import SESSION_TIMEOUT_MS, TIMES  # noqa: E402
from harness import check, equal, tail, wait_until  # noqa: E402

RATE = 500  # records a second
BURST = 4000


class Records(threading.Thread):
    """LiteLLM's rows, so many a second until it is told to end, and bursts; each is acknowledged once, or it fails."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world = world
        settings = {"enable.idempotence": True, "linger.ms": 20, "message.timeout.ms": 300_000}
        self.producer = Producer({"bootstrap.servers": world.kafka, **settings})
        self.ids, self.bad, self.sent, self.problems = [], 0, 0, []
        self.is_over, self.burst = threading.Event(), threading.Event()

    def acknowledged(self, problem, _):
        if problem is not None:
            self.problems.append(str(problem))

    def send(self, count):
        values, ids, bad = rows(self.sent, count)
        for number, value in enumerate(values, self.sent):
            self.producer.produce(self.world.source, value, None, number % PARTITIONS, self.acknowledged)
        self.ids, self.bad, self.sent = self.ids + ids, self.bad + bad, self.sent + count

    def run(self):
        while not self.is_over.wait(0.1):
            self.send(BURST if self.burst.is_set() else RATE // 10)
            self.burst.clear()
            self.producer.poll(0)
        equal(self.producer.flush(120), 0, "records that were not delivered")

    def stop(self):
        self.is_over.set()
        self.join(130)


class Adapting:
    """A topic of records, those who adapt it, and the account."""

    def __init__(self, world, count):
        self.world, self.chance = world, runs.chance()
        self.begin = time.monotonic()
        self.injected, self.recoveries_ms, self.extra = 0, [], Counter()
        world.settings["GENTALLY_KAFKA_SESSION_TIMEOUT_MS"] = SESSION_TIMEOUT_MS
        setup(world)
        self.records = world.own(Records(world))
        self.records.start()
        self.running = [adapt(world) for _ in range(count)]
        self.moved_on()

    def strikes(self, times):
        for number in range(times * TIMES):
            for process in self.running:
                check(process.is_running(), f"{process.name} ended with {process.process.poll()}", tail(process.log))
            time.sleep(self.chance.random())  # not to wait for anything: to strike at any point of a turn
            yield number
            self.injected += 1

    def moved_on(self, seconds=60):
        """Waits until all that was sent by now is adapted."""
        sent = self.records.sent
        wait_until(lambda: committed(self.world) >= sent, seconds, f"{sent} records to be adapted")

    def recovered(self, begin):
        self.moved_on(120)
        self.recoveries_ms.append((time.monotonic() - begin) * 1000)

    def finish(self, statuses=(0,)):
        self.records.stop()
        equal(self.records.problems, [], "records that were not taken")
        wait_until(lambda: committed(self.world) == self.records.sent, 120, "all records adapted")
        for process in self.running:
            process.signal(signal.SIGTERM)
            status = process.wait(30)
            check(status in statuses, f"exit status {status} after SIGTERM; it said\n{tail(process.log)}\n")
            self.extra["who left without an answer"] += status != 0
        got, want = Counter(item["id"] for item in events_of(self.world)), Counter(self.records.ids)
        letters = Counter(letters_of(self.world))
        figures = {"injected": self.injected, "events": self.records.sent, "recoveries_ms": self.recoveries_ms}
        figures |= {"lost": (want - got).total(), "doubled": (got - want).total(), "extra": dict(self.extra)}
        print("figures: " + json.dumps(figures), flush=True)
        equal((figures["lost"], figures["doubled"]), (0, 0), "events lost and doubled")
        equal((letters.total(), len(letters)), (self.records.bad, self.records.bad), "dead letters, each once")
        self.world.run("worker", "--drain", seconds=120)
        (row,) = self.world.summaries("total", "hour")
        count = len(self.records.ids)
        equal((row["requests"], row["cost_nano_usd"]), (count, 1_000_000 * count), "what is counted")


def test_adapt_killed(world):
    """SIGKILL, of one of three; every other time another follows at once."""
    field = Adapting(world, 3)
    for number in field.strikes(6):
        field.records.burst.set()
        begin = time.monotonic()
        field.running.pop(field.chance.randrange(len(field.running))).kill()
        if number % 2 == 0:
            field.running.append(adapt(world))
        field.recovered(begin)
        if number % 2 == 1:
            field.running.append(adapt(world))
    field.finish()


def test_adapt_asleep(world):
    """A zombie: one is stopped within a transaction, another takes its partitions, and it wakes up with records it may
    not commit any more."""
    field = Adapting(world, 1)
    for _ in field.strikes(3):
        sleeper = field.running.pop()
        sleeper.signal(signal.SIGSTOP)
        field.records.burst.set()
        for _ in range(400):
            sleeper.signal(signal.SIGCONT)
            time.sleep(0.02 * field.chance.random())  # not to wait for anything: to stop it at any point of a turn
            sleeper.signal(signal.SIGSTOP)
            if has_open_transaction(world):
                field.extra["zombies within a transaction"] += 1
                break
        said, begin = len(sleeper.log), time.monotonic()
        field.running.append(adapt(world))
        field.recovered(begin)
        sleeper.signal(signal.SIGCONT)
        wait_until(lambda: "warn " in sleeper.log[said:], 60, f"the zombie to learn of it\n{tail(sleeper.log)}")
        field.moved_on()
        sleeper.signal(signal.SIGTERM)
        equal(sleeper.wait(30), 0, f"exit status after SIGTERM; it said\n{tail(sleeper.log)}\n")
    check(field.extra["zombies within a transaction"] > 0, "none was stopped within a transaction: the fault was none")
    field.finish()


def test_adapt_broker_killed(world):
    """kill -9 of the broker, and the same one again, while records come; every other time one who adapts, too."""
    kafka = world.start_kafka()
    field = Adapting(world, 2)
    for number in field.strikes(3):
        field.records.burst.set()
        time.sleep(0.2 * field.chance.random())  # not to wait for anything, as above
        kafka.kill()
        if number % 2 == 1:
            field.running.pop(0).kill()
            field.running.append(adapt(world))
        kafka.start()
        begin = time.monotonic()
        field.recovered(begin)
    field.finish(statuses=(0, 75))  # a broker that has just come back may still ask for patience


if __name__ == "__main__":
    runs.main(__file__, globals())
