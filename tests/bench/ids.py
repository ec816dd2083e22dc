"""What remembering ids costs: bytes in Redis per id, and the rate, against counting without.

The same topic as pipeline.py's, each id once, in turns with `ids` off, dedup and amend. Memory is Redis's own
used_memory after the drain, less what it is without ids.
"""

import os
import re
import statistics

os.environ.setdefault("GENTALLY_EVENTS", "1000000")  # not pipeline.py's many: Redis holds them all

from pipeline import EVENTS, fill, prepare, work  # noqa: E402
from harness import check, main, note  # noqa: E402

TURNS = int(os.environ.get("GENTALLY_TURNS", "3"))
MODES = ("off", "dedup", "amend")


def measure(world, mode, turn):
    """Bytes in Redis, events per second and processor time of a worker that begins from nothing."""
    world.redis.command("FLUSHALL")
    world.settings["GENTALLY_IDS"] = mode
    rate, cpu_us, _ = work(world, f"{mode}-{turn}")
    memory = re.search(r"used_memory:(\d+)", world.redis.command("INFO", "memory").decode())
    return int(memory[1]), rate, cpu_us


def test_what_ids_cost(world):
    prepare(world)
    fill(world)
    runs = [{mode: measure(world, mode, turn) for mode in MODES} for turn in range(TURNS)]
    bytes_off, rate_off = (statistics.median(run["off"][i] for run in runs) for i in (0, 1))
    for mode in MODES:
        memory, rate, cpu_us = (statistics.median(run[mode][i] for run in runs) for i in range(3))
        an_id = (memory - bytes_off) / EVENTS
        note(
            f"ids={mode}: {an_id:.0f} bytes an id, {rate:,.0f} events/s ({rate / rate_off:.2f} of off), "
            f"{cpu_us:.2f} us of processor time an event"
        )
        check(mode == "off" or 40 < an_id < 400, f"{an_id:.0f} bytes an id: another order of magnitude than is stated")


if __name__ == "__main__":
    main(__file__, globals())
