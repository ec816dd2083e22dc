"""What exactness costs: the worker with the fence, and the same worker over functions that check nothing.

The same topic as pipeline.py's, in turns. Without the fence, `gentally setup`'s functions are replaced by the same ones
whose checks return at once: no incarnation, no token, no offset, no taint, no torn window, no floor. What is left is
what any worker must do: append, read cells, add, write them and the offset.
"""

import statistics
from pathlib import Path

from pipeline import EVENTS, PAIRS, PARTITIONS, fill, prepare, work
from harness import check, main, note

LIBRARY = Path(__file__).resolve().parents[2] / "schemas" / "store.lua"
RATIO_MIN = 0.97
NOT_FORBIDDEN = (
    "  do return nil, redis.call('HGET', KEYS[2], name) or '0',\n"
    "            redis.call('HGET', behind_of(KEYS[1]), name) ~= false end\n"
)
# After which line a function returns, and what.
OPENED = {
    "local function refusal(meta)\n": "  do return nil end\n",
    "local function fence(meta, inc, tok, expect)\n": "  do return nil end\n",
    "local function forbidden(KEYS, i, name, kind, start)\n": NOT_FORBIDDEN,
}


def unfenced():
    text = LIBRARY.read_text()
    for line, answer in OPENED.items():
        check(text.count(line) == 1, f"{LIBRARY.name} has no line {line!r}")
        text = text.replace(line, line + answer)
    return text


def test_the_price_of_the_fence(world):
    prepare(world)
    fill(world)
    library = unfenced()
    pairs = []
    for turn in range(PAIRS):
        fenced = work(world, f"fenced-{turn}")
        world.redis.command("FLUSHALL")
        free = work(world, f"free-{turn}", lambda: world.redis.command("FUNCTION", "LOAD", "REPLACE", library))
        world.redis.command("FLUSHALL")
        world.redis.command("FUNCTION", "FLUSH")
        pairs.append((fenced, free))
        print(
            f"pair {turn}: fenced {fenced[0]:,.0f}/s, not fenced {free[0]:,.0f}/s, ratio {fenced[0] / free[0]:.3f}",
            flush=True,
        )
    ratios = [fenced[0] / free[0] for fenced, free in pairs]
    ratio = statistics.median(ratios)
    note(
        f"fence: {ratio:.3f} of the rate without (median of {PAIRS}; {min(ratios):.3f} to {max(ratios):.3f}; "
        f"at least {RATIO_MIN}), {PARTITIONS} partitions, {EVENTS} events"
    )
    check(ratio >= RATIO_MIN, f"exactness costs more than {1 - RATIO_MIN:.2f}: {ratio:.3f}")


if __name__ == "__main__":
    main(__file__, globals())
