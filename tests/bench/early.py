"""What open windows cost, published while a worker runs: processor time of worker and Redis with and without, in turns.

100,000 cells stand in the open windows of 12 partitions, and one in a hundred changes from one publishing to the next.
By default an interval of six seconds stands for the minute that is usual (GENTALLY_EARLY_SCALE=1 takes the minute
itself): what is spent an interval is the same, so a tenth of the share is what it would be of a core.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from harness import check, equal, main, note, wait_until  # noqa: E402

CELLS = int(os.environ.get("GENTALLY_EARLY_CELLS", "100000"))
SCALE = int(os.environ.get("GENTALLY_EARLY_SCALE", "10"))
TURNS = int(os.environ.get("GENTALLY_TURNS", "3"))
INTERVALS = 5  # that are measured
INTERVAL_MS = 60000 // SCALE
SHARE_MAX = 0.10  # of one core
PARTITIONS = 12
MODELS = CELLS // 8  # each has a row by model and one by provider in each of four windows, in one partition
CHANGING = MODELS // 100
TICKS = os.sysconf("SC_CLK_TCK")
EVENT = {
    "created_at": int(time.time()) // 3600 * 3600000,  # no later one comes: no window closes
    "provider": "bench",
    "tokens_prompt": 100,
    "tokens_completion": 50,
    "latency_ms": 700,
}


def lines(first, models):
    """An event of each of these models."""
    return b"".join(
        json.dumps({**EVENT, "id": str(first + i), "model": f"bench/model-{model}"}).encode() + b"\n"
        for i, model in enumerate(models)
    )


def processor_seconds(process):
    """Of all its threads, until now."""
    fields = Path(f"/proc/{process.process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def published(worker):
    """Windows it has told, by its own word, which comes every ten seconds."""
    found = re.findall(r"windows_published=(\d+)", worker.log)
    return int(found[-1]) if found else 0


class Changes:
    """One in a hundred cells, anew in each interval, evenly over it."""

    def __init__(self, world):
        self.producer = world.start("produce", stdin=subprocess.PIPE)
        self.is_over = threading.Event()
        self.count = MODELS
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.is_over.wait(INTERVAL_MS / 1000 / CHANGING):
            self.producer.process.stdin.write(lines(self.count, [self.count * 7919 % MODELS]))
            self.producer.process.stdin.flush()
            self.count += 1

    def stop(self):
        if not self.is_over.is_set():
            self.is_over.set()
            self.thread.join()
            self.producer.process.stdin.close()
            self.producer.succeed(30)


def turn(world, interval_ms):
    """Processor seconds a second of worker and of Redis, once the first publishing, which is of all rows, is over."""
    worker = world.start("worker", GENTALLY_EARLY_EMIT_INTERVAL_MS=interval_ms)
    changes = world.own(Changes(world))
    worker.says("WORKER-ASSIGNED")
    if interval_ms > 0:
        wait_until(lambda: published(worker) >= 8, 120, "every window to be told twice")
    else:
        wait_until(lambda: "since_last" in worker.log.partition("CLOSER-OPENED")[2], 60, "the worker to be at work")
    begun = time.monotonic()
    before = [processor_seconds(process) for process in (worker, world.redis.process)]
    told = published(worker)
    time.sleep(INTERVALS * INTERVAL_MS / 1000)  # what is measured is a span of time
    span = time.monotonic() - begun
    shares = [
        (processor_seconds(process) - was) / span
        for process, was in zip((worker, world.redis.process), before, strict=True)
    ]
    check(worker.is_running(), "the worker ended")
    changes.stop()
    worker.end()
    equal(worker.process.returncode, 0, "exit status of the worker")
    newly = published(worker) - told
    fewest = 4 * (INTERVALS - 2) if interval_ms > 0 else 0  # its word is up to ten seconds old
    check(fewest <= newly <= (4 * (INTERVALS + 4) if interval_ms > 0 else 0), f"{newly} windows were told meanwhile")
    return shares


def cells(world):
    """Cells in all windows of all partitions."""
    keys = world.redis.command("KEYS", f"{world.namespace}:*:[hdwm][oae]*:*")
    kinds = [key for key in keys if re.search(rb":(hour|day|week|month):\d+$", key)]
    return sum(world.redis.pipeline([("HLEN", key) for key in kinds]))


def test_open_windows_are_cheap(world):
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    path = world.folder / "events.jsonl"
    path.write_bytes(lines(0, range(MODELS)))
    world.produce(path)
    world.run("worker", "--drain")
    count = cells(world)
    check(0.99 * CELLS <= count <= 1.05 * CELLS, f"{count} cells are not {CELLS}")
    pairs = []
    for number in range(TURNS):
        pair = turn(world, 0), turn(world, INTERVAL_MS)
        pairs.append(pair)
        (worker_off, redis_off), (worker_on, redis_on) = pair
        print(
            f"pair {number}: worker {worker_off:.4f} and {worker_on:.4f} of a core, "
            f"Redis {redis_off:.4f} and {redis_on:.4f}",
            flush=True,
        )
    worker, redis = (statistics.median(on[i] - off[i] for off, on in pairs) / SCALE for i in (0, 1))
    note(
        f"early panes of {count} cells, 1 % of them changing an interval: {worker:.2%} of a core in the worker, "
        f"{redis:.2%} in Redis (medians of {TURNS} pairs; intervals of {INTERVAL_MS} ms, told for 60 s; at most "
        f"{SHARE_MAX:.0%})"
    )
    check(worker <= SHARE_MAX and redis <= SHARE_MAX, f"worker {worker:.2%}, Redis {redis:.2%}")


if __name__ == "__main__":
    main(__file__, globals())
