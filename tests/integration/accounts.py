"""What is made of accounts: rows that too few of them stand behind, and rows of each, against SQL over the same lines.

Which rows are suppressed is SQL's answer too, by its own estimate of a row's accounts.
"""

import json

from harness import ACCOUNT_KEY, check, equal, main, note
from oracle import ROLLUPS, WINDOWS, Oracle, rollups_text
from topics import newest, read_topic
from truth import drain, write

EVENTS = 3_000
PARTITIONS = 4
BELOW = 10
CONFIG = 78
USERS = {**ROLLUPS, "users": ("account", "model")}
LONG = ("day", "week", "month")


def prepare(world, rollups, windows=WINDOWS):
    world.start_redis()
    world.count_accounts()
    world.settings.update(GENTALLY_ROLLUPS=rollups_text(rollups), GENTALLY_WINDOWS=",".join(windows))
    world.run("setup", "--partitions", PARTITIONS)


def published(world, rollups):
    """{key: newest summary}, and the bytes of all messages."""
    summaries, everything = {}, b""
    for rollup in rollups:
        messages = read_topic(world.kafka, f"{world.namespace}.summaries.{rollup}")
        everything += b"".join((message.key() or b"") + (message.value() or b"") for message in messages)
        summaries.update(newest(messages))
    return summaries, everything


def compare(world, oracle, rollups):
    summaries, everything = published(world, rollups)
    cells, differing, shown = oracle.differences(summaries)
    check(differing == 0, f"{differing} of {cells} cells differ", *shown)
    suppressed = sum(record["suppressed"] for record in summaries.values())
    note(f"cells compared {cells}, suppressed {suppressed}, differences {differing}")
    return summaries, everything, suppressed


def verified(world):
    result = json.loads(world.run("verify", "--format", "json").out.splitlines()[-1])
    equal(result["violations"], 0, f"violations: {result}")


def test_rows_of_few_accounts_are_suppressed(world):
    prepare(world, USERS, LONG)
    world.settings.update({f"GENTALLY_{kind}S_KEPT_DAYS": 400 for kind in ("DAY", "WEEK", "MONTH")})
    world.run("setup")
    lines = world.run("generate", "--events", EVENTS, "--seed", 7).out.splitlines()
    accounts = {json.loads(line).get("account") for line in lines} - {None, ""}
    check(len(accounts) > 500, f"only {len(accounts)} accounts")
    world.produce(write(world, lines))
    world.settings["GENTALLY_SUPPRESS_BELOW_ACCOUNTS"] = BELOW
    drain(world, 2)
    summaries, everything, suppressed = compare(world, Oracle(lines, ACCOUNT_KEY, BELOW, USERS, LONG), USERS)
    check(0 < suppressed < len(summaries), f"{suppressed} of {len(summaries)} rows are suppressed")
    check(
        all(record["suppressed"] for record in summaries.values() if record["breakdown"] == "users"),
        "a row of one account is told",
    )
    for account in accounts:
        check(account.encode() not in everything, f"account {account} as it came")
    verified(world)
    shown = world.run("summaries", "--rollup", "model", "--window", "month").out
    check("suppressed" in shown, "the table names no suppressed row", shown)
    by = world.run("summaries", "--rollup", "model", "--window", "month", "--by", "source")
    check("suppressed rows are in none of these sums" in by.log, "sums say nothing of what they lack", by.log)
    rows = [
        json.loads(line)
        for line in world.run(
            "summaries", "--rollup", "model", "--window", "month", "--format", "json"
        ).out.splitlines()
    ]
    equal({row["requests"] > 0 for row in rows if not row["suppressed"]}, {True}, "requests of rows that are told")
    equal({row.get("requests") for row in rows if row["suppressed"]}, {None}, "requests of rows that are not")

    # Another setting, and no new record: what was held back is told, and what is told is the truth.
    world.settings["GENTALLY_SUPPRESS_BELOW_ACCOUNTS"] = 0
    drain(world, 1)
    summaries, _, suppressed = compare(world, Oracle(lines, ACCOUNT_KEY, 0, USERS, LONG), USERS)
    equal(suppressed, 0, "rows suppressed by nobody's wish")
    equal({record["generation"] for record in summaries.values()}, {1}, "generations of what was told anew")
    verified(world)


def test_more_accounts_than_symbols(world):
    """Seventy thousand accounts between two flushes that are a long way apart: room ends, and nothing is lost."""
    rollups = {"total": (), "account": ("account",)}
    prepare(world, rollups, ("month",))
    lines = []
    for number, line in enumerate(world.run("generate", "--events", 70_000, "--seed", 8).out.splitlines()):
        event = json.loads(line)
        if number % 100 != 0:
            event["account"] = f"somebody-{number}"
        lines.append(json.dumps(event))
    world.produce(write(world, lines))
    world.settings.update(GENTALLY_FLUSH_INTERVAL_MS=600_000, GENTALLY_FLUSH_ROWS_MAX=16384)
    drain(world, 1)
    compare(world, Oracle(lines, ACCOUNT_KEY, 0, rollups, ("month",)), rollups)
    verified(world)


def test_an_account_is_amended_and_retracted(world):
    """Rows of accounts are taken back like others: by the pseudonym that was counted."""
    rollups = {"total": (), "account": ("account",)}
    prepare(world, rollups)
    world.settings["GENTALLY_IDS"] = "amend"
    world.run("setup")
    events = [json.loads(line) for line in world.run("generate", "--events", 300, "--seed", 9).out.splitlines()]
    for number, event in enumerate(events):
        event.update(account=f"user-{number % 20}", created_at="2025-11-20T10:20:30Z")
    changed = [{**event, "op": "amend", "account": "user-other"} for event in events[::3]]
    gone = [{**event, "op": "retract"} for event in events[1::3]]
    world.produce(write(world, [json.dumps(event) for event in events + changed + gone]))
    drain(world, 1)
    left = [json.dumps({**event, "op": "create"}) for event in changed + events[2::3]]
    oracle = Oracle(left, ACCOUNT_KEY, 0, rollups)
    # A union cannot be taken back: of the total, all accounts that ever were; of an account's own row there is one.
    ever = Oracle([json.dumps({**event, "op": "create"}) for event in events + changed], ACCOUNT_KEY, 0, rollups)
    oracle.db.executemany(
        "UPDATE expected SET accounts = ? WHERE key = ?",
        ever.db.execute("SELECT accounts, key FROM expected").fetchall(),
    )
    compare(world, oracle, rollups)


def test_who_counts_needs_the_key_and_who_reads_does_not(world):
    world.start_redis()
    world.run("setup", "--partitions", 1)
    for settings in ({"GENTALLY_SUPPRESS_BELOW_ACCOUNTS": 10}, {"GENTALLY_ROLLUPS": rollups_text(USERS)}):
        for command in (("worker", "--drain"), ("worker", "--check-config")):
            done = world.start(*command, **settings)
            equal(done.wait(30), CONFIG, f"exit status of {command} with {settings}")
            check("CONFIG-ACCOUNT-KEY" in done.log, "its reason", done.log)
        world.run("summaries", "--rollup", "total", "--window", "day", **settings)


if __name__ == "__main__":
    main(__file__, globals())
