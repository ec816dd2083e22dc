/* First guesses per model. Weeks are counted from 2024-10-28; 29 is 2025-05-19, 56 the last. */
#include "model_curves.h"

#include <assert.h>

/* clang-format off */
static const struct model_curve entries[] = {
    {"anthropic/claude-3.5-sonnet",         false, {{0, 300}, {17, 240}, {22, 90}, {33, 25}, {56, 5}}},
    {"anthropic/claude-3.5-haiku",          false, {{1, 20}, {22, 25}, {40, 14}, {56, 6}}},
    {"anthropic/claude-3-haiku",            false, {{0, 40}, {22, 15}, {56, 3}}},
    {"anthropic/claude-3-opus",             false, {{0, 10}, {22, 2}, {56, 0.3}}},
    {"anthropic/claude-3.7-sonnet",         false,
        {{17, 40}, {18, 90}, {29, 100}, {33, 60}, {40, 35}, {48, 25}, {56, 12}}},
    {"anthropic/claude-sonnet-4",           false,
        {{29, 30}, {30, 80}, {33, 110}, {40, 110}, {48, 90}, {52, 60}, {56, 50}}},
    {"anthropic/claude-opus-4",             false, {{29, 5}, {30, 10}, {40, 4}, {56, 1}}},
    {"anthropic/claude-opus-4.1",           false, {{40, 6}, {56, 5}}},
    {"anthropic/claude-sonnet-4.5",         false, {{48, 60}, {50, 85}, {56, 80}}},
    {"anthropic/claude-haiku-4.5",          false, {{50, 5}, {56, 12}}},
    {"anthropic/claude-opus-4.5",           false, {{56, 10}}},
    {"google/gemini-flash-1.5",             false, {{0, 150}, {17, 90}, {29, 20}, {56, 2}}},
    {"google/gemini-flash-1.5-8b",          false, {{0, 40}, {22, 20}, {56, 2}}},
    {"google/gemini-pro-1.5",               false, {{0, 20}, {22, 5}, {56, 0.5}}},
    {"google/gemini-2.0-flash-exp",         true,  {{6, 20}, {20, 20}, {33, 5}, {56, 1}}},
    {"google/gemini-2.0-flash-001",         false, {{14, 30}, {20, 90}, {33, 60}, {44, 35}, {56, 30}}},
    {"google/gemini-2.0-flash-lite-001",    false, {{17, 5}, {29, 15}, {56, 5}}},
    {"google/gemini-2.5-flash-preview",     false, {{24, 20}, {32, 30}, {36, 0}}},
    {"google/gemini-2.5-flash-preview-05-20", false, {{29, 10}, {33, 30}, {36, 8}, {45, 0}}},
    {"google/gemini-2.5-flash",             false, {{33, 30}, {40, 60}, {52, 55}, {56, 41}}},
    {"google/gemini-2.5-flash-lite",        false, {{38, 5}, {56, 22}}},
    {"google/gemini-2.5-pro-exp-03-25",     true,  {{21, 15}, {29, 8}, {36, 0}}},
    {"google/gemini-2.5-pro-preview",       false, {{27, 40}, {33, 35}, {36, 0}}},
    {"google/gemini-2.5-pro",               false, {{33, 45}, {40, 40}, {52, 36}, {56, 44}}},
    {"google/gemini-3-pro-preview",         false, {{55, 15}, {56, 22}}},
    {"x-ai/grok-beta",                      false, {{0, 10}, {9, 3}, {24, 0}}},
    {"x-ai/grok-2-1212",                    false, {{6, 8}, {22, 3}, {56, 0.5}}},
    {"x-ai/grok-3-beta",                    false, {{23, 10}, {33, 0}}},
    {"x-ai/grok-3-mini-beta",               false, {{23, 10}, {33, 0}}},
    {"x-ai/grok-3",                         false, {{32, 8}, {56, 2}}},
    {"x-ai/grok-3-mini",                    false, {{32, 10}, {56, 5}}},
    {"x-ai/grok-4",                         false, {{36, 10}, {38, 25}, {48, 10}, {56, 5}}},
    {"x-ai/grok-code-fast-1",               false, {{43, 60}, {44, 110}, {46, 130}, {56, 160}}},
    {"x-ai/grok-4-fast",                    false, {{46, 30}, {48, 70}, {56, 26}}},
    {"x-ai/grok-4.1-fast",                  true,  {{55, 60}, {56, 120}}},
    {"openai/gpt-4o-mini",                  false,
        {{0, 90}, {22, 60}, {26, 100}, {30, 100}, {32, 45}, {40, 25}, {56, 15}}},
    {"openai/gpt-4o",                       false, {{0, 60}, {22, 30}, {56, 6}}},
    {"openai/chatgpt-4o-latest",            false, {{0, 10}, {56, 2}}},
    {"openai/o1",                           false, {{7, 1}, {22, 2}, {56, 0.3}}},
    {"openai/o1-mini",                      false, {{0, 1}, {22, 0.5}, {56, 0.1}}},
    {"openai/o1-preview",                   false, {{0, 1}, {22, 0.3}, {56, 0.1}}},
    {"openai/o3-mini",                      false, {{13, 3}, {22, 4}, {56, 0.5}}},
    {"openai/o3",                           false, {{24, 3}, {56, 3}}},
    {"openai/o4-mini",                      false, {{24, 8}, {56, 3}}},
    {"openai/o4-mini-high",                 false, {{24, 6}, {56, 1}}},
    {"openai/gpt-4.1",                      false, {{24, 15}, {56, 12}}},
    {"openai/gpt-4.1-mini",                 false, {{24, 25}, {33, 30}, {56, 20}}},
    {"openai/gpt-4.1-nano",                 false, {{24, 5}, {56, 5}}},
    {"openai/gpt-5",                        false, {{40, 15}, {56, 20}}},
    {"openai/gpt-5-mini",                   false, {{40, 8}, {56, 18}}},
    {"openai/gpt-5-nano",                   false, {{40, 2}, {56, 8}}},
    {"openai/gpt-5-chat",                   false, {{40, 3}, {56, 3}}},
    {"openai/gpt-5-codex",                  false, {{47, 3}, {56, 8}}},
    {"openai/gpt-5.1",                      false, {{54, 5}, {56, 12}}},
    {"openrouter/cypher-alpha",             true,  {{35, 12}, {37, 0}}},
    {"openrouter/horizon-alpha",            true,  {{39, 15}, {40, 0}}},
    {"openrouter/horizon-beta",             true,  {{39, 10}, {40, 15}, {41, 0}}},
    {"openrouter/sonoma-sky-alpha",         true,  {{44, 20}, {46, 25}, {47, 0}}},
    {"openrouter/sonoma-dusk-alpha",        true,  {{44, 5}, {46, 5}, {47, 0}}},
    {"openrouter/polaris-alpha",            true,  {{53, 20}, {54, 20}, {55, 0}}},
    {"openrouter/sherlock-think-alpha",     true,  {{54, 10}, {55, 24}, {56, 0}}},
    {"openrouter/sherlock-dash-alpha",      true,  {{54, 3}, {55, 6}, {56, 0}}},
    {"qwen/qwen3-max",                      false, {{47, 4}, {56, 6}}},
    {"qwen/qwen3-coder-plus",               false, {{47, 3}, {56, 5}}},
    {"qwen/qwen3-coder-flash",              false, {{46, 2}, {56, 2}}},
    /* Open models outside the study's fifteen; their authors' sums are fitted afterwards. */
    {"z-ai/glm-4.6",                        false, {{48, 15}, {56, 22}}},
    {"z-ai/glm-4.5",                        false, {{38, 4}, {48, 3}, {56, 1}}},
    {"deepseek/deepseek-v3.2-exp",          false, {{48, 8}, {56, 12}}},
    {"deepseek/deepseek-v3.1-terminus",     false, {{47, 6}, {56, 4}}},
    {"moonshotai/kimi-k2-0905",             false, {{44, 3}, {56, 3}}},
    {"moonshotai/kimi-k2-thinking",         false, {{53, 3}, {56, 4}}},
    {"qwen/qwen-2.5-72b-instruct",          false, {{0, 8}, {22, 6}, {36, 6}, {40, 2}, {56, 0.4}}},
    {"qwen/qwen-2.5-coder-32b-instruct",    false, {{2, 3}, {22, 6}, {36, 6}, {40, 2}, {56, 0.4}}},
    {"qwen/qwq-32b",                        false, {{18, 8}, {36, 8}, {40, 2}, {56, 0.4}}},
    {"qwen/qwen3-235b-a22b",                false, {{26, 12}, {37, 12}, {40, 4}, {56, 0.4}}},
    {"qwen/qwen3-32b",                      false, {{26, 6}, {37, 6}, {40, 2}, {56, 0.4}}},
    {"qwen/qwen3-next-80b-a3b-instruct",    false, {{45, 1}, {56, 2}}},
    {"meta-llama/llama-3.1-70b-instruct",   false, {{0, 40}, {9, 15}, {33, 3}, {56, 1}}},
    {"meta-llama/llama-3.1-8b-instruct",    false, {{0, 20}, {22, 6}, {56, 4}}},
    {"meta-llama/llama-3.1-405b-instruct",  false, {{0, 12}, {22, 2}, {56, 0.5}}},
    {"google/gemma-3-27b-it",               false, {{19, 4}, {40, 4}, {56, 3}}},
    {"google/gemma-3-12b-it",               false, {{19, 1}, {40, 3}, {56, 2}}},
    {"google/gemma-2-27b-it",               false, {{0, 6}, {22, 2}, {56, 0.3}}},
    {"google/gemma-2-9b-it",                false, {{0, 6}, {22, 3}, {56, 0.4}}},
    {"mistralai/mistral-small-24b-instruct-2501", false, {{13, 5}, {33, 2}, {56, 1}}},
    {"mistralai/mistral-small-3.2-24b-instruct", false, {{34, 3}, {56, 3}}},
    {"microsoft/wizardlm-2-8x22b",          false, {{0, 45}, {22, 12}, {56, 2}}},
    {"nousresearch/hermes-3-llama-3.1-405b", false, {{0, 25}, {22, 8}, {56, 2}}},
    {"gryphe/mythomax-l2-13b",              false, {{0, 30}, {22, 10}, {56, 2}}},
};

