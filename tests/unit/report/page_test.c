/*
 * The page around a document: what is filled in where, and that nothing a document or a title says gets out of its
 * place.
 */
#include "gentally/report/page.h"

#include <stdlib.h>

#include "gentally/base/bundled.h"
#include "page_private.h"
#include "suite.h"

#define TEMPLATE                                                                                                       \
    "<title>{{title}}</title>{{connect}}<body{{live}}>{{contents}}|{{sections}}|<script>{{study}}</"                   \
    "script>{{{x}}{{other}}"

static char *filled(const char *template, const struct page *page)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    struct reason why = {0};

    CU_ASSERT_EQUAL(page_fill(file, span_of(template), page, &why), GO_ON);
    fclose(file);
    return text;
}

static void expect(const char *template, const struct page *page, const char *want)
{
    char *text = filled(template, page);

    if (strcmp(text, want) != 0)
        printf("got  %s\nwant %s\n", text, want);
    CU_ASSERT_STRING_EQUAL(text, want);
    free(text);
}

static struct span words(const char *text)
{
    return span_of(text);
}

/* A last member "cubes" on a line of its own is packed: by what gzip begins with, and by its size. */
static void cubes_are_packed(void)
{
    char study[512], digits[301];
    const char *const texts[] = {"{\"a\":1}", "{\"a\":\",\\n\\\"cubes\\\":\"}"};

    memset(digits, '7', 300);
    digits[300] = '\0';
    snprintf(study, sizeof(study), "{\"a\":1,\n\"cubes\":{\"x\":\"%s\"}}\n", digits);
    const struct page page = {.title = words("T"), .study = words(study)};
    char *text = filled("{{study}}|{{cubes}}|", &page);
    CU_ASSERT_EQUAL(strncmp(text, "{\"a\":1}|H4sI", 12), 0);
    CU_ASSERT(strlen(text) > 12 && strlen(text) < 80 && text[strlen(text) - 1] == '|');
    free(text);
    for (size_t at = 0; at < LENGTH_OF(texts); at++) {
        const struct page plain = {.title = words("T"), .study = words(texts[at])};
        char want[64];
        snprintf(want, sizeof(want), "%s|", texts[at]);
        expect("{{study}}|{{cubes}}", &plain, want);
    }
}

static void marks_are_filled_and_all_else_is_copied(void)
{
    const struct page_section sections[] = {
        {words("S01"), words("Open"), words("One"), words("First.")},
        {words("S02"), words("Open"), words("Two"), words("Second.")},
        {words("S03"), words("Cost"), words("Three"), words("Third.")},
    };
    const struct page page = {
        .title = words("A study"), .sections = sections, .section_count = 3, .study = words("{\"a\":1}")};

    expect(TEMPLATE, &page,
           "<title>A study</title>'none'<body><ol><li class=\"group\">Open</li><li><a href=\"#S01\">S01 One</a></li>"
           "<li><a href=\"#S02\">S02 Two</a></li><li class=\"group\">Cost</li><li><a href=\"#S03\">S03 Three</a></li>"
           "</ol>|<h2>Open</h2>\n<section id=\"S01\" class=\"figure\" aria-labelledby=\"S01-title\"><h3 "
           "id=\"S01-title\"><a class=\"id\" href=\"#S01\">S01</a> <span>One</span></h3><p "
           "class=\"about\">First.</p></section>\n<section id=\"S02\" class=\"figure\" "
           "aria-labelledby=\"S02-title\"><h3 id=\"S02-title\"><a class=\"id\" href=\"#S02\">S02</a> "
           "<span>Two</span></h3><p class=\"about\">Second.</p></section>\n<h2>Cost</h2>\n<section id=\"S03\" "
           "class=\"figure\" aria-labelledby=\"S03-title\"><h3 id=\"S03-title\"><a class=\"id\" "
           "href=\"#S03\">S03</a> <span>Three</span></h3><p class=\"about\">Third.</p></section>\n|<script>{\"a\":1}"
           "</script>{{{x}}{{other}}");
}

static void edges_of_a_template(void)
{
    const struct page page = {.title = words("T"), .study = words("1")};
    static const struct {
        const char *template, *want;
    } rows[] = {
        {"", ""},
        {"{", "{"},
        {"{{", "{{"},
        {"{{title", "{{title"},
        {"{{title}", "{{title}"},
        {"{{title}}", "T"},
        {"{{{title}}}", "{T}"},
        {"{{title}}{{title}}", "TT"},
        {"{{ title }}", "{{ title }}"},
        {"x{{study}}", "x1"},
        {"{{TITLE}}", "{{TITLE}}"},
        {"{{{{title}}", "{{T"},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++)
        expect(rows[at].template, &page, rows[at].want);
}

