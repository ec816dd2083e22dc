"""A real Prometheus that scrapes real workers, and our rules with shorter times, for the suites of alerts and panels.
Nothing here sleeps to be right: what fires, and what a query says, is asked of Prometheus until it is so."""

import json
import re
import shutil
import threading
import time

import requests
import yaml
from confluent_kafka import Producer

from harness import ROOT, Failed, Process, Skip, check, free_port, tail, wait_until
from topics import PLAIN_EVENT, encode_event

RULES = ROOT / "docker/prometheus/gentally.rules.yaml"
SCALE = 120  # what takes two minutes takes a second here
UNITS = {"m": 60, "h": 3600}
PARTITIONS = 2
QUICK = {"GENTALLY_FLUSH_INTERVAL_MS": 100, "GENTALLY_EARLY_EMIT_INTERVAL_MS": 100, "GENTALLY_APPLY_INTERVAL_MS": 100}


def rules():
    """{alert: rule} of the file as it is."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def scaled_rules():
    """The file with its times divided by SCALE: of windows, of `for`, where an age is compared in minutes. Hours are
    those of windows of events, which are as long as they are."""
    text, count = re.subn(
        r"((?:\[|for: ))(\d+)([mh])\b",
        lambda at: f"{at[1]}{int(at[2]) * UNITS[at[3]] * 1000 // SCALE}ms",
        RULES.read_text(),
    )
    text, ages = re.subn(r"(\d+) \* 60\b", lambda at: str(int(at[1]) * 60 / SCALE), text)
    check(count > 20 and ages > 2, "the times of the rules are not written as this reads them")
    return text


class Prometheus:
    """Scrapes job `gentally`, whose workers are told by watch(), four times a second, and evaluates as often."""

    def __init__(self, world):
        self.folder = world.folder / "prometheus"
        self.folder.mkdir()
        self.targets = self.folder / "targets.json"
        self.port = free_port()
        self.process = None
        world.own(self)

    def watch(self, *ports):
        fresh = self.targets.with_suffix(".new")
        fresh.write_text(json.dumps([{"targets": [f"127.0.0.1:{port}" for port in ports]}]))
        fresh.replace(self.targets)

    def start(self, text=None):
        if shutil.which("prometheus") is None:
            raise Skip("prometheus")
        (self.folder / "rules.yaml").write_text(text or scaled_rules())
        settings = {
            "global": {"scrape_interval": "250ms", "scrape_timeout": "250ms", "evaluation_interval": "250ms"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [{"job_name": "gentally", "file_sd_configs": [{"files": [str(self.targets)]}]}],
        }
        (self.folder / "prometheus.yaml").write_text(yaml.safe_dump(settings))
        self.process = Process(
            "prometheus",
            [
                "prometheus",
                f"--config.file={self.folder}/prometheus.yaml",
                f"--storage.tsdb.path={self.folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=warn",
            ],
            None,
            self.folder,
        )
        wait_until(self._is_ready, 30, "Prometheus to be ready")
        return self

    def _is_ready(self):
        check(self.process.is_running(), "Prometheus ended", tail(self.process.log))
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/-/ready", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def stop(self):
        if self.process:
            self.process.end()

    def ask(self, path, **parameters):
        answer = requests.get(f"http://127.0.0.1:{self.port}/api/v1/{path}", params=parameters, timeout=10).json()
        check(answer["status"] == "success", f"Prometheus refuses {path} {parameters}", answer)
        return answer["data"]

    def query(self, expression):
        """What an instant query says: a list of (labels, value)."""
        return [(row["metric"], row["value"][1]) for row in self.ask("query", query=expression)["result"]]

    def firing(self):
        """{alert: [labels]} of what fires now."""
        found = {}
        for alert in self.ask("alerts")["alerts"]:
            if alert["state"] == "firing":
                found.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
        return found

    def fires(self, *names, seconds=60, **labels):
        """Waits until all these alerts fire; with labels, one of each has them."""

        def lack():
            now = self.firing()
            return [name for name in names if not any(labels.items() <= found.items() for found in now.get(name, []))]

        self._until(lack, seconds, "to fire")

    def resolves(self, *names, seconds=60):
        """Waits until none of these fires any more."""
        self._until(lambda: [name for name in names if name in self.firing()], seconds, "to be over")

    def _until(self, lacking, seconds, what):
        begin = time.monotonic()
        try:
            wait_until(lambda: not lacking(), seconds, f"alerts {what}")
        except Failed:
            names = lacking()
            told = {name: self.query(rules()[name]["expr"]) for name in names}
            raise Failed(
                f"waited {time.monotonic() - begin:.0f} s for {names} {what}; fires: {self.firing()}; "
                f"unscaled: {told}"
            ) from None


def watched(world, *arguments, **settings):
    """A worker, and the port that it serves its metrics on."""
    port = settings.pop("port", None) or free_port()
    worker = world.start("worker", *arguments, GENTALLY_METRICS_LISTEN=f"127.0.0.1:{port}", **settings)
    worker.says("WORKER-METRICS")
    return worker, port


def change(catalog):
    """Another file is another version."""
    with open(catalog, "a", encoding="utf-8") as file:
        file.write("# a line more\n")


class Load:
    """Events of now into all partitions, some fifty a second, until it is stopped. Brokers may be away meanwhile."""

    def __init__(self, world, partitions, **fields):
        self.producer = Producer({"bootstrap.servers": world.kafka, "enable.idempotence": True, "linger.ms": 5})
        self.topic, self.partitions, self.fields = world.topic, partitions, fields
        self.ago_ms = 0
        self.is_over = threading.Event()
        self.thread = None
        world.own(self)

    def put(self, partition, value=None, **fields):
        event = {**PLAIN_EVENT, "created_at": int(time.time() * 1000) - self.ago_ms, **self.fields, **fields}
        self.producer.produce(self.topic, encode_event(event) if value is None else value, partition=partition)

    def flush(self):
        check(self.producer.flush(30) == 0, "events not delivered")

    def start(self):
        self.is_over.clear()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def _run(self):
        number = 0
        while not self.is_over.wait(0.02):
            self.put(number % self.partitions, id=f"load-{time.monotonic_ns()}")
            self.producer.poll(0)
            number += 1

    def stop(self):
        self.is_over.set()
        if self.thread:
            self.thread.join()


def begin(world, *redis, ago_ms=0, **settings):
    """A namespace that is set up, a worker that counts, and a Prometheus that has seen it do so."""
    world.settings.update(QUICK | settings)
    world.start_redis(*redis)
    world.run("setup", "--partitions", PARTITIONS)
    prometheus = Prometheus(world)
    load = Load(world, PARTITIONS)
    load.ago_ms = ago_ms
    load.start()
    worker, port = watched(world)
    prometheus.watch(port)
    prometheus.start()
    counts(prometheus)
    wait_until(lambda: not prometheus.firing(), 30, "nothing to fire any more")
    return prometheus, load, worker, port


def counts(prometheus):
    wait_until(
        lambda: prometheus.query('sum(rate(gentally_records_total{outcome="counted"}[3s])) > 1'),
        60,
        "records to be counted",
    )
