"""How a deployment grows: what workers, partitions, models and accounts cost. The ground of runbooks/capacity.md.

Broker and Redis have processor 0, workers share processor 1. Workers are capped at GENTALLY_QUOTA percent of it each
(10) by a control group, so that two of them have twice the processor of one: what is compared is work done, the records
counted in a second while all of them count, from a backlog of GENTALLY_EVENTS (600,000). Without control groups that
may be made, that part is skipped. The other rows drain a topic, one change at a time; their figures are those of
table.py.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from harness import BINARY, DEMO, Process, Skip, main, note, wait_until  # noqa: E402
from table import Bench  # noqa: E402

EVENTS = int(os.environ.get("GENTALLY_EVENTS", "600000"))
ROUNDS = int(os.environ.get("GENTALLY_ROUNDS", "3"))
QUOTA = int(os.environ.get("GENTALLY_QUOTA", "10"))
GROUPS = Path("/sys/fs/cgroup/cpu") if Path("/sys/fs/cgroup/cpu").is_dir() else Path("/sys/fs/cgroup")
PERIOD_US = 20000


def lines_of(world, name, events, models=None, accounts=5000):
    """JSON lines of one hour; with `models` each event is of one of so many made-up models, the first ones the most."""
    path = world.folder / f"{name}.jsonl"
    span = ["--from", "2025-11-17T10:00:00Z", "--to", "2025-11-17T11:00:00Z"]
    command = [DEMO, "generate", "--events", str(events), "--loyal", "--accounts", str(accounts), *span]
    dice = random.Random(1)
    with subprocess.Popen(command, env=world.environment(), stdout=subprocess.PIPE) as made, open(path, "wb") as out:
        for line in made.stdout:
            if models is not None:
                number = int(models ** dice.random())
                line = json.dumps({**json.loads(line), "model": f"made-up/model-{number}"}).encode() + b"\n"
            out.write(line)
    return path


class Quota:
    """A control group whose processes have a share of one processor."""

    def __init__(self, name):
        self.path = GROUPS / f"gentally-bench-{os.getpid()}-{name}"
        try:
            self.path.mkdir()
            quota_us = PERIOD_US * QUOTA // 100
            if (self.path / "cpu.max").exists():
                (self.path / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
            else:
                (self.path / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (self.path / "cpu.cfs_quota_us").write_text(str(quota_us))
        except OSError as error:
            raise Skip(f"control groups for the processor: {error}") from error

    def take(self, process):
        (self.path / "cgroup.procs").write_text(str(process.process.pid))

    def stop(self):
        try:
            self.path.rmdir()
        except OSError:
            pass  # a process of it is still on its way out


def rate_of(world, workers, number):
    """Records a second while all of `workers` count what waits in the topic."""
    group = f"scale-{workers}-{number}"
    settings = {"GENTALLY_NAMESPACE": group, "GENTALLY_GROUP": group}
    world.settings |= settings
    world.run("setup", "--partitions", 12)
    running = []
    for at in range(workers):
        quota = world.own(Quota(f"{group}-{at}"))
        process = Process(f"{group}-{at}", [BINARY, "worker"], world.environment(), world.folder)
        running.append(world.own(process))
        quota.take(process)
        os.sched_setaffinity(process.process.pid, {1})
    share = f"partitions={12 // workers}"
    wait_until(
        lambda: all(share in worker.log for worker in running), 120, f"each of {workers} workers to have its share"
    )
    begun, before = time.monotonic(), world.consumed(12)
    wait_until(lambda: world.consumed(12) >= before + (EVENTS - before) * 0.8, 300, "most of it to be counted")
    rate = (world.consumed(12) - before) / (time.monotonic() - begun)
    for worker in running:
        worker.end()
    return rate


def test_workers(world):
    if os.cpu_count() < 2:
        raise Skip("a processor beside that of broker and Redis")
    bench = Bench(world)
    world.own(Quota("try")).stop()
    bench.begin("scale")
    world.produce(lines_of(world, "scale", EVENTS))
    rates = {workers: [] for workers in (1, 2, 4)}
    for number in range(ROUNDS):
        for workers, measured in rates.items():
            measured.append(rate_of(world, workers, number))
            world.redis.command("FLUSHALL")
    note(f"| workers, each of {QUOTA} % of a processor | events/s | of one's |")
    note("|---|---|---|")
    for workers, measured in rates.items():
        ratio = statistics.median(rate / one for rate, one in zip(measured, rates[1], strict=True))
        note(f"| {workers} | {statistics.median(measured):,.0f} | {ratio:.2f} |")


def test_sizes(world):
    bench = Bench(world)
    usual = {"partitions": 12, "models": None, "accounts": 5000}
    changes = [{}, {"partitions": 64}, {"partitions": 256}, {"models": 10}, {"models": 1000}, {"models": 100000}]
    changes += [{"accounts": 1000000}]
    note("| what | events/s | worker, us | all, us | Redis, us | peak, MiB | Redis, MiB |")
    note("|---|---|---|---|---|---|---|")
    for number, change in enumerate(changes):
        case = {**usual, **change}
        topic = f"sizes-{number}"
        world.settings |= {"GENTALLY_TOPIC": topic, "GENTALLY_NAMESPACE": topic, "GENTALLY_GROUP": topic}
        world.run("setup", "--partitions", case["partitions"])
        world.produce(lines_of(world, topic, EVENTS, case["models"], case["accounts"]))
        measured = bench.work(topic, {}, EVENTS)
        used = world.redis.command("INFO", "memory").decode().split("used_memory:")[1].split()[0]
        world.redis.command("FLUSHALL")
        what = (
            ", ".join(f"{value:,} {name}" for name, value in change.items())
            or "12 partitions, 290 models, 5,000 accounts"
        )
        note(
            f"| {what} | {measured.rate:,.0f} | {measured.worker_us:.2f} | {measured.all_us:.2f} | "
            f"{measured.redis_us:.2f} | {measured.peak_mib:.0f} | {int(used) / 2**20:.0f} |"
        )


if __name__ == "__main__":
    main(__file__, globals())
