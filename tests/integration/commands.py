"""What people type: live counters, unknown models, a corrected catalog, the configuration in force."""

import collections
import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from harness import BINARY, DEMO, ROOT, SCHEMAS, Skip, check, equal, main, wait_until
from model_lists import LITELLM, MODELS_DEV, OPENROUTER
from oracle import milliseconds
from topics import newest, read_topic

KNOWN = "openai/gpt-4o"
UNKNOWN = "acme/unheard-of"


def lines_of(text):
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def write(world, events):
    path = world.folder / "events.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def test_no_option_of_a_command_is_the_configurations_too(world):
    """Which of the two were meant nobody could tell: a switch of the one would want the value of the other."""
    text = world.run("help", "--completion").out
    shared = set(re.search(r'local configuration="([^"]*)"', text)[1].split())
    own = {name: set(words.split()) for name, words in re.findall(r'^ +([a-z-]+)\) words="([^"]*)\$conf', text, re.M)}
    check("--redis-url" in shared and "--yes" in own["remove"], "options that there are", own)
    equal({name: words & shared for name, words in own.items() if words & shared}, {}, "options of both")


def test_the_binary_is_hardened(world):
    """As runbooks/security.md says; tests/image.sh asks the same of the image's."""
    if shutil.which("readelf") is None:
        raise Skip("readelf")
    words = ["readelf", "-W", "--program-headers", "--dynamic", "--dyn-syms", BINARY]
    elf = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    if "__asan_init" in elf or "__memcpy_chk" not in elf and "__snprintf_chk" not in elf:
        cache = (Path(BINARY).parent / "CMakeCache.txt").read_text()
        check("CMAKE_BUILD_TYPE:STRING=Release" not in cache, "a release that is not fortified")
        raise Skip("a release: this build is for debugging")
    for what, pattern in {
        "position independent": r"FLAGS_1.* PIE",
        "bound at start": r"BIND_NOW",
        "relocations read-only": r"GNU_RELRO",
        "no executable stack": r"GNU_STACK .* RW +0x",
        "stack protector": r"__stack_chk_fail",
    }.items():
        check(re.search(pattern, elf), f"the binary is not: {what}")
    check(not re.search(r"\((RPATH|RUNPATH|TEXTREL)\)", elf), "it looks for libraries elsewhere, or writes to its code")


def test_help_tells_what_an_id_means(world):
    told = world.run("help", "SOURCE-GAP").out
    page = (ROOT / "runbooks/reasons.md").read_text()
    section = page.split("\n## SOURCE-GAP\n")[1].split("\n#")[0].strip()
    check(told.startswith("SOURCE-GAP, stops at most: partition; exit status 70\n") and section in told, told)
    wrong = world.start("help", "SOURCE-GAB")
    equal(wrong.wait(10), 64, "status where there is no such id")
    equal(wrong.log, "gentally: there is no 'SOURCE-GAB'; did you mean 'SOURCE-GAP'?\n", "what was meant")


def test_top_and_catalog_missing_show_what_was_counted(world):
    world.start_redis()
    world.run("setup", "--partitions", 3)
    events = lines_of(world.run("generate", "--events", 2000, "--seed", 5).out)
    last = max(event["created_at"] for event in events)
    for number, tokens in enumerate((7, 11)):
        events.append(
            {"id": f"u{number}", "created_at": last, "model": UNKNOWN, "tokens_prompt": tokens, "tokens_completion": 1}
        )
    world.produce(write(world, events))
    world.run("worker", "--drain")

    month = world.summaries("total", "month")[-1]["window_start"]
    want = {}
    for event in events:
        if event["created_at"] >= month:
            requests, tokens = want.get(event["model"], (0, 0))
            want[event["model"]] = requests + 1, tokens + tokens_of(event)
    top = lines_of(world.run("top", "--rollup", "model", "--window", "month", "--limit", 1000, "--format", "json").out)
    equal(
        {row["model_slug"]: (row["requests"], row["tokens"]) for row in top}, want, "live counters of the newest month"
    )
    equal([row["tokens"] for row in top], sorted((tokens for _, tokens in want.values()), reverse=True), "their order")

    missing = lines_of(world.run("catalog", "missing", "--format", "json").out)
    equal([(row["model"], row["requests"], row["tokens"]) for row in missing], [(UNKNOWN, 2, 20)], "unknown models")


