/* SPDX-License-Identifier: MIT */
/*
 * A small C library for the test programs that keeps what it is given, as real libraries do: in
 * static variables, in a thread-local one, in structs from malloc.  Built as
 * build/tests/libtestkeeper.so; programs say ffi.load("testkeeper").
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- A device that plays from the caller's buffer ------------------------------------------- */

static struct {
    unsigned rate, position;
    const short *samples;
    unsigned n_samples;
} device;

void keeper_device_set(const short *samples, unsigned n_samples)
{
    device.samples = samples;
    device.n_samples = n_samples;
    device.position = 0;
}

/* The loudest of the next samples. */
int keeper_device_play(unsigned n)
{
    int loudest = 0;

    for (; n > 0 && device.position < device.n_samples; n--) {
        int sample = device.samples[device.position++];
        loudest = abs(sample) > loudest ? abs(sample) : loudest;
    }
    return loudest;
}

/* ---- A request whose options are not copied ------------------------------------------------- */

struct keeper_request {
    unsigned timeout;
    const char *address, *agent;
    void *user;
};

struct keeper_request *keeper_request_new(void)
{
    return calloc(1, sizeof(struct keeper_request));
}

void keeper_request_set(struct keeper_request *request, int option, const char *value)
{
    if (option == 1)
        request->address = value;
    else
        request->agent = value;
}

void keeper_request_set_user(struct keeper_request *request, void *user)
{
    request->user = user;
}

void *keeper_request_user(const struct keeper_request *request)
{
    return request->user;
}

int keeper_request_send(const struct keeper_request *request, char *text, size_t size)
{
    return snprintf(text, size, "GET %s by %s", request->address ? request->address : "/",
                    request->agent ? request->agent : "nobody");
}

void keeper_request_free(struct keeper_request *request)
{
    free(request);
}

/* ---- A list whose nodes belong to the caller ------------------------------------------------ */

struct keeper_node {
    struct keeper_node *next;
    int priority;
    char name[20];
};

struct keeper_node *keeper_queue;

void keeper_queue_add(struct keeper_node *node)
{
    struct keeper_node **link = &keeper_queue;

    while (*link && (*link)->priority >= node->priority)
        link = &(*link)->next;
    node->next = *link;
    *link = node;
}

void keeper_queue_remove(struct keeper_node *node)
{
    for (struct keeper_node **link = &keeper_queue; *link; link = &(*link)->next)
        if (*link == node) {
            *link = node->next;
            return;
        }
}

const char *keeper_queue_first(void)
{
    return keeper_queue ? keeper_queue->name : NULL;
}

/* ---- A log with a prefix for each thread ---------------------------------------------------- */

static __thread struct {
    unsigned n_lines;
    const char *prefix;
} logger;

void keeper_log_prefix(const char *prefix)
{
    logger.prefix = prefix;
}

int keeper_log_format(char *line, size_t size, const char *message)
{
    return snprintf(line, size, "[%s %u] %s", logger.prefix ? logger.prefix : "-", ++logger.n_lines,
                    message);
}

/* ---- A table that can be sealed, as secrets are ----------------------------------------------- */

struct keeper_page {
    const char *names[512];
} __attribute__((aligned(4096)));

struct keeper_page keeper_table[4];

const char *keeper_name(int page, int i)
{
    return keeper_table[page].names[i];
}

void keeper_set_name(int page, int i, const char *name)
{
    keeper_table[page].names[i] = name;
}

/* protection: as for mprotect */
int keeper_protect(int page, int protection)
{
    return mprotect(&keeper_table[page], sizeof(keeper_table[page]), protection);
}

/* ---- A thread that fills a buffer later ------------------------------------------------------ */

struct keeper_reader {
    pthread_t thread;
    pthread_mutex_t lock;
    char *buffer;
    size_t size;
};

static void *read_later(void *argument)
{
    struct keeper_reader *reader = argument;

    pthread_mutex_lock(&reader->lock);
    for (size_t i = 0; i + 1 < reader->size; i++)
        reader->buffer[i] = (char)('a' + i % 26);
    pthread_mutex_unlock(&reader->lock);
    return NULL;
}

struct keeper_reader *keeper_read_start(char *buffer, size_t size)
{
    struct keeper_reader *reader = calloc(1, sizeof(*reader));

