"""Flink SQL 1.20: summaries by upsert-kafka, as the recipe of runbooks/readers.md has it, in a cluster of its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from harness import ROOT, Process, check, equal, main, recipes, wait_until  # noqa: E402
from readers import serve  # noqa: E402
from streams import JAVA, install  # noqa: E402
from traffic import begin, day_and_model, publish_amid_kills, sums_by, text_ms  # noqa: E402

HEADING = "Flink SQL: upsert-kafka"
BOUNDED = "'connector' = 'upsert-kafka', 'scan.bounded.mode' = 'latest-offset'"


def statements(world, number, **replaced):
    """That recipe, of this test's topic and broker."""
    text = recipes(HEADING, "sql")[number]
    words = {"gentally.summaries.model": f"{world.namespace}.summaries.model", "127.0.0.1:9092": world.kafka}
    for word, instead in (words | replaced).items():
        check(word in text, f"the recipe has no {word}", text)
        text = text.replace(word, instead)
    return text


class Flink:
    """A job, whose changelog is followed."""

    def __init__(self, world, name, text):
        path = world.folder / f"{name}.sql"
        path.write_text(text)
        with open(path, "rb") as lines:
            self.process = Process(name, [JAVA, "flink"], None, world.folder, lines)

    def rows(self):
        """(window_start, model): (requests, tokens_prompt), as the changelog has it by now."""
        check(self.process.is_running() or self.process.wait(1) == 0, "Flink ended", self.process.log)
        table = {}
        for line in self.process.out.splitlines():
            words = [word.strip() for word in line.split("|")[1:-1]]
            if len(words) != 5 or words[0] not in ("+I", "+U", "-U", "-D"):
                continue
            key = text_ms(words[1]), words[2]
            if words[0][0] == "+":
                table[key] = int(words[3]), int(words[4])
            else:
                table.pop(key)
        return table

    def seen(self):
        return sum(requests for requests, _ in self.rows().values())

    def stop(self):
        self.process.kill()


def test_json(world):
    """A job that goes on while workers are killed, and one that reads to the end of the topic."""
    install("flink")
    begin(world)
    flink = world.own(Flink(world, "live", statements(world, 0)))
    events = publish_amid_kills(world, flink.seen)
    want = sums_by(day_and_model, events)
    wait_until(lambda: flink.rows() == want, 60, "the job to have the sums of the events")
    bounded = world.own(Flink(world, "bounded", statements(world, 0, **{"'connector' = 'upsert-kafka'": BOUNDED})))
    bounded.process.succeed(120)
    equal(bounded.rows(), want, "rows by day and model")
    equal(flink.rows(), want, "the other job's")


def test_avro(world):
    """By a registry; here it is ours."""
    install("flink")
    begin(world, GENTALLY_SUMMARY_FORMAT="avro")
    flink = world.own(Flink(world, "live", statements(world, 1, **{"http://127.0.0.1:8081": serve(world)})))
    events = publish_amid_kills(world, flink.seen)
    want = sums_by(day_and_model, events)
    wait_until(lambda: flink.rows() == want, 60, "the job to have the sums of the events")


if __name__ == "__main__":
    main(__file__, globals())
