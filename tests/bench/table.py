"""The table of the README: what a worker costs beside a loop that consumes and drops, all in one run, in turns.

Shapes: `loyal`, 200,000 accounts that keep to two to five models each, is the one that decides; `any` is the demo's,
5,000 accounts that use all models. Half of a topic is read from nothing (`first`: all pairs of account and model are
new), then the other half (`warm`: most are known). Broker and Redis have processor 0, what is measured has processor 1.
Rates are from the first fold to the last flush. Processor time: of the worker while it counts, and to its end (`all`,
open windows told); of Redis and the broker to the worker's end. Memory is the worker's peak, with what is queued.

GENTALLY_EVENTS in each half (1,000,000; half as many of 300 bytes, a quarter of 600), GENTALLY_ROUNDS (3).
"""

import collections
import json
import os
import random
import re
import secrets
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from harness import BINARY, DEMO, Process, check, main, note, wait_until  # noqa: E402

EVENTS = int(os.environ.get("GENTALLY_EVENTS", "1000000"))
ROUNDS = int(os.environ.get("GENTALLY_ROUNDS", "3"))
STEADY_SECONDS = int(os.environ.get("GENTALLY_STEADY_SECONDS", "10"))
PARTITIONS = 12
LOOP = str(Path(BINARY).with_name("consume_bench"))
PIN = ["taskset", "-c", "1"] if os.cpu_count() > 1 else []
TICKS = os.sysconf("SC_CLK_TCK")
SHAPES = {"loyal": ["--loyal", "--accounts", "200000"], "any": []}
PADDINGS = {126: {}, 300: {"id": 192}, 600: {"id": 250, "app": 250}}  # more than that has no place in an event
AS_IT_COMES = {}
WITHOUT = {"GENTALLY_RETENTION": "off"}
VARIANTS = {
    "as it comes": AS_IT_COMES,
    "retention off": WITHOUT,
    "ids = dedup": {"GENTALLY_IDS": "dedup"},
    "rows by day alone": {"GENTALLY_WINDOWS": "day,month"},
}

Measured = collections.namedtuple("Measured", "rate worker_us all_us redis_us broker_us peak_mib")


