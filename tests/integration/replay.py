"""`gentally replay`: the log counted again is the live counters, and what was altered in them is found and named."""

import json
import subprocess

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from harness import check, equal, main, note
from topics import read_topic

PARTITIONS = 3
DIFFERS = 65


def prepare(world, count=6000, bad=25):
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    path = world.folder / "events.jsonl"
    path.write_text(world.run("generate", "--events", count, "--seed", 3).out)
    world.produce(path)
    producer = Producer({"bootstrap.servers": world.kafka})
    for number in range(bad):
        producer.produce(world.topic, b"rubbish", partition=number % PARTITIONS)
    equal(producer.flush(60), 0, "messages that were not delivered")
    world.run("worker", "--drain")
    world.apply()
    return count + bad


def replay(world, *arguments, status=0, **settings):
    """Its last line, and the lines before."""
    done = world.start("replay", "--format", "json", *arguments, **settings)
    equal(done.wait(120), status, f"exit status of replay {arguments}: {done.log[-600:]} {done.out[-600:]}")
    lines = [json.loads(line) for line in done.out.splitlines()]
    return lines[-1], lines[:-1], done


def state(world):
    """All of the live namespace, as Redis has it."""
    keys = sorted(key.decode() for key in world.redis.command("KEYS", f"{world.namespace}:*"))
    return {key: sorted(zip(*[iter(world.redis.command("HGETALL", key))] * 2)) for key in keys}


def leftovers(world):
    """What of any replay is there still."""
    topics = AdminClient({"bootstrap.servers": world.kafka}).list_topics(timeout=10).topics
    return (
        sorted(world.redis.command("KEYS", f"{world.namespace}-replay-*")),
        sorted(topic for topic in topics if topic.startswith(f"{world.namespace}-replay-")),
    )


def meta(world, partition):
    return f"{world.namespace}:{{{world.topic}:{partition}}}:meta"


def window_key(world, partition, window):
    return f"{world.namespace}:{{{world.topic}:{partition}}}:{window}"


def test_the_log_counted_again_is_the_same(world):
    records = prepare(world)
    before, ledger = state(world), len(read_topic(world.kafka, f"{world.namespace}.ledger"))
    result, differences, done = replay(world)
    check(result["namespace"].startswith(f"{world.namespace}-replay-20"), "its namespace", result)
    equal(
        (result["records"], result["differing"], result["partitions_differing"], result["moved"], differences),
        (records, 0, 0, 0, []),
        "the whole log",
    )
    cells = sum(
        sum(not name.startswith(b"__") for name, _ in fields)
        for key, fields in before.items()
        if key.rsplit(":", 2)[1] in ("hour", "day", "week", "month")
    )
    sealed = result["sealed"]
    check(sealed or result["cells"] == cells, f"cells compared {result['cells']}, in Redis {cells}")
    check(result["cells"] > 5000, "too few cells to prove anything", result)
    equal(state(world), before, "the live state afterwards")
    equal(len(read_topic(world.kafka, f"{world.namespace}.ledger")), ledger, "ledger records afterwards")
    equal(leftovers(world), ([], []), "what the replay left")
    note(f"{result['cells']} cells of {result['windows']} windows compared, 0 differences")
    check("equal" in world.run("replay").out, "what a person reads")


