"""The charts of the study, week by week and cohort by cohort, against `generate --profile study --exact`: each within
what the study's figures can be read to, in one table at the end, with the few values that others of its own contradict.
"""

import math

from harness import check, equal, main, note
from study_replica import (
    AUTHORS,
    DEVIATIONS,
    FIRST_CATEGORIES,
    READ,
    READ_UNDER_NOTE,
    SCALE,
    SLUGS,
    hold,
    hold_weeks,
    months,
    shares,
    study,
    workload,
)

# (figure, week, what, the study's values, ours, which others): what the study's other charts leave no room for.
CONTRADICTIONS = []
TOPICS = "programming roleplay technology science translation finance academia health legal marketing trivia".split()
SPENDERS = "anthropic google openai x-ai qwen deepseek moonshotai z-ai mistralai minimax".split()
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


def test_sources_every_week(world):
    """S01."""
    got = shares(
        workload(world).rows("SELECT week, source, sum(tokens) FROM request GROUP BY 1, 2"),
        ("open_cn", "open_row", "closed"),
    )
    hold_weeks("S01", got, "base_weekly", {"cn_oss": "open_cn", "row_oss": "open_row", "closed": "closed"}, READ)


def test_reasoning_every_week(world):
    """S11."""
    got = shares(
        workload(world).rows("SELECT week, reasoning <> 'no', sum(tokens) FROM request GROUP BY 1, 2"), (True, False)
    )
    hold_weeks("S11", got, "base_weekly", {"reasoning": True}, READ)


def test_sizes_every_week(world):
    """S06: open models with a request, by size."""
    got = shares(
        workload(world).rows(
            """SELECT week, size, count(DISTINCT base) FROM request
        WHERE source <> 'closed' GROUP BY 1, 2"""
        ),
        ("small", "medium", "large"),
    )
    hold_weeks("S06", got, "s06_size_count_weekly", {size: size for size in ("small", "medium", "large")}, READ)


def test_categories_every_week(world):
    """S20, of all models: the eleven of the chart, which Adult and SEO are no part of."""
    got = shares(
        workload(world).rows(
            f"""SELECT week, category, sum(tokens) FROM request JOIN topic USING (event)
        WHERE category IN ({str(TOPICS)[1:-1]}) GROUP BY 1, 2"""
        ),
        TOPICS,
    )
    hold_weeks("S20", got, "s20_categories_weekly", {topic: topic for topic in TOPICS}, READ)


def test_open_categories_every_week(world):
    """S07."""
    got = shares(
        workload(world).rows(
            f"""SELECT week, category, sum(tokens) FROM request JOIN topic USING (event)
        WHERE source <> 'closed' AND category IN ({str(TOPICS)[1:-1]}) GROUP BY 1, 2"""
        ),
        TOPICS,
    )
    hold_weeks("S07", got, "s07_oss_categories_weekly", {topic: topic for topic in TOPICS}, READ)


def test_programming_spend_every_week(world):
    """S21."""
    got = shares(
        workload(world).rows(
            """SELECT week, author, sum(cost) FROM request JOIN topic USING (event)
        WHERE category = 'programming' GROUP BY 1, 2"""
        ),
        SPENDERS,
    )
    hold_weeks("S21", got, "s21_programming_spend_weekly", {name: name for name in [*SPENDERS, "other"]}, READ)


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
        hold_weeks(f"S17 {topic}", got, "s17_prompt_tokens_weekly", {topic: topic}, tolerance)


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
    found = []
    for row in study("s14_tool_models_monthly"):
        for column, base in TOOL_MODELS.items():
            value = got.get((row["month"] + "-01 00:00:00", base), 0)
            where = f"{row['month']} {column}"
            found.append((abs(value - float(row[column])), where, f"{value:.2f}, not {row[column]}"))
    hold("S14", found, READ)


def test_fifteen_open_models(world):
    """S04: the fifteen that have most, and their shares of what the fifteen have."""
    families = {slug: name for name, slugs in TOP_MODELS.items() for slug in slugs}
    rows = [
        (week, families.get(base, base), tokens)
        for week, base, tokens in workload(world).rows(
            "SELECT week, base, sum(tokens) FROM request WHERE source <> 'closed' GROUP BY 1, 2"
        )
    ]
    sums = {}
    for _, name, tokens in rows:
        sums[name] = sums.get(name, 0) + tokens
    equal(set(sorted(sums, key=sums.get, reverse=True)[:15]), set(TOP_MODELS), "the fifteen largest open models")
    got = shares([row for row in rows if row[1] in TOP_MODELS], TOP_MODELS)
    columns = {name: name for name in TOP_MODELS}
    hold_weeks("S04", got, "s04_top15_weekly", columns, READ, ("2025-08-04", "2025-10-20", READ_UNDER_NOTE))


