# SPDX-License-Identifier: MIT
# Tables of what bench/run.sh has measured: docs/BENCHMARKS.md in full, the READMEs in short.
# Reads $results/SECTION, whose lines bench/measure.bash and bench/bugs.bash describe.
# shellcheck shell=bash disable=SC2154

describe_machine() # cores, processor, versions; and with how many rounds it was measured
{
    local luajit_version package others
    luajit_version=$("$luajit" -v | awk '{ print $1, $2 }')
    package=$(dpkg -S "$(readlink -f "$luajit")" 2>/dev/null | cut -d: -f1)
    [ -z "$package" ] || luajit_version+=" ($package $(dpkg-query -W -f='${Version}' "$package"))"
    others=$({
        nginx -v 2>&1 | sed -n 's|.*nginx version: ||p'
        valgrind --version
    } 2>/dev/null | sed 's/^/, /' | tr -d '\n')
    printf '%s x %s, Linux %s, %s%s\n' "$(nproc)" \
        "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)" "$(uname -r | sed 's/-.*//')" \
        "$luajit_version" "$others"
    echo "$rounds"
}

# What the awk programs below share: a figure that misses its aim is bold.
awk_marks='function mark(text, missed) { return missed ? "**" text "**" : text }'

# Mean and worst of the median ratios of CPU time of a group; columns 7 (natural) and 11 (auto).
group_cell() # GROUP COLUMN [AIM-OF-MEAN AIM-OF-WORST]
{
    awk -v group="$1" -v c="$2" -v aim="${3:-99}" -v aim_worst="${4:-99}" "$awk_marks"'
        $2 == group { r = $(c + 1); sum += log(r); n++; if (r > worst) worst = r }
        END {
            if (!n) exit
            mean = sprintf("%.2f", exp(sum / n)); worst = sprintf("%.2f", worst)
            print mark(mean, mean + 0 > aim + 0) " (" mark(worst, worst + 0 > aim_worst + 0) ")"
        }' "$results/programs"
}

group_size() # GROUP
{
    awk -v group="$1" '$2 == group { n++ } END { print n + 0 }' "$results/programs"
}

# Peak of memory: mean and worst ratio of programs above 8 MiB, and what smaller ones take more at
# most; columns 10 (natural) and 14 (auto).  The aim is 1.5 and the quarantine's 4 MiB.
memory_cell() # COLUMN
{
    awk -v c="$1" "$awk_marks"'
        $c > 1.5 * $6 + 4096 { missed = 1 }
        $6 > 8192 { r = $c / $6; sum += log(r); n++; if (r > worst) worst = r }
        $6 <= 8192 && $c - $6 > more { more = $c - $6 }
        END {
            if (!n) exit
            print mark(sprintf("%.2f (%.2f), +%.1f MiB", exp(sum / n), worst, more / 1024), missed)
        }' "$results/programs"
}

start_cell() # COLUMN of the wall time
{
    awk -v c="$1" "$awk_marks"'
        $1 == "hello" { d = ($c - $5) / 1000; print mark(sprintf("+%.1f ms", d), d >= 5) }' "$results/startup"
}

bystander_cell() # what a process without LuaJIT takes more at most
{
    awk '{ d = ($5 - $4) / 1000; if (d > worst) worst = d } END { printf "+%.2f ms", worst }' \
        "$results/bystanders"
}

nginx_cell() # COLUMN of the ratio of requests per second: 5 (natural) or 6 (auto)
{
    awk -v c="$1" '{ cell = sprintf("%.2f", $c); if (c == 5 && $c < 0.9) cell = "**" cell "**"
        printf "%s%s", (NR > 1 ? ", " : ""), cell }' "$results/nginx" 2>/dev/null
}

# CPU time in milliseconds, and how many times as long another way takes.
article_cell() # HOST NAME
{
    awk -v host="$1" -v name="$2" "$awk_marks"'
        $1 == host { time[$2] = $5 / 1000 }
        END {
            if (!time["ffisan"] || !time[name]) exit
            factor = time[name] / time["ffisan"]
            print sprintf("%.0f ms (", time["ffisan"]) mark(sprintf("%.0f", factor), factor < 20) ")"
        }' "$results/article"
}

