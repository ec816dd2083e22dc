"""Wrong clocks: of the worker, of producers, of what stamps the records. Our own clock alone sets nothing aside, one
producer ahead stops nobody, and a replay decides as the live workers did."""

import os
import time
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from dlq import EVENT, dlq, letters_topic
from harness import BINARY, Redis, Skip, check, equal, main, wait_until
from topics import encode_event, newest, read_topic

PARTITIONS = 3
SHIFT = Path(BINARY).with_name("clock_shift.so")
NOW = object()  # a record stamped by the producer when it is sent


def shifted(seconds):
    """Settings of a process whose time of day is that much later."""
    if not SHIFT.exists():
        raise Skip(str(SHIFT))
    return {"LD_PRELOAD": str(SHIFT), "SHIFT_SECONDS": seconds}


def prepare(world, *setup):
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS, *setup)


def now_ms():
    return int(time.time() * 1000)


def put(world, events, stamp=NOW):
    """(id, created_at) of each event; `stamp` gives the record's timestamp of an event's."""
    producer = Producer({"bootstrap.servers": world.kafka, "linger.ms": 5})
    for number, (name, created_at) in enumerate(events):
        more = {} if stamp is NOW else {"timestamp": stamp(created_at)}
        value = encode_event({**EVENT, "id": name, "created_at": created_at})
        producer.produce(world.topic, value, name, number % PARTITIONS, **more)
    equal(producer.flush(60), 0, "messages that were not delivered")


def live(count, name="live"):
    return [(f"{name}-{number}", now_ms() - 100 * number) for number in range(count)]


def reasons(world):
    return {row["reason"]: row["records"] for row in dlq(world, "count")}


def counted(world):
    return sum(row["requests"] for row in world.summaries("total", "month"))


def test_a_worker_whose_clock_is_behind_counts_all(world):
    """20 minutes, an hour, twelve hours (a host that slept), three days, and since 1970 (a machine without a
    battery)."""
    prepare(world)
    total = 0
    for seconds in (-1200, -3600, -43_980, -3 * 86400, -int(time.time()) + 5):
        put(world, live(200, f"at{seconds}"))
        total += 200
        worker = world.run("worker", "--drain", **shifted(seconds))
        check("CLOCK-DIFFERS our clock is" in worker.log, "no warning", worker.log[-900:])
        check(" s behind that of Redis" in worker.log, "another warning", worker.log[-900:])
    equal(reasons(world), {}, "dead letters")
    equal(counted(world), total, "requests counted")
    world.run("verify")
    equal(world.run("replay").out.splitlines()[-1], "equal", "the replay, by a clock that is right")


def test_a_worker_whose_clock_is_ahead_is_told(world):
    """Half an hour, an hour, eight (local time taken for UTC)."""
    prepare(world)
    total = 0
    for seconds in (1800, 3600, 8 * 3600):
        put(world, live(50, f"at{seconds}"))
        total += 50
        worker = world.run("worker", "--drain", **shifted(seconds))
        check(" s ahead of that of Redis" in worker.log, "no warning", worker.log[-900:])
    equal((reasons(world), counted(world)), ({}, total), "dead letters, and what is counted")


def test_clocks_that_agree_say_nothing(world):
    prepare(world)
    put(world, live(50))
    worker = world.run("worker", "--drain")
    check("CLOCK-DIFFERS" not in worker.log and "EVENT-FUTURE" not in worker.log, "a warning", worker.log[-900:])


def test_stamps_of_the_producer_set_nothing_aside(world):
    """In seconds; when a request of an hour began; of 2009; of next year; what is too far ahead stays so."""
    prepare(world)
    stamps = {
        "seconds": lambda at: at // 1000,
        "begin": lambda at: at - 3_600_000,
        "old": lambda at: 1_250_000_000_000,
        "ahead": lambda at: at + 300 * 86_400_000,
    }
    for name, stamp in stamps.items():
        put(world, live(20, name), stamp)
        put(world, [(f"{name}-future", now_ms() + 3_600_000)], stamp)
    world.run("worker", "--drain")
    equal(reasons(world), {"EVENT-FUTURE": len(stamps)}, "dead letters")
    equal(counted(world), 20 * len(stamps), "requests counted")
    for letter in dlq(world, "list"):
        for clock in ("s after our clock, ", "s after that of Redis"):
            check(clock in letter["detail"], "detail", letter)


