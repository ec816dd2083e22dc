"""One account erased: nothing of it in any topic, letter or key, all sums as they were, and what counts again knows.

What remains is SQL's answer over the same events, in which the account is another one before the erasure, whose rows
are named (erased). Readers are foreign ones: topics.py, and buckets of retention decoded by retained.py.
"""

import hashlib
import hmac
import json
import os
import signal
import subprocess
import time

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from harness import ACCOUNT_KEY, check, equal, main, note, wait_until
from oracle import WINDOWS, Oracle, rollups_text
from retained import compare_retention, published, scan
from topics import decode, newest, read_topic
from truth import drain, write

EVENTS = int(os.environ.get("GENTALLY_ERASE_EVENTS", "1500"))
PARTITIONS = 3
ROLLUPS = {"total": (), "model": ("model",), "account": ("account",), "users": ("account", "model")}
FIRST, SECOND = "user-4711@example.org", "user-8150@example.org"
BEFORE = " before"  # behind an account's name: what it did before it was erased
USAGE, CONFIG = 64, 78


class Erased(Oracle):
    """The truth once accounts were erased: those whose names end in BEFORE."""

    def _digits(self, account):
        return "(erased)" if account is not None and account.endswith(BEFORE) else super()._digits(account)

    def _pseudonym(self, account):
        return super()._pseudonym(account.removesuffix(BEFORE))


def pseudonym(account):
    return hmac.digest(ACCOUNT_KEY, account.encode(), hashlib.sha256)[:16]


def prepare(world, **settings):
    world.start_redis()
    world.count_accounts()
    world.settings.update(GENTALLY_ROLLUPS=rollups_text(ROLLUPS), GENTALLY_HOURS_KEPT_DAYS=1, GENTALLY_DAYS_KEPT_DAYS=3)
    world.settings.update(settings)
    world.run("setup", "--partitions", PARTITIONS)


def events(world, count, seed):
    """A tenth of them of each of the two accounts."""
    made = [json.loads(line) for line in world.run("generate", "--events", count, "--seed", seed).out.splitlines()]
    for number, event in enumerate(made):
        if number % 10 < 2:
            event["account"] = (FIRST, SECOND)[number % 10]
    return made


def lines_of(made, erased=()):
    """As JSON lines; the accounts that are `erased` by the name that the truth has for them."""
    return [
        json.dumps({**event, "account": event["account"] + BEFORE} if event.get("account") in erased else event)
        for event in made
    ]


def compare(world, lines, windows=WINDOWS):
    oracle = Erased(lines, ACCOUNT_KEY, rollups=ROLLUPS, windows=windows)
    summaries = {}
    for rollup in ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = oracle.differences(summaries)
    note(f"cells compared {cells}, differences {differing}")
    check(differing == 0, f"{differing} of {cells} cells differ", *shown)
    check(cells > EVENTS, f"only {cells} cells")
    compare_retention(world, oracle, 5)


def verified(world):
    done = world.run("verify", "--format", "json", "--show", "5")
    result = json.loads(done.out.splitlines()[-1])
    equal(result["violations"], 0, f"violations: {done.out}")


def holds(data, account):
    """Whether the bytes name the account: as it came, as its pseudonym in digits, or as the bytes of that."""
    digest = pseudonym(account)
    wanted = (account.encode(), digest.hex().encode(), digest, digest[:12], digest.hex().upper().encode())
    return any(part in data for part in wanted)


def topics_of(world):
    names = [f"summaries.{name}" for name in (*ROLLUPS, "retention")] + ["ledger", "redrives", "signals"]
    return [f"{world.namespace}.{name}" for name in names]


def traces_in_topics(world, account):
    """Keys of rows that stand, by the last value of each; and letters, all that there are."""
    found = []
    for topic in topics_of(world):
        last = {}
        for message in read_topic(world.kafka, topic):
            last[message.key()] = message.value()
        found += [key for key, value in last.items() if value is not None and holds(key + b"\0" + value, account)]
    return found + traces_in_letters(world, account)


def traces_in_letters(world, account):
    found = []
    for message in read_topic(world.kafka, f"{world.namespace}.dead-letters"):
        headers = b"".join(name.encode() + (value or b"") for name, value in message.headers() or [])
        if holds((message.key() or b"") + b"\0" + (message.value() or b"") + b"\0" + headers, account):
            found.append(f"letter {message.partition()}:{message.offset()}")
    return found