static void a_document_stays_in_its_script(void)
{
    static const struct {
        const char *study, *want;
    } rows[] = {
        {"\"</script><img src=x onerror=alert(1)>\"", "\"\\u003c/script>\\u003cimg src=x onerror=alert(1)>\""},
        {"\"</ScRiPt\"", "\"\\u003c/ScRiPt\""},
        {"\"<!--<script>\"", "\"\\u003c!--\\u003cscript>\""},
        {"\"<\"", "\"\\u003c\""},
        {"\"{{title}}\"", "\"{{title}}\""}, /* what was filled in is not looked at again */
        {"", ""},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        const struct page page = {.title = words("T"), .study = words(rows[at].study)};
        expect("{{study}}", &page, rows[at].want);
    }
}

/* Zeros at the end of whole numbers are a power of ten, which to a script is the same; texts and fractions stay. */
static void numbers_are_short(void)
{
    static const struct {
        const char *study, *want;
    } rows[] = {
        {"[47863009000000,1000,100,0,-5000]", "[47863009e6,1e3,100,0,-5e3]"},
        {"[1000.5,0.1000,1.5e3000,1e1000,10000.0]", "[1000.5,0.1000,1.5e3000,1e1000,10000.0]"},
        {"{\"a 1000\":\"1000\\\" 2000\\\\\",\"b\":2000}", "{\"a 1000\":\"1000\\\" 2000\\\\\",\"b\":2e3}"},
        {"[9223372036854775807,9000000000000000000,000,\n[7000],\"\\", "[9223372036854775807,9e18,000,\n[7e3],\"\\"},
        {"7000", "7e3"},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        const struct page page = {.title = words("T"), .study = words(rows[at].study)};
        expect("{{study}}", &page, rows[at].want);
    }
}

static void texts_stay_texts(void)
{
    const struct page_section section = {words("S01"), words("<b>&"), words("\"'><script>{{study}}"), words("</p>")};
    const struct page page = {.title = words("</title><script>alert('x')</script>"),
                              .sections = &section,
                              .section_count = 1,
                              .study = words("0")};

    expect("{{title}}", &page, "&lt;/title&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
    char *text = filled("{{contents}}{{sections}}", &page);
    CU_ASSERT_PTR_NULL(strstr(text, "<script"));
    CU_ASSERT_PTR_NULL(strstr(text, "<b>"));
    CU_ASSERT_PTR_NULL(strstr(text, "</p></p>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "&quot;&#39;&gt;&lt;script&gt;{{study}}"));
    free(text);
}

static void only_a_live_page_connects(void)
{
    const struct page page = {.title = words("T"), .study = words("0"), .is_live = true, .revision = 7};
    const struct page still = {.title = words("T"), .study = words("0"), .revision = 7};

    expect("{{connect}}<body{{live}}>", &page, "'self'<body data-live=\"7\">");
    expect("{{connect}}<body{{live}}>", &still, "'none'<body>");
}

static void output_that_fails_is_told(void)
{
    const struct page page = {.title = words("T"), .study = words("0")};
    struct reason why = {0};
    FILE *file = fopen("/dev/full", "w");

    if (file == NULL)
        return;
    CU_ASSERT_EQUAL(page_fill(file, span_of(TEMPLATE), &page, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "OUTPUT-FAILED");
    fclose(file);
}

/* A build has the page whole or not at all. */
static void the_bundled_page_is_whole_or_absent(void)
{
    static const char *const each_once[] = {"{{connect}}", "{{live}}", "{{contents}}", "{{sections}}", "{{study}}"};
    const struct page page = {.title = words("A study"), .study = words("{}")};
    struct reason why = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    enum verdict verdict = page_write(file, &page, &why);

    fclose(file);
    if (!page_is_built()) {
        CU_ASSERT_EQUAL(verdict, HALT);
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), "REPORT-NOT-BUILT");
        CU_ASSERT_EQUAL(size, 0);
        free(text);
        return;
    }
    CU_ASSERT_EQUAL(verdict, GO_ON);
    for (size_t at = 0; at < LENGTH_OF(each_once); at++) {
        const char *found = strstr(bundled_report_page, each_once[at]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(found);
        CU_ASSERT_PTR_NULL(strstr(found + 1, each_once[at]));
        CU_ASSERT_PTR_NULL(strstr(text, each_once[at]));
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<title>A study</title>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "default-src 'none'"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "connect-src 'none'"));
    free(text);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"cubes are packed", cubes_are_packed},
        {"marks_are_filled_and_all_else_is_copied", marks_are_filled_and_all_else_is_copied},
        {"edges_of_a_template", edges_of_a_template},
        {"a_document_stays_in_its_script", a_document_stays_in_its_script},
        {"numbers are short", numbers_are_short},
        {"texts_stay_texts", texts_stay_texts},
        {"only_a_live_page_connects", only_a_live_page_connects},
        {"output_that_fails_is_told", output_that_fails_is_told},
        {"the_bundled_page_is_whole_or_absent", the_bundled_page_is_whole_or_absent},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
