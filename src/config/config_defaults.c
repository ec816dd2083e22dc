/*
 * The defaults are read as if an operator had written them. A default that its own row refuses is a mistake in the
 * table, so it ends the process.
 */
#include "config_defaults.h"

#include <assert.h>

#include "config_derive.h"
#include "config_table.h"
#include "config_value.h"

void config_defaults(struct config *config)
{
    memset(config, 0, sizeof(*config));
    for (size_t at = 0; at < config_option_count; at++) {
        enum verdict verdict = config_set(config, &config_options[at], config_options[at].initial, "default", NULL);
        assert(verdict == GO_ON);
    }
    enum verdict verdict = config_derive(config, NULL);
    assert(verdict == GO_ON);
}
