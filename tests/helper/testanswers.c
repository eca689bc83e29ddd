/* SPDX-License-Identifier: MIT */
/* Answers in memory that the library uses again: text of its own, structs, one per thread. */
#include <stdio.h>
#include <string.h>

static char status_line[64];
static char log_text[256];
static char title[32] = "untitled";
static _Thread_local char unit_text[32];

/* One buffer for each answer. */
const char *answers_status(int code)
{
    snprintf(status_line, sizeof(status_line), "status %d", code);
    return status_line;
}

/* The same, of the thread. */
const char *answers_units(double value, const char *unit)
{
    snprintf(unit_text, sizeof(unit_text), "%.2f %s", value, unit);
    return unit_text;
}

/* A message that the handle has room for. */
struct answers_device {
    int n_asked;
    char message[48];
};
static struct answers_device the_device;

struct answers_device *answers_open(void)
{
    return &the_device;
}

const char *answers_register(struct answers_device *device, int number)
{
    device->n_asked++;
    snprintf(device->message, sizeof(device->message), "r%d=%#x", number, number * 257);
    return device->message;
}

/* The next answer, without a question. */
const char *answers_next_name(void)
{
    static char name[16];
    static unsigned n;
    snprintf(name, sizeof(name), "tmp-%c%c", 'a' + (int)(n * 7 % 26), 'a' + (int)(n * 11 % 26));
    n++;
    return name;
}

/* ---- One struct for each answer -------------------------------------------------------------- */

struct answers_parts {
    int hours, minutes, seconds;
};

const struct answers_parts *answers_split(int seconds)
{
    static struct answers_parts parts;
    parts = (struct answers_parts){seconds / 3600, seconds / 60 % 60, seconds % 60};
    return &parts;
}

struct answers_host {
    const char *name;
    int port;
};

const struct answers_host *answers_lookup(int number)
{
    static struct answers_host host;
    static char name[32];
    snprintf(name, sizeof(name), "%s-%d", number % 2 ? "mail" : "www", number * 37);
    host = (struct answers_host){name, 8000 + number};
    return &host;
}

/* ---- One that is meant to change ------------------------------------------------------------- */

struct answers_counters {
    long n_calls, n_bytes;
    char last[16];
};
static struct answers_counters counters;

const struct answers_counters *answers_counters(void)
{
    counters.n_calls++;
    return &counters;
}

void answers_work(long n_bytes)
{
    counters.n_bytes += n_bytes;
    snprintf(counters.last, sizeof(counters.last), "%ld", n_bytes);
}

const char *answers_log(const char *line)
{
    strncat(log_text, line, sizeof(log_text) - strlen(log_text) - 1);
    return log_text;
}

const char *answers_title(void)
{
    return title;
}

void answers_set_title(const char *text)
{
    snprintf(title, sizeof(title), "%s", text);
}

const char *answers_version(int part)
{
    static const char *const parts[] = {"1", "4", "2"};
    return part < 3 ? parts[part] : "1.4.2";
}