# ---- The READMEs -------------------------------------------------------------------------------
render_english()
{
    cat <<END
| | \`--gc=natural\` | \`--gc=auto\` | aim for \`natural\` |
| --- | --- | --- | --- |
| CPU time of $(group_size alloc) programs that do little but allocate: mean (worst) | $(group_cell alloc 7 1.1 1.2) | $(group_cell alloc 11) | 1.1 (1.2) |
| of $(group_size ffi) that do little but use the FFI | $(group_cell ffi 7 1.1 1.2) | $(group_cell ffi 11) | 1.1 (1.2) |
| of $(group_size little) that allocate little | $(group_cell little 7 1.02 1.02) | $(group_cell little 11) | 1.02 |
| requests per second of an nginx worker: \`ngx.say\`, a handler with work | $(nginx_cell 5) | $(nginx_cell 6) | 0.9 |
| peak of memory above 8 MiB: mean (worst); below it at most | $(memory_cell 10) | $(memory_cell 14) | 1.5, +4 MiB |
| start-up; of a process without LuaJIT | $(start_cell 6); $(bystander_cell) | $(start_cell 7) | +5 ms; 0 |
| CPU time of the article's program to its verdict: \`luajit\`; nginx (its recipe takes so many times as much) | – | $(article_cell luajit valgrind-per-line); $(article_cell nginx valgrind-per-line) | (20) |

Bold: the aim is missed. Medians of ratios, least times, of up to $(sed -n 2p "$results/machine") runs on $(sed -n '1s/,.*//p' "$results/machine"). [The programs, the figures, other tools](docs/BENCHMARKS.md)
END
}

render_chinese()
{
    cat <<END
| | \`--gc=natural\` | \`--gc=auto\` | \`natural\` 的目标 |
| --- | --- | --- | --- |
| $(group_size alloc) 个几乎只做内存分配的程序的 CPU 时间：平均（最差） | $(group_cell alloc 7 1.1 1.2) | $(group_cell alloc 11) | 1.1 (1.2) |
| $(group_size ffi) 个几乎只用 FFI 的程序 | $(group_cell ffi 7 1.1 1.2) | $(group_cell ffi 11) | 1.1 (1.2) |
| $(group_size little) 个很少分配内存的程序 | $(group_cell little 7 1.02 1.02) | $(group_cell little 11) | 1.02 |
| nginx worker 每秒处理的请求数：\`ngx.say\`，做实际工作的处理函数 | $(nginx_cell 5) | $(nginx_cell 6) | 0.9 |
| 内存峰值（8 MiB 以上）：平均（最差）；8 MiB 以下至多增加 | $(memory_cell 10) | $(memory_cell 14) | 1.5, +4 MiB |
| 启动时间；不含 LuaJIT 的进程 | $(start_cell 6); $(bystander_cell) | $(start_cell 7) | +5 ms; 0 |
| 文章中的程序得出结论所用的 CPU 时间：\`luajit\`；nginx（括号中：文中的做法是它的多少倍） | – | $(article_cell luajit valgrind-per-line); $(article_cell nginx valgrind-per-line) | (20) |

粗体表示没有达到目标。比值取中位数，时间取最小值，每项至多运行 $(sed -n 2p "$results/machine") 次，机器为 $(sed -n '1s/,.*//p' "$results/machine")。[测试程序、详细数字以及与其他工具的比较](docs/BENCHMARKS.md)
END
}

# ---- docs/BENCHMARKS.md --------------------------------------------------------------------------
table() # HEADINGS: a row of headings, separated by |, and the line below
{
    echo "| $1 |"
    echo "|$(tr -cd '|' <<<"$1" | sed 's/|/ --- |/g') --- |"
}

# Lines TOKEN<tab>TEXT: what the words in the results mean.
awk_words='function word(key) { return key in words ? words[key] : key }
    FILENAME == words_file { tab = index($0, "\t"); words[substr($0, 1, tab - 1)] = substr($0, tab + 1); next }'

with_words() # AWK-PROGRAM FILE
{
    awk -v words_file="$here/words.tsv" "$awk_words $1" "$here/words.tsv" "$2"
}

render_programs()
{
    printf '### Programs\n\n'
    echo "CPU time (user and system), least of all runs, and peak of memory. In brackets: the median of the ratios of neighbouring runs."
    echo
    table 'program | kind | plain | `natural` | `auto` | memory | `natural` | `auto`'
    with_words '{
        printf "| `bench/programs/%s.lua` | %s | %.2f s | %.2f (%.2f) | %.2f (%.2f) | %.1f MiB | %.2f | %.2f |\n",
            $1, word($2), $3 / 1e6, $7 / $3, $8, $11 / $3, $12, $6 / 1024, $10 / $6, $14 / $6 }' "$results/programs"
}

render_malloc()
{
    printf '\n### C memory\n\n'
    echo 'Programs in which a library of C, or libc, allocates and frees much for Lua code (`bench/malloc`), CPU time and the median of the ratios. The aim is 1.5 for'
    echo '`natural`; what misses it is bold. *Ledger* is `--gc=natural --malloc=ledger`, with'
    echo 'which the memory still comes from the allocator of the program. With ASan (preloaded) and valgrind nothing that the collector owns is watched.'
    echo
    table 'program | plain | `natural` | `auto` | ledger | ASan | valgrind'
    awk "$awk_marks"'
        function ratio(r) { return r > 0 ? sprintf("%.2f", r) : "–" }
        { printf "| `bench/malloc/%s.lua` | %.2f s | %s | %s | %s | %s | %s |\n",
            $1, $2 / 1e6, mark(ratio($5), $5 > 1.5), ratio($7), ratio($9), ratio($11), ratio($13) }' "$results/malloc"
}

render_startup()
{
    printf '\n### Start-up\n\n'
    echo 'Wall time of hello world in milliseconds, least and median, and of processes that have no LuaJIT but the library loaded.'
    echo
    table 'what | plain | `natural` | `auto`'
    awk '{ printf "| %s | %.2f | %.2f | %.2f |\n", $1 == "hello" ? "`print(\"hello world\")`, least" : "median", $5 / 1000, $6 / 1000, $7 / 1000 }' \
        "$results/startup"
    awk '{ printf "| `%s`, library loaded | %.2f | %.2f | – |\n", $1, $4 / 1000, $5 / 1000 }' "$results/bystanders"
}

