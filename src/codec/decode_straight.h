/*
 * The short way for nearly all records: what is written by schemas/generation.avsc, has no labels and creates. Code in
 * a straight line instead of steps that are looked up. It accepts, and nothing else: whatever is wrong with a record,
 * or only unusual, is left to the interpreter, whose verdict is the one that counts.
 */
#ifndef GENTALLY_DECODE_STRAIGHT_H
#define GENTALLY_DECODE_STRAIGHT_H

#include "cursor.h"
#include "plan.h"

/* True if the plan is, step by step, what decode_straight() reads. */
bool plan_is_straight(const struct plan *plan);

/* Reads a body into `event`, which has its defaults, and borrows from it. False: the interpreter must read it, into an
 * event that has its defaults again. About 50 ns. */
bool decode_straight(struct cursor cursor, struct event *event);

#endif
