/*
 * Countries are two capitals (ISO 3166-1). Languages are tags of BCP 47: letters of either case say the same (RFC 5646,
 * 2.1.1), codes that were replaced are their successors (4.5, and the registry's Preferred-Value), and '_' stands for
 * '-' in what CLDR writes (UTS 35, 3.2). Nothing is guessed: UK is no GB, eng no en; such values are counted as they
 * are, and listed.
 */
#include "gentally/core/vocabulary.h"

#include "gentally/core/countries.h"

#define SUBTAG_MAX 8 /* RFC 5646, 2.1 */

/* ISO 639-1, as iso-codes 4.15.0 has it. */
static const char two_letters[] =
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de "
    "dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id "
    "ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu "
    "lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu "
    "rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr "
    "ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu ";

/* The codes of ISO 639-2 for the same languages, which BCP 47 does not use where there is one of two letters. */
static const char too_long[] =
    "aar abk afr aka alb amh ara arg arm asm ava ave aym aze bak bam baq bel ben bih bis bod bos bre bul "
    "bur cat ces cha che chi chu chv cor cos cre cym cze dan deu div dut dzo ell eng epo est eus ewe fao "
    "fas fij fin fra fre fry ful geo ger gla gle glg glv gre grn guj hat hau heb her hin hmo hrv hun hye "
    "ibo ice ido iii iku ile ina ind ipk isl ita jav jpn kal kan kas kat kau kaz khm kik kin kir kom kon "
    "kor kua kur lao lat lav lim lin lit ltz lub lug mac mah mal mao mar may mkd mlg mlt mon mri msa mya "
    "nau nav nbl nde ndo nep nld nno nob nor nya oci oji ori orm oss pan per pli pol por pus que roh ron "
    "rum run rus sag san sin slk slo slv sme smo sna snd som sot spa sqi srd srp ssw sun swa swe tah tam "
    "tat tel tgk tgl tha tib tir ton tsn tso tuk tur twi uig ukr urd uzb ven vie vol wel wln wol xho yid "
    "yor zha zho zul ";

static bool is_lower(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

static bool is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool is_letter(char byte)
{
    return is_lower(byte) || is_upper(byte);
}

static bool is_alphanumeric(char byte)
{
    return is_letter(byte) || (byte >= '0' && byte <= '9');
}

static char lower(char byte)
{
    return is_upper(byte) ? (char)(byte + ('a' - 'A')) : byte;
}

static char upper(char byte)
{
    return is_lower(byte) ? (char)(byte - ('a' - 'A')) : byte;
}

static void canonicalise_country(struct span *country, char text[2])
{
    const char *bytes = country->bytes;

    if (country->size != 2 || !is_letter(bytes[0]) || !is_letter(bytes[1]))
        return;
    text[0] = upper(bytes[0]);
    text[1] = upper(bytes[1]);
    country->bytes = text;
}

/* The size of the subtag at `at`; 0 if there is none of 1 to 8 letters and digits. */
static size_t subtag_size(struct span tag, size_t at)
{
    size_t size = 0;

    while (at + size < tag.size && tag.bytes[at + size] != '-' && tag.bytes[at + size] != '_') {
        if (!is_alphanumeric(tag.bytes[at + size]))
            return 0;
        size++;
    }
    return size > SUBTAG_MAX ? 0 : size;
}

/* True for subtags of letters and digits between hyphens; the first of letters alone, and of one only before others. */
static bool is_well_formed(struct span tag)
{
    size_t size = 0;

    for (size_t at = 0; at <= tag.size; at += size + 1) {
        size = subtag_size(tag, at);
        if (size == 0)
            return false;
        for (size_t i = 0; at == 0 && i < size; i++)
            if (!is_letter(tag.bytes[i]))
                return false;
        if (tag.size == 1)
            return false;
    }
    return true;
}

/* The code that an old one of the same size became. */
static void replace_old(char *code)
{
    static const char old[][2][3] = {{"iw", "he"}, {"in", "id"}, {"ji", "yi"}, {"jw", "jv"}, {"mo", "ro"}};

    for (size_t i = 0; i < LENGTH_OF(old); i++)
        if (memcmp(code, old[i][0], 2) == 0) {
            memcpy(code, old[i][1], 2);
            return;
        }
}

/* Scripts are written Xxxx and regions XX, unless they stand behind a single letter, which begins an extension. */
static void canonicalise_language(struct span *language, char text[EVENT_TEXT_MAX])
{
    const char *bytes = language->bytes;
    bool is_extension = false;
    size_t size;

    if (language->size == 0 || !is_well_formed(*language))
        return;
    for (size_t at = 0; at < language->size; at += size + 1) {
        size = subtag_size(*language, at);
        is_extension = is_extension || size == 1;
        for (size_t i = 0; i < size; i++) {
            bool is_capital = at > 0 && !is_extension && (size == 2 || (size == 4 && i == 0));
            text[at + i] = is_capital ? upper(bytes[at + i]) : lower(bytes[at + i]);
        }
        if (at == 0 && size == 2)
            replace_old(text);
        if (at + size < language->size)
            text[at + size] = '-';
    }
    language->bytes = text;
}

void event_canonicalise(struct event *event, struct canonical_texts *texts)
{
    canonicalise_country(&event->country, texts->country);
    canonicalise_language(&event->language, texts->language);
}

static bool is_in(const char *codes, const char *code, size_t size)
{
    for (const char *at = codes; *at != '\0'; at += size + 1)
        if (memcmp(at, code, size) == 0)
            return true;
    return false;
}

static bool is_known_language(struct span tag)
{
    size_t size = tag.size == 0 || !is_well_formed(tag) ? 0 : subtag_size(tag, 0);

    if (size == 2)
        return is_in(two_letters, tag.bytes, size);
    return size == 3 && !is_in(too_long, tag.bytes, size);
}

static bool is_known_finish_reason(struct span reason)
{
    static const char *const known[] = {"tool_calls", "stop", "length", "content_filter", "error"};

    for (size_t i = 0; i < LENGTH_OF(known); i++)
        if (span_equal(reason, span_of(known[i])))
            return true;
    return false;
}

bool vocabulary_knows(enum dimension dimension, struct span value, const struct countries *countries)
{
    if (value.size == 0 || dimension_is_other(value))
        return true;
    switch (dimension) {
    case DIM_COUNTRY:
        return countries_know(countries, value);
    case DIM_LANGUAGE:
        return is_known_language(value);
    case DIM_FINISH_REASON:
        return is_known_finish_reason(value);
    case DIM_MODEL:
    case DIM_PROVIDER:
    case DIM_CATEGORY:
    case DIM_TAG:
    case DIM_ACCOUNT:
    case DIM_APP:
    case DIM_COUNT:
        break;
    }
    return true;
}
