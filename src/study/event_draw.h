/*
 * What both profiles draw for a single event in the same way: how it ended, how long it took, how sure the
 * classifier was. The order of the draws is part of a seed's meaning.
 */
#ifndef GENTALLY_EVENT_DRAW_H
#define GENTALLY_EVENT_DRAW_H

#include "gentally/core/event.h"
#include "random.h"

/* Why a request ended that was neither cancelled nor called a tool, for `lot`, 0..999: a static string, empty where
 * nobody said why. */
struct span event_draw_ending(uint32_t lot);

/* Sets the three times of an event that has its tokens; `speed` is the model's, in tokens a second. Three draws. */
void event_draw_times(uint32_t speed, struct random_stream *stream, struct event *event);

/* Sets what an event that has its prompt writes to a cache; `cached` is the model's part, per mille. Two draws. */
void event_draw_cache_write(uint32_t cached, struct random_stream *stream, struct event *event);

/* A label with the classifier's confidence: half and more if it is sure, else a tenth to half. `path` is borrowed. */
struct label event_draw_label(struct span path, bool is_sure, struct random_stream *stream);

#endif
