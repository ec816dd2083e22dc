"""Signals, on the real broker: each kind exactly where SQL over the same events says, by whom and how often it is told.

The workload is made so that every kind has a case at its threshold and one just below.
"""

import csv
import io
import json
import math
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time

import fastavro
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from harness import SCHEMAS, Skip, check, equal, main, note, seeded, wait_until
from oracle import base_slug
from topics import SCHEMA_FILES, decode, newest, read_topic, with_version

DAY = 86_400_000
WEEK = 7 * DAY
FIRST = 1_736_121_600_000  # 2025-01-06, a Monday
WEEKS = 34
LAST = 1_764_633_600_000  # 2025-12-02: closes every week and month of the workload
CATALOG = ("openai/gpt-4o", "google/gemini-2.5-flash", "anthropic/claude-sonnet-4", "deepseek/deepseek-r1")
LABELS = {
    "code": "/Computers & Electronics/Programming",
    "play": "/Arts & Entertainment/Humor",
    "law": "/Law & Government/Legal",
    "other": "/Autos & Vehicles",
}
# Week, model, requests, tokens of each.
NEWCOMERS = (
    (4, "google/gemini-2.0-flash-001:free", 3, 50),
    (5, "google/gemini-2.0-flash-001", 3, 50),
    (7, "acme/rocket", 99, 900),
    (8, "acme/rocket", 100, 900),
    (9, "acme/rocket:free", 60, 900),
    (9, "acme/rocket", 40, 900),
    (12, "acme/anvil", 150, 1),
    (13, "acme/anvil", 150, 2),
    (0, "acme/tunnel", 130, 40),
    (20, "deepseek/deepseek-chat", 2, 10),
    (21, "deepseek/deepseek-chat-v3-0324", 2, 10),  # one family
)
SECOND_LABEL = {"code": "play", "play": "law", "law": "code"}


def month_ms(month):
    """The first of a month, counted from 2025-01."""
    return int(
        (sqlite3.connect(":memory:").execute("SELECT unixepoch('2025-01-01', ?)", (f"+{month} months",)).fetchone()[0])
        * 1000
    )


def event_of(number, when, model, tokens, account=None, label=None, second=None):
    event = {
        "id": f"e{number}",
        "created_at": when,
        "model": model,
        "tokens_prompt": tokens // 2,
        "tokens_completion": tokens - tokens // 2,
    }
    if account is not None:
        event["account"] = account
    if label is not None:
        event["classified"] = True
        event["categories"] = [{"path": LABELS[name], "confidence": 0.9} for name in (label, second) if name]
    return event


def background(draw, events):
    """Every week some hundreds of events of known models, with labels whose mix jumps twice and drifts otherwise."""
    for week in range(WEEKS):
        code = 0.25 if week < 11 else 0.45 if week < 23 else 0.2
        for _ in range(260):
            label = "code" if draw.random() < code else draw.choice(("play", "play", "law", "other"))
            second = SECOND_LABEL.get(label) if draw.random() < 0.1 else None
            events.append(
                (
                    FIRST + week * WEEK + draw.randrange(WEEK),
                    draw.choice(CATALOG[:3]),
                    draw.randrange(800, 1200),
                    None,
                    label if draw.random() < 0.8 else None,
                    second,
                )
            )


def newcomers(draw, events):
    """Models by their first weeks: known ones and variants, and unknown ones at and below the thresholds."""
    for week, model, requests, tokens in NEWCOMERS:
        for _ in range(requests):
            events.append((FIRST + week * WEEK + draw.randrange(WEEK), model, tokens, None, None, None))


def cohorts(events):
    """Accounts of one model by the months in which they are active, and of another that has a single cohort."""
    plans = (  # model, cohort month, accounts, active in the months after it
        ("deepseek/deepseek-r1", 0, 40, (20, 18, 18, 18, 18)),
        ("deepseek/deepseek-r1", 1, 40, (16, 12, 12, 12, 12)),  # median of the others: 12/40, so 18/40 is just enough
        ("deepseek/deepseek-r1", 2, 100, (31, 30, 33, 30, 30)),  # returns by exactly 3 points
        ("deepseek/deepseek-r1", 3, 100, (31, 30, 32, 30)),  # and by 2
        ("anthropic/claude-sonnet-4", 0, 29, (2, 1, 20, 1, 1)),  # one account too few
    )
    for model, cohort, accounts, active in plans:
        for age, count in enumerate((accounts, *active)):
            for account in range(count):
                when = month_ms(cohort + age) + 7 * DAY
                events.append((when, model, 30, f"{model}-{cohort}-{account}", None, None))


