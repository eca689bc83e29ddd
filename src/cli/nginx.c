/* SPDX-License-Identifier: MIT */
#include "cli/nginx.h"

#include "cli/capture.h"
#include "cli/fs.h"
#include "cli/launch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BINARY_MAX = 256 << 20, ASK_SECONDS = 10 };

static char *find_binary(const char *wanted)
{
    static const char *const places[] = {
        "nginx",
        "openresty",
        "/usr/sbin/nginx",
        "/usr/local/openresty/nginx/sbin/nginx",
        "/usr/local/nginx/sbin/nginx",
    };
    if (wanted)
        return ffisan_launch_resolve(wanted);
    char *path = NULL;
    for (size_t i = 0; !path && i < sizeof(places) / sizeof(*places); i++)
        path = ffisan_launch_resolve(places[i]);
    return path;
}

/* The directive's name stands in every binary that has the module. */
static bool has_built_in_lua(const char *path)
{
    static const char directive[] = "init_worker_by_lua_block";
    size_t length;
    char *binary = ffisan_fs_read_file(path, BINARY_MAX, &length);
    bool found = binary && memmem(binary, length, directive, sizeof(directive));
    free(binary);
    return found;
}

static char *find_module(const struct ffisan_nginx *nginx, const char *name)
{
    static const char *const places[] = {"/usr/lib/nginx/modules", "/usr/lib64/nginx/modules",
                                         "/usr/share/nginx/modules"};
    static const char option[] = "--modules-path=";
    const char *configured = strstr(nginx->description, option);
    if (configured) {
        configured += strlen(option);
        char *path = ffisan_fs_format("%.*s/%s", (int)strcspn(configured, " \n"), configured, name);
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        char *path = ffisan_fs_format("%s/%s", places[i], name);
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

/* -e came with 1.19.5. */
static bool knows_stderr_flag(const char *description)
{
    unsigned major, minor, patch;
    const char *version = strchr(description, '/');
    if (!version || sscanf(version, "/%u.%u.%u", &major, &minor, &patch) != 3)
        return false;
    return major * 1000000 + minor * 1000 + patch >= 1019005;
}

static bool cannot_find(const char *wanted, struct ffisan_failure *failure)
{
    if (wanted)
        return ffisan_launch_check(wanted, failure);
    return ffisan_failure_set(failure, FFISAN_EXIT_NOT_FOUND,
                              "nginx is not in PATH; install it, or name it with --nginx=PATH");
}

bool ffisan_nginx_find(struct ffisan_nginx *nginx, const char *wanted,
                       struct ffisan_failure *failure)
{
    memset(nginx, 0, sizeof(*nginx));
    nginx->path = find_binary(wanted);
    if (!nginx->path)
        return cannot_find(wanted, failure);
    char *argv[] = {nginx->path, (char *)"-V", NULL};
    nginx->description = ffisan_capture(argv, ASK_SECONDS, NULL);
    if (!nginx->description || !strstr(nginx->description, "version:"))
        return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "'%s -V' does not answer as nginx does",
                                  nginx->path);
    nginx->has_stderr_flag = knows_stderr_flag(nginx->description);
    nginx->has_lua = has_built_in_lua(nginx->path);
    if (!nginx->has_lua) {
        nginx->module_ndk = find_module(nginx, "ndk_http_module.so");
        nginx->module_lua = find_module(nginx, "ngx_http_lua_module.so");
        nginx->has_lua = nginx->module_lua != NULL;
    }
    return true;
}

bool ffisan_nginx_lacks(const struct ffisan_nginx *nginx, const char *module)
{
    char option[64];
    snprintf(option, sizeof(option), "--without-http_%s_module", module);
    return strstr(nginx->description, option) != NULL;
}

void ffisan_nginx_free(struct ffisan_nginx *nginx)
{
    free(nginx->path);
    free(nginx->description);
    free(nginx->module_ndk);
    free(nginx->module_lua);
}