static const struct model_example examples[] = {
    {"google/gemini-2.0-flash-001",        4786300.92, 0.147}, /* 10^6.68 */
    {"deepseek/deepseek-chat-v3-0324",     3548133.89, 0.394}, /* 10^6.55 */
    {"anthropic/claude-3.7-sonnet",        7413102.41, 1.963}, /* 10^6.87 */
    {"anthropic/claude-sonnet-4",          6918309.71, 1.937}, /* 10^6.84 */
    {"qwen/qwen-2-7b-instruct",                812.83, 0.052}, /* 10^2.91 */
    {"ibm-granite/granite-4.0-h-micro",        891.25, 0.036}, /* 10^2.95 */
    {"openai/gpt-4",                          3388.44, 34.068}, /* 10^3.53 */
    {"openai/gpt-5-pro",                      2630.27, 34.965}, /* 10^3.42 */
};
/* clang-format on */

const struct model_curve *model_curves_find(struct span slug)
{
    for (size_t index = 0; index < LENGTH_OF(entries); index++) {
        if (span_equal(span_of(entries[index].slug), slug))
            return &entries[index];
    }
    return NULL;
}

double model_curve_weight(const struct model_curve *entry, uint32_t week)
{
    uint32_t count = 1;

    while (count < LENGTH_OF(entry->knots) && entry->knots[count].week > 0)
        count++;
    if (week <= entry->knots[0].week)
        return entry->knots[0].weight;
    for (uint32_t index = 1; index < count; index++) {
        if (week > entry->knots[index].week)
            continue;
        double span = entry->knots[index].week - entry->knots[index - 1].week;
        double part = (week - entry->knots[index - 1].week) / span;
        return entry->knots[index - 1].weight * (1 - part) + entry->knots[index].weight * part;
    }
    return entry->knots[count - 1].weight;
}

