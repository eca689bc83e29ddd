/* SPDX-License-Identifier: MIT */
/* Does not link libluajit: the plugin does, and is loaded with RTLD_LOCAL and unloaded. */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/mman.h>

/* A plugin comes and goes, each time at another address. */
int main(int argc, char **argv)
{
    int failed = 0;

    for (int i = 0; i < 20; i++) {
        void *plugin = dlopen(argv[argc > 1], RTLD_NOW | RTLD_LOCAL);
        int (*go)(const char *) =
            plugin ? (int (*)(const char *))dlsym(plugin, "plugin_run") : NULL;
        if (!go) {
            puts(dlerror());
            return 1;
        }
        failed |= go("local t = {} for i = 1, 1000 do t[i] = { i } end print(#t)");
        dlclose(plugin);
        mmap(NULL, (size_t)(i + 1) * 300 * 1024, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    return failed;
}
