"""The commands of runbooks/*.md, as an operator would type them: every `sh` block, and every command that stands in a
sentence, page by page and in their order, in a sandbox with a broker and a Redis of its own, under the default names.

A command ends within three minutes and succeeds, unless TREATED says how it is run or why it is not: what was not run
is listed at the end, with the reason. A row of TREATED that no command needs any more fails.
"""

import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import duckdb
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from harness import BINARY, DEMO, ROOT, Failed, check, equal, free_port, main, note, tail, wait_until
from platform_records import RECORDS
from served import TOKEN, reads_http

PARTITIONS = 4
PAGES = sorted(path.stem for path in (ROOT / "runbooks").glob("*.md"))
FIRST = ("verify",)  # before anything is written in transactions, which --strict takes for holes
LAST = ("rebuild", "reasons")  # what removes
NOT_PAGES = {
    "changelog": "what was; its commands are told elsewhere as they are now",
    "contributing": "builds and tests of this repository, which CI runs",
}
PROGRAMS = r"gentally|gentally-demo|kcat|redis-cli|kafka-[a-z-]+\.sh|curl|openssl|kubectl|systemctl|duckdb|cat|gdb"
IN_A_SENTENCE = re.compile(rf"^(?:[A-Z_]+=\S+ )*(?:{PROGRAMS}) [^`]+$")


def strip(text, indent):
    return "\n".join(line[indent:] if line[:indent].isspace() else line for line in text.split("\n"))


def lines_of(block):
    """The commands of a block: a line each, but where one goes on behind a pipe or a backslash."""
    line = ""
    for part in block.strip().split("\n"):
        line += part
        if re.search(r"(\||\\)\s*$", part):
            line = line.removesuffix("\\") + " "
        else:
            yield line
            line = ""
    check(line == "", "a block of commands ends within one", block)


def commands_of(page):
    """The page's commands, in their order."""
    text = (ROOT / "runbooks" / f"{page}.md").read_text()
    pattern = r"^( *)```([a-z]*)\n(.*?)^ *```$|(?<!`)`([^`]+)`(?!`)"
    for found in re.finditer(pattern, text, re.DOTALL | re.MULTILINE):
        indent, language, block, words = found.groups()
        if block is not None:
            yield from lines_of(strip(block, len(indent))) if language == "sh" else ()
        elif IN_A_SENTENCE.match(words := " ".join(words.split())):
            yield words


class Not:
    """Not run, and why."""

    def __init__(self, why):
        self.why = why


class Stays:
    """Runs until it is told to end, once it says something on standard error."""

    def __init__(self, says):
        self.says = says


class Serves:
    """Stays, and is left running for the commands behind it, to the page's end, once it serves figures."""

    def __init__(self, port, host):
        self.port = port  # one of the sandbox
        self.host = host


class Ends:
    """Ends with that status."""

    def __init__(self, status):
        self.status = status


NAME_ALONE = Not("the command's name; what follows it stands in a block of a page")

