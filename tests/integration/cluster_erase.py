"""One account erased over a Redis Cluster of three primaries, each with a replica: while what flushes noted of its
pairs is kept it is refused; then nothing of it is left on any primary, and all sums are as they were; and what a
primary that fails over brings back is seen, and erased by the next run."""

import re
import signal
from pathlib import Path

import harness
from cluster import counted, end, feed, wait_for
from cluster_nodes import Cluster
from erase import FIRST, compare, events, holds, lines_of, pseudonym, traces_in_topics, verified
from harness import Skip, check, equal, main, note, wait_until
from oracle import Oracle, rollups_text
from retained import compare_retention, published, scan
from truth import drain, write

# What a primary may lose is some seconds for it, and not a quarter of an hour.
HASTY = Path(harness.BINARY).with_name("gentally_hasty")
EVENTS = 1500
PARTITIONS = 6
ROLLUPS = {"total": (), "model": ("model",), "account": ("account",), "users": ("account", "model")}
EX_TEMPFAIL = 75
QUICK = {"GENTALLY_APPLY_INTERVAL_MS": 200, "GENTALLY_FLUSH_INTERVAL_MS": 100}


def shard_of(world, account):
    """The slot of the shard that has the account's pairs."""
    return world.redis.slot(f"{world.namespace}:{{{world.topic}:retention:{pseudonym(account)[0] >> 5}}}:state")


def choose_topic(world, cluster):
    """One by whose name the account's pairs are with a partition, and not with the settings: the mark stays."""
    for number in range(1000):
        world.settings["GENTALLY_TOPIC"] = f"{world.name}.generations-{number}"
        primary = cluster.owner(shard_of(world, FIRST))
        has_partition = any(cluster.owner(cluster.partition(at)) is primary for at in range(PARTITIONS))
        if has_partition and cluster.owner(cluster.slot("{settings}")) is not primary:
            return
    check(False, "no topic's name will do")


def prepare(world):
    if not HASTY.exists():
        raise Skip(str(HASTY))
    harness.BINARY = str(HASTY)
    cluster = Cluster(world)
    choose_topic(world, cluster)
    world.count_accounts()
    kept = {f"GENTALLY_{kind}S_KEPT_DAYS": 400 for kind in ("HOUR", "DAY", "WEEK", "MONTH")}
    world.settings.update(GENTALLY_ROLLUPS=rollups_text(ROLLUPS), **kept)
    world.run("setup", "--partitions", PARTITIONS)
    return cluster


def too_early(world, *arguments):
    done = world.start("erase", "--account", FIRST, "--yes", *arguments)
    equal(done.wait(120), EX_TEMPFAIL, f"exit status: {done.log}")
    check("ERASE-TOO-EARLY" in done.log, "no reason", done.log)


def found(world):
    """What a dry run says there is, by its lines."""
    said = world.run("erase", "--account", FIRST).out
    check("nothing was changed" in said, "a dry run", said)
    return {name: int(number) for name, number in re.findall("^([^:\n]+): ([0-9]+)", said, re.MULTILINE)}


def traces_on_primaries(cluster, account):
    """Keys that hold it, in their names, fields or values, of whatever primary; and its pairs in buckets."""
    traces = []
    awake = [node for node in cluster.nodes if node.process.is_running() and not getattr(node, "is_frozen", False)]
    for node in (node for node in awake if cluster.is_primary(node)):
        keys = node.command("KEYS", "*")
        hashes = [str(kind).find("hash") >= 0 for kind in node.pipeline([("TYPE", key) for key in keys])]
        for at in range(0, len(keys), 100):
            asked = zip(keys[at : at + 100], hashes[at : at + 100])
            contents = node.pipeline([("HGETALL" if is_hash else "GET", key) for key, is_hash in asked])
            for key, content in zip(keys[at : at + 100], contents):
                parts = content if isinstance(content, list) else [content]
                traces += [key] if any(holds(part, account) for part in [key, *parts]) else []
    return traces + [name for name, _ in scan(cluster.world)[0] if name == pseudonym(account)[:12]]


def gone(world, account):
    equal(traces_in_topics(world, account), [], f"what topics hold of {account}")
    equal(traces_on_primaries(world.redis, account), [], f"what primaries hold of {account}")


def there(world, account):
    """So that a test that finds nothing can be seen to look."""
    check(len(traces_in_topics(world, account)) > 30, "its rows in topics")
    check(len(traces_on_primaries(world.redis, account)) > 3, "its rows and pairs in Redis")


