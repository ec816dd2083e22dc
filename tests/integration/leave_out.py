"""Events that an operator leaves out: every cell against SQL over the others, with workers killed; ids; other lists.

SQL decides by itself which of the events are left out. Where ids are amended, a naive model keeps of each id what it
says last, and counts that if it is not left out.
"""

import json

from amend import Model, expected, reasons_of
from conflicts import HOUR_MS, feed, generation, letters, outcomes, prepare, totals
from harness import ACCOUNT_KEY, check, equal, main, note, seeded, wait_until
from metrics import scrape, start_worker
from oracle import ROLLUPS, Oracle
from settings import refused
from topics import OUTCOMES, newest, read_topic
from truth import drain, feed_and_kill

PARTITIONS = 4
EVENTS = 12_000
LIST = r"app=health-check,provider=test\,internal,model=acme/*,country=ZZ,app=star\*"
SQL = r"""app IN ('health-check', 'star*') OR provider = 'test,internal' OR model GLOB 'acme/*' OR country = 'ZZ'"""
APPS = ("health-check", "health-check2", "Health-Check", "health", "star*", "stars", "chat", "")


class Others(Oracle):
    """The truth of the events that are not left out."""

    def _load_events(self, lines):
        super()._load_events(lines)
        self.left_out = self.db.execute(f"DELETE FROM event WHERE {SQL}").rowcount
        for table in ("counted", "label"):
            self.db.execute(f"DELETE FROM {table} WHERE event NOT IN (SELECT event FROM event)")


def probes(chance, lines):
    """Traffic with all that a list may name, and with what is nearly that."""
    for line in lines:
        event = {**json.loads(line), "app": chance.choice(APPS)}
        if chance.random() < 0.05:
            event["provider"] = chance.choice(("test,internal", "test", "internal"))
        if chance.random() < 0.05:
            event["model"] = chance.choice(("acme/one", "acme/two:free", "acme", "acme2/one", "hf/acme/one"))
        if chance.random() < 0.05:
            event["country"] = chance.choice(("ZZ", "ZA"))
        yield json.dumps(event)


def generated(world, events):
    range_of = ("--from", "2025-10-06", "--to", "2025-10-09")
    made = world.run("generate", "--events", events, "--seed", 7, *range_of, "--classified", 0.3)
    return made.out.splitlines()


def feed_only(world, events):
    path = world.folder / "only.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    world.produce(path)