def test_spellings_of_one_country_or_language_are_one_and_no_others(world):
    """What a standard lets be written in several ways is one row; what is in no vocabulary is counted, and listed."""
    world.start_redis()
    world.settings["GENTALLY_ROLLUPS"] = "total=,model=model,geography=country,language=language,finish=finish_reason"
    world.run("setup", "--partitions", 1)
    at_ms = 1_793_613_600_000
    spelled = {
        "country": ("US", "us", "Us", "DE", "de", "UK", "uk", "GB", "USA", "EU", "AN", "XX", "T1", "TW", None),
        "language": ("en", "EN", "en-US", "en_US", "EN-us", "zh-hans-cn", "zh-Hans-CN", "iw", "he", "eng", "C", "und"),
        "finish_reason": ("stop", "STOP", "end_turn", "tool_calls", "max_tokens"),
    }
    events = [
        {"id": f"{field}{number}", "created_at": at_ms, "model": KNOWN, "tokens_prompt": 9, "tokens_completion": 1}
        | {field: value}
        for field, values in spelled.items()
        for number, value in enumerate(values)
    ]
    world.produce(write(world, events))
    world.run("worker", "--drain")

    def counted(rollup, name):
        rows = world.summaries(rollup, "month")
        return {row[name]: row["requests"] for row in rows if row.get(name)}

    countries = {"US": 3, "DE": 2, "UK": 2, "GB": 1, "USA": 1, "EU": 1, "AN": 1, "XX": 1, "T1": 1, "TW": 1}
    equal(counted("geography", "country"), countries, "countries")
    languages = {"en": 2, "en-US": 3, "zh-Hans-CN": 2, "he": 2, "eng": 1, "C": 1, "und": 1}
    equal(counted("language", "lang"), languages, "languages")
    continents = {
        row["country"]: row.get("continent") for row in world.summaries("geography", "month") if "country" in row
    }
    equal([continents[name] for name in ("US", "DE", "UK")], ["North America", "Europe", None], "continents")
    missing = lines_of(world.run("catalog", "missing", "--all", "--format", "json").out)
    want = {("country", name): countries[name] for name in ("UK", "USA", "EU", "AN", "XX", "T1")}
    want |= {("language", name): 1 for name in ("eng", "C")}
    want |= {("finish_reason", name): 1 for name in ("STOP", "end_turn", "max_tokens")}
    equal({(row["field"], row["value"]): row["requests"] for row in missing}, want, "what is in no vocabulary")
    check("no unknown models" in world.run("catalog", "missing").log, "all models are known")


def test_a_model_is_shown_by_any_of_its_names(world):
    """`catalog show` says which model a name is, and by which steps; a step can be left out."""
    name = "bedrock/us-east-1/us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    shown = world.run("catalog", "show", name).out
    check("matched    as anthropic/claude-sonnet-4.5 by host, region, vendor, pin, spelling" in shown, "steps", shown)
    (found,) = lines_of(world.run("catalog", "show", name, "--format", "json").out)
    equal(found["matched_by"], ["host", "region", "vendor", "pin", "spelling"], "steps as JSON")
    equal((found["model"], found["source"], found["router"]), ("anthropic/claude-sonnet-4.5", "closed", False), "model")
    equal((found["model_name"], found["author_name"]), ("Claude Sonnet 4.5", "Anthropic"), "names for people")
    check("matched" not in world.run("catalog", "show", "openai/gpt-4o").out, "a slug needs no step")
    check("a router, not a model" in world.run("catalog", "show", "openrouter/auto").out, "a router")
    run = world.run("catalog", "show", name, "--catalog-steps", "host,region")
    check("does not know it" in run.log, "without the steps", run.log)
    run = world.start("catalog", "show", name, "--catalog-steps", "hosts")
    equal(run.wait(30), 78, "exit status")
    check("catalog_steps = 'hosts': allowed is all, none, or names of steps" in run.log, "no such step", run.log)

    names = ["gpt-4o", "qwen2.5:7b", "~anthropic/claude-sonnet-latest", "azure/gpt-35-turbo"]
    path = world.folder / "names.txt"
    path.write_text("".join(f"{name}\r\n" for name in names))
    with path.open() as lines:
        got = lines_of(world.run("catalog", "show", "-", "--format", "json", stdin=lines).out)
    models = ["openai/gpt-4o", "qwen/qwen-2.5-7b-instruct", None, "openai/gpt-3.5-turbo"]
    equal([(row["name"], row["model"]) for row in got], list(zip(names, models)), "names, a line each")