render_audit()
{
    printf '\n### An audit\n\n'
    echo '`bench/audit.lua`: an audit searches live cdata with pointers in it, and releases what died before. Times are those of `--stats`.'
    echo
    table 'live, KiB | dead objects per cycle | one audit, µs'
    awk '{ printf "| %.0f | %d | %.1f |\n", $1 * 64 / 1024, $2, $5 / $3 }' "$results/audit"
    awk '
        $2 == 0 { n++; live[n] = $1 * 64 / 1024; us[n] = $5 / $3 }
        $1 == 100 && $2 > 0 { m++; dead[m] = $2; dead_us[m] = $5 / $3 }
        END { printf "\n%.0f ns per live KiB and %.2f ns per dead object more.\n",
            (us[n] - us[1]) * 1000 / (live[n] - live[1]), (dead_us[m] - dead_us[1]) * 1000 / (dead[m] - dead[1]) }' "$results/audit"
}

render_nginx()
{
    printf '\n### nginx\n\n'
    echo 'A master and one worker on a processor of its own, `wrk -t 1 -c 8` on another: requests per second (median),'
    echo 'the ratio to the plain run (median of rounds of a second each, taken in turns), CPU time of the worker per request (least).'
    echo
    table 'handler | plain | `natural` | `auto` | `natural` | `auto` | plain | `natural` | `auto`'
    awk '{ printf "| `%s` | %.0f/s | %.0f/s | %.0f/s | %.2f | %.2f | %.1f µs | %.1f µs | %.1f µs |\n", $1, $2, $3, $4, $5, $6, $7, $8, $9 }' \
        "$results/nginx"
}

