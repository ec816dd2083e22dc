"""What is reported from the field of other programs, in small: files, times, nulls and numbers as people pipe them into
`produce`, messages in the wire formats of others, a model's name that a spreadsheet would run. Each is taken at its
right value, or refused for what it is."""

import bz2
import csv
import gzip
import io
import json
import lzma
import struct
import urllib.parse
import uuid

from confluent_kafka import Producer

from harness import check, equal, main
from topics import encode_event

EX_DATAERR = 65
MODEL = "openai/gpt-4o"
AT = "2026-11-02T10:00:00Z"
EVENT = {"id": "x", "created_at": 1_793_613_600_000, "model": MODEL, "tokens_prompt": 100, "tokens_completion": 10}


def line(number, **fields):
    return json.dumps({**EVENT, "id": f"x{number}", "created_at": AT, **fields})


def lines(count=2):
    return "".join(line(number) + "\n" for number in range(count)).encode()


def produce(world, data):
    """(events sent, lines refused, what was said, exit status)"""
    path = world.folder / "input"
    path.write_bytes(data)
    with open(path, "rb") as file:
        process = world.start("produce", "--skip-bad", stdin=file)
        status = process.wait(60)
    last = next(text for text in process.log.splitlines() if text.startswith("produced="))
    counts = dict(part.split("=") for part in last.split())
    return int(counts["produced"]), int(counts["rejected"]), process.log, status


def setup(world, **settings):
    world.start_redis()
    world.settings.update(settings)
    world.run("setup", "--partitions", 1)


def test_files_of_all_kinds(world):
    setup(world)
    mark = b"\xef\xbb\xbf"
    pretty = json.dumps(json.loads(line(0)), indent=2).encode()
    array = b"[" + b",".join(lines().splitlines()) + b"]\n"
    taken = [lines(), mark + lines(), mark + lines(1) + mark + lines(1), lines().replace(b"\n", b"\r\n"), lines()[:-1]]
    for data in taken:
        produced, refused, log, status = produce(world, data)
        equal((produced, refused, status), (2, 0, 0), f"{data[:20]!r}: {log}")
    for data, remedy in (
        (array, "jq -c '.[]'"),
        (json.dumps([json.loads(line(0))] * 2, indent=2).encode(), "jq -c '.[]'"),
        (pretty, "jq -c ."),
        (gzip.compress(lines()), "gunzip -c"),
        (bz2.compress(lines()), "bzip2 -dc"),
        (lzma.compress(lines()), "xz -dc"),
        (lines().decode().encode("utf-16"), "iconv -f UTF-16 "),
        (lines().decode().encode("utf-16-le"), "iconv -f UTF-16LE"),
        (lines().decode().encode("utf-16-be"), "iconv -f UTF-16BE"),
        (lines().replace(b"\n", b"\r"), "end in CR alone"),
        (b"".join(b"\x1e" + text + b"\n" for text in lines().splitlines()), "RFC 7464"),
    ):
        produced, refused, log, status = produce(world, data)
        equal((produced, refused, status), (0, 0, EX_DATAERR), f"{data[:20]!r}: {log}")
        check(remedy in log and "LINE-NOT-JSON" in log, f"no {remedy}", log)
        equal(len(log.splitlines()), 2, f"it is said once: {log}")
    for data, good, bad, says in (
        (b"".join(lines().splitlines()) + b"\n" + lines(1), 1, 1, "more than one object"),
        (lines(1)[:-1] + b",\n" + lines(1), 1, 1, "a comma behind the object"),
        (b"id,created_at,model\n" + lines(1), 1, 1, "is it CSV?"),
        (b"data: " + lines(1) + b"\n" + lines(1), 1, 1, "server-sent event"),
    ):
        produced, refused, log, status = produce(world, data)
        equal((produced, refused, status), (good, bad, 0), f"{data[:20]!r}: {log}")
        check(says in log, f"no {says}", log)


def test_times_nulls_and_numbers(world):
    """Whatever spells this hour is of this hour; what providers say for nothing is nothing."""
    setup(world)
    times = [
        "2026-11-02T10:00:00Z",
        "2026-11-02T10:00:00.433273+00:00",
        "2026-11-02 10:00:00.433000",
        "2026-11-02T10:00Z",
        "2026-11-02 10:00:00.433+00",
        "2026-11-02 05:00:00-05",
        "2026-11-02T10:00:00+0000",
        "2026-11-02 10:00:00.433273 UTC",
        "2026-11-02T10:00:00,433Z",
        "2026-11-02t10:00:00z",
        "2026-11-02T10:00:00",
        "2026-11-02T10:00:00-00:00",
        "2026-11-02T11:00:00+01:00[Europe/Berlin]",
        "2026-11-02T10:00:00.123456789Z",
        "2026-11-02T10:00:00.1234567890Z",
        "2026-11-02 10:00:00+00:00",
        "2026-11-02 11:00:00.5 +0100 CET",
    ]
    optional = """provider account app country language finish_reason latency_ms first_token_ms generation_ms
        tokens_reasoning tokens_cached cost_nano_usd cost_usd is_byok is_free streamed cancelled tools_offered
        classified categories op""".split()
    good = [line(f"t{number}", created_at=text) for number, text in enumerate(times)]
    good += [line(f"n{number}", **{field: None}) for number, field in enumerate(optional)]
    good += [line("f", tokens_prompt=100.0), line("e").replace("100", "1e2"), line("l", latency_ms=1250.0)]
    bad = [line("b", created_at=text) for text in ("2026-W45-1T10:00:00Z", "11/02/2026 10:00:00", AT + " ", "")]
    bad += [line("b", **{field: None}) for field in ("id", "created_at", "model")]
    unknown = [line(f"u-{field}", **{field: None}) for field in ("tokens_prompt", "tokens_completion")]
    bad += [line("b", tokens_prompt=value) for value in ("100", 37.25, float("nan"), 2**63, -5, True)]
    produced, refused, log, _ = produce(world, "\n".join(good + unknown + bad).encode())
    equal((produced, refused), (len(good) + 2, len(bad)), log)
    for says in (
        "must begin with a date",
        "must have no blanks",
        "model is null",
        "tokens_prompt must be a number, without quotation marks",
        "tokens_prompt must be a whole number, and has a fraction",
        "tokens_prompt is NaN or an infinity",
        "tokens_prompt is beyond 64 bits",
        "tokens_prompt is below 0",
    ):
        check(says in log, f"no {says}", log)
    world.run("worker", "--drain")
    (row,) = world.summaries("total", "hour")
    equal((row["window_start"], row["requests"]), (EVENT["created_at"], len(good) + 2), "the hour")
    equal((row["tokens_prompt"], row["tokens_unknown"]), (100 * len(good), 2), "tokens")


