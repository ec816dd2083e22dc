"""Logs and stores that are not as they were left: the log made anew, cut, or overtaken by retention; the store rolled
back, emptied, or short of some keys. Whatever can be mended is mended; whatever cannot stops one partition, aloud.
"""

import shutil
import signal
import time

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from harness import Redis, check, equal, main, tail, wait_until
from surroundings import compare, generate
from takeover import BEGIN_MS, EVENT, HOUR_MS
from topics import encode_event, newest, read_topic

EX_CONFIG = 78


def put(world, hours, partitions=(0, 1)):
    """One event an hour into each of the partitions."""
    producer = Producer({"bootstrap.servers": world.kafka, "enable.idempotence": True})
    for hour in hours:
        for partition in partitions:
            event = {**EVENT, "id": f"{hour}-{partition}", "created_at": BEGIN_MS + hour * HOUR_MS}
            producer.produce(world.topic, encode_event(event), partition=partition)
    equal(producer.flush(30), 0, "events not delivered")


def begin(world, hours=10, *redis_options):
    """Two partitions, read to their end and published."""
    world.start_redis(*redis_options)
    world.run("setup", "--partitions", 2)
    put(world, range(hours))
    world.run("worker", "--drain")


def key(world, partition, part="meta"):
    return f"{world.namespace}:{{{world.topic}:{partition}}}:{part}"


def next_of(world, partition):
    return int(world.redis.command("HGET", key(world, partition), "next"))


def make_anew(world):
    admin = AdminClient({"bootstrap.servers": world.kafka})
    admin.delete_topics([world.topic])[world.topic].result(30)
    wait_until(lambda: world.topic not in admin.list_topics(timeout=10).topics, 30, "the topic to vanish")
    admin.create_topics([NewTopic(world.topic, 2, 1)])[world.topic].result(30)


def delete_records(world, partition, offset):
    admin = AdminClient({"bootstrap.servers": world.kafka})
    for future in admin.delete_records([TopicPartition(world.topic, partition, offset)]).values():
        future.result(30)


