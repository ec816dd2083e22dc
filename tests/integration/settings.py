"""Settings that change what is counted: refused, or carried out right, and never taken in silence.

Each test lives through a change as an operator would make it: workers with other settings, `setup`, workers again; what
is published afterwards is held against the events.
"""

import json

from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from harness import check, equal, main, wait_until
from topics import decode, read_topic

CONFIG = 78
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
MONDAY_MS = 1_762_732_800_000  # 2025-11-10T00:00:00Z
EVENT = {
    "model": "openai/gpt-4o",
    "provider": "openai",
    "country": "DE",
    "language": "en",
    "account": "somebody",
    "tokens_prompt": 10,
    "tokens_completion": 1,
}
count = 0


def produce(world, hours, topic=None, **fields):
    """One event in each of the hours, counted from that Monday."""
    global count
    path = world.folder / "events.jsonl"
    with open(path, "w") as lines:
        for hour in hours:
            count += 1
            event = {**EVENT, "id": f"event-{count}", "created_at": int(MONDAY_MS + hour * HOUR_MS), **fields}
            lines.write(json.dumps(event) + "\n")
    world.produce(path, GENTALLY_TOPIC=topic or world.topic)


def drain(world, **settings):
    world.run("worker", "--drain", **settings)


def refused(world, reason, words, command="worker", *arguments, **settings):
    """The command ends at once, with this reason and these words."""
    done = world.start(command, *arguments, **settings)
    equal(done.wait(60), CONFIG, f"exit status of {command}; it said: {done.log}")
    check(f"{reason}:" in done.log, f"{command} does not say {reason}", done.log)
    for word in words:
        check(word in done.log, f"{command} does not say {word!r}", done.log)


def windows(world, rollup, kind):
    """start -> (pane, requests of all rows) of a rollup's latest rows."""
    latest = {message.key(): decode(message.value()) for message in rows(world, rollup)}
    found = {}
    for row in latest.values():
        if row["granularity"] == kind:
            pane, requests = found.get(row["window_start"], (row["pane"], 0))
            found[row["window_start"]] = (pane, requests + row["requests"])
    return found


def rows(world, rollup):
    topic = f"{world.namespace}.summaries.{rollup}"
    return [message for message in read_topic(world.kafka, topic) if message.value() is not None]


def proven(world, **settings):
    done = world.start("verify", "--format", "json", **settings)
    equal(done.wait(60), 0, f"verify: {done.out} {done.log}")


def begin(world, **settings):
    world.settings.update(settings)
    world.start_redis()
    world.run("setup", "--partitions", 2)


def test_a_kind_of_window_added_in_mid_week(world):
    """Days were counted since Monday; the week is added on Wednesday: its first window is the next one."""
    begin(world, GENTALLY_WINDOWS="day")
    produce(world, range(0, 60, 6))
    drain(world)
    world.settings["GENTALLY_WINDOWS"] = "day,week"
    refused(world, "SETTINGS-CHANGED", ["week", "gentally setup"])
    done = world.run("setup")
    check("2025-11-17" in done.out, "setup does not say since when weeks are counted", done.out)
    produce(world, range(60, 24 * 15, 6))
    drain(world)
    weeks = windows(world, "total", "week")
    equal(weeks.get(MONDAY_MS), None, "the week that was begun before")
    equal(weeks[MONDAY_MS + 7 * DAY_MS][1], 28, "requests of the first whole week")
    equal(sum(requests for _, requests in windows(world, "total", "day").values()), 60, "requests by day")
    proven(world)
    world.run("replay")


def test_kinds_of_windows_taken_and_given_back(world):
    """The month ends being counted in its middle: it is not published; and it is not taken up where it was left."""
    begin(world, GENTALLY_WINDOWS="hour,day,month")
    produce(world, range(0, 24 * 10, 12))
    drain(world)
    equal(windows(world, "total", "month"), {1761955200000: ("early", 20)}, "the month, early")
    world.settings["GENTALLY_WINDOWS"] = "hour,day"
    refused(world, "SETTINGS-CHANGED", ["month", "gentally setup"])
    world.run("setup")
    produce(world, range(24 * 10, 24 * 40, 12))
    drain(world)
    equal(windows(world, "total", "month"), {1761955200000: ("early", 20)}, "the month, as it was told last")
    world.settings["GENTALLY_WINDOWS"] = "hour,day,month"
    world.run("setup")
    produce(world, range(24 * 40, 24 * 90, 12))
    drain(world)
    months = windows(world, "total", "month")
    equal(months[1761955200000], ("early", 20), "November, as it was told last")
    check(1764547200000 not in months, "December was not counted from its begin on", months)
    equal(months[1767225600000], ("on_time", 62), "January")
    proven(world)
    world.run("replay")


