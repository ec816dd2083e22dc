"""Stores that a user has: rows upserted by key as the recipe of runbooks/readers.md does it, in batches that come
twice, while workers are killed. At the end the store's sums are those of the events."""

import os
import pwd
import subprocess
from pathlib import Path

import duckdb
import psycopg

from harness import ROOT, Process, Skip, check, equal, free_port, main, wait_until
from traffic import Reader, begin, day_and_model, publish_amid_kills, sums_by

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
        folder, self.port = world.folder / "postgresql", free_port()
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
        words = [
            programs[-1] / "postgres",
            "-D",
            folder,
            "-p",
            self.port,
            "-k",
            folder,
            "-c",
            "listen_addresses=127.0.0.1",
        ]
        self.process = Process("postgresql", [*self.user, *map(str, words)], None, world.folder)
        self.address = f"host=127.0.0.1 port={self.port} user=test dbname=postgres"
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


def holds(world, store):
    """Workers are killed while the sink reads, each batch twice, as after a crash between writing and committing
    offsets; then the rest is drained, and read to the end."""
    begin(world)
    reader = world.own(Reader(world, ["total", "model"]))
    read = 0

    def put_batch():
        nonlocal read
        rows = [(key, row and [row.get(field) for field in FIELDS]) for key, row in reader.batch()]
        store.put(rows)
        store.put(rows)
        read += len(rows)
        return read

    def all_read():
        before = read
        return put_batch() == before and reader.is_at_the_end()

    events = publish_amid_kills(world, put_batch)
    wait_until(all_read, 60, "the end of the topics")
    got = store.ask(
        "SELECT window_start, model_slug, requests, tokens_prompt FROM summaries "
        "WHERE breakdown = 'model' AND granularity = 'day'"
    )
    equal(
        {(start, model): (requests, tokens) for start, model, requests, tokens in got},
        sums_by(day_and_model, events),
        "rows by day and model",
    )
    totals = store.ask(
        "SELECT sum(requests), sum(tokens_prompt) FROM summaries WHERE breakdown = 'total' AND granularity = 'hour'"
    )
    want = [(len(events), sum(event["tokens_prompt"] for event in events))]
    equal([tuple(map(int, row)) for row in totals], want, "totals")


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
