"""The truth, by SQL: what the summaries of a file of JSON lines must be.

SQLite groups the events itself, once per rollup and window, with no increments, partitions or merging. The few things
SQL has no word for (keyed hashes, the end of the HyperLogLog estimate) are written here from their definitions
in measure.h and cell.h, and share no code with the worker.
"""

import csv
import datetime
import functools
import hashlib
import hmac
import json
import math
import re
import sqlite3
import struct

from harness import SCHEMAS

SUMS = """requests tokens_prompt tokens_completion tokens_reasoning tokens_cached cost_nano_usd billed_tokens
billed_cost_nano_usd free_tokens tool_requests tool_tokens tools_offered streamed cancelled failed classified mapped
classified_tokens free_requests tools_offered_tokens mapped_tokens one_label two_labels more_labels split_tokens
tokens_squared tokens_prompt_squared tokens_cache_write gateway_cache_hits tokens_unknown cost_unknown""".split()
HISTOGRAMS = """latency_ms_histogram first_token_ms_histogram tokens_per_second_histogram tokens_prompt_histogram
tokens_total_histogram""".split()
DIMENSIONS = """model author source size reasoning provider category tag country continent language finish_reason
cohort age family account app tag_bucket""".split()
WINDOWS = ("hour", "day", "week", "month")
# Rollup -> the dimensions of its key, in order (rollup.h).
ROLLUPS = {
    "total": (),
    "model": ("model",),
    "provider": ("provider", "model"),
    "category": ("category", "model"),
    "tag": ("tag", "category"),
    "geography": ("country",),
    "language": ("language",),
}
REGISTERS = 2048

EVENT_FIELDS = """id created_at model provider account app country language tokens_prompt tokens_completion
tokens_reasoning tokens_cached cost_nano_usd is_byok is_free streamed cancelled finish_reason tools_offered latency_ms
first_token_ms generation_ms classified tokens_cache_write is_gateway_cache_hit""".split()
FIELDS_OF_ZERO = set(
    """tokens_reasoning tokens_cached cost_nano_usd is_byok is_free streamed cancelled tools_offered
classified tokens_cache_write is_gateway_cache_hit""".split()
)
# What counts of an event whose tokens, or cost, nobody knows: null is not 0, and no token counts unless all are known.
COUNTED = {
    name: f"CASE WHEN tokens_prompt + tokens_completion IS NULL THEN 0 ELSE {name} END"
    for name in EVENT_FIELDS
    if name.startswith("tokens_")
}
COUNTED["cost_nano_usd"] = "coalesce(cost_nano_usd, 0)"

QUANTILES = [f"{name.removesuffix('_histogram')}_p{percent}" for name in HISTOGRAMS for percent in (50, 90, 99)]
COLUMNS = [
    "key",
    "rollup",
    "window",
    "window_start",
    "window_end",
    *DIMENSIONS,
    *SUMS,
    *HISTOGRAMS,
    *QUANTILES,
    "accounts",
    "suppressed",
]
# What the record calls otherwise, since SQL has these words.
NAMES = {"rollup": "breakdown", "window": "granularity", "model": "model_slug", "language": "lang"}


def rollups_text(rollups):
    """The option `rollups` for them."""
    return ",".join(f"{name}={'+'.join(dimensions)}" for name, dimensions in rollups.items())


def milliseconds(time):
    """A JSON line's time: integer milliseconds, or a text that Python takes, too."""
    if isinstance(time, int):
        return time
    moment = datetime.datetime.fromisoformat(time)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(milliseconds=1)


def field_of(event, field):
    """A field's value; the empty text counts as absent, a null number as unknown."""
    value = event.get(field, 0 if field in FIELDS_OF_ZERO else None)
    return None if value == "" else value


# RFC 5646's registry: what was replaced, by what.
REPLACED = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro"}


def country_of(country):
    """ISO 3166-1: a code is two capitals; what is none stays as it is."""
    return country.upper() if country and re.fullmatch("[A-Za-z]{2}", country) else country


