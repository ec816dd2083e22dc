"""Records of other platforms through `produce --from`: each in each version that is known becomes the event that was
worked out by hand, is counted as it, and what must not pass is in no output."""

import hashlib
import hmac
import json
import re
from collections import Counter

from confluent_kafka import Consumer

from harness import ACCOUNT_KEY, check, equal, main
from platform_records import HOUR_MS, LEFT_OUT, POISON, RECORDS, request, span
from topics import decode, read_topic

EX_DATAERR = 65
# An address that stands beside the poison.
FORBIDDEN = (POISON.encode(), b"10.9.8.7", b"Bearer")


def produce(world, source, data, *arguments, **settings):
    """The process, ended, and the counts of its last line."""
    path = world.folder / "input"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    with open(path, "rb") as file:
        process = world.start("produce", "--from", source, *arguments, stdin=file, **settings)
        status = process.wait(60)
    last = next((line for line in process.log.splitlines() if line.startswith("produced=")), "")
    return status, dict(part.split("=") for part in last.split()), process.log + process.out


def setup(world):
    world.start_redis()
    world.run("setup", "--partitions", 1)


def hidden(text):
    return hmac.new(ACCOUNT_KEY, text.encode(), hashlib.sha256).hexdigest()[:32]


def wanted(events):
    """The events as they are in the topic: account and app hidden."""
    return [
        {**event, **{name: hidden(event[name]) for name in ("account", "app") if event[name]}}
        for event in events
        if event != LEFT_OUT
    ]


def raw(world, topic):
    """Every byte of a topic's keys, values and headers."""
    found = []
    for message in read_topic(world.kafka, topic, "read_uncommitted"):
        found += [message.key() or b"", message.value() or b""]
        found += [name.encode() + (value or b"") for name, value in message.headers() or []]
    return b"\n".join(found)


def lines_of(source):
    return "".join(json.dumps(record) + "\n" for record, _ in RECORDS[source])


def test_each_record_becomes_the_event_that_it_is(world):
    """In lines, in one array, and indented."""
    setup(world)
    world.count_accounts()
    told = []
    for source, records in RECORDS.items():
        events = [event for _, items in records for event in items]
        for data in (
            lines_of(source),
            json.dumps([record for record, _ in records]),
            "\ufeff" + json.dumps([record for record, _ in records], indent=2),
            "\n".join(json.dumps(record, indent=1) for record, _ in records),
        ):
            status, counts, log = produce(world, source, data)
            equal(status, 0, f"{source}: {log}")
            equal(int(counts["left_out"]), events.count(LEFT_OUT), f"{source}: left out: {log}")
            equal(int(counts["rejected"]), 0, f"{source}: rejected")
            told += [(source, event) for event in wanted(events)]
    messages = read_topic(world.kafka, world.topic)
    equal(len(messages), len(told), "events")
    for message, (source, event) in zip(messages, told):
        equal(decode(message.value()), event, f"{source}: {event['id']}")
        equal(message.key(), event["id"].encode(), "the key")


