"""A Redis Cluster on loopback, for the suite and the measurement that need one."""

import re

from harness import Redis, equal, free_port, wait_until

PRIMARIES = 3
NODE_TIMEOUT_MS = 1500


class Cluster:
    """Primaries and their replicas on loopback. Commands go to whoever has the slot of their first key."""

    def __init__(self, world, primaries=PRIMARIES, replicas=True, folder="node"):
        self.world = world
        self.folder = folder
        count = primaries * (2 if replicas else 1)
        self.nodes = [self.make(at) for at in range(count)]
        for at, node in enumerate(self.nodes):
            equal(node.command("CLUSTER", "SET-CONFIG-EPOCH", at + 1), "OK", "an epoch")
        for node in self.nodes[1:]:
            self.meet(node)
        share = 16384 // primaries
        for at, node in enumerate(self.nodes[:primaries]):
            last = 16383 if at == primaries - 1 else (at + 1) * share - 1
            equal(node.command("CLUSTER", "ADDSLOTSRANGE", at * share, last), "OK", "slots")
        for node, primary in zip(self.nodes[primaries:], self.nodes):
            wait_until(lambda: self.identity(primary) in self.told(node), 20, "nodes to know each other")
            equal(node.command("CLUSTER", "REPLICATE", self.identity(primary)), "OK", "a replica")
        for node in self.nodes:
            wait_until(lambda: self.is_well(node, primaries), 30, f"a cluster\n{self.told(node)}")
        for node in self.nodes[primaries:]:
            wait_until(lambda: b"master_link_status:up" in node.command("INFO", "replication"), 30, "a replica")
        world.settings["GENTALLY_REDIS_URL"] = self.url()
        world.settings["GENTALLY_REDIS_TIMEOUT_MS"] = "2000"
        world.redis = self

    def make(self, at):
        options = ["--cluster-enabled", "yes", "--cluster-node-timeout", NODE_TIMEOUT_MS, "--cluster-port", free_port()]
        options += ["--cluster-replica-validity-factor", 0, "--repl-diskless-sync-delay", 0, "--appendonly", "no"]
        node = Redis(self.world.folder / f"{self.folder}-{at}", *map(str, options))
        node.bus = options[5]
        return self.world.own(node).start()

    def meet(self, node):
        self.nodes[0].command("CLUSTER", "MEET", "127.0.0.1", node.port, node.bus)

    @staticmethod
    def identity(node):
        return node.command("CLUSTER", "MYID").decode()

    @staticmethod
    def told(node):
        return node.command("CLUSTER", "NODES").decode()

    def is_well(self, node, primaries):
        info = node.command("CLUSTER", "INFO").decode()
        return (
            "cluster_state:ok" in info
            and f"cluster_size:{primaries}\r" in info
            and f"cluster_known_nodes:{len(self.nodes)}\r" in info
            and self.told(node).count("connected") >= len(self.nodes)
        )

    def url(self):
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:2])

    def at(self, port):
        return next(node for node in self.nodes if node.port == port)

    def owner(self, slot):
        """Who has a slot, as most of those that answer say."""
        votes = []
        for node in self.nodes:
            if not node.process.is_running() or getattr(node, "is_frozen", False):
                continue
            for first, last, primary, *_ in node.command("CLUSTER", "SLOTS"):
                if first <= slot <= last:
                    votes.append(primary[1])
        return self.at(max(votes, key=votes.count))

    def slot(self, key):
        node = next(node for node in self.nodes if node.process.is_running() and not getattr(node, "is_frozen", False))
        return node.command("CLUSTER", "KEYSLOT", key)

    def command(self, *words):
        if words[0] == "KEYS":
            primaries = {self.owner(slot).port for slot in range(0, 16384, 512)}
            return [key for port in primaries for key in self.at(port).command(*words)]
        node = self.owner(self.slot(words[1]))
        reply = node.command(*words)
        if isinstance(reply, Exception) and re.match("(MOVED|ASK) ", str(reply)):
            node = self.at(int(str(reply).rsplit(":", 1)[1]))
            reply = node.pipeline([("ASKING",), words])[-1]
        return reply

    def pipeline(self, commands):
        return [self.command(*words) for words in commands]

    def partition(self, number):
        """The slot of a partition."""
        return self.slot(f"{self.world.namespace}:{{{self.world.topic}:{number}}}:meta")

    def replica_of(self, primary):
        """None: it has none yet, as far as it knows."""
        identity = self.identity(primary)
        lines = [line.split() for line in self.told(primary).splitlines()]
        ports = [int(words[1].split("@")[0].rsplit(":", 1)[1]) for words in lines if words[3] == identity]
        return self.at(ports[0]) if ports else None

    def move(self, slot, target):
        """Brings a slot to another primary, key by key, as redis-cli does, whatever is written meanwhile."""
        source = self.owner(slot)
        equal(target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", self.identity(source)), "OK", "IMPORTING")
        equal(source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", self.identity(target)), "OK", "MIGRATING")
        while keys := source.command("CLUSTER", "GETKEYSINSLOT", slot, 20):
            for key in keys:
                equal(source.command("MIGRATE", "127.0.0.1", target.port, key, 0, 5000), "OK", f"MIGRATE of {key}")
        others = [node for node in self.nodes if node not in (source, target) and self.is_primary(node)]
        for node in (target, source, *others):
            equal(node.command("CLUSTER", "SETSLOT", slot, "NODE", self.identity(target)), "OK", "SETSLOT NODE")

    def wait_for_replica(self, primary):
        """Its replica, once it has all that the primary has."""
        running = lambda replica: replica if replica is not None and replica.process.is_running() else None
        replica = wait_until(lambda: running(self.replica_of(primary)), 30, "a replica to run")
        wait_until(lambda: b"master_link_status:up" in replica.command("INFO", "replication"), 60, "it to follow")
        return replica

    def is_primary(self, node):
        return b"role:master" in node.command("INFO", "replication")

    def follow(self, slot, before):
        wait_until(lambda: self.owner(slot) is not before, 60, "another primary to have the slot")
        return self.owner(slot)
