"""The oddest events that may be counted, through real servers and every command: what the door lets pass is stored,
published, verified, replayed, drawn and written, and comes out as it went in. tests/property/way_test.c does the same
in memory. GENTALLY_ODD_EVENTS sets how many (default 600); the seed is shown."""

import csv
import io
import json
import os
import re
import urllib.parse
from datetime import datetime, timezone

from confluent_kafka import Producer

from dlq import EVENT
from harness import check, equal, main, note, seeded
from oracle import CANONICAL, NAMES, base_slug
from topics import encode_event

PARTITIONS = 3
EVENTS = int(os.environ.get("GENTALLY_ODD_EVENTS", "600"))
TEXT_MAX, TOKENS_MAX, COST_MAX, INT_MAX = 256, 10**9, 10**12, 2**31 - 1
FIRST_MS = 1_262_304_000_000  # 2010-01-01
LAST_MS = 1_763_985_600_000  # 2025-11-24
ROLLUPS = {
    "total": [],
    "model": ["model"],
    "provider": ["provider", "model"],
    "geography": ["country"],
    "language": ["language"],
    "finish": ["finish_reason"],
    "wide": ["model", "provider", "country", "language"],
    "app": ["app"],
    "app_model": ["app", "model"],
}
SUMS = "requests tokens_prompt tokens_completion tokens_cached cost_nano_usd".split()
SUMS += "tokens_cache_write gateway_cache_hits tokens_unknown cost_unknown".split()
WORDS = """(Other) other unknown none null total - 0 1e999 NaN =HYPERLINK("x") +1 @SUM(A1) % %7C %00 " "" ' a,b
{{x}} <!-- &amp; </script><script> __proto__ constructor a/b a/b:free :free / // a/ /b:c:d :::: a/b/c/d:1:2 error
US us zh-Hant | || a|b%7cc openai/gpt-4o openai/gpt-4o:free \\u0000 \\ 2025-11-24T00:00:00Z""".split()
WORDS += ["\r\n", "\n", "\t", " ", "  a ", "\x1f", "a\x1fb", "\x1b[2J", "\x7f", "\x9b2J", "\ufeffa", "\x85"]
WORDS += ["\u202eabc", "\u2028", "e\u0301", "\ufffd", "\uffff", "\U0010ffff", "\ud7ff\ue000", "\x0b\x0c\x1c"]
LETTERS = "\x01\x1f\x7f|%\"\\/:,\n\r <&'=aZ0\x80\x85\xa0é\u200b\u202e\u2029\ufeff\ufffe漢😀\U0010ffff"


def odd_text(chance):
    if chance.random() < 0.5:
        return chance.choice(WORDS)
    wanted = TEXT_MAX if chance.random() < 0.3 else chance.randrange(1, 40)
    text = ""
    while len(text.encode()) < wanted:
        text += chance.choice(LETTERS)
    while len(text.encode()) > wanted:
        text = text[:-1]
    return text + "x" * (wanted - len(text.encode()))


def odd_number(chance, most):
    ends = [0, 1, most, most - 1, 2**21 - 1, 2**21, chance.randrange(most + 1)]
    return min(max(chance.choice(ends), 0), most)


def odd_event(chance, number, created_at):
    prompt, completion = odd_number(chance, TOKENS_MAX), odd_number(chance, TOKENS_MAX)
    labels = [
        {"path": chance.choice(["/Computers & Electronics/Programming", odd_text(chance)]), "confidence": 0.5}
        for _ in range(chance.choice([0, 0, 1, 3, 32]))
    ]
    texts = {
        name: odd_text(chance) if chance.random() < 0.8 else chance.choice([None, ""])
        for name in ("provider", "account", "app", "country", "language", "finish_reason")
    }
    durations = {
        name: chance.choice([None, 0, 1, INT_MAX]) for name in ("latency_ms", "first_token_ms", "generation_ms")
    }
    flags = "is_byok is_free is_gateway_cache_hit streamed cancelled tools_offered classified".split()
    cached = odd_number(chance, prompt)
    known = lambda number: None if chance.random() < 0.1 else number
    return {
        **EVENT,
        **texts,
        **durations,
        **{name: chance.random() < 0.5 for name in flags},
        "id": f"{number}-{odd_text(chance)}"[:60],
        "model": odd_text(chance),
        "created_at": created_at,
        "tokens_prompt": known(prompt),
        "tokens_completion": known(completion),
        "tokens_reasoning": odd_number(chance, completion),
        "tokens_cached": cached,
        "tokens_cache_write": odd_number(chance, prompt - cached),
        "cost_nano_usd": known(odd_number(chance, COST_MAX)),
        "categories": labels,
    }


