/* SPDX-License-Identifier: MIT */
/*
 * No descriptor is kept: the program may close it, or count on its number.  So each line opens its
 * file, by which time the process may be another user (a worker of a server): what it cannot write
 * to the user's file lies in the run directory, from where the command delivers it.
 */
#include "runtime/report/outlet.h"

#include "base/io.h"
#include "base/text.h"
#include "runtime/report/report.h"
#include "runtime/state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_ROOM (FFISAN_OPTION_STRING_MAX + 64)

/* What descriptor 2 was when the first state was made. */
static struct {
    dev_t device;
    ino_t inode;
} standard_error;

int ffisan_outlet_pid(void)
{
    return (int)syscall(SYS_getpid);
}

static void dir_path(struct ffisan_text *out, char *data, const char *name)
{
    ffisan_text_init(out, data, PATH_ROOM);
    ffisan_text_add(out, ffisan_runtime.run_dir);
    ffisan_text_add_char(out, '/');
    ffisan_text_add(out, name);
}

/*
 * A lock on a file is held by whoever has it open or mapped, through forks and whatever happens to
 * descriptors, until the process ends or executes another program.  Nothing of it is ever read.
 */
static void mark_alive(void)
{
    char data[PATH_ROOM];
    struct ffisan_text path;
    dir_path(&path, data, "alive");
    int fd = (int)syscall(SYS_openat, AT_FDCWD, data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    if (fd < 0)
        return;
    if (syscall(SYS_flock, fd, LOCK_SH | LOCK_NB) == 0)
        syscall(SYS_mmap, NULL, 4096, PROT_NONE, MAP_PRIVATE, fd, 0);
    syscall(SYS_close, fd);
}

void ffisan_outlet_begin(const char *run_dir)
{
    int saved_errno = errno;
    struct stat st;
    ffisan_runtime.run_dir = run_dir;
    if (!ffisan_io_is_confined && syscall(SYS_fstat, 2, &st) == 0) {
        standard_error.device = st.st_dev;
        standard_error.inode = st.st_ino;
    }
    if (run_dir && !ffisan_io_is_confined)
        mark_alive();
    errno = saved_errno;
}

/* "dir/%p.jsonl": %p becomes the process id. */
static void expand_path(struct ffisan_text *out, const char *pattern)
{
    for (; *pattern; pattern++) {
        if (pattern[0] == '%' && pattern[1] == 'p') {
            ffisan_text_add_signed(out, ffisan_outlet_pid());
            pattern++;
        } else {
            ffisan_text_add_char(out, *pattern);
        }
    }
}

static bool append(const char *pattern, const char *data, size_t size)
{
    char path[PATH_ROOM];
    struct ffisan_text text;
    ffisan_text_init(&text, path, sizeof(path));
    expand_path(&text, pattern);
    return ffisan_io_append(path, data, size);
}

static bool append_in_run_dir(const char *suffix, const char *data, size_t size)
{
    char path[PATH_ROOM];
    struct ffisan_text text;
    dir_path(&text, path, "");
    ffisan_text_add_signed(&text, ffisan_outlet_pid());
    ffisan_text_add(&text, suffix);
    return ffisan_io_append(path, data, size);
}

/* Says once that a file of the user's cannot be written. */
static void note_lost(const char *pattern)
{
    static bool is_noted;
    char data[PATH_ROOM + 64];
    struct ffisan_text text;
    if (is_noted)
        return;
    is_noted = true;
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_text_add(&text, "cannot write to ");
    expand_path(&text, pattern);
    ffisan_text_add(&text, ": not every finding is in it");
    ffisan_report_degraded(data);
}

/* After chroot, or on a full disk, where the exit status of `ffisan run` still tells. */
static void note_unheard(void)
{
    static bool is_noted;
    if (!is_noted)
        ffisan_report_note(
            "the ffisan command cannot be told of this finding: "
            "its temporary folder cannot be written");
    is_noted = true;
}

void ffisan_outlet_record(const char *data, size_t size)
{
    const char *report = ffisan_runtime.options.report;
    bool has_dir = ffisan_runtime.run_dir != NULL;
    if (report && !append(report, data, size) &&
        !(has_dir && append_in_run_dir(".undelivered", data, size)))
        note_lost(report);
    if (has_dir && !append_in_run_dir(".jsonl", data, size))
        note_unheard();
}

bool ffisan_outlet_status(const char *key, const char *value)
{
    char data[1024];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_text_add(&text, key);
    ffisan_text_add_char(&text, '=');
    ffisan_text_add(&text, value);
    ffisan_text_add_char(&text, '\n');
    return !ffisan_runtime.run_dir || append_in_run_dir(".status", text.data, text.length);
}

/*
 * Who becomes a daemon may close 2, and the next file or connection that the program opens gets the
 * number: reports are not for that.  A log is opened to be appended to.
 */
static bool is_still_standard_error(void)
{
    int saved_errno = errno;
    struct stat st;
    bool is = ffisan_io_is_confined;
    if (!is && syscall(SYS_fstat, 2, &st) == 0) {
        bool is_other = st.st_dev != standard_error.device || st.st_ino != standard_error.inode;
        is = !is_other || (S_ISREG(st.st_mode) && (syscall(SYS_fcntl, 2, F_GETFL) & O_APPEND)) ||
             S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode);
    }
    errno = saved_errno;
    return is;
}

static void note_unread(void)
{
    static bool is_noted;
    if (!is_noted)
        ffisan_outlet_status("degraded",
                             "standard error has been closed or has become a file that "
                             "is no log: reports are in the record only");
    is_noted = true;
}

void ffisan_outlet_text(const char *data, size_t size)
{
    const char *log = ffisan_runtime.options.log;
    if (log && append(log, data, size))
        return;
    if (is_still_standard_error())
        ffisan_io_write(2, data, size);
    else
        note_unread();
}
