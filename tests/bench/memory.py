"""What a worker takes of memory, and its rate, while it catches up: with the depths of queue given, in turns.

GENTALLY_DEPTHS names them, as queued.max.messages.kbytes:queued.min.messages:fetch.max.bytes:fetch.message.max.bytes,
fewer from the right, beside the default, and
GENTALLY_OTHER_BINARY a second `gentally` to be compared with; GENTALLY_ROUNDS is how often each has its turn,
GENTALLY_EVENTS how many records of the stream's own size (some 130 bytes) wait in the topic; of records padded to a
kilobyte it is a quarter. Peak is VmHWM, to its end; the rate is from the first fold to the last flush.
"""

import json
import os
import random
import re
import secrets
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from harness import DEMO, Process, check, main, note, wait_until  # noqa: E402

EVENTS = int(os.environ.get("GENTALLY_EVENTS", "2000000"))
ROUNDS = int(os.environ.get("GENTALLY_ROUNDS", "3"))
DEPTHS = [""] + [depth for depth in os.environ.get("GENTALLY_DEPTHS", "").split(",") if depth]
OTHER = os.environ.get("GENTALLY_OTHER_BINARY")
PROPERTIES = [
    f"GENTALLY_KAFKA_{name}"
    for name in ("QUEUED_MAX_MESSAGES_KBYTES", "QUEUED_MIN_MESSAGES", "FETCH_MAX_BYTES", "FETCH_MESSAGE_MAX_BYTES")
]
WIDE = {"id": 250, "app": 250}


def lines_of(world, events):
    path = world.folder / "events.jsonl"
    with open(path, "wb") as out:
        span = ["--from", "2025-11-17T10:00:00Z", "--to", "2025-11-17T11:00:00Z"]
        command = [DEMO, "generate", "--events", str(events), *span]
        subprocess.run(command, env=world.environment(), stdout=out, check=True)
    return path


def widen(path):
    """The same events, a kilobyte each."""
    wide, dice = path.with_suffix(".wide"), random.Random(1)
    with open(path) as lines, open(wide, "w") as out:
        for line in lines:
            event = json.loads(line)
            for field, size in WIDE.items():
                event[field] = event.get(field, "") + dice.randbytes(size).hex()[: size - len(event.get(field, ""))]
            out.write(json.dumps(event) + "\n")
    return wide


def peak_kb(process):
    try:
        status = Path(f"/proc/{process.process.pid}/status").read_text()
    except FileNotFoundError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) if found else 0


def start(world, turn, depth, settings):
    if depth != "other":
        return world.start("worker", "--drain", **settings)
    return world.own(
        Process(f"other-{turn}", [OTHER, "worker", "--drain"], world.environment(**settings), world.folder)
    )


def work(world, turn, depth, events):
    """A worker that begins from nothing: events per second and MiB at the peak."""
    name = f"{world.namespace}-{turn}"
    settings = {"GENTALLY_NAMESPACE": name, "GENTALLY_GROUP": name}
    if ":" in depth:
        settings |= dict(zip(PROPERTIES, depth.split(":")))
    world.run("setup", **settings)
    worker, peaks = start(world, turn, depth, settings), [0]

    def is_over():
        peaks.append(max(peaks[-1], peak_kb(worker)))
        return not worker.is_running()

    wait_until(is_over, 600, "the worker to end")
    worker.succeed(1)
    drained = re.search(r"WORKER-DRAINED.*records=(\d+) counting_ms=(\d+) cpu_ms=(\d+)", worker.log)
    check(drained and int(drained[1]) == events, f"the worker counted {drained and drained[1]} of {events} events")
    world.redis.command("FLUSHALL")
    return events * 1000 / int(drained[2]), peaks[-1] / 1024, int(drained[3]) * 1000 / events


def measure(world, partitions, is_wide):
    world.start_redis()
    world.settings["GENTALLY_ACCOUNT_KEY"] = secrets.token_hex(32)
    world.settings["GENTALLY_RETENTION"] = "off"
    world.settings["GENTALLY_OUT_OF_ORDERNESS_MS"] = 86400000
    world.run("setup", "--partitions", partitions)
    events = EVENTS // 4 if is_wide else EVENTS
    path = lines_of(world, events)
    world.produce(widen(path) if is_wide else path)
    results = {depth: [] for depth in DEPTHS + ["other"] * bool(OTHER)}
    for turn in range(ROUNDS):
        for at, depth in enumerate(results):
            results[depth].append(work(world, f"{turn}-{at}", depth, events))
    for depth, runs in results.items():
        rates, peaks, cpus = zip(*runs)
        note(
            f"{partitions} partitions, {'1 kB' if is_wide else '130 bytes'}, {depth or 'default'}: "
            f"{statistics.median(rates):,.0f}/s ({min(rates):,.0f} to {max(rates):,.0f}), "
            f"{statistics.median(cpus):.2f} us, peak {max(peaks):.0f} MiB"
        )


def test_one_narrow(world):
    measure(world, 1, False)


def test_twelve_narrow(world):
    measure(world, 12, False)


def test_one_wide(world):
    measure(world, 1, True)


def test_twelve_wide(world):
    measure(world, 12, True)


if __name__ == "__main__":
    main(__file__, globals())