def test_a_rollup_added_in_mid_window(world):
    begin(world, GENTALLY_ROLLUPS="total=,model=model")
    produce(world, range(0, 36, 2))
    drain(world)
    world.settings["GENTALLY_ROLLUPS"] = "total=,model=model,language=language"
    refused(world, "SETTINGS-CHANGED", ["language", "gentally setup"])
    world.run("setup")
    produce(world, range(36, 24 * 9, 2))
    drain(world)
    days, total = windows(world, "language", "day"), windows(world, "total", "day")
    equal([start for start in days if start < MONDAY_MS + 2 * DAY_MS], [], "days that were begun before")
    equal(days, {start: told for start, told in total.items() if start >= MONDAY_MS + 2 * DAY_MS}, "days")
    equal(list(windows(world, "language", "week")), [MONDAY_MS + 7 * DAY_MS], "weeks")
    proven(world)
    world.run("replay")


def test_a_rollup_taken_and_given_back(world):
    begin(world, GENTALLY_ROLLUPS="total=,model=model,language=language", GENTALLY_WINDOWS="hour,day")
    produce(world, range(0, 36, 2))
    drain(world)
    told = windows(world, "language", "day")
    world.settings["GENTALLY_ROLLUPS"] = "total=,model=model"
    refused(world, "SETTINGS-CHANGED", ["language"])
    world.run("setup")
    produce(world, range(36, 24 * 4, 2))
    drain(world)
    equal(windows(world, "language", "day"), told, "rows of the rollup that is counted no longer")
    proven(world)
    for dims in ("country", "language+model"):
        world.settings["GENTALLY_ROLLUPS"] = f"total=,model=model,language={dims}"
        for command in ("worker", "setup"):
            refused(world, "SETTINGS-REFUSED", ["language", dims, "another name"], command)
    world.settings["GENTALLY_ROLLUPS"] = "total=,model=model,language=language"
    world.run("setup")
    produce(world, range(24 * 4, 24 * 7, 2))
    drain(world)
    produce(world, [25, 40, 60])  # late, into days that were told with the rollup, with a part of it, and without it
    drain(world)
    days = windows(world, "language", "day")
    equal(days[MONDAY_MS + 5 * DAY_MS][1], 12, "a day that began after")
    check(MONDAY_MS + 3 * DAY_MS not in days and MONDAY_MS + 4 * DAY_MS in days, "days in between", days)
    equal(days[MONDAY_MS + DAY_MS], told[MONDAY_MS + DAY_MS], "the day in which it ended, as it was told last")
    equal(windows(world, "total", "day")[MONDAY_MS + DAY_MS][1], 14, "requests of that day")
    proven(world)
    world.run("replay")


def test_a_rollup_redefined(world):
    """Countries would be told as languages."""
    begin(world, GENTALLY_ROLLUPS="total=,place=country")
    produce(world, range(0, 10))
    drain(world)
    world.settings["GENTALLY_ROLLUPS"] = "total=,place=language"
    for command in ("worker", "setup", "replay"):
        refused(world, "SETTINGS-REFUSED", ["place", "country", "language", "another name"], command)
    equal({row["lang"] for row in map(lambda m: decode(m.value()), rows(world, "place"))}, {None}, "languages")


def test_another_input(world):
    """The topic's name, a topic of fewer partitions, one that is gone: each would restate windows from itself alone."""
    begin(world)
    produce(world, range(0, 10))
    drain(world)
    before = windows(world, "total", "day")
    other, admin = f"{world.topic}-2", AdminClient({"bootstrap.servers": world.kafka})
    refused(world, "SETTINGS-REFUSED", ["topic", "rebuild.md"], "setup", GENTALLY_TOPIC=other)
    check(other not in admin.list_topics(timeout=30).topics, "setup created the other topic before it refused it")
    admin.create_topics([NewTopic(other, 2, 1)])[other].result(30)
    produce(world, range(0, 24), topic=other)
    for command in ("worker", "setup", "replay"):
        refused(world, "SETTINGS-REFUSED", ["topic", "rebuild.md"], command, GENTALLY_TOPIC=other)
    admin.delete_topics([world.topic])[world.topic].result(30)
    wait_until(lambda: world.topic not in admin.list_topics(timeout=30).topics, 30, "the topic to be gone")
    refused(world, "SETTINGS-REFUSED", ["topic", "gone", "rebuild.md"], "setup")
    admin.create_topics([NewTopic(world.topic, 1, 1)])[world.topic].result(30)
    for command in ("worker", "setup"):
        refused(world, "SETTINGS-REFUSED", ["topic", "2 partitions", "rebuild.md"], command)
    equal(windows(world, "total", "day"), before, "what was published")


def test_another_cluster(world):
    begin(world)
    produce(world, range(0, 10))
    drain(world)
    key = f"{world.namespace}:{{settings}}:record"
    kept = world.redis.command("HGET", key, "cluster")
    check(kept, "the cluster is not kept")
    world.redis.command("HSET", key, "cluster", "of-yesterday")
    for command in ("worker", "setup", "replay"):
        refused(world, "SETTINGS-REFUSED", ["cluster", "of-yesterday", "rebuild.md"], command)


