"""The mutation check: with a guard taken out of the core, the simulation or a named test must fail.

Each mutant is a text of one source file and what stands there instead (mutants.txt). A mutated store.lua is loaded in
place of the bundled one, or bundled in its place for a named test; a mutated C file, or that of what is bundled, is
compiled as the build compiles it and linked before the core's archives, so that the linker takes it from there. A text
that is not found, or found twice, is a failure: the table is to be kept up with the code.

    python3 tests/simulation/mutation.py BUILD [name ...]
    python3 tests/simulation/mutation.py --texts     only: are all the texts still there?

GENTALLY_MUTATION_SECONDS bounds the search for each mutant (default 60), GENTALLY_SIM_FIRST is the first seed. Prints a
table: guard, seeds until found, what was seen. A seed counts only if the mutant alone fails it: it is run again without
the mutant, and if it fails then too, that is a failure of its own, and the search goes on behind it. A mutant with a
line `test:` is for that program of the build, which must pass without it. A mutant marked `second` is a second line
behind another guard: it is reported, and need not be found.
"""
import json
import os
import re
import subprocess
import sys
import time
from collections import namedtuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

Mutant = namedtuple("Mutant", "name path mark note old new")


def read_mutants():
    """Blocks of: `name: ...`, `file: ...`, optional `second: why` or `test: program`, then `<<<<`, the text, `====`,
    its replacement, `>>>>`."""
    with open(os.path.join(ROOT, "tests/simulation/mutants.txt"), encoding="utf-8") as file:
        text = file.read()
    pattern = r"^name: ([^\n]+)\nfile: ([^\n]+)\n(?:(second|test): ([^\n]+)\n)?<<<<\n(.*?)\n====\n(.*?)\n?>>>>$"
    return [Mutant(*found) for found in re.findall(pattern, text, re.MULTILINE | re.DOTALL)]


def mutate(mutant):
    """Answers the mutated text, or None and what is wrong."""
    with open(os.path.join(ROOT, mutant.path), encoding="utf-8") as file:
        text = file.read()
    if text.count(mutant.old) != 1:
        return None, "the text is in %s %d times" % (mutant.path, text.count(mutant.old))
    return text.replace(mutant.old, mutant.new), None


def bundle(build, mutant, source, folder):
    """Writes a C file that bundles `source`, of the mutant, where the build's bundles the file it stands for. Answers
    its path and that of the build's."""
    bundled = os.path.join(build, "bundled.c")
    with open(bundled, encoding="utf-8") as file:
        text = file.read()
    symbol = os.path.basename(mutant.path).replace(".", "_")
    text = text.replace(os.path.join(ROOT, mutant.path), source)
    text = re.sub(r"\{%s_begin, \d+\}" % symbol, "{%s_begin, %d}" % (symbol, os.path.getsize(source)), text)
    path = os.path.join(folder, "bundled.c")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path, bundled


def compile_and_link(build, path, source, folder, target):
    """Answers the program `target` with `source` in it in place of `path`, or None with the compiler's words."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entry = next(item for item in json.load(file) if item["file"] == path)
    compiled = os.path.join(folder, "mutant.o")
    program = os.path.join(folder, "mutant")
    command = re.sub(r" -o \S+ ", " -o %s " % compiled, entry["command"])
    command = re.sub(r" -c \S+$", " -c %s" % source, command) + " -w -iquote " + os.path.dirname(path)
    done = subprocess.run(command, shell=True, cwd=entry["directory"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None, done.stderr
    link = subprocess.run(["ninja", "-C", build, "-t", "commands", target], capture_output=True, text=True, check=True)
    command = link.stdout.strip().split("\n")[-1]
    command = re.sub(r" -o %s " % target, " -o %s %s " % (program, compiled), command)
    done = subprocess.run(command, shell=True, cwd=build, capture_output=True, text=True, check=False)
    return (program, "") if done.returncode == 0 else (None, done.stdout + done.stderr)


def simulate(program, **settings):
    """Runs the simulation with these settings. Answers how many runs it made, and {seed: why} of those that failed."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("GENTALLY_SEED", "GENTALLY_SIM_SEEDS")
    }
    environment.update({"GENTALLY_" + name.upper(): str(value) for name, value in settings.items()})
    done = subprocess.run([program], env=environment, capture_output=True, text=True, check=False)
    count = re.search(r"^note: (\d+) runs", done.stdout, re.MULTILINE)
    failures = re.findall(r"^seed (\d+) failed: (.*)$", done.stdout, re.MULTILINE)
    return int(count.group(1)) if count else 0, {int(seed): why for seed, why in failures}


class Unmutated:
    """The simulation as it was built, with what is known of its seeds."""

    def __init__(self, build):
        self.program = os.path.join(build, "simulation")
        self.known = {}

    def why(self, seed):
        """Why the seed fails without any mutant; None if it does not."""
        if seed not in self.known:
            _, failures = simulate(self.program, sim_first=seed, sim_seeds=1, sim_failures=1)
            self.known[seed] = failures.get(seed)
        return self.known[seed]

    def failures(self):
        return sorted((seed, why) for seed, why in self.known.items() if why is not None)


