/* SPDX-License-Identifier: MIT */
/*
 * Each module is a session of libdwfl of its own: offsets of the record count from the start of
 * the module, and so do the addresses of a session that is given a single file.
 */
#include "cli/debuginfo.h"

#include "cli/fs.h"

#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>

struct module {
    char *path;
    Dwfl *session;
    Dwfl_Module *dwfl; /* NULL: not to be used */
    GElf_Addr bias;
    char *problem; /* why not */
    struct module *next;
};

struct ffisan_debuginfo {
    struct module *modules;
    const struct module *asked; /* the last one whose problem was told */
};

struct ffisan_debuginfo *ffisan_debuginfo_new(void)
{
    unsetenv("DEBUGINFOD_URLS"); /* libdwfl would ask those servers */
    return calloc(1, sizeof(struct ffisan_debuginfo));
}

void ffisan_debuginfo_free(struct ffisan_debuginfo *info)
{
    struct module *module = info ? info->modules : NULL, *next;
    for (; module; module = next) {
        next = module->next;
        if (module->session)
            dwfl_end(module->session);
        free(module->path);
        free(module->problem);
        free(module);
    }
    free(info);
}

static bool is_build(Dwfl_Module *dwfl, struct ffisan_bytes build)
{
    const unsigned char *bits;
    GElf_Addr address;
    int size = dwfl_module_build_id(dwfl, &bits, &address);
    return size > 0 && (size_t)size == build.size && memcmp(bits, build.data, build.size) == 0;
}

static void open_module(struct module *module, struct ffisan_bytes build)
{
    static char *no_paths;
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo,
                                             .section_address = dwfl_offline_section_address,
                                             .debuginfo_path = &no_paths};
    module->session = dwfl_begin(&callbacks);
    Dwfl_Module *dwfl =
        module->session ? dwfl_report_offline(module->session, "", module->path, -1) : NULL;
    if (!dwfl || dwfl_report_end(module->session, NULL, NULL) != 0 ||
        !dwfl_module_getelf(dwfl, &module->bias))
        module->problem = ffisan_fs_format("cannot read '%s': %s", module->path, dwfl_errmsg(-1));
    else if (build.data && !is_build(dwfl, build))
        module->problem = ffisan_fs_format(
            "'%s' is another build than the one that ran: no lines of it", module->path);
    else
        module->dwfl = dwfl;
}

static struct module *find_module(struct ffisan_debuginfo *info, const struct ffisan_frame *frame)
{
    struct module **link = &info->modules;
    for (; *link; link = &(*link)->next)
        if (strcmp((*link)->path, frame->path) == 0)
            return *link;
    *link = calloc(1, sizeof(**link));
    if (!*link)
        return NULL;
    (*link)->path = ffisan_fs_format("%s", frame->path);
    open_module(*link, frame->build);
    return *link;
}

void ffisan_debuginfo_complete(struct ffisan_debuginfo *info, struct ffisan_frame *frame)
{
    if (!info || frame->lang != FFISAN_LANG_C || !frame->path || !strchr(frame->path, '/'))
        return; /* linux-vdso.so.1 has no file */
    const struct module *module = find_module(info, frame);
    if (!module || !module->dwfl)
        return;
    GElf_Addr address = frame->offset + module->bias;
    if (!frame->function)
        frame->function = dwfl_module_addrname(module->dwfl, address);
    Dwfl_Line *line = frame->file ? NULL : dwfl_module_getsrc(module->dwfl, address);
    if (line)
        frame->file = dwfl_lineinfo(line, NULL, &frame->line, NULL, NULL, NULL);
}

const char *ffisan_debuginfo_next_problem(struct ffisan_debuginfo *info)
{
    const struct module *module = NULL;
    if (info)
        module = info->asked ? info->asked->next : info->modules;
    while (module && !module->problem)
        module = module->next;
    if (info)
        info->asked = module;
    return module ? module->problem : NULL;
}
