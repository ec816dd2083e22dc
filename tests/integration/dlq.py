"""`gentally dlq`: what operators see of dead letters, and that a record is sent back once for good, if nobody has
decided it otherwise since.
"""

import json
import random
import shutil
import signal
import subprocess
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from cryptography.hazmat.primitives import hpke, serialization

from harness import SCHEMAS, check, equal, main, note, wait_until
from topics import encode_event, read_topic

SECRET = "a sentence nobody may see"
PARTITIONS = 3
EVENT = {
    "id": "x",
    "created_at": 1_762_732_800_000,
    "model": "openai/gpt-4o",
    "provider": None,
    "account": None,
    "app": None,
    "country": None,
    "language": None,
    "tokens_prompt": 10,
    "tokens_completion": 1,
    "tokens_reasoning": 0,
    "tokens_cached": 0,
    "cost_nano_usd": 5,
    "is_byok": False,
    "is_free": False,
    "streamed": False,
    "cancelled": False,
    "tools_offered": False,
    "finish_reason": None,
    "latency_ms": None,
    "first_token_ms": None,
    "generation_ms": None,
    "classified": False,
    "categories": [],
    "op": "create",
}


def send(world, topic, messages):
    """Each message: partition, key, value, headers."""
    producer = Producer({"bootstrap.servers": world.kafka, "linger.ms": 5, "message.max.bytes": 2_000_000})
    for partition, key, value, headers in messages:
        producer.produce(topic, value, key, partition, headers=headers)
    equal(producer.flush(60), 0, "messages that were not delivered")


def prepare(world, messages):
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    send(world, world.topic, messages)
    world.run("worker", "--drain")


def dlq(world, *arguments, **settings):
    done = world.run("dlq", *arguments, "--format", "json", **settings)
    return [json.loads(line) for line in done.out.splitlines()]


def letters_topic(world):
    return f"{world.namespace}.dead-letters"


def redriven(world):
    """The records that came by a redrive, by the place they came from: how often, and one of them."""
    records = {}
    for message in read_topic(world.kafka, world.topic):
        origin = dict(message.headers() or []).get("gentally.redriven-from")
        if origin is not None:
            records.setdefault(origin.decode(), []).append(message)
    return records


def end_of(consumer, topic):
    """Offsets that its partitions have, together, committed or not."""
    return sum(
        consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
        for partition in range(PARTITIONS)
    )


def unknown_schema(number):
    """A good event whose writer's schema has id 7."""
    return b"\0\0\0\0\7" + encode_event({**EVENT, "id": f"late-{number}"})[5:]