def traces_in_redis(world, account):
    """Keys that hold it, in their names, fields or values; and the buckets, account by account."""
    found = []
    for key in world.redis.command("KEYS", "*"):
        kind = world.redis.command("TYPE", key)
        content = (
            world.redis.command("HGETALL", key) if kind in (b"hash", "hash") else [world.redis.command("GET", key)]
        )
        if any(holds(part, account) for part in [key, *content]):
            found.append(key)
    pairs, _ = scan(world)
    return found + [name for name, _ in pairs if name == pseudonym(account)[:12]]


def gone(world, account):
    equal(traces_in_topics(world, account), [], f"what topics hold of {account}")
    equal(traces_in_redis(world, account), [], f"what Redis holds of {account}")


def rows_are_counted(world):
    """What a window says of how many rows a rollup has is how many there are."""
    windows = 0
    for key in world.redis.command("KEYS", f"{world.namespace}:{{{world.topic}:*"):
        content = world.redis.command("HGETALL", key)
        fields = dict(zip(content[::2], content[1::2]))
        for rollup in (b"account", b"users"):
            said = fields.get(b"__rows:" + rollup)
            if said is not None:
                windows += 1
                equal(int(said), sum(field.startswith(rollup + b"|") for field in fields), f"rows of {rollup} in {key}")
    check(windows > 5, f"only {windows} windows have rows by account")


def there(world, account):
    """So that a test that finds nothing can be seen to look."""
    check(len(traces_in_topics(world, account)) > 30, "its rows in topics")
    check(len(traces_in_redis(world, account)) > 3, "its rows and pairs in Redis")


def bad_messages(world, texts):
    """Records that are no events, each in a partition of its own choice."""
    producer = Producer({"bootstrap.servers": world.kafka})
    for number, (key, value, headers) in enumerate(texts):
        producer.produce(world.topic, value, key, partition=number % PARTITIONS, headers=headers)
    producer.flush(30)


def letters(world):
    return read_topic(world.kafka, f"{world.namespace}.dead-letters")


def test_two_accounts_leave_no_trace_and_sums_stay(world):
    prepare(world)
    made = events(world, EVENTS, 31)
    world.produce(write(world, lines_of(made)))
    bad_messages(
        world,
        [
            (b"k1", b"nobody's " + bytes([7]), []),
            (FIRST.encode(), b"x", []),
            (b"k2", b"\0\0\0\0\x63" + FIRST.encode(), []),
            (b"k3", b"nobody's either", [("whose", FIRST.encode())]),
            (b"k4", b"and of the other: " + SECOND.encode(), []),
            (b"k5", b"the last", [("whose", b"nobody")]),
        ],
    )
    drain(world, 2)
    compare(world, lines_of(made))
    verified(world)
    there(world, FIRST)
    there(world, SECOND)
    retention, _ = published(world)
    rows, _ = scan(world)

    dry = world.run("erase", "--account", FIRST).out
    check("nothing was changed" in dry and "letters: 3" in dry, "a dry run", dry)
    there(world, FIRST)
    done = world.run("erase", "--account", FIRST, "--yes").out
    note(done.replace("\n", ", "))
    gone(world, FIRST)
    there(world, SECOND)
    compare(world, lines_of(made, {FIRST}))
    verified(world)
    equal(published(world)[0], retention, "rows of retention")
    check(len(scan(world)[0]) < len(rows), "pairs of retention")
    found = {message.key(): (message.value(), dict(message.headers())) for message in letters(world)}
    equal(found[b"k1"][0], b"nobody's " + bytes([7]), "another's letter")
    equal(found[b"k5"][1]["whose"], b"nobody", "its headers")
    check(FIRST.encode() not in found and None in found, "letters of the account have no key")
    equal(len(letters(world)), 6, "letters")

    world.run("erase", "--account", FIRST, "--yes")
    compare(world, lines_of(made, {FIRST}))
    world.run("erase", "--account", SECOND, "--yes")
    gone(world, FIRST)
    gone(world, SECOND)
    rows_are_counted(world)
    compare(world, lines_of(made, {FIRST, SECOND}))
    verified(world)
    equal(published(world)[0], retention, "rows of retention")
    replay = world.run("replay").out
    check("equal" in replay and "NOT equal" not in replay and "rows of retention" in replay, "a replay", replay)


