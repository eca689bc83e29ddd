/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/ways.h"

#include "runtime/vm/modules.h"

#include <string.h>

/* By the manuals of jemalloc, tcmalloc, mimalloc and of C23.  Those that tell a size count as well:
   a program that knows how much there is behind what it has asked for may use it. */
static const char *const names[] = {
    "sdallocx",
    "dallocx",
    "rallocx",
    "xallocx",
    "sallocx",
    "free_sized",
    "cfree",
    "__libc_free",
    "__libc_realloc",
    "tc_free",
    "tc_free_sized",
    "tc_cfree",
    "tc_realloc",
    "tc_malloc_size",
    "mi_free",
    "mi_free_size",
    "mi_realloc",
    "mi_usable_size",
    "free_aligned_sized",
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

bool ffisan_ways_is_one(const char *name)
{
    for (size_t i = 0; i < N_NAMES; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

struct look {
    unsigned long long n_loaded; /* modules that were ever loaded */
    bool found;
};

static unsigned long long n_looked_at; /* of a time when none was found */

static int look_at(struct dl_phdr_info *module, size_t size, void *argument)
{
    struct look *look = argument;
    (void)size;
    look->n_loaded = module->dlpi_adds;
    if (look->n_loaded == __atomic_load_n(&n_looked_at, __ATOMIC_RELAXED))
        return 1;
    look->found = ffisan_modules_imports(module, ffisan_ways_is_one);
    return look->found;
}

bool ffisan_ways_any_imported(void)
{
    struct look look = {0};
    dl_iterate_phdr(look_at, &look);
    if (!look.found)
        __atomic_store_n(&n_looked_at, look.n_loaded, __ATOMIC_RELAXED);
    return look.found;
}
