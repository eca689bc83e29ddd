/* SPDX-License-Identifier: MIT */
/** Strings whose content has changed, as findings.  Context: as damage.h. */
#ifndef FFISAN_REPORT_MODIFIED_H
#define FFISAN_REPORT_MODIFIED_H

#include "runtime/report/damage.h"

struct ffisan_damage;

/** Fills in what is not in finding->use; the caller reports. */
void ffisan_modified_describe(struct ffisan_state *state, const struct ffisan_damage *damage,
                              const struct ffisan_culprit *culprit, struct ffisan_scratch *scratch,
                              struct ffisan_finding *finding);

#endif