def test_the_ten_largest_open_authors(world):
    """S03: in the table's order, and nobody else above its last."""
    rows = workload(world).rows(
        "SELECT author FROM request WHERE source <> 'closed' GROUP BY 1 ORDER BY sum(tokens) DESC LIMIT 10"
    )
    equal([author for author, in rows], list(AUTHORS.values()), "the ten largest open authors, in order")


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
    under = made.value(
        """SELECT sum(share < 50) FROM (SELECT 100.0 * sum(cost * (continent = 'North America')) / sum(cost) share
        FROM request GROUP BY week)"""
    )
    CONTRADICTIONS.append(
        ("S30", "all", "weeks of 57 with North America under half", "most", [under], "S31 beside S32 (their tokens)")
    )
    for begin in range(0, 56, 8):
        check(12 < spend(begin + 8, begin)["Europe"] < 30, f"Europe from week {begin}: {spend(begin + 8, begin)}")


def retention(made, base):
    """{cohort: [percent active after 0, 1, ... months]}, and {cohort: its accounts}."""
    known, active, curves = months(made), {}, {}
    for account, month in made.rows("SELECT DISTINCT account, month FROM request WHERE base = ?", base):
        active.setdefault(account, set()).add(known.index(month))
    for seen in active.values():
        curves.setdefault(min(seen), []).append(seen)
    return {
        known[cohort][:7]: [
            100 * sum(cohort + age in seen for seen in accounts) / len(accounts) for age in range(len(known) - cohort)
        ]
        for cohort, accounts in curves.items()
    }, {known[cohort][:7]: len(accounts) for cohort, accounts in curves.items()}


def test_accounts_stay_as_the_study_has_them(world):
    """S34: the cohorts that stayed, within an account; the others of a model together, within 5 points: the study says
    little of them. The workload's first month stands for GPT-4o mini's cohort of July 2024."""
    made, found = workload(world), []
    for row in study("s34_retention"):
        curves, sizes = retention(made, row["model"])
        founding = curves.get(row["founding"])
        for age in (1, 5):
            if founding:
                off = abs(founding[age] - float(row[f"founding_k{age}"]))
                account = 100 / sizes[row["founding"]]
                hold(f"S34 {row['model'].split('/')[1]}", [(off, f"{row['founding']} k={age}", f"{founding}")], account)
            rest = [name for name in curves if name != row["founding"] and len(curves[name]) > age]
            rest = [name for name in rest if name != row["returning"]]
            accounts = sum(sizes[name] for name in rest)
            if accounts < 40:
                continue
            mean = sum(curves[name][age] * sizes[name] for name in rest) / accounts
            found.append((abs(mean - float(row[f"k{age}"])), f"{row['model']} k={age}", f"{mean:.1f}"))
            if founding and age == 5:
                check(founding[5] >= 1.5 * mean, f"{row['model']}: {founding} stands out of {mean:.1f}")
        back = int(row["back"] or 0)
        if back:
            curve = curves[row["returning"]]
            check(curve[back] >= curve[back - 1] + 3, f"{row['model']}: back after {back} months: {curve}")
    hold("S34 other cohorts", found, 5)
    countries = made.value(
        """SELECT max(n) FROM (SELECT count(DISTINCT country) n FROM request
        WHERE account IS NOT NULL GROUP BY account)"""
    )
    equal(countries, 1, "countries of an account")


def sums_of(made, of, where=None):
    """{(week, what): tokens} of the plotted categories, over requests `where` holds."""
    column, value = where.split(":") if where else ("1", "1")
    rows = made.rows(
        f"""SELECT week, {of}, sum(tokens) FROM request JOIN topic USING (event)
        WHERE category IN ({str(TOPICS)[1:-1]}) AND {column} = ? GROUP BY 1, 2""",
        int(value) if value == "1" else value,
    )
    return {(week[:10], what): tokens for week, what, tokens in rows}


