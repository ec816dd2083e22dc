"""The log as programs read it: each line is one record, by readers that are not ours, whatever a configuration, a
server or a broker's text holds; and no fact is lost among others."""

import json
import re

from confluent_kafka.admin import AdminClient, NewTopic

from harness import check, equal, main, wait_until
from metrics import put

HOSTILE = 'x" id=EVIL level=debug\\ \u2028\u0085 {"id":"EVIL"} = '
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FIELD = re.compile(r' ?([a-z0-9_.]+)=("(?:[^"\\]|\\.)*"|[^ "=]*)')


def read_json(line):
    pairs = json.loads(line, object_pairs_hook=list)
    equal(len({key for key, _ in pairs}), len(pairs), f"keys of {line}")
    return dict(pairs)


def read_logfmt(line):
    record, at = {}, 0
    while at < len(line):
        field = FIELD.match(line, at)
        check(field is not None, "no logfmt", line, line[at:])
        key, value = field.groups()
        check(key not in record, f"{key} twice", line)
        record[key] = json.loads(value) if value.startswith('"') else value
        at = field.end()
    return record


READERS = {"json": read_json, "logfmt": read_logfmt}


def records(process, form):
    """All lines of a log, each a record with what every record has."""
    found = []
    for line in process.log_path.read_bytes().decode("utf-8").split("\n")[:-1]:
        record = READERS[form](line)
        equal(list(record)[:4], ["time", "level", "id", "program"], f"what {line} begins with")
        check(TIME.fullmatch(record["time"]) is not None, "a time of RFC 3339 with milliseconds", line)
        check(record["level"] in ("debug", "info", "warn", "error"), "a level", line)
        check(re.fullmatch("[A-Z]+(-[A-Z0-9]+)+", record["id"]) is not None, "an id", line)
        found.append(record)
    return found


def only(found, id_):
    fitting = [record for record in found if record["id"] == id_]
    check(len(fitting) > 0, f"no {id_} among {[record['id'] for record in found]}")
    return fitting[0]


def test_worker_tells_records(world):
    world.start_redis()
    world.run("setup", "--partitions", 2)
    ids = {}
    for form in ("text", "json", "logfmt"):
        worker = world.start("worker", GENTALLY_LOG_FORMAT=form)
        worker.says("WORKER-ASSIGNED")
        put(world, 5, 0)
        worker.end()
        equal(worker.process.returncode, 0, f"status, {form}")
        if form == "text":
            ids[form] = [line.split()[3] for line in worker.log.splitlines()]
            continue
        found = records(worker, form)
        ids[form] = [record["id"] for record in found]
        number = int if form == "json" else str
        equal(only(found, "WORKER-ASSIGNED")["partitions"], number(2), "a number is a number")
        opened = only(found, "WORKER-OPENED")
        equal((opened["program"], opened["level"]), ("worker", "info"), "who says it, and how loud")
        equal((opened["topic"], opened["namespace"]), (world.topic, world.namespace), "texts")
        check("catalog=" in opened["tables"], "a text of several words", opened)
    told = {"WORKER-OPENED", "WORKER-ASSIGNED", "WORKER-STOPPING"}
    check(all(told <= set(some) for some in ids.values()), "the same is told in every format", ids)


def test_refusals_are_records(world):
    for form in READERS:
        refused = world.start("worker", GENTALLY_LOG_FORMAT=form, GENTALLY_WINDOWS=f"hour,{HOSTILE.strip()}")
        equal(refused.wait(20), 78, "status")
        (record,) = records(refused, form)
        equal((record["id"], record["level"]), ("CONFIG-VALUE", "error"), "the reason")
        equal(record["see"], "runbooks/reasons.md#config-value", "where to read on")
        check('x" id=EVIL' in record["text"], "what was refused is in its text, and no more", record)


def test_servers_texts_stay_texts(world):
    """librdkafka tells what it was told; and text that is no UTF-8 becomes one that is."""
    world.start_redis()
    for form in READERS:
        hostile = b'no\xffwhere" id=EVIL \xc3'.decode("utf-8", "surrogateescape")
        worker = world.start(
            "worker",
            GENTALLY_LOG_FORMAT=form,
            GENTALLY_LOG_LEVEL="debug",
            GENTALLY_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
            **{"GENTALLY_KAFKA_CLIENT_ID": hostile, "GENTALLY_KAFKA_DEBUG": "broker"},
        )
        worker.says("SINK-UNREACHABLE")
        worker.end()
        found = records(worker, form)
        client = [record for record in found if record["id"] == "KAFKA-CLIENT"]
        check(len(client) > 0 and all("facility" in one or "error" in one for one in client), "fields", client)
        check("EVIL" not in {record["id"] for record in found}, "no text makes a field")
        hostile_ones = [one for one in client if "id=EVIL" in one["text"]]
        check(
            len(hostile_ones) > 0 and all("no\ufffdwhere" in one["text"] for one in hostile_ones),
            "bytes are replaced",
            hostile_ones,
        )


def test_three_wrong_topics_are_three_facts(world):
    """And topics made by setup are told one by one."""
    world.start_redis()
    wrong = [f"{world.namespace}.{name}" for name in ("ledger", "signals", "summaries.total")]
    admin = AdminClient({"bootstrap.servers": world.kafka})
    made = admin.create_topics([NewTopic(name, 1, 1, config={"cleanup.policy": "delete"}) for name in wrong])
    for future in made.values():
        future.result(30)
    wait_until(lambda: set(wrong) <= set(admin.list_topics(timeout=10).topics), 30, "the topics")
    done = world.run("setup", "--partitions", 1, GENTALLY_LOG_FORMAT="json")
    found = records(done, "json")
    told = {record["topic"] for record in found if record["id"] == "SETUP-TOPIC-POLICY"}
    equal(told, set(wrong), "topics of a wrong policy")
    created = {record["topic"] for record in found if record["id"] == "SETUP-TOPIC-CREATED"}
    there = {name for name in admin.list_topics(timeout=10).topics if name.startswith(world.namespace)}
    equal(created, there - set(wrong), "topics made")
    check("LOG-SUPPRESSED" not in {record["id"] for record in found}, "nothing was swallowed")


if __name__ == "__main__":
    main(__file__, globals())