int model_curves_top_column(struct span slug)
{
    static const struct {
        const char *slug;
        int8_t column;
    } tops[] = {
        {"deepseek/deepseek-chat", 0},
        {"deepseek/deepseek-chat-v3-0324", 0},
        {"deepseek/deepseek-r1", 1},
        {"deepseek/deepseek-r1-0528", 1},
        {"deepseek/deepseek-chat-v3.1", 2},
        {"tngtech/deepseek-r1t2-chimera", 3},
        {"z-ai/glm-4.5-air", 4},
        {"minimax/minimax-m2", 5},
        {"moonshotai/kimi-k2", 6},
        {"mistralai/mistral-nemo", 7},
        {"qwen/qwen3-coder", 8},
        {"qwen/qwen3-235b-a22b-2507", 9},
        {"meta-llama/llama-3.3-70b-instruct", 10},
        {"meta-llama/llama-4-maverick", 11},
        {"qwen/qwen3-30b-a3b", 12},
        {"openai/gpt-oss-120b", 13},
        {"openai/gpt-oss-20b", 14},
    };

    for (size_t index = 0; index < LENGTH_OF(tops); index++) {
        if (span_equal(span_of(tops[index].slug), slug))
            return tops[index].column;
    }
    return -1;
}

const struct model_example *model_curves_example(struct span slug)
{
    for (size_t index = 0; index < LENGTH_OF(examples); index++) {
        if (span_equal(span_of(examples[index].slug), slug))
            return &examples[index];
    }
    return NULL;
}

double model_curves_author_b(uint32_t index, struct span *author)
{
    static const struct {
        const char *author;
        double tokens_b;
    } authors[] = {{"deepseek", 14370}, {"qwen", 5590}, {"meta-llama", 3960}, {"mistralai", 2920}, {"openai", 1650},
                   {"minimax", 1260},   {"z-ai", 1180}, {"tngtech", 1130},    {"moonshotai", 920}, {"google", 820}};

    if (index >= LENGTH_OF(authors))
        return 0;
    *author = span_of(authors[index].author);
    return authors[index].tokens_b;
}
