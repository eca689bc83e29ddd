#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs of this folder: see tests/run.sh.
exec "$(dirname "$0")/../run.sh" e2e/