def test_what_is_missing_can_be_added_under_just_that_name(world):
    """Sizes, deployments and names that need quotes: each is listed as it is counted; a row makes it known."""
    world.start_redis()
    world.run("setup", "--partitions", 1)
    odd = ["qwen9:7b", "qwen9:72b", "azure/our-deployment", "gpt-of-nobody", "a|b", "comma,name", 'a "b"', "two words"]
    events = [
        {"id": f"{number}", "created_at": 1_762_732_800_000, "model": name, "tokens_prompt": 10, "tokens_completion": 1}
        for number, name in enumerate([*odd, "us.anthropic.claude-sonnet-5", "gpt-4o", "qwen9:7b:free:online"])
    ]
    world.produce(write(world, events))
    world.run("worker", "--drain")
    missing = [row["model"] for row in lines_of(world.run("catalog", "missing", "--format", "json").out)]
    equal(sorted(missing), sorted(odd), "names without a row")

    catalog = world.folder / "catalog.csv"
    shutil.copy(SCHEMAS / "catalog.csv", catalog)
    with catalog.open("a", newline="") as lines:
        for name in missing:
            csv.writer(lines).writerow([name, "acme", "US", 1, 80, "", "no", "", "", "", "", "", "", "", ""])
    run = world.run("catalog", "missing", "--catalog", catalog)
    check("no unknown models" in run.log, "all have a row now", run.log)


def imported(world, name, models, *options):
    path = world.folder / f"{name}.json"
    path.write_text(json.dumps(models))
    run = world.run("catalog", "import", path, "--format", "json", "--valid-from", "2031-03-01", *options)
    return {(row["change"], row["model"]): row["what"] for row in lines_of(run.out)}, run.log


