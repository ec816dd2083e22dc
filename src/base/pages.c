/* The kernel aligns to a page of its own: a large one more is mapped, and what is not needed of it is given back. */
#include "gentally/base/pages.h"

#include <assert.h>
#include <stdint.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20)

static size_t rounded(size_t size)
{
    return (size + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
}

void *pages_take(size_t size)
{
    assert(size > 0);
    size_t wanted = rounded(size);
    if (wanted < size || wanted + LARGE_PAGE < wanted)
        return NULL;
    char *mapped = mmap(NULL, wanted + LARGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        return NULL;
    size_t before = (LARGE_PAGE - (uintptr_t)mapped % LARGE_PAGE) % LARGE_PAGE;
    char *memory = mapped + before;
    if (before > 0)
        munmap(mapped, before);
    munmap(memory + wanted, LARGE_PAGE - before);
    madvise(memory, wanted, MADV_HUGEPAGE); /* A wish: a kernel without large pages refuses it. */
    return memory;
}

void pages_give_back(void *memory, size_t size)
{
    if (memory != NULL)
        munmap(memory, rounded(size));
}
