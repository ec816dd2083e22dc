"""A foreign reader: the topics as anybody's Avro and Kafka client sees them. It shares no code with the worker."""

import io
import json
import time

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from harness import SCHEMAS, check, equal
from oracle import quantile

PANES = ("early", "on_time", "late")
OUTCOMES = ("counted", "duplicate", "filtered", "too_late", "dead_lettered", "conflicting")
# Ids without a registry: decode.h.
SCHEMA_FILES = {1: "generation.1.avsc", 6: "summary.avsc", 7: "ledger.avsc", 8: "signal.avsc", 9: "generation.avsc"}


def _plain_numbers(schema):
    """The schema without its logical types: times stay integers."""
    if isinstance(schema, dict):
        return {key: _plain_numbers(value) for key, value in schema.items() if key != "logicalType"}
    return [_plain_numbers(item) for item in schema] if isinstance(schema, list) else schema


_SCHEMAS = {
    schema_id: fastavro.parse_schema(_plain_numbers(json.loads((SCHEMAS / name).read_text())))
    for schema_id, name in SCHEMA_FILES.items()
}


_NOTHING = {field["name"]: None for field in json.loads((SCHEMAS / "summary.avsc").read_text())["fields"]}


def decode(value):
    """Confluent framing: a zero byte, four bytes of schema id, the body; nothing may be left. A summary may be JSON."""
    if value[:1] == b"{":
        return {**_NOTHING, **json.loads(value)}
    check(value[:1] == b"\0", f"no Confluent framing: {value[:8]!r}")
    stream = io.BytesIO(value[5:])
    record = fastavro.schemaless_reader(stream, _SCHEMAS[int.from_bytes(value[1:5], "big")], None)
    check(not stream.read(1), "bytes after the last field")
    return record


# An event like many, but for its id.
PLAIN_EVENT = {
    "created_at": 1763980000000,
    "model": "openai/gpt-4o",
    "tokens_prompt": 100,
    "tokens_completion": 50,
    "tokens_reasoning": 5,
    "tokens_cached": 7,
    "cost_nano_usd": 1000,
}


def encode_event(event):
    """An event as a foreign producer writes it."""
    return _encode("generation.avsc", event)


def encode_summary(record):
    """A summary as a foreign writer puts it."""
    return _encode("summary.avsc", with_version(record))


def encode_ledger(record):
    """A ledger record as a foreign writer puts it."""
    return _encode("ledger.avsc", with_version(record))


def encode_signal(record):
    """A signal as a foreign writer puts it."""
    return _encode("signal.avsc", record)


def version_number(generation, revision, pane):
    """The field `version`: one number that rises with the three."""
    if generation > 8191:
        return (1 << 63) - 1
    return generation << 50 | (revision << 2 | PANES.index(pane) if revision < 1 << 48 else (1 << 50) - 1)


def with_version(record):
    """The record with what follows from its other fields: `version`, `pane_number`, and the quantiles of a summary."""
    version = version_number(*(record[name] for name in ("generation", "revision", "pane")))
    quantiles = {}
    for name in record:
        if name.endswith("_histogram"):
            bars = " ".join(f"{bar['at_least']}:{bar['requests']}" for bar in record[name])
            for percent in (50, 90, 99):
                quantiles[f"{name.removesuffix('_histogram')}_p{percent}"] = quantile(bars, percent)
    return {**record, "version": version, "pane_number": PANES.index(record["pane"]), **quantiles}


def _encode(name, record):
    number = next(number for number, file in SCHEMA_FILES.items() if file == name)
    stream = io.BytesIO(b"\0" + number.to_bytes(4, "big"))
    stream.seek(5)
    fastavro.schemaless_writer(stream, _SCHEMAS[number], record)
    return stream.getvalue()


def read_topic(address, topic, isolation="read_committed"):
    """Every message of a topic as of now, in offset order within a partition."""
    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": "foreign",
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
        check(partitions, f"topic {topic} is missing")
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
        open_partitions = set(partitions)
        messages = []
        deadline = time.monotonic() + 60
        while open_partitions:
            check(time.monotonic() < deadline, f"topic {topic} cannot be read to its end")
            for message in consumer.consume(2000, timeout=0.1):
                deadline = time.monotonic() + 60
                if message.error() is None:
                    messages.append(message)
                else:
                    check(message.error().code() == KafkaError._PARTITION_EOF, str(message.error()))
                    open_partitions.discard(message.partition())
        return messages
    finally:
        consumer.close()


def version(record):
    return record["generation"], record["revision"], PANES.index(record["pane"])


def newest(messages):
    """The newest record of each key. In the log no key's version may ever go down."""
    records = {}
    for message in messages:
        key = message.key().decode()
        if message.value() is None:
            records.pop(key, None)
            continue
        record = decode(message.value())
        equal(record["version"], with_version(record)["version"], f"{key}: the version")
        if key in records:
            check(version(record) >= version(records[key]), f"{key} went back", version(records[key]), version(record))
        records[key] = record
    return records
