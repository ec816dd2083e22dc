"""`gentally verify` against ledgers and summaries that were tampered with by a foreign writer: each is found and named.

One run of real workers gives the records. Each corruption is a copy of them, written to topics of its own through
fastavro and confluent-kafka, with one thing altered.
"""

import copy
import datetime
import io
import json
import subprocess

import fastavro
from confluent_kafka import KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

from harness import check, equal, main, note, wait_until
from topics import _SCHEMAS, OUTCOMES, decode, read_topic, version, with_version

ROLLUPS = {"total": "", "model": "model", "category": "category+model"}
SETTINGS = {"GENTALLY_ROLLUPS": ",".join(f"{name}={dims}" for name, dims in ROLLUPS.items())}
VIOLATED = 65


def encode(schema_id, record, as_it_is=False):
    stream = io.BytesIO(b"\0" + schema_id.to_bytes(4, "big"))
    stream.seek(5)
    fastavro.schemaless_writer(stream, _SCHEMAS[schema_id], record if as_it_is else with_version(record))
    return stream.getvalue()


class Copy:
    """The records of a namespace, as dictionaries, to be altered and written to another one."""

    def __init__(self, world):
        self.kafka = world.kafka
        self.ledger = self._read(f"{world.namespace}.ledger")
        self.summaries = {name: self._read(f"{world.namespace}.summaries.{name}") for name in ROLLUPS}

    def _read(self, topic):
        return [[message.key(), decode(message.value())] for message in read_topic(self.kafka, topic)]

    def write(self, namespace):
        admin = AdminClient({"bootstrap.servers": self.kafka})
        names = [f"{namespace}.ledger", *[f"{namespace}.summaries.{name}" for name in ROLLUPS]]
        for made in admin.create_topics([NewTopic(name, 1, 1) for name in names]).values():
            made.result(30)
        producer = Producer({"bootstrap.servers": self.kafka, "linger.ms": 5, "enable.idempotence": True})
        for key, record in self.ledger:
            producer.produce(names[0], record if isinstance(record, bytes) else encode(7, record), key)
        for name, records in self.summaries.items():
            for key, record in records:
                producer.produce(
                    f"{namespace}.summaries.{name}", record if isinstance(record, bytes) else encode(6, record), key
                )
        equal(producer.flush(60), 0, "records that were not delivered")

    # What corruptions pick from.

    def last(self, window="day"):
        """Index of the newest ledger record of the last window of a kind."""
        return max(index for index, (_, record) in enumerate(self.ledger) if record["granularity"] == window)

    def again(self):
        """Index of a ledger record of a window that was published before."""
        seen = set()
        for index, (key, _) in enumerate(self.ledger):
            if key in seen:
                return index
            seen.add(key)
        raise AssertionError("no window was published twice")

    def row(self, rollup):
        """Index of a row that is its window's newest, of more than one request."""
        newest = {key: record for key, record in self.ledger}
        for index, (_, record) in reversed(list(enumerate(self.summaries[rollup]))):
            key = f"{record['granularity']}|{iso(record['window_start'])}".encode()
            if version(record) == version(newest[key]) and record["requests"] > 1 and record["granularity"] == "day":
                return index
        raise AssertionError(f"no row of {rollup}")


def iso(milliseconds):
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def prepare(world):
    """Two drains, so that windows are published more than once."""
    world.settings.update(SETTINGS)
    world.start_redis()
    world.run("setup", "--partitions", 2)
    lines = world.run("generate", "--events", 3000, "--seed", 7, "--from", "2025-11-10", "--to", "2025-11-12").out
    lines = lines.splitlines()
    for part in (lines[:1500], lines[1500:]):
        path = world.folder / "events.jsonl"
        path.write_text("".join(line + "\n" for line in part))
        world.produce(path)
        world.run("worker", "--drain")
    return len(lines)


def verify(world, *arguments, **settings):
    done = world.start("verify", "--format", "json", *arguments, **settings)
    status = done.wait(60)
    check(status in (0, VIOLATED), f"verify ended with {status}", done.log)
    result = json.loads(done.out)
    equal(status, VIOLATED if result["violations"] else 0, "exit status")
    equal(sum(result["checks"].values()), result["violations"], "violations by check")
    return result


