"""What people type: live counters, unknown models, a corrected catalog, the configuration in force."""

import json
import os
import shutil
import signal
import subprocess

from harness import BINARY, SCHEMAS, check, equal, main, wait_until
from topics import newest, read_topic

UNKNOWN = "acme/unheard-of"


def lines_of(text):
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def write(world, events):
    path = world.folder / "events.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def test_top_and_catalog_missing_show_what_was_counted(world):
    world.start_redis()
    world.run("setup", "--partitions", 3)
    events = lines_of(world.run("generate", "--events", 2000, "--seed", 5).out)
    last = max(event["created_at"] for event in events)
    for number, tokens in enumerate((7, 11)):
        events.append({"id": f"u{number}", "created_at": last, "model": UNKNOWN, "tokens_prompt": tokens,
                       "tokens_completion": 1})
    world.produce(write(world, events))
    world.run("worker", "--drain")

    month = world.summaries("total", "month")[-1]["window_start"]
    want = {}
    for event in events:
        if event["created_at"] >= month:
            requests, tokens = want.get(event["model"], (0, 0))
            want[event["model"]] = requests + 1, tokens + event["tokens_prompt"] + event["tokens_completion"]
    top = lines_of(world.run("top", "--rollup", "model", "--window", "month", "--limit", 1000, "--format", "json").out)
    equal({row["model"]: (row["requests"], row["tokens"]) for row in top}, want, "live counters of the newest month")
    equal([row["tokens"] for row in top], sorted((tokens for _, tokens in want.values()), reverse=True), "their order")

    missing = lines_of(world.run("catalog", "missing", "--format", "json").out)
    equal([(row["model"], row["requests"], row["tokens"]) for row in missing], [(UNKNOWN, 2, 20)], "unknown models")


def test_a_corrected_catalog_restates_windows_without_a_replay(world):
    world.start_redis()
    world.run("setup", "--partitions", 1)
    day, begin = 86_400_000, 1_762_732_800_000  # 2025-11-10, a Monday
    events = [{"id": f"{number}", "created_at": begin + number * day // 4, "model": "openai/gpt-4o",
               "tokens_prompt": 10, "tokens_completion": 1} for number in range(12)]
    world.produce(write(world, events))
    catalog = world.folder / "catalog.csv"
    shutil.copy(SCHEMAS / "catalog.csv", catalog)
    text = catalog.read_text()
    old, new = "\nopenai/gpt-4o,openai,US,0,", "\nopenai/gpt-4o,openai,US,1,"
    check(old in text, "the catalog has another row of openai/gpt-4o now")
    key = "model|day|2025-11-10T00:00:00Z|openai/gpt-4o"

    def published():
        return newest(read_topic(world.kafka, f"{world.namespace}.summaries.model")).get(key)

    worker = world.start("worker", GENTALLY_CATALOG=catalog)
    before = wait_until(published, 60, "the first day to close")
    equal((before["source"], before["generation"], before["requests"]), ("closed", 0, 4), "the day as first told")

    catalog.write_text(text.replace(old, "\nopenai/gpt-4o,openai,US,perhaps,"))
    worker.signal(signal.SIGHUP)
    worker.says("TABLE-INVALID")
    check(worker.is_running(), "a wrong table ended the worker", worker.log)

    catalog.write_text(text.replace(old, new))
    worker.signal(signal.SIGHUP)
    worker.says("WORKER-RELOADED")
    after = wait_until(lambda: (record := published())["generation"] > 0 and record, 60, "the day to be told anew")
    equal((after["source"], after["generation"], after["pane"]), ("open_row", 1, "late"), "the day as told anew")
    changed = {name for name in before if before[name] != after[name]}
    equal(changed, {"source", "generation", "pane", "tables_version"}, "what changed")
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



def test_a_reader_that_leaves_is_told_once(world):
    """`gentally generate | head`: a line on standard error and a status, as of any output that failed."""
    with subprocess.Popen([BINARY, "generate", "--events", "100000"], env=world.environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as generate:
        generate.stdout.readline()
        generate.stdout.close()
        said = generate.stderr.read().splitlines()
    equal((generate.returncode, len(said)), (os.EX_IOERR, 1), f"status and lines: {said}")
    check("OUTPUT-FAILED" in said[0], f"another reason: {said[0]}")


if __name__ == "__main__":
    main(__file__, globals())
