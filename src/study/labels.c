/* The classifier's paths by topic. Shares are per mille of the topic's tokens: the study's where it gives them (the
 * first tags of a topic), our guess for the rest, which its figures show to be below a tenth each. */
#include "labels.h"

#include <assert.h>

#include "calibration.h"
#include "event_draw.h"

struct answer {
    enum study_topic topic;
    uint16_t share;
    const char *path, *second; /* `second` NULL: one label only */
};

/* clang-format off */
static const struct answer answers[] = {
    {TOPIC_PROGRAMMING, 661, "/Computers & Electronics/Programming/Other", NULL},
    {TOPIC_PROGRAMMING, 264, "/Computers & Electronics/Programming/Development Tools", NULL},
    {TOPIC_PROGRAMMING, 35, "/Computers & Electronics/Programming/Scripting Languages", NULL},
    {TOPIC_PROGRAMMING, 14, "/Internet & Telecom/Web Services/Web Design & Development", NULL},
    {TOPIC_PROGRAMMING, 13, "/Computers & Electronics/Programming/Java (Programming Language)", NULL},
    {TOPIC_PROGRAMMING, 13, "/Computers & Electronics/Programming/C & C++", NULL},
    {TOPIC_TECHNOLOGY, 313, "/Computers & Electronics/Software/Intelligent Personal Assistants", NULL},
    {TOPIC_TECHNOLOGY, 109, "/Computers & Electronics/Software/Other", NULL},
    {TOPIC_TECHNOLOGY, 95, "/Computers & Electronics/Consumer Electronics", NULL},
    {TOPIC_TECHNOLOGY, 92, "/Computers & Electronics/Enterprise Technology", NULL},
    {TOPIC_TECHNOLOGY, 80, "/Computers & Electronics/Computer Security", NULL},
    {TOPIC_TECHNOLOGY, 70, "/Computers & Electronics/Networking", NULL},
    {TOPIC_TECHNOLOGY, 68, "/Computers & Electronics/Other", NULL},
    {TOPIC_TECHNOLOGY, 65, "/Computers & Electronics/Computer Hardware", NULL},
    {TOPIC_TECHNOLOGY, 60, "/Internet & Telecom/Other", NULL},
    {TOPIC_TECHNOLOGY, 48, "/Computers & Electronics/Electronics & Electrical", NULL},
    {TOPIC_SCIENCE, 804, "/Science/Computer Science/Machine Learning & Artificial Intelligence", NULL},
    {TOPIC_SCIENCE, 70, "/Science/Mathematics", NULL},
    {TOPIC_SCIENCE, 50, "/Science/Physics", NULL},
    {TOPIC_SCIENCE, 40, "/Science/Biological Sciences", NULL},
    {TOPIC_SCIENCE, 36, "/Science/Chemistry", NULL},
    {TOPIC_ROLEPLAY, 579, "/Games/Roleplaying Games", NULL},
    {TOPIC_ROLEPLAY, 156, "/Books & Literature/Writers Resources", NULL},
    {TOPIC_ROLEPLAY, 154, "/Adult", NULL},
    {TOPIC_ROLEPLAY, 45, "/Arts & Entertainment/Comics & Animation", NULL},
    {TOPIC_ROLEPLAY, 36, "/Arts & Entertainment/Humor", NULL},
    {TOPIC_ROLEPLAY, 30, "/Arts & Entertainment/Performing Arts/Acting & Theater", NULL},
    {TOPIC_TRANSLATION, 511, "/Reference/Language Resources/Foreign Language Resources", NULL},
    {TOPIC_TRANSLATION, 489, "/Reference/Language Resources/Other", NULL},
    {TOPIC_LEGAL, 430, "/Law & Government/Government/Other", NULL},
    {TOPIC_LEGAL, 178, "/Law & Government/Legal/Other", NULL},
    {TOPIC_LEGAL, 202, "/Law & Government/Public Safety", NULL},
    {TOPIC_LEGAL, 190, "/Law & Government/Other", NULL},
    {TOPIC_FINANCE, 192, "/Finance/Investing/Currencies & Foreign Exchange", NULL},
    {TOPIC_FINANCE, 159, "/Finance/Investing/Stocks & Bonds", NULL},
    {TOPIC_FINANCE, 155, "/Finance/Investing/Socially Responsible Investing", NULL},
    {TOPIC_FINANCE, 130, "/Finance/Accounting & Auditing", NULL},
    {TOPIC_FINANCE, 100, "/Finance/Banking", NULL},
    {TOPIC_FINANCE, 94, "/Finance/Financial Planning & Management", NULL},
    {TOPIC_FINANCE, 65, "/Finance/Insurance", NULL},
    {TOPIC_FINANCE, 55, "/Finance/Credit & Lending", NULL},
    {TOPIC_FINANCE, 50, "/Finance/Other", NULL},
    {TOPIC_ACADEMIA, 427, "/Reference/General Reference/Educational Resources", NULL},
    {TOPIC_ACADEMIA, 361, "/Reference/Humanities", NULL},
    {TOPIC_ACADEMIA, 148, "/Reference/Technical Reference", NULL},
    {TOPIC_ACADEMIA, 64, "/People & Society/Social Sciences", NULL},
    {TOPIC_HEALTH, 250, "/Health/Other", NULL},
    {TOPIC_HEALTH, 116, "/Health/Health Foundations & Medical Research", NULL},
    {TOPIC_HEALTH, 97, "/Health/Health Conditions", NULL},
    {TOPIC_HEALTH, 96, "/Health/Mental Health", NULL},
    {TOPIC_HEALTH, 95, "/Health/Nutrition", NULL},
    {TOPIC_HEALTH, 92, "/Health/Mental Health/Counseling Services", NULL},
    {TOPIC_HEALTH, 90, "/Health/Medical Facilities & Services/Medical Procedures", NULL},
    {TOPIC_HEALTH, 88, "/Health/Pharmacy", NULL},
    {TOPIC_HEALTH, 76, "/Health/Public Health", NULL},
    {TOPIC_MARKETING, 663, "/Business & Industrial/Advertising & Marketing/Marketing", NULL},
    {TOPIC_MARKETING, 160, "/Business & Industrial/Advertising & Marketing/Sales", NULL},
    {TOPIC_MARKETING, 100, "/Business & Industrial/Advertising & Marketing/Brand Management",
        "/Internet & Telecom/Web Services/Search Engine Optimization & Marketing"},
    {TOPIC_MARKETING, 77, "/Business & Industrial/Advertising & Marketing/Other", NULL},
    {TOPIC_TRIVIA, 962, "/Arts & Entertainment/Fun & Trivia", NULL},
    {TOPIC_TRIVIA, 38, "/Games/Puzzles & Brainteasers", NULL},
    {TOPIC_OTHER, 220, "/Sensitive Subjects", NULL},
    {TOPIC_OTHER, 200, "/Online Communities", NULL},
    {TOPIC_OTHER, 160, "/Food & Drink", NULL},
    {TOPIC_OTHER, 150, "/Sports", NULL},
    {TOPIC_OTHER, 140, "/Shopping", NULL},
    {TOPIC_OTHER, 130, "/Travel", NULL},
};
/* clang-format on */

