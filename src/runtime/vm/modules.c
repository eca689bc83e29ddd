/* SPDX-License-Identifier: MIT */
#include "runtime/vm/modules.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef int (*find_object_fn)(void *address, struct dl_find_object *ret_object);

static find_object_fn find_object;
static char program_path[4096];

/* Exported symbols: those of the GNU hash table are the last part of the symbol table. */
struct exports {
    const ElfW(Sym) * first, *end;
    const char *strings;
};

void ffisan_modules_prepare(void)
{
    int saved_errno = errno;
    if (find_object == NULL)
        find_object = (find_object_fn)dlsym(RTLD_DEFAULT, "_dl_find_object");
    if (program_path[0] == '\0')
        (void)!readlink("/proc/self/exe", program_path, sizeof(program_path) - 1);
    errno = saved_errno;
}

const struct link_map *ffisan_modules_find(uintptr_t address)
{
    struct dl_find_object object;
    struct link_map *module = NULL;
    Dl_info info;
    if (find_object)
        return find_object((void *)address, &object) == 0 ? object.dlfo_link_map : NULL;
    if (dladdr1((void *)address, &info, (void **)&module, RTLD_DL_LINKMAP) == 0)
        return NULL;
    return module;
}

/* Without _dl_find_object only the start is known: libraries are larger than this. */
#define LEAST_MODULE 0x10000u

bool ffisan_modules_range(uintptr_t address, uintptr_t *ret_low, size_t *ret_size)
{
    struct dl_find_object object;
    if (find_object) {
        if (find_object((void *)address, &object) != 0)
            return false;
        *ret_low = (uintptr_t)object.dlfo_map_start;
        *ret_size = (uintptr_t)object.dlfo_map_end - *ret_low;
        return true;
    }
    const struct link_map *module = ffisan_modules_find(address);
    *ret_low = module ? module->l_addr : 0;
    *ret_size = module ? address - module->l_addr + LEAST_MODULE : 0;
    return module != NULL;
}

bool ffisan_modules_is_program(const struct link_map *module)
{
    return module->l_name == NULL || module->l_name[0] == '\0';
}

const char *ffisan_modules_path(const struct link_map *module)
{
    return ffisan_modules_is_program(module) ? program_path : module->l_name;
}

const char *ffisan_modules_name(const struct link_map *module)
{
    const char *path = ffisan_modules_path(module);
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The note of that type in a segment of notes: sizes, type, name and content, padded to 4. */
static const uint8_t *find_note(uintptr_t at, uintptr_t end, ElfW(Word) type, size_t *ret_size)
{
    while (at + sizeof(ElfW(Nhdr)) < end) {
        const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
        uintptr_t name = at + sizeof(*note), content = name + ((note->n_namesz + 3u) & ~3u);
        at = content + ((note->n_descsz + 3u) & ~3u);
        if (note->n_type == type && note->n_namesz == 4 &&
            memcmp((const void *)name, "GNU", 4) == 0 && at <= end) {
            *ret_size = note->n_descsz;
            return (const uint8_t *)content;
        }
    }
    return NULL;
}

const uint8_t *ffisan_modules_build_id(const struct link_map *module, size_t *ret_size)
{
    uintptr_t low;
    size_t size;
    const uint8_t *id = NULL;
    if (!ffisan_modules_range((uintptr_t)module->l_ld, &low, &size) || size < sizeof(ElfW(Ehdr)))
        return NULL;
    const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)low;
    const ElfW(Phdr) *segments = (const ElfW(Phdr) *)(low + header->e_phoff);
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_phoff > 4096 ||
        header->e_phnum * sizeof(*segments) + header->e_phoff > size)
        return NULL;
    for (unsigned i = 0; i < header->e_phnum && !id; i++) {
        uintptr_t start = module->l_addr + segments[i].p_vaddr;
        if (segments[i].p_type == PT_NOTE && start - low < size &&
            segments[i].p_filesz <= size - (start - low))
            id = find_note(start, start + segments[i].p_filesz, NT_GNU_BUILD_ID, ret_size);
    }
    return id;
}

/* The loader adds the load address to these entries in place, except in the vdso. */
static uintptr_t dynamic_pointer(const struct link_map *module, ElfW(Sxword) tag)
{
    const ElfW(Dyn) *entry = module->l_ld;
    for (; entry && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == tag)
            return entry->d_un.d_ptr < module->l_addr ? module->l_addr + entry->d_un.d_ptr
                                                      : entry->d_un.d_ptr;
    return 0;
}

/* Number of symbols, from the last chain of a GNU hash table. */
static size_t count_symbols(const uint32_t *table, uint32_t *ret_first)
{
    uint32_t n_buckets = table[0], first = table[1], n_bloom = table[2], last = 0;
    const uint32_t *buckets = table + 4 + n_bloom * (sizeof(ElfW(Addr)) / sizeof(*table));
    const uint32_t *chains = buckets + n_buckets;
    for (uint32_t i = 0; i < n_buckets; i++)
        if (buckets[i] > last)
            last = buckets[i];
    *ret_first = first;
    if (last < first)
        return first;
    while (!(chains[last - first] & 1))
        last++;
    return (size_t)last + 1;
}

