"""The graph of the modules: no room opens a later one, no circles, and nothing is exported in vain.

    python3 tests/support/graph.py BUILD [--table]

A module is x.c with its x.h. A .c file without a header of its name belongs to the header that declares its functions.
An edge leads from whoever includes a header, or uses a symbol (nm of the objects in BUILD), to the module that has it.
An export is a symbol that an object defines for others: somebody else must use it, and if a door declares it, somebody
who is no test. Rooms and what they open are the rows gentally_room() of CMakeLists.txt. --table prints the rooms:
modules, doors and lines.
The last line is "graph: N passed, N failed".
"""

import collections
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def read_rooms():
    """Room -> the rooms it opens, in the order of the rows."""
    rows = re.findall(r"^gentally_room\((\w+)([^)]*)\)", read("CMakeLists.txt"), re.MULTILINE)
    rooms = {}
    for room, words in rows:
        match = re.search(r"OPENS ([a-z ]+)", words)
        rooms[room] = match.group(1).split() if match else []
    return rooms


def read_files(rooms):
    """Path -> room, of all C files of the rooms."""
    files = {}
    for room in rooms:
        for folder in ("src/" + room, "include/gentally/" + room):
            if os.path.isdir(os.path.join(ROOT, folder)):
                for name in sorted(os.listdir(os.path.join(ROOT, folder))):
                    if name.endswith((".c", ".h")):
                        files[folder + "/" + name] = room
    return files


def read_symbols(names):
    """Object -> its (defined, used) symbols. One nm for all: to begin it costs more than what it does."""
    symbols = {name: (set(), set()) for name in names}
    lines = subprocess.run(["nm", "-A", "-g", *names], capture_output=True, text=True, check=True).stdout.splitlines()
    for line in lines:
        name, _, fields = line.partition(":")
        kind, symbol = fields.split()[-2:]
        symbols[name][kind == "U"].add(symbol)
    return symbols


def read_tests(build, rooms):
    """Symbols that objects of neither a room nor a program of ours use."""
    ours = {"gentally_%s.dir" % room for room in rooms} | {"gentally.dir", "gentally-demo.dir"}
    names = []
    for folder, folders, files in os.walk(os.path.join(build, "CMakeFiles")):
        folders[:] = [name for name in folders if name not in ours]
        names += [os.path.join(folder, name) for name in files if name.endswith(".o")]
    return set().union(*(used for _, used in read_symbols(names).values())) if names else set()


def stem(path):
    return os.path.splitext(os.path.basename(path))[0]


def modules_of(files, defined):
    """Path -> module, which is named room/name."""
    headers = {}  # (room, name) -> text
    for path, room in files.items():
        if path.endswith(".h"):
            headers[room, stem(path)] = read(path)
    modules = {}
    for path, room in files.items():
        name = stem(path)
        if path.endswith(".c") and (room, name) not in headers:
            declares = {
                key[1]: sum(re.search(r"\b%s\b" % symbol, text) is not None for symbol in defined[path])
                for key, text in headers.items()
                if key[0] == room
            }
            best = max(declares, key=declares.get, default=None)
            name = best if best is not None and declares[best] > 0 else name
        modules[path] = room + "/" + name
    return modules


def edges_of(files, modules, defined, used):
    """(from, to) -> why, between different modules."""
    by_header = {os.path.basename(path): path for path in files if path.endswith(".h")}
    owner = {symbol: path for path in defined for symbol in defined[path]}
    edges = {}
    for path in files:
        for name in re.findall(r'^#include "([^"]+)"', read(path), re.MULTILINE):
            target = by_header.get(os.path.basename(name))
            if target is not None and modules[target] != modules[path]:
                edges.setdefault((modules[path], modules[target]), "%s includes %s" % (path, name))
        for symbol in sorted(used.get(path, ())):
            if symbol in owner and modules[owner[symbol]] != modules[path]:
                edges.setdefault((modules[path], modules[owner[symbol]]), "%s uses %s()" % (path, symbol))
    return edges


def circles_of(edges):
    """The largest sets of modules of which each reaches each other."""
    after = collections.defaultdict(set)
    for source, target in edges:
        after[source].add(target)

    def reach(start):
        seen, rest = set(), [start]
        while rest:
            for target in after[rest.pop()] - seen:
                seen.add(target)
                rest.append(target)
        return seen

    modules = sorted(after)
    reached = {module: reach(module) for module in modules}
    circles = {frozenset(other for other in reached[module] if module in reached.get(other, ())) for module in modules}
    return sorted(sorted(circle) for circle in circles if len(circle) > 1)


def check_rooms(rooms):
    """What is wrong with the rows themselves."""
    names = list(rooms)
    for room, opens in rooms.items():
        for opened in opens:
            if opened not in names[: names.index(room)]:
                yield "%s opens %s, which does not stand before it" % (room, opened)


def check_edges(rooms, edges):
    for (source, target), why in sorted(edges.items()):
        one, other = source.split("/")[0], target.split("/")[0]
        if one != other and other not in rooms[one]:
            yield "%s may not open %s: %s" % (one, other, why)


