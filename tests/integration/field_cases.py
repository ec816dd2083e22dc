"""Line by line what other programs' public reports have: times, nulls, numbers, texts, countries, names and tables as
people gave them, each with its right value, or with the reason that says what is wrong with it. field_inputs.py has the
files and wire formats of the same reports, conflicts.py the ids, clocks.py the clocks."""

import csv
import io
import json
from collections import Counter

from harness import check, equal, main
from field_inputs import AT, EVENT, MODEL, line, produce, setup

HOUR_MS = EVENT["created_at"]

# What is written as created_at, as it stands in the line: the time that it is, or why it is none.
TIMES = [
    ("1793613600000", HOUR_MS),
    ("1793613600", "it looks like seconds since 1970"),
    ("1793613600.5", "must be a whole number, and has a fraction"),
    ("1793613600000000", "it looks like microseconds since 1970"),
    ("1793613600000000000", "it looks like nanoseconds since 1970"),
    ('"1793613600000"', "must begin with a date like 2026-11-02"),
    ('"1793613600000000000"', "must begin with a date like 2026-11-02"),
    ("-1", "is before 2010"),
    ("0", "it looks like a time that was never set"),
    ('"0001-01-01T00:00:00Z"', "it looks like a time that was never set"),
    ('"1900-01-00"', "has a date that does not exist"),
    ("639291996000000000", "it looks like ticks, as .NET counts"),
    ("815306400", "it looks like seconds since 2001"),
    ("46328.4166667", "must be a whole number, and has a fraction"),
    ('"2026-11-02T10:00:00.433273+00:00"', HOUR_MS),
    ('"2026-11-02 10:00:00.433000"', HOUR_MS),
    ('"2026-11-02 10:00:00.433+00"', HOUR_MS),
    ('"2026-11-02 05:00:00-05"', HOUR_MS),
    ('"2026-11-02T10:00:00+0000"', HOUR_MS),
    ('"2026-11-02 10:00:00.433273 UTC"', HOUR_MS),
    ('"2026-11-02T10:00:00,433Z"', HOUR_MS),
    ('"2026-11-02t10:00:00z"', HOUR_MS),
    ('"2026-11-02T10:00Z"', HOUR_MS),
    ('"20261102T100000Z"', "must begin with a date like 2026-11-02"),
    ('"2026-W45-1T10:00:00Z"', "must begin with a date like 2026-11-02"),
    ('"2026-306T10:00:00Z"', "must begin with a date like 2026-11-02"),
    ('"2026-11-01T24:00:00Z"', "a time of day that does not exist (the last is 23:59:59)"),
    ('"2016-12-31T23:59:60Z"', 1_483_228_800_000),
    ('"2026-11-02T10:00:00"', HOUR_MS),
    ('"2026-11-02"', HOUR_MS - 10 * 3_600_000),
    ('"2026-11-02T10:00:00-00:00"', HOUR_MS),
    ('"2026-11-02T11:00:00+01:00[Europe/Berlin]"', HOUR_MS),
    ('"2026-11-02T10:00:00.123456789Z"', HOUR_MS),
    ('"2026-11-02T10:00:00.1234567890Z"', HOUR_MS),
    ('"2026-11-02 10:00:00+00:00"', HOUR_MS),
    ('"2026-11-02 10:00:00 +0000 UTC"', HOUR_MS),
    ('"Mon, 02 Nov 2026 10:00:00 GMT"', "must begin with a date like 2026-11-02"),
    ('"11/02/2026 10:00:00"', "must begin with a date like 2026-11-02"),
    ('"2026-11-02T10:00:00Z "', "must have no blanks at its ends"),
    ('" 2026-11-02T10:00:00Z"', "must have no blanks at its ends"),
    ('"2026-02-29T00:00:00Z"', "has a date that does not exist"),
    ('"2026-11-02 10:00:00 America/New_York"', "must end with a zone like Z, +01:00, +0100, +01 or UTC, or with none"),
    ('{"$date": 1793613600000}', "must be integer milliseconds since 1970, or a time like"),
    ("null", "is null, and must be given"),
]

