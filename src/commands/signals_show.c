/* Signals that stand in the topic, or were found, in the order of their dates: printed, or handed to deliveries. */
#include <stdlib.h>

#include "signal_list.h"
#include "signals_run.h"

/* A published signal, whose id was asked for when it was taken. */
enum verdict signals_read_published(struct signals_run *request, struct span value, struct signal_read *read,
                                    struct reason *why)
{
    enum verdict verdict = our_schemas_value(request->schemas, OUR_SIGNAL, &value, why);

    return verdict == GO_ON ? decode_signal(value, read, why) : verdict;
}

/* The published signals in their order, and room for the one that is read. */
struct published_list {
    struct signals_run *request;
    const struct latest_row **rows;
    size_t count;
    struct signal_read read;
};

static int compare_rows(const void *left_row, const void *right_row)
{
    const struct latest_row *left = *(const struct latest_row *const *)left_row;
    const struct latest_row *right = *(const struct latest_row *const *)right_row;

    return signal_list_compare_keys(left->key, right->key);
}

/* False: no memory. */
static bool list_published(struct signals_run *request, struct published_list *list)
{
    size_t seen = latest_seen(request->published);

    *list = (struct published_list){.request = request, .rows = calloc(seen + 1, sizeof(*list->rows))};
    for (size_t index = 0; list->rows != NULL && index < seen; index++)
        if (latest_at(request->published, index)->value.bytes != NULL)
            list->rows[list->count++] = latest_at(request->published, index);
    if (list->count > 0)
        qsort(list->rows, list->count, sizeof(*list->rows), compare_rows);
    return list->rows != NULL;
}

static bool read_listed(void *context, size_t index, const struct signal **sign)
{
    struct published_list *list = context;
    struct reason why;

    *sign = &list->read.signal;
    return signals_read_published(list->request, list->rows[index]->value, &list->read, &why) == GO_ON;
}

static int compare_found(const void *left_signal, const void *right_signal)
{
    const struct signal *left = *(const struct signal *const *)left_signal;
    const struct signal *right = *(const struct signal *const *)right_signal;

    if (left->window.start_ms != right->window.start_ms)
        return left->window.start_ms < right->window.start_ms ? -1 : 1;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    int order = span_compare(left->subject, right->subject);
    return order != 0 ? order : span_compare(left->cohort, right->cohort);
}

static bool read_found(void *context, size_t index, const struct signal **sign)
{
    *sign = ((const struct signal *const *)context)[index];
    return true;
}

static enum verdict print_found(struct signals_run *request, struct reason *why)
{
    size_t count = signals_count(request->signals);
    const struct signal **found = calloc(count + 1, sizeof(*found));
    struct signal_list list = {.count = count, .read = read_found, .context = found};

    if (found == NULL)
        return no_memory(why, "to print signals");
    for (size_t index = 0; index < count; index++)
        found[index] = signals_at(request->signals, index);
    if (count > 0)
        qsort(found, count, sizeof(*found), compare_found);
    enum verdict verdict =
        signal_list_print(&list, &request->wanted, request->format == SIGNALS_JSON, &request->unreadable_count, why);
    free(found);
    return verdict;
}

enum verdict signals_print(struct signals_run *request, struct reason *why)
{
    struct published_list published;
    enum verdict verdict;

    if (request->is_dry)
        return print_found(request, why);
    if (!list_published(request, &published))
        return no_memory(why, "to print signals");
    const struct signal_list list = {.count = published.count, .read = read_listed, .context = &published};
    verdict =
        signal_list_print(&list, &request->wanted, request->format == SIGNALS_JSON, &request->unreadable_count, why);
    free(published.rows);
    if (verdict == GO_ON && request->unreadable_count > 0)
        verdict =
            reason_set(why, HALT, SIGNAL_UNREADABLE, 0, "%zu messages of topic \"%s\" are no signals, left out above",
                       request->unreadable_count, request->topic);
    return verdict;
}

/* Tells the deliveries what stands in the topic. */
enum verdict signals_tell_standing(struct signals_run *request, struct reason *why)
{
    struct published_list list;
    const struct signal *sign;
    enum verdict verdict = GO_ON;

    if (!list_published(request, &list))
        return no_memory(why, "for deliveries");
    signal_deliveries_begin(request->deliveries);
    for (size_t index = 0; verdict == GO_ON && index < list.count; index++)
        if (read_listed(&list, index, &sign))
            verdict = signal_deliveries_add(request->deliveries, list.rows[index]->key, sign, why);
    free(list.rows);
    return verdict == GO_ON ? signal_deliveries_end(request->deliveries, why) : verdict;
}
