"""What is wrong around the worker: it says so in one line with a reason id, and ends with a sensible status, or waits.

A server that does not answer is waited for; what an operator has to mend (a password, a policy, a missing topic, a
table, a misspelt setting) ends the worker at once. Nothing of it may cost an event.
"""

import signal
import subprocess
import threading
import time

from confluent_kafka import Producer
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewPartitions,
    ResourcePatternType,
    ResourceType,
)

from harness import SCHEMAS, check, equal, main, tail, wait_until
from oracle import ROLLUPS, Oracle
from takeover import EVENT
from topics import encode_event, newest, read_topic

EVENTS = 20000
PARTITIONS = 4
KEYS_THAT_EXPIRE = """
local count = 0
for _, key in ipairs(redis.call('KEYS', '*')) do
    count = count + (redis.call('TTL', key) ~= -1 and 1 or 0)
end
return count
"""
EX_USAGE, EX_NOPERM, EX_CONFIG = 64, 77, 78


def generate(world, events=EVENTS):
    return world.run("generate", "--events", events, "--seed", 3)


def setup(world, *redis_options):
    world.start_redis(*redis_options)
    world.run("setup", "--partitions", PARTITIONS)


def ends_with(world, reason, status, command="worker", arguments=("--drain",), **settings):
    """The command ends by itself and says why once, in one line."""
    process = world.start(command, *arguments, **settings)
    got = process.wait(30)
    lines = [line for line in process.log.splitlines() if reason in line]
    check(len(lines) == 1, f"{command} should say {reason} in one line", f"status {got}", tail(process.log))
    equal(got, status, f"{command}: exit status with {reason}")
    check(len(process.log.splitlines()) <= 4, f"{command} says more than is needed", process.log)
    return lines[0]


def compare(world, lines):
    """All cells against SQL."""
    summaries = {}
    for rollup in ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = Oracle(lines).differences(summaries)
    check(differing == 0, f"{differing} of {cells} cells differ", *shown)


# --- What somebody has to mend ---


def test_wrong_redis_password(world):
    setup(world)
    world.redis.command("CONFIG", "SET", "requirepass", "right")
    secret = world.folder / "password"
    secret.write_text("wrong\n")
    ends_with(world, "STORE-AUTH", EX_NOPERM)
    line = ends_with(world, "STORE-AUTH", EX_NOPERM, GENTALLY_REDIS_PASSWORD_FILE=secret)
    check("wrong" not in line.replace("WRONGPASS", ""), "the line shows the password", line)
    secret.write_text("right\n")
    world.run("worker", "--drain", GENTALLY_REDIS_PASSWORD_FILE=secret)


def test_redis_user_without_rights(world):
    setup(world)
    world.redis.command("ACL", "SETUSER", "reader", "on", ">secret", "~*", "+@connection", "+info", "+config|get")
    process = world.start(
        "worker",
        "--drain",
        GENTALLY_REDIS_URL=world.redis.url.replace("//", "//reader@"),
        GENTALLY_REDIS_PASSWORD="secret",
    )
    equal(process.wait(30), EX_NOPERM, f"exit status; it said {tail(process.log)}")
    check("STORE-DENIED" in process.log or "STORE-AUTH" in process.log, "no reason", tail(process.log))


RIGHTS = "+fcall +fcall_ro +info +time +select +hgetall +hget +hlen +hmget +hscan +hset +hdel +exists +unlink".split()


def test_redis_user_that_lacks_one_right(world):
    """Each in turn: it is named at start, before anything is joined or written, and with what to grant."""
    setup(world)
    grant = ["ACL", "SETUSER", "w", "on", ">secret", "resetchannels", "-@all", f"~{world.namespace}:*", *RIGHTS]
    settings = {"GENTALLY_REDIS_URL": world.redis.url.replace("//", "//w@"), "GENTALLY_REDIS_PASSWORD": "secret"}
    equal(world.redis.command(*grant), "OK", "ACL SETUSER")
    world.run("worker", "--drain", **settings)  # all of them are enough
    for right in RIGHTS:
        if right == "+select":  # a database that has a number
            continue
        equal(world.redis.command(*grant, right.replace("+", "-")), "OK", "ACL SETUSER")
        line = ends_with(world, "STORE-DENIED", EX_NOPERM, **settings).upper()
        check(right[1:].upper() in line.split("GIVE IT BY")[0], f"the line should name {right}", line)
        check("ACL SETUSER" in line, "the line should say what to grant", line)
    equal(world.redis.command(*grant, "resetkeys", "~other:*"), "OK", "ACL SETUSER")
    ends_with(world, "STORE-DENIED", EX_NOPERM, **settings)