def workload(draw):
    events = []
    background(draw, events)
    newcomers(draw, events)
    cohorts(events)
    events.sort(key=lambda event: event[0])
    events.extend((LAST, model, 1000, None, "code", None) for model in (CATALOG[0], "acme/latecomer") * 120)
    return [event_of(number, *event) for number, event in enumerate(events)]


class Truth:
    """What the rules say of the events, by SQL."""

    def __init__(self, events):
        self.db = sqlite3.connect(":memory:")
        with open(SCHEMAS / "catalog.csv", newline="", encoding="utf-8") as file:
            families = {
                row["slug"]: row["family"] or row["slug"]
                for row in csv.DictReader(line for line in file if not line.startswith("#"))
            }
        self.db.create_function("family", 1, lambda slug: families.get(base_slug(slug), base_slug(slug)))
        self.db.create_function("sqrt", 1, math.sqrt)
        self.db.execute("CREATE TABLE event (id, ms, model, tokens, account)")
        self.db.execute("CREATE TABLE part (id, category, tokens, whole)")
        for event in events:
            tokens = event["tokens_prompt"] + event["tokens_completion"]
            self.db.execute(
                "INSERT INTO event VALUES (?, ?, family(?), ?, ?)",
                (event["id"], event["created_at"], event["model"], tokens, event.get("account")),
            )
            names = sorted({CATEGORIES[label["path"]] for label in event.get("categories", ())})
            for place, name in enumerate(names):
                part = tokens // len(names) + (place < tokens % len(names))
                self.db.execute("INSERT INTO part VALUES (?, ?, ?, ?)", (event["id"], name, part, tokens))
        self.db.executescript(SQL)

    def rows(self, query):
        return self.db.execute(query).fetchall()

    def keys(self):
        found = {}
        for kind, start, subject, cohort, numbers in self.rows(FOUND):
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start // 1000))
            key = f"{kind}|{stamp}|{subject}" + (f"|{cohort}" if cohort else "")
            found[key] = json.loads(numbers)
        return found


CATEGORIES = {
    LABELS["code"]: "programming",
    LABELS["play"]: "roleplay",
    LABELS["law"]: "legal",
    LABELS["other"]: "other",
}

# 1970-01-05 was a Monday. The week and the month of the last event are open: nothing is concluded from them.
SQL = f"""
CREATE TABLE week AS SELECT model, ms - (ms - 345600000) % {WEEK} start, count(*) requests, sum(tokens) tokens
    FROM event WHERE ms < {LAST} GROUP BY 1, 2;
CREATE TABLE whole AS SELECT start, sum(tokens) tokens FROM week GROUP BY 1;
CREATE TABLE mix AS SELECT category, ms - (ms - 345600000) % {WEEK} start, sum(part.tokens) tokens,
    sum(whole * whole) squares FROM part JOIN event USING (id) WHERE category <> 'other' AND ms < {LAST} GROUP BY 1,
        2;
CREATE TABLE mixed AS SELECT start, sum(tokens) tokens, 1.0 * sum(tokens) * sum(tokens) / sum(squares) n FROM mix
    GROUP BY 1;
CREATE TABLE share AS SELECT name.category, mixed.start, n, coalesce(mix.tokens, 0) tokens, mixed.tokens week_tokens,
    1.0 * coalesce(mix.tokens, 0) / mixed.tokens p
    FROM (SELECT DISTINCT category FROM mix) name JOIN mixed LEFT JOIN mix USING (category, start);
CREATE TABLE band AS SELECT *, (p + z2 / (2 * n) - z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n) low,
    (p + z2 / (2 * n) + z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n) high
    FROM share, (SELECT 1.959963984540054 z, 1.959963984540054 * 1.959963984540054 z2);
CREATE TABLE used AS SELECT DISTINCT model, account, strftime('%Y', ms / 1000, 'unixepoch') * 12 +
    strftime('%m', ms / 1000, 'unixepoch') - 1 month FROM event WHERE account IS NOT NULL;
CREATE TABLE active AS SELECT model, first cohort, month - first age, count(*) accounts
    FROM used JOIN (SELECT model, account, min(month) first FROM used GROUP BY 1, 2) USING (model, account) GROUP BY
        1, 2, 3;
CREATE TABLE kept AS SELECT active.*, size.accounts size, 1.0 * active.accounts / size.accounts r
    FROM active JOIN active size USING (model, cohort) WHERE size.age = 0;
CREATE TABLE fifth AS SELECT model, cohort, size, coalesce(r, 0) r, coalesce(accounts, 0) accounts,
    min(cohort) OVER (PARTITION BY model) first
    FROM (SELECT model, cohort, accounts size FROM active WHERE age = 0 AND cohort + 5 <= (SELECT max(month) FROM
        used)) LEFT JOIN
         (SELECT model, cohort, accounts, r FROM kept WHERE age = 5) USING (model, cohort);
CREATE TABLE generate_months (value);
INSERT INTO generate_months WITH RECURSIVE m(v) AS (SELECT 2024 * 12 UNION ALL SELECT v + 1 FROM m WHERE v < 2027 * 12)
    SELECT v FROM m;
CREATE VIEW month_start AS SELECT value month, unixepoch(printf('%d-%02d-01', value / 12, value % 12 + 1)) * 1000
    start,
    printf('%d-%02d', value / 12, value % 12 + 1) name FROM generate_months;
"""

