"""Messages that are not ours, in each topic that is read back: they stop nobody, and are told of. A value that cannot
be read under a key of ours holds what that key stands for, and nothing else."""

import os

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from harness import check, equal, main, tail
from takeover import BEGIN_MS, EVENT, HOUR_MS
from topics import decode, encode_event, encode_ledger, newest, read_topic

EX_DATAERR = 65
PARTITIONS = 2
BOMB_BYTES = int(os.environ.get("GENTALLY_BOMB_BYTES", str(90_000_000)))


def put(world, hours, name="any"):
    producer = Producer({"bootstrap.servers": world.kafka, "enable.idempotence": True})
    for hour in hours:
        for partition in range(PARTITIONS):
            event = {**EVENT, "id": f"{name}-{hour}", "created_at": BEGIN_MS + hour * HOUR_MS}
            producer.produce(world.topic, encode_event(event), partition=partition)
    equal(producer.flush(30), 0, "events not delivered")


def send(world, topic, messages, partition=0, **settings):
    """Messages as (key, value), one a batch."""
    producer = Producer({"bootstrap.servers": world.kafka, "message.max.bytes": 100_000_000, **settings})
    failures = []
    for key, value in messages:
        producer.produce(
            topic, value, key, partition, on_delivery=lambda error, _: failures.append(error) if error else None
        )
        equal(producer.flush(60), 0, "messages not delivered")
    equal(failures, [], f"messages that {topic} refused")