# ---- corruptions: each alters the copy and says which check finds it, in which field, and (if it is told there) at
# which offset of the ledger or of a rollup's topic.


def _part(copied, index, number=0):
    return copied.ledger[index][1]["partitions"][number]


def consumed_of_nothing(copied):
    index = copied.last()
    _part(copied, index)["consumed"] += 1
    return "identity", "partitions[0].consumed", "ledger", index


def event_counted_beyond_the_offsets(copied):
    index = copied.last()
    part = _part(copied, index)
    part["counted"] += 1
    part["consumed"] += 1
    return "offsets", "partitions[0].consumed", "ledger", index


def offsets_that_begin_elsewhere(copied):
    index = copied.again()
    _part(copied, index, 1)["first_offset"] += 1
    _part(copied, index, 1)["next_offset"] += 1
    return "offsets", "partitions[1].first_offset", "ledger", index


def offsets_that_end_too_soon(copied):
    index = copied.last()
    _part(copied, index)["next_offset"] -= 1
    return "offsets", "partitions[0].consumed", "ledger", index


def event_lost(copied):
    index = copied.last("hour")
    part = _part(copied, index)
    check(
        any(_part(copied, other)["next_offset"] == part["next_offset"] for other in range(index)),
        "no earlier record of that offset",
    )
    part["counted"] -= 1
    part["consumed"] -= 1
    return "history", "partitions[0].counted", "ledger", index


def offset_passed_twice(copied):
    """As if the log had been read again from an earlier offset and counted on top."""
    index = copied.again()
    before = next(record["partitions"][0] for key, record in copied.ledger if key == copied.ledger[index][0])
    part = _part(copied, index)
    part["next_offset"] = before["next_offset"]
    part["counted"] = before["counted"]
    part["consumed"] = before["consumed"] + 1
    part["dead_lettered"] = before["dead_lettered"] + 1
    return "offsets", "partitions[0].consumed", "ledger", index


def incarnation_without_a_generation(copied):
    index = copied.again()
    _part(copied, index, 1)["incarnation"] = "f" * 32
    return "incarnation", "generation", "ledger", index


def old_incarnation_again(copied):
    index = copied.again()
    other = copy.deepcopy(copied.ledger[index])
    other[1]["partitions"][1]["incarnation"] = "f" * 32
    other[1]["generation"] += 1
    copied.ledger.insert(index, other)
    copied.ledger[index + 1][1]["generation"] += 2
    return "incarnation", "partitions[1].incarnation", "ledger", index + 1


def revision_of_other_records(copied):
    index = copied.last()
    copied.ledger[index][1]["revision"] += 1
    return "revision", "revision", "ledger", index


def records_that_fall(copied):
    """The sum is right, and yet one partition lost what the other won."""
    index = copied.again()
    before = next(record for key, record in copied.ledger if key == copied.ledger[index][0])
    left, right = _part(copied, index, 0), _part(copied, index, 1)
    fallen = before["partitions"][0]["records"] - 1
    right["records"] += left["records"] - fallen
    left["records"] = fallen
    check(right["records"] <= right["counted"], "too few counted for this test")
    return "records", "partitions[0].records", "ledger", index


def event_counted_in_two_windows(copied):
    """All days together hold one record more than was ever counted; revision and rows agree with it. Its total lacks
    the request, which shows first."""
    index = copied.last()
    ledger = copied.ledger[index][1]
    old, start = version(ledger), ledger["window_start"]
    ledger["partitions"][0]["records"] += 1
    ledger["revision"] += 1
    for records in copied.summaries.values():
        for _, record in records:
            if (record["granularity"], record["window_start"]) == ("day", start) and version(record) == old:
                record["revision"] += 1
    return "sums", "requests", "total", None


