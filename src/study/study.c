/*
 * The study's numbers. Weeks: its chart of open and closed tokens (shares) and outside anchors (volume). Topics: its
 * category charts per author, end of November 2025. Countries, languages: its tables. Models: the names and sizes
 * public rankings showed in November 2025, rounded. What no source gives (hosts' shares, hours, the tail) is our guess,
 * made to look alive.
 */
#include "study.h"

#include <assert.h>

static const struct study_week weeks[] = {
    {250, 13, 301},   {262, 10, 258},   {275, 13, 206},  {289, 15, 187},   {303, 13, 204},   {318, 17, 201},
    {334, 15, 181},   {350, 27, 190},   {368, 59, 219},  {386, 80, 214},   {405, 62, 187},   {466, 48, 191},
    {536, 61, 185},   {616, 75, 174},   {709, 66, 179},  {815, 55, 173},   {937, 59, 116},   {1078, 46, 115},
    {1240, 50, 122},  {1265, 48, 125},  {1291, 57, 153}, {1318, 71, 185},  {1344, 71, 157},  {1372, 71, 130},
    {1400, 69, 117},  {1483, 71, 130},  {1572, 84, 126}, {1666, 92, 100},  {1765, 73, 71},   {1870, 65, 67},
    {1982, 66, 76},   {2100, 79, 81},   {2230, 90, 86},  {2367, 92, 76},   {2513, 92, 83},   {2668, 109, 98},
    {2833, 110, 85},  {3008, 137, 87},  {3194, 146, 87}, {3391, 161, 105}, {3600, 223, 114}, {3790, 198, 117},
    {3990, 213, 116}, {4200, 192, 96},  {4421, 134, 88}, {4655, 127, 106}, {4900, 117, 87},  {5079, 113, 106},
    {5265, 116, 112}, {5457, 132, 107}, {5657, 125, 83}, {5863, 125, 81},  {6078, 119, 87},  {6300, 136, 80},
    {6525, 160, 67},  {6758, 171, 69},  {7000, 166, 77}};

const struct study_week *study_week(int64_t day)
{
    int64_t index = day < STUDY_FIRST_DAY ? 0 : (day - STUDY_FIRST_DAY) / 7;
    int64_t last = (int64_t)LENGTH_OF(weeks) - 1;

    return &weeks[index < last ? index : last];
}

uint32_t study_hour(uint32_t hour_of_week)
{
    static const uint8_t days[7] = {105, 108, 108, 107, 103, 84, 85};
    static const uint8_t hours[24] = {36, 38, 41, 42, 41, 40, 41, 44, 48, 50, 50, 49,
                                      50, 55, 60, 62, 61, 59, 56, 53, 50, 46, 42, 38};

    assert(hour_of_week < 168);
    return (uint32_t)days[hour_of_week / 24] * hours[hour_of_week % 24];
}

const char *study_topic_category(enum study_topic topic)
{
    static const char *const names[TOPIC_COUNT] = {"programming", "technology", "science", "roleplay",
                                                   "translation", "legal",      "finance", "academia",
                                                   "health",      "marketing",  "trivia",  "other"};

    assert(topic < TOPIC_COUNT);
    return names[topic];
}

uint32_t study_topic_length(enum study_topic topic)
{
    static const uint16_t lengths[TOPIC_COUNT] = {2000, 700, 500, 600, 150, 500, 500, 400, 450, 450, 200, 400};

    assert(topic < TOPIC_COUNT);
    return lengths[topic];
}

