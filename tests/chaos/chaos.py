"""Chaos on the real thing: worker processes, a real broker, a real pair of Redis, and a proxy that loses and delays.

Each nemesis is a test of its own: traffic flows without rest, the fault strikes so many times after pauses drawn from a
seed, then everything is healed and drained, and the account is made (account.py): every summary cell is what SQL says,
the ledger adds up, each bad message is a dead letter, and no worker ended of anything but what was done to it.

Every run is a process of its own; so many at a time as GENTALLY_CHAOS_JOBS says. GENTALLY_CHAOS_ROUNDS repeats them all
with new traffic and new schedules. GENTALLY_CHAOS_TIMES multiplies how often a fault strikes and how long the traffic
lasts, and the number of events unless GENTALLY_CHAOS_EVENTS is that.
"""

import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from confluent_kafka.admin import NewPartitions  # noqa: E402

import runs  # noqa: E402
from bad_input import malformed, unacceptable  # noqa: E402
from cluster_nodes import Cluster  # noqa: E402
from field import Field  # noqa: E402
from harness import Kafka, check, equal, free_port, tail, wait_until  # noqa: E402
from pair import Pair, aof_file, cut_aof, info  # noqa: E402
from proxy import Proxy  # noqa: E402

EX_SOFTWARE, EX_NOPERM, EX_CONFIG = 70, 77, 78
FLUSH = b"_flush"  # stands in the request of a flush, whatever the version of its function


def open_field(world, workers=3, **settings):
    field = Field(world, runs.chance(), **settings)
    field.open(workers)
    return field


