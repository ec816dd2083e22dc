"""`gentally dlq`: what operators see of dead letters, and that a record is sent back once for good."""

import json
import shutil
import signal
import time

from confluent_kafka import Consumer, Producer, TopicPartition

from harness import SCHEMAS, check, equal, main, note, wait_until
from topics import encode_event, read_topic

SECRET = "a sentence nobody may see"
PARTITIONS = 3
EVENT = {
    "id": "x",
    "created_at": 1_762_732_800_000,
    "model": "openai/gpt-4o",
    "provider": None,
    "account": None,
    "app": None,
    "country": None,
    "language": None,
    "tokens_prompt": 10,
    "tokens_completion": 1,
    "tokens_reasoning": 0,
    "tokens_cached": 0,
    "cost_nano_usd": 5,
    "is_byok": False,
    "is_free": False,
    "streamed": False,
    "cancelled": False,
    "tools_offered": False,
    "finish_reason": None,
    "latency_ms": None,
    "first_token_ms": None,
    "generation_ms": None,
    "classified": False,
    "categories": [],
    "op": "create",
}


def send(world, topic, messages):
    """Each message: partition, key, value, headers."""
    producer = Producer({"bootstrap.servers": world.kafka, "linger.ms": 5})
    for partition, key, value, headers in messages:
        producer.produce(topic, value, key, partition, headers=headers)
    equal(producer.flush(60), 0, "messages that were not delivered")


def prepare(world, messages):
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    send(world, world.topic, messages)
    world.run("worker", "--drain")


def dlq(world, *arguments, **settings):
    done = world.run("dlq", *arguments, "--format", "json", **settings)
    return [json.loads(line) for line in done.out.splitlines()]


def letters_topic(world):
    return f"{world.namespace}.dead-letters"


def redriven(world):
    """The records that came by a redrive, by the place they came from: how often, and one of them."""
    records = {}
    for message in read_topic(world.kafka, world.topic):
        origin = dict(message.headers() or []).get("gentally.redriven-from")
        if origin is not None:
            records.setdefault(origin.decode(), []).append(message)
    return records


def end_of(consumer, topic):
    """Offsets that its partitions have, together, committed or not."""
    return sum(
        consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
        for partition in range(PARTITIONS)
    )


def unknown_schema(number):
    """A good event whose writer's schema has id 7."""
    return b"\0\0\0\0\7" + encode_event({**EVENT, "id": f"late-{number}"})[5:]


