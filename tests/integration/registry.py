"""A schema registry, asked for writers' schemas. It is played here: it says what a test wants it to, is away, denies,
talks rubbish. The real one is in registry_real.py."""

import base64
import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from confluent_kafka import Producer

from harness import SCHEMAS, check, equal, free_port, main, tail, wait_until
from topics import encode_event

PARTITIONS = 2
EVENT = {
    "id": "e",
    "created_at": 1_700_000_000_000,
    "model": "openai/gpt-4o",
    "tokens_prompt": 3,
    "tokens_completion": 2,
}
GENERATION = (SCHEMAS / "generation.avsc").read_text()


class Registry:
    """Answers GET /schemas/ids/N by `answers[N]`: a status and a body; all else by 404. What is registered gets ids
    from 500 on, unless `refused[subject]` is another answer."""

    def __init__(self, port=None):
        self.answers, self.asked, self.authorizations = {}, [], set()
        self.registered, self.refused, self.posted = {}, {}, []
        self.port = port or free_port()
        self.server = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def knows(self, number, schema=GENERATION):
        self.answers[number] = (200, json.dumps({"schema": schema}).encode())

    def id_of(self, schema):
        number = next((number for number, text in self.registered.values() if text == schema), None)
        return number or 500 + len({text for _, text in self.registered.values()})

    def post(self, words, schema):
        """POST /subjects/S looks a schema up, and with /versions registers it."""
        subject = words[2]
        self.posted.append("/".join(words[1:]))
        if subject in self.refused and len(words) == 4:
            return self.refused[subject]
        if len(words) == 4:
            number = self.id_of(schema)
            self.registered[subject] = (number, schema)
            self.knows(number, schema)
        number, text = self.registered.get(subject, (0, None))
        return (200, json.dumps({"id": number}).encode()) if text == schema else (404, b'{"error_code":40403}')

    def start(self):
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                registry.asked.append(self.path)
                words = self.path.split("/")
                known = registry.answers.get(int(words[3])) if words[1:3] == ["schemas", "ids"] else None
                self.answer(known or registry.answers.get(None) or (404, b'{"error_code":40403}'))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(
                    registry.answers.get(None) or registry.post(self.path.split("/"), json.loads(body)["schema"])
                )

            def answer(self, answer):
                status, body = answer
                registry.authorizations.add(self.headers.get("Authorization"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # who asks need not take all of 10 MB
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    close = stop


def framed(number, name, **fields):
    return b"\0" + number.to_bytes(4, "big") + encode_event({**EVENT, "id": name, **fields})[5:]


def begin(world, registry, **settings):
    """Sets up, for which the registry has to be there; it is as it was afterwards."""
    world.start_redis()
    world.settings.update({"GENTALLY_REGISTRY_URL": registry.url, "GENTALLY_APPLY_INTERVAL_MS": 100, **settings})
    was_away = registry.server is None
    if was_away:
        registry.start()
    done = world.run("setup", "--partitions", PARTITIONS)
    if was_away:
        registry.stop()
    return done


def send(world, partition, *values):
    producer = Producer({"bootstrap.servers": world.kafka, "linger.ms": 5})
    for value in values:
        producer.produce(world.topic, value, None, partition)
    equal(producer.flush(60), 0, "messages that were not delivered")


def requests(world):
    return sum(row["requests"] for row in world.summaries("total", "month"))


def letters(world):
    lines = world.run("dlq", "list", "--format", "json").out.splitlines()
    return [json.loads(line) for line in lines]


def test_schemas_come_with_the_records_that_need_them(world):
    """Of two writers; each schema is asked for once, and what it leaves out is told. With ids kept, too."""
    registry = world.own(Registry().start())
    registry.knows(70)
    other = json.loads(GENERATION)
    other["fields"] = [field for field in other["fields"] if field["name"] != "provider"]
    begin(world, registry, GENTALLY_IDS="dedup")
    for partition in range(PARTITIONS):
        send(world, partition, *[framed(70, f"{partition}-{n}") for n in range(20)], framed(70, f"{partition}-0"))
    done = world.run("worker", "--drain")
    equal(requests(world), 40, "requests, each id once")
    equal(registry.asked.count("/schemas/ids/70"), 1, "how often it was asked for")
    check("SCHEMA-LEARNED schema_id=70 " in done.log, "what is read of it", tail(done.log))


def test_one_that_is_away_is_waited_for(world):
    """Down at the start: what is known is counted, what is not waits, and nothing else stops; then it is back."""
    registry = world.own(Registry())
    begin(world, registry)
    worker = world.start("worker")
    worker.says("REGISTRY-UNREACHABLE")
    send(world, 0, encode_event({**EVENT, "id": "known"}), framed(70, "waits"), encode_event({**EVENT, "id": "behind"}))
    send(world, 1, *[encode_event({**EVENT, "id": f"other-{n}"}) for n in range(5)])
    wait_until(lambda: world.consumed(PARTITIONS) == 6, 60, "all but what waits, and what is behind it")
    worker.says("REGISTRY-WAITED-FOR schema_id=70 ")
    registry.knows(70)
    registry.start()
    wait_until(lambda: world.consumed(PARTITIONS) == 8, 60, "the rest")
    registry.stop()
    send(world, 1, *[framed(70, f"later-{n}") for n in range(5)])
    wait_until(lambda: world.consumed(PARTITIONS) == 13, 60, "a schema that is known needs no registry")
    worker.end()
    world.run("worker", "--drain")  # The ids of what it publishes are kept.
    reader = world.start("summaries", "--rollup", "total", "--window", "month")
    equal(reader.wait(60), 69, f"exit status of who reads them without Redis: {reader.log}")
    check("REGISTRY-UNREACHABLE" in reader.log, "its reason", reader.log)
    registry.start()
    equal(requests(world), 13, "requests")
    equal(letters(world), [], "dead letters")


def test_nobody_waits_for_ever(world):
    registry = world.own(Registry())
    begin(world, registry, GENTALLY_REGISTRY_WAIT_MS=0)
    send(world, 0, framed(70, "lost"), encode_event({**EVENT, "id": "behind"}))
    world.run("worker", "--drain")
    registry.start()
    equal(requests(world), 1, "requests")
    (letter,) = letters(world)
    equal(letter["reason"], "DECODE-SCHEMA-UNKNOWN", "its reason")
    check("no registry said it" in json.dumps(letter), "its cause", letter)
    registry.knows(70)
    world.run("dlq", "redrive", "--yes")
    world.run("worker", "--drain")
    equal(requests(world), 2, "requests after the redrive")


def test_what_it_does_not_know_is_a_dead_letter(world):
    """404; a schema that can never be an event; no schema at all."""
    registry = world.own(Registry().start())
    registry.answers[71] = (200, json.dumps({"schema": '"string"'}).encode())
    registry.answers[72] = (200, b"<html>")
    registry.answers[73] = (200, b"x" * (10 << 20))
    begin(world, registry, GENTALLY_REGISTRY_WAIT_MS=0)
    send(world, 0, *[framed(number, f"r-{number}") for number in (70, 71, 72, 73)], encode_event(EVENT))
    world.run("worker", "--drain")
    equal(requests(world), 1, "requests")
    texts = [json.dumps(letter) for letter in letters(world)]
    equal(len(texts), 4, "dead letters")
    for words in ("neither here nor to the registry", "the schema is a string", "not JSON", "more than 1048576 bytes"):
        check(any(words in text for text in texts), f"no letter says: {words}", *texts)


def test_credentials_are_shown_and_asked_for(world):
    registry = world.own(Registry().start())
    registry.knows(70)
    begin(world, registry)
    registry.answers[None] = (401, b"{}")
    refused = world.start("worker", "--drain")
    equal(refused.wait(60), 77, f"exit status: {refused.log}")
    check("REGISTRY-DENIED" in refused.log and "401" in refused.log, "its reason", refused.log)
    denied = world.start("setup")
    equal(denied.wait(60), 77, f"exit status of setup: {denied.log}")
    del registry.answers[None]
    send(world, 0, framed(70, "one"))
    secret = world.folder / "secret"
    secret.write_text("s3cret")
    world.run("worker", "--drain", GENTALLY_REGISTRY_USER="me", GENTALLY_REGISTRY_PASSWORD_FILE=secret)
    check("Basic " + base64.b64encode(b"me:s3cret").decode() in registry.authorizations, "user and password")
    send(world, 0, framed(71, "two"))
    done = world.run("worker", "--drain", GENTALLY_REGISTRY_TOKEN_FILE=secret)
    check("Bearer s3cret" in registry.authorizations, "the token", registry.authorizations)
    check("s3cret" not in done.log, "a secret is in the log")
    for url, words in (("not a url", "is no URL"), ("http://me@127.0.0.1:1", "has a user in it")):
        bad = world.start("worker", "--check-config", GENTALLY_REGISTRY_URL=url)
        equal(bad.wait(60), 78, f"exit status of {url}: {bad.log}")
        check(words in bad.log, f"the reason of {url}", bad.log)


def test_setup_registers_what_is_published(world):
    """Once; the ids are kept, framed with, and read by all our readers; other ids are taken after another setup."""
    registry = world.own(Registry().start())
    registry.knows(70)
    done = begin(world, registry)
    subjects = set(registry.registered)
    for topic in ("ledger", "signals", "summaries.total", "summaries.model"):
        check(f"{world.namespace}.{topic}-value" in subjects, f"{topic} is missing", subjects)
    check(f"{world.topic}-value" not in subjects, "the input is not ours", subjects)
    count = len(subjects)
    line = f"registry: {count} subjects, of them new: {{}}; ids: summary 502, ledger 500, signal 501"
    check(line.format(count) in done.out, "what setup says", done.out)
    check(line.format(0) in world.run("setup").out, "what it says the second time")
    equal(len([path for path in registry.posted if path.endswith("/versions")]), count, "registrations")
    send(world, 0, *[framed(70, f"r-{n}") for n in range(7)])
    world.run("worker", "--drain")
    equal(requests(world), 7, "requests")
    world.run("verify")
    world.run("signals")
    world.run("report", "--format", "json")
    missing = world.start("summaries", "--rollup", "total", "--window", "month", GENTALLY_REGISTRY_URL=None)
    equal(missing.wait(60), 65, f"exit status of a reader without registry_url: {missing.log}")
    check("needs registry_url" in missing.log, "its reason", missing.log)
    registry.registered.clear()
    worker = world.start("worker", "--drain")
    equal(worker.wait(60), 78, f"exit status without our schemas: {worker.log}")
    check("REGISTRY-UNREGISTERED" in worker.log and "gentally setup" in worker.log, "its reason", worker.log)
    world.run("setup")
    world.run("worker", "--drain")


def test_a_registry_that_refuses_names_the_subject(world):
    """What was registered before it stays, and setup goes on there."""
    registry = world.own(Registry().start())
    world.start_redis()
    world.settings["GENTALLY_REGISTRY_URL"] = registry.url
    subject = f"{world.namespace}.signals-value"
    registry.refused[subject] = (409, b'{"error_code":409,"message":"not BACKWARD compatible"}')
    refused = world.start("setup", "--partitions", PARTITIONS)
    equal(refused.wait(60), 78, f"exit status: {refused.log}")
    for words in ("REGISTRY-REFUSED", subject, "not BACKWARD compatible", "1 subjects are registered"):
        check(words in refused.log, f"it does not say: {words}", refused.log)
    registry.refused[subject] = (200, b"<html>")
    garbage = world.start("setup", "--partitions", PARTITIONS)
    equal(garbage.wait(60), 76, f"exit status: {garbage.log}")
    registry.stop()
    away = world.start("setup", "--partitions", PARTITIONS)
    equal(away.wait(60), 69, f"exit status: {away.log}")
    check("REGISTRY-UNREACHABLE" in away.log, "its reason", away.log)
    registry.start()
    registry.refused.clear()
    done = world.run("setup", "--partitions", PARTITIONS)
    check(f"of them new: {len(registry.registered) - 1}" in done.out, "what setup did", done.out)


def test_made_up_ids_cost_nobody_else(world):
    registry = world.own(Registry().start())
    begin(world, registry)
    send(world, 0, *[framed(1000 + number, f"m-{number}") for number in range(2000)])
    send(world, 1, *[encode_event({**EVENT, "id": f"good-{n}"}) for n in range(100)])
    world.run("worker", "--drain")
    equal(requests(world), 100, "requests")
    check(len(registry.asked) <= 200, "how often the registry was asked", len(registry.asked))
    (counted,) = [json.loads(line) for line in world.run("dlq", "count", "--format", "json").out.splitlines()]
    equal((counted["reason"], counted["records"]), ("DECODE-SCHEMA-UNKNOWN", 2000), "dead letters")


if __name__ == "__main__":
    main(__file__, globals())