def test_letters_are_listed_counted_and_shown(world):
    bad = [
        (1, b"key", SECRET.encode(), []),
        (2, None, SECRET.encode() + b"\x00\x1b[31m", []),
        (1, b"k\xff", unknown_schema(0), []),
        (0, None, None, []),
    ]
    good = [(0, None, encode_event(EVENT), [])]
    prepare(world, good + bad)
    before = int(time.time() * 1000) + 60_000

    listed = dlq(world, "list")
    places = {(letter["record_partition"], letter["record_offset"]): letter for letter in listed}
    equal(
        {place: letter["reason"] for place, letter in places.items()},
        {(1, 0): "DECODE-FRAMING", (2, 0): "DECODE-FRAMING", (1, 1): "DECODE-SCHEMA-UNKNOWN", (0, 1): "DECODE-EMPTY"},
        "reasons by place",
    )
    equal({letter["record_topic"] for letter in listed}, {world.topic}, "topic")
    equal(len(dlq(world, "list", "--reason", "DECODE-FRAMING")), 2, "letters of a reason")
    equal(len(dlq(world, "list", "--partition", 1)), 2, "letters of a partition")
    equal(len(dlq(world, "list", "--from", before)), 0, "letters of the future")
    equal(len(dlq(world, "list", "--to", before)), 4, "letters of the past")
    equal(len(dlq(world, "list", "--limit", 1)), 1, "the first letter")

    # The same record set aside twice, as after a crash between the letter and the offset.
    twice = next(message for message in read_topic(world.kafka, letters_topic(world)) if message.key() == b"key")
    send(world, letters_topic(world), [(0, twice.key(), twice.value(), twice.headers())])
    counted = {row["reason"]: (row["letters"], row["records"]) for row in dlq(world, "count")}
    equal(counted, {"DECODE-FRAMING": (3, 2), "DECODE-SCHEMA-UNKNOWN": (1, 1), "DECODE-EMPTY": (1, 1)}, "counts")

    letter = places[2, 0]
    for arguments in (("--letter", f"{letter['partition']}:{letter['offset']}"), ("--record", "2:0")):
        shown = world.run("dlq", "show", *arguments).out
        check("DECODE-FRAMING" in shown and f"topic {world.topic}, partition 2, offset 0" in shown, "show", shown)
        check("sentence" not in shown and "nobody" not in shown, "a payload nobody asked for", shown)
        whole = world.run("dlq", "show", *arguments, "--payload").out
        check("|a sentence nobod|" in whole and "61 20 73 65" in whole, "the payload as hex and text", whole)
        check("\x1b" not in whole and "\0" not in whole, "bytes that a terminal obeys", repr(whole))
    for text in (world.run("dlq", "list").out, world.run("dlq", "count").out, json.dumps(listed)):
        check("sentence" not in text, "a payload nobody asked for", text)
    equal(dlq(world, "show", "--record", "1:0", "--payload")[0]["value_hex"], SECRET.encode().hex(), "payload as JSON")
    missing = world.start("dlq", "show", "--record", "1:99")
    equal(missing.wait(30), 65, "exit status of a letter that is not there")
    check("DLQ-NONE" in missing.log, "its reason", missing.log)
    for wrong in (["show"], ["show", "--record", "1"], ["list", "--from", "yesterday"], ["drop"], []):
        check(world.start("dlq", *wrong).wait(30) in (64, 78), f"dlq {wrong} was accepted")


def letters_by_place(world):
    """By the place of their record."""
    found = {}
    for message in read_topic(world.kafka, letters_topic(world)):
        headers = dict(message.headers())
        found[int(headers["gentally.partition"]), int(headers["gentally.offset"])] = message
    return found


def test_headers_of_a_record_are_kept_and_sent_back(world):
    theirs = [("trace", b"one"), ("trace", b"two"), ("nothing", None), ("bytes", b"\x00\xff")]
    many = [(f"h{number}", b"") for number in range(61)]
    large = [("large", b"x" * 17000)]
    own = [("gentally.redriven-from", b"elsewhere"), ("after", b"it")]
    prepare(
        world,
        [(0, b"k", unknown_schema(at), headers) for at, headers in enumerate((theirs, many, large, own, many[:60]))],
    )
    letters = letters_by_place(world)
    equal(letters[0, 0].headers()[:4], theirs, "headers of the record in its letter")
    for at, count in ((1, b"61"), (2, b"1")):
        headers = dict(letters[0, at].headers())
        equal(headers["gentally.headers-omitted"], count, "headers that were left out")
        check(not {"h0", "large"} & set(headers), "some of them are there", list(headers))
    equal([name for name, _ in letters[0, 3].headers()].count("gentally.redriven-from"), 0, "headers of ours")
    dlq(world, "redrive", "--yes", "--unsure")
    records = redriven(world)
    for at, want in ((0, theirs), (1, []), (2, []), (3, own[1:]), (4, many[:60])):
        [record] = records[f"{world.topic}:0:{at}"]
        equal(record.headers()[:-2], want, f"headers that were sent back, of record {at}")
        equal(record.value(), unknown_schema(at), "its value")


def test_letters_without_what_was_in_the_record(world):
    """dead_letters_keep = headers: neither key, value nor headers; a redrive says why it cannot."""
    world.settings["GENTALLY_DEAD_LETTERS_KEEP"] = "headers"
    prepare(
        world, [(0, SECRET.encode(), SECRET.encode(), [("who", SECRET.encode())]), (1, None, unknown_schema(1), [])]
    )
    letters = letters_by_place(world)
    equal(len(letters), 2, "letters")
    for message in read_topic(world.kafka, letters_topic(world)):
        equal((message.key(), message.value()), (None, None), "key and value")
        check(SECRET.encode() not in b"".join(value or b"" for _, value in message.headers()), "it is in a header")
        equal(dict(message.headers())["gentally.kept"], b"headers", "what is said of that")
    [listed] = dlq(world, "list", "--partition", 0)
    equal(listed["value_omitted"], len(SECRET), "size of the value")
    equal(listed["reason"], "DECODE-FRAMING", "reason")
    [told] = dlq(world, "redrive", "--yes")
    equal((told["letters"], told["sent"], told["stripped"], told["value_omitted"]), (2, 0, 2, 0), "redrive")
    equal(redriven(world), {}, "records that were sent back")
    said = world.run("dlq", "redrive").out
    check("refused: 2, written with dead_letters_keep = headers" in said, "it is not said why", said)
    check(SECRET not in world.run("dlq", "show", "--record", "0:0", "--payload").out, "it is shown")


