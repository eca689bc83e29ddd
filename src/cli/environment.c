/* SPDX-License-Identifier: MIT */
/*
 * LUA_INIT is read by the Lua command line programs only, but by those of every Lua version, and
 * it reaches all children.  So the code must be valid in all of them, do nothing where there is no
 * LuaJIT, and stand in for the LUA_INIT of the user, whose errors end the program as before.
 */
#include "cli/environment.h"

#include "cli/fs.h"
#include "cli/lua_text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What Lua itself does with LUA_INIT, written in Lua; tail calls, so that a traceback shows no
 * frame of ours.
 */
static const char user_init[] =
    "local i=os and os.getenv and os.getenv('FFISAN_LUA_INIT') "
    "if i then "
    "local c,e "
    "if i:sub(1,1)=='@' then c,e=loadfile(i:sub(2)) "
    "else c,e=(loadstring or load)(i,'=LUA_INIT') end "
    "if c then return c() end "
    "error(e,0) "
    "end";

static bool set(const char *name, const char *value, struct ffisan_failure *failure)
{
    if (value && setenv(name, value, 1) == 0)
        return true;
    return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "cannot set %s: out of memory", name);
}

static bool set_lua_init(const char *library, struct ffisan_failure *failure)
{
    const char *user = getenv("LUA_INIT");
    if (user ? !set("FFISAN_LUA_INIT", user, failure) : unsetenv("FFISAN_LUA_INIT") != 0)
        return false;
    char *quoted = ffisan_lua_quote(library);
    char *code = ffisan_fs_format(
        "local f=rawget(_G,'jit') and package and package.loadlib and "
        "package.loadlib(%s,'ffisan_luainit') "
        /* f may return the user's code instead of running it. */
        "if f then local u=f() if u then return u() end else %s end",
        quoted, user_init);
    bool ok = set("LUA_INIT", code, failure);
    free(code);
    free(quoted);
    return ok;
}

/* LD_PRELOAD knows no quotes: a path with a blank or a colon goes through a link. */
static char *preloadable(const struct ffisan_environment *environment,
                         struct ffisan_failure *failure)
{
    if (!strpbrk(environment->library, " \t\n:"))
        return ffisan_fs_format("%s", environment->library);
    char *link = ffisan_fs_format("%s/libffisan.so", environment->run_dir);
    if (!strpbrk(link, " \t\n:") && symlink(environment->library, link) == 0)
        return link;
    ffisan_failure_set(failure, FFISAN_EXIT_OWN, "LD_PRELOAD cannot hold the path '%s'",
                       environment->library);
    free(link);
    return NULL;
}

static bool set_preload(const struct ffisan_environment *environment,
                        struct ffisan_failure *failure)
{
    char *library = preloadable(environment, failure);
    if (!library)
        return false;
    const char *old = getenv("LD_PRELOAD");
    bool has_old = old && *old;
    char *value = ffisan_fs_format("%s%s%s", library, has_old ? ":" : "", has_old ? old : "");
    bool ok = set("LD_PRELOAD", value, failure);
    free(value);
    free(library);
    return ok;
}

bool ffisan_environment_apply(const struct ffisan_environment *environment,
                              struct ffisan_failure *failure)
{
    return set("FFISAN_OPTIONS", environment->options, failure) &&
           set("FFISAN_RUN_DIR", environment->run_dir, failure) &&
           set_preload(environment, failure) &&
           (environment->without_lua_init || set_lua_init(environment->library, failure));
}
