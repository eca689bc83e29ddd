/* SPDX-License-Identifier: MIT */
/** What the preload library shows to the program; everything else is hidden. */
#ifndef FFISAN_BASE_EXPORT_H
#define FFISAN_BASE_EXPORT_H

#define FFISAN_EXPORT __attribute__((visibility("default")))

#endif
