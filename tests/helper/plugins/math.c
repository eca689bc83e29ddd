/* SPDX-License-Identifier: MIT */
/* A plugin with functions that others call, and a table of numbers. */
static const double weights[8] = {0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5};

double math_weight(int i)
{
    return weights[i & 7];
}

const double *math_weights(void)
{
    return weights;
}

int math_scale(int x, int by)
{
    return x * by;
}

/* As an event handler (tests/helper/events.c). */
int math_on_event(int event, void *context)
{
    (void)context;
    return event * 10;
}
