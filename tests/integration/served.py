"""What `report --watch` serves to programs: figures and summaries over HTTP, read by DuckDB and by a notebook's few
lines of Python, equal to SQL over the raw events and to what the terminal prints; who may ask; and what is answered to
those who ask wrongly.
"""

import csv
import gzip
import http.client
import io
import json
import random
import signal
import urllib.error
import urllib.parse
import urllib.request

import duckdb

from harness import check, equal, main, note, seeded
from questions import QUOTIENTS, close, counted, keyed, milliseconds_to_day
from watch import get, has_page, study_of, watch

TOKEN = "a-token-of-the-tests"


def url_of(port, path, fields=()):
    return f"http://127.0.0.1:{port}{path}{'?' if fields else ''}{urllib.parse.urlencode(fields)}"


def fetch(port, path, fields=()):
    """As a notebook does it: gzip is asked for, and unpacked."""
    request = urllib.request.Request(url_of(port, path, fields), headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        body = answer.read()
        return gzip.decompress(body) if answer.headers["Content-Encoding"] == "gzip" else body


def rows_of(port, *fields):
    return json.loads(fetch(port, "/summaries", fields))


def reads_http(connection):
    """Whether this DuckDB may read over HTTP: its extension is not everywhere to be had."""
    try:
        connection.execute("LOAD httpfs")
        return True
    except duckdb.Error:
        return False


def duck_source(world, connection, port, path, fields):
    """An address for DuckDB, or a file with what it answers."""
    if reads_http(connection):
        return url_of(port, path, fields)
    file = world.folder / f"served-{len(list(world.folder.glob('served-*')))}"
    file.write_bytes(fetch(port, path, fields))
    return str(file)


def check_summaries(world, db, port):
    connection = duckdb.connect()
    note("DuckDB reads " + ("over HTTP" if reads_http(connection) else "files of the answers: no httpfs here"))
    by_author = [("rollup", "model"), ("window", "week"), ("by", "author")]
    source = duck_source(world, connection, port, "/summaries", [*by_author, ("where", "reasoning=no")])
    got = connection.execute(
        "SELECT strftime(make_timestamp(window_start * 1000), '%Y-%m-%d'), author, requests, tokens FROM "
        f"read_json('{source}') WHERE author IS NOT NULL"
    ).fetchall()
    want = db.execute(
        "SELECT week, author, count(*), sum(p + c)::BIGINT FROM event WHERE reasoning = 'no' GROUP BY ALL"
    ).fetchall()
    check(len(want) > 10, f"{len(want)} rows are too few to tell anything")
    equal(sorted(got), sorted(want), "sums by author, by read_json")
    source = duck_source(world, connection, port, "/summaries", [*by_author, ("format", "csv")])
    got = connection.execute(
        f"SELECT strftime(window_start, '%Y-%m-%d'), author, requests, tokens FROM read_csv('{source}') "
        "WHERE author IS NOT NULL"
    ).fetchall()
    want = db.execute(
        "SELECT week, author, count(*), sum(p + c)::BIGINT FROM event WHERE author IS NOT NULL GROUP BY ALL"
    ).fetchall()
    equal(sorted(got), sorted(want), "sums by author, by read_csv")
    for measure, sql in QUOTIENTS.items():
        got = keyed(rows_of(port, *by_author, ("measure", measure)), ["author"])
        want = db.execute(f"SELECT week, author, {sql} FROM event WHERE author IS NOT NULL GROUP BY ALL").fetchall()
        for week, author, value in want:
            value = None if value is None or value != value else value
            check(close(got[week, author].get(measure), value), f"{measure} of {author} in {week}")
    # Hours are no figure's, and are there all the same.
    got = {
        row["window_start"]: row["requests"]
        for row in rows_of(port, ("rollup", "total"), ("window", "hour"), ("from", "2025-11-22"))
    }
    want = dict(
        db.execute(
            "SELECT at_ms // 3600000 * 3600000, count(*) FROM event WHERE at_ms >= epoch_ms(TIMESTAMP '2025-11-22') "
            "GROUP BY 1"
        ).fetchall()
    )
    check(len(want) > 20, f"{len(want)} hours")
    equal(got, want, "requests of each hour")


def check_terminal(world, port):
    """The same rows as `gentally summaries`, whole ones and sums, in both formats."""
    for fields in (
        [("rollup", "model"), ("window", "week")],
        [("rollup", "model"), ("window", "month"), ("where", "author=openai"), ("where", "author=google")],
        [("rollup", "provider"), ("window", "week"), ("by", "provider"), ("top", "3"), ("measure", "latency_ms_p90")],
        [("rollup", "model"), ("window", "week"), ("by", "author,family"), ("limit", "2"), ("from", "2025-11-10")],
        [("rollup", "total"), ("window", "week"), ("final", "")],
        [("rollup", "model"), ("window", "week"), ("where", "author=nobody")],
    ):
        options = [f"--{name}={value}" if name != "final" else "--final" for name, value in fields]
        printed = world.run("summaries", *options, "--format", "json").out
        served = rows_of(port, *fields)
        equal(served, [json.loads(line) for line in printed.splitlines()], f"JSON of {fields}")
        text = fetch(port, "/summaries", [*fields, ("format", "csv")]).decode()
        equal(text, world.run("summaries", *options, "--format", "csv").out, f"CSV of {fields}")


def check_figures(world, port):
    document = json.loads(world.run("report", "--format", "json").out)
    listed = json.loads(fetch(port, "/figures"))
    equal([one["id"] for one in listed], [figure["id"] for figure in document["figures"]], "figures")
    for figure, one in zip(document["figures"], listed):
        equal(json.loads(fetch(port, one["json"])), figure, f"{figure['id']} as JSON")
        header, *rows = csv.reader(io.StringIO(fetch(port, one["csv"]).decode()))
        equal(header, [column["name"] for column in figure["columns"]], f"columns of {figure['id']}")
        equal(len(rows), len(figure["rows"]), f"rows of {figure['id']}")
        for got, want in zip(rows, figure["rows"]):
            check(all(is_same(*pair) for pair in zip(got, want)), f"{figure['id']}: {got}, not {want}")


def check_embedded(world, port):
    """One figure, which may stand in a frame; and the same as a file."""
    document = json.loads(world.run("report", "--format", "json").out)
    answer = get(port, "/embed/S20")
    page = answer.read().decode()
    equal((answer.status, answer.headers["X-Frame-Options"]), (200, None), "a frame")
    equal(get(port, "/").headers["X-Frame-Options"], "DENY", "the whole page")
    study = study_of(page)
    equal(study["figures"], [figure for figure in document["figures"] if figure["id"] == "S20"], "the figure")
    equal(study["header"], document["header"], "its header")
    check('class="embedded"' in page and "connect-src 'none'" in page, "it is embedded, and asks for nothing")
    equal(study_of(world.run("report", "--embed", "S20").out), study, "the file")
    for arguments in (["--embed", "S42"], ["--embed", "S20", "--format", "json"], ["--embed", "S20", "--watch"]):
        equal(world.start("report", *arguments).wait(30), 78, f"exit status of {arguments}")


def is_same(text, value):
    if value is None:
        return text == ""
    return float(text) == value if isinstance(value, (int, float)) else text == value


def check_refusals(world, port):
    model = "/summaries?rollup=model&window=week"
    for path, status, words in (
        ("/summaries", 400, "--rollup"),
        ("/summaries?rollup=model", 400, "--window"),
        ("/summaries?rollup=nothing&window=week", 400, "nothing"),
        (f"{model}&by=continent", 400, "no column 'continent'"),
        (f"{model}&where=author", 400, "want COLUMN=VALUE"),
        (f"{model}&where=nobody%3D%27%22%3Cscript%3E", 400, "no column"),
        (f"{model}&measure=latency_ms_p42", 400, "want one of tokens, cost"),
        (f"{model}&format=table", 400, "json or csv"),
        (f"{model}&format=xml", 400, "xml"),
        (f"{model}&as-of=3", 400, "no such field"),
        (f"{model}&side-by-side=1", 400, "no such field"),
        (f"{model}&rollup=total", 400, "given too often"),
        (f"{model}&limit=0", 400, "limit"),
        (f"{model}&from=yesterday", 400, "from"),
        (f"{model}&by=%00author", 400, "NUL"),
        (f"{model}{'&where=author%3Da' * 7}", 400, "given too often"),
        (f"{model}{'&x' * 40}", 400, "too many fields"),
        ("/figures/S42.json", 404, "nothing here"),
        ("/figures/S01", 404, "nothing here"),
        ("/figures/S01.json.csv", 404, "nothing here"),
        ("/figures/../summaries", 404, "nothing here"),
        ("/embed/", 404, "nothing here"),
        ("/embed/S01.json", 404, "nothing here"),
        ("/nothing", 404, "nothing here"),
    ):
        answer = get(port, path)
        text = answer.read().decode()
        equal(answer.status, status, f"status of {path}: {text}")
        check(words in text, f"{path} is answered {text!r}")
        check(answer.headers["X-Content-Type-Options"] == "nosniff", "headers")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/summaries", body=b"rollup=model")
    equal(connection.getresponse().status, 405, "a POST")


def check_noise(port):
    """Queries of any kind: an answer to each, and the next one is right."""
    seeded()
    parts = ["rollup", "window", "by", "where", "model", "week", "=", "&", "%", "%00", "%ff", "author", "'", ",", "é"]
    statuses = set()
    for _ in range(120):
        query = "".join(random.choice(parts) for _ in range(random.randrange(12)))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", urllib.parse.quote(f"/summaries?{query}", safe="/?=&%',"))
        statuses.add(connection.getresponse().status)
    check(statuses <= {200, 400, 404}, f"statuses {statuses}")
    equal(get(port, "/figures").status, 200, "afterwards")


def test_programs_read_what_is_served(world):
    db = counted(world, "hour,week,month")
    if not has_page(world):
        return
    process, port = watch(world)
    check_summaries(world, db, port)
    check_terminal(world, port)
    check_figures(world, port)
    check_embedded(world, port)
    check_refusals(world, port)
    check_noise(port)
    packed = get(port, "/figures/S20.json", **{"Accept-Encoding": "gzip"})
    equal((packed.status, packed.headers["Content-Encoding"]), (200, "gzip"), "packed")
    plain = get(port, "/figures/S20.json")
    equal(gzip.decompress(packed.read()), plain.read(), "what is packed")
    process.process.send_signal(signal.SIGTERM)
    process.succeed(20)


def test_others_say_a_token(world):
    world.start_redis()
    world.settings["GENTALLY_WINDOWS"] = "week,month"
    world.run("setup", "--partitions", 1)
    if not has_page(world):
        return
    secret = world.folder / "token"
    secret.write_text(TOKEN + "\n")
    for arguments, words in (
        (["--listen", "0.0.0.0:0"], "give --token-file"),
        (["--listen", "0.0.0.0:0", "--token-file", world.folder / "none"], "No such file"),
        (["--listen", "somewhere"], "want ADDRESS:PORT"),
        (["--listen", "127.0.0.1:0", "--port", 0], "leave --port out"),
    ):
        refused = world.start("report", "--watch", *arguments)
        equal(refused.wait(30), 78, f"exit status of {arguments}")
        check(words in refused.log, f"{arguments} says {refused.log}")
    process, port = watch(world, "--token-file", secret, "--host", "figures.example")
    basic = "Basic Om" + "EtdG9rZW4tb2YtdGhlLXRlc3Rz"  # of ":" and the token
    for path in ("/", "/figures", "/figures/S01.csv", "/summaries?rollup=total&window=week", "/nothing"):
        for headers, status in (
            ({}, 401),
            ({"Authorization": f"Bearer {TOKEN}x"}, 401),
            ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
            ({"Authorization": "Basic OnRva2Vu"}, 401),
            ({"Authorization": "Basic %%%"}, 401),
            ({"Authorization": f"Bearer {TOKEN}", "Host": "elsewhere.example"}, 403),
            ({"Authorization": f"Bearer {TOKEN}"}, None),
            ({"Authorization": basic}, None),
            ({"Authorization": basic, "Host": f"figures.example:{port}"}, None),
            ({"Authorization": basic, "Host": "FIGURES.example"}, None),
        ):
            answer = get(port, path, **headers)
            wanted = status or (404 if path == "/nothing" else 200)
            equal(answer.status, wanted, f"status of {path} with {headers}")
            if status == 401:
                check(answer.headers["WWW-Authenticate"].startswith("Basic "), "what a browser asks people by")
    process.process.send_signal(signal.SIGTERM)
    process.succeed(20)


if __name__ == "__main__":
    main(__file__, globals())