def version_that_falls(copied):
    index = copied.again()
    first = next(at for at, (key, _) in enumerate(copied.ledger) if key == copied.ledger[index][0])
    older, newer = copied.ledger[first][1], copied.ledger[index][1]
    for name in ("generation", "revision", "pane", "summaries"):
        older[name], newer[name] = newer[name], older[name]
    for number in (0, 1):
        older["partitions"][number], newer["partitions"][number] = (
            newer["partitions"][number],
            older["partitions"][number],
        )
    return "ledger-version", "(generation, revision, pane)", "ledger", index


def watermark_that_falls(copied):
    index = copied.last("month")
    _part(copied, index)["watermark_time"] -= 1
    return "history", "partitions[0].watermark_time", "ledger", index


def partition_missing(copied):
    index = copied.again()
    record = copied.ledger[index][1]
    gone = record["partitions"].pop()
    record["partitions"][0]["records"] += gone["records"]
    return None, None, "ledger", index


def ledger_under_another_key(copied):
    index = copied.last()
    copied.ledger[index][0] = b"day|2020-01-01T00:00:00Z"
    return "ledger-key", "key", "ledger", index


def ledger_record_of_no_window(copied):
    index = copied.last()
    copied.ledger[index][1]["window_end"] += 1
    return "ledger-readable", "value", "ledger", index


def rows_announced(copied):
    index = copied.last()
    copied.ledger[index][1]["summaries"] += 1
    return "rows", "summaries", "ledger", index


def row_lost(copied):
    gone = copied.summaries["model"][copied.row("model")][0]
    copied.summaries["model"] = [entry for entry in copied.summaries["model"] if entry[0] != gone]
    return "rows", "summaries", "ledger", None


def row_of_an_older_version(copied):
    """A row that says to be of a publication between two that there were."""
    index = copied.row("model")
    key, record = copied.summaries["model"][index]
    record["revision"] -= 1
    for at in [at for at, (other, _) in enumerate(copied.summaries["model"]) if other == key and at != index][::-1]:
        copied.summaries["model"].pop(at)
        index -= at < index
    return "summary-ledger", "(generation, revision, pane)", "model", index


def row_twice(copied):
    index = copied.row("model")
    copied.summaries["model"].append(copied.summaries["model"][index])
    return "summary-version", "(generation, revision, pane)", "model", len(copied.summaries["model"]) - 1


def row_without_a_ledger_record(copied):
    index = copied.row("model")
    copied.summaries["model"][index][1]["revision"] += 1
    return "summary-ledger", "(generation, revision, pane)", "model", index


def row_of_another_pane(copied):
    index = copied.row("model")
    copied.summaries["model"][index][1]["pane"] = "late"
    return "summary-ledger", "(generation, revision, pane)", "model", index


def row_of_other_tables(copied):
    index = copied.row("category")
    copied.summaries["category"][index][1]["tables_version"] = "others"
    return "summary-ledger", "tables_version", "category", index


def window_without_a_ledger_record(copied):
    gone = copied.ledger[copied.last()][0]
    copied.ledger = [entry for entry in copied.ledger if entry[0] != gone]
    return "summary-ledger", "window", "total", None


def tokens_added(copied):
    copied.summaries["model"][copied.row("model")][1]["tokens_prompt"] += 1
    return "sums", "tokens_prompt over rollup model", "ledger", None


def request_added(copied):
    index = copied.row("model")
    copied.summaries["model"][index][1]["requests"] += 1
    return "measures", "tokens_prompt_histogram", "model", index


def request_added_to_the_total(copied):
    index = copied.row("total")
    copied.summaries["total"][index][1]["requests"] += 1
    return "sums", "requests", "total", index


def value_in_another_bucket(copied):
    buckets = copied.summaries["model"][copied.row("model")][1]["tokens_total_histogram"]
    first = buckets[0]
    other = 0 if first["at_least"] > 0 else 1
    check(other not in [bucket["at_least"] for bucket in buckets], "the other bucket is taken")
    first["at_least"] = other
    buckets.sort(key=lambda bucket: bucket["at_least"])
    return "sums", "tokens_total_histogram over rollup model", "ledger", None


