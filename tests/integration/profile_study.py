"""`generate --profile study --exact` against the study: its tables to the published digit, its charts week by week.

Everything is SQL over the JSON lines, with attributes joined from schemas/*.csv by the oracle; the expected values are
the study's own (study_values.csv). Nothing goes through Kafka here.
"""

import csv
import functools
import json
import math
import os

from harness import ROOT, check, equal, main, note
from oracle import Oracle

SCALE = 1e-6
EVENTS_MIN, EVENTS_MAX = 40_000, 60_000
FIRST_CATEGORIES = "2025-05-19 00:00:00"
TOPICS = "programming roleplay technology science translation finance academia health legal marketing trivia".split()
SPENDERS = "anthropic google openai x-ai qwen deepseek moonshotai z-ai mistralai minimax".split()
AUTHORS = {
    "DeepSeek": "deepseek",
    "Qwen": "qwen",
    "Meta LLaMA": "meta-llama",
    "Mistral AI": "mistralai",
    "OpenAI": "openai",
    "Minimax": "minimax",
    "Z-AI": "z-ai",
    "TNGTech": "tngtech",
    "MoonshotAI": "moonshotai",
    "Google": "google",
}
SLUGS = {
    "google/gemini-2.0-flash": "google/gemini-2.0-flash-001",
    "deepseek/deepseek-v3-0324": "deepseek/deepseek-chat-v3-0324",
    "anthropic/claude-3.7-sonnet": "anthropic/claude-3.7-sonnet",
    "anthropic/claude-sonnet-4": "anthropic/claude-sonnet-4",
    "qwen/qwen-2-7b-instruct": "qwen/qwen-2-7b-instruct",
    "openai/gpt-4": "openai/gpt-4",
    "ibm/granite-4.0-micro": "ibm-granite/granite-4.0-h-micro",
    "openai/gpt-5-pro": "openai/gpt-5-pro",
}
TOOL_MODELS = {
    "claude-4-sonnet": "anthropic/claude-sonnet-4",
    "gpt-4o-mini": "openai/gpt-4o-mini",
    "claude-4.5-sonnet": "anthropic/claude-sonnet-4.5",
    "claude-3.7-sonnet": "anthropic/claude-3.7-sonnet",
    "gemini-2.5-flash": "google/gemini-2.5-flash",
    "gemini-2.0-flash": "google/gemini-2.0-flash-001",
    "grok-code-fast-1": "x-ai/grok-code-fast-1",
    "claude-3.5-haiku": "anthropic/claude-3.5-haiku",
    "glm-4.6": "z-ai/glm-4.6",
    "gemini-2.5-pro": "google/gemini-2.5-pro",
}
TOP_MODELS = {
    "deepseek-v3": ("deepseek/deepseek-chat", "deepseek/deepseek-chat-v3-0324"),
    "deepseek-r1": ("deepseek/deepseek-r1", "deepseek/deepseek-r1-0528"),
    "deepseek-v3.1": ("deepseek/deepseek-chat-v3.1",),
    "r1t2-chimera": ("tngtech/deepseek-r1t2-chimera",),
    "glm-4.5-air": ("z-ai/glm-4.5-air",),
    "minimax-m2": ("minimax/minimax-m2",),
    "kimi-k2": ("moonshotai/kimi-k2",),
    "mistral-nemo": ("mistralai/mistral-nemo",),
    "qwen3-coder-480b": ("qwen/qwen3-coder",),
    "qwen3-235b-a22b-2507": ("qwen/qwen3-235b-a22b-2507",),
    "llama-3.3-70b": ("meta-llama/llama-3.3-70b-instruct",),
    "llama-4-maverick": ("meta-llama/llama-4-maverick",),
    "qwen3-30b-a3b": ("qwen/qwen3-30b-a3b",),
    "gpt-oss-120b": ("openai/gpt-oss-120b",),
    "gpt-oss-20b": ("openai/gpt-oss-20b",),
}
# Weeks in which two of the study's charts cannot both be met, with the one that gives way: none is needed.
GIVEN_WAY = {}


class Workload(Oracle):
    """The oracle's tables and facts without its cells: what these figures need."""

    def _make_cells(self):
        pass

    def _suppress(self, below):
        pass

    def __init__(self, lines):
        super().__init__(lines)
        self.db.executescript(
            """
            CREATE TABLE request AS
            SELECT fact.event, week, month, created_at, fact.model, a.base, a.author, a.source, a.size, a.reasoning,
                fact.country, nullif(continent, '') continent, fact.language, tool_requests, fact.tokens_prompt,
                fact.tokens_prompt + fact.tokens_completion tokens, fact.tokens_completion, fact.cost_nano_usd cost,
                is_byok, is_free, fact.classified, fact.mapped, event.account, fact.finish_reason, fact.provider,
                fact.tools_offered
            FROM fact JOIN event USING (event) JOIN attributes a ON a.model = fact.model
                LEFT JOIN countries ON code = fact.country;
            CREATE TABLE topic AS SELECT DISTINCT event, category FROM tagged;
            CREATE INDEX topic_event ON topic (event);
        """
        )

    def rows(self, sql, *parameters):
        return self.db.execute(sql, parameters).fetchall()

    def value(self, sql, *parameters):
        return self.rows(sql, *parameters)[0][0]


