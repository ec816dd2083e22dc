"""A Kafka that denies whatever no ACL allows, and a Redis with users: each role does its work with exactly the rights
that docker/acls.sh prints, again and again, and without any one of them says which lacks, with exit status 77."""

import argparse
import json
import os
import re
import shlex
import subprocess

from confluent_kafka import Producer
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from harness import ROOT, check, equal, main, tail, wait_until
from oracle import rollups_text
from platform_records import RECORDS

EX_NOPERM, EX_CONFIG = 77, 78
PARTITIONS = 2
ROLES = ("worker", "deployer", "reader", "letters", "signals", "adapt", "erase", "producer")
RESOURCES = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional_id": ResourceType.TRANSACTIONAL_ID,
}


def acls(*words, **names):
    """What docker/acls.sh prints."""
    done = subprocess.run(
        [str(ROOT / "docker/acls.sh"), *words], env={**os.environ, **names}, capture_output=True, text=True, check=True
    )
    return done.stdout


def records_of(world):
    """The topic that `adapt` reads."""
    return f"records-{world.name}"


def acls_of(world, *words):
    names = {"NAMESPACE": world.namespace, "TOPIC": world.topic, "GROUP": world.settings["GENTALLY_GROUP"]}
    return acls(*words, RECORDS=records_of(world), **names)


def rights_of(world, role):
    """What the script's commands ask kafka-acls.sh for."""
    parser = argparse.ArgumentParser()
    for name in RESOURCES:
        parser.add_argument("--" + name.replace("_", "-"))
    for name in ("bootstrap-server", "allow-principal", "operation", "resource-pattern-type"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--add", action="store_true", required=True)
    found = []
    for line in acls_of(world, "kafka", role, f"User:{role}").splitlines():
        program, *words = shlex.split(line)
        equal(program, "kafka-acls.sh", "the program of a line")
        asked = parser.parse_args(words)
        [(resource, name)] = [(key, getattr(asked, key)) for key in RESOURCES if getattr(asked, key)]
        found.append((asked.operation, resource, name, asked.resource_pattern_type))
    check(found, f"no rights for {role}")
    return found


def binding(kind, role, operation, resource, name, pattern):
    return kind(
        RESOURCES[resource],
        name,
        ResourcePatternType[pattern.upper()],
        f"User:{role}",
        "*",
        AclOperation[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).upper()],
        AclPermissionType.ALLOW,
    )


