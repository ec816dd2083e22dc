"""What gdb prints of a `struct span`: its size and its bytes, instead of an address.

    gdb -x tests/support/gdb/span.py build/release/gentally
    (gdb) print record->key
    $1 = 5 bytes "a\\0b\\n\\377"

To have it always, put `source /path/to/tests/support/gdb/span.py` into ~/.gdbinit. Up to `set print elements` bytes are
shown.
"""
import gdb
import gdb.printing

ESCAPES = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x22: '\\"', 0x5C: "\\\\"}


def quoted(data):
    """The bytes as a C string: no byte can be taken for another."""
    text = ""
    for at, byte in enumerate(data):
        if byte in ESCAPES:
            text += ESCAPES[byte]
        elif 0x20 <= byte < 0x7F:
            text += chr(byte)
        elif byte == 0 and not data[at + 1 : at + 2].isdigit():
            text += "\\0"
        else:
            text += f"\\{byte:03o}"
    return f'"{text}"'


class SpanPrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        address, size = int(self.value["bytes"]), int(self.value["size"])
        if size == 0:
            return "empty" if address else "empty (NULL)"
        shown = min(size, gdb.parameter("print elements") or size)
        try:
            data = gdb.selected_inferior().read_memory(address, shown).tobytes()
        except gdb.MemoryError:
            return f"{size} bytes at {address:#x}, which cannot be read"
        return f"{size} bytes {quoted(data)}{'...' if shown < size else ''}"


def register(objfile):
    printers = gdb.printing.RegexpCollectionPrettyPrinter("gentally")
    printers.add_printer("span", "^span$", SpanPrinter)
    gdb.printing.register_pretty_printer(objfile, printers, replace=True)


register(gdb.current_objfile())
