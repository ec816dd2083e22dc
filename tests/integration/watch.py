"""`gentally report`: the page as a file, and served live by --watch.

What the page holds must be the document that --format json writes. What a browser would hear is heard here by a plain
HTTP client: the page, its events, and new documents as summaries arrive.
"""

import base64
import gzip
import http.client
import json
import re
import signal
import socket
import time

from confluent_kafka.admin import AdminClient, NewPartitions

from harness import check, equal, main, note, wait_until

FIRST_DAY = "2025-05-05"
ROLLUPS = "total=,model=model,provider=provider+model,category=category+model,tag=tag+category,geography=country"
LANGUAGE = "language=language"


def prepare(world, weeks=6, events=1500):
    world.start_redis()
    world.settings["GENTALLY_WINDOWS"] = "week,month"
    world.run("setup", "--partitions", 3)
    count(world, FIRST_DAY, weeks, events, 1)


def count(world, first_day, weeks, events, seed):
    lines = world.run(
        "generate", "--events", events, "--from", first_day, "--weeks", weeks, "--classified", "0.2", "--seed", seed
    ).out
    path = world.folder / f"events-{seed}.jsonl"
    path.write_text(lines)
    world.produce(path)
    world.start("worker", "--drain").succeed(120)


def document(world):
    return json.loads(world.run("report", "--format", "json").out)


def grow(world):
    """One more topic joins, as another rollup is counted; then the others get more partitions, which `setup` would
    refuse (see verify.py), and who reads must live with."""
    admin = AdminClient({"bootstrap.servers": world.kafka})
    names = [name for name in admin.list_topics(timeout=10).topics if name.startswith(f"{world.namespace}.summaries.")]
    check(len(names) >= 6 and not any("language" in name for name in names), f"summaries are in {names}")
    world.settings["GENTALLY_ROLLUPS"] = f"{ROLLUPS},{LANGUAGE}"
    world.run("setup", "--partitions", 3)
    for future in admin.create_partitions([NewPartitions(name, 12) for name in names]).values():
        future.result(30)


def is_missing(document, identifier):
    return next(bool(figure["missing"]) for figure in document["figures"] if figure["id"] == identifier)


def difference(got, want, place=""):
    """Where two documents differ first, in a line; "" if nowhere."""
    if type(got) is type(want) and isinstance(got, (dict, list)) and len(got) == len(want):
        keys = got if isinstance(got, dict) else range(len(got))
        for key in keys:
            if isinstance(got, dict) and key not in want:
                return f"{place}.{key} is new"
            found = difference(got[key], want[key], f"{place}.{key}")
            if found:
                return found
        return ""
    return "" if got == want else f"{place}: {str(got)[:200]}, not {str(want)[:200]}"


def same(got, want, what):
    found = difference(got, want)
    check(not found, f"{what}: {found}")


def study_of(page):
    """The document, and its cubes, which are packed; a figure alone has none."""
    study = json.loads(re.search(r'<script type="application/json" id="study">(.*?)</script>', page, re.S)[1])
    packed = re.search(r'<script type="text/plain" id="cubes">(.*?)</script>', page, re.S)[1].strip()
    if packed:
        study["cubes"] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return study


def has_page(world):
    """A build without npm has no page: then it must say so, and there is no more to see."""
    done = world.start("report", "--out", world.folder / "page.html")
    if done.wait(60) == 0:
        return True
    check("REPORT-NOT-BUILT" in done.log, "no page, and not for want of npm", done.log)
    check(not (world.folder / "page.html").exists(), "half a page was left")
    note("built without npm: REPORT-NOT-BUILT, as it should be")
    return False


def watch(world, *arguments, **settings):
    process = world.start("report", "--watch", "--port", 0, *arguments, **settings)
    wait_until(lambda: "\n" in process.out or not process.is_running(), 60, "the address")
    check(process.is_running(), "report --watch ended", process.log)
    return process, int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\n", process.out)[1])


