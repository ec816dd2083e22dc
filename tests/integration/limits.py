"""No sum and no number of names ends the service: more rows than `rows_max`, sums beyond 63 bits, go the whole way."""

import json
import os
import time
from collections import Counter

from harness import check, equal, main, note, wait_until
from topics import decode, newest, read_topic

PARTITIONS = 2
MODELS = int(os.environ.get("GENTALLY_LIMITS_MODELS", "300"))
ROWS_MAX = MODELS // 6
OTHER = "(other)"
CELL_VERSION = 3
TOLD_MAX = 2**63 - 1


def event(number, model, **fields):
    return {
        "id": f"e{number}",
        "created_at": 1763970000000 + number % 60000,
        "model": model,
        "tokens_prompt": 1 + number % 7,
        "tokens_completion": 2,
        "provider": "azure",
        "country": "DE",
        "language": "de",
        **fields,
    }


def produce(world, events):
    path = world.folder / "events.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in events))
    world.produce(path)


def first_rows(world):
    """Requests by model as the log has them: of each partition the first rows stand by themselves."""
    admitted, requests = {}, Counter()
    for message in read_topic(world.kafka, world.topic):
        model = decode(message.value())["model"]
        rows = admitted.setdefault(message.partition(), set())
        if model in rows or len(rows) < ROWS_MAX:
            rows.add(model)
            requests[model] += 1
        else:
            requests[OTHER] += 1
    return requests


def published(world, rollup, window="month"):
    rows = newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}"))
    return [row for row in rows.values() if row is not None and row["granularity"] == window]


def test_more_models_than_rows(world):
    world.start_redis()
    world.settings.update(GENTALLY_ROWS_MAX=str(ROWS_MAX), GENTALLY_FLUSH_INTERVAL_MS="20")
    world.run("setup", "--partitions", PARTITIONS)
    events = [event(number, f"acme/model-{number * 7919 % MODELS}") for number in range(6 * MODELS)]
    few = ROWS_MAX * PARTITIONS * 85 // 100  # so that a partition has four fifths
    produce(world, events[:few])
    worker = world.run("worker", "--drain")
    check("ROLLUP-NEARLY-FULL" in worker.log, "no warning at four fifths", worker.log[-600:])
    produce(world, events[few:])
    worker = world.run("worker", "--drain")
    check("ROLLUP-FULL" in worker.log, "no warning", worker.log[-600:])

    want = first_rows(world)
    check(want[OTHER] > MODELS, "too few others to prove anything", want[OTHER])
    rows = published(world, "model")
    equal({row["model_slug"]: row["requests"] for row in rows}, dict(want), "requests by model")
    other = next(row for row in rows if row["model_slug"] == OTHER)
    attributes = {name: other[name] for name in ("author", "source", "size", "reasoning", "family")}
    equal(set(attributes.values()), {None}, f"attributes of {OTHER}: {attributes}")
    equal(sum(row["requests"] for row in published(world, "provider")), 6 * MODELS, "requests by provider")

    world.run("verify")
    result = json.loads(world.run("replay", "--format", "json").out.splitlines()[-1])
    equal((result["differing"], result["partitions_differing"]), (0, 0), "a replay decides alike")
    shown = world.summaries("model", "month", "--top", "3")
    check(OTHER in [row.get("model_slug") for row in shown], "summaries --top 3 has no rest", shown)
    check(OTHER not in world.run("catalog", "missing").out, f"{OTHER} is no missing model")
    check(
        OTHER in world.run("top", "--rollup", "model", "--window", "month", "--limit", "1000").out,
        f"top shows no {OTHER}",
    )
    world.run("report", "--format", "json")
    note(f"{MODELS} models, {ROWS_MAX} rows a partition: {want[OTHER]} of {6 * MODELS} requests are of others")


def test_many_models_are_counted_one_by_one(world):
    """GENTALLY_LIMITS_NAMES of them, each once, with `rows_max` as it is by default; the window holds up no other."""
    count = int(os.environ.get("GENTALLY_LIMITS_NAMES", "3000"))
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    produce(world, (event(number, f"acme/model-{number}") for number in range(count)))
    produce(world, [event(count, "acme/small", created_at=1763970000000 - 40 * 86400000)])
    begin = time.monotonic()
    worker = world.run("worker", "--drain", seconds=600)
    seconds = time.monotonic() - begin
    check("ROLLUP" not in worker.log, "a warning", worker.log[-600:])
    requests = Counter()
    for row in published(world, "model"):
        requests[row["model_slug"]] += row["requests"]
    equal(len(requests), count + 1, "models")
    equal(set(requests.values()), {1}, "requests of a model")
    equal(sum(row["requests"] for row in published(world, "total")), count + 1, "requests in all")
    world.run("verify", seconds=600)
    note(f"{count} models counted one by one and published in {seconds:.1f} s")


