#!/usr/bin/env python3
"""Writes the hand-made part of the corpora: tests/fuzz/corpus/<target>/<what it is>. What has a name of forty hex
digits there was found by libFuzzer instead: it reached code that nothing before it did.

    tests/fuzz/seeds.py [FOLDER]
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from model_lists import LITELLM, MODELS_DEV, OPENROUTER  # noqa: E402
from platform_records import RECORDS, protobuf  # noqa: E402

FOLDER = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "fuzz" / "corpus"


def keep(target, name, data):
    path = FOLDER / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number):
    return varint((number << 1) ^ (number >> 63) if number < 0 else number << 1)


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return zigzag(len(value)) + value


# ---- cell: the size of the first cell, the first, the second


def cell(sums=None, slots=()):
    """`sums` by index, `slots` of (id, value), rising."""
    sums = sums or {}
    count = max([i for i, value in sums.items() if value], default=-1) + 1
    out = b"\x03" + varint(count) + b"".join(varint(sums.get(i, 0)) for i in range(count)) + varint(len(slots))
    before = 0
    for slot, value in slots:
        out += varint(slot - before) + varint(value)
        before = slot
    return out


def two(one, other):
    return bytes([len(one)]) + one + other


def cells():
    usual = cell({0: 3, 1: 1200, 2: 345, 5: 77_000_000}, [(12, 1), (40, 2), (1290, 3), (3327, 1)])
    keep("cell", "two-usual-cells", two(usual, cell({0: 1, 1: 10}, [(0, 1), (40, 1), (1290, 9), (2000, 2)])))
    keep("cell", "sum-passes-63-bits", two(cell({3: 2**63 - 1}), cell({3: 1})))
    keep("cell", "sum-passes-64-bits", two(cell({3: 2**64 - 1, 25: 2**70}), cell({3: 1, 25: 2**70 - 1})))
    keep("cell", "sum-overflows", two(cell({3: 2**128 - 1}), cell({3: 1})))
    keep("cell", "sum-of-129-bits", two(cell({3: 2**128}), cell({3: 1})))
    keep("cell", "count-overflows", two(cell(slots=[(7, 2**63 - 1)]), cell(slots=[(7, 1)])))
    keep("cell", "count-of-32-bits", two(cell(slots=[(7, 2**32 - 1)]), cell(slots=[(7, 1)])))
    keep("cell", "padded-number", two(b"\x03\x06\x80\x00" + usual[3:], usual))
    keep("cell", "every-sum", two(cell({i: 1000 * i + 1 for i in range(31)}), usual))
    keep("cell", "a-sum-too-many", two(cell({31: 1}), usual))
    keep("cell", "last-sum-is-0", two(b"\x03\x02\x02\x00\x00", usual))
    keep("cell", "slots-do-not-rise", two(cell(slots=[(5, 1)])[:-3] + b"\x02\x05\x01\x00\x01", usual))
    keep("cell", "one-byte-short", two(usual, usual[:-1]))
    keep("cell", "other-version", two(usual, b"\x02" + usual[1:]))


# ---- row_key: rollups, a newline, a key


def row_keys():
    usual = "total=,model=model,provider=provider+model,all=model+provider+country+language"
    keep("row_key", "model", usual + "\nmodel|openai/gpt-4o")
    keep("row_key", "provider-and-model", usual + "\nprovider|azure|openai/gpt-4o:free")
    keep("row_key", "total", usual + "\ntotal")
    keep("row_key", "escapes-and-absent-values", usual + "\nall|a%7Cb%25%00%1F||DE|en")
    keep("row_key", "escape-of-what-needs-none", usual + "\nmodel|%41")
    keep("row_key", "lower-case-escape", usual + "\nmodel|%7c")
    keep("row_key", "too-few-values", usual + "\nprovider|azure")
    keep("row_key", "no-total", "model=model\nmodel|a/b")
    keep("row_key", "dimension-twice", "total=,x=model+model\nx|a|b")
    keep("row_key", "five-dimensions", "total=,x=model+provider+country+language+tag\ntotal")
    keep("row_key", "longest-key", usual + "\nmodel|" + "%00" * 256)
    keep("row_key", "too-long-key", usual + "\nall|" + "%00" * 1020)
    keep("row_key", "every-dimension", "total=,a=category+tag,b=finish_reason,c=app\nb|stop")
    keep("row_key", "apps", "total=,c=app+model,d=app\nc|my app|a/b")


# ---- json_read: one line


def json_read():
    keep("json_read", "smallest", '{"id":"a","created_at":0,"model":"m","tokens_prompt":1,"tokens_completion":2}')
    keep(
        "json_read",
        "every-field",
        '{"id":"gen-1","created_at":"2025-11-17T10:20:30.456Z","model":"openai/gpt-4o:free","provider":"azure",'
        '"account":"acc","app":"app","country":"DE","language":"en","tokens_prompt":100,"tokens_completion":50,'
        '"tokens_reasoning":20,"tokens_cached":10,"tokens_cache_write":30,"cost_usd":"0.0125","is_byok":true,'
        '"is_free":false,"is_gateway_cache_hit":true,"streamed":true,'
        '"cancelled":false,"finish_reason":"stop","tools_offered":true,"latency_ms":1200,"first_token_ms":null,'
        '"generation_ms":900,"classified":true,"categories":[{"path":"/Computers/Programming","confidence":0.75},'
        '{"path":"/Games","confidence":1}],"op":"create"}',
    )
    small = '"id":"a","created_at":0,"model":"m","tokens_prompt":1,"tokens_completion":2'
    keep("json_read", "nano-usd", "{" + small + ',"cost_nano_usd":9223372036854775807}')
    keep("json_read", "nothing-known", "{" + small.replace("1,", "null,").replace(":2", ":null") + ',"cost_usd":null}')
    keep("json_read", "the-number-of-unknown", "{" + small + ',"cost_nano_usd":-9223372036854775808}')
    keep("json_read", "both-costs", "{" + small + ',"cost_nano_usd":1,"cost_usd":"1"}')
    keep("json_read", "dollars-too-large", "{" + small + ',"cost_usd":"9223372036.854775808"}')
    keep("json_read", "dollars-with-zeros", "{" + small + ',"cost_usd":"1.000000001000"}')
    keep("json_read", "escapes", "{" + small.replace('"a"', '"\\u00e9\\ud83d\\ude00\\\\\\"\\n"') + "}")
    keep("json_read", "nul-in-text", "{" + small.replace('"a"', '"\\u0000"') + "}")
    keep("json_read", "lone-surrogate", "{" + small.replace('"a"', '"\\ud83d"') + "}")
    keep("json_read", "not-utf8", b"{" + small.encode().replace(b'"a"', b'"\xc0\x80"') + b"}")
    keep("json_read", "field-twice", "{" + small + ',"model":"n"}')
    keep("json_read", "unknown-field", "{" + small + ',"tokens_promt":1}')
    keep("json_read", "array", "[" + "[" * 100 + "]" * 100 + "]")
    keep("json_read", "blank", "   ")
    keep("json_read", "amend", "{" + small + ',"op":"amend"}')
    keep("json_read", "time-with-offset", "{" + small.replace(":0,", ':"2024-02-29T23:59:60+05:30",') + "}")
    keep(
        "json_read",
        "33-labels",
        "{" + small + ',"categories":[' + ",".join(['{"path":"/","confidence":0}'] * 33) + "]}",
    )
    keep("json_read", "confidence", "{" + small + ',"categories":[{"path":"/","confidence":1e-320}]}')


# ---- schema: one .avsc

NEEDED = (
    '{"name":"id","type":"string"},{"name":"created_at","type":"long"},{"name":"model","type":"string"},'
    '{"name":"tokens_prompt","type":"long"},{"name":"tokens_completion","type":"long"}'
)


def record(fields):
    return '{"type":"record","name":"G","namespace":"a.b","fields":[' + fields + "]}"


EVERY_KIND = (
    '{"name":"tree","type":{"type":"record","name":"T","fields":['
    '{"name":"kids","type":{"type":"array","items":"T"}},{"name":"nothing","type":{"type":"array","items":"null"}},'
    '{"name":"more","type":{"type":"map","values":["null","T","bytes","double","float","int",'
    '{"type":"fixed","name":"F","size":5},{"type":"enum","name":"E","symbols":["A","B"]}]}}]}},'
    '{"name":"id","type":["string","bytes","null"]},'
    '{"name":"created_at","type":{"type":"long","logicalType":"timestamp-micros"}},{"name":"model","type":"bytes"},'
    '{"name":"tokens_prompt","type":"int"},{"name":"tokens_completion","type":["null","int","long"]},'
    '{"name":"categories","type":["null",{"type":"array","items":["null",{"type":"record","name":"L","fields":['
    '{"name":"confidence","type":["int","long","double","float"]},{"name":"path","type":["null","string"]}]}]}]},'
    '{"name":"op","type":{"type":"enum","name":"O","symbols":["x","create","amend"]}}'
)


def schemas():
    for name in ("generation", "generation.1", "summary", "ledger"):
        keep("schema", "bundled-" + name, (ROOT / "schemas" / (name + ".avsc")).read_bytes())
    keep("schema", "only-what-is-needed", record(NEEDED))
    keep("schema", "every-kind", record(EVERY_KIND))
    keep("schema", "a-field-is-missing", record(NEEDED.replace('"id"', '"idd"')))
    keep("schema", "wrong-type", record(NEEDED.replace('"long"', '"double"')))
    keep("schema", "holds-itself", '{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}')
    keep("schema", "nested-too-deep", '{"type":"array","items":' * 40 + '"int"' + "}" * 40)
    keep("schema", "nested-arrays-of-json", "[" * 2000)
    keep("schema", "union-in-union", '["null",["int"]]')
    keep("schema", "two-of-one-name", '["null",{"type":"fixed","name":"F","size":1},{"type":"enum","name":"F"}]')
    keep(
        "schema",
        "names-of-one-space",
        record(
            '{"name":"a","type":{"type":"fixed","name":"c.F","size":0}},'
            '{"name":"b","type":"c.F"},{"name":"c","type":["a.b.G","null"]}'
        ),
    )
    keep("schema", "a-word", '"string"')
    keep("schema", "huge-fixed", record(NEEDED + ',{"name":"x","type":{"type":"fixed","name":"F","size":2147483647}}'))
    keep(
        "schema",
        "local-time",
        record(NEEDED.replace('"long"', '{"type":"long","logicalType":"local-timestamp-millis"}')),
    )
    keep("schema", "type-of-type", '{"type":{"type":{"type":"string"}}}')
    keep("schema", "aliases", record(NEEDED.replace("model", "model_slug") + ',{"name":"model","type":"null"}'))


# ---- tables: which (0 csv, 1 catalog, 2 taxonomy, 3 countries), the file

CATALOG = "slug,author,country,open_weights,params_b,active_params_b,reasoning,released,prompt_usd_per_mtok,"
CATALOG += "completion_usd_per_mtok,valid_from,aliases\n"


def tables():
    keep("tables", "csv-quotes", b'\x00a,b\n"x ""y"", z","two\nlines"\n# a comment\n\n,\n')
    keep("tables", "csv-mark-and-crlf", b"\x00\xef\xbb\xbfa,b\r\n1,2\r\n\r\n3,4")
    keep("tables", "csv-open-quote", b'\x00a,b\n"x,2\n')
    keep("tables", "csv-quote-within", b'\x00a,b\nx"y,2\n')
    keep("tables", "csv-too-wide", b"\x00" + b",".join(b"%d" % i for i in range(33)) + b"\n")
    keep("tables", "csv-column-twice", b"\x00a,a\n1,2\n")
    keep("tables", "csv-nul", b"\x00a,b\n\x00,2\n")
    row = "openai/gpt-4o,openai,US,0,,,no,2024-05-13,2.5,10,,openai/gpt-4o-2024-05-13 openai/gpt-latest\n"
    keep("tables", "catalog-usual", "\x01" + CATALOG + row + "qwen/q,,CN,1,72.7,9,always,,0.1,0.2,,\n")
    keep("tables", "catalog-newer-row", "\x01" + CATALOG + row + row.replace(",10,,", ",10,2025-01-31,"))
    keep("tables", "catalog-slug-twice", "\x01" + CATALOG + row + row)
    keep("tables", "catalog-alias-is-slug", "\x01" + CATALOG + row + "openai/gpt-latest,,,,,,,,,,,\n")
    keep("tables", "catalog-bad-number", "\x01" + CATALOG + row.replace("2.5", "2.5e3"))
    keep(
        "tables",
        "catalog-columns-turned",
        "\x01" + "aliases," + CATALOG.replace(",aliases", "") + "," + row.split(",openai/gpt")[0][:-1] + "\n",
    )
    usual = (
        "pattern,tag,category,origin,note\n/,other,other,,\n/A,a,letters,,\n/A/B,b,letters,,\n/A B & C,c,letters,,\n"
    )
    keep("tables", "taxonomy-usual", "\x02" + usual)
    keep("tables", "taxonomy-path-asked-for", "\x02" + usual + "# /A/B/C//D")
    keep("tables", "taxonomy-tag-of-two", "\x02" + usual + "/D,a,others,,\n")
    keep(
        "tables",
        "taxonomy-buckets",
        "\x02pattern,tag,bucket,category,origin,note\n/A,a,,letters,,\n/B,b,other,letters,,\n",
    )
    keep("tables", "taxonomy-no-path", "\x02" + usual + "/D//E,a,letters,,\n")
    keep("tables", "countries-usual", "\x03code,name,continent\nDE,Germany,Europe\nAQ,Antarctica,\nXK,Kosovo,Europe\n")
    keep("tables", "countries-code-twice", "\x03continent,code\nEurope,DE\nAsia,DE\n")
    keep("tables", "countries-lower-case", "\x03code,continent\nde,Europe\n")
    for which, name in enumerate(("catalog", "taxonomy", "countries"), 1):
        lines = (ROOT / "schemas" / (name + ".csv")).read_text().splitlines(keepends=True)
        rows = [line for line in lines if not line.startswith("#") and line.strip()]
        keep("tables", name + "-first-rows-bundled", chr(which) + "".join(rows[:12]))


# ---- config: where from (0 file, 1 environment, 2 arguments), lines


def configs():
    keep(
        "config",
        "file-usual",
        "\x00# a comment\nkafka_bootstrap_servers = a:9092,b:9092\nredis_url = redis://me@host:6380/3\n"
        "redis_password = s3cret\ntopic=t\n\nwindows = hour,month\nrollups = total=,model=model\nlog_level = debug\n"
        "idle_ms = 1000\nkafka.security.protocol = SASL_SSL\nkafka.sasl.password = p\n",
    )
    keep("config", "file-no-newline", b"\x00topic = t")
    keep("config", "file-unknown-key", "\x00topik = t\n")
    keep("config", "file-no-equals", "\x00topic t\n")
    keep("config", "file-out-of-range", "\x00flush_rows_max = 65537\n")
    keep("config", "file-too-large-number", "\x00idle_ms = 99999999999999999999\n")
    keep("config", "file-owned", "\x00kafka.group.id = x\n")
    keep("config", "file-loud", "\x00kafka.debug = broker,msg\n")
    keep("config", "file-secret-in-url", "\x00redis_url = redis://u:p@h\n")
    keep("config", "file-socket", "\x00redis_url = unix://me@/run/redis.sock?db=2\n")
    keep("config", "file-secret-file", "\x00redis_password_file = /dev/null\nkafka.ssl.key.password_file = /nowhere\n")
    keep(
        "config", "file-secrets", "\x00registry_user = u\nregistry_password = p\nregistry_token = t\naccount_key = k\n"
    )
    keep("config", "file-long-line", "\x00catalog = " + "x" * 1300 + "\n")
    keep("config", "file-longest-value", "\x00catalog = " + "x" * 1023 + "\n")
    keep("config", "file-nul", b"\x00topic = a\x00b\n")
    keep("config", "file-value-like-comment", "\x00catalog = # not a comment = 1\n")
    keep("config", "file-no-windows", "\x00windows = hour,hour\n")
    keep("config", "file-65-properties", "\x00" + "".join("kafka.p%d = 1\n" % i for i in range(65)))
    keep(
        "config",
        "environment-usual",
        "\x01HOME=/\nGENTALLY_REDIS_URL=redis://h\nGENTALLY_KAFKA_SASL_PASSWORD=p\n"
        "GENTALLY_KAFKA_BOOTSTRAP_SERVERS=h:1\nGENTALLY_FLUSH_ROWS_MAX=64\nGENTALLY_CONFIG=/nowhere\n",
    )
    keep("config", "environment-unknown", "\x01GENTALLY_TOPIK=t\n")
    keep("config", "environment-of-kubernetes", "\x01GENTALLY_REDIS_PORT=tcp://1.2.3.4:6379\nGENTALLY_SERVICE_HOST=h\n")
    keep("config", "environment-both", "\x01GENTALLY_REDIS_PASSWORD=p\nGENTALLY_REDIS_PASSWORD_FILE=/dev/null\n")
    keep("config", "environment-long-name", "\x01GENTALLY_KAFKA_" + "A" * 200 + "=1\n")
    keep(
        "config",
        "arguments-usual",
        "\x02--topic\nt\n--redis-url=redis://h\n--kafka.client.rack=r\n--drain\n--limit=3\nFILE\n",
    )
    keep("config", "arguments-unknown", "\x02--topik=t\n")
    keep("config", "arguments-no-value", "\x02--topic\n--drain\n")
    keep("config", "arguments-one-too-many", "\x02a\nb\n")
    keep("config", "arguments-file", "\x02--config=/nowhere\n")


# ---- ledger: what (0 a ledger's body, 1 a summary's, 2 and 3 all of a message, 4 entries of what was published), bytes

HOUR = 3600000
NOON = 1763380800000  # 2025-11-17T12:00:00Z


def ledger_body(partitions, tables="catalog=1a2b3c4d countries=5e6f7a8b taxonomy=9c0d1e2f"):
    out = text("hour") + zigzag(NOON) + zigzag(NOON + HOUR) + text("on_time") + zigzag(1) + zigzag(1) + zigzag(3)
    out += zigzag(1 << 50 | 3 << 2 | 1) + zigzag(42) + text(tables)
    if partitions:
        out += zigzag(len(partitions))
    for number, watermark, outcomes, *stop in partitions:
        out += zigzag(number) + text("0123456789abcdef" * 2) + zigzag(0) + zigzag(sum(outcomes))
        out += zigzag(0) if watermark is None else zigzag(1) + zigzag(watermark)
        out += zigzag(7) + zigzag(sum(outcomes)) + b"".join(zigzag(outcome) for outcome in outcomes)
        out += zigzag(1) + text(stop[0]) + zigzag(1) + zigzag(stop[1]) if stop else zigzag(0) * 2
        out += b"\x01" if stop and stop[2] else b"\x00"
        out += zigzag(0) if watermark is None else zigzag(1) + zigzag(sum(outcomes) + 9)
    return out + zigzag(0)


FIELDS = [field["name"] for field in json.loads((ROOT / "schemas" / "summary.avsc").read_text())["fields"]]
MEASURES = FIELDS[FIELDS.index("requests") : FIELDS.index("latency_ms_p50")]
QUANTILES = 15


def exact_quantiles(buckets):
    """Of values below 16, which are buckets of their own."""
    values = [floor for floor, count in buckets for _ in range(count)]
    return [values[-(-len(values) * percent // 100) - 1] for percent in (50, 90, 99)]


def summary_body(columns, buckets=(), accounts=None, age=None, is_suppressed=False):
    out = text("model") + text("hour") + zigzag(NOON) + zigzag(NOON + HOUR)
    for column in columns:
        out += zigzag(0) if column is None else zigzag(1) + text(column)
    out += zigzag(0) if age is None else zigzag(1) + zigzag(age)
    out += zigzag(1) + text("openai/gpt-4o") + zigzag(0) * 5
    if is_suppressed:
        out += zigzag(0) * (len(MEASURES) + QUANTILES)
    else:
        out += b"".join(zigzag(1) + zigzag(measure * 1000) for measure in range(len(MEASURES)))
    for histogram in range(0 if is_suppressed else 5):
        if buckets and histogram % 2 == 0:
            out += b"".join(zigzag(1) + zigzag(value) for value in exact_quantiles(buckets))
        else:
            out += zigzag(0) * 3
    for histogram in range(5):
        if buckets and histogram % 2 == 0:
            out += zigzag(len(buckets)) + b"".join(zigzag(floor) + zigzag(count) for floor, count in buckets)
        out += zigzag(0)
    out += zigzag(0) if accounts is None else zigzag(1) + zigzag(accounts)
    out += text("on_time") + zigzag(1) + zigzag(1) + zigzag(0) + zigzag(1 << 50 | 1)
    return out + text("catalog=1 countries=2 taxonomy=3") + (b"\x01" if is_suppressed else b"\x00")


SUMMARY_JSON = (
    '{"breakdown":"model","granularity":"hour","window_start":%d,"window_end":%d,"model_slug":"a/b","age":3,%s,'
    '"latency_ms_p50":5,"latency_ms_p90":5,"latency_ms_p99":5,"latency_ms_histogram":[{"at_least":5,"requests":2}],'
    '"first_token_ms_histogram":[],"tokens_per_second_histogram":[],"tokens_prompt_histogram":[],'
    '"tokens_total_histogram":[],"pane":"on_time","pane_number":1,"generation":1,"revision":0,'
    '"version":1125899906842625,"tables_version":"catalog=1","suppressed":false}'
)


def ledgers():
    usual = ledger_body([(0, NOON, [5, 1, 0, 2, 1, 3]), (1, None, [0] * 6)])
    keep("ledger", "ledger-usual", b"\x00" + usual)
    stopped = ledger_body([(0, NOON, [5, 1, 0, 2, 1, 0], "SOURCE-GAP", 9, False), (1, None, [0] * 6, "X", 0, True)])
    keep("ledger", "ledger-stopped", b"\x00" + stopped)
    keep("ledger", "ledger-stopped-nowhere", b"\x00" + stopped.replace(b"SOURCE-GAP\x02\x12", b"SOURCE-GAP\x00"))
    keep("ledger", "ledger-of-nothing", b"\x00" + ledger_body([]))
    keep("ledger", "ledger-framed", b"\x02\x00\x00\x00\x00\x07" + usual)
    keep("ledger", "ledger-other-id", b"\x02\x00\x00\x00\x00\x03" + usual)
    keep("ledger", "ledger-cut-short", b"\x00" + usual[:-3])
    keep("ledger", "ledger-one-byte-more", b"\x00" + usual + b"\x00")
    keep(
        "ledger", "ledger-nul-in-text", b"\x00" + ledger_body([(0, NOON, [1] * 6)]).replace(b"01234567", b"0123\x00567")
    )
    keep("ledger", "ledger-padded-number", b"\x00" + b"\x88\x00" + usual[1:])
    keep("ledger", "ledger-claims-too-much", b"\x00" + usual[:40] + zigzag(2**62))
    columns = ["openai/gpt-4o", "openai", "closed"] + [None] * 10
    keep("ledger", "summary-usual", b"\x01" + summary_body(columns, [(0, 1), (5, 7)], 17, 12))
    keep("ledger", "summary-without-accounts", b"\x01" + summary_body(columns, [(0, 1)]))
    keep("ledger", "summary-empty-text", b"\x01" + summary_body([""] + [None] * 12))
    keep("ledger", "summary-framed", b"\x03\x00\x00\x00\x00\x06" + summary_body(columns))
    keep("ledger", "summary-suppressed", b"\x01" + summary_body(columns, is_suppressed=True))
    sums = ",".join(f'"{name}":{place * 1000}' for place, name in enumerate(MEASURES))
    keep("ledger", "summary-json", "\x03" + SUMMARY_JSON % (NOON, NOON + HOUR, sums))
    entry = bytes([0, 100, 20, 1, 1, 0, 1, 0]) + b"abcd"
    keep("ledger", "published-one-window-twice", b"\x04" + entry + entry[:6] + b"\x02\x00efgh")
    keep(
        "ledger",
        "published-falling-windows",
        b"\x04" + b"".join(bytes([i % 4, 200 - i]) + entry[2:] for i in range(40)),
    )


# ---- replies: which verb, 0 after a proper greeting or 1 before it, 2 and 3 of a cluster, what the connections say

CREATE, CLAIM, STATE, FLUSH, WINDOWS, SNAPSHOT, SEAL, COLLECT, APPLY, VIEW = range(10)
INFO = "# Server\r\nredis_version:7.2.1\r\nloading:0\r\nmaxmemory_policy:noeviction\r\n"


def resp(value):
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(resp(item) for item in value)
    if isinstance(value, Exception):
        return b"-" + str(value).encode() + b"\r\n"
    value = value.encode() if isinstance(value, str) else value
    return b"$%d\r\n%s\r\n" % (len(value), value)


def replies():
    def session(name, verb, *connections, greeting=0):
        said = b"\n----\n".join(b"".join(resp(reply) for reply in connection) for connection in connections)
        keep("replies", name, bytes([verb, greeting]) + said)

    # As state_of() in store.lua: names and offsets, outcomes, floors, what is wrong with it, its journal and pairs.
    state = ["0123456789abcdef" * 2, "fedcba9876543210" * 2, "0", "12345", str(NOON), "0"]
    state += ["12344 %d fedcba9876543210" % NOON] + ["1"] * 6 + [""] * 4 + [""] * 5 + ["1", "1", "1", "0"]
    # An entry of the journal: one record in the hour, in one row.
    one = cell({0: 1})
    row = b"\x01" + zigzag(3600000) + b"\x01" + varint(5) + b"total" + varint(len(one)) + one
    entry = b"\x01" + varint(100) + varint(1) + b"\x00" + zigzag(3600000) + varint(1) + varint(1) + row
    usual = cell({0: 3, 1: 1200}, [(12, 1), (1290, 3)])
    clock = "# Server\r\nredis_version:7.2.1\r\nserver_time_usec:%d\r\n"
    now = clock % (1000 * NOON)
    session("create", CREATE, [["OK"], now, ["OK"]])
    session("create-exists", CREATE, [["OK"], now, ["EXISTS"]])
    session("create-torn", CREATE, [["OK"], now, ["TORN"]])
    session("create-in-the-year-10889", CREATE, [["OK"], clock % (1000 << 48), ["OK"]])
    session("create-without-a-clock", CREATE, [["OK"], clock % 0, ["OK"]])
    session("no-functions", CREATE, [RuntimeError("ERR Function not found")])
    session("claim", CLAIM, [["OK", state]])
    session("claim-missing", CLAIM, [["MISSING"]])
    session("claim-tainted", CLAIM, [["TAINTED", "NOPERM this user"]])
    session("claim-lost-once", CLAIM, [], [["OK", state]])
    session("claim-short-state", CLAIM, [["OK", state[:-1]]])
    session("claim-long-token", CLAIM, [["OK", [state[0], "t" * 48] + state[2:]]])
    session("claim-no-number", CLAIM, [["OK", state[:3] + ["12x"] + state[4:]]])
    session("claim-holes", CLAIM, [["OK", [None] * 16]])
    session("claim-anchor-of-no-record", CLAIM, [["OK", state[:6] + ["12344 x"] + state[7:]]])
    session("claim-no-anchor", CLAIM, [["OK", state[:6] + [""] + state[7:]]])
    session("claim-denied", CLAIM, [["DENIED", "HSET"]])
    session("state", STATE, [["OK", state]])
    session("state-numbers-for-texts", STATE, [["OK", [1] * 16]])
    session("flush", FLUSH, [["OK"], ["OK"]])
    session("flush-found-again", FLUSH, [["ALREADY"], ["OK"]])
    session("flush-fenced", FLUSH, [["FENCED", "9", "token"], ["OK"]])
    session("flush-rolled-back", FLUSH, [["FENCED", "5", "token"], ["INCARNATION", "b"]])
    session("flush-torn", FLUSH, [["TORN", "hour:0"], ["COLLECTED", "hour:0"]])
    session("flush-busy", FLUSH, [RuntimeError("LOADING Redis is loading"), ["OK"]])
    session("flush-lost", FLUSH, [["OK"]], [["ALREADY"], ["OK"]])
    session("flush-read-only", FLUSH, [["OK"], RuntimeError("READONLY")], [["OK"]])
    session("windows", WINDOWS, [["hour:0", "3", "day:%d" % NOON, "4"]])
    session("windows-more-than-room", WINDOWS, [["hour:%d" % i if i % 2 == 0 else "1" for i in range(20)]])
    session("windows-odd", WINDOWS, [["hour:0", "3", "day:0"]])
    session("windows-no-list", WINDOWS, ["hour:0"])
    session("windows-unheard-of", WINDOWS, [["year:0", "3"]])
    cells = ["__n", "3", "total", usual, "model|a/b", usual]
    session("snapshot", SNAPSHOT, [["OK", state, "3", "3", "", cells]])
    session("snapshot-of-nothing", SNAPSHOT, [["OK", state, "0", "0", "", []]])
    session("snapshot-torn", SNAPSHOT, [["TORN", "hour:3600000"]])
    session("snapshot-damaged-cell", SNAPSHOT, [["OK", state, "3", "3", "", ["__n", "3", "total", usual[:-1]]]])
    session("snapshot-passes-63-bits", SNAPSHOT, [["OK", state, "3", "3", "", ["total", cell({0: 2**63 - 1})] * 2]])
    session("snapshot-with-a-tail", SNAPSHOT, [["OK", state, "4", "3", "0", cells], [entry]])
    session("snapshot-of-a-tail-alone", SNAPSHOT, [["OK", state, "1", "0", "0", []], [entry]])
    session("snapshot-whose-tail-is-gone", SNAPSHOT, [["OK", state, "4", "3", "0", cells], [None]] * 3)
    large, portions = ["OK", state, "3", "3", "", 3], [["7", ["__n", "3", "total", usual]], ["0", ["model|a/b", usual]]]
    session("snapshot-in-portions", SNAPSHOT, [large, *portions, large])
    session("snapshot-that-grows", SNAPSHOT, [large, *portions, ["OK", state, "4", "4", "", 3]] * 3)
    session(
        "snapshot-of-two-connections", SNAPSHOT, [large, portions[0]], [portions[1], large, large, *portions, large]
    )
    session("snapshot-damaged-portion", SNAPSHOT, [large, ["0", ["__n"]]])
    session("snapshot-cursor-too-long", SNAPSHOT, [large, ["9" * 24, []]])
    session("snapshot-of-a-negative-size", SNAPSHOT, [["OK", state, "3", "3", "", -5]])
    there, alone = ["hour:3600000", "1", "day:0", "4"], ["hour:3600000", "0 0"]
    session("view", VIEW, [["OK", state, there, alone], [entry], ["OK", state, there, alone]])
    session("view-then-cells", VIEW, [["OK", state, there, ["hour:3600000", "0 1"]], [entry]])
    session("view-of-no-window", VIEW, [["OK", state, [], []], ["OK", state, [], []]])
    session("view-of-few", VIEW, [["OK", state], ["OK", state]])
    session("view-of-other-records", VIEW, [["OK", state, ["hour:3600000", "2"], alone], [entry]])
    session("view-whose-entry-is-gone", VIEW, [["OK", state, there, alone], [None]])
    session("view-damaged-entry", VIEW, [["OK", state, there, alone], [entry[:-1]]])
    session("view-odd-lists", VIEW, [["OK", state, there[:-1], alone[:-1]], [entry]])
    session("view-of-two-connections", VIEW, [["OK", state, there, alone]], [[entry], ["OK", state, there, alone]])
    session("apply", APPLY, [["OK", "1", "1", alone], [entry], [None], ["OK"]])
    session("seal", SEAL, [["OK"]])
    session("seal-grew", SEAL, [["CHANGED", "hour:0"]])
    session("collect", COLLECT, [["OK"]])
    session("old-redis", CLAIM, [INFO.replace("7.2.1", "6.2.1")], greeting=1)
    session("evicting-redis", CLAIM, [INFO.replace("noeviction", "allkeys-lru")], greeting=1)
    session("loading-redis", CLAIM, [INFO.replace("loading:0", "loading:1")], greeting=1)
    session("good-greeting", CLAIM, [INFO, ["OK", state]], greeting=1)
    session("no-password", CLAIM, [RuntimeError("NOAUTH Authentication required.")], greeting=1)
    session("greets-with-a-number", CLAIM, [7], greeting=1)
    # The keys of partition 1 are the first primary's, of 0 the second's, of 2 the third's.
    session("cluster-claim", CLAIM, [7], [7], [["OK", state]], greeting=2)
    session("cluster-create", CREATE, [["OK"], ["OK"]], [["OK"]], [["OK"], now], greeting=2)
    session("cluster-flush", FLUSH, [["OK"]], [["OK"]], [7], greeting=2)
    session("cluster-flush-lost", FLUSH, [["ALREADY"]], [], [7], [["OK"]], greeting=2)
    session("cluster-view", VIEW, [7], [["OK", state], ["OK", state, "0", "0", "", []]], [7], greeting=2)
    for name in ("MOVED 5 a:1", "MOVED 5 d:9", "MOVED x", "ASK 5 c:3", "ASK 5 d:9", "ASK 5", "TRYAGAIN", "CLUSTERDOWN"):
        for number in (1, 2):
            nodes = [[RuntimeError(name), ["OK"]] if number == node else [["OK"], ["OK"]] for node in (1, 2, 3)]
            session(
                f"cluster-{name.lower().replace(' ', '-').replace(':', '-')}-{number}",
                FLUSH,
                *nodes,
                [["OK"]],
                greeting=2,
            )
    slots = [[0, 9999, ["a", 1, "id"], ["b", 2, "id"]], [10000, 16383, [None, 3, "id"]]]
    clustered = INFO + "role:master\r\ncluster_enabled:1\r\n"
    session(
        "cluster-greets",
        CLAIM,
        [clustered, slots],
        [clustered, "OK", "\ncluster_my_epoch:7\r\n", ["OK", state]],
        greeting=3,
    )
    session("cluster-that-is-none", CLAIM, [INFO], [INFO], greeting=3)
    session("cluster-without-slots", CLAIM, [clustered, []], [clustered, "OK", 7], greeting=3)
    keep("replies", "not-resp", b"\x01\x01HTTP/1.1 400 Bad Request\r\n\r\n")
    keep("replies", "nested-eight-deep", b"\x01\x00" + b"*1\r\n" * 9 + b":1\r\n")
    keep("replies", "negative-length", b"\x01\x00*2\r\n$-2\r\n*-1\r\n")
    keep("replies", "cut-in-a-text", b"\x04\x00*2\r\n$6\r\nhour")


# ---- decode: by which schema, what it is made of, the body


def event_body(**fields):
    """By the bundled schema."""

    def optional(name, write):
        return zigzag(0) if fields.get(name) is None else zigzag(1) + write(fields[name])

    texts = ("provider", "account", "app", "country", "language")
    longs = ("tokens_reasoning", "tokens_cached", "tokens_cache_write")
    out = text(fields.get("id", "gen-1")) + zigzag(fields.get("created_at", NOON)) + text(fields.get("model", "a/b"))
    out += b"".join(optional(name, text) for name in texts)
    for name in ("tokens_prompt", "tokens_completion"):
        out += optional(name, zigzag) if name in fields else zigzag(1) + zigzag(20)
    out += b"".join(zigzag(fields.get(name, 7)) for name in longs)
    cost = fields.get("cost_nano_usd", 7)  # whose union has null second
    out += zigzag(1) if cost is None else zigzag(0) + zigzag(cost)
    out += bytes(fields.get("flags", [0, 1, 0, 1, 0])) + optional("finish_reason", text) + b"\x00"
    out += b"".join(optional(name, zigzag) for name in ("latency_ms", "first_token_ms", "generation_ms")) + b"\x01"
    paths = fields.get("paths", ())
    if paths:
        out += zigzag(len(paths)) + b"".join(text(path) + b"\x00\x00\x40\x3f" for path in paths)
    return out + b"\x00" + zigzag(fields.get("op", 0))


def decodes():
    usual = event_body(provider="azure", country="DE", finish_reason="stop", latency_ms=1200, paths=["/A/B", "/C"])
    keep("decode", "empty-message", b"\x00")
    keep("decode", "bundled-usual", b"\x00" + usual)
    keep("decode", "bundled-bare", b"\x00" + event_body())
    keep("decode", "bundled-cut-short", b"\x00" + usual[:-2])
    keep("decode", "bundled-one-byte-more", b"\x00" + usual + b"\x00")
    keep("decode", "bundled-boolean-7", b"\x00" + event_body(flags=[0, 7, 0, 0, 0]))
    keep("decode", "bundled-not-utf8", b"\x00" + event_body(id=b"\xed\xa0\x80"))
    keep("decode", "bundled-nul-in-text", b"\x00" + event_body(id=b"a\x00b"))
    keep("decode", "bundled-enum-99", b"\x00" + event_body(op=99))
    keep("decode", "bundled-enum-beyond-32-bits", b"\x00" + event_body(op=2**32 + 1))
    keep("decode", "bundled-claims-256-mb", b"\x00" + zigzag(2**28))
    keep("decode", "bundled-largest-numbers", b"\x00" + event_body(tokens_prompt=2**63 - 1, tokens_cached=-(2**63)))
    unknown = event_body(tokens_prompt=None, tokens_completion=None, cost_nano_usd=None)
    keep("decode", "bundled-nothing-known", b"\x00" + unknown)
    least = event_body(tokens_prompt=-(2**63), tokens_completion=-(2**63), cost_nano_usd=-(2**63))
    keep("decode", "bundled-the-number-of-unknown", b"\x00" + least)
    keep("decode", "bundled-padded-number", b"\x00" + usual.replace(zigzag(7), b"\x8e\x00"))
    keep("decode", "bundled-eleven-bytes", b"\x00" + text("a") + b"\xff" * 10 + b"\x01")
    keep("decode", "bundled-33-labels", b"\x00" + event_body(paths=["/x"] * 33))
    keep("decode", "bundled-32-labels", b"\x00" + event_body(paths=["/x"] * 32))
    block = usual.index(zigzag(2) + text("/A/B"))
    labels = usual[block + 1 : -2]
    keep(
        "decode",
        "bundled-block-with-size",
        b"\x00" + usual[:block] + zigzag(-2) + zigzag(len(labels)) + labels + usual[-2:],
    )
    keep(
        "decode",
        "bundled-block-of-wrong-size",
        b"\x00" + usual[:block] + zigzag(-2) + zigzag(len(labels) - 1) + labels + usual[-2:],
    )
    keep("decode", "bundled-blocks-without-end", b"\x00" + usual[:block] + zigzag(-(2**63)) * 2)

    label = zigzag(1) + zigzag(2) + bytes(6) + b"\xe8\x3f" + zigzag(1) + text("/p")  # 0.75, as a double
    head = zigzag(0) + text("id") + zigzag(NOON * 1000 + 999) + text("m") + zigzag(5) + zigzag(1) + zigzag(-3)
    tail = head + zigzag(1) + zigzag(1) + label + zigzag(0) + zigzag(1)
    leaf = b"\x00\x00\x00"
    keep("decode", "every-kind-usual", b"\x01" + leaf + tail)
    keep("decode", "every-kind-before-1970", b"\x01" + leaf + tail.replace(zigzag(NOON * 1000 + 999), zigzag(-1)))
    keep(
        "decode",
        "every-kind-null-label",
        b"\x01" + leaf + head + zigzag(1) + zigzag(2) + label + b"\x00\x00" + zigzag(1),
    )
    deep = b"\x02" * 40 + leaf + b"\x00\x00\x00" * 40
    keep("decode", "every-kind-nested-40", b"\x01" + deep + tail)
    keep("decode", "every-kind-nested-without-end", b"\x01" + b"\x02" * 2000)
    keep("decode", "every-kind-many-nothings", b"\x01\x00" + zigzag(65536) + zigzag(0) + b"\x00" + tail)
    keep("decode", "every-kind-too-many-nothings", b"\x01\x00" + zigzag(20_000_000) + b"\x00" + tail)
    keep(
        "decode",
        "every-kind-map",
        b"\x01\x00\x00"
        + zigzag(2)
        + text("k")
        + zigzag(7)
        + zigzag(1)
        + text("l")
        + zigzag(3)
        + bytes(8)
        + b"\x00"
        + tail,
    )
    for number in range(24):
        body = text("id") + zigzag(NOON) + text("m") + bytes([number % 5, 2] * 3)
        keep("decode", "made-%d" % number, b"\x02" + bytes([number, 255 - number]) + body + bytes(40))
    for number in range(12):
        entropy = bytes((number * 41 + i * i * 7) % 256 for i in range(40 + 20 * number))
        first = bytes([128 + (number + 1) % 3])
        keep("decode", "filled-%d" % number, first + bytes([number, number]) + entropy)
        keep("decode", "filled-with-nothing-%d" % number, bytes([130, number, 7 * number]))


def https():
    def request(line="GET /metrics HTTP/1.1", *headers, body=b""):
        return "".join(f"{part}\r\n" for part in (line, *headers, "")).encode("latin-1") + body

    requests = {
        "metrics": request("GET /metrics HTTP/1.1", "Host: a"),
        "metrics-old": request("GET /metrics HTTP/1.1", "Host: a", "Accept: text/plain;version=0.0.4"),
        "metrics-both": request("GET /metrics HTTP/1.1", "Host: a", "Accept: application/openmetrics-text,text/plain"),
        "readyz": request("GET /readyz HTTP/1.0"),
        "livez-query": request("GET /livez?a=b&c HTTP/1.1", "Host: a", "Connection: close"),
        "head": request("HEAD /metrics HTTP/1.1", "Host: a"),
        "nowhere": request("GET /%2e%2e/%00metrics HTTP/1.1", "Host: a"),
        "absolute": request("GET http://a/metrics HTTP/1.1", "Host: a"),
        "post": request("POST /metrics HTTP/1.1", "Host: a", "Content-Length: 5", body=b"hello"),
        "get-with-a-body": request("GET /metrics HTTP/1.1", "Host: a", "Content-Length: 5", body=b"hello"),
        "chunked": request(
            "PUT /livez HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"
        ),
        "expects": request("POST / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 3", body=b"abc"),
        "pipelined": request("GET /livez HTTP/1.1", "Host: a") * 3 + request("DELETE / HTTP/1.1", "Host: a"),
        "without-a-host": request("GET /livez HTTP/1.1"),
        "folded": request("GET /livez HTTP/1.1", "Host: a", "Accept: text/plain,", " text/html"),
        "no-version": request("GET /livez"),
        "version-2": request("GET /livez HTTP/2.0", "Host: a"),
        "long-path": request(f"GET /{'a' * 3000} HTTP/1.1", "Host: a"),
        "long-head": request("GET /livez HTTP/1.1", "Host: a", *[f"X-{number}: {'b' * 90}" for number in range(38)]),
        "cut": request("GET /livez HTTP/1.1", "Host: a")[:-3],
        "nothing": b"",
        "tls": bytes.fromhex("16030100a5010000a10303") + bytes(range(160)),
        "bytes": bytes((number * 41) % 256 for number in range(600)),
    }
    for name, data in requests.items():
        keep("http", name, b"\x00" + data)
        keep("http", name + "-in-pieces", b"\x07" + data)


def adapters():
    for number, (source, records) in enumerate(RECORDS.items()):
        for at, (record, _) in enumerate(records):
            keep("adapter", f"{source}-{at}", bytes([number]) + json.dumps(record, separators=(",", ":")).encode())
            if "resourceSpans" in record:
                keep("adapter", f"{source}-protobuf-{at}", bytes([number]) + protobuf(record))
        keep("adapter", f"{source}-list", bytes([number]) + json.dumps([record for record, _ in records]).encode())
        keep("adapter", f"{source}-nothing", bytes([number]) + b"{}")
        keep("adapter", f"{source}-cut", bytes([number]) + json.dumps(records[0][0]).encode()[:200])


# ---- letter_content: what is sealed of a dead letter


def part(value):
    return b"\xff" * 4 if value is None else len(value).to_bytes(4, "big") + value


def letter_content(detail, key, value, headers=()):
    named = b"".join(name + b"\0" + part(told) for name, told in headers)
    return part(detail) + part(key) + part(value) + bytes([len(headers)]) + named


def letter_contents():
    usual = letter_content(b"field account", b"key", b"\0\0\0\0\7event", [(b"trace", b"one"), (b"", None)])
    contents = {
        "usual": usual,
        "nothing": letter_content(None, None, None),
        "empty-parts": letter_content(b"", b"", b""),
        "sixty-headers": letter_content(b"", None, b"v", [(b"h%d" % number, b"") for number in range(60)]),
        "a-header-too-many": letter_content(b"", None, b"v", [(b"h%d" % number, b"") for number in range(61)]),
        "more-than-there-is": part(b"detail") + (1 << 31).to_bytes(4, "big") + b"key",
        "a-name-without-an-end": usual[:-5],
        "a-byte-short": usual[:-1],
        "a-byte-more": usual + b"\0",
        "no-bytes": b"",
    }
    for name, data in contents.items():
        keep("letter_content", name, data)


# ---- model_list: the list


def model_lists():
    keep("model_list", "litellm", json.dumps(LITELLM))
    keep("model_list", "models-dev", json.dumps(MODELS_DEV))
    keep("model_list", "openrouter", json.dumps(OPENROUTER))
    keep("model_list", "openrouter-array", json.dumps(OPENROUTER["data"]))
    keep("model_list", "cut", json.dumps(LITELLM)[:200])
    keep("model_list", "nothing", "{}")
    keep("model_list", "names", json.dumps({"data": [{"id": name} for name in ODD_NAMES]}))
    entry = {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e300}
    keep("model_list", "names-of-a-vendor", json.dumps({name: entry for name in ODD_NAMES}))


ODD_NAMES = [
    "acme/one",
    "acme/one:free",
    "acme/two-20250203",
    "acme/Two",
    "~acme/two-latest",
    "gpt-4o",
    "gpt-4o-2024-08-06",
    "gpt-9-2031-02-03",
    "gpt-9-fp8",
    "qwen-9",
    "=1+1",
    "a" * 300,
    "\x1b[31m",
    "acme/" + "b" * 251,
]


if __name__ == "__main__":
    model_lists()
    adapters()
    cells()
    letter_contents()
    row_keys()
    json_read()
    schemas()
    tables()
    configs()
    ledgers()
    replies()
    decodes()
    https()
