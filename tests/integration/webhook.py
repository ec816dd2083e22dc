"""`signals --follow --webhook`, against a real HTTP server that fails, hangs, asks for patience, refuses and dies.

The server is Python's own. What it was sent, and what it answered, is what each test counts: every signal once, where
HTTP allows it; and never a name that could mention or link anything.
"""

import collections
import http.server
import json
import signal
import threading
import time

from confluent_kafka import Producer

from harness import check, equal, free_port, main, wait_until
from topics import decode, encode_signal, read_topic

FIRST = 1_736_121_600_000  # 2025-01-06, a Monday
DAY = 86_400_000
WEEK = 7 * DAY
HOSTILE = "acme/<!channel>&<http://evil|x>`*_\u202e\u00fc"


class Hook:
    """A server; `answer(count, body)` says what the next request gets: a status, (status, headers), or None: it hangs
    up."""

    def __init__(self, port=None):
        self.port, self.posts, self.answer = port or free_port(), [], lambda count, body: 200
        self.server = None
        self.start()

    def start(self):
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = hook.answer(len(hook.posts), body)
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                hook.posts.append((time.monotonic(), status, dict(self.headers), json.loads(body)))
                if status is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                try:
                    self.end_headers()
                    self.wfile.write(b"ok")
                except OSError:
                    pass  # it was killed meanwhile

            def log_message(self, *_):
                pass

        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/services/T0/B0/secretpart"

    def taken(self):
        """The texts of messages that were answered with 2xx."""
        return [post[3]["text"] for post in self.posts if post[1] is not None and 200 <= post[1] < 300]


def lines(week, model, requests):
    for number in range(requests):
        yield {
            "id": f"{week}-{model}-{number}",
            "created_at": FIRST + week * WEEK + DAY + number,  # which closes the week before
            "model": model,
            "tokens_prompt": 10,
            "tokens_completion": 1,
        }


def prepare(world):
    world.start_redis()
    world.settings["GENTALLY_WINDOWS"] = "week"
    world.run("setup", "--partitions", 1)
    count(world, [(0, "openai/gpt-4o", 5), (1, "google/gemini-2.5-flash", 3), (2, "openai/gpt-4o", 3)])


def count(world, rows):
    path = world.folder / "events.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for row in rows for event in lines(*row)))
    world.produce(path)
    world.run("worker", "--drain")


def deliver(world, hook, *arguments, url=None):
    where = ["--webhook", url or hook.url]
    return world.start("signals", "--follow", *where, "--webhook-state", world.folder / "told", *arguments)


def told(world):
    path = world.folder / "told"
    return path.read_text().splitlines() if path.exists() else []


def has_begun(world):
    wait_until(lambda: "." in told(world), 60, "the file of what was delivered")


def ends(run):
    run.signal(signal.SIGTERM)
    equal(run.wait(30), 0, f"exit status\n{run.log}")


def test_each_signal_is_delivered_once(world):
    prepare(world)
    hook = Hook()
    run = deliver(world, hook)
    has_begun(world)
    check(len(told(world)) > 2 and not hook.posts, f"what stands counts as told: {told(world)}")
    count(world, [(3, "anthropic/claude-sonnet-4", 4), (4, HOSTILE, 2), (5, "openai/gpt-4o", 1)])
    wait_until(lambda: len(hook.posts) >= 2, 60, "two messages")
    ends(run)
    texts = hook.taken()
    equal(len(texts), 2, f"messages: {texts}")
    check(texts[0].startswith("first_week: anthropic/claude-sonnet-4, week of 2025-01-27, share"), texts[0])
    check(texts[1].startswith("first_week: acme/&lt;!channel&gt;&amp;&lt;http://evil|x&gt;"), texts[1])
    check(
        all("<" not in json.dumps(post[3], ensure_ascii=False) for post in hook.posts), "nothing is a mention or a link"
    )
    _, _, headers, body = hook.posts[0]
    equal(headers["Content-Type"], "application/json", "the type")
    check(headers["Idempotency-Key"].startswith("gentally-"), f"{headers}")
    check(headers["Idempotency-Key"] != hook.posts[1][2]["Idempotency-Key"], "two signals, two keys")
    fields = {field["title"]: field["value"] for field in body["attachments"][0]["fields"]}
    equal(fields["requests"], "4", f"the numbers: {fields}")
    check(hook.posts[1][0] - hook.posts[0][0] > 0.9, "one message a second")
    # Another process, or the same again, has nothing to tell; nor has one that reads what stood before.
    run = deliver(world, hook)
    count(world, [(6, "openai/gpt-4o", 1)])
    time.sleep(4)
    ends(run)
    equal(len(hook.posts), 2, "messages after a restart")
    check("secretpart" not in run.log and f"http://127.0.0.1:{hook.port}" not in run.log, "the URL is in no log")
    hook.stop()


