/* SPDX-License-Identifier: MIT */
/** The version of ffisan: the one place where it is written. */
#ifndef FFISAN_CLI_VERSION_H
#define FFISAN_CLI_VERSION_H

#define FFISAN_VERSION "0.1.0"

#endif
