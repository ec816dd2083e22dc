/* What a run leaves out: a list as an operator writes it, and what that means, told anew. */
#include <stdlib.h>

#include "truth.h"

enum { LEFT_NONE, LEFT_PROBES, LEFT_PROVIDER, LEFT_AUTHOR, LEFT_EITHER, LEFT_KINDS };

static const char *const lists[LEFT_KINDS] = {
    [LEFT_NONE] = "",
    [LEFT_PROBES] = "app=probe",
    [LEFT_PROVIDER] = "app=probe,provider=p|pe",
    [LEFT_AUTHOR] = "model=acme/*",
    [LEFT_EITHER] = "finish_reason=error,country=US",
};

void oracle_draw_left_out(struct sim *sim)
{
    struct reason why;

    sim->left_out = sim_chance(sim, 500) ? (int)sim_below(sim, LEFT_KINDS) : LEFT_NONE;
    if (leave_out_parse(lists[sim->left_out], &sim->config.leave_out, &why) != GO_ON)
        abort();
}

bool oracle_is_left_out(const struct sim *sim, const struct meaning *meaning)
{
    switch (sim->left_out) {
    case LEFT_PROBES:
        return meaning->is_probe;
    case LEFT_PROVIDER:
        return meaning->is_probe || strcmp(oracle_provider(meaning->provider), "p|pe") == 0;
    case LEFT_AUTHOR:
        return meaning->model != 0;
    case LEFT_EITHER:
        return meaning->finish == FINISH_ERROR || strcmp(oracle_country(meaning->country), "US") == 0;
    default:
        return false;
    }
}
