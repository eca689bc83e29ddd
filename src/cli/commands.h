/* SPDX-License-Identifier: MIT */
/**
 * The commands.  Each gets its own arguments (argv[0] is its name), prints through diag.h and
 * returns the exit status of the process.
 */
#ifndef FFISAN_CLI_COMMANDS_H
#define FFISAN_CLI_COMMANDS_H

int ffisan_cmd_run(int argc, char **argv);
int ffisan_cmd_resty(int argc, char **argv);
int ffisan_cmd_doctor(int argc, char **argv);
int ffisan_cmd_show(int argc, char **argv);

#endif
