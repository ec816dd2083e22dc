"""Rows of retention: as a reader of the topic holds them, and as SQL says they are."""

from harness import check, equal, note
from topics import newest, read_topic


def published(world):
    """(model, cohort, age) -> accounts; and the topic's messages."""
    messages = read_topic(world.kafka, f"{world.namespace}.summaries.retention")
    rows = newest(messages)
    for key, row in rows.items():
        equal(key.split("|")[:2], ["retention", "month"], "the key's beginning")
        equal((row["rollup"], row["window"], row["requests"], row["tokens_prompt"]), ("retention", "month", 0, 0), key)
    return {(row["model"], row["cohort"], row["age"]): row["accounts"] for row in rows.values()}, messages


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


def rows_by_month(world):
    """How many rows of retention there are of each month's start."""
    counts = {}
    for row in newest(read_topic(world.kafka, f"{world.namespace}.summaries.retention")).values():
        counts[row["window_start"]] = counts.get(row["window_start"], 0) + 1
    return counts
