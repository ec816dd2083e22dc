"""A Redis Cluster of three primaries, each with a replica: workers count into it, and close windows from it, while
primaries change roles, are killed, stand still or lose writes, and while slots are on their way; every cell against
SQL. What a cluster is refused, and what it asks for, is told."""

import re
import shlex
import signal
import subprocess
import time

from confluent_kafka import Consumer, Producer, TopicPartition

from cluster_nodes import PRIMARIES, Cluster
from harness import ACCOUNT_KEY, Redis, check, equal, main, tail, wait_until
from oracle import Oracle
from rights import acls
from retained import compare_retention
from sentinel import compare, feed

PARTITIONS = 6
EVENTS = 3000
EX_CONFIG, EX_NOPERM = 78, 77
RIGHTS_OF_A_CLUSTER = ("+cluster|slots", "+cluster|info", "+asking")


class Role:
    """A user of all nodes, with the rights that docker/acls.sh prints for a role."""

    def __init__(self, world, cluster, name):
        self.cluster, self.name = cluster, name
        line = acls("redis-cluster", name, name, NAMESPACE=world.namespace)
        _, *self.words = shlex.split(line.replace(">PASSWORD", f">{name}"))
        self.rights = [word for word in self.words if word.startswith("+")]
        self.settings = {
            "GENTALLY_REDIS_URL": cluster.url().replace("//", f"//{name}@"),
            "GENTALLY_REDIS_PASSWORD": name,
        }
        self.grant()

    def grant(self, without=None):
        words = [word for word in self.words if word != without]
        for node in self.cluster.nodes:
            equal(node.command(*words), "OK", f"ACL of {self.name}")


def prepare(world, events=EVENTS):
    world.count_accounts()
    world.run("setup", "--partitions", PARTITIONS)
    return tuple(world.run("generate", "--events", events, "--seed", 7).out.splitlines())


def counted(world):
    """Records folded, or -1 while some primary is away."""
    try:
        return world.consumed(PARTITIONS)
    except (OSError, TypeError, AttributeError, ValueError):
        return -1


def wait_for(world, count, *workers):
    said = "\n".join(tail(worker.log) for worker in workers)
    wait_until(lambda: counted(world) == count, 90, f"{count} records; {counted(world)}\n{said}")


def acknowledged(world):
    """Records whose flush was answered: the worker tells the group then."""
    consumer = Consumer({"bootstrap.servers": world.kafka, "group.id": world.settings["GENTALLY_GROUP"]})
    found = consumer.committed([TopicPartition(world.topic, number) for number in range(PARTITIONS)], timeout=30)
    consumer.close()
    return sum(max(place.offset, 0) for place in found)


def end(*workers):
    for worker in workers:
        worker.end()
        equal(worker.process.returncode, 0, f"exit status after SIGTERM\n{tail(worker.log)}")


def compare_all(world, lines):
    """Every cell and every row of retention against SQL; and what our own audit says."""
    compare(world, lines)
    compare_retention(world, Oracle(lines, ACCOUNT_KEY), 50)


def test_two_workers_over_three_primaries(world):
    cluster = Cluster(world)
    lines = prepare(world)
    owners = {cluster.owner(cluster.partition(number)).port for number in range(PARTITIONS)}
    check(len(owners) > 1, "all partitions have one primary: nothing is shown", owners)
    for node in cluster.nodes[:PRIMARIES]:
        check(b"gentally_2" in str(node.command("FUNCTION", "LIST")).encode(), "a primary has no functions")
    workers = [world.start("worker") for _ in range(2)]
    feed(world, lines)
    wait_for(world, EVENTS, *workers)
    end(*workers)
    compare_all(world, lines)
    world.run("replay")
    check(world.redis.command("KEYS", "*-replay-*") == [], "a replay left keys behind")


