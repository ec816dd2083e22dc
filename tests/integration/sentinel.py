"""Redis with its sentinels: workers ask them for the master, and follow it through failovers while they count, also
where a failover loses writes that were acknowledged. Sentinels that are gone, disagree, refuse or do not know the name
are told as that."""

import re
import shutil
import signal
import time

from confluent_kafka import Consumer, TopicPartition

from harness import ACCOUNT_KEY, Process, Redis, Skip, check, equal, main, note, tail, wait_until
from oracle import ROLLUPS, Oracle
from topics import newest, read_topic

PARTITIONS = 2
EVENTS = 1500
NAME = "numbers"
PASSWORD, SENTINEL_PASSWORD = "password-of-servers-8d", "password-of-sentinels-5e"
EX_NOPERM, EX_CONFIG = 77, 78
DOWN_MS = 2000  # a server that is merely busy is not to fail over to one that has just begun


class Sentinel(Redis):
    """A redis-server that is a sentinel."""

    def __init__(self, folder, master_port, quorum, *lines):
        super().__init__(folder)
        self.lines = [
            f"sentinel monitor {NAME} 127.0.0.1 {master_port} {quorum}",
            f"sentinel down-after-milliseconds {NAME} {DOWN_MS}",
            f"sentinel failover-timeout {NAME} 4000",
            *lines,
        ]

    def start(self):
        if shutil.which("redis-server") is None:
            raise Skip("redis-server")
        config = self.folder / "sentinel.conf"
        if not config.exists():  # it keeps in it what it learns
            head = [f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}", "protected-mode no"]
            config.write_text("\n".join(head + self.lines) + "\n")
        self.process = Process("sentinel", ["redis-server", str(config), "--sentinel"], None, self.folder)
        wait_until(self._answers, 20, "a sentinel to answer")
        return self

    def _answers(self):
        check(self.process.is_running(), "a sentinel ended", tail(self.process.out))
        try:
            return self.command("PING") is not None
        except OSError:
            return False

    def command(self, *words):
        password = [line.split()[1] for line in self.lines if line.startswith("requirepass")]
        return super().pipeline([*[("AUTH", word) for word in password], words])[-1]

    def master(self):
        host, port = self.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
        return host.decode(), int(port)


class Watched:
    """A primary, a replica, and three sentinels."""

    def __init__(self, world, *sentinel_lines, options=()):
        self.world = world
        self.servers = [world.own(Redis(world.folder / f"redis-{at}", *options)).start() for at in range(2)]
        first, second = self.servers
        equal(self.ask(second, "REPLICAOF", "127.0.0.1", first.port), "OK", "REPLICAOF")
        wait_until(lambda: b"master_link_status:up" in self.ask(second, "INFO", "replication"), 20, "the replica")
        self.password = PASSWORD if options else None
        auth = [f"sentinel auth-pass {NAME} {PASSWORD}"] if options else []
        self.sentinels = [
            world.own(Sentinel(world.folder / f"sentinel-{at}", first.port, 2, *auth, *sentinel_lines)).start()
            for at in range(3)
        ]
        for sentinel in self.sentinels:
            wait_until(lambda: self.knows_the_others(sentinel), 30, "sentinels to know each other and the replica")
        world.settings["GENTALLY_REDIS_URL"] = self.url()
        world.settings["GENTALLY_REDIS_TIMEOUT_MS"] = "2000"
        world.redis = first  # for world.consumed()

    def ask(self, server, *words):
        login = [("AUTH", PASSWORD)] if "--requirepass" in server.options else []
        return server.pipeline([*login, words])[-1]

    @staticmethod
    def knows_the_others(sentinel):
        reply = sentinel.command("SENTINEL", "MASTER", NAME)
        told = dict(zip(reply[::2], reply[1::2]))
        return told[b"num-other-sentinels"] == b"2" and told[b"num-slaves"] == b"1"

    def url(self, name=NAME, sentinels=None, user=""):
        places = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in sentinels or self.sentinels)
        return f"redis+sentinel://{user}{places}/{name}"

    def primary(self):
        port = self.sentinels[0].master()[1]
        return next(server for server in self.servers if server.port == port)

    def follow(self):
        """Waits until the sentinels name the other server, and looks there from now on."""
        before = self.world.redis
        wait_until(lambda: all(s.master()[1] != before.port for s in self.sentinels), 60, "a failover")
        self.world.redis = self.primary()


def prepare(world):
    world.count_accounts()
    world.run("setup", "--partitions", PARTITIONS)
    return tuple(world.run("generate", "--events", EVENTS, "--seed", 7).out.splitlines())


def feed(world, lines):
    path = world.folder / "events.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    world.produce(path)