def test_redis_user_loses_a_right_on_the_way(world):
    """The worker ends before it has written half of anything; given the right back, nothing is lost."""
    setup(world)
    lines = generate(world, 5000)
    grant = ["ACL", "SETUSER", "w", "on", ">secret", "resetchannels", "-@all", f"~{world.namespace}:*", *RIGHTS]
    settings = {"GENTALLY_REDIS_URL": world.redis.url.replace("//", "//w@"), "GENTALLY_REDIS_PASSWORD": "secret"}
    world.redis.command(*grant)
    worker = world.start("worker", **settings)
    worker.says("WORKER-ASSIGNED")
    equal(world.redis.command("ACL", "SETUSER", "w", "-hset"), "OK", "ACL SETUSER")
    world.produce(lines.out_path)
    equal(worker.wait(30), EX_NOPERM, f"exit status; it said {tail(worker.log)}")
    check("STORE-DENIED: the Redis user may not run HSET" in worker.log, "no reason", tail(worker.log))
    equal(world.consumed(PARTITIONS), 0, "records counted")
    world.redis.command(*grant)
    world.run("worker", "--drain", **settings)
    compare(world, lines.out.splitlines())


def test_redis_cluster(world):
    setup(world)
    world.redis.stop()
    world.start_redis("--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf")
    for command in ("worker", "setup"):
        ends_with(world, "STORE-CLUSTER", EX_CONFIG, command, ())


def test_redis_that_evicts(world):
    setup(world)
    world.redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    ends_with(world, "STORE-POLICY", EX_CONFIG)


def test_redis_that_evicts_what_expires(world):
    """None of our keys expires, so a volatile policy evicts none of them."""
    setup(world)
    for policy in ("volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"):
        world.redis.command("CONFIG", "SET", "maxmemory-policy", policy)
        world.run("top", "--rollup", "model", "--window", "day")
    lines = generate(world, 500)
    world.produce(lines.out_path)
    world.run("worker", "--drain")
    keys = world.redis.command("EVAL", KEYS_THAT_EXPIRE, "0")
    equal(int(keys), 0, "keys that expire")
    compare(world, lines.out.splitlines())


def test_redis_that_begins_to_evict(world):
    """While a worker is connected: told within ten seconds, and again when it is right; counting goes on."""
    setup(world)
    worker = world.start("worker")
    worker.says("WORKER-ASSIGNED")
    world.redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    worker.says("error STORE-POLICY maxmemory-policy was changed to allkeys-lru", 30)
    world.redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
    worker.says("STORE-POLICY-GOOD policy=noeviction", 30)
    check(worker.is_running(), "it ended", tail(worker.log))


def test_user_without_a_password_is_that_user(world):
    """Nobody is taken for `default` who says another name."""
    setup(world)
    equal(world.redis.command("ACL", "SETUSER", "looker", "on", "nopass", "+info", "~*"), "OK", "ACL SETUSER")
    equal(world.redis.command("ACL", "SETUSER", "secret", "on", ">word", "+@all", "~*"), "OK", "ACL SETUSER")
    for user, reason, status in (("looker", "STORE-DENIED", EX_NOPERM), ("secret", "STORE-AUTH", EX_NOPERM)):
        world.settings["GENTALLY_REDIS_URL"] = f"redis://{user}@127.0.0.1:{world.redis.port}"
        ends_with(world, reason, status)
    equal(world.redis.command("ACL", "SETUSER", "looker", "+@all", "allkeys", "allchannels"), "OK", "ACL SETUSER")
    world.settings["GENTALLY_REDIS_URL"] = f"redis://looker@127.0.0.1:{world.redis.port}"
    world.run("worker", "--drain")


def test_not_set_up(world):
    world.start_redis()
    line = ends_with(world, "SOURCE-TOPIC-MISSING", EX_CONFIG)
    check("gentally setup" in line, "the line should name `gentally setup`", line)
    world.run("setup", "--partitions", PARTITIONS)
    world.redis.command("FUNCTION", "FLUSH")
    ends_with(world, "STORE-FUNCTIONS-MISSING", EX_CONFIG)


