/* SPDX-License-Identifier: MIT */
/*
 * A program that has nothing to do with Lua, and asks the loader for what does not exist: dlsym
 * frees the message of the call before, which is this program's first free.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    int n_found = 0;
    n_found += dlsym(RTLD_DEFAULT, "no_such_function") != NULL;
    n_found += dlsym(RTLD_DEFAULT, "nor_such_a_one") != NULL;
    n_found += dlopen("/no/such/library.so", RTLD_NOW) != NULL;
    const char *message = dlerror();
    printf("%d found: %s\n", n_found, message ? message : "no message");
    return 3;
}