def test_another_account_key(world):
    world.count_accounts()
    begin(world)
    world.run("setup", GENTALLY_ACCOUNT_KEY_FILE=None)  # nothing was counted yet
    world.run("setup")
    produce(world, range(0, 10))
    drain(world)
    other = world.folder / "other.key"
    other.write_text("another key")
    for key in (other, None):
        for command in ("worker", "setup", "replay"):
            refused(world, "SETTINGS-REFUSED", ["account_key"], command, GENTALLY_ACCOUNT_KEY_FILE=key)
    record = world.redis.command("HGETALL", f"{world.namespace}:{{settings}}:record")
    check(b"a key for tests" not in b" ".join(record), "the key itself is kept", record)
    drain(world)


def test_a_topic_that_grows(world):
    begin(world)
    produce(world, range(0, 10))
    drain(world)
    admin = AdminClient({"bootstrap.servers": world.kafka})
    admin.create_partitions([NewPartitions(world.topic, 3)])[world.topic].result(30)
    world.run("setup")
    produce(world, range(10, 20))
    drain(world)
    world.settings["GENTALLY_IDS"] = "dedup"
    refused(world, "SETTINGS-CHANGED", ["ids", "from now on"])
    done = world.run("setup")
    check("from now on" in done.out, "setup does not say from when ids are known", done.out)
    produce(world, range(20, 30), id="the same")
    drain(world)
    equal(sum(told[1] for told in windows(world, "total", "day").values()), 21, "requests")
    admin.create_partitions([NewPartitions(world.topic, 4)])[world.topic].result(30)
    refused(world, "SETTINGS-REFUSED", ["3 to 4", "ids", "rebuild.md"], "setup")
    worker = world.start("worker")
    worker.says("SETTINGS-TOPIC-GREW")
    worker.says("STORE-STATE-MISSING")  # of the new partition alone
    worker.end()


def test_settings_that_setup_takes_over(world):
    begin(world)
    produce(world, range(0, 10))
    drain(world)
    for name, value in (
        ("HOURS_KEPT_DAYS", 9),
        ("MONTHS_KEPT_DAYS", 200),
        ("OUT_OF_ORDERNESS_MS", 60000),
        ("GROUP", f"{world.name}-2"),
        ("IDS", "amend"),
        ("IDS_KEPT_HOURS", 72),
    ):
        world.settings[f"GENTALLY_{name}"] = value
        refused(world, "SETTINGS-CHANGED", [name.lower(), "gentally setup"])
        world.run("setup")
        drain(world)
    equal(world.run("setup").out.count("settings:"), 0, "differences of a setup that changes nothing")


def test_workers_of_before_end(world):
    """A worker that counts by the old settings is fenced when they change, and says so."""
    begin(world, GENTALLY_WINDOWS="hour,day")
    produce(world, range(0, 10))
    worker = world.start("worker")
    wait_until(lambda: world.consumed(2) == 10, 30, "the events to be counted")
    world.run("setup")
    produce(world, range(10, 12))
    wait_until(lambda: world.consumed(2) == 12, 30, "counting to go on beside a setup that changes nothing")
    world.run("setup", GENTALLY_WINDOWS="hour,day,week")
    produce(world, range(12, 20))
    equal(worker.wait(60), CONFIG, "exit status of the worker of before")
    check("SETTINGS-CHANGED" in worker.log, "what it says", worker.log)
    equal(world.consumed(2), 12, "records counted by the old settings")
    drain(world, GENTALLY_WINDOWS="hour,day,week")
    equal(world.consumed(2), 20, "records counted by the new ones")


def test_a_setup_that_was_interrupted(world):
    begin(world, GENTALLY_WINDOWS="hour,day")
    produce(world, range(0, 10))
    drain(world)
    key = f"{world.namespace}:{{settings}}:record"
    world.redis.command("HSET", key, "pending", "setup")
    refused(world, "SETTINGS-CHANGED", ["begun", "gentally setup"])
    world.run("setup")
    drain(world)
    record = world.redis.command("HGETALL", key)
    world.redis.command("DEL", key)
    refused(world, "SETTINGS-MISSING", ["gentally setup"])
    refused(world, "SETTINGS-MISSING", ["--begin-again"], "setup")
    world.redis.command("HSET", key, *record)
    world.redis.command("HSET", key, "windows", "no such field")
    done = world.start("worker")
    check(done.wait(60) != 0 and "STORE-DAMAGED" in done.log, "settings that do not read", done.log)
    world.redis.command("DEL", key)
    world.run("setup", "--begin-again")
    drain(world)


if __name__ == "__main__":
    main(__file__, globals())
