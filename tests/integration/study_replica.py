"""The study's replica as both of its suites look at it: the events of `generate --profile study --exact` in SQL, the
study's own values (study_values.csv), and how far one is off the other.
"""

import csv
import functools

from harness import ROOT, check, note
from oracle import Oracle

SCALE = 1e-6
FIRST_CATEGORIES = "2025-05-19 00:00:00"
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
# The examples of S38, as the catalog has them.
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
# The reading error of the study's charts, in percentage points, and of the parts under a note within a figure.
READ, READ_UNDER_NOTE = 0.5, 2.0
# Each comparison so far: (figure, mean and worst deviation, where the worst is, allowed).
DEVIATIONS = []


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


def hold(figure, found, allowed):
    """Holds deviations, as (how far off, where, what is seen), to what is allowed; they become a row of the table."""
    worst, where, _ = max(found)
    mean = sum(off for off, _, _ in found) / len(found)
    DEVIATIONS.append((figure, mean, worst, where, allowed))
    late = [f"{where}: {seen}" for off, where, seen in found if off > allowed]
    check(not late, f"{figure}: {len(late)} values are off by more than {allowed}", *late[:20])


def hold_weeks(figure, got, table, columns, allowed, allowed_in=None):
    """Each week and column of a chart. `columns`: the chart's column -> our key. `allowed_in`: (first week, last week,
    allowed) of weeks that can be read less well."""
    found, loose, missing = [], [], []
    for row in study(table):
        is_loose = allowed_in is not None and allowed_in[0] <= row["week"] <= allowed_in[1]
        for column, key in columns.items():
            value = got.get((row["week"] + " 00:00:00", key), 0.0)
            deviation = (abs(value - float(row[column])), f"{row['week']} {column}", f"{value:.2f}, not {row[column]}")
            (loose if is_loose else found).append(deviation)
        if not any(week == row["week"] + " 00:00:00" for week, _ in got):
            missing.append(row["week"])
    check(not missing, f"{figure}: weeks without anything", *missing)
    hold(figure, found, allowed)
    if loose:
        hold(f"{figure} under its note", loose, allowed_in[2])


def months(made):
    return [month for month, in made.rows("SELECT DISTINCT month FROM request ORDER BY 1")]