def test_redis_lost_its_memory(world):
    """Counters that are gone are never begun anew in silence."""
    setup(world)
    world.produce(generate(world).out_path)
    world.run("worker", "--drain")
    world.redis.command("FLUSHALL")
    process = world.start("worker", "--drain")
    process.says("STORE-STATE-MISSING")
    check(process.wait(60) != 0, "a worker without a state must not end well")


def test_tables_that_cannot_be_read(world):
    setup(world)
    missing = world.folder / "nowhere.csv"
    broken = world.folder / "broken.csv"
    broken.write_text("slug,author\nopenai/gpt-4o\n")
    for setting in ("GENTALLY_CATALOG", "GENTALLY_TAXONOMY", "GENTALLY_COUNTRIES"):
        line = ends_with(world, "TABLE-UNREADABLE", EX_CONFIG, **{setting: missing})
        check(str(missing) in line, "the line should name the file", line)
        line = ends_with(world, "TABLE-INVALID", EX_CONFIG, **{setting: broken})
        check(str(broken) in line, "the line should name the file", line)


def test_misspelt_and_wrong_settings(world):
    setup(world)
    file = world.folder / "gentally.conf"
    file.write_text("redis_ulr = redis://localhost\n")
    line = ends_with(world, "CONFIG-UNKNOWN-KEY", EX_CONFIG, arguments=("--drain", "--config", file))
    check("redis_url" in line, "no suggestion", line)
    line = ends_with(world, "CONFIG-UNKNOWN-KEY", EX_CONFIG, GENTALLY_REDIS_ULR="x")
    check("REDIS_URL" in line, "no suggestion", line)
    line = ends_with(world, "CONFIG-FLAG", EX_USAGE, arguments=("--drain", "--redis-ulr", "x"))
    check("--redis-url" in line, "no suggestion", line)
    ends_with(world, "CONFIG-VALUE", EX_CONFIG, GENTALLY_FLUSH_INTERVAL_MS="soon")
    ends_with(world, "CONFIG-VALUE", EX_CONFIG, GENTALLY_HOURS_KEPT_DAYS="0")
    ends_with(world, "CONFIG-OWNED", EX_CONFIG, GENTALLY_KAFKA_AUTO_OFFSET_RESET="latest")
    ends_with(world, "CONFIG-UNREADABLE", EX_CONFIG, arguments=("--config", world.folder / "nowhere"))
    ends_with(world, "CONFIG-ROLLUP", EX_CONFIG, GENTALLY_ROLLUPS="model=model")


def test_check_config_finds_what_the_start_refuses(world):
    """Whatever needs no server is refused alike by both, and said alike; IPv6 works."""
    setup(world)
    missing = world.folder / "nowhere.pem"
    ssl = {"GENTALLY_KAFKA_SECURITY_PROTOCOL": "ssl"}
    sealed = {"GENTALLY_DEAD_LETTERS_KEEP": "sealed"}
    url = "GENTALLY_REDIS_URL"
    for reason, part, settings in (
        ("CONFIG-VALUE", "database", {url: "redis://h:6379/db0"}),
        ("CONFIG-VALUE", "rediss://", {url: "redis://127.0.0.1:6379/0?ssl=true"}),
        ("CONFIG-VALUE", "port", {url: "redis://127.0.0.1:70000"}),
        ("CONFIG-VALUE", "port", {url: "redis://127.0.0.1:"}),
        ("CONFIG-VALUE", "host", {url: "redis://a b:1"}),
        ("CONFIG-VALUE", "brackets", {url: "redis://::1:6379"}),
        ("CONFIG-VALUE", "password", {url: "redis://:linux%402018@127.0.0.1:6379"}),
        ("CONFIG-VALUE", "password", {url: "redis://gentally:a:b?c@127.0.0.1:6379/0"}),
        ("SINK-CONFIG", "kafka.session.timeout.ms?", {"GENTALLY_KAFKA_SESION_TIMEOUT_MS": 1}),
        ("SINK-CONFIG", "1 .. 3600000", {"GENTALLY_KAFKA_SESSION_TIMEOUT_MS": "soon"}),
        ("SINK-CONFIG", "sasl_ssl", {"GENTALLY_KAFKA_SECURITY_PROTOCOL": "tls"}),
        ("SINK-CONFIG", str(missing), {"GENTALLY_KAFKA_SSL_CA_LOCATION": missing, **ssl}),
        (
            "SINK-CONFIG",
            "AWS_MSK_IAM",
            {"GENTALLY_KAFKA_SASL_MECHANISM": "AWS_MSK_IAM", "GENTALLY_KAFKA_SECURITY_PROTOCOL": "sasl_ssl"},
        ),
        ("SOURCE-CONFIG", "max.poll.interval.ms", {"GENTALLY_KAFKA_MAX_POLL_INTERVAL_MS": "1000"}),
        (
            "CONFIG-UNREADABLE",
            str(missing),
            {"GENTALLY_REGISTRY_URL": "http://127.0.0.1:1", "GENTALLY_REGISTRY_CA_FILE": missing},
        ),
        ("LETTER-KEY", "openssl genpkey", sealed),
        ("LETTER-KEY", f"{missing}: No such file", {**sealed, "GENTALLY_DEAD_LETTERS_PUBLIC_KEY": missing}),
        ("LETTER-KEY", "no public key", {**sealed, "GENTALLY_DEAD_LETTERS_PUBLIC_KEY": SCHEMAS / "catalog.csv"}),
    ):
        line = ends_with(world, reason, EX_CONFIG, arguments=("--check-config",), **settings)
        check(part in line, f"the line should tell of {part}", line)
        equal(ends_with(world, reason, EX_CONFIG, **settings), line, "what the start says")
        check("linux" not in line and "a:b" not in line, "the line shows a password", line)
    done = world.run("worker", "--check-config", GENTALLY_REDIS_URL="redis://[::1]:6379")
    check("the configuration is good" in done.out, "an IPv6 address is good", done.out, done.log)


