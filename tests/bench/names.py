"""Measures how many names of a public price list `gentally catalog show -` resolves.

    names.py BINARY LIST...

A LIST is LiteLLM's model_prices_and_context_window.json (its chat models are taken), models.dev's api.json (with the
provider in front), or lines of names. Of each it prints how many names resolve, of all and of those whose vendor the
catalog has: whose last part begins with a word, such as "claude" or "qwen", with which a model of the catalog begins.
"""

import json
import pathlib
import re
import subprocess
import sys

CATALOG = pathlib.Path(__file__).parents[2] / "schemas" / "catalog.csv"


def names_of(path: str) -> list[str]:
    text = pathlib.Path(path).read_text()
    if not path.endswith(".json"):
        return text.split("\n")[:-1]
    table = json.loads(text)
    if any("mode" in model for model in table.values()):
        return [name for name, model in table.items() if model.get("mode") == "chat"]
    return [f"{provider}/{name}" for provider, entry in table.items() for name in entry["models"]]


def family(name: str) -> str:
    """The word that a name begins with, after hosts, regions and vendors."""
    last = re.sub(r"^((us|eu|apac|au|jp|global|us-gov)\.)?([a-z0-9]+\.)?(?=[a-z])", "", name.lower().split("/")[-1])
    last = re.sub(r"^(databricks-|fw-|hf:|meta-(?=llama)|nvidia-(?=nemotron))", "", last)
    return re.match(r"[a-z]*", last).group()


def main() -> None:
    binary, *lists = sys.argv[1:]
    slugs = [line.split(",")[0] for line in CATALOG.read_text().split("\n") if "/" in line and line[0] != "#"]
    families = {family(slug) for slug in slugs} - {""}
    for path in lists:
        names = [name for name in names_of(path) if name]
        run = subprocess.run(
            [binary, "catalog", "show", "-"], input="\n".join(names) + "\n", text=True, capture_output=True, check=True
        )
        found = [line.split("\t")[:2] for line in run.stdout.split("\n")[:-1]]
        ours = [slug for name, slug in found if family(name) in families]
        resolved, of_ours = sum(slug != "" for _, slug in found), sum(slug != "" for slug in ours)
        print(
            f"{pathlib.Path(path).name}: {resolved} of {len(found)} resolve ({resolved / len(found):.1%}); "
            f"{of_ours} of {len(ours)} of vendors in the catalog ({of_ours / max(len(ours), 1):.1%})"
        )


main()
