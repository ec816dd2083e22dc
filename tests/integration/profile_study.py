"""`generate --profile study --exact` against the study: its tables to the published digit, and what the options do. The
charts are in profile_charts.py.

Everything is SQL over the JSON lines, with attributes joined from schemas/*.csv by the oracle; the expected values are
the study's own (study_values.csv). Nothing goes through Kafka here.
"""

import json
import math
import os

from harness import check, equal, main, note
from study_replica import AUTHORS, FIRST_CATEGORIES, SCALE, SLUGS, Workload, study, workload

EVENTS_MIN, EVENTS_MAX = 40_000, 60_000


def test_it_is_as_large_as_it_says(world):
    made = workload(world)
    events, tokens = made.rows("SELECT count(*), sum(tokens) FROM request")[0]
    want = sum(float(row["total_T"]) for row in study("base_weekly")) * 1.31e12 * SCALE
    note(f"events {events}, tokens {tokens}")
    check(EVENTS_MIN <= events <= EVENTS_MAX, f"{events} events")
    check(abs(tokens / want - 1) < 0.005, f"{tokens} tokens, want about {want:.0f}")
    for week, total in made.rows("SELECT week, sum(tokens) FROM request GROUP BY week"):
        row = next(row for row in study("base_weekly") if row["week"] == week[:10])
        check(abs(total / (float(row["total_T"]) * 1.31e12 * SCALE) - 1) < 0.02, f"{week}: {total} tokens")
    equal(made.value("SELECT count(DISTINCT week) FROM request"), 57, "weeks")
    equal(made.value("SELECT count(*) - count(DISTINCT id) FROM event"), 0, "ids that come twice")
    equal(made.value("SELECT count(*) FROM attributes WHERE source = 'unknown'"), 0, "models of no known source")


def test_open_authors_to_the_digit(world):
    """S03."""
    got = dict(workload(world).rows("SELECT author, sum(tokens) FROM request WHERE source <> 'closed' GROUP BY author"))
    for row in study("s03_oss_authors"):
        tokens = got.get(AUTHORS[row["author"]], 0)
        equal(f"{tokens / SCALE / 1e12:.2f}", row["total_tokens_trillion"], f"trillion tokens of {row['author']}")


def test_continents_to_the_digit(world):
    """S31: over the weeks with categories; S32 contradicts it over the same weeks (geography.c says how)."""
    got = dict(
        workload(world).rows(
            """SELECT continent, 100.0 * sum(tokens) / sum(sum(tokens)) OVER ()
        FROM request WHERE week >= ? GROUP BY continent""",
            FIRST_CATEGORIES,
        )
    )
    for row in study("s31_continents"):
        equal(f"{got.get(row['continent'], 0):.2f}", row["share_pct"], f"percent of {row['continent']}")
    equal(len(got), 6, "continents")


def test_countries_to_the_digit(world):
    """S32: over all weeks."""
    got = dict(
        workload(world).rows(
            """SELECT country, 100.0 * sum(tokens) / sum(sum(tokens)) OVER ()
        FROM request GROUP BY country"""
        )
    )
    listed = [row["iso2"] for row in study("s32_countries") if row["iso2"]]
    for row in study("s32_countries"):
        share = got.get(row["iso2"], 0) if row["iso2"] else sum(got[code] for code in got if code not in listed)
        equal(f"{share:.2f}", row["share_pct"], f"percent of {row['country']}")
    equal(sorted(got, key=got.get, reverse=True)[:10], listed, "the ten largest, in order")


def test_languages_to_the_digit(world):
    """S33: over all weeks."""
    made = workload(world)
    got = dict(
        made.rows(
            """SELECT language, 100.0 * sum(tokens) / sum(sum(tokens)) OVER ()
        FROM request GROUP BY language"""
        )
    )
    listed = [row["bcp47"] for row in study("s33_languages") if row["bcp47"]]
    for row in study("s33_languages"):
        share = got.get(row["bcp47"], 0) if row["bcp47"] else sum(got[code] for code in got if code not in listed)
        equal(f"{share:.2f}", row["share_pct"], f"percent of {row['language']}")
    by = dict(
        made.rows(
            """SELECT country, 1.0 * sum(tokens * (language = 'zh-Hans')) / sum(tokens) FROM request
        WHERE country IN ('CN', 'US') GROUP BY country"""
        )
    )
    check(by["CN"] > 10 * by["US"], f"Chinese is spoken in China first: {by}")


