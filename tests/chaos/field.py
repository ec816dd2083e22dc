"""The field of one run: workers, traffic that never rests, and eyes on where the store stands."""

import json
import os
import statistics
import subprocess
import threading
import time

from confluent_kafka import ConsumerGroupState
from confluent_kafka.admin import AdminClient

from account import settle
from bad_input import MESSAGE_BYTES_MAX, Feed
from cluster_nodes import Cluster
from harness import PATIENCE, check, equal, tail, wait_until
from oracle import milliseconds
from proxy import Proxy

PARTITIONS = int(os.environ.get("GENTALLY_CHAOS_PARTITIONS", "6"))
TIMES = int(os.environ.get("GENTALLY_CHAOS_TIMES", "1"))
EVENTS = int(os.environ.get("GENTALLY_CHAOS_EVENTS") or 8000 * TIMES)
SESSION_TIMEOUT_MS = 6000
# What a worker may take beyond the session's end to count again what a dead one held.
TAKEOVER_MS = 2000
LATE_SHARE, LATE_MS, DISORDER_MS = 0.05, 10 * 3_600_000, 4 * 60_000


def traffic(world, chance):
    """Lines as they arrive: most within the allowed out-of-orderness, some hours late, all in time to count. Over a
    month's end, so that accounts stay, come late, and become older than they seemed."""
    lines = world.run(
        "generate",
        "--events",
        EVENTS,
        "--seed",
        chance.randrange(1 << 31),
        "--from",
        "2025-10-31T00:00:00Z",
        "--to",
        "2025-11-01T18:00:00Z",
    ).out.splitlines()
    equal(len(lines), EVENTS, "generated events")

    def arrival(line):
        late_ms = LATE_MS if chance.random() < LATE_SHARE else DISORDER_MS
        return milliseconds(json.loads(line)["created_at"]) + chance.randrange(late_ms)

    return sorted(lines, key=arrival)


class Traffic(threading.Thread):
    """Feeds `gentally produce` so many events a second, until it is told to send the rest at once."""

    def __init__(self, world, lines, rate):
        super().__init__(daemon=True)
        self.producer = world.start("produce", stdin=subprocess.PIPE)
        self.lines, self.rate, self.fed = lines, rate, 0
        self.is_rushed = threading.Event()

    def run(self):
        pipe = self.producer.process.stdin
        try:
            while self.fed < len(self.lines):
                count = len(self.lines) if self.is_rushed.wait(0.1) else round(self.rate / 10)
                pipe.write("".join(line + "\n" for line in self.lines[self.fed : self.fed + count]).encode())
                pipe.flush()
                self.fed = min(self.fed + count, len(self.lines))
            pipe.close()
        except OSError as problem:
            print(f"the producer hung up: {problem}", flush=True)

    def stop(self):
        self.is_rushed.set()
        self.producer.end()
        self.join(20)