def test_wire_formats_of_others(world):
    """Each a dead letter that says what it looks like."""
    setup(world)
    whole = encode_event({**EVENT, "categories": []})
    body, guid = whole[5:], uuid.UUID(int=7).bytes
    event = json.dumps(EVENT).encode()
    forms = {
        "Apicurio": b"\0" + struct.pack(">Q", 7) + body,
        "least significant first": b"\0" + struct.pack("<I", 7) + body,
        "Avro body alone": body,
        "its schema's id may be in a header": body,
        "by a schema's GUID": b"\1" + guid + body,
        "AWS Glue": b"\3\0" + guid + body,
        "single-object": b"\xc3\1" + struct.pack("<Q", 7) + body,
        "an Avro file": b"Obj\1" + body,
        "JSON Schema": struct.pack(">bI", 0, 90) + event,
        "Protobuf": struct.pack(">bI", 0, 90) + b"\0\x0a\1x",
        "below 0": struct.pack(">bi", 0, -1) + body,
        "CloudEvent": json.dumps({"specversion": "1.0", "id": "x", "source": "s", "type": "t", "data": EVENT}).encode(),
        "gzip": gzip.compress(body),
        "zstd": b"\x28\xb5\x2f\xfd" + body,
        "a JSON array": b"[" + event + b"]",
    }
    producer = Producer({"bootstrap.servers": world.kafka})
    for form, value in [*forms.items(), ("ours", whole)]:
        headers = [("__value_schema_id", b"\1" + guid)] if "in a header" in form else []
        producer.produce(world.topic, value, b"k", 0, headers=headers)
    equal(producer.flush(60), 0, "messages that were not delivered")
    world.run("worker", "--drain")
    letters = [json.loads(text) for text in world.run("dlq", "list", "--format", "json").out.splitlines()]
    details = {letter["record_offset"]: letter["detail"] for letter in letters}
    equal(set(details), set(range(len(forms))), "letters")
    for offset, form in enumerate(forms):
        check(f"it looks like {form}" in details[offset] or form in details[offset], form, details[offset])
    (row,) = world.summaries("total", "hour")
    equal(row["requests"], 1, "events counted")


def test_names_that_others_would_run(world):
    """CSV opens in a spreadsheet without running anything, and says the same as JSON."""
    setup(world)
    names = ['=HYPERLINK("http://x","y")', "+1", "-2+3", "@SUM(A1)", "'=1", "a;=1+1", "\x1b[31mred", "a\u009bb", "100%"]
    names += ["\uff1d1", "a\tb", "=\n1", MODEL]
    produced, _, log, _ = produce(
        world, "\n".join(line(number, model=name) for number, name in enumerate(names)).encode()
    )
    equal(produced, len(names), log)
    world.run("worker", "--drain")
    for command in (("summaries", "--window", "month"), ("top", "--window", "month"), ("catalog", "missing")):
        if command[0] != "catalog":
            command += ("--rollup", "model")
        outputs = {
            form: world.run(*command, "--format", form).out_path.read_bytes() for form in ("json", "csv", "table")
        }
        for form, data in outputs.items():
            check(all(c >= " " and not "\x7f" <= c < "\xa0" or c == "\n" for c in data.decode()), f"{command}: {form}")
        column = "model" if command[0] == "catalog" else "model_slug"
        want = sorted(json.loads(text)[column] for text in outputs["json"].splitlines())
        equal(want, sorted(names if command[0] != "catalog" else names[:-1]), f"{command}: names")
        head, *rows = csv.reader(io.StringIO(outputs["csv"].decode(), newline=""))
        cells = [row[head.index(column)] for row in rows]
        check(
            not any(cell[0] in "=+-@\uff1d" or ";" in cell for cell in cells), f"{command}: run by a spreadsheet", cells
        )
        equal(sorted(urllib.parse.unquote(cell.removeprefix("'")) for cell in cells), want, f"{command}: CSV")


if __name__ == "__main__":
    main(__file__, globals())
