/* SPDX-License-Identifier: MIT */
/*
 * Objects in memory of the library's own, which work through callbacks: sessions of a server, a
 * parser that is fed, a list that is walked, timers.
 */
#include <stddef.h>
#include <string.h>

/* ---- Sessions ---- */

#define N_SESSIONS 64

struct session {
    int references, state, n_packets;
    char name[24];
};

static struct session sessions[N_SESSIONS];

struct session *session_open(const char *name)
{
    for (int i = 0; i < N_SESSIONS; i++) {
        if (sessions[i].references > 0)
            continue;
        memset(&sessions[i], 0, sizeof(sessions[i]));
        strncpy(sessions[i].name, name, sizeof(sessions[i].name) - 1);
        sessions[i].references = sessions[i].state = 1;
        return &sessions[i];
    }
    return NULL;
}

void session_retain(struct session *session)
{
    session->references++;
}

void session_release(struct session *session)
{
    if (--session->references == 0)
        session->state = 0;
}

/* It is over for everybody. */
void session_close(struct session *session)
{
    session->references = session->state = 0;
    memset(session->name, 0, sizeof(session->name));
}

const char *session_name(const struct session *session)
{
    return session->name;
}

/* Hands each open session to the callback, and counts what it says. */
int session_serve(int (*handle)(struct session *session, int packet), int packet)
{
    int n = 0;
    for (int i = 0; i < N_SESSIONS; i++) {
        if (sessions[i].state == 0)
            continue;
        n += handle(&sessions[i], packet);
        sessions[i].n_packets++;
    }
    return n;
}

/* ---- A parser ---- */

#define N_PARSERS 1024

struct parser {
    int depth, line;
    const char *at;
};

static struct parser parsers[N_PARSERS];
static int n_parsers;

struct parser *parser_new(void)
{
    struct parser *parser = &parsers[n_parsers++ % N_PARSERS];
    parser->depth = parser->line = 1;
    parser->at = NULL;
    return parser;
}

void parser_reset(struct parser *parser)
{
    parser->depth = parser->line = 0;
    parser->at = NULL;
}

/* Calls back for each line; returns how many there were, or -1 when the parser lost its place. */
int parser_feed(struct parser *parser, const char *text, void (*token)(int line))
{
    int n = 0;
    parser->at = text;
    parser->line = 1;
    for (; parser->at && *parser->at; parser->at++) {
        if (*parser->at != '\n')
            continue;
        n++;
        token(parser->line++);
        if (!parser->at)
            return -1;
    }
    return n;
}

/* ---- A context that all functions get ---- */

struct engine {
    int n_values, n_calls;
    long values[64];
};

static struct engine engine;

struct engine *engine_get(void)
{
    return &engine;
}

int engine_value(struct engine *context, long number)
{
    context->values[context->n_values % 64] = number;
    return context->n_values++;
}

void engine_release(struct engine *context, int value)
{
    context->values[value % 64] = 0;
    context->n_calls += 2;
}

int engine_evaluate(struct engine *context, int n, int (*function)(int i))
{
    int sum = 0;
    for (int i = 0; i < n; i++) {
        sum += function(i);
        context->n_calls++;
    }
    return sum;
}

/* ---- Timers that belong to the caller ---- */

struct timer {
    struct timer *next;
    int left, period, fired;
};

static struct timer *timers;

void timer_start(struct timer *timer, int period)
{
    timer->left = timer->period = period;
    timer->next = timers;
    timers = timer;
}

void timer_cancel(struct timer *timer)
{
    for (struct timer **place = &timers; *place; place = &(*place)->next)
        if (*place == timer) {
            *place = timer->next;
            break;
        }
    timer->period = timer->left = -1;
    timer->next = NULL;
}

int timers_advance(void (*fire)(struct timer *timer))
{
    int n = 0;
    for (struct timer *timer = timers, *next; timer; timer = next) {
        next = timer->next;
        if (--timer->left > 0)
            continue;
        timer->left = timer->period;
        timer->fired++;
        fire(timer);
        n++;
    }
    return n;
}
