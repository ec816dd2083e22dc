"""Alerts whose faults are those of Redis, Kafka, topics and a single worker: see alerts.py."""

import re
import shutil
import signal
import threading

import requests
from confluent_kafka.admin import AdminClient

from harness import ROOT, check, equal, main, note, wait_until
from monitoring import PARTITIONS, QUICK, Load, begin, change, rules, watched
from stops import key
from takeover import HOUR_MS


def commands(world, **words):
    for name, value in words.items():
        equal(world.redis.command("CONFIG", "SET", name.replace("_", "-"), value), "OK", f"CONFIG SET {name}")


def at_once(world, *commands):
    """All of them, with nobody's command between two of them."""
    answers = world.redis.pipeline([("MULTI",), *commands, ("EXEC",)])
    check(isinstance(answers[-1], list) and len(answers[-1]) == len(commands), f"MULTI answered {answers}")


class Pauses:
    """A Redis that makes all its clients wait 1.2 s, again and again."""

    def __init__(self, world):
        self.is_over = threading.Event()
        self.world = world
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        world.own(self)

    def _run(self):
        while not self.is_over.is_set():
            self.world.redis.command("CLIENT", "PAUSE", 1200)

    def stop(self):
        self.is_over.set()
        self.thread.join()


def ask(port, path, pattern):
    """The sum of the numbers that a worker tells there."""
    text = requests.get(f"http://127.0.0.1:{port}/{path}", timeout=10).text
    return sum(float(number) for number in re.findall(pattern, text, re.MULTILINE))


def test_slow_redis(world):
    """Each call takes longer than a second, and a turn many calls: it ends all the same, and has counted something."""
    world.settings.update(QUICK)
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    load = Load(world, PARTITIONS).start()
    _, port = watched(world)
    counted = lambda: ask(port, "metrics", r'^gentally_records_total{outcome="counted"} (\d+)')
    wait_until(lambda: counted() > 100, 60, "records to be counted")
    pauses, longest_ms = Pauses(world), 0

    def goes_on(before):
        nonlocal longest_ms
        longest_ms = max(longest_ms, ask(port, "livez", r"turned (\d+) ms ago"))
        return counted() > before + 100

    for _ in range(3):
        wait_until(lambda before=counted(): goes_on(before), 50, "records to be counted by and by")
    check(longest_ms < 25000, f"a turn took {longest_ms:.0f} ms")
    note(f"the longest turn took {longest_ms / 1000:.0f} s, or such a part of it")
    pauses.stop()
    load.stop()