def test_foreign_keys_are_not_delivered(world):
    """A signal under keys that it cannot have, too long for any or with lines in them; and of a version that nobody has
    told yet, so that it is not taken back."""
    prepare(world)
    topic, hook = f"{world.namespace}.signals", Hook()
    run = deliver(world, hook)
    has_begun(world)
    value = next(message.value() for message in read_topic(world.kafka, topic) if message.value() is not None)
    value = encode_signal({**decode(value), "generation": 5})
    producer = Producer({"bootstrap.servers": world.kafka})
    for key in ("x" * 20_000, "first_week|2025-01-06T00:00:00Z|a\n.\nb"):
        producer.produce(topic, value, key)
    equal(producer.flush(30), 0, "messages that were not delivered")
    count(world, [(3, "anthropic/claude-sonnet-4", 4), (4, "openai/gpt-4o", 1)])
    wait_until(lambda: hook.posts or not run.is_running(), 60, "the signal of ours")
    ends(run)
    equal([text.split(",")[0] for text in hook.taken()], ["first_week: anthropic/claude-sonnet-4"], "messages")
    check(all(len(key) < 4000 for key in told(world)), "a key that is none of ours is in the file")


def test_a_server_in_trouble_is_asked_again(world):
    """500, hang-ups, 429 with Retry-After, a page that moved, and no server at all: in the end each signal once."""
    prepare(world)
    hook = Hook()
    answers = [(429, {"Retry-After": "3"}), 500, None, (302, {"Location": "http://127.0.0.1:1/"}), 200]
    hook.answer = lambda count, body: answers[min(count, len(answers) - 1)]
    run = deliver(world, hook)
    has_begun(world)
    count(world, [(3, "anthropic/claude-sonnet-4", 4), (4, "openai/gpt-4o", 1)])
    wait_until(lambda: len(hook.posts) >= 5, 90, "five requests")
    equal([post[1] for post in hook.posts[:5]], [429, 500, None, 302, 200], "answers")
    equal(len({post[2]["Idempotency-Key"] for post in hook.posts}), 1, "keys of one message")
    times = [post[0] for post in hook.posts]
    waits = [after - before for before, after in zip(times, times[1:])]
    check(
        waits[0] > 2.9 and waits[1] > 1.8 and waits[2] > 3.8 and waits[3] > 7.5, f"as asked, then ever longer: {waits}"
    )
    check("WEBHOOK-AWAY" in run.log and "answers 302" in run.log, run.log)
    # It dies, and comes back on its port.
    hook.stop()
    count(world, [(5, "deepseek/deepseek-r1", 4), (6, "openai/gpt-4o", 1)])
    run.says("WEBHOOK-AWAY key=first_week|2025-02-10", 60)
    hook.start()
    wait_until(lambda: len(hook.taken()) >= 2, 90, "the message after the server came back")
    ends(run)
    counts = collections.Counter(hook.taken())
    equal(sorted(counts.values()), [1, 1], f"each once: {counts}")
    hook.stop()


def test_a_kill_sends_nothing_twice_that_was_taken(world):
    """Killed while the server hangs, and after it answered: what is in the file is not sent again."""
    prepare(world)
    hook = Hook()
    hangs = threading.Event()
    release = threading.Event()

    def answer(number, body):
        if number == 1:
            hangs.set()
            release.wait(30)
        return 200

    hook.answer = answer
    run = deliver(world, hook)
    has_begun(world)
    count(world, [(3, "anthropic/claude-sonnet-4", 4), (4, "deepseek/deepseek-r1", 2), (5, "openai/gpt-4o", 1)])
    check(hangs.wait(60), "the second message")
    run.kill()
    release.set()
    equal([line.split("|")[2] for line in told(world)[-1:]], ["anthropic/claude-sonnet-4"], "what the file says")
    with open(world.folder / "told", "a") as file:
        file.write("first_week|2025-")  # as a crash within a write would leave it
    run = deliver(world, hook)
    wait_until(lambda: "deepseek" in told(world)[-1], 60, "the message that nobody knows of")
    ends(run)
    keys = [post[2]["Idempotency-Key"] for post in hook.posts]
    equal((len(keys), len(set(keys)), keys[1]), (3, 2, keys[2]), "the same message, under the same key")
    check(not any(line == "first_week|2025-" for line in told(world)), "the cut line is off")
    hook.stop()