FOUND = """
SELECT 'first_week', start, model, NULL, json_object('requests', requests, 'tokens', week.tokens, 'week_tokens',
    whole.tokens,
        'share', 1.0 * week.tokens / whole.tokens)
    FROM week JOIN whole USING (start)
    WHERE start = (SELECT min(start) FROM week w WHERE w.model = week.model) AND start > (SELECT min(start) FROM week)
UNION ALL SELECT 'unknown_model', start, model, NULL, json_object('requests', requests, 'tokens', week.tokens,
    'week_tokens',
        whole.tokens, 'share', 1.0 * week.tokens / whole.tokens)
    FROM week JOIN whole USING (start)
    WHERE model LIKE 'acme/%' AND requests >= 100 AND week.tokens * 1000 >= whole.tokens
UNION ALL SELECT 'category_jump', now.start, now.category, NULL, json_object('change', now.p - b.p, 'share_before',
    b.p,
        'share', now.p, 'low', now.low, 'high', now.high, 'n_effective', now.n, 'low_before', b.low, 'high_before',
            b.high,
        'n_effective_before', b.n, 'tokens', now.tokens, 'week_tokens', now.week_tokens)
    FROM band now JOIN band b ON b.category = now.category AND b.start = now.start - 604800000
    WHERE abs(now.p - b.p) >= 0.05 AND (now.low > b.high OR now.high < b.low)
UNION ALL SELECT 'boomerang', start, kept.model, (SELECT name FROM month_start WHERE month = cohort),
    json_object('rise',
        1.0 * (kept.accounts - before) / size, 'retention_before', 1.0 * before / size, 'retention', r, 'age', age,
        'accounts', size, 'active_before', before, 'active', kept.accounts)
    FROM (SELECT kept.*, coalesce((SELECT accounts FROM kept k WHERE k.model = kept.model AND k.cohort = kept.cohort
                                   AND k.age = kept.age - 1), 0) before FROM kept) kept
    JOIN month_start ON month = cohort + age
    WHERE age >= 2 AND size >= 30 AND (kept.accounts - before) * 100 >= 3 * size
UNION ALL SELECT 'foundational_cohort', start, model, (SELECT name FROM month_start WHERE month = cohort),
        json_object('retention', r, 'median_of_others', median, 'cohorts_compared', others, 'accounts', size,
            'active',
        accounts, 'months_after_first', cohort - first)
    FROM (SELECT fifth.*, (SELECT avg(r) FROM (SELECT r, row_number() OVER (ORDER BY r) place, count(*) OVER () n
                                       FROM fifth f WHERE f.model = fifth.model AND f.cohort <> fifth.cohort AND
                                           f.size >= 30)
                           WHERE place IN ((n + 1) / 2, (n + 2) / 2)) median,
                 (SELECT count(*) FROM fifth f WHERE f.model = fifth.model AND f.cohort <> fifth.cohort AND f.size >=
                     30) others
          FROM fifth) JOIN month_start ON month = cohort + 5
    WHERE accounts > 0 AND size >= 30 AND cohort - first <= 2 AND others >= 1 AND r >= 1.5 * median - 1e-12
"""


