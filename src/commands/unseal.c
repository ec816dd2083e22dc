/* A letter without a place of ours was sealed for none, so it does not open. */
#include "unseal.h"

#include "printable.h"

enum verdict unseal(struct letter_opener *opener, struct dead_letter *letter, struct letter_content *content,
                    enum letter_state *state, struct reason *why)
{
    const struct dead_letter_origin *origin = &letter->origin;
    const struct letter_place place = {origin->topic, origin->partition, origin->offset, origin->timestamp_ms};

    *state = opener == NULL ? LETTER_OTHER_KEY : LETTER_TORN;
    if (opener == NULL || !letter->has_origin || origin->topic.size > LETTER_TOPIC_MAX)
        return GO_ON;
    enum verdict verdict =
        letter_unseal(opener, &place, letter->sealed_form, letter->sealed_for, letter->value, content, state, why);
    if (verdict != GO_ON || *state != LETTER_OPENED)
        return verdict;
    letter->key = content->key;
    letter->value = content->value;
    letter->detail = content->detail;
    return GO_ON;
}

enum verdict unseal_refuse(const struct letter_opener *opener, const struct dead_letter *letter,
                           enum letter_state state, struct reason *why)
{
    char key[PRINTABLE_MAX(32)], form[PRINTABLE_MAX(8)];

    printable_text(letter->sealed_for, key, sizeof(key));
    printable_text(letter->sealed_form, form, sizeof(form));
    if (opener == NULL)
        return reason_set(why, HALT, DLQ_SEALED, 0,
                          "the letter is sealed for key %s: give the file of its private key, --private-key FILE", key);
    if (state == LETTER_OTHER_FORM)
        return reason_set(why, HALT, DLQ_SEALED, 0,
                          "the letter is sealed in form \"%s\", and this gentally knows form " LETTER_FORM
                          ": use the one that wrote it, or a newer",
                          form);
    if (state == LETTER_OTHER_KEY)
        return reason_set(why, HALT, DLQ_SEALED, 0,
                          "the letter is sealed for key %s, and none of the keys that were given is its private one; a "
                          "file may hold several, one behind the other",
                          key);
    return reason_set(why, HALT, DLQ_SEALED, 0,
                      "the letter does not open with key %s, for which it says to be sealed: its bytes or its place "
                      "were altered; its record is in the input topic while the log has it",
                      key);
}
