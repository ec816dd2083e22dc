"""`adapt`: a topic of another platform's records becomes events exactly once, whoever is killed or sleeps, whenever."""

import collections
import json
import signal
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from google.protobuf.json_format import MessageToJson
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import set_span_in_context

from harness import check, equal, main, note, seeded, tail, wait_until
from adapters import FORBIDDEN, hidden
from platform_records import HOUR_MS, LEFT_OUT, POISON, RECORDS, event, protobuf
from topics import decode, read_topic

PARTITIONS = 4
RECORDS_SENT = 6000
KILLS = 5


def setup(world, partitions=PARTITIONS):
    """Topics: of events, of records, of the dead letters of these."""
    world.start_redis()
    world.run("setup", "--partitions", 2)
    world.source = f"{world.name}.records"
    admin = AdminClient({"bootstrap.servers": world.kafka})
    topics = [NewTopic(world.source, partitions, 1), NewTopic(f"{world.source}.dead-letters", 1, 1)]
    for future in admin.create_topics(topics).values():
        future.result(30)


def send(world, values, partitions=PARTITIONS):
    producer = Producer({"bootstrap.servers": world.kafka})
    for number, value in enumerate(values):
        while True:
            try:
                producer.produce(world.source, value, b"k-" + POISON.encode(), number % partitions)
                break
            except BufferError:
                producer.poll(0.1)
    equal(producer.flush(60), 0, "messages that were not delivered")


def adapt(world, source="litellm", *arguments, **settings):
    return world.start("adapt", "--from", source, "--in", world.source, *arguments, **settings)


def events_of(world):
    return [decode(message.value()) for message in read_topic(world.kafka, world.topic)]


def by_id(events):
    return sorted(events, key=lambda item: item["id"])


def letters_of(world):
    """(reason, partition, offset, item) of each dead letter."""
    letters = []
    for message in read_topic(world.kafka, f"{world.source}.dead-letters"):
        headers = {name: value.decode() for name, value in message.headers()}
        names = ("gentally.reason", "gentally.partition", "gentally.offset", "gentally.item")
        letters.append(tuple(headers[name] for name in names))
    return letters


def test_every_source_is_adapted(world):
    """The records that were worked out by hand, one topic each; nothing private in events, letters or log."""
    setup(world)
    world.count_accounts()
    sources = {}
    for source, records in RECORDS.items():
        world.source = sources[source] = f"{world.name}.{source}"
        admin = AdminClient({"bootstrap.servers": world.kafka})
        names = (world.source, f"{world.source}.dead-letters")
        for future in admin.create_topics([NewTopic(name, 1, 1) for name in names]).values():
            future.result(30)
        bad = [json.dumps(records[0][0])[:-5].encode(), b"", b'{"id": "' + POISON.encode() + b'", "x": NaN}']
        send(world, [json.dumps(record).encode() for record, _ in records] + bad, 1)
        done = adapt(world, source, "--drain").succeed(60)
        check("dead_letters=3" in done.log, "three letters", done.log)
        equal(len(letters_of(world)), 3, f"{source}: dead letters")
        for name in names[1:]:
            for message in read_topic(world.kafka, name):
                said = b"".join(value for _, value in message.headers()) + (message.value() or b"")
                check(not any(word in said for word in FORBIDDEN), "a letter quotes its record", said)
        check(not any(word in done.log.encode() for word in FORBIDDEN), "the log quotes a record", done.log)
    wanted = {}
    for records in RECORDS.values():
        for event in (event for _, items in records for event in items if event != LEFT_OUT):
            wanted[event["id"]] = {**event, **{name: hidden(event[name]) for name in ("account", "app") if event[name]}}
    got = {event["id"]: event for event in events_of(world)}
    equal(got, wanted, "events")


def test_protobuf_is_the_same(world):
    """The records of OpenTelemetry in protobuf; and such as are cut, which are dead letters, and change nothing."""
    setup(world, 1)
    records = [(record, items) for record, items in RECORDS["otel"] if "resourceSpans" in record]
    whole = [protobuf(record) for record, _ in records]
    chance = seeded()
    cut = [value[: chance.randrange(2, len(value) - 1)] for value in whole for _ in range(20)]
    send(world, [*whole, *cut], 1)
    done = adapt(world, "otel", "--drain").succeed(60)
    wanted = [item for _, items in records for item in items if item != LEFT_OUT]
    equal(by_id(events_of(world)), by_id(wanted), "events")
    equal(len(letters_of(world)), len(cut), f"dead letters: {done.log}")
    check(not any(word in done.log.encode() for word in FORBIDDEN), "the log quotes a record", done.log)


