"""Chaos on the real thing: worker processes, a real broker, a real pair of Redis, and a proxy that loses and delays.

Each nemesis is a test of its own: traffic flows without rest, the fault strikes so many times after pauses drawn from a
seed, then everything is healed and drained, and the account is made (account.py): every summary cell is what SQL says,
the ledger adds up, each bad message is a dead letter, and no worker ended of anything but what was done to it.

Every run is a process of its own; so many at a time as GENTALLY_CHAOS_JOBS says. GENTALLY_CHAOS_ROUNDS repeats them all
with new traffic and new schedules; GENTALLY_CHAOS_TIMES multiplies how often a fault strikes in one run.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

import harness  # noqa: E402
from field import SESSION_TIMEOUT_MS, TAKEOVER_MS, Field, middle  # noqa: E402
from harness import check, note, wait_until  # noqa: E402
from pair import Pair  # noqa: E402

JOBS = int(os.environ.get("GENTALLY_CHAOS_JOBS", "2"))
ROUNDS = int(os.environ.get("GENTALLY_CHAOS_ROUNDS", "1"))


def chance():
    """A run's own schedule: by the seed of the session, the nemesis and the round."""
    return random.Random(os.environ["GENTALLY_CHAOS_SCHEDULE"])


# --- Workers ---


def test_killed(world):
    """SIGKILL, and its partitions are counted again by others within the session's timeout and two seconds."""
    world.start_redis()
    field = Field(world, chance())
    field.open(workers=3)
    for _ in range(2):
        owners = field.owners()
        victim = field.chance.choice([worker for worker, partitions in owners.items() if partitions])
        field.pause(0, 1)
        begin = time.monotonic()
        field.kill(victim)
        before = field.standings()
        is_replaced_at_once = field.chance.random() < 0.5
        if is_replaced_at_once:
            field.start_worker()
        field.recovered(field.taken_over(owners[victim], before, begin))
        if not is_replaced_at_once:
            field.start_worker()
        field.injected += 1
    field.finish()
    field.no_slower_than(SESSION_TIMEOUT_MS + TAKEOVER_MS)


def test_paused(world):
    """SIGSTOP beyond the session's timeout, then SIGCONT: a zombie that wakes up with counts it may not keep."""
    world.start_redis()
    field = Field(world, chance())
    field.open(workers=3)
    fenced = 0
    for _ in range(2):
        owners = field.owners()
        victim = field.chance.choice([worker for worker, partitions in owners.items() if partitions])
        field.pause(0, 1)
        begin = time.monotonic()
        victim.signal(signal.SIGSTOP)
        field.recovered(field.taken_over(owners[victim], field.standings(), begin))
        said = len(victim.log)
        field.pause(0, 1)
        victim.signal(signal.SIGCONT)
        wait_until(lambda: "WORKER-LOST" in victim.log[said:] or "STORE-FENCED" in victim.log[said:], 30,
                   f"the zombie to learn that it lost its partitions\n{harness.tail(victim.log)}")
        fenced += victim.log[said:].count("STORE-FENCED")
        field.injected += 1
    field.owners()
    field.extra["fenced flushes"] = fenced
    field.finish()
    field.no_slower_than(SESSION_TIMEOUT_MS + TAKEOVER_MS)


# --- Between worker and Redis ---


def test_lost_replies(world):
    """A connection to Redis ends within a reply, so the worker cannot know whether its flush was applied."""
    world.start_redis()
    field = Field(world, chance())
    field.open(workers=2)
    for _ in range(30):
        struck = field.proxy.struck
        field.proxy.cut_reply(int(2 ** field.chance.uniform(0, 15)))
        wait_until(lambda: field.proxy.struck > struck, 30, "a reply to be cut")
        field.recovered(field.progress("counting after a lost reply"))
        field.injected += 1
    field.finish()


# --- Redis ---


