"""No name of a field that we publish is a word that an engine of SQL refuses unquoted: each engine's own parser is
asked about each name, and about some that it must refuse, so that it is seen to answer."""

import json
import subprocess

import duckdb
import pglast

from harness import ROOT, SCHEMAS, Skip, check, equal, main

FLINK = str(ROOT / "tests/parsers/flink")


def names_of(schema):
    """The names of all fields, nested ones too."""
    if isinstance(schema, list):
        return {name for part in schema for name in names_of(part)}
    if not isinstance(schema, dict):
        return set()
    names = {field["name"] for field in schema.get("fields", [])}
    for part in (schema.get("type"), schema.get("items"), *(field["type"] for field in schema.get("fields", []))):
        names |= names_of(part)
    return names


NAMES = sorted(
    set().union(
        *(names_of(json.loads((SCHEMAS / f"{name}.avsc").read_text())) for name in ("summary", "ledger", "signal"))
    )
)


def statements(name):
    return (
        f"CREATE TABLE t ({name} BIGINT)",
        f"SELECT {name} FROM t WHERE {name} IS NOT NULL GROUP BY {name}",
        f"SELECT t.{name} AS {name} FROM t ORDER BY {name}",
    )


def refused(names, parse, error):
    """Those of which a statement is refused."""
    found = []
    for name in names:
        try:
            for statement in statements(name):
                parse(statement)
        except error:
            found.append(name)
    return found


def test_flink(_):
    """The parser of Flink SQL 1.20, whose list is the longest."""
    done = subprocess.run([FLINK, "install"], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        raise Skip("Flink's parser: " + done.stderr.strip().splitlines()[-1])
    check(len(NAMES) > 80, "the names", NAMES)
    words = ["rollup", "window", "language", "model", "floor", "count", "value"]
    done = subprocess.run(
        [FLINK], input="\n".join([*NAMES, *words]) + "\n", capture_output=True, text=True, check=False
    )
    equal((done.returncode, done.stdout.split()), (0, words), "what Flink refuses")


def test_postgresql(_):
    """PostgreSQL's own grammar, as a library."""
    words = ["user", "end", "group", "window"]
    equal(refused([*NAMES, *words], pglast.parse_sql, pglast.parser.ParseError), words, "what PostgreSQL refuses")


def test_duckdb(_):
    words = ["end", "group", "window"]
    equal(refused([*NAMES, *words], duckdb.extract_statements, duckdb.ParserException), words, "what DuckDB refuses")


if __name__ == "__main__":
    main(__file__, globals())