def requests_of(accounts, first):
    """OpenRouter's generations, one of each account."""
    record = next(record for record, items in RECORDS["openrouter"] if items[0] != LEFT_OUT)
    record = record.get("data", record)
    rows = ({**record, "id": f"k-{first + at}", "external_user": name} for at, name in enumerate(accounts))
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_another_account_key_is_refused_before_an_account_is_two(world):
    """Three accounts stay three: under another key nothing is sent; in another namespace they are three again."""
    setup(world)
    world.count_accounts()
    world.run("setup")
    other = world.folder / "other.key"
    other.write_text("a leaked key is changed")
    accounts = ["ann", "bob", "eve"]
    status, counts, log = produce(world, "openrouter", requests_of(accounts, 0))
    equal((status, counts.get("produced")), (0, "3"), log)
    for arguments in (("produce", "--from", "openrouter"), ("adapt", "--from", "openrouter", "--in", "of-others")):
        path = world.folder / "input"
        path.write_text(requests_of(accounts, 10))
        with path.open("rb") as file:
            process = world.start(*arguments, stdin=file, GENTALLY_ACCOUNT_KEY_FILE=other)
            equal(process.wait(60), 78, f"exit status of {arguments[0]}: {process.log}")
        check("SETTINGS-REFUSED" in process.log and "account_key" in process.log, "the reason", process.log)
    kept = world.redis.command("HGETALL", f"{world.namespace}:{{settings}}:adapters")
    check(ACCOUNT_KEY not in b" ".join(kept), "the key itself is kept", kept)
    status, counts, log = produce(world, "openrouter", requests_of(accounts, 20))
    equal((status, counts.get("produced")), (0, "3"), log)
    world.run("worker", "--drain")
    (row,) = world.summaries("total", "hour")
    equal((row["requests"], row["accounts"]), (6, 3), "requests and accounts")

    anew = {"GENTALLY_NAMESPACE": f"{world.namespace}-2", "GENTALLY_TOPIC": f"{world.topic}-2"}
    anew |= {"GENTALLY_GROUP": f"{world.name}-2", "GENTALLY_ACCOUNT_KEY_FILE": other}
    world.run("setup", "--partitions", 1, **anew)
    status, counts, log = produce(world, "openrouter", requests_of(accounts, 30), **anew)
    equal((status, counts.get("produced")), (0, "3"), log)
    world.run("worker", "--drain", **anew)
    done = world.run("summaries", "--rollup", "total", "--window", "hour", "--format", "json", **anew)
    row = json.loads(done.out)
    equal((row["requests"], row["accounts"]), (3, 3), "requests and accounts, anew")


def test_what_is_counted_is_what_was_worked_out(world):
    """All four sources into one topic, to summaries: against sums over the events that were written by hand."""
    setup(world)
    for source in RECORDS:
        status, _, log = produce(world, source, lines_of(source))
        equal(status, 0, log)
    world.run("worker", "--drain")
    events = [event for records in RECORDS.values() for _, items in records for event in items if event != LEFT_OUT]
    (row,) = world.summaries("total", "hour")
    known = [event for event in events if event["tokens_prompt"] is not None and event["tokens_completion"] is not None]
    equal(row["window_start"], HOUR_MS, "the hour")
    equal(row["requests"], len(events), "requests")
    equal(row["tokens_unknown"], len(events) - len(known), "requests whose tokens nobody knows")
    equal(row["tokens_prompt"], sum(event["tokens_prompt"] for event in known), "prompt")
    equal(row["tokens_completion"], sum(event["tokens_completion"] for event in known), "completion")
    equal(row["tokens_reasoning"], sum(event["tokens_reasoning"] for event in known), "reasoning")
    equal(row["tokens_cached"], sum(event["tokens_cached"] for event in known), "cached")
    equal(row["tokens_cache_write"], sum(event["tokens_cache_write"] for event in known), "written to caches")
    equal(row["cost_nano_usd"], sum(event["cost_nano_usd"] or 0 for event in events), "cost")
    equal(row["cost_unknown"], sum(event["cost_nano_usd"] is None for event in events), "requests without a price")
    rows = world.summaries("provider", "hour")
    got = Counter()
    for row in rows:
        got[row.get("provider") or ""] += row["requests"]
    equal(got, Counter(event["provider"] or "" for event in events), "requests by provider")
    slugs = {row["model_slug"] for row in world.summaries("model", "hour")}
    variants = {event["model"].replace(":online", "") for event in events}
    check(slugs <= variants | {event["model"] for event in events}, "models", slugs)


def test_nothing_private_passes(world):
    """Not in the topic, dead letters, summaries, logs or messages: of good records, of bad ones, and of broken ones."""
    setup(world)
    said = []
    for source in RECORDS:
        for settings in ({}, {"GENTALLY_LOG_LEVEL": "debug"}):
            said.append(produce(world, source, lines_of(source), "--skip-bad", **settings)[2])
        for record, _ in RECORDS[source]:
            broken = json.dumps(record)
            bad = broken.replace(": ", ": NaN, ", 1) + "\n" + broken[:-9] + "\n" + broken.replace('":', '": -', 3)
            wrong = re.sub(r"\d{2,}", f'"{POISON}"', broken) + "\n" + broken.replace('"stop"', f'"{POISON} stop"')
            said.append(produce(world, source, bad + "\n" + wrong + "\n", "--skip-bad")[2])
    worker = world.run("worker", "--drain")
    said += [worker.log, worker.out]
    topics = topics_of(world)
    kept = [raw(world, topic) for topic in topics]
    check(len(kept) > 2 and b"gen-1" in b"".join(kept), "what was kept", topics)
    for place, data in [*zip(topics, kept), *((f"said {i}", text.encode()) for i, text in enumerate(said))]:
        for word in FORBIDDEN:
            at = data.find(word)
            check(at < 0, f"{word!r} is in {place}", data[max(0, at - 100) : at + 100])