def standing(world):
    """Of each key the last record, as a foreign reader has it."""
    messages = read_topic(world.kafka, f"{world.namespace}.signals")
    last = {message.key().decode(): message.value() for message in messages}
    return {key: decode(value) for key, value in last.items() if value is not None}


def encode(record):
    stream = io.BytesIO()
    schema = json.loads((SCHEMAS / "signal.avsc").read_text())
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), record)
    number = next(number for number, name in SCHEMA_FILES.items() if name == "signal.avsc")
    return b"\0" + number.to_bytes(4, "big") + stream.getvalue()


def numbers_of(record):
    return {number["name"]: number["number"] for number in record["numbers"]}


def compare(found, truth):
    """The same keys, and of each the same numbers; reals to nine digits."""
    equal(sorted(found), sorted(truth), "signals")
    for key, want in truth.items():
        got = {name: value for name, value in numbers_of(found[key]).items() if not name.startswith("accounts_")}
        equal(set(got), set(want), f"{key}: names of numbers")
        for name, value in want.items():
            is_close = math.isclose(got[name], value, rel_tol=1e-9, abs_tol=1e-12)
            check(is_close, f"{key}: {name} is {got[name]}, want {value}")


def write_retention(world, truth):
    """The rows of the retention rollup, unless `setup` made its topic: then the workers have written them."""
    topic = f"{world.namespace}.summaries.retention"
    admin = AdminClient({"bootstrap.servers": world.kafka})
    if topic in admin.list_topics(timeout=20).topics:
        return
    for done in admin.create_topics([NewTopic(topic, 2, 1, config={"cleanup.policy": "compact"})]).values():
        done.result(20)
    schema = json.loads((SCHEMAS / "summary.avsc").read_text())
    blank = {field["name"]: field.get("default", 0) for field in schema["fields"]}
    number = next(number for number, name in SCHEMA_FILES.items() if name == "summary.avsc")
    parsed = fastavro.parse_schema(schema)
    producer = Producer({"bootstrap.servers": world.kafka})
    for model, cohort, start, end, age, accounts in truth.rows(
        """SELECT model, (SELECT name FROM month_start WHERE month = cohort), m.start, n.start, age, accounts
               FROM active
               JOIN month_start m ON m.month = cohort + age JOIN month_start n ON n.month = cohort + age + 1"""
    ):
        stream = io.BytesIO()
        record = {
            **blank,
            "breakdown": "retention",
            "granularity": "month",
            "window_start": start,
            "window_end": end,
            "model_slug": model,
            "cohort": cohort,
            "age": age,
            "accounts": accounts,
            "pane": "on_time",
            "revision": accounts,
            "tables_version": "t",
        }
        fastavro.schemaless_writer(stream, parsed, with_version(record))
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start // 1000))
        producer.produce(
            topic,
            key=f"retention|month|{stamp}|{model}|{cohort}|{age}",
            value=b"\0" + number.to_bytes(4, "big") + stream.getvalue(),
        )
    check(producer.flush(20) == 0, "the retention rows were not taken")


def run_workers(world, events, name):
    path = world.folder / name
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    world.produce(path)
    world.run("worker", "--drain")


def open_world(world, events):
    world.settings["GENTALLY_WINDOWS"] = "week,month"
    world.count_accounts()
    world.start_redis()
    world.run("setup", "--partitions", 2)
    run_workers(world, events, "events.jsonl")


