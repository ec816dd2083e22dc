"""Bad messages amid good traffic: each one is in the dead-letter topic, as it was and with its reason; every good event
is counted; the worker ends well. With GENTALLY_BINARY a sanitizer build, it also proves that no byte is touched that is
not ours.
"""

import json
import struct

from confluent_kafka import Producer

from harness import check, equal, main, note, seeded
from oracle import ROLLUPS, Oracle
from topics import encode_event, newest, read_topic

GOOD_EVENTS = 3000
PARTITIONS = 3
MESSAGE_BYTES_MAX = 65536
GOOD = {
    "id": "gen-1",
    "created_at": 1763980000000,
    "model": "openai/gpt-4o",
    "provider": "azure",
    "account": "a",
    "app": "b",
    "country": "US",
    "language": "en",
    "tokens_prompt": 100,
    "tokens_completion": 50,
    "tokens_reasoning": 5,
    "tokens_cached": 7,
    "cost_nano_usd": 1000,
    "finish_reason": "stop",
    "latency_ms": 800,
    "first_token_ms": 90,
    "generation_ms": 700,
    "classified": True,
    "categories": [{"path": "/Science/Computer Science", "confidence": 0.75}],
}
FRAME = b"\0\0\0\0\t"  # id 9


def varint(number):
    """Avro's long: zigzag, seven bits a byte."""
    bits = (number << 1) ^ (number >> 63)
    out = bytearray()
    while bits > 0x7F:
        out.append(bits & 0x7F | 0x80)
        bits >>= 7
    out.append(bits)
    return bytes(out)


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return varint(len(data)) + data


def body(**fields):
    """A good event's body by hand, any field replaced by raw bytes."""
    parts = {
        "id": text("gen-1"),
        "created_at": varint(1763980000000),
        "model": text("openai/gpt-4o"),
        "provider": varint(1) + text("azure"),
        "account": varint(0),
        "app": varint(0),
        "country": varint(1) + text("US"),
        "language": varint(0),
        "tokens_prompt": varint(1) + varint(100),
        "tokens_completion": varint(1) + varint(50),
        "tokens_reasoning": varint(5),
        "tokens_cached": varint(7),
        "tokens_cache_write": varint(9),
        "cost_nano_usd": varint(0) + varint(1000),
        "is_byok": b"\0",
        "is_free": b"\0",
        "is_gateway_cache_hit": b"\0",
        "streamed": b"\1",
        "cancelled": b"\0",
        "finish_reason": varint(1) + text("stop"),
        "tools_offered": b"\0",
        "latency_ms": varint(1) + varint(800),
        "first_token_ms": varint(0),
        "generation_ms": varint(0),
        "classified": b"\1",
        "categories": varint(1) + text("/Science") + struct.pack("<f", 0.75) + varint(0),
        "op": varint(0),
    }
    check(fields.keys() <= parts.keys(), f"no such field: {fields.keys() - parts.keys()}")
    return FRAME + b"".join({**parts, **fields}.values())


def label(path, confidence):
    return varint(1) + text(path) + struct.pack("<f", confidence) + varint(0)