def part_larger_than_its_whole(copied):
    index = copied.row("model")
    record = copied.summaries["model"][index][1]
    record["tokens_cached"] = record["tokens_prompt"] + 1
    return "measures", "tokens_cached", "model", index


def negative_cost(copied):
    index = copied.row("category")
    copied.summaries["category"][index][1]["cost_nano_usd"] = -1
    return "measures", "cost_nano_usd", "category", index


def category_larger_than_the_total(copied):
    index = copied.row("category")
    copied.summaries["category"][index][1]["cost_nano_usd"] = 10**18
    return "sums", "cost_nano_usd", "category", index


def row_under_another_key(copied):
    index = copied.row("model")
    copied.summaries["model"][index][1]["model_slug"] += "-mini"
    return "summary-key", "key", "model", index


def row_in_another_topic(copied):
    index = copied.row("model")
    copied.summaries["model"][index][1]["breakdown"] = "total"
    return "summary-key", "breakdown", "model", index


def row_cut_short(copied):
    index = copied.row("model")
    copied.summaries["model"][index][1] = encode(6, copied.summaries["model"][index][1])[:-1]
    return "summary-readable", "value", "model", index


# ---- open windows: the copy gets early panes, the later ones only of what changed


def _early(copied, rollup="model"):
    """Tells the last day as two early panes, the second one without the rows of `rollup` but the one that changed.
    Returns the indexes of the second pane's ledger record, its total row, and the row of `rollup` that changed."""
    index = copied.last("day")
    key, newest = copied.ledger[index]
    copied.ledger = [entry for at, entry in enumerate(copied.ledger) if entry[0] != key or at == index]
    index = copied.ledger.index([key, newest])
    older = copy.deepcopy(newest)
    for record, revision in ((older, newest["revision"] - 1), (newest, newest["revision"])):
        record["pane"], record["revision"] = "early", revision
    part = next(part for part in older["partitions"] if part["records"] > 1)
    part["records"] -= 1
    copied.ledger.insert(index, [key, older])
    rows = {}
    for name, records in copied.summaries.items():
        last = {row_key: record for row_key, record in records if _is_of(record, newest)}
        records[:] = [entry for entry in records if not _is_of(entry[1], newest)]
        changed = [max(last, key=lambda row_key: last[row_key]["requests"])]
        for row_key, record in last.items():
            first = dict(record, pane="early", revision=older["revision"])
            if row_key in changed:
                _take_request(first)
            records.append([row_key, first])
        for row_key in changed:
            records.append([row_key, dict(last[row_key], pane="early", revision=newest["revision"])])
            rows[name] = len(records) - 1
    return index + 1, rows["total"], rows[rollup]


def _is_of(record, ledger):
    return (record["granularity"], record["window_start"]) == (ledger["granularity"], ledger["window_start"])


def _take_request(record):
    """One request less, with what every request has."""
    record["requests"] -= 1
    for name in ("tokens_prompt_histogram", "tokens_total_histogram"):
        buckets = record[name] = copy.deepcopy(record[name])
        buckets[0]["requests"] -= 1
        if buckets[0]["requests"] == 0:
            buckets.pop(0)


def changed_row_withheld(copied):
    """A row that changed is left out of an early pane, so that readers keep the version of the pane before."""
    _, _, row = _early(copied)
    copied.summaries["model"].pop(row)
    return "sums", "requests over rollup model", "ledger", None


def changed_total_withheld(copied):
    _, row, _ = _early(copied)
    copied.summaries["total"].pop(row)
    return "sums", "requests", "total", None


def stale_row_put_back(copied):
    """The version of the pane before, behind that of the newest."""
    _, _, row = _early(copied)
    records = copied.summaries["model"]
    key = records[row][0]
    records.append(copy.deepcopy(next(entry for entry in records if entry[0] == key)))
    return "summary-version", "(generation, revision, pane)", "model", len(records) - 1


def stale_row_put_in_place(copied):
    """What the row was before, under the newest version."""
    _, _, row = _early(copied)
    _take_request(copied.summaries["model"][row][1])
    return "sums", "requests over rollup model", "ledger", None


