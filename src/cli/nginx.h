/* SPDX-License-Identifier: MIT */
/** An nginx and what it was built with. */
#ifndef FFISAN_CLI_NGINX_H
#define FFISAN_CLI_NGINX_H

#include "cli/diag.h"

struct ffisan_nginx {
    char *path;           /**< owned */
    char *description;    /**< owned; the output of nginx -V */
    char *module_ndk;     /**< owned; to be loaded before the Lua module, or NULL */
    char *module_lua;     /**< owned; NULL when the Lua module is built in */
    bool has_lua;         /**< built in or as a module */
    bool has_stderr_flag; /**< knows -e, the log file before the configuration is read */
};

/**
 * Looks up `wanted` (NULL: nginx in PATH and in the usual places, openresty) and asks it what it
 * is.  False with `failure`.
 */
bool ffisan_nginx_find(struct ffisan_nginx *nginx, const char *wanted,
                       struct ffisan_failure *failure);

/** Was it built without this http module ("proxy")? */
bool ffisan_nginx_lacks(const struct ffisan_nginx *nginx, const char *module);

void ffisan_nginx_free(struct ffisan_nginx *nginx);

#endif