def test_each_kind_is_told_where_sql_says(world):
    events = workload(seeded())
    sql = Truth(events)
    truth = sql.keys()
    kinds = {
        kind: sum(key.startswith(kind) for key in truth)
        for kind in ("first_week", "unknown_model", "category_jump", "foundational_cohort", "boomerang")
    }
    note(f"signals by SQL: {kinds}")
    check(all(kinds.values()), "a kind has no case", kinds)
    open_world(world, events)
    write_retention(world, sql)

    dry = [json.loads(line) for line in world.run("signals", "--dry-run", "--format", "json").out.splitlines()]
    equal(len(dry), len(truth), "signals of a dry run")
    equal(read_topic(world.kafka, f"{world.namespace}.signals"), [], "what a dry run publishes")
    said = world.run("signals")
    check(f"{len(truth)} published, 0 withdrawn, {len(truth)} stand" in said.log, "another count", said.log)
    found = standing(world)
    compare(found, truth)
    rows = newest(read_topic(world.kafka, f"{world.namespace}.summaries.model"))
    for key, record in found.items():
        if record["kind"] in ("first_week", "unknown_model"):
            mine = [
                row
                for row in rows.values()
                if row["granularity"] == "week"
                and row["family"] == record["subject"]
                and row["window_start"] == record["window_start"]
            ]
            accounts = [row["accounts"] for row in mine if row["accounts"] is not None]
            if len(accounts) == len(mine):
                numbers = numbers_of(record)
                equal(
                    (numbers["accounts_low"], numbers["accounts_high"]),
                    (max(accounts), sum(accounts)),
                    f"{key}: accounts",
                )
            equal(record["revision"], max(row["revision"] for row in mine), f"{key}: revision")
            check(record["tables_version"] in {row["tables_version"] for row in mine}, f"{key}: tables_version")

    shown = [json.loads(line) for line in world.run("signals", "--format", "json").out.splitlines()]
    equal(
        {(one["kind"], one["subject"], one.get("cohort"), one["window_start"]): one["numbers"] for one in shown},
        {(one["kind"], one["subject"], one["cohort"], one["window_start"]): numbers_of(one) for one in found.values()},
        "the topic, printed as JSON",
    )
    table = world.run("signals", "--format", "table").out.splitlines()
    equal(len(table), 2 + len(truth), "lines of the table")
    check(max(map(len, table)) <= 130, "too wide a table", max(table, key=len))