    reader->buffer = buffer;
    reader->size = size;
    pthread_mutex_init(&reader->lock, NULL);
    pthread_mutex_lock(&reader->lock);
    pthread_create(&reader->thread, NULL, read_later, reader);
    return reader;
}

size_t keeper_read_finish(struct keeper_reader *reader)
{
    size_t size = reader->size - 1;

    pthread_mutex_unlock(&reader->lock);
    pthread_join(reader->thread, NULL);
    free(reader);
    return size;
}

/* ---- Known addresses: compared, copied, never read ------------------------------------------ */

enum { MOST_KNOWN = 64 };
static const void *known[MOST_KNOWN];
static unsigned n_known;

int keeper_is_known(const void *address)
{
    for (unsigned i = 0; i < n_known; i++)
        if (known[i] == address)
            return 1;
    return 0;
}

void keeper_know(const void *address)
{
    if (n_known < MOST_KNOWN && !keeper_is_known(address))
        known[n_known++] = address;
}

static char label[32];

void keeper_label_set(const char *text)
{
    snprintf(label, sizeof(label), "%s", text);
}

const char *keeper_label(void)
{
    return label;
}

/* ---- A sampler: a thread that has the address of its buffer on its stack only ---------------- */

static struct {
    char *target;
    size_t size;
    sem_t taken, go;
    pthread_t id;
} sampler;

static void *sample(void *argument)
{
    char *volatile target = sampler.target;
    size_t size = sampler.size;

    sampler.target = NULL;
    sem_post(&sampler.taken);
    sem_wait(&sampler.go);
    for (size_t i = 0; i < size; i++)
        target[i] = (char)('a' + i % 26);
    return argument;
}

int keeper_sampler_start(char *target, size_t size)
{
    sampler.target = target;
    sampler.size = size;
    sem_init(&sampler.taken, 0, 0);
    sem_init(&sampler.go, 0, 0);
    if (pthread_create(&sampler.id, NULL, sample, NULL) != 0)
        return -1;
    sem_wait(&sampler.taken);
    return 0;
}

void keeper_sampler_finish(void)
{
    sem_post(&sampler.go);
    pthread_join(sampler.id, NULL); /* its code is unloaded soon */
}

/* ---- A reader: a thread that waits for data; only the kernel and its registers have the address - */

static struct {
    char *volatile target;
    size_t size;
    volatile int is_taken;
    int pipe[2];
    pthread_t id;
} reader;

static void *wait_for_data(void *argument)
{
    char *target = reader.target;
    long result;

    reader.target = NULL;
    reader.is_taken = 1;
#ifdef __x86_64__
    register long number __asm__("rax") = SYS_read;
    register long fd __asm__("rdi") = reader.pipe[0];
    register char *buffer __asm__("rsi") = target;
    register long size __asm__("rdx") = (long)reader.size;
    __asm__ volatile("syscall"
                     : "+r"(number)
                     : "r"(fd), "r"(buffer), "r"(size)
                     : "rcx", "r11", "memory");
    result = number;
#else
    result = read(reader.pipe[0], target, reader.size);
#endif
    return result > 0 ? argument : NULL;
}

int keeper_reader_start(char *target, size_t size)
{
    reader.target = target;
    reader.size = size;
    reader.is_taken = 0;
    if (pipe(reader.pipe) != 0 || pthread_create(&reader.id, NULL, wait_for_data, &reader) != 0)
        return -1;
    while (!reader.is_taken)
        sched_yield();
    return 0;
}

int keeper_reader_finish(const char *text)
{
    void *result = NULL;
    size_t size = strlen(text);
    if (write(reader.pipe[1], text, size) != (ssize_t)size)
        return -1;
    pthread_join(reader.id, &result); /* its code is unloaded soon */
    close(reader.pipe[0]);
    close(reader.pipe[1]);
    return result == &reader ? 0 : -1;
}

/* ---- A log that copies the struct of its settings, but not what that leads to --------------- */

struct keeper_log_settings {
    const char *prefix;
    int *n_lines;
};

static struct keeper_log_settings log_settings;

void keeper_log_set(const struct keeper_log_settings *settings)
{
    log_settings = *settings;
}

int keeper_log_line(const char *text, char *line, size_t size)
{
    ++*log_settings.n_lines;
    return snprintf(line, size, "%s: %s", log_settings.prefix, text);
}
