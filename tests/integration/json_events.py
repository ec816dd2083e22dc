"""Events in JSON, written straight into the input topic by a producer without Avro: counted with the same guarantees.
SQL counts the same lines; a worker is killed on the way; half of the records are Avro, between them are bad ones."""

import collections
import json

from confluent_kafka import Producer

from amend import reasons_of
from harness import ACCOUNT_KEY, check, equal, main, note, seeded, wait_until
from oracle import ROLLUPS, Oracle, milliseconds, rollups_text
from topics import PLAIN_EVENT, encode_event, newest, read_topic
from truth import drain

EVENTS = 8_000
PARTITIONS = 4

FEW_ROLLUPS = {name: ROLLUPS[name] for name in ("total", "model", "category", "geography")}

# Bad records, and the reason of the dead letter of each.
BAD = [
    (b'{"id":"x"}', "LINE-FIELD"),
    (b"{", "LINE-NOT-JSON"),
    (b'{"id":"x",}', "LINE-NOT-JSON"),
    (json.dumps({**PLAIN_EVENT, "id": "x", "promt": 1}).encode(), "LINE-FIELD"),
    (json.dumps({**PLAIN_EVENT, "id": ""}).encode(), "EVENT-ID-MISSING"),
    (json.dumps({**PLAIN_EVENT, "id": "x", "tokens_cached": 101}).encode(), "EVENT-TOKENS-IDENTITY"),
    (json.dumps({**PLAIN_EVENT, "id": "x", "op": "amend"}).encode(), "EVENT-OP-UNSUPPORTED"),
    (b" " + json.dumps({**PLAIN_EVENT, "id": "x"}).encode(), "DECODE-FRAMING"),
]


