/*
 * The classifier's answers for a topic of the study: paths whose tags have the study's shares of the topic's tokens
 * (S22, S23, S39 to S41). Each answer has a tag of the topic's own category; a second label is of the same category or
 * of one outside the charts, so that the shares of topics stay as they are.
 */
#ifndef GENTALLY_LABELS_H
#define GENTALLY_LABELS_H

#include "gentally/core/event.h"
#include "random.h"
#include "study.h"

/* Begins as zeros. */
struct labels {
    int64_t missing[128]; /* by answer: tokens due, less given, in thousandths */
};

/* Adds labels to a classified event of `tokens`. The answer that misses most of its share comes first. Their paths are
 * static strings. */
void labels_give(struct labels *labels, enum study_topic topic, int64_t tokens, struct random_stream *stream,
                 struct event *event);

#endif