def marks(world):
    """The offsets before which the accounts' records were erased, by partition; of each mark."""
    all_fields = world.redis.command("HGETALL", f"{world.namespace}:{{settings}}:erased")
    values = [value.decode() for value in all_fields[1::2]]
    return [dict(tuple(map(int, place.split(":"))) for place in value.split()) for value in values]


def told(world, made, account):
    """The events as the truth has them, once the account is erased: by the offsets that its mark has."""
    (mark,) = marks(world)
    places = {}
    for message in read_topic(world.kafka, world.topic):
        places[decode(message.value())["id"]] = message.partition(), message.offset()
    equal(len(places), len(made), "events in the input topic")
    lines, before = [], 0
    for event in made:
        partition, offset = places[event["id"]]
        if event.get("account") == account and offset < mark[partition]:
            event = {**event, "account": account + BEFORE}
            before += 1
        lines.append(json.dumps(event))
    return lines, before


def test_killed_again_and_again_while_workers_count(world):
    """And the account comes back: from then on it is another one, to a replay, too."""
    long = {f"GENTALLY_{kind}S_KEPT_DAYS": 400 for kind in ("HOUR", "DAY", "WEEK", "MONTH")}
    prepare(world, GENTALLY_WINDOWS="day,month", **long)
    made = events(world, 4 * EVENTS, 32)
    for number, event in enumerate(made):
        event["id"] = f"event-{number}"
    world.produce(write(world, lines_of(made[:EVENTS])))
    quick = {
        "GENTALLY_FLUSH_INTERVAL_MS": 100,
        "GENTALLY_EARLY_EMIT_INTERVAL_MS": 500,
        "GENTALLY_APPLY_INTERVAL_MS": 300,
    }
    workers = [world.start("worker", **quick) for _ in range(2)]
    wait_until(lambda: world.consumed(PARTITIONS) == EVENTS, 60, "the first events")
    wait_until(lambda: len(traces_in_topics(world, FIRST)) > 30, 60, "its rows in topics")

    produced, kills = EVENTS, 0
    while True:
        if produced < 2 * EVENTS:
            world.produce(write(world, lines_of(made[produced : produced + EVENTS // 15])))
            produced += EVENTS // 15
        erase = world.start("erase", "--account", FIRST, "--yes")
        time.sleep(0.05 * (kills + 1))
        if not erase.is_running():
            break
        erase.kill()
        kills += 1
    equal(erase.wait(1), 0, "the erasure that was not killed")
    note(f"{kills} killed")
    check(kills >= 4, f"only {kills} were killed")
    world.produce(write(world, lines_of(made[produced : 3 * EVENTS])))
    world.produce(write(world, lines_of(made[3 * EVENTS :])))
    wait_until(lambda: world.consumed(PARTITIONS) == 4 * EVENTS, 60, "the last events")
    for worker in workers:
        check(worker.is_running(), "a worker ended", worker.log)
        worker.signal(signal.SIGTERM)
        equal(worker.wait(30), 0, "its end")
    drain(world, 1)
    lines, before = told(world, made, FIRST)
    note(
        f"{before} events of the account are erased, and {len([e for e in made if e['account'] == FIRST]) - before} not"
    )
    check(EVENTS // 10 <= before < 3 * EVENTS // 10, "events before the erasure")
    compare(world, lines, windows=("day", "month"))
    verified(world)
    replay = world.run("replay").out
    check("equal" in replay and "NOT equal" not in replay and "rows of retention" in replay, "a replay", replay)

    world.run("erase", "--account", FIRST, "--yes")
    gone(world, FIRST)
    verified(world)  # which adds the rows up; in days of both lives they may say that (erased) is two accounts


def test_compaction_leaves_nothing_in_the_logs(world):
    """What runbooks/erase.md says of topics: tombstones and what they are of go, once their segments are cleaned."""
    prepare(world, GENTALLY_WINDOWS="day")
    world.produce(write(world, lines_of(events(world, 200, 34))))
    drain(world, 1)
    world.run("erase", "--account", FIRST, "--yes")
    admin = AdminClient({"bootstrap.servers": world.kafka})
    names = [f"{world.namespace}.summaries.{name}" for name in ("account", "users")]
    quick = {"segment.ms": 100, "min.cleanable.dirty.ratio": 0, "delete.retention.ms": 0, "max.compaction.lag.ms": 100}
    for name in names:
        entries = [
            ConfigEntry(key, str(value), incremental_operation=AlterConfigOpType.SET) for key, value in quick.items()
        ]
        resource = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=entries)
        for future in admin.incremental_alter_configs([resource]).values():
            future.result(30)
    producer = Producer({"bootstrap.servers": world.kafka})

    def is_clean():
        for name in names:
            for partition in range(PARTITIONS):  # a segment ends with the first record that comes after its time
                producer.produce(name, None, b"nobody's", partition=partition)
        producer.flush(30)
        logs = [
            (message.key() or b"") + (message.value() or b"")
            for name in names
            for message in read_topic(world.kafka, name)
        ]
        return not any(holds(log, FIRST) for log in logs)

    check(not is_clean(), "its rows and their tombstones are in the logs, before they are cleaned")
    wait_until(is_clean, 150, "the logs to be cleaned")
    check(len(newest(read_topic(world.kafka, names[0]))) > 10, "all other rows")
    verified(world)


def refused(world, status, reason, *arguments, **settings):
    done = world.start("erase", *arguments, **settings)
    equal(done.wait(30), status, f"exit status: {done.log}")
    check(reason in done.log, reason, done.log)


def test_what_cannot_be_erased_is_refused_and_nothing_is_changed(world):
    prepare(world, GENTALLY_IDS="amend")
    world.produce(write(world, lines_of(events(world, 100, 33))))
    drain(world, 1)
    keys = world.redis.command("DBSIZE")
    for settings in ({}, {"GENTALLY_IDS": "dedup"}):
        world.settings.update(settings)
        world.run("setup")
        refused(world, CONFIG, "ERASE-REFUSED", "--account", FIRST, "--yes")
    refused(world, CONFIG, "SETTINGS-REFUSED", "--account", FIRST, "--yes", GENTALLY_ACCOUNT_KEY_FILE=None)
    for arguments in ((), ("--account", ""), ("--account", "x" * 300)):
        refused(world, USAGE, "CONFIG-FLAG", *arguments)
    equal(world.redis.command("DBSIZE"), keys, "keys")
    equal(world.redis.command("HGET", f"{world.namespace}:{{settings}}:record", "pending"), b"", "what is under way")


def test_of_letters_alone_sealed_ones_too(world):
    """Without a key nothing is counted by accounts. A killed run leaves copies, which are not made twice."""
    world.start_redis()
    key, public = world.folder / "letters.key", world.folder / "letters.pub"
    subprocess.run(["openssl", "genpkey", "-algorithm", "X25519", "-out", key], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    world.run("setup", "--partitions", PARTITIONS)
    texts = [(b"k%d" % number, b"nobody's", []) for number in range(30)]
    bad_messages(world, texts + [(None, b"of " + FIRST.encode(), [])] + texts)
    drain(world, 1)
    world.settings.update(GENTALLY_DEAD_LETTERS_KEEP="sealed", GENTALLY_DEAD_LETTERS_PUBLIC_KEY=public)
    bad_messages(world, [(b"s", b"sealed " + FIRST.encode(), []), (b"t", b"sealed", [])])
    drain(world, 1)
    equal(len(letters(world)), 63, "letters")
    before = world.run("dlq", "count", "--format", "json").out

    without = world.run("erase", "--account", FIRST).out
    check("no account_key" in without and "letters: 1\n" in without and "not looked into: 2" in without, without)
    for kills in range(8):
        erase = world.start("erase", "--account", FIRST, "--yes", "--private-key", key)
        time.sleep(0.05 * kills)
        erase.kill()
    done = world.run("erase", "--account", FIRST, "--yes", "--private-key", key).out
    note(done.replace("\n", ", "))
    equal(traces_in_letters(world, FIRST), [], "letters of the account")
    again = world.run("erase", "--account", FIRST, "--private-key", key).out
    check("letters: 0\n" in again, "a dry run after it", again)
    equal(world.run("dlq", "count", "--format", "json").out, before, "letters by reason")
    values = [message.value() for message in letters(world)]
    equal((values.count(b"nobody's"), values.count(None)), (60, 2), "letters of others, and without value")
    left = json.loads(world.run("dlq", "redrive", "--yes", "--format", "json", "--private-key", key).out)
    equal((left["stripped"], left["sent"]), (2, 61), f"a redrive: {left}")


if __name__ == "__main__":
    main(__file__, globals())