uint32_t study_topic_tag(enum study_topic topic, struct span tag)
{
    static const struct {
        enum study_topic topic;
        uint16_t weight;
        const char *tag;
    } tags[] = {
        {TOPIC_ROLEPLAY, 580, "roleplaying_games"},
        {TOPIC_ROLEPLAY, 160, "writers_resources"},
        {TOPIC_ROLEPLAY, 154, "adult"},
        {TOPIC_PROGRAMMING, 661, "programming_other"},
        {TOPIC_PROGRAMMING, 264, "development_tools"},
        {TOPIC_TRANSLATION, 511, "foreign_language_resources"},
        {TOPIC_TRANSLATION, 490, "language_resources_other"},
        {TOPIC_SCIENCE, 804, "machine_learning_ai"},
        {TOPIC_TECHNOLOGY, 313, "personal_assistants"},
        {TOPIC_TECHNOLOGY, 109, "software_other"},
        {TOPIC_TECHNOLOGY, 109, "productivity_software"},
        {TOPIC_HEALTH, 250, "health_other"},
        {TOPIC_HEALTH, 116, "medical_research"},
        {TOPIC_FINANCE, 192, "foreign_exchange"},
        {TOPIC_FINANCE, 159, "stocks_bonds"},
        {TOPIC_FINANCE, 155, "socially_responsible_investing"},
        {TOPIC_FINANCE, 130, "accounting_auditing"},
        {TOPIC_ACADEMIA, 427, "educational_resources"},
        {TOPIC_ACADEMIA, 361, "writing_editing"},
        {TOPIC_LEGAL, 430, "government"},
        {TOPIC_LEGAL, 180, "legal"},
        {TOPIC_TRIVIA, 962, "fun_trivia"},
        {TOPIC_MARKETING, 563, "marketing"},
        {TOPIC_MARKETING, 160, "sales"},
        {TOPIC_MARKETING, 110, "seo"},
        {TOPIC_OTHER, 25, "education"},
        {TOPIC_OTHER, 20, "general_reference"},
    };

    for (size_t index = 0; index < LENGTH_OF(tags); index++) {
        if (tags[index].topic == topic && span_equal(span_of(tags[index].tag), tag))
            return tags[index].weight;
    }
    return 0;
}

/* In the order of enum study_topic; the first five are those the enum names. */
static const struct study_mix mixes[] = {
    {NULL, {880, 50, 20, 20, 5, 2, 5, 8, 5, 3, 2, 150}},           /* MIX_CODING: agents for programmers */
    {NULL, {200, 250, 100, 200, 50, 30, 50, 60, 40, 12, 8, 300}},  /* MIX_CHAT: a free giveaway */
    {NULL, {300, 120, 100, 300, 40, 25, 40, 35, 25, 10, 5, 250}},  /* MIX_OPEN_CN */
    {NULL, {40, 25, 15, 875, 10, 5, 10, 7, 6, 4, 3, 250}},         /* MIX_OPEN_ROW */
    {NULL, {260, 200, 130, 150, 80, 40, 50, 40, 25, 15, 10, 250}}, /* MIX_OTHER */
    {"anthropic", {600, 220, 30, 70, 10, 10, 20, 20, 10, 10, 0, 250}},
    {"google", {180, 200, 100, 200, 110, 50, 60, 40, 30, 20, 10, 250}},
    {"x-ai", {450, 200, 50, 180, 10, 10, 20, 60, 10, 7, 3, 250}},
    {"openai", {290, 290, 140, 100, 40, 30, 40, 30, 20, 10, 10, 250}},
    {"deepseek", {90, 40, 30, 780, 15, 10, 15, 5, 5, 5, 5, 250}},
    {"qwen", {550, 120, 120, 100, 30, 20, 20, 20, 10, 7, 3, 250}},
};

uint32_t study_mix_count(void)
{
    return LENGTH_OF(mixes);
}

const struct study_mix *study_mix(uint32_t index)
{
    assert(index < LENGTH_OF(mixes));
    return &mixes[index];
}

uint32_t study_mix_of(struct span author, enum model_source source)
{
    for (uint32_t index = MIX_AUTHORS; index < LENGTH_OF(mixes); index++) {
        /* The study's author charts are of what the author sells; an open-weights side line of a closed house (Gemma,
         * gpt-oss) is used as open models are. */
        if (source != SOURCE_OPEN_ROW && span_equal(span_of(mixes[index].author), author))
            return index;
    }
    return source == SOURCE_OPEN_CN ? MIX_OPEN_CN : source == SOURCE_OPEN_ROW ? MIX_OPEN_ROW : MIX_OTHER;
}

