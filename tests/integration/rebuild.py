"""A namespace counted anew beside the old one, and the old one removed: runbooks/rebuild.md, step by step.

Removal is held to deleting all of one namespace, and nothing of any other, whatever its name; also when it is killed on
the way.
"""

import time

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from harness import check, equal, main, note, seeded, wait_until
from settings import drain, produce, proven, refused, windows

BUSY, CONFIG = 75, 78
ROLLUPS = ("total", "model", "provider", "category", "tag", "geography", "language")


def topics_of(world, namespace):
    topics = AdminClient({"bootstrap.servers": world.kafka}).list_topics(timeout=30).topics
    names = {f"{namespace}.{name}" for name in ("ledger", "signals", "dead-letters", "redrives", "summaries.retention")}
    names |= {f"{namespace}.summaries.{rollup}" for rollup in ROLLUPS}
    return sorted(names & set(topics))


def keys_of(world, namespace):
    return sorted(key for key in world.redis.command("KEYS", "*") if key.startswith(f"{namespace}:".encode()))


def contents(world, namespace):
    """All that a namespace has in Redis and Kafka, to be compared with itself later."""
    keys = keys_of(world, namespace)
    hashes = world.redis.pipeline([("HGETALL", key) for key in keys])
    consumer = Consumer({"bootstrap.servers": world.kafka, "group.id": "of-nobody"})
    ends = {topic: consumer.get_watermark_offsets(TopicPartition(topic, 0)) for topic in topics_of(world, namespace)}
    consumer.close()
    return dict(zip(keys, map(sorted, hashes))), ends


def remove(world, namespace, *arguments, status=0, **settings):
    done = world.start("remove", *arguments, GENTALLY_NAMESPACE=namespace, **settings)
    equal(done.wait(60), status, f"exit status of remove {namespace} {arguments}: {done.out} {done.log}")
    return done


def committed(world, group, partitions=2):
    consumer = Consumer({"bootstrap.servers": world.kafka, "group.id": group})
    found = consumer.committed([TopicPartition(world.topic, number) for number in range(partitions)], timeout=30)
    consumer.close()
    return [place.offset for place in found if place.offset >= 0]


def gone(world, namespace):
    equal(keys_of(world, namespace), [], f"keys of {namespace}")
    wait_until(lambda: not topics_of(world, namespace), 30, f"the topics of {namespace} to be gone")


def make(world, namespace, **settings):
    """Counts the topic into a namespace with a group of its own."""
    mine = {"GENTALLY_NAMESPACE": namespace, "GENTALLY_GROUP": namespace, **settings}
    world.run("setup", "--partitions", 2, **mine)
    world.run("worker", "--drain", **mine)
    return mine


def test_the_procedure(world):
    """A topic grew while ids are remembered: it is counted anew, and the new namespace is as right as the old one."""
    world.settings["GENTALLY_IDS"] = "dedup"
    world.start_redis()
    make(world, world.namespace)
    old = {"GENTALLY_NAMESPACE": world.namespace, "GENTALLY_GROUP": world.namespace}
    produce(world, range(0, 40))
    drain(world)
    admin = AdminClient({"bootstrap.servers": world.kafka})
    admin.create_partitions([NewPartitions(world.topic, 3)])[world.topic].result(30)
    refused(world, "SETTINGS-REFUSED", ["ids", "rebuild.md"], "setup")

    new = f"{world.name}-new"  # 1. make it, 2. count
    mine = {"GENTALLY_NAMESPACE": new, "GENTALLY_GROUP": new}
    world.run("setup", **mine)
    worker = world.start("worker", **mine)
    produce(world, range(40, 60))
    wait_until(lambda: len(keys_of(world, new)) > 10, 30, "the new namespace to count")
    worker.end()
    world.run("worker", "--drain", **mine)
    proven(world, **mine)  # 3. compare
    world.run("replay", **mine)
    before = windows(world, "total", "hour")
    world.settings.update(mine)  # 4. move the readers
    now = windows(world, "total", "hour")
    equal(len(now), 60, "hours in the new namespace")
    equal({start: now[start][1] for start in before}, {start: told[1] for start, told in before.items()}, "requests")
    world.settings.update(old)
    kept = contents(world, new)
    listed = remove(world, world.namespace).out  # 5. end the old one
    check("--yes" in listed and f"topic: {world.namespace}.ledger" in listed, "what is listed", listed)
    check(keys_of(world, world.namespace), "listing deleted")
    remove(world, world.namespace, "--dead-letters", "--yes")
    gone(world, world.namespace)
    equal(committed(world, world.namespace), [], "offsets of the old group")
    check(committed(world, new, 3), "offsets of the new group are gone")
    equal(contents(world, new), kept, "the new namespace")
    world.settings.update(mine)
    produce(world, range(60, 70))
    drain(world)
    equal(len(windows(world, "total", "hour")), 70, "hours afterwards")


