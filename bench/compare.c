/* SPDX-License-Identifier: MIT */
/*
 * compare: times commands against each other on a noisy machine.
 *
 *   compare [-n ROUNDS] [-t SECONDS] [-e FILE] NAME COMMAND [ARG]... [+ NAME COMMAND [ARG]...]...
 *
 * Each round runs every command once, back and forth (A B C, C B A), so that what else happens on
 * the machine hits all of them alike.  Ends after ROUNDS (default 15), or after SECONDS (default
 * 60) once five rounds are done.  Standard output of the commands is dropped, and their standard
 * error goes to FILE (default /dev/null).
 *
 * Prints a line per command:
 *   NAME STATUS ROUNDS CPU-MIN CPU-MEDIAN WALL-MIN WALL-MEDIAN RSS CPU-RATIO WALL-RATIO
 * Times are microseconds; CPU is user and system time of the process and the children it waited
 * for.  RSS is the peak of the largest of them in KiB, median of the rounds.  A ratio is the median
 * over the rounds of (this command / first command in the same round).  STATUS is that of the last
 * round, 128 + n for signal n.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_COMMANDS = 8, MAX_ROUNDS = 1000, MIN_ROUNDS = 5 };

struct run {
    double cpu_us, wall_us, rss_kib;
};

struct command {
    const char *name;
    char **argv;
    int status;
    struct run runs[MAX_ROUNDS];
};

static struct command commands[MAX_COMMANDS];
static unsigned n_commands;
static const char *errors_path = "/dev/null";

static double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double to_us(struct timeval time)
{
    return (double)time.tv_sec * 1e6 + (double)time.tv_usec;
}

static _Noreturn void start(const struct command *command)
{
    int errors = open(errors_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 0);
    dup2(nothing, 1);
    int own = fcntl(2, F_DUPFD_CLOEXEC, 3);
    dup2(errors, 2);
    execvp(command->argv[0], command->argv);
    dprintf(own, "compare: %s: %s\n", command->argv[0], strerror(errno));
    _exit(127);
}

static void time_once(struct command *command, struct run *run)
{
    struct rusage usage;
    int status;
    double before = now_us();
    pid_t pid = fork();
    if (pid == 0)
        start(command);
    if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
        perror("compare");
        exit(1);
    }
    run->wall_us = now_us() - before;
    run->cpu_us = to_us(usage.ru_utime) + to_us(usage.ru_stime);
    run->rss_kib = (double)usage.ru_maxrss;
    command->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static unsigned time_all(unsigned max_rounds, double limit_us)
{
    double begin = now_us();
    unsigned round = 0;
    while (round < max_rounds && (round < MIN_ROUNDS || now_us() - begin < limit_us)) {
        for (unsigned i = 0; i < n_commands; i++) {
            struct command *command = &commands[round % 2 ? n_commands - 1 - i : i];
            time_once(command, &command->runs[round]);
        }
        round++;
    }
    return round;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts the values. */
static double median(double *values, unsigned n)
{
    qsort(values, n, sizeof(*values), by_value);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void print(const struct command *command, unsigned n)
{
    double cpu[MAX_ROUNDS], wall[MAX_ROUNDS], rss[MAX_ROUNDS];
    double cpu_ratio[MAX_ROUNDS], wall_ratio[MAX_ROUNDS];
    for (unsigned i = 0; i < n; i++) {
        const struct run *run = &command->runs[i], *first = &commands[0].runs[i];
        cpu[i] = run->cpu_us;
        wall[i] = run->wall_us;
        rss[i] = run->rss_kib;
        cpu_ratio[i] = run->cpu_us / (first->cpu_us > 0 ? first->cpu_us : 1);
        wall_ratio[i] = run->wall_us / (first->wall_us > 0 ? first->wall_us : 1);
    }
    double cpu_median = median(cpu, n), wall_median = median(wall, n);
    printf("%s %d %u %.0f %.0f %.0f %.0f %.0f %.4f %.4f\n", command->name, command->status, n,
           cpu[0], cpu_median, wall[0], wall_median, median(rss, n), median(cpu_ratio, n),
           median(wall_ratio, n));
}

/* Splits at "+"; 0 when a command is missing. */
static int read_commands(char **argv)
{
    while (*argv && argv[1] && strcmp(argv[1], "+") != 0 && n_commands < MAX_COMMANDS) {
        commands[n_commands].name = argv[0];
        commands[n_commands++].argv = argv + 1;
        while (*argv && strcmp(*argv, "+") != 0)
            argv++;
        if (*argv)
            *argv++ = NULL;
    }
    return n_commands > 0 && !*argv;
}

int main(int argc, char **argv)
{
    unsigned rounds = 15;
    double seconds = 60;
    int option;
    while ((option = getopt(argc, argv, "+n:t:e:")) != -1) {
        if (option == 'n')
            rounds = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 't')
            seconds = strtod(optarg, NULL);
        else if (option == 'e')
            errors_path = optarg;
        else
            return 2;
    }
    if (rounds < 1 || rounds > MAX_ROUNDS || !read_commands(argv + optind)) {
        fputs("usage: compare [-n ROUNDS] [-t SECONDS] [-e FILE] NAME COMMAND... [+ ...]\n",
              stderr);
        return 2;
    }
    unsigned n = time_all(rounds, seconds * 1e6);
    for (unsigned i = 0; i < n_commands; i++)
        print(&commands[i], n);
    return 0;
}