const struct study_share study_countries[] = {
    {"US", 4717}, {"SG", 921}, {"DE", 751}, {"CN", 601}, {"KR", 288}, {"NL", 265}, {"GB", 252}, {"CA", 190},
    {"JP", 177},  {"IN", 162}, /* the study's ten; those below share its "others" so that the continents come near */
    {"HK", 90},   {"TW", 90},  {"ID", 70},  {"VN", 55},  {"TH", 65},  {"IL", 50},  {"TR", 45},  {"AE", 40},
    {"MY", 35},   {"PH", 30},  {"KZ", 15},  {"PK", 12},  {"BD", 8},   {"FR", 150}, {"RU", 110}, {"ES", 75},
    {"PL", 70},   {"IT", 60},  {"CH", 44},  {"SE", 45},  {"FI", 35},  {"AT", 25},  {"UA", 25},  {"CZ", 20},
    {"BE", 20},   {"PT", 15},  {"RO", 15},  {"DK", 15},  {"NO", 15},  {"IE", 15},  {"GR", 5},   {"HU", 5},
    {"BR", 70},   {"AR", 20},  {"CL", 15},  {"CO", 12},  {"PE", 4},   {"AU", 100}, {"NZ", 18},  {"ZA", 20},
    {"NG", 10},   {"EG", 8},   {"KE", 5},   {"MA", 3},   {"MX", 16},  {"CR", 4},   {"PA", 2},
};
const uint32_t study_country_count = LENGTH_OF(study_countries);

const struct study_share study_languages[] = {
    {"en", 8960}, {"ru", 225}, {"es", 140}, {"th", 85}, {"zh-Hans", 20}, {"zh-Hant", 45}, {"pt-BR", 70}, {"de", 65},
    {"fr", 65},   {"ja", 50},  {"ko", 40},  {"vi", 35}, {"id", 30},      {"pl", 30},      {"it", 30},    {"tr", 25},
    {"uk", 20},   {"ar", 20},  {"hi", 12},  {"nl", 12}, {"cs", 8},       {"fa", 8},       {"und", 5},
};
const uint32_t study_language_count = LENGTH_OF(study_languages);

const struct study_tongue *study_tongue(const char *country)
{
    static const struct study_tongue tongues[] = {
        {"CN", "zh-Hans", 600}, {"SG", "zh-Hans", 125}, {"JP", "ja", 300},    {"KR", "ko", 250},
        {"DE", "de", 100},      {"FR", "fr", 150},      {"RU", "ru", 350},    {"TH", "th", 400},
        {"TW", "zh-Hant", 400}, {"VN", "vi", 300},      {"BR", "pt-BR", 400}, {"ES", "es", 200},
    };

    for (size_t index = 0; index < LENGTH_OF(tongues); index++) {
        if (strcmp(tongues[index].country, country) == 0)
            return &tongues[index];
    }
    return NULL;
}

const struct study_house *study_house(struct span author)
{
    static const struct study_house houses[] = {
        {"openai", "openai", "azure"},
        {"anthropic", "anthropic", "amazon-bedrock"},
        {"google", "google-vertex", "google-ai-studio"},
        {"x-ai", "xai", NULL},
        {"openrouter", "stealth", NULL},
        {"amazon", "amazon-bedrock", NULL},
        {"perplexity", "perplexity", NULL},
        {"cohere", "cohere", NULL},
        {"mistralai", "mistral", NULL},
        {"deepseek", "deepseek", NULL},
        {"qwen", "alibaba", NULL},
        {"minimax", "minimax", NULL},
        {"moonshotai", "moonshotai", NULL},
        {"z-ai", "z-ai", NULL},
        {"ai21", "ai21", NULL},
        {"inception", "inception", NULL},
        {"inflection", "inflection", NULL},
        {"morph", "morph", NULL},
        {"relace", "relace", NULL},
        {"liquid", "liquid", NULL},
        {"aion-labs", "aion-labs", NULL},
        {"stepfun-ai", "stepfun", NULL},
        {"baidu", "novita", NULL},
        {"switchpoint", "switchpoint", NULL},
    };

    for (size_t index = 0; index < LENGTH_OF(houses); index++) {
        if (span_equal(span_of(houses[index].author), author))
            return &houses[index];
    }
    return NULL;
}

const char *const study_hosts[] = {
    "deepinfra",   "novita",      "chutes",   "together",      "fireworks",  "parasail",       "nebius",
    "siliconflow", "groq",        "cerebras", "baseten",       "hyperbolic", "lambda",         "sambanova",
    "gmicloud",    "atlas-cloud", "friendli", "inference-net", "targon",     "cloudflare",     "mancer",
    "featherless", "phala",       "crusoe",   "venice",        "nextbit",    "open-inference", "enfer",
    "ubicloud",    "kluster",     "ncompass", "avian",         "infermatic", "wandb",          "streamlake",
    "meta",        "nineteen",    "lepton",
};
const uint32_t study_host_count = LENGTH_OF(study_hosts);
