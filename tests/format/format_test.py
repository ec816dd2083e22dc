#!/usr/bin/env python3
"""tests/format/run and the pre-commit hook on bad and good examples: a checker that cannot fail says nothing.

Usage: format_test.py [part of a name]
"""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lines import COLUMNS_MAX, fill_markdown

ROOT = Path(__file__).resolve().parents[2]
PRETTIER = Path(os.environ.get("GENTALLY_BUILD", ROOT / "build")) / "format/node_modules/.bin/prettier"
LONG = "word " * 30

# By tool: a file that it has to mend, and what it makes of it.
EXAMPLES = {
    "clang-format": (
        "x_test.c",
        '#include "other.h"\n#include <stdio.h>\n#include "a/x.h"\nint f( void )\n{\nreturn 1;}\n',
        '#include "a/x.h"\n\n#include <stdio.h>\n\n#include "other.h"\nint f(void)\n{\n    return 1;\n}\n',
    ),
    "black": ("x.py", "x = {'a':1}\n", 'x = {"a": 1}\n'),
    "shfmt": ("x.sh", "if true\nthen\n  echo  1; fi\n", "if true; then\n    echo 1\nfi\n"),
    str(PRETTIER): ("x.mjs", "const x = {a:1}\n", "const x = { a: 1 };\n"),
    "python3": ("x.md", LONG + "end.\n", "word " * 23 + "word\n" + "word " * 6 + "end.\n"),
}
# Files that nothing mends: their lines are too long.
LONG_LINES = {"x.lua": f"-- {LONG}\n", "x.yaml": f"# {LONG}\n", "x.css": f"/* {LONG} */\n", "x.sh": f"# {LONG}\n"}

# Markdown, and what is made of it; None where nothing may change.
WORDS = "seven letters " * 8  # 112 columns, the last of them blank
OVER = WORDS + "and others there"
MARKDOWN = [
    ("short lines stay", "a\nb\n\n* c\n  d\n", None),
    ("tables, code and headings stay", f"| {OVER} |\n|---|\n\n    {OVER}\n\n# {OVER}\n\n> {OVER}\n", None),
    ("what has no blank stays", "x" * 130 + "\n", None),
    ("fenced code stays", f"```\n{OVER}\n\n{OVER}\n```\n", None),
    ("breaks at a sentence's end stay", f"a\n{OVER}\nend.\nb\n", f"a\n{WORDS}and\nothers there end.\nb\n"),
    ("a list hangs", f"1. {OVER}\n2. b\n", f"1. {WORDS}and\n   others there\n2. b\n"),
    ("a list's second paragraph hangs", f"* a\n\n  {OVER}\n", f"* a\n\n  {WORDS}and\n  others there\n"),
    ("code is not broken", f"{WORDS}`a b c d e`\n", f"{WORDS.rstrip()}\n`a b c d e`\n"),
    ("no word becomes a list", f"{WORDS}seven 10. x\n", f"{WORDS}seven 10.\nx\n"),
]


def check(is_true, why):
    if not is_true:
        raise AssertionError(why)


def tree():
    """A folder with what a formatter reads of ours."""
    folder = Path(tempfile.mkdtemp(prefix="gentally-format."))
    for name in (".clang-format", ".editorconfig"):
        shutil.copy(ROOT / name, folder)
    return folder


def format_run(*arguments):
    done = subprocess.run([ROOT / "tests/format/run", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_what_a_tool_would_change_is_a_failure_until_it_did():
    folder = tree()
    for tool, (name, bad, good) in EXAMPLES.items():
        if not shutil.which(tool):
            print(f"SKIP format: {Path(tool).name}")
            continue
        file = folder / name
        file.write_text(bad)
        status, said = format_run("--check", file)
        check(status == 1 and name in said, said)
        check(file.read_text() == bad, f"--check wrote {name}")
        status, said = format_run(file)
        check(status == 0 and file.read_text() == good, f"{said}{file.read_text()}")
        check(format_run("--check", file)[0] == 0, f"{name} is not settled")
    shutil.rmtree(folder)


def test_lines_that_are_too_long_are_named():
    folder = tree()
    for name, text in LONG_LINES.items():
        (folder / name).write_text(text)
        for arguments in ([], ["--check"]):
            status, said = format_run(*arguments, folder / name)
            check(status == 1 and f"{name}:1: " in said and f"at most {COLUMNS_MAX}" in said, said)
    shutil.rmtree(folder)


def test_markdown_is_filled_where_it_may_be():
    for about, text, want in MARKDOWN:
        got = fill_markdown(text)
        check(got == (want or text), f"{about}: {got!r}")
        check(fill_markdown(got) == got, f"{about}: not settled")


def test_the_hook_looks_at_what_is_staged():
    if not shutil.which("git"):
        print("SKIP format/hook: git")
        return
    folder = tree()
    shutil.copytree(ROOT / "tests/format", folder / "tests/format")
    shutil.copytree(ROOT / "tests/hooks", folder / "tests/hooks")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.hooksPath=tests/hooks"]
        command = ["git", *who, *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--no-verify", "-m", "the tools")
    page = folder / "a name.md"
    page.write_text("short\n")
    git("add", "--all")
    done = git("commit", "-m", "good")
    check(done.returncode == 0, done.stderr)

    page.write_text(LONG + "\n")
    git("add", "--all")
    page.write_text("short again\n")
    done = git("commit", "-m", "staged bad, the work tree good")
    check(done.returncode == 1 and "a name.md" in done.stderr, done.stderr)

    git("add", "--all")
    page.write_text(LONG + "\n")
    done = git("commit", "-m", "staged good, the work tree bad")
    check(done.returncode == 0, done.stderr)
    shutil.rmtree(folder)


def main():
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_") or part not in name:
            continue
        try:
            test()
            passed += 1
        except AssertionError as error:
            print(f"{name}: {error}")
            failed += 1
    print(f"format: {passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
