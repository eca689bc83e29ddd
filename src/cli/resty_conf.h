/* SPDX-License-Identifier: MIT */
/** The nginx.conf of `ffisan resty`. */
#ifndef FFISAN_CLI_RESTY_CONF_H
#define FFISAN_CLI_RESTY_CONF_H

#include "cli/nginx.h"
#include "cli/resty_options.h"

/** The whole file; the caller frees it.  Lists the environment as it is now. */
char *ffisan_resty_conf(const struct ffisan_resty_options *options,
                        const struct ffisan_nginx *nginx);

#endif