def test_models_are_added_from_lists_of_others(world):
    """Each form of list: what is told is what the written catalog then knows, and no row of before is another."""
    before = (SCHEMAS / "catalog.csv").read_text()
    catalog = world.folder / "catalog.csv"
    shutil.copy(SCHEMAS / "catalog.csv", catalog)
    told, log = imported(world, "litellm", LITELLM)
    check("nothing was written" in log and log.startswith("LiteLLM: 1 added, 1 price, 0 name, 0 differs, "), log)
    equal(catalog.read_text(), before, "a catalog that was only asked about")
    for name, models in (("litellm", LITELLM), ("models-dev", MODELS_DEV), ("openrouter", OPENROUTER)):
        more, log = imported(world, name, models, "--catalog", catalog, "--out", catalog)
        told |= more
        again, log = imported(world, name, models, "--catalog", catalog)
        kept = {change: what for change, what in more.items() if change[0] == "differs"}
        equal(again, kept, f"what a second import of {name} tells")
    equal(
        told,
        {
            (
                "added",
                "openai/gpt-90-turbo",
            ): "price 1.25 / 10; released unknown; open_weights unknown, reasoning optional",
            ("price", "openai/gpt-4o"): "price 2 / 8, was 2.5 / 10",
            (
                "added",
                "moonshotai/kimi-k90",
            ): "price 0.6 / 2.5; released 2031-02-03; open_weights 1, reasoning optional",
            ("differs", "moonshotai/kimi-k2"): "open_weights is 1 here, 0 in the list",
            (
                "added",
                "acme/parrot-90",
            ): "price 0.15 / 0.6; released 2031-02-03; open_weights unknown, reasoning optional",
        },
        "what was told",
    )
    lines = catalog.read_text().splitlines()
    equal([line for line in lines if line in set(before.splitlines())], before.splitlines(), "rows of before")
    equal(len(lines), len(before.splitlines()) + 4, "rows with the new ones")
    shown = world.run("catalog", "show", "acme/parrot-90-20310203", "--catalog", catalog).out
    check("slug       acme/parrot-90\n" in shown and "price      0.15 USD" in shown, shown)
    shown = world.run("catalog", "show", "azure/eu/gpt-90-turbo-2031-02-03", "--catalog", catalog).out
    check("slug       openai/gpt-90-turbo\n" in shown, shown)
    shown = world.run("catalog", "show", "gpt-4o", "--catalog", catalog).out
    check("price      2.5 USD" in shown and "from       2031-03-01: 2 USD" in shown, "a price of the future", shown)
    check("source     closed\n" in shown, shown)
    shown = world.run("catalog", "show", "moonshotai/kimi-k90", "--catalog", catalog).out
    check("source     open_cn\n" in shown, shown)
    check("name       Kimi K90\n" in shown and "maker      Moonshot AI\n" in shown, "names of models.dev", shown)
    shown = world.run("catalog", "show", "acme/parrot-90", "--catalog", catalog).out
    check("name       Parrot 90\n" in shown and "maker      Acme\n" in shown, "names of OpenRouter", shown)


def test_what_is_no_list_of_models_changes_nothing(world):
    catalog = world.folder / "catalog.csv"
    shutil.copy(SCHEMAS / "catalog.csv", catalog)
    lists = {
        "cut": (json.dumps(LITELLM)[:300], "ends in the middle: was it fetched whole?"),
        "html": ("<html>429</html>", "is no JSON from here on"),
        "error": ('{"error": {"code": 429}}', "is no list of models that is known"),
        "catalog": (catalog.read_text(), "is no JSON from here on"),
        "empty": ("", "ends in the middle"),
    }
    for name, (text, why) in lists.items():
        path = world.folder / name
        path.write_text(text)
        run = world.start("catalog", "import", path, "--catalog", catalog, "--out", catalog)
        equal(run.wait(30), 78, f"exit status for {name}")
        check("TABLE-INVALID" in run.log and why in run.log and run.out == "", run.log)
    for arguments, status in (
        (("import", world.folder / "none"), 78),
        (("import",), 78),
        (("import", "x", "--valid-from", "soon"), 78),
        (("show", "x", "--out", catalog), 78),
        (("import", world.folder / "html", "--out", world.folder / "no" / "such"), 78),
    ):
        equal(world.start("catalog", *arguments).wait(30), status, f"exit status of {arguments}")
    path = world.folder / "litellm.json"
    path.write_text(json.dumps(LITELLM))
    run = world.start("catalog", "import", path, "--out", world.folder / "no" / "such")
    check(run.wait(30) != 0 and "OUTPUT-FAILED" in run.log, "no such folder", run.log)
    equal(catalog.read_text(), (SCHEMAS / "catalog.csv").read_text(), "the catalog")
    equal(list(world.folder.glob("*.part")), [], "files left behind")


def author_of(event):
    return event["model"].split("/")[0]


def week_of(event):
    return event["created_at"] - (event["created_at"] - 345_600_000) % 604_800_000  # 1970-01-05 was a Monday


def sums_of(events, name_of, amount):
    """(window, name) -> sum, by adding up the lines."""
    sums = collections.Counter()
    for event in events:
        sums[week_of(event), name_of(event)] += amount(event)
    return sums


def tokens_of(event):
    """0 if one of the two is not known."""
    counts = event["tokens_prompt"], event["tokens_completion"]
    return 0 if None in counts else sum(counts)