def test_a_large_window_goes_out_in_several_transactions(world):
    """More rows than a transaction takes, and a worker that is killed as soon as one of these windows is under way."""
    count = int(os.environ.get("GENTALLY_LIMITS_LARGE", "30000"))
    ledger = f"{world.namespace}.ledger"
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    produce(world, (event(number, f"acme/model-{number}") for number in range(count)))
    worker = world.start("worker")

    def records():
        return [(message.key(), decode(message.value())) for message in read_topic(world.kafka, ledger)]

    wait_until(lambda: any(record["summaries"] < 0 for _, record in records()), 120, "a window under way")
    worker.kill()
    left = dict(records())
    broken = {key: record["generation"] for key, record in left.items() if record["summaries"] < 0}
    killed = json.loads(world.run("verify", "--format", "json", seconds=600).out.splitlines()[-1])
    equal((killed["violations"], killed["windows_under_way"]), (0, len(broken)), "what is under way is not judged")

    world.run("worker", "--drain", seconds=600)
    told = dict(records())
    equal([key for key, record in told.items() if record["summaries"] < 0], [], "windows under way at the end")
    for key, generation in broken.items():
        check(told[key]["generation"] > generation, f"{key} is told again under its generation", told[key])
    for window in ("hour", "day", "week", "month"):
        equal(
            {row["model_slug"]: row["requests"] for row in published(world, "model", window)},
            {f"acme/model-{number}": 1 for number in range(count)},
            f"requests by model and {window}",
        )
    result = json.loads(world.run("verify", "--format", "json", seconds=600).out.splitlines()[-1])
    equal((result["violations"], result["windows_under_way"]), (0, 0), "verify")
    world.run("signals", seconds=600)
    begun = sum(record["summaries"] < 0 for _, record in records())
    note(f"{count} models: {begun} times a window was begun, {len(broken)} of {len(told)} broken off by the kill")


def test_memory_is_told_before_it_is_full(world):
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    produce(world, (event(number, f"acme/model-{number}") for number in range(500)))
    world.run("worker", "--drain")

    def fill(percent):
        info = world.redis.command("INFO", "memory").decode()
        used = int(next(line for line in info.splitlines() if line.startswith("used_memory:")).split(":")[1])
        equal(world.redis.command("CONFIG", "SET", "maxmemory", used * 100 // percent), "OK", "CONFIG SET")

    fill(70)
    worker = world.start("worker")
    worker.says("CLOSER-OPENED")
    check("STORE-NEARLY-FULL" not in worker.log, "told at 70 per cent", worker.log[-600:])
    fill(85)
    worker.says("STORE-NEARLY-FULL Redis uses ")
    check("the largest window of ours: partition " in worker.log, "no window is named", worker.log[-600:])
    worker.end()


def read_varint(packed, at):
    number, shift = 0, 0
    while True:
        number |= (packed[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if packed[at - 1] < 128:
            return number, at


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def widened(packed, measures, by):
    """The cell with so much more in each of the measures."""
    equal(packed[0], CELL_VERSION, "version of a cell")
    sums, at = [], 2
    for _ in range(packed[1]):
        number, at = read_varint(packed, at)
        sums.append(number)
    sums += [0] * (max(measures) + 1 - len(sums))
    for measure in measures:
        sums[measure] += by
    return bytes([CELL_VERSION, len(sums)]) + b"".join(map(varint, sums)) + packed[at:]


def test_sums_beyond_63_bits(world):
    """As 2.3 million events of 2^21 tokens leave them: two partitions whose sums fit 63 bits, and together do not."""
    world.start_redis()
    world.settings["GENTALLY_WINDOWS"] = "day,month"
    world.run("setup", "--partitions", PARTITIONS)
    produce(world, (event(number, f"acme/model-{number % 3}") for number in range(200)))
    world.run("worker", "--drain")
    # Tokens of prompts, all tokens squared, prompts squared: in every cell of the second event on.
    measures, by = (1, 25, 26), 3 * 2**61
    for key in world.redis.command("KEYS", f"{world.namespace}:*}}:month:*"):
        pairs = zip(*[iter(world.redis.command("HGETALL", key))] * 2)
        for field, packed in pairs:
            if field == b"total" or field.startswith((b"geography|", b"language|")):
                equal(world.redis.command("HSET", key, field, widened(packed, measures, by)), 0, "fields added")
            elif field.startswith((b"model|", b"provider|")) and field.endswith(b"model-1"):
                equal(world.redis.command("HSET", key, field, widened(packed, measures, by)), 0, "fields added")
    produce(world, (event(number, "acme/model-1") for number in range(200, 400)))
    worker = world.run("worker", "--drain")
    check("OVERFLOW" not in worker.log, "an overflow", worker.log[-600:])

    for rollup in ("total", "model", "provider", "geography", "language"):
        row = max(published(world, rollup), key=lambda row: row["tokens_squared"])
        told = [row[name] for name in ("tokens_prompt", "tokens_squared", "tokens_prompt_squared")]
        equal(told, [TOLD_MAX] * 3, f"sums of rollup {rollup}")
        equal(row["tokens_completion"] < 1000, True, f"tokens_completion of rollup {rollup}")
    equal(sum(row["requests"] for row in published(world, "total")), 400, "requests")
    world.run("verify")
    shown = world.summaries("total", "month")
    equal(shown[0]["tokens_squared"], TOLD_MAX, "summaries")
    world.run("top", "--rollup", "model", "--window", "month")
    world.run("report", "--format", "json")
    world.run("signals")
    check("tokens_prompt=6917529027641082" in read_for_people(world), "what a person reads in Redis")


def read_for_people(world):
    key = world.redis.command("KEYS", f"{world.namespace}:*}}:month:*")[0]
    return world.redis.command("FCALL_RO", "gentally_2_read", 1, key, "total")[1].decode()


if __name__ == "__main__":
    main(__file__, globals())