def test_a_real_sdk_is_understood(world):
    """Spans of OpenTelemetry's own SDK for Python, as its exporters write them: in protobuf, and in JSON."""
    setup(world, 1)
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("my.instrumentation", "1.0")
    asked, ended = [], HOUR_MS + 20_000
    for number in range(10):
        begin = (ended + 1000 * number - 750) * 1_000_000
        parent = tracer.start_span(f"agent {POISON}", start_time=begin)
        parent.set_attribute("gen_ai.operation.name", "invoke_agent")
        span = tracer.start_span(f"chat {POISON}", set_span_in_context(parent), start_time=begin)
        span.set_attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-4o",
                "gen_ai.usage.input_tokens": 100 + number,
                "gen_ai.usage.output_tokens": 10,
                "gen_ai.usage.cache_read.input_tokens": 50,
                "gen_ai.response.finish_reasons": ("tool_calls",),
                "gen_ai.response.time_to_first_chunk": 0.125,
                "gen_ai.input.messages": POISON,
            }
        )
        span.end(begin + 750_000_000)
        parent.end(begin + 750_000_000)
        context = span.get_span_context()
        asked.append(
            event(
                f"{context.trace_id:032x}-{context.span_id:016x}",
                "gpt-4o",
                100 + number,
                10,
                20_000 + 1000 * number,
                provider="openai",
                tokens_cached=50,
                streamed=True,
                finish_reason="tool_calls",
                latency_ms=750,
                first_token_ms=125,
            )
        )
    spans = exporter.get_finished_spans()
    half = len(spans) // 2
    in_json = MessageToJson(encode_spans(spans[half:]), indent=None).encode()
    send(world, [encode_spans(spans[:half]).SerializeToString(), in_json], 1)
    done = adapt(world, "otel", "--drain").succeed(60)
    equal(by_id(events_of(world)), by_id(asked), f"events: {done.log}")
    equal(letters_of(world), [], "dead letters")


def rows(first, count):
    """LiteLLM's rows, now and then a bad one or one to be left out; and the ids that count."""
    values, ids, bad = [], [], 0
    for number in range(first, first + count):
        row = {"request_id": f"r{number}", "call_type": "completion", "model": "m", "endTime": HOUR_MS + number}
        row |= {"prompt_tokens": 1, "completion_tokens": 1, "spend": 0.001}
        if number % 50 == 7:
            row["call_type"] = "aembedding"
        elif number % 50 == 9:
            row["spend"] = -1
            bad += 1
        else:
            ids.append(row["request_id"])
        values.append(json.dumps(row).encode())
    return values, ids, bad


def committed(world):
    """Records behind which the group's offsets are."""
    settings = {"bootstrap.servers": world.kafka, "group.id": f"{world.namespace}.adapt.{world.source}"}
    consumer = Consumer({**settings, "isolation.level": "read_uncommitted"})  # not to wait for who sleeps
    places = consumer.committed([TopicPartition(world.source, number) for number in range(PARTITIONS)], 10)
    consumer.close()
    return sum(max(0, place.offset) for place in places)


def has_open_transaction(world):
    """Whether records of the input topic wait for the end of their transaction."""
    ends = []
    for level in ("read_uncommitted", "read_committed"):
        settings = {"bootstrap.servers": world.kafka, "group.id": "ends", "isolation.level": level}
        consumer = Consumer(settings)
        count = len(consumer.list_topics(world.topic, 10).topics[world.topic].partitions)
        places = [TopicPartition(world.topic, number) for number in range(count)]
        ends.append([consumer.get_watermark_offsets(place, 10)[1] for place in places])
        consumer.close()
    return ends[0] != ends[1]


def compare(world, ids, bad):
    got = collections.Counter(item["id"] for item in events_of(world))
    want = collections.Counter(ids)
    lost, doubled = want - got, got - want
    note(f"{len(ids)} events, {sum(lost.values())} lost, {sum(doubled.values())} doubled")
    check(not lost and not doubled, "lost, doubled", list(lost)[:9], list(doubled)[:9])
    letters = collections.Counter(letters_of(world))
    equal((sum(letters.values()), max(letters.values())), (bad, 1), "dead letters, and how often each is there")


