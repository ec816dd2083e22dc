"""Dedup, amendments and retractions: every cell against SQL over what remains of the events, with workers killed.

A naive model reads the input topic back, record by record in offset order, and keeps the events that count: a create
of a known id changes nothing (and is a dead letter, if no record of the id said the same), an amendment replaces, a
retraction removes, and what names an unknown id is a dead letter. SQL then counts the survivors. Distinct accounts
alone are a union and cannot be taken back: they are SQL's over all that was ever counted.
"""

import collections
import json
import time

from harness import ACCOUNT_KEY, check, equal, main, note, seeded
from oracle import ROLLUPS, WINDOWS, Oracle, rollups_text
from topics import OUTCOMES, decode, newest, read_topic
from truth import drain, feed_and_kill

HOUR_MS = 3_600_000
OUT_OF_ORDERNESS_MS = 300_000  # the default
PARTITIONS = 8
EVENTS = 24_000
KILLS = 6
ALL_ROLLUPS = {**ROLLUPS, "app_model": ("app", "model")}
TAGS = ("/Computers & Electronics/Programming", "/Games/Roleplaying Games", "/Science/Mathematics", "/nowhere/at all")


def amended(chance, event):
    """Another version of an event: later labels, another price, model, country or time, or all of it."""
    other = {**event, "op": "amend"}
    change = chance.randrange(6)
    if change in (0, 5):
        labels = chance.sample(TAGS, chance.randrange(1, 4))
        other.update(
            classified=True,
            categories=[{"path": path, "confidence": chance.choice((0.25, 0.75, 1.0))} for path in labels],
        )
    if change in (1, 5):
        other["cost_nano_usd"] = chance.choice((None, chance.randrange(1_000_000)))
        other["is_gateway_cache_hit"] = chance.random() < 0.5
    if change in (2, 5):
        other["model"] = chance.choice(("openai/gpt-4o", "deepseek/deepseek-r1:free", "nobody/nothing"))
    if change in (3, 5):
        other["created_at"] = event["created_at"] + chance.randrange(-30 * HOUR_MS, 30 * HOUR_MS)
    if change in (4, 5):
        other.update(
            country=chance.choice(("DE", "IN", "")),
            app=chance.choice(("another app", "", event.get("app"))),
            tokens_prompt=chance.choice((None, chance.randrange(100, 100_000))),
            tokens_cached=0,
            tokens_cache_write=chance.randrange(100),
            finish_reason="error",
        )
    return other