def test_what_is_refused_for_good_holds_nobody_up(world):
    prepare(world)
    hook = Hook()
    hook.answer = lambda count, body: 400 if b"claude" in body else 200
    run = deliver(world, hook, "--kind", "first_week", "--floor", "3")
    has_begun(world)
    count(
        world,
        [
            (3, "anthropic/claude-sonnet-4", 4),
            (4, "deepseek/deepseek-r1", 2),
            (5, "x-ai/grok-4", 3),
            (6, "openai/gpt-4o", 1),
        ],
    )
    wait_until(lambda: hook.taken(), 60, "a message")
    ends(run)
    equal([post[1] for post in hook.posts], [400, 200], "answers")
    check("x-ai/grok-4" in hook.taken()[0], "below the floor is passed over")
    check("WEBHOOK-REFUSED" in run.log, run.log)
    hook.stop()


def test_history_is_told_if_it_is_asked_for(world):
    """--since on a new file; secrets from files; a list by date, kind and floor."""
    prepare(world)
    count(world, [(3, "anthropic/claude-sonnet-4", 4), (4, "openai/gpt-4o", 1)])
    hook = Hook()
    secret, token = world.folder / "url", world.folder / "token"
    secret.write_text(hook.url + "\n")
    token.write_text("s3cret\n")
    run = world.start(
        "signals", "--follow", "--webhook-file", secret, "--webhook-token-file", token, "--webhook-state",
        world.folder / "told", "--since", "2025-01-27",
    )  # fmt: skip
    wait_until(lambda: hook.taken(), 60, "a message")
    second = deliver(world, hook)
    equal(second.wait(30), 75, "status of a second one")
    check("WEBHOOK-BUSY" in second.log, second.log)
    ends(run)
    equal(hook.posts[0][2]["Authorization"], "Bearer s3cret", "the token")
    check("claude-sonnet-4" in hook.taken()[0] and len(hook.posts) == 1, f"{hook.taken()}")
    check("s3cret" not in run.log and "secretpart" not in run.log, "no secret is in the log")
    hook.stop()

    def listed(*arguments):
        return [json.loads(line) for line in world.run("signals", "--format", "json", *arguments).out.splitlines()]

    everything = listed()
    equal([row["window_start"] for row in everything], sorted(row["window_start"] for row in everything), "by date")
    equal([row["subject"] for row in listed("--since", "2025-01-27")], ["anthropic/claude-sonnet-4"], "since")
    equal([row["subject"] for row in listed("--floor", "4")], ["anthropic/claude-sonnet-4"], "with a floor")
    equal(listed("--kind", "boomerang,category_jump"), [], "other kinds")
    check(
        all("0000000" not in str(number) for row in everything for number in row["numbers"].values()), "short numbers"
    )


def test_what_makes_no_sense_is_refused(world):
    state = ["--webhook-state", world.folder / "told"]
    foreign = world.folder / "foreign"
    foreign.write_text("root:x:0:0\n")
    for arguments, status, words in (
        (["--webhook", "http://localhost/", *state], 78, "goes with --follow"),
        (["--follow", "--webhook", "http://localhost/"], 78, "--webhook-state PATH is missing"),
        (["--follow", *state], 78, "none is given"),
        (["--follow", "--webhook", "ftp://localhost/x", *state], 78, "WEBHOOK-URL"),
        (["--follow", "--webhook", "http://me:pass@localhost/", *state], 78, "has a user in it"),
        (["--follow", "--webhook-file", world.folder / "none", *state], 78, "CONFIG-UNREADABLE"),
        (["--follow", "--webhook", "http://localhost/", "--webhook-state", foreign], 74, "none of ours"),
        (["--follow", "--webhook", "http://localhost/", "--webhook-state", world.folder], 74, "WEBHOOK-STATE"),
        (["--kind", "first_weeks"], 78, "first_week, unknown_model"),
        (["--floor", "-1", "--format", "table"], 78, "--floor"),
    ):
        run = world.start("signals", *arguments)
        equal(run.wait(30), status, f"exit status of {arguments}: {run.log}")
        check(words in run.log and "pass@" not in run.log, f"{arguments}: {run.log}")
    equal(foreign.read_text(), "root:x:0:0\n", "a file of others")


if __name__ == "__main__":
    main(__file__, globals())