class Secured:
    """The broker's rights, and commands that are run as a role."""

    def __init__(self, world):
        self.world = world
        world.settings["GENTALLY_TOPIC"] = f"input-{world.name}"  # none of the namespace's
        self.kafka = world.start_kafka(users=ROLES)
        self.admin = AdminClient({"bootstrap.servers": self.kafka.address})
        world.count_accounts()
        world.start_redis()
        for role in ("worker", "deployer", "reader", "letters", "adapt", "erase"):
            _, *words = shlex.split(acls_of(world, "redis", role, role).replace(">PASSWORD", f">{role}"))
            equal(world.redis.command(*words), "OK", f"ACL of {role}")
        for role in ROLES:
            self.grant(role, rights_of(world, role))

    def grant(self, role, rights):
        for future in self.admin.create_acls([binding(AclBinding, role, *right) for right in rights]).values():
            future.result(20)

    def revoke(self, role, right):
        for future in self.admin.delete_acls([binding(AclBindingFilter, role, *right)]).values():
            future.result(20)

    def start(self, role, *words, **more):
        return self.world.start(
            *words,
            **more,
            GENTALLY_KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{self.kafka.secure_port}",
            GENTALLY_KAFKA_SECURITY_PROTOCOL="sasl_plaintext",
            GENTALLY_KAFKA_SASL_MECHANISM="PLAIN",
            GENTALLY_KAFKA_SASL_USERNAME=role,
            GENTALLY_KAFKA_SASL_PASSWORD=role,
            GENTALLY_REDIS_URL=self.world.redis.url.replace("//", f"//{role}@"),
            GENTALLY_REDIS_PASSWORD=role,
        )

    def run(self, role, *words):
        return self.start(role, *words).succeed(60)

    def lacks(self, role, right, *words):
        """Without the right the command ends, and names it; the right is given back. Returns how often it passed before
        the broker had heard of that."""
        operation, resource, name, _ = right
        passed = []
        self.revoke(role, right)
        named = rf"lacks {operation} on {resource.replace('_', '-')} {re.escape(name)}"

        def is_told():  # the broker hears of a change a moment after it was answered
            process = self.start(role, *words)
            status = process.wait(60)
            check(status in (0, EX_NOPERM), f"{words} without {right}: exit status {status}", tail(process.log))
            if status == EX_NOPERM:
                check(re.search(named, process.log), f"{words} without {right}", tail(process.log))
                check("kafka-acls.sh --add" in process.log, "nothing says what grants it", tail(process.log))
            else:
                passed.append(status)
            return status == EX_NOPERM

        wait_until(is_told, 20, f"{words} to lack {right}")
        self.grant(role, [right])
        return len(passed)

    def prepare_adapt(self):
        """Another platform's topics, and a record of its own."""
        names = (records_of(self.world), f"{records_of(self.world)}.dead-letters")
        for future in self.admin.create_topics([NewTopic(name, 1, 1) for name in names]).values():
            future.result(20)
        send_record(self.world)

    def topics(self):
        return [name for name in self.admin.list_topics(timeout=20).topics if self.world.name in name]


def feed(world, seed):
    """Events, and one that becomes a letter."""
    producer = Producer({"bootstrap.servers": world.kafka})
    producer.produce(world.topic, b"garbage")
    equal(producer.flush(20), 0, "messages not delivered")
    world.produce(world.run("generate", "--events", 500, "--seed", seed).out_path)


def send_record(world):
    """A record for `adapt`, and one that becomes a letter."""
    producer = Producer({"bootstrap.servers": world.kafka})
    for value in (json.dumps(RECORDS["litellm"][0][0]), "garbage"):
        producer.produce(records_of(world), value)
    equal(producer.flush(20), 0, "messages not delivered")


def adapting(world):
    return ("adapt", "--from", "litellm", "--in", records_of(world), "--drain")


def test_the_runbook_shows_what_the_script_prints(world):
    del world
    shown = (ROOT / "runbooks/operate.md").read_text()
    check(acls("table") in shown, "the table of rights in runbooks/operate.md is not that of docker/acls.sh")
    for role in ("worker", "reader", "adapt", "erase"):
        rights = acls("redis", role, "gentally").split("-@all '~gentally:*' ")[1].strip()
        check(
            rights in shown,
            f"the Redis rights of {role} in runbooks/operate.md are not those of docker/acls.sh",
            rights,
        )


def test_a_shell_takes_what_the_script_prints_as_it_is_meant(world):
    """A right of Redis has a pipe in its name."""
    program = world.folder / "redis-cli"
    program.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{world.folder}:{os.environ['PATH']}"}
    for role in ("worker", "deployer", "reader", "letters", "adapt"):
        for place in ("redis", "redis-cluster"):
            line = acls(place, role, "gentally")
            done = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, check=False)
            equal(done.stdout.splitlines(), shlex.split(line)[1:], f"what a shell makes of {place} {role}")


