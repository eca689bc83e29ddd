/* SPDX-License-Identifier: MIT */
#include "cli/resty_prefix.h"

#include "cli/fs.h"
#include "cli/resty_lua.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool make_directories(const char *prefix)
{
    static const char *const names[] = {"conf", "logs", "temp"};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof(names) / sizeof(*names); i++) {
        char *path = ffisan_fs_format("%s/%s", prefix, names[i]);
        ok = mkdir(path, 0755) == 0;
        free(path);
    }
    return ok;
}

static bool write_conf(const char *prefix, const char *name, const char *text)
{
    char *path = ffisan_fs_format("%s/conf/%s", prefix, name);
    bool ok = ffisan_fs_write_file(path, text, strlen(text));
    free(path);
    return ok;
}

static bool write_lua(const struct ffisan_resty_options *options, const char *prefix)
{
    char *code = ffisan_resty_lua_inline(options);
    char *code_path = code ? ffisan_fs_format("%s/conf/inline.lua", prefix) : NULL;
    char *init = ffisan_resty_lua_init(options);
    char *worker = ffisan_resty_lua_worker(options, code_path);
    bool ok = (!code || write_conf(prefix, "inline.lua", code)) &&
              write_conf(prefix, "init.lua", init) && write_conf(prefix, "worker.lua", worker);
    free(code);
    free(code_path);
    free(init);
    free(worker);
    return ok;
}

char *ffisan_resty_prefix_make(const struct ffisan_resty_options *options, const char *conf,
                               struct ffisan_failure *failure)
{
    char *prefix = ffisan_fs_make_temp_dir("ffisan-resty", 0755);
    if (prefix && make_directories(prefix) && write_conf(prefix, "nginx.conf", conf) &&
        write_lua(options, prefix))
        return prefix;
    ffisan_failure_set(failure, FFISAN_EXIT_OWN, "cannot make a directory for nginx: %s",
                       strerror(errno));
    if (prefix)
        ffisan_fs_remove_tree(prefix);
    free(prefix);
    return NULL;
}
