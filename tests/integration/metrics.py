"""What a worker tells of itself: a scrape says what was produced, probes say what is the matter, and the page of
metrics lists what there is."""

import re
import shutil
import signal
import socket
import subprocess
import time

import requests
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from harness import ROOT, Skip, check, equal, main, tail, wait_until
from takeover import BEGIN_MS, EVENT, HOUR_MS
from topics import encode_event

OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PARTITIONS = 2


def get(url, path, **headers):
    return requests.get(url + path, headers=headers, timeout=10)


def start_worker(world, *arguments, **settings):
    """A worker that serves its metrics on a port that the system chose, and its URL."""
    worker = world.start("worker", *arguments, GENTALLY_METRICS_LISTEN="127.0.0.1:0", **settings)
    worker.says("WORKER-METRICS")
    port = re.search(r"WORKER-METRICS listen=127.0.0.1:0 port=(\d+)", worker.log).group(1)
    return worker, f"http://127.0.0.1:{port}"


def scrape(url):
    """{(sample, labels in order): value} and the families, by a parser that is not ours."""
    answer = get(url, "/metrics")
    equal(answer.status_code, 200, "status of a scrape")
    equal(answer.headers["Content-Type"], OPEN_METRICS, "type of a scrape")
    families = list(text_string_to_metric_families(answer.text))
    samples = {}
    for family in families:
        for sample in family.samples:
            key = (sample.name.removeprefix("gentally_"), *(value for _, value in sorted(sample.labels.items())))
            check(key not in samples, f"{key} is told twice")
            samples[key] = sample.value
    return samples, families


def waits_for(url, seconds=30, **wanted):
    """Scrapes until all samples without labels are as wanted."""
    last = {}

    def is_so():
        last.update(scrape(url)[0])
        return all(last.get((name,)) == value for name, value in wanted.items())

    try:
        wait_until(is_so, seconds, f"{wanted}")
    except Exception:
        print({name: last.get((name,)) for name in wanted}, flush=True)
        raise
    return last


def is_ready(url):
    return get(url, "/readyz").status_code == 200


def put(world, count, partition, hour=0, value=None):
    producer = Producer({"bootstrap.servers": world.kafka, "enable.idempotence": True})
    sizes = 0
    for number in range(count):
        event = {**EVENT, "id": f"{hour}-{partition}-{number}", "created_at": BEGIN_MS + hour * HOUR_MS}
        bytes_ = value if value is not None else encode_event(event)
        sizes += len(bytes_)
        producer.produce(world.topic, bytes_, partition=partition)
    equal(producer.flush(30), 0, "events not delivered")
    return sizes


def test_scrape_says_what_was_produced(world):
    world.start_redis()
    world.count_accounts()
    world.run("setup", "--partitions", PARTITIONS)
    began = time.time()
    _, url = start_worker(world, GENTALLY_EARLY_EMIT_INTERVAL_MS=100)
    size = put(world, 300, 0) + put(world, 200, 1) + put(world, 7, 0, value=b"no framing") + put(world, 3, 1, value=b"")
    future = encode_event({**EVENT, "id": "future", "created_at": int((began + 86400) * 1000)})
    size += put(world, 2, 1, value=future)

    def is_read():
        samples = scrape(url)[0]
        return samples[("records_total", "counted")] == 500 and samples[("records_total", "dead_lettered")] == 12

    wait_until(is_read, 30, "all records to be told")
    put(world, 1, 0, hour=3)  # closes hour 0 of partition 0; partition 1 holds it open until it is idle

    def is_settled():
        samples = scrape(url)[0]
        return (
            samples[("records_total", "counted")] == 501
            and samples.get(("partition_lag_records", "0")) == 0
            and samples.get(("partition_lag_records", "1")) == 0
            and samples[("closer_transactions_total",)] > 0
            and samples[("flush_rows_total",)] > 0
            and ("closer_last_early_timestamp_seconds",) in samples
            and ("redis_memory_used_bytes",) in samples
        )

    wait_until(is_settled, 60, "lag to be 0, and windows to be published")
    samples, _ = scrape(url)
    for outcome in ("duplicate", "too_late", "conflicting", "filtered"):
        equal(samples[("records_total", outcome)], 0, outcome)
    wanted = {"DECODE-FRAMING": 7, "DECODE-EMPTY": 3, "EVENT-FUTURE": 2}
    letters = {key[1]: value for key, value in samples.items() if key[0] == "dead_letters_total"}
    equal({name: value for name, value in letters.items() if value}, wanted, "dead letters by reason")
    check(len(letters) > 20, "letters of all reasons are told, as 0")
    bytes_of_last = len(encode_event({**EVENT, "id": "3-0-0", "created_at": BEGIN_MS + 3 * HOUR_MS}))
    equal(samples[("record_bytes_total",)], size + bytes_of_last, "bytes of values")
    equal(samples[("topic_partitions",)], PARTITIONS, "partitions of the topic")
    equal(samples[("assigned_partitions",)], PARTITIONS, "partitions of the worker")
    equal(samples[("rebalances_total", "assigned")], 1, "rebalances")
    equal(samples[("partition_next_offset", "0")], 308, "next offset of partition 0")
    equal(samples[("partition_next_offset", "1")], 205, "next offset of partition 1")
    equal(samples[("partition_lag_seconds", "0")], 0, "lag in seconds")
    for partition in ("0", "1"):
        told = samples[("partition_last_record_timestamp_seconds", partition)]
        check(began - 1 <= told <= time.time() + 1, f"arrival of partition {partition}'s last record", told)
    watermark = samples[("partition_watermark_timestamp_seconds", "0")]
    equal(watermark, (BEGIN_MS + 3 * HOUR_MS) / 1000 - 300, "watermark: five minutes behind the newest event")
    equal(samples[("closer_active",)], 1, "the only worker closes")
    check(began <= samples[("closer_last_transaction_timestamp_seconds",)] <= time.time() + 1, "last transaction")
    equal(samples[("flush_duration_seconds_count",)] > 0, True, "flushes have durations")
    equal(samples[("closer_transaction_duration_seconds_count",)] > 0, True, "transactions have durations")
    check(samples[("flushes_total", "stored")] >= 2, "flushes stored")
    equal(samples[("flushes_total", "fenced")], 0, "flushes fenced")
    equal(samples[("redis_up",)], 1, "Redis")
    equal(samples[("kafka_up",)], 1, "Kafka")
    check(0 < samples[("redis_round_trip_seconds",)] < 10, "round trip of Redis")
    check(samples[("redis_memory_used_bytes",)] > 500_000, "memory of Redis")
    check(is_ready(url), "a worker that has all is ready", get(url, "/readyz").text)
    listen = url.removeprefix("http://")
    equal(world.run("health", "--ready", GENTALLY_METRICS_LISTEN=listen).out, "ready\n", "health --ready")
    everywhere = listen.replace("127.0.0.1", "0.0.0.0")
    check(world.run("health", GENTALLY_METRICS_LISTEN=everywhere).out.startswith("live: "), "health of a worker")


