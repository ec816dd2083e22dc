"""Kafka Streams: summaries as a KTable, and sums that follow it, while workers are killed and the reader is, too."""

import subprocess

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from harness import ROOT, Process, Skip, check, equal, main, recipes, wait_until
from traffic import PARTITIONS, begin, publish_amid_kills, sums_by

JAVA = str(ROOT / "tests/readers/java")


def install(reader):
    """Fetches what it needs; what cannot be had is a skip."""
    done = subprocess.run([JAVA, "install", reader], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        raise Skip(done.stderr.strip().splitlines()[-1])
    check(done.returncode == 0, f"tests/readers/java install {reader} failed", done.stderr)


class Streams:
    """The program, which is asked for its sums."""

    def __init__(self, world):
        self.world = world
        self.topic = f"{world.namespace}.summaries.model"
        self.application = f"{world.namespace}.streams"
        self.admin = AdminClient({"bootstrap.servers": world.kafka})
        self.consumer = Consumer({"bootstrap.servers": world.kafka, "group.id": "ends"})
        self.starts = 0
        self.start()

    def start(self):
        self.starts += 1
        words = [JAVA, "streams", self.world.kafka, self.topic, self.application, self.world.folder / "streams"]
        name = f"streams-{self.starts}"
        self.process = Process(name, list(map(str, words)), None, self.world.folder, subprocess.PIPE)

    def sums(self):
        """Requests by model, as the table has them now."""
        answers = self.process.out.count(".\n")
        self.process.process.stdin.write(b"\n")
        self.process.process.stdin.flush()

        def answered():
            check(self.process.is_running(), "the reader ended", self.process.log)
            return self.process.out.count(".\n") > answers

        wait_until(answered, 60, "the sums")
        lines = self.process.out.split(".\n")[-2].splitlines()
        return {model: int(sum) for model, sum in map(str.split, lines)}

    def seen(self):
        return sum(self.sums().values())

    def is_at_the_end(self):
        """True once its group has committed the ends of the topic and of its own topic between the two tables."""
        between = f"{self.application}-requests-repartition"
        places = [TopicPartition(topic, part) for topic in (self.topic, between) for part in range(PARTITIONS)]
        asked = [ConsumerGroupTopicPartitions(self.application, places)]
        committed = self.admin.list_consumer_group_offsets(asked)[self.application].result().topic_partitions
        return all(self.consumer.get_watermark_offsets(place, 10)[1] == max(place.offset, 0) for place in committed)

    def stop(self):
        self.process.kill()
        self.consumer.close()


def test_the_recipe_is_what_is_tested(_):
    program = (ROOT / "tests/readers/streams/Streams.java").read_text()
    blocks = recipes("Kafka Streams: KTable", "java")
    equal(len(blocks), 2, "blocks of code in readers.md")
    for line in "".join(blocks).splitlines():
        check(line.strip() in program, "the program has no such line", line)


def test_ktable(world):
    """The last turn is read by a second start of the program, whose first was killed."""
    install("streams")
    begin(world)
    streams = world.own(Streams(world))

    def seen():
        if streams.starts == 1 and streams.seen() > 2000:
            streams.process.kill()
            streams.start()
        return streams.seen()

    events = publish_amid_kills(world, seen)
    wait_until(streams.is_at_the_end, 60, "the program to read the topic's end")
    equal(streams.starts, 2, "starts of the program")
    want = {model: requests for model, (requests, _) in sums_by(lambda event: event["model"], events).items()}
    want["author/gone"] = 0  # its rows are gone, and taken off the sum
    equal(streams.sums(), want, "requests by model")


if __name__ == "__main__":
    main(__file__, globals())
