"""Stores that a user has: rows upserted by key as the recipe of runbooks/readers.md does it, in batches that come
twice, while workers are killed. At the end the store's sums are those of the events."""

import json
import os
import pwd
import subprocess
from pathlib import Path

import duckdb
import psycopg
from confluent_kafka import Consumer, TopicPartition

from harness import ROOT, Process, Skip, check, equal, free_port, main, seeded, wait_until

HOUR_MS = 3_600_000
BEGIN_MS = 1_762_128_000_000  # 2025-11-03, a Monday
WORKERS = 2
COLUMNS = (
    "breakdown TEXT, granularity TEXT, window_start BIGINT, model_slug TEXT, requests BIGINT, tokens_prompt BIGINT"
)
FIELDS = ("breakdown", "granularity", "window_start", "model_slug", "requests", "tokens_prompt", "version")

CREATE = f"CREATE TABLE summaries (key TEXT PRIMARY KEY, {COLUMNS}, version BIGINT NOT NULL)"
UPSERT = """INSERT INTO summaries VALUES ({places})
ON CONFLICT (key) DO UPDATE SET breakdown = excluded.breakdown, granularity = excluded.granularity,
    window_start = excluded.window_start, model_slug = excluded.model_slug, requests = excluded.requests,
    tokens_prompt = excluded.tokens_prompt, version = excluded.version
WHERE excluded.version >= summaries.version"""


class DuckDB:
    def __init__(self, folder):
        self.connection = duckdb.connect(str(folder / "summaries.duckdb"))
        self.connection.execute(CREATE)

    def put(self, rows):
        self.connection.execute("BEGIN")
        for key, row in rows:
            if row is None:
                self.connection.execute("DELETE FROM summaries WHERE key = ?", [key])
            else:
                self.connection.execute(UPSERT.format(places="?, ?, ?, ?, ?, ?, ?, ?"), [key, *row])
        self.connection.execute("COMMIT")

    def ask(self, query):
        return self.connection.execute(query).fetchall()

    def stop(self):
        self.connection.close()


class PostgreSQL:
    """A server of Debian's on loopback. It refuses to run as root, so it runs as its package's user then."""

    def __init__(self, world):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not programs:
            raise Skip("PostgreSQL (Debian: postgresql)")
        self.process, self.connection = None, None
        folder, port = world.folder / "postgresql", free_port()
        folder.mkdir(mode=0o700)
        self.user = []
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            world.folder.chmod(0o711)
            self.user = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
        words = [programs[-1] / "initdb", "-D", folder, "-U", "test", "-A", "trust", "--no-sync"]
        done = subprocess.run([*self.user, *map(str, words)], capture_output=True, text=True, check=False)
        check(done.returncode == 0, "initdb failed", done.stderr)
        words = [programs[-1] / "postgres", "-D", folder, "-p", port, "-k", folder, "-c", "listen_addresses=127.0.0.1"]
        self.process = Process("postgresql", [*self.user, *map(str, words)], None, world.folder)
        self.address = f"host=127.0.0.1 port={port} user=test dbname=postgres"
        self.connection = wait_until(self._connect, 30, "PostgreSQL to answer")
        self.connection.execute(CREATE)
        self.connection.commit()

    def _connect(self):
        check(self.process.is_running(), "postgres ended", self.process.log)
        try:
            return psycopg.connect(self.address)
        except psycopg.OperationalError:
            return None

    def put(self, rows):
        with self.connection.transaction():
            for key, row in rows:
                if row is None:
                    self.connection.execute("DELETE FROM summaries WHERE key = %s", [key])
                else:
                    self.connection.execute(UPSERT.format(places="%s, %s, %s, %s, %s, %s, %s, %s"), [key, *row])

    def ask(self, query):
        return self.connection.execute(query).fetchall()

    def stop(self):
        if self.connection is not None:
            self.connection.close()
        if self.process is not None:
            self.process.end()


def events_of(chance, count):
    return [
        {
            "id": f"e-{number}",
            "created_at": BEGIN_MS + number * 60 * HOUR_MS // count,
            "model": f"author/model-{chance.randrange(9)}",
            "tokens_prompt": chance.randrange(1000),
            "tokens_completion": 1,
        }
        for number in range(count)
    ]


