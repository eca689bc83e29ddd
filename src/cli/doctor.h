/* SPDX-License-Identifier: MIT */
/** The parts of `ffisan doctor`: each prints its lines on standard output. */
#ifndef FFISAN_CLI_DOCTOR_H
#define FFISAN_CLI_DOCTOR_H

#include "cli/diag.h"

enum ffisan_doctor_level {
    FFISAN_DOCTOR_OK,
    FFISAN_DOCTOR_NOTE, /**< works, but less well, or is just not there */
    FFISAN_DOCTOR_NO,   /**< does not work */
};

/** What one examination found out so far. */
struct ffisan_doctor {
    bool color;
    char *library;         /**< owned; NULL when it was not found */
    bool is_system_broken; /**< nothing can be watched here at all */
};

/** Prints one line. */
void ffisan_doctor_say(const struct ffisan_doctor *doctor, enum ffisan_doctor_level level,
                       const char *subject, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Library, kernel, limits. */
void ffisan_doctor_system(struct ffisan_doctor *doctor);

/** One program, by name or path; returns whether `ffisan run` will watch a LuaJIT in it. */
bool ffisan_doctor_program(const struct ffisan_doctor *doctor, const char *command,
                           struct ffisan_failure *failure);

/** Every well-known program and library; returns whether one of them can be watched. */
bool ffisan_doctor_survey(const struct ffisan_doctor *doctor);

#endif
