/* SPDX-License-Identifier: MIT */
/* The engine's side of descriptors, for tests that are about something else. */
#ifndef FFISAN_TEST_NO_DESCRIPTORS_H
#define FFISAN_TEST_NO_DESCRIPTORS_H

#include "runtime/fault/use.h"

void ffisan_use_opened(int descriptor, const void *stream)
{
    (void)descriptor, (void)stream;
}

void ffisan_use_asked(int descriptor, const void *stream)
{
    (void)descriptor, (void)stream;
}

void ffisan_use_reopened(int descriptor, const char *function)
{
    (void)descriptor, (void)function;
}

void ffisan_use_descriptor(int descriptor, const char *function)
{
    (void)descriptor, (void)function;
}

void ffisan_use_closing(int first, int last, const char *function)
{
    (void)first, (void)last, (void)function;
}

#endif
