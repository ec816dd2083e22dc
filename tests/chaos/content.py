"""Chaos by what arrives, and by clocks: nobody is killed but where it says so. Traffic flows as in chaos.py while
strangers' messages come in: the account of the traffic must be exact, and what stopped is what reasons.md says.

What comes in beside the traffic falls into August, two months before it, so that each has windows of its own.
GENTALLY_CHAOS_CONTENT multiplies what comes in: 1 in CI, 10 for the full size.
"""

import os
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from confluent_kafka import Producer  # noqa: E402

import runs  # noqa: E402
from bad_input import Feed  # noqa: E402
from clocks import shifted  # noqa: E402
from field import Field  # noqa: E402
from harness import check, equal, tail, wait_until  # noqa: E402
from odd import odd_event  # noqa: E402
from oracle import CANONICAL  # noqa: E402
from topics import encode_event, newest, read_topic  # noqa: E402

EX_DATAERR = 65
SIZE = int(os.environ.get("GENTALLY_CHAOS_CONTENT", "1"))
AUGUST_MS = 1_755_252_000_000  # 2025-08-15T10:00:00Z
MONTH_MS = 1_754_006_400_000  # 2025-08-01
LONG = 2**21 - 1  # tokens of a long request: beyond 2^21 the square of one is counted as that of 2^21
OVERFLOW = int(os.environ.get("GENTALLY_CHAOS_OVERFLOW", "3000"))
TOLD_MAX = 2**63 - 1
YEARS_BACK = -3 * 365 * 86400


def open_field(world, **settings):
    field = Field(world, runs.chance(), seconds=30)
    world.start_redis()
    world.settings.update({f"GENTALLY_{name.upper()}": value for name, value in settings.items()})
    field.open(2)
    return field


def put(field, events):
    """Foreign events, which count like any other."""
    feed = Feed(field.world)
    for number, event in enumerate(events):
        feed.put(number, encode_event({**event, "created_at": AUGUST_MS + number}))
    feed.settle()
    field.strange += len(events)


def repeat(field, event, count):
    """One event so many times."""
    producer = Producer({"bootstrap.servers": field.world.kafka, "linger.ms": 50, "compression.type": "lz4"})
    value = encode_event({**event, "created_at": AUGUST_MS})
    for number in range(count):
        producer.produce(field.world.topic, value, partition=number % field.partitions)
        if number % 10000 == 0:
            producer.flush(60)
    equal(producer.flush(60), 0, "messages not delivered")
    field.strange += count


def of_august(world, rollup):
    rows = newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")).values()
    return [row for row in rows if row["granularity"] == "month" and row["window_start"] == MONTH_MS]


def test_bomb(world):
    """A message of 3 kB that unpacks to 90 MB, amid the traffic; each time a worker is killed at it."""
    field = open_field(world)
    for _ in field.strikes(2 * SIZE):
        bomb = Producer(
            {
                "bootstrap.servers": world.kafka,
                "enable.idempotence": True,
                "compression.type": "zstd",
                "message.max.bytes": 1_000_000_000,
            }
        )
        places = []
        partition = field.chance.randrange(field.partitions)
        bomb.produce(
            world.topic,
            bytes(90_000_000),
            partition=partition,
            on_delivery=lambda error, message, places=places: places.append((error, message.offset())),
        )
        equal(bomb.flush(60), 0, "messages not delivered")
        ((error, offset),) = places
        check(error is None, f"not delivered: {error}")
        field.unreadable[partition, offset] = offset
        field.kill(field.chance.choice(field.workers))
        field.start_worker()
        wait_until(lambda p=partition, o=offset: field.places()[p] > o, 60, "the bomb to be passed")
    field.extra["bombs"] = len(field.unreadable)
    field.finish()


def test_odd_texts(world):
    """Events with the oddest texts and numbers that may be counted, and with U+0000, which may not."""
    field = open_field(world)
    poison = field.poisoner()
    number = 0
    counts = Counter()
    for _ in field.strikes(3):
        events = [{**odd_event(field.chance, number + n, 0), "account": None, "op": "create"} for n in range(60 * SIZE)]
        number += len(events)
        counts.update(event["language"] and CANONICAL["language"](event["language"]) or None for event in events)
        put(field, events)
        nul = {**events[0], "id": "nul", "created_at": AUGUST_MS, field.chance.choice(["provider", "language"]): "a\0b"}
        poison([("DECODE-NUL", encode_event(nul))])
        field.progress("the odd events to be counted")
    field.finish()
    equal(sum(row["requests"] for row in of_august(world, "total")), number, "odd events counted")
    got = {row["lang"]: row["requests"] for row in of_august(world, "language")}
    equal(got, dict(counts), "odd events by language")
    world.run("report", "--format", "json")
    world.run("signals")
    world.run("top", "--rollup", "language", "--window", "month")
    world.run("summaries", "--rollup", "language", "--window", "month")


