#!/usr/bin/env python3
"""Lines of at most 120 columns: tests/format/lines.py [--check] FILE...

In a Markdown paragraph a longer line is filled anew, with those after it up to one that ends with a sentence. The
others stay, so that breaks may follow the sense. Tables, code, headings, quotations, HTML and what has no blank to
break at may be longer. In every other file a longer line is only named: where to break it is for its writer to say.
With --check nothing is written.
"""
import re
import sys
from pathlib import Path

COLUMNS_MAX = 120

ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+")
FENCE = re.compile(r"\s*(```+|~~~+)")
OTHER_BLOCK = re.compile(r"\s*(?:#{1,6}\s|\||<|>|\[[^\]]+\]:|(?:[-*_]\s*){3,}$|=+\s*$|-+\s*$)")
# A word that would begin another block at the start of a line stays on the line before.
BLOCK_WORD = re.compile(r"[-+*]$|#{1,6}$|\d{1,9}[.)]$|[>|<=]|--|```|~~~")
SENTENCE_END = re.compile(r"[.:?!]\s*$")
WORD = re.compile(r"(?:`+[^`]*`+|[^\s`])+|`")  # code between backticks counts as a part of its word


def fill(lines, hanging):
    """The same words in lines of at most COLUMNS_MAX columns, after the first indented by `hanging`."""
    begin = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    filled = [begin]
    for word in WORD.findall(" ".join(line.strip() for line in lines)):
        blank = "" if filled[-1] in (begin, hanging) else " "
        if blank and len(filled[-1]) + 1 + len(word) > COLUMNS_MAX and not BLOCK_WORD.match(word):
            filled.append(hanging)
            blank = ""
        filled[-1] += blank + word
    return filled


def fill_paragraph(lines, hanging):
    """Fills each line that is too long, with those after it up to where a line ends with a sentence."""
    done = []
    while lines:
        count = 1
        if len(lines[0]) > COLUMNS_MAX:
            while count < len(lines) and not SENTENCE_END.search(lines[count - 1]):
                count += 1
        done += fill(lines[:count], hanging) if len(lines[0]) > COLUMNS_MAX else lines[:count]
        lines = lines[count:]
    return done


def fill_markdown(text):
    """The text with every paragraph filled that needs it."""
    done = []
    paragraph = []
    hanging = ""
    fence = None
    is_code = False

    def end():
        done.extend(fill_paragraph(paragraph, hanging))
        paragraph.clear()

    for line in text.split("\n"):
        mark = FENCE.match(line)
        if fence:
            done.append(line)
            fence = None if line.strip() == fence else fence
            continue
        item = ITEM.match(line)
        indent = len(line) - len(line.lstrip())
        is_code = bool(line.strip()) and not paragraph and indent >= 4 and (is_code or indent >= len(hanging) + 4)
        if mark or not line.strip() or OTHER_BLOCK.match(line) or is_code:
            end()
            done.append(line)
            fence = mark.group(1) if mark else None
            hanging = hanging if not line.strip() or is_code else ""
        elif item:
            end()
            hanging = " " * len(item.group())
            paragraph.append(line)
        else:
            if not paragraph:
                hanging = " " * indent
            paragraph.append(line)
    end()
    return "\n".join(done)


def check_file(path, is_check):
    """The complaints about one file, which is written anew if it may be."""
    text = path.read_text()
    if path.suffix == ".md":
        filled = fill_markdown(text)
        if filled != text and not is_check:
            path.write_text(filled)
        return [f"{path}: a line of more than {COLUMNS_MAX} columns"] if filled != text and is_check else []
    return [
        f"{path}:{number}: {len(line)} columns, at most {COLUMNS_MAX}"
        for number, line in enumerate(text.split("\n"), 1)
        if len(line) > COLUMNS_MAX
    ]


def main():
    is_check = "--check" in sys.argv[1:]
    complaints = []
    for name in sys.argv[1:]:
        if name != "--check":
            complaints += check_file(Path(name), is_check)
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