def malformed():
    """(reasons allowed, value) of messages that are no Avro event."""
    good = encode_event(GOOD)
    yield "DECODE-EMPTY", None
    yield "DECODE-EMPTY", b""
    for size in range(1, 5):
        yield "DECODE-FRAMING", good[:size]
    for magic in (1, 2, 0xFF):
        yield "DECODE-FRAMING", bytes([magic]) + good[1:]
    yield "LINE-NOT-JSON", b"{" + good[1:]
    yield "LINE-FIELD", b'{"id": "gen-1", "model": "openai/gpt-4o"}'
    for schema_id in (0, 2, 3, 4, 999, 0x7FFFFFFF, 0xFFFFFFFF):
        yield "DECODE-SCHEMA-UNKNOWN", b"\0" + struct.pack(">I", schema_id) + good[5:]
    for size in range(5, len(good)):
        yield "DECODE-TRUNCATED", good[:size]
    for size in (1, 2, 100):
        yield "DECODE-TRAILING", good + b"\0" * size
    yield "DECODE-TRAILING", good + good
    yield "DECODE-TOO-LARGE", body(id=text("x" * MESSAGE_BYTES_MAX))
    yield "DECODE-TOO-LARGE", b"\xff" * (MESSAGE_BYTES_MAX + 1)
    yield "DECODE-TOO-LARGE", body(id=text("x" * 2_000_000))
    for length in (-1, -2, -(1 << 31), -(1 << 63)):
        yield "DECODE-LENGTH", body(id=varint(length) + b"gen-1")
        yield "DECODE-LENGTH", body(provider=varint(1) + varint(length))
    for length in (1 << 20, 1 << 31, 1 << 32, 1 << 40, (1 << 63) - 1):
        yield "DECODE-TRUNCATED", body(model=varint(length) + b"gen-1")
    for length in (1 << 31, 1 << 40, (1 << 63) - 1):
        yield "DECODE-TRUNCATED DECODE-LABELS DECODE-LENGTH", body(categories=varint(length))
        yield "DECODE-TRUNCATED DECODE-LABELS DECODE-LENGTH", body(categories=varint(-length) + varint(length))
    yield "DECODE-TRUNCATED DECODE-LABELS DECODE-LENGTH", body(categories=varint(-(1 << 63)) + varint(8))
    branches = {"created_at": b"", "tokens_prompt": b"\2", "tokens_cached": b"", "cost_nano_usd": b"\0"}
    for field, branch in branches.items():
        yield "DECODE-VARINT", body(**{field: branch + b"\xff" * 10 + b"\1"})
        yield "DECODE-VARINT", body(**{field: branch + b"\x80" * 11})
        yield "DECODE-VARINT", body(**{field: branch + b"\xff" * 9 + b"\x7f"})
    for field in ("is_byok", "is_free", "is_gateway_cache_hit", "streamed", "cancelled", "tools_offered", "classified"):
        yield "DECODE-RANGE", body(**{field: b"\2"})
        yield "DECODE-RANGE", body(**{field: b"\xff"})
    optional = ("provider", "account", "country", "finish_reason", "latency_ms", "generation_ms")
    for field in (*optional, "tokens_prompt", "tokens_completion", "cost_nano_usd"):
        for branch in (-1, 2, 1 << 40):
            yield "DECODE-RANGE", body(**{field: varint(branch) + text("US")})
    for symbol in (-1, 3, 1 << 40):
        yield "DECODE-RANGE", body(op=varint(symbol))
    for number in (1 << 31, -(1 << 31) - 1, 1 << 62):
        yield "DECODE-RANGE", body(latency_ms=varint(1) + varint(number))
    yield "DECODE-RANGE EVENT-CONFIDENCE", body(categories=label("/Science", float("nan")))
    for wrong in (
        b"\xff",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"abc\x80",
        b"\xe2\x82",
        b"\xf8\x88\x80\x80\x80",
    ):
        yield "DECODE-UTF8", body(id=text(wrong))
        yield "DECODE-UTF8", body(model=text(b"a/" + wrong))
        yield "DECODE-UTF8", body(country=varint(1) + text(wrong))
        yield "DECODE-UTF8", body(categories=varint(1) + text(wrong) + struct.pack("<f", 0.5) + varint(0))
    for wrong in ("\0", "a\0b", "openai/gpt-4o\0", "é\0", "\0" * 20):
        for field in ("id", "model", "provider", "account", "app", "country", "language", "finish_reason"):
            yield "DECODE-NUL", encode_event({**GOOD, field: wrong})
        yield "DECODE-NUL", encode_event({**GOOD, "categories": [{"path": wrong, "confidence": 0.5}]})
    yield "DECODE-LABELS", encode_event(
        {**GOOD, "categories": [{"path": f"/{n}", "confidence": 0.5} for n in range(33)]}
    )
    yield "DECODE-LABELS", encode_event({**GOOD, "categories": [{"path": "/a", "confidence": 0.5}] * 1000})


