"""Real traffic: Azure's two traces and OpenRouter's weekly table, mapped by a few lines of awk, against awk's own sums.

The data are other people's and not in the repository: the folder is $GENTALLY_TRACES, or shared/data/traces beside the
checkout's folder.
"""

import os
import subprocess
from pathlib import Path

from harness import ROOT, Skip, check, equal, main, note

TRACES = Path(os.environ.get("GENTALLY_TRACES", ROOT.parent / "shared" / "data" / "traces"))
PARTITIONS = 4


def traces(*names):
    for name in names:
        if not (TRACES / name).is_file():
            raise Skip(f"{name}: no such file in $GENTALLY_TRACES or shared/data/traces beside the checkout")
    return [TRACES / name for name in names]


def awk(*arguments):
    return subprocess.run(["awk", *map(str, arguments)], capture_output=True, text=True, check=True, timeout=60).stdout


def start(world):
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)


def feed(world, name, lines):
    """Produces lines; returns how many."""
    path = world.folder / name
    path.write_text(lines)
    world.produce(path)
    return lines.count("\n")


def added_up(rows, *names):
    return [sum(row.get(name, 0) for row in rows) for name in names]


def test_azure_traces_add_up(world):
    code, conversation = traces(
        "azure/AzureLLMInferenceTrace_code_2023.csv", "azure/AzureLLMInferenceTrace_conv_2023.csv"
    )
    start(world)
    for name, path in (("code", code), ("conv", conversation)):
        feed(world, name, awk("-v", f"name={name}", "-f", ROOT / "tests/support/azure.awk", path))
    world.run("worker", "--drain")
    sums = '{ sub(/\\r$/, "") } FNR > 1 { n++; p += $2; c += $3 } END { printf "%.0f %.0f %.0f", n, p, c }'
    for window in ("hour", "day", "week", "month"):
        rows = world.summaries("model", window)
        for name, path in (("code", code), ("conv", conversation)):
            want = [int(word) for word in awk("-F,", sums, path).split()]
            got = added_up(
                [row for row in rows if row["model_slug"] == f"azure/{name}"],
                "requests",
                "tokens_prompt",
                "tokens_completion",
                "cost_unknown",
            )
            want.append(want[0])
            equal(got, want, f"requests, tokens and requests without a price of {name} by {window}")
    note(f"28,185 requests of two real services, counted exactly")


def test_openrouters_weekly_table_adds_up_and_every_model_is_known(world):
    (table,) = traces("openrouter/weekly_top_models.csv")
    start(world)
    events = feed(world, "weekly", awk("-f", ROOT / "tests/support/openrouter.awk", table))
    world.run("worker", "--drain", seconds=180)
    rows = world.summaries("model", "week")
    sums = 'FNR > 1 { p += $7; c += $8; r += $9; k += $10 } END { printf "%.0f %.0f %.0f %.0f", p, c, r, k }'
    want = [int(word) for word in awk("-F,", sums, table).split()]
    got = added_up(rows, "tokens_prompt", "tokens_completion", "tokens_reasoning", "tokens_cached")
    equal(got, want, "prompt, completion, reasoning and cached tokens")
    equal(added_up(rows, "requests", "cost_unknown"), [events, events], "requests, and those without a price")
    slugs = set(awk("-F,", "FNR > 1 { print $3 }", table).split())
    equal({row["model_slug"] for row in rows}, slugs, "models")
    unknown = sorted({row["model_slug"] for row in rows if row["source"] == "unknown"})
    check(not unknown, "models the catalog does not know", *unknown)
    per_week = "FNR > 1 { n = int($11 / 10000); a[$1] += n < 1 ? 1 : n } END { for (w in a) print w, a[w] }"
    want = sorted(int(line.split()[1]) for line in awk("-F,", per_week, table).splitlines())
    weeks = {}
    for row in rows:
        weeks[row["window_start"]] = weeks.get(row["window_start"], 0) + row["requests"]
    equal(sorted(weeks.values()), want, "requests by week")


if __name__ == "__main__":
    main(__file__, globals())
