/* A dense matrix of sums: names by windows. */
#include "gentally/inspect/pivot.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define VALUES_MAX ((size_t)1 << 28)

struct matrix {
    size_t count, window_count;
    struct span *names;
    int64_t *starts;
    int64_t *values; /* by name, then window */
    int64_t *totals; /* of windows */
};

/* A name while rows are put in order. */
struct line {
    struct span name;
    int64_t sum;
};

static int compare_names(const void *left_line, const void *right_line)
{
    const struct line *left = left_line, *right = right_line;
    size_t size = left->name.size < right->name.size ? left->name.size : right->name.size;
    int order = size == 0 ? 0 : memcmp(left->name.bytes, right->name.bytes, size);

    return order != 0 ? order : (left->name.size > right->name.size) - (left->name.size < right->name.size);
}

static int compare_sums(const void *left_line, const void *right_line)
{
    const struct line *left = left_line, *right = right_line;
    bool is_rest_left = span_equal(left->name, span_of(BREAKDOWN_REST));
    bool is_rest_right = span_equal(right->name, span_of(BREAKDOWN_REST));

    if (is_rest_left != is_rest_right)
        return is_rest_left ? 1 : -1;
    if (left->sum != right->sum)
        return left->sum > right->sum ? -1 : 1;
    return compare_names(left, right);
}