def counted(world):
    """Records folded, or -1 while the server is away or new to this."""
    try:
        return world.consumed(PARTITIONS)
    except (OSError, TypeError, AttributeError):
        return -1


def wait_for(world, worker, count):
    wait_until(lambda: counted(world) == count, 60, f"{count} records; {counted(world)}\n{tail(worker.log)}")


def acknowledged(world):
    """Records whose flush was answered: the worker tells the group then. One without an answer is sent again, to
    whoever is the master, who may take it: then nothing was lost."""
    consumer = Consumer({"bootstrap.servers": world.kafka, "group.id": world.settings["GENTALLY_GROUP"]})
    found = consumer.committed([TopicPartition(world.topic, number) for number in range(PARTITIONS)], timeout=30)
    consumer.close()
    return sum(max(place.offset, 0) for place in found)


def compare(world, lines):
    """Every cell against SQL, as a foreign reader has them; and what our own audit says."""
    world.run("worker", "--drain")
    oracle = Oracle(lines, ACCOUNT_KEY)
    summaries = {}
    for rollup in ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = oracle.differences(summaries)
    note(f"cells compared {cells}, differences {differing}")
    check(cells > 1000, f"only {cells} cells: too few to prove anything")
    check(differing == 0, f"{differing} of {cells} cells differ", *shown)
    world.run("verify")


def test_failovers_in_the_middle(world):
    """The primary is killed at work; then its successor is told to give way to the first, which is back as a replica:
    it lives on, and cuts its clients off."""
    watched = Watched(world)
    lines = prepare(world)
    worker = world.start("worker")
    third = EVENTS // 3
    feed(world, lines[:third])
    wait_for(world, worker, third)
    gone = watched.primary()
    feed(world, lines[third : third + 200])
    gone.kill()
    feed(world, lines[third + 200 : 2 * third])
    watched.follow()
    wait_for(world, worker, 2 * third)
    gone.start()
    wait_until(lambda: b"role:slave" in watched.ask(gone, "INFO", "replication"), 60, "it to be a replica")
    wait_until(lambda: b"status:up" in watched.ask(gone, "INFO", "replication"), 60, "it to have caught up")
    feed(world, lines[2 * third : 2 * third + 200])

    def gives_way():  # once the replica is known to be fit
        return watched.sentinels[0].command("SENTINEL", "FAILOVER", NAME) == "OK"

    wait_until(gives_way, 60, "a failover to begin")
    feed(world, lines[2 * third + 200 :])
    watched.follow()
    wait_for(world, worker, EVENTS)
    equal(
        re.findall(r"STORE-MASTER name=numbers address=127.0.0.1:(\d+)", worker.log).count(str(gone.port)), 2, "times"
    )
    worker.end()
    equal(worker.process.returncode, 0, "exit status after SIGTERM")
    compare(world, lines)


def test_a_failover_that_loses_what_was_acknowledged(world):
    """The replica is kept from following, the primary counts on alone, and is killed: its successor stands behind."""
    watched = Watched(world)
    lines = prepare(world)
    worker = world.start("worker")
    half = EVENTS // 2
    feed(world, lines[:half])
    wait_for(world, worker, half)
    first, second = watched.servers
    equal(watched.ask(first, "CONFIG", "SET", "requirepass", "no-more-replicas"), "OK", "CONFIG SET")
    first.pipeline([("AUTH", "no-more-replicas"), ("CLIENT", "KILL", "TYPE", "replica")])
    feed(world, lines[half:])
    keys = [f"{world.namespace}:{{{world.topic}:{partition}}}:meta" for partition in range(PARTITIONS)]

    def ahead():
        replies = first.pipeline([("AUTH", "no-more-replicas"), *[("HGET", key, "next") for key in keys]])[1:]
        return sum(map(int, replies))

    wait_until(lambda: ahead() == EVENTS, 60, "the primary alone to have all")
    wait_until(lambda: acknowledged(world) == EVENTS, 60, "the worker to know that it has")
    first.kill()
    watched.follow()
    check(0 < counted(world) < EVENTS, "no write was lost: nothing is shown", counted(world))
    wait_for(world, worker, EVENTS)
    check("WORKER-REWOUND" in worker.log, "nobody saw that writes were lost", tail(worker.log))
    worker.end()
    compare(world, lines)