def fold_of(sums, top):
    """All but the `top` largest over the whole range as one; and the order of the names, it last."""
    totals = collections.Counter()
    for (_, name), value in sums.items():
        totals[name] += value
    kept = sorted(totals, key=lambda name: (-totals[name], name))[:top]
    folded = collections.Counter()
    for (start, name), value in sums.items():
        folded[start, name if name in kept else "(other)"] += value
    return folded, kept + ["(other)"] * (len(totals) > top)


def shares_of(sums):
    wholes = collections.Counter()
    for (start, _), value in sums.items():
        wholes[start] += value
    return {key: value / wholes[key[0]] for key, value in sums.items()}


def close(got, want, what, digits=9):
    check(got.keys() == want.keys(), f"{what}: other keys", got.keys() ^ want.keys())
    wrong = {key: (got[key], want[key]) for key in want if abs(got[key] - want[key]) > 10**-digits}
    check(not wrong, f"{what}: got, want", wrong)


def test_summaries_and_top_show_shares_and_windows_side_by_side(world):
    """Against sums over the JSON lines."""
    world.start_redis()
    world.run("setup", "--partitions", 3)
    lines = world.run("generate", "--events", 6000, "--seed", 11)
    events = lines_of(lines.out)
    world.produce(lines.out_path)
    world.run("worker", "--drain")
    asked = ("--rollup", "model", "--window", "week", "--by", "author")

    def show(*options, **settings):
        return world.run("summaries", *asked, *options, **settings).out

    tokens, order = fold_of(sums_of(events, author_of, tokens_of), 4)
    starts = sorted({start for start, _ in tokens})
    rows = lines_of(show("--top", 4, "--side-by-side", "--format", "json"))
    equal([row["author"] for row in rows], order, "names, the largest over the range first")
    got = {(one["window_start"], row["author"]): one for row in rows for one in row["values"]}
    want = {(start, name): tokens[start, name] for start in starts for name in order}
    equal({key: one["value"] for key, one in got.items()}, want, "values side by side")
    close({key: one["share"] for key, one in got.items()}, shares_of(want), "shares side by side")
    equal([row["total"] for row in rows], [sum(want[start, name] for start in starts) for name in order], "totals")
    whole = sum(want.values())
    close(
        {row["author"]: row["share"] for row in rows},
        {name: sum(want[start, name] for start in starts) / whole for name in order},
        "shares of the range",
    )

    cost, order = fold_of(sums_of(events, author_of, lambda event: event.get("cost_nano_usd") or 0), 3)
    table = list(csv.reader(show("--measure", "cost", "--top", 3, "--side-by-side", "--format", "csv").splitlines()))
    equal([milliseconds(title) for title in table[0][1:-1]], starts, "CSV: the windows, oldest first")
    equal([row[0] for row in table[1:]], order, "CSV: names")
    equal(
        [[int(value) for value in row[1:-1]] for row in table[1:]],
        [[cost[start, name] for start in starts] for name in order],
        "CSV: cost",
    )
    shares = list(csv.reader(show("--measure", "share", "--side-by-side", "--format", "csv").splitlines()))
    close(
        {(start, row[0]): float(value) for row in shares[1:] for start, value in zip(starts, row[1:-1])},
        {(start, row[0]): 0.0 for row in shares[1:] for start in starts}
        | shares_of(sums_of(events, author_of, tokens_of)),
        "CSV: shares",
    )

    begin, end = starts[2], starts[4]
    some = [event for event in events if begin <= week_of(event) < end]
    requests, _ = fold_of(sums_of(some, author_of, lambda event: 1), 2)
    got = lines_of(show("--measure", "requests", "--top", 2, "--from", begin, "--to", end, "--format", "json"))
    equal({(row["window_start"], row["author"]): row["requests"] for row in got}, dict(requests), "requests of a range")
    close(
        {(row["window_start"], row["author"]): row["share"] for row in got},
        shares_of(requests),
        "shares of a range",
        3.9,
    )

    wide = show("--top", 3, "--side-by-side").splitlines()
    check(max(map(len, wide)) <= 100, "a table is too wide", wide)
    equal(wide[0].split()[1:-1], [time.strftime("%m-%d", time.gmtime(start / 1000)) for start in starts], "its columns")
    days = world.run(
        "summaries", "--rollup", "model", "--window", "day", "--top", 3, "--sparkline", LC_ALL="C.UTF-8"
    ).out
    check(max(map(len, days.splitlines())) <= 100, "a table of days is too wide", days)
    equal(days.split()[1], "earlier", "what has no room")
    check("\u2588" in days and "\u2588" not in show("--sparkline", LC_ALL="C"), "sparklines in another locale", days)

    now, order = fold_of(
        {
            key: value
            for key, value in sums_of(events, lambda event: event["model"], tokens_of).items()
            if key[0] == starts[-1]
        },
        5,
    )
    before = shares_of(
        {
            key: value
            for key, value in sums_of(events, lambda event: event["model"], tokens_of).items()
            if key[0] == starts[-2]
        }
    )
    rest = 1 - sum(before.get((starts[-2], name), 0) for name in order[:-1])
    top = lines_of(world.run("top", "--rollup", "model", "--window", "week", "--top", 5, "--format", "json").out)
    equal(
        [(row["model_slug"], row["tokens"]) for row in top],
        [(name, now[starts[-1], name]) for name in order],
        "top, live",
    )
    close(
        {row["model_slug"]: row["share_before"] for row in top if "share_before" in row},
        {
            name: rest if name == "(other)" else before[starts[-2], name]
            for name in order
            if name == "(other)" or (starts[-2], name) in before
        },
        "shares of the week before",
        3,
    )