def differences(world, oracle):
    summaries = {}
    for rollup in ROLLUPS:
        summaries.update(newest(read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")))
    cells, differing, shown = oracle.differences(summaries)
    check(cells > 1000 and differing == 0, f"{differing} of {cells} cells differ", *shown)
    return cells


def test_every_cell_is_that_of_the_others_whoever_is_killed(world):
    prepare(world, PARTITIONS, leave_out=LIST)
    chance = seeded()
    lines = list(probes(chance, generated(world, EVENTS)))
    feed_and_kill(world, lines, 3, PARTITIONS, chance)
    drain(world, 2)
    oracle = Others(lines, ACCOUNT_KEY)
    cells = differences(world, oracle)
    note(f"{cells} cells, {oracle.left_out} of {EVENTS} events left out")
    check(EVENTS // 5 < oracle.left_out < EVENTS * 4 // 5, "too few on either side to prove anything")
    wanted = {"counted": EVENTS - oracle.left_out, "filtered": oracle.left_out}
    equal(outcomes(world, PARTITIONS), wanted, "outcomes")
    equal(letters(world), [], "dead letters")
    world.run("replay")
    page = json.loads(world.run("report", "--format", "json").out)
    check(f"{oracle.left_out} filtered" in json.dumps(page), "the report does not say how many were left out")


class Last(Model):
    """What counts where ids are amended: of each id what it says last, unless that is left out."""

    def take(self, event):
        known = self.known(event["id"])
        is_left_out = event["op"] != "retract" and event["app"] == "health-check"
        number = known[1] if known else None
        if known and number is None and event["op"] == "amend" and is_left_out:  # retracted
            self.see(event)
            self.outcomes["filtered"] += 1
        elif event["op"] == "create" and is_left_out:  # the first one counts
            self.see(event)
            self.outcomes["filtered"] += 1
            if known is None:
                self.ids[event["id"]] = (self.watermark_ms // self.width_ms, -1, [])
        elif known and number == -1 and event["op"] == "create":
            self.return_to(event, known)
        elif known and number == -1:
            self.change(event, known, is_left_out)
        elif known and number is not None and is_left_out:
            self.touch(self.counting.pop(number))
            self.see(event)
            self.ids[event["id"]] = (self.watermark_ms // self.width_ms, -1, known[2])
        else:
            super().take(event)

    def return_to(self, event, known):
        """A create over what is left out: it counts, unless it was there before."""
        if self.said(event, known):
            self.outcomes["duplicate"] += 1
        else:
            self.touch(event)
            self.add(event, len(self.ever), known[2])

    def change(self, event, known, is_left_out):
        """An amendment or a retraction of what is left out."""
        if event["op"] == "amend" and not is_left_out:
            self.touch(event)
            self.add(event, len(self.ever), known[2])
            return
        self.outcomes["filtered"] += 1
        if is_left_out:
            self.see(event)
        number = -1 if is_left_out else None
        self.ids[event["id"]] = (self.watermark_ms // self.width_ms, number, known[2])

    def said(self, event, known):
        return {**event, "op": None, "app": None} in [{**one, "op": None, "app": None} for one in known[2]]


def corrected(chance, lines):
    """Each id created, and now and then repeated, amended or retracted, with another app or the same."""
    for line in lines:
        event = {**json.loads(line), "app": chance.choice(("health-check", "chat"))}
        yield event
        while chance.random() < 0.4:
            op = chance.choice(("create", "amend", "amend", "amend", "retract"))
            event = {**event, "op": op, "app": chance.choice(("health-check", "chat"))}
            if op == "amend":
                event["cost_nano_usd"] = chance.randrange(1_000_000)
            yield event


def test_what_an_id_says_last_counts_or_is_left_out(world):
    prepare(world, PARTITIONS, leave_out="app=health-check", ids="amend", ids_kept_hours=240)
    chance = seeded()
    lines = [json.dumps(event) for event in corrected(chance, generated(world, EVENTS // 4))]
    feed_and_kill(world, lines, 2, PARTITIONS, chance)
    drain(world, 2)
    model = Last(read_topic(world.kafka, world.topic), 240)
    oracle, _ = expected(model)
    cells = differences(world, oracle)
    note(f"{cells} cells; {dict(model.outcomes)}")
    equal(outcomes(world, PARTITIONS), dict(model.outcomes), "outcomes")
    equal(reasons_of(world), model.reasons, "dead letters by reason")
    check(all(event["app"] != "health-check" for event in model.counting.values()), "the model counts what is left out")
    check(model.outcomes["filtered"] > 500 and model.outcomes["counted"] > 500, "too few to prove anything")
    world.run("replay")


def test_one_id_step_by_step(world):
    prepare(world, leave_out="app=probe", ids="amend", ids_keep="last")
    steps = (
        (generation("x", 10, 1, app="probe"), (0, 0, 0), {"filtered": 1}),
        (generation("x", 10, 1), (1, 10, 1), {"filtered": 1, "counted": 1}),  # the app alone is another
        (generation("x", 20, 2, app="probe"), (0, 0, 0), {"filtered": 1, "counted": 2}),  # the last one
        (generation("x", 10, 1), (0, 0, 0), {"filtered": 1, "counted": 2, "duplicate": 1}),  # was there before
        (generation("x", 30, 3, op="amend"), (1, 30, 3), {"filtered": 1, "counted": 3, "duplicate": 1}),
        (generation("x", 30, 3, op="amend", app="probe"), (0, 0, 0), {"filtered": 1, "counted": 4, "duplicate": 1}),
        (generation("x", 30, 3, op="retract", app="probe"), (0, 0, 0), {"filtered": 2, "counted": 4, "duplicate": 1}),
        (generation("x", 40, 4, op="amend", app="probe"), (0, 0, 0), {"filtered": 3, "counted": 4, "duplicate": 1}),
    )
    for number, (event, what_counts, wanted) in enumerate(steps):
        feed(world, [event], f"step-{number}")
        equal(totals(world), what_counts, f"what counts after step {number}")
        equal(outcomes(world), wanted, f"outcomes after step {number}")
    equal(letters(world), [], "dead letters")
    feed(world, [generation("y", 1, 1, op="amend", app="probe")], "unknown")
    equal([reason for reason, _ in letters(world)], ["EVENT-AMEND-UNKNOWN"], "what could not be taken back is told")
    world.run("replay")


def test_dedup_remembers_nothing_of_what_is_left_out(world):
    prepare(world, leave_out="app=probe", ids="dedup")
    feed(world, [generation(f"id-{number}", 1, 1, app="probe") for number in range(50)])
    equal(world.redis.command("KEYS", "*:ids:*"), [], "ids that are kept")
    feed(world, [generation(f"id-{number}", 1, 1) for number in range(50)], "again")
    feed(world, [generation(f"id-{number}", 1, 1, app="probe") for number in range(50)], "and again")
    equal(totals(world), (50, 50, 50), "what counts")
    equal(outcomes(world), {"counted": 50, "filtered": 100}, "outcomes")
    world.run("replay")


def test_time_goes_on_with_what_is_left_out(world):
    """And what is of the future is a dead letter as ever, whatever its app: it would close every window."""
    prepare(world, leave_out="app=probe")
    ahead = generation("c", 1, 1, app="probe", created_at=4_000_000_000_000)
    late = generation("b", 1, 1, app="probe", created_at=generation("", 0, 0)["created_at"] + 5 * HOUR_MS)
    feed(world, [generation("a", 1, 1), late, ahead])
    wm = world.redis.command("HGET", f"{world.namespace}:{{{world.topic}:0}}:meta", "wm")
    equal(int(wm), late["created_at"] - 300_000, "watermark")
    equal(outcomes(world), {"counted": 1, "filtered": 1, "dead_lettered": 1}, "outcomes")
    equal([reason for reason, _ in letters(world)], ["EVENT-FUTURE"], "dead letters")


def test_another_list_holds_from_then_on(world):
    prepare(world)
    feed(world, [generation("a", 1, 1, app="probe"), generation("b", 1, 1)])
    equal(totals(world), (2, 2, 2), "what counts without a list")
    world.settings["GENTALLY_LEAVE_OUT"] = "provider=nobody,app=probe"
    words = ("leave_out: kept is '', told is 'app=probe,provider=nobody'", "run `gentally setup`")
    refused(world, "SETTINGS-CHANGED", words)
    check("leave_out: kept is ''" in world.run("setup").out, "setup does not say what it carries out")
    kept = world.redis.command("HGET", f"{world.namespace}:{{settings}}:record", "leave_out")
    equal(kept, b"app=probe,provider=nobody", "what is kept")
    feed(world, [generation("c", 1, 1, app="probe"), generation("d", 1, 1)], "then")
    equal(totals(world), (3, 3, 3), "what counts with it")
    equal(outcomes(world), {"counted": 3, "filtered": 1}, "outcomes")
    world.settings["GENTALLY_LEAVE_OUT"] = "app=probe,provider=nobody"  # the same
    feed(world, [generation("e", 1, 1, app="probe")], "same")
    equal(outcomes(world), {"counted": 3, "filtered": 2}, "outcomes of a list in another order")
    differs = world.start("replay")
    check(differs.wait(120) != 0 and "NOT equal" in differs.out, "a replay of before does not tell that it differs")
    world.settings["GENTALLY_LEAVE_OUT"] = ""
    world.run("setup")
    feed(world, [generation("f", 1, 1, app="probe")], "none")
    equal(outcomes(world), {"counted": 4, "filtered": 2}, "outcomes once the list is taken back")


def test_bad_lists_are_refused_by_name(world):
    rows = (
        ("health-check", "expected FIELD=VALUE"),
        ("ap=a", "did you mean app?"),
        ("account=Somebody", "accounts cannot be named"),
        ("app=", "the value is empty"),
        ("model=*", "would leave out all"),
        ("model=a*b", "at the end of a value"),
        ("app=a,app=a", "named twice"),
        ("app=" + "x" * 257, "longer than any text of an event"),
        (",".join(f"app={number}" for number in range(33)), "more than 32"),
        ("app=" + "x" * 600, "leave_out"),
    )
    for text, words in rows:
        refused(world, "CONFIG-VALUE", (words,), "worker", "--check-config", GENTALLY_LEAVE_OUT=text)
    done = world.start("worker", "--check-config", GENTALLY_LEAVE_OUT="account=Somebody")
    done.wait(60)
    check("Somebody" not in done.log + done.out, "an account is told")


def test_what_is_told_of_outcomes_has_them(world):
    prepare(world, leave_out="app=probe")
    events = [generation(f"{number}", 1, 1, app="probe" if number < 3 else "chat") for number in range(5)]
    worker, url = start_worker(world)
    feed_only(world, events)
    wait_until(lambda: scrape(url)[0][("records_total", "filtered")] == 3, 60, "three records to be told as filtered")
    equal(scrape(url)[0][("records_total", "counted")], 2, "records that are told as counted")
    worker.end()
    drain(world, 1)
    (row,) = [row for row in world.summaries("total", "month")]
    equal(row["requests"], 2, "requests")
    ledger = newest(read_topic(world.kafka, f"{world.namespace}.ledger"))
    for key, entry in ledger.items():
        (part,) = entry["partitions"]
        wanted = {**dict.fromkeys(OUTCOMES, 0), "counted": 2, "filtered": 3}
        equal({name: part[name] for name in OUTCOMES}, wanted, f"outcomes in {key}")
        equal((part["records"], part["consumed"]), (2, 5), f"records in {key}")


if __name__ == "__main__":
    main(__file__, globals())