def test_each_role_works_with_its_rights(world):
    secured = Secured(world)
    secured.run("deployer", "setup", "--partitions", PARTITIONS)
    for seed in range(2):  # from the second on there is a ledger to be read back
        feed(world, seed)
        secured.run("worker", "worker", "--drain")
        secured.run("deployer", "setup")
    first, second = (secured.start("worker", "worker") for _ in range(2))
    for worker in (first, second):
        worker.says("WORKER-ASSIGNED partitions=1", 60)
    first.kill()  # a rebalance
    second.says("WORKER-ASSIGNED partitions=2", 60)
    feed(world, 2)
    wait_until(lambda: world.consumed(PARTITIONS) == 1503, 60, f"all to be counted\n{tail(second.log)}")
    second.end()
    equal(second.process.returncode, 0, "exit status after SIGTERM")
    secured.run("worker", "worker", "--drain")
    for words in (
        ("summaries", "--rollup", "model", "--window", "day"),
        ("report", "--format", "json"),
        ("verify",),
        ("signals", "--format", "json"),
        ("top", "--rollup", "total", "--window", "day"),
    ):
        secured.run("reader", *words)
    for words in (("dlq", "list"), ("dlq", "count"), ("dlq", "redrive", "--yes")):
        secured.run("letters", *words)
    for _ in range(2):
        secured.run("signals", "signals")
    with open(world.run("generate", "--events", 10).out_path, "rb") as events:
        secured.start("producer", "produce", stdin=events).succeed(60)
    secured.prepare_adapt()
    for _ in range(2):  # the second time there are offsets of its group
        secured.run("adapt", *adapting(world))
        send_record(world)


def test_each_right_is_missed_by_its_name(world):
    secured = Secured(world)
    secured.run("deployer", "setup", "--partitions", PARTITIONS)
    feed(world, 1)
    secured.run("worker", "worker", "--drain")
    needing = {
        "reader": {
            "summaries.": ("summaries", "--rollup", "total", "--window", "day"),
            "ledger": ("verify",),
            "signals": ("signals", "--format", "json"),
        },
        "worker": {"": ("worker", "--drain")},
        "signals": {"": ("signals",)},
        "letters": {"": ("dlq", "redrive", "--yes")},
        "adapt": {"": adapting(world)},
    }
    secured.prepare_adapt()
    for role, commands in needing.items():
        for right in rights_of(world, role):
            words = next(words for end, words in commands.items() if right[2].endswith(end))
            feed(world, 7)
            send_record(world)
            if role == "letters":  # else a window to be published is wanted, and then a letter to be sent
                secured.run("worker", "worker", "--drain")
                secured.run("letters", "dlq", "redrive", "--yes")
                secured.run("worker", "worker", "--drain")
            secured.lacks(role, right, *words)
    secured.run("worker", "worker", "--drain")


def test_each_right_in_redis_of_who_adapts_is_missed_by_its_name(world):
    """By `adapt` and by `produce --from`, before a record is read; without an account key neither asks Redis."""
    secured = Secured(world)
    secured.run("deployer", "setup", "--partitions", PARTITIONS)
    secured.prepare_adapt()
    commands = (adapting(world), ("produce", "--from", "litellm"))
    user = shlex.split(acls_of(world, "redis", "adapt", "adapt"))
    rights = [word for word in user if word.startswith("+")]
    equal(rights, ["+info", "+select", "+hget", "+hsetnx"], "the rights of who adapts")
    for right in rights:
        equal(world.redis.command("ACL", "SETUSER", "adapt", right.replace("+", "-")), "OK", "ACL")
        for words in commands:
            process = secured.start("adapt", *words)
            if right == "+select":  # of a database that has a number
                equal(process.wait(60), 0, f"{words} without {right}: {tail(process.log)}")
                continue
            equal(process.wait(60), EX_NOPERM, f"{words} without {right}: {tail(process.log)}")
            said = process.log.lower()
            check(f"'{right[1:]}'" in said.split("give it by")[0], f"{words} without {right}", tail(process.log))
            check(right in said.split("give it by")[1], f"what grants {right}", tail(process.log))
        equal(world.redis.command("ACL", "SETUSER", "adapt", right), "OK", "ACL")
    for words in commands:
        secured.run("adapt", *words)
    equal(world.redis.command("ACL", "SETUSER", "adapt", "-@all"), "OK", "ACL")
    del world.settings["GENTALLY_ACCOUNT_KEY_FILE"]
    for words in commands:
        secured.run("adapt", *words)


