"""Retention: of each model and account the months of activity. The rows of the topic against SQL over the events.

Accounts are spread over all partitions, months come in any order, events come twice, workers are killed.
"""

import json
import signal
import subprocess
import time

from confluent_kafka import Producer

from harness import SCHEMAS, check, equal, main, seeded, tail, wait_until
from oracle import Oracle
from retained import compare_retention, compare_scan, expected, published, scan
from topics import decode, encode_summary

PARTITIONS = 4
KEPT_DAYS = 3650  # nothing is over in these tests, but for the one about that
MODELS = [
    "openai/gpt-4o",
    "openai/gpt-4o:free",
    "openai/gpt-4o-2024-08-06",
    "anthropic/claude-3.5-sonnet",
    "deepseek/deepseek-r1",
    "nobody/has-heard-of",
    "nobody/has-heard-of:beta",
    "odd|name/with%20things",
]


def prepare(world, **settings):
    world.start_redis()
    world.count_accounts()
    world.settings.update(
        {
            "GENTALLY_MONTHS_KEPT_DAYS": KEPT_DAYS,
            "GENTALLY_LATE_EMIT_INTERVAL_MS": 500,
            "GENTALLY_ROLLUPS": "total=,model=model",
            "GENTALLY_WINDOWS": "day,month",
            **settings,
        }
    )
    world.run("setup", "--partitions", PARTITIONS)