def test_letters_are_listed_counted_and_shown(world):
    bad = [
        (1, b"key", SECRET.encode(), []),
        (2, None, SECRET.encode() + b"\x00\x1b[31m", []),
        (1, b"k\xff", unknown_schema(0), []),
        (0, None, None, []),
    ]
    good = [(0, None, encode_event(EVENT), [])]
    prepare(world, good + bad)
    before = int(time.time() * 1000) + 60_000

    listed = dlq(world, "list")
    places = {(letter["record_partition"], letter["record_offset"]): letter for letter in listed}
    equal(
        {place: letter["reason"] for place, letter in places.items()},
        {(1, 0): "DECODE-FRAMING", (2, 0): "DECODE-FRAMING", (1, 1): "DECODE-SCHEMA-UNKNOWN", (0, 1): "DECODE-EMPTY"},
        "reasons by place",
    )
    equal({letter["record_topic"] for letter in listed}, {world.topic}, "topic")
    equal(len(dlq(world, "list", "--reason", "DECODE-FRAMING")), 2, "letters of a reason")
    equal(len(dlq(world, "list", "--partition", 1)), 2, "letters of a partition")
    equal(len(dlq(world, "list", "--from", before)), 0, "letters of the future")
    equal(len(dlq(world, "list", "--to", before)), 4, "letters of the past")
    equal(len(dlq(world, "list", "--limit", 1)), 1, "the first letter")

    # The same record set aside twice, as after a crash between the letter and the offset.
    twice = next(message for message in read_topic(world.kafka, letters_topic(world)) if message.key() == b"key")
    send(world, letters_topic(world), [(0, twice.key(), twice.value(), twice.headers())])
    counted = {row["reason"]: (row["letters"], row["records"]) for row in dlq(world, "count")}
    equal(counted, {"DECODE-FRAMING": (3, 2), "DECODE-SCHEMA-UNKNOWN": (1, 1), "DECODE-EMPTY": (1, 1)}, "counts")

    letter = places[2, 0]
    for arguments in (("--letter", f"{letter['partition']}:{letter['offset']}"), ("--record", "2:0")):
        shown = world.run("dlq", "show", *arguments).out
        check("DECODE-FRAMING" in shown and f"topic {world.topic}, partition 2, offset 0" in shown, "show", shown)
        check("sentence" not in shown and "nobody" not in shown, "a payload nobody asked for", shown)
        whole = world.run("dlq", "show", *arguments, "--payload").out
        check("|a sentence nobod|" in whole and "61 20 73 65" in whole, "the payload as hex and text", whole)
        check("\x1b" not in whole and "\0" not in whole, "bytes that a terminal obeys", repr(whole))
    for text in (world.run("dlq", "list").out, world.run("dlq", "count").out, json.dumps(listed)):
        check("sentence" not in text, "a payload nobody asked for", text)
    equal(dlq(world, "show", "--record", "1:0", "--payload")[0]["value_hex"], SECRET.encode().hex(), "payload as JSON")
    missing = world.start("dlq", "show", "--record", "1:99")
    equal(missing.wait(30), 65, "exit status of a letter that is not there")
    check("DLQ-NONE" in missing.log, "its reason", missing.log)
    for wrong in (["show"], ["show", "--record", "1"], ["list", "--from", "yesterday"], ["drop"], []):
        check(world.start("dlq", *wrong).wait(30) in (64, 78), f"dlq {wrong} was accepted")


def test_a_repaired_cause_is_counted_after_all(world):
    """Letters of an unknown schema, sent back when the schema is known, are counted; nothing else is touched."""
    bad = [(number % PARTITIONS, f"k{number}".encode(), unknown_schema(number), []) for number in range(30)]
    prepare(world, [*bad, (0, None, b"rubbish", []), (1, b"good", encode_event(EVENT), [])])
    omitted = [
        ("gentally.reason", b"DECODE-SCHEMA-UNKNOWN"),
        ("gentally.topic", world.topic.encode()),
        ("gentally.partition", b"0"),
        ("gentally.offset", b"777"),
        ("gentally.timestamp", b"1"),
        ("gentally.value-omitted", b"99999999"),
    ]
    foreign = [("gentally.reason", b"DECODE-SCHEMA-UNKNOWN")]
    elsewhere = [(name, b"other" if name == "gentally.topic" else value) for name, value in omitted[:5]]
    send(world, letters_topic(world), [(0, None, None, omitted), (1, b"?", b"?", foreign), (2, b"?", b"?", elsewhere)])

    options = ("redrive", "--reason", "DECODE-SCHEMA-UNKNOWN")
    want = {
        "letters": 33,
        "sent": 30,
        "sent_before": 0,
        "doubles": 0,
        "value_omitted": 1,
        "other_topic": 1,
        "foreign": 1,
    }
    equal(dlq(world, *options), [{"is_dry": True, **want}], "a dry run")
    equal(redriven(world), {}, "records after a dry run")
    equal(dlq(world, *options, "--yes"), [{"is_dry": False, **want}], "redrive")
    records = redriven(world)
    equal(
        {origin: len(messages) for origin, messages in records.items()},
        {f"{world.topic}:{number % PARTITIONS}:{number // PARTITIONS}": 1 for number in range(30)},
        "records sent back",
    )
    for origin, (message,) in records.items():
        _, partition, offset = origin.rsplit(":", 2)
        number = int(offset) * PARTITIONS + int(partition)
        equal(
            (message.partition(), message.key(), message.value()),
            (number % PARTITIONS, f"k{number}".encode(), unknown_schema(number)),
            f"what came back of {origin}",
        )
    equal(dlq(world, *options, "--yes"), [{"is_dry": False, **want, "sent": 0, "sent_before": 30}], "a second redrive")
    equal({len(messages) for messages in redriven(world).values()}, {1}, "how often each is there")
    check("cannot be sent, their value was left out: 1" in world.run("dlq", *options).out, "what it says of it")

    folder = world.folder / "schemas"
    folder.mkdir()
    shutil.copy(SCHEMAS / "generation.avsc", folder / "7.avsc")
    world.run("worker", "--drain", GENTALLY_WRITER_SCHEMAS=folder)
    equal([row["requests"] for row in world.summaries("total", "month")], [31], "requests counted")
    proof = json.loads(world.run("verify", "--format", "json").out)
    equal((proof["violations"], proof["counted"], proof["dead_lettered"]), (0, 31, 31), "the ledger")
    check(proof["holes"] > 0, "a redrive writes in transactions, whose markers are holes", proof)
    # What fails again is a new record, and a new letter.
    equal(dlq(world, "redrive", "--reason", "DECODE-FRAMING", "--yes")[0]["sent"], 1, "rubbish, sent back")
    world.run("worker", "--drain", GENTALLY_WRITER_SCHEMAS=folder)
    equal(dlq(world, "redrive", "--reason", "DECODE-FRAMING")[0]["sent"], 1, "rubbish, set aside again")