def language_of(language):
    """RFC 5646, 2.1.1 and 4.5; what is no tag stays as it is."""
    if not language or not re.fullmatch("(?!.$)[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*", language):
        return language
    first, *others = re.split("[-_]", language.lower())
    parts = [REPLACED.get(first, first)]
    for part in others:
        is_plain = all(len(before) > 1 for before in [*parts, part])
        parts.append({2: part.upper(), 4: part.title()}.get(len(part), part) if is_plain else part)
    return "-".join(parts)


CANONICAL = {"country": country_of, "language": language_of}

VARIANTS = set("beta exacto extended floor free high low max medium minimal nitro online thinking xhigh".split())


def base_slug(slug):
    """The name without the variants at its end, ":free:online"; a size such as ":7b" stays."""
    while ":" in slug.rpartition("/")[2]:
        base, _, variant = slug.rpartition(":")
        if variant and variant not in VARIANTS:
            break
        slug = base
    return slug


def free_variant(slug):
    """Whether one of the variants of author/name:variant:variant is "free"."""
    return "free" in slug.rpartition("/")[2].split(":")[1:]


def undated_slug(slug):
    """The slug without the date of a snapshot at its end, as in openai/gpt-4o-2024-08-06 or -20240806."""
    return re.sub(r"-(19|20)\d\d(-?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])$", "", slug)


def escaped(value):
    """A dimension's value as it stands in a Kafka key: '|', '%' and control characters as %XX, absent as nothing."""
    if value is None:
        return ""
    return "".join(f"%{ord(c):02X}" if c in "|%" or ord(c) < 0x20 else c for c in value)


def estimate(zeros, harmonic):
    """Flajolet et al. 2007, figure 3, without the large-range correction."""
    raw = 0.7213 / (1 + 1.079 / REGISTERS) * REGISTERS * REGISTERS / harmonic
    if raw <= 2.5 * REGISTERS and zeros > 0:
        raw = REGISTERS * math.log(REGISTERS / zeros)
    return round(raw)


def single(number):
    """A number as an Avro float keeps it."""
    return struct.unpack("f", struct.pack("f", number))[0]


@functools.lru_cache(1 << 12)
def _bars(text):
    return [tuple(map(int, bar.split(":"))) for bar in text.split()]


