"""What suites of readers share: JSON summaries of some thousand events, told by workers that are killed meanwhile,
and rows that are taken away again."""

import json
from datetime import datetime

from confluent_kafka import Consumer, TopicPartition

from harness import check, seeded, wait_until

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
BEGIN_MS = 1_762_128_000_000  # 2025-11-03, a Monday
WORKERS = 2
PARTITIONS = 2
EVENTS = 6000
TURNS = 3


def begin(world, **settings):
    """Open windows are told every second, so that rows come in many versions."""
    world.start_redis()
    world.settings.update(
        {
            "GENTALLY_SUMMARY_FORMAT": "json",
            "GENTALLY_ROLLUPS": "total=,model=model",
            "GENTALLY_EARLY_EMIT_INTERVAL_MS": "1000",
            "GENTALLY_APPLY_INTERVAL_MS": "200",
            "GENTALLY_IDS": "amend",
            **settings,
        }
    )
    world.run("setup", "--partitions", PARTITIONS)


def _events():
    chance = seeded()
    return [
        {
            "id": f"e-{number}",
            "created_at": BEGIN_MS + number * 60 * HOUR_MS // EVENTS,
            "model": f"author/model-{chance.randrange(9)}",
            "tokens_prompt": chance.randrange(1000),
            "tokens_completion": 1,
        }
        for number in range(EVENTS)
    ]


def _produce(world, name, events):
    path = world.folder / name
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    world.produce(path)


def _take_back(world):
    """A model's rows are told, and then nothing is left of them: their keys get nulls."""
    event = {"created_at": BEGIN_MS + 60 * HOUR_MS, "model": "author/gone", "tokens_prompt": 1, "tokens_completion": 1}
    for op in ("create", "retract"):
        _produce(world, op, [{"id": f"gone-{number}", **event, "op": op} for number in range(5)])
        world.run("worker", "--drain")
    topic = Reader(world, ["model"], decode=bytes)
    nulls = set()

    def read():
        nulls.update(key for key, row in topic.batch() if row is None)
        return topic.is_at_the_end()

    wait_until(read, 60, "all summaries")
    topic.stop()
    check(any("author/gone" in key and "|day|" in key for key in nulls), "no row was taken away", nulls)


def publish_amid_kills(world, seen):
    """Events come in turns; the workers of each are killed once the reader has news of it, which is when `seen()`, a
    number that grows with what it has read, has risen by 20. Then the rest is drained, and rows are told that are taken
    away again. Gives the events that count."""
    events = _events()
    share = EVENTS // TURNS
    for turn in range(TURNS):
        before = seen()
        workers = [world.start("worker") for _ in range(WORKERS)]
        _produce(world, f"{turn}.jsonl", events[turn * share : turn * share + share])
        wait_until(lambda: seen() > before + 20, 60, "the reader to have rows of this turn")
        for worker in workers:
            worker.kill()
    world.run("worker", "--drain")
    _take_back(world)
    return events


def sums_by(name_of, events):
    """(requests, tokens_prompt) by whatever `name_of(event)` is."""
    sums = {}
    for event in events:
        requests, tokens = sums.get(name_of(event), (0, 0))
        sums[name_of(event)] = requests + 1, tokens + event["tokens_prompt"]
    return sums


def day_and_model(event):
    return event["created_at"] // DAY_MS * DAY_MS, event["model"]


def text_ms(text):
    """A time as databases print it, in UTC, or a number of milliseconds."""
    return int(text) if text.isdigit() else int(datetime.fromisoformat(f"{text}+00:00").timestamp() * 1000)


class Reader:
    """Reads summaries in batches of (key, row or None)."""

    def __init__(self, world, rollups, decode=json.loads):
        self.decode = decode
        self.consumer = Consumer(
            {"bootstrap.servers": world.kafka, "group.id": "sink", "isolation.level": "read_committed"}
        )
        topics = [f"{world.namespace}.summaries.{name}" for name in rollups]
        self.places = [TopicPartition(topic, part, 0) for topic in topics for part in range(PARTITIONS)]
        self.consumer.assign(self.places)

    def batch(self):
        rows = []
        for message in self.consumer.consume(500, timeout=0.2):
            if message.error() is None:
                rows.append((message.key().decode(), message.value() and self.decode(message.value())))
        return rows

    def is_at_the_end(self):
        for place in self.consumer.position(self.places):
            end = self.consumer.get_watermark_offsets(place, 10)[1]
            if max(place.offset, 0) < end:
                return False
        return True

    def stop(self):
        self.consumer.close()