render_article()
{
    printf '\n### The article: how long until what is known\n\n'
    table 'where | how | wall time, least | median | CPU time | what it says'
    with_words '{ printf "| %s | %s | %.3f s | %.3f s | %.3f s | %s |\n", $1 == "nginx" ? "nginx" : "`luajit`", word($2), $3 / 1e6, $4 / 1e6, $5 / 1e6, word("says-" $6) }' \
        "$results/article"
}

render_bugs()
{
    printf '\n### Bug programs under other tools\n\n'
    echo "The programs of \`tests/e2e\`, $(awk -v tool=plain '$1 == tool { n += $3 } END { print n }' "$results/bugs") in all, each with its fixed twin."
    echo '[The kinds](DETECTORS.md): A1 an address stored where no Lua reference keeps the object, A2 a view that outlives the whole, A3 a reference that went too'
    echo 'early, A4 a finalizer that freed too early, B C memory used after it was freed, C wrong frees, D callbacks, E unloaded code, F coroutines and stacks of C,'
    echo 'G bounds and writes into strings, H leaks, I, M and R the moment of finalizers (dead objects, buffers that they overwrite, libraries that they enter again);'
    echo 'S results of C that a later call overwrites, FD descriptors that a finalizer closed.'
    echo
    echo '*A kind'"'"'s column*: in how many programs the bug itself was reported (memory that was freed, lost, freed wrongly, or its bounds), not only the havoc that'
    echo 'follows. *Anything*: at least one error of memory. *Twins*: fixed programs that were reported. *Hung*: not done after '"$bug_limit"' seconds. *Wrong*: the'
    echo 'output is not that of the twin.'
    echo
    with_words '
        { tool = $1; if (!(tool in order)) { order[tool] = ++n_tools; tools[n_tools] = tool }
          if (!($2 in seen) && $3 > 0) { seen[$2] = 1; kinds[++n_kinds] = $2; programs[$2] = $3 }
          found[tool, $2] = $7; all[tool] += $7; crashed[tool] += $4; wrong[tool] += $5
          reported[tool] += $6; twins[tool] += $8; ms[tool] += $9 }
        END {
            line = "| how |"; below = "| --- |"
            for (k = 1; k <= n_kinds; k++) {
                line = line " " toupper(kinds[k]) " (" programs[kinds[k]] ") |"; below = below " --- |" }
            print line " all | anything | twins | crashed or hung | wrong | seconds |"
            print below " --- | --- | --- | --- | --- | --- |"
            for (t = 1; t <= n_tools; t++) {
                tool = tools[t]; line = "| " word(tool) " |"
                for (k = 1; k <= n_kinds; k++) line = line " " found[tool, kinds[k]] + 0 " |"
                printf "%s %d | %d | %d | %d | %d | %.1f |\n", line, all[tool], reported[tool], twins[tool], crashed[tool], wrong[tool], ms[tool] / 1000 }
        }' "$results/bugs"
}

render_document()
{
    local section
    printf 'Machine: %s. Up to %s runs of each, interleaved.\n\n' \
        "$(sed -n 1p "$results/machine")" "$(sed -n 2p "$results/machine")"
    for section in programs malloc startup audit nginx article bugs; do
        [ -s "$results/$section" ] || continue
        [ "$section" != startup ] || [ -s "$results/bystanders" ] || continue
        "render_$section"
    done
}

# ---- Writing ---------------------------------------------------------------------------------------
replace_between_marks() # FILE: with what comes on standard input
{
    cat >"$tmp/table"
    awk -v table="$tmp/table" '
        /^<!-- bench:end -->$/ { inside = 0 }
        !inside
        /^<!-- bench:begin -->$/ { inside = 1; while ((getline line <table) > 0) print line }' "$1" >"$tmp/document"
    cat "$tmp/document" >"$1"
}

write_documents()
{
    local section
    for section in programs malloc startup bystanders audit nginx article; do
        [ -s "$results/$section" ] && continue
        echo "bench/run.sh: $section was not measured: the documents stay as they are" >&2
        return 1
    done
    render_english | replace_between_marks "$top/README.md"
    render_chinese | replace_between_marks "$top/README.zh-CN.md"
    render_document | replace_between_marks "$top/docs/BENCHMARKS.md"
}