def odd_times(chance, count):
    """In order, so that none is late: the first and the last that may be, leap days, year ends, and any."""
    times = [FIRST_MS, FIRST_MS + 1, 1_293_839_999_999, 1_330_560_000_000, 1_451_606_399_999, LAST_MS]
    return sorted(times + [chance.randrange(FIRST_MS, LAST_MS) for _ in range(count - len(times))])


def csv_value(cell):
    """The text of a cell, as include/gentally/base/csv_text.h has it; no spreadsheet may run what is written."""
    check(not cell or cell[0] not in "=+-@\t\r\uff1d\uff0b\uff0d\uff20", "a spreadsheet would run it", repr(cell))
    check(not re.search("[\x00-\x1f\x7f-\x9f]", cell), "a control character", repr(cell))
    return urllib.parse.unquote(cell.removeprefix("'")) or None


def month_of(at_ms):
    at = datetime.fromtimestamp(at_ms / 1000, timezone.utc)
    return int(datetime(at.year, at.month, 1, tzinfo=timezone.utc).timestamp() * 1000)


def amounts(event):
    """What an event adds to SUMS."""
    knows_tokens = event["tokens_prompt"] is not None and event["tokens_completion"] is not None
    return {
        **{name: event[name] if knows_tokens else 0 for name in SUMS if name in event and name.startswith("tokens_")},
        "requests": 1,
        "cost_nano_usd": event["cost_nano_usd"] or 0,
        "gateway_cache_hits": int(event["is_gateway_cache_hit"]),
        "tokens_unknown": int(not knows_tokens),
        "cost_unknown": int(event["cost_nano_usd"] is None),
    }


def value_of(event, name):
    """A dimension's value as it counts."""
    value = event[name] or None
    return CANONICAL[name](value) if name in CANONICAL else value


def expected(events, dims):
    """{(month, values): sums}"""
    rows = {}
    for event in events:
        key = month_of(event["created_at"]), tuple(value_of(event, name) for name in dims)
        sums = rows.setdefault(key, [0] * len(SUMS))
        added = amounts(event)
        for at, name in enumerate(SUMS):
            sums[at] += added[name]
    return rows


def output(world, *arguments, **settings):
    """What a command writes, line ends as they are."""
    return world.run(*arguments, **settings).out_path.read_bytes().decode()


def lines_of(text):
    """JSON lines end in LF alone: many other characters end a line for str.splitlines()."""
    return [json.loads(line) for line in text.split("\n") if line]


def same_rows(got, want, what):
    check(
        got == want,
        f"{what}: {len(got)} rows, expected {len(want)}",
        *sorted(
            f"{key!r:.300}: got {got.get(key)}, want {want.get(key)}"
            for key in got.keys() | want.keys()
            if got.get(key) != want.get(key)
        )[:5],
    )


def check_summaries(world, events, rollup, dims):
    want = expected(events, dims)
    command = ("summaries", "--rollup", rollup, "--window", "month")
    rows = lines_of(output(world, *command, "--format", "json"))
    got = {
        (row["window_start"], tuple(row.get(NAMES.get(name, name)) for name in dims)): [row[name] for name in SUMS]
        for row in rows
    }
    equal(len(rows), len(got), f"{rollup}: keys told twice")
    same_rows(got, want, f"{rollup} as JSON")

    table = list(csv.reader(io.StringIO(output(world, *command, "--format", "csv"), newline="")))
    place = {name: at for at, name in enumerate(table[0])}
    start = lambda text: int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
    got = {
        (start(row[place["window_start"]]), tuple(csv_value(row[place[NAMES.get(name, name)]]) for name in dims)): [
            int(row[place[name]]) for name in SUMS
        ]
        for row in table[1:]
    }
    same_rows(got, want, f"{rollup} as CSV")

    shown = output(world, *command)
    equal(shown.count("\n"), len(want) + 2, f"{rollup} as a table: lines")
    check(all(c >= " " or c == "\n" for c in shown), f"{rollup} as a table: a control character")
    check(not set(shown) & set("\x7f\x85\x9b\u202e\u2028\ufeff"), f"{rollup} as a table: what steers a terminal")

    for measure in ("requests", "tokens", "cost"):
        rows = lines_of(output(world, *command, "--measure", measure, "--format", "json"))
        got = {
            (row["window_start"], tuple(row.get(NAMES.get(name, name)) for name in dims)): [
                row["requests"],
                row["cost_nano_usd"],
            ]
            for row in rows
        }
        same_rows(got, {key: [sums[0], sums[4]] for key, sums in want.items()}, f"{rollup} by {measure}")
    output(world, *command, "--side-by-side", "--top", 5)
    lines_of(output(world, *command, "--side-by-side", "--top", 5, "--format", "json"))
    return len(want)