def get(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


class Events:
    """Server-sent events, one at a time, as the standard has them."""

    def __init__(self, port, after):
        self.answer = get(port, f"/events?after={after}")
        equal(self.answer.status, 200, "events")

    def next(self):
        event = {"data": []}
        while True:
            line = self.answer.readline().decode()
            check(line != "", "the server left")
            line = line.rstrip("\n")
            if line == "" and event["data"]:
                return {**event, "data": "\n".join(event["data"])}
            if line == "":
                event = {"data": []}
                continue
            name, _, value = line.partition(": ")
            if name == "data":
                event["data"].append(value)
            else:
                event[name] = value

    def named(self, name, seconds=60):
        """The data of the next event of that name."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            event = self.next()
            if event.get("event") == name:
                return event["data"]
        check(False, f"no event {name} in {seconds} s")

    def study(self, seconds=60):
        """The next document; between two the server says every few seconds that it reads."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            event = self.next()
            if event.get("event") == "study":
                return int(event["id"]), json.loads(event["data"])
        check(False, f"no new document in {seconds} s")


def test_the_page_holds_the_document(world):
    prepare(world)
    if not has_page(world):
        return
    want = document(world)
    page = world.run("report", "--out", world.folder / "page.html") and (world.folder / "page.html").read_text()
    same(study_of(page), want, "the document in the page")
    equal(re.findall(r'<section id="(S\d\d)"', page), [f"S{number:02d}" for number in range(1, 42)], "sections")
    check("connect-src 'none'" in page, "the page may connect")
    check(page == world.run("report").out, "standard output has another page")
    ranged = world.run("report", "--from", FIRST_DAY, "--to", "2025-05-19").out
    equal(study_of(ranged)["header"]["range"], {"from": FIRST_DAY, "to": "2025-05-19"}, "range")


def test_a_watched_page_is_renewed(world):
    world.settings["GENTALLY_ROLLUPS"] = ROLLUPS
    prepare(world)
    if not has_page(world):
        return
    want = document(world)
    process, port = watch(world)
    answer = get(port, "/")
    equal(answer.status, 200, "the page")
    page = answer.read().decode()
    before = study_of(page)
    same(before, want, "the document in the page")
    revision = int(re.search(r'data-live="(\d+)"', page)[1])
    events = Events(port, revision)
    equal(events.next()["event"], "read", "the first event of who has the newest")
    grow(world)
    count(world, "2025-06-16", 3, 900, 2)
    want = document(world)
    check(want["header"]["requests"] > before["header"]["requests"], "nothing was counted")
    equal([is_missing(found, "S33") for found in (before, want)], [True, False], "the languages' figure is missing")
    number, got = events.study()
    while got != want:  # a document may be made between two windows
        number, got = events.study()
    check(number > revision, f"{number} after {revision}")
    same(study_of(get(port, "/").read().decode()), want, "the page by now")
    # Who comes late gets the newest at once, who has it gets none.
    equal(Events(port, revision).study()[0], number, "a late listener")
    equal(Events(port, number).next()["event"], "read", "a listener that has the newest")
    for host in ("rebound.example", f"127.0.0.1:{port + 1}"):
        refused = get(port, "/", Host=host)
        equal(refused.status, 403, f"asked as {host}")
        check(b"study" not in refused.read(), "it told something")
    process.process.send_signal(signal.SIGTERM)
    process.succeed(20)
    with socket.socket() as probe:
        check(probe.connect_ex(("127.0.0.1", port)) != 0, "somebody still listens")


def test_a_broker_that_is_away_shows_as_age(world):
    kafka = world.start_kafka()
    prepare(world, weeks=2, events=300)
    if not has_page(world):
        return
    process, port = watch(world)
    revision = int(re.search(r'data-live="(\d+)"', get(port, "/").read().decode())[1])
    events = Events(port, revision)
    check(int(events.named("read")) < 10000, "old from the beginning")
    kafka.kill()
    age = 0
    while age < 12000:  # told again and again, and ever older
        age = int(events.named("read"))
    check(process.is_running(), "it left with the broker", process.log)
    process.process.send_signal(signal.SIGINT)
    process.succeed(20)


def test_a_page_is_live_while_the_log_has_nothing_newer(world):
    """With an interval of 100 ms figures are old after 10.3 s: then it matters whether the log has gone on."""
    prepare(world, weeks=2, events=300)
    if not has_page(world):
        return
    told = document(world)["header"]["as_of"]
    equal((told["behind"], told["records"], told["event_ms"] is None), (0, 300, False), "as of when")
    equal(sum(part["next_offset"] for part in told["partitions"]), 300, "the offsets")
    process, port = watch(world, GENTALLY_EARLY_EMIT_INTERVAL_MS=100)
    revision = int(re.search(r'data-live="(\d+)"', get(port, "/").read().decode())[1])
    events = Events(port, revision)
    age, state = 0, "live"
    while int(age) < 16000:  # old, and yet all there is
        age, state = events.named("told").split()
        equal(state, "live", f"{age} ms after all was told")
    path = world.folder / "more.jsonl"
    path.write_text(world.run("generate", "--events", 50, "--from", "2025-05-12", "--weeks", 1, "--seed", 5).out)
    world.produce(path)
    while state != "late":
        age, state = events.named("told").split()
    world.start("worker", "--drain").succeed(120)
    while state != "live":
        age, state = events.named("told").split()
    check(int(age) < 20000, f"live, and told {age} ms ago")
    process.process.send_signal(signal.SIGTERM)
    process.succeed(20)


def test_wrong_options(world):
    for arguments, status, words in (
        (["--port", "80"], 78, "--watch"),
        (["--watch", "--out", "x.html"], 78, "--out"),
        (["--watch", "--format", "json"], 78, "--format json"),
        (["--watch", "--port", "70000"], 78, "65535"),
    ):
        done = world.start("report", *arguments)
        equal(done.wait(20), status, " ".join(arguments))
        check("CONFIG-VALUE" in done.log and words in done.log, f"{arguments}: {done.log}")
    if not has_page_at_all(world):
        return
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = world.start("report", "--watch", "--port", taken.getsockname()[1])
        equal(done.wait(20), 69, "a taken port")
        check("REPORT-PORT" in done.log, done.log)


def has_page_at_all(world):
    done = world.start("report", "--watch", "--port", 0, GENTALLY_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    done.wait(60)
    return "REPORT-NOT-BUILT" not in done.log


if __name__ == "__main__":
    main(__file__, globals())
