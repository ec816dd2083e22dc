#!/usr/bin/env python3
"""Writes the hand-made part of the corpora: tests/fuzz/corpus/<target>/<what it is>. What has a name of forty hex
digits there was found by libFuzzer instead: it reached code that nothing before it did.

    tests/fuzz/seeds.py [FOLDER]
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
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
    out = b"\x01" + b"".join(zigzag((sums or {}).get(i, 0)) for i in range(18)) + varint(len(slots))
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
    keep("cell", "sum-overflows", two(cell({3: 2**63 - 1}), cell({3: 1})))
    keep("cell", "negative-sums", two(cell({3: -(2**63)}), cell({3: 2**63 - 1, 17: -1})))
    keep("cell", "count-overflows", two(cell(slots=[(7, 2**32 - 1)]), cell(slots=[(7, 1)])))
    keep("cell", "padded-number", two(b"\x01\x80\x00" + usual[2:], usual))
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
    keep("row_key", "every-dimension", "total=,a=category+tag,b=finish_reason\nb|stop")


# ---- lines: one line


def lines():
    keep("lines", "smallest", '{"id":"a","created_at":0,"model":"m","tokens_prompt":1,"tokens_completion":2}')
    keep(
        "lines",
        "every-field",
        '{"id":"gen-1","created_at":"2025-11-17T10:20:30.456Z","model":"openai/gpt-4o:free","provider":"azure",'
        '"account":"acc","app":"app","country":"DE","language":"en","tokens_prompt":100,"tokens_completion":50,'
        '"tokens_reasoning":20,"tokens_cached":10,"cost_usd":"0.0125","is_byok":true,"is_free":false,"streamed":true,'
        '"cancelled":false,"finish_reason":"stop","tools_offered":true,"latency_ms":1200,"first_token_ms":null,'
        '"generation_ms":900,"classified":true,"categories":[{"path":"/Computers/Programming","confidence":0.75},'
        '{"path":"/Games","confidence":1}],"op":"create"}',
    )
    small = '"id":"a","created_at":0,"model":"m","tokens_prompt":1,"tokens_completion":2'
    keep("lines", "nano-usd", "{" + small + ',"cost_nano_usd":9223372036854775807}')
    keep("lines", "both-costs", "{" + small + ',"cost_nano_usd":1,"cost_usd":"1"}')
    keep("lines", "dollars-too-large", "{" + small + ',"cost_usd":"9223372036.854775808"}')
    keep("lines", "dollars-with-zeros", "{" + small + ',"cost_usd":"1.000000001000"}')
    keep("lines", "escapes", "{" + small.replace('"a"', '"\\u00e9\\ud83d\\ude00\\\\\\"\\n"') + "}")
    keep("lines", "nul-in-text", "{" + small.replace('"a"', '"\\u0000"') + "}")
    keep("lines", "lone-surrogate", "{" + small.replace('"a"', '"\\ud83d"') + "}")
    keep("lines", "not-utf8", b"{" + small.encode().replace(b'"a"', b'"\xc0\x80"') + b"}")
    keep("lines", "field-twice", "{" + small + ',"model":"n"}')
    keep("lines", "unknown-field", "{" + small + ',"tokens_promt":1}')
    keep("lines", "array", "[" + "[" * 100 + "]" * 100 + "]")
    keep("lines", "blank", "   ")
    keep("lines", "amend", "{" + small + ',"op":"amend"}')
    keep("lines", "time-with-offset", "{" + small.replace(":0,", ':"2024-02-29T23:59:60+05:30",') + "}")
    keep("lines", "33-labels", "{" + small + ',"categories":[' + ",".join(['{"path":"/","confidence":0}'] * 33) + "]}")
    keep("lines", "confidence", "{" + small + ',"categories":[{"path":"/","confidence":1e-320}]}')


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
    for name in ("generation", "summary", "ledger"):
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
    keep("schema", "names-of-one-space", record('{"name":"a","type":{"type":"fixed","name":"c.F","size":0}},'
                                              '{"name":"b","type":"c.F"},{"name":"c","type":["a.b.G","null"]}'))
    keep("schema", "a-word", '"string"')
    keep("schema", "huge-fixed", record(NEEDED + ',{"name":"x","type":{"type":"fixed","name":"F","size":2147483647}}'))
    keep("schema", "local-time", record(NEEDED.replace('"long"', '{"type":"long","logicalType":"local-timestamp-millis"}')))
    keep("schema", "type-of-type", '{"type":{"type":{"type":"string"}}}')
    keep("schema", "aliases", record(NEEDED.replace("model", "model_slug") + ',{"name":"model","type":"null"}'))


if __name__ == "__main__":
    cells()
    row_keys()
    lines()
    schemas()