ACCOUNT = "acct-0815-of-nobodys-business"


def make_key(world, name):
    """A private key and its public one, made as runbooks/dlq.md says."""
    private, public = world.folder / f"{name}.key", world.folder / f"{name}.pub"
    subprocess.run(["openssl", "genpkey", "-algorithm", "X25519", "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    return private, public


def seal_for(world, public):
    world.settings |= {"GENTALLY_DEAD_LETTERS_KEEP": "sealed", "GENTALLY_DEAD_LETTERS_PUBLIC_KEY": str(public)}


def secret_records():
    """Records that cannot be counted, each with the account in another place: key, value, headers, a name in JSON."""
    account = ACCOUNT.encode()
    theirs = [("trace", b"one"), ("who", account), (ACCOUNT, b"too"), ("nothing", None)]
    event = encode_event({**EVENT, "account": ACCOUNT})
    odd = {**{name: value for name, value in EVENT.items() if value is not None}, ACCOUNT: 1}
    return [
        (0, account, b"\0\0\0\0\7" + event[5:], theirs),
        (0, None, json.dumps(odd).encode(), []),
        (0, b"", json.dumps({"id": "x", ACCOUNT: {}}).encode() * 2, [(f"h{number}", account) for number in range(61)]),
        (0, account, event[:-1], []),
        (1, account, None, theirs),
    ]


def all_bytes(message):
    headers = b"".join(name.encode() + b" " + (value or b"") for name, value in message.headers() or [])
    return headers + (message.key() or b"") + (message.value() or b"")


def flags(private):
    return () if private is None else ("--private-key", private)


def test_sealed_letters(world):
    """Nothing of the record is to be had without the private key; with it all of it comes back, as it was."""
    private, public = make_key(world, "letters")
    other, _ = make_key(world, "other")
    seal_for(world, public)
    records = secret_records()
    prepare(world, records)
    letters = letters_of(world)
    equal(len(letters), len(records), "letters")
    for message in letters:
        check(ACCOUNT.encode() not in all_bytes(message), "the account is in a letter", message.headers())
        equal(dict(message.headers())["gentally.kept"], b"sealed", "what is said of it")
    for arguments in (("list",), ("count",), ("show", "--record", "0:0")):
        check(ACCOUNT not in world.run("dlq", *arguments).out, "the account is shown", arguments)
    listed = dlq(world, "list", "--partition", 0)
    equal([letter["value_size"] for letter in listed], [len(value) for _, _, value, _ in records[:4]], "sizes")

    for key, said in ((None, "--private-key FILE"), (other, "none of the keys")):
        refused = world.start("dlq", "show", "--record", "0:0", "--payload", *flags(key))
        equal(refused.wait(30), 77, "exit status without the key")
        check("DLQ-SEALED" in refused.log and said in refused.log, "what it says", refused.log)
        [told] = dlq(world, "redrive", "--yes", *flags(key))
        equal((told["letters"], told["sent"], told["sealed"], told["torn"]), (5, 0, 5, 0), "a redrive without the key")
    check("5, sealed; --private-key FILE" in world.run("dlq", "redrive").out, "what a redrive says")
    equal(redriven(world), {}, "records that were sent back")
    broken = world.start("dlq", "redrive", "--private-key", public)
    equal(broken.wait(30), 78, "exit status with a public key")
    check("LETTER-KEY" in broken.log, "why", broken.log)

    shown = dlq(world, "show", "--record", "0:1", "--payload", *flags(private))[0]
    equal(bytes.fromhex(shown["value_hex"]), records[1][2], "the value that is shown")
    check(ACCOUNT in shown["detail"], "the detail that was sealed", shown)
    [dry] = dlq(world, "redrive", *flags(private))
    [told] = dlq(world, "redrive", "--yes", *flags(private))
    equal((dry["sent"], told["sent"], told["sealed"]), (5, 5, 0), "redrives with the key")
    sent = redriven(world)
    for at, (partition, key, value, theirs) in enumerate(records):
        [record] = sent[f"{world.topic}:{partition}:{at if partition == 0 else 0}"]
        equal((record.partition(), record.key(), record.value()), (partition, key, value), f"record {at}")
        equal(record.headers()[:-2], theirs if len(theirs) <= 60 else [], f"headers of record {at}")


def test_stripped_letters_hold_no_word_of_the_record(world):
    """Not even the detail, which of JSON tells the name of a field that is none."""
    world.settings["GENTALLY_DEAD_LETTERS_KEEP"] = "headers"
    records = secret_records()
    prepare(world, records)
    letters = letters_of(world)
    equal(len(letters), len(records), "letters")
    for message in letters:
        check(ACCOUNT.encode() not in all_bytes(message), "the account is in a letter", message.headers())


def test_sealed_letters_are_counted_once_their_cause_is_repaired(world):
    private, public = make_key(world, "letters")
    seal_for(world, public)
    prepare(world, [(number % PARTITIONS, None, unknown_schema(number), []) for number in range(300)])
    equal(dlq(world, "redrive", "--yes", *flags(private))[0]["sent"], 300, "records sent back")
    world.run("worker", "--drain", **schemas(world))
    equal(requests(world), 300, "requests")
    world.run("verify")


def test_keys_of_sealed_letters_change(world):
    """Letters of before open with the old key, those of after with the new one, both with a file of both."""
    keys = [make_key(world, "old"), make_key(world, "new")]
    both = world.folder / "both.key"
    both.write_bytes(b"".join(private.read_bytes() for private, _ in keys))
    seal_for(world, keys[0][1])
    prepare(world, [(0, None, b"one", [])])
    seal_for(world, keys[1][1])
    send(world, world.topic, [(0, None, b"two", [])])
    world.run("worker", "--drain")
    equal(len({letter["sealed_for"] for letter in dlq(world, "list")}), 2, "keys they are sealed for")
    for private, _ in keys:
        [told] = dlq(world, "redrive", *flags(private))
        equal((told["sent"], told["sealed"]), (1, 1), "with one of the keys")
    said = world.run("dlq", "redrive", "--private-key", keys[0][0]).out
    check("refused: 1, sealed for another key" in said, "what is said of the other", said)
    equal(dlq(world, "redrive", "--yes", *flags(both))[0]["sent"], 2, "with both")
    world.settings["GENTALLY_DEAD_LETTERS_KEEP"] = "full"
    world.run("worker", "--drain")
    [told] = dlq(world, "redrive")
    equal((told["sent"], told["sent_before"]), (2, 2), "letters of before, and those of full ones since, without a key")


def test_sealed_letters_that_somebody_altered(world):
    """Bytes, place, form and key of a letter, each altered by a foreign writer: told, never sent; others are."""
    private, public = make_key(world, "letters")
    seal_for(world, public)
    prepare(world, [(0, None, b"first", []), (0, None, b"second", [])])
    [letter] = [letter for letter in letters_of(world) if headers_of(letter)["gentally.offset"] == "0"]
    first, sealed = dict(letter.headers()), letter.value()
    forged = [
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), {}),
        (sealed[:20], {}),
        (None, {}),
        (sealed, {}),  # at another place than it was sealed for
        (sealed, {"gentally.sealed-form": b"2"}),
        (sealed, {"gentally.sealed-for": None}),
        (sealed, {"gentally.sealed-for": b"\x1b[31m"}),
    ]
    for offset, (value, changes) in enumerate(forged, 100):
        headers = {**first, "gentally.offset": str(offset).encode(), "gentally.decided-by": None, **changes}
        told = [(name, value) for name, value in headers.items() if value is not None]
        send(world, letters_topic(world), [(0, None, value, told)])
    [told] = dlq(world, "redrive", "--yes", "--unsure", *flags(private))
    equal((told["sent"], told["torn"], told["sealed"]), (2, 4, 3), "a redrive")
    equal({origin.rsplit(":", 1)[1] for origin in redriven(world)}, {"0", "1"}, "records that were sent back")
    for offset, said in ((103, "altered"), (104, 'form "2"'), (105, "none of the keys")):
        refused = world.start("dlq", "show", "--record", f"0:{offset}", "--private-key", private)
        equal(refused.wait(30), 77, f"exit status of {offset}")
        check(said in refused.log, f"why {offset} stays closed", refused.log)
    check("\x1b" not in world.run("dlq", "list").out, "bytes that a terminal obeys")