# By beginnings of commands, with what of `page:` stands before them; the longest one holds.
TREATED = {
    "gentally worker --check-config": Ends(0),
    "gentally worker --check-start": Ends(0),
    "gentally worker": Stays("WORKER-ASSIGNED"),
    "gentally worker --drain": Ends(0),
    "GENTALLY_DEAD_LETTERS_KEEP=sealed": Stays("WORKER-ASSIGNED"),
    "gentally adapt --from otel --in otlp_spans": Stays("ADAPT"),
    "gentally top --rollup provider --window hour --by latency_ms_p99 --follow": Stays(""),
    "gentally signals --follow": Stays(""),
    "gentally registry --port 8081": Stays(""),
    "gentally-demo broker": Stays(""),
    "gentally give-up --partition": Ends(64),  # it has not stopped: GIVE-UP-COUNTING
    "gentally give-up": NAME_ALONE,
    "gentally erase": NAME_ALONE,
    "gentally erase --account": Ends(0),
    "gentally top": NAME_ALONE,
    "gentally remove": NAME_ALONE,
    "gentally remove --namespace": Ends(0),
    "gentally remove --yes": Ends(75),  # a worker is there: REMOVE-BUSY
    "gentally catalog show": NAME_ALONE,
    "gentally catalog show us.": Ends(0),
    "gentally catalog show NAME": Ends(0),
    "gentally dlq count": Ends(0),
    "gentally dlq count --from <": Ends(0),
    "gentally dlq redrive": Ends(0),
    "gentally dead letter": Not("the info of HPKE, and no command"),
    "cat old.key new.key": Ends(0),
    "gentally top --namespace ...": Not("its name follows from the replay's, which is told there"),
    "gentally summaries": NAME_ALONE,
    "gentally summaries --": Ends(0),
    "gentally summaries --final --format csv ...": Not("what is to be compared is the operator's choice"),
    "gentally report --watch": Serves(0, "127.0.0.1"),
    "gentally report --watch --listen": Serves(1, "figures.example"),
    "redis-cli --cluster add-node": Not("wants a cluster; tests/integration/cluster.py has one, and types it there"),
    "kafka-": Not("a tool of Kafka's own, which is not among the jars of the broker of these tests"),
    "kubectl ": Not("no Kubernetes here; tests/deploy holds the manifests to what others publish of them"),
    "systemctl ": Not("no systemd here; tests/deploy has the unit looked at by systemd's own tool"),
    "gdb ": Not("asks a process that hangs, and there is none"),
    "redis-cli --latency": Not("goes on until it is interrupted, and says nothing to check"),
    "kcat -P -t gentally.ledger": Not("takes a record of the ledger away; tests/integration/verify.py does that"),
    "redis-cli -p 26379": Not("asks a sentinel; tests/integration/sentinel.py runs three"),
}
if not reads_http(duckdb.connect()):
    TREATED["duckdb -c \"FROM read_json('http:"] = Not("DuckDB's httpfs is not here; served.py reads what is answered")


def treatment(command):
    fits = [begin for begin in TREATED if command.startswith(begin)]
    begin = max(fits, key=len, default=None)
    return begin, TREATED.get(begin, Ends(0))


