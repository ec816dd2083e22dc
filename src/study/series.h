/*
 * The study's weekly and monthly charts as numbers, for the calibrated workload. Weeks are counted from Monday
 * 2024-10-28, 0..SERIES_WEEKS - 1; shares are per mille. Static memory; nothing can fail.
 */
#ifndef GENTALLY_SERIES_H
#define GENTALLY_SERIES_H

#include "study.h"

#define SERIES_WEEKS 57u
#define SERIES_CATEGORY_WEEK 29u /* 2025-05-19: the classifier is used from here on */
#define SERIES_TOPICS 11u        /* the plotted ones: enum study_topic without TOPIC_OTHER, in its order */
#define SERIES_SPENDERS 11u      /* ten authors and the rest */
#define SERIES_TOOL_MODELS 10u
#define SERIES_TOP_MODELS 15u

/* Columns of S21 that the code knows by name. */
enum { SPENDER_OPENAI = 2, SPENDER_X_AI = 3 };

/* The Monday of a week, in days since 1970-01-01. Weeks beyond the study's are fine. */
static inline int64_t series_day(uint32_t week)
{
    return STUDY_FIRST_DAY + 7 * (int64_t)week;
}

/* S11: tokens of reasoning models. */
uint32_t series_reasoning(uint32_t week);
/* S20, S07: tokens by topic, of all models and of open ones; from SERIES_CATEGORY_WEEK on. */
const uint16_t *series_topics(uint32_t week);
const uint16_t *series_open_topics(uint32_t week);
/* S21: spend on programming by author, in the order of series_spender(); the last column is everyone else. */
const uint16_t *series_spend(uint32_t week);
const char *series_spender(uint32_t index);
/* S17: mean prompt tokens of a request; 0 for TOPIC_OTHER. */
uint32_t series_prompt(uint32_t week, enum study_topic topic);
/* S14: tool-call tokens by model in month 0..10 = January to November 2025, in the order of series_tool_model(). */
const uint16_t *series_tools(uint32_t month);
const char *series_tool_model(uint32_t index);
/*
 * S04: tokens among the fifteen open models: deepseek-v3, r1, v3.1, r1t2-chimera, glm-4.5-air, minimax-m2, kimi-k2,
 * mistral-nemo, qwen3-coder, qwen3-235b-a22b-2507, llama-3.3-70b, llama-4-maverick, qwen3-30b-a3b, gpt-oss-120b, -20b.
 */
const uint16_t *series_top_open(uint32_t week);
/* S06: open models with traffic by size: small, medium, large. */
const uint16_t *series_sizes(uint32_t week);

/* Tokens of all models in a week, at `scale` of the real volume, in 10^-9. */
double series_volume(uint32_t week, int64_t scale);
/* S13: tokens of tool calls in month 0..10 (January to November 2025), as parts: those of S14's ten models, of all
 * tokens; those of any other model, of its tokens. */
double series_tool_level(uint32_t month);
double series_tool_others(uint32_t month);

#endif