def test_sealed_letters_open_without_gentally(world):
    """By a library of RFC 9180 that knows nothing of us, as runbooks/dlq.md says."""
    private, public = make_key(world, "letters")
    seal_for(world, public)
    prepare(world, [(1, b"key", SECRET.encode(), [])])
    [letter] = letters_of(world)
    headers = headers_of(letter)
    key = serialization.load_pem_private_key(private.read_bytes(), None)
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)
    place = ":".join(headers[f"gentally.{name}"] for name in ("topic", "partition", "offset", "timestamp"))
    opened = suite.decrypt(letter.value(), key, info=f"gentally dead letter 1 {place}".encode())
    check(SECRET.encode() in opened and b"key" in opened, "what was sealed", opened)


def test_sealed_letters_that_are_too_large(world):
    """For the worker's client, or the topic: without their value, and so without key or any word of the record."""
    _, public = make_key(world, "letters")
    seal_for(world, public)
    size = 200_000
    record = (0, ACCOUNT.encode(), random.Random(1).randbytes(size), [("who", ACCOUNT.encode())])
    world.settings["GENTALLY_KAFKA_MESSAGE_MAX_BYTES"] = "100000"
    prepare(world, [record])
    del world.settings["GENTALLY_KAFKA_MESSAGE_MAX_BYTES"]
    small = ConfigEntry("max.message.bytes", "100000", incremental_operation=AlterConfigOpType.SET)
    topic = ConfigResource(ConfigResource.Type.TOPIC, letters_topic(world), incremental_configs=[small])
    admin = AdminClient({"bootstrap.servers": world.kafka})
    admin.incremental_alter_configs([topic])[topic].result()
    send(world, world.topic, [record])
    world.run("worker", "--drain")
    letters = letters_of(world)
    equal([(letter.key(), letter.value() is None) for letter in letters], [(None, True)] * 2, "keys and values")
    for letter in letters:
        check(ACCOUNT.encode() not in all_bytes(letter), "the account is in the letter", letter.headers())
    equal([listed["value_omitted"] for listed in dlq(world, "list")], [size] * 2, "sizes of the values")
    equal(dlq(world, "redrive")[0]["value_omitted"], 2, "a redrive")


