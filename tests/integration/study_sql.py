"""The study's figures by SQL over the raw events, from their definitions and not from the worker's sums.

Every method answers a list of rows, in the order and with the columns the report has. Integers come from SQL; a share
is their quotient by Python, which is the nearest double, as in C. What needs more arithmetic (intervals, medians,
logarithms, least squares) is done by Python in its own way and agrees to 1e-12.
"""

import math
import statistics

from oracle import Oracle, quantile

T = "(p + c)"
OPEN = "source IN ('Chinese OSS', 'RoW OSS')"
SOURCES = ["Chinese OSS", "RoW OSS", "Closed"]
SIZES = ["small", "medium", "large"]
REASONING = ["Reasoning", "Non-reasoning"]
Z = statistics.NormalDist().inv_cdf(0.975)
# What the charts by category draw.
ELEVEN = """category IN ('programming', 'roleplay', 'technology', 'science', 'translation', 'finance', 'academia',
'health', 'legal', 'marketing', 'trivia')"""
FIRST_SIX = ["roleplay", "programming", "translation", "science", "technology", "health"]
NEXT_SIX = ["finance", "academia", "legal", "trivia", "marketing", "seo"]
PANELS = """anthropic/claude-sonnet-4 google/gemini-2.5-pro google/gemini-2.5-flash openai/gpt-4o-mini
meta-llama/llama-4-maverick google/gemini-2.0-flash-001 deepseek/deepseek-r1 deepseek/deepseek-chat-v3-0324""".split()
EXAMPLES = """google/gemini-2.0-flash-001 deepseek/deepseek-chat-v3-0324 anthropic/claude-3.7-sonnet
anthropic/claude-sonnet-4 qwen/qwen-2-7b-instruct ibm-granite/granite-4.0-h-micro openai/gpt-4
openai/gpt-5-pro""".split()


def quotient(part, whole):
    return None if whole == 0 else part / whole


def effective(tokens, squares, requests):
    """Kish's effective sample size, of no more than the requests."""
    return None if tokens <= 0 or squares <= 0 else min(tokens * tokens / squares, requests)


def wilson(share, size):
    """The ends of the 95 % score interval."""
    if size is None or share is None:
        return [None, None]
    root = Z * math.sqrt(share * (1 - share) * size + Z * Z / 4)
    low, high = ((share * size + Z * Z / 2 + sign * root) / (size + Z * Z) for sign in (-1, 1))
    return [0 if share == 0 else low, 1 if share == 1 else high]


def mean_interval(total, squares, count):
    """n, and the ends of the mean's normal interval."""
    if count < 2:
        return [count, None, None]
    variance = max(0, (squares - total * total / count) / (count - 1))
    reach = Z * math.sqrt(variance / count)
    return [count, max(0, total / count - reach), total / count + reach]


def price(cost, tokens, with_tokens, with_cost):
    """Dollars for a million tokens; the requests whose tokens are known, and those whose cost is."""
    return cost / (tokens * 1000) * (with_tokens / with_cost)