def unacceptable():
    """(reasons allowed, value) of events that are well-formed and wrong."""

    def event(**fields):
        return encode_event({**GOOD, **fields})

    yield "EVENT-ID-MISSING", event(id="")
    yield "EVENT-MODEL-MISSING", event(model="")
    numbers = "EVENT-TOKENS-IDENTITY EVENT-OUT-OF-RANGE"
    yield "EVENT-TOKENS-IDENTITY", event(tokens_reasoning=51)
    yield "EVENT-TOKENS-IDENTITY", event(tokens_cached=101)
    yield "EVENT-TOKENS-IDENTITY", event(tokens_cache_write=94)
    yield "EVENT-TOKENS-IDENTITY", event(tokens_prompt=None, tokens_reasoning=51)
    yield "EVENT-TOKENS-IDENTITY", event(tokens_completion=None, tokens_cached=101)
    yield "EVENT-OUT-OF-RANGE", event(tokens_prompt=None, tokens_completion=-(1 << 63))
    yield "EVENT-OUT-OF-RANGE", event(tokens_prompt=None, tokens_cached=-1)
    for field in ("tokens_prompt", "tokens_completion", "tokens_reasoning", "tokens_cached", "tokens_cache_write"):
        for number in (-1, -(1 << 63), 10**9 + 1, 1_763_640_000, (1 << 63) - 1):
            yield numbers, event(**{field: number})
    for number in (-1, 10**12 + 1, (1 << 63) - 1, -(1 << 63)):
        yield "EVENT-OUT-OF-RANGE", event(cost_nano_usd=number)
    for field in ("latency_ms", "first_token_ms", "generation_ms"):
        yield "EVENT-OUT-OF-RANGE", event(**{field: -2})
    for field in ("id", "model", "provider", "account", "app", "country", "language", "finish_reason"):
        yield "EVENT-TEXT-TOO-LONG", event(**{field: "x" * 257})
        yield "EVENT-TEXT-TOO-LONG", event(**{field: "é" * 129})
    for field in ("model", "provider", "country", "language", "finish_reason", "app"):
        yield "EVENT-TEXT-RESERVED", event(**{field: "(other)"})
    yield "EVENT-TEXT-RESERVED", event(model="(other):free")
    for confidence in (-0.25, 1.25, float("inf"), float("-inf")):
        yield "EVENT-CONFIDENCE DECODE-RANGE", event(categories=[{"path": "/Science", "confidence": confidence}])
    for created_at in (0, -1, 45_000, 1_763_640_000, 785_332_800, 785_332_800_000, 1_262_303_999_999):
        yield "EVENT-OUT-OF-RANGE", event(created_at=created_at)
    for created_at in (1_763_640_000_000_000, 1_763_640_000_000_000_000, 638_992_368_000_000_000):
        yield "EVENT-OUT-OF-RANGE", event(created_at=created_at)
    for created_at in (4_000_000_000_000, (1 << 63) - 1):
        yield "EVENT-FUTURE EVENT-OUT-OF-RANGE", event(created_at=created_at)
    for operation in ("amend", "retract"):
        yield "EVENT-OP-UNSUPPORTED", event(op=operation)


class Feed:
    """A foreign producer that remembers where each message went."""

    def __init__(self, world):
        self.topic = world.topic
        self.producer = Producer(
            {"bootstrap.servers": world.kafka, "enable.idempotence": True, "message.max.bytes": 4_000_000}
        )
        self.places = {}

    def put(self, name, value, key=None, partition=None):
        def delivered(error, message):
            check(error is None, f"not delivered: {error}")
            self.places[name] = message.partition(), message.offset()

        where = {} if partition is None else {"partition": partition}
        self.producer.produce(self.topic, value=value, key=key, on_delivery=delivered, **where)
        self.producer.poll(0)

    def settle(self):
        equal(self.producer.flush(60), 0, "messages not delivered")


def prepare(world):
    world.start_redis()
    world.settings["GENTALLY_MESSAGE_BYTES_MAX"] = MESSAGE_BYTES_MAX
    world.run("setup", "--partitions", PARTITIONS)
    lines = world.run("generate", "--events", GOOD_EVENTS, "--seed", 11).out.splitlines()
    return lines, Feed(world)


def dead_letters(world):
    """{(partition, offset) of the original: message}."""
    letters = {}
    for message in read_topic(world.kafka, f"{world.namespace}.dead-letters"):
        headers = dict(message.headers())
        letters[int(headers["gentally.partition"]), int(headers["gentally.offset"])] = message, headers
    return letters


def check_letter(world, place, letter, key, value, reasons):
    message, headers = letter
    reason = headers["gentally.reason"].decode()
    check(reason in reasons.split(), f"{value!r:.80}: reason {reason}, want {reasons}", headers)
    equal(message.value() or b"", value or b"", "a dead letter's value")
    equal(message.key(), key, "a dead letter's key")
    equal(headers["gentally.topic"].decode(), world.topic, "its topic")
    equal(headers["__connect.errors.topic"].decode(), world.topic, "its topic, as Kafka Connect says it")
    equal(
        (int(headers["__connect.errors.partition"]), int(headers["__connect.errors.offset"])),
        place,
        "its place, as Kafka Connect says it",
    )
    check(headers["gentally.detail"], "no detail", headers)