def test_a_repaired_cause_is_counted_after_all(world):
    """Letters of an unknown schema, sent back when the schema is known, are counted; nothing else is touched."""
    bad = [(number % PARTITIONS, f"k{number}".encode(), unknown_schema(number), []) for number in range(30)]
    prepare(world, [*bad, (0, None, b"rubbish", []), (1, b"good", encode_event(EVENT), [])])
    omitted = [
        ("gentally.reason", b"DECODE-SCHEMA-UNKNOWN"),
        ("gentally.topic", world.topic.encode()),
        ("gentally.partition", b"0"),
        ("gentally.offset", b"0"),
        ("gentally.timestamp", b"1"),
        ("gentally.decided-by", decider_of(world, 0)),
        ("gentally.value-omitted", b"99999999"),
    ]
    foreign = [("gentally.reason", b"DECODE-SCHEMA-UNKNOWN")]
    elsewhere = [(name, b"other" if name == "gentally.topic" else value) for name, value in omitted[:-1]]
    send(world, letters_topic(world), [(0, None, None, omitted), (1, b"?", b"?", foreign), (2, b"?", b"?", elsewhere)])

    options = ("redrive", "--reason", "DECODE-SCHEMA-UNKNOWN")
    want = {
        "letters": 33,
        "sent": 30,
        "sent_before": 0,
        "doubles": 0,
        "superseded": 0,
        "undecided": 0,
        "unsure": 0,
        "value_omitted": 1,
        "stripped": 0,
        "sealed": 0,
        "torn": 0,
        "other_topic": 1,
        "foreign": 1,
    }
    equal(dlq(world, *options), [{"is_dry": True, **want}], "a dry run")
    equal(redriven(world), {}, "records after a dry run")
    equal(dlq(world, *options, "--yes"), [{"is_dry": False, **want}], "redrive")
    records = redriven(world)
    equal(
        {origin: len(messages) for origin, messages in records.items()},
        {f"{world.topic}:{number % PARTITIONS}:{number // PARTITIONS}": 1 for number in range(30)},
        "records sent back",
    )
    for origin, (message,) in records.items():
        _, partition, offset = origin.rsplit(":", 2)
        number = int(offset) * PARTITIONS + int(partition)
        equal(
            (message.partition(), message.key(), message.value()),
            (number % PARTITIONS, f"k{number}".encode(), unknown_schema(number)),
            f"what came back of {origin}",
        )
    equal(dlq(world, *options, "--yes"), [{"is_dry": False, **want, "sent": 0, "sent_before": 30}], "a second redrive")
    equal({len(messages) for messages in redriven(world).values()}, {1}, "how often each is there")
    check("cannot be sent, their value was left out: 1" in world.run("dlq", *options).out, "what it says of it")

    folder = world.folder / "schemas"
    folder.mkdir()
    shutil.copy(SCHEMAS / "generation.avsc", folder / "7.avsc")
    world.run("worker", "--drain", GENTALLY_WRITER_SCHEMAS=folder)
    equal([row["requests"] for row in world.summaries("total", "month")], [31], "requests counted")
    proof = json.loads(world.run("verify", "--format", "json").out)
    equal((proof["violations"], proof["counted"], proof["dead_lettered"]), (0, 31, 31), "the ledger")
    check(proof["holes"] > 0, "a redrive writes in transactions, whose markers are holes", proof)
    # What fails again is a new record, and a new letter.
    equal(dlq(world, "redrive", "--reason", "DECODE-FRAMING", "--yes")[0]["sent"], 1, "rubbish, sent back")
    world.run("worker", "--drain", GENTALLY_WRITER_SCHEMAS=folder)
    equal(dlq(world, "redrive", "--reason", "DECODE-FRAMING")[0]["sent"], 1, "rubbish, set aside again")