class StudySQL(Oracle):
    """`from_day` and `to_day` as "2025-05-19": weeks and months that start in between. `is_study`: the edition."""

    is_study = False

    def __init__(self, lines, account_key=None, from_day="0000", to_day="9999"):
        super().__init__(lines, account_key)
        self.run = self.db.execute
        self._make_study()
        self.choose(from_day, to_day)

    def _make_cells(self):
        """The report is not compared cell by cell."""

    def _make_study(self):
        self.db.executescript(
            """
            CREATE TABLE study AS
            SELECT e.event, date(f.week) week, date(f.month) month, e.model, a.base, a.family,
                coalesce(whole.slug, plain.slug, undated.slug, a.base) display,
                coalesce(a.author, 'unknown') author, a.size,
                CASE a.source WHEN 'closed' THEN 'Closed' WHEN 'open_cn' THEN 'Chinese OSS'
                    WHEN 'open_row' THEN 'RoW OSS' ELSE 'unknown' END source,
                CASE a.reasoning WHEN 'unknown' THEN 'unknown' WHEN 'no' THEN 'Non-reasoning'
                    ELSE 'Reasoning' END reasoning, a.reasoning = 'always' always,
                e.provider, coalesce(e.country, 'unknown') country,
                coalesce(nullif(continent, ''), 'unknown') continent,
                coalesce(e.language, 'unknown') language, e.account, e.tokens_prompt p, e.tokens_completion c,
                e.cost_nano_usd cost, NOT e.is_byok billed, e.is_free OR e.model LIKE '%:free' free,
                coalesce(e.finish_reason = 'tool_calls', 0) tool, e.tools_offered offered, e.classified, e.streamed,
                e.cancelled, e.latency_ms,
                min(e.tokens_prompt + e.tokens_completion, 1 << 21) clamped, min(e.tokens_prompt, 1 << 21) clamped_p,
                NOT e.tokens_unknown known, NOT e.cost_unknown priced
            FROM counted e JOIN fact f USING (event) JOIN attributes a ON a.model = e.model
                LEFT JOIN countries ON countries.code = e.country
                LEFT JOIN called whole ON whole.name = e.model
                LEFT JOIN called plain ON plain.name = a.base
                LEFT JOIN called undated ON undated.name = undated_slug(a.base);

            -- Each request once in each of its categories; its tokens divided among them, the rest to the first by
            -- name.
            CREATE TABLE labelled AS
            SELECT event, category, (p + c) / n + ((p + c) % n >= place) divided FROM (
                SELECT event, category, p, c, count(*) OVER (PARTITION BY event) n,
                    row_number() OVER (PARTITION BY event ORDER BY category) place
                FROM (SELECT DISTINCT event, category FROM tagged) JOIN study USING (event));
        """
        )

    def choose(self, from_day, to_day):
        run = self.run
        for name in ("weekly", "monthly", "categories", "tags"):
            run(f"DROP TABLE IF EXISTS {name}")
        run("CREATE TABLE weekly AS SELECT * FROM study WHERE week >= ? AND week < ?", (from_day, to_day))
        run("CREATE TABLE monthly AS SELECT * FROM study WHERE month >= ? AND month < ?", (from_day, to_day))
        self.to_day = to_day
        (self.category_week,) = run("SELECT coalesce(min(week), '0000') FROM weekly WHERE classified").fetchone()
        (self.last_week,) = run("SELECT max(week) FROM weekly").fetchone()
        run(
            """CREATE TABLE categories AS SELECT weekly.*, category, divided FROM weekly JOIN labelled USING (event)
               WHERE category <> 'other'"""
        )
        run(
            "CREATE TABLE tags AS SELECT weekly.*, category, tag FROM weekly JOIN tagged USING (event) "
            "WHERE category <> 'other'"
        )

    # ---- shares ----

    def ranked(self, table, where, series, quantity):
        """Names by their sums over the range, largest first."""
        return [
            name
            for name, total in self.run(
                f"SELECT {series}, sum({quantity}) total FROM {table} WHERE {where} GROUP BY 1 HAVING total > 0 "
                "ORDER BY total DESC, 1"
            )
            if name != "unknown"
        ]

    def shares(
        self,
        table,
        series,
        where="1",
        quantity=T,
        x="week",
        top=None,
        rest=False,
        fixed=None,
        spend=False,
        sampled=False,
        requests=False,
        volume=False,
    ):
        names = self.ranked(table, where, series, quantity)
        if fixed:
            names = [name for name in fixed if name in names]
        kept = names[:top] if top else names
        (unknown,) = self.run(
            f"SELECT coalesce(sum({quantity}), 0) FROM {table} WHERE {where} AND {series} = 'unknown'"
        ).fetchone()
        has_unknown = unknown > 0 and (top is None or rest)
        known = kept + (["unknown"] if has_unknown else [])
        marks = ", ".join("?" * len(known))
        (present,) = self.run(
            f"SELECT count(*) FROM {table} WHERE {where} AND {series} NOT IN ({marks})", known
        ).fetchone()
        order = kept + (["other"] if rest and present else []) + (["unknown"] if has_unknown else [])
        group = f"CASE WHEN {series} IN ({marks}) THEN {series} ELSE 'other' END" if rest else series
        inside = "1" if rest else f"{series} IN ({marks})"
        divided = "sum(divided)" if requests else "0"
        columns = (
            f"sum({quantity}), count(*), sum({T}), sum(clamped * clamped), {divided}, sum(NOT free), "
            f"sum({T} * NOT free), sum(known)"
        )
        when = x or "''"
        parts = {
            (key, name): sums
            for key, name, *sums in self.run(
                f"SELECT {when}, {group}, {columns} FROM {table} WHERE {where} AND {inside} GROUP BY 1, 2", known
            )
        }
        wholes = {
            key: sums
            for key, *sums in self.run(
                f"SELECT {when}, {columns} FROM {table} WHERE {where} AND {inside} GROUP BY 1", [] if rest else known
            )
        }
        rows = []
        for key in sorted(wholes):
            whole = wholes[key]
            if whole[0] == 0:
                continue
            for name in order:
                part = parts.get((key, name), [0] * 8)
                share = quotient(part[0], whole[0])
                amounts = [part[0] / 1e9, whole[0] / 1e9] if spend else [part[0], whole[0]]
                row = ([key[:7] if x == "month" else key] if x else []) + [name, *amounts, share]
                if sampled:
                    size = effective(whole[2], whole[3], whole[7])
                    row += [size, *wilson(share, size)]
                if requests:
                    row += [part[1], quotient(part[1], whole[1]), part[4], quotient(part[4], whole[4])]
                if volume:
                    for at in (1, 2, 5, 6):
                        row += [part[at], quotient(part[at], whole[at])]
                rows.append(row)
        return rows

    def sampled(self, series, where="1", **options):
        return self.shares("categories", series, where, sampled=True, **options)

    def s01(self):
        return self.shares("weekly", "source", fixed=SOURCES)

    s02 = s01

    def s03(self):
        return self.shares("weekly", "author", OPEN, x=None, top=20, rest=True)

    def s04(self):
        return self.shares("weekly", "family", OPEN, top=15)

    def s05(self):
        return self.shares("weekly", "size", OPEN, fixed=SIZES)

    def s06(self):
        rows = []
        counts = {
            (week, size): models
            for week, size, models in self.run(
                f"SELECT week, size, count(DISTINCT base) FROM weekly WHERE {OPEN} GROUP BY 1, 2"
            )
        }
        present = [size for size in (*SIZES, "unknown") if any(size == name for _, name in counts)]
        for week, total in self.run(
            f"SELECT week, count(DISTINCT base) FROM weekly WHERE {OPEN} GROUP BY 1 ORDER BY 1"
        ):
            for size in present:
                models = counts.get((week, size), 0)
                rows.append([week, size, models, total, models / total])
        return rows

    def s07(self):
        return self.sampled("category", f"{OPEN} AND {ELEVEN}")

    def s08(self):
        return self.sampled("category", f"source = 'Chinese OSS' AND {ELEVEN}")

    def s09(self):
        return self.sampled("source", "category = 'programming'", fixed=SOURCES)

    def s10(self):
        return self.sampled("source", "category = 'roleplay'", fixed=SOURCES)

    def s11(self):
        return self.shares("weekly", "reasoning", fixed=REASONING)

    def s12(self):
        return self.shares(
            "weekly", "family", f"always AND week = '{self.last_week}'", f"{T} * NOT free", x=None, top=10, rest=True
        )

    def s13(self):
        return [
            [week, kind, tokens, total, quotient(tokens, total)]
            for week, tool, offered, total in self.run(
                f"SELECT week, sum({T} * tool), sum({T} * offered), sum({T}) t FROM weekly GROUP BY 1 HAVING t > 0 "
                "ORDER BY 1"
            )
            for kind, tokens in (("Tool calls", tool), ("Tools offered", offered))
        ]

    def s14(self):
        return self.shares("monthly", "family", quantity=f"{T} * tool", x="month", top=10)

    # ---- averages ----

    def means(self, quantity):
        return [
            [week, requests, total, total / requests]
            for week, requests, total in self.run(
                f"SELECT week, count(*), sum({quantity}) FROM weekly WHERE known GROUP BY 1 ORDER BY 1"
            )
        ]

    def s15(self):
        return self.means("p")

    def s16(self):
        return self.means("c")

    def s17(self):
        order = [
            name
            for name, _ in self.run(
                f"SELECT category, sum(p) FROM categories WHERE {ELEVEN} GROUP BY 1 ORDER BY 2 DESC, 1"
            )
        ]
        rows = [
            [week, name, requests, total, total / requests, *mean_interval(total, squares, requests)]
            for week, name, requests, total, squares in self.run(
                "SELECT week, category, count(*), sum(p), sum(clamped_p * clamped_p) FROM categories "
                f"WHERE {ELEVEN} AND known GROUP BY 1, 2"
            )
        ]
        return sorted(rows, key=lambda row: (row[0], order.index(row[1])))

    def s18(self):
        return self.means(T)

    def s19(self):
        programming = {
            row[0]: row[1:]
            for row in self.run(
                f"SELECT week, count(*), sum({T}), sum(clamped * clamped) FROM categories "
                "WHERE category = 'programming' AND known "
                "GROUP BY 1"
            )
        }
        rows = []
        for week, requests, total in self.run(
            f"SELECT week, count(*), sum({T}) FROM weekly WHERE week >= ? AND known GROUP BY 1 ORDER BY 1",
            [self.category_week],
        ):
            if week in programming:
                count, tokens, squares = programming[week]
                rows.append(
                    [week, "programming", count, tokens, tokens / count, *mean_interval(tokens, squares, count)]
                )
            if programming:
                rows.append([week, "all requests", requests, total, total / requests, None, None, None])
        return rows

    # ---- categories ----

    def s20(self):
        return self.sampled("category", ELEVEN, requests=True)

    def s21(self):
        return self.sampled(
            "author", "category = 'programming'", quantity="cost", top=10, rest=True, spend=True, volume=True
        )

    def composition(self, names):
        wholes = {
            name: sums
            for name, *sums in self.run(
                f"SELECT category, sum({T}), sum(clamped * clamped), sum(known) FROM categories GROUP BY 1"
            )
        }
        marks = ", ".join("?" * len(names))
        order = [
            tag
            for tag, _ in self.run(
                f"SELECT tag, sum({T}) FROM tags WHERE category IN ({marks}) GROUP BY 1 ORDER BY 2 DESC, 1", names
            )
        ]
        rows = []
        divided = {
            (name, tag): tokens
            for name, tag, tokens in self.run(
                "SELECT category, tag, sum(split_tokens) FROM weekly JOIN tag_part USING (event) GROUP BY 1, 2"
            )
        }
        for name, tag, tokens in self.run(
            f"SELECT category, tag, sum({T}) FROM tags WHERE category IN ({marks}) GROUP BY 1, 2", names
        ):
            total, squares, requests = wholes[name]
            size = effective(total, squares, requests)
            whole = sum(part for (category, _), part in divided.items() if category == name)
            if total > 0:
                row = [name, tag, tokens, total, tokens / total, size, *wilson(tokens / total, size)]
                rows.append([*row, divided[name, tag], quotient(divided[name, tag], whole)])
        return sorted(rows, key=lambda row: (names.index(row[0]), order.index(row[1])))

    def s22(self):
        return self.composition(FIRST_SIX)

    def s23(self):
        return self.composition(NEXT_SIX)

    def mix(self, author):
        return self.sampled("category", f"author = '{author}' AND {ELEVEN}")

    def s24(self):
        return self.mix("anthropic")

    def s25(self):
        return self.mix("google")

    def s26(self):
        return self.mix("x-ai")

    def s27(self):
        return self.mix("openai")

    def s28(self):
        return self.mix("deepseek")

    def s29(self):
        return self.mix("qwen")

    # ---- places ----

    def s30(self):
        return self.shares("weekly", "continent", quantity="cost", spend=True)

    def s31(self):
        return self.shares("weekly", "continent", x=None)

    def s32(self):
        return self.shares("weekly", "country", x=None, top=10, rest=True)

    def s33(self):
        return self.shares("weekly", "language", x=None, top=5, rest=True)

    # ---- retention ----

    def s34(self):
        """Months of all time before the range's end: a cohort's size is in its first month."""
        run = self.run
        for name in ("active", "cohort"):
            run(f"DROP TABLE IF EXISTS {name}")
        run(
            "CREATE TABLE active AS SELECT DISTINCT display, account, month FROM study "
            "WHERE account IS NOT NULL AND month < ?",
            (self.to_day,),
        )
        run("CREATE TABLE cohort AS SELECT display, account, min(month) cohort FROM active GROUP BY 1, 2")
        sizes = {
            (model, cohort): accounts
            for model, cohort, accounts in run("SELECT display, cohort, count(*) FROM cohort GROUP BY 1, 2")
        }
        counts = {
            (model, cohort, month): accounts
            for model, cohort, month, accounts in run(
                "SELECT display, cohort, month, count(*) FROM active "
                "JOIN cohort USING (display, account) GROUP BY 1, 2, 3"
            )
        }
        months = every_month(*run("SELECT min(month), max(month) FROM active").fetchone())
        by_size = [model for model, _ in run("SELECT display, count(*) FROM cohort GROUP BY 1 ORDER BY 2 DESC, 1")]
        panels = [model for model in PANELS if model in by_size and self.is_study]
        panels += [model for model in by_size if model not in panels][: 8 - len(panels)]
        rows = []
        for model in panels:
            for at, cohort in enumerate(months):
                size = sizes.get((model, cohort))
                for age, month in enumerate(months[at:] if size else []):
                    accounts = counts.get((model, cohort, month), 0)
                    rows.append([model, cohort[:7], age, accounts, size, accounts / size])
        return rows

    # ---- cost ----

    def points(self, table, name, where="1"):
        """[name, tokens, cost, price], most tokens first."""
        return [
            [label, tokens, cost, price(cost, tokens, with_tokens, with_cost)]
            for label, tokens, cost, with_tokens, with_cost in self.run(
                f"SELECT {name}, sum({T} * billed) t, sum(cost * billed) m, sum(known), sum(priced) "
                f"FROM {table} WHERE {where} GROUP BY 1 HAVING t > 0 AND m > 0 ORDER BY t DESC, 1"
            )
        ]

    @staticmethod
    def row_of(point):
        label, tokens, cost, dollars = point
        return [label, tokens, cost / 1e9, dollars, math.log10(tokens / 1e6)]

    def s35(self):
        sizes = {
            name: effective(*sums)
            for name, *sums in self.run(
                f"SELECT category, sum({T}), sum(clamped * clamped), sum(known) FROM categories GROUP BY 1"
            )
        }
        return [[*self.row_of(point), sizes[point[0]]] for point in self.points("categories", "category", ELEVEN)]

    def attribute(self, column):
        return dict(self.run(f"SELECT base, {column} FROM weekly GROUP BY 1"))

    def s36(self):
        sources = self.attribute("source")
        return [[point[0], sources[point[0]], *self.row_of(point)[1:]] for point in self.points("weekly", "base")]

    def s37(self):
        authors = self.attribute("author")
        points = self.points("weekly", "base")
        totals = {}
        for label, tokens, _, _ in points:
            totals[authors[label]] = totals.get(authors[label], 0) + tokens
        shown = [name for name in sorted(totals, key=lambda name: (-totals[name], name)) if name != "unknown"][:12]
        return [
            [
                point[0],
                authors[point[0]],
                authors[point[0]] if authors[point[0]] in shown else "other",
                *self.row_of(point)[1:],
            ]
            for point in points
        ]

    def medians(self, points):
        """Price and tokens."""
        return statistics.median(point[3] for point in points), statistics.median(point[1] for point in points)

    def line(self, points):
        """Slope and start of log10 usage (millions of tokens) on log10 price."""
        xs = [math.log10(point[3]) for point in points]
        ys = [math.log10(point[1] / 1e6) for point in points]
        fitted = statistics.linear_regression(xs, ys)
        return fitted.slope, fitted.intercept

    def s38(self, examples=None):
        points = self.points("weekly", "base")
        if not points:
            return []
        dear, used = self.medians(points)
        rows = []
        for segment, is_used, is_dear, reading in (
            ("efficient giants", True, False, "cheap, used much"),
            ("premium leaders", True, True, "dear, yet used much"),
            ("long tail", False, False, "cheap, yet used little"),
            ("premium specialists", False, True, "dear, used little"),
        ):
            inside = {point[0]: point for point in points if (point[1] >= used, point[3] >= dear) == (is_used, is_dear)}
            asked = list(dict.fromkeys(examples or (EXAMPLES if self.is_study else [])))
            chosen = [(name, "example") for name in asked if name in inside]
            others = [(name, "largest") for name in inside if name not in asked]
            chosen += others[: max(0, 2 - len(chosen))]
            for name, why in chosen:
                model, *values = self.row_of(inside[name])
                rows.append([segment, model, reading, *values, why])
        return rows

    def s39(self):
        return self.composition(["roleplay"])

    def s40(self):
        return self.composition(["programming"])

    def s41(self):
        return self.composition(["technology"])

    # ---- scalars ----

    def scalars(self):
        def one(query, *values):
            return self.run(query, values).fetchone()

        last = self.last_week
        tokens, offered, tool, requests, streamed, cancelled = one(
            f"SELECT sum({T}), sum({T} * offered), sum({T} * tool), count(*), sum(streamed), sum(cancelled) "
            "FROM weekly "
            "WHERE week = ?",
            last,
        )
        (open_tokens,) = one(f"SELECT coalesce(sum({T}), 0) FROM weekly WHERE week = ? AND {OPEN}", last)
        (best_open,) = one(
            f"SELECT coalesce(max(t), 0) FROM (SELECT sum({T}) t FROM weekly WHERE week = ? AND {OPEN} "
            "GROUP BY family)",
            last,
        )
        outside, known = one(
            f"SELECT coalesce(sum({T} * (country <> 'US')), 0), coalesce(sum({T}), 0) FROM weekly "
            "WHERE country <> 'unknown'"
        )
        models, providers = one(
            "SELECT count(DISTINCT base), count(DISTINCT provider) FROM weekly WHERE week = ?", last
        )
        pair = max(
            part / whole
            for part, whole in self.run(
                f"SELECT sum({T} * (author IN ('deepseek', 'qwen'))), sum({T}) t FROM weekly GROUP BY week HAVING t > 0"
            )
        )
        median, tail = self._quantile(4, 50), self._quantile(0, 99)
        return {
            "C01": quotient(open_tokens, tokens),
            "C02": quotient(outside, known),
            "C03": models,
            "C03-providers": providers,
            "C04": pair,
            "C05": quotient(best_open, open_tokens),
            "C06": median,
            "C07": quotient(offered, tokens),
            "C07-invoked": quotient(tool, tokens),
            "C08": tail,
            "C08-streamed": streamed / requests,
            "C08-cancelled": cancelled / requests,
        }

    def _quantile(self, histogram, percent):
        """Of the last week, as a row's quantiles are told: the buckets by SQL."""
        bars = self.run(
            "SELECT floor, count(*) FROM sample JOIN weekly USING (event) WHERE histogram = ? AND week = ? "
            "GROUP BY floor ORDER BY floor",
            (histogram, self.last_week),
        )
        return quantile(" ".join(f"{floor}:{count}" for floor, count in bars), percent)


def every_month(first, last):
    """Months as "2025-05-01", both ends included."""
    months = []
    if first is None:
        return months
    year, month = int(first[:4]), int(first[5:7])
    while f"{year:04d}-{month:02d}-01" <= last:
        months.append(f"{year:04d}-{month:02d}-01")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return months
