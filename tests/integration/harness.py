"""What the integration suites share: servers of their own, workers as processes, conditions instead of sleeps.

A suite is a file with `test_*(world)` functions that ends with `harness.main(__file__, globals())`. Each test gets a
fresh `World`: a folder in memory, a Redis, a namespace and topics of its own on the broker that tests/run started
(GENTALLY_TEST_KAFKA). Whatever a test starts is ended, by its process id, when the test ends.
"""

import contextlib
import fcntl
import functools
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas"
BINARY = os.environ.get("GENTALLY_BINARY", str(ROOT / "build" / "release" / "gentally"))
DEMO = str(Path(BINARY).with_name("gentally-demo"))  # of the same build
DEMO_COMMANDS = ("generate", "broker")
# Sanitizers and valgrind slow a process down; deadlines are for hangs, not for speed.
PATIENCE = float(os.environ.get("GENTALLY_PATIENCE", "1"))


class Skip(Exception):
    """What a test needs cannot be had here."""


class Failed(AssertionError):
    pass


def check(condition, message, *details):
    """Fails the test with `message` and, a line each, the details."""
    if not condition:
        raise Failed("\n  ".join([message, *[str(detail) for detail in details]]))


def equal(got, want, what):
    check(got == want, f"{what}: got {got!r}, want {want!r}")


def note(text):
    """A line that tests/run shows even when all is well."""
    print(f"note: {text}", flush=True)


def wait_until(condition, seconds, what):
    """Waits for `condition()` to be true and returns what it returned."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < deadline, f"waited {seconds * PATIENCE:.0f} s for {what}")
        time.sleep(0.02)


@functools.cache
def ports():
    """Even ports below the ephemeral range, of each hundred whose lock we get: we hold it until we end."""
    locks = []
    for first in range(20000, 30000, 100):
        with contextlib.suppress(OSError):
            locks.append(open(f"{tempfile.gettempdir()}/gentally-ports-{first}", "wb"))  # noqa: SIM115
            fcntl.flock(locks[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield from range(first, first + 100, 2)


def free_port():
    """An even port that nobody listens on and that no other process is given; the odd one behind it comes with it."""
    for port in ports():
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise Failed("this process has no port left")


def seeded():
    """A random generator; its seed is shown, and taken from GENTALLY_SEED if given."""
    seed = int(os.environ.get("GENTALLY_SEED") or random.SystemRandom().randrange(1 << 32))
    note(f"seed {seed} (repeat with GENTALLY_SEED)")
    return random.Random(seed)


def recipes(heading, language):
    """The blocks of code of that language under that heading of runbooks/readers.md."""
    section = (ROOT / "runbooks/readers.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


class Process:
    """A process of ours, its output in files."""

    def __init__(self, name, arguments, environment, folder, stdin=subprocess.DEVNULL):
        self.name = name
        self.out_path = Path(folder) / f"{name}.out"
        self.log_path = Path(folder) / f"{name}.log"
        with open(self.out_path, "wb") as out, open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(arguments, env=environment, stdin=stdin, stdout=out, stderr=log)

    @property
    def out(self):
        return self.out_path.read_text(errors="replace")

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def is_running(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.is_running():
            self.process.send_signal(number)

    def kill(self):
        """As a crash: SIGKILL."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        """Asks, waits, then insists."""
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(20 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait(self, seconds):
        """Its exit status, within so many seconds."""
        try:
            return self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} still runs after {seconds * PATIENCE:.0f} s\n{tail(self.log)}") from None

    def succeed(self, seconds):
        """Waits for it to end with exit status 0."""
        status = self.wait(seconds)
        check(status == 0, f"{self.name} ended with status {status}", tail(self.log))
        return self

    def says(self, text, seconds=30):
        """Waits until `text` stands in its log."""

        def said():
            check(self.is_running() or text in self.log, f"{self.name} ended without saying {text}", tail(self.log))
            return text in self.log

        wait_until(said, seconds, f"{self.name} to say {text}; it said:\n{tail(self.log)}")


def tail(text, lines=12):
    return "\n  ".join(text.splitlines()[-lines:])


class Redis:
    """A redis-server on loopback, in a folder in memory."""

    def __init__(self, folder, *options, port=None):
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.port = port or free_port()
        self.options = options
        self.process = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def start(self):
        if shutil.which("redis-server") is None:
            raise Skip("redis-server")
        arguments = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self.folder),
            "--save",
            "",
            "--maxmemory-policy",
            "noeviction",
            *self.options,
        ]
        self.process = Process("redis", arguments, None, self.folder)
        wait_until(self._answers, 20, "Redis to answer")
        return self

    def _answers(self):
        check(self.process.is_running(), "redis-server ended", tail(self.process.out))
        try:
            return "LOADING" not in str(self.command("PING"))
        except OSError:
            return False

    def kill(self):
        if self.process:
            self.process.kill()

    stop = kill  # nothing of it is kept

    def command(self, *words):
        """One command on a connection of its own; an error reply is returned as an exception object."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(_resp(words))
            return _read_reply(connection.makefile("rb"))

    def pipeline(self, commands):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(b"".join(_resp(words) for words in commands))
            stream = connection.makefile("rb")
            return [_read_reply(stream) for _ in commands]


