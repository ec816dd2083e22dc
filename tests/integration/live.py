"""Open windows are published while a worker runs: within a minute, exact as of the offsets that the ledger names.

Nothing is paused for it. What the ledger says of a window is held against SQL over the log's own records up to the
offsets in that ledger record, while a producer goes on and workers are killed.
"""

import json
import os
import signal
import subprocess
import threading
import time

from harness import ACCOUNT_KEY, check, equal, main, note, seeded, tail, wait_until
from oracle import ROLLUPS, Oracle, milliseconds
from retained import compare_retention
from topics import PANES, decode, newest, read_topic, version
from watch import Events, get, has_page, study_of, watch

PARTITIONS = 3
HOUR_MS = 3_600_000
MINUTE = 60  # seconds: the default interval, which "within a minute" means
TURN = 15  # seconds that what is due takes to be told, and to be read again
EARLY = "GENTALLY_EARLY_EMIT_INTERVAL_MS"
MORE = int(os.environ.get("GENTALLY_LIVE_EVENTS", "12000"))
LOOKS = int(os.environ.get("GENTALLY_LIVE_LOOKS", "4"))


def now_ms():
    return time.time_ns() // 1_000_000


def generated(world, count, seed, times):
    """Lines of made-up traffic at times of ours."""
    done = world.run("generate", "--events", count, "--seed", seed, "--classified", "0.3")
    lines = []
    for line, at in zip(done.out.splitlines(), times, strict=True):
        event = json.loads(line)
        event["created_at"] = at
        event["id"] = f"{seed}-{event['id']}"
        lines.append(json.dumps(event))
    return lines


def of_this_hour(world, count, seed):
    now = now_ms()
    begin = now - now % HOUR_MS
    return generated(world, count, seed, [max(begin, now - 10 * i) for i in range(count, 0, -1)])


def produce(world, lines):
    path = world.folder / "events.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    world.produce(path)


def begin(world, *redis_options, **settings):
    """A fresh namespace; its workers are started by the tests."""
    world.start_redis(*redis_options)
    world.count_accounts()
    world.settings.update(settings)
    world.run("setup", "--partitions", PARTITIONS)


def ledger(world):
    """By (window, start): the newest ledger record."""
    records = newest(read_topic(world.kafka, f"{world.namespace}.ledger")).values()
    return {(record["granularity"], record["window_start"]): record for record in records}


def requests_by_window(world, rollup="total"):
    """What `summaries` says, as anybody would ask it: requests of each window kind."""
    return {
        window: sum(row["requests"] for row in world.summaries(rollup, window))
        for window in ("hour", "day", "week", "month")
    }


def show(world, count, seconds):
    """Waits until `summaries` has so many requests in every kind of window."""
    begun = time.monotonic()
    want = dict.fromkeys(("hour", "day", "week", "month"), count)
    last = {}

    def is_shown():
        last.update(requests_by_window(world))
        return last == want

    try:
        wait_until(is_shown, seconds, f"{count} requests in every kind of window")
    except AssertionError:
        note(f"summaries show {last}")
        raise
    return time.monotonic() - begun


# --- The issue's own case ---


def test_a_fresh_namespace_shows_within_a_minute(world):
    begin(world)
    worker = world.start("worker")
    worker.says("WORKER-ASSIGNED")
    produce(world, of_this_hour(world, 50, 1))
    took = show(world, 50, MINUTE)
    note(f"50 events of this hour were published after {took:.1f} s, with the defaults")
    equal({row["pane"] for row in world.summaries("total", "week")}, {"early"}, "pane of the open week")
    document = json.loads(world.run("report", "--format", "json").out)
    equal(document["header"]["requests"], 50, "requests that the report knows of")
    if not has_page(world):
        show_more(world, worker)
        return
    process, port = watch(world)
    page = get(port, "/").read().decode()
    equal(study_of(page)["header"]["requests"], 50, "requests on the page")
    events = Events(port, 0)
    show_more(world, worker)
    requests = 0
    while requests != 50 + MORE:
        _, document = events.study(MINUTE)
        requests = document["header"]["requests"]
    equal(study_of(get(port, "/").read().decode())["header"]["requests"], 50 + MORE, "requests on the page by now")
    process.process.send_signal(signal.SIGTERM)
    process.succeed(20)
    world.run("verify")


def show_more(world, worker):
    produce(world, of_this_hour(world, MORE, 2))
    took = show(world, 50 + MORE, MINUTE + TURN)
    note(f"{MORE} more were published after {took:.1f} s")
    check(worker.is_running(), "the worker ended", tail(worker.log))


# --- What the ledger says is so, at any moment ---