# What is written as tokens_prompt: the tokens, or why it is no number of them.
NUMBERS = [
    ("120.0", 120),
    ("1e3", 1000),
    ("0.1e4", 1000),
    ("-0", 0),
    ("null", 0),  # nobody knows
    ('"120"', "must be a number, without quotation marks"),
    ('"1,234"', "must be a number, without quotation marks"),
    ("37.25", "must be a whole number, and has a fraction"),
    ("NaN", "is NaN or an infinity, which is no JSON"),
    ("Infinity", "is NaN or an infinity, which is no JSON"),
    ("9223372036854775808", "is beyond 64 bits"),
    ("1e400", "is beyond 64 bits"),
    ("-5", "is below 0"),
    ("007", "is written like no JSON number"),
    ("0x10", "is written like no JSON number"),
    ("+5", "is written like no JSON number"),
    ("1_000", "is written like no JSON number"),
    ("true", "must be a whole number"),
    ("None", "is None, True or False, which is Python"),
]

# What stands beside tokens: the cost in nano-dollars, or why the line is none.
OTHERS = [
    ('"latency_ms": 1250.0', 0),
    ('"latency_ms": 1250.5', "latency_ms must be a whole number, and has a fraction"),
    ('"streamed": 1', "streamed must be true or false"),
    ('"streamed": "true"', "streamed must be true or false, without quotation marks"),
    ('"cost_usd": 0.0049099999999999994', "cost_usd must be a decimal string"),
    ('"cost_usd": "0.0049099999999999994"', "cost_usd has more than 9 decimals"),
    ('"cost_usd": 4.07e-05', "cost_usd must be a decimal string"),
    ('"cost_usd": "4.07e-05"', "cost_usd must be digits, without an exponent"),
    ('"cost_usd": "-0.0002"', "cost_usd must be digits, without a sign"),
    ('"cost_usd": "0,0012"', "cost_usd must be digits with a point, without commas"),
    ('"cost_usd": "$0.0012"', "no sign, no currency, no blanks"),
    ('"cost_usd": ""', "cost_usd must be digits, and is empty"),
    ('"cost_usd": 0', "cost_usd must be a decimal string"),
    ('"cost_usd": "0.000000001"', 1),
    ('"cost_usd": "0.0000000005"', "cost_usd has more than 9 decimals"),
    ('"cost_usd": "0.0012000000"', 1_200_000),
    ('"cost_usd": ".5"', "cost_usd must be digits"),
    ('"cost_nano_usd": NaN', "cost_nano_usd is NaN or an infinity"),
    ('"app": "x\\ud83d"', "app has half of a surrogate pair"),
    ('"app": "x\\ud83d\\ude00"', 0),
    ('"app": "a\\u0000b"', "app holds U+0000"),
    ('"app": "a\\u0007b"', 0),
    ('"app": "a\\u202eb"', 0),
    ('"app": "a", "app": "b"', "app is given twice"),
    ('"native_tokens_prompt": 5', "native_tokens_prompt is not a field"),
    ('"tokensPrompt": 5', "tokensPrompt is not a field"),
    ('"categories": ' + "[" * 2100 + "]" * 2100, "categories is nested too deep"),
    ('"is_byok": undefined', "is a word that is no JSON"),
    ('"app": "a",', "a comma before a closing bracket, where JSON has none"),
    ("\"app\": 'a'", "is in other quotation marks than JSON's"),
]