def test_one_producer_ahead_stops_nobody(world):
    """Its records are letters at once, those of others are counted, and no window closes early."""
    world.settings["GENTALLY_OUT_OF_ORDERNESS_MS"] = 1000
    prepare(world)
    worker = world.start("worker")
    for number in range(5):
        put(world, live(30, f"others{number}"))
        put(world, [(f"ahead{number}-{n}", now_ms() + 2 * 3_600_000 + n) for n in range(30)])
    wait_until(lambda: world.consumed(PARTITIONS) == 300, 60, "all records to be stored")
    worker.says("EVENT-FUTURE")
    worker.end()
    equal(reasons(world), {"EVENT-FUTURE": 150}, "dead letters")
    ledger = newest(read_topic(world.kafka, f"{world.namespace}.ledger")).values()
    early = [entry for entry in ledger if entry["pane"] == "on_time" and entry["window_end"] > now_ms()]
    equal(early, [], "windows closed before their end")
    world.run("worker", "--drain")
    equal(counted(world), 150, "requests of the others")


def test_a_replay_decides_as_the_live_run_did(world):
    """Events ahead by what has passed when the log is counted again: their letters say what the clocks said then."""
    world.settings["GENTALLY_FUTURE_SKEW_MS"] = 0
    prepare(world)
    put(world, live(300))
    put(world, [(f"ahead-{number}", now_ms() + 8000) for number in range(30)])
    due = now_ms() + 9000
    world.run("worker", "--drain")
    ahead = reasons(world).get("EVENT-FUTURE")
    equal(ahead, 30, "events ahead")
    wait_until(lambda: now_ms() > due, 30, "their time to come")
    equal(world.run("replay").out.splitlines()[-1], "equal", "the replay")
    forge_letter(world)
    equal(world.run("replay").out.splitlines()[-1], "equal", "the replay, with a letter that was decided again")


def test_a_brokers_stamp_is_a_clock(world):
    """Worker and Redis on one machine whose clock is behind: the broker's LogAppendTime speaks for the events."""
    world.redis = world.own(SlowRedis(world.folder / "redis"))
    world.redis.start()
    world.settings["GENTALLY_REDIS_URL"] = world.redis.url
    world.run("setup", "--partitions", PARTITIONS)
    put(world, live(40, "before"))
    worker = world.run("worker", "--drain", **shifted(-3600))
    equal(reasons(world), {"EVENT-FUTURE": 40}, "by CreateTime nobody speaks for them")
    check("EVENT-FUTURE 40 of 40 records" in worker.log, "letters that are not told", worker.log[-900:])
    world.settings["GENTALLY_NAMESPACE"] += "-stamped"
    world.settings["GENTALLY_TOPIC"] = f"{world.namespace}.generations"
    world.settings["GENTALLY_GROUP"] = world.namespace
    create_stamped(world)
    world.run("setup", "--partitions", PARTITIONS)
    put(world, live(40, "after"))
    worker = world.run("worker", "--drain", **shifted(-3600))
    equal(reasons(world), {}, "dead letters with the broker's stamps")
    equal(counted(world), 40, "requests counted")
    check("s behind that of the broker" in worker.log, "no warning", worker.log[-900:])


def forge_letter(world):
    """A letter of a record that was counted, by a worker that never flushed it: as after a crash."""
    counted_one = next(m for m in read_topic(world.kafka, world.topic) if m.key().startswith(b"live"))
    letter = read_topic(world.kafka, letters_topic(world))[0]
    headers = dict(letter.headers())
    headers["gentally.partition"] = str(counted_one.partition()).encode()
    headers["gentally.offset"] = str(counted_one.offset()).encode()
    headers["gentally.timestamp"] = str(counted_one.timestamp()[1]).encode()
    meta = f"{world.namespace}:{{{world.topic}:{counted_one.partition()}}}:meta"
    incarnation = world.redis.command("HGET", meta, "inc")
    headers["gentally.decided-by"] = incarnation + b":0123456789abcdef"
    producer = Producer({"bootstrap.servers": world.kafka})
    producer.produce(letters_topic(world), counted_one.value(), counted_one.key(), headers=list(headers.items()))
    equal(producer.flush(60), 0, "messages that were not delivered")


class SlowRedis(Redis):
    """A Redis whose clock is an hour behind."""

    def start(self):
        os.environ.update(LD_PRELOAD=shifted(0)["LD_PRELOAD"], SHIFT_REDIS_SECONDS="-3600")
        try:
            return super().start()
        finally:
            del os.environ["LD_PRELOAD"], os.environ["SHIFT_REDIS_SECONDS"]


def create_stamped(world):
    topic = NewTopic(world.topic, PARTITIONS, 1, config={"message.timestamp.type": "LogAppendTime"})
    client = AdminClient({"bootstrap.servers": world.kafka})
    client.create_topics([topic])[world.topic].result(30)


if __name__ == "__main__":
    main(__file__, globals())
