"""Readers that a user has: stock deserializers, with nothing of ours, read what workers published; their sums are those
of the events."""

import json
import shutil
import subprocess

import requests
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from harness import SCHEMAS, Skip, check, equal, main, wait_until

EVENTS = [
    {
        "id": f"e-{number}",
        "created_at": "2025-11-03T12:00:00Z",
        "model": f"author/model-{number % 7}",
        "tokens_prompt": number,
        "tokens_completion": 1,
        "latency_ms": 100 + number,
    }
    for number in range(300)
]


def publish(world):
    world.start_redis()
    world.run("setup", "--partitions", 2)
    path = world.folder / "events.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in EVENTS))
    world.produce(path)
    world.run("worker", "--drain")


def sums():
    want = {}
    for event in EVENTS:
        count, tokens = want.get(event["model"], (0, 0))
        want[event["model"]] = (count + 1, tokens + event["tokens_prompt"])
    return want


def serve(world):
    """The registry of the bundled schemas; its address."""
    process = world.start("registry", "--port", "0")
    wait_until(lambda: process.out.endswith("\n"), 20, "the registry to listen")
    return process.out.strip()


def last_values(world, topic, decode):
    """The rule for readers: read_committed, last value per key, null = gone."""
    consumer = Consumer({"bootstrap.servers": world.kafka, "group.id": "readers", "isolation.level": "read_committed"})
    partitions = consumer.list_topics(topic, 30).topics[topic].partitions
    ends = {number: consumer.get_watermark_offsets(TopicPartition(topic, number), 30)[1] for number in partitions}
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
    rows = {}

    def is_read():
        at = {
            place.partition: place.offset
            for place in consumer.position(list(map(TopicPartition, [topic] * len(ends), ends)))
        }
        return all(max(at[number], 0) >= ends[number] for number in ends)

    def read():
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            key = message.key().decode()
            rows.pop(key, None)
            if message.value() is not None:
                rows[key] = decode(message)
        return is_read()

    wait_until(read, 60, f"all of {topic}")
    consumer.close()
    return rows


def test_python(world):
    """confluent_kafka's own AvroDeserializer, which asks a registry for the id it finds."""
    publish(world)
    registry = SchemaRegistryClient({"url": serve(world)})
    deserialize = AvroDeserializer(registry)
    topic = f"{world.namespace}.summaries.model"
    rows = last_values(
        world, topic, lambda message: deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
    )
    weeks = [row for row in rows.values() if row["granularity"] == "week"]
    got = {row["model_slug"]: (row["requests"], row["tokens_prompt"]) for row in weeks}
    equal(got, sums(), "requests and tokens of the week")


def test_kcat_with_nothing_else(world):
    """JSON summaries, by kcat and Python's json: no registry and no Avro."""
    if shutil.which("kcat") is None:
        raise Skip("kcat")
    world.settings["GENTALLY_SUMMARY_FORMAT"] = "json"
    publish(world)
    words = ["kcat", "-C", "-q", "-e", "-b", world.kafka, "-X", "isolation.level=read_committed", "-J"]
    done = subprocess.run([*words, "-t", f"{world.namespace}.summaries.model"], capture_output=True, check=False)
    equal(done.returncode, 0, "kcat's end")
    rows = {}
    for line in done.stdout.splitlines():
        message = json.loads(line)
        rows[message["key"]] = json.loads(message["payload"])
    weeks = [row for row in rows.values() if row["granularity"] == "week"]
    got = {row["model_slug"]: (row["requests"], row["tokens_prompt"]) for row in weeks}
    equal(got, sums(), "requests and tokens of the week")
    fields = json.loads((SCHEMAS / "summary.avsc").read_text())["fields"]
    names = [field["name"] for field in fields]
    for row in weeks:
        equal(list(row), [name for name in names if name in row], "the fields, in the schema's order")
        required = {field["name"] for field in fields if "default" not in field}
        check(required <= set(row) and None not in row.values(), "what is there", row)
        equal(row["pane_number"], ("early", "on_time", "late").index(row["pane"]), "its pane")
        check(100 <= row["latency_ms_p50"] <= row["latency_ms_p99"] < 448, "its quantiles", row)
    shown = {row["model_slug"]: row for row in world.summaries("model", "week")}
    equal({row["model_slug"]: row for row in weeks}, shown, "what `summaries` reads of it")


def test_the_registry_answers_as_one_does(world):
    """By each path that is asked; all else is refused."""
    url = serve(world)
    subjects = requests.get(f"{url}/subjects", timeout=10).json()
    for subject in (
        f"{world.topic}-value",
        f"{world.namespace}.ledger-value",
        f"{world.namespace}.summaries.total-value",
    ):
        check(subject in subjects, f"{subject} is missing", subjects)
        latest = requests.get(f"{url}/subjects/{subject}/versions/latest", timeout=10).json()
        equal((latest["subject"], latest["version"]), (subject, 1), "its version")
        by_id = requests.get(f"{url}/schemas/ids/{latest['id']}", timeout=10).json()
        equal(by_id["schema"], latest["schema"], "its schema")
        json.loads(by_id["schema"])
    for path, code in (("/schemas/ids/99", 40403), ("/schemas/ids/x", 40403), ("/subjects/nobody/versions", 40401)):
        answer = requests.get(url + path, timeout=10)
        equal((answer.status_code, answer.json()["error_code"]), (404, code), path)
    equal(requests.post(f"{url}/subjects/x/versions", data="{}", timeout=10).status_code, 405, "a writer")


if __name__ == "__main__":
    main(__file__, globals())