class Webhook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Sandbox:
    """A folder in which the commands are typed, with our programs on the path."""

    def __init__(self, world):
        self.world = world
        self.folder = world.folder / "sandbox"
        (self.folder / "bin").mkdir(parents=True)
        for binary in (BINARY, DEMO):
            os.symlink(os.path.abspath(binary), self.folder / "bin" / os.path.basename(binary))
        self.port = free_port()
        self.served = (free_port(), free_port())
        self.serving = []
        self.count = 0
        os.symlink(ROOT / "schemas", self.folder / "schemas")
        self.done, self.left_out, self.needed = {}, [], set()  # done: the page, by command
        program = self.folder / "bin" / "duckdb"  # `duckdb -c SQL` or SQL | duckdb, by the library that Python has
        program.write_text(
            f"#!{sys.executable}\nimport duckdb, sys\n"
            "print(duckdb.sql(sys.argv[2] if len(sys.argv) > 2 else sys.stdin.read()))\n"
        )
        program.chmod(0o755)

    def placed(self, command):
        """The command with the places of this sandbox for those that it names."""
        places = (
            (r"\bBROKERS?\b|127\.0\.0\.1:9092", self.world.kafka),
            (r"\blocalhost:(PORT|9464)\b", f"localhost:{self.port}"),
            (r"--events 200000\b", "--events 2000"),  # or all that comes after reads them, too
            (r"/run/secrets/(slack|figures)\b", rf"{self.folder}/\1"),
            (r"^gentally report --watch$", rf"\g<0> --port {self.served[0]}"),
            (r"\b127\.0\.0\.1:8732\b", f"127.0.0.1:{self.served[0]}"),
            (r"\b0\.0\.0\.0:8732\b", f"0.0.0.0:{self.served[1]}"),
            (r"\bfigures\.example:8732\b", f"figures.example:{self.served[1]}"),
            (r"^curl ", f"curl -f --resolve figures.example:{self.served[1]}:127.0.0.1 "),  # -f: a refusal fails
            (r"/var/lib/gentally/told", str(self.folder / "told")),
            (r"^redis-cli (-h HOST )?", f"redis-cli -p {self.world.redis.port} "),
            (r"\bTOPIC -p PARTITION -o OFFSET\b", "gentally.ledger -p 0 -o 0"),
            (r"-t TOPIC\b", "-t generations"),
            (r"--reason ID\b", "--reason DECODE-UTF8"),
            (r"<the time of step 3>", "2025-01-01"),
            (r"\bhelp (ID|REASON|REASON-ID)\b", "help DLQ-NONE"),
            (r"\bshow NAME\b", "show openai/gpt-4o"),
            (r"--partitions N --replication R\b", f"--partitions {PARTITIONS} --replication 1"),
            (r"--partition P\b", "--partition 0"),
            (r"--name X\b", "--name x"),
            (r"--port 8081\b", f"--port {free_port()}"),
        )
        for pattern, place in places:
            command = re.sub(pattern, place, command)
        return command

    def type(self, command):
        """A command that prepares something, to its end."""
        process, out, log = self.start(command)
        equal(process.wait(120), 0, f"{command}: {tail(log.read_text())}")

    def start(self, command):
        self.count += 1
        folder = self.world.folder
        out, log = folder / f"command-{self.count}.out", folder / f"command-{self.count}.log"
        environment = self.world.environment()
        environment["PATH"] = f"{self.folder / 'bin'}:{environment['PATH']}"
        if command.startswith("gentally health"):
            environment["GENTALLY_METRICS_LISTEN"] = str(self.port)
        with open(out, "wb") as out_file, open(log, "wb") as log_file:
            process = subprocess.Popen(
                ["bash", "-o", "pipefail", "-c", self.placed(command)],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=log_file,
                start_new_session=True,
            )
        return process, out, log

    def run(self, page, command):
        begin, how = treatment(command)
        self.needed.add(begin)
        if command in self.done:
            return
        if isinstance(how, Not):
            self.left_out.append((page, command, how.why))
            return
        process, out, log = self.start(command)
        if isinstance(how, Serves):
            self.serving.append(process)
            self.wait_for_figures(how, process, command, log)
            self.done[command] = page
            return
        try:
            if isinstance(how, Stays):
                self.stay(process, log, how.says, command)
            else:
                wait_until(lambda: process.poll() is not None, 180, f"`{command}` of {page}.md to end")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        want = 0 if isinstance(how, Stays) else how.status
        said = tail(log.read_text(errors="replace")), tail(out.read_text(errors="replace"))
        check(process.returncode == want, f"{page}.md: `{command}` ended with {process.returncode}, not {want}", *said)
        self.done[command] = page

    def wait_for_figures(self, how, process, command, log):
        port = self.served[how.port]
        headers = {"Host": f"{how.host}:{port}", "Authorization": f"Bearer {TOKEN}"}
        request = urllib.request.Request(f"http://127.0.0.1:{port}/figures/S01.json", headers=headers)

        def serves():
            check(process.poll() is None, f"`{command}` does not stay", tail(log.read_text(errors="replace")))
            try:
                return urllib.request.urlopen(request, timeout=10).status == 200
            except OSError:  # a refusal, too
                return False

        wait_until(serves, 60, f"`{command}` to serve figures")

    def end_page(self):
        """Ends what its commands left running."""
        for process in self.serving:
            os.killpg(process.pid, signal.SIGTERM)
        for process in self.serving:
            wait_until(lambda: process.poll() is not None, 30, "what serves to end once it is asked to")
        self.serving = []

    def stop(self):
        for process in self.serving:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def stay(self, process, log, says, command):
        if says:
            wait_until(
                lambda: says in log.read_text(errors="replace") or process.poll() is not None, 60, f"{command}: {says}"
            )
        else:
            time.sleep(2)  # not to wait for anything: it stays
        check(process.poll() is None, f"`{command}` does not stay", tail(log.read_text(errors="replace")))
        os.killpg(process.pid, signal.SIGTERM)
        wait_until(lambda: process.poll() is not None, 30, f"`{command}` to end once it is asked to")
        if process.returncode == -signal.SIGTERM:  # the shell, where it waits for a program
            process.returncode = 0


