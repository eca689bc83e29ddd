/* SPDX-License-Identifier: MIT */
/*
 * dlsym(RTLD_NEXT) answers for libraries in the global scope.  A LuaJIT that was loaded with
 * RTLD_LOCAL (a Python or Apache module) is found by walking the loaded objects.
 */
#include "runtime/vm/api.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

static bool fill(struct ffisan_api *api, void *handle)
{
    bool complete = true;
#define FFISAN_API(type, name, parameters)                                                         \
    *(void **)&api->name = dlsym(handle, #name);                                                   \
    complete = complete && api->name != NULL;
    FFISAN_API_LIST
#undef FFISAN_API
    Dl_info info, own;
    if (!complete || !dladdr((void *)api->lua_newstate, &info) ||
        !dladdr((void *)&ffisan_api_find, &own) || info.dli_fbase == own.dli_fbase)
        return false; /* our own interposers are no LuaJIT */
    api->module = info.dli_fbase;
    return true;
}

struct search {
    struct ffisan_api *api;
    const void *wanted; /* an address inside, or NULL = any */
    bool found;
};

static bool contains(const struct dl_phdr_info *info, const void *address)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && (uintptr_t)address - start < segment->p_memsz)
            return true;
    }
    return false;
}

static int look_at_object(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct search *search = context;
    bool is_program = info->dlpi_name == NULL || info->dlpi_name[0] == '\0';
    if (search->wanted ? !contains(info, search->wanted)
                       : !is_program && !strstr(info->dlpi_name, "luajit"))
        return 0;
    void *handle = dlopen(is_program ? NULL : info->dlpi_name, RTLD_LAZY | RTLD_NOLOAD);
    if (!handle)
        return 0;
    search->found = fill(search->api, handle);
    dlclose(handle); /* the object stays: somebody else holds it */
    return search->found;
}

bool ffisan_api_find(struct ffisan_api *api, const void *address_in_luajit)
{
    memset(api, 0, sizeof(*api));
    if (!address_in_luajit && fill(api, RTLD_NEXT))
        return true;
    struct search search = {.api = api, .wanted = address_in_luajit};
    dl_iterate_phdr(look_at_object, &search);
    return search.found;
}