def row_from_between_two_panes(copied):
    """A version for which there is no ledger record, though there are some before and behind it."""
    index, _, row = _early(copied)
    older, newest = copied.ledger[index - 1][1], copied.ledger[index][1]
    older["revision"] -= 1
    next(part for part in older["partitions"] if part["records"] > 1)["records"] -= 1
    for name, records in copied.summaries.items():
        for _, record in records:
            if _is_of(record, older) and record["revision"] == older["revision"] + 1:
                record["revision"] -= 1
                if name == "total":
                    _take_request(record)
    copied.summaries["model"][row][1]["revision"] -= 1
    check(copied.summaries["model"][row][1]["revision"] > older["revision"], "not between them")
    check(newest["revision"] > older["revision"] + 1, "nothing is between them")
    return "summary-ledger", "(generation, revision, pane)", "model", row


def early_row_left_when_on_time(copied):
    """What closes a window tells all its rows."""
    index, _, row = _early(copied)
    ledger = copied.ledger[index][1]
    ledger["pane"] = "on_time"
    for records in copied.summaries.values():
        for _, record in records:
            if _is_of(record, ledger) and record["revision"] == ledger["revision"]:
                record["pane"] = "on_time"
    left = next(
        at
        for at, (key, record) in enumerate(copied.summaries["model"])
        if _is_of(record, ledger) and record["pane"] == "early" and key != copied.summaries["model"][row][0]
    )
    return "rows", "(generation, revision, pane)", "model", left


def early_ledger_announces_more(copied):
    index, _, _ = _early(copied)
    copied.ledger[index][1]["summaries"] += 1
    return "rows", "summaries", "ledger", index


def early_ledger_announces_fewer(copied):
    """As many as were told again, and not as many as there are."""
    index, _, _ = _early(copied)
    copied.ledger[index][1]["summaries"] = len(ROLLUPS)
    return "rows", "summaries", "ledger", index


def row_of_another_version_number(copied):
    index = copied.row("model")
    record = copied.summaries["model"][index][1]
    copied.summaries["model"][index][1] = encode(6, {**with_version(record), "version": 0}, as_it_is=True)
    return "summary-readable", "value", "model", index


def ledger_of_another_version_number(copied):
    index = copied.last()
    record = with_version(copied.ledger[index][1])
    copied.ledger[index][1] = encode(7, {**record, "version": record["version"] + 1}, as_it_is=True)
    return "ledger-readable", "value", "ledger", index


CORRUPTIONS = [
    consumed_of_nothing,
    event_counted_beyond_the_offsets,
    offsets_that_begin_elsewhere,
    offsets_that_end_too_soon,
    event_lost,
    offset_passed_twice,
    incarnation_without_a_generation,
    old_incarnation_again,
    revision_of_other_records,
    records_that_fall,
    event_counted_in_two_windows,
    version_that_falls,
    watermark_that_falls,
    partition_missing,
    ledger_under_another_key,
    ledger_record_of_no_window,
    rows_announced,
    row_lost,
    row_of_an_older_version,
    row_twice,
    row_without_a_ledger_record,
    row_of_another_pane,
    row_of_other_tables,
    window_without_a_ledger_record,
    tokens_added,
    request_added,
    request_added_to_the_total,
    value_in_another_bucket,
    part_larger_than_its_whole,
    negative_cost,
    category_larger_than_the_total,
    row_under_another_key,
    row_in_another_topic,
    row_cut_short,
    changed_row_withheld,
    changed_total_withheld,
    stale_row_put_back,
    stale_row_put_in_place,
    row_from_between_two_panes,
    early_row_left_when_on_time,
    early_ledger_announces_more,
    early_ledger_announces_fewer,
    row_of_another_version_number,
    ledger_of_another_version_number,
]

# What is found beside the first violation.
BESIDE = {event_counted_in_two_windows: "records"}