static bool find_exports(const struct link_map *module, struct exports *ret_exports)
{
    const uint32_t *hash = (const uint32_t *)dynamic_pointer(module, DT_GNU_HASH);
    const ElfW(Sym) *symbols = (const ElfW(Sym) *)dynamic_pointer(module, DT_SYMTAB);
    ret_exports->strings = (const char *)dynamic_pointer(module, DT_STRTAB);
    uint32_t first;
    if (hash == NULL || symbols == NULL || ret_exports->strings == NULL)
        return false;
    ret_exports->end = symbols + count_symbols(hash, &first);
    ret_exports->first = symbols + first;
    return true;
}

static bool is_function(const ElfW(Sym) * symbol)
{
    return ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF;
}

static bool is_variable(const ElfW(Sym) * symbol)
{
    return ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT && symbol->st_shndx != SHN_UNDEF;
}

/* Of several names for one function, the one that people use. */
static bool is_better_name(const char *name, const char *than)
{
    if (than == NULL)
        return true;
    size_t marks = strspn(name, "_"), than_marks = strspn(than, "_");
    return marks != than_marks ? marks < than_marks : strlen(name) < strlen(than);
}

/* The symbol of a kind that covers an address. */
static const char *find_symbol(const struct link_map *module, uintptr_t address,
                               bool (*is_kind)(const ElfW(Sym) * symbol), uintptr_t *ret_offset)
{
    struct exports exports;
    const char *best = NULL;
    uintptr_t offset = address - module->l_addr;
    if (!find_exports(module, &exports))
        return NULL;
    for (const ElfW(Sym) *symbol = exports.first; symbol < exports.end; symbol++) {
        if (offset - symbol->st_value >= symbol->st_size || !is_kind(symbol))
            continue;
        const char *name = exports.strings + symbol->st_name;
        if (is_better_name(name, best)) {
            best = name;
            *ret_offset = offset - symbol->st_value;
        }
    }
    return best;
}

const char *ffisan_modules_function(const struct link_map *module, uintptr_t address)
{
    uintptr_t offset;
    return find_symbol(module, address, is_function, &offset);
}

const char *ffisan_modules_variable(const struct link_map *module, uintptr_t address,
                                    uintptr_t *ret_offset)
{
    return find_symbol(module, address, is_variable, ret_offset);
}

/*
 * What is defined elsewhere is in no hash table: of the newer kind all of it comes first.  A table
 * of nothing does not tell how much that is; names follow symbols, as the loader itself assumes.
 */
static size_t count_undefined(const struct link_map *module, const ElfW(Sym) * symbols,
                              const char *strings)
{
    const uint32_t *gnu_hash = (const uint32_t *)dynamic_pointer(module, DT_GNU_HASH);
    const uint32_t *hash = (const uint32_t *)dynamic_pointer(module, DT_HASH);
    uint32_t first;
    if (gnu_hash && count_symbols(gnu_hash, &first) > first)
        return first;
    if (hash)
        return hash[1];
    return strings > (const char *)symbols
               ? (size_t)(strings - (const char *)symbols) / sizeof(*symbols)
               : 0;
}

bool ffisan_modules_imports(const struct dl_phdr_info *info, bool (*is_one)(const char *name))
{
    struct link_map module = {.l_addr = info->dlpi_addr};
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            module.l_ld = (ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    const ElfW(Sym) *symbols = (const ElfW(Sym) *)dynamic_pointer(&module, DT_SYMTAB);
    const char *strings = (const char *)dynamic_pointer(&module, DT_STRTAB);
    size_t n = symbols && strings ? count_undefined(&module, symbols, strings) : 0;
    for (size_t i = 1; i < n; i++)
        if (symbols[i].st_shndx == SHN_UNDEF && is_one(strings + symbols[i].st_name))
            return true;
    return false;
}

/* Does a function of this size end in a direct jump to the target? */
static bool jumps_to(uintptr_t code, size_t size, uintptr_t target)
{
    enum { JUMP = 0xe9, JUMP_SIZE = 5 };
    const uint8_t *bytes = (const uint8_t *)code;
    int32_t distance;
    if (size < JUMP_SIZE || bytes[size - JUMP_SIZE] != JUMP)
        return false;
    memcpy(&distance, bytes + size - sizeof(distance), sizeof(distance));
    return code + size + (uintptr_t)(intptr_t)distance == target;
}

/* The fewer bytes, the less the thunk does of its own: vfprintf, not vprintf. */
const char *ffisan_modules_thunk(const struct link_map *module, uintptr_t target)
{
    enum { LARGEST = 32 };
    struct exports exports;
    size_t smallest = LARGEST;
    const char *best = NULL;
    if (!find_exports(module, &exports))
        return NULL;
    for (const ElfW(Sym) *symbol = exports.first; symbol < exports.end; symbol++) {
        const char *name = exports.strings + symbol->st_name;
        if (symbol->st_size > smallest || name[0] == '_' || !is_function(symbol) ||
            !jumps_to(module->l_addr + symbol->st_value, symbol->st_size, target))
            continue;
        if (symbol->st_size < smallest || is_better_name(name, best))
            best = name;
        smallest = symbol->st_size;
    }
    return best;
}
