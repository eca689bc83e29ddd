/* SPDX-License-Identifier: MIT */
#include "cli/resty_lua.h"

#include "cli/fs.h"
#include "cli/lua_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char console[] =
    "local stdout, null = io.stdout, ngx.null\n"
    "local function piece(value)\n"
    "  if value == null then return 'null' end\n"
    "  if type(value) ~= 'table' then return tostring(value) end\n"
    "  local pieces = {}\n"
    "  for i = 1, table.maxn(value) do pieces[i] = piece(value[i]) end\n"
    "  return table.concat(pieces)\n"
    "end\n"
    "local function write(...)\n"
    "  local pieces = {}\n"
    "  for i = 1, select('#', ...) do pieces[i] = piece((select(i, ...))) end\n"
    "  return stdout:write(table.concat(pieces))\n"
    "end\n"
    "local function say(...)\n"
    "  local ok, err = write(...)\n"
    "  if not ok then return ok, err end\n"
    "  return stdout:write('\\n')\n"
    "end\n"
    "ngx.config.is_console = true\n"
    "ngx.orig_print, ngx.orig_say, ngx.orig_exit = ngx.print, ngx.say, ngx.exit\n"
    "ngx.print, ngx.say, print = write, say, say\n"
    "ngx.flush = function() return stdout:flush() end\n"
    "ngx.eof = function() return true end\n"
    "ngx.exit = os.exit\n";

/* Gets a list of { path, chunk name }. */
static const char worker[] =
    "local chunks = ...\n"
    "local exit, stderr = os.exit, io.stderr\n"
    "local function fail(message)\n"
    "  io.stdout:flush()\n"
    "  stderr:write('ERROR: ', tostring(message), '\\n')\n"
    "  exit(1)\n"
    "end\n"
    "local function load_chunk(path, name)\n"
    "  local file, err = io.open(path, 'r')\n"
    "  if not file then fail(err) end\n"
    "  local text = file:read('*a')\n"
    "  file:close()\n"
    "  local chunk, err = loadstring(text, name)\n"
    "  if not chunk then fail(err) end\n"
    "  return chunk\n"
    "end\n"
    "local function finish()\n"
    "  io.stdout:flush()\n"
    "  local found, process = pcall(require, 'ngx.process')\n"
    "  if found and process.signal_graceful_exit then\n"
    "    return process.signal_graceful_exit()\n"
    "  end\n"
    "  local ffi = require 'ffi'\n"
    "  ffi.cdef 'int raise(int signal);'\n"
    "  ffi.C.raise(3)\n"
    "end\n"
    "local functions = {}\n"
    "for i, chunk in ipairs(chunks) do functions[i] = load_chunk(chunk[1], chunk[2]) end\n"
    "local ok, err = ngx.timer.at(0, function()\n"
    "  local function run() for i = 1, #functions do functions[i]() end end\n"
    "  xpcall(run, function(err) fail(debug.traceback(err, 2)) end)\n"
    "  finish()\n"
    "end)\n"
    "if not ok then fail(err) end\n";

struct script {
    FILE *stream;
    char *text;
    size_t size;
};

static void script_begin(struct script *script)
{
    script->stream = open_memstream(&script->text, &script->size);
    if (!script->stream)
        abort();
}

static char *script_end(struct script *script)
{
    fclose(script->stream);
    return script->text;
}

/* Neither our files' names nor their lines belong in anybody's traceback. */
#define OWN_CHUNK ", '=(ffisan resty)')"

static void put_quoted(struct script *script, const char *before, const char *string,
                       const char *after)
{
    char *quoted = ffisan_lua_quote(string);
    fprintf(script->stream, "%s%s%s", before, quoted, after);
    free(quoted);
}

char *ffisan_resty_lua_init(const struct ffisan_resty_options *options)
{
    struct script script;
    script_begin(&script);
    fputs("arg = {", script.stream);
    for (char **argument = options->script_args; *argument; argument++)
        put_quoted(&script, "", *argument, ", ");
    fputs("}\narg[-1] = 'ffisan resty'\n", script.stream);
    put_quoted(&script, "arg[0] = ", options->script ? options->script : "(command line -e)", "\n");
    put_quoted(&script, "loadstring(", console, OWN_CHUNK "()\n");
    return script_end(&script);
}

char *ffisan_resty_lua_worker(const struct ffisan_resty_options *options, const char *inline_path)
{
    struct script script;
    script_begin(&script);
    fputs("local chunks = {}\n", script.stream);
    if (inline_path)
        put_quoted(&script, "chunks[#chunks + 1] = {", inline_path, ", '=(command line -e)'}\n");
    if (options->script) {
        char *path = ffisan_fs_absolute(options->script);
        put_quoted(&script, "chunks[#chunks + 1] = {", path, ", '@' .. ");
        put_quoted(&script, "", options->script, "}\n");
        free(path);
    }
    put_quoted(&script, "loadstring(", worker, OWN_CHUNK "(chunks)\n");
    return script_end(&script);
}

char *ffisan_resty_lua_inline(const struct ffisan_resty_options *options)
{
    if (!options->jit_code && options->code.n_items == 0)
        return NULL;
    struct script script;
    script_begin(&script);
    if (options->jit_code)
        fprintf(script.stream, "%s; ", options->jit_code);
    for (size_t i = 0; i < options->code.n_items; i++) {
        const char *code = options->code.items[i];
        /* On one line, as resty has it, unless a comment would swallow what follows. */
        const char *separator = strstr(code, "--") ? "\n" : "; ";
        fprintf(script.stream, "%s%s", code, i + 1 < options->code.n_items ? separator : "");
    }
    return script_end(&script);
}
