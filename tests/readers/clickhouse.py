"""ClickHouse, by chDB, which is its engine as a library: its parser takes our names, and a ReplacingMergeTree by
`version`, as the recipe of runbooks/readers.md has it, has the sums of the events after workers were killed."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from chdb.session import Session  # noqa: E402

from harness import equal, main, recipes, wait_until  # noqa: E402
from reserved import NAMES, refused  # noqa: E402
from traffic import Reader, begin, day_and_model, publish_amid_kills, sums_by, text_ms  # noqa: E402

CREATE, INSERT, DELETE, SELECT = [text.rstrip().rstrip(";") for text in recipes("ClickHouse", "sql")]


class ClickHouse:
    def __init__(self, world):
        # Its default database has each file of the working folder for a table.
        self.session = Session(str(world.folder / "clickhouse"))
        self.session.query("CREATE DATABASE readers")
        self.session.query("USE readers")
        self.session.query(CREATE)

    def put(self, rows):
        """A batch; of a key's rows before a null in it none is left."""
        lines = {}
        for key, row in rows:
            lines[key] = row and json.dumps({"summary_key": key, **row})
        kept = [line for line in lines.values() if line]
        if kept:
            self.session.query("\n".join([INSERT, *kept]))
        for key in lines:
            if lines[key] is None:
                self.session.query(DELETE.replace(":key", f"'{key}'"))

    def ask(self, query):
        answer = self.session.query(query, "JSONCompactEachRow")
        return [json.loads(line) for line in str(answer).splitlines()]

    def stop(self):
        self.session.close()


def test_names(_):
    """The parser is asked, without tables."""
    words = ["distinct", "rollup"]
    with Session() as session:
        found = refused([*NAMES, *words], lambda statement: session.query(f"EXPLAIN AST {statement}"), RuntimeError)
    equal(found, words, "what ClickHouse refuses")


def test_rows(world):
    begin(world)
    store = world.own(ClickHouse(world))
    reader = world.own(Reader(world, ["model"]))
    read = 0

    def put_batch():
        nonlocal read
        rows = reader.batch()
        store.put(rows)
        store.put(rows)  # as after a crash between writing and committing offsets
        read += len(rows)
        return read

    def all_read():
        before = read
        return put_batch() == before and reader.is_at_the_end()

    events = publish_amid_kills(world, put_batch)
    wait_until(all_read, 60, "the end of the topic")
    want = sums_by(day_and_model, events)
    got = {
        (text_ms(start), model): (int(requests), int(tokens)) for start, model, requests, tokens in store.ask(SELECT)
    }
    equal(got, want, "rows by day and model")
    newest = "SELECT argMax(requests, version) AS last FROM summaries WHERE granularity = 'day' GROUP BY summary_key"
    equal(store.ask(f"SELECT toUInt32(sum(last)) FROM ({newest})"), [[len(events)]], "without FINAL")
    key = store.ask("SELECT summary_key FROM summaries LIMIT 1")[0][0]
    store.put([(key, None)])
    equal(store.ask(f"SELECT count() FROM summaries FINAL WHERE summary_key = '{key}'"), [[0]], "after a null")


if __name__ == "__main__":
    main(__file__, globals())