def test_a_repeat_publishes_nothing_and_two_at_once_do_no_harm(world):
    events = workload(seeded())
    sql = Truth(events)
    truth = sql.keys()
    open_world(world, events)
    write_retention(world, sql)
    topic = f"{world.namespace}.signals"

    followers = [world.start("signals", "--follow") for _ in range(2)]
    wait_until(lambda: len(standing(world)) == len(truth), 30, "the followers to publish")
    world.run("signals")
    compare(standing(world), truth)
    messages = read_topic(world.kafka, topic)
    values = {}
    for message in messages:
        known = values.setdefault(message.key(), message.value())
        equal(known, message.value(), f"the bytes of {message.key()}, again")
    said = world.run("signals")
    check(f"0 published, 0 withdrawn, {len(truth)} stand" in said.log, "a repeat said something", said.log)
    equal(len(read_topic(world.kafka, topic)), len(messages), "records after a repeat")
    for follower in followers:
        check(follower.is_running(), "a follower ended", follower.log)
        follower.signal(signal.SIGTERM)
    equal([follower.wait(20) for follower in followers], [0, 0], "exit status after SIGTERM")

    # As after a crash, or another's mistake: one is gone, one is altered, two were never true. But what is of a newer
    # revision was said by somebody who has read on.
    gone, altered, newer = sorted(truth)[:3]
    foreign = {
        gone: None,
        altered: values[sorted(truth)[2].encode()],
        "first_week|1970-01-05T00:00:00Z|no/such": b"no signal",
        "boomerang|1970-01-01T00:00:00Z|no/such|1970-01": values[sorted(truth)[2].encode()],
    }
    record = decode(values[newer.encode()])
    foreign[newer] = encode({**record, "revision": record["revision"] + 1})
    producer = Producer({"bootstrap.servers": world.kafka})
    for key, value in foreign.items():
        producer.produce(topic, key=key, value=value)
    check(producer.flush(20) == 0, "the foreign records were not taken")
    said = world.run("signals")
    check(f"2 published, 2 withdrawn, {len(truth)} stand" in said.log, "what a repair said", said.log)
    equal(standing(world)[newer]["revision"], record["revision"] + 1, "the revision of a newer one")
    compare(standing(world), truth)
    if shutil.which("kcat") is None:
        raise Skip("kcat")
    done = subprocess.run(
        ["kcat", "-b", world.kafka, "-t", topic, "-C", "-e", "-q", "-f", "%k\\n"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    shape = re.compile(
        r"(first_week|unknown_model|category_jump)\|\d{4}-\d\d-\d\dT00:00:00Z\|[^|]+|"
        r"(boomerang|foundational_cohort)\|\d{4}-\d\d-01T00:00:00Z\|[^|]+\|\d{4}-\d\d"
    )
    for key in done.stdout.splitlines():
        check(shape.fullmatch(key), f"not a key of a signal: {key!r}")
    equal(set(done.stdout.splitlines()), {*truth, *foreign}, "keys by kcat")


def test_a_restatement_changes_and_takes_away(world):
    draw = random.Random(7)
    start = 1_762_732_800_000  # 2025-11-10, a Monday
    models = {"openai/gpt-4o": (0, 1, 2), "acme/rocket": (1, 2)}
    events = [
        event_of(f"{model}{week}-{number}", start + week * WEEK + draw.randrange(WEEK), model, 1000)
        for model, weeks in models.items()
        for week in weeks
        for number in range(120)
    ]
    events.sort(key=lambda event: event["created_at"])
    events.append(event_of("end", start + 3 * WEEK + DAY, "openai/gpt-4o", 10))
    open_world(world, events)
    follower = world.start("signals", "--follow")
    first = {
        "first_week|2025-11-17T00:00:00Z|acme/rocket",
        "unknown_model|2025-11-17T00:00:00Z|acme/rocket",
        "unknown_model|2025-11-24T00:00:00Z|acme/rocket",
    }
    before = wait_until(lambda: (found := standing(world)).keys() == first and found, 30, "the first signals")

    late = [event_of(f"late{number}", start + number, "acme/rocket", 1000) for number in range(3)]
    late += [event_of(f"more{number}", start + WEEK + number, "acme/rocket", 1000) for number in range(5)]
    run_workers(world, late, "late.jsonl")
    second = {key for key in first if key.startswith("unknown")}  # the stream's own first week is no news
    key = "unknown_model|2025-11-17T00:00:00Z|acme/rocket"
    after = wait_until(
        lambda: (found := standing(world)).keys() == second and numbers_of(found[key])["requests"] == 125 and found,
        30,
        "the restatement to be told",
    )
    check(after[key]["revision"] > before[key]["revision"], "the revision did not rise")
    other = "unknown_model|2025-11-24T00:00:00Z|acme/rocket"
    equal(after[other], before[other], "a signal of a window that was not restated")
    last = [
        message
        for message in read_topic(world.kafka, f"{world.namespace}.signals")
        if message.key().decode().startswith("first_week")
    ]
    equal([message.value() is None for message in last], [False, True], "the first week: told, and taken back")
    follower.says("SIGNAL-WITHDRAWN")
    follower.end()
    equal(follower.process.returncode, 0, "exit status after SIGTERM")


def test_an_older_month_that_comes_late_moves_a_cohort(world):
    model = "deepseek/deepseek-r1"

    def used(month, count):
        return [
            event_of(f"{month}-{number}", month_ms(month) + DAY, model, 10, f"account-{number}")
            for number in range(count)
        ]

    end = event_of("end", LAST, model, 10)
    open_world(world, used(8, 30) + used(9, 5) + used(10, 10) + [end])  # September, October, November
    topics = AdminClient({"bootstrap.servers": world.kafka}).list_topics(timeout=20).topics
    if f"{world.namespace}.summaries.retention" not in topics:
        raise Skip("the retention rollup")
    follower = world.start("signals", "--follow")
    key = "boomerang|2025-11-01T00:00:00Z|deepseek/deepseek-r1|2025-09"
    before = wait_until(lambda: standing(world).get(key), 30, "the boomerang")
    numbers = numbers_of(before)
    equal((numbers["age"], numbers["active_before"], numbers["active"]), (2, 5, 10), "the boomerang's numbers")
    run_workers(world, used(7, 30), "august.jsonl")
    moved = key.replace("2025-09", "2025-08")
    after = wait_until(lambda: key not in (found := standing(world)) and found.get(moved), 30, "the older cohort's")
    numbers = numbers_of(after)
    equal((numbers["age"], numbers["active_before"], numbers["active"]), (3, 5, 10), "its numbers after")
    follower.end()
    equal(follower.process.returncode, 0, "exit status after SIGTERM")


def test_without_summaries_or_topics_it_says_so(world):
    world.start_redis()
    missing = world.start("signals")
    equal(missing.wait(60), 78, "exit status without topics")
    check("SOURCE-TOPIC-MISSING" in missing.log, "another reason", missing.log)
    world.run("setup", "--partitions", 1)
    check("0 published, 0 withdrawn, 0 stand" in world.run("signals").log, "signals of nothing")
    both = world.start("signals", "--follow", "--dry-run")
    equal(both.wait(20), 78, "exit status of --follow --dry-run")


if __name__ == "__main__":
    main(__file__, globals())