def proxied_kafka(world):
    """A broker that clients reach through a proxy, and itself past it. Returns the proxy, and the way past it."""
    way = world.own(Proxy(None))
    inside, controller = free_port(), free_port()
    kafka = Kafka(world.folder / "kafka")
    kafka.settings = (
        f"listeners=CLIENT://127.0.0.1:{kafka.port},INSIDE://127.0.0.1:{inside},CONTROLLER://127.0.0.1:{controller}",
        f"advertised.listeners=CLIENT://127.0.0.1:{way.port},INSIDE://127.0.0.1:{inside}",
        "listener.security.protocol.map=CLIENT:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name=INSIDE",
        f"controller.quorum.voters=1@127.0.0.1:{controller}",
    )
    world.own(kafka).start()
    way.lead_to(kafka.port)
    world.settings["GENTALLY_KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{way.port}"
    return way, f"127.0.0.1:{inside}"


# --- Workers ---


def test_worker_killed(world):
    """SIGKILL, and its partitions are counted again by others within the session's timeout and two seconds."""
    world.start_redis()
    field = open_field(world)
    for _ in field.strikes(2):
        victim, partitions = field.victim()
        begin = time.monotonic()
        field.kill(victim)
        before = field.states()
        is_replaced_at_once = field.chance.random() < 0.5
        if is_replaced_at_once:
            field.start_worker()
        field.recovered(field.taken_over(partitions, before, begin))
        if not is_replaced_at_once:
            field.start_worker()
    field.no_slower_than()
    field.finish()


def test_worker_paused(world):
    """SIGSTOP beyond the session's timeout, then SIGCONT: a zombie that wakes up with counts it may not keep. Every
    other time a flush of its own was on the way, and arrives when others have counted on."""
    world.start_redis()
    field = Field(world, runs.chance())
    field.has_ways = True
    field.open(3)
    fenced = 0
    for number in field.strikes(2):
        victim, partitions = field.victim()
        way = field.ways[victim]
        if number % 2 == 0:
            way.hold(FLUSH)
            wait_until(lambda way=way: way.held_bytes() > 0, 30, "a flush to be held")
        begin = time.monotonic()
        victim.signal(signal.SIGSTOP)
        field.recovered(field.taken_over(partitions, field.states(), begin))
        said = len(victim.log)
        way.release()
        field.pause(0, 1)
        victim.signal(signal.SIGCONT)
        wait_until(
            lambda: "WORKER-LOST" in victim.log[said:] or "STORE-FENCED" in victim.log[said:],
            30,
            f"the zombie to learn that it lost its partitions\n{tail(victim.log)}",
        )
        field.owners()
        fenced += victim.log[said:].count("STORE-FENCED")
    check(fenced > 0, "no flush was fenced: the fault was none")
    field.extra["times fenced"] = fenced
    field.no_slower_than()
    field.finish()


def test_rebalance_storm(world):
    """Workers come and go every second, some with good-bye and some without."""
    world.start_redis()
    field = open_field(world)
    for _ in field.strikes(12):
        time.sleep(1)  # the storm's own beat
        field.all_run()
        if len(field.workers) < 2 or (len(field.workers) < 5 and field.chance.random() < 0.5):
            field.start_worker()
            continue
        leaver = field.chance.choice(field.workers)
        if field.chance.random() < 0.25:
            field.kill(leaver)
        else:
            field.dismiss(leaver)
    begin = time.monotonic()
    before = field.states()
    field.owners()
    field.moved_on([place for place, _ in before])
    field.recovered((time.monotonic() - begin) * 1000)
    field.finish()


def test_poison(world):
    """Bursts of all kinds of bad messages. In the midst of each the dead letters are held on their way, and a worker is
    killed whose letters never arrive: no offset may have passed them."""
    way, past = proxied_kafka(world)
    world.start_redis()
    field = open_field(world, past=past)
    corpus = [*malformed(), *unacceptable()]
    poison = field.poisoner()
    for _ in field.strikes(2):
        some = field.chance.sample(corpus, len(corpus))
        half = field.chance.randrange(len(some) // 4, len(some))
        victim, partitions = field.victim()
        poison(some[:half])
        way.hold(b".dead-letters")
        poison(some[half:])
        wait_until(lambda: way.held_bytes() > 0, 30, "dead letters to be held")
        field.pause(0.5, 2)
        begin = time.monotonic()
        field.kill(victim)
        before = field.states()
        way.cut()
        field.start_worker()
        field.recovered(field.taken_over(partitions, before, begin))
    field.extra["bad messages"] = len(field.poison)
    field.finish()


# --- Between worker and Redis ---


def test_replies_lost(world):
    """A connection to Redis ends within a request or a reply, most often a flush's: nobody knows whether it was
    applied. It is found again by its nonce: nothing is fenced, nothing is read again."""
    world.start_redis()
    field = open_field(world, workers=2)
    said = {worker: len(worker.log) for worker in field.workers}
    for _ in field.strikes(25):
        struck = field.proxy.struck
        kind = field.chance.random()
        if kind < 0.6:
            field.proxy.cut_reply(field.chance.randrange(40), behind=FLUSH)
        elif kind < 0.8:
            field.proxy.cut_reply(int(2 ** field.chance.uniform(0, 15)))
        else:
            field.proxy.cut_request(int(2 ** field.chance.uniform(0, 17)))
        wait_until(lambda: field.proxy.struck > struck, 30, "a connection to be cut")
        field.recovered(field.progress("counting after a lost reply"))
    for worker, begin in said.items():
        check("STORE-FENCED" not in worker.log[begin:], f"{worker.name} fenced itself", tail(worker.log[begin:]))
    field.finish()


def test_requests_held(world):
    """A flush is held on its way; its worker gives up the connection and sends it again; then the first one arrives."""
    world.start_redis()
    field = open_field(world, workers=2)
    for _ in field.strikes(5):
        field.proxy.hold(FLUSH)
        wait_until(lambda: field.proxy.held_bytes() > 0, 30, "a flush to be held")
        before = field.places()
        begin = time.monotonic()
        field.moved_on(before)
        field.recovered((time.monotonic() - begin) * 1000)
        field.pause(0, 2)
        released = field.proxy.released_bytes
        field.proxy.release()
        check(field.proxy.released_bytes > released, "nothing was held: the fault was none")
    field.extra["bytes that came late"] = field.proxy.released_bytes
    field.finish()


def test_half_open(world):
    """Connections to Redis that stay open and carry nothing any more."""
    world.start_redis()
    field = open_field(world, workers=2)
    for _ in field.strikes(4):
        before = field.places()
        begin = time.monotonic()
        field.proxy.half_open()
        field.moved_on(before)
        field.recovered((time.monotonic() - begin) * 1000)
    field.finish()


def test_slow_redis(world):
    """Bytes that trickle, some so slowly that a flush is given up; and a Redis that stands still for seconds."""
    redis = world.start_redis()
    field = open_field(world, workers=2)
    for number in field.strikes(4):
        before = field.places()
        if number % 2:
            redis.process.signal(signal.SIGSTOP)
            field.pause(0.5, 4)
            redis.process.signal(signal.SIGCONT)
        else:
            field.proxy.slow(int(2 ** field.chance.uniform(8, 13)), 0.004)
            field.pause(2, 4)
            field.proxy.slow()
        begin = time.monotonic()
        field.moved_on(before)
        field.recovered((time.monotonic() - begin) * 1000)
    field.finish()


# --- Redis ---


def test_failover(world):
    """The primary acknowledges what the replica never hears of; then the replica is promoted, and `next` goes back. The
    primary is cut off before, killed, or made a replica while workers still write to it."""
    pair = Pair(world)
    field = open_field(world)
    for number in field.strikes(4):
        pair.isolate()
        field.progress("writes that the replica does not get")
        field.pause(0, 1.5)
        if number % 3 == 0:
            field.proxy.refuse()
        before = field.places()
        begin = time.monotonic()
        if number % 3 == 1:
            pair.primary.kill()
        pair.promote()
        field.rolled_back(before)
        if number % 3 == 2:
            pair.heal()
            wait_until(lambda: any("READONLY" in worker.log for worker in field.workers), 30, "a worker to be refused")
        field.proxy.lead_to(pair.primary.port)
        if number % 3 == 1:
            pair.replica.start()  # empty: nobody may be led to it
        if number % 3 != 2:
            pair.heal()
        field.moved_on(before)
        field.recovered((time.monotonic() - begin) * 1000)
    field.finish()


def test_redis_killed(world):
    """kill -9 with the end of the append-only file missing."""
    redis = world.start_redis("--appendonly", "yes", "--appendfsync", "everysec")
    field = open_field(world)
    for _ in field.strikes(3):
        size = aof_file(redis).stat().st_size
        field.progress("writes to lose")
        field.pause(0, 1)
        before = field.places()
        begin = time.monotonic()
        redis.kill()
        cut_aof(redis, field.chance.randrange(1, aof_file(redis).stat().st_size - size))
        redis.start()
        field.rolled_back(before)
        field.moved_on(before)
        field.recovered((time.monotonic() - begin) * 1000)
    field.finish()


def test_split_brain(world):
    """Some workers go on with the old primary while others have the new one, and partitions change hands between the
    two; then the old one becomes a replica, and its branch vanishes."""
    pair = Pair(world)
    field = open_field(world, workers=2)
    ahead = world.own(Proxy(pair.primary.port))
    there = {"GENTALLY_REDIS_URL": f"redis://127.0.0.1:{ahead.port}"}
    for _ in range(2):
        field.start_worker(**there)
    field.owners()
    for _ in field.strikes(2):
        pair.isolate()
        field.progress("writes that the replica does not get")
        pair.promote()
        ahead.lead_to(pair.primary.port)
        old = field.consumed(pair.replica)
        field.progress("the new branch to grow")
        wait_until(lambda: field.consumed(pair.replica) > old, 30, "the old branch to grow")
        mover = field.chance.choice(field.workers[-2:])
        field.dismiss(mover)
        field.start_worker(**there)
        field.owners()
        old = field.consumed(pair.replica)
        field.progress("the new branch to grow")
        wait_until(lambda: field.consumed(pair.replica) > old, 30, "the old branch to grow")
        field.pause(0, 1)
        field.proxy.refuse()
        lost = field.places(pair.replica)
        begin = time.monotonic()
        field.rolled_back(lost)
        field.proxy.lead_to(pair.primary.port)
        pair.heal()
        field.moved_on(lost)
        field.recovered((time.monotonic() - begin) * 1000)
    field.finish()


def test_memory_full(world):
    """maxmemory is reached: Redis refuses every flush, until it is raised again. Sometimes a worker dies meanwhile."""
    redis = world.start_redis()
    field = open_field(world)
    for number in field.strikes(3):
        said = {worker: len(worker.log) for worker in field.workers}
        redis.command("CONFIG", "SET", "maxmemory", max(1, int(info(redis, "used_memory")) // 2))
        wait_until(
            lambda: any("STORE-BUSY" in worker.log[begin:] for worker, begin in said.items()),
            30,
            "a worker to be refused",
        )
        if number % 2:
            field.kill(field.chance.choice(field.workers))
            field.start_worker()
        field.pause(0, 3)
        before = field.places()
        begin = time.monotonic()
        redis.command("CONFIG", "SET", "maxmemory", 0)
        field.moved_on(before)
        field.recovered((time.monotonic() - begin) * 1000)
    field.finish()


USER = (
    "resetchannels -@all ~{0}:* +fcall +fcall_ro +info +time +select +hgetall +hget +hlen +hmget +hscan "
    "+hset +hdel +exists +unlink"
)


def test_rights_taken(world):
    """The ACL of the workers' user changes under them, and back. Without the right to call functions, and without the
    right to write, which is met inside a function, they end and say so, before anything is written."""
    redis = world.start_redis()
    user = ["ACL", "SETUSER", "counter", "on", ">secret", *USER.format(world.namespace).split()]
    equal(str(redis.command(*user)), "OK", "ACL SETUSER")
    field = Field(world, runs.chance())
    field.as_user("counter", "secret")
    field.open(3)
    for number in field.strikes(2):
        before = field.places()
        redis.command("ACL", "SETUSER", "counter", *(("-fcall", "-fcall_ro"), ("-hset",))[number % 2])
        for worker in list(field.workers):
            field.ended(worker, EX_NOPERM, "STORE-DENIED")
        field.pause(0, 1)
        redis.command(*user)
        begin = time.monotonic()
        for _ in range(3):
            field.start_worker()
        field.owners()
        field.moved_on(before)
        field.recovered((time.monotonic() - begin) * 1000)
    field.finish()


def test_tainted(world):
    """A partition that carries a taint is never written again: it stops, the others are counted on, and a drain says
    that it is not all. The way out is a new namespace, from the log."""
    redis = world.start_redis()
    field = open_field(world)
    owner, partitions = field.victim()
    tainted = field.chance.choice(partitions)
    redis.command("HSET", field.meta(tainted), "taint", "a write that failed half-way")
    owner.says("STORE-TAINTED")
    field.kill(owner)
    field.start_worker()
    before = field.places()
    begin = time.monotonic()
    field.moved_on([-1 if partition == tainted else place for partition, place in enumerate(before)])
    field.recovered((time.monotonic() - begin) * 1000)
    equal(field.places()[tainted], before[tainted], "what is counted of the tainted partition")
    field.injected = 1
    field.traffic_ends()
    field.dismiss_all((0, EX_SOFTWARE))  # whoever has the partition, or closes windows, says what still stands
    drain = world.start("worker", "--drain", **field.worker_settings)
    equal(drain.wait(60), EX_SOFTWARE, f"exit status of a drain that cannot be whole; it said {tail(drain.log)}")
    world.settings["GENTALLY_NAMESPACE"] = world.settings["GENTALLY_GROUP"] = f"{world.name}-again"
    world.run("setup")
    field.account()


def test_functions_flushed(world):
    """FUNCTION FLUSH: workers end and name the cure; `setup` and a restart are it."""
    redis = world.start_redis()
    field = open_field(world)
    for _ in field.strikes(2):
        field.pause(0, 1)
        redis.command("FUNCTION", "FLUSH")
        for worker in list(field.workers):
            field.ended(worker, EX_CONFIG, "STORE-FUNCTIONS-MISSING")
        before = field.places()
        begin = time.monotonic()
        world.run("setup")
        for _ in range(3):
            field.start_worker()
        field.owners()
        field.moved_on(before)
        field.recovered((time.monotonic() - begin) * 1000)
    field.finish()


# --- Kafka ---


def test_broker_killed(world):
    """kill -9 of the broker, and the same one again. Recovery is from when it answers."""
    kafka = world.start_kafka()
    world.start_redis()
    field = open_field(world, seconds=150)
    for _ in field.strikes(2):
        field.pause(0, 2)
        before = field.places()
        kafka.kill()
        kafka.start()
        begin = time.monotonic()
        field.moved_on(before, seconds=120)
        field.recovered((time.monotonic() - begin) * 1000)
    field.finish()


def test_broker_cut_off(world):
    """Connections to the broker that are reset, cut in the midst, held, half-open and slow."""
    way, past = proxied_kafka(world)
    world.settings["GENTALLY_KAFKA_SOCKET_TIMEOUT_MS"] = 4000
    world.start_redis()
    field = open_field(world, seconds=150, past=past)
    faults = [
        way.cut,
        way.half_open,
        way.hold,
        lambda: way.cut_reply(int(2 ** field.chance.uniform(0, 18))),
        lambda: way.cut_request(int(2 ** field.chance.uniform(0, 16))),
        lambda: way.slow(int(2 ** field.chance.uniform(8, 13)), 0.004),
    ]
    order = field.chance.sample(faults, len(faults))
    for number in field.strikes(3):
        order[number % len(order)]()
        field.pause(1, 4)
        way.slow()
        before = field.places()
        begin = time.monotonic()
        field.moved_on(before, seconds=120)
        field.recovered((time.monotonic() - begin) * 1000)
        way.release()
    field.finish()


def hand_over(cluster, primary, replica):
    del cluster, primary
    equal(replica.command("CLUSTER", "FAILOVER"), "OK", "CLUSTER FAILOVER")
    return lambda: None


def die(cluster, primary, replica):
    del cluster, replica
    primary.kill()
    return primary.start


def stand_still(cluster, primary, replica):
    del cluster, replica
    primary.is_frozen = True
    primary.process.signal(signal.SIGSTOP)

    def go_on():
        primary.process.signal(signal.SIGCONT)
        primary.is_frozen = False

    return go_on


def lose_writes(cluster, primary, replica):
    """The replica is kept from following; the primary counts on alone, and is killed."""
    primary.command("CONFIG", "SET", "requirepass", "no-more-replicas")
    primary.pipeline([("AUTH", "no-more-replicas"), ("CLIENT", "KILL", "TYPE", "replica")])
    time.sleep(1)
    return die(cluster, primary, replica)


def test_cluster_failover(world):
    """Primaries of a cluster hand over, die, stand still, or lose what they acknowledged; each comes back as a
    replica."""
    cluster = Cluster(world)
    field = open_field(world)
    for number in field.strikes(4):
        slot = cluster.partition(field.chance.randrange(field.partitions))
        primary = cluster.owner(slot)
        replica = cluster.wait_for_replica(primary)
        field.pause(0, 1)
        before = field.places()
        begin = time.monotonic()
        come_back = (hand_over, die, stand_still, lose_writes)[number % 4](cluster, primary, replica)
        cluster.follow(slot, primary)
        field.moved_on(before)
        field.recovered((time.monotonic() - begin) * 1000)
        come_back()
        wait_until(lambda primary=primary: not cluster.is_primary(primary), 60, "it to be a replica")
    field.finish()


def test_cluster_reshard(world):
    """The slots of partitions move to other primaries, key by key, while they are counted in."""
    cluster = Cluster(world)
    field = open_field(world)
    for _ in field.strikes(4):
        slot = cluster.partition(field.chance.randrange(field.partitions))
        source = cluster.owner(slot)
        target = field.chance.choice(
            [node for node in cluster.nodes if node is not source and cluster.is_primary(node)]
        )
        before = field.places()
        begin = time.monotonic()
        cluster.move(slot, target)
        equal(cluster.owner(slot).port, target.port, "who has the slot")
        field.moved_on(before)
        field.recovered((time.monotonic() - begin) * 1000)
    check(any("STORE-SLOTS" in worker.log for worker in field.workers), "no worker saw a slot move")
    field.finish()


def test_partitions_added(world):
    """The topic grows under traffic, and `setup` is run at once, as operate.md has it. A worker that met the new
    partition before it had a state stops it and says so, and goes on by itself."""
    world.start_redis()
    world.settings["GENTALLY_KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS"] = 500
    field = open_field(world)
    early = 0
    for _ in field.strikes(2):
        field.pause(0, 1)
        begin = time.monotonic()
        field.admin.create_partitions([NewPartitions(world.topic, field.partitions + 1)])[world.topic].result(30)
        world.run("setup")
        field.partitions += 1

        wait_until(lambda: field.states()[-1][0] > 0, 60, "the new partition to be counted")
        field.recovered((time.monotonic() - begin) * 1000)
    field.finish()


# --- Everything ---


class Everything:
    """What can be done to one field; each fault returns what ends it, or None."""

    def __init__(self, field, pair, way):
        self.field, self.pair, self.way, self.proxy = field, pair, way, field.proxy

    def kill(self):
        self.field.kill(self.field.chance.choice(self.field.workers))
        self.field.start_worker()

    def pause(self):
        worker = self.field.chance.choice(self.field.workers)
        worker.signal(signal.SIGSTOP)
        return lambda: worker.signal(signal.SIGCONT)

    def join(self):
        self.field.start_worker()

    def lose_reply(self):
        self.proxy.cut_reply(self.field.chance.randrange(40), behind=FLUSH)

    def half_open(self):
        self.proxy.half_open()

    def hold(self):
        self.proxy.hold(FLUSH)
        return self.proxy.release

    def trickle(self):
        self.proxy.slow(int(2 ** self.field.chance.uniform(8, 13)), 0.004)
        return self.proxy.slow

    def fail_over(self):
        self.pair.isolate()
        self.field.pause(0, 1)
        self.proxy.refuse()
        before = self.field.places()
        self.pair.promote()
        self.field.rolled_back(before, at_least=0)
        self.proxy.lead_to(self.pair.primary.port)
        self.pair.heal()

    def fill(self):
        redis = self.pair.primary
        redis.command("CONFIG", "SET", "maxmemory", max(1, int(info(redis, "used_memory")) // 2))
        return lambda: redis.command("CONFIG", "SET", "maxmemory", 0)

    def cut_broker(self):
        self.way.cut()

    def hold_letters_and_summaries(self):
        self.way.hold(self.field.chance.choice((b".dead-letters", b".ledger", b".summaries")))
        return lambda: (self.way.release(), self.way.cut())


def test_all_at_once(world):
    """Three faults of all kinds at a time, workers and servers alike, with bad messages among the good."""
    way, past = proxied_kafka(world)
    pair = Pair(world)
    field = open_field(world, seconds=150, past=past)
    everything = Everything(field, pair, way)
    faults = [name for name in vars(Everything) if not name.startswith("_")]
    poison = field.poisoner()
    corpus = [*malformed(), *unacceptable()]
    for _ in field.strikes(4):
        chosen = field.chance.sample(faults, 3)
        print(f"     {', '.join(chosen)}", flush=True)
        ends = []
        for name in chosen:
            ends.append(getattr(everything, name)())
            poison(field.chance.sample(corpus, 20))
            field.pause(0, 3)
        for end in ends:
            if end:
                end()
        before = field.places()
        begin = time.monotonic()
        field.moved_on(before, seconds=120)
        field.recovered((time.monotonic() - begin) * 1000)
        while len(field.workers) > 3:
            field.dismiss(field.workers[0])
        field.owners(120)
    field.finish()


if __name__ == "__main__":
    runs.main(__file__, globals())