def check_live(world, events):
    """`top` shows the newest month, `catalog missing` every model that is not in the catalog."""
    newest = month_of(LAST_MS)
    for rollup, dims in ROLLUPS.items():
        want = {key[1]: sums[0] for key, sums in expected(events, dims).items() if key[0] == newest}
        for form in ("json", "table", "csv"):
            text = output(world, "top", "--rollup", rollup, "--window", "month", "--limit", 10**6, "--format", form)
            if form == "json":
                got = {
                    tuple(row.get(NAMES.get(name, name)) for name in dims): row["requests"] for row in lines_of(text)
                }
                same_rows(got, want, f"top of {rollup}")
            if form == "csv":
                head, *rows = csv.reader(io.StringIO(text, newline=""))
                at, count = head.index("window_start") + 1, head.index("requests")
                got = {tuple(csv_value(value) for value in row[at : at + len(dims)]): int(row[count]) for row in rows}
                same_rows(got, want, f"top of {rollup} as CSV")
    missing = {
        row["model"]: row["requests"] for row in lines_of(output(world, "catalog", "missing", "--format", "json"))
    }
    output(world, "catalog", "missing")
    kept = set()
    for key in world.redis.command("KEYS", f"{world.namespace}:*:windows"):
        names = world.redis.command("HKEYS", key)
        kept.update(int(name.rpartition(b":")[2]) for name in names if name.startswith(b"month:"))
    want = {}
    for event in events:
        if month_of(event["created_at"]) not in kept:
            continue
        model = event["model"]
        base = base_slug(model) or model
        want[base] = want.get(base, 0) + 1
    want.pop("openai/gpt-4o", None)
    same_rows(missing, want, "catalog missing")


def test_what_may_be_counted_reaches_every_command(world):
    chance = seeded()
    world.start_redis()
    world.count_accounts()
    world.settings["GENTALLY_ROLLUPS"] = ",".join(f"{name}={'+'.join(dims)}" for name, dims in ROLLUPS.items()) + (
        ",category=category+model,tag=tag+category,account=account"
    )
    world.run("setup", "--partitions", PARTITIONS)
    events = [odd_event(chance, number, at) for number, at in enumerate(odd_times(chance, EVENTS))]
    producer = Producer({"bootstrap.servers": world.kafka, "linger.ms": 5})
    for number, event in enumerate(events):
        producer.produce(world.topic, encode_event(event), event["id"].encode(), number % PARTITIONS)
    equal(producer.flush(60), 0, "messages that were not delivered")
    world.run("worker", "--drain", seconds=180)
    equal(lines_of(output(world, "dlq", "list", "--format", "json")), [], "dead letters")

    rows = sum(check_summaries(world, events, rollup, dims) for rollup, dims in ROLLUPS.items())
    check_live(world, events)
    for window in ("hour", "day", "week"):
        lines_of(output(world, "summaries", "--rollup", "wide", "--window", window, "--format", "json"))
    for rollup in ("category", "tag", "account", "retention"):
        for form in ("json", "csv", "table"):
            output(world, "summaries", "--rollup", rollup, "--window", "month", "--format", form)
    for column in ("author", "family", "source", "continent"):
        rollup = "geography" if column == "continent" else "model"
        lines_of(
            output(world, "summaries", "--rollup", rollup, "--window", "month", "--by", column, "--format", "json")
        )
    output(world, "verify")
    json.loads(output(world, "verify", "--format", "json").split("\n")[0])
    check("violations: 0" in output(world, "verify", "--strict"), "verify --strict")
    json.loads(output(world, "report", "--format", "json"))
    output(world, "report", "--out", world.folder / "report.html")
    page = (world.folder / "report.html").read_bytes().decode()
    check("<script><script>" not in page and "</script><script>alert" not in page, "a text that is run")
    for form in ("json", "table"):
        output(world, "signals", "--format", form)
    equal(output(world, "replay", seconds=180).strip().split("\n")[-1], "equal", "replay")
    note(f"{len(events)} odd events, {rows} rows of months told in JSON, CSV and tables as the events have them")


if __name__ == "__main__":
    main(__file__, globals())