class Reader:
    """Reads summaries in batches, each twice, as after a crash between writing and committing offsets."""

    def __init__(self, world, topics):
        self.consumer = Consumer(
            {"bootstrap.servers": world.kafka, "group.id": "sink", "isolation.level": "read_committed"}
        )
        self.topics = topics
        self.consumer.assign([TopicPartition(topic, part, 0) for topic in topics for part in range(2)])

    def batch(self):
        rows = []
        for message in self.consumer.consume(500, timeout=0.2):
            if message.error() is None:
                value = None if message.value() is None else json.loads(message.value())
                row = value and [value.get(field) for field in FIELDS]
                rows.append((message.key().decode(), row))
        return rows

    def is_at_the_end(self):
        for place in self.consumer.position(
            [TopicPartition(topic, part) for topic in self.topics for part in range(2)]
        ):
            end = self.consumer.get_watermark_offsets(place, 10)[1]
            if max(place.offset, 0) < end:
                return False
        return True

    def stop(self):
        self.consumer.close()


def holds(world, store):
    """Workers are killed while the sink reads; then the rest is drained, and read to the end."""
    chance = seeded()
    world.start_redis()
    world.settings.update(
        {
            "GENTALLY_SUMMARY_FORMAT": "json",
            "GENTALLY_ROLLUPS": "total=,model=model",
            "GENTALLY_EARLY_EMIT_INTERVAL_MS": "1000",
            "GENTALLY_APPLY_INTERVAL_MS": "200",
        }
    )
    world.run("setup", "--partitions", 2)
    events = events_of(chance, 6000)
    reader = world.own(Reader(world, [f"{world.namespace}.summaries.{name}" for name in ("total", "model")]))
    read = 0
    for turn in range(3):
        path = world.folder / f"{turn}.jsonl"
        path.write_text("".join(json.dumps(event) + "\n" for event in events[turn * 2000 : turn * 2000 + 2000]))
        workers = [world.start("worker") for _ in range(WORKERS)]
        world.produce(path)
        before = read

        def more():
            nonlocal read
            rows = reader.batch()
            store.put(rows)
            store.put(rows)
            read += len(rows)
            return read > before + 20

        wait_until(more, 60, "rows of this turn")
        for worker in workers:
            worker.kill()
    world.run("worker", "--drain")

    def all_read():
        rows = reader.batch()
        store.put(rows)
        store.put(rows)
        return not rows and reader.is_at_the_end()

    wait_until(all_read, 60, "the end of the topics")
    want = {}
    for event in events:
        day = event["created_at"] // (24 * HOUR_MS) * 24 * HOUR_MS
        requests, tokens = want.get((day, event["model"]), (0, 0))
        want[day, event["model"]] = requests + 1, tokens + event["tokens_prompt"]
    got = store.ask(
        "SELECT window_start, model_slug, requests, tokens_prompt FROM summaries "
        "WHERE breakdown = 'model' AND granularity = 'day'"
    )
    equal({(start, model): (requests, tokens) for start, model, requests, tokens in got}, want, "rows by day and model")
    totals = store.ask(
        "SELECT sum(requests), sum(tokens_prompt) FROM summaries WHERE breakdown = 'total' AND granularity = 'hour'"
    )
    equal([tuple(map(int, row)) for row in totals], [(6000, sum(event["tokens_prompt"] for event in events))], "totals")


def test_the_recipe_is_what_is_tested(_):
    page = (ROOT / "runbooks/readers.md").read_text()
    upsert = UPSERT.format(
        places=":key, :breakdown, :granularity, :window_start, :model_slug, :requests, :tokens_prompt, :version"
    )
    for statement in (CREATE, upsert):
        check(" ".join(statement.split()) in " ".join(page.split()), "readers.md has another statement", statement)


def test_duckdb(world):
    holds(world, world.own(DuckDB(world.folder)))


def test_postgresql(world):
    holds(world, world.own(PostgreSQL(world)))


if __name__ == "__main__":
    main(__file__, globals())