def without_names(text):
    """A catalog as catalogs were before they had names for people, the last two columns."""
    rows = list(csv.reader(line for line in text.splitlines() if not line.startswith("#")))
    equal(rows[0][-2:], ["name", "author_name"], "the last columns of the catalog")
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(row[:-2] for row in rows)
    return lines.getvalue()


def test_a_corrected_catalog_restates_windows_without_a_replay(world):
    world.start_redis()
    world.run("setup", "--partitions", 1)
    day, begin = 86_400_000, 1_762_732_800_000  # 2025-11-10, a Monday
    events = [
        {
            "id": f"{number}",
            "created_at": begin + number * day // 4,
            "model": "openai/gpt-4o",
            "tokens_prompt": 10,
            "tokens_completion": 1,
        }
        for number in range(12)
    ]
    world.produce(write(world, events))
    catalog = world.folder / "catalog.csv"
    text = (SCHEMAS / "catalog.csv").read_text()
    catalog.write_text(without_names(text))
    old, new = "\nopenai/gpt-4o,openai,US,0,", "\nopenai/gpt-4o,openai,US,1,"
    check(old in text, "the catalog has another row of openai/gpt-4o now")
    key = "model|day|2025-11-10T00:00:00Z|openai/gpt-4o"

    def published():
        return newest(read_topic(world.kafka, f"{world.namespace}.summaries.model")).get(key)

    worker = world.start("worker", GENTALLY_CATALOG=catalog)
    before = wait_until(published, 60, "the first day to close")
    equal((before["source"], before["generation"], before["requests"]), ("closed", 0, 4), "the day as first told")
    equal((before["model_name"], before["author_name"]), (None, None), "names of a catalog that has none")

    catalog.write_text(text.replace(old, "\nopenai/gpt-4o,openai,US,perhaps,"))
    worker.signal(signal.SIGHUP)
    worker.says("TABLE-INVALID")
    check(worker.is_running(), "a wrong table ended the worker", worker.log)

    catalog.write_text(text.replace(old, new))
    worker.signal(signal.SIGHUP)
    worker.says("WORKER-RELOADED")
    after = wait_until(lambda: (record := published())["generation"] > 0 and record, 60, "the day to be told anew")
    equal((after["source"], after["generation"], after["pane"]), ("open_row", 1, "late"), "the day as told anew")
    equal((after["model_name"], after["author_name"]), ("GPT-4o", "OpenAI"), "names of the catalog")
    changed = {name for name in before if before[name] != after[name]}
    told = {"source", "model_name", "author_name", "generation", "pane", "pane_number", "version", "tables_version"}
    equal(changed, told, "what changed")
    equal(world.consumed(1), len(events), "records folded")
    worker.end()
    equal(worker.process.returncode, 0, "exit status after SIGTERM")