class Field:
    """Workers reach world.redis, or whatever comes to take its place, through a proxy."""

    def __init__(self, world, chance, seconds=60, past=None):
        self.world, self.chance, self.begin = world, chance, time.monotonic()
        self.workers, self.gone = [], []
        self.injected, self.recoveries_ms, self.extra = 0, [], {}
        self.poison, self.sent = {}, []
        self.strange = 0  # events beside the traffic, in windows of their own
        self.unreadable = {}  # {(partition, first offset): last offset} of batches that cannot be unpacked
        self.is_verified = True
        self.partitions = PARTITIONS
        self.user, self.worker_settings = "", {}
        self.has_ways, self.ways = False, {}  # a proxy for each worker
        world.settings.update(
            {
                "GENTALLY_KAFKA_SESSION_TIMEOUT_MS": SESSION_TIMEOUT_MS,
                "GENTALLY_MESSAGE_BYTES_MAX": MESSAGE_BYTES_MAX,
                "GENTALLY_REDIS_TIMEOUT_MS": 1000,
                "GENTALLY_FLUSH_INTERVAL_MS": 300,
                "GENTALLY_LATE_EMIT_INTERVAL_MS": 1000,
                "GENTALLY_IDLE_MS": 1000,
                "GENTALLY_HOURS_KEPT_DAYS": 1,  # so that windows are sealed and collected on the way
            }
        )
        world.count_accounts()
        self.lines = traffic(world, chance)
        self.rate = EVENTS / (seconds * TIMES)  # so long the traffic lasts, or the faults do not fit into it
        # Questions about the group take a way past all faults: some librdkafka's admin client fails an assertion there.
        self.admin = AdminClient({"bootstrap.servers": past or world.kafka})

    def open(self, workers=3):
        """Proxy, topics, traffic, and the workers; returns when all partitions are being counted."""
        world = self.world
        world.run("setup", "--partitions", self.partitions)
        self.proxy = None
        if not isinstance(world.redis, Cluster):  # whose nodes name each other
            self.proxy = world.own(Proxy(world.redis.port))
            self.worker_settings["GENTALLY_REDIS_URL"] = f"redis://{self.user}127.0.0.1:{self.proxy.port}"
        self.traffic = world.own(Traffic(world, self.lines, self.rate))
        self.traffic.start()
        for _ in range(workers):
            self.start_worker()
        self.owners()
        self.progress("the workers to begin")
        self.stamp("open")

    def as_user(self, user, password):
        """The workers' own user of Redis; to be named before open()."""
        self.user = f"{user}@"
        self.worker_settings["GENTALLY_REDIS_PASSWORD"] = password

    def strikes(self, times):
        """Counts the strikes of a fault; between two of them every worker has to be well."""
        for number in range(times * TIMES):
            self.all_run()
            yield number
            self.injected += 1

    # --- Workers ---

    def start_worker(self, **settings):
        name = f"worker-{self.world.count + 1}"
        settings = {"GENTALLY_KAFKA_CLIENT_ID": name, **self.worker_settings, **settings}
        way = self.world.own(Proxy(self.world.redis.port)) if self.has_ways else self.proxy
        if self.has_ways:
            settings["GENTALLY_REDIS_URL"] = f"redis://{self.user}127.0.0.1:{way.port}"
        worker = self.world.start("worker", **settings)
        self.ways[worker] = way
        self.workers.append(worker)
        return worker

    def kill(self, worker):
        self.workers.remove(worker)
        self.gone.append(worker)
        worker.kill()

    def dismiss(self, worker, statuses=(0,)):
        """SIGTERM: it leaves in order, with one of these."""
        worker.end()
        self.workers.remove(worker)
        self.gone.append(worker)
        status = worker.process.returncode
        check(status in statuses, f"{worker.name}: exit status {status} after SIGTERM; it said\n{tail(worker.log)}\n")

    def victim(self):
        """A worker that has partitions, and which; after a while in which the others are left to their work."""
        owners = self.owners()
        chosen = self.chance.choice([worker for worker in self.workers if owners[worker]])
        self.pause(0, 1)
        return chosen, owners[chosen]

    def all_run(self):
        check(
            self.traffic.fed < len(self.lines) or self.traffic.is_rushed.is_set(),
            "the traffic ended before the faults did",
        )
        for worker in self.workers:
            check(worker.is_running(), f"{worker.name} ended with {worker.process.poll()}", tail(worker.log))

    def ended(self, worker, status, reason):
        """It ended by itself, as reasons.md says of this."""
        equal(worker.wait(30), status, f"{worker.name}: exit status; it said\n{tail(worker.log)}\n")
        check(reason in worker.log, f"{worker.name} does not say {reason}", tail(worker.log))
        self.workers.remove(worker)
        self.gone.append(worker)

    def owners(self, seconds=60):
        """{worker: partitions}, once the group is at rest and has dealt all of them to those that are to run."""
        names = {worker.name: worker for worker in self.workers}

        def dealt():
            self.all_run()
            try:
                (group,) = self.admin.describe_consumer_groups(
                    [self.world.settings["GENTALLY_GROUP"]], request_timeout=5
                ).values()
                group = group.result(5)
            except Exception:  # the broker may be what is broken
                return None
            owned = {
                member.client_id: [place.partition for place in member.assignment.topic_partitions]
                for member in group.members
            }
            dealt_out = sorted(partition for some in owned.values() for partition in some)
            if (
                group.state != ConsumerGroupState.STABLE
                or owned.keys() != names.keys()
                or dealt_out != list(range(self.partitions))
            ):
                return None
            return {names[name]: partitions for name, partitions in owned.items()}

        return wait_until(dealt, seconds, "the group to deal all partitions to the workers")

    # --- The store ---

    def meta(self, partition):
        return f"{self.world.namespace}:{{{self.world.topic}:{partition}}}:meta"

    def states(self, redis=None):
        """[(next, token)] by partition, as the primary of now has them."""
        replies = (redis or self.world.redis).pipeline(
            [("HMGET", self.meta(partition), "next", "tok") for partition in range(self.partitions)]
        )
        return [(int(reply[0]), reply[1]) for reply in replies]

    def places(self, redis=None):
        return [place for place, _ in self.states(redis)]

    def consumed(self, redis=None):
        return sum(self.places(redis))

    def rolled_back(self, before, at_least=1):
        """Writes were acknowledged that are no more: notes how many records that makes."""
        after = self.places()
        lost = sum(max(0, old - new) for old, new in zip(before, after))
        check(lost >= at_least, "no write was lost: the fault was none", before, after)
        self.extra["records rolled back"] = self.extra.get("records rolled back", 0) + lost

    def moved_on(self, before, seconds=60):
        """Waits until every partition is counted beyond where it was."""

        def moved():
            self.all_run()
            try:
                return all(now > then for now, then in zip(self.places(), before))
            except (OSError, TypeError, ValueError):
                return False

        wait_until(moved, seconds, f"every partition to be counted beyond {before}")

    def progress(self, what, seconds=60):
        """Waits until more is counted than now; the time it took, in ms."""
        begin = time.monotonic()
        beyond = self.consumed()

        def moved():
            self.all_run()
            try:
                return self.consumed() > beyond
            except (OSError, TypeError, ValueError):
                return False

        wait_until(moved, seconds, f"{what}: {beyond} counted, of {self.traffic.fed} fed")
        return (time.monotonic() - begin) * 1000

    def taken_over(self, partitions, before, begin, seconds=60):
        """Waits until each of the partitions has another token than before, and counts under it; ms since `begin`."""
        claimed_at = {}

        def counts():
            self.all_run()
            for partition, (place, token) in enumerate(self.states()):
                if partition in partitions and token != before[partition][1]:
                    claimed_at.setdefault(partition, place)
                    if place > claimed_at[partition]:
                        counting.add(partition)
            return counting >= set(partitions)

        counting = set()
        wait_until(counts, seconds, f"partitions {partitions} to be counted by others")
        return (time.monotonic() - begin) * 1000

    # --- Time ---

    def stamp(self, what):
        print(f"     {time.monotonic() - self.begin:5.1f} s {what}", flush=True)

    def pause(self, low, high):
        """A part of the fault: how long it lasts, or how long it lets the others be. It waits for nothing."""
        time.sleep(self.chance.uniform(low, high))

    def recovered(self, milliseconds_taken):
        self.recoveries_ms.append(milliseconds_taken)

    def no_slower_than(self, beyond_ms=TAKEOVER_MS):
        """Every recovery within the session's timeout and so much more; the latter times GENTALLY_PATIENCE on a machine
        that does much else. To be called before finish(), which reports."""
        limit_ms = SESSION_TIMEOUT_MS + beyond_ms
        self.extra[f"recoveries within {limit_ms / 1000:.0f} s"] = sum(took <= limit_ms for took in self.recoveries_ms)
        slowest_ms, allowed_ms = max(self.recoveries_ms), SESSION_TIMEOUT_MS + beyond_ms * PATIENCE
        check(
            slowest_ms <= allowed_ms,
            f"recovery took {slowest_ms:.0f} ms, allowed are {allowed_ms:.0f} ms",
            self.recoveries_ms,
        )

    # --- Poison ---

    def poisoner(self):
        feed = Feed(self.world)

        def put(corpus):
            for reasons, value in corpus:
                number = len(self.sent)
                key = b"\xff%d" % number if number % 2 else None
                self.sent.append((key, value, reasons))
                feed.put(number, value, key=key)
            feed.settle()
            self.poison.update({feed.places[number]: self.sent[number] for number in range(len(self.sent))})

        return put

    # --- The end ---

    def traffic_ends(self):
        """The rest of the traffic, at once."""
        self.all_run()
        self.traffic.is_rushed.set()
        self.traffic.join(60)
        self.traffic.producer.succeed(60)

    def dismiss_all(self, statuses=(0,)):
        for worker in list(self.workers):
            self.dismiss(worker, statuses)

    def finish(self, is_told=True):
        """All faults are over: the rest of the traffic, and the account; told unless tell() follows."""
        self.stamp("faults over")
        self.traffic_ends()
        total = self.total()

        def is_counted():
            self.all_run()
            return self.consumed() >= total

        wait_until(is_counted, 90, f"all {total} records to be counted")
        equal(self.consumed(), total, "records consumed")
        self.dismiss_all()
        self.account(is_told)

    def total(self):
        unreadable = sum(last - first + 1 for (_, first), last in self.unreadable.items())
        return len(self.lines) + len(self.poison) + self.strange + unreadable

    def account(self, is_told=True):
        """A drain, the account, and the figures for the report."""
        self.world.run("worker", "--drain", seconds=120, **self.worker_settings)
        self.stamp("drained")
        equal(self.consumed(), self.total(), "records consumed")
        self.figures = settle(
            self.world, self.lines, self.poison, self.partitions, self.unreadable, self.is_verified, self.strange
        )
        self.stamp("settled")
        if is_told:
            self.tell()

    def tell(self):
        """The figures for the report."""
        self.figures.update({"injected": self.injected, "recoveries_ms": self.recoveries_ms, "extra": self.extra})
        print("figures: " + json.dumps(self.figures), flush=True)


def middle(numbers):
    return statistics.median(numbers) if numbers else None
