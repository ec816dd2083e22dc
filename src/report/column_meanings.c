/* One meaning a name: a column that means something else has another name. */
#include "column_meanings.h"

#include "gentally/base/base.h"

static const struct {
    const char *name, *meaning;
} rows[] = {
    {"accounts", "accounts of the cohort that used the model in that month, exactly"},
    {"age", "months since the cohort's first use"},
    {"author", "who made the model, by the catalog; else what stands before the slash of its name"},
    {"category", "what the request was about, by its classifier's labels and the taxonomy"},
    {"category_tokens", "prompt and completion tokens of the category, each request once"},
    {"chosen", "example: asked for by name; largest: of the most tokens in its quarter"},
    {"cohort", "the month in which an account first used the model, UTC"},
    {"cohort_accounts", "accounts that first used the model in that month, exactly"},
    {"continent", "where the country that is billed lies"},
    {"country", "the country that is billed, ISO 3166-1"},
    {"group", "the author, or `other` beyond the largest twelve"},
    {"high", "upper end of the 95 % interval: the classified requests are a sample"},
    {"kind", "requests that ended with a tool call, or were offered tools"},
    {"language", "the prompt's language, BCP 47"},
    {"low", "lower end of the 95 % interval: the classified requests are a sample"},
    {"mean", "tokens by the requests whose tokens are known"},
    {"model", "the model, variants left off; where the catalog folds several into one, that one"},
    {"models", "models with at least one request in the week"},
    {"month", "the month, UTC"},
    {"n_effective", "how many requests of one length would tell as much, after Kish"},
    {"paid_request_share", "the part in all requests that were not free"},
    {"paid_requests", "requests that were not free"},
    {"paid_token_share", "the part in all tokens that were not free"},
    {"paid_tokens", "prompt and completion tokens of requests that were not free"},
    {"reading", "what it means to stand in that quarter"},
    {"reasoning", "whether the model reasons before it answers, always or on request"},
    {"request_share", "the part in all requests of the same time"},
    {"requests", "requests; in averages those whose tokens are known"},
    {"segment", "the quarter of the map, by the medians of price and usage"},
    {"series", "requests about programming, or all of the week"},
    {"share", "the part in the whole beside it, of the same time: a quotient of sums, 0 to 1"},
    {"size", "small below 15 billion parameters, medium below 70, large"},
    {"source", "closed, Chinese open, or open from the rest of the world"},
    {"spend", "dollars paid; on maps without bring-your-own-key"},
    {"split_share", "the part in all tokens that were so divided, which come to the whole"},
    {"split_tokens", "tokens, those of a request divided among its categories, or its tags"},
    {"tag", "the taxonomy's tag of the request, within its category"},
    {"token_share", "the part in all tokens of the same time"},
    {"tokens", "prompt and completion tokens; on maps without bring-your-own-key"},
    {"tokens_completion", "completion tokens, reasoning included"},
    {"tokens_prompt", "prompt tokens, cached ones included"},
    {"tool_tokens", "tokens of requests that ended with a tool call"},
    {"total_models", "models of all sizes in the week"},
    {"total_paid_tokens", "tokens of all that is compared, free ones left out"},
    {"total_spend", "dollars of all that is compared"},
    {"total_tokens", "tokens of all that is compared"},
    {"total_tool_tokens", "tokens of tool calls of all that is compared"},
    {"usage_log10", "logarithm of base 10 of millions of tokens"},
    {"usd_per_mtok", "dollars for a million tokens, without bring-your-own-key"},
    {"week", "the week, by its Monday, UTC"},
};

const char *column_meaning(const char *name)
{
    for (size_t at = 0; at < LENGTH_OF(rows); at++)
        if (strcmp(rows[at].name, name) == 0)
            return rows[at].meaning;
    return NULL;
}