def test_every_corruption_is_found_and_named(world):
    events = prepare(world)
    good = verify(world, "--strict")
    equal((good["violations"], good["consumed"], good["counted"], good["holes"]), (0, events, events, 0), "untouched")
    original = Copy(world)
    original.write(f"{world.name}-same")
    same = verify(world, "--strict", GENTALLY_NAMESPACE=f"{world.name}-same")
    equal({**same, "stored": good["stored"]}, good, "a true copy")  # of the topics: the store knows nothing of it
    early = copy.deepcopy(original)
    _early(early)
    early.write(f"{world.name}-early")
    equal(verify(world, "--show", 5, GENTALLY_NAMESPACE=f"{world.name}-early")["shown"], [], "early panes")
    for corrupt in CORRUPTIONS:
        altered = copy.deepcopy(original)
        wanted, field, topic, offset = corrupt(altered)
        namespace = f"{world.name}-{corrupt.__name__.replace('_', '-')}"
        altered.write(namespace)
        result = verify(world, "--show", 50, GENTALLY_NAMESPACE=namespace)
        check(result["violations"] > 0, f"{corrupt.__name__} was not found")
        check(result["checks"][BESIDE.get(corrupt, wanted or "partitions")] > 0, f"{corrupt.__name__}: {result}")
        first = result["shown"][0]
        told = f"{namespace}.{topic}" if topic == "ledger" else f"{namespace}.summaries.{topic}"
        equal(first["topic"], told, f"{corrupt.__name__}: topic ({first})")
        if wanted:
            equal((first["check"], first["field"]), (wanted, field), f"{corrupt.__name__}: {first}")
        if offset is not None:
            equal((first["partition"], first["offset"]), (0, offset), f"{corrupt.__name__}: place ({first})")
    note(f"{len(CORRUPTIONS)} corruptions, each found and named")


def test_what_compaction_leaves_is_proven(world):
    events = prepare(world)
    original = Copy(world)
    whole = len(original.ledger), sum(map(len, original.summaries.values()))
    for records in (original.ledger, *original.summaries.values()):
        last = {key: index for index, (key, _) in enumerate(records)}
        records[:] = [entry for index, entry in enumerate(records) if last[entry[0]] == index]
    left = len(original.ledger), sum(map(len, original.summaries.values()))
    check(left[0] < whole[0] and left[1] < whole[1], f"nothing to compact: {whole}, {left}")
    namespace = f"{world.name}-compacted"
    original.write(namespace)
    result = verify(world, GENTALLY_NAMESPACE=namespace)
    equal(
        (result["violations"], result["ledger_records"], result["summaries"], result["consumed"]),
        (0, *left, events),
        "what is left",
    )


def test_a_human_reads_the_first_violation(world):
    prepare(world)
    altered = Copy(world)
    consumed_of_nothing(altered)
    namespace = f"{world.name}-text"
    altered.write(namespace)
    done = world.start("verify", GENTALLY_NAMESPACE=namespace)
    equal(done.wait(60), VIOLATED, "exit status")
    check(
        "violated identity: topic " in done.out and "partitions[0].consumed: expected " in done.out,
        "what it says",
        done.out,
    )
    check("VERIFY-VIOLATED" in done.log, "its reason", done.log)


# ---- removal: each takes something away from what a namespace has published, and says which checks find it


def _put(world, topic, *keys):
    producer = Producer({"bootstrap.servers": world.kafka})
    for key in keys:
        producer.produce(topic, None, key)
    equal(producer.flush(60), 0, "tombstones that were not delivered")


def _keys(world, rollup, window):
    """The keys of a rollup's rows in windows of a kind, the last window's last."""
    topic = f"{world.namespace}.summaries.{rollup}"
    found = {message.key(): decode(message.value()) for message in read_topic(world.kafka, topic)}
    return sorted((record["window_start"], key) for key, record in found.items() if record["granularity"] == window)


def _drop_topic(world, topic, partitions=None):
    admin = AdminClient({"bootstrap.servers": world.kafka})
    admin.delete_topics([topic])[topic].result(30)
    wait_until(lambda: topic not in admin.list_topics(timeout=30).topics, 30, f"{topic} to be gone")

    def made():
        answer = admin.create_topics([NewTopic(topic, partitions, 1)])[topic].exception(30)
        return answer is None or answer.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS

    if partitions:
        wait_until(made, 30, f"{topic} to be made anew")