def test_kills_lose_and_double_nothing(world):
    """Two at work; each that is killed is followed by another, while records come."""
    setup(world)
    chance = seeded()
    running = [adapt(world) for _ in range(2)]
    ids, bad, sent = [], 0, 0
    for kill in range(KILLS):
        values, good, wrong = rows(sent, RECORDS_SENT // KILLS)
        send(world, values)
        ids, bad, sent = ids + good, bad + wrong, sent + len(values)
        mark = sent - chance.randrange(len(values))
        wait_until(lambda mark=mark: committed(world) >= mark, 60, f"{mark} records adapted")
        time.sleep(chance.random() * 0.1)  # not to wait for anything: to strike at any point of a turn
        running.pop(0).kill()
        running.append(adapt(world))
    wait_until(lambda: committed(world) == sent, 60, "all records adapted")
    for process in running:
        process.signal(signal.SIGTERM)
        equal(process.wait(30), 0, "exit status after SIGTERM")
    compare(world, ids, bad)
    world.run("worker", "--drain")
    (row,) = world.summaries("total", "hour")
    equal((row["requests"], row["cost_nano_usd"]), (len(ids), 1_000_000 * len(ids)), "what is counted")


def test_who_sleeps_is_fenced(world):
    """One that is stopped within a transaction, and goes on when another has its partitions, writes nothing twice."""
    setup(world)
    chance = seeded()
    values, ids, bad = rows(0, 30_000)
    sleeper = adapt(world, GENTALLY_KAFKA_SESSION_TIMEOUT_MS=6000)
    sleeper.says("ADAPT-ASSIGNED")
    sleeper.signal(signal.SIGSTOP)
    send(world, values)
    for _ in range(200):
        sleeper.signal(signal.SIGCONT)
        time.sleep(0.02 * chance.random())  # not to wait for anything: to stop it at any point of a turn
        sleeper.signal(signal.SIGSTOP)
        if has_open_transaction(world):
            break
    check(has_open_transaction(world), "it was never stopped within a transaction")
    asleep = committed(world)
    note(f"asleep within a transaction, after {asleep} of {len(values)} records")
    check(asleep < len(values), "it had done all")
    try:
        other = adapt(world)
        wait_until(lambda: committed(world) == len(values), 60, "all records adapted by the other")
    finally:
        sleeper.signal(signal.SIGCONT)
    more, good, wrong = rows(len(values), 1000)
    send(world, more)
    wait_until(lambda: committed(world) == len(values) + len(more), 60, "what came later")
    for process in (sleeper, other):
        process.signal(signal.SIGTERM)
        status = process.wait(30)  # 75: its transaction had no answer yet, and whoever is next ends it
        check(status in (0, 75), f"exit status {status} after SIGTERM", tail(process.log))
    compare(world, ids + good, bad + wrong)


def test_servers_that_are_away_are_waited_for(world):
    """Redis, which is asked about the account key; then Kafka. What is there is adapted when both are."""
    kafka = world.start_kafka()
    setup(world)
    world.count_accounts()
    values, ids, bad = rows(0, 100)
    send(world, values)
    world.redis.kill()
    process = adapt(world)
    process.says("STORE-UNREACHABLE")
    kafka.kill()
    world.redis.start()
    process.says("SINK-UNREACHABLE")
    kafka.start()
    wait_until(lambda: committed(world) == len(values), 60, "all records adapted")
    process.signal(signal.SIGTERM)
    equal(process.wait(30), 0, "exit status after SIGTERM")
    compare(world, ids, bad)


def test_what_is_not_there_is_said(world):
    setup(world)
    for arguments, says in (
        (("--from", "otel"), "--from and --in are to be given"),
        (("--from", "otel", "--in", world.topic), "--in is the input topic"),
        (("--from", "otel", "--in", world.source, "--dead-letters", f"{world.name}.nowhere"), "SINK-TOPIC-MISSING"),
        (("--from", "otel", "--in", "nowhere", "--dead-letters", f"{world.source}.dead-letters"), "TOPIC-MISSING"),
    ):
        process = world.start("adapt", *arguments)
        check(process.wait(30) != 0 and says in process.log, says, process.log)


if __name__ == "__main__":
    main(__file__, globals())
