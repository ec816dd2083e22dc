"""The account after a run: every cell, the ledger, the dead letters and the store, each against what was produced."""

import subprocess

from bad_input import check_letter, dead_letters
from harness import ACCOUNT_KEY, BINARY, check, equal
from oracle import ROLLUPS, WINDOWS, Oracle
from retained import compare_retention, rows_by_month
from topics import OUTCOMES, newest, read_topic


TRAFFIC_MS = 1_757_894_400_000  # 2025-09-15: windows that begin before are not of the traffic


def of_traffic(records):
    return {key: record for key, record in records.items() if record["window_start"] >= TRAFFIC_MS}


def settle(world, lines, poison, partitions, unreadable, is_verified, strange):
    """`poison` is {place: (key, value, reasons)}, `unreadable` {place: last offset}, `strange` a number of events in
    windows before the traffic. Fails at the first thing that is not exact; returns figures for the report, which are
    computed before that."""
    oracle = Oracle(lines, ACCOUNT_KEY)
    summaries = {}
    for rollup in ROLLUPS:
        summaries.update(of_traffic(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}"))))
    lost, doubled = _misses(oracle, summaries)
    cells, differing, shown = oracle.differences(summaries)
    check(
        lost == 0 and doubled == 0 and differing == 0,
        f"lost {lost}, doubled {doubled}, {differing} of {cells} cells differ",
        *shown,
    )
    check(cells > 1000, f"only {cells} cells: too few to prove anything")
    compare_retention(world, oracle, 100)
    _check_ledger(world, oracle, summaries, len(poison) + sum(last - at[1] + 1 for at, last in unreadable.items()))
    _check_letters(world, poison, unreadable)
    _check_store(world, oracle, partitions)
    if is_verified:
        _verify(world)
    return {
        "events": len(lines) + len(poison) + strange + len(unreadable),
        "lost": lost,
        "doubled": doubled,
        "cells": cells,
    }


def _misses(oracle, summaries):
    """Events that are missing in their hour, and events that are too many there."""
    want = oracle.events_of("hour")
    got = {
        record["window_start"]: record["requests"]
        for record in summaries.values()
        if record["breakdown"] == "total" and record["granularity"] == "hour"
    }
    delta = [got.get(start, 0) - want.get(start, 0) for start in want.keys() | got.keys()]
    return -sum(n for n in delta if n < 0), sum(n for n in delta if n > 0)


def _check_ledger(world, oracle, summaries, poison):
    messages = [
        message for message in read_topic(world.kafka, f"{world.namespace}.ledger") if message.value() != b"hello"
    ]
    ledger = of_traffic(newest(messages))
    rows = {}
    for record in summaries.values():
        window = record["granularity"], record["window_start"]
        rows[window] = rows.get(window, 0) + 1
    for start, count in rows_by_month(world).items():
        rows["month", start] += count
    for window in WINDOWS:
        got = {entry["window_start"]: entry["revision"] for entry in ledger.values() if entry["granularity"] == window}
        equal(got, oracle.events_of(window), f"the newest revision of each {window} against the events in it")
    most_letters = 0
    for key, entry in ledger.items():
        equal(entry["summaries"], rows[entry["granularity"], entry["window_start"]], f"{key}: rows emitted")
        equal(sum(part["records"] for part in entry["partitions"]), entry["revision"], f"{key}: records")
        for part in entry["partitions"]:
            outcomes = [part[name] for name in OUTCOMES]
            equal(part["consumed"], sum(outcomes), f"{key}: consumed, of partition {part['input_partition']}")
            equal(part["consumed"], part["next_offset"] - part["first_offset"], f"{key}: the offset range")
        most_letters = max(most_letters, sum(part["dead_lettered"] for part in entry["partitions"]))
    check(most_letters <= poison, f"the ledger has {most_letters} dead letters, there were {poison} bad messages")


def _check_letters(world, poison, unreadable):
    """One by one: each bad message is there as it was, and no good one. A letter may have been sent twice."""
    letters = dead_letters(world)
    for place, last in unreadable.items():
        check(place in letters, f"the batch that cannot be read at {place} is not in the dead-letter topic")
        _, headers = letters.pop(place)
        equal(headers["gentally.reason"], b"SOURCE-UNREADABLE", f"the reason of the letter at {place}")
        equal(int(headers["gentally.last-offset"]), last, f"the last offset of the letter at {place}")
    strangers = letters.keys() - poison.keys()
    check(
        not strangers,
        f"{len(strangers)} dead letters of good messages",
        *[letters[place][1] for place in list(strangers)[:3]],
    )
    for place, (key, value, reasons) in poison.items():
        check(place in letters, f"{value!r:.80} ({reasons}) at {place} is not in the dead-letter topic")
        check_letter(world, place, letters[place], key, value, reasons)


def _check_store(world, oracle, partitions):
    """The counters themselves: days, weeks and months, which are all kept still."""
    world.apply()
    counted = {window: {} for window in WINDOWS}
    for partition in range(partitions):
        prefix = f"{world.namespace}:{{{world.topic}:{partition}}}"
        flat = world.redis.command("HGETALL", f"{prefix}:windows")
        for name, records in zip(flat[::2], flat[1::2]):
            kind, start = name.decode().split(":")
            if int(start) < TRAFFIC_MS:
                continue
            window = f"{prefix}:{kind}:{start}"
            equal(world.redis.command("HGET", window, "__n"), records, f"{window}: torn, or not")
            words = dict(word.split("=") for word in _total(world, window).split())
            equal(int(words["requests"]), int(records), f"{window}: requests against records")
            counted[kind][int(start)] = counted[kind].get(int(start), 0) + int(records)
    for kind in ("day", "week", "month"):
        equal(counted[kind], oracle.events_of(kind), f"the store's {kind}s against the events in them")


def _total(world, window):
    reply = world.redis.command("FCALL_RO", "gentally_2_read", 1, window, "total")
    check(isinstance(reply, list) and len(reply) == 2, f"{window} has no row of totals: {reply}")
    return reply[1].decode()


def _verify(world):
    """The ledger's own auditor, where the binary has one."""
    commands = subprocess.run([BINARY, "help"], capture_output=True, text=True, check=False).stdout
    if any(line.split()[:1] == ["verify"] for line in commands.splitlines()):
        verify = world.start("verify", "--show", 10)
        equal(verify.wait(120), 0, f"exit status of verify; it said {verify.out}\n{verify.log}")