def test_redrives_that_die_or_meet_send_nothing_twice(world):
    count = 20000
    prepare(world, [(number % PARTITIONS, None, b"x" * 1000, []) for number in range(count)])
    watch = Consumer({"bootstrap.servers": world.kafka, "group.id": "watch"})
    died = 0
    for _ in range(4):
        have = end_of(watch, world.topic)
        process = world.start("dlq", "redrive", "--yes")
        wait_until(lambda: not process.is_running() or end_of(watch, world.topic) > have + 300, 60, "first records")
        died += process.is_running()
        process.kill()
    watch.close()
    check(died > 0, "no redrive was killed at work: send more")
    left = [world.start("dlq", "redrive", "--yes", "--format", "json") for _ in range(3)]
    statuses = [process.wait(90) for process in left]
    check(
        all(status == 0 or "SINK-FENCED" in process.log for status, process in zip(statuses, left)),
        "how they ended",
        statuses,
        *[process.log for process in left],
    )
    last = dlq(world, "redrive", "--yes")[0]
    equal((last["letters"], last["sent"] + last["sent_before"]), (count, count), "the last one")
    records = redriven(world)
    equal((len(records), max(map(len, records.values()))), (count, 1), "records sent back, and how often at most")
    note(f"{count} letters, {died} redrives killed at work, 3 at once (exit statuses {statuses}): each sent once")