def test_page_lists_what_a_scrape_has(world):
    """The table of the page and a scrape are equal both ways; promtool, where it is, has nothing to say."""
    world.start_redis()
    world.run("setup", "--partitions", 1)
    _, url = start_worker(world)
    waits_for(url, joined=1)
    _, families = scrape(url)
    page = (ROOT / "runbooks/metrics.md").read_text()
    rows = re.findall(r"^\| `(gentally_\w+)` \| (\w+) \| (\w*) ?\| ([^|]*) \| (.+) \|$", page, re.MULTILINE)
    listed = {name: (kind, unit, help_) for name, kind, unit, _, help_ in rows}
    told = {family.name: (family.type, family.unit, family.documentation) for family in families}
    equal(listed, told, "families of the page, and of a scrape")
    labels = {name: set(re.findall(r"`(\w+)`", cell)) for name, _, _, cell, _ in rows}
    for family in families:
        for sample in family.samples:
            check(set(sample.labels) - {"le"} <= labels[family.name], f"labels of {sample.name}", sample.labels)
    promtool = shutil.which("promtool")
    if promtool is None:
        raise Skip("promtool")
    old = get(url, "/metrics", Accept="text/plain")
    equal(old.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8", "type for an old reader")
    done = subprocess.run([promtool, "check", "metrics"], input=old.text, capture_output=True, text=True, check=False)
    equal((done.returncode, done.stdout + done.stderr), (0, ""), "promtool check metrics")


def test_no_outage_ends_a_life(world):
    """Redis away, then back: alive throughout, not ready meanwhile. The same for a broker."""
    world.start_kafka()
    world.start_redis("--appendonly", "yes")
    world.run("setup", "--partitions", PARTITIONS)
    worker, url = start_worker(world, GENTALLY_REDIS_TIMEOUT_MS=500)
    wait_until(lambda: is_ready(url), 60, "the worker to be ready")
    world.redis.process.signal(signal.SIGSTOP)
    wait_until(lambda: not is_ready(url), 30, "readiness to end without Redis")
    check("STORE-UNREACHABLE" in get(url, "/readyz").text or "Redis" in get(url, "/readyz").text, "and to say why")
    equal(get(url, "/livez").status_code, 200, "the worker lives")
    world.redis.process.signal(signal.SIGCONT)
    wait_until(lambda: is_ready(url), 60, "readiness to come back with Redis")
    world.redis.kill()
    wait_until(lambda: not is_ready(url), 30, "readiness to end when Redis is killed")
    samples, _ = scrape(url)
    equal(samples[("redis_up",)], 0, "Redis in a scrape")
    equal(get(url, "/livez").status_code, 200, "the worker lives")
    world.redis.start()
    wait_until(lambda: is_ready(url), 60, "readiness to come back with a new Redis")
    kafka = next(thing for thing in world.things if hasattr(thing, "address"))
    kafka.kill()
    wait_until(lambda: not is_ready(url), 60, "readiness to end without a broker")
    check("Kafka" in get(url, "/readyz").text, "and to say why", get(url, "/readyz").text)
    equal(get(url, "/livez").status_code, 200, "the worker lives")
    kafka.start()
    wait_until(lambda: is_ready(url), 90, "readiness to come back with the broker")
    check(worker.is_running(), "the worker runs on", tail(worker.log))


def test_stopped_partition_is_named(world):
    """Records deleted under a worker stop their partition: told by a metric and by readiness; the rest goes on."""
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    worker, url = start_worker(world)
    put(world, 20, 0)
    wait_until(lambda: scrape(url)[0].get(("records_total", "counted")) == 20, 30, "records to be counted")
    worker.signal(signal.SIGTERM)
    equal(worker.wait(30), 0, "exit status")
    put(world, 20, 0, hour=1)
    admin = AdminClient({"bootstrap.servers": world.kafka})
    admin.delete_records([TopicPartition(world.topic, 0, 30)])[TopicPartition(world.topic, 0)].result(20)
    _, url = start_worker(world)
    wait_until(lambda: ("partition_stopped", "0", "SOURCE-GAP") in scrape(url)[0], 30, "the stop to be told")
    samples, _ = scrape(url)
    check(not any(key[:2] == ("partition_stopped", "1") for key in samples), "the other goes on")
    put(world, 5, 1)
    wait_until(lambda: scrape(url)[0][("records_total", "counted")] == 5, 30, "the other to be counted")
    answer = get(url, "/readyz")
    equal(answer.status_code, 200, "a stop ends no readiness")
    check("partition 0 stopped: SOURCE-GAP" in answer.text, "it is named", answer.text)
    equal(get(url, "/livez").status_code, 200, "nor a life")


def test_waiting_worker_lives_and_is_not_ready(world):
    """Probes are answered before there is a Redis at all."""
    redis = world.start_redis()
    redis.kill()
    worker, url = start_worker(world, GENTALLY_REDIS_TIMEOUT_MS=200)
    worker.says("STORE-UNREACHABLE")
    wait_until(lambda: "STORE-UNREACHABLE" in get(url, "/readyz").text, 20, "the reason to be told")
    equal(get(url, "/readyz").status_code, 503, "readiness")
    equal(get(url, "/livez").status_code, 200, "life")
    asked = world.start("health", "--ready", GENTALLY_METRICS_LISTEN=url.removeprefix("http://"))
    equal(asked.wait(20), 69, "exit status of health --ready")
    check("HEALTH-FAILED" in asked.log and "not ready" in asked.out, "health says why", asked.log, asked.out)
    equal(world.run("health", GENTALLY_METRICS_LISTEN=url.removeprefix("http://")).out[:6], "live: ", "health")
    scrape(url)


def test_port_that_is_taken_is_said(world):
    world.start_redis()
    world.run("setup", "--partitions", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        worker = world.start("worker", GENTALLY_METRICS_LISTEN=port)
        equal(worker.wait(20), 69, "exit status")
        check(f"METRICS-PORT: 127.0.0.1:{port}: Address already in use" in worker.log, "it is said", worker.log)
    asked = world.start("health", GENTALLY_METRICS_LISTEN=port)
    equal(asked.wait(20), 69, "exit status of health where nobody listens any more")
    asked = world.start("health")
    equal(asked.wait(20), 69, "exit status of health without metrics_listen")
    check("metrics_listen is not set" in asked.log, "it is said", asked.log)
    check_config = world.start("worker", "--check-config", GENTALLY_METRICS_LISTEN="pod:9464")
    equal(check_config.wait(20), 78, "exit status of a host's name")
    check("metrics_listen = 'pod:9464'" in check_config.log, "it is said", check_config.log)


def test_server_takes_what_comes(world):
    """Other methods, other paths, garbage and silent clients: a scrape is answered meanwhile, and the worker counts."""
    world.start_redis()
    world.run("setup", "--partitions", 1)
    worker, url = start_worker(world)
    waits_for(url, joined=1)
    host, port = "127.0.0.1", int(url.rsplit(":", 1)[1])
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = requests.request(method, url + "/metrics", data=b"x" * 100_000, timeout=10)
        equal((answer.status_code, answer.headers["Allow"]), (405, "GET, HEAD"), method)
    equal(get(url, "/").status_code, 404, "another path")
    equal(get(url, "/metrics?x=" + "y" * 500).status_code, 200, "a query")
    head = requests.head(url + "/metrics", timeout=10)
    equal((head.status_code, head.text, head.headers["Content-Type"]), (200, "", OPEN_METRICS), "HEAD")
    silent = [socket.create_connection((host, port), timeout=10) for _ in range(24)]
    for number, garbage in enumerate((b"\x00" * 4096, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"A" * 200_000)):
        try:
            silent[number].sendall(garbage)
        except OSError:
            pass  # it was dropped in the middle
    scrape(url)
    equal(get(url, "/livez").status_code, 200, "life")
    put(world, 10, 0)
    wait_until(lambda: scrape(url)[0][("records_total", "counted")] == 10, 30, "records to be counted")
    for connection in silent:
        connection.close()
    worker.signal(signal.SIGTERM)
    equal(worker.wait(30), 0, "exit status")


if __name__ == "__main__":
    main(__file__, globals())