def topics_of(world):
    consumer = Consumer({"bootstrap.servers": world.kafka, "group.id": "topics"})
    names = [name for name in consumer.list_topics(timeout=10).topics if world.name in name]
    consumer.close()
    return sorted(names)


def test_what_has_no_rule_is_said_once_with_a_count(world):
    setup(world)
    chat = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 1}
    spans = [span(n, {**chat, "gen_ai.usage.flux_tokens": 7, "db.x": POISON}) for n in range(30)]
    spans += [span(30 + n, {**chat, "gen_ai.response.finish_reasons": ["fin"]}) for n in range(5)]
    spans += [span(40, {**chat, "gen_ai.operation.name": "execute_tool"})]
    spans += [span(41, chat, traceState="ot=th:8;rv:12,x=y")]
    status, counts, log = produce(world, "otel", json.dumps(request(spans)))
    equal((status, counts["produced"], counts["left_out"]), (0, "36", "1"), log)
    for says in (
        "30 x field without a rule, passed by: gen_ai.usage.flux_tokens",
        "5 x finish reason that no table has, counted as it is: fin",
        "1 x kind of record that is no request to a model, left out: execute_tool",
        "1 x span of a sampled trace",
    ):
        equal(sum(says in line for line in log.splitlines()), 1, says + "\n" + log)
    _, _, log = produce(world, "langfuse", lines_of("langfuse"))
    check("1 x account or application left out: without an account_key" in log, "no word of accounts", log)


def test_bad_records_are_named_by_the_sources_field(world):
    setup(world)
    row = {"request_id": "r", "call_type": "completion", "model": "m", "endTime": HOUR_MS, "prompt_tokens": 1}
    row |= {"completion_tokens": 1, "total_tokens": 2, "spend": 0}
    bad = {
        "spend must not be below 0": {**row, "spend": -0.0001},
        "spend must be a number": {**row, "spend": {}},
        "prompt_tokens must be a whole number, and has a fraction": {**row, "prompt_tokens": 120.5},
        "prompt_tokens must be a whole number, or its digits as a text": {**row, "prompt_tokens": "1e3"},
        "completion_tokens must not be below 0": {**row, "completion_tokens": -1},
        "endTime is missing": {**row, "endTime": None},
        "call_type is missing": {**row, "call_type": None},
        "model is empty": {**row, "model": ""},
        "request_id holds U+0000": {**row, "request_id": "a\0b"},
        "before 2010": {**row, "endTime": 1},
    }
    for says, record in bad.items():
        status, counts, log = produce(world, "litellm", json.dumps(record))
        equal((status, counts["produced"], counts["rejected"]), (EX_DATAERR, "0", "1"), f"{says}: {log}")
        check(says in log and "line 1, item 1: " in log, says, log)
    status, _, log = produce(world, "litellm", json.dumps({**row, "spend": float("nan")}))
    check(status == EX_DATAERR and "spend is NaN or an infinity" in log, "NaN", log)
    data = json.dumps([row, bad["model is empty"], {**row, "request_id": "s"}, 7], indent=1)
    status, counts, log = produce(world, "litellm", data, "--skip-bad")
    equal((status, counts["produced"], counts["rejected"]), (0, "2", "2"), log)
    check("record 2, item 1: EVENT-MODEL-MISSING" in log and "record 4" in log, "places", log)
    status, _, log = produce(world, "otel", "{}\n")
    check(status == EX_DATAERR and "resourceSpans is missing" in log, "no request", log)
    status, _, log = produce(world, "gpt", "{}\n")
    check(status != 0 and "litellm" in log, "the sources are named", log)


if __name__ == "__main__":
    main(__file__, globals())
