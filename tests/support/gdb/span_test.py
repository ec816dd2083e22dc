"""What span.py prints, of spans in a program that runs. Inside gdb:

    gdb -nx -batch -x tests/support/gdb/span.py -x tests/support/gdb/span_test.py build/release/gentally
"""
import struct

import gdb

SHOWN = 200
# What stands in the program, and how a span of it is shown.
TEXTS = [
    (b"model", '5 bytes "model"'),
    (b'a"\\\n\r\t', r'6 bytes "a\"\\\n\r\t"'),
    (b"\x00\x001\x7f\xff", r'5 bytes "\0\0001\177\377"'),
    (b"", "empty"),
    (b"x" * SHOWN, f'{SHOWN} bytes "' + "x" * SHOWN + '"'),
    (b"x" * (SHOWN + 1), f'{SHOWN + 1} bytes "' + "x" * SHOWN + '"...'),
]
# An address and a size.
PLACES = [(0, 0, "empty (NULL)"), (16, 3, "3 bytes at 0x10, which cannot be read")]


def start():
    gdb.execute("set debuginfod enabled off")
    gdb.execute("set confirm off")
    gdb.execute(f"set print elements {SHOWN}")
    gdb.execute("break main", to_string=True)
    try:
        gdb.execute("run </dev/null", to_string=True)
        gdb.newest_frame()
    except gdb.error as error:
        print(f"SKIP gdb: running a program under it ({str(error).splitlines()[0]})")
        gdb.execute("quit 77")


def place(data):
    """Writes bytes into the program, below its stack, and returns where."""
    address = (int(gdb.parse_and_eval("$sp")) - 4096) & ~15
    gdb.selected_inferior().write_memory(address, data)
    return address


def printed(address, size):
    """A span as `print` shows it."""
    value = gdb.Value(struct.pack("@PN", address, size), gdb.lookup_type("struct span"))
    gdb.set_convenience_variable("span", value)
    return gdb.execute("print $span", to_string=True).split(" = ", 1)[1].rstrip("\n")


def run():
    start()
    got = [(printed(place(data), len(data)), want) for data, want in TEXTS]
    got += [(printed(address, size), want) for address, size, want in PLACES]
    wrong = [(text, want) for text, want in got if text != want]
    for text, want in wrong:
        print(f"printed {text}, not {want}")
    print(f"gdb: {len(got) - len(wrong)} passed, {len(wrong)} failed")
    gdb.execute("kill", to_string=True)
    gdb.execute(f"quit {1 if wrong else 0}")


run()