@functools.lru_cache(maxsize=None)
def study(name):
    """A table of study_values.csv, as dicts."""
    text = (ROOT / "tests" / "integration" / "study_values.csv").read_text()
    block = text.split(f"## {name}\n")[1].split("\n\n")[0]
    return list(csv.DictReader(block.splitlines()))


WORKLOADS = []


def workload(world):
    """All tests look at the same events."""
    if not WORKLOADS:
        WORKLOADS.append(Workload(tuple(world.run("generate", "--profile", "study", "--exact").out.splitlines())))
    return WORKLOADS[0]


def shares(rows, keys):
    """{(week, key): percent of the week} of rows of (week, key, sum); a key outside `keys` is "other"."""
    sums, totals = {}, {}
    for week, key, value in rows:
        key = key if key in keys else "other"
        sums[week, key] = sums.get((week, key), 0) + value
        totals[week] = totals.get(week, 0) + value
    return {(week, key): 100 * value / totals[week] for (week, key), value in sums.items()}


def compare_weeks(figure, got, table, columns, tolerance):
    """Each week and column of a chart; says how far the worst is off. `columns`: the chart's column -> our key."""
    worst, late, missing = (0.0, "", ""), [], []
    for row in study(table):
        for column, key in columns.items():
            value = got.get((row["week"] + " 00:00:00", key), 0.0)
            off = value - float(row[column])
            worst = max(worst, (abs(off), row["week"], column))
            if abs(off) > tolerance and (figure, row["week"]) not in GIVEN_WAY:
                late.append(f"{row['week']} {column}: {value:.2f}, the study {row[column]}")
        if not any(week == row["week"] + " 00:00:00" for week, _ in got):
            missing.append(row["week"])
    note(f"{figure}: worst {worst[0]:.2f} ({worst[1]}, {worst[2]}), allowed {tolerance}")
    check(not missing, f"{figure}: weeks without anything", *missing)
    check(not late, f"{figure}: {len(late)} values are off", *late[:20])


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


def test_sources_every_week(world):
    """S01."""
    got = shares(
        workload(world).rows("SELECT week, source, sum(tokens) FROM request GROUP BY 1, 2"),
        ("open_cn", "open_row", "closed"),
    )
    compare_weeks("S01", got, "base_weekly", {"cn_oss": "open_cn", "row_oss": "open_row", "closed": "closed"}, 1)


def test_reasoning_every_week(world):
    """S11."""
    got = shares(workload(world).rows("SELECT week, reasoning, sum(tokens) FROM request GROUP BY 1, 2"), ("yes", "no"))
    compare_weeks("S11", got, "base_weekly", {"reasoning": "yes"}, 1)


def test_sizes_every_week(world):
    """S06: open models with a request, by size."""
    got = shares(
        workload(world).rows(
            """SELECT week, size, count(DISTINCT base) FROM request
        WHERE source <> 'closed' GROUP BY 1, 2"""
        ),
        ("small", "medium", "large"),
    )
    compare_weeks("S06", got, "s06_size_count_weekly", {size: size for size in ("small", "medium", "large")}, 1)


def test_categories_every_week(world):
    """S20, of all models: the eleven of the chart, which Adult and SEO are no part of."""
    got = shares(
        workload(world).rows(
            f"""SELECT week, category, sum(tokens) FROM request JOIN topic USING (event)
        WHERE category IN ({str(TOPICS)[1:-1]}) GROUP BY 1, 2"""
        ),
        TOPICS,
    )
    compare_weeks("S20", got, "s20_categories_weekly", {topic: topic for topic in TOPICS}, 1)


def test_open_categories_every_week(world):
    """S07."""
    got = shares(
        workload(world).rows(
            f"""SELECT week, category, sum(tokens) FROM request JOIN topic USING (event)
        WHERE source <> 'closed' AND category IN ({str(TOPICS)[1:-1]}) GROUP BY 1, 2"""
        ),
        TOPICS,
    )
    compare_weeks("S07", got, "s07_oss_categories_weekly", {topic: topic for topic in TOPICS}, 1)


