"""Ids that come again with other content: told and set aside, or the last one counts, exactly; whoever is killed.

What is sent again as it was is a duplicate. The inputs are of the kinds that operators met: usage that grows under one
id, ids that are not unique, ids that are no ids at all.
"""

import collections
import json
import types

from amend import expected
from harness import check, equal, main, note, seeded
from oracle import ROLLUPS
from topics import OUTCOMES, decode, newest, read_topic
from truth import drain, feed_and_kill

PARTITIONS = 4
AT_MS = 1_793_613_600_000  # 2026-11-02T10:00:00Z
HOUR_MS = 3_600_000


def generation(event_id, prompt, completion, **other):
    event = {"id": event_id, "created_at": AT_MS, "model": "anthropic/claude-sonnet-4.5", "provider": "anthropic"}
    return {**event, "tokens_prompt": prompt, "tokens_completion": completion, **other}


GROWING = [
    generation("msg_A", 10, 9),
    generation("msg_A", 10, 9),
    generation("msg_A", 10, 159, finish_reason="tool_calls"),
    generation("msg_B", 10, 3),
    generation("msg_B", 10, 41, finish_reason="stop"),
]


def prepare(world, partitions=1, **settings):
    world.start_redis()
    world.count_accounts()
    world.settings.update({f"GENTALLY_{name.upper()}": str(value) for name, value in settings.items()})
    world.run("setup", "--partitions", partitions)


def feed(world, events, name="events"):
    path = world.folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    world.produce(path)
    drain(world, 1)


def totals(world):
    rows = world.summaries("total", "month")
    return tuple(sum(row[name] for row in rows) for name in ("requests", "tokens_prompt", "tokens_completion"))


def outcomes(world, partitions=1):
    """Of all partitions, as the store has them; the ledger must say the same in sum, which `verify` looks at."""
    total = collections.Counter()
    for partition in range(partitions):
        meta = f"{world.namespace}:{{{world.topic}:{partition}}}:meta"
        total.update(dict(zip(OUTCOMES, [int(value or 0) for value in world.redis.command("HMGET", meta, *OUTCOMES)])))
    proof = json.loads(world.run("verify", "--format", "json").out)
    equal(proof["violations"], 0, "violations")
    equal(proof["consumed"], sum(proof[name] for name in OUTCOMES), "the ledger's identity")
    return {name: count for name, count in total.items() if count > 0}


def letters(world):
    """[(reason, detail)] of each record set aside, in the order of its offset."""
    found = {}
    for message in read_topic(world.kafka, f"{world.namespace}.dead-letters"):
        headers = {name: value.decode() for name, value in message.headers()}
        place = int(headers["gentally.partition"]), int(headers["gentally.offset"])
        found[place] = headers["gentally.reason"], headers["gentally.detail"]
    return [found[place] for place in sorted(found)]


def said_of(world, *fields):
    """The one letter there is names these fields, and no others."""
    equal(len(letters(world)), 1, "letters")
    ((reason, detail),) = letters(world)
    equal(reason, "EVENT-ID-CONFLICT", "reason")
    for group in ("created_at", "model", "provider", "account", "tokens_prompt", "tokens_completion", "cost"):
        # A byte of hash tells whether a field differs: one in 256 goes unnamed, so other fields may be fewer.
        check(group in fields or group not in detail, f"{group} is named, and did not differ", detail)
    check(any(field in detail for field in fields), "no field is named", detail)


def test_other_content_is_told_by_default(world):
    """The first record counts. Until now: a duplicate, in neither place, and nothing said."""
    prepare(world, ids="dedup")
    feed(world, GROWING)
    equal(totals(world), (2, 20, 12), "what counts")
    equal(outcomes(world), {"counted": 2, "duplicate": 1, "conflicting": 2}, "outcomes")
    equal([reason for reason, _ in letters(world)], ["EVENT-ID-CONFLICT"] * 2, "letters")
    for _, detail in letters(world):
        check("159" not in detail and "tool_calls" not in detail and "41" not in detail, "a value is told", detail)
    feed(world, GROWING, "again")
    equal(totals(world), (2, 20, 12), "what counts after all was sent again")
    equal(outcomes(world), {"counted": 2, "duplicate": 4, "conflicting": 4}, "outcomes after all was sent again")
    world.run("replay")


def test_ids_that_are_not_unique(world):
    prepare(world, ids="amend")
    first = generation("chatcmpl-213", 100, 10, model="openai/gpt-oss-120b", account="a")
    other = generation("chatcmpl-213", 7000, 900, model="qwen/qwen3-coder", account="b", created_at=AT_MS + HOUR_MS)
    feed(world, [first, other])
    equal(totals(world), (1, 100, 10), "what counts")
    equal(outcomes(world), {"counted": 1, "conflicting": 1}, "outcomes")
    said_of(world, "created_at", "model", "account", "tokens_prompt", "tokens_completion")
    world.run("replay")