def test_examples_to_the_digit(world):
    """S38: effective price without BYOK, and usage."""
    got = {
        base: rest
        for base, *rest in workload(world).rows(
            """
        SELECT base, sum(tokens * NOT is_byok), sum(cost * NOT is_byok) FROM request GROUP BY base"""
        )
    }
    for row in study("s38_segments"):
        tokens, cost = got.get(SLUGS[row["model"]], (1, 0))
        equal(f"{cost / tokens / 1000:.3f}", row["price_usd_per_1m"], f"USD per million of {row['model']}")
        equal(f"{math.log10(tokens / SCALE / 1e6):.2f}", row["usage_log10"], f"log10 of the usage of {row['model']}")


def test_samples_and_kinds_of_requests(world):
    made = workload(world)
    equal(
        made.rows("SELECT min(classified), max(classified) FROM request WHERE week >= ?", FIRST_CATEGORIES),
        [(1, 1)],
        "classified since May 2025",
    )
    equal(made.value("SELECT max(classified) FROM request WHERE week < ?", FIRST_CATEGORIES), 0, "classified before")
    unmapped = 100 - 100 * made.value("SELECT 1.0 * sum(tokens * mapped) / sum(tokens) FROM request WHERE classified")
    check(18 < unmapped < 22, f"{unmapped:.1f} percent unmapped")
    labels = made.value("SELECT avg(n) FROM (SELECT count(*) n FROM label WHERE confidence >= 0.5 GROUP BY event)")
    check(1.1 < labels < 1.3, f"{labels:.2f} labels to a request")
    byok, free, providers, models = made.rows(
        """SELECT avg(is_byok), avg(is_free), count(DISTINCT provider),
        count(DISTINCT base) FROM request"""
    )[0]
    check(0.01 < byok < 0.06 and 0.02 < free < 0.15, f"BYOK {byok:.3f}, free {free:.3f}")
    check(providers > 50 and models > 350, f"{providers} providers, {models} models")
    equal(made.value("SELECT sum(cost) FROM request WHERE is_free"), 0, "cost of what is free")


def generate(world, *options):
    return world.run("generate", "--profile", "study", *options).out.splitlines()


def test_the_same_options_make_the_same_bytes(world):
    first = generate(world, "--exact")
    equal(first == generate(world, "--exact"), True, "twice the same")
    equal(first == generate(world, "--exact", "--seed", 2), False, "another seed is the same")
    times = [json.loads(line)["created_at"] for line in first]
    equal(times, sorted(times), "in order of time")
    equal(times[0] >= 1730073600000 and times[-1] < 1764547200000, True, "within the study's weeks")
    part = generate(world, "--exact", "--from", "2025-03-03", "--to", "2025-03-12T12:00:00Z")
    inside = [line for line in first if 1740960000000 <= json.loads(line)["created_at"] < 1741780800000]
    equal(part == inside, True, "a part has what the whole has there")
    loose = generate(world, "--exact", "--disorder", 60000)
    newest = late = 0
    for line in loose:
        time = json.loads(line)["created_at"]
        late = max(late, newest - time)
        newest = max(newest, time)
    check(0 < late <= 60000, f"the latest event is {late} ms behind")
    equal(sorted(json.loads(line)["id"] for line in loose), sorted(json.loads(line)["id"] for line in first), "ids")


def test_without_exact_it_is_as_chance_has_it(world):
    made = Workload(tuple(generate(world, "--classified", 0.05, "--seed", 3)))
    total = made.value("SELECT sum(tokens) FROM request")
    check(0.9 < total / (186.2e12 * SCALE) < 1.1, f"{total} tokens")
    america = made.value("SELECT 100.0 * sum(tokens * (country = 'US')) / sum(tokens) FROM request")
    check(43 < america < 51, f"United States {america:.1f} percent")
    sampled = made.value("SELECT avg(classified) FROM request WHERE week >= ?", FIRST_CATEGORIES)
    check(0.04 < sampled < 0.06, f"{sampled:.3f} classified")


def test_what_makes_no_sense_is_refused(world):
    for options in (
        ["--events", 5],
        ["--accounts", 5],
        ["--scale", "1e-7"],
        ["--scale", "2"],
        ["--scale", "x"],
        ["--from", "2024-10-01"],
        ["--to", "2026-01-01"],
        ["--profile", "other"],
    ):
        refused(world, "--profile", "study", *options)
    refused(world, "--exact")
    refused(world, "--scale", "1e-6")


def refused(world, *options):
    process = world.start("generate", *options)
    process.process.wait(30)
    check(process.process.returncode == os.EX_CONFIG and "CONFIG-VALUE" in process.log, f"{options}: {process.log}")


if __name__ == "__main__":
    main(__file__, globals())
