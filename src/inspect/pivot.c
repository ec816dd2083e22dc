/* A dense table of sums, names by windows. */
#include "gentally/inspect/pivot.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define VALUES_MAX ((size_t)1 << 28)

struct pivot {
    size_t count, window_count;
    struct span *names;
    int64_t *starts;
    int64_t *values; /* by name, then window */
    int64_t *window_sums;
};

/* A name while rows are put in order. */
struct line {
    struct span name;
    int64_t sum;
};

static int compare_names(const void *left_line, const void *right_line)
{
    const struct line *left = left_line, *right = right_line;

    return span_compare(left->name, right->name);
}

static int compare_sums(const void *left_line, const void *right_line)
{
    const struct line *left = left_line, *right = right_line;
    bool is_rest_left = span_equal(left->name, span_of(TOTALS_REST));
    bool is_rest_right = span_equal(right->name, span_of(TOTALS_REST));

    if (is_rest_left != is_rest_right)
        return is_rest_left ? 1 : -1;
    if (left->sum != right->sum)
        return left->sum > right->sum ? -1 : 1;
    return compare_names(left, right);
}

/* The names, each once with its sum, in byte order. */
static size_t list_lines(const struct totals *totals, struct line lines[])
{
    size_t count = totals_count(totals), into = 0;

    for (size_t index = 0; index < count; index++) {
        const struct totals_row *row = totals_row(totals, index);
        lines[index] = (struct line){row->name, row->parts[0]};
    }
    if (count == 0)
        return 0;
    qsort(lines, count, sizeof(*lines), compare_names);
    for (size_t index = 1; index < count; index++) {
        if (compare_names(&lines[into], &lines[index]) == 0)
            lines[into].sum += lines[index].sum;
        else
            lines[++into] = lines[index];
    }
    return into + 1;
}

/* Lists the windows, or only counts them if `starts` is NULL: at most one more than VALUES_MAX. */
static size_t list_starts(const struct totals *totals, enum window_kind kind, int64_t starts[])
{
    size_t count = 0;
    int64_t next_ms = INT64_MAX; /* the window behind the last one */

    for (size_t index = 0; index < totals_count(totals) && count <= VALUES_MAX; index++) {
        int64_t start_ms = totals_row(totals, index)->start_ms;
        bool is_known = index > 0 && totals_row(totals, index - 1)->start_ms == start_ms;
        while (!is_known && next_ms < start_ms && count <= VALUES_MAX) { /* a window without a row */
            if (starts != NULL)
                starts[count] = next_ms;
            count++;
            next_ms = window_end((struct window){kind, next_ms});
        }
        if (is_known)
            continue;
        if (starts != NULL)
            starts[count] = start_ms;
        count++;
        if (kind != WINDOW_KINDS)
            next_ms = window_end((struct window){kind, start_ms});
    }
    return count;
}

/* `order` holds the place of each of the lines, which are in byte order. */
static void fill(struct pivot *pivot, const struct totals *totals, const struct line lines[], const size_t order[])
{
    size_t window = 0;

    for (size_t index = 0; index < totals_count(totals); index++) {
        const struct totals_row *row = totals_row(totals, index);
        const struct line wanted = {row->name, 0};
        const struct line *line = bsearch(&wanted, lines, pivot->count, sizeof(*lines), compare_names);
        assert(line != NULL);
        while (pivot->starts[window] != row->start_ms)
            window++;
        int64_t *value = &pivot->values[order[line - lines] * pivot->window_count + window];
        *value = sum_told(*value, row->parts[0]);
        pivot->window_sums[window] = sum_told(pivot->window_sums[window], row->parts[0]);
    }
}

static bool order_lines(struct pivot *pivot, const struct line lines[], size_t order[])
{
    struct line *by_sum = malloc((pivot->count + 1) * sizeof(*by_sum));

    if (by_sum == NULL)
        return false;
    if (pivot->count > 0) {
        memcpy(by_sum, lines, pivot->count * sizeof(*by_sum));
        qsort(by_sum, pivot->count, sizeof(*by_sum), compare_sums);
    }
    for (size_t place = 0; place < pivot->count; place++) {
        const struct line *line = bsearch(&by_sum[place], lines, pivot->count, sizeof(*lines), compare_names);
        order[line - lines] = place;
        pivot->names[place] = line->name;
    }
    free(by_sum);
    return true;
}

