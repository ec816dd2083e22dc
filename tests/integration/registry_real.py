"""A real schema registry, Apicurio: foreign writers register their own schemas with stock serializers, our worker
counts what they write, and stock deserializers read what we publish. What a real one cannot be brought to do is in
registry.py, where it is played."""

import json
import subprocess

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.schema_registry_client import Schema
from confluent_kafka.serialization import MessageField, SerializationContext

from harness import ROOT, SCHEMAS, Skip, check, equal, free_port, main, note, wait_until
from readers import last_values
from topics import encode_event

PARTITIONS = 2
APICURIO = str(ROOT / "tests/registry/apicurio")
CREATED_MS = 1_762_171_200_000  # 2025-11-03T12:00:00Z

# A writer of another house: fields in another order, all nullable as ksqlDB and Connect have it, and one of its own.
FOREIGN = {
    "type": "record",
    "name": "Usage",
    "namespace": "elsewhere",
    "fields": [
        {"name": "region", "type": ["null", "string"], "default": None},
        {"name": "tokens_reasoning", "type": ["null", "int"], "default": None},
        {"name": "tokens_completion", "type": ["null", "int"], "default": None},
        {"name": "tokens_prompt", "type": ["null", "long"], "default": None},
        {"name": "model", "type": ["null", "string"], "default": None},
        {"name": "created_at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}], "default": None},
        {"name": "id", "type": ["null", "string"], "default": None},
    ],
}
# One that can never be an event: what we need most is a number in it.
UNFIT = {"type": "record", "name": "Order", "fields": [{"name": "model", "type": "double"}]}


class Apicurio:
    def __init__(self, folder):
        self.folder, self.port = str(folder), free_port()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/apis/ccompat/v7"

    def _run(self, *words):
        done = subprocess.run([APICURIO, *words], capture_output=True, text=True, check=False)
        if done.returncode == 77:
            raise Skip("a schema registry: " + done.stderr.strip().splitlines()[-1])
        check(done.returncode == 0, f"tests/registry/apicurio {words[0]} failed", done.stderr)

    def start(self):
        self._run("start", self.folder, str(self.port))
        return self

    def stop(self):
        self._run("stop", self.folder)


def begin(world, **settings):
    registry = world.own(Apicurio(world.folder / "registry")).start()
    world.start_redis()
    world.settings.update({"GENTALLY_REGISTRY_URL": registry.url, "GENTALLY_APPLY_INTERVAL_MS": 100, **settings})
    return registry, SchemaRegistryClient({"url": registry.url})


def usage(number):
    return {
        "region": "eu" if number % 2 else None,
        "tokens_reasoning": None if number % 3 else 1,
        "tokens_completion": 1 + number % 5,
        "tokens_prompt": number,
        "model": f"author/model-{number % 7}",
        "created_at": CREATED_MS + number,
        "id": f"u-{number}",
    }


def event(number):
    model = "openai/gpt-4o"
    return {"id": f"e-{number}", "created_at": CREATED_MS, "model": model, "tokens_prompt": 3, "tokens_completion": 2}


def send(world, partition, *values):
    producer = Producer({"bootstrap.servers": world.kafka, "linger.ms": 5})
    for value in values:
        producer.produce(world.topic, value, None, partition)
    equal(producer.flush(60), 0, "messages that were not delivered")


def write_foreign(world, client, numbers, schema=None):
    """As a stock producer does: the schema is registered under the topic's subject, and its id is in each value."""
    serialize = AvroSerializer(client, json.dumps(schema or FOREIGN))
    context = SerializationContext(world.topic, MessageField.VALUE)
    send(world, 0, *[serialize(usage(number), context) for number in numbers])


def framed(number, body):
    return b"\0" + number.to_bytes(4, "big") + body


def letters(world):
    return [json.loads(line) for line in world.run("dlq", "list", "--format", "json").out.splitlines()]


def requests(world):
    return sum(row["requests"] for row in world.summaries("total", "month"))


def setup(world):
    return world.run("setup", "--partitions", PARTITIONS)


def test_stock_writers_and_stock_readers(world):
    """Events of a foreign schema come in, sums go out; all of it through one registry, with no code of ours."""
    _, client = begin(world)
    check("of them new: 0" not in setup(world).out, "setup registered nothing")
    check("of them new: 0" in setup(world).out, "setup registered something twice")
    numbers = range(300)
    write_foreign(world, client, numbers)
    send(world, 1, *[encode_event(event(number)) for number in range(10)])  # of a bundled id, as before
    log = world.run("worker", "--drain").log
    check('skipped="region"' in log, "what is not read of the foreign schema", log)
    equal(letters(world), [], "dead letters")
    deserialize = AvroDeserializer(client)
    topic = f"{world.namespace}.summaries.model"
    context = SerializationContext(topic, MessageField.VALUE)
    ids = set()

    def decode(message):
        ids.add(int.from_bytes(message.value()[1:5], "big"))
        return deserialize(message.value(), context)

    rows = last_values(world, topic, decode)
    want = {"openai/gpt-4o": (10, 30, 20)}
    for row in map(usage, numbers):
        count, prompt, completion = want.get(row["model"], (0, 0, 0))
        want[row["model"]] = (count + 1, prompt + row["tokens_prompt"], completion + row["tokens_completion"])
    got = {
        row["model_slug"]: (row["requests"], row["tokens_prompt"], row["tokens_completion"])
        for row in rows.values()
        if row["granularity"] == "month"
    }
    equal(got, want, "requests and tokens of the month")
    equal(ids, {client.get_latest_version(f"{topic}-value").schema_id}, "the ids that summaries are framed with")
    ledger = f"{world.namespace}.ledger"
    told = last_values(
        world, ledger, lambda message: deserialize(message.value(), SerializationContext(ledger, MessageField.VALUE))
    )
    check(len(told) >= 4, "the ledger's windows", told)
    equal(requests(world), 310, "requests, as our own reader has them")
    world.run("verify")
    world.run("signals")
    world.run("report", "--format", "json")


def test_what_it_asks_for_is_kept(world):
    """A subject that has another schema and is to stay compatible: setup says so, and goes on when it is settled."""
    _, client = begin(world)
    subject = f"{world.namespace}.signals-value"
    theirs = client.register_schema(subject, Schema(json.dumps(UNFIT), "AVRO"))
    client.set_compatibility(subject_name=subject, level="FULL")
    refused = world.start("setup", "--partitions", PARTITIONS)
    equal(refused.wait(60), 78, f"exit status: {refused.log}")
    check("REGISTRY-REFUSED" in refused.log and subject in refused.log and "409" in refused.log, "why", refused.log)
    equal(len(refused.log.strip().splitlines()), 1, f"lines of it: {refused.log}")
    equal(client.get_latest_version(subject).schema_id, theirs, "their schema is the latest still")
    client.set_compatibility(subject_name=subject, level="NONE")
    setup(world)
    check(client.get_latest_version(subject).schema_id != theirs, "ours is registered")


def test_one_that_is_away(world):
    """At the start, and later: known ids go on, others wait; nothing is lost, and nobody dies of it."""
    registry, client = begin(world)
    setup(world)
    write_foreign(world, client, range(5))
    world.run("worker", "--drain")
    narrow = {**FOREIGN, "fields": [field for field in FOREIGN["fields"] if field["name"] != "region"]}
    other = client.register_schema(f"{world.topic}-value", Schema(json.dumps(narrow), "AVRO"))
    write_foreign(world, client, range(5, 10), narrow)
    foreign = client.get_version(f"{world.topic}-value", 1)
    send(world, 1, *[encode_event(event(number)) for number in range(7)])
    registry.stop()
    worker = world.start("worker")
    worker.says("REGISTRY-UNREACHABLE")
    worker.says(f"REGISTRY-WAITED-FOR schema_id={other} ")
    wait_until(lambda: world.consumed(PARTITIONS) == 12, 60, "what needs no registry")
    worker.end()
    # Apicurio in memory begins anew: the writers' schemas are registered in the same order again.
    registry.start()
    client = SchemaRegistryClient({"url": registry.url})
    setup(world)
    again = [
        client.register_schema(f"{world.topic}-value", Schema(text, "AVRO"))
        for text in (foreign.schema.schema_str, json.dumps(narrow))
    ]
    equal(again[1], other, "its id, of a registry that began anew")
    worker = world.start("worker")
    wait_until(lambda: world.consumed(PARTITIONS) == 17, 60, "the rest")
    registry.stop()
    send(world, 1, *[encode_event(event(number)) for number in range(7, 9)])
    wait_until(lambda: world.consumed(PARTITIONS) == 19, 60, "what is known goes on")
    worker.end()
    registry.start()
    setup(world)
    world.run("worker", "--drain")
    equal(requests(world), 19, "requests")
    equal(letters(world), [], "dead letters")


def test_ids_that_are_no_events(world):
    """An id that nobody has, that of another subject's schema, that of our own summaries, that of a schema of 10 MB."""
    _, client = begin(world, GENTALLY_REGISTRY_WAIT_MS=0)
    setup(world)
    orders = client.register_schema("orders-value", Schema(json.dumps(UNFIT), "AVRO"))
    ours = client.get_latest_version(f"{world.namespace}.summaries.total-value").schema_id
    huge = {**json.loads((SCHEMAS / "generation.avsc").read_text()), "doc": "x" * (10 << 20)}
    try:
        large = client.register_schema("huge-value", Schema(json.dumps(huge), "AVRO"))
    except SchemaRegistryError as error:
        large = None
        note(f"the registry takes no schema of 10 MB: {error.http_status_code}")
        check(error.http_status_code in (400, 413, 500), "how a schema of 10 MB is refused", error)
    body = encode_event(event(0))[5:]
    bad = [number for number in (999_999, orders, ours, large) if number is not None]
    send(world, 0, *[framed(number, body) for number in bad], encode_event(event(1)))
    world.run("worker", "--drain")
    equal(requests(world), 1, "requests")
    texts = [json.dumps(letter) for letter in letters(world)]
    equal(len(texts), len(bad), "dead letters")
    words = ["neither here nor to the registry", f"schema {orders}: ", f"schema {ours}: "]
    words += ["more than 1048576 bytes"] if large is not None else []
    for said in words:
        check(any(said in text for text in texts), f"no letter says: {said}", *texts)


if __name__ == "__main__":
    main(__file__, globals())