def test_failover(world):
    """The primary acknowledges what the replica never hears of; then the replica is promoted."""
    pair = Pair(world)
    field = Field(world, chance())
    field.open(workers=3)
    lost = []
    for _ in range(4):
        pair.isolate()
        field.progress("writes that the replica does not get")
        field.pause(0, 1.5)
        field.proxy.refuse()
        before = [place for place, _ in field.standings()]
        begin = time.monotonic()
        pair.promote()
        after = [place for place, _ in field.standings()]
        lost.append(sum(old - new for old, new in zip(before, after)))
        check(lost[-1] > 0, "no write was lost: the fault was none", before, after)
        field.proxy.lead_to(pair.primary.port)
        pair.heal()
        field.progress("what was lost to be counted again", beyond=sum(before))
        field.recovered((time.monotonic() - begin) * 1000)
        field.injected += 1
    field.extra["records rolled back"] = sum(lost)
    field.finish()


# --- Running ---


def run_one(name):
    """The process of one run."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit({"passed": 0, "skipped": 77, "failed": 1}[harness._run_one("chaos", name, globals()[name])])


class Run:
    def __init__(self, name, round_number, seed):
        self.name, self.round = name, round_number
        self.output = tempfile.TemporaryFile("w+")
        environment = {**os.environ, "GENTALLY_CHAOS_SCHEDULE": f"{seed}/{name}/{round_number}"}
        self.process = subprocess.Popen([sys.executable, "-B", __file__, "--one", name], env=environment,
                                        stdout=self.output, stderr=subprocess.STDOUT)

    def text(self):
        self.output.seek(0)
        return self.output.read()


def report(name, runs):
    """The row of one nemesis, over all its rounds."""
    figures = [json.loads(line[len("figures: "):]) for run in runs for line in run.text().splitlines()
               if line.startswith("figures: ")]
    recoveries = [took for one in figures for took in one["recoveries_ms"]]
    extra = {}
    for one in figures:
        for what, count in one["extra"].items():
            extra[what] = extra.get(what, 0) + count
    times = f"{middle(recoveries) / 1000:.2f} | {max(recoveries) / 1000:.2f}" if recoveries else "- | -"
    total = {key: sum(one[key] for one in figures) for key in ("injected", "events", "lost", "doubled")}
    note(f"| {name} | {total['injected']} | {total['events']} | {total['lost']} | {total['doubled']} | {times} | "
         + ", ".join(f"{count} {what}" for what, count in sorted(extra.items())) + " |")


def main():
    seed = int(os.environ.get("GENTALLY_SEED") or random.SystemRandom().randrange(1 << 32))
    note(f"seed {seed} (repeat with GENTALLY_SEED)")
    names = [name for name in globals() if name.startswith("test_") and harness._fits(name)]
    waiting = [(name, number) for number in range(ROUNDS) for name in names]
    running, done = [], []

    def stop(*_):
        for run in running:
            run.process.terminate()
        for run in running:
            run.process.wait()
        sys.exit(143)

    signal.signal(signal.SIGTERM, stop)
    while waiting or running:
        while waiting and len(running) < JOBS:
            running.append(Run(*waiting.pop(0), seed))
        for run in [run for run in running if run.process.poll() is not None]:
            running.remove(run)
            done.append(run)
            print(run.text(), end="", flush=True)
        time.sleep(0.05)
    note("| nemesis | injected | events in | lost | doubled | recovery median, s | max, s | |")
    for name in names:
        report(name.removeprefix("test_").replace("_", " "), [run for run in done if run.name == name])
    statuses = [run.process.returncode for run in done]
    failed = sum(status not in (0, 77) for status in statuses)
    if statuses and all(status == 77 for status in statuses):
        sys.exit(77)
    print(f"chaos: {statuses.count(0)} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        run_one(sys.argv[2])
    if "GENTALLY_TEST_KAFKA" not in os.environ:
        print("SKIP chaos: GENTALLY_TEST_KAFKA is not set: tests/run starts a broker", flush=True)
        sys.exit(77)
    main()
