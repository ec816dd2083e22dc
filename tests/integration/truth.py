"""Every cell of every rollup and window, all measures, against SQL over the same JSON lines: zero differences.

Once as the events come, once shuffled within the allowed out-of-orderness, once with the worker killed on the way.
"""

import functools
import json
import os
import subprocess
import time

from harness import ACCOUNT_KEY, check, equal, main, note, seeded, tail, wait_until
from oracle import ROLLUPS, WINDOWS, Oracle, milliseconds, rollups_text
from retained import compare_retention, rows_by_month
from topics import OUTCOMES, newest, read_topic

EVENTS = int(os.environ.get("GENTALLY_TRUTH_EVENTS", "200000"))
PARTITIONS = 12
OUT_OF_ORDERNESS_MS = 300_000  # the default
KILLS = 3
ALL_ROLLUPS = {**ROLLUPS, "app": ("app",)}


@functools.lru_cache(maxsize=1)
def the_truth(generated):
    """SQL's answer for these lines: the same for all tests, since no order may show."""
    return Oracle(generated, ACCOUNT_KEY, rollups=ALL_ROLLUPS)


def prepare(world):
    """Servers, topics, the key; returns the generated lines."""
    world.start_redis()
    world.count_accounts()
    world.settings["GENTALLY_ROLLUPS"] = rollups_text(ALL_ROLLUPS)
    world.run("setup", "--partitions", PARTITIONS)
    generated = world.run("generate", "--events", EVENTS, "--seed", 20251124).out.splitlines()
    equal(len(generated), EVENTS, "generated events")
    return tuple(generated)


def write(world, lines):
    path = world.folder / "events.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    return path


def compare(world, oracle):
    """The topics against SQL, as a foreign reader sees them."""
    summaries = {}
    for rollup in ALL_ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = oracle.differences(summaries)
    note(f"cells compared {cells}, differences {differing}")
    check(cells > 10_000, f"only {cells} cells: too few to prove anything")
    for where in ("app IS NOT NULL", "tokens_cache_write", "gateway_cache_hits", "tokens_unknown", "cost_unknown"):
        (some,) = oracle.db.execute(f"SELECT count(*) FROM expected WHERE {where}").fetchone()
        check(some > 100, f"only {some} cells of {where}")
    check(differing == 0, f"{differing} of {cells} cells differ", *shown)
    compare_retention(world, oracle, 100)
    compare_ledger(world, oracle, summaries)


def compare_ledger(world, oracle, summaries):
    ledger = newest(read_topic(world.kafka, f"{world.namespace}.ledger"))
    rows = {}
    for record in summaries.values():
        window = record["granularity"], record["window_start"]
        rows[window] = rows.get(window, 0) + 1
    for start, count in rows_by_month(world).items():
        rows["month", start] += count
    for window in WINDOWS:
        events = oracle.events_of(window)
        got = {entry["window_start"]: entry["revision"] for entry in ledger.values() if entry["granularity"] == window}
        equal(got, events, f"the newest revision of each {window} against the events in it")
    for key, entry in ledger.items():
        equal(entry["summaries"], rows[entry["granularity"], entry["window_start"]], f"{key}: rows emitted")
        equal(sum(part["records"] for part in entry["partitions"]), entry["revision"], f"{key}: records")
        for part in entry["partitions"]:
            outcomes = [part[name] for name in OUTCOMES]
            equal(part["consumed"], sum(outcomes), f"{key}: consumed, of partition {part['input_partition']}")
            equal(part["consumed"], part["next_offset"] - part["first_offset"], f"{key}: the offset range")
    equal(len(read_topic(world.kafka, f"{world.namespace}.dead-letters")), 0, "dead letters")


def drain(world, workers):
    """Workers that stop at the end of the input, at once."""
    running = [world.start("worker", "--drain") for _ in range(workers)]
    for worker in running:
        worker.succeed(180)


def test_every_cell_is_what_sql_says(world):
    lines = prepare(world)
    world.produce(write(world, lines))
    drain(world, 2)
    equal(world.consumed(PARTITIONS), EVENTS, "records folded")
    compare(world, the_truth(lines))


def test_order_does_not_show(world):
    lines = prepare(world)
    chance = seeded()

    def arrival(line):
        return milliseconds(json.loads(line)["created_at"]) + chance.randrange(OUT_OF_ORDERNESS_MS)

    world.produce(write(world, sorted(lines, key=arrival)))
    drain(world, 2)
    compare(world, the_truth(lines))


def test_kills_do_not_show(world):
    """Feeds the topic while two workers run, and kills the first of them when so much has been folded."""
    lines = prepare(world)
    feed_and_kill(world, lines, KILLS, PARTITIONS, seeded())
    drain(world, 2)
    compare(world, the_truth(lines))


def feed_and_kill(world, lines, kills, partitions, chance):
    """Two workers; each that is killed, at a mark drawn by chance, is followed by another. Ends them all."""
    count = len(lines)
    marks = sorted(chance.sample(range(count // 20, count * 9 // 10), kills))
    note(f"killed after {', '.join(map(str, marks))} of {count} records")
    producer = world.start("produce", stdin=subprocess.PIPE)
    workers = [world.start("worker") for _ in range(2)]
    fed = 0
    for mark in marks:
        # A little more than the mark is there to read, so that the kill finds the worker at work.
        until = min(count, mark + count // 20)
        feed(producer, lines[fed:until])
        fed = until
        wait_until(
            lambda mark=mark: world.consumed(partitions) >= mark,
            120,
            f"{mark} records folded; they are {world.consumed(partitions)}",
        )
        time.sleep(chance.random() * 0.3)  # not to wait for anything: to strike at any point of a flush
        workers.pop(0).kill()
        workers.append(world.start("worker"))
    feed(producer, lines[fed:])
    producer.process.stdin.close()
    producer.succeed(60)
    for worker in workers:
        check(worker.is_running(), f"{worker.name} ended", tail(worker.log))
        worker.end()
        equal(worker.process.returncode, 0, f"{worker.name}: exit status after SIGTERM")


def feed(producer, lines):
    producer.process.stdin.write("".join(line + "\n" for line in lines).encode())
    producer.process.stdin.flush()


if __name__ == "__main__":
    main(__file__, globals())
