"""The whole pipeline against a loop that only consumes and drops, on one broker, one topic and one processor.

Eight million events of one hour in twelve partitions: what the platform of the study sees in an hour. In
turns, five times: `gentally worker --drain` into a namespace of its own, and the bare batch loop of consume_bench over
the same topic with the same settings of librdkafka. Broker and Redis have processor 0, what is measured has processor
1. A worker's rate is from its first fold to its last flush.
"""

import os
import re
import resource
import secrets
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from harness import BINARY, DEMO, Process, check, main, note  # noqa: E402

EVENTS = int(os.environ.get("GENTALLY_EVENTS", "8000000"))
PAIRS = int(os.environ.get("GENTALLY_PAIRS", "5"))
PARTITIONS = 12
RATIO_MIN = 0.5
LOOP = str(Path(BINARY).with_name("consume_bench"))
PIN = ["taskset", "-c", "1"] if os.cpu_count() > 1 else []


def fill(world):
    environment = world.environment()
    with subprocess.Popen(
        [DEMO, "generate", "--events", str(EVENTS), "--from", "2025-11-17T10:00:00Z", "--to", "2025-11-17T11:00:00Z"],
        env=environment,
        stdout=subprocess.PIPE,
    ) as lines:
        world.run("produce", stdin=lines.stdout, seconds=300)
    check(lines.returncode == 0, "generate failed")


def measure(world, name, arguments, environment):
    """Runs it to its end; returns the process and its processor time, all of it, in microseconds per event."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = world.own(Process(name, PIN + arguments, environment, world.folder)).succeed(300)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6 / EVENTS


def prepare(world):
    """Redis on the broker's processor, the topic, and the settings of all workers."""
    os.sched_setaffinity(world.start_redis().process.process.pid, {0})
    world.settings["GENTALLY_ACCOUNT_KEY"] = secrets.token_hex(32)
    # No window closes before all is counted: when it would depends on which partition is read first.
    world.settings["GENTALLY_OUT_OF_ORDERNESS_MS"] = 86400000
    world.run("setup", "--partitions", PARTITIONS)


def work(world, turn, before=None):
    """A worker that begins from nothing: events per second, and processor time: while counting, and in all. `before` is
    done between its setup and its start."""
    name = f"{world.namespace}-{turn}"
    settings = {"GENTALLY_NAMESPACE": name, "GENTALLY_GROUP": name}
    world.run("setup", **settings)
    if before:
        before()
    worker, all_cpu_us = measure(world, f"worker-{turn}", [BINARY, "worker", "--drain"], world.environment(**settings))
    drained = re.search(r"WORKER-DRAINED.*records=(\d+) counting_ms=(\d+) cpu_ms=(\d+)", worker.log)
    check(drained and int(drained[1]) == EVENTS, f"the worker counted {drained and drained[1]} of {EVENTS} events")
    return EVENTS * 1000 / int(drained[2]), int(drained[3]) * 1000 / EVENTS, all_cpu_us


def drop(world, turn):
    """The same of the loop that only consumes."""
    environment = {**os.environ, "GENTALLY_TEST_KAFKA": world.kafka}
    loop, cpu_us = measure(world, f"loop-{turn}", [LOOP, str(EVENTS), world.topic], environment)
    dropped = re.search(r"dropped (\d+) records in (\d+) ms", loop.out)
    return int(dropped[1]) * 1000 / int(dropped[2]), cpu_us, cpu_us


def test_pipeline_against_bare_loop(world):
    prepare(world)
    fill(world)
    pairs = []
    for turn in range(PAIRS):
        pairs.append((work(world, turn), drop(world, turn)))
        (rate, cpu_us, _), (loop_rate, loop_cpu_us, _) = pairs[-1]
        print(
            f"pair {turn}: worker {rate:,.0f}/s {cpu_us:.2f} us, loop {loop_rate:,.0f}/s {loop_cpu_us:.2f} us, "
            f"ratio {rate / loop_rate:.3f}",
            flush=True,
        )
        world.redis.command("FLUSHALL")
    for name, side in (("worker", 0), ("bare loop", 1)):
        rate, cpu_us, all_cpu_us = (statistics.median(pair[side][i] for pair in pairs) for i in range(3))
        note(
            f"{name}: {rate:,.0f} events/s, {cpu_us:.2f} us of processor time an event, "
            f"{all_cpu_us:.2f} with starting and closing"
        )
    ratios = [worker[0] / loop[0] for worker, loop in pairs]
    ratio = statistics.median(ratios)
    cpu_ratio = statistics.median(loop[1] / worker[1] for worker, loop in pairs)
    note(f"processor time, bare loop : worker: {cpu_ratio:.3f}; it depends less on what else the machine does")
    note(
        f"pipeline ratio {ratio:.3f} (median of {PAIRS}; {min(ratios):.3f} to {max(ratios):.3f}; at least {RATIO_MIN})"
    )
    check(ratio >= RATIO_MIN, f"the pipeline has {ratio:.3f} of the bare loop's rate, less than {RATIO_MIN}")


if __name__ == "__main__":
    main(__file__, globals())