def part(sums, whats, weeks):
    """Percent of some categories, or sources, in weeks taken together."""
    whole = sum(tokens for (week, _), tokens in sums.items() if week in weeks)
    return 100 * sum(sums.get((week, what), 0) for week in weeks for what in whats) / whole


def test_what_authors_are_used_for(world):
    """S24 to S29, and S08 at its end: what the study says of weeks, each or together, is a range."""
    made = workload(world)
    weeks = [row["week"] for row in study("s07_oss_categories_weekly")]
    found = {}
    for row in study("author_charts"):
        sums = sums_of(made, "category", row["models"])
        inside = [week for week in weeks if row["first"] <= week <= row["last"]]
        for those in [inside] if row["together"] == "1" else [[week] for week in inside]:
            share = part(sums, row["categories"].split(), those)
            off = max(float(row["low"]) - share, share - float(row["high"]), 0)
            name, where = (row["figure"], float(row["allowed"])), f"{those[0]} {row['categories']}"
            found.setdefault(name, []).append((off, where, f"{share:.1f}, not {row['low']} to {row['high']}"))
    for (figure, allowed), deviations in found.items():
        hold(figure, deviations, allowed)
    google = sums_of(made, "category", "author:google")
    falls = [part(google, ["programming"], weeks[first : first + 7]) for first in range(0, 28, 7)]
    check(falls == sorted(falls, reverse=True), f"S25: Google's programming falls: {falls}")


def test_who_serves_programming_and_roleplay(world):
    """S09; and S10, whose ends others contradict: what S01, S07 and S20 make of them."""
    made = workload(world)
    weeks = [row["week"] for row in study("s07_oss_categories_weekly")]
    programming = sums_of(made, "source", "category:programming")
    closed = [part(programming, ["closed"], [week]) for week in weeks]
    check(min(closed) > 65 and sum(closed) / 28 > 85, f"S09: closed models handle the bulk: {closed}")

    def open_row(first, last):
        those = [week for week in weeks if first <= week <= last]
        mine = part(programming, ["open_row"], those)
        return 100 * mine / (mine + part(programming, ["open_cn"], those))

    check(open_row("2025-07-21", "2025-08-25") < 50, "S09: Chinese models lead in summer")
    check(open_row("2025-09-15", "2025-10-13") > 50, "S09: then the others do")
    check(open_row("2025-11-10", "2025-11-24") < 50, "S09: and fall back")
    roleplay = sums_of(made, "source", "category:roleplay")
    for those, wanted in ((weeks[:2], (70, 22, 8)), (weeks[-3:], (42, 43, 15))):
        got = [part(roleplay, [source], those) for source in ("closed", "open_row", "open_cn")]
        CONTRADICTIONS.append(
            ("S10", those[0], "closed, RoW, Chinese", wanted, got, "open tokens (S01) by their roleplay (S07), of S20")
        )


def test_reasoning_models_in_order(world):
    """S12: of the last week, without what is free; those the study names."""
    rows = workload(world).rows(
        """SELECT base FROM request
        WHERE reasoning = 'always' AND NOT is_free AND week = (SELECT max(week) FROM request)
        GROUP BY 1 ORDER BY sum(tokens) DESC"""
    )
    order = [base for base, in rows]
    named = "x-ai/grok-code-fast-1 google/gemini-2.5-pro google/gemini-2.5-flash x-ai/grok-4-fast openai/gpt-oss-120b"
    equal([base for base in order if base in named.split()], named.split(), "reasoning models, in order")
    equal(order[0], "x-ai/grok-code-fast-1", "the largest reasoning model")


def test_prices_of_categories(world):
    """S35: where its quadrants have them; the median to the digit that the study prints."""
    rows = workload(world).rows(
        f"""SELECT category, sum(cost) / 1000.0 / sum(tokens), sum(tokens) FROM request JOIN topic USING (event)
        WHERE NOT is_byok AND category IN ({str(TOPICS)[1:-1]}) GROUP BY 1"""
    )
    price = {category: usd for category, usd, _ in rows}
    usage = {category: tokens for category, _, tokens in rows}
    median = sorted(price.values())[5]
    hold("S35 median", [(abs(median - 0.73), "USD", f"{median:.3f}")], 0.03)
    dearest = sorted(price, key=price.get, reverse=True)
    equal(dearest[0], "technology", "the dearest category")
    check(price["technology"] > 1.4 * price[dearest[1]], f"by far: {price}")
    for category in "roleplay translation legal trivia".split():
        check(price[category] < median, f"{category} is cheap: {price}")
    for category in "finance academia health marketing".split():
        check(price[category] > median, f"{category} is dear: {price}")
    check(abs(price["programming"] / median - 1) < 0.1, f"programming is about the median: {price}")
    equal(sorted(usage, key=usage.get, reverse=True)[:2], ["programming", "roleplay"], "the two largest")
    niche = sorted(("translation", "legal", "trivia"), key=usage.get)
    equal([niche[0], niche[-1]], ["trivia", "translation"], "the smallest and the largest of the niche")