def test_programming_spend_every_week(world):
    """S21."""
    got = shares(
        workload(world).rows(
            """SELECT week, author, sum(cost) FROM request JOIN topic USING (event)
        WHERE category = 'programming' GROUP BY 1, 2"""
        ),
        SPENDERS,
    )
    compare_weeks("S21", got, "s21_programming_spend_weekly", {name: name for name in [*SPENDERS, "other"]}, 1)


def test_prompt_lengths_every_week(world):
    """S17: the study's own reading error is 500 tokens at its peaks, 200 elsewhere."""
    for topic, tolerance in (("programming", 500), ("technology", 200), ("roleplay", 200)):
        got = {
            (week, topic): mean
            for week, mean in workload(world).rows(
                """SELECT week, avg(tokens_prompt)
            FROM request JOIN topic USING (event) WHERE category = ? GROUP BY week""",
                topic,
            )
        }
        compare_weeks(f"S17 {topic}", got, "s17_prompt_tokens_weekly", {topic: topic}, tolerance)


def test_tool_models_every_month(world):
    """S14: the ten that have most, and their shares."""
    made = workload(world)
    rows = made.rows("SELECT month, base, sum(tokens) FROM request WHERE tool_requests GROUP BY 1, 2")
    sums = {}
    for _, base, tokens in rows:
        sums[base] = sums.get(base, 0) + tokens
    ten = set(sorted(sums, key=sums.get, reverse=True)[:10])
    equal(ten, set(TOOL_MODELS.values()), "the ten models with the most tool calls")
    got = shares([row for row in rows if row[1] in ten], ten)
    worst = 0
    for row in study("s14_tool_models_monthly"):
        for column, base in TOOL_MODELS.items():
            value = got.get((row["month"] + "-01 00:00:00", base), 0)
            worst = max(worst, abs(value - float(row[column])))
            check(abs(value - float(row[column])) <= 1, f"S14 {row['month']} {column}: {value:.2f}, not {row[column]}")
    note(f"S14: worst {worst:.2f}, allowed 1")


def test_fifteen_open_models_are_followed(world):
    """S04 is no constraint, but a first guess: on the mean of the weeks it should still be seen."""
    families = {slug: name for name, slugs in TOP_MODELS.items() for slug in slugs}
    got = shares(
        [
            (week, families[base], tokens)
            for week, base, tokens in workload(world).rows("SELECT week, base, sum(tokens) FROM request GROUP BY 1, 2")
            if base in families
        ],
        TOP_MODELS,
    )
    off = [
        abs(got.get((row["week"] + " 00:00:00", name), 0) - float(row[name]))
        for row in study("s04_top15_weekly")
        for name in TOP_MODELS
    ]
    note(f"S04: mean {sum(off) / len(off):.2f} points off, worst {max(off):.1f}")
    check(sum(off) / len(off) < 3, "S04 is not followed")


def months(made):
    return [month for month, in made.rows("SELECT DISTINCT month FROM request ORDER BY 1")]


def test_tool_calls_rise_and_one_account_bursts(world):
    """S13."""
    made = workload(world)
    got = dict(made.rows("SELECT week, 100.0 * sum(tokens * tool_requests) / sum(tokens) FROM request GROUP BY 1"))
    weeks = [got[week] for week in sorted(got)]
    check(max(weeks[:9]) == 0 and 10 <= weeks[-1] <= 16, f"percent of tokens in tool calls: {weeks}")
    plain = dict(
        made.rows(
            """SELECT month,
            100.0 * sum(tokens * tool_requests * (account <> 'acct-us-outlier')) / sum(tokens)
        FROM request WHERE month >= '2025-01' GROUP BY 1"""
        )
    )
    rising = [plain[month] for month in sorted(plain)]
    check(rising == sorted(rising), f"without its outlier it rises every month: {rising}")
    account, share = made.rows(
        """SELECT account, 1.0 * sum(tokens) / sum(sum(tokens)) OVER () FROM request
        WHERE tool_requests AND month = '2025-05-01 00:00:00' GROUP BY 1 ORDER BY 2 DESC LIMIT 1"""
    )[0]
    check(share > 0.5, f"{account} has {share:.2f} of May's tool calls")
    equal(made.value("SELECT count(*) FROM request WHERE tool_requests AND NOT tools_offered"), 0, "not offered")


