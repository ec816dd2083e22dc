"""With the defaults: how long a killed worker's partitions are nobody's, and that servers which stand still for eight
seconds cost no rebalance. GENTALLY_KILLS and GENTALLY_STALLS are how often."""

import os
import signal
import socket
import statistics
import time

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from harness import PATIENCE, check, equal, main, note, tail, wait_until
from takeover import BEGIN_MS, EVENT
from topics import encode_event

KILLS = int(os.environ.get("GENTALLY_KILLS", "1"))
STALLS = int(os.environ.get("GENTALLY_STALLS", "1"))
SESSION_S = 9.5  # source_settings.c
TAKE_S = 3  # to be dealt the partition, and to claim and read it
STALL_S = 8


def use_defaults(world):
    for name in ("SESSION_TIMEOUT_MS", "HEARTBEAT_INTERVAL_MS", "RECONNECT_BACKOFF_MAX_MS"):
        del world.settings[f"GENTALLY_KAFKA_{name}"]


def feed(world, producer, partitions):
    for partition in range(partitions):
        producer.produce(world.topic, encode_event({**EVENT, "id": "any", "created_at": BEGIN_MS}), partition=partition)
    equal(producer.flush(30), 0, "events not delivered")


def test_a_killed_worker_is_replaced_within_its_session(world):
    use_defaults(world)
    world.start_redis()
    world.run("setup", "--partitions", 2)
    producer = Producer({"bootstrap.servers": world.kafka})
    session_s = float(os.environ.get("GENTALLY_SESSION_S", SESSION_S))
    survivor, times, sent = world.start("worker"), [], 0
    for _ in range(KILLS):
        victim = world.start("worker")
        victim.says("WORKER-ASSIGNED partitions=1", 60 + session_s)
        assigned = survivor.log.count("WORKER-ASSIGNED partitions=2")
        victim.kill()
        begin = time.monotonic()
        feed(world, producer, 2)
        sent += 2
        wait_until(lambda: world.consumed(2) == sent, session_s + 30, f"all to be counted\n{tail(survivor.log)}")
        times.append(time.monotonic() - begin)
        equal(survivor.log.count("WORKER-ASSIGNED partitions=2"), assigned + 1, "assignments of both partitions")
    note(f"{KILLS} kills: counted again after {statistics.median(times):.1f} s (median), {max(times):.1f} s at most")
    bound = session_s + TAKE_S * PATIENCE
    check(max(times) <= bound, f"a killed worker's partition was nobody's for {max(times):.1f} s, over {bound:.1f}")


def test_servers_that_stand_still_cost_no_rebalance(world):
    use_defaults(world)
    kafka = world.start_kafka()
    world.start_redis()
    world.run("setup", "--partitions", 4)
    workers = [world.start("worker") for _ in range(2)]
    for worker in workers:
        worker.says("WORKER-ASSIGNED partitions=2", 60)
    rebalances = [worker.log.count("WORKER-ASSIGNED") for worker in workers]
    joinings = [worker.log.count("WORKER-REVOKED") for worker in workers]  # Whoever came first had all of them.
    producer, sent = Producer({"bootstrap.servers": world.kafka}), 0
    broker = int(open(os.path.join(kafka.folder, "pid")).read())
    for _ in range(STALLS):
        for process in (broker, world.redis.process.process.pid):
            feed(world, producer, 4)
            sent += 4
            wait_until(lambda: world.consumed(4) == sent, 60, "all to be counted")
            os.kill(process, signal.SIGSTOP)
            time.sleep(STALL_S)  # the fault's own length
            os.kill(process, signal.SIGCONT)
    feed(world, producer, 4)
    wait_until(lambda: world.consumed(4) == sent + 4, 60, "all to be counted")
    for worker in workers:
        worker.end()
        equal(worker.process.returncode, 0, f"exit status after SIGTERM; it said {tail(worker.log)}")
    equal([worker.log.count("WORKER-ASSIGNED") for worker in workers], rebalances, "assignments")
    equal([worker.log.count("WORKER-REVOKED") for worker in workers], joinings, "revocations, but for the end")
    note(f"{2 * STALLS} stalls of {STALL_S} s: no rebalance")


def test_workers_can_be_told_apart(world):
    """By host and process in the group's list of members, or as somebody says."""
    world.start_redis()
    world.run("setup", "--partitions", 3)
    workers = [world.start("worker"), world.start("worker"), world.start("worker", GENTALLY_KAFKA_CLIENT_ID="pod-7")]
    wanted = {f"gentally-{socket.gethostname()}-{worker.process.pid}" for worker in workers[:2]} | {"pod-7"}
    admin = AdminClient({"bootstrap.servers": world.kafka})

    def members():
        group = admin.describe_consumer_groups([world.settings["GENTALLY_GROUP"]])
        return {member.client_id for member in next(iter(group.values())).result(10).members}

    wait_until(lambda: members() == wanted, 60, f"the members to be {wanted}")


if __name__ == "__main__":
    main(__file__, globals())