def row_gets_a_tombstone(world):
    start, key = _keys(world, "model", "day")[-1]
    _put(world, f"{world.namespace}.summaries.model", key)
    return {"removed"}, key


def row_of_an_hour_gets_a_tombstone(world):
    start, key = _keys(world, "category", "hour")[0]
    _put(world, f"{world.namespace}.summaries.category", key)
    return {"removed"}, key


def totals_get_tombstones(world):
    keys = [key for _, key in _keys(world, "total", "day")]
    _put(world, f"{world.namespace}.summaries.total", *keys)
    return {"removed"}, keys[0]


def row_of_retention_gets_a_tombstone(world):
    start, key = _keys(world, "retention", "month")[0]
    _put(world, f"{world.namespace}.summaries.retention", key)
    return {"removed", "retention"}, key


def ledger_record_gets_a_tombstone(world):
    start, key = _keys(world, "total", "day")[-1]
    key = key.split(b"|", 1)[1]
    _put(world, f"{world.namespace}.ledger", key)
    return {"removed"}, key


def window_is_taken_away_whole(world):
    """Rows and ledger record, of each rollup."""
    start, key = _keys(world, "total", "hour")[0]
    window = key.split(b"|", 1)[1]
    for rollup in ROLLUPS:
        keys = [key for begin, key in _keys(world, rollup, "hour") if begin == start]
        _put(world, f"{world.namespace}.summaries.{rollup}", *keys)
    _put(world, f"{world.namespace}.ledger", window)
    return {"removed"}, window


def topic_is_deleted(world):
    _drop_topic(world, f"{world.namespace}.summaries.category")
    return {"removed", "rows"}, None


def topic_is_emptied(world):
    topic = f"{world.namespace}.summaries.model"
    admin = AdminClient({"bootstrap.servers": world.kafka})
    config = {"cleanup.policy": "compact,delete"}  # or records may not be deleted
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, set_config=config)
    admin.alter_configs([resource])[resource].result(30)

    def deleted():
        done = admin.delete_records([TopicPartition(topic, number, -1) for number in (0, 1)])
        return all(answer.exception(30) is None for answer in done.values())

    wait_until(deleted, 30, "the broker to know that it may delete")
    return {"rows"}, None


def topic_is_made_anew(world):
    _drop_topic(world, f"{world.namespace}.summaries.model", 2)
    return {"rows"}, None


def ledger_is_deleted(world):
    _drop_topic(world, f"{world.namespace}.ledger")
    return {"removed", "summary-ledger"}, None


def all_topics_are_made_anew(world):
    """Nothing but the store knows then that there was anything."""
    _drop_topic(world, f"{world.namespace}.ledger", 1)
    for rollup in [*ROLLUPS, "retention"]:
        _drop_topic(world, f"{world.namespace}.summaries.{rollup}", 2)
    return {"removed"}, None


REMOVALS = [
    row_gets_a_tombstone,
    row_of_an_hour_gets_a_tombstone,
    totals_get_tombstones,
    row_of_retention_gets_a_tombstone,
    ledger_record_gets_a_tombstone,
    window_is_taken_away_whole,
    topic_is_deleted,
    topic_is_emptied,
    topic_is_made_anew,
    ledger_is_deleted,
    all_topics_are_made_anew,
]


def test_what_is_taken_away_is_found(world):
    """Each from a namespace of its own over the same input; each told, and named where there is a name."""
    world.count_accounts()
    prepare(world)
    for remove in REMOVALS:
        name = remove.__name__.replace("_", "-")
        world.settings["GENTALLY_NAMESPACE"] = world.settings["GENTALLY_GROUP"] = f"{world.name}-{name}"
        world.run("setup", "--partitions", 2)
        world.run("worker", "--drain")
        good = verify(world, "--strict")
        equal(good["violations"], 0, f"before {name}: {good}")
        check(good["stored"] > 20, f"windows of the store: {good}")
        wanted, key = remove(world)
        result = verify(world, "--strict" if remove is all_topics_are_made_anew else "--format=json", "--show", 1000)
        found = {check_name for check_name, count in result["checks"].items() if count}
        check(wanted <= found, f"{name}: found {found}, want {wanted}", result["shown"][:3])
        if key is not None:
            shown = [finding["key"] for finding in result["shown"] if finding["check"] == "removed"]
            check(key.decode() in shown, f"{name}: {key} is not named", shown)
    note(f"{len(REMOVALS)} removals, each found")


