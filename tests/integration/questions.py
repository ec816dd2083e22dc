"""What an analyst asks at a terminal, held against DuckDB over the raw events: `summaries` with `--where`, two columns
in `--by`, and measures that are quotients or quantiles; `top` with the same, and `--follow`; and what is said where
there is nothing to show.
"""

import csv
import datetime
import io
import json
import math
import signal
import subprocess

import duckdb

from harness import BINARY, ROOT, SCHEMAS, check, equal, main
from oracle import milliseconds, quantile

FIRST = milliseconds("2025-11-03")  # a Monday
WEEKS = 3
EVENTS = 6000
QUOTIENTS = {
    "mean_prompt": "sum(p) / sum(known::INT)",
    "mean_completion": "sum(c) / sum(known::INT)",
    "mean_tokens": "(sum(p) + sum(c)) / sum(known::INT)",
    "cache_hit_share": "sum(cached) / sum(p)",
    "tool_share": "sum((finish = 'tool_calls')::INT) / count(*)",
    "failed_share": "sum((finish = 'error')::INT) / count(*)",
    "usd_per_mtok": """sum(cost * (NOT byok)::INT) / (1000 * sum((p + c) * (NOT byok)::INT))
        * (sum(known::INT) / sum(priced::INT))""",
}


def lines_of(text):
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def events_of(world):
    """Made-up events, some with tokens or cost that nobody knows."""
    made = world.run(
        "generate", "--events", EVENTS, "--seed", 7, "--from", "2025-11-03", "--to", "2025-11-24", "--accounts", 50
    ).out.splitlines()
    events = [json.loads(line) for line in made]
    for number, event in enumerate(events):
        if number % 37 == 0:
            event["tokens_prompt"] = None
            event["tokens_cached"] = 0
        if number % 41 == 0:
            event["cost_nano_usd"] = None
        if number % 29 == 0:
            event["is_byok"] = True
    return events


def database(events):
    """The events as a table, with what the catalog knows of a slug that it has as it is."""
    db = duckdb.connect()
    columns = "model provider country latency_ms finish_reason tokens_prompt tokens_completion tokens_cached".split()
    with open(SCHEMAS / "catalog.csv", newline="", encoding="utf-8") as file:
        catalog = list(csv.DictReader(line for line in file if not line.startswith("#")))
    db.execute("CREATE TABLE catalog (slug VARCHAR, author VARCHAR, reasoning VARCHAR)")
    names = [
        [name, row["author"], row["reasoning"]] for row in catalog for name in (row["slug"], *row["aliases"].split())
    ]
    db.executemany("INSERT INTO catalog VALUES (?, ?, ?)", names)
    db.execute(
        """CREATE TABLE raw (at_ms BIGINT, model VARCHAR, provider VARCHAR, country VARCHAR, latency BIGINT,
        finish VARCHAR, p HUGEINT, c HUGEINT, cached HUGEINT, cost HUGEINT, byok BOOLEAN,
        known BOOLEAN, priced BOOLEAN)"""
    )
    rows = []
    for event in events:
        known = event.get("tokens_prompt", 0) is not None and event.get("tokens_completion", 0) is not None
        values = [event.get(name) for name in columns]
        values[5:] = [(value or 0) if known else 0 for value in values[5:]]  # one that is not known hides the others
        cost = event.get("cost_nano_usd", 0)  # null has to be said
        rows.append([event["created_at"], *values, cost or 0, bool(event.get("is_byok")), known, cost is not None])
    db.executemany(f"INSERT INTO raw VALUES ({', '.join('?' * 13)})", rows)
    db.execute(
        """CREATE TABLE event AS SELECT raw.*, author, reasoning, split_part(raw.model, ':', 1) base,
        strftime(date_trunc('week', make_timestamp(at_ms * 1000)), '%Y-%m-%d') AS week
        FROM raw LEFT JOIN catalog ON slug = split_part(raw.model, ':', 1)"""
    )
    return db