def traffic(chance, lines, delay_ms):
    """The records in the order of their arrival: creates with repetitions, corrections up to `delay_ms` later."""
    records = []

    def put(arrival, event):
        records.append((arrival, len(records), event))

    for line in lines:
        event = json.loads(line)
        arrival = event["created_at"] + chance.randrange(OUT_OF_ORDERNESS_MS)
        put(arrival, event)
        latest = event
        if chance.random() < 0.02:
            again = event if chance.random() < 0.5 else {**event, "cost_nano_usd": chance.choice((0, 5))}
            put(arrival + chance.randrange(delay_ms), again)
        while chance.random() < 0.1:
            latest = amended(chance, latest)
            # A few come before their event: nobody knows them yet.
            put(arrival + chance.randrange(-delay_ms // 20, delay_ms), latest)
        while chance.random() < 0.05:
            put(arrival + chance.randrange(delay_ms), {**latest, "op": "retract"})
        if chance.random() < 0.005:
            put(arrival, {**event, "id": event["id"] + "-unknown", "op": chance.choice(("amend", "retract"))})
    return [json.dumps(event) for _, _, event in sorted(records)]


class Model:
    """What counts, decided record by record."""

    def __init__(self, messages, kept_hours):
        self.kept_ms = kept_hours * HOUR_MS
        self.width_ms = self.kept_ms // 2
        self.outcomes = collections.Counter()
        self.reasons = collections.Counter()
        self.touched = collections.Counter()
        self.counting = {}  # what counts: number -> event
        self.ever = []  # all versions that did at any time
        by_partition = collections.defaultdict(list)
        for message in messages:
            by_partition[message.partition()].append((message.offset(), decode(message.value())))
        for records in by_partition.values():
            self.watermark_ms, self.ids = None, {}
            for _, event in sorted(records, key=lambda record: record[0]):
                self.take(event)

    def known(self, event_id):
        """(bucket, number of the event that counts, or None if it was retracted, what was said of it), or None."""
        entry = self.ids.get(event_id)
        if entry is None or (entry[0] + 1) * self.width_ms + self.kept_ms <= self.watermark_ms:
            return None
        return entry

    def see(self, event):
        self.watermark_ms = max(self.watermark_ms or 0, event["created_at"] - OUT_OF_ORDERNESS_MS)

    def touch(self, *events):
        for window in WINDOWS:
            for start in {start_of(window, event["created_at"]) for event in events}:
                self.touched[window, start] += 1
        self.outcomes["counted"] += 1

    def refuse(self, reason):
        self.reasons[reason] += 1
        self.outcomes["dead_lettered"] += 1

    def take(self, event):
        known = self.known(event["id"])
        if event["op"] == "create":
            self.create(event, known)
        elif known is None:
            self.refuse("EVENT-AMEND-UNKNOWN")
        elif known[1] is None and event["op"] == "amend":
            self.refuse("EVENT-AMEND-RETRACTED")
        elif known[1] is None:
            self.outcomes["duplicate"] += 1
        else:
            old = self.counting.pop(known[1])
            if event["op"] == "retract":
                self.touch(old)
                self.ids[event["id"]] = (self.watermark_ms // self.width_ms, None, known[2])
            else:
                self.touch(old, event)
                self.add(event, known[1], known[2])

    def create(self, event, known):
        if known is None:
            self.touch(event)
            self.add(event, len(self.ever), [])
        elif content(event) in known[2]:
            self.outcomes["duplicate"] += 1
        else:
            self.reasons["EVENT-ID-CONFLICT"] += 1
            self.outcomes["conflicting"] += 1

    def add(self, event, number, said):
        self.see(event)
        self.counting[number] = event
        self.ever.append(event)
        # The one that counts, and as many before it as are remembered.
        self.ids[event["id"]] = (self.watermark_ms // self.width_ms, number, [content(event), *said][:17])


def content(event):
    """All that counts of an event: labels in no order."""
    labels = sorted((label["path"], label["confidence"]) for label in event["categories"])
    return {**event, "op": None, "categories": labels}


def start_of(window, event_ms):
    day = time.gmtime(event_ms // 1000)
    if window == "hour":
        return event_ms // HOUR_MS * HOUR_MS
    midnight = event_ms // (24 * HOUR_MS) * 24 * HOUR_MS
    return midnight - {"day": 0, "week": day.tm_wday, "month": day.tm_mday - 1}[window] * 24 * HOUR_MS


def expected(model, rollups=ROLLUPS):
    """SQL over the survivors; the accounts of a cell are those of all that ever counted in it."""
    oracle = Oracle([json.dumps(event) for event in model.counting.values()], ACCOUNT_KEY, rollups=rollups)
    ever = Oracle([json.dumps(event) for event in model.ever], ACCOUNT_KEY, rollups=rollups)
    accounts = ever.db.execute("SELECT accounts, key FROM expected").fetchall()
    oracle.db.execute("CREATE INDEX expected_key ON expected (key)")
    oracle.db.executemany("UPDATE expected SET accounts = ? WHERE key = ?", accounts)
    gone = {key for _, key in accounts} - {key for key, in oracle.db.execute("SELECT key FROM expected")}
    return oracle, gone


def reasons_of(world):
    """{reason: letters}, each place in the input once: a crash may repeat a letter."""
    places = {}
    for message in read_topic(world.kafka, f"{world.namespace}.dead-letters"):
        headers = dict(message.headers())
        place = headers["gentally.partition"], headers["gentally.offset"]
        places[place] = headers["gentally.reason"].decode()
    return collections.Counter(places.values())


def told_and_gone(messages):
    """Keys whose last value is a tombstone: those that had a value before, and those that never had one."""
    told, gone = set(), {}
    for message in messages:
        key = message.key().decode()
        gone[key] = message.value() is None
        if message.value() is not None:
            told.add(key)
    return {key for key in gone if gone[key] and key in told}, {key for key in gone if gone[key] and key not in told}


def compare(world, kept_hours):
    model = Model(read_topic(world.kafka, world.topic), kept_hours)
    oracle, gone = expected(model, ALL_ROLLUPS)
    summaries, taken_back, never_told = {}, set(), set()
    for rollup in ALL_ROLLUPS:
        messages = read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")
        summaries.update(newest(messages))
        had, had_not = told_and_gone(messages)
        taken_back |= had
        never_told |= had_not
    cells, differing, shown = oracle.differences(summaries)
    note(f"{dict(model.outcomes)}; cells compared {cells}, differences {differing}, vanished {len(gone)}")
    note(f"tombstones of rows that were told {len(taken_back)}, of rows that were not {len(never_told)}")
    check(cells > 1000, f"only {cells} cells")
    check(differing == 0, f"{differing} of {cells} cells differ", *shown)
    check(gone, "no cell vanished: too little was retracted to prove anything")
    check(taken_back | never_told <= gone, "tombstones of cells that are there", *sorted(taken_back - gone)[:5])
    check(not gone & summaries.keys(), "cells vanished without a tombstone", *sorted(gone & summaries.keys())[:5])
    equal(reasons_of(world), model.reasons, "dead letters by reason")
    compare_ledger(world, model)
    world.run("verify")
    world.run("replay")  # the same from the log alone, without a crash on the way: cells and account registers
    return model, len(taken_back), len(never_told)


def compare_ledger(world, model):
    ledger = newest(read_topic(world.kafka, f"{world.namespace}.ledger"))
    for key, entry in ledger.items():
        window = entry["granularity"], entry["window_start"]
        equal(entry["revision"], model.touched[window], f"{key}: the revision against the records that touched it")
        for part in entry["partitions"]:
            outcomes = [part[name] for name in OUTCOMES]
            equal(part["consumed"], sum(outcomes), f"{key}: consumed, of partition {part['input_partition']}")
            equal(part["consumed"], part["next_offset"] - part["first_offset"], f"{key}: the offset range")
    equal(len(ledger), len(model.touched), "windows in the ledger")
    total = collections.Counter()
    for partition in range(PARTITIONS):
        names = ("counted", "duplicate", "dead_lettered", "too_late", "conflicting")
        values = world.redis.command("HMGET", f"{world.namespace}:{{{world.topic}:{partition}}}:meta", *names)
        total.update(dict(zip(names, map(int, values))))
    equal(+total, model.outcomes, "outcomes of all partitions")


def prepare(world, kept_hours, mode="amend"):
    world.start_redis()
    world.count_accounts()
    world.settings.update(GENTALLY_IDS=mode, GENTALLY_IDS_KEPT_HOURS=str(kept_hours))
    world.settings["GENTALLY_ROLLUPS"] = rollups_text(ALL_ROLLUPS)
    world.run("setup", "--partitions", PARTITIONS)


def generated(world, events, days):
    made = world.run(
        "generate",
        "--events",
        events,
        "--seed",
        7,
        "--from",
        "2025-10-06",
        "--to",
        f"2025-10-{6 + days:02d}",
        "--classified",
        0.3,
    )
    return made.out.splitlines()


def write(world, lines):
    path = world.folder / "events.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    return path


def test_what_remains_is_what_sql_says_whoever_is_killed(world):
    prepare(world, kept_hours=240)
    world.settings["GENTALLY_EARLY_EMIT_INTERVAL_MS"] = "500"  # Rows are told before they are taken back.
    chance = seeded()
    lines = traffic(chance, generated(world, EVENTS, 3), 20 * HOUR_MS)
    note(f"{EVENTS} events")
    feed_and_kill(world, lines, KILLS, PARTITIONS, chance)
    drain(world, 2)
    model, taken_back, _ = compare(world, 240)
    check(taken_back > 10, f"only {taken_back} rows were told and taken back")
    for outcome in ("counted", "duplicate", "dead_lettered", "conflicting"):
        check(model.outcomes[outcome] > 100, f"too few {outcome} to prove anything", model.outcomes)


def test_ids_are_known_for_as_long_as_is_said(world):
    """Two hours against corrections up to ten hours later: which are still known follows from the log alone."""
    prepare(world, kept_hours=2)
    chance = seeded()
    lines = traffic(chance, generated(world, EVENTS // 2, 2), 10 * HOUR_MS)
    world.produce(write(world, lines))
    drain(world, 2)
    model, _, never_told = compare(world, 2)
    equal(never_told, 0, "tombstones of rows that were never told, and no closer took over from another")
    check(model.reasons["EVENT-AMEND-UNKNOWN"] > 500, "too few beyond the horizon", model.reasons)
    for partition in range(PARTITIONS):
        fields = world.redis.command("HKEYS", f"{world.namespace}:{{{world.topic}:{partition}}}:meta")
        buckets = sorted(field.decode() for field in fields if field.startswith(b"ids:"))
        check(1 <= len(buckets) <= 4, "old buckets are dropped", buckets)
        keys = world.redis.command("KEYS", f"{world.namespace}:{{{world.topic}:{partition}}}:ids:*")
        equal(sorted(key.decode().split("}:")[1] for key in keys), buckets, "buckets in Redis against those in meta")


def test_dedup_alone_counts_an_id_once(world):
    prepare(world, kept_hours=240, mode="dedup")
    chance = seeded()
    lines = [
        json.dumps(event)
        for event in map(json.loads, traffic(chance, generated(world, EVENTS // 4, 2), HOUR_MS))
        if event.get("op", "create") == "create"
    ]
    world.produce(write(world, lines))
    world.produce(write(world, lines))
    drain(world, 1)
    oracle = Oracle(
        [json.dumps(event) for event in Model(read_topic(world.kafka, world.topic), 240).counting.values()], ACCOUNT_KEY
    )
    summaries = {}
    for rollup in ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = oracle.differences(summaries)
    check(cells > 1000 and differing == 0, f"{differing} of {cells} cells differ", *shown)


def test_what_was_remembered_goes_when_ids_are_off(world):
    """Counted once while ids are kept, twice when they are not; and Redis has its memory back."""
    prepare(world, kept_hours=240)
    lines = generated(world, 2000, 2)
    world.produce(write(world, lines))
    drain(world, 1)
    check(world.redis.command("KEYS", "*:ids:*"), "no id is kept")
    world.produce(write(world, lines))
    drain(world, 1)
    equal(sum(record["requests"] for record in world.summaries("total", "month")), 2000, "requests")
    world.settings["GENTALLY_IDS"] = "off"
    world.run("setup")
    world.produce(write(world, lines))
    drain(world, 1)
    equal(sum(record["requests"] for record in world.summaries("total", "month")), 4000, "requests")
    equal(world.redis.command("KEYS", "*:ids:*"), [], "buckets that are left")


if __name__ == "__main__":
    main(__file__, globals())
