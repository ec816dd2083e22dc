"""A real OpenTelemetry Collector: spans of the SDK for Python over OTLP/HTTP, its Kafka exporter in either encoding,
then `adapt` and a worker. tests/readers/collector is the Collector, which Go builds from modules of one release."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from confluent_kafka.admin import AdminClient, NewTopic  # noqa: E402
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: E402
from opentelemetry.sdk.trace import TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: E402
from opentelemetry.trace import set_span_in_context  # noqa: E402

from adapt import by_id, events_of, letters_of  # noqa: E402
from adapters import FORBIDDEN  # noqa: E402
from harness import BINARY, ROOT, Process, Skip, check, equal, free_port, main, wait_until  # noqa: E402
from platform_records import HOUR_MS, POISON, event  # noqa: E402
from topics import read_topic  # noqa: E402

SOURCE = ROOT / "tests/readers/collector"
SPANS, PARTITIONS = 1000, 3


def built():
    """The Collector, built beside our binary; modules and what was compiled are kept by Go."""
    if shutil.which("go") is None:
        raise Skip("Go, which builds the Collector")
    program = Path(BINARY).with_name("collector")
    command = ["go", "build", "-buildvcs=false", "-mod=readonly", "-o", program, "."]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False, timeout=880)
    if done.returncode != 0 and "dial tcp" in done.stderr:
        raise Skip("the modules of the Collector: no proxy of Go's modules can be reached")
    check(done.returncode == 0, "go build", done.stderr[-2000:])
    return program


def collect(world, encoding):
    """A Collector that listens, and the port."""
    port = free_port()
    config = world.folder / f"{encoding}.yaml"
    config.write_text(
        f"""
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:{port}
exporters:
  kafka:
    brokers: ["{world.kafka}"]
    traces:
      topic: {world.source}
      encoding: {encoding}
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [kafka]
"""
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GENTALLY_")}
    command = [built(), f"--config=file:{config}"]
    collector = world.own(Process(f"collector-{encoding}", command, environment, world.folder))
    wait_until(lambda: "Everything is ready" in collector.log or not collector.is_running(), 60, "the Collector's word")
    check(collector.is_running(), "the Collector ended", collector.log)
    return collector, port


def ask(tracer, number):
    """A request of an agent, as instrumentations write it; the event that it is."""
    begin = (HOUR_MS + 100 * number) * 1_000_000
    parent = tracer.start_span(f"agent {POISON}", start_time=begin)
    parent.set_attributes({"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 7})
    span = tracer.start_span(f"chat {POISON}", set_span_in_context(parent), start_time=begin)
    span.set_attributes(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 100 + number,
            "gen_ai.usage.output_tokens": 10,
            "gen_ai.usage.cache_read.input_tokens": 50,
            "gen_ai.response.finish_reasons": ("stop",),
            "gen_ai.input.messages": POISON,
        }
    )
    span.end(begin + 750_000_000)
    parent.end(begin + 750_000_000)
    context = span.get_span_context()
    return event(
        f"{context.trace_id:032x}-{context.span_id:016x}",
        "gpt-4o",
        100 + number,
        10,
        100 * number + 750,
        provider="openai",
        tokens_cached=50,
        finish_reason="stop",
        latency_ms=750,
    )


def counted_through(world, encoding):
    """All of it; `adapt` is killed meanwhile."""
    world.start_redis()
    world.run("setup", "--partitions", 2)
    world.source = f"{world.name}.otlp"
    admin = AdminClient({"bootstrap.servers": world.kafka})
    topics = [NewTopic(world.source, PARTITIONS, 1), NewTopic(f"{world.source}.dead-letters", 1, 1)]
    for future in admin.create_topics(topics).values():
        future.result(30)
    collector, port = collect(world, encoding)
    provider = TracerProvider()
    exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{port}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=200, max_export_batch_size=100))
    tracer = provider.get_tracer("my.instrumentation", "1.0")
    adapting = world.start("adapt", "--from", "otel", "--in", world.source)
    asked = []
    for part in range(4):
        asked += [ask(tracer, number) for number in range(part * SPANS // 4, (part + 1) * SPANS // 4)]
        check(provider.force_flush(60_000), "spans that were not exported")
        if part == 1:
            wait_until(lambda: len(read_topic(world.kafka, world.topic)) > 0, 60, "the first events")
            adapting.kill()
            adapting = world.start("adapt", "--from", "otel", "--in", world.source)
    provider.shutdown()
    collector.end()
    adapting.end()
    done = world.start("adapt", "--from", "otel", "--in", world.source, "--drain").succeed(60)
    equal(len(asked), SPANS, "requests that were asked")
    equal(by_id(events_of(world)), by_id(asked), f"events: {done.log}")
    equal(letters_of(world), [], "dead letters")
    check(not any(word in done.log.encode() for word in FORBIDDEN), "the log quotes a span", done.log)
    world.run("worker", "--drain")
    (row,) = world.summaries("total", "hour")
    got = (row["requests"], row["tokens_prompt"], row["tokens_completion"], row["tokens_cached"])
    equal(got, (SPANS, sum(item["tokens_prompt"] for item in asked), 10 * SPANS, 50 * SPANS), "what is counted")
    equal(row["cost_unknown"], SPANS, "requests without a cost: the convention has none")


def test_protobuf(world):
    counted_through(world, "otlp_proto")


def test_json(world):
    counted_through(world, "otlp_json")


if __name__ == "__main__":
    main(__file__, globals())