def test_a_redrive_that_sleeps_is_fenced(world):
    """One is paused at any point of its work while another does all of it: the first must not do it again."""
    prepare(world, [])
    fenced = 0
    for trial in range(14):
        headers = [
            ("gentally.reason", b"DECODE-UTF8"),
            ("gentally.topic", world.topic.encode()),
            ("gentally.partition", b"0"),
            ("gentally.timestamp", b"1"),
        ]
        send(
            world,
            letters_topic(world),
            [
                (0, None, b"x", [*headers, ("gentally.offset", str(offset).encode())])
                for offset in range(20 * trial, 20 * trial + 20)
            ],
        )
        sleeper = world.start("dlq", "redrive", "--unsure", "--yes")  # no worker has decided these
        time.sleep(trial * 0.025)  # not to wait for anything: to strike at any point
        sleeper.signal(signal.SIGSTOP)
        world.run("dlq", "redrive", "--unsure", "--yes")
        sleeper.signal(signal.SIGCONT)
        status = sleeper.wait(60)
        check(status == 0 or "SINK-FENCED" in sleeper.log, "how the sleeper ended", status, sleeper.log)
        fenced += status != 0
        records = redriven(world)
        equal(
            (len(records), max(map(len, records.values()))), (20 * trial + 20, 1), f"trial {trial}: records, how often"
        )
    note(f"14 redrives paused while another ran, {fenced} of them fenced")


def headers_of(message):
    return {name: value.decode() for name, value in message.headers() or []}


def letters_of(world):
    return read_topic(world.kafka, letters_topic(world))


def set_aside_and_die(world, count, **settings):
    """A worker writes a letter of each record, and is killed before it flushes: nothing of it is decided."""
    before = len(letters_of(world))
    worker = world.start("worker", GENTALLY_FLUSH_INTERVAL_MS=600_000, **settings)
    watch = Consumer({"bootstrap.servers": world.kafka, "group.id": "watch-letters"})
    topic = letters_topic(world)
    # Within 5 s it would flush all the same, to hear whether it is fenced.
    wait_until(
        lambda: (
            watch.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1] >= before + count
            or not worker.is_running()
        ),
        30,
        "its letters",
    )
    worker.kill()
    watch.close()
    equal(len(letters_of(world)), before + count, "letters of the one that was killed")


def decider_of(world, partition):
    """Who set aside what is set aside of a partition."""
    headers = [headers_of(letter) for letter in letters_of(world)]
    return next(
        each["gentally.decided-by"] for each in headers if int(each["gentally.partition"]) == partition
    ).encode()


def schemas(world):
    folder = world.folder / "schemas"
    if not folder.exists():
        folder.mkdir()
        shutil.copy(SCHEMAS / "generation.avsc", folder / "7.avsc")
    return {"GENTALLY_WRITER_SCHEMAS": folder}


def unflushed(world, messages):
    """One partition with these records; nobody has read it yet."""
    world.start_redis()
    world.run("setup", "--partitions", 1)
    send(world, world.topic, messages)


def redrive(world, *arguments):
    (told,) = dlq(world, "redrive", *arguments, "--yes")
    return {name: told[name] for name in ("sent", "superseded", "undecided", "unsure") if told[name] > 0}


def requests(world):
    return sum(row["requests"] for row in world.summaries("total", "month"))


def test_letters_that_a_successor_took_back_are_not_sent(world):
    """The worker that wrote them was killed before its flush; the next one, which knows the schema, counted them."""
    unflushed(world, [(0, None, unknown_schema(number), []) for number in range(500)])
    set_aside_and_die(world, 500)
    equal(redrive(world), {"undecided": 500}, "a redrive before anybody has decided")
    world.run("worker", "--drain", **schemas(world))
    equal(requests(world), 500, "requests")
    equal(redrive(world), {"superseded": 500}, "a redrive")
    equal(redriven(world), {}, "records sent back")
    world.run("worker", "--drain", **schemas(world))
    equal(requests(world), 500, "requests, after the redrive")
    world.run("verify")


def test_letters_that_were_written_twice_are_sent_once(world):
    """The successor sets the same records aside: its letters are the ones that count, whichever comes first."""
    unflushed(world, [(0, None, unknown_schema(number), []) for number in range(300)])
    set_aside_and_die(world, 300)
    world.run("worker", "--drain")
    equal(len(letters_of(world)), 600, "letters")
    told = world.run("dlq", "redrive").out
    check("would be sent: 300" in told and "decided again by another worker: 300" in told, "a dry run", told)
    equal(redrive(world), {"sent": 300, "superseded": 300}, "a redrive")
    equal((len(redriven(world)), max(map(len, redriven(world).values()))), (300, 1), "records sent back, how often")
    equal(redrive(world), {}, "a second one")
    world.run("worker", "--drain", **schemas(world))
    equal(requests(world), 300, "requests")
    # What was sent back and failed again is another record, decided by another worker.
    send(world, world.topic, [(0, None, b"rubbish", [])])
    world.run("worker", "--drain", **schemas(world))
    for round_number in range(3):
        equal(redrive(world, "--reason", "DECODE-FRAMING"), {"sent": 1}, f"rubbish, round {round_number}")
        world.run("worker", "--drain", **schemas(world))
    world.run("verify")