def processor_seconds(pid):
    """Of all threads of a process, until now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_kib(pid):
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        found = None
    return int(found[1]) if found else 0


def lines_of(world, shape, size, events):
    """JSON lines of both halves, with ids and apps that make records of that size: nothing is counted by them."""
    paths = [world.folder / f"{shape}-{size}-{half}.jsonl" for half in ("first", "warm")]
    span = ["--from", "2025-11-17T10:00:00Z", "--to", "2025-11-17T11:00:00Z"]
    command = [DEMO, "generate", "--events", str(2 * events), *SHAPES[shape], *span]
    dice = random.Random(1)
    with subprocess.Popen(command, env=world.environment(), stdout=subprocess.PIPE) as lines:
        for path in paths:
            with open(path, "wb") as out:
                for _ in range(events):
                    line = lines.stdout.readline()
                    if PADDINGS[size]:
                        event = json.loads(line)
                        for field, length in PADDINGS[size].items():
                            event[field] = (event.get(field, "") + dice.randbytes(length // 2).hex())[:length]
                        line = json.dumps(event).encode() + b"\n"
                    out.write(line)
    check(lines.returncode == 0, "generate failed")
    return paths


class Bench:
    """A broker and a Redis on processor 0."""

    def __init__(self, world):
        os.environ["BROKER_CPUS"] = "0"
        self.world = world
        kafka = world.start_kafka()
        self.broker = int((Path(kafka.folder) / "pid").read_text())
        self.redis = world.start_redis().process.process.pid
        os.sched_setaffinity(self.redis, {0})
        world.settings["GENTALLY_ACCOUNT_KEY"] = secrets.token_hex(32)
        # No window closes before all is counted: when it would depends on which partition is read first.
        world.settings["GENTALLY_OUT_OF_ORDERNESS_MS"] = 86400000
        self.address = kafka.address

    def begin(self, topic):
        self.world.settings |= {"GENTALLY_TOPIC": topic, "GENTALLY_NAMESPACE": topic}
        self.world.run("setup", "--partitions", PARTITIONS)

    def measure(self, name, command, environment, events, pattern):
        """Runs it to its end. `pattern` finds the numbers of records and of milliseconds in what it says."""
        servers = [processor_seconds(pid) for pid in (self.redis, self.broker)]
        process = self.world.own(Process(name, PIN + command, environment, self.world.folder))
        peaks, all_seconds = [0], [0.0]

        def is_over():
            try:
                peaks.append(peak_kib(process.process.pid))
                all_seconds.append(processor_seconds(process.process.pid))
            except (FileNotFoundError, ProcessLookupError):
                pass
            return not process.is_running()

        wait_until(is_over, 900, f"{name} to end")
        process.succeed(1)
        found = re.search(pattern, process.log + process.out)
        check(found and int(found[1]) == events, f"{name} read {found and found[1]} of {events} records")
        servers = [processor_seconds(pid) - was for pid, was in zip((self.redis, self.broker), servers, strict=True)]
        worker_us = int(found[3]) * 1000 / events if found.lastindex == 3 else max(all_seconds) * 1e6 / events
        return Measured(
            events * 1000 / int(found[2]),
            worker_us,
            max(all_seconds) * 1e6 / events,
            *(seconds * 1e6 / events for seconds in servers),
            max(peaks) / 1024,
        )

    def loop(self, topic, events):
        environment = {**os.environ, "GENTALLY_TEST_KAFKA": self.address}
        command = [LOOP, str(events), topic]
        measured = self.measure("loop", command, environment, events, r"dropped (\d+) records in (\d+) ms")
        return measured._replace(redis_us=0.0)

    def work(self, name, settings, events):
        """A worker that goes on where its namespace stands."""
        settings = {**settings, "GENTALLY_NAMESPACE": name, "GENTALLY_GROUP": name}
        environment = self.world.environment(**settings)
        pattern = r"WORKER-DRAINED.*records=(\d+) counting_ms=(\d+) cpu_ms=(\d+)"
        return self.measure(f"worker-{name}", [BINARY, "worker", "--drain"], environment, events, pattern)


def rounds_of(bench, shape, size, events, variants):
    """In each round a topic of its own: the first half by each worker, then the second; the loop reads both."""
    paths = lines_of(bench.world, shape, size, events)
    runs = collections.defaultdict(list)
    for number in range(ROUNDS):
        topic = f"bench-{shape}-{size}-{number}"
        bench.begin(topic)
        names = {variant: f"{topic}-{at}" for at, variant in enumerate(variants)}
        for variant, name in names.items():
            bench.world.run("setup", **{**variants[variant], "GENTALLY_NAMESPACE": name, "GENTALLY_GROUP": name})
        for half, path in zip(("first", "warm"), paths, strict=True):
            bench.world.produce(path)
            for variant, name in names.items():
                runs[f"{variant}, {half}"].append(bench.work(name, variants[variant], events))
        runs["consume and drop"].append(bench.loop(topic, 2 * events))
        bench.world.redis.command("FLUSHALL")
    return runs


def median(measures):
    return Measured(*(statistics.median(values) for values in zip(*measures, strict=True)))


def print_table(rows):
    note("| records | what | events/s | of the loop | worker, us | all, us | Redis, us | broker, us | peak, MiB |")
    note("|---|---|---|---|---|---|---|---|---|")
    for records, what, measured, ratio in rows:
        note(
            f"| {records} | {what} | {measured.rate:,.0f} | {ratio:.2f} | {measured.worker_us:.2f} | "
            f"{measured.all_us:.2f} | {measured.redis_us:.2f} | {measured.broker_us:.2f} | {measured.peak_mib:.0f} |"
        )


def table_of(bench, shape, size, events, variants):
    runs = rounds_of(bench, shape, size, events, variants)
    loops = runs.pop("consume and drop")
    rows = [(f"{shape}, {size} bytes", "consume and drop", median(loops), 1.0)]
    for what, measures in runs.items():
        ratio = statistics.median(ours.rate / loop.rate for ours, loop in zip(measures, loops, strict=True))
        rows.append((f"{shape}, {size} bytes", what, median(measures), ratio))
    return rows


def steady(bench, rate):
    """Half of what a warm worker counts at most, for some seconds: processor time of each a second, and an event."""
    topic = "bench-steady"
    bench.begin(topic)
    first, warm = lines_of(bench.world, "loyal", 126, max(EVENTS, rate * (STEADY_SECONDS + 2)))
    bench.world.produce(first)
    bench.world.run("worker", "--drain")
    environment = bench.world.environment()
    worker = bench.world.own(Process("steady", PIN + [BINARY, "worker"], environment, bench.world.folder))
    worker.says("CLOSER-OPENED")
    producer = bench.world.start("produce", stdin=subprocess.PIPE)
    os.sched_setaffinity(producer.process.pid, {0})
    pids = (worker.process.pid, bench.redis, bench.broker)
    with open(warm, "rb") as lines:
        sent, begun = 0, time.monotonic()
        before = [processor_seconds(pid) for pid in pids]
        while time.monotonic() - begun < STEADY_SECONDS:
            due = int((time.monotonic() - begun) * rate) - sent
            producer.process.stdin.write(b"".join(lines.readline() for _ in range(due)))
            sent += due
            time.sleep(0.01)  # the pace is what is made here
        used = [processor_seconds(pid) - was for pid, was in zip(pids, before, strict=True)]
        producer.process.stdin.close()
    peak = peak_kib(worker.process.pid) / 1024
    producer.succeed(60)
    worker.end()
    us = [seconds * 1e6 / sent for seconds in used]
    return Measured(sent / STEADY_SECONDS, us[0], us[0], us[1], us[2], peak)


def test_table(world):
    bench = Bench(world)
    rows = table_of(bench, "loyal", 126, EVENTS, VARIANTS)
    rate = next(measured.rate for _, what, measured, _ in rows if what == "as it comes, warm")
    rows += table_of(bench, "any", 126, EVENTS, {name: VARIANTS[name] for name in ("as it comes", "retention off")})
    for size, part in ((300, 2), (600, 4)):
        rows += table_of(bench, "loyal", size, EVENTS // part, {"as it comes": AS_IT_COMES})
    measured = steady(bench, int(rate / 2))
    rows.append(("loyal, 126 bytes", "as it comes, steady at half the rate", measured, measured.rate / rows[0][2].rate))
    print_table(rows)


if __name__ == "__main__":
    main(__file__, globals())
