"""Other people's tools read our topics: kcat, and Confluent's own deserializer with the schemas a registry would
serve."""

import re
import shutil
import subprocess

from confluent_kafka.schema_registry import Schema
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from harness import SCHEMAS, Skip, check, equal, main
from topics import SCHEMA_FILES, decode, read_topic

EVENTS = 2000
PARTITIONS = 3


class Registry:
    """What a schema registry does for a reader: the text of a schema by its id."""

    def get_schema(self, schema_id):
        return Schema((SCHEMAS / SCHEMA_FILES[schema_id]).read_text(), "AVRO")


def run_once(world):
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    lines = world.run("generate", "--events", EVENTS, "--seed", 7)
    world.produce(lines.out_path)
    world.run("worker", "--drain")
    return lines.out.splitlines()


def test_kcat_shows_keys_a_person_can_read(world):
    if shutil.which("kcat") is None:
        raise Skip("kcat")
    run_once(world)
    for rollup, values in (("total", 0), ("model", 1), ("provider", 2), ("tag", 2)):
        done = subprocess.run(
            ["kcat", "-b", world.kafka, "-t", f"{world.namespace}.summaries.{rollup}", "-C", "-e", "-q", "-f", "%k\\n"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        keys = done.stdout.splitlines()
        check(keys, f"kcat shows no key of {rollup}")
        shape = re.compile(
            rf"{rollup}\|(hour|day|week|month)\|\d{{4}}-\d\d-\d\dT\d\d:00:00Z" + r"\|[^|\x00-\x1f]*" * values
        )
        for key in keys:
            check(shape.fullmatch(key), f"not a key of {rollup}: {key!r}")


def test_confluents_deserializer_reads_every_topic(world):
    lines = run_once(world)
    deserialize = AvroDeserializer(Registry())
    topics = {world.topic: "id", f"{world.namespace}.ledger": "partitions"}
    topics.update({f"{world.namespace}.summaries.{rollup}": "requests" for rollup in ("total", "model", "language")})
    for topic, field in topics.items():
        messages = [message for message in read_topic(world.kafka, topic) if message.value() is not None]
        check(messages, f"{topic} is empty")
        for message in messages:
            record = deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
            check(field in record, f"{topic}: no {field} in {record}")
            check(record.keys() == decode(message.value()).keys(), f"{topic}: two readers differ")
        if topic == world.topic:
            equal(len(messages), len(lines), "events in the topic")


if __name__ == "__main__":
    main(__file__, globals())
