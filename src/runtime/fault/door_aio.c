/* SPDX-License-Identifier: MIT */
/*
 * aio(7): libc reads and writes on threads of its own, by system calls that no wrapper sees.  When
 * such a request has failed because its buffer is gone, that is told when the program asks how it
 * went, and the request is done then.
 */
#include "runtime/fault/door.h"

#include <aio.h>

/* With the functions that stand behind our wrappers: the buffer is there again. */
static ssize_t transfer(const struct aiocb *request, bool is_write)
{
    FFISAN_REAL_SLOT(real_pread, pread64);
    FFISAN_REAL_SLOT(real_pwrite, pwrite64);
    FFISAN_REAL_SLOT(real_read, read);
    FFISAN_REAL_SLOT(real_write, write);
    typedef ssize_t at_fn(int fd, volatile void *buffer, size_t size, off64_t at);
    typedef ssize_t fn(int fd, volatile void *buffer, size_t size);
    at_fn *at = (at_fn *)ffisan_real_get(is_write ? &real_pwrite : &real_pread);
    ssize_t n = at(request->aio_fildes, request->aio_buf, request->aio_nbytes, request->aio_offset);
    if (n != -1 || errno != ESPIPE)
        return n;
    fn *plain = (fn *)ffisan_real_get(is_write ? &real_write : &real_read);
    return plain(request->aio_fildes, request->aio_buf, request->aio_nbytes);
}

static void look_at(struct aiocb *request, const char *function)
{
    int saved_errno = errno;
    bool is_write = request->aio_lio_opcode == LIO_WRITE;
    if ((uintptr_t)request->aio_buf - ffisan_door.low >= ffisan_door.size ||
        (!is_write && request->aio_lio_opcode != LIO_READ))
        return;
    ffisan_door_hit((const void *)request->aio_buf, request->aio_nbytes, function, 1, !is_write);
    request->__return_value = transfer(request, is_write);
    request->__error_code = request->__return_value == -1 ? errno : 0;
    errno = saved_errno;
}

static inline void check(const struct aiocb *request, const char *function)
{
    if (ffisan_door_is_open() && request->__error_code == EFAULT)
        look_at((struct aiocb *)request, function);
}

FFISAN_DOOR(int, aio_error, (const struct aiocb *request), (request), check(request, function))
FFISAN_DOOR(int, aio_error64, (const struct aiocb *request), (request), check(request, function))
FFISAN_DOOR(ssize_t, aio_return, (struct aiocb * request), (request), check(request, function))
FFISAN_DOOR(ssize_t, aio_return64, (struct aiocb * request), (request), check(request, function))
