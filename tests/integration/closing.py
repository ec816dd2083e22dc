"""Who closes windows, and what holds them up: a partition that stops, is mended or given up, a state that is gone, one
window that cannot be read; the worker that closes dies, or cannot. All else is published, and nothing too early.
"""

import time

from confluent_kafka.admin import AdminClient

from harness import check, equal, main, note, tail, wait_until
from histories import delete_records, key, next_of, put
from takeover import BEGIN_MS, HOUR_MS
from topics import decode, newest, read_topic

PARTITIONS = 3
EX_USAGE, EX_SOFTWARE = 64, 70
SETTINGS = {"GENTALLY_LATE_EMIT_INTERVAL_MS": 100, "GENTALLY_IDLE_MS": 1000}


def begin(world, hours=10):
    """Three partitions, read to their end and published: all hours but the last two are closed."""
    world.start_redis()
    world.settings.update(SETTINGS)
    world.run("setup", "--partitions", PARTITIONS)
    put(world, range(hours), range(PARTITIONS))
    world.run("worker", "--drain")


def hours_of(messages):
    """By hour: the newest record of it."""
    found = {}
    for record in newest(messages).values():
        if record["granularity"] == "hour":
            start = record["window_start"]
            start = start if isinstance(start, int) else int(start.timestamp() * 1000)
            found[(start - BEGIN_MS) // HOUR_MS] = record
    return found


def totals(world):
    """By hour: pane and requests of the newest summary."""
    found = hours_of(read_topic(world.kafka, f"{world.namespace}.summaries.total"))
    return {hour: (record["pane"], record["requests"]) for hour, record in found.items()}


def stops_of(world, hour):
    """What the ledger says of each partition at its newest record of an hour."""
    parts = hours_of(read_topic(world.kafka, f"{world.namespace}.ledger"))[hour]["partitions"]
    return [(part["stopped"], part["stopped_at"], part["given_up"]) for part in parts]


def shows(world, hours, pane, requests, seconds=30):
    want = {hour: (pane, requests) for hour in hours}
    last = {}

    def is_shown():
        last.update(totals(world))
        return all(last.get(hour) == want[hour] for hour in hours)

    wait_until(is_shown, seconds, f"hours {min(hours)} to {max(hours)} to be {pane} of {requests}")


def never_final(world, hours):
    """No version of these hours has ever been published as final."""
    for record in map(dict, all_versions(world)):
        start = record["window_start"]
        start = start if isinstance(start, int) else int(start.timestamp() * 1000)
        if record["granularity"] == "hour" and (start - BEGIN_MS) // HOUR_MS in hours:
            equal(record["pane"], "early", f"pane of hour {(start - BEGIN_MS) // HOUR_MS}")


def all_versions(world):
    for message in read_topic(world.kafka, f"{world.namespace}.summaries.total"):
        if message.value() is not None:
            yield decode(message.value())


COUNTING = (None, None, False)


def test_a_stopped_partition_silences_nobody(world):
    """Partition 0 it is, whose owner alone once closed windows: records of it are gone before they were counted."""
    begin(world)
    put(world, range(10, 15), range(PARTITIONS))
    delete_records(world, 0, 12)
    worker = world.start("worker")
    worker.says("SOURCE-GAP partition 0: offsets 10 to 11 ")
    put(world, range(15, 20), (1, 2))
    shows(world, range(10, 18), "early", 2)
    worker.says("CLOSER-GOES-WITHOUT partition=0 reason=SOURCE-GAP offset=10")
    put(world, [12], (1, 2))  # late, and told while the partition is stopped
    shows(world, [12], "early", 4)
    equal(stops_of(world, 12), [("SOURCE-GAP", 10, False), COUNTING, COUNTING], "what the ledger says of hour 12")
    equal(totals(world)[7], ("on_time", 3), "an hour that was closed before")
    check(worker.is_running(), "the worker ended", tail(worker.log))
    worker.end()
    equal(worker.process.returncode, EX_SOFTWARE, "exit status after SIGTERM, with a stopped partition")
    drain = world.start("worker", "--drain")
    equal(drain.wait(60), EX_SOFTWARE, "exit status of a drain with a stopped partition")
    check("SOURCE-GAP" in drain.log, "the drain does not say why", tail(drain.log))
    equal(totals(world)[19], ("early", 2), "the hour that is open at the end of the drain")
    never_final(world, range(10, 20))
    world.run("verify")

    refused = world.start("give-up", "--partition", 1)
    equal((refused.wait(30), "GIVE-UP-COUNTING" in refused.log), (EX_USAGE, True), "giving up what counts")
    said = world.run("give-up", "--partition", 0, "--reason", "the disk is lost").out
    check("partition 0, stopped at offset 10 for SOURCE-GAP, is given up" in said, "not said", said)
    worker = world.start("worker")
    shows(world, [hour for hour in range(10, 18) if hour != 12], "on_time", 2)
    equal(stops_of(world, 11), [("SOURCE-GAP", 10, True), COUNTING, COUNTING], "what the ledger says of hour 11")
    worker.says("SOURCE-GAP partition 0: offsets 10 to 11 ")
    equal(worker.is_running(), True, "the worker that was given the stopped partition runs")
    world.run("give-up", "--partition", 0, "--undo")
    put(world, range(20, 25), (1, 2))
    shows(world, range(20, 23), "early", 2)
    worker.end()
    world.run("verify")


def test_a_stopped_partition_that_is_mended_closes_its_windows(world):
    begin(world)
    world.redis.command("HSET", key(world, 2), "taint", "NOPERM")
    put(world, range(10, 20), range(PARTITIONS))
    worker = world.start("worker")
    worker.says("STORE-TAINTED")
    shows(world, range(10, 18), "early", 2)
    equal(stops_of(world, 15), [COUNTING, COUNTING, ("STORE-TAINTED", 10, False)], "what the ledger says of hour 15")
    worker.end()
    never_final(world, range(10, 20))
    world.redis.command("HDEL", key(world, 2), "taint")
    world.run("worker", "--drain")
    equal({totals(world)[hour] for hour in range(10, 18)}, {("on_time", 3)}, "hours after the partition was mended")
    equal(stops_of(world, 15), [COUNTING] * 3, "what the ledger says of hour 15")
    equal(sum(count for _, count in totals(world).values()), 60, "requests in all")
    world.run("verify")


def test_a_state_that_is_gone_holds_only_what_it_had(world):
    """Hours that were published with records of it wait; later ones are told without it. `setup` makes it anew, once
    nothing is left of it to be added to."""
    begin(world)
    before = totals(world)
    worker = world.start("worker")
    worker.says("WORKER-ASSIGNED partitions=3")
    world.redis.command("DEL", key(world, 1))
    worker.says("STORE-STATE-MISSING partition 1 ")
    put(world, [3], (0, 2))  # late, into an hour that had three
    put(world, range(10, 20), (0, 2))
    shows(world, range(10, 18), "early", 2)
    equal(stops_of(world, 15), [COUNTING, ("STORE-STATE-MISSING", 0, False), COUNTING], "what the ledger says")
    equal({hour: totals(world)[hour] for hour in before}, before, "hours that had records of it")
    world.run("verify")
    worker.end()
    check(worker.process.returncode != 0, "exit status after SIGTERM, without a state")
    refused = world.start("setup")
    check(refused.wait(30) != 0 and "STORE-TORN" in refused.log, "windows without a state were taken", refused.log)
    world.redis.command("DEL", *world.redis.command("KEYS", key(world, 1, "*")))
    world.run("setup")
    put(world, range(10, 20), [1])
    world.run("worker", "--drain")
    want = {hour: ("late" if hour < 8 else "on_time", 5 if hour == 3 else 3) for hour in range(18)}
    equal({hour: totals(world)[hour] for hour in range(18)}, want, "hours once the state is made anew")
    world.run("verify")


def test_a_partition_that_was_rolled_back_holds_only_what_it_lost(world):
    """Its keys are put back to before hour 20, which was published with it; and its log has lost that hour, so that it
    stays behind."""
    begin(world)
    pattern = key(world, 1, "*")
    kept = {name: world.redis.command("DUMP", name) for name in world.redis.command("KEYS", pattern)}
    put(world, [20], range(PARTITIONS))
    world.run("worker", "--drain")
    equal(totals(world)[20], ("early", 3), "hour 20")
    world.redis.command("DEL", *world.redis.command("KEYS", pattern))
    for name, dump in kept.items():
        world.redis.command("RESTORE", name, 0, dump)
    put(world, [21], range(PARTITIONS))
    delete_records(world, 1, 11)
    put(world, range(22, 30), (0, 2))
    worker = world.start("worker")
    worker.says("SOURCE-GAP partition 1: offsets 10 to 10 ")
    put(world, [5, 20], [0])
    shows(world, range(21, 28), "early", 2)
    shows(world, [5], "late", 4)
    equal(totals(world)[20], ("early", 3), "the hour that had a record of it")
    worker.says("STORE-ROLLED-BACK partition 1 stands at 10, and was published up to 11")
    worker.end()
    equal(totals(world)[20], ("early", 3), "the hour that had a record of it, in the end")
    world.run("verify")


def test_one_window_that_cannot_be_read_holds_up_no_other(world):
    """A cell is damaged; it is put back, and the window follows by itself."""
    begin(world)
    name = key(world, 1, f"hour:{BEGIN_MS + 3 * HOUR_MS}")
    cell = world.redis.command("HGET", name, "total")
    world.redis.command("HSET", name, "total", "garbage")
    worker = world.start("worker")
    put(world, [3, 5], [0])
    shows(world, [5], "late", 4)
    worker.says("CLOSER-SKIPPED window=hour ")
    wait_until(lambda: worker.log.count("CLOSER-SKIPPED") >= 2, 30, "a second attempt")
    put(world, [6], [0])
    shows(world, [6], "late", 4)
    equal(totals(world)[3], ("on_time", 3), "the damaged hour, as it was")
    check(worker.is_running(), "the worker ended", tail(worker.log))
    world.redis.command("HSET", name, "total", cell)
    shows(world, [3], "late", 4, 40)
    worker.end()
    equal(worker.process.returncode, 0, "exit status after SIGTERM")
    world.run("verify")


def test_another_worker_closes_when_the_closer_dies(world):
    """Long before the group knows of the death: closing moves by itself."""
    begin(world)
    settings = {"GENTALLY_KAFKA_SESSION_TIMEOUT_MS": 30000}
    workers = [world.start("worker", **settings) for _ in range(2)]
    for worker in workers:
        worker.says("WORKER-ASSIGNED partitions=", 60)
    wait_until(lambda: any("CLOSER-OPENED" in worker.log for worker in workers), 30, "one of them to close")
    closer, other = sorted(workers, key=lambda worker: "CLOSER-OPENED" not in worker.log)
    check("CLOSER-OPENED" not in other.log, "both close", tail(other.log))
    put(world, range(10, 20), range(PARTITIONS))
    shows(world, range(10, 18), "on_time", 3)
    closer.kill()
    killed = time.monotonic()
    other.says("CLOSER-OPENED", 20)
    took = time.monotonic() - killed
    check(took < 16, f"it took {took:.1f} s")
    note(f"another worker closes {took:.1f} s after SIGKILL")
    put(world, range(20, 30), range(PARTITIONS))
    wait_until(
        lambda: {totals(world).get(hour, (None, 0))[1] for hour in range(20, 28)} == {3},
        60,
        "all partitions to be counted, and told on time or late",
    )
    other.end()
    equal(other.process.returncode, 0, "exit status after SIGTERM")
    world.run("verify")


def test_a_worker_that_leaves_gives_the_lease_back(world):
    begin(world)
    first = world.start("worker")
    first.says("CLOSER-OPENED")
    second = world.start("worker")
    second.says("WORKER-ASSIGNED partitions=", 60)
    first.end()
    ended = time.monotonic()
    second.says("CLOSER-OPENED", 20)
    check(time.monotonic() - ended < 6, f"it took {time.monotonic() - ended:.1f} s")
    second.end()


def test_a_closer_that_cannot_publish_counts_on(world):
    """The topic of a rollup is gone. Counting goes on, and closing too, when the topic is there again."""
    begin(world)
    topic = f"{world.namespace}.summaries.total"
    worker = world.start("worker")
    worker.says("CLOSER-OPENED")
    admin = AdminClient({"bootstrap.servers": world.kafka})
    admin.delete_topics([topic])[topic].result(30)
    put(world, range(10, 20), range(PARTITIONS))
    worker.says("WORKER-CLOSES-NOTHING reason=SINK-TOPIC-MISSING", 60)
    put(world, range(20, 25), range(PARTITIONS))
    wait_until(lambda: world.consumed(PARTITIONS) == 75, 30, "all to be counted")
    check(worker.is_running(), "the worker ended", tail(worker.log))
    worker.end()
    check(worker.process.returncode != 0, "exit status after SIGTERM of a worker that could not close windows")
    world.run("setup")
    world.run("worker", "--drain")
    equal({totals(world)[hour] for hour in range(10, 23)}, {("on_time", 3)}, "hours once the topic is there again")


def test_drains_leave_in_order(world):
    """Three at once: all windows are published by whoever leaves last."""
    world.start_redis()
    world.settings.update(SETTINGS)
    world.run("setup", "--partitions", PARTITIONS)
    put(world, range(20), range(PARTITIONS))
    drains = [world.start("worker", "--drain") for _ in range(3)]
    for drain in drains:
        drain.succeed(90)
    equal({totals(world)[hour] for hour in range(18)}, {("on_time", 3)}, "hours")
    equal(totals(world)[19], ("early", 3), "the hour that is open")
    world.run("verify")


if __name__ == "__main__":
    main(__file__, globals())
