"""Each alert of docker/prometheus is fired by its real fault, in a real Prometheus that scrapes real workers, and is
over once the fault is mended. Times are SCALE times shorter than in the file; nothing else is different. Those of
servers are in alerts_servers.py."""

import re
import shutil
import subprocess
import threading
from pathlib import Path

from harness import ROOT, Skip, check, equal, main, wait_until
from monitoring import RULES, begin, change, counts, rules, watched
from registry import Registry, framed
from takeover import Stranger

PAGE = (ROOT / "runbooks/alerts.md").read_text()


def test_workers(world):
    """One that is too many, with another catalog; group members that are none of ours; a Redis that lost a second."""
    prometheus, load, _, port = begin(world)
    beside, beside_port = watched(world)
    catalog = world.folder / "catalog.csv"
    shutil.copy(ROOT / "schemas/catalog.csv", catalog)
    change(catalog)
    spare, spare_port = watched(world, GENTALLY_CATALOG=catalog)
    prometheus.watch(port, beside_port, spare_port)
    prometheus.fires("GentallyWorkerIdle", "GentallyTablesDiffer")
    for process in (spare, beside):
        process.end()
    prometheus.watch(port)
    prometheus.resolves("GentallyWorkerIdle", "GentallyTablesDiffer")

    stranger = Stranger(world)
    prometheus.fires("GentallyPartitionUnread")
    stranger.stop()
    prometheus.resolves("GentallyPartitionUnread")
    is_over = threading.Event()

    def come_and_go():
        while not is_over.is_set():
            guest = Stranger(world)
            wait_until(lambda: guest.owned is not None or is_over.is_set(), 30, "a stranger to have its share")
            guest.stop()

    guests = threading.Thread(target=come_and_go)
    guests.start()
    try:
        prometheus.fires("GentallyRebalances")
    finally:
        is_over.set()
        guests.join()
    prometheus.resolves("GentallyRebalances")

    counts(prometheus)
    equal(world.redis.command("SAVE"), "OK", "SAVE")
    before = int(prometheus.query('gentally_records_total{outcome="counted"}')[0][1])
    wait_until(
        lambda: int(prometheus.query('gentally_records_total{outcome="counted"}')[0][1]) > before + 50,
        30,
        "more to be counted",
    )
    load.stop()
    world.redis.kill()
    world.redis.start()
    load.start()
    prometheus.fires("GentallyFenced")
    prometheus.resolves("GentallyFenced")


def test_input(world):
    registry = world.own(Registry())
    registry.start()
    prometheus, load, _, _ = begin(world, GENTALLY_REGISTRY_URL=registry.url)
    for _ in range(20):
        load.put(0, value=b"no framing")
    load.flush()
    prometheus.fires("GentallyDeadLetters", reason="DECODE-FRAMING")
    prometheus.fires("GentallyDeadLettersMany")
    registry.stop()
    load.put(1, value=framed(77, "foreign"))
    prometheus.fires("GentallySchemaAwaited", partition="1")
    registry.knows(77)
    registry.start()
    prometheus.resolves("GentallySchemaAwaited")
    load.stop()
    prometheus.fires("GentallySourceSilent")
    load.fields = {"model": "nobody/knows-this-one"}
    load.start()
    prometheus.resolves("GentallySourceSilent")
    prometheus.fires("GentallyUnknownModels")
    load.fields = {}
    prometheus.resolves("GentallyUnknownModels", "GentallyDeadLetters", "GentallyDeadLettersMany", seconds=90)


def promtool(*words):
    tool = shutil.which("promtool")
    if tool is None:
        raise Skip("promtool")
    done = subprocess.run([tool, *words], capture_output=True, text=True, check=False, cwd=ROOT)
    check(done.returncode == 0, f"promtool {' '.join(words)}", done.stdout, done.stderr)
    return done.stdout


def test_promtool_has_nothing_to_say(world):
    check("SUCCESS" in promtool("check", "rules", "--lint=all", "--lint-fatal", str(RULES)), "no success")
    promtool("test", "rules", "tests/integration/alerts.test.yaml")
    promtool("check", "config", "docker/prometheus/prometheus.yaml")


def test_each_alert_has_its_page_its_unit_test_and_its_fault(world):
    names = list(rules())
    headings = re.findall(r"^## (Gentally\w+)$", PAGE, re.MULTILINE)
    equal(headings, names, "headings of runbooks/alerts.md")
    for name, rule in rules().items():
        equal(rule["annotations"]["runbook"], f"runbooks/alerts.md#{name.lower()}", f"the page of {name}")
        section = PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for part in ("**Means.**", "**See.**", "**Do.**", "**Worked.**"):
            check(part in section, f"{name} has no {part}")
    units = (ROOT / "tests/integration/alerts.test.yaml").read_text()
    equal({name for name in names if f"alertname: {name}\n" not in units}, set(), "alerts without a unit test")
    here = "".join(Path(__file__).with_name(name).read_text() for name in ("alerts.py", "alerts_servers.py"))
    fired = set(re.findall(r'"(Gentally\w+)"', " ".join(re.findall(r"fires\(([^)]*)\)", here))))
    equal(fired, set(names), "alerts that are fired here")


if __name__ == "__main__":
    main(__file__, globals())