def quantile(bars, percent):
    """Of bars "least:number ..." the value of rank ceil(n p / 100), those of a bar spread evenly over its whole
    numbers, a half rounded up; None without values."""
    bars = _bars(bars)
    rank = -(-sum(number for _, number in bars) * percent // 100)
    for least, number in bars:
        if rank <= number:
            width = 1 if least < 16 or least == 14 << 30 else 2 ** (least.bit_length() - 4)
            return least + ((width - 1) * (2 * rank - 1) + number) // (2 * number)
        rank -= number
    return None


class Oracle:
    """Loads JSON lines; `expected` is then the table of all cells. Rows of fewer accounts than `suppress_below` say
    nothing. `rollups` and `windows` name others than the usual ones."""

    def __init__(self, lines, account_key=None, suppress_below=0, rollups=None, windows=WINDOWS):
        self.account_key = account_key
        self.rollups = rollups or ROLLUPS
        self.windows = windows
        self.suppress_below = suppress_below
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.execute("PRAGMA temp_store = MEMORY")
        functions = (
            (1, escaped),
            (1, base_slug),
            (1, free_variant),
            (1, undated_slug),
            (2, estimate),
            (2, quantile),
            (1, self._pseudonym),
            (1, self._digits),
        )
        for count, function in functions:
            name = function.__name__.strip("_")
            self.db.create_function(name, count, function, deterministic=True)
        self._load_tables()
        self._load_events(lines)
        self._make_facts()
        self._make_cells()

    def _digits(self, account):
        """What a row by account is named by."""
        if account is None or self.account_key is None:
            return None
        return hmac.digest(self.account_key, account.encode(), hashlib.sha256)[:16].hex()

    def _pseudonym(self, account):
        """The top 11 of 64 bits name the register; the leading zeros of the rest, plus one, are the rank."""
        bits = int.from_bytes(hmac.digest(self.account_key, account.encode(), hashlib.sha256)[:8], "big")
        rest = bits & ((1 << 53) - 1)
        return (bits >> 53) * 64 + 53 - rest.bit_length() + 1

    def _load_tables(self):
        for name in ("catalog", "taxonomy", "countries"):
            with open(SCHEMAS / f"{name}.csv", newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
            columns = list(rows[0])
            self.db.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            self.db.executemany(
                f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})",
                (tuple(row[column] for column in columns) for row in rows),
            )
        # Every name a model goes by.
        self.db.execute("CREATE TABLE called (name PRIMARY KEY, slug)")
        self.db.execute(
            """DELETE FROM catalog WHERE EXISTS (SELECT 1 FROM catalog newer
            WHERE newer.slug = catalog.slug AND newer.valid_from > catalog.valid_from)"""
        )
        models = self.db.execute("SELECT slug, aliases FROM catalog").fetchall()
        names = {alias: slug for slug, aliases in models for alias in aliases.split()}
        names.update({slug: slug for slug, _ in models})
        self.db.executemany("INSERT INTO called VALUES (?, ?)", names.items())

    def _load_events(self, lines):
        events, labels = [], []
        for number, line in enumerate(lines):
            event = json.loads(line)
            event["created_at"] = milliseconds(event["created_at"])
            event.update({field: written(event.get(field)) for field, written in CANONICAL.items()})
            events.append((number, *(field_of(event, field) for field in EVENT_FIELDS)))
            categories = event.get("categories") or ()
            labels.extend((number, label["path"], single(label["confidence"])) for label in categories)
        self.db.execute(f"CREATE TABLE event (event INTEGER PRIMARY KEY, {', '.join(EVENT_FIELDS)})")
        self.db.executemany(f"INSERT INTO event VALUES ({', '.join('?' * (1 + len(EVENT_FIELDS)))})", events)
        self.db.execute(
            "CREATE TABLE counted AS SELECT event, {}, tokens_prompt + tokens_completion IS NULL tokens_unknown, "
            "cost_nano_usd IS NULL cost_unknown FROM event".format(
                ", ".join(f"{COUNTED.get(name, name)} {name}" for name in EVENT_FIELDS)
            )
        )
        self.db.execute("CREATE UNIQUE INDEX counted_event ON counted (event)")
        self.db.execute("CREATE TABLE label (event, path, confidence)")
        self.db.executemany("INSERT INTO label VALUES (?, ?, ?)", labels)

    def _make_facts(self):
        self.db.executescript(
            """
            -- The longest pattern that is the path, or a whole-segment prefix of it.
            CREATE TABLE mapping AS
            SELECT path, pattern, coalesce(tag, 'other') tag, coalesce(category, 'other') category, max(length(pattern))
            FROM (SELECT DISTINCT path FROM label) LEFT JOIN taxonomy
                ON pattern = '/' OR path = pattern OR substr(path, 1, length(pattern) + 1) = pattern || '/'
            GROUP BY path;
            CREATE TABLE tagged AS
            SELECT DISTINCT event, category, tag
            FROM event JOIN label USING (event) JOIN mapping USING (path)
            WHERE classified AND confidence >= 0.5;

            CREATE TABLE fact AS
            SELECT event,
                created_at / 1000 - (created_at < 0 AND created_at % 1000 <> 0) second,
                model, provider, country, language, finish_reason, digits(account) account, app,
                1 requests, tokens_prompt, tokens_completion, tokens_reasoning, tokens_cached, cost_nano_usd,
                (tokens_prompt + tokens_completion) * (NOT is_byok) billed_tokens,
                cost_nano_usd * (NOT is_byok) billed_cost_nano_usd,
                (tokens_prompt + tokens_completion) * (is_free OR free_variant(model)) free_tokens,
                coalesce(finish_reason = 'tool_calls', 0) tool_requests,
                (tokens_prompt + tokens_completion) * coalesce(finish_reason = 'tool_calls', 0) tool_tokens,
                tools_offered, streamed, cancelled, coalesce(finish_reason = 'error', 0) failed, classified,
                event IN (SELECT event FROM tagged WHERE category <> 'other') mapped,
                (tokens_prompt + tokens_completion) * classified classified_tokens,
                is_free OR free_variant(model) free_requests,
                (tokens_prompt + tokens_completion) * tools_offered tools_offered_tokens,
                (tokens_prompt + tokens_completion) * (event IN (SELECT event FROM tagged WHERE category <> 'other'))
                    mapped_tokens,
                coalesce(labels, 0) = 1 one_label, coalesce(labels, 0) = 2 two_labels,
                coalesce(labels, 0) > 2 more_labels,
                (tokens_prompt + tokens_completion) * (labels IS NOT NULL) split_tokens,
                min(tokens_prompt + tokens_completion, 2097152) * min(tokens_prompt + tokens_completion, 2097152)
                    tokens_squared,
                min(tokens_prompt, 2097152) * min(tokens_prompt, 2097152) tokens_prompt_squared,
                tokens_cache_write, is_gateway_cache_hit gateway_cache_hits, tokens_unknown, cost_unknown
            FROM counted LEFT JOIN (SELECT event, count(*) labels FROM event JOIN label USING (event)
                WHERE classified AND confidence >= 0.5 GROUP BY event) USING (event);

            -- A request's tokens dealt out one by one: to its categories, and to its (category, tag) pairs, in byte
            -- order.
            CREATE TABLE category_part AS
            SELECT event, category, (tokens + n - place) / n split_tokens FROM (
                SELECT event, category, tokens_prompt + tokens_completion tokens, count(*) OVER (PARTITION BY event) n,
                    row_number() OVER (PARTITION BY event ORDER BY category) place
                FROM (SELECT DISTINCT event, category FROM tagged) JOIN counted USING (event));
            CREATE TABLE tag_part AS
            SELECT event, category, tag, (tokens + n - place) / n split_tokens FROM (
                SELECT event, category, tag, tokens_prompt + tokens_completion tokens,
                    count(*) OVER (PARTITION BY event) n,
                    row_number() OVER (PARTITION BY event ORDER BY category, tag) place
                FROM tagged JOIN counted USING (event));

            ALTER TABLE fact ADD COLUMN hour;
            ALTER TABLE fact ADD COLUMN day;
            ALTER TABLE fact ADD COLUMN week;
            ALTER TABLE fact ADD COLUMN month;
            UPDATE fact SET
                hour = strftime('%Y-%m-%d %H:00:00', second, 'unixepoch'),
                day = strftime('%Y-%m-%d 00:00:00', second, 'unixepoch'),
                week = strftime('%Y-%m-%d 00:00:00', second, 'unixepoch', 'weekday 0', '-6 days'),
                month = strftime('%Y-%m-01 00:00:00', second, 'unixepoch');

            CREATE TABLE value AS
            SELECT event, 0 histogram, latency_ms value FROM event WHERE latency_ms IS NOT NULL UNION ALL
            SELECT event, 1, first_token_ms FROM event WHERE first_token_ms IS NOT NULL UNION ALL
            SELECT event, 2, tokens_completion * 1000 / generation_ms FROM counted
                WHERE generation_ms > 0 AND NOT tokens_unknown UNION ALL
            SELECT event, 3, tokens_prompt FROM counted WHERE NOT tokens_unknown UNION ALL
            SELECT event, 4, tokens_prompt + tokens_completion FROM counted WHERE NOT tokens_unknown;
            -- Exact below 16, then eight buckets to an octave; the last one begins at 14 * 2^30.
            CREATE TABLE octave AS
            WITH RECURSIVE o (low, step) AS (SELECT 16, 2 UNION ALL SELECT low * 2, step * 2 FROM o WHERE low < 1 << 33)
            SELECT low, low * 2 high, step FROM o;
            CREATE TABLE sample AS
            SELECT event, histogram, min(coalesce(value / step * step, value), 14 << 30) floor
            FROM (SELECT event, histogram, min(max(value, 0), (1 << 34) - 1) value FROM value)
                LEFT JOIN octave ON value >= low AND value < high;
            CREATE INDEX sample_event ON sample (event);

            CREATE TABLE attributes AS
            SELECT model, base,
                coalesce(nullif(family, ''), catalog.slug, base) family,
                CASE WHEN catalog.slug IS NOT NULL THEN author
                    WHEN instr(base, '/') THEN substr(base, 1, instr(base, '/') - 1) END author,
                CASE WHEN coalesce(open_weights, '') IN ('', 'router') THEN 'unknown'
                    WHEN open_weights = '0' THEN 'closed'
                    WHEN country IN ('CN', 'HK', 'TW') THEN 'open_cn' ELSE 'open_row' END source,
                CASE WHEN coalesce(params_b, '') = '' THEN 'unknown' WHEN params_b + 0.0 < 15 THEN 'small'
                    WHEN params_b + 0.0 < 70 THEN 'medium' ELSE 'large' END size,
                coalesce(nullif(reasoning, ''), 'unknown') reasoning
            FROM (SELECT DISTINCT model, base_slug(model) base FROM event) m
                LEFT JOIN called whole ON whole.name = model
                LEFT JOIN called plain ON plain.name = base
                LEFT JOIN called undated ON undated.name = undated_slug(base)
                LEFT JOIN catalog ON catalog.slug = coalesce(whole.slug, plain.slug, undated.slug);
        """
        )
        self.db.execute("CREATE TABLE account (event, register, rank)")
        if self.account_key is not None:
            self.db.execute(
                """
                INSERT INTO account SELECT event, hash / 64, hash % 64
                FROM event JOIN (SELECT account, pseudonym(account) hash FROM
                    (SELECT DISTINCT account FROM event WHERE account IS NOT NULL)) USING (account)"""
            )
        self.db.execute("CREATE INDEX account_event ON account (event)")

    def _make_cells(self):
        self.db.execute(f"CREATE TABLE expected ({', '.join(COLUMNS)})")
        for rollup, dimensions in self.rollups.items():
            for window in self.windows:
                self._make_cells_of(rollup, dimensions, window)
        self._suppress()

    def _suppress(self):
        self.db.execute("UPDATE expected SET suppressed = coalesce(accounts, 0) < ?", (self.suppress_below,))
        self.db.execute(
            "UPDATE expected SET {}, accounts = NULL WHERE suppressed".format(
                ", ".join([f"{name} = NULL" for name in (*SUMS, *QUANTILES)] + [f"{name} = ''" for name in HISTOGRAMS])
            )
        )

    def _make_cells_of(self, rollup, dimensions, window):
        source = {
            "category": "category_part parts JOIN fact USING (event)",
            "tag": "tag_part parts JOIN fact USING (event)",
        }.get(rollup, "fact parts")
        group = ", ".join(("start", *dimensions))
        run = self.db.execute
        # One number per group, so that what follows joins on integers.
        run(
            "CREATE TEMP TABLE part AS SELECT event, part, dense_rank() OVER (ORDER BY {0}) cell, {0} FROM "
            "(SELECT event, parts.split_tokens part, {1} start{2} FROM {3})".format(
                group, window, "".join(f", {name}" for name in dimensions), source
            )
        )
        run(
            "CREATE TEMP TABLE sums AS SELECT cell, {}, {} FROM part JOIN fact USING (event) GROUP BY cell".format(
                ", ".join(f"part.{name} {name}" for name in ("start", *dimensions)),
                ", ".join(f"sum({'part.part' if name == 'split_tokens' else name}) {name}" for name in SUMS),
            )
        )
        run(
            """CREATE TEMP TABLE bars AS
            SELECT cell, histogram, group_concat(floor || ':' || n, ' ') bars FROM (
                SELECT cell, histogram, floor, count(*) n FROM part JOIN sample USING (event)
                GROUP BY cell, histogram, floor ORDER BY cell, histogram, floor)
            GROUP BY cell, histogram"""
        )
        run(
            """CREATE TEMP TABLE distinct_accounts AS
            SELECT cell, estimate(? - count(*), ? - count(*) + sum(1.0 / (1 << rank))) accounts FROM (
                SELECT cell, register, max(rank) rank FROM part JOIN account USING (event) GROUP BY cell, register)
            GROUP BY cell""",
            (REGISTERS, REGISTERS),
        )
        run("CREATE INDEX temp.bars_cell ON bars (cell, histogram)")
        run("CREATE INDEX temp.accounts_cell ON distinct_accounts (cell)")
        step = {"hour": "+1 hour", "day": "+1 day", "week": "+7 days", "month": "+1 month"}[window]
        values = "".join(f" || '|' || escaped({name})" for name in dimensions)
        columns = {
            "key": f"'{rollup}|{window}|' || replace(start, ' ', 'T') || 'Z'{values}",
            "rollup": f"'{rollup}'",
            "window": f"'{window}'",
            "window_start": "strftime('%s', start) * 1000",
            "window_end": f"strftime('%s', start, '{step}') * 1000",
            **{name: name for name in dimensions},
            **{name: f"sums.{name}" for name in SUMS},
            **{
                name: f"coalesce((SELECT bars FROM bars WHERE bars.cell = sums.cell AND histogram = {index}), '')"
                for index, name in enumerate(HISTOGRAMS)
            },
        }
        joins = ""
        if "model" in dimensions:
            joins += " JOIN attributes a USING (model)"
            columns.update({name: f"a.{name}" for name in ("family", "author", "source", "size", "reasoning")})
        if "country" in dimensions:
            joins += " LEFT JOIN countries ON countries.code = country"
            columns["continent"] = "nullif(continent, '')"
        if "tag" in dimensions:
            joins += " LEFT JOIN (SELECT DISTINCT tag, coalesce(nullif(bucket, ''), category) bucket FROM taxonomy)"
            joins += " USING (tag)"
            columns["tag_bucket"] = "bucket"
        if self.account_key is not None:
            columns["accounts"] = "coalesce((SELECT accounts FROM distinct_accounts d WHERE d.cell = sums.cell), 0)"
        run(f"INSERT INTO expected SELECT {', '.join(columns.get(name, 'NULL') for name in COLUMNS)} FROM sums{joins}")
        run(
            "UPDATE expected SET {} WHERE rollup = ? AND window = ?".format(
                ", ".join(
                    f"{name} = quantile({name[: -len('_p50')]}_histogram, {name[-len('50'):]})" for name in QUANTILES
                )
            ),
            (rollup, window),
        )
        for table in ("part", "sums", "bars", "distinct_accounts"):
            run(f"DROP TABLE temp.{table}")

    def events_of(self, window):
        """{window start in ms: number of events}."""
        return dict(
            self.db.execute(f"SELECT strftime('%s', {window}) * 1000, count(*) FROM fact GROUP BY {window}").fetchall()
        )

    def differences(self, summaries, limit=10):
        """Compares the newest summaries {key: record}, row by row and both ways. Returns (cells, differing, shown)."""
        self.db.execute("DROP TABLE IF EXISTS actual")
        self.db.execute(f"CREATE TABLE actual ({', '.join(COLUMNS)})")
        self.db.executemany(
            f"INSERT INTO actual VALUES ({', '.join('?' * len(COLUMNS))})",
            (_row(key, record) for key, record in summaries.items()),
        )
        (cells,) = self.db.execute("SELECT count(*) FROM expected").fetchone()
        wrong = set()
        shown = []
        for ours, theirs, word in (("expected", "actual", "missing or wrong"), ("actual", "expected", "unexpected")):
            rows = self.db.execute(f"SELECT * FROM {ours} EXCEPT SELECT * FROM {theirs}").fetchall()
            wrong.update(row[0] for row in rows)
            shown += [f"{word}: {self._explain(row, theirs)}" for row in rows[:limit]]
        return cells, len(wrong), shown

    def _explain(self, row, theirs):
        other = self.db.execute(f"SELECT * FROM {theirs} WHERE key = ?", row[:1]).fetchone()
        if other is None:
            return f"{row[0]}: no such key"
        return f"{row[0]}: " + ", ".join(
            f"{name} {mine!r} against {yours!r}" for name, mine, yours in zip(COLUMNS, row, other) if mine != yours
        )


def _row(key, record):
    values = {**record, **{ours: record[name] for ours, name in NAMES.items()}, "key": key}
    for name in HISTOGRAMS:
        values[name] = " ".join(f"{bar['at_least']}:{bar['requests']}" for bar in record[name])
    return tuple(values[name] for name in COLUMNS)