class Traffic:
    """A producer that goes on until it is told to end: some hours, most of it of this one, so that windows are told
    open, on time and late."""

    def __init__(self, world, chance):
        self.world = world
        self.chance = chance
        self.lines = world.run("generate", "--events", 4000, "--seed", 3, "--classified", "0.3").out.splitlines()
        self.produced = world.start("produce", stdin=subprocess.PIPE)
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        count = 0
        while not self.is_over.wait(0.05):
            for _ in range(self.chance.randrange(1, 15)):
                event = json.loads(self.lines[count % len(self.lines)])
                event["id"] = str(count)
                event["created_at"] = now_ms() - int(self.chance.expovariate(1 / (HOUR_MS / 3)))
                self.produced.process.stdin.write(json.dumps(event).encode() + b"\n")
                count += 1
            self.produced.process.stdin.flush()

    def stop(self):
        if not self.is_over.is_set():
            self.is_over.set()
            self.thread.join()
            self.produced.process.stdin.close()
            self.produced.succeed(60)


class Reader:
    """Decodes each message once: `look` reads the topics again and again."""

    def __init__(self, world):
        self.world = world
        self.seen = {}

    def read(self, topic):
        """Every message of a topic as (partition, offset, key, record), a tombstone's record None."""
        seen = self.seen.setdefault(topic, {})
        for message in read_topic(self.world.kafka, topic):
            place = message.partition(), message.offset()
            if place not in seen:
                key = message.key().decode() if message.key() is not None else None
                seen[place] = *place, key, decode(message.value()) if message.value() is not None else None
        return [seen[place] for place in sorted(seen)]

    def log(self):
        """Every record of the input, by partition and offset."""
        return [(partition, offset, event) for partition, offset, _, event in self.read(self.world.topic)]

    def rows(self):
        """All rows of all rollups there ever were, in order, by window; a tombstone's key names its window, too."""
        rows = {}
        for name in (*ROLLUPS, "retention"):
            for _, _, key, row in self.read(f"{self.world.namespace}.summaries.{name}"):
                rows.setdefault(window_of(key), []).append((key, row))
        return rows


def window_of(key):
    """Kind and start of the window that a row's key is of."""
    _, window, start, *_ = key.split("|")
    return window, milliseconds(start.replace("Z", "+00:00"))


def truth_of(log, record):
    """SQL over the records of a window that its ledger record says were read."""
    until = {part["input_partition"]: part["next_offset"] for part in record["partitions"]}
    lines = [
        json.dumps(event)
        for partition, offset, event in log
        if offset < until[partition] and record["window_start"] <= event["created_at"] < record["window_end"]
    ]
    return Oracle(lines, ACCOUNT_KEY, windows=(record["granularity"],))


def rows_as_of(rows, record, revision):
    """The rows of a window as a reader had them when its ledger record was the newest: the last value of each key that
    is not newer than the record."""
    limit = record["generation"], revision, PANES.index(record["pane"])
    found = {}
    for key, row in rows:
        if row is None:
            found.pop(key, None)
        elif version(row) <= limit:
            found[key] = row
    return found


def differences(log, rows, record):
    """What is wrong with a window, in lines, and how many of its cells were compared."""
    oracle = truth_of(log, record)
    cells = [(key, row) for key, row in rows if not key.startswith("retention|")]
    retained = [(key, row) for key, row in rows if key.startswith("retention|")]
    found = rows_as_of(cells, record, record["revision"])
    count, differing, shown = oracle.differences(found)
    rows_in_all = len(found) + len(rows_as_of(retained, record, record["retention"]))
    if rows_in_all != record["summaries"]:
        shown = [*shown, f"the ledger speaks of {record['summaries']} rows, there are {rows_in_all}"]
    name = f"{record['granularity']} {record['window_start']} {record['pane']} {record['revision']}: "
    is_wrong = differing or rows_in_all != record["summaries"]
    return count, [name + line for line in shown] if is_wrong else []


def look(world, reader):
    """Holds the newest ledger record of every window against the log. Only a transaction's markers may be on their way
    to some of its topics: then they are read again, the ledger's word is not. Returns their versions, and how many
    cells were compared."""
    told = ledger(world)
    log = reader.log()
    cells = 0
    wrong = []

    def is_right():
        nonlocal cells
        cells = 0
        wrong.clear()
        rows = reader.rows()
        for window, record in told.items():
            compared, lines = differences(log, rows.get(window, []), record)
            cells += compared
            wrong.extend(lines)
        return not wrong

    try:
        wait_until(is_right, TURN, "rows to be as the ledger has them")
    except AssertionError:
        check(False, "the rows are not what the log says, up to the ledger's offsets", *wrong[:10])
    check(cells > 0, "nothing was told")
    return {window: version(record) for window, record in told.items()}, cells


def wait_for_news(world, before):
    """Until every kind of window has been told anew."""

    def is_told():
        told = {window: version(record) for window, record in ledger(world).items()}
        kinds = {kind for (kind, start), new in told.items() if (kind, start) in before and before[kind, start] < new}
        return kinds == {"hour", "day", "week", "month"}

    wait_until(is_told, MINUTE, "every kind of window to be told anew")