# Of other reports: what is sent, and how many of it count, are duplicates, are told.
REPORTED = {
    "one id for six answers in a row": (
        [generation("msg_L", 900 + 40 * turn, 30 + turn, created_at=AT_MS + 2000 * turn) for turn in range(6)],
        (1, 0, 5),
    ),
    "an answer told block by block, each with the usage of the whole": (
        [generation(f"msg_{turn}", 100, 10 + turn) for turn in range(3) for _ in ("thinking", "text")],
        (3, 3, 0),
    ),
    "ids out of a thousand, met again by chance": (
        [generation(f"chatcmpl-{number % 7}", 10 + number, 1, account=f"u{number}") for number in range(20)],
        (7, 0, 13),
    ),
    "a session that was forked, with all of its past": (
        [generation(f"req_{number}", 50, number) for _ in ("first", "fork") for number in range(4)],
        (4, 4, 0),
    ),
    "an answer kept by a cache under the id of the first": (
        [generation("gen_C", 80, 20), generation("gen_C", 80, 20, is_gateway_cache_hit=True, account="b")],
        (1, 0, 1),
    ),
}


def test_what_is_reported_of_ids(world):
    prepare(world, ids="dedup")
    feed(world, [event for events, _ in REPORTED.values() for event in events])
    said = collections.Counter(reason for reason, _ in letters(world))
    counted, duplicate, conflicting = map(sum, zip(*(want for _, want in REPORTED.values())))
    want = {"counted": counted, "duplicate": duplicate, "conflicting": conflicting}
    equal(outcomes(world), want, "outcomes")
    equal((totals(world)[0], said), (counted, {"EVENT-ID-CONFLICT": conflicting}), "requests, letters")
    world.run("replay")


def test_any_field_that_counts_makes_it_another(world):
    """Each field by itself; what is no content (the order of labels) does not."""
    prepare(world, ids="dedup")
    whole = generation("x", 1000, 100, account="a", country="DE", language="de", finish_reason="stop")
    whole.update(tokens_reasoning=50, tokens_cached=500, cost_nano_usd=77, latency_ms=900, first_token_ms=300)
    labels = [{"path": "/Games", "confidence": 0.75}, {"path": "/Science", "confidence": 0.5}]
    whole.update(generation_ms=600, classified=True, categories=labels, app="app")
    changes = {
        "created_at": AT_MS + 1,
        "model": "openai/gpt-4o",
        "provider": "azure",
        "account": "b",
        "app": "another",
        "country": "FR",
        "language": "fr",
        "tokens_prompt": 1001,
        "tokens_completion": 101,
        "tokens_reasoning": 51,
        "tokens_cached": 501,
        "tokens_cache_write": 1,
        "cost_nano_usd": 78,
        "is_byok": True,
        "is_gateway_cache_hit": True,
        "is_free": True,
        "streamed": True,
        "cancelled": True,
        "tools_offered": True,
        "finish_reason": "length",
        "latency_ms": 901,
        "first_token_ms": 301,
        "generation_ms": 601,
        "classified": False,
        "categories": labels[:1],
    }
    same = [{**whole, "categories": labels[::-1]}, whole]
    events = []
    for number, (name, value) in enumerate(changes.items()):
        events += [{**whole, "id": f"x{number}"}, {**whole, "id": f"x{number}", name: value}]
    feed(world, events + [{**event, "id": "x0"} for event in same])
    equal(outcomes(world), {"counted": len(changes), "duplicate": len(same), "conflicting": len(changes)}, "outcomes")


def test_ids_that_are_no_ids(world):
    """A constant for an id: one event counts, each other is told, and the worker warns that this is no exception."""
    prepare(world, ids="dedup")
    path = world.folder / "events.jsonl"
    path.write_text("".join(json.dumps(generation("null", number, 1)) + "\n" for number in range(3000)))
    world.produce(path)
    worker = world.start("worker", "--drain").succeed(120)
    equal(outcomes(world), {"counted": 1, "conflicting": 2999}, "outcomes")
    check("WORKER-ID-CONFLICTS" in worker.log, "no warning", worker.log)


def test_the_last_one_counts_if_asked_for(world):
    prepare(world, ids="amend", ids_keep="last")
    feed(world, GROWING)
    equal(totals(world), (2, 20, 200), "what counts")
    equal(outcomes(world), {"counted": 4, "duplicate": 1}, "outcomes")
    feed(world, GROWING, "again")  # every version was there before: none wins over the last
    equal(totals(world), (2, 20, 200), "what counts after all was sent again")
    equal(outcomes(world), {"counted": 4, "duplicate": 6}, "outcomes after all was sent again")
    older = generation("msg_A", 10, 500, created_at=AT_MS - 1)
    feed(world, [older, generation("msg_B", 10, 50, created_at=AT_MS + 3 * HOUR_MS)], "older")
    equal(totals(world), (2, 20, 209), "an older one came late; another moves to a later hour")
    hours = {row["window_start"]: row["tokens_completion"] for row in world.summaries("total", "hour")}
    equal(sorted(hours.values()), [50, 159], "tokens by hour")
    said_of(world, "created_at", "tokens_completion", "finish_reason")
    world.run("replay")