def test_lengths_grow(world):
    """S15, S16, S18, S19: near the study's means at the end, and on the way there at the beginning."""
    made = workload(world)
    got = made.rows(
        """SELECT avg(tokens_prompt), avg(tokens_completion), avg(tokens) FROM request
        GROUP BY week ORDER BY week"""
    )
    first, last = got[0], got[-1]
    check(1000 < first[0] < 2000 and last[0] > 5800, f"prompt tokens {first[0]:.0f} to {last[0]:.0f}")
    check(120 < first[1] < 180 and 360 < last[1] < 500, f"completion tokens {first[1]:.0f} to {last[1]:.0f}")
    check(last[2] > 5400, f"tokens of a request in the last week {last[2]:.0f}")
    programming = made.value(
        """SELECT avg(tokens) FROM request JOIN topic USING (event)
        WHERE category = 'programming' AND week >= '2025-11'"""
    )
    check(3 < programming / last[2] < 5, f"programming is {programming / last[2]:.1f} times as long")


def test_spend_moves_to_asia(world):
    """S30, over four weeks: single ones hang on single requests at this scale."""
    made = workload(world)

    def spend(until, skip):
        weeks = sorted(week for week, in made.rows("SELECT DISTINCT week FROM request"))[skip:until]
        return dict(
            made.rows(
                """SELECT continent, 100.0 * sum(cost) / sum(sum(cost)) OVER () FROM request
            WHERE week BETWEEN ? AND ? GROUP BY 1""",
                weeks[0],
                weeks[-1],
            )
        )

    first, last = spend(8, 0), spend(57, 53)
    check(first["Asia"] < 19 and 26 < last["Asia"] < 36, f"Asia from {first['Asia']:.1f} to {last['Asia']:.1f}")
    check(first["North America"] > 55 and last["North America"] < 50, f"North America {first} to {last}")
    for begin in range(0, 56, 8):
        check(12 < spend(begin + 8, begin)["Europe"] < 30, f"Europe from week {begin}: {spend(begin + 8, begin)}")


def retention(made, *bases):
    """{cohort: [percent active after 0, 1, ... months]}, and how many accounts each has."""
    known, active, curves = months(made), {}, {}
    for account, month in made.rows(
        f"""SELECT DISTINCT account, month FROM request
            WHERE base IN ({', '.join('?' * len(bases))})""",
        *bases,
    ):
        active.setdefault(account, set()).add(known.index(month))
    for seen in active.values():
        curves.setdefault(min(seen), []).append(seen)
    return {
        cohort: [
            100 * sum(cohort + age in seen for seen in accounts) / len(accounts) for age in range(len(known) - cohort)
        ]
        for cohort, accounts in curves.items()
    }


def test_accounts_stay_as_the_study_has_them(world):
    """S34. The first month of the workload stands for GPT-4o mini's cohort of July 2024."""
    made = workload(world)
    mini = retention(made, "openai/gpt-4o-mini")
    later = sorted(curve[5] for cohort, curve in mini.items() if cohort > 0 and len(curve) > 5)
    check(mini[0][5] > 1.5 * later[len(later) // 2], f"a foundational cohort: {mini[0][5]:.0f} beside {later}")
    lost = [100 - curve[1] for cohort, curve in mini.items() if cohort > 0 and len(curve) > 1]
    check(60 <= sum(lost) / len(lost) <= 80, f"lost in the first month: {lost}")
    flash = [curve[5] for curve in retention(made, "google/gemini-2.0-flash-001").values() if len(curve) > 5]
    check(max(flash) < 25, f"no foundational cohort: {flash}")
    chat = retention(made, "deepseek/deepseek-chat", "deepseek/deepseek-chat-v3-0324")
    july = chat[months(made).index("2025-07-01 00:00:00")]
    check(july[2] >= july[1] + 3, f"those of July come back after two months: {july}")
    countries = made.value(
        """SELECT max(n) FROM (SELECT count(DISTINCT country) n FROM request
        WHERE account IS NOT NULL GROUP BY account)"""
    )
    equal(countries, 1, "countries of an account")


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
    for category, tag, want in (
        ("roleplay", "roleplaying_games", 58),
        ("roleplay", "writers_resources", 15.6),
        ("roleplay", "adult", 15.4),
        ("programming", "programming_other", 66.1),
        ("programming", "development_tools", 26.4),
        ("science", "machine_learning_ai", 80.4),
        ("translation", "foreign_language_resources", 51.1),
        ("finance", "foreign_exchange", 19.2),
        ("technology", "personal_assistants", 31.3),
        ("marketing", "marketing", 66.3),
        ("legal", "government", 43),
        ("academia", "educational_resources", 42.7),
        ("health", "health_other", 25),
        ("trivia", "fun_trivia", 96.2),
    ):
        got = made.value(
            """SELECT
                100.0 * sum(tokens * (event IN (SELECT event FROM tagged WHERE tag = ?))) / sum(tokens)
            FROM request JOIN topic USING (event) WHERE category = ?""",
            tag,
            category,
        )
        check(abs(got - want) < 4, f"{tag} is {got:.1f} percent of {category}, not {want}")
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