def test_what_was_altered_is_named(world):
    prepare(world, 1500, 5)
    window = next(key.rsplit("}:", 1)[1] for key in state(world) if "}:month:" in key)
    key = window_key(world, 1, window)
    rows = sorted(row.decode() for row in world.redis.command("HKEYS", key) if row.startswith(b"model|"))
    first, second = rows[:2]
    kept = dict(zip(*[iter(world.redis.command("HGETALL", key))] * 2))

    def altered(*commands, undo, **expected):
        for command in commands:
            check(not isinstance(world.redis.command(*command), Exception), f"{command} failed")
        result, differences, done = replay(world, status=DIFFERS)
        check("REPLAY-DIFFERS" in done.log, "its reason", done.log)
        if expected:
            shown = differences[0]
            equal({name: shown[name] for name in expected}, expected, f"what is named of {commands}: {shown}")
            equal((shown["partition"], shown["window"]), (1, "month"), "where")
            equal(result["differing"], 1, "cells that differ")
        else:
            check("differs: partition" in done.log, "which partition", done.log)
            equal(result["partitions_differing"], 1, "outcomes that differ")
        for command in undo:
            world.redis.command(*command)

    total = kept[b"total"]
    altered(("HSET", key, "total", kept[first.encode()]), undo=[("HSET", key, "total", total)], row="total")
    altered(
        ("HDEL", key, second),
        undo=[("HSET", key, second, kept[second.encode()])],
        row=second,
        field="row",
        live=0,
        replay=1,
    )
    altered(
        ("HSET", key, "model|none/such", total),
        undo=[("HDEL", key, "model|none/such")],
        row="model|none/such",
        field="row",
        live=1,
        replay=0,
    )
    altered(
        ("HINCRBY", key, "__n", 1),
        ("HINCRBY", window_key(world, 1, "windows"), window, 1),
        undo=[("HINCRBY", key, "__n", -1), ("HINCRBY", window_key(world, 1, "windows"), window, -1)],
        field="records",
    )
    altered(("HINCRBY", meta(world, 2), "dead_lettered", 1), undo=[("HINCRBY", meta(world, 2), "dead_lettered", -1)])
    equal(leftovers(world), ([], []), "what the replays left")
    equal(replay(world)[0]["differing"], 0, "after all was undone")


def test_what_cannot_be_read_is_named_and_no_hindrance(world):
    """Windows torn in three ways, and a retention shard: all others are compared, and these told."""
    world.count_accounts()
    prepare(world, 1500, 5)
    whole = replay(world)[0]
    windows = [key.rsplit("}:", 1)[1] for key in state(world) if f"{world.topic}:1}}:day:" in key][:3]
    keys = [window_key(world, 1, window) for window in windows]
    kept = {key: world.redis.command("DUMP", key) for key in keys}
    world.redis.command("DEL", keys[0])  # the window's key
    world.redis.command("HDEL", keys[1], "__n")  # a part of it
    world.redis.command("HINCRBY", window_key(world, 1, "windows"), windows[2], 1)  # more than it has
    result, differences, done = replay(world, status=DIFFERS)
    equal(result["unreadable"], 3, f"windows that cannot be read: {done.log}")
    equal(result["windows"], whole["windows"] - 3, "windows compared")
    equal((result["differing"], differences), (0, []), "cells that differ")
    equal(done.log.count("unreadable: partition 1, day "), 3, f"what is named: {done.log}")
    check("REPLAY-DIFFERS" in done.log and "lost part of its keys" in done.log, "its reason", done.log)
    for key, dump in kept.items():
        world.redis.command("RESTORE", key, 0, dump, "REPLACE")
    world.redis.command("HINCRBY", window_key(world, 1, "windows"), windows[2], -1)
    pairs = world.redis.command("KEYS", f"{world.namespace}:*:retention:*:counts:*")
    world.redis.command("DEL", pairs[0])
    result, differences, done = replay(world, status=DIFFERS)
    equal((result["unreadable"], result["windows"]), (1, whole["windows"]), f"without a shard's counts: {done.log}")
    check("unreadable: retention" in done.log, "what is named", done.log)
    equal(leftovers(world), ([], []), "what the replays left")


def test_live_workers_go_on(world):
    """Each window is compared at one offset, however fast the live state moves."""
    prepare(world, 3000, 3)
    lines = world.run("generate", "--events", 40000, "--seed", 4).out.splitlines()
    worker = world.start("worker", GENTALLY_FLUSH_INTERVAL_MS=100)
    producer = world.start("produce", stdin=subprocess.PIPE)
    before = world.consumed(PARTITIONS)

    def feed(begin, end):
        producer.process.stdin.write("".join(line + "\n" for line in lines[begin:end]).encode())
        producer.process.stdin.flush()

    feed(0, 4000)
    process = world.start("replay", "--format", "json")
    fed = 4000
    while process.is_running():
        if fed < len(lines):
            feed(fed, fed + 400)
            fed += 400
        try:
            process.process.wait(0.1)
        except subprocess.TimeoutExpired:
            pass
    equal(process.wait(1), 0, f"exit status: {process.out} {process.log}")
    result = json.loads(process.out.splitlines()[-1])
    equal((result["differing"], result["moved"]), (0, 0), "beside a running worker")
    check(result["cells"] > 5000, "too few cells to prove anything", result)
    moved = world.consumed(PARTITIONS) - before
    note(
        f"{result['cells']} cells compared while the live state moved by {moved} records, {result['records']} replayed"
    )
    check(moved > 0, "the live state did not move")
    producer.process.stdin.close()
    producer.succeed(60)
    worker.end()
    equal(leftovers(world), ([], []), "what the replay left")