static bool make_room(struct pivot *pivot, size_t names, size_t windows)
{
    if (windows > VALUES_MAX || names > VALUES_MAX / (windows + 1))
        return false;
    pivot->names = calloc(names + 1, sizeof(*pivot->names));
    pivot->starts = calloc(windows + 1, sizeof(*pivot->starts));
    pivot->window_sums = calloc(windows + 1, sizeof(*pivot->window_sums));
    pivot->values = calloc(names * windows + 1, sizeof(*pivot->values));
    pivot->count = names;
    pivot->window_count = windows;
    return pivot->names != NULL && pivot->starts != NULL && pivot->window_sums != NULL && pivot->values != NULL;
}

enum verdict pivot_open(struct pivot **out, const struct totals *totals, enum window_kind kind, struct reason *why)
{
    size_t rows = totals_count(totals) + 1;
    struct pivot *pivot = calloc(1, sizeof(*pivot));
    struct line *lines = calloc(rows, sizeof(*lines));
    size_t *order = calloc(rows, sizeof(*order));
    bool is_made = pivot != NULL && lines != NULL && order != NULL;

    if (is_made)
        is_made = make_room(pivot, list_lines(totals, lines), list_starts(totals, kind, NULL));
    if (is_made) {
        (void)list_starts(totals, kind, pivot->starts);
        is_made = order_lines(pivot, lines, order);
    }
    if (is_made)
        fill(pivot, totals, lines, order);
    free(lines);
    free(order);
    *out = pivot;
    if (is_made)
        return GO_ON;
    pivot_close(pivot);
    *out = NULL;
    return reason_set(why, HALT, NO_MEMORY, 0, "no memory to set %zu sums side by side; ask for fewer with --top",
                      rows);
}

void pivot_close(struct pivot *pivot)
{
    if (pivot == NULL)
        return;
    free(pivot->names);
    free(pivot->starts);
    free(pivot->window_sums);
    free(pivot->values);
    free(pivot);
}

size_t pivot_count(const struct pivot *pivot)
{
    return pivot->count;
}

size_t pivot_windows(const struct pivot *pivot)
{
    return pivot->window_count;
}

int64_t pivot_start(const struct pivot *pivot, size_t window)
{
    assert(window < pivot->window_count);
    return pivot->starts[window];
}

struct span pivot_name(const struct pivot *pivot, size_t name)
{
    assert(name < pivot->count);
    return pivot->names[name];
}

int64_t pivot_value(const struct pivot *pivot, size_t name, size_t window)
{
    assert(name < pivot->count);
    assert(window < pivot->window_count);
    return pivot->values[name * pivot->window_count + window];
}

int64_t pivot_sum(const struct pivot *pivot, size_t name, size_t begin, size_t end)
{
    int64_t sum = 0;

    for (size_t window = begin; window < end; window++)
        sum += pivot_value(pivot, name, window);
    return sum;
}

int64_t pivot_total(const struct pivot *pivot, size_t begin, size_t end)
{
    int64_t sum = 0;

    assert(end <= pivot->window_count);
    for (size_t window = begin; window < end; window++)
        sum += pivot->window_sums[window];
    return sum;
}

/* The mean of what `place` of `width` stands for. */
static double height_of(const struct pivot *pivot, size_t name, size_t place, size_t width, bool is_share)
{
    size_t begin = place * pivot->window_count / width, end = (place + 1) * pivot->window_count / width;
    double sum = (double)pivot_sum(pivot, name, begin, end);
    double whole = is_share ? (double)pivot_total(pivot, begin, end) : (double)(end - begin);

    return whole > 0 ? sum / whole : 0;
}

size_t pivot_sparkline(const struct pivot *pivot, size_t name, size_t width, bool is_share,
                       char text[3 * SPARKLINE_MAX + 1])
{
    double most = 0;
    size_t size = 0;

    assert(width >= 1);
    assert(width <= SPARKLINE_MAX);
    width = width < pivot->window_count ? width : pivot->window_count;
    for (size_t place = 0; place < width; place++)
        most = fmax(most, height_of(pivot, name, place, width, is_share));
    for (size_t place = 0; place < width; place++) {
        double height = height_of(pivot, name, place, width, is_share);
        if (height <= 0) {
            text[size++] = ' ';
            continue;
        }
        int eighths = (int)ceil(8 * height / most); /* U+2581 is one eighth, U+2588 all */
        eighths = eighths < 1 ? 1 : eighths > 8 ? 8 : eighths;
        text[size++] = '\xe2';
        text[size++] = '\x96';
        text[size++] = (char)(0x80 + eighths);
    }
    text[size] = '\0';
    return size;
}