static uint32_t first_of(enum study_topic topic)
{
    uint32_t first = 0;

    while (answers[first].topic != topic)
        first++;
    return first;
}

void labels_give(struct labels *labels, enum study_topic topic, int64_t tokens, struct random_stream *stream,
                 struct event *event)
{
    uint32_t first = first_of(topic), best = first, end = first;

    static_assert(LENGTH_OF(answers) <= LENGTH_OF(labels->missing), "each answer has its place");
    for (; end < LENGTH_OF(answers) && answers[end].topic == topic; end++) {
        labels->missing[end] += tokens * answers[end].share;
        best = labels->missing[end] > labels->missing[best] ? end : best;
    }
    labels->missing[best] -= tokens * 1000;
    event->labels[event->label_count++] = event_draw_label(span_of(answers[best].path), true, stream);
    if (answers[best].second != NULL)
        event->labels[event->label_count++] = event_draw_label(span_of(answers[best].second), true, stream);
    /* A second thought: sure enough of what no chart plots, so that a category's tags come to all of it (S22); of any
     * topic not. */
    if (random_chance(stream, SECOND_LABEL)) {
        uint32_t unplotted = first_of(TOPIC_OTHER);
        uint32_t other = unplotted + random_below(stream, LENGTH_OF(answers) - unplotted);
        if (other != best)
            event->labels[event->label_count++] = event_draw_label(span_of(answers[other].path), true, stream);
    }
    if (random_chance(stream, UNSURE_LABEL)) {
        uint32_t other = random_below(stream, LENGTH_OF(answers));
        event->labels[event->label_count++] = event_draw_label(span_of(answers[other].path), false, stream);
    }
}