def test_a_part_of_the_log(world):
    """Events have record times of now, so a part by time is made of two batches."""
    prepare(world, 2000, 5)
    early = read_topic(world.kafka, world.topic)
    from_ms = max(message.timestamp()[1] for message in early) + 1
    path = world.folder / "late.jsonl"
    day = 86_400_000
    begin = (from_ms // day + 2) * day  # whole windows that no earlier record is in
    skew = 10 * day
    path.write_text(
        "".join(
            json.dumps(
                {
                    "id": f"n{number}",
                    "created_at": begin + number * 1_800_000,
                    "model": "openai/gpt-4o",
                    "tokens_prompt": number,
                    "tokens_completion": 1,
                }
            )
            + "\n"
            for number in range(100)
        )
    )
    world.produce(path)
    world.run("worker", "--drain", GENTALLY_FUTURE_SKEW_MS=skew)
    result, _, _ = replay(world, "--from", from_ms, GENTALLY_FUTURE_SKEW_MS=skew, status=DIFFERS)
    check(result["windows"] == 0 and result["outside"] > 0, "windows within the skew are not whole", result)
    offsets = {partition: sum(message.partition() == partition for message in early) for partition in range(PARTITIONS)}
    listed = ",".join(f"{partition}:{offset}" for partition, offset in offsets.items())
    result, _, _ = replay(world, "--offsets", listed, "--whole-from", begin, GENTALLY_FUTURE_SKEW_MS=skew)
    equal((result["records"], result["differing"]), (100, 0), "the second part")
    check(result["windows"] > 0 and result["outside"] > 0, "windows in it and before it", result)
    for arguments, status, reason in (
        (["--offsets", listed], 64, "REPLAY-RANGE"),
        (["--offsets", "9:1"], 78, "CONFIG-VALUE"),
        (["--offsets", listed, "--from", from_ms], 64, "REPLAY-RANGE"),
        (["--remove"], 78, "CONFIG-VALUE"),
        (["--name", "a.b"], 78, "CONFIG-VALUE"),
    ):
        process = world.start("replay", *arguments)
        equal(process.wait(60), status, f"exit status of {arguments}: {process.log}")
        check(reason in process.log, f"the reason of {arguments}", process.log)
    equal(leftovers(world), ([], []), "what the replays left")


def test_a_log_that_is_shorter_by_now(world):
    prepare(world, 1500, 0)
    admin = AdminClient({"bootstrap.servers": world.kafka})  # kept: its answers die with it
    deleted = admin.delete_records([TopicPartition(world.topic, partition, 100) for partition in range(PARTITIONS)])
    for done in deleted.values():
        done.result(30)
    process = world.start("replay")
    equal(process.wait(60), 64, f"exit status {process.log}")
    check("the log is shorter" in process.log, "what it says", process.log)


def test_a_replay_that_is_kept(world):
    prepare(world, 1000, 2)
    result, _, _ = replay(world, "--keep", "--name", "kept")
    equal(result["namespace"], f"{world.namespace}-replay-kept", "its namespace")
    keys, topics = leftovers(world)
    check(keys and f"{world.namespace}-replay-kept.dead-letters" in topics, "what is kept", keys, topics)
    equal(len(read_topic(world.kafka, f"{world.namespace}-replay-kept.dead-letters")), 2, "its dead letters")
    live, again = (
        world.run("top", "--rollup", "model", "--window", "month", "--format", "json", "--namespace", name).out
        for name in (world.namespace, f"{world.namespace}-replay-kept")
    )
    equal(again, live, "`top` of both")
    process = world.start("replay", "--name", "kept")
    equal(process.wait(60), 78, "exit status of the same name again")
    check("REPLAY-EXISTS" in process.log, "its reason", process.log)
    equal(leftovers(world), (keys, topics), "what another of that name did to it")
    before = state(world)
    world.run("replay", "--remove", "--name", "kept")
    equal((leftovers(world), state(world)), (([], []), before), "after its removal")
    world.run("replay", "--remove", "--name", "kept")


if __name__ == "__main__":
    main(__file__, globals())