def written(chance, event):
    """The event as JSON, in one of the ways that producers have."""
    fields = list(event.items())
    if chance.random() < 0.3:
        chance.shuffle(fields)
    event = dict(fields)
    if event.get("cost_nano_usd") is not None and chance.random() < 0.3:
        nano = event.pop("cost_nano_usd")
        event["cost_usd"] = f"{nano // 10**9}.{nano % 10**9:09}"
    if chance.random() < 0.2:
        event = {**{name: None for name in ("provider", "app", "latency_ms", "op")}, **event}
    text = json.dumps(event, indent=chance.choice((None, None, 1)), ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.1:  # an escape that need not be one
        text = text.replace("/", "\\/")
    return text.encode()


def put(producer, topic, number, key, value):
    while True:
        try:
            return producer.produce(topic, value, key, number % PARTITIONS)
        except BufferError:
            producer.poll(0.1)


def test_json_counts_as_sql_says(world):
    world.start_redis()
    world.count_accounts()
    world.settings["GENTALLY_ROLLUPS"] = rollups_text(FEW_ROLLUPS)
    world.run("setup", "--partitions", PARTITIONS)
    lines = world.run("generate", "--events", EVENTS, "--seed", 7).out.splitlines()
    chance = seeded()
    producer = Producer({"bootstrap.servers": world.kafka})
    workers = [world.start("worker") for _ in range(2)]
    bad = collections.Counter()
    ways = collections.Counter()
    for number, line in enumerate(lines):
        event = json.loads(line)
        event["created_at"] = milliseconds(event["created_at"])
        is_json = chance.random() < 0.5
        ways[is_json] += 1
        value = written(chance, event) if is_json else encode_event({"categories": [], **event})
        put(producer, world.topic, number, event["id"], value)
        if number % 100 == 50:
            value, reason = chance.choice(BAD)
            put(producer, world.topic, chance.randrange(PARTITIONS), "bad", value)
            bad[reason] += 1
        if number == EVENTS // 2:
            producer.flush(60)
            wait_until(lambda: world.consumed(PARTITIONS) > EVENTS // 10, 60, "records folded")
            workers.pop(0).kill()
    equal(producer.flush(60), 0, "messages that were not delivered")
    for worker in workers:
        worker.end()
    drain(world, 1)
    note(f"{ways[True]} in JSON, {ways[False]} in Avro, {sum(bad.values())} bad")
    equal(world.consumed(PARTITIONS), EVENTS + sum(bad.values()), "records folded")
    equal(reasons_of(world), bad, "dead letters by reason")
    summaries = {}
    for rollup in FEW_ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = Oracle(tuple(lines), ACCOUNT_KEY, rollups=FEW_ROLLUPS).differences(summaries)
    note(f"cells compared {cells}, differences {differing}")
    check(cells > 2_000, f"only {cells} cells: too few to prove anything")
    check(differing == 0, f"{differing} of {cells} cells differ", *shown)


def test_ids_are_the_same_in_both_forms(world):
    """A repetition, an amendment and a retraction find what was counted, in whichever form it came."""
    world.start_redis()
    world.settings["GENTALLY_IDS"] = "amend"
    world.run("setup", "--partitions", 1)
    producer = Producer({"bootstrap.servers": world.kafka})

    def avro(**fields):
        return encode_event({"categories": [], **PLAIN_EVENT, **fields})

    def plain(**fields):
        return json.dumps({**PLAIN_EVENT, **fields}).encode()

    for value in (
        avro(id="a"),
        plain(id="a"),  # a duplicate
        plain(id="b"),
        avro(id="b"),  # a duplicate
        plain(id="c"),
        avro(id="c", op="amend", cost_nano_usd=7),
        avro(id="d"),
        plain(id="d", op="amend", cost_nano_usd=None, tokens_prompt=1000),
        plain(id="e"),
        plain(id="e", op="retract"),
        plain(id="f", op="amend"),  # of what nobody knows
        plain(id="a", cost_nano_usd=2),  # says otherwise
    ):
        producer.produce(world.topic, value, b"k", 0)
    equal(producer.flush(60), 0, "messages that were not delivered")
    world.run("worker", "--drain")
    (row,) = world.summaries("total", "hour")
    got = {name: row[name] for name in ("requests", "tokens_prompt", "cost_nano_usd", "cost_unknown")}
    equal(got, {"requests": 4, "tokens_prompt": 1300, "cost_nano_usd": 2007, "cost_unknown": 1}, "what counts")
    equal(reasons_of(world), {"EVENT-AMEND-UNKNOWN": 1, "EVENT-ID-CONFLICT": 1}, "dead letters")
    ledger = newest(read_topic(world.kafka, f"{world.namespace}.ledger"))
    (part,) = next(entry["partitions"] for entry in ledger.values() if entry["granularity"] == "hour")
    equal((part["duplicate"], part["conflicting"]), (2, 1), "outcomes")


def test_letters_keep_the_record(world):
    """What could not be read is in the dead letters as it came, with what it looks like."""
    world.start_redis()
    world.run("setup", "--partitions", 1)
    producer = Producer({"bootstrap.servers": world.kafka})
    cloud = json.dumps({"specversion": "1.0", "id": "x", "source": "s", "type": "t", "data": PLAIN_EVENT}).encode()
    for value in (cloud, b'{"id": NaN}', b'{"id":"\\ud83d"}'):
        producer.produce(world.topic, value, b"k", 0)
    equal(producer.flush(60), 0, "messages that were not delivered")
    world.run("worker", "--drain")
    letters = [json.loads(text) for text in world.run("dlq", "list", "--format", "json").out.splitlines()]
    for letter, says in zip(letters, ("it looks like a CloudEvent", "id is NaN", "half of a surrogate pair")):
        check(says in letter["detail"], says, letter["detail"])
    values = [message.value() for message in read_topic(world.kafka, f"{world.namespace}.dead-letters")]
    equal(values, [cloud, b'{"id": NaN}', b'{"id":"\\ud83d"}'], "the records")


if __name__ == "__main__":
    main(__file__, globals())
