"""Writers' schemas as people save them: what each says at the start, before a record comes, and what becomes of the
records of those that are taken. Of the same public reports as field_cases.py."""

import io
import json

import fastavro
from confluent_kafka import Producer

from harness import check, equal, main
from field_inputs import EVENT, MODEL, setup
from topics import _plain_numbers as without_logical_types

EX_CONFIG = 78
MS = EVENT["created_at"]
MARK = "\ufeff"


def typed(kind, **more):
    return {"type": kind, **more}


ID = {"name": "id", "type": "string"}
CREATED = {"name": "created_at", "type": typed("long", logicalType="timestamp-millis")}
NAME = {"name": "model", "type": "string"}
PROMPT = {"name": "tokens_prompt", "type": "long"}
COMPLETION = {"name": "tokens_completion", "type": "long"}
PLAIN = [ID, CREATED, NAME, PROMPT, COMPLETION]


def schema(*more, fields=PLAIN):
    fields = [*fields, *({"name": name, "type": kind} for name, kind in more)]
    return {"type": "record", "name": "Generation", "namespace": "acme.llm", "fields": fields}


def renamed(**types):
    """The plain fields, of which some have another type."""
    return schema(fields=[{**field, "type": types.get(field["name"], field["type"])} for field in PLAIN])


BARE = json.dumps(schema())
PATCHED = {"prompt_tokens": PROMPT, "completion_tokens": COMPLETION}
USAGE = typed("record", name="Usage", fields=[{"name": "cached", "type": "long"}])
FINISH = typed("enum", name="FR", symbols=["stop", "length", "tool_calls"])
DECIMAL = typed("bytes", logicalType="decimal", precision=18, scale=9)

# A file and its text: what is said of it at the start, and whether it is taken.
FILES = [
    ("21.avsc", json.dumps({"schema": BARE}), True, 'SCHEMA-LEARNED schema_id=21 read="id, created_at, model, tokens'),
    ("22.avsc", json.dumps({"subject": "s", "version": 1, "id": 22, "schema": BARE}), True, "schema_id=22 "),
    ("23.avsc", json.dumps(BARE), False, "SCHEMA-INVALID: schema 23: no such type"),
    ("24.avsc", 'syntax = "proto3"; message G { string id = 1; }', False, "SCHEMA-INVALID: schema 24: not JSON"),
    ("25.avsc", '{"$schema": "x", "type": "object"}', False, "SCHEMA-INVALID: schema 25: no such type: object"),
    ("27.avsc", json.dumps(schema(("finish_reason", FINISH))), False, "field finish_reason: cannot be read from"),
    (
        "28.avsc",
        json.dumps(schema(fields=[ID, CREATED, NAME, *({**field, "name": name} for name, field in PATCHED.items())])),
        False,
        "field tokens_prompt: is missing, and has no default; is it the writer's prompt_tokens?",
    ),
    ("29.avsc", json.dumps(renamed(created_at="string")), False, "no time can be read from the writer's string"),
    ("30.avsc", json.dumps(renamed(created_at="double")), False, "no time can be read from the writer's double"),
    ("31.avsc", json.dumps(schema(("cost_nano_usd", DECIMAL))), False, "field cost_nano_usd: cannot be read"),
    ("32.avsc", json.dumps([schema(), typed("record", name="O", fields=[])]), False, "is a union, not a record"),
    ("33.avsc", json.dumps(schema(("op", "string"))), False, "field op: cannot be read from the writer's string"),
    (
        "34.avsc",
        json.dumps(renamed(created_at=typed("long", logicalType="local-timestamp-millis"))),
        False,
        "field created_at: not a point in time by its logical type local-timestamp-millis",
    ),
    ("35.avsc", MARK + BARE, True, "SCHEMA-LEARNED schema_id=35 "),
    ("36.avsc", BARE[:-1] + ', "doc": "a", }', False, "SCHEMA-INVALID: schema 36: not JSON"),
    ("37.avsc", "", False, "SCHEMA-INVALID: schema 37: not JSON"),
    ("0x26.avsc", BARE, False, "SCHEMA-UNREADABLE: 0x26.avsc in "),
    ("generations-value-v3.avsc", BARE, False, "its name is no schema id"),
    # Of other reports: an id with a leading zero, a registry's answer for a schema that is no Avro, a local time in
    # microseconds, tokens that can only be null, a flag as a text, a decimal of a fixed size, times as days.
    ("007.avsc", BARE, False, "its name is no schema id"),
    ("40.avsc", json.dumps({"schemaType": "JSON", "schema": "{}"}), False, "of type JSON, not AVRO"),
    (
        "41.avsc",
        json.dumps(renamed(created_at=typed("long", logicalType="local-timestamp-micros"))),
        False,
        "not a point in time by its logical type local-timestamp-micros",
    ),
    ("42.avsc", json.dumps(schema(("tokens_cached", ["null", "string"]))), False, "field tokens_cached"),
    ("43.avsc", json.dumps(schema(("streamed", "string"))), False, "field streamed: cannot be read from"),
    (
        "44.avsc",
        json.dumps(schema(("cost_nano_usd", typed("fixed", name="D", size=16, logicalType="decimal")))),
        False,
        "field cost_nano_usd: cannot be read from the writer's fixed",
    ),
    ("45.avsc", json.dumps(renamed(created_at=typed("int", logicalType="date"))), False, "by its logical type date"),
    (
        "46.avsc",
        json.dumps(schema(("costUsd", "double"), ("user_id", "string"))),
        True,
        'SCHEMA-DOUBTFUL schema_id=46 text="costUsd is skipped: is it cost_nano_usd?"',
    ),
]


