/*
 * Decoders and encoders are opened anew by every worker and every closer; each time a schema is read as JSON, which was
 * half of a run. Later pseudonyms were: 4 MiB that are cleared to be opened, and wiped to be closed. Here a closed one
 * waits for the next that wants one; pseudonyms of one key, since all runs have the same. The linker leads the core's
 * calls to these wrappers (CMakeLists.txt: --wrap).
 */
#include <assert.h>
#include <stdlib.h>

#include "gentally/codec/avro_write.h"
#include "gentally/codec/decode.h"
#include "gentally/ingest/pseudonym.h"

#define POOL_MAX 32

enum verdict __real_decoder_open(struct decoder **decoder, size_t message_bytes_max, struct reason *why);
void __real_decoder_close(struct decoder *decoder);
enum verdict __real_encoder_open(struct encoder **encoder, struct reason *why);
void __real_encoder_close(struct encoder *encoder);
enum verdict __real_pseudonyms_open(struct pseudonyms **pseudonyms, struct span key, struct reason *why);
void __real_pseudonyms_close(struct pseudonyms *pseudonyms);
enum verdict __wrap_decoder_open(struct decoder **decoder, size_t message_bytes_max, struct reason *why);
void __wrap_decoder_close(struct decoder *decoder);
enum verdict __wrap_encoder_open(struct encoder **encoder, struct reason *why);
void __wrap_encoder_close(struct encoder *encoder);
enum verdict __wrap_pseudonyms_open(struct pseudonyms **pseudonyms, struct span key, struct reason *why);
void __wrap_pseudonyms_close(struct pseudonyms *pseudonyms);

static struct decoder *decoders[POOL_MAX];
static struct encoder *encoders[POOL_MAX];
static struct pseudonyms *pseudonyms_kept[POOL_MAX];
static char pseudonyms_key[64]; /* of those that are kept */
static size_t decoder_count, encoder_count, pseudonyms_count;

enum verdict __wrap_decoder_open(struct decoder **decoder, size_t message_bytes_max, struct reason *why)
{
    if (decoder_count == 0)
        return __real_decoder_open(decoder, message_bytes_max, why);
    *decoder = decoders[--decoder_count];
    return GO_ON;
}

void __wrap_decoder_close(struct decoder *decoder)
{
    if (decoder != NULL && decoder_count < POOL_MAX)
        decoders[decoder_count++] = decoder;
    else
        __real_decoder_close(decoder);
}

enum verdict __wrap_encoder_open(struct encoder **encoder, struct reason *why)
{
    if (encoder_count == 0)
        return __real_encoder_open(encoder, why);
    *encoder = encoders[--encoder_count];
    return GO_ON;
}

void __wrap_encoder_close(struct encoder *encoder)
{
    if (encoder != NULL && encoder_count < POOL_MAX)
        encoders[encoder_count++] = encoder;
    else
        __real_encoder_close(encoder);
}

enum verdict __wrap_pseudonyms_open(struct pseudonyms **pseudonyms, struct span key, struct reason *why)
{
    if (!span_equal(key, span_of(pseudonyms_key))) {
        assert(key.size < sizeof(pseudonyms_key) && pseudonyms_key[0] == '\0');
        memcpy(pseudonyms_key, key.bytes, key.size);
    }
    if (pseudonyms_count == 0)
        return __real_pseudonyms_open(pseudonyms, key, why);
    *pseudonyms = pseudonyms_kept[--pseudonyms_count];
    return GO_ON;
}

void __wrap_pseudonyms_close(struct pseudonyms *pseudonyms)
{
    if (pseudonyms != NULL && pseudonyms_count < POOL_MAX)
        pseudonyms_kept[pseudonyms_count++] = pseudonyms;
    else
        __real_pseudonyms_close(pseudonyms);
}