def test_kafka_without_rights(world):
    """No right to read the input, then none to write the output: both are said, neither loses an event."""
    kafka = world.start_kafka(
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found=true",
    )
    setup(world)
    lines = generate(world)
    world.produce(lines.out_path)
    admin = AdminClient({"bootstrap.servers": kafka.address})

    def denial(kind, topic, operation):
        return kind(
            ResourceType.TOPIC,
            topic,
            ResourcePatternType.LITERAL,
            "User:ANONYMOUS",
            "*",
            operation,
            AclPermissionType.DENY,
        )

    for topic, operation, reason in (
        (world.topic, AclOperation.READ, "SOURCE-DENIED"),
        (f"{world.namespace}.summaries.total", AclOperation.WRITE, "SINK-DENIED"),
    ):
        for future in admin.create_acls([denial(AclBinding, topic, operation)]).values():
            future.result(20)
        process = world.start("worker", "--drain")
        equal(process.wait(60), EX_NOPERM, f"exit status with {reason}; it said {tail(process.log)}")
        check(reason in process.log, f"no {reason}", tail(process.log))
        for future in admin.delete_acls([denial(AclBindingFilter, topic, operation)]).values():
            future.result(20)
    world.run("worker", "--drain")
    compare(world, lines.out.splitlines())


# --- What passes ---


def test_redis_is_down_at_start(world):
    setup(world, "--appendonly", "yes")
    lines = generate(world)
    world.produce(lines.out_path)
    world.redis.kill()
    worker = world.start("worker", "--drain")
    worker.says("STORE-UNREACHABLE")
    check(worker.is_running(), "the worker should wait for Redis", tail(worker.log))
    world.redis.start()
    worker.succeed(60)
    compare(world, lines.out.splitlines())


def test_kafka_is_down_at_start(world):
    kafka = world.start_kafka()
    setup(world)
    lines = generate(world)
    world.produce(lines.out_path)
    kafka.kill()
    worker = world.start("worker", "--drain")
    worker.says("-UNREACHABLE", 60)
    check(worker.is_running(), "the worker should wait for Kafka", tail(worker.log))
    kafka.start()
    worker.succeed(120)
    compare(world, lines.out.splitlines())