def test_each_file_is_told_at_the_start(world):
    for number, (name, text, is_taken, says) in enumerate(FILES):
        folder = world.folder / f"schemas-{number}"
        folder.mkdir()
        (folder / name).write_text(text)
        process = world.start("worker", "--check-config", GENTALLY_WRITER_SCHEMAS=folder)
        equal(process.wait(30), 0 if is_taken else EX_CONFIG, f"exit status with {name}: {process.log}")
        check(says in process.log, f"{name}: want {says}", process.log)
        check("\ufeff" not in process.log, f"{name}: a mark that nobody sees is shown", process.log)


SKIPPED = [("cost_usd", "double"), ("cached_tokens", "long"), ("reasoning_tokens", "long")]
SKIPPED += [("finishReason", "string"), ("userId", "string")]
NULLABLE = [
    {"name": "tokens_completion", "type": ["null", "long"]},
    {"name": "tokens_prompt", "type": "int"},
    {"name": "model", "type": ["string", "null"]},
    {"name": "created_at", "type": [typed("long", logicalType="timestamp-micros"), "null"]},
    ID,
    {"name": "country", "type": ["string", "null"]},
    {"name": "provider", "type": "string"},
]
UNREAD = [("usage", USAGE), ("tags", typed("array", items="string")), ("fx", typed("fixed", name="F", size=4))]
FORMS = {
    11: schema(*SKIPPED),
    12: schema(fields=NULLABLE),
    13: renamed(created_at="long"),
    14: schema(*UNREAD),
    26: schema(("latency_ms", ["null", "long"])),
    39: schema(("is_byok", ["null", "boolean"]), ("tokens_cached", ["null", "long"])),
}
OTHERS = {"cost_usd": 0.25, "cached_tokens": 40, "reasoning_tokens": 5, "finishReason": "tool_calls", "userId": "u"}
AZURE = {"created_at": MS * 1000, "provider": "azure"}

# The schema of a record, its fields: whether it counts, or the reason of its dead letter.
SENT = [
    (11, OTHERS, None),
    (12, {**AZURE, "country": "US"}, None),
    (12, {**AZURE, "country": None, "tokens_completion": None}, None),
    (13, {"created_at": MS // 1000}, "EVENT-OUT-OF-RANGE"),
    (13, {"created_at": MS}, None),
    (14, {"usage": {"cached": 5}, "tags": ["x"], "fx": b"0123"}, None),
    (26, {"latency_ms": 850}, None),
    (26, {"latency_ms": None}, None),
    (26, {"latency_ms": 2**31}, "DECODE-RANGE"),
    (39, {"is_byok": None, "tokens_cached": None}, None),
    (39, {"is_byok": False, "tokens_cached": 5}, None),
]


def framed(number, record):
    stream = io.BytesIO()
    stream.write(b"\0" + number.to_bytes(4, "big"))
    fastavro.schemaless_writer(stream, fastavro.parse_schema(without_logical_types(FORMS[number])), record)
    return stream.getvalue()


def test_their_records_count_for_what_they_say(world):
    folder = world.folder / "schemas"
    folder.mkdir()
    for number, form in FORMS.items():
        (folder / f"{number}.avsc").write_text(json.dumps(form))
    setup(world, GENTALLY_WRITER_SCHEMAS=str(folder))
    producer = Producer({"bootstrap.servers": world.kafka})
    for at, (number, fields, _) in enumerate(SENT):
        producer.produce(world.topic, framed(number, {**EVENT, "id": f"e{at}", **fields}), b"k", 0)
    equal(producer.flush(60), 0, "messages that were not delivered")
    log = world.run("worker", "--drain").log
    for says in ("cost_usd", "cached_tokens", "reasoning_tokens", "finishReason"):
        check(f"{says} is skipped: is it " in log, f"no word of {says}", log)
    letters = [json.loads(text) for text in world.run("dlq", "list", "--format", "json").out.splitlines()]
    wants = {at: reason for at, (_, _, reason) in enumerate(SENT) if reason}
    equal({letter["record_offset"]: letter["reason"] for letter in letters}, wants, f"letters: {letters}")
    seconds = next(letter["detail"] for letter in letters if letter["reason"] == wants[3])
    check("op?" not in log, "a field of two letters is taken for another", log)
    check("seconds" in seconds, "what a time in seconds looks like", seconds)
    (row,) = world.summaries("total", "hour")
    counted = len(SENT) - len(wants)
    equal((row["window_start"], row["requests"]), (MS, counted), "the hour")
    equal((row["tokens_prompt"], row["tokens_unknown"]), (100 * (counted - 1), 1), "tokens")
    equal((row["tokens_cached"], row["tokens_reasoning"], row["cost_nano_usd"]), (5, 0, 0), "what was read, by name")
    equal({row["model_slug"] for row in world.summaries("model", "hour")}, {MODEL}, "models")


if __name__ == "__main__":
    main(__file__, globals())
