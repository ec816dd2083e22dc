"""Rows of retention: as a reader of the topic holds them, and as SQL says they are."""

from harness import check, equal, note
from topics import newest, read_topic


def published(world):
    """(model, cohort, age) -> accounts; and the topic's messages."""
    messages = read_topic(world.kafka, f"{world.namespace}.summaries.retention")
    rows = newest(messages)
    for key, row in rows.items():
        equal(key.split("|")[:2], ["retention", "month"], "the key's beginning")
        equal(
            (row["breakdown"], row["granularity"], row["requests"], row["tokens_prompt"]),
            ("retention", "month", None, None),
            key,
        )
    return {(row["model_slug"], row["cohort"], row["age"]): row["accounts"] for row in rows.values()}, messages


def expected(oracle):
    """The same by SQL, over the events of an oracle."""
    return {
        (model, cohort, age): accounts
        for model, cohort, age, accounts in oracle.db.execute(
            """
        WITH active AS (SELECT DISTINCT coalesce(catalog.slug, base) display, account,
                            strftime('%Y-%m', created_at / 1000, 'unixepoch') month
                        FROM event JOIN attributes USING (model)
                            LEFT JOIN called whole ON whole.name = event.model
                            LEFT JOIN called plain ON plain.name = base
                            LEFT JOIN called undated ON undated.name = undated_slug(base)
                            LEFT JOIN catalog ON catalog.slug = coalesce(whole.slug, plain.slug, undated.slug)
                        WHERE account IS NOT NULL),
            born AS (SELECT display, account, min(month) cohort FROM active GROUP BY display, account)
        SELECT display, cohort,
            substr(month, 1, 4) * 12 + substr(month, 6) - substr(cohort, 1, 4) * 12 - substr(cohort, 6),
            count(*) FROM active JOIN born USING (display, account) GROUP BY 1, 2, 3"""
        )
    }


def compare_retention(world, oracle, fewest):
    """Zero differences; returns the rows."""
    want, (got, _) = expected(oracle), published(world)
    differing = [key for key in want.keys() | got.keys() if want.get(key) != got.get(key)]
    note(f"retention rows compared {len(want)}, differences {len(differing)}")
    check(
        not differing,
        f"{len(differing)} rows differ",
        *[f"{key}: SQL {want.get(key)}, published {got.get(key)}" for key in sorted(differing)[:5]],
    )
    check(len(want) >= fewest, f"only {len(want)} rows: too few to prove anything")
    return got


def varint(packed, at):
    value, shift = 0, 0
    while True:
        value |= (packed[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if packed[at - 1] < 128:
            return value, at


def pairs_of_bucket(packed):
    """(account, number of the model) -> months, as include/gentally/core/bucket.h says."""
    pairs, at = {}, 0
    while at < len(packed):
        account = packed[at : at + 12]
        count, at = varint(packed, at + 12)
        for _ in range(count):
            number, at = varint(packed, at)
            first, at = varint(packed, at)
            bits, at = varint(packed, at)
            pairs[account, number] = [first + bit for bit in range(bits.bit_length()) if bits >> bit & 1]
    return pairs


def scan(world):
    """All that the shards keep: (account, model) -> months; and how many pairs each shard says it has."""
    found, sizes = {}, []
    for shard in range(8):
        stem = f"{world.namespace}:{{{world.topic}:retention:{shard}}}"
        fields = [world.redis.command("HGETALL", f"{stem}:{part}") for part in ("pairs", "models")]
        buckets, models = [dict(zip(all[::2], all[1::2])) for all in fields]
        names = {int(number): model.decode() for model, number in models.items()}
        buckets.pop(b"__v", None)
        before = len(found)
        for packed in buckets.values():
            for (account, number), months in pairs_of_bucket(packed).items():
                check(account[0] >> 5 == shard, f"an account of shard {account[0] >> 5} in shard {shard}")
                check((account, names[number]) not in found, "a pair is in two buckets")
                found[account, names[number]] = months
        sizes.append(int(world.redis.command("HGET", f"{stem}:state", "pairs") or 0))
        equal(len(found) - before, sizes[-1], f"pairs of shard {shard}")
    return found, sizes


def compare_scan(world, oracle):
    """The pairs themselves, counted here: what the shards keep of each account is what SQL says."""
    counts = {}
    for (_, model), months in scan(world)[0].items():
        for month in months:
            key = (model, f"{1970 + months[0] // 12}-{months[0] % 12 + 1:02}", month - months[0])
            counts[key] = counts.get(key, 0) + 1
    equal(counts, expected(oracle), "counts by a scan of all pairs")


def rows_by_month(world):
    """How many rows of retention there are of each month's start."""
    counts = {}
    for row in newest(read_topic(world.kafka, f"{world.namespace}.summaries.retention")).values():
        counts[row["window_start"]] = counts.get(row["window_start"], 0) + 1
    return counts