# What stands there before a page, besides what prepare() makes.
BEFORE = {
    "dlq": ["openssl genpkey -algorithm X25519 | tee old.key >new.key"],
    "rebuild": ["gentally setup --namespace old --group old", "gentally worker --drain --namespace old --group old"],
}


def make_topics(world, *names):
    admin = AdminClient({"bootstrap.servers": world.kafka})
    for made in admin.create_topics([NewTopic(name, 1, 1) for name in names]).values():
        made.result()


def prepare(world):
    """The default names, eight weeks of traffic, letters, accounts, records of other platforms, a worker's port."""
    world.start_kafka("auto.create.topics.enable=false")
    world.start_redis()
    world.count_accounts()
    world.settings["GENTALLY_SUMMARY_FORMAT"] = "json"  # as readers.md has it
    for name in ("NAMESPACE", "TOPIC", "GROUP"):
        del world.settings[f"GENTALLY_{name}"]
    sandbox = world.own(Sandbox(world))
    world.run("setup", "--partitions", PARTITIONS)
    producer = Producer({"bootstrap.servers": world.kafka})
    for _ in range(20):  # so that there is a letter of record 3:17
        producer.produce("generations", b"rubbish", partition=3)
    equal(producer.flush(60), 0, "records that were not delivered")
    sandbox.type("gentally-demo generate --events 20000 --seed 1 | tee events.jsonl | gentally produce")
    world.run("worker", "--drain")
    sources = {"openrouter": ["generations.jsonl"], "litellm": ["spend_logs.json", "spend_logs.jsonl"]}
    sources |= {"langfuse": ["observations.jsonl"], "otel": ["traces.jsonl"]}
    for source, names in sources.items():
        for name in names:
            lines = [json.dumps(record) + "\n" for record, event in RECORDS[source] if isinstance(event, dict)]
            (sandbox.folder / name).write_text("".join(lines))
    make_topics(world, "otlp_spans", "otlp_spans.dead-letters")
    return sandbox


def test_every_command(world):
    sandbox = prepare(world)
    webhook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=webhook.serve_forever, daemon=True).start()
    (sandbox.folder / "slack").write_text(f"http://127.0.0.1:{webhook.server_port}/")
    (sandbox.folder / "figures").write_text(TOKEN)
    worker, failures = None, []
    for page in [*FIRST, *(page for page in PAGES if page not in (*FIRST, *LAST, *NOT_PAGES)), *LAST]:
        if page not in FIRST and worker is None:
            worker = world.start("worker", GENTALLY_METRICS_LISTEN=sandbox.port)
            worker.says("WORKER-ASSIGNED")
        for command in BEFORE.get(page, ()):
            sandbox.type(command)
        for command in commands_of(page):
            try:
                sandbox.run(page, command)
            except Failed as failure:
                failures.append(str(failure))
        sandbox.end_page()
    webhook.shutdown()
    check(failures == [], f"{len(failures)} commands are wrong", *failures)
    equal(set(TREATED) - sandbox.needed, set(), "rows of TREATED that no command needs")
    equal(set(NOT_PAGES) - set(PAGES), set(), "pages that are left out, and not there")
    for page, why in NOT_PAGES.items():
        note(f"{page}.md: not run: {why}")
    for page, command, why in sandbox.left_out:
        note(f"{page}.md: `{command}`: not run: {why}")
    check(len(sandbox.done) > 80, "few commands are found", len(sandbox.done))
    note(f"{len(sandbox.done)} commands of {len(set(sandbox.done.values()))} pages run")


if __name__ == "__main__":
    main(__file__, globals())
