"""The dashboard of docker/grafana: its JSON is what Grafana's published schema has, and each of its queries has an
answer from a real Prometheus that scrapes two real workers under load. What it and the rules name is in a scrape."""

import json
import re

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from harness import ROOT, check, equal, main, wait_until
from metrics import scrape
from monitoring import RULES, begin, watched
from registry import Registry, framed

DASHBOARD = ROOT / "docker/grafana/gentally.json"


def panels():
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions():
    """{(panel, query)} as Grafana would ask them of Prometheus, in short."""
    return {
        (panel["title"], target["refId"]): target["expr"]
        .replace("$job", "gentally")
        .replace("$__rate_interval", "5s")
        .replace("[1h]", "[10s]")
        for panel in panels()
        for target in panel["targets"]
    }


def test_each_query_has_an_answer(world):
    world.count_accounts()
    registry = world.own(Registry())
    registry.start()
    prometheus, load, _, port = begin(world, GENTALLY_REGISTRY_URL=registry.url)
    _, beside = watched(world)
    prometheus.watch(port, beside)
    registry.knows(77)
    load.put(1, value=framed(77, "foreign"))
    left = expressions()
    check(len(left) > 50, "queries of the dashboard", left)
    number = 0

    def are_answered():
        """Asks those that had no answer yet. Among the load are letters, accounts and a model that nobody knows."""
        nonlocal number
        load.put(number % 2, value=b"no framing")
        load.put(number % 2, id=f"other-{number}", account=f"account-{number}", model="nobody/knows-this-one")
        number += 1
        for place, expression in list(left.items()):
            answer = prometheus.query(expression)
            if answer and all(value != "NaN" for _, value in answer):
                del left[place]
        return not left

    try:
        wait_until(are_answered, 60, "answers to all queries")
    except AssertionError:
        equal(left, {}, "queries without an answer")
    dashboard = json.loads(DASHBOARD.read_text())
    annotation = dashboard["annotations"]["list"][0]["expr"]
    wait_until(lambda: prometheus.query(annotation), 30, "an alert to be an annotation")
    variable = dashboard["templating"]["list"][1]["query"]["query"]
    metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable).groups()
    equal(prometheus.ask(f"label/{label}/values", **{"match[]": metric}), ["gentally"], "values of the variable")


def lost(ours, schemas, path=""):
    """What of ours is not in the other, or is something else there."""
    if isinstance(ours, dict) and isinstance(schemas, dict):
        return [
            place
            for name, value in ours.items()
            for place in (lost(value, schemas[name], f"{path}/{name}") if name in schemas else [f"{path}/{name}"])
        ]
    if isinstance(ours, list) and isinstance(schemas, list) and len(ours) == len(schemas):
        return [place for at, pair in enumerate(zip(ours, schemas)) for place in lost(*pair, f"{path}/{at}")]
    return [] if ours == schemas else [path]


def theirs(dashboard):
    """The same once Grafana's types have read it and written it."""
    return json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(dashboard)))


def test_it_is_what_the_schema_has(world):
    """Grafana's own types, which are made of its schema, read all of it: nothing is dropped or changed."""
    plugins.register_default_plugins()
    ours = json.loads(DASHBOARD.read_text())
    equal(lost(ours, theirs(ours)), [], "what Grafana does not know")
    ours["panels"][1]["targets"][0]["legendFormatt"] = "misspelt"
    equal(lost(ours, theirs(ours)), ["/panels/1/targets/0/legendFormatt"], "what is misspelt")
    ids = [panel["id"] for panel in ours["panels"]]
    equal(len(set(ids)), len(ids), "ids of panels")
    taken = {}
    for panel in ours["panels"]:
        place = panel["gridPos"]
        check(place["x"] + place["w"] <= 24, f"{panel['title']} is beyond the edge")
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                check((x, y) not in taken, f"{panel['title']} lies on {taken.get((x, y))}")
                taken[x, y] = panel["title"]


def test_what_is_named_is_in_a_scrape(world):
    world.start_redis()
    world.run("setup", "--partitions", 1)
    _, port = watched(world)
    families = scrape(f"http://127.0.0.1:{port}")[1]
    kinds = {"counter": "_total", "info": "_info", "gauge": ""}
    told = {family.name + kinds[family.type] for family in families if family.type in kinds}
    told |= {
        family.name + end for family in families if family.type == "histogram" for end in ("_bucket", "_sum", "_count")
    }
    named = set(re.findall(r"gentally_\w+", RULES.read_text() + " ".join(expressions().values())))
    check(len(named) > 40, "metrics that are named", named)
    equal(named - told, set(), "what no scrape has")


if __name__ == "__main__":
    main(__file__, globals())
