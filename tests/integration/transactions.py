"""What transactions do in life: a commit that is held back on its way and arrives over the next transaction
(KAFKA-17754), and one in the ledger that nobody ends."""

import signal
import sys
import time
from pathlib import Path

from confluent_kafka import Producer

from harness import BINARY, ROOT, Skip, check, equal, main, tail, wait_until

sys.path.insert(0, str(ROOT / "tests/chaos"))

from chaos import proxied_kafka  # noqa: E402
from metrics import get, start_worker  # noqa: E402
from oracle import ROLLUPS, Oracle  # noqa: E402
from topics import newest, read_topic  # noqa: E402

PARTITIONS = 2
EVENTS = 4000
HANG = Path(BINARY).with_name("commit_hangs.so")
END_TXN = b"\x00\x1a\x00\x01"  # how its request begins: the key 26, in version 1


def feed(world, lines):
    path = world.folder / "events.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    world.produce(path)


def compare(world, lines):
    """Every cell against SQL, as a foreign reader has them."""
    summaries = {}
    for rollup in ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = Oracle(lines).differences(summaries)
    check(differing == 0, f"{differing} of {cells} cells differ", *shown)
    world.run("verify")


def begin(world):
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    return world.run("generate", "--events", EVENTS, "--seed", 11).out.splitlines()


def test_a_commit_that_comes_over_the_next_transaction(world):
    """Its end is unknown: the producer is destroyed, another fences it, the ledger is read again; then the commit
    arrives, and ends nothing of what was begun since."""
    way, inside = proxied_kafka(world)
    lines = begin(world)
    half = EVENTS // 2
    worker = world.start("worker", GENTALLY_EARLY_EMIT_INTERVAL_MS=1000)
    feed(world, lines[:half])
    wait_until(lambda: worker.log.count("CLOSER-OPENED") == 1, 30, "a closer")
    wait_until(lambda: world.consumed(PARTITIONS) == half, 60, "the first half to be counted")
    way.hold(END_TXN)
    feed(world, lines[half : half + 500])
    wait_until(lambda: way.held_bytes() > 0, 30, f"a commit to be on its way\n{tail(worker.log)}")
    worker.says("SINK-TXN-UNKNOWN", 60)
    wait_until(lambda: worker.log.count("CLOSER-OPENED") == 2, 60, f"another closer\n{tail(worker.log)}")
    feed(world, lines[half + 500 :])
    way.release()  # while the next ones are begun and ended, ten a second
    check(way.released_bytes > 0, "nothing was held: nothing is shown")
    wait_until(lambda: world.consumed(PARTITIONS) == EVENTS, 60, f"all to be counted\n{tail(worker.log)}")
    worker.end()
    equal(worker.process.returncode, 0, f"exit status after SIGTERM\n{tail(worker.log)}")
    world.settings["GENTALLY_KAFKA_BOOTSTRAP_SERVERS"] = inside
    world.run("worker", "--drain")
    compare(world, lines)


def test_a_transaction_that_hangs_in_the_ledger(world):
    """What is behind it cannot be read: nothing is told until it is ended, and counting goes on; that is told."""
    lines = begin(world)
    half = EVENTS // 2
    feed(world, lines[:half])
    world.run("worker", "--drain")
    before = len(read_topic(world.kafka, f"{world.namespace}.ledger"))
    foreign = Producer(
        {"bootstrap.servers": world.kafka, "transactional.id": "nobody's", "transaction.timeout.ms": 600000}
    )
    foreign.init_transactions(30)
    foreign.begin_transaction()
    foreign.produce(f"{world.namespace}.ledger", b"not ours", b"not ours")
    foreign.flush(30)
    worker = world.start("worker")
    worker.says("SINK-TXN-HANGS", 60)
    check("kafka-transactions.sh abort --topic" in worker.log, "nothing says how to end it", tail(worker.log))
    feed(world, lines[half:])
    wait_until(lambda: world.consumed(PARTITIONS) == EVENTS, 60, f"all to be counted\n{tail(worker.log)}")
    worker.end()
    equal(worker.process.returncode, 75, f"exit status of who could not close\n{tail(worker.log)}")
    foreign.abort_transaction(30)
    equal(len(read_topic(world.kafka, f"{world.namespace}.ledger")), before, "ledger records told meanwhile")
    world.run("worker", "--drain")
    compare(world, lines)


def test_a_closer_that_cannot_begin(world):
    """Nobody answers who would close windows: the worker counts on meanwhile, gives the lease up, and says so; it
    closes when it is answered again."""
    way, _ = proxied_kafka(world)
    lines = begin(world)
    half = EVENTS // 2
    feed(world, lines[:half])
    way.hold(f"{world.namespace}.closer".encode(), is_for_all=True)  # the transactional id
    worker, url = start_worker(world)
    worker.says("WORKER-CLOSES-NOTHING reason=SINK-UNREACHABLE", 240)
    check(way.held_bytes() > 0, "nothing was held: nothing is shown")
    lease = world.redis.command("HGET", f"{world.namespace}:{{closer}}:lease", "until")
    equal(lease, b"0", "until when the lease is held, once it is given up")
    wait_until(lambda: "closer stuck: SINK-UNREACHABLE" in get(url, "/readyz").text, 30, "/readyz to say so")
    check('gentally_closer_stuck{reason="SINK-UNREACHABLE"} 1' in get(url, "/metrics").text, "the metric")
    check(world.consumed(PARTITIONS) == half, f"{world.consumed(PARTITIONS)} of {half} counted", tail(worker.log))
    way.release()
    other = world.start("worker")  # which takes the lease before this one tries again
    other.says("CLOSER-OPENED", 60)
    for process in (worker, other):
        process.end()
        equal(process.process.returncode, 0, f"exit status after SIGTERM\n{tail(process.log)}")
    world.run("worker", "--drain")
    compare(world, lines[:half])


def test_a_commit_that_never_returns(world):
    """Past all bounds, in the library. The process, which nobody would restart, ends by itself, so that one who waits
    for it to answer the group can join, and closes windows; what was counted is counted."""
    if not HANG.exists():
        raise Skip(str(HANG))
    lines = begin(world)
    feed(world, lines)
    world.settings["GENTALLY_KAFKA_SESSION_TIMEOUT_MS"] = 6000
    hanging = world.start("worker", LD_PRELOAD=HANG)
    hanging.says("CLOSER-OPENED")
    other = world.start("worker")
    equal(hanging.wait(120), 75, f"exit status of a worker that hangs\n{tail(hanging.log)}")
    check("LOOP-HANGS" in hanging.log, "it does not say why it ends", tail(hanging.log))
    other.says("CLOSER-OPENED", 120)
    wait_until(lambda: world.consumed(PARTITIONS) == EVENTS, 120, f"all to be counted\n{tail(other.log)}")
    other.end()
    equal(other.process.returncode, 0, f"exit status after SIGTERM\n{tail(other.log)}")
    world.run("worker", "--drain")
    compare(world, lines)


if __name__ == "__main__":
    main(__file__, globals())