def test_passwords_of_both_and_a_sentinel_that_hangs(world):
    options = ("--requirepass", PASSWORD, "--masterauth", PASSWORD)
    watched = Watched(world, f"requirepass {SENTINEL_PASSWORD}", options=options)
    secrets = {"GENTALLY_REDIS_PASSWORD": PASSWORD, "GENTALLY_REDIS_SENTINEL_PASSWORD": SENTINEL_PASSWORD}
    process = world.start("setup", "--partitions", PARTITIONS, GENTALLY_REDIS_PASSWORD=PASSWORD)
    equal(process.wait(30), EX_CONFIG, "exit status without the sentinels' password")
    check(re.search("STORE-SENTINEL.*refuses the question: NOAUTH", process.log), "not told", process.log)
    world.settings |= secrets
    world.run("setup", "--partitions", PARTITIONS)
    watched.sentinels[0].process.signal(signal.SIGSTOP)
    begin = time.monotonic()
    world.run("top", "--rollup", "total", "--window", "day")
    check(time.monotonic() - begin < 4, "a sentinel that hangs was waited for")
    watched.sentinels[0].process.signal(signal.SIGCONT)
    process = world.start("top", "--rollup", "total", "--window", "day", GENTALLY_REDIS_SENTINEL_PASSWORD="wrong-3c")
    equal(process.wait(30), EX_CONFIG, "exit status with a wrong password")
    check(re.search("STORE-SENTINEL.*WRONGPASS", process.log), "not told", process.log)
    world.run("worker", "--print-config")
    for thing in world.things:
        if isinstance(thing, Process):
            for secret in (PASSWORD, SENTINEL_PASSWORD, "wrong-3c"):
                check(secret not in thing.log + thing.out, f"{thing.name} told a secret")


def test_a_user_that_only_the_old_master_has(world):
    """Servers do not tell each other their users: the worker ends, says where it was refused, and goes on once that
    server has the user, too."""
    watched = Watched(world)
    first, second = watched.servers
    world.run("setup", "--partitions", PARTITIONS)
    user = ("ACL", "SETUSER", "counter", "on", f">{PASSWORD}", "~*", "+@all")
    equal(watched.ask(first, *user), "OK", "ACL SETUSER")
    world.settings["GENTALLY_REDIS_URL"] = watched.url(user="counter@")
    world.settings["GENTALLY_REDIS_PASSWORD"] = PASSWORD
    worker = world.start("worker")
    worker.says("WORKER-ASSIGNED partitions=2", 30)
    first.kill()
    equal(worker.wait(60), EX_NOPERM, f"exit status where the new master lacks the user\n{tail(worker.log)}")
    check(re.search(f"STORE-UNREACHABLE Redis at 127.0.0.1:{first.port}:", worker.log), "no port", tail(worker.log))
    refused = rf"STORE-AUTH.*WRONGPASS.*Redis at 127.0.0.1:{second.port}, user counter"
    check(re.search(refused, worker.log), "nothing names the server and the user", tail(worker.log))
    watched.follow()
    equal(watched.ask(second, *user), "OK", "ACL SETUSER")
    world.run("worker", "--drain")


def test_what_is_wrong_with_sentinels_is_told(world):
    watched = Watched(world)
    first, second = watched.servers
    world.run("setup", "--partitions", PARTITIONS)
    process = world.start("worker", GENTALLY_REDIS_URL=watched.url("nobody"))
    equal(process.wait(30), EX_CONFIG, "exit status for a name nobody knows")
    check(re.search('STORE-SENTINEL.*knows no master "nobody"', process.log), "not told", process.log)

    lone = [world.own(Sentinel(world.folder / f"lone-{at}", port, 2)).start() for at, port in
            enumerate((first.port, second.port))]  # fmt: skip
    split = world.start("worker", GENTALLY_REDIS_URL=watched.url(sentinels=lone))
    replica = world.start("worker", GENTALLY_REDIS_URL=watched.url(sentinels=lone[1:]))
    wait_until(
        lambda: re.search(f"the sentinels disagree on who .*{first.port}.* says .*{second.port}", split.log),
        20,
        f"it to be told that they disagree\n{tail(split.log)}",
    )
    wait_until(
        lambda: f"{second.port}, which is a replica: a failover is under way" in replica.log,
        20,
        f"it to be told that it is a replica\n{tail(replica.log)}",
    )
    split.end()
    replica.end()

    worker = world.start("worker")
    worker.says("WORKER-ASSIGNED partitions=2", 30)
    for sentinel in watched.sentinels:
        sentinel.kill()
    feed(world, world.run("generate", "--events", 500, "--seed", 1).out.splitlines())
    wait_for(world, worker, 500)  # nobody needs them while the connection stands
    watched.ask(first, "CLIENT", "KILL", "TYPE", "normal")
    worker.says("none of 3 sentinels answers", 30)
    feed(world, world.run("generate", "--events", 500, "--seed", 2).out.splitlines())
    for sentinel in watched.sentinels[1:]:
        sentinel.start()
    wait_for(world, worker, 1000)
    worker.end()
    equal(worker.process.returncode, 0, "exit status after SIGTERM")


if __name__ == "__main__":
    main(__file__, globals())