# Names of models: the model that each is, or None.
NAMES = {
    "gpt-4o": "openai/gpt-4o",
    "azure/gpt-4o": "openai/gpt-4o",
    "openai/gpt-4o": "openai/gpt-4o",
    "openrouter/openai/gpt-4o": "openai/gpt-4o",
    "OpenAI/GPT-4o": "openai/gpt-4o",
    "openai/gpt-4o-2024-08-06": "openai/gpt-4o-2024-08-06",
    "anthropic/claude-sonnet-4-5-20250929": "anthropic/claude-sonnet-4.5",
    "anthropic/claude-sonnet-4.5": "anthropic/claude-sonnet-4.5",
    "claude-sonnet-4-5@20250929": "anthropic/claude-sonnet-4.5",
    "vertex_ai/claude-sonnet-4-5@20250929": "anthropic/claude-sonnet-4.5",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0": "anthropic/claude-sonnet-4.5",
    "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0": "anthropic/claude-3.5-sonnet-20240620",
    "claude-opus-4-8[1m]": "anthropic/claude-opus-4.8",
    "ollama/qwen2.5:7b": "qwen/qwen-2.5-7b-instruct",
    "ollama/qwen2.5:72b": "qwen/qwen-2.5-72b-instruct",
    "qwen2.5:7b": "qwen/qwen-2.5-7b-instruct",
    "qwen2.5:72b": "qwen/qwen-2.5-72b-instruct",
    "ft:gpt-4o-mini-2024-07-18:acme::a1": None,
    "openrouter/auto": "openrouter/auto",
    "~anthropic/claude-sonnet-latest": None,
    "moonshotai/kimi-k2:exacto": "moonshotai/kimi-k2",
    "deepseek/deepseek-r1:free": "deepseek/deepseek-r1",
    "openai/gpt-4o:online": "openai/gpt-4o",
    "arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc123": None,
    "fireworks_ai/accounts/fireworks/models/deepseek-r1": "deepseek/deepseek-r1",
    "models/gemini-2.5-pro": "google/gemini-2.5-pro",
    "gemini/gemini-2.5-pro": "google/gemini-2.5-pro",
    "meta-llama/Meta-Llama-3.1-8B-Instruct": "meta-llama/llama-3.1-8b-instruct",
    '=HYPERLINK("http://x.example","y")': None,
    "a|b": None,
    "tab\tname": None,
    "line\nbreak": None,
    "\x1b[31mred": None,
    '"quoted"': None,
    "comma,name": None,
    "openai/gpt-4o|azure": None,
    "\ufeffopenai/gpt-4o": "openai/gpt-4o",
    " openai/gpt-4o": "openai/gpt-4o",
    "deepseek/deepseek-r1:free:online": "deepseek/deepseek-r1",
    "openai/gpt-4o:nitro:online": "openai/gpt-4o",
    "openai/gpt-oss-20b:free:online": "openai/gpt-oss-20b",
    "anthropic/claude-sonnet-4.5:thinking:online": "anthropic/claude-sonnet-4.5",
    "openai/gpt-4o-2024-08-06:online": "openai/gpt-4o-2024-08-06",
    "openai/gpt-4o-2024-08-06:free:online": "openai/gpt-4o-2024-08-06",
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0": "anthropic/claude-sonnet-4.5",
    "azure_ai/gpt-4o-2024-08-06": "openai/gpt-4o-2024-08-06",
}

COUNTRIES = {
    "US": 2,
    "USA": 1,
    "UK": 1,
    "GB": 2,
    "EU": 1,
    "XX": 1,
    "T1": 1,
    "A1": 1,
    "TW": 1,
    "HK": 1,
    "XK": 1,
    "AN": 1,
    "A2": 1,
    "AP": 1,
    "EL": 2,
}
LANGUAGES = {"en": 2, "en-US": 2, "zh": 1, "zh-Hans": 2, "zh-Hans-CN": 1, "und": 1, "he": 2, "jp": 1, "cn": 1}
FINISHES = {"stop": 1, "STOP": 1, "end_turn": 1, "eos": 1, "MAX_TOKENS": 1, "unknown": 1, "tool_calls": 1}


def written(number, text):
    """A line of which one field is written by hand."""
    return line(number).replace(json.dumps(AT), text, 1)


def claim(world, lines, wants):
    """Each line is taken, or refused with its reason; the lines that were taken."""
    produced, refused, log, _ = produce(world, ("".join(text + "\n" for text in lines)).encode())
    reasons = {}
    for said in log.splitlines():
        if said.startswith("produce: line "):
            number, _, reason = said.removeprefix("produce: line ").partition(": ")
            reasons[int(number)] = reason
    for number, (text, want) in enumerate(zip(lines, wants), 1):
        if isinstance(want, str):
            check(want in reasons.get(number, ""), f"{text[:160]}: want {want}", reasons.get(number, "it was taken"))
        else:
            check(number not in reasons, f"{text[:160]} is refused", reasons.get(number))
    taken = [want for want in wants if not isinstance(want, str)]
    equal((produced, refused), (len(taken), len(wants) - len(taken)), log)
    return taken


def test_times(world):
    """In the order of time, so that none is late."""
    setup(world)
    times = sorted(TIMES, key=lambda row: HOUR_MS if isinstance(row[1], str) else row[1])
    lines = [written(number, text) for number, (text, _) in enumerate(times)]
    taken = claim(world, lines, [want for _, want in times])
    world.run("worker", "--drain")
    counted = {row["window_start"]: row["requests"] for row in world.summaries("total", "hour")}
    equal(counted, dict(Counter(want - want % 3_600_000 for want in taken)), "requests by hour")


