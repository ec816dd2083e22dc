/* A budget in two steps: the models as catalog and study know them, then their tokens, week by week. */
#include "budget.h"

#include "budget_fit.h"

enum verdict budget_open(struct budget *budget, int64_t scale, const struct catalog *catalog, struct reason *why)
{
    enum verdict verdict = budget_models_read(budget, catalog, why);

    if (verdict == GO_ON)
        verdict = budget_fit(budget, scale, why);
    if (verdict != GO_ON)
        budget_close(budget);
    return verdict;
}