def counted(world, windows="week,month"):
    world.start_redis()
    world.settings["GENTALLY_WINDOWS"] = windows
    events = events_of(world)
    path = world.folder / "events.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    world.run("setup", "--partitions", 3)
    world.produce(path)
    world.start("worker", "--drain").succeed(120)
    return database(events)


def ask(world, *arguments):
    """Rows of JSON, by the first day of their window and their columns."""
    out = world.run("summaries", "--window", "week", "--format", "json", *arguments).out
    return lines_of(out)


def keyed(rows, columns):
    found = {}
    for row in rows:
        key = (milliseconds_to_day(row["window_start"]), *[row.get(column) for column in columns])
        check(key not in found, f"{key} is there twice")
        found[key] = row
    return found


def milliseconds_to_day(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%d")


def close(got, want):
    return got is None if want is None else got is not None and math.isclose(got, want, rel_tol=1e-12)


def test_the_terminal_answers_as_duckdb_does(world):
    db = counted(world)
    for measure, sql in QUOTIENTS.items():
        got = keyed(
            ask(world, "--rollup", "model", "--by", "author,reasoning", "--measure", measure), ["author", "reasoning"]
        )
        want = db.execute(
            f"""SELECT week, author, reasoning, count(*), sum(p + c)::BIGINT, {sql} FROM event
            WHERE author IS NOT NULL GROUP BY ALL"""
        ).fetchall()
        check(len(want) > 20, f"{len(want)} rows are too few to tell anything")
        for week, author, reasoning, requests, tokens, value in want:
            row = got[week, author, reasoning]
            equal((row["requests"], row["tokens"]), (requests, tokens), f"sums of {author} {reasoning} in {week}")
            value = None if value is None or math.isnan(value) else value
            check(close(row.get(measure), value), f"{measure} of {author}, {week}: {row.get(measure)}, not {value}")
    check_where(world, db)
    check_quantiles(world)
    check_top(world, db)
    check_words(world)
    check_parquet(world, db)


def check_where(world, db):
    """Two columns are both, two values of one are either, no value is none; a filter comes before the limit."""
    for arguments, sql in (
        (["--where", "author=openai"], "author = 'openai'"),
        (["--where", "author=openai", "--where", "author=google"], "author IN ('openai', 'google')"),
        (["--where", "author=openai", "--where", "reasoning=no"], "author = 'openai' AND reasoning = 'no'"),
        (
            ["--where=author=anthropic", "--where=reasoning=no", "--where=reasoning=optional"],
            "author = 'anthropic' AND reasoning IN ('no', 'optional')",
        ),
    ):
        got = {
            key: row["tokens"]
            for key, row in keyed(ask(world, "--rollup", "model", *arguments, "--by", "author"), ["author"]).items()
        }
        want = db.execute(f"SELECT week, author, sum(p + c)::BIGINT FROM event WHERE {sql} GROUP BY ALL").fetchall()
        check(want, f"nothing is {sql}")
        equal(got, {(week, author): tokens for week, author, tokens in want}, f"tokens where {sql}")
    whole = ask(world, "--rollup", "model", "--where", "author=google", "--limit", "2")
    equal([row["author"] for row in whole], ["google"] * 2 * WEEKS, "whole rows, filtered before the limit")
    table = world.run("summaries", "--rollup", "model", "--window", "week", "--by", "author").out
    check(table.startswith("week (UTC)"), f"a table says UTC: {table[:40]}")


def check_quantiles(world):
    """A quantile of what several rows have together is that of their buckets, and near that of the raw values."""
    rows = ask(world, "--rollup", "provider")
    for name, percent in (("p50", 50), ("p90", 90), ("p99", 99)):
        got = ask(world, "--rollup", "provider", "--by", "provider", "--measure", f"latency_ms_{name}")
        buckets = {}
        for row in rows:
            mine = buckets.setdefault((row["window_start"], row.get("provider")), {})
            for bucket in row["latency_ms_histogram"]:
                mine[bucket["at_least"]] = mine.get(bucket["at_least"], 0) + bucket["requests"]
        check(len(got) == len(buckets) and len(got) > 10, f"{len(got)} rows, of {len(buckets)}")
        for row in got:
            mine = buckets[row["window_start"], row.get("provider")]
            want = quantile(" ".join(f"{floor}:{count}" for floor, count in sorted(mine.items())), percent)
            equal(row.get(f"latency_ms_{name}"), want, f"{name} of {row.get('provider')}")
    text = world.run(
        "summaries",
        "--rollup",
        "model",
        "--window",
        "week",
        "--by",
        "family",
        "--measure",
        "latency_ms_p50",
        "--format",
        "csv",
    ).out
    check("latency_ms_p50" in next(csv.reader(io.StringIO(text))), "the column of CSV")


def check_top(world, db):
    """The live counters give the same; --follow draws again, and ends when nobody reads."""
    week, provider, _ = db.execute(
        """SELECT week, provider, count(*) FROM event WHERE week = (SELECT max(week) FROM event) GROUP BY ALL
        ORDER BY 3 DESC LIMIT 1"""
    ).fetchall()[0]
    top = ["--rollup", "provider", "--window", "week", "--format", "json", "--limit", "1000"]
    got = lines_of(world.run("top", *top, "--by", "mean_prompt", "--where", f"provider={provider}").out)
    want = db.execute(
        f"SELECT model, {QUOTIENTS['mean_prompt']} FROM event WHERE week = ? AND provider = ? GROUP BY 1",
        [week, provider],
    ).fetchall()
    equal(len(got), len(want), "models of a provider")
    means = {row["model_slug"]: row.get("mean_prompt") for row in got}
    check(all(close(means[model], value) for model, value in want), f"means of {provider}: {means}, not {want}")
    with subprocess.Popen(
        [BINARY, "top", *top[:4], "--follow", "--every", "1"],
        env=world.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as followed:
        drawn = 0
        for line in followed.stdout:
            drawn += line.startswith("week (UTC)")
            if drawn == 2:
                break
        followed.stdout.close()
        equal((followed.wait(20), followed.stderr.read()), (128 + signal.SIGPIPE, ""), "status and what is told")


def check_parquet(world, db):
    """The cookbook's way."""
    lines, parquet = world.folder / "model.jsonl", world.folder / "model.parquet"
    recipe = (ROOT / "runbooks" / "cookbook.md").read_text().split("\n## Parquet\n")[1].split("\n## ")[0]
    asked, copied, summed = recipe.split("```sh\n")[1].split("\n```")[0].splitlines()
    lines.write_text(world.run(*asked.split(" >")[0].split()[1:]).out)

    def sql_of(line):
        return line.split('"')[1].replace("model.jsonl", str(lines)).replace("model.parquet", str(parquet))

    connection = duckdb.connect()
    connection.execute(sql_of(copied))
    got = dict(connection.execute(sql_of(summed)).fetchall())
    want = dict(db.execute("SELECT author, count(*) FROM event WHERE author IS NOT NULL GROUP BY 1").fetchall())
    equal({author: got.get(author) for author in want}, want, "requests by author, out of Parquet")
    (buckets,) = connection.execute(
        f"SELECT sum(list_sum([bucket.requests FOR bucket IN latency_ms_histogram])) FROM '{parquet}'"
    ).fetchall()[0]
    equal(buckets, db.execute("SELECT count(latency) FROM event").fetchall()[0][0], "latencies in its lists")


def check_words(world):
    """What cannot be had says why, and what there is."""

    def fails(arguments, status, *words):
        run = world.start(*arguments)
        equal(run.wait(30), status, f"exit status of {arguments}")
        check(all(word in run.log for word in words), f"{arguments} says {run.log}")

    def tells(arguments, words):
        run = world.run("summaries", *arguments)
        check(words in run.log, f"{arguments} says {run.log}")

    tells(
        ["--rollup", "model", "--window", "hour"], "no hour is kept of rollup model; there are weeks from 2025-11-03 to"
    )
    tells(
        ["--rollup", "model", "--window", "week", "--from", "2031-01-01"],
        "no week of rollup model starts in that range",
    )
    tells(
        ["--rollup", "model", "--window", "week", "--where", "author=nobody", "--format", "json"],
        "rows of these windows is such a row",
    )
    model = ["summaries", "--rollup", "model", "--window", "week"]
    fails(
        [*model, "--where", "country=US"], 78, "CONFIG-VALUE", "rows of rollup model have no column 'country'", "author"
    )
    fails([*model, "--where", "author"], 78, "want COLUMN=VALUE")
    fails([*model, "--by", "author,author"], 78, "author stands twice")
    fails([*model, "--by", "author,family,size"], 78, "at most 2 columns")
    fails([*model, "--by", "continent"], 78, "no column 'continent'")
    fails([*model, "--measure", "latency_ms_p42"], 78, "want one of tokens, cost")
    fails([*model, "--measure", "mean_prompt", "--side-by-side"], 78, "has no sum over windows")
    fails([*model, *["--where", "author=openai"] * 7], 64, "--where is given too often")
    fails(["top", "--rollup", "model", "--window", "week", "--where", "author=openai"], 78, "no column 'author'")
    fails(["top", "--rollup", "model", "--window", "week", "--every", "5"], 78, "--follow")
    help_text = world.run("summaries", "--help").out
    check("--where COLUMN=VALUE" in help_text and "--redis-url" in help_text, "the reader's options")
    check("--flush-interval-ms" not in help_text, "and no worker's")
    with subprocess.Popen(
        [BINARY, *model, "--format", "json"], env=world.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        run.stdout.readline()
        run.stdout.close()
        equal((run.wait(30), run.stderr.read()), (128 + signal.SIGPIPE, b""), "`| head` is silent")


def test_a_window_as_of_a_revision(world):
    """What was printed of a window then, row for row, as long as nothing was compacted; later rows are told apart."""
    world.start_redis()
    world.settings["GENTALLY_WINDOWS"] = "week"
    world.run("setup", "--partitions", 1)
    events = [event for event in events_of(world) if event["created_at"] < FIRST + 7 * 86_400_000]
    path = world.folder / "events.jsonl"
    week = ["--rollup", "model", "--window", "week", "--format", "json", "--from", "2025-11-03", "--to", "2025-11-10"]
    seen = {}
    for part in (events[:700], events[700:1500], events[1500:]):
        path.write_text("".join(json.dumps(event) + "\n" for event in part))
        world.produce(path)
        world.run("worker", "--drain")
        (total,) = lines_of(world.run("summaries", "--rollup", "total", *week[2:]).out)
        seen[total["revision"]] = world.run("summaries", *week).out
    equal(list(seen), [700, 1500, len(events)], "revisions")
    check(len(set(seen.values())) == 3, "the window grew")
    for revision, rows in seen.items():
        run = world.run("summaries", *week, "--as-of", revision)
        equal(sorted(run.out.splitlines()), sorted(rows.splitlines()), f"rows as of {revision}")
        later = len(lines_of(seen[len(events)])) - len(lines_of(rows))
        check((f"of {later} rows there are only versions after revision {revision}" in run.log) == (later > 0), run.log)
    sums = lines_of(world.run("summaries", *week, "--as-of", 700, "--by", "author", "--measure", "requests").out)
    equal(sum(row["requests"] for row in sums), 700, "requests as of 700")
    for arguments, words in (([*week, "--as-of", "701"], "no record of a week of that revision"),):
        run = world.start("summaries", *arguments)
        equal(run.wait(30), 78, f"exit status of {arguments}")
        check(words in run.log, run.log)


if __name__ == "__main__":
    main(__file__, globals())