def test_overflow(world):
    """Long requests in numbers: GENTALLY_CHAOS_OVERFLOW of them (2,200,000 at full size) take the sum of their squares
    past 2^63, in the merge of partitions that each are below it."""
    field = open_field(world)
    long = {**odd_event(field.chance, 0, 0), "account": None, "op": "create", "model": "acme/long", "categories": []}
    long |= {
        "tokens_prompt": LONG,
        "tokens_completion": 0,
        "tokens_reasoning": 0,
        "tokens_cached": 0,
        "tokens_cache_write": 0,
    }
    count = OVERFLOW // 3
    for _ in field.strikes(3):
        repeat(field, long, count)
        field.progress("the long requests to be counted")
    field.finish(is_told=False)
    (row,) = of_august(world, "total")
    equal(row["requests"], field.strange, "long requests counted")
    equal(row["tokens_prompt"], field.strange * LONG, "their tokens")
    equal(row["tokens_squared"], min(field.strange * LONG**2, TOLD_MAX), "their squares, or at least")
    field.extra["sums past 2^63"] = int(row["tokens_squared"] == TOLD_MAX)
    field.tell()


def test_huge_window(world):
    """More models in one window than `rows_max`: all are counted, the last as others; nothing else waits for it."""
    limit = 1500
    field = open_field(world, rows_max=limit, apply_interval_ms=1000)
    plain = {**odd_event(field.chance, 0, 0), "account": None, "op": "create", "provider": "acme", "categories": []}
    number = 0
    for _ in field.strikes(2):
        put(field, [{**plain, "id": f"m-{number + n}", "model": f"acme/m-{number + n}"} for n in range(6000 * SIZE)])
        number += 6000 * SIZE
        field.progress("the many models to be counted")
    field.finish()
    rows = of_august(world, "model")
    other = [row["requests"] for row in rows if row["model_slug"] == "(other)"]
    equal(sum(row["requests"] for row in rows), number, "requests by model")
    check(len(rows) <= limit * field.partitions + 1, f"{len(rows)} rows of {limit} a partition")
    equal(sum(other), number - (len(rows) - 1), "requests of others")
    check(any("ROLLUP-FULL" in worker.log for worker in field.gone), "nobody tells that a rollup is full")


def test_foreign_ledger_message(world):
    """ "hello" in the ledger, then the worker that closes windows is killed: another closes them."""
    field = open_field(world)
    producer = Producer({"bootstrap.servers": world.kafka, "enable.idempotence": True})
    for strike in field.strikes(2):
        producer.produce(f"{world.namespace}.ledger", b"hello", key=b"stranger-%d" % strike)
        equal(producer.flush(30), 0, "messages not delivered")
        closers = [worker for worker in field.workers if "CLOSER-OPENED" in worker.log]
        field.kill(field.chance.choice(closers or field.workers))
        said = {worker: len(worker.log) for worker in field.workers}
        field.start_worker()
        wait_until(
            lambda said=said: any("CLOSER-OPENED" in worker.log[said.get(worker, 0) :] for worker in field.workers),
            60,
            "another worker to close windows",
        )
    field.is_verified = False
    field.finish()
    verify = world.start("verify", "--show", 10)
    equal(verify.wait(120), EX_DATAERR, f"exit status of verify beside strangers; it said {verify.out}\n{verify.log}")
    for strike in range(field.injected):
        producer.produce(f"{world.namespace}.ledger", None, key=b"stranger-%d" % strike)
    equal(producer.flush(30), 0, "messages not delivered")


def test_slow_clock(world):
    """A worker whose clock is three years behind, so that all traffic lies in its future. It counts on, and says so."""
    field = open_field(world)
    for _ in field.strikes(2):
        worker = field.start_worker(**shifted(YEARS_BACK))
        owners = field.owners()
        before = field.places()
        field.moved_on([before[p] if p in owners[worker] else -1 for p in range(field.partitions)])
        wait_until(lambda worker=worker: "CLOCK-DIFFERS" in worker.log, 30, f"the clock told\n{tail(worker.log)}")
        field.dismiss(worker)
    field.finish()


def test_tombstones(world):
    """Somebody deletes published rows and a ledger record; the counters do not mind, and `verify` names each."""
    field = open_field(world)
    field.finish(is_told=False)
    producer = Producer({"bootstrap.servers": world.kafka, "enable.idempotence": True})
    topics = [f"{world.namespace}.{name}" for name in ("summaries.model", "summaries.total", "ledger")]
    deleted = []
    for topic in topics:
        keys = [message.key() for message in read_topic(world.kafka, topic) if message.value() is not None]
        for key in field.chance.sample(sorted(set(keys)), 2):
            producer.produce(topic, None, key=key)
            deleted.append(key.decode())
            field.injected += 1
    equal(producer.flush(30), 0, "messages not delivered")
    verify = world.start("verify", "--show", 100)
    equal(verify.wait(120), EX_DATAERR, f"exit status of verify; it said {verify.out}\n{verify.log}")
    told = verify.out + verify.log
    for key in deleted:
        check(key in told, f"verify does not name {key}", tail(told))
    field.tell()


if __name__ == "__main__":
    runs.main(__file__, globals())