/* The names, each once with its sum, in byte order. */
static size_t list_lines(const struct breakdown *breakdown, struct line lines[])
{
    size_t count = breakdown_count(breakdown), into = 0;

    for (size_t index = 0; index < count; index++) {
        const struct breakdown_row *row = breakdown_row(breakdown, index);
        lines[index] = (struct line){row->name, row->value};
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
static size_t list_starts(const struct breakdown *breakdown, enum window_kind kind, int64_t starts[])
{
    size_t count = 0;
    int64_t next_ms = INT64_MAX; /* the window behind the last one */

    for (size_t index = 0; index < breakdown_count(breakdown) && count <= VALUES_MAX; index++) {
        int64_t start_ms = breakdown_row(breakdown, index)->start_ms;
        bool is_known = index > 0 && breakdown_row(breakdown, index - 1)->start_ms == start_ms;
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
static void fill(struct matrix *matrix, const struct breakdown *breakdown, const struct line lines[],
                 const size_t order[])
{
    size_t window = 0;

    for (size_t index = 0; index < breakdown_count(breakdown); index++) {
        const struct breakdown_row *row = breakdown_row(breakdown, index);
        const struct line wanted = {row->name, 0};
        const struct line *line = bsearch(&wanted, lines, matrix->count, sizeof(*lines), compare_names);
        assert(line != NULL);
        while (matrix->starts[window] != row->start_ms)
            window++;
        matrix->values[order[line - lines] * matrix->window_count + window] += row->value;
        matrix->totals[window] += row->value;
    }
}

static bool order_lines(struct matrix *matrix, const struct line lines[], size_t order[])
{
    struct line *by_sum = malloc((matrix->count + 1) * sizeof(*by_sum));

    if (by_sum == NULL)
        return false;
    if (matrix->count > 0) {
        memcpy(by_sum, lines, matrix->count * sizeof(*by_sum));
        qsort(by_sum, matrix->count, sizeof(*by_sum), compare_sums);
    }
    for (size_t place = 0; place < matrix->count; place++) {
        const struct line *line = bsearch(&by_sum[place], lines, matrix->count, sizeof(*lines), compare_names);
        order[line - lines] = place;
        matrix->names[place] = line->name;
    }
    free(by_sum);
    return true;
}

static bool make_room(struct matrix *matrix, size_t names, size_t windows)
{
    if (windows > VALUES_MAX || names > VALUES_MAX / (windows + 1))
        return false;
    matrix->names = calloc(names + 1, sizeof(*matrix->names));
    matrix->starts = calloc(windows + 1, sizeof(*matrix->starts));
    matrix->totals = calloc(windows + 1, sizeof(*matrix->totals));
    matrix->values = calloc(names * windows + 1, sizeof(*matrix->values));
    matrix->count = names;
    matrix->window_count = windows;
    return matrix->names != NULL && matrix->starts != NULL && matrix->totals != NULL && matrix->values != NULL;
}

enum verdict matrix_open(struct matrix **out, const struct breakdown *breakdown, enum window_kind kind,
                         struct reason *why)
{
    size_t rows = breakdown_count(breakdown) + 1;
    struct matrix *matrix = calloc(1, sizeof(*matrix));
    struct line *lines = calloc(rows, sizeof(*lines));
    size_t *order = calloc(rows, sizeof(*order));
    bool is_made = matrix != NULL && lines != NULL && order != NULL;

    if (is_made)
        is_made = make_room(matrix, list_lines(breakdown, lines), list_starts(breakdown, kind, NULL));
    if (is_made) {
        (void)list_starts(breakdown, kind, matrix->starts);
        is_made = order_lines(matrix, lines, order);
    }
    if (is_made)
        fill(matrix, breakdown, lines, order);
    free(lines);
    free(order);
    *out = matrix;
    if (is_made)
        return GO_ON;
    matrix_close(matrix);
    *out = NULL;
    return reason_set(why, HALT, "NO-MEMORY", 0, "no memory to set %zu sums side by side; ask for fewer with --top",
                      rows);
}

void matrix_close(struct matrix *matrix)
{
    if (matrix == NULL)
        return;
    free(matrix->names);
    free(matrix->starts);
    free(matrix->totals);
    free(matrix->values);
    free(matrix);
}

size_t matrix_count(const struct matrix *matrix)
{
    return matrix->count;
}

size_t matrix_windows(const struct matrix *matrix)
{
    return matrix->window_count;
}

int64_t matrix_start(const struct matrix *matrix, size_t window)
{
    assert(window < matrix->window_count);
    return matrix->starts[window];
}

struct span matrix_name(const struct matrix *matrix, size_t name)
{
    assert(name < matrix->count);
    return matrix->names[name];
}

int64_t matrix_value(const struct matrix *matrix, size_t name, size_t window)
{
    assert(name < matrix->count);
    assert(window < matrix->window_count);
    return matrix->values[name * matrix->window_count + window];
}

int64_t matrix_sum(const struct matrix *matrix, size_t name, size_t begin, size_t end)
{
    int64_t sum = 0;

    for (size_t window = begin; window < end; window++)
        sum += matrix_value(matrix, name, window);
    return sum;
}

int64_t matrix_total(const struct matrix *matrix, size_t begin, size_t end)
{
    int64_t sum = 0;

    assert(end <= matrix->window_count);
    for (size_t window = begin; window < end; window++)
        sum += matrix->totals[window];
    return sum;
}

/* The mean of what `place` of `width` stands for. */
static double height_of(const struct matrix *matrix, size_t name, size_t place, size_t width, bool is_share)
{
    size_t begin = place * matrix->window_count / width, end = (place + 1) * matrix->window_count / width;
    double sum = (double)matrix_sum(matrix, name, begin, end);
    double whole = is_share ? (double)matrix_total(matrix, begin, end) : (double)(end - begin);

    return whole > 0 ? sum / whole : 0;
}

size_t matrix_sparkline(const struct matrix *matrix, size_t name, size_t width, bool is_share,
                        char text[3 * SPARKLINE_MAX + 1])
{
    double most = 0;
    size_t size = 0;

    assert(width >= 1);
    assert(width <= SPARKLINE_MAX);
    width = width < matrix->window_count ? width : matrix->window_count;
    for (size_t place = 0; place < width; place++)
        most = fmax(most, height_of(matrix, name, place, width, is_share));
    for (size_t place = 0; place < width; place++) {
        double height = height_of(matrix, name, place, width, is_share);
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