def test_no_other_namespace_is_touched(world):
    world.start_redis()
    make(world, world.namespace)
    produce(world, range(0, 20))
    name = world.namespace
    others = [f"{name}.b", f"{name}-replay-x", name[:-1], f"{name}.summaries"]
    for namespace in [name, *others]:
        make(world, namespace)
    world.redis.command("HSET", f"{name}", "a", "b")
    world.redis.command("HSET", f"{name}:without-a-tag", "a", "b")
    before = {namespace: contents(world, namespace) for namespace in others}
    check(all(keys and topics for keys, topics in before.values()), "namespaces that hold nothing", before)
    remove(world, name, "--yes")
    equal(topics_of(world, name), [f"{name}.dead-letters", f"{name}.redrives"], "what stays unless it is asked for")
    remove(world, name, "--yes", "--dead-letters")
    equal([key for key in keys_of(world, name) if key.startswith(f"{name}:{{".encode())], [], "keys of the namespace")
    equal({namespace: contents(world, namespace) for namespace in others}, before, "other namespaces")
    check(world.topic in AdminClient({"bootstrap.servers": world.kafka}).list_topics(timeout=30).topics, "the input")
    check("nothing is there" in remove(world, name, "--yes").out, "a second removal")
    for namespace in others:  # each by itself, in turn
        remove(world, namespace, "--yes", "--dead-letters")
        del before[namespace]
        gone(world, namespace)
        equal({other: contents(world, other) for other in before}, before, f"others, without {namespace}")


def test_a_worker_is_in_the_way(world):
    world.start_redis()
    make(world, world.namespace)
    produce(world, range(0, 20))
    worker = world.start("worker")
    worker.says("WORKER-ASSIGNED")
    for arguments in ((), ("--yes",)):
        done = remove(world, world.namespace, *arguments, status=BUSY)
        check("REMOVE-BUSY" in done.log, "its reason", done.log)
    # Told another group than the namespace is counted by, it asks for that one all the same.
    remove(world, world.namespace, "--yes", status=BUSY, GENTALLY_GROUP="somebody-else")
    check(worker.is_running(), "the worker ended", worker.log)
    wait_until(lambda: world.consumed(2) == 20, 30, "counting to go on")
    worker.kill()
    remove(world, world.namespace, "--yes", status=BUSY)  # a member until its session ends
    wait_until(
        lambda: world.start("remove", "--yes", "--dead-letters").wait(60) == 0, 60, "the session of the killed worker"
    )
    gone(world, world.namespace)


def test_a_closer_is_in_the_way(world):
    """Its lease is told in Redis, so that a worker that Kafka took out of the group is seen, too; until it lapses."""
    world.start_redis()
    make(world, world.namespace)
    lease, (now, _) = f"{world.namespace}:{{closer}}:lease", world.redis.command("TIME")
    world.redis.command("HSET", lease, "until", (int(now) + 60) * 1000)
    for arguments in ((), ("--yes",)):
        remove(world, world.namespace, *arguments, status=BUSY)
    world.redis.command("HSET", lease, "until", (int(now) - 1) * 1000)
    remove(world, world.namespace, "--dead-letters", "--yes")
    gone(world, world.namespace)


def test_killed_on_the_way(world):
    """However far a removal came: run again, it ends; and in between nobody counts into the ruin."""
    draw = seeded()
    world.start_redis()
    kills = 0
    for turn in range(6):
        make(world, world.namespace)
        if turn == 0:
            produce(world, range(0, 200))
        drain(world)
        done = world.start("remove", "--yes", "--dead-letters")

        def pending():
            return world.redis.command("HGET", f"{world.namespace}:{{settings}}:record", "pending")

        wait_until(lambda done=done: pending() == b"remove" or not done.is_running(), 30, "the removal to begin")
        time.sleep(draw.uniform(0, 0.05))  # the kill may come at any time from there: that is the test
        done.kill()
        if pending() == b"remove":
            kills += 1
            refused(world, "SETTINGS-REFUSED", ["being removed", "remove --yes"])
            refused(world, "SETTINGS-REFUSED", ["being removed", "remove --yes"], "setup")
        remove(world, world.namespace, "--yes", "--dead-letters")
        gone(world, world.namespace)
    check(kills > 0, "no removal was killed on the way")
    note(f"{kills} removals killed on the way")


def test_what_a_replay_left(world):
    """Ids that a replay remembered went with it neither; the second of its name ended STORE-TORN."""
    world.settings["GENTALLY_IDS"] = "amend"
    world.start_redis()
    make(world, world.namespace)
    produce(world, range(0, 60))
    drain(world)
    left = f"{world.namespace}-replay-again"
    for _ in range(3):
        world.run("replay", "--name", "again")
        equal(keys_of(world, left), [], "keys that the replay left")
    world.run("replay", "--name", "again", "--keep")
    check(any(b":ids:" in key for key in keys_of(world, left)), "ids of a replay that is kept")
    for key in keys_of(world, left):  # as a removal of before left it
        if b":ids:" not in key:
            world.redis.command("DEL", key)
    remove(world, left, "--yes", "--dead-letters")
    gone(world, left)
    world.run("replay", "--name", "again")
    refused(world, "SETTINGS-MISSING", ["gentally setup"], "replay", GENTALLY_NAMESPACE=left)
    make(world, left)
    refused(world, "SETTINGS-REFUSED", ["gentally remove"], "replay", "--remove", "--name", "again")
    check(keys_of(world, left), "a namespace that is no replay's was removed")


if __name__ == "__main__":
    main(__file__, globals())