def _resp(words):
    encoded = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)


def _read_reply(stream):
    line = stream.readline()
    if not line:
        raise ConnectionError("Redis closed the connection")
    kind, rest = line[:1], line[1:-2]
    if kind == b"-":
        return Exception(rest.decode())
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return None if int(rest) < 0 else stream.read(int(rest) + 2)[:-2]
    if kind == b"*":
        return None if int(rest) < 0 else [_read_reply(stream) for _ in range(int(rest))]
    return rest.decode()


class Kafka:
    """A broker of a test's own, for tests that stop it; the others share the one of tests/run."""

    def __init__(self, folder, *settings, users=()):
        self.folder = str(folder)
        self.settings = settings
        self.port = free_port()
        self.environment = dict(os.environ)
        if users:  # each has a password, which is its name, and the rights that ACLs give it, on a port of their own
            self.secure_port = free_port()
            self.environment |= {"BROKER_SECURE_PORT": str(self.secure_port), "BROKER_USERS": " ".join(users)}

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _run(self, *words):
        command = [str(ROOT / "tests/kafka/broker"), *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode == 77:
            raise Skip("a Kafka broker: " + done.stderr.strip())
        check(done.returncode == 0, f"tests/kafka/broker {words[0]} failed", done.stderr)

    def start(self):
        self._run("start", self.folder, str(self.port), *self.settings)
        return self

    def kill(self):
        self._run("kill", self.folder)

    def stop(self):
        self._run("stop", self.folder)


ACCOUNT_KEY = b"a key for tests, of no worth"


class World:
    """One test's surroundings, and the binary in them."""

    def __init__(self, name):
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix=f"gentally-{name}.", dir=base))
        self.name = f"{name}-{os.getpid()}-{random.SystemRandom().randrange(1 << 24):06x}"
        self.things = []
        self.count = 0
        self.redis = None
        self.settings = {
            "GENTALLY_KAFKA_BOOTSTRAP_SERVERS": os.environ.get("GENTALLY_TEST_KAFKA", "127.0.0.1:9092"),
            "GENTALLY_NAMESPACE": self.name,
            "GENTALLY_TOPIC": f"{self.name}.generations",
            "GENTALLY_GROUP": self.name,
            # The shortest session a broker allows: a killed worker's partitions are soon another's.
            "GENTALLY_KAFKA_SESSION_TIMEOUT_MS": "6000",
            "GENTALLY_KAFKA_HEARTBEAT_INTERVAL_MS": "500",
            "GENTALLY_KAFKA_RECONNECT_BACKOFF_MAX_MS": "1000",
        }

    @property
    def kafka(self):
        return self.settings["GENTALLY_KAFKA_BOOTSTRAP_SERVERS"]

    @property
    def namespace(self):
        return self.settings["GENTALLY_NAMESPACE"]

    @property
    def topic(self):
        return self.settings["GENTALLY_TOPIC"]

    def own(self, thing):
        """Ends `thing` when the test ends."""
        self.things.append(thing)
        return thing

    def count_accounts(self):
        """From here on accounts are counted, under ACCOUNT_KEY, and so is retention."""
        key = self.folder / "account.key"
        key.write_bytes(ACCOUNT_KEY)
        self.settings["GENTALLY_ACCOUNT_KEY_FILE"] = str(key)

    def start_redis(self, *options, port=None):
        self.redis = self.own(Redis(self.folder / "redis", *options, port=port)).start()
        self.settings["GENTALLY_REDIS_URL"] = self.redis.url
        return self.redis

    def start_kafka(self, *settings, users=()):
        kafka = self.own(Kafka(self.folder / "kafka", *settings, users=users)).start()
        self.settings["GENTALLY_KAFKA_BOOTSTRAP_SERVERS"] = kafka.address
        return kafka

    def environment(self, **settings):
        """The environment of a command: ours, without any other GENTALLY_ setting; None takes a setting away."""
        rest = {name: value for name, value in os.environ.items() if not name.startswith("GENTALLY_")}
        merged = {**self.settings, **settings}
        return {**rest, **{name: str(value) for name, value in merged.items() if value is not None}}

    def start(self, command, *arguments, stdin=subprocess.DEVNULL, **settings):
        """Starts `gentally command arguments`; generate and broker are commands of `gentally-demo`."""
        self.count += 1
        binary = DEMO if command in DEMO_COMMANDS else BINARY
        return self.own(
            Process(
                f"{command}-{self.count}",
                [binary, command, *map(str, arguments)],
                self.environment(**settings),
                self.folder,
                stdin,
            )
        )

    def run(self, command, *arguments, seconds=120, stdin=subprocess.DEVNULL, **settings):
        """Runs it to a successful end."""
        return self.start(command, *arguments, stdin=stdin, **settings).succeed(seconds)

    def produce(self, path, **settings):
        with open(path, "rb") as lines:
            return self.run("produce", stdin=lines, **settings)

    def summaries(self, rollup, window, *arguments):
        """What our own reader says, as a list of dictionaries."""
        done = self.run("summaries", "--rollup", rollup, "--window", window, "--format", "json", *arguments)
        return [json.loads(line) for line in done.out.splitlines() if line.strip()]

    def apply(self):
        """Has what a drain leaves in journals added to the cells, as the next worker would after a minute."""
        behind = f"{self.namespace}:{{*}}:behind"
        if not self.redis.command("KEYS", behind):
            return
        worker = self.start("worker", GENTALLY_APPLY_INTERVAL_MS=0)
        wait_until(lambda: not self.redis.command("KEYS", behind), 60, "the journals to be applied")
        worker.end()

    def consumed(self, partitions):
        """Records folded so far, over all partitions, as the store has them."""
        keys = [f"{self.namespace}:{{{self.topic}:{partition}}}:meta" for partition in range(partitions)]
        replies = self.redis.pipeline([("HMGET", key, "next", "first") for key in keys])
        return sum(int(reply[0]) - int(reply[1] or 0) for reply in replies if reply[0] is not None)

    def show_logs(self):
        """The end of what each worker said, for whoever reads the failure."""
        for thing in self.things:
            if isinstance(thing, Process) and thing.name.startswith("worker"):
                print(f"  {thing.name}, exit status {thing.process.poll()}:\n  {tail(thing.log, 20)}", flush=True)

    def close(self):
        for thing in reversed(self.things):
            try:
                thing.end() if isinstance(thing, Process) else thing.stop()
            except Exception as problem:  # go on with the rest
                print(f"while ending: {problem}", flush=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def _fits(name):
    """True unless the command line names other tests."""
    return len(sys.argv) < 2 or any(re.search(pattern, name) for pattern in sys.argv[1:])


def _run_one(suite, name, function):
    world = World(suite)
    begin = time.monotonic()
    try:
        function(world)
        print(f"ok   {name} ({time.monotonic() - begin:.1f} s)", flush=True)
        return "passed"
    except Skip as missing:
        print(f"SKIP {suite}/{name}: {missing}", flush=True)
        return "skipped"
    except Failed as failure:
        print(f"FAIL {name} ({time.monotonic() - begin:.1f} s): {failure}", flush=True)
        world.show_logs()
    except Exception:
        print(f"FAIL {name}: the test itself broke\n{traceback.format_exc()}", flush=True)
        world.show_logs()
    finally:
        world.close()
    return "failed"


def main(path, names):
    """Runs a suite's tests; arguments on the command line choose among them."""
    suite = Path(path).stem
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for binary in (BINARY, DEMO):
        if not os.access(binary, os.X_OK):
            print(f"{binary} is missing: build it first", flush=True)
            sys.exit(1)
    if "GENTALLY_TEST_KAFKA" not in os.environ:
        print(f"SKIP {suite}: GENTALLY_TEST_KAFKA is not set: tests/run starts a broker", flush=True)
        sys.exit(77)
    tests = [(name, value) for name, value in names.items() if name.startswith("test_") and callable(value)]
    results = [_run_one(suite, name, function) for name, function in tests if _fits(name)]
    failed = results.count("failed")
    if results and all(result == "skipped" for result in results):
        sys.exit(77)
    print(f"{suite}: {results.count('passed')} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)