def settings(world, key, *words):
    return world.redis.command(*words[:1], f"{world.namespace}:{{settings}}:{key}", *words[1:])


def replayed(world):
    said = world.run("replay").out
    check("equal" in said and "NOT equal" not in said and "rows of retention" in said, "a replay", said)


def test_what_flushes_noted_is_waited_for(world):
    """Drained, and dropped by nobody yet, pairs of the account are in the notes of flushes: it is refused. So they are
    where a run that was killed is taken up: then all else is erased, and nobody waits for the rest."""
    prepare(world)
    made = events(world, EVENTS, 41)
    world.produce(write(world, lines_of(made)))
    drain(world, 2)
    compare(world, lines_of(made))
    there(world, FIRST)
    retention, _ = published(world)
    pairs = len(scan(world)[0])
    before = found(world)
    check(before["pairs that workers have yet to drop"] > 0 and before["pairs of retention"] > 0, before)

    too_early(world, "--wait", 0)
    equal(settings(world, "record", "HGET", "pending"), b"", "what is under way")
    equal(settings(world, "erased", "EXISTS"), 0, "marks")
    equal(found(world), before, "what there is")

    equal(settings(world, "record", "HSET", "pending", "erase"), 0, "the settings as a killed run leaves them")
    too_early(world)
    equal(settings(world, "record", "HGET", "pending"), b"", "what is under way")
    equal(traces_in_topics(world, FIRST), [], "its rows in topics")
    left = found(world)
    equal((left["rows of windows in Redis"], left["rows of summaries"]), (0, 0), "its rows")
    equal(left["pairs of retention"], before["pairs of retention"], "its pairs")
    equal(len(scan(world)[0]), pairs, "pairs of all")

    workers = [world.start("worker", **QUICK) for _ in range(2)]
    said = world.run("erase", "--account", FIRST, "--yes").out
    note(said.replace("\n", ", "))
    gone(world, FIRST)
    equal(len(scan(world)[0]), pairs - before["pairs of retention"], "pairs of all others")
    equal(set(found(world).values()), {0}, "what there is")
    end(*workers)
    drain(world, 1)
    compare(world, lines_of(made, {FIRST}))
    equal(published(world)[0], retention, "rows of retention")
    gone(world, FIRST)
    verified(world)
    replayed(world)


def test_a_failover_that_loses_the_erasure(world):
    """The primary that has its pairs fails over to a replica that heard nothing of the erasure, nor of what was counted
    just before it. Workers count that again; the next run erases what came back."""
    cluster = prepare(world)
    made = events(world, EVENTS, 42)
    workers = [world.start("worker", **QUICK) for _ in range(2)]
    feed(world, lines_of(made))
    wait_for(world, EVENTS, *workers)
    wait_until(lambda: "pairs that workers have yet to drop" not in found(world), 120, "all pairs to be dropped")

    slot = shard_of(world, FIRST)
    primary = cluster.owner(slot)
    hit = [number for number in range(PARTITIONS) if cluster.owner(cluster.partition(number)) is primary]
    replica = cluster.replica_of(primary)
    replica.process.signal(signal.SIGSTOP)
    replica.is_frozen = True
    primary.command("CLIENT", "KILL", "TYPE", "replica")
    again = [{**event, "id": f"{event['id']}-again"} for event in made]  # with pairs that are known to them all
    feed(world, lines_of(again))
    wait_for(world, 2 * EVENTS, *workers)
    world.run("erase", "--account", FIRST, "--yes")
    gone(world, FIRST)
    primary.kill()
    replica.process.signal(signal.SIGCONT)
    replica.is_frozen = False
    cluster.follow(slot, primary)
    wait_until(lambda: counted(world) >= 0, 30, "the cluster to be whole")
    wait_for(world, 2 * EVENTS, *workers)

    back = found(world)
    note(f"of partitions {hit}: {back}")
    check(back["pairs of retention"] > 0, "the primary lost nothing", back)
    check(back["rows of windows in Redis"] > 0, "its partitions lost nothing", back)
    world.run("erase", "--account", FIRST, "--yes")
    gone(world, FIRST)
    end(*workers)
    drain(world, 1)
    gone(world, FIRST)
    compare_retention(world, Oracle(lines_of(made), harness.ACCOUNT_KEY), 50)
    verified(world)  # which adds the rows up; of (erased) they may say that it is two accounts


if __name__ == "__main__":
    main(__file__, globals())