def hours_published(world):
    """By hour: (generation, revision, requests) of the newest summary."""
    found = {}
    for record in newest(read_topic(world.kafka, f"{world.namespace}.summaries.total")).values():
        if record["granularity"] == "hour":
            start = record["window_start"]
            start = start if isinstance(start, int) else int(start.timestamp() * 1000)
            found[(start - BEGIN_MS) // HOUR_MS] = (record["generation"], record["revision"], record["requests"])
    return found


# --- The log ---


def test_a_topic_made_anew_is_not_counted_on(world):
    begin(world)
    make_anew(world)
    put(world, range(12))  # the very same events, and two more each
    worker = world.start("worker")
    for partition in (0, 1):
        worker.says(f"SOURCE-RECREATED partition {partition}:")
    check(worker.is_running(), "the worker ended", tail(worker.log))
    worker.end()
    equal((next_of(world, 0), next_of(world, 1)), (10, 10), "offsets in the store")
    check(world.start("worker", "--drain").wait(60) != 0, "a drain with stopped partitions is no success")


def test_a_topic_made_anew_and_still_shorter(world):
    begin(world)
    make_anew(world)
    put(world, range(3))
    worker = world.start("worker")
    for partition in (0, 1):
        worker.says(f"SOURCE-TRUNCATED partition {partition}:")
    put(world, range(3, 20))  # it grows past what was counted: too late to be believed
    worker.end()
    worker = world.start("worker")
    worker.says("SOURCE-RECREATED partition 0:")
    worker.end()
    equal((next_of(world, 0), next_of(world, 1)), (10, 10), "offsets in the store")


def test_a_topic_made_anew_while_its_worker_was_held(world):
    """Nobody tells the worker, and the new log has the very offset that it would read next."""
    begin(world)
    worker = world.start("worker")
    worker.says("WORKER-ASSIGNED")
    put(world, [10])
    wait_until(lambda: (next_of(world, 0), next_of(world, 1)) == (11, 11), 30, "the worker to count")
    worker.process.send_signal(signal.SIGSTOP)
    held = time.monotonic()
    make_anew(world)
    put(world, range(13))
    wait_until(lambda: time.monotonic() - held > 3, 10, "the hold to be a long one")
    worker.process.send_signal(signal.SIGCONT)
    for partition in (0, 1):
        worker.says(f"SOURCE-RECREATED partition {partition}:")
    worker.end()
    equal((next_of(world, 0), next_of(world, 1)), (11, 11), "offsets in the store")


def test_retention_overtakes_one_partition(world):
    """What was deleted after it was counted is a warning; before, it stops that partition."""
    begin(world)
    put(world, range(10, 15))
    delete_records(world, 0, 10)
    delete_records(world, 1, 12)
    worker = world.start("worker")
    worker.says("SOURCE-ANCHOR-GONE partition=0 ")
    worker.says("SOURCE-GAP partition 1: offsets 10 to 11 ")
    wait_until(lambda: next_of(world, 0) == 15, 30, "partition 0 to be counted")
    check(worker.is_running(), "the worker ended", tail(worker.log))
    worker.end()
    equal(next_of(world, 1), 10, "offset of partition 1")


# --- The store ---


def test_redis_comes_back_with_old_data(world):
    """An old snapshot is restored under running workers: what it lacks is counted again, once."""
    world.start_redis()
    world.run("setup", "--partitions", 4)
    lines = generate(world, 5000).out.splitlines(keepends=True)
    events, half, most = world.folder / "events.jsonl", len(lines) // 2, len(lines) * 3 // 4
    worker = world.start("worker", GENTALLY_KAFKA_SESSION_TIMEOUT_MS=30000)

    def count(part, total):
        events.write_text("".join(part))
        world.produce(events)
        wait_until(lambda: world.consumed(4) == total, 60, f"{total} events to be counted")

    count(lines[:half], half)
    equal(world.redis.command("SAVE"), "OK", "SAVE")
    old = shutil.copy(world.redis.folder / "dump.rdb", world.folder / "old.rdb")
    # In two flushes: of the second the answer may be lost with Redis, and sent again it would fit behind the first.
    count(lines[half:most], most)
    count(lines[most:], len(lines))
    # All partitions are silent now: nothing but the touch after the reconnect can find out.
    world.redis.kill()
    shutil.copy(old, world.redis.folder / "dump.rdb")
    world.redis.start()
    worker.says("STORE-ROLLED-BACK partition 0", 60)  # of the flush or of the closer: the log tells one of both
    worker.says("WORKER-REWOUND partition=0 ")
    wait_until(lambda: world.consumed(4) == len(lines), 60, "the lost half to be counted again")
    worker.end()
    equal(worker.process.returncode, 0, "exit status after SIGTERM")
    world.run("worker", "--drain")
    compare(world, lines)


def test_a_partition_without_a_state_stops_alone(world):
    """In mid-run, and at the next assignment; windows that had records of it are left as they are (closing.py)."""
    begin(world)
    worker = world.start("worker")
    worker.says("WORKER-ASSIGNED partitions=2")
    world.redis.command("DEL", key(world, 1))
    worker.says("STORE-STATE-MISSING partition 1 ")
    put(world, range(10, 15))
    wait_until(lambda: next_of(world, 0) == 15, 30, "partition 0 to be counted")
    check(worker.is_running(), "the worker ended", tail(worker.log))
    worker.end()
    worker = world.start("worker")
    worker.says("STORE-STATE-MISSING partition 1 ")
    put(world, range(15, 20))
    wait_until(lambda: next_of(world, 0) == 20, 30, "partition 0 to be counted")
    check(worker.is_running(), "the worker ended", tail(worker.log))
    worker.end()
    equal(world.start("worker", "--drain").wait(60), EX_CONFIG, "exit status of a drain without a state")
    equal(world.redis.command("EXISTS", key(world, 1)), 0, "a state that nobody asked for")
    published = hours_published(world)
    equal({published[hour] for hour in range(10)}, {(0, 2, 2)}, "hours that had records of it")
    equal({published[hour] for hour in range(10, 20)}, {(0, 1, 1)}, "hours that it came too late for")


def test_a_window_that_lost_its_cells_is_left_out(world):
    """The partition stops where it meets the window; the closer publishes the others."""
    begin(world)
    equal(world.redis.command("DEL", key(world, 1, f"hour:{BEGIN_MS + 3 * HOUR_MS}")), 1, "keys deleted")
    worker = world.start("worker", GENTALLY_LATE_EMIT_INTERVAL_MS=100)
    put(world, [3, 5], [0])
    worker.says("STORE-TORN partition 1: window hour:")
    wait_until(lambda: hours_published(world)[5][1:] == (3, 3), 30, "hour 5 to be published with its late event")
    equal(hours_published(world)[3][1:], (2, 2), "revision and requests of the torn hour")
    put(world, [3], [1])
    wait_until(
        lambda: world.redis.command("HGET", key(world, 1), "stopped") == b"STORE-TORN", 30, "partition 1 to stop"
    )
    put(world, [6], [0])
    wait_until(lambda: hours_published(world)[6][1:] == (3, 3), 30, "hour 6 to be published with its late event")
    equal(hours_published(world)[3][1:], (2, 2), "revision and requests of the torn hour, in the end")
    check(worker.is_running(), "the worker ended", tail(worker.log))
    worker.end()


def test_states_made_anew_publish_what_they_hold(world):
    """FLUSHALL and a setup that is told to begin again, after half of a partition's records were deleted: there is less
    than was published, and readers are to take it, since it is what was asked for."""
    begin(world)
    equal(hours_published(world), {hour: (0, 2, 2) for hour in range(10)}, "published at first")
    delete_records(world, 1, 5)
    world.redis.command("FLUSHALL")
    world.run("setup", "--begin-again")
    world.run("worker", "--drain")
    equal(hours_published(world), {hour: (1, 1, 1) if hour < 5 else (1, 2, 2) for hour in range(10)}, "published anew")
    put(world, [7])
    world.run("worker", "--drain")
    equal(hours_published(world)[7], (1, 4, 4), "a later revision of the same states")
    equal(hours_published(world)[8], (1, 2, 2), "a window that nothing happened to")


def test_a_store_that_was_superseded_publishes_nothing(world):
    """Another Redis was set up later and has told and collected hours; a worker still asks the first. What that tells
    would stand for good, since the other has those hours no more."""
    world.start_redis()
    world.run("setup", "--partitions", 2)
    first = world.settings["GENTALLY_REDIS_URL"]
    second = world.own(Redis(world.folder / "second")).start()
    world.settings["GENTALLY_REDIS_URL"] = second.url
    world.run("setup")
    put(world, range(60))
    world.run("worker", "--drain")
    published = hours_published(world)
    equal(published, {hour: (0, 2, 2) for hour in range(60)}, "published by the second")

    stale = world.start("worker", "--drain", GENTALLY_REDIS_URL=first)
    equal(stale.wait(60), EX_CONFIG, "exit status of a drain on the first")
    stale.says("STORE-SUPERSEDED partition 0 has a state of ")
    equal(hours_published(world), published, "published after it")

    put(world, [59])
    world.run("worker", "--drain")
    equal(hours_published(world), {**published, 59: (0, 4, 4)}, "published by the second, in the end")


# --- Redis away, the group present ---


def test_redis_is_away_for_longer_than_polling_may_wait(world):
    world.start_redis("--appendonly", "yes")
    world.run("setup", "--partitions", 2)
    worker = world.start("worker", GENTALLY_KAFKA_MAX_POLL_INTERVAL_MS=6000)
    worker.says("WORKER-ASSIGNED partitions=2")
    world.redis.kill()
    put(world, range(10))
    worker.says("STORE-UNREACHABLE")
    until = time.monotonic() + 9
    wait_until(lambda: time.monotonic() > until, 20, "longer than max.poll.interval.ms")
    world.redis.start()
    wait_until(lambda: world.consumed(2) == 20, 30, "the events to be counted")
    worker.end()
    for word in ("SOURCE-POLL-LATE", "WORKER-LOST", "WORKER-REVOKED"):
        check(word not in worker.log, f"the worker lost its place in the group: {word}", tail(worker.log))


def test_the_group_shares_anew_while_redis_hangs(world):
    """A flush is unanswered and a batch half folded when the group takes everything away and gives more back."""
    world.start_redis()
    world.run("setup", "--partitions", 4)
    lines = generate(world, 5000).out.splitlines(keepends=True)
    settings = {"GENTALLY_REDIS_TIMEOUT_MS": 300, "GENTALLY_FLUSH_ROWS_MAX": 64}
    first, second = (world.start("worker", **settings) for _ in range(2))
    for worker in (first, second):
        worker.says("WORKER-ASSIGNED partitions=2", 60)
    world.redis.process.signal(signal.SIGSTOP)
    events = world.folder / "events.jsonl"
    events.write_text("".join(lines))
    world.produce(events)  # the first record fills the tally: its flush has no answer, the rest of the batch waits
    first.says("STORE-UNREACHABLE")
    revoked = first.log.count("WORKER-REVOKED")
    second.kill()
    wait_until(lambda: first.log.count("WORKER-REVOKED") > revoked, 60, "the group to take everything away")
    world.redis.process.signal(signal.SIGCONT)
    wait_until(lambda: world.consumed(4) == len(lines), 60, f"all events to be counted\n{tail(first.log)}")
    first.end()
    world.run("worker", "--drain")
    compare(world, lines)


if __name__ == "__main__":
    main(__file__, globals())