def test_redis(world):
    # No more than a few calls a turn, or what it tells is seldom, and rules of a hundredth of the time see nothing new.
    seldom = {f"GENTALLY_{name}_INTERVAL_MS": 60000 for name in ("EARLY_EMIT", "APPLY", "EMIT")}
    prometheus, _, _, _ = begin(world, **seldom)
    healthy = {name: prometheus.query(rule["expr"]) for name, rule in rules().items()}
    equal({name: told for name, told in healthy.items() if told}, {}, "what rules say of a worker that is well")
    commands(world, maxmemory_policy="allkeys-lru")
    pauses = Pauses(world)
    prometheus.fires("GentallyRedisMayEvict", "GentallyRedisSlow", "GentallyFlushSlow")
    pauses.stop()
    used = re.search(r"used_memory:(\d+)", world.redis.command("INFO", "memory").decode()).group(1)
    commands(world, maxmemory_policy="noeviction", maxmemory=int(used) * 108 // 100)
    prometheus.fires("GentallyRedisFull")
    prometheus.resolves("GentallyRedisMayEvict", "GentallyRedisSlow", "GentallyFlushSlow")
    commands(world, maxmemory=0)
    prometheus.resolves("GentallyRedisFull")


def test_outages(world):
    world.start_kafka()
    prometheus, _, worker, port = begin(world, "--appendonly", "yes", GENTALLY_REDIS_TIMEOUT_MS=60000)
    world.redis.process.signal(signal.SIGSTOP)
    prometheus.fires("GentallyWorkerHangs")
    world.redis.process.signal(signal.SIGCONT)
    prometheus.resolves("GentallyWorkerHangs")
    world.redis.kill()
    prometheus.fires("GentallyRedisAway")
    prometheus.fires("GentallyTrouble", reason="STORE-UNREACHABLE")
    prometheus.fires("GentallyLag")
    world.redis.start()
    prometheus.resolves("GentallyRedisAway", "GentallyTrouble", "GentallyLag")
    kafka = next(thing for thing in world.things if hasattr(thing, "address"))
    kafka.kill()
    prometheus.fires("GentallyKafkaAway")
    kafka.start()
    prometheus.resolves("GentallyKafkaAway")
    worker.kill()
    prometheus.fires("GentallyNoWorker", "GentallyWorkerSilent")
    watched(world, port=port)
    prometheus.resolves("GentallyNoWorker", "GentallyWorkerSilent")


def test_output(world):
    prometheus, load, worker, port = begin(world, ago_ms=5 * HOUR_MS)
    windows = key(world, 1, "windows")
    at_once(world, ("RENAME", windows, windows + ".aside"), ("SET", windows, "not ours"))
    prometheus.fires("GentallyPartitionStopped", partition="1", reason="STORE-ERROR")
    load.ago_ms = 0
    prometheus.fires("GentallyWindowLate", window="hour")
    at_once(world, ("DEL", windows), ("RENAME", windows + ".aside", windows))
    worker.end()
    catalog = world.folder / "catalog.csv"
    shutil.copy(ROOT / "schemas/catalog.csv", catalog)
    worker, _ = watched(world, port=port, GENTALLY_CATALOG=catalog)
    told = 'gentally_closer_oldest_open_window_timestamp_seconds{window="hour"} > time() - 3 * 3600'
    wait_until(lambda: prometheus.query(told), 60, "the oldest open hour to be a young one")
    prometheus.resolves("GentallyPartitionStopped", "GentallyWindowLate")
    told = "gentally_closer_last_early_timestamp_seconds > time() - 2"
    wait_until(lambda: prometheus.query(told), 60, "open windows to be told")

    topic = f"{world.namespace}.summaries.model"
    before = windows_told(prometheus)
    for turn in (1, 2):  # each brings another closer
        change(catalog)
        worker.signal(signal.SIGHUP)
        wait_until(lambda: worker.log.count("WORKER-RELOADED") == turn, 30, "the tables to be read again")
        wait_until(lambda: worker.log.count("CLOSER-OPENED") == turn + 1, 30, "another closer")
    delete_topic(world, topic)
    prometheus.fires("GentallyClosesNothing", "GentallyOpenWindowsStale")
    prometheus.fires("GentallyCloserStuck", reason="SINK-TOPIC-MISSING")
    check(windows_told(prometheus) >= before, "a counter fell as one closer followed another")
    world.run("setup", "--partitions", PARTITIONS)
    worker.end()
    watched(world, port=port)
    prometheus.resolves("GentallyClosesNothing", "GentallyOpenWindowsStale", "GentallyCloserStuck")


def windows_told(prometheus):
    return sum(int(value) for _, value in prometheus.query("gentally_closer_windows_total"))


def delete_topic(world, topic):
    admin = AdminClient({"bootstrap.servers": world.kafka})
    admin.delete_topics([topic])[topic].result(30)


def test_retention(world):
    world.count_accounts()
    prometheus, load, worker, port = begin(world, GENTALLY_RETENTION_PAIRS_MAX=8000)
    for number in range(7000):  # some 875 in each of eight shards, which may have 1,000
        load.put(number % PARTITIONS, id=f"account-{number}", account=f"account-{number}")
    load.flush()
    prometheus.fires("GentallyRetentionNearlyFull")
    worker.end()
    watched(world, port=port, GENTALLY_RETENTION_PAIRS_MAX=80000)
    prometheus.resolves("GentallyRetentionNearlyFull")
    for name in world.redis.command("KEYS", f"{world.namespace}:{{{world.topic}:retention:*}}:models"):
        world.redis.command("DEL", name.decode())
    load.fields = {"account": "a newcomer"}
    prometheus.fires("GentallyRetentionStopped", reason="STORE-RETENTION-DAMAGED")


if __name__ == "__main__":
    main(__file__, globals())