def make_events(chance, count, accounts=400, months=18):
    """Accounts come and go: each has a first month, and is there less and less afterwards."""
    first = {account: chance.randrange(months) for account in range(accounts)}
    events = []
    for number in range(count):
        account = chance.randrange(accounts)
        month = min(months - 1, first[account] + int(chance.expovariate(0.6)))
        begin = (2024 + month // 12, month % 12 + 1)
        events.append(
            {
                "id": f"r-{number}",
                "created_at": f"{begin[0]}-{begin[1]:02}-{chance.randrange(1, 29):02}T12:00:00Z",
                "model": chance.choice(MODELS),
                "account": None if chance.random() < 0.05 else f"user-{account}",
                "tokens_prompt": 10,
                "tokens_completion": 5,
            }
        )
    return [json.dumps({name: value for name, value in event.items() if value is not None}) for event in events]


def write(world, lines):
    path = world.folder / f"events-{time.monotonic_ns()}.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    return path


def wanted(lines):
    """What SQL says of all lines, each id once."""
    return Oracle(list({json.loads(line)["id"]: line for line in lines}.values()))


def compare(world, lines):
    return compare_retention(world, wanted(lines), 200)


def drain(world, workers=2):
    running = [world.start("worker", "--drain") for _ in range(workers)]
    for worker in running:
        worker.succeed(120)


def verify(world, *arguments):
    """Nothing is under way any more, so the strict reading holds, too."""
    done = world.run("verify", *arguments)
    check("violations: 0" in done.out, "verify", done.out)


def test_rows_are_what_sql_says(world):
    """In the order of time, by two workers; and what our own reader prints."""
    prepare(world)
    lines = sorted(make_events(seeded(), 12000), key=lambda line: json.loads(line)["created_at"])
    world.produce(write(world, lines))
    drain(world)
    got = compare(world, lines)
    compare_scan(world, wanted(lines))
    verify(world, "--strict")
    ours = {
        (row["model_slug"], row["cohort"], row["age"]): row["accounts"] for row in world.summaries("retention", "month")
    }
    equal(ours, got, "summaries --rollup retention")
    check("cohort" in world.run("summaries", "--rollup", "retention", "--window", "month").out, "the table")
    result = json.loads(world.run("replay", "--format", "json").out.splitlines()[-1])
    equal((result["retention_rows"], result["retention_differing"], result["differing"]), (len(got), 0, 0), "replay")
    state = f"{world.namespace}:{{{world.topic}:retention:*}}:pairs"
    equal(world.redis.command("KEYS", f"{world.namespace}-replay-*"), [], "what the replay left")
    check(world.redis.command("KEYS", state), "the live pairs stay")


def test_small_rows_are_suppressed(world):
    """A row of too few accounts is there, and says so; `verify` does not trip over it."""
    prepare(world, GENTALLY_SUPPRESS_BELOW_ACCOUNTS=5)
    lines = make_events(seeded(), 6000)
    world.produce(write(world, lines))
    drain(world)
    want, got = expected(wanted(lines)), published(world)[0]
    equal(got, {key: accounts if accounts >= 5 else None for key, accounts in want.items()}, "rows, small ones untold")
    check(None in got.values() and len(set(got.values())) > 3, "too few rows of either kind")
    verify(world, "--strict")


def test_verify_sees_what_was_altered(world):
    """A foreign writer changes a row, with its version or a newer one, or takes it away."""
    prepare(world)
    lines = make_events(seeded(), 3000)
    world.produce(write(world, lines))
    drain(world, 1)
    verify(world, "--strict")
    topic = f"{world.namespace}.summaries.retention"
    message = next(message for message in published(world)[1] if decode(message.value())["age"] == 1)
    row = decode(message.value())
    altered = (
        {"accounts": row["accounts"] + 1},
        {"accounts": row["accounts"] + 1, "revision": row["revision"] + 1},
        None,
    )
    for changes, named in zip(altered, ("summary-version", "summary-ledger", "removed")):
        value = None if changes is None else encode_summary({**row, **changes})
        producer = Producer({"bootstrap.servers": world.kafka})
        for after in (value, None if changes is None else message.value()):
            producer.produce(topic, after, message.key(), message.partition())
            equal(producer.flush(30), 0, "messages that were not delivered")
            if after is value:
                process = world.start("verify", "--format", "json", "--show", "50")
                equal(process.wait(60), 65, f"exit status of verify after {changes}")
                checks = json.loads(process.out)["checks"]
                check(checks[named] > 0, f"{changes}: {named} is not among what is violated", checks)
                if changes is None:
                    check(checks["retention"] > 0, "the rows that are left do not add up to the revision", checks)
            if changes is not None:  # as it was; what was newer is no more
                producer.produce(topic, None, message.key(), message.partition())
                equal(producer.flush(30), 0, "messages that were not delivered")


def test_order_and_repetition_do_not_show(world):
    """Months shuffled, everything produced twice, ids deduplicated; then nothing new may be published."""
    prepare(world, GENTALLY_IDS="dedup", GENTALLY_IDS_KEPT_HOURS=24 * 3650)
    chance = seeded()
    lines = make_events(chance, 8000)
    for _ in range(2):
        chance.shuffle(lines)
        world.produce(write(world, lines))
        drain(world)
        compare(world, lines)
    verify(world, "--strict")


def test_late_months_restate(world):
    """A worker that goes on publishing: older months arrive after newer ones were told."""
    prepare(world, GENTALLY_OUT_OF_ORDERNESS_MS=0, GENTALLY_IDLE_MS=1000)
    chance = seeded()
    lines = sorted(make_events(chance, 6000, months=12), key=lambda line: json.loads(line)["created_at"], reverse=True)
    # One account is seen in the last month but one, and later, as the only one of its model, in the first: whoever was
    # told of the newer cohort is told that nobody is left of it.
    months = [json.loads(line)["created_at"][:7] for line in lines]
    newer, older = next(at for at, month in enumerate(months) if month != months[0]), len(lines) - 1
    for at in (newer, older):
        lines[at] = json.dumps({**json.loads(lines[at]), "model": "acme/only", "account": "alone"})
    worker = world.start("worker")
    for part in range(4):
        world.produce(write(world, lines[part * 1500 : (part + 1) * 1500]))
        so_far = lines[: (part + 1) * 1500]
        wait_until(lambda: world.consumed(PARTITIONS) == len(so_far), 60, "records folded")
        # The newest month is still open; of all others every late word is to be told.
        newest_month = json.loads(lines[0])["created_at"][:7]
        want = {key: value for key, value in expected(wanted(so_far)).items() if month_of(key) != newest_month}
        wait_until(
            lambda: {key: value for key, value in published(world)[0].items() if month_of(key) != newest_month} == want,
            60,
            f"{len(want)} restated rows",
        )
    worker.end()
    drain(world, 1)
    compare(world, lines)
    month = months[newer]
    tombs = {message.key().decode() for message in published(world)[1] if message.value() is None}
    check(f"retention|month|{month}-01T00:00:00Z|acme/only|{month}|0" in tombs, "the cohort that moved", sorted(tombs))
    verify(world, "--strict")


def test_rows_of_a_lost_history_are_taken_back(world):
    """What a closer told before Redis lost its last writes: a row of accounts that came otherwise when they were read
    again. The next closer knows of it from the topic alone, and takes it back with the next word of its month."""
    prepare(world)
    chance = seeded()
    lines = make_events(chance, 6000, months=18)
    world.produce(write(world, lines[:3000]))
    drain(world, 1)
    verify(world, "--strict")
    message = next(message for message in published(world)[1] if decode(message.value())["age"] == 0)
    row = {**decode(message.value()), "model_slug": "acme/ghost", "accounts": 1}
    ghost = message.key().decode().split("|")
    ghost = "|".join([*ghost[:3], "acme/ghost", *ghost[-2:]])
    producer = Producer({"bootstrap.servers": world.kafka})
    producer.produce(f"{world.namespace}.summaries.retention", encode_summary(row), ghost)
    equal(producer.flush(30), 0, "messages that were not delivered")
    check("acme/ghost" in {key[0] for key in published(world)[0]}, "the row is not there")
    world.produce(write(world, lines[3000:]))
    drain(world, 1)
    compare(world, lines)
    tombs = {message.key().decode() for message in published(world)[1] if message.value() is None}
    check(ghost in tombs, "the row stands", sorted(tombs))  # `verify` knows that no edition had it, and says so


def month_of(key):
    months = int(key[1][:4]) * 12 + int(key[1][5:]) - 1 + key[2]
    return f"{months // 12}-{months % 12 + 1:02}"


def test_kills_do_not_show(world):
    """Workers killed between flush and merge, and in the midst of either: both are repeated."""
    prepare(world, GENTALLY_FLUSH_INTERVAL_MS=50, GENTALLY_APPLY_INTERVAL_MS=100)
    chance = seeded()
    lines = make_events(chance, 30000, accounts=3000)
    producer = world.start("produce", stdin=subprocess.PIPE)
    workers = [world.start("worker") for _ in range(2)]
    for kill in range(4):
        part = lines[kill * 7500 : (kill + 1) * 7500]
        producer.process.stdin.write("".join(line + "\n" for line in part).encode())
        producer.process.stdin.flush()
        begun = kill * 7500 + chance.randrange(500, 6000)
        wait_until(lambda begun=begun: world.consumed(PARTITIONS) >= begun, 60, f"{begun} records folded")
        workers.pop(0).process.send_signal(signal.SIGKILL)
        workers.append(world.start("worker"))
    producer.process.stdin.close()
    producer.succeed(60)
    for worker in workers:
        check(worker.is_running(), f"{worker.name} ended", tail(worker.log))
        worker.end()
    drain(world)
    equal(world.consumed(PARTITIONS), len(lines), "records folded")
    compare(world, lines)
    compare_scan(world, wanted(lines))
    verify(world)


def test_months_are_collected(world):
    """Months that are over are sealed with what was told of them; who was there then stays known."""
    prepare(
        world,
        GENTALLY_MONTHS_KEPT_DAYS=40,
        GENTALLY_OUT_OF_ORDERNESS_MS=0,
        GENTALLY_IDLE_MS=1000,
        GENTALLY_DAYS_KEPT_DAYS=40,
    )
    chance = seeded()
    lines = sorted(make_events(chance, 6000, months=12), key=lambda line: json.loads(line)["created_at"])
    world.produce(write(world, lines))
    worker = world.start("worker")
    state = f"{world.namespace}:{{{world.topic}:retention:0}}"
    wait_until(
        lambda: int(world.redis.command("HGET", f"{state}:state", "floor")) >= (2024 - 1970) * 12 + 9, 60, "sealed"
    )
    wait_until(lambda: not world.redis.command("KEYS", f"{state}:counts:{(2024 - 1970) * 12}"), 60, "counts gone")
    late = {
        "id": "late",
        "created_at": "2024-01-05T00:00:00Z",
        "model": "openai/gpt-4o",
        "account": "nobody-else",
        "tokens_prompt": 1,
        "tokens_completion": 1,
    }
    world.produce(write(world, [json.dumps(late)] * 3))
    wait_until(lambda: world.consumed(PARTITIONS) == len(lines) + 3, 60, "records folded")
    worker.end()
    drain(world)
    compare(world, lines)
    verify(world)


def note_pair(world, partition, model, month):
    """An entry of pairs, as include/gentally/core/activities.h says: account 0 used the model in that month."""
    stem = f"{world.namespace}:{{{world.topic}:{partition}}}"
    number = int(world.redis.command("HGET", f"{stem}:meta", "pairs_last")) + 1
    entry = bytes([1, len(model)]) + model.encode() + bytes(12) + bytes([0, month & 127 | 128, month >> 7])
    world.redis.command("HSET", f"{stem}:pairs", number, entry)
    world.redis.command("HSET", f"{stem}:meta", "pairs_last", number)


def test_tables_change_before_retention_rises(world):
    """A month of which only retention is told again keeps its other rows, of another taxonomy than it is told with now;
    with another catalog they are told again, too, even if the month is over."""
    prepare(world)
    chance = seeded()
    lines = make_events(chance, 3000, months=12)
    world.produce(write(world, [line for line in lines if "-01-" not in json.loads(line)["created_at"][4:8]]))
    drain(world, 1)
    tables = {}
    for name, old, new in (
        ("taxonomy", "\n", "\n# another\n"),
        ("catalog", "\nopenai/gpt-4o,openai,US,0,", "\nopenai/gpt-4o,openai,US,1,"),
    ):
        text = (SCHEMAS / f"{name}.csv").read_text()
        check(old in text, f"the {name} has another row now")
        tables[name] = world.folder / f"{name}.csv"
        tables[name].write_text(text.replace(old, new, 1))

    world.settings["GENTALLY_TAXONOMY"] = tables["taxonomy"]
    world.produce(write(world, [line for line in lines if "-01-" in json.loads(line)["created_at"][4:8]]))
    drain(world, 1)
    compare(world, lines)
    verify(world, "--strict")

    # January is over for all partitions; what was flushed in the moment before is to be told yet.
    january = (2024 - 1970) * 12
    for partition in range(PARTITIONS):
        world.redis.command(
            "HSET", f"{world.namespace}:{{{world.topic}:{partition}}}:meta", "floor:month", 1706745600000
        )
    note_pair(world, 0, MODELS[0], january)
    lines.append(
        json.dumps(
            {
                "id": "later",
                "created_at": "2025-08-01T00:00:00Z",
                "model": MODELS[0],
                "account": "new",
                "tokens_prompt": 1,
                "tokens_completion": 1,
            }
        )
    )
    want = expected(wanted(lines))
    want[MODELS[0], "2024-01", 0] += 1
    world.settings.update({"GENTALLY_CATALOG": tables["catalog"], "GENTALLY_MONTHS_KEPT_DAYS": 400})
    world.run("setup")
    world.produce(write(world, lines[-1:]))
    drain(world, 1)  # the end of January is the last that it does
    equal(world.redis.command("KEYS", f"{world.namespace}:*:counts:{january}"), [], "January is over")
    equal(published(world)[0], want, "rows")
    verify(world, "--strict")


def is_full(world):
    """Every shard says so: what a worker writes down before it drops pairs that were not merged."""
    names = [f"{world.namespace}:{{{world.topic}:retention:{shard}}}:state" for shard in range(8)]
    taints = [world.redis.command("HGET", name, "taint") or b"" for name in names]
    return all(taint.startswith(b"RETENTION-FULL: ") for taint in taints)


def test_accounts_without_end(world):
    """A producer makes up accounts: retention stops where it is full, with what it told before; all else is counted."""
    prepare(world, GENTALLY_FLUSH_INTERVAL_MS=50, GENTALLY_APPLY_INTERVAL_MS=100, GENTALLY_ROLLUPS="total=")
    known = make_events(seeded(), 3000, accounts=40)
    world.produce(write(world, known))
    worker = world.run("worker", "--drain")
    check("RETENTION-" not in worker.log, "a warning without need", tail(worker.log))
    compare(world, known)
    rows, counts = published(world)[0], scan(world)[1]

    world.settings["GENTALLY_RETENTION_PAIRS_MAX"] = 8 * max(counts)  # the fullest shard is full, and knows its pairs
    world.produce(write(world, known))
    worker = world.run("worker", "--drain")
    check("RETENTION-NEARLY-FULL retention, shard " in worker.log, "no warning", tail(worker.log))
    check("RETENTION-FULL" not in worker.log, "known pairs have no room", tail(worker.log))
    equal((published(world)[0], scan(world)[1]), (rows, counts), "what was repeated")

    workers = [world.start("worker") for _ in range(2)]
    event = json.loads(known[0])
    made_up = [json.dumps({**event, "id": f"m-{number}", "account": f"made-up-{number}"}) for number in range(2000)]
    world.produce(write(world, made_up))
    counted = 2 * len(known) + len(made_up)
    wait_until(lambda: world.consumed(PARTITIONS) == counted, 60, "records folded")
    wait_until(lambda: is_full(world), 30, "every shard to be stopped")
    check(max(scan(world)[1]) <= max(counts), "more pairs than may be", scan(world)[1])
    check(any("RETENTION-FULL retention, shard " in worker.log for worker in workers), "no worker says why")
    world.produce(write(world, known))
    wait_until(lambda: world.consumed(PARTITIONS) == counted + len(known), 60, "records folded without retention")
    for worker in workers:
        check(worker.is_running(), "a worker ended", tail(worker.log))
        worker.signal(signal.SIGTERM)
    ends = [worker.wait(30) for worker in workers]
    check(70 in ends, f"no worker ends with the reason's status: {ends}")

    world.settings["GENTALLY_RETENTION_PAIRS_MAX"] = 10**9  # what was not noted stays so
    world.run("setup")
    done = world.start("worker", "--drain")
    equal(done.wait(60), 70, "exit status of a drain without retention")
    check("RETENTION-FULL: " in done.log, "the end does not say why", tail(done.log))
    equal(published(world)[0], rows, "rows of retention")
    months = [row for row in world.summaries("total", "month") if row["breakdown"] == "total"]
    equal(sum(row["requests"] for row in months), counted + len(known), "requests")
    world.run("verify")


def test_switched_on_later(world):
    """It begins then, and whoever was there before looks new; neither `verify` nor a replay takes that for damage."""
    prepare(world, GENTALLY_RETENTION="off")
    lines = make_events(seeded(), 6000)
    world.produce(write(world, lines[:3000]))
    drain(world, 1)
    world.settings["GENTALLY_RETENTION"] = "on"
    world.run("setup")
    world.produce(write(world, lines[3000:]))
    drain(world)
    compare(world, lines[3000:])
    verify(world, "--strict")
    check("retention: not compared" in world.run("replay").out, "a replay sees those of before, too")
    world.settings["GENTALLY_RETENTION"] = "off"
    world.run("setup")
    drain(world, 1)
    verify(world, "--strict")


def test_without_state_or_topic(world):
    """What a worker misses it names."""
    prepare(world)
    for shard in range(8):
        world.redis.command("DEL", f"{world.namespace}:{{{world.topic}:retention:{shard}}}:state")
    process = world.start("worker", "--drain")
    equal(process.wait(60), 78, f"exit status: {process.log}")
    check("STORE-RETENTION-MISSING" in process.log and "gentally setup" in process.log, "its reason", process.log)
    world.run("setup")
    drain(world, 1)
    world.run("setup", GENTALLY_RETENTION="off")
    world.run("worker", "--drain", GENTALLY_RETENTION="off")


if __name__ == "__main__":
    main(__file__, globals())