def test_every_bad_message_is_set_aside_and_every_good_one_counted(world):
    lines, feed = prepare(world)
    corpus = [*malformed(), *unacceptable()]
    every = max(1, GOOD_EVENTS // len(corpus))
    waiting = list(enumerate(corpus))
    for number, line in enumerate(lines):
        feed.put(("good", number), encode_event(json.loads(line)))
        if number % every == 0 and waiting:
            index, (_, value) = waiting.pop(0)
            feed.put(index, value, key=b"\xff%d" % index if index % 2 else None)
    for index, (_, value) in waiting:
        feed.put(index, value, key=b"\xff%d" % index if index % 2 else None)
    feed.settle()
    world.run("worker", "--drain", seconds=180)

    letters = dead_letters(world)
    for index, (reasons, value) in enumerate(corpus):
        place = feed.places[index]
        check(place in letters, f"{value!r:.80} ({reasons}) is not in the dead-letter topic")
        check_letter(world, place, letters[place], b"\xff%d" % index if index % 2 else None, value, reasons)
    equal(len(letters), len(corpus), "dead letters")
    summaries = {}
    for rollup in ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = Oracle(lines).differences(summaries)
    check(differing == 0, f"{differing} of {cells} cells differ", *shown)
    note(f"{len(corpus)} bad messages set aside, {len(lines)} good ones counted, {cells} cells right")


def test_what_comes_too_late(world):
    """Hours are kept for 8 days after their end, days for 35, weeks and months for 100: what fits no window any more is
    set aside, what is too late for its hour only still counts in its day, week and month."""
    lines, feed = prepare(world)
    events = [json.loads(line) for line in lines]
    for number, event in enumerate(events):
        feed.put(("good", number), encode_event(event), partition=number % PARTITIONS)
    feed.settle()
    world.run("worker", "--drain", seconds=180)
    last = max(event["created_at"] for event in events)
    for partition in range(PARTITIONS):
        for days in (12, 300):
            feed.put(
                (days, partition),
                encode_event({**GOOD, "id": f"{days}-{partition}", "created_at": last - days * 86_400_000}),
                partition=partition,
            )
    feed.settle()
    world.run("worker", "--drain", seconds=180)

    letters = dead_letters(world)
    equal(set(letters), {feed.places[300, partition] for partition in range(PARTITIONS)}, "dead letters")
    for _, headers in letters.values():
        equal(headers["gentally.reason"], b"EVENT-TOO-LATE", "reason")
    counted = {}
    for record in newest(read_topic(world.kafka, f"{world.namespace}.summaries.total")).values():
        counted[record["granularity"]] = counted.get(record["granularity"], 0) + record["requests"]
    equal(
        counted,
        {
            "hour": len(lines),
            "day": len(lines) + PARTITIONS,
            "week": len(lines) + PARTITIONS,
            "month": len(lines) + PARTITIONS,
        },
        "requests counted by window",
    )
    ledger = newest(read_topic(world.kafka, f"{world.namespace}.ledger")).values()
    whole = max(ledger, key=lambda entry: sum(part["consumed"] for part in entry["partitions"]))
    equal([part["too_late"] for part in whole["partitions"]], [1] * PARTITIONS, "too late, by the ledger")


def test_flipped_bits_are_counted_or_set_aside(world):
    """Nobody knows what a flipped bit makes of a message; but it has to end in one of two places."""
    lines, feed = prepare(world)
    chance = seeded()
    for number, line in enumerate(lines):
        value = bytearray(encode_event(json.loads(line)))
        for _ in range(chance.randrange(1, 4)):
            value[chance.randrange(len(value))] ^= 1 << chance.randrange(8)
        feed.put(number, bytes(value))
    feed.settle()
    world.run("worker", "--drain", seconds=180)
    summaries = newest(read_topic(world.kafka, f"{world.namespace}.summaries.total")).values()
    counted = sum(record["requests"] for record in summaries if record["granularity"] == "month")
    letters = dead_letters(world)
    equal(counted + len(letters), len(lines), "messages counted or set aside")
    ledger = newest(read_topic(world.kafka, f"{world.namespace}.ledger")).values()
    part = {
        part["input_partition"]: part
        for entry in sorted(ledger, key=lambda e: sum(p["consumed"] for p in e["partitions"]))
        for part in entry["partitions"]
    }
    equal(sum(p["counted"] for p in part.values()), counted, "counted, by the ledger")
    note(f"{counted} counted, {len(letters)} set aside")


if __name__ == "__main__":
    main(__file__, globals())
