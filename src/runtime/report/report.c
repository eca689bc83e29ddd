/* SPDX-License-Identifier: MIT */
#include "runtime/report/report.h"

#include "base/hash.h"
#include "runtime/report/outlet.h"
#include "runtime/report/suppressions.h"
#include "runtime/state.h"
#include "wire/record.h"
#include "wire/report_text.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_IDS 8192

struct ffisan_report_counts ffisan_report_counts;

static struct ffisan_scratch the_scratch;
static char record_data[49152];
static char text_data[32768];
static uint64_t reported_ids[MAX_IDS];
static unsigned n_reported_ids;
static int reporting_pid; /* the counts belong to this process: a fork starts anew */

struct ffisan_scratch *ffisan_scratch_begin(void)
{
    ffisan_text_init(&the_scratch.text, the_scratch.data, sizeof(the_scratch.data));
    return &the_scratch;
}

const char *ffisan_scratch_string(struct ffisan_scratch *scratch)
{
    return scratch->data + scratch->text.length;
}

void ffisan_scratch_end_string(struct ffisan_scratch *scratch)
{
    if (scratch->text.length + 2 >= scratch->text.size)
        return;
    scratch->text.data[scratch->text.length++] = '\0';
    scratch->text.data[scratch->text.length] = '\0';
}

static uint64_t hash_stack(uint64_t hash, const struct ffisan_stack *stack, size_t max)
{
    for (size_t i = 0, n = 0; i < stack->n_frames && n < max; i++) {
        if (stack->frames[i].lang != FFISAN_LANG_LUA)
            continue;
        hash = ffisan_hash_string(hash, stack->frames[i].file);
        hash = ffisan_hash_mix(hash, (uint64_t)stack->frames[i].line);
        n++;
    }
    return hash;
}

/*
 * Lengths and indexes differ from one occurrence to the next: "char [14]", "items[3].name", and
 * "libfoo.so: g_queue+16", which is a slot of an array, too.
 */
static uint64_t hash_shape(uint64_t hash, const char *string)
{
    for (; string && *string && *string != '+'; string++)
        if (*string < '0' || *string > '9')
            hash = ffisan_hash_mix(hash, (unsigned char)*string);
    return ffisan_hash_mix(hash, 0);
}

/* The same bug has the same id on every machine: no address goes in. */
static uint64_t make_id(const struct ffisan_finding *finding)
{
    uint64_t hash = ffisan_hash_mix(FFISAN_RECORD_VERSION, (uint64_t)finding->kind);
    if (finding->severity == FFISAN_SEVERITY_LEAK && finding->block.made.n_frames > 0)
        return hash_stack(hash, &finding->block.made, 2); /* the holder is not always known */
    hash = hash_shape(hash, finding->block.type);
    hash = hash_shape(hash, finding->holder.type);
    hash = hash_shape(hash, finding->holder.field);
    hash = hash_stack(hash, &finding->block.made, 2);
    hash = hash_stack(hash, &finding->holder.made, 1);
    if (finding->block.made.n_frames + finding->holder.made.n_frames > 0)
        return hash; /* one root cause, however many places use it */
    return hash_stack(hash, &finding->use.stack, 1);
}

static bool is_repeated(uint64_t id)
{
    for (unsigned i = 0; i < n_reported_ids; i++)
        if (reported_ids[i] == id)
            return true;
    if (n_reported_ids == MAX_IDS)
        return true; /* nobody reads so many: from here on they are only counted */
    reported_ids[n_reported_ids++] = id;
    return false;
}

static int current_pid(void)
{
    int pid = ffisan_outlet_pid();
    if (pid != reporting_pid) {
        reporting_pid = pid;
        memset(&ffisan_report_counts, 0, sizeof(ffisan_report_counts));
    }
    return pid;
}

static void write_record(const struct ffisan_finding *finding)
{
    struct ffisan_text record;
    ffisan_text_init(&record, record_data, sizeof(record_data));
    if (!ffisan_record_write(&record, finding)) {
        struct ffisan_finding shorter = *finding; /* with what is long left out */
        shorter.use.source = shorter.block.preview = shorter.holder.path = shorter.fix = NULL;
        if (!ffisan_record_write(&record, &shorter)) {
            ffisan_report_degraded("a record was too long to be written");
            return;
        }
    }
    ffisan_outlet_record(record.data, record.length);
}

static void write_text(const struct ffisan_finding *finding)
{
    struct ffisan_text text;
    ffisan_text_init(&text, text_data, sizeof(text_data));
    bool color = ffisan_runtime.options.color == FFISAN_COLOR_ALWAYS ||
                 (ffisan_runtime.options.color == FFISAN_COLOR_AUTO &&
                  !ffisan_runtime.options.log && isatty(2));
    ffisan_report_text(&text, finding, color);
    ffisan_outlet_text(text.data, text.length);
}

static void count(const struct ffisan_finding *finding)
{
    if (finding->severity == FFISAN_SEVERITY_ERROR)
        ffisan_report_counts.n_errors++;
    else if (finding->severity == FFISAN_SEVERITY_WARNING)
        ffisan_report_counts.n_warnings++;
    else
        ffisan_report_counts.n_leaks++;
}

bool ffisan_report(struct ffisan_finding *finding)
{
    finding->pid = current_pid();
    finding->id = make_id(finding);
    if (!finding->title)
        finding->title = ffisan_kind_title(finding->kind);
    bool again = is_repeated(finding->id);
    if (ffisan_suppressions_match(finding)) {
        ffisan_report_counts.n_suppressed++;
        if (!again)
            ffisan_report_status("suppressed", ffisan_kind_name(finding->kind));
        return false;
    }
    if (again) {
        ffisan_report_counts.n_repeated++;
        return false;
    }
    count(finding);
    write_record(finding);
    const struct ffisan_report_counts *counts = &ffisan_report_counts;
    unsigned n = counts->n_errors + counts->n_warnings + counts->n_leaks;
    if (n <= ffisan_runtime.options.max_reports)
        write_text(finding);
    else if (n == ffisan_runtime.options.max_reports + 1)
        ffisan_report_note("more findings are only counted from here on (max_reports)");
    return true;
}

void ffisan_report_halt(void)
{
    if (!ffisan_runtime.options.halt || ffisan_report_counts.n_errors == 0)
        return;
    ffisan_report_note("halted after the first error (halt=1)");
    signal(SIGABRT, SIG_DFL);
    abort();
}

void ffisan_report_status(const char *key, const char *value)
{
    ffisan_outlet_status(key, value);
}

void ffisan_report_note(const char *message)
{
    char data[1024];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_text_add(&text, "ffisan: ");
    ffisan_text_add(&text, message);
    ffisan_text_add_char(&text, '\n');
    ffisan_outlet_text(text.data, text.length);
}

void ffisan_report_degraded(const char *why)
{
    if (!ffisan_runtime.run_dir || !ffisan_outlet_status("degraded", why))
        ffisan_report_note(why);
}