def test_numbers_and_texts(world):
    setup(world)
    numbers = [line(f"n{at}").replace(" 100", f" {text}", 1) for at, (text, _) in enumerate(NUMBERS)]
    prompts = claim(world, numbers, [want for _, want in NUMBERS])
    others = [line(f"o{at}")[:-1] + f", {text}}}" for at, (text, _) in enumerate(OTHERS)]
    others += [
        line("m").replace(f'"{MODEL}"', '""'),
        json.dumps({**EVENT, "id": ""}),
        json.dumps({**EVENT, "id": None}),
    ]
    wants = [want for _, want in OTHERS] + ["model is empty", "id is empty", "id is null, and must be given"]
    costs = claim(world, others, wants)
    world.run("worker", "--drain")
    (row,) = world.summaries("total", "hour")
    equal(row["requests"], len(prompts) + len(costs), "requests")
    equal((row["tokens_prompt"], row["tokens_unknown"]), (sum(prompts) + 100 * len(costs), 1), "tokens")
    equal(row["cost_nano_usd"], sum(costs), "cost")


def test_names_of_models(world):
    """As `catalog show -` has them, and as they are counted: the variants of one model are one family."""
    path = world.folder / "names.txt"
    in_lines = {name: model for name, model in NAMES.items() if "\n" not in name}
    path.write_text("".join(f"{name}\n" for name in in_lines))
    with path.open() as lines:
        shown = [
            json.loads(text)
            for text in world.run("catalog", "show", "-", "--format", "json", stdin=lines).out.splitlines()
        ]
    equal({row["name"]: row["model"] for row in shown}, in_lines, "names")
    setup(world)
    produced, _, log, _ = produce(world, "".join(line(at, model=name) + "\n" for at, name in enumerate(NAMES)).encode())
    equal(produced, len(NAMES), log)
    world.run("worker", "--drain")
    rows = world.summaries("model", "month")
    equal(sum(row["requests"] for row in rows), len(NAMES), "requests")
    equal(
        {row["model_slug"] for row in rows if row["source"] == "unknown" and row["model_slug"] != "openrouter/auto"},
        {name for name, model in NAMES.items() if model is None},
        "models that nobody knows",
    )
    free = {row["model_slug"] for row in rows if row.get("free_tokens", 0) > 0}
    equal(free, {name for name in NAMES if ":free" in name}, "free variants")
    missing = [
        json.loads(text)["model"] for text in world.run("catalog", "missing", "--format", "json").out.splitlines()
    ]
    equal(sorted(missing), sorted(name for name, model in NAMES.items() if model is None), "what is missing")


def test_countries_languages_and_ends(world):
    setup(world, GENTALLY_ROLLUPS="total=,country=country,language=language,end=finish_reason")
    countries = [
        "US",
        "us",
        "USA",
        "UK",
        "GB",
        "gb",
        "EU",
        "XX",
        "T1",
        "A1",
        "",
        "TW",
        "HK",
        "XK",
        "AN",
        "A2",
        "AP",
        "EL",
        "el",
    ]
    languages = [
        "en",
        "EN",
        "en-US",
        "en_US",
        "zh",
        "zh-Hans",
        "ZH-hans",
        "zh-Hans-CN",
        "und",
        "iw",
        "he",
        "jp",
        "CN",
        "",
    ]
    lines = [line(f"c{at}", country=text) for at, text in enumerate(countries)]
    lines += [line(f"l{at}", language=text) for at, text in enumerate(languages)]
    lines += [line(f"f{at}", finish_reason=text) for at, text in enumerate(FINISHES)]
    produced, _, log, _ = produce(world, "\n".join(lines).encode())
    equal(produced, len(lines), log)
    world.run("worker", "--drain")
    for rollup, column, wants in (
        ("country", "country", COUNTRIES),
        ("language", "lang", LANGUAGES),
        ("end", "finish_reason", FINISHES),
    ):
        rows = world.summaries(rollup, "month")
        equal({row[column]: row["requests"] for row in rows if row.get(column)}, wants, rollup)
    rows = {row["country"]: row.get("continent") for row in world.summaries("country", "month") if row.get("country")}
    unknown = {country for country, continent in rows.items() if continent is None}
    equal(unknown, {"USA", "UK", "EU", "XX", "T1", "A1", "AN", "A2", "AP", "EL"}, "countries without a continent")
    told = [json.loads(text) for text in world.run("catalog", "missing", "--all", "--format", "json").out.splitlines()]
    told = {value for row in told for value in row.values() if isinstance(value, str)}
    unknown |= {"jp", "cn"} | set(FINISHES) - {"stop", "tool_calls"}
    check(unknown <= told, "what is in no vocabulary is listed", told)


