/* SPDX-License-Identifier: MIT */
#include "cli/doctor.h"

#include "base/others.h"
#include "cli/elf.h"
#include "cli/fs.h"
#include "cli/library.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum { USUAL_MAPS = 65530 };

static void check_library(struct ffisan_doctor *doctor)
{
    struct ffisan_failure failure;
    doctor->library = ffisan_library_find(&failure);
    if (!doctor->library) {
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NO, "library", "%s", failure.text);
        doctor->is_system_broken = true;
        return;
    }
    struct ffisan_elf elf;
    struct statvfs fs;
    bool is_noexec = statvfs(doctor->library, &fs) == 0 && (fs.f_flag & ST_NOEXEC);
    if (!ffisan_elf_read(&elf, doctor->library, &failure))
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NO, "library", "%s", failure.text);
    else if (!elf.is_native)
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NO, "library", "%s is for another machine",
                          doctor->library);
    else if (is_noexec)
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NO, "library",
                          "%s is on a file system mounted noexec: move it", doctor->library);
    else {
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_OK, "library", "%s", doctor->library);
        return;
    }
    doctor->is_system_broken = true;
}

static void check_kernel(struct ffisan_doctor *doctor)
{
    struct utsname name;
    if (uname(&name) != 0)
        return;
    bool is_known = strcmp(name.machine, "x86_64") == 0;
    ffisan_doctor_say(doctor, is_known ? FFISAN_DOCTOR_OK : FFISAN_DOCTOR_NO, "system",
                      "%s %s, %s%s", name.sysname, name.release, name.machine,
                      is_known ? "" : ": only x86_64 is supported");
    doctor->is_system_broken |= !is_known;
}

static void check_guards(const struct ffisan_doctor *doctor)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return;
    bool works = madvise(page, size, MADV_GUARD_INSTALL) == 0;
    munmap(page, size);
    if (works)
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_OK, "guard pages", "MADV_GUARD_INSTALL works");
    else
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NOTE, "guard pages",
                          "no MADV_GUARD_INSTALL (Linux 6.13): pages are protected one mapping at "
                          "a time, which is slower; findings are the same");
}

/* A number from /proc/sys, or -1. */
static long read_number(const char *path)
{
    char *text = ffisan_fs_read_file(path, 64, NULL);
    long number = text ? atol(text) : -1;
    free(text);
    return number;
}

static void check_limits(const struct ffisan_doctor *doctor)
{
    long maps = read_number("/proc/sys/vm/max_map_count");
    bool is_low = maps >= 0 && maps < USUAL_MAPS;
    ffisan_doctor_say(doctor, is_low ? FFISAN_DOCTOR_NOTE : FFISAN_DOCTOR_OK, "mappings",
                      "vm.max_map_count = %ld%s", maps,
                      is_low ? ": low, large programs may be watched only in part" : "");
    long overcommit = read_number("/proc/sys/vm/overcommit_memory");
    ffisan_doctor_say(doctor, overcommit == 2 ? FFISAN_DOCTOR_NOTE : FFISAN_DOCTOR_OK, "overcommit",
                      "vm.overcommit_memory = %ld%s", overcommit,
                      overcommit == 2 ? ": strict, a large program may run out of memory sooner"
                                      : "");
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NOTE, "ulimit -v",
                          "%lu KiB: ffisan reserves address space; use 'ulimit -v unlimited'",
                          (unsigned long)(limit.rlim_cur / 1024));
}

static void *wait_for_end(void *end)
{
    pthread_mutex_lock(end);
    pthread_mutex_unlock(end);
    return NULL;
}

/* As the library does it before it calls memory lost in a program with several threads. */
static void check_threads(const struct ffisan_doctor *doctor)
{
    pthread_mutex_t end = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread;
    pthread_mutex_lock(&end);
    if (pthread_create(&thread, NULL, wait_for_end, &end) != 0)
        return;
    bool is_refused;
    struct ffisan_others *others = ffisan_others_stop(&is_refused);
    ffisan_others_resume(others);
    pthread_mutex_unlock(&end);
    pthread_join(thread, NULL);
    if (!is_refused)
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_OK, "threads", "can be stopped by ptrace");
    else
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NOTE, "threads",
                          "cannot be stopped by ptrace (a debugger, a container, or "
                          "kernel.yama.ptrace_scope): in programs with several threads, lost "
                          "memory is not told");
}

void ffisan_doctor_system(struct ffisan_doctor *doctor)
{
    check_library(doctor);
    check_kernel(doctor);
    check_guards(doctor);
    check_limits(doctor);
    check_threads(doctor);
}
