/* SPDX-License-Identifier: MIT */
/** The directory that nginx runs in for one `ffisan resty`. */
#ifndef FFISAN_CLI_RESTY_PREFIX_H
#define FFISAN_CLI_RESTY_PREFIX_H

#include "cli/resty_options.h"

/**
 * Makes it, with conf/nginx.conf (`conf`) and the Lua around the user's code.  NULL with
 * `failure`, and nothing left behind.  The caller removes the tree and frees the path.
 */
char *ffisan_resty_prefix_make(const struct ffisan_resty_options *options, const char *conf,
                               struct ffisan_failure *failure);

#endif