def test_primaries_that_change_roles_and_die(world):
    """A primary gives way to its replica, and back; another one is killed, and comes back as a replica."""
    cluster = Cluster(world)
    lines = prepare(world)
    workers = [world.start("worker") for _ in range(2)]
    part = EVENTS // 4
    feed(world, lines[:part])
    wait_for(world, part, *workers)
    slot = cluster.partition(0)
    first = cluster.owner(slot)
    second = cluster.replica_of(first)
    feed(world, lines[part : part + 300])
    equal(second.command("CLUSTER", "FAILOVER"), "OK", "CLUSTER FAILOVER")
    feed(world, lines[part + 300 : 2 * part])
    cluster.follow(slot, first)
    wait_for(world, 2 * part, *workers)
    wait_until(lambda: first.command("CLUSTER", "FAILOVER") == "OK", 30, "a failover back")
    feed(world, lines[2 * part : 3 * part])
    cluster.follow(slot, second)
    wait_for(world, 3 * part, *workers)
    gone = cluster.owner(cluster.partition(1))
    slot = cluster.partition(1)
    wait_until(lambda: b"master_link_status:up" in cluster.replica_of(gone).command("INFO", "replication"), 30, "it")
    feed(world, lines[3 * part : 3 * part + 300])
    gone.kill()
    feed(world, lines[3 * part + 300 :])
    cluster.follow(slot, gone)
    wait_for(world, EVENTS, *workers)
    gone.start()
    wait_until(lambda: not cluster.is_primary(gone), 60, "it to be a replica")
    end(*workers)
    compare_all(world, lines)


def test_a_failover_that_loses_what_was_acknowledged(world):
    """A replica is kept from following, its primary counts on alone, and is killed: partitions of this primary rewind,
    and no others."""
    cluster = Cluster(world)
    lines = prepare(world)
    worker = world.start("worker", GENTALLY_APPLY_INTERVAL_MS=100)
    half = EVENTS // 2
    feed(world, lines[:half])
    wait_for(world, half, worker)
    slot = cluster.partition(0)
    first = cluster.owner(slot)
    hit = {number for number in range(PARTITIONS) if cluster.owner(cluster.partition(number)) is first}
    equal(first.command("CONFIG", "SET", "requirepass", "no-more-replicas"), "OK", "CONFIG SET")
    first.pipeline([("AUTH", "no-more-replicas"), ("CLIENT", "KILL", "TYPE", "replica")])
    feed(world, lines[half:])
    wait_until(lambda: acknowledged(world) == EVENTS, 60, f"the worker to have counted all\n{tail(worker.log)}")
    first.kill()
    cluster.follow(slot, first)
    wait_until(lambda: counted(world) >= 0, 30, "the cluster to be whole")
    wait_for(world, EVENTS, worker)
    rewound = {int(number) for number in re.findall(r"WORKER-REWOUND .*?partition[= ](\d+)", worker.log)}
    check(rewound, "nobody saw that writes were lost", tail(worker.log))
    check(rewound <= hit, f"partitions of other primaries were read again: {rewound}, not of {hit}", tail(worker.log))
    end(worker)
    compare_all(world, lines)


def type_redis_cli(*words):
    done = subprocess.run(["redis-cli", "--cluster", *words], capture_output=True, text=True, check=False, timeout=120)
    equal(done.returncode, 0, f"redis-cli --cluster {words[0]}: {done.stdout[-500:]}")


def migrate(cluster, slot, source, target, keys):
    for key in keys:
        reply = source.command("MIGRATE", "127.0.0.1", target.port, key, 0, 5000)
        check(not isinstance(reply, Exception), f"MIGRATE of {key}", reply)


