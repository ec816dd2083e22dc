"""How counting goes with the primaries of a Redis Cluster: one, two and three of them, in turns, and one Redis.

Every event is of a model of its own, so that each makes new cells in every window: what Redis does is most of it. A
worker counts them and ends. Said of each: cells per second, from the worker's start to its end; the processor time
of the busiest primary for each thousand cells, which is what bounds a cluster with processors enough; and the share
of all that this is.
"""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from cluster_nodes import Cluster  # noqa: E402
from harness import check, equal, main, note  # noqa: E402

EVENTS = int(os.environ.get("GENTALLY_EVENTS", "60000"))
TURNS = int(os.environ.get("GENTALLY_TURNS", "2"))
PARTITIONS = 24
TICKS = os.sysconf("SC_CLK_TCK")
EVENT = {
    "created_at": int(time.time()) // 3600 * 3600000,  # no later one comes: no window closes
    "provider": "bench",
    "tokens_prompt": 100,
    "tokens_completion": 50,
    "latency_ms": 700,
}


def processor_seconds(node):
    fields = Path(f"/proc/{node.process.process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def count_cells(nodes):
    """Fields of all windows, but for the numbers beside the cells."""
    total = 0
    for node in nodes:
        keys = [key for key in node.command("KEYS", "*") if key.split(b":")[-2] in (b"hour", b"day", b"week", b"month")]
        total += sum(node.pipeline([("HLEN", key) for key in keys])) if keys else 0
    return total


def work(world, nodes, turn):
    """Counts all events: seconds, cells, and the processor time of each node."""
    name = f"{world.namespace}-{turn}"
    settings = {"GENTALLY_NAMESPACE": name, "GENTALLY_GROUP": name, "GENTALLY_OUT_OF_ORDERNESS_MS": 86400000}
    world.run("setup", "--partitions", PARTITIONS, **settings)
    before = [processor_seconds(node) for node in nodes]
    begin = time.monotonic()
    world.run("worker", "--drain", seconds=600, **settings)
    seconds = time.monotonic() - begin
    spent = [processor_seconds(node) - was for node, was in zip(nodes, before)]
    cells = count_cells(nodes)
    check(cells >= 8 * EVENTS, f"only {cells} cells: a row by model and one by provider in four windows of each event")
    for node in nodes:
        equal(node.command("FLUSHALL"), "OK", "FLUSHALL")
    return seconds, cells, spent


def test_cells_per_second(world):
    path = world.folder / "events.jsonl"
    world.start_redis()
    world.run("setup", "--partitions", PARTITIONS)
    with open(path, "w", encoding="utf-8") as lines:
        for number in range(EVENTS):
            lines.write(json.dumps({**EVENT, "id": str(number), "model": f"bench/model-{number}"}) + "\n")
    world.produce(path)
    single, url = world.redis, world.redis.url
    scenes = [("one Redis", [single], url)]
    for primaries in (1, 2, 3):
        cluster = Cluster(world, primaries=primaries, replicas=False, folder=f"cluster-{primaries}")
        scenes.append((f"{primaries} primaries" if primaries > 1 else "1 primary", cluster.nodes, cluster.url()))
    best = {}
    for turn in range(TURNS):
        for name, nodes, address in scenes:
            world.settings["GENTALLY_REDIS_URL"] = address
            found = work(world, nodes, f"{turn}-{len(nodes)}-{name.split()[-1]}")
            if name not in best or found[0] < best[name][0]:
                best[name] = found
    for name, (seconds, cells, spent) in best.items():
        note(
            f"{name}: {cells / seconds:,.0f} cells/s ({cells:,} in {seconds:.1f} s), busiest primary "
            f"{max(spent) / cells * 1e6:.2f} ms of processor a thousand cells, {max(spent) / sum(spent):.0%} of all"
        )


if __name__ == "__main__":
    main(__file__, globals())