def prepare_erasure(world, secured, count):
    """So many accounts that have rows in Redis and in topics, pairs of retention, and a letter each."""
    world.settings["GENTALLY_ROLLUPS"] = rollups_text({"total": (), "account": ("account",)})
    secured.run("deployer", "setup", "--partitions", PARTITIONS)
    accounts = [f"user-{number}@example.org" for number in range(count)]
    events = [json.loads(line) for line in world.run("generate", "--events", 500, "--seed", 3).out.splitlines()]
    producer = Producer({"bootstrap.servers": world.kafka})
    for account in accounts:
        producer.produce(world.topic, account)
    equal(producer.flush(20), 0, "messages not delivered")
    path = world.folder / "events.jsonl"
    path.write_text(
        "".join(json.dumps({**event, "account": accounts[at % count]}) + "\n" for at, event in enumerate(events))
    )
    world.produce(path)
    secured.run("worker", "worker", "--drain")
    return accounts


def test_each_right_of_who_erases_is_missed_by_its_name(world):
    """Before anything is changed: workers would wait for an erasure that cannot go on."""
    secured = Secured(world)
    rights = rights_of(world, "erase")
    accounts = prepare_erasure(world, secured, len(rights))

    def erased():
        return world.redis.command("HLEN", f"{world.namespace}:{{settings}}:erased")

    for right, account in zip(rights, accounts):
        before = erased()
        passed = secured.lacks("erase", right, "erase", "--account", account, "--yes")
        equal(erased() - before, min(passed, 1), f"accounts whose erasure was begun without {right}")
    user = shlex.split(acls_of(world, "redis", "erase", "erase"))
    for right in [word for word in user if word.startswith("+")]:
        equal(world.redis.command("ACL", "SETUSER", "erase", right.replace("+", "-")), "OK", "ACL")
        before = erased()
        process = secured.start("erase", "erase", "--account", accounts[0], "--yes")
        if right == "+select":  # of a database that has a number
            equal(process.wait(60), 0, f"without {right}: {tail(process.log)}")
        else:
            equal(process.wait(60), EX_NOPERM, f"without {right}: {tail(process.log)}")
            named = re.search(rf"\b{right[1:]}\b", process.log.split("give it by")[0].lower())
            check(named and right in process.log, f"{right} is not named", tail(process.log))
            equal(erased(), before, f"accounts whose erasure was begun without {right}")
        equal(world.redis.command("ACL", "SETUSER", "erase", right), "OK", "ACL")
    erase = ("erase", "--account", accounts[-1])
    secured.run("erase", *erase, "--yes")
    left = secured.run("erase", *erase).out
    check("rows of windows in Redis: 0\n" in left and "letters: 0\n" in left, "what is left of an account", left)
    secured.run("worker", "worker", "--drain")
    secured.run("reader", "verify")


def test_what_produces_misses_its_right_by_its_name(world):
    """Events, and records of others."""
    secured = Secured(world)
    secured.run("deployer", "setup", "--partitions", PARTITIONS)
    records = world.folder / "records.json"
    records.write_text(json.dumps([RECORDS["litellm"][0][0]]))
    events = world.run("generate", "--events", 10).out_path
    for role, path, words in (("adapt", records, ("produce", "--from", "litellm")), ("producer", events, ("produce",))):
        secured.revoke(role, ("Write", "topic", world.topic, "literal"))

        def is_told(role=role, path=path, words=words):  # the broker hears of a change a moment after it was answered
            with open(path, "rb") as lines:
                process = secured.start(role, *words, stdin=lines)
                status = process.wait(60)
            check(status in (0, EX_NOPERM), f"{words}: exit status {status}", tail(process.log))
            if status == EX_NOPERM:
                named = f"lacks Write on topic {world.topic}"
                check(named in process.log, f"the right that {words} lacks is not named", tail(process.log))
            return status == EX_NOPERM

        wait_until(is_told, 20, f"the right of {role} to lack")