def test_other_causes_that_a_successor_does_not_share(world):
    """A limit that was raised, an option that was set: each worker that died wrote letters the next one took back."""
    create = encode_event(EVENT)
    amend = encode_event({**EVENT, "tokens_prompt": 99, "op": "amend"})
    large = encode_event({**EVENT, "id": "large", "categories": [{"path": "/" * 200, "confidence": 1.0}] * 32})
    unflushed(world, [(0, None, create, []), (0, None, amend, []), (0, None, large, [])])
    set_aside_and_die(world, 2, GENTALLY_MESSAGE_BYTES_MAX=2048)
    reasons = sorted(headers_of(letter)["gentally.reason"] for letter in letters_of(world))
    equal(reasons, ["DECODE-TOO-LARGE", "EVENT-OP-UNSUPPORTED"], "reasons")
    world.run("setup", GENTALLY_IDS="amend")
    world.run("worker", "--drain", GENTALLY_IDS="amend")
    equal(redrive(world), {"superseded": 2}, "a redrive")
    totals = world.summaries("total", "month")
    equal([(row["requests"], row["tokens_prompt"]) for row in totals], [(2, 109)], "what counts")


def test_letters_of_a_history_that_redis_lost_are_not_sent(world):
    """Redis comes back as it was before the letters were final; the next worker counts what they are of."""
    unflushed(world, [(0, None, unknown_schema(number), []) for number in range(200)])
    keys = [key.decode() for key in world.redis.command("KEYS", f"{world.namespace}:*")]
    backup = world.redis.pipeline([("DUMP", key) for key in keys])
    world.run("worker", "--drain")
    told = dlq(world, "redrive")[0]
    equal((told["sent"], told["superseded"]), (200, 0), "what a redrive would send")
    lost = [key.decode() for key in world.redis.command("KEYS", f"{world.namespace}:*")]
    world.redis.pipeline([("DEL", key) for key in lost])
    world.redis.pipeline([("RESTORE", key, 0, value) for key, value in zip(keys, backup)])
    equal(redrive(world), {"undecided": 200}, "a redrive, before anybody has read again")
    world.run("worker", "--drain", **schemas(world))
    equal(redrive(world), {"superseded": 200}, "a redrive, after that")
    equal(requests(world), 200, "requests")


def test_letters_of_unknown_decision_are_refused_unless_told(world):
    """Written by a foreign tool, or under a state that was made anew since."""
    unflushed(world, [(0, None, unknown_schema(number), []) for number in range(20)])
    world.run("worker", "--drain")
    bare = [(name, value) for name, value in letters_of(world)[0].headers() if name != "gentally.decided-by"]
    damaged = [("gentally.decided-by", b"me"), *bare]
    for number, headers in enumerate((bare, damaged)):
        stranger = [
            (name, str(100 + number).encode() if name == "gentally.offset" else value) for name, value in headers
        ]
        send(world, letters_topic(world), [(0, None, unknown_schema(100 + number), stranger)])
    told = world.run("dlq", "redrive").out
    check("would be sent: 20" in told and "refused: 2" in told and "--unsure" in told, "a dry run", told)
    world.redis.command("DEL", *world.redis.command("KEYS", f"{world.namespace}:*"))
    equal(redrive(world), {"unsure": 22}, "without any state")
    world.run("setup", "--begin-again")
    world.run("worker", "--drain")
    # Of the first state's letters nobody knows; the 20 of the second one's are decided.
    equal(redrive(world), {"sent": 20, "unsure": 22}, "another incarnation")
    equal(redrive(world, "--unsure"), {"sent": 2}, "those that only the stranger wrote")
    equal(max(map(len, redriven(world).values())), 1, "how often each is there")


if __name__ == "__main__":
    main(__file__, globals())
