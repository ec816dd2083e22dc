/* For targets that hold values of libavro: it packs pointers into records at offsets of four bytes, where the leak
 * sanitizer does not look for them unless it is told to. */
#ifndef GENTALLY_FUZZ_AVRO_H
#define GENTALLY_FUZZ_AVRO_H

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "use_unaligned=1";
}

#endif