def test_a_partition_of_nothing_but_garbage_holds_no_window_open(world):
    """It never rests for long enough to be idle by its records, yet none of them says anything about time."""
    hour_ms, begin_ms = 3_600_000, 1_735_689_600_000
    world.start_redis()
    world.run("setup", "--partitions", 2)
    worker = world.start("worker", GENTALLY_IDLE_MS=4000)
    worker.says("WORKER-ASSIGNED partitions=2")
    producer = Producer({"bootstrap.servers": world.kafka})
    for hour in range(4):
        event = {**EVENT, "id": str(hour), "created_at": begin_ms + hour * hour_ms}
        producer.produce(world.topic, encode_event(event), partition=0)
    is_over = threading.Event()

    def trickle():
        """A dead letter twenty times within idle_ms, and an event, so that partition 0 is not idle: beside the reading
        below, which may take a while."""
        while not is_over.wait(0.2):
            producer.produce(world.topic, b"garbage", partition=1)
            event = {**EVENT, "id": "again", "created_at": begin_ms + 3 * hour_ms}
            producer.produce(world.topic, encode_event(event), partition=0)
            producer.flush(10)

    def is_closed():
        total = newest(read_topic(world.kafka, f"{world.namespace}.summaries.total"))
        closed = [
            record for record in total.values() if record["granularity"] == "hour" and record["pane"] == "on_time"
        ]
        return len(closed) == 2  # of four, all of which are told early after a while

    feeder = threading.Thread(target=trickle)
    feeder.start()
    try:
        wait_until(is_closed, 40, f"the first hours to be closed\n{tail(worker.log)}")
    finally:
        is_over.set()
        feeder.join()
    check(worker.is_running(), "the worker ended", tail(worker.log))


def feed_around(world, interrupt):
    """Feeds half the events, interrupts when the worker has begun on them, feeds the rest."""
    lines = generate(world).out.splitlines()
    producer = world.start("produce", stdin=subprocess.PIPE)
    worker = world.start("worker")
    half = len(lines) // 2

    def feed(some):
        producer.process.stdin.write("".join(line + "\n" for line in some).encode())
        producer.process.stdin.flush()

    feed(lines[:half])
    wait_until(lambda: world.consumed(PARTITIONS) > 0, 60, f"the worker to begin\n{tail(worker.log)}")
    interrupt(worker)
    feed(lines[half:])
    producer.process.stdin.close()
    producer.succeed(120)
    wait_until(
        lambda: world.consumed(PARTITIONS) == len(lines),
        120,
        f"all records to be folded after the interruption\n{tail(worker.log)}",
    )
    worker.end()
    equal(worker.process.returncode, 0, "exit status after SIGTERM")
    world.run("worker", "--drain")
    compare(world, lines)


def test_redis_is_killed_and_restarted_on_the_way(world):
    setup(world, "--appendonly", "yes")

    def interrupt(worker):
        world.redis.kill()
        worker.says("STORE-UNREACHABLE", 60)
        world.redis.start()

    feed_around(world, interrupt)


def test_kafka_is_killed_and_restarted_on_the_way(world):
    kafka = world.start_kafka()
    setup(world)

    def interrupt(worker):
        kafka.kill()
        # Which of its clients tells first depends on what it was doing: a transaction waits 40 s before it is given up.
        missed = ("-UNREACHABLE", "SINK-TXN-")
        wait_until(lambda: any(word in worker.log for word in missed), 60, "the worker to miss the broker")
        kafka.start()

    feed_around(world, interrupt)


def test_partitions_are_added_on_the_way(world):
    """The running worker meets one that is not set up, and stops it; `setup` is all that it wants to count it, too."""
    setup(world)
    lines = generate(world).out.splitlines(keepends=True)
    half, events = len(lines) // 2, world.folder / "events.jsonl"
    worker = world.start("worker", GENTALLY_IDLE_MS=1000, GENTALLY_KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS=1000)
    events.write_text("".join(lines[:half]))
    world.produce(events)
    wait_until(lambda: world.consumed(PARTITIONS) == half, 60, "the first half folded")
    worker.says("CLOSER-OPENED")
    admin = AdminClient({"bootstrap.servers": world.kafka})
    admin.create_partitions([NewPartitions(world.topic, PARTITIONS + 1)])[world.topic].result(30)
    worker.says(f"STORE-STATE-MISSING partition {PARTITIONS} ", 60)
    world.run("setup")
    worker.says(f"WORKER-PARTITION-BEGINS partition={PARTITIONS} from=0", 60)
    events.write_text("".join(lines[half:]))
    world.produce(events)
    wait_until(lambda: world.consumed(PARTITIONS + 1) == EVENTS, 60, "the second half folded")

    def is_published():
        ledger = newest(read_topic(world.kafka, f"{world.namespace}.ledger"))
        return any(part["records"] > 0 for entry in ledger.values() for part in entry["partitions"][PARTITIONS:])

    wait_until(is_published, 60, "the new partition is in no summary")
    worker.end()
    equal(worker.process.returncode, 0, "exit status after SIGTERM")
    world.run("worker", "--drain")
    compare(world, lines)


if __name__ == "__main__":
    main(__file__, globals())
