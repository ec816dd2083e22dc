"""Kafka Connect's JDBC sink, by the recipe of runbooks/readers.md: Debezium's, into PostgreSQL, by a registry."""

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

import psycopg  # noqa: E402
import requests  # noqa: E402

from harness import SCHEMAS, Process, check, equal, free_port, main, recipes, tail, wait_until  # noqa: E402
from registry_real import Apicurio  # noqa: E402
from sinks import PostgreSQL  # noqa: E402
from streams import JAVA, install  # noqa: E402
from traffic import begin, day_and_model, publish_amid_kills, sums_by, text_ms  # noqa: E402

WORKER, CONNECTOR = recipes("Kafka Connect: a JDBC sink", "properties")
SUMS = "SELECT sum(requests), sum(tokens_prompt) FROM summaries_by_model WHERE granularity = 'day'"
ROWS = "SELECT window_start, model_slug, requests, tokens_prompt FROM summaries_by_model WHERE granularity = 'day'"
COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = 'summaries_by_model'"
FIELDS = {field["name"]: field["type"] for field in json.loads((SCHEMAS / "summary.avsc").read_text())["fields"]}
LEFT_OUT = re.search(r"^transforms\.flat\.exclude=(.*)$", CONNECTOR, re.MULTILINE)[1].split(",")


class Connect:
    """A standalone worker with that one connector."""

    def __init__(self, world, registry, postgresql):
        replaced = {
            "127.0.0.1:9092": world.kafka,
            "127.0.0.1:8081": f"127.0.0.1:{registry.port}",
            "127.0.0.1:5432": f"127.0.0.1:{postgresql.port}",
            "gentally.summaries.model": f"{world.namespace}.summaries.model",
        }
        self.url = f"http://127.0.0.1:{free_port()}"
        worker = f"{WORKER}offset.storage.file.filename={world.folder}/offsets\n"
        worker += f"listeners={self.url}\noffset.flush.interval.ms=500\n"
        paths = []
        for name, text in (("worker", worker), ("connector", CONNECTOR)):
            for word, instead in replaced.items():
                text = text.replace(word, instead)
            paths.append(world.folder / f"{name}.properties")
            paths[-1].write_text(text)
        self.process = Process("connect", [JAVA, "connect", *map(str, paths)], None, world.folder)

    def runs(self):
        check(self.process.is_running(), "Kafka Connect ended", tail(self.process.log))
        try:
            status = requests.get(f"{self.url}/connectors/summaries/status", timeout=5).json()
        except requests.RequestException:
            return False
        tasks = status.get("tasks", [])
        check("FAILED" not in str(tasks), "the connector's task failed", tasks)
        return [task["state"] for task in tasks] == ["RUNNING"]

    def stop(self):
        self.process.kill()


def test_the_columns_are_primitive(_):
    """All that the recipe leaves in: each is a number or a text, or null."""
    check(set(LEFT_OUT) <= FIELDS.keys(), "there are no such fields", LEFT_OUT)
    for name in FIELDS.keys() - set(LEFT_OUT):
        kinds = [kind for kind in FIELDS[name] if kind != "null"] if isinstance(FIELDS[name], list) else [FIELDS[name]]
        equal(len(kinds), 1, f"the types of {name}")
        kind = kinds[0] if isinstance(kinds[0], str) else kinds[0]["type"]
        check(kind in ("string", "int", "long", "double", "boolean"), f"{name} is no column", kind)


def test_sink(world):
    install("connect")
    registry = world.own(Apicurio(world.folder / "registry")).start()
    begin(world, GENTALLY_SUMMARY_FORMAT="avro", GENTALLY_REGISTRY_URL=registry.url)
    postgresql = world.own(PostgreSQL(world))
    connect = world.own(Connect(world, registry, postgresql))
    wait_until(connect.runs, 120, "the connector's task to run")

    def ask(query):
        connect.runs()
        try:
            with psycopg.connect(postgresql.address) as connection:
                return connection.execute(query).fetchall()
        except psycopg.errors.UndefinedTable:
            return []

    def seen():
        sums = ask(SUMS)
        return sums[0][0] or 0 if sums else 0

    events = publish_amid_kills(world, seen)
    total = len(events), sum(event["tokens_prompt"] for event in events)
    wait_until(lambda: ask(SUMS) == [total], 60, "the table to have the sums of the events")
    got = {(text_ms(str(start)), model): (count, tokens) for start, model, count, tokens in ask(ROWS)}
    equal(got, sums_by(day_and_model, events), "rows by day and model")
    columns = {name for name, in ask(COLUMNS)}
    equal(columns, {"summary_key", *FIELDS} - set(LEFT_OUT), "the columns")


if __name__ == "__main__":
    main(__file__, globals())