def test_the_last_one_and_corrections(world):
    """With `op`: an amendment is a version like another, and what was retracted stays so."""
    prepare(world, ids="amend", ids_keep="last")
    events = [
        generation("a", 10, 10),
        generation("a", 10, 25, op="amend"),
        generation("a", 10, 10),  # was there before: a duplicate
        generation("a", 10, 40),
        generation("a", 10, 25),  # the amendment's content, as a create: was there before
        generation("b", 10, 10),
        generation("b", 10, 10, op="retract"),
        generation("b", 10, 10),  # a duplicate of what was retracted
        generation("b", 10, 11),  # would bring it back
    ]
    feed(world, events)
    equal(totals(world), (1, 10, 40), "what counts")
    equal(outcomes(world), {"counted": 5, "duplicate": 3, "conflicting": 1}, "outcomes")
    ((reason, detail),) = letters(world)
    check(reason == "EVENT-ID-CONFLICT" and "retracted" in detail, "what is said", reason, detail)


def test_the_last_one_needs_what_each_contributed(world):
    for mode in ("off", "dedup"):
        refused = world.start("worker", "--check-config", GENTALLY_IDS=mode, GENTALLY_IDS_KEEP="last")
        equal(refused.wait(30), 78, "exit status")
        check("CONFIG-VALUE" in refused.log and "ids = amend" in refused.log, "what is said", refused.log)
    refused = world.start("worker", "--check-config", GENTALLY_IDS="amend", GENTALLY_IDS_KEEP="newest")
    equal(refused.wait(30), 78, "exit status")


def growing_traffic(chance, count):
    """Streams whose usage grows, interleaved, with versions sent again and some of a model of their own."""
    records = []
    for number in range(count):
        event = generation(f"stream-{number}", chance.randrange(1000), 0, account=f"user-{number % 50}")
        event["created_at"] = AT_MS + number * 1000
        event["model"] = chance.choice(("openai/gpt-4o", "acme/one", "acme/two:free"))
        versions = []
        for _ in range(chance.choice((1, 1, 2, 4))):
            event = {**event, "tokens_completion": event["tokens_completion"] + chance.randrange(1, 100)}
            if chance.random() < 0.1:
                event["created_at"] += chance.randrange(HOUR_MS)
            versions.append(event)
        arrival = event["created_at"]
        for version in versions:
            arrival += chance.randrange(20_000)
            records.append((arrival, version))
            if chance.random() < 0.2:
                records.append((arrival + chance.randrange(60_000), version))
    return [json.dumps(event) for _, event in sorted(records, key=lambda record: record[0])]


def grown(messages):
    """What counts, all that ever did, and outcomes, by a naive model of each partition's records."""
    by_partition = collections.defaultdict(list)
    for message in messages:
        by_partition[message.partition()].append((message.offset(), decode(message.value())))
    last, said, outcome = {}, collections.defaultdict(list), collections.Counter()
    for records in by_partition.values():
        for _, event in sorted(records, key=lambda record: record[0]):
            name = event["id"]
            if event in said[name]:
                outcome["duplicate"] += 1
            elif name in last and event["created_at"] < last[name]["created_at"]:
                outcome["conflicting"] += 1
            else:
                last[name] = event
                said[name].append(event)
                outcome["counted"] += 1
    return types.SimpleNamespace(counting=last, ever=sum(said.values(), []), outcomes=outcome)


def test_growing_streams_count_their_last_whoever_is_killed(world):
    """Every cell against SQL over the last versions."""
    prepare(world, PARTITIONS, ids="amend", ids_keep="last")
    chance = seeded()
    feed_and_kill(world, growing_traffic(chance, 8000), 4, PARTITIONS, chance)
    drain(world, 2)
    model = grown(read_topic(world.kafka, world.topic))
    check(model.outcomes["duplicate"] > 100 and len(model.ever) > len(model.counting), "too little", model.outcomes)
    equal(outcomes(world, PARTITIONS), dict(model.outcomes), "outcomes")
    oracle, _ = expected(model)
    summaries = {}
    for rollup in ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = oracle.differences(summaries)
    check(cells > 50 and differing == 0, f"{differing} of {cells} cells differ", *shown)
    note(f"{dict(model.outcomes)}; {len(model.counting)} streams, {cells} cells")
    world.run("replay")


if __name__ == "__main__":
    main(__file__, globals())