def search(unmutated, program, functions, seconds):
    """Looks for a seed that the mutant alone fails. Answers (seeds until then or None, what was seen)."""
    settings = {"sim_failures": 1} if functions is None else {"sim_failures": 1, "sim_functions": functions}
    first = int(os.environ.get("GENTALLY_SIM_FIRST", "1"))
    begin, seeds = time.monotonic(), 0
    while (left := seconds - (time.monotonic() - begin)) >= 1:
        runs, failures = simulate(program, sim_first=first, sim_seconds=int(left), **settings)
        seeds += runs
        for seed, why in sorted(failures.items()):
            if unmutated.why(seed) is None:
                return seeds, "seed %d: %s" % (seed, why)
        if not failures:
            break
        first = max(failures) + 1
    return None, "%d seeds see nothing" % seeds


def run_test(build, mutant, program):
    """Runs a named test without the mutant and with it. Answers (1 or None, what was seen)."""
    before, after = (
        subprocess.run([path], cwd=ROOT, capture_output=True, text=True, check=False)
        for path in (os.path.join(build, mutant.note), program)
    )
    if before.returncode != 0:
        return None, "%s fails without the mutant" % mutant.note
    lines = [line for line in after.stdout.split("\n") if "FAIL" in line or re.match(r"\s+1\. ", line)]
    if after.returncode == 0:
        return None, "%s sees nothing" % mutant.note
    return 1, "%s: %s" % (mutant.note, lines[0].strip() if lines else "exit status %d" % after.returncode)


def check(build, unmutated, mutant, seconds):
    folder = os.path.join(build, "mutants", re.sub(r"\W+", "-", mutant.name))
    os.makedirs(folder, exist_ok=True)
    source = os.path.join(folder, os.path.basename(mutant.path))
    text, problem = mutate(mutant)
    if text is None:
        return False, "%-44s  %s" % (mutant.name, problem)
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    program, functions = unmutated.program, None
    if mutant.path.endswith(".lua") and mutant.mark != "test":
        functions = source
    else:
        path = os.path.join(ROOT, mutant.path)
        if path.endswith(".lua"):
            source, path = bundle(build, mutant, source, folder)
        target = mutant.note if mutant.mark == "test" else "simulation"
        ninja = subprocess.run(["ninja", "-C", build, target], capture_output=True, text=True, check=False)
        if ninja.returncode != 0:
            return False, "%-44s  %s does not build" % (mutant.name, target)
        program, words = compile_and_link(build, path, source, folder, target)
        if program is None:
            return False, "%-44s  does not compile: %s" % (mutant.name, words.strip().split("\n")[0])
    if mutant.mark == "test":
        seeds, seen = run_test(build, mutant, program)
    else:
        seeds, seen = search(unmutated, program, functions, seconds)
    if seeds is None:
        is_second = mutant.mark == "second"
        return is_second, "%-44s  %s%s" % (mutant.name, seen, ": " + mutant.note if is_second else "")
    return True, "%-44s  %5d  %s" % (mutant.name, seeds, seen[:120])


def check_texts():
    """Code moves on, and a mutant whose text is gone guards nothing: cheap enough to be seen in every run."""
    lost = [(mutant.name, mutate(mutant)[1]) for mutant in read_mutants()]
    with open(os.path.join(ROOT, "tests/simulation/mutants.txt"), encoding="utf-8") as file:
        unread = file.read().count("\nname: ") - len(lost)
    if unread != 0:
        lost.append(("mutants.txt", "%d blocks cannot be read" % unread))
    for name, problem in lost:
        if problem is not None:
            print("FAILED %-44s  %s" % (name, problem))
    failed = sum(problem is not None for _, problem in lost)
    print("mutants: %d passed, %d failed" % (len(lost) - failed, failed))
    sys.exit(0 if failed == 0 and lost else 1)


def main():
    if sys.argv[1:] == ["--texts"]:
        check_texts()
    if len(sys.argv) < 2 or not os.path.isfile(os.path.join(sys.argv[1], "build.ninja")):
        sys.exit(__doc__)
    build, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    seconds = int(os.environ.get("GENTALLY_MUTATION_SECONDS", "60"))
    unmutated = Unmutated(build)
    passed = failed = 0
    print("note: %-44s  seeds until found" % "guard taken out", flush=True)
    for mutant in read_mutants():
        if wanted and not any(word in mutant.name for word in wanted):
            continue
        is_good, line = check(build, unmutated, mutant, seconds)
        print(("note: " if is_good else "note: FAILED ") + line, flush=True)
        passed, failed = passed + is_good, failed + (not is_good)
    for seed, why in unmutated.failures():
        print("note: FAILED seed %d fails without a mutant: %s" % (seed, why))
        failed += 1
    print("mutation: %d passed, %d failed" % (passed, failed))
    sys.exit(0 if failed == 0 and passed > 0 else 1)


if __name__ == "__main__":
    main()