def check_circles(edges):
    for circle in circles_of(edges):
        inside = [why for (a, b), why in sorted(edges.items()) if a in circle and b in circle]
        yield "a circle of %s:\n    %s" % (", ".join(circle), "\n    ".join(inside))


def check_exports(defined, used, tests):
    """Symbols of a .c file that no other object uses. `used`: by path, programs too; `tests`: what tests use."""
    for path in sorted(defined):
        others = set().union(tests, *(used[other] for other in used if other != path))
        for symbol in sorted(defined[path] - others):
            yield "%s exports %s, which nobody else uses" % (path, symbol)


def check_doors(defined, used, doors):
    """Symbols that a door declares, for tests alone. `doors`: path -> text."""
    for path, symbol in ((path, symbol) for path in sorted(defined) for symbol in sorted(defined[path])):
        if not any(symbol in used[other] for other in used if other != path):
            for door, text in sorted(doors.items()):
                if re.search(r"\b%s\(" % symbol, text):
                    yield "%s offers %s(), which only tests and %s use" % (door, symbol, path)


def read_dynamic(build, program):
    """What nm says of the symbols that a program shows to its libraries."""
    command = ["nm", "-D", "--defined-only", os.path.join(build, program)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def check_libraries(program, lines):
    """Functions of ours that a library has, too: the linker shows those alone to it, and it may call ours for its."""
    for symbol in (line.split()[-1] for line in lines if line.split()[-2] == "T"):
        yield "%s has a function %s(), as a library that it is linked with" % (program, symbol)


def print_table(rooms, files, modules):
    print("%-9s %7s %6s %6s  %s" % ("room", "modules", "doors", "lines", "opens"))
    for room in rooms:
        own = [path for path in files if files[path] == room]
        lines = sum(read(path).count("\n") for path in own)
        doors = sum(path.startswith("include/") for path in own)
        count = len({modules[path] for path in own})
        print("%-9s %7d %6d %6d  %s" % (room, count, doors, lines, " ".join(rooms[room])))


def self_check():
    """Each rule sees a bad example, or it would say nothing."""
    ring = {("a/x", "a/y"): "", ("a/y", "a/z"): "", ("a/z", "a/x"): "", ("a/z", "a/w"): ""}
    assert circles_of(ring) == [["a/x", "a/y", "a/z"]]
    assert not circles_of({("a/x", "a/y"): "", ("a/z", "a/y"): ""})
    assert len(list(check_edges({"a": [], "b": ["a"]}, {("a/x", "b/y"): "w", ("b/y", "a/x"): "w"}))) == 1
    assert len(list(check_rooms({"a": ["b"], "b": ["a"]}))) == 1
    defined, used = {"a.c": {"f", "g", "h"}}, {"a.c": {"f"}, "b.c": {"h"}}
    assert len(list(check_exports(defined, used, {"g"}))) == 1
    assert len(list(check_doors(defined, used, {"a.h": "void g(void); /* f */ void h(void);"}))) == 1

    assert len(list(check_libraries("p", ["00 T json_integer", "00 B stdout@GLIBC_2.2.5"]))) == 1


def main():
    build = os.path.abspath(sys.argv[1])
    self_check()
    rooms = read_rooms()
    files = read_files(rooms)
    objects = {path: "gentally_" + room for path, room in files.items() if path.endswith(".c")}
    programs = {"src/main.c": "gentally", "src/demo.c": "gentally-demo"}
    names = {
        path: os.path.join(build, "CMakeFiles", target + ".dir", path + ".o")
        for path, target in (objects | programs).items()
    }
    symbols = read_symbols(list(names.values()))
    defined = {path: symbols[names[path]][0] for path in objects}
    used = {path: symbols[name][1] for path, name in names.items()}
    modules = modules_of(files, defined)
    edges = edges_of(files, modules, defined, used)
    doors = {path: read(path) for path in files if path.startswith("include/")}
    if "--table" in sys.argv:
        print_table(rooms, files, modules)
    shown = [wrong for name in programs.values() for wrong in check_libraries(name, read_dynamic(build, name))]
    checks = (
        ("rooms open rooms before them", list(check_rooms(rooms))),
        ("rooms open only what their row says", list(check_edges(rooms, edges))),
        ("no modules in a circle", list(check_circles(edges))),
        ("no export that nobody uses", list(check_exports(defined, used, read_tests(build, rooms)))),
        ("no door for tests alone", list(check_doors(defined, used, doors))),
        ("no name that a library has", shown),
    )
    for name, wrong in checks:
        for words in wrong:
            print("%s: %s" % (name, words))
    failed = sum(bool(wrong) for _, wrong in checks)
    print("note: %d rooms, %d modules, %d edges" % (len(rooms), len(set(modules.values())), len(edges)))
    print("graph: %d passed, %d failed" % (len(checks) - failed, failed))
    sys.exit(1 if failed or not files else 0)


if __name__ == "__main__":
    main()
