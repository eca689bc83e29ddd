/* SPDX-License-Identifier: MIT */
/* Where findings go: records, texts, status files; what is repeated, too much or too long. */
#include "runtime/report/report.h"

#include "runtime/state.h"
#include "sample_finding.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct ffisan_runtime ffisan_runtime;

static char directory[] = "/tmp/ffisan-test-XXXXXX";
static char log_path[64], report_path[64];
static char content[1 << 18];

/* A file of the directory, whole; "" when there is none. */
static const char *file(const char *format, int pid)
{
    char name[64], path[128];
    snprintf(name, sizeof(name), format, pid);
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, content, sizeof(content) - 1);
    content[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
    return content;
}

static unsigned count(const char *text, const char *word)
{
    unsigned n = 0;
    for (; (text = strstr(text, word)) != NULL; text += strlen(word))
        n++;
    return n;
}

static void begin(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s/*", directory);
    if (system(command) != 0)
        abort();
    ffisan_options_init(&ffisan_runtime.options);
    ffisan_runtime.run_dir = directory;
    ffisan_runtime.options.log = log_path;
    ffisan_runtime.options.report = NULL;
}

/* Findings whose block was made in lines of their own are findings of their own. */
static struct ffisan_frame made_frame;

static struct ffisan_finding finding_at(int line)
{
    struct ffisan_finding finding = sample_finding();
    made_frame = (struct ffisan_frame){.lang = FFISAN_LANG_LUA, .file = "made.lua", .line = line};
    finding.block.made = (struct ffisan_stack){.n_frames = 1, .frames = &made_frame};
    return finding;
}

static uint64_t id_of(struct ffisan_finding finding)
{
    ffisan_report(&finding);
    return finding.id;
}

static void test_once(void)
{
    begin();
    struct ffisan_finding finding = finding_at(1);
    finding.title = NULL;
    errno = EXDEV;
    TAP_OK(ffisan_report(&finding) && errno == EXDEV, "a finding is reported");
    TAP_OK(finding.pid == getpid() && finding.id != 0 && finding.title != NULL,
           "and gets what it lacks");
    TAP_OK(count(file("%d.jsonl", getpid()), "\n") == 1 && count(content, "\"ffisan\":1") == 1,
           "a record goes to the run directory");
    TAP_OK(count(file("log", 0), "SUMMARY: ") == 1 && strncmp(content, "ffisan: ERROR: ", 15) == 0,
           "a text to the log");
    TAP_OK(strchr(content, '\033') == NULL, "without colours");
    TAP_OK(!ffisan_report(&finding), "the same is not reported again");
    TAP_OK(count(file("%d.jsonl", getpid()), "\n") == 1 && count(file("log", 0), "SUMMARY: ") == 1,
           "nowhere");
    TAP_OK(ffisan_report_counts.n_errors == 1 && ffisan_report_counts.n_repeated == 1,
           "but counted");
}

static void test_ids(void)
{
    begin();
    uint64_t id = id_of(finding_at(10));
    TAP_OK(id_of(finding_at(10)) == id, "one bug has one id");
    TAP_OK(id_of(finding_at(11)) != id, "another place has another");
    struct ffisan_finding finding = finding_at(10);
    finding.block.type = "char [77]";
    finding.block.size_bytes = 77;
    finding.block.offset = 5;
    finding.use.size_bytes = 3;
    finding.holder.offset = 16;
    finding.collected.cycle = 9;
    TAP_OK(id_of(finding) == id, "sizes, offsets and cycles do not matter");
    finding.block.type = "int [77]";
    TAP_OK(id_of(finding) != id, "types do");
    finding.block.type = "char [77] *";
    TAP_OK(id_of(finding) != id, "to the last character that is no digit");
    finding = finding_at(10);
    finding.holder.field = "other";
    TAP_OK(id_of(finding) != id, "and fields");
    finding.holder.field = "libfoo.so.2: g_queue+16";
    uint64_t in_queue = id_of(finding);
    finding.holder.field = "libfoo.so.2: g_queue";
    TAP_OK(id_of(finding) == in_queue, "not how far into a C variable");
    finding.holder.field = "libfoo.so.2: g_options+16";
    TAP_OK(id_of(finding) != in_queue, "but which");
    finding = finding_at(10);
    finding.use.stack = (struct ffisan_stack){0};
    TAP_OK(id_of(finding) == id, "places of use do not, when the makers are known");
    finding.block.made = finding.holder.made = (struct ffisan_stack){0};
    id = id_of(finding);
    struct ffisan_finding elsewhere = finding;
    elsewhere.use.stack = sample_finding().use.stack;
    TAP_OK(id_of(elsewhere) != id, "and do when they are not");
    finding.kind = FFISAN_KIND_DANGLING_POINTER;
    TAP_OK(id_of(finding) != id, "kinds do");
}

static void test_counts(void)
{
    begin();
    struct ffisan_report_counts before = ffisan_report_counts;
    struct ffisan_finding finding = finding_at(20);
    finding.severity = FFISAN_SEVERITY_WARNING;
    ffisan_report(&finding);
    finding = finding_at(21);
    finding.severity = FFISAN_SEVERITY_LEAK;
    ffisan_report(&finding);
    TAP_OK(ffisan_report_counts.n_warnings == before.n_warnings + 1 &&
               ffisan_report_counts.n_leaks == before.n_leaks + 1 &&
               ffisan_report_counts.n_errors == before.n_errors,
           "each severity is counted");
}

static void test_paths(void)
{
    begin();
    ffisan_runtime.options.report = report_path;
    struct ffisan_finding finding = finding_at(30);
    ffisan_report(&finding);
    TAP_OK(count(file("r-%d.x", getpid()), "\"ffisan\":1") == 1, "%p in a path is the process");
    ffisan_runtime.options.color = FFISAN_COLOR_ALWAYS;
    finding = finding_at(31);
    ffisan_report(&finding);
    TAP_OK(strchr(file("log", 0), '\033') != NULL, "colours, when asked for");
    ffisan_runtime.options.report = "/no/such/folder/file";
    ffisan_runtime.options.color = FFISAN_COLOR_NEVER;
    for (int line = 32; line < 35; line++) {
        finding = finding_at(line);
        ffisan_report(&finding);
    }
    TAP_OK(count(file("%d.jsonl", getpid()), "\n") == 5,
           "a report that cannot be written is no end");
    TAP_OK(count(file("%d.undelivered", getpid()), "\n") == 3, "it is left to the command");
    TAP_OK(file("%d.status", getpid())[0] == '\0', "which will tell");
    ffisan_runtime.run_dir = NULL;
    for (int line = 35; line < 38; line++) {
        finding = finding_at(line);
        ffisan_report(&finding);
    }
    TAP_OK(count(file("log", 0), "cannot write to /no/such/folder/file") == 1,
           "without one it is said, once");
}

/* In a child, so that nothing was reported yet. */
static void test_maximum(void)
{
    begin();
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        ffisan_runtime.options.max_reports = 3;
        for (int line = 100; line < 110; line++) {
            struct ffisan_finding finding = finding_at(line);
            finding.severity = line % 2   ? FFISAN_SEVERITY_WARNING
                               : line % 4 ? FFISAN_SEVERITY_LEAK
                                          : FFISAN_SEVERITY_ERROR;
            ffisan_report(&finding);
        }
        _exit(ffisan_report_counts.n_errors == 3 && ffisan_report_counts.n_warnings == 5 &&
                      ffisan_report_counts.n_leaks == 2 && ffisan_report_counts.n_repeated == 0
                  ? 0
                  : 1);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    TAP_OK(status == 0, "a child counts for itself");
    TAP_OK(count(file("%d.jsonl", pid), "\n") == 10, "all are recorded");
    TAP_OK(count(file("log", 0), "SUMMARY: ") == 3 && count(content, "only counted") == 1,
           "as many are shown as were asked for, and that is said once");
    TAP_OK(strcmp(file("%d.jsonl", getpid()), "") == 0, "none is the parent's");
}

static void test_long(void)
{
    static char path[60000];
    begin();
    memset(path, 'p', sizeof(path) - 1);
    struct ffisan_finding finding = finding_at(40);
    finding.holder.path = path;
    TAP_OK(ffisan_report(&finding), "a finding that is too long");
    TAP_OK(count(file("%d.jsonl", getpid()), "\n") == 1 && count(content, "\"block\":{") == 1 &&
               count(content, "ppppp") == 0,
           "is recorded without what is long");
    finding = finding_at(41);
    finding.why = path;
    TAP_OK(ffisan_report(&finding) && count(file("%d.jsonl", getpid()), "\n") == 1 &&
               count(file("%d.status", getpid()), "degraded=a record was too long") == 1,
           "or not, which is said");
}

static void test_lines(void)
{
    begin();
    ffisan_report_status("note", "hello");
    ffisan_report_degraded("no memory");
    TAP_TEXT(file("%d.status", getpid()), "note=hello\ndegraded=no memory\n", "lines of status");
    ffisan_report_note("a note");
    TAP_TEXT(file("log", 0), "ffisan: a note\n", "notes go to the log");
    ffisan_runtime.run_dir = NULL;
    ffisan_report_status("note", "nowhere");
    ffisan_report_degraded("no memory");
    TAP_TEXT(file("log", 0), "ffisan: a note\nffisan: no memory\n",
             "without a run directory, troubles do, too");
    fflush(stdout);
    int pipe_fds[2], old = dup(2);
    if (pipe(pipe_fds) != 0 || dup2(pipe_fds[1], 2) != 2)
        abort();
    ffisan_runtime.options.log = "/no/such/folder/log";
    ffisan_report_note("lost?");
    dup2(old, 2);
    ssize_t n = read(pipe_fds[0], content, sizeof(content) - 1);
    content[n > 0 ? n : 0] = '\0';
    TAP_OK(strstr(content, "ffisan: lost?\n") != NULL,
           "a log that cannot be written is standard error");
}

static void test_scratch(void)
{
    struct ffisan_scratch *scratch = ffisan_scratch_begin();
    const char *first = ffisan_scratch_string(scratch);
    ffisan_text_add(&scratch->text, "first");
    ffisan_scratch_end_string(scratch);
    const char *second = ffisan_scratch_string(scratch);
    ffisan_text_add(&scratch->text, "second");
    ffisan_scratch_end_string(scratch);
    TAP_TEXT(first, "first", "a string of the scratch");
    TAP_TEXT(second, "second", "and another one");
    for (int i = 0; i < 10000; i++) {
        second = ffisan_scratch_string(scratch);
        ffisan_text_add(&scratch->text, "more and more");
        ffisan_scratch_end_string(scratch);
    }
    TAP_OK(second < scratch->data + sizeof(scratch->data) && strlen(second) < 20,
           "a full scratch stays in its room");
    TAP_TEXT(first, "first", "and keeps what it has");
    TAP_OK(ffisan_scratch_begin()->text.length == 0, "begun again, it is empty");
}

int main(void)
{
    if (!mkdtemp(directory))
        return 1;
    snprintf(log_path, sizeof(log_path), "%s/log", directory);
    snprintf(report_path, sizeof(report_path), "%s/r-%%p.x", directory);
    test_once();
    test_ids();
    test_counts();
    test_paths();
    test_maximum();
    test_long();
    test_lines();
    test_scratch();
    begin();
    rmdir(directory);
    return tap_done();
}
