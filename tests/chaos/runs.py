"""Runs nemeses as processes of their own, some at a time, and adds up what they report."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

import harness
from field import middle
from harness import note

JOBS = int(os.environ.get("GENTALLY_CHAOS_JOBS", "2"))
ROUNDS = int(os.environ.get("GENTALLY_CHAOS_ROUNDS", "1"))
ONLY = os.environ.get("GENTALLY_CHAOS_ONLY", "")  # a pattern, as one on the command line


def chance():
    """A run's own schedule: by the seed of the session, the nemesis and the round."""
    return random.Random(os.environ["GENTALLY_CHAOS_SCHEDULE"])


def run_one(name, function):
    """The process of one run."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit({"passed": 0, "skipped": 77, "failed": 1}[harness._run_one("chaos", name, function)])


class Run:
    def __init__(self, path, name, round_number, seed):
        self.name = name
        self.output = tempfile.TemporaryFile("w+")
        environment = {**os.environ, "GENTALLY_CHAOS_SCHEDULE": f"{seed}/{name}/{round_number}"}
        self.process = subprocess.Popen(
            [sys.executable, "-B", path, "--one", name],
            env=environment,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.text = None

    def is_over(self):
        if self.process.poll() is None:
            return False
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # what a run that crashed has left behind
        except ProcessLookupError:
            pass
        self.output.seek(0)
        self.text = self.output.read()
        self.output.close()
        return True


def report(name, runs):
    """The row of one nemesis, over all its rounds."""
    figures = [
        json.loads(line[len("figures: ") :])
        for run in runs
        for line in run.text.splitlines()
        if line.startswith("figures: ")
    ]
    recoveries = [took for one in figures for took in one["recoveries_ms"]]
    extra = {}
    for one in figures:
        for what, count in one["extra"].items():
            extra[what] = extra.get(what, 0) + count
    times = f"{middle(recoveries) / 1000:.2f} | {max(recoveries) / 1000:.2f}" if recoveries else "- | -"
    total = {key: sum(one[key] for one in figures) for key in ("injected", "events", "lost", "doubled")}
    note(
        f"| {name} | {total['injected']} | {total['events']} | {total['lost']} | {total['doubled']} | {times} | "
        + ", ".join(f"{count} {what}" for what, count in sorted(extra.items()))
        + " |"
    )


def run_all(path, nemeses):
    seed = int(os.environ.get("GENTALLY_SEED") or random.SystemRandom().randrange(1 << 32))
    note(f"seed {seed} (repeat with GENTALLY_SEED)")
    names = [name for name in nemeses if harness._fits(name) and re.search(ONLY, name)]
    waiting = [(name, number) for number in range(ROUNDS) for name in names]
    running, done = [], []

    def stop(*_):
        for run in running:
            run.process.terminate()
        for run in running:
            run.process.wait()
        sys.exit(143)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while waiting or running:
        while waiting and len(running) < JOBS:
            running.append(Run(path, *waiting.pop(0), seed))
        for run in [run for run in running if run.is_over()]:
            running.remove(run)
            done.append(run)
            print(run.text, end="", flush=True)
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


def main(path, names):
    nemeses = {name: value for name, value in names.items() if name.startswith("test_")}
    if sys.argv[1:2] == ["--one"]:
        run_one(sys.argv[2], nemeses[sys.argv[2]])
    for binary in (harness.BINARY, harness.DEMO):
        if not os.access(binary, os.X_OK):
            print(f"{binary} is missing: build it first", flush=True)
            sys.exit(1)
    if "GENTALLY_TEST_KAFKA" not in os.environ:
        print("SKIP chaos: GENTALLY_TEST_KAFKA is not set: tests/run starts a broker", flush=True)
        sys.exit(77)
    run_all(path, nemeses)
