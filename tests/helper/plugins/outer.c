/* SPDX-License-Identifier: MIT */
/* A plugin that needs another one, which comes and goes with it. */
int math_scale(int x, int by);
const char *outer_name(void);

static int n_calls;

int outer_twice(int x)
{
    n_calls++;
    return math_scale(x, 2);
}

const char *outer_name(void)
{
    return n_calls > 0 ? "outer, used" : "outer, fresh";
}