def test_slots_on_their_way(world):
    """The slots of two partitions move to another primary, key by key, and stand still when their states alone have
    moved, and half-way, while workers count, and apply what they have; then redis-cli moves a few hundred."""
    cluster = Cluster(world)
    lines = prepare(world)
    workers = [world.start("worker", GENTALLY_APPLY_INTERVAL_MS=3000) for _ in range(2)]
    third = EVENTS // 3
    feed(world, lines[: third - 300])
    wait_for(world, third - 300, *workers)
    moved = {}
    for number in (0, 1):
        slot = cluster.partition(number)
        source = cluster.owner(slot)
        wait_until(lambda: source.command("CLUSTER", "COUNTKEYSINSLOT", slot) > 8, 30, "cells of a partition")
        moved[slot] = source, next(node for node in cluster.nodes[:PRIMARIES] if node is not source)
    feed(world, lines[third - 300 : third])
    wait_for(world, third, *workers)  # and journals hold it for some seconds more
    for slot, (source, target) in moved.items():
        equal(target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", cluster.identity(source)), "OK", "IMPORTING")
        equal(source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", cluster.identity(target)), "OK", "MIGRATING")
        keys = source.command("CLUSTER", "GETKEYSINSLOT", slot, 10000)
        check(any(key.endswith(b":journal") for key in keys), "its journal is applied already", keys)
        migrate(cluster, slot, source, target, [key for key in keys if key.endswith(b":meta")])
    time.sleep(5)
    feed(world, lines[third : 2 * third])
    for slot, (source, target) in moved.items():
        keys = source.command("CLUSTER", "GETKEYSINSLOT", slot, 10000)
        migrate(cluster, slot, source, target, keys[: len(keys) // 2])
    time.sleep(3)
    check(all(worker.is_running() for worker in workers), "a worker ended", *[tail(worker.log) for worker in workers])
    for slot, (source, target) in moved.items():
        migrate(cluster, slot, source, target, source.command("CLUSTER", "GETKEYSINSLOT", slot, 10000))
    time.sleep(1)
    for slot, (source, target) in moved.items():
        for node in (target, source, *cluster.nodes[:PRIMARIES]):
            equal(node.command("CLUSTER", "SETSLOT", slot, "NODE", cluster.identity(target)), "OK", "SETSLOT NODE")
    wait_for(world, 2 * third, *workers)
    first, second = cluster.nodes[:2]
    feed(world, lines[2 * third : 2 * third + 300])
    words = ("--cluster-from", cluster.identity(first), "--cluster-to", cluster.identity(second))
    type_redis_cli("reshard", f"127.0.0.1:{first.port}", *words, "--cluster-slots", "300", "--cluster-yes")
    feed(world, lines[2 * third + 300 :])
    wait_for(world, EVENTS, *workers)
    said = "".join(worker.log for worker in workers)
    check("STORE-TAINTED" not in said and "STORE-TORN" not in said, "a partition was written half", said[-2000:])
    end(*workers)
    compare_all(world, lines)


def test_a_primary_that_stands_still(world):
    """It is stopped until its replica has its slots, and goes on as if nothing had happened."""
    cluster = Cluster(world)
    lines = prepare(world)
    workers = [world.start("worker") for _ in range(2)]
    half = EVENTS // 2
    feed(world, lines[:half])
    wait_for(world, half, *workers)
    slot = cluster.partition(0)
    frozen = cluster.owner(slot)
    frozen.is_frozen = True
    frozen.process.signal(signal.SIGSTOP)
    feed(world, lines[half : half + 500])
    cluster.follow(slot, frozen)
    wait_for(world, half + 500, *workers)
    frozen.process.signal(signal.SIGCONT)
    frozen.is_frozen = False
    feed(world, lines[half + 500 :])
    wait_until(lambda: not cluster.is_primary(frozen), 60, "it to be a replica")
    wait_for(world, EVENTS, *workers)
    end(*workers)
    compare_all(world, lines)


def test_roles_in_a_cluster(world):
    """Each role does its work with the rights that docker/acls.sh prints, and says which one lacks without any of them,
    but that of numbered databases, which a cluster has not."""
    cluster = Cluster(world, primaries=2, replicas=False)
    world.count_accounts()
    roles = {name: Role(world, cluster, name) for name in ("deployer", "worker", "reader", "letters")}
    world.run("setup", "--partitions", PARTITIONS, **roles["deployer"].settings)
    feed(world, world.run("generate", "--events", 1000, "--seed", 7).out.splitlines())
    producer = Producer({"bootstrap.servers": world.kafka})
    producer.produce(world.topic, b"garbage")
    equal(producer.flush(20), 0, "messages not delivered")
    commands = {
        "worker": ("worker", "--drain"),
        "reader": ("top", "--rollup", "total", "--window", "day"),
        "letters": ("dlq", "redrive", "--yes"),
        "deployer": ("setup",),
    }
    for name, words in commands.items():
        world.run(*words, **roles[name].settings)
    for name, rights in (
        ("worker", roles["worker"].rights),
        ("deployer", ("+function|load", *RIGHTS_OF_A_CLUSTER)),
        ("reader", RIGHTS_OF_A_CLUSTER[:2]),
        ("letters", RIGHTS_OF_A_CLUSTER[:2]),
    ):
        for right in rights:
            if right == "+select":
                continue
            roles[name].grant(without=right)
            process = world.start(*commands[name], **roles[name].settings)
            equal(process.wait(30), EX_NOPERM, f"exit status of {name} without {right}: {tail(process.log)}")
            check("STORE-DENIED" in process.log, f"{name} without {right}", tail(process.log))
            check(right[1:].split("|")[-1] in process.log.lower(), f"{name} without {right}", tail(process.log))
        roles[name].grant()
        world.run(*commands[name], **roles[name].settings)


def test_what_a_cluster_is_told(world):
    """What is no cluster is refused, and what takes it for one server; a primary that came later has no functions until
    `setup` gave it some; a namespace is removed from all primaries."""
    cluster = Cluster(world, primaries=2, replicas=False)
    lines = prepare(world, 1000)
    single = world.own(Redis(world.folder / "single")).start()
    worker = world.start("worker", GENTALLY_REDIS_URL=f"redis+cluster://127.0.0.1:{single.port}")
    equal(worker.wait(30), EX_CONFIG, "exit status without a cluster")
    check("is of no cluster" in worker.log, "no reason", tail(worker.log))
    worker = world.start("worker", GENTALLY_REDIS_URL=f"redis://127.0.0.1:{cluster.nodes[0].port}")
    equal(worker.wait(30), EX_CONFIG, "exit status with the URL of one server")
    check("redis+cluster://" in worker.log, "no reason", tail(worker.log))
    late = cluster.make(2)
    cluster.nodes.append(late)
    cluster.meet(late)
    wait_until(lambda: all(cluster.is_well(node, 2) for node in cluster.nodes), 20, "the late node to be of them")
    slot = cluster.partition(0)
    source = cluster.owner(slot)
    identity = cluster.identity(late)
    equal(late.command("CLUSTER", "SETSLOT", slot, "IMPORTING", cluster.identity(source)), "OK", "IMPORTING")
    equal(source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", identity), "OK", "MIGRATING")
    migrate(cluster, slot, source, late, source.command("CLUSTER", "GETKEYSINSLOT", slot, 10000))
    for node in (late, source):
        equal(node.command("CLUSTER", "SETSLOT", slot, "NODE", identity), "OK", "SETSLOT NODE")
    wait_until(lambda: all(cluster.is_well(node, 3) for node in cluster.nodes), 20, "the cluster to be whole")
    worker = world.start("worker")
    equal(worker.wait(30), EX_CONFIG, f"exit status without functions: {tail(worker.log)}")
    check("STORE-FUNCTIONS-MISSING" in worker.log, "no reason", tail(worker.log))
    world.run("setup", "--partitions", PARTITIONS)
    feed(world, lines)
    compare_all(world, lines)
    joining = cluster.make(3)
    cluster.nodes.append(joining)
    type_redis_cli("add-node", f"127.0.0.1:{joining.port}", f"127.0.0.1:{source.port}")
    check("gentally_2" in str(joining.command("FUNCTION", "LIST")), "a node that redis-cli added has no functions")
    world.run("remove", "--namespace", world.namespace, "--yes")
    left = [key for node in cluster.nodes for key in node.command("KEYS", "*")]
    equal(left, [], "keys that are left")


if __name__ == "__main__":
    main(__file__, globals())