def test_redrives_that_die_or_meet_send_nothing_twice(world):
    count = 20000
    prepare(world, [(number % PARTITIONS, None, b"x" * 1000, []) for number in range(count)])
    watch = Consumer({"bootstrap.servers": world.kafka, "group.id": "watch"})
    died = 0
    for _ in range(4):
        have = end_of(watch, world.topic)
        process = world.start("dlq", "redrive", "--yes")
        wait_until(lambda: not process.is_running() or end_of(watch, world.topic) > have + 300, 60, "first records")
        died += process.is_running()
        process.kill()
    watch.close()
    check(died > 0, "no redrive was killed at work: send more")
    left = [world.start("dlq", "redrive", "--yes", "--format", "json") for _ in range(3)]
    statuses = [process.wait(90) for process in left]
    check(
        all(status == 0 or "SINK-FENCED" in process.log for status, process in zip(statuses, left)),
        "how they ended",
        statuses,
        *[process.log for process in left],
    )
    last = dlq(world, "redrive", "--yes")[0]
    equal((last["letters"], last["sent"] + last["sent_before"]), (count, count), "the last one")
    records = redriven(world)
    equal((len(records), max(map(len, records.values()))), (count, 1), "records sent back, and how often at most")
    note(f"{count} letters, {died} redrives killed at work, 3 at once (exit statuses {statuses}): each sent once")


def test_a_redrive_that_sleeps_is_fenced(world):
    """One is paused at any point of its work while another does all of it: the first must not do it again."""
    prepare(world, [])
    fenced = 0
    for trial in range(14):
        headers = [
            ("gentally.reason", b"DECODE-UTF8"),
            ("gentally.topic", world.topic.encode()),
            ("gentally.partition", b"0"),
            ("gentally.timestamp", b"1"),
        ]
        send(
            world,
            letters_topic(world),
            [
                (0, None, b"x", [*headers, ("gentally.offset", str(offset).encode())])
                for offset in range(20 * trial, 20 * trial + 20)
            ],
        )
        sleeper = world.start("dlq", "redrive", "--yes")
        time.sleep(trial * 0.025)  # not to wait for anything: to strike at any point
        sleeper.signal(signal.SIGSTOP)
        world.run("dlq", "redrive", "--yes")
        sleeper.signal(signal.SIGCONT)
        status = sleeper.wait(60)
        check(status == 0 or "SINK-FENCED" in sleeper.log, "how the sleeper ended", status, sleeper.log)
        fenced += status != 0
        records = redriven(world)
        equal(
            (len(records), max(map(len, records.values()))), (20 * trial + 20, 1), f"trial {trial}: records, how often"
        )
    note(f"14 redrives paused while another ran, {fenced} of them fenced")


if __name__ == "__main__":
    main(__file__, globals())