def test_catalogs_out_of_spreadsheets(world):
    """The table as it is, saved by spreadsheets in whatever way: taken, or refused with the line and what is wrong."""
    head = "slug author country open_weights params_b active_params_b reasoning released prompt_usd_per_mtok".split()
    head += "completion_usd_per_mtok valid_from aliases family".split()
    rows = [head, ["openai/gpt-4o", "openai", "US", "0", "", "", "no", "2024-05-13", "2.5", "10", "2024-05-13", "", ""]]
    rows += [["deepseek/deepseek-r1", "deepseek", "CN", "1", "671", "37", "always", "2025-01-20", "0.4", "1.75"]]
    rows[2] += ["2025-01-20", "", ""]

    def table(quoting=csv.QUOTE_MINIMAL, delimiter=",", end="\n", **changes):
        text = io.StringIO(newline="")
        changed = [
            row if at == 0 else [changes.get(name, {}).get(at, field) for name, field in zip(head, row)]
            for at, row in enumerate(rows)
        ]
        csv.writer(text, quoting=quoting, delimiter=delimiter, lineterminator=end).writerows(changed)
        return text.getvalue()

    plain, mark = table(), "\ufeff"
    curly = "\n".join(",".join(f"\u201c{field}\u201d" for field in row) for row in rows)
    cases = [
        (plain, None),
        (mark + table(end="\r\n"), None),
        (table(csv.QUOTE_ALL), None),
        (table(slug={1: "OPENAI/GPT-4O"}), None),
        (mark + table(delimiter=";", end="\r\n"), ':1: has no column "slug": its fields are separated by semicolons'),
        (table(delimiter="\t"), ':1: has no column "slug": its fields are separated by tabs'),
        (table(end="\r"), ":1: has lines that end in CR alone"),
        (plain.replace(",", ", "), ':1: has no column "author", but one with blanks around that'),
        ("\n".join(text + ",," for text in plain.splitlines()), ":1: column 14 has no name: a comma too many?"),
        (
            "\n".join(text[:-2] if at else text for at, text in enumerate(plain.splitlines())),
            ":2: has 11 fields, the header has 13",
        ),
        (curly, ':1: has no column "slug": its quotation marks are typographic'),
        (table(released={1: "13.05.2024"}), ':2: released "13.05.2024" is not a date like 2025-09-29'),
        (table(released={2: "1/20/2025"}), ':3: released "1/20/2025" is not a date like 2025-09-29'),
        (table(params_b={2: "6.71E+02"}), ':3: params_b "6.71E+02" is not a number like 0.25'),
        (table(prompt_usd_per_mtok={1: "2,5"}), ':2: prompt_usd_per_mtok "2,5" is not a number like 0.25'),
        (table(country={1: "us"}), ':2: country "us" is not two capitals or empty'),
        (table(country={1: "United States"}), ':2: country "United States" is not two capitals or empty'),
        (table(open_weights={1: "FALSE"}), ':2: open_weights "FALSE" is not 0, 1, router or empty'),
        (table(reasoning={1: "0"}), ':2: reasoning "0" is not always, optional, no or empty'),
        (plain.splitlines()[0] + "\n", ":2: has no rows"),
        ("", ":1: is empty: not even a header"),
        (table(author={2: "d\u00e9"}).encode("latin-1"), ":3: is not UTF-8"),
        (plain.encode("utf-16"), ":1: is UTF-16"),
        ("PK\x03\x04" + plain, ":1: "),
    ]
    path = world.folder / "table.csv"
    for text, says in cases:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        process = world.start("catalog", "show", "openai/gpt-4o", "--catalog", path)
        status = process.wait(30)
        if says is None:
            check(status == 0 and "source     closed" in process.out, f"{text[:60]!r} is taken", process.log)
        else:
            check(status == 78 and f"table.csv{says}" in process.log, f"{text[:60]!r}: want {says}", process.log)


if __name__ == "__main__":
    main(__file__, globals())
