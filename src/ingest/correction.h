/*
 * A correction says which windows an amendment or a retraction may still change. Each window kind is decided by itself,
 * since an hour may be closed for good while its month is open. Pure.
 *
 * A window that is closed for good stays as it was published. An event that is counted in such a window is stuck there:
 * the event is not taken out of it, and so not put into another window of that kind either, or the kind would count it
 * twice.
 */
#ifndef GENTALLY_CORRECTION_H
#define GENTALLY_CORRECTION_H

#include "contribution.h"
#include "gentally/core/window.h"

/*
 * The `windows` of a fact that is taken away, and of the rows it makes:
 *
 *   low byte    the kinds whose window to subtract from (a bit per window_kind)
 *   high byte   those of them that get nothing back, so that their record count rises by one; shifted by
 *               TAKEN_ALONE_SHIFT
 *   TAKEN_BIT   set in all of them, so that no row is both added and taken
 */
#define TAKEN_ALONE_SHIFT 8
#define TAKEN_BIT (1u << 15)

/* Window kinds as sets: a bit per window_kind. */
struct correction {
    uint32_t taken;             /* kinds whose window the old contribution is taken from */
    uint32_t added;             /* kinds whose window the new contribution is added to */
    uint32_t alone;             /* of `taken`: kinds whose window the new contribution is not added to as well */
    struct placement placement; /* of the event afterwards */
};

/* The correction of an event that was placed as `old` at `old_ms` and moves to `new_ms`. `old_open`, `new_open`: the
 * kinds whose window of that time is not closed for good; `new_open` is 0 for a retraction. If `taken` and `added` are
 * 0, nothing changes. */
struct correction correction_of(struct placement old, int64_t old_ms, uint32_t old_open, int64_t new_ms,
                                uint32_t new_open);

#endif
