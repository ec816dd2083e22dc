"""The mutation check: with a guard taken out of the core, the simulation must fail.

Each mutant is a text of one source file and what stands there instead (mutants.txt). A mutated store.lua is loaded in
place of the bundled one; a mutated C file is compiled as the build compiles it and linked before the core's archive, so
that the linker takes it from there. A text that is not found, or found twice, is a failure: the table is to be kept up
with the code.

    python3 tests/simulation/mutation.py BUILD [name ...]
    python3 tests/simulation/mutation.py --texts     only: are all the texts still there?

GENTALLY_MUTATION_SECONDS bounds the search for each mutant (default 60). Prints a table: guard, seeds until found, what
was seen. A mutant marked `second` is a second line behind another guard: it is reported, and need not be found.
"""
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read_mutants():
    """Blocks of: `name: ...`, `file: ...`, optional `second: why`, then `<<<<`, the text, `====`, its replacement,
    `>>>>`."""
    with open(os.path.join(ROOT, "tests/simulation/mutants.txt"), encoding="utf-8") as file:
        text = file.read()
    pattern = r"^name: ([^\n]+)\nfile: ([^\n]+)\n(?:second: ([^\n]+)\n)?<<<<\n(.*?)\n====\n(.*?)\n?>>>>$"
    return re.findall(pattern, text, re.MULTILINE | re.DOTALL)


def mutate(path, old, new):
    """Answers the mutated text, or None and what is wrong."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        text = file.read()
    if text.count(old) != 1:
        return None, "the text is in %s %d times" % (path, text.count(old))
    return text.replace(old, new), None


def compile_and_link(build, path, source, folder):
    """Answers the program, or None with the compiler's words."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entry = next(item for item in json.load(file) if item["file"] == os.path.join(ROOT, path))
    target = os.path.join(folder, "mutant.o")
    program = os.path.join(folder, "mutant")
    command = re.sub(r" -o \S+ ", " -o %s " % target, entry["command"])
    room = os.path.dirname(os.path.join(ROOT, path))
    command = re.sub(r" -c \S+$", " -c %s" % source, command) + " -w -iquote " + room
    done = subprocess.run(command, shell=True, cwd=entry["directory"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None, done.stderr
    link = subprocess.run(
        ["ninja", "-C", build, "-t", "commands", "simulation"], capture_output=True, text=True, check=True
    )
    command = link.stdout.strip().split("\n")[-1]
    command = re.sub(r" -o simulation ", " -o %s %s " % (program, target), command)
    done = subprocess.run(command, shell=True, cwd=build, capture_output=True, text=True, check=False)
    return (program, "") if done.returncode == 0 else (None, done.stdout + done.stderr)


def search(program, functions, seconds):
    """Answers (seeds until found or None, what was seen)."""
    settings = dict(os.environ, GENTALLY_SIM_FAILURES="1", GENTALLY_SIM_SECONDS=str(seconds))
    settings.pop("GENTALLY_SEED", None)
    if functions is not None:
        settings["GENTALLY_SIM_FUNCTIONS"] = functions
    done = subprocess.run([program], env=settings, capture_output=True, text=True, check=False)
    count = re.search(r"^note: (\d+) runs", done.stdout, re.MULTILINE)
    failure = re.search(r"^seed (\d+) failed: (.*)$", done.stdout, re.MULTILINE)
    seeds = int(count.group(1)) if count else 0
    return (seeds, failure.group(2), int(failure.group(1))) if failure else (None, "%d seeds see nothing" % seeds, 0)


def check(build, mutant, seconds):
    name, path, second, old, new = mutant
    folder = os.path.join(build, "mutants", re.sub(r"\W+", "-", name))
    os.makedirs(folder, exist_ok=True)
    source = os.path.join(folder, os.path.basename(path))
    text, problem = mutate(path, old, new)
    if text is None:
        return False, "%-44s  %s" % (name, problem)
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    program, functions = os.path.join(build, "simulation"), None
    if path.endswith(".lua"):
        functions = source
    else:
        program, words = compile_and_link(build, path, source, folder)
        if program is None:
            return False, "%-44s  does not compile: %s" % (name, words.strip().split("\n")[0])
    seeds, seen, seed = search(program, functions, seconds)
    if seeds is None:
        return second != "", "%-44s  %s%s" % (name, seen, ": " + second if second else "")
    return True, "%-44s  %5d  seed %d: %s" % (name, seeds, seed, seen[:110])


def check_texts():
    """Code moves on, and a mutant whose text is gone guards nothing: cheap enough to be seen in every run."""
    lost = [(name, mutate(path, old, new)[1]) for name, path, _, old, new in read_mutants()]
    for name, problem in lost:
        if problem is not None:
            print("FAILED %-44s  %s" % (name, problem))
    failed = sum(problem is not None for _, problem in lost)
    print("mutants: %d passed, %d failed" % (len(lost) - failed, failed))
    sys.exit(0 if failed == 0 and lost else 1)


def main():
    if sys.argv[1:] == ["--texts"]:
        check_texts()
    build, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    seconds = int(os.environ.get("GENTALLY_MUTATION_SECONDS", "60"))
    passed = failed = 0
    print("note: %-44s  seeds until found" % "guard taken out", flush=True)
    for mutant in read_mutants():
        if wanted and not any(word in mutant[0] for word in wanted):
            continue
        is_good, line = check(build, mutant, seconds)
        print(("note: " if is_good else "note: FAILED ") + line, flush=True)
        passed, failed = passed + is_good, failed + (not is_good)
    print("mutation: %d passed, %d failed" % (passed, failed))
    sys.exit(0 if failed == 0 and passed > 0 else 1)


if __name__ == "__main__":
    main()