def test_tags_of_categories(world):
    """S22, S23, S39 to S41: the study's prose and its figures differ by up to a point; no request has two tags of one
    category, so that a bar ends at 100 %."""
    made, found = workload(world), []
    for row in study("tag_shares"):
        share = made.value(
            """SELECT 100.0 * sum(tokens * (event IN (SELECT event FROM tagged WHERE tag = ?))) / sum(tokens)
            FROM request JOIN topic USING (event) WHERE category = ?""",
            row["tag"],
            row["category"],
        )
        where = f"{row['category']} {row['tag']}"
        found.append((abs(share - float(row["pct"])), where, f"{share:.1f}, not {row['pct']}"))
    hold("S22 S23 S39-S41", found, 1)
    doubled = made.value(
        f"""SELECT count(*) FROM (SELECT 1 FROM tagged WHERE category IN ({str(TOPICS)[1:-1]})
        GROUP BY event, category HAVING count(*) > 1)"""
    )
    equal(doubled, 0, "requests with two tags of one category")


def test_the_five_tables(world):
    """S03, S31, S32, S33, S38: by less than half of the last published digit; profile_study.py has them digit by
    digit."""
    made = workload(world)

    def table(figure, name, what, published, got, allowed=0.005):
        rows = [row for row in study(name) if row[what] in got]
        check(len(rows) > 4, f"{figure}: {len(rows)} rows")
        hold(
            figure,
            [(abs(got[row[what]] - float(row[published])), row[what], f"{got[row[what]]:.4f}") for row in rows],
            allowed,
        )

    authors = dict(made.rows("SELECT author, sum(tokens) FROM request WHERE source <> 'closed' GROUP BY 1"))
    trillions = {name: authors[slug] / SCALE / 1e12 for name, slug in AUTHORS.items()}
    table("S03 10^12 tokens", "s03_oss_authors", "author", "total_tokens_trillion", trillions)
    for figure, name, what, column, since in (
        ("S31", "s31_continents", "continent", "continent", FIRST_CATEGORIES),
        ("S32", "s32_countries", "iso2", "country", ""),
        ("S33", "s33_languages", "bcp47", "language", ""),
    ):
        rows = made.rows(f"SELECT {column}, sum(tokens) FROM request WHERE week >= ? GROUP BY 1", since)
        whole = sum(tokens for _, tokens in rows)
        table(figure, name, what, "share_pct", {key: 100 * tokens / whole for key, tokens in rows})
    bases = {
        base: rest
        for base, *rest in made.rows(
            "SELECT base, sum(tokens * NOT is_byok), sum(cost * NOT is_byok) FROM request GROUP BY 1"
        )
    }
    examples = {name: bases[slug] for name, slug in SLUGS.items()}
    prices = {name: cost / tokens / 1000 for name, (tokens, cost) in examples.items()}
    usage = {name: math.log10(tokens / SCALE / 1e6) for name, (tokens, _) in examples.items()}
    table("S38 USD", "s38_segments", "model", "price_usd_per_1m", prices, 0.0005)
    table("S38 log10 of usage", "s38_segments", "model", "usage_log10", usage)


def test_the_table(world):
    """What all tests above found, figure by figure: mean and worst deviation, and what is allowed; then what others of
    the study's numbers contradict, and ours beside it."""
    workload(world)
    note(f"{'figure':<20} {'mean':>7} {'worst':>7} {'allowed':>7}  where the worst is")
    for figure, mean, worst, where, allowed in DEVIATIONS:
        note(f"{figure:<20} {mean:>7.3g} {worst:>7.3g} {allowed:>7.3g}  {where}")
    for figure, where, what, study_has, got, why in CONTRADICTIONS:
        note(f"{figure} {where} contradicts {why}: {what} {study_has}, ours {[round(value) for value in got]}")


if __name__ == "__main__":
    main(__file__, globals())