def test_what_only_looks_finds_what_lacks_and_makes_nothing(world):
    """`setup --dry-run` and `worker --check-start`, before and behind setup, and without a right."""
    secured = Secured(world)
    setup, check_start = ("setup", "--partitions", PARTITIONS), ("worker", "--check-start")
    create = next(right for right in rights_of(world, "deployer") if right[0] == "Create")
    told = secured.run("deployer", *setup, "--dry-run").out
    for line in (f"topic {world.topic}: would be created", "redis functions: would be loaded", "nothing was changed"):
        check(line in told, f"a dry run does not say: {line}", told)
    secured.lacks("deployer", create, *setup, "--dry-run")
    equal(secured.topics(), [], "topics that a dry run made")
    equal(world.redis.command("KEYS", "*"), [], "keys that a dry run made")
    equal(world.redis.command("FUNCTION", "LIST"), [], "functions that a dry run loaded")
    process = secured.start("worker", *check_start)
    equal(process.wait(60), EX_CONFIG, f"exit status before setup; it said {tail(process.log)}")
    check("SOURCE-TOPIC-MISSING" in process.log, "no reason before setup", tail(process.log))

    secured.run("deployer", *setup)
    told = secured.run("deployer", "setup", "--dry-run").out
    check(f"partitions: {PARTITIONS}, of them new: 0" in told, "a dry run behind setup", told)
    told = secured.run("worker", *check_start).out
    check(f"a worker would start: topic {world.topic}, partitions {PARTITIONS}" in told, "what a start is told", told)
    [write] = [right for right in rights_of(world, "worker") if right[:2] == ("Write", "topic")]
    secured.revoke("worker", write)

    def is_told():
        process = secured.start("worker", *check_start)
        return process.wait(60) == EX_NOPERM and "lacks Write on topic" in process.log

    wait_until(is_told, 20, "the right to write to lack")
    world.redis.command("DEL", f"{world.namespace}:{{{world.topic}:1}}:meta")
    told = secured.run("deployer", "setup", "--dry-run").out
    check(f"partitions: {PARTITIONS}, of them new: 1" in told, "a dry run where a state was lost", told)


def test_nothing_is_half_made_without_a_right(world):
    secured = Secured(world)
    setup = ("setup", "--partitions", PARTITIONS)
    later = [right for right in rights_of(world, "deployer") if right[0] in ("DescribeConfigs", "Read")]
    for right in rights_of(world, "deployer"):
        if right in later:  # concerns topics that are there
            continue
        secured.lacks("deployer", right, *setup)
        equal(secured.topics(), [], f"topics that setup made without {right}")
        equal(world.redis.command("FUNCTION", "LIST"), [], f"functions that setup made without {right}")
    for right in ("+function|load", "+hset"):
        equal(world.redis.command("ACL", "SETUSER", "deployer", right.replace("+", "-")), "OK", "ACL")
        process = secured.start("deployer", *setup)
        equal(process.wait(60), EX_NOPERM, f"exit status without {right}; it said {tail(process.log)}")
        check("STORE-DENIED" in process.log and right[1:5] in process.log.lower(), "no reason", tail(process.log))
        equal(secured.topics(), [], f"topics that setup made without {right}")
        equal(world.redis.command("ACL", "SETUSER", "deployer", right), "OK", "ACL")
    secured.run("deployer", *setup)
    feed(world, 1)
    secured.run("worker", "worker", "--drain")
    for right in later:
        secured.lacks("deployer", right, "setup")
    secured.run("deployer", "setup")


if __name__ == "__main__":
    main(__file__, globals())
