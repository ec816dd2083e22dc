"""A worker that is asked to end is gone within ten seconds, whatever its servers do, and nothing is lost by it."""

import os
import signal
import time

from confluent_kafka import Producer

from harness import PATIENCE, check, equal, main, note, tail, wait_until
from takeover import BEGIN_MS, EVENT
from topics import encode_event

LEAVE_S = 10
PARTITIONS = 4


def feed(world, count):
    producer = Producer({"bootstrap.servers": world.kafka})
    for number in range(count):
        event = {**EVENT, "id": f"{time.monotonic_ns()}", "created_at": BEGIN_MS + number * 60000}
        producer.produce(world.topic, encode_event(event), partition=number % PARTITIONS)
    equal(producer.flush(60), 0, "events not delivered")


def broker_of(kafka):
    return int(open(os.path.join(kafka.folder, "pid")).read())


def open_world(world):
    kafka = world.start_kafka()
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    return kafka


def counting(world, count, before=0):
    """A worker that closes windows and has counted so many more."""
    worker = world.start("worker", GENTALLY_EARLY_EMIT_INTERVAL_MS=100, GENTALLY_EMIT_INTERVAL_MS=50)
    worker.says("WORKER-ASSIGNED", 60)
    worker.says("CLOSER-OPENED", 60)
    feed(world, count)
    wait_until(lambda: world.consumed(PARTITIONS) == before + count, 60, "all to be counted")
    return worker


def ends(worker, what, limit_s=LEAVE_S, number=signal.SIGTERM):
    """Asks it to end, and says after how long it did."""
    begin = time.monotonic()
    worker.signal(number)
    worker.wait(60)
    took = time.monotonic() - begin
    note(f"{what}: {took:.1f} s, exit status {worker.process.returncode}")
    check(took <= limit_s * PATIENCE, f"{what}: it took {took:.1f} s to end", tail(worker.log))
    return worker.process.returncode


def finish(world, count):
    """What nobody had finished is: the next worker counts and publishes all of it."""
    world.run("worker", "--drain")
    rows = world.summaries("total", "day")
    equal(sum(row["requests"] for row in rows), count, "records, in the end")
    world.run("verify")


def test_broker_that_stands_still(world):
    """From the moment at which it stands still to long after: whatever call the worker is held by."""
    kafka = open_world(world)
    count = 0
    for stands_s in (0, 1, 12):
        worker = counting(world, 400, count)
        count += 400
        os.kill(broker_of(kafka), signal.SIGSTOP)
        try:
            time.sleep(stands_s)  # the fault's own length
            status = ends(worker, f"broker still for {stands_s} s")
        finally:
            os.kill(broker_of(kafka), signal.SIGCONT)
        check(status in (0, 75), f"exit status {status}", tail(worker.log))
    finish(world, count)


def test_broker_that_hung_and_died(world):
    """Hung for 12 s, back for 4 s, dead for 20 s: it took 45 s to end."""
    kafka = open_world(world)
    worker = counting(world, 400)
    os.kill(broker_of(kafka), signal.SIGSTOP)
    time.sleep(12)
    os.kill(broker_of(kafka), signal.SIGCONT)
    time.sleep(4)
    kafka.kill()
    time.sleep(20)
    status = ends(worker, "broker hung, back, dead")
    check(status in (0, 75), f"exit status {status}", tail(worker.log))
    kafka.start()
    finish(world, 400)


def test_broker_that_stands_still_while_we_start(world):
    kafka = open_world(world)
    os.kill(broker_of(kafka), signal.SIGSTOP)
    try:
        worker = world.start("worker")
        worker.says("WORKER-NO-ACCOUNTS")
        time.sleep(1)
        equal(ends(worker, "asked while it starts", 3), 0, "exit status of a worker that had nothing")
    finally:
        os.kill(broker_of(kafka), signal.SIGCONT)


def test_second_signal_ends_at_once(world):
    kafka = open_world(world)
    worker = counting(world, 400)
    world.redis.process.signal(signal.SIGSTOP)
    os.kill(broker_of(kafka), signal.SIGSTOP)
    try:
        worker.signal(signal.SIGTERM)
        time.sleep(1)
        check(worker.is_running(), "it had nothing to wait for")
        equal(ends(worker, "asked twice", 1.5), 75, "exit status")
        check("WORKER-LEFT" in worker.log, "it does not say so", tail(worker.log))
    finally:
        os.kill(broker_of(kafka), signal.SIGCONT)
        world.redis.process.signal(signal.SIGCONT)
    finish(world, 400)


def test_redis_that_stands_still(world):
    """What it has not taken is left to the next owner."""
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    worker = counting(world, 400)
    world.redis.process.signal(signal.SIGSTOP)
    feed(world, 400)
    time.sleep(2)
    equal(ends(worker, "Redis still"), 75, "exit status")
    world.redis.process.signal(signal.SIGCONT)
    finish(world, 800)


if __name__ == "__main__":
    main(__file__, globals())
