"""`gentally report --format json`: every one of the 41 figures and the scalars, equal to SQL over the raw events.

Integers, texts and dates are equal, shares, prices and money are the same doubles. Intervals, which are told to ten
digits, and logarithms agree to 1e-9, the line of least squares, computed in another order here, to 1e-12. What a
document says in words (nothing there, one event, a week without traffic, models and countries nobody knows) is looked
for as words.
"""

import csv
import functools
import json
import math
import shutil
import subprocess

import duckdb

from harness import ACCOUNT_KEY, BINARY, ROOT, check, equal, main, note
from oracle import milliseconds
from study_sql import ELEVEN, OPEN, StudySQL

EVENTS = 16_000
WEEKS = 24
FIRST_DAY = "2025-05-05"  # a Monday
UNCLASSIFIED_UNTIL = "2025-05-26"  # the category window begins later than the range
EMPTY_WEEK = "2025-08-11"
PARTITIONS = 6
SCALE = 1e-6  # of the study's tokens
CATEGORIES = (
    "programming roleplay technology science translation finance academia health legal marketing trivia".split()
)
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
# The study's names where the catalog has others.
SLUGS = {
    "google/gemini-2.0-flash": "google/gemini-2.0-flash-001",
    "deepseek/deepseek-v3-0324": "deepseek/deepseek-chat-v3-0324",
    "ibm/granite-4.0-micro": "ibm-granite/granite-4.0-h-micro",
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
# Computed in another order than in C.
LOOSE = {"n_effective", "low", "high", "usage_log10"}


def week_of(event_ms):
    """Weeks since Monday 1970-01-05."""
    return (event_ms // 86_400_000 - 4) // 7


def odd(number, event):
    """Every few events something is unusual."""
    if number % 41 == 0:
        event["model"] = "acme/unheard-of" if number % 2 else "loner"
    if number % 43 == 0:
        event.pop("country", None)
    if number % 47 == 0:
        event["country"] = "ZZ"
    if number % 53 == 0:
        event.pop("language", None)
    if number % 29 == 0:
        event.pop("account", None)
    if number % 31 == 0:
        event["is_byok"] = True
    if number % 59 == 0:
        event["is_free"] = True
    if number % 61 == 0:
        event["model"] = event["model"].split(":")[0] + ":free"
    if number % 211 == 0:
        event["tokens_prompt"] += 3_000_000 if number % 422 else 300_000_000  # beyond what is squared whole
    if number % 37 == 0:
        event["tokens_completion" if number % 2 else "tokens_prompt"] = None
    if number % 23 == 0:
        event["cost_nano_usd"] = None
    if number % 5 == 0 and event.get("categories"):
        event["categories"] += [
            {"path": "/Books & Literature/Writers Resources", "confidence": 0.75},
            {"path": "/Computers & Electronics/Programming", "confidence": 0.5},
            {"path": "/Travel & Transportation", "confidence": 0.625},
        ]
    return event


@functools.lru_cache(maxsize=1)
def the_lines(generated):
    lines = []
    for number, line in enumerate(generated):
        event = odd(number, json.loads(line))
        week = week_of(event["created_at"])
        if week == week_of(milliseconds(EMPTY_WEEK)):
            continue
        if week < week_of(milliseconds(UNCLASSIFIED_UNTIL)):
            event.pop("classified", None)
            event.pop("categories", None)
        lines.append(json.dumps(event))
    return tuple(lines)


@functools.lru_cache(maxsize=1)
def the_truth(lines):
    return StudySQL(lines, ACCOUNT_KEY)


def prepare(world, with_accounts=True):
    world.start_redis()
    world.settings["GENTALLY_WINDOWS"] = "week,month"  # those that figures are of: a fifth of the time
    if with_accounts:
        world.count_accounts()
    world.run("setup", "--partitions", PARTITIONS)


def count(world, lines):
    path = world.folder / "events.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    world.produce(path)
    workers = [world.start("worker", "--drain") for _ in range(2)]
    for worker in workers:
        worker.succeed(180)


def report(world, *arguments):
    path = world.folder / "report.json"
    world.run("report", "--format", "json", "--out", path, *arguments)
    return json.loads(path.read_text())


def same(name, got, want):
    if name in LOOSE and got is not None and want is not None:
        return math.isclose(got, want, rel_tol=1e-9, abs_tol=1e-15)
    return got == want and (got is None) == (want is None)


def compare_figure(figure, want):
    """A list of what differs; empty if nothing does."""
    names = [column["name"] for column in figure["columns"]]
    rows = figure["rows"]
    wrong = []
    if len(rows) != len(want):
        wrong.append(f"{len(rows)} rows, SQL has {len(want)}")
    for number, (got, right) in enumerate(zip(rows, want)):
        if len(got) != len(right):
            wrong.append(f"row {number} has {len(got)} cells, SQL {len(right)}: {got} against {right}")
        wrong += [
            f"row {number} {got[:2]}: {name} {mine!r}, SQL {yours!r}"
            for name, mine, yours in zip(names, got, right)
            if not same(name, mine, yours)
        ]
    return wrong


def compare(document, truth, examples=None):
    """All 41, and the scalars; fails with each figure's first difference."""
    wrong, rows, cells = [], 0, 0
    equal([figure["id"] for figure in document["figures"]], [f"S{number:02d}" for number in range(1, 42)], "figures")
    for figure in document["figures"]:
        ask = getattr(truth, figure["id"].lower())
        want = ask(examples) if figure["id"] == "S38" else ask()
        differences = compare_figure(figure, want)
        if differences:
            wrong.append(f"{figure['id']}: {len(differences)} differences, the first: {differences[0]}")
        rows += len(want)
        cells += sum(map(len, want))
        if bool(want) != (figure["missing"] is None):
            wrong.append(f"{figure['id']}: missing is {figure['missing']!r}")
    scalars = {scalar["id"]: scalar["value"] for scalar in document["header"]["scalars"]}
    for name, want in truth.scalars().items():
        if scalars.get(name) != want:
            wrong.append(f"{name}: {scalars.get(name)!r}, SQL {want!r}")
    check(not wrong, f"{len(wrong)} of the figures and scalars are not what SQL says", *wrong)
    note(f"{rows} rows, {cells} cells of 41 figures are what SQL says")


# A figure of each kind of SQL: what a range does to one it does to the others.
RANGED = ["S01", "S03", "S14", "S17", "S20", "S22", "S34", "S36"]


def recounted(world, figure, *arguments):
    """The rows of a figure by the SQL that the program prints, as the document writes them."""
    folder = world.folder / "recount"
    types = [column["type"] for column in figure["columns"]]
    sql = world.run("figures", "--sql", figure["id"], *arguments).out.replace(
        "'events.jsonl'", f"'{folder}/events.jsonl'"
    )
    for name in ("catalog", "taxonomy", "countries"):
        check(f"'{name}.csv'" in sql or name == "taxonomy", f"{figure['id']} does without {name}.csv")
        sql = sql.replace(f"'{name}.csv'", f"'{ROOT}/schemas/{name}.csv'")
    asked = duckdb.connect().execute(sql)
    equal([column[0] for column in asked.description], [column["name"] for column in figure["columns"]], "columns")
    return [[str(value) if kind == "date" else value for value, kind in zip(row, types)] for row in asked.fetchall()]


def compare_recount(world, document, lines, *arguments, only=None):
    """What `gentally figures --sql` prints, run over the events themselves. It is made of the table of figures and so
    no witness of its own: `truth` is, which is written from the study's words. Both are held to one document."""
    (world.folder / "recount").mkdir(exist_ok=True)
    (world.folder / "recount" / "events.jsonl").write_text("\n".join(lines) + "\n")
    wrong = []
    for figure in document["figures"]:
        if only and figure["id"] not in only:
            continue
        differences = compare_figure(figure, recounted(world, figure, *arguments))
        if differences:
            wrong.append(f"{figure['id']}: {len(differences)} differences, the first: {differences[0]}")
    check(not wrong, f"{len(wrong)} figures are not what their own SQL says", *wrong)
    note(f"{len(only or document['figures'])} figures are what the SQL says that the program prints")


def compare_lines(document, truth):
    """Medians and the fitted line of the maps."""
    figures = {figure["id"]: figure for figure in document["figures"]}
    points = truth.points("weekly", "base")
    for name, where in (("S35", truth.points("categories", "category", ELEVEN)), ("S36", points), ("S37", points)):
        dear, used = truth.medians(where)
        rules = {rule["axis"]: rule["at"] for rule in figures[name]["chart"]["rules"]}
        equal(rules, {"x": dear, "y": used}, f"{name}: medians")
    slope, start = truth.line(points)
    line = figures["S36"]["chart"]["line"]
    prices = [point[3] for point in points]
    for end, at in (("from", min(prices)), ("to", max(prices))):
        equal(line[end][0], at, f"S36: the line's {end}")
        usage = 10 ** (start + slope * math.log10(at)) * 1e6
        check(math.isclose(line[end][1], usage, rel_tol=1e-12), f"S36: the line's {end}: {line[end][1]}, SQL {usage}")
    check(f"slope {slope:.3f}" in line["text"], f"S36 says {line['text']}, the slope is {slope}")


def compare_header(document, truth):
    header = document["header"]
    run = truth.run
    total = run(
        "SELECT count(*), sum(p + c), sum(cost), count(DISTINCT base), min(week), date(max(week), '+7 days') "
        "FROM weekly"
    ).fetchone()
    equal(
        [
            header["requests"],
            header["tokens"],
            header["cost_nano_usd"],
            header["models"],
            header["range"]["from"],
            header["range"]["to"],
        ],
        list(total),
        "header",
    )
    classified, tokens = run("SELECT sum(classified), sum((p + c) * classified) FROM weekly").fetchone()
    (mapped,) = run("SELECT count(DISTINCT event) FROM categories").fetchone()
    equal(
        [header["coverage"]["classified"], header["coverage"]["classified_tokens"], header["coverage"]["mapped"]],
        [classified, tokens, mapped],
        "coverage",
    )
    equal(header["coverage"]["share"], classified / header["requests"], "coverage: share")
    equal(header["coverage"]["from"], truth.category_week, "coverage: the first week")


def test_every_figure_is_what_sql_says(world):
    prepare(world)
    generated = world.run(
        "generate",
        "--events",
        EVENTS,
        "--from",
        FIRST_DAY,
        "--weeks",
        WEEKS,
        "--accounts",
        900,
        "--classified",
        "0.2",
        "--seed",
        41,
    ).out.splitlines()
    lines = the_lines(tuple(generated))
    count(world, lines)
    truth = the_truth(lines)
    document = report(world)
    compare(document, truth)
    compare_lines(document, truth)
    compare_header(document, truth)
    compare_recount(world, document, lines)
    equal(
        [document["header"]["ledger"][name] for name in ("consumed", "counted", "dead_lettered")],
        [len(lines), len(lines), 0],
        "ledger",
    )
    check(document["header"]["ledger"]["state"] == "open", f"the ledger is {document['header']['ledger']}")
    notes = "\n".join(document["notes"])
    for words in (
        "left as gaps: 2025-08-11",
        "source the catalog does not know",
        "Countries that are absent",
        "Languages that are",
        "Of {} requests nobody knows the tokens of {} and the cost of {}:".format(
            *(
                f"{value:,}"
                for value in truth.run("SELECT count(*), sum(NOT known), sum(NOT priced) FROM weekly").fetchone()
            )
        ),
    ):
        check(words in notes, f"no note says '{words}'", notes)
    told = [figure["id"] for figure in document["figures"] if any("whose tokens" in text for text in figure["notes"])]
    equal(told, "S15 S16 S17 S18 S19 S35 S36 S37 S38".split(), "figures that say what their averages leave out")
    gaps = [figure["id"] for figure in document["figures"] if any("2025-08-11" in text for text in figure["notes"])]
    check({"S01", "S11", "S18", "S20", "S30"} <= set(gaps), f"only {gaps} tell the week without traffic")
    # A part of the range, and other examples.
    truth.choose("2025-07-07", "2025-09-29")
    examples = ["acme/unheard-of", "openai/gpt-5", "no/such", "openai/gpt-5"]
    part = report(world, "--from", "2025-07-07", "--to", "2025-09-29", "--examples", ",".join(examples))
    compare(part, truth, examples)
    compare_recount(world, part, lines, "--from", "2025-07-07", "--to", "2025-09-29", only=RANGED)
    compare_lines(part, truth)
    compare_remade(world, document, part)
    # A range in which nothing happened.
    nothing = report(world, "--from", "2019-01-01", "--to", "2020-01-01")
    equal(
        [figure["id"] for figure in nothing["figures"] if figure["rows"] or not figure["missing"]],
        [],
        "figures of 2019",
    )
    again = world.run("report", "--format", "json").out
    equal(json.loads(again), document, "the document on standard output")


def compare_remade(world, document, part):
    """What the page makes of the cubes: all of the document's own figures, and those of a part of the range."""
    for name, made in (("all", document), ("part", part)):
        (world.folder / f"{name}.json").write_text(json.dumps(made))
    node = shutil.which("node") or shutil.which("nodejs")
    if node is None:
        return note("without node nothing is made of the cubes")
    for more in ([], ["2025-07-07", "2025-09-28", world.folder / "part.json"]):
        program = [node, ROOT / "tests" / "page" / "remade.mjs", world.folder / "all.json", *more]
        made = subprocess.run(program, capture_output=True, text=True)
        check(made.returncode == 0 and made.stdout.startswith("33 figures"), made.stdout[:2000] + made.stderr)


@functools.lru_cache(maxsize=None)
def published(name):
    """A table of what the study says, as dictionaries."""
    text = (ROOT / "tests" / "integration" / "study_values.csv").read_text()
    return list(csv.DictReader(text.split(f"## {name}\n")[1].split("\n\n")[0].splitlines()))


class Study:
    """The report on the study's workload, its figures as tables by column name."""

    def __init__(self, document):
        self.figures = {}
        for figure in document["figures"]:
            names = [column["name"] for column in figure["columns"]]
            self.figures[figure["id"]] = [dict(zip(names, row)) for row in figure["rows"]]

    def by(self, figure, *names, value="share"):
        return {tuple(row[name] for name in names): row[value] for row in self.figures[figure]}

    def tables(self, later):
        """What is not the published digit. S31 and S32 contradict each other over one range: S31 holds `later`, in the
        weeks with categories."""
        wrong = []

        def digit(figure, name, got, want):
            if got != want:
                wrong.append(f"{figure}: {name} {got}, the study {want}")

        tokens = self.by("S03", "author", value="tokens")
        for row in published("s03_oss_authors"):
            got = tokens.get((AUTHORS[row["author"]],), 0) / SCALE / 1e12
            digit("S03", row["author"], f"{got:.2f}", row["total_tokens_trillion"])
        for study, figure, table, key, column, rest in (
            (later, "S31", "s31_continents", "continent", "continent", None),
            (self, "S32", "s32_countries", "iso2", "country", "other"),
            (self, "S33", "s33_languages", "bcp47", "language", "other"),
        ):
            shares = study.by(figure, column)
            for row in published(table):
                got = shares.get((row[key] or rest,), 0)
                digit(figure, row[key] or rest, f"{100 * got:.2f}", row["share_pct"])
            equal(len(shares), len(published(table)), f"{figure}: rows")
        price = self.by("S38", "model", value="usd_per_mtok")
        usage = self.by("S38", "model", value="usage_log10")
        for row in published("s38_segments"):
            slug = SLUGS.get(row["model"], row["model"])
            digit("S38", f"price of {slug}", f"{price.get((slug,), 0):.3f}", row["price_usd_per_1m"])
            digit("S38", f"usage of {slug}", f"{usage.get((slug,), 0) - math.log10(SCALE):.2f}", row["usage_log10"])
        return wrong

    def chart(self, figure, table, columns, series, allowed=1.0, value="share", scale=100, x="week"):
        """How far the worst value of a chart is from the study's; `columns`: the study's -> ours."""
        got = self.by(figure, x, series, value=value)
        worst, wrong = (0, ""), []
        for row in published(table):
            for theirs, ours in columns.items():
                off = abs(scale * sum(got.get((row[x], name), 0) for name in ours.split("+")) - float(row[theirs]))
                worst = max(worst, (off, f"{row[x]} {theirs}"))
                if off > allowed:
                    wrong.append(f"{figure} {row[x]} {theirs}: {off:.2f} off, allowed {allowed}")
        note(f"{figure}: worst {worst[0]:.2f} ({worst[1]}), allowed {allowed}")
        return wrong


RELEASES = {"S01": OPEN, "S02": OPEN, "S05": OPEN, "S11": "reasoning = 'Reasoning'"}


def releases(truth, where):
    """Lines of the five largest models that came out within the weeks, by the catalog."""
    first, last = truth.run("SELECT min(week), date(max(week), '+7 days') FROM weekly").fetchone()
    return [
        ("x", released, (name or family.split("/")[1])[:39])
        for family, name, released in truth.run(
            f"""SELECT f.family, name, released
            FROM (SELECT family, sum(p + c) tokens FROM weekly WHERE {where} GROUP BY 1) f
            JOIN catalog ON slug = f.family WHERE tokens > 0 AND released >= ? AND released < ?
            ORDER BY tokens DESC, f.family LIMIT 5""",
            (first, last),
        )
    ]


def first_weeks(truth, drawn):
    """Lines of S04: of the models that are drawn and came after the first week, the five with the most tokens then."""
    return [
        ("x", week[:10], f"first {(name or family.split('/')[1])[:30]}")
        for family, name, week in truth.run(
            f"""SELECT f.family, name, f.week FROM (SELECT family, min(week) week FROM weekly GROUP BY 1) f
            JOIN weekly w ON w.family = f.family AND w.week = f.week LEFT JOIN catalog ON slug = f.family
            WHERE f.week > (SELECT min(week) FROM weekly) AND f.family IN ({", ".join("?" * len(drawn))})
            GROUP BY 1, 2, 3 ORDER BY sum(p + c) DESC, f.family LIMIT 5""",
            drawn,
        )
    ]


def check_published(study):
    """The study's edition has the study's numbers, digit by digit, each of a column and a row that the figure has."""
    figures = {figure["id"]: figure for figure in study["figures"] if "published" in figure}
    wanted = {
        "S03": [
            ("tokens", AUTHORS[row["author"]], row["total_tokens_trillion"]) for row in published("s03_oss_authors")
        ]
    }
    for name, table, key in (
        ("S31", "s31_continents", "continent"),
        ("S32", "s32_countries", "iso2"),
        ("S33", "s33_languages", "bcp47"),
    ):
        wanted[name] = [("share", row[key] or "other", row["share_pct"]) for row in published(table)]
    wanted["S38"] = []
    for row in published("s38_segments"):
        slug = SLUGS.get(row["model"], row["model"])
        wanted["S38"] += [("usd_per_mtok", slug, row["price_usd_per_1m"]), ("usage_log10", slug, row["usage_log10"])]
    for name, category in (("S39", "roleplay"), ("S40", "programming"), ("S41", "technology")):
        wanted[name] = [
            ("share", row["tag"], row["pct"]) for row in published("tag_shares") if row["category"] == category
        ]
    equal(list(figures), list(wanted), "figures with published values")
    units = {"tokens": 1e12, "share": 0.01}
    for name, rows in wanted.items():
        got = figures[name]["published"]
        equal([tuple(row[:2]) for row in got], [row[:2] for row in rows], f"{name}: of what numbers are published")
        for (column, who, mine), (*_, text) in zip(got, rows):
            check(math.isclose(mine, float(text) * units.get(column, 1)), f"{name}: {who} {mine}, the study {text}")
        columns = [column["name"] for column in figures[name]["columns"]]
        chart = figures[name]["chart"]
        known = {row[columns.index(chart["label"] or chart["x"])] for row in figures[name]["rows"]}
        check({who for _, who, _ in rows} <= known, f"{name}: {known} lack some of {rows}")


def check_editions(study, own, truth):
    """One's own edition has the same numbers, but for the members of S34 and S38, and does not speak of the study."""
    truth.is_study = False
    compare(own, truth)
    truth.is_study = True
    equal((study["header"].pop("edition"), own["header"].pop("edition")), ("study", "own"), "editions")
    equal(own["header"], study["header"], "the headers")
    for ours, theirs in zip(own["figures"], study["figures"]):
        if ours["id"] not in ("S34", "S38"):
            equal(ours["rows"], theirs["rows"], ours["id"])
        rules = [(rule["axis"], rule["at"], rule["text"]) for rule in ours["chart"]["rules"]]
        if ours["id"] == "S04":
            equal(rules, first_weeks(truth, ours["chart"]["order"]), "first weeks in S04; none is the study's")
        if ours["id"] in RELEASES:
            equal(rules, releases(truth, RELEASES[ours["id"]]), f"releases in {ours['id']}; none is the study's")
        words = [text for text in (ours["title"], ours["about"], *ours["notes"]) if "study" in text.lower()]
        equal(words, [], f"what {ours['id']} says of the study")
        check("published" not in ours, f"{ours['id']} of one's own has what the study publishes")
    check_published(study)
    check(all(study["figures"][at]["chart"]["rules"] for at in (0, 3)), "the study's dates in S01 and S04")
    check(not any("study" in text.lower() for text in own["notes"]), f"notes: {own['notes']}")
    check(sum("study" in text.lower() for text in study["notes"]) > 5, "notes on the study")


AS_COUNTED = {"n_effective", "low", "high", "mean", "usd_per_mtok", "models", "total_models", "age", "accounts"}


def check_times(document, times):
    """--times makes sums larger, and nothing else: shares, means, intervals, accounts and signals are as counted."""
    equal(times["header"]["times"], 1_000_000, "times")
    equal(times["header"]["tokens"], document["header"]["tokens"] * 1_000_000, "tokens of the header")
    for ours, plain in zip(times["figures"], document["figures"]):
        names = [column["name"] for column in plain["columns"]]
        for got, was in zip(ours["rows"], plain["rows"]):
            for name, large, small in zip(names, got, was):
                is_same = name in AS_COUNTED or "share" in name or name == "cohort_accounts"
                if isinstance(small, str) or small is None or is_same:
                    right = large == small if not isinstance(small, float) else math.isclose(large, small, rel_tol=1e-9)
                elif name == "usage_log10":
                    right = math.isclose(large, small + 6, rel_tol=1e-9)
                else:
                    right = math.isclose(large, small * 1e6, rel_tol=1e-9)
                check(right, f"{ours['id']} {name}: {small} became {large}")
        for key in ("outstanding", "order"):
            equal(ours["chart"].get(key), plain["chart"].get(key), f"{key} of {ours['id']}")


def test_the_study_comes_out(world):
    """The study replicated at a millionth of its tokens: tables to the digit, charts in every week."""
    prepare(world)
    lines = tuple(world.run("generate", "--profile", "study", "--exact").out.splitlines())
    count(world, lines)
    document = report(world, "--edition", "study")
    truth = StudySQL(lines, ACCOUNT_KEY)
    truth.is_study = True
    compare(document, truth)
    compare_lines(document, truth)
    compare_header(document, truth)
    check_editions(document, report(world), truth)
    check_times(document, report(world, "--edition", "study", "--times", "1000000"))
    study = Study(document)
    wrong = study.tables(Study(report(world, "--from", truth.category_week)))
    america = study.by("S31", "continent")["North America",]
    check(america > sum(study.by("S32", "country")[code,] for code in ("US", "CA")), f"North America is {america}")
    wrong += study.chart(
        "S01", "base_weekly", {"cn_oss": "Chinese OSS", "row_oss": "RoW OSS", "closed": "Closed"}, "source"
    )
    wrong += study.chart("S11", "base_weekly", {"reasoning": "Reasoning"}, "reasoning")
    wrong += study.chart("S06", "s06_size_count_weekly", {name: name for name in ("small", "medium", "large")}, "size")
    wrong += study.chart("S07", "s07_oss_categories_weekly", {name: name for name in CATEGORIES}, "category")
    wrong += study.chart("S20", "s20_categories_weekly", {name: name for name in CATEGORIES}, "category")
    wrong += study.chart("S21", "s21_programming_spend_weekly", {name: name for name in (*SPENDERS, "other")}, "author")
    wrong += study.chart("S14", "s14_tool_models_monthly", TOOL_MODELS, "model", x="month")
    for name, allowed in (("programming", 500), ("technology", 200), ("roleplay", 200)):
        wrong += study.chart("S17", "s17_prompt_tokens_weekly", {name: name}, "category", allowed, "mean", 1)
    check(not wrong, f"{len(wrong)} values are not the study's", *wrong[:30])


def test_an_empty_namespace_gives_a_document_that_says_so(world):
    prepare(world)
    document = report(world)
    equal(document["header"]["requests"], 0, "requests")
    equal(document["header"]["ledger"]["state"], "absent", "ledger")
    equal(len(document["figures"]), 41, "figures")
    for figure in document["figures"]:
        equal(figure["rows"], [], figure["id"])
        check(figure["missing"] and world.namespace in figure["missing"], f"{figure['id']} says {figure['missing']!r}")
    check("nothing to show" in document["notes"][0], f"the first note is {document['notes'][0]}")


def test_one_event_gives_what_can_be_had(world):
    prepare(world, with_accounts=False)
    event = {
        "id": "one",
        "created_at": "2025-11-19T10:00:00Z",
        "model": "openai/gpt-5",
        "tokens_prompt": 900,
        "tokens_completion": 100,
        "cost_usd": "0.0025",
        "country": "US",
        "language": "en",
    }
    count(world, [json.dumps(event)])
    document = report(world)
    figures = {figure["id"]: figure for figure in document["figures"]}
    equal(figures["S01"]["rows"], [["2025-11-17", "Closed", 1000, 1000, 1]], "S01")
    equal(figures["S36"]["rows"], [["openai/gpt-5", "Closed", 1000, 0.0025, 2.5, -3]], "S36")
    check(figures["S36"]["chart"]["line"] is None, "a line through one point")
    check("classified" in figures["S20"]["missing"], f"S20 says {figures['S20']['missing']}")
    check(figures["S03"]["missing"] is not None, "an open author")
    check(figures["S34"]["missing"] is not None, "retention without accounts")
    equal(document["header"]["accounts"], None, "accounts")


def test_what_is_asked_wrongly_is_told(world):
    """Before anything is read: no broker is needed for that."""

    def fails(arguments, status, words):
        done = subprocess.run(
            [BINARY, "report", *arguments],
            env=world.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        equal(done.returncode, status, f"report {' '.join(arguments)}: exit status ({done.stderr.strip()})")
        check(words in done.stderr, f"report {' '.join(arguments)} says {done.stderr}")

    fails(["--format", "pdf"], 78, "html, json")
    for arguments, words in (
        (["--sql", "S42"], "S01 to S41"),
        (["--sql", "S01", "--from", "soon"], "want a time"),
        (["--from", "2025-01-01"], "are of --sql"),
        (["--sql", "S01", "--format", "json"], "--sql prints none"),
    ):
        run = world.start("figures", *arguments)
        equal(run.wait(30), 78, f"exit status of figures {arguments}")
        check(words in run.log, f"figures {arguments} says {run.log}")
    listed = [json.loads(line) for line in world.run("figures", "--format", "json").out.splitlines()]
    equal([figure["id"] for figure in listed], [f"S{number:02d}" for number in range(1, 42)], "the list")
    fails(["--from", "soon"], 78, "want a time")
    fails(["--format", "json", "--from", "2025-02-01", "--to", "2025-02-01"], 78, "is not before")
    fails(["--format", "json"], 78, "SOURCE-TOPIC-MISSING")
    prepare(world)
    fails(["--format", "json", "--out", str(world.folder / "no" / "where.json")], 74, "OUTPUT-FAILED")


if __name__ == "__main__":
    main(__file__, globals())
