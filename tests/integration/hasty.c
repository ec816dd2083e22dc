/* Stands in the place of store_forgotten_ms() (CMakeLists.txt: --wrap), for suites that cannot wait for a quarter of an
 * hour again and again. */
#include "gentally/redis/store.h"

int64_t __wrap_store_forgotten_ms(void);

int64_t __wrap_store_forgotten_ms(void)
{
    return 5000;
}