def policy(world, topic, value):
    entry = ConfigEntry("cleanup.policy", value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": world.kafka})
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(20)


def ledger(world):
    return f"{world.namespace}.ledger"


def hours(world):
    """The newest rows of the hours, by hour; no version may ever fall."""
    rows = newest(read_topic(world.kafka, f"{world.namespace}.summaries.total")).values()
    return {(row["window_start"] - BEGIN_MS) // HOUR_MS: row for row in rows if row["granularity"] == "hour"}


def begin(world, count=4):
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    put(world, range(count))
    world.run("worker", "--drain")


def strangers(record):
    """What anybody may write; `record` is one of ours, from the topic."""
    value = record.value()
    return [
        (b"x", b"hello"),
        (b"", b"hello"),
        (b"no value", None),
        (b"empty", b""),
        (b"id", b"\0\0\0\0\x63" + value[5:]),
        (b"cut", value[:-1]),
        (b"newer", value + b"\0"),
        (b"ours", value),  # a copy of ours, under a key that is none
        (record.key() + b"|x" if record.key().count(b"|") == 1 else b"|" + record.key(), value),
        (b"\xff\0|hour", os.urandom(64)),
        (b"large", os.urandom(10_000_000)),
    ]


def plant(world, record, topic, partition):
    """Every kind of stranger, those without a key and a bomb too."""
    messages = strangers(record)
    policy(world, topic, "delete")
    send(world, topic, messages, partition)
    send(world, topic, [(None, b"hello"), (None, record.value()), (None, None)], partition)
    send(world, topic, [(b"bomb", bytes(BOMB_BYTES))], partition, **{"compression.type": "zstd"})
    policy(world, topic, "compact")


def ends(process, status, *words):
    got = process.wait(120)
    equal(got, status, f"{process.name}: exit status; it said {tail(process.log)}")
    for word in words:
        check(word in process.log, f"{process.name} does not say {word}", tail(process.log))
    return process


def test_strangers_stop_nobody(world):
    begin(world)
    names = ["ledger", "summaries.total", "summaries.model", "signals", "redrives", "dead-letters"]
    record = read_topic(world.kafka, ledger(world))[0]
    for name in names:
        plant(world, record, f"{world.namespace}.{name}", 0 if name in ("ledger", "signals", "redrives") else 1)
    send(world, ledger(world), [(b"many", b"%d" % number) for number in range(300)])
    send(world, ledger(world), [(b"last", b"hello")])
    put(world, range(6))
    place = f'SOURCE-FOREIGN topic "{ledger(world)}", partition 0, offset '
    worker = ends(world.start("worker", "--drain"), 0, place)
    check(worker.log.count("SOURCE-FOREIGN") < 40, "too many lines", tail(worker.log))
    got = {(row["window_start"] - BEGIN_MS) // HOUR_MS: row for row in world.summaries("total", "hour")}
    equal({hour: row["requests"] for hour, row in got.items()}, {**dict.fromkeys(range(4), 4), 4: 2, 5: 2}, "by hour")
    world.run("setup")
    for arguments in (
        ("summaries", "--rollup", "total", "--window", "hour"),
        ("summaries", "--rollup", "model", "--window", "hour"),
        ("report", "--format", "json"),
        ("signals",),
        ("signals", "--format", "json"),
        ("dlq", "count"),
        ("dlq", "list"),
        ("dlq", "redrive", "--yes"),
    ):
        ends(world.start(*arguments), 0)
    ends(world.start("verify", "--show", "100"), EX_DATAERR, "VERIFY-VIOLATED")


def changed(record, **changes):
    return encode_ledger({**decode(record.value()), **changes})


def test_a_window_whose_record_cannot_be_read_is_held_alone(world):
    begin(world, 10)
    records = {}
    for message in read_topic(world.kafka, ledger(world)):
        records[message.key().decode()] = message
    keys = [f"hour|2025-01-01T{hour:02}:00:00Z" for hour in range(10)]
    first = records[keys[0]]
    bad = [
        b"hello",
        b"",
        first.value()[:-1],
        first.value() + b"\0",
        b"\0\0\0\0\x63" + first.value()[5:],
        changed(first),  # of another window
        changed(records[keys[6]], revision=1 << 62),
        changed(records[keys[7]], generation=(1 << 63) - 1),
        changed(records[keys[8]], generation=-1),
    ]
    send(world, ledger(world), [(key, value) for key, value in zip(keys, bad)])
    before = hours(world)
    put(world, range(11), "late")
    worker = ends(world.start("worker", "--drain"), EX_DATAERR, "9 windows are held", "LEDGER-UNREADABLE")
    check(f'topic "{ledger(world)}", partition 0, offset ' in worker.log, "no place", tail(worker.log))
    after = hours(world)
    equal({hour: row["requests"] for hour, row in after.items() if hour >= 9}, {9: 4, 10: 2}, "what is not held")
    for hour in range(9):
        equal(after[hour], before[hour], f"the row of hour {hour}, which is held")
    send(world, ledger(world), [(key.encode(), None) for key in keys[:9]])
    world.run("worker", "--drain")
    mended = hours(world)
    equal([mended[hour]["requests"] for hour in range(9)], [4] * 9, "requests of the hours that were held")
    check(all(mended[hour]["generation"] > 0 for hour in range(9)), "no new generation", mended[0])
    world.run("worker", "--drain")
    equal(hours(world), mended, "what a second drain finds")


def test_rows_that_cannot_be_read_are_left_out_and_told(world):
    begin(world)
    topic = f"{world.namespace}.summaries.total"
    rows = {message.key(): message for message in read_topic(world.kafka, topic)}
    keys = [f"total|hour|2025-01-01T{hour:02}:00:00Z".encode() for hour in range(4)]
    bad = (b"hello", b"", rows[keys[2]].value()[:-1], rows[keys[0]].value())
    for key, value in zip(keys, bad):
        send(world, topic, [(key, value)], rows[key].partition())
    show = ("summaries", "--rollup", "total", "--window", "hour", "--format", "json")
    ends(world.start(*show), EX_DATAERR, "4 rows cannot be read", f'topic "{topic}", partition ')
    days = ("summaries", "--rollup", "total", "--window", "day", "--format", "json")
    equal(len(ends(world.start(*days), 0).out.splitlines()), 1, "rows of days")
    for key in keys[:3]:
        send(world, topic, [(key, rows[key].value())], rows[key].partition())
    process = ends(world.start(*show), EX_DATAERR, "1 rows cannot be read")
    equal(len(process.out.splitlines()), 3, "rows that are shown")
    send(world, topic, [(keys[3], None)], rows[keys[3]].partition())
    equal(len(ends(world.start(*show), 0).out.splitlines()), 3, "rows that are left")


if __name__ == "__main__":
    main(__file__, globals())