def test_the_configuration_in_force_can_be_read_back(world):
    world.settings["GENTALLY_WINDOWS"] = "day,month"
    first = world.run("worker", "--print-config").out
    check("windows = day,month" in first, "the environment does not show", first)
    path = world.folder / "gentally.conf"
    path.write_text(first)
    world.settings.clear()
    equal(world.run("worker", "--print-config", "--config", path).out, first, "the configuration, read back")
    world.run("worker", "--check-config", "--config", path)


def test_a_writers_schema_is_told(world):
    """What a platform's own schema leaves out is said before its first record comes: nothing else would say so. The
    file is as a registry answered it."""
    fields = [
        {"name": "id", "type": "string"},
        {"name": "created_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "model", "type": "string"},
        {"name": "tokens_prompt", "type": ["null", "long"]},
        {"name": "tokens_completion", "type": "long"},
        {"name": "cached_tokens", "type": ["null", "long"]},
        {"name": "cost_usd", "type": "double"},
        {"name": "trace", "type": "string"},
    ]
    folder = world.folder / "schemas"
    folder.mkdir()
    schema = json.dumps({"type": "record", "name": "Usage", "fields": fields})
    (folder / "7.avsc").write_text(json.dumps({"subject": "usage-value", "version": 3, "id": 7, "schema": schema}))
    done = world.run("worker", "--check-config", GENTALLY_WRITER_SCHEMAS=folder)
    check('id=7 read="id, created_at, model, tokens_prompt, tokens_completion"' in done.log, "what is read", done.log)
    check('skipped="cached_tokens, cost_usd, trace" default="provider, account,' in done.log, "the rest", done.log)
    check(
        'SCHEMA-DOUBTFUL schema_id=7 text="cached_tokens is skipped: is it tokens_cached?; '
        'cost_usd is skipped: is it cost_nano_usd?"' in done.log,
        "what may be meant",
        done.log,
    )
    told = world.run("worker", "--check-config").log
    check("id=1 " not in told and "id=9 " not in told, "the bundled schemas are not told", told)

    fields[5]["type"] = ["null", "string"]
    fields[5]["name"] = "tokens_cached"
    (folder / "7.avsc").write_text(json.dumps({"type": "record", "name": "Usage", "fields": fields}))
    refused = world.start("worker", "--check-config", GENTALLY_WRITER_SCHEMAS=folder)
    equal(refused.wait(30), 78, "exit status of a union that can never fit")
    check("SCHEMA-INCOMPATIBLE: schema 7: field tokens_cached" in refused.log, "its reason", refused.log)


def test_a_reader_that_leaves_ends_a_command_in_silence(world):
    """`gentally-demo generate | head`: nothing on standard error, and the status of SIGPIPE. A full disk is told."""
    with subprocess.Popen(
        [DEMO, "generate", "--events", "100000"],
        env=world.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as generate:
        generate.stdout.readline()
        generate.stdout.close()
        said = generate.stderr.read().splitlines()
    equal((generate.returncode, said), (128 + signal.SIGPIPE, []), "status and what is told")
    for command in ([DEMO, "generate", "--events", "1000"], [BINARY, "help"], [BINARY, "help", "worker"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(command, env=world.environment(), stdout=full, stderr=subprocess.PIPE, text=True)
        equal((done.returncode, len(done.stderr.splitlines())), (os.EX_IOERR, 1), f"a full disk: {done.stderr}")


if __name__ == "__main__":
    main(__file__, globals())