def test_partitions_that_were_added_are_seen(world):
    """Keys of before are then in other partitions than new values of them: `setup` makes nothing, `verify` names them.
    As long as a topic is empty, nothing is wrong."""
    admin = AdminClient({"bootstrap.servers": world.kafka})

    def grow(count):
        topic = f"{world.namespace}.summaries.model"
        admin.create_partitions([NewPartitions(topic, count)])[topic].result(30)
        wait_until(lambda: len(admin.list_topics(topic, 30).topics[topic].partitions) == count, 30, "the partitions")

    world.settings.update(SETTINGS)
    world.start_redis()
    world.run("setup", "--partitions", 2)
    grow(3)
    world.run("setup", "--partitions", 2)
    prepare(world)
    world.run("setup", "--partitions", 2)
    equal(verify(world)["violations"], 0, "three partitions all along")
    grow(4)
    done = world.start("setup", GENTALLY_ROLLUPS=SETTINGS["GENTALLY_ROLLUPS"] + ",language=language")
    equal(done.wait(60), 78, "exit status of setup")
    check("SETUP-PARTITIONS" in done.log and "summaries.model has 4 partitions" in done.log, "its reason", done.log)
    topics = admin.list_topics(timeout=30).topics
    check(f"{world.namespace}.summaries.language" not in topics, "setup made a topic")
    result = verify(world, "--show", 1)
    check(result["checks"]["places"] > 0, f"verify: {result}")
    equal(result["shown"][0]["topic"], f"{world.namespace}.summaries.model", "the topic it names")


def test_verify_goes_by_the_settings(world):
    """Told other rollups, or none, it reads those of the namespace; without Redis it says what it lacks."""
    world.settings.update(SETTINGS)
    prepare(world)
    world.run("setup", GENTALLY_ROLLUPS="total=,model=model")  # category is counted no longer
    other = {"GENTALLY_ROLLUPS": "total=,model=model"}
    equal(verify(world, **other)["violations"], 0, "told the rollups of now")
    done = world.run("verify", GENTALLY_REDIS_URL="redis://127.0.0.1:1")
    check("store: not asked; STORE-UNREACHABLE" in done.out, "what it says without Redis", done.out)
    check("windows held against the ledger" in world.run("verify").out, "what it says with Redis")


def test_verify_beside_running_workers(world):
    """What is published while it is read is no violation."""
    world.settings.update(SETTINGS)
    world.start_redis()
    world.run("setup", "--partitions", 3)
    lines = world.run("generate", "--events", 60000, "--seed", 9).out.splitlines()
    worker = world.start("worker", GENTALLY_LATE_EMIT_INTERVAL_MS=100, GENTALLY_EMIT_INTERVAL_MS=100)
    producer = world.start("produce", stdin=subprocess.PIPE)
    moved = runs = 0
    for begin in range(0, len(lines), 6000):
        producer.process.stdin.write("".join(line + "\n" for line in lines[begin : begin + 6000]).encode())
        producer.process.stdin.flush()
        result = verify(world, "--show", 5)
        equal(result["violations"], 0, f"violations beside a running worker: {result['shown']}")
        moved += result["windows_moved"]
        runs += 1
    producer.process.stdin.close()
    producer.succeed(60)
    worker.end()
    world.run("worker", "--drain")
    result = verify(world)
    equal((result["violations"], result["consumed"]), (0, len(lines)), "at the end")
    note(f"{runs} runs beside a worker, {moved} windows moved meanwhile")


if __name__ == "__main__":
    main(__file__, globals())
