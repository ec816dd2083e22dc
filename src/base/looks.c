/* By magic numbers, as file(1) does it; of encodings by their marks, or by where the zeros of ASCII are. */
#include "gentally/base/looks.h"

static const struct {
    struct span magic;
    const char *name;
} looks[] = {
#define MAGIC(text)                                                                                                    \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }
    {MAGIC("\xff\xfe\0\0"), "UTF-32: `iconv -f UTF-32 -t UTF-8` makes it UTF-8"},
    {MAGIC("\0\0\xfe\xff"), "UTF-32: `iconv -f UTF-32 -t UTF-8` makes it UTF-8"},
    {MAGIC("\xff\xfe"), "UTF-16: `iconv -f UTF-16 -t UTF-8` makes it UTF-8"},
    {MAGIC("\xfe\xff"), "UTF-16: `iconv -f UTF-16 -t UTF-8` makes it UTF-8"},
    {MAGIC("\x1f\x8b"), "gzip: unpack it with `gunzip -c`"},
    {MAGIC("\x28\xb5\x2f\xfd"), "zstd: unpack it with `zstd -dc`"},
    {MAGIC("\xfd"
           "7zXZ"),
     "xz: unpack it with `xz -dc`"},
    {MAGIC("BZh"), "bzip2: unpack it with `bzip2 -dc`"},
    {MAGIC("\x04\x22\x4d\x18"), "lz4: unpack it with `lz4 -dc`"},
    {MAGIC("\x82SNAPPY\0"), "snappy: unpack it first"},
    {MAGIC("PK\x03\x04"), "a ZIP archive, as spreadsheets (.xlsx) are, too: unpack it, or save it as CSV in UTF-8"},
    {MAGIC("\xd0\xcf\x11\xe0"), "an old spreadsheet (.xls): save it as CSV in UTF-8"},
    {MAGIC("Obj\x01"), "an Avro file: `avro-tools tojson` makes JSON lines of it"},
    {MAGIC("PAR1"), "Parquet: have its owner export text"},
    {MAGIC("ORC"), "ORC: have its owner export text"},
    {MAGIC("SQLite format 3"), "an SQLite database: have it export text"},
#undef MAGIC
};

const char *looks_like(struct span bytes)
{
    for (size_t i = 0; i < LENGTH_OF(looks); i++)
        if (bytes.size >= looks[i].magic.size && memcmp(bytes.bytes, looks[i].magic.bytes, looks[i].magic.size) == 0)
            return looks[i].name;
    /* Two characters of ASCII, each with a zero before it or behind it. */
    if (bytes.size >= 4 && (bytes.bytes[0] == 0) != (bytes.bytes[1] == 0) &&
        (bytes.bytes[0] == 0) == (bytes.bytes[2] == 0) && (bytes.bytes[1] == 0) == (bytes.bytes[3] == 0))
        return bytes.bytes[0] == 0 ? "UTF-16: `iconv -f UTF-16BE -t UTF-8` makes it UTF-8"
                                   : "UTF-16: `iconv -f UTF-16LE -t UTF-8` makes it UTF-8";
    return NULL;
}

struct span without_mark(struct span bytes)
{
    const size_t size = sizeof(UTF8_MARK) - 1;

    if (bytes.size < size || memcmp(bytes.bytes, UTF8_MARK, size) != 0)
        return bytes;
    return (struct span){bytes.bytes + size, bytes.size - size};
}
