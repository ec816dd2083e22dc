"""Redis came back empty. `setup` begins again only where the log still has all that was counted; otherwise windows would
be stated with fewer records than they had, and nobody would know."""

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from harness import check, equal, main, tail
from topics import newest, read_topic

EX_CONFIG = 78
EVENTS = 3000


def lose_the_state(world):
    """A third of the traffic is counted and published; then Redis, which keeps nothing, is killed and started."""
    world.start_redis()
    world.run("setup", "--partitions", 2)
    lines = world.run("generate", "--events", EVENTS, "--seed", 5).out.splitlines(keepends=True)
    produce(world, lines[:EVENTS // 3])
    world.run("worker", "--drain")
    equal(counted(world), EVENTS // 3, "requests by month, before")
    world.redis.kill()
    world.redis.start()
    worker = world.start("worker", "--drain")
    equal(worker.wait(30), EX_CONFIG, "exit status of a worker that finds an empty Redis")
    check("STORE-FUNCTIONS-MISSING" in worker.log, "it should tell what to do", tail(worker.log))
    return lines


def produce(world, lines):
    path = world.folder / "events.jsonl"
    path.write_text("".join(lines))
    world.produce(path)


def counted(world):
    totals = newest(read_topic(world.kafka, f"{world.namespace}.summaries.total")).values()
    return sum(record["requests"] for record in totals if record["window"] == "month")


def test_setup_does_not_begin_behind_what_was_counted(world):
    """Retention has taken one partition's records: that one cannot be counted again."""
    lose_the_state(world)
    admin = AdminClient({"bootstrap.servers": world.kafka})
    admin.delete_records([TopicPartition(world.topic, 1, 10)])[TopicPartition(world.topic, 1)].result(20)
    setup = world.start("setup")
    equal(setup.wait(60), EX_CONFIG, "exit status of setup")
    check("STORE-STATE-MISSING: partition 1 was counted from offset 0 on" in setup.log, "setup should say why",
          tail(setup.log))
    equal(world.redis.command("KEYS", "*"), [], "what it left in Redis, other than functions")
    worker = world.start("worker", "--drain")
    equal(worker.wait(30), EX_CONFIG, "exit status of a worker after it")
    equal(counted(world), EVENTS // 3, "requests by month, after")


def test_setup_begins_again_where_nothing_is_missing(world):
    lines = lose_the_state(world)
    world.run("setup")
    produce(world, lines[EVENTS // 3:])
    world.run("worker", "--drain")
    equal(counted(world), EVENTS, "requests by month")


if __name__ == "__main__":
    main(__file__, globals())