def test_the_ledger_is_right_while_traffic_flows(world):
    chance = seeded()
    begin(world, "--appendonly", "yes", "--appendfsync", "always", GENTALLY_LATE_EMIT_INTERVAL_MS=500, **{EARLY: 1500})
    workers = [world.start("worker") for _ in range(2)]
    traffic = world.own(Traffic(world, chance))
    reader = Reader(world)
    wait_until(lambda: {kind for kind, _ in ledger(world)} == {"hour", "day", "week", "month"}, MINUTE, "a first word")
    for number in range(LOOKS):
        told, cells = look(world, reader)
        note(f"look {number + 1}: {len(told)} windows, {cells} cells, differences 0")
        if number == LOOKS // 2:
            world.redis.kill()
            world.redis.start()
        elif number % 2 == 0:  # the closer's, or the other's
            workers.pop(chance.randrange(2)).kill()
            workers.append(world.start("worker"))
        wait_for_news(world, told)
    traffic.stop()
    for worker in workers:
        check(worker.is_running(), f"{worker.name} ended", tail(worker.log))
        worker.end()
    world.run("worker", "--drain")
    told, _ = look(world, reader)
    log = reader.log()
    panes = {record["pane"] for *_, record in reader.read(f"{world.namespace}.ledger")}
    equal(panes, set(PANES), "panes that were told")
    equal(
        sum(seen[1] for (kind, _), seen in told.items() if kind == "day"),
        len(log),
        "records in the newest revisions of the days",
    )
    for name in ROLLUPS:
        newest(read_topic(world.kafka, f"{world.namespace}.summaries.{name}"))  # no version falls
    compare_retention(world, Oracle([json.dumps(event) for _, _, event in log], ACCOUNT_KEY), 100)
    world.run("verify")


# --- The interval ---


def test_each_kind_has_its_interval(world):
    """Hours every half second, months every second, days and weeks never; and only rows that changed."""
    begin(world, **{EARLY: "500,day=0,week=0,month=1000"})
    reader = Reader(world)
    worker = world.start("worker")
    produce(world, of_this_hour(world, 300, 1))
    for kind in ("hour", "month"):
        wait_until(lambda kind=kind: requests_of(world, kind) == 300, MINUTE, f"the {kind} to be told")
    before = rows_by_model(world, reader)
    check(len(before) > 50, f"only {len(before)} rows by model: too few to see that only one is sent")
    line = of_this_hour(world, 1, 2)
    produce(world, line)
    for kind in ("hour", "month"):
        wait_until(lambda kind=kind: requests_of(world, kind) == 301, MINUTE, f"one more event in the {kind}")
    sent = sorted(row for place, row in rows_by_model(world, reader).items() if place not in before)
    model = json.loads(line[0])["model"]
    equal(sent, [("hour", model), ("month", model)], "rows sent")
    equal({kind for kind, _ in ledger(world)}, {"hour", "month"}, "kinds of windows that were told")
    check(worker.is_running(), "the worker ended", tail(worker.log))
    worker.end()
    world.run("worker", "--drain")
    equal(requests_by_window(world), dict.fromkeys(("hour", "day", "week", "month"), 301), "after a drain")
    world.run("verify")


def rows_by_model(world, reader):
    """By partition and offset: the window and the model of each row that was ever sent."""
    rows = reader.read(f"{world.namespace}.summaries.model")
    return {(partition, offset): (row["granularity"], row["model_slug"]) for partition, offset, _, row in rows if row}


def requests_of(world, kind):
    return sum(row["requests"] for row in world.summaries("total", kind))


def test_0_tells_no_open_window(world):
    """A closed hour that is told again and again, for longer than a first word would take, is the clock."""
    begin(world, GENTALLY_LATE_EMIT_INTERVAL_MS=100, **{EARLY: 0})
    worker = world.start("worker")
    produce(world, generated(world, 1, 1, [now_ms() - 3 * HOUR_MS]))
    produce(world, of_this_hour(world, 20, 2))
    late = 0
    begun = time.monotonic()
    while time.monotonic() - begun < 8:
        late += 1
        produce(world, generated(world, 1, 100 + late, [now_ms() - 3 * HOUR_MS]))
        wait_until(lambda: sum(closed(world).values()) == 1 + late, MINUTE, f"{late} late events")
    equal({record["pane"] for record in ledger(world).values()} - {"on_time", "late"}, set(), "open panes")
    check(worker.is_running(), "the worker ended", tail(worker.log))
    worker.end()
    world.run("worker", "--drain")
    equal(requests_of(world, "day"), 21 + late, "after a drain")


def closed(world):
    """Records of the hours that were told, all of them closed."""
    return {start: record["revision"] for (kind, start), record in ledger(world).items() if kind == "hour"}


def test_refused(world):
    world.start_redis()
    for text in ("soon", "60000,year=5", "99", "86400001", "60000,hour=", "60000,hour=1000,hour=2000"):
        done = world.start("worker", "--check-config", **{EARLY: text})
        equal(done.wait(20), 78, f"{text}: exit status")
        check("early_emit_interval_ms" in done.log, f"{text}: {done.log}")


if __name__ == "__main__":
    main(__file__, globals())
