# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for numaprobe(8)

function __numaprobe_columns
    numaprobe --list-columns 2>/dev/null | string replace -rf '^ [*+m ]* ([A-Z]+) +(.*)' '$1\t$2'
end

# LIST or +LIST: what stands before its last name, with each name.
function __numaprobe_list
    set -l before (string match -r '^(?:.*,|\+)' -- (commandline -ct | string replace -r '^(-o|--output=)' ''))
    printf "$before%s\n" (__numaprobe_columns)
end

# One of these words, or the last of several with commas between them.
function __numaprobe_words
    set -l before (string match -r '^.*,' -- (commandline -ct | string replace -r '^--[a-z]+=' ''))
    printf "$before%s\n" $argv
end

function __numaprobe_sort
    for column in (__numaprobe_columns | string replace -r '\t.*' '')
        printf '%s\n' $column $column:asc $column:desc
    end
end

function __numaprobe_names
    cat /proc/*/comm 2>/dev/null | sort -u
end

function __numaprobe_cgroups
    cut -d: -f3- /proc/*/cgroup 2>/dev/null | sort -u
end

complete -c numaprobe -f
complete -c numaprobe -a '(__fish_complete_pids)'
complete -c numaprobe -a '(__numaprobe_names)' -d 'Command name'
complete -c numaprobe -s a -l all -d 'all processes'
complete -c numaprobe -s t -l tree -d 'the targets and all their descendants'
complete -c numaprobe -s g -l cgroup -x -a '(__numaprobe_cgroups)' -d 'the processes of a cgroup and of those below it'
complete -c numaprobe -l range -x -d 'only these addresses (hexadecimal, as in maps)'
complete -c numaprobe -s v -l vmas -d 'one line for each mapping'
complete -c numaprobe -s o -l output -x -a '(__numaprobe_list)' -d 'table: these columns; +LIST: these too'
complete -c numaprobe -l output-all -d 'table: all columns'
complete -c numaprobe -s s -l sort -x -a '(__numaprobe_sort)' -d 'table: sorted by this column'
complete -c numaprobe -s z -l nonzero -d 'table: only rows that hold a page'
complete -c numaprobe -l explain -d 'also say what the figures mean'
complete -c numaprobe -s H -l list-columns -d 'list the columns, and exit'
complete -c numaprobe -s m -l map -d 'a map of the address space'
complete -c numaprobe -l svg -r -F -d 'the same as a picture'
complete -c numaprobe -s w -l watch -d 'look again and again, every second or so often'
complete -c numaprobe -s c -l count -x -d 'look so many times, then end'
complete -c numaprobe -s J -l json -d 'everything as JSON; with -v its mappings too'
complete -c numaprobe -s r -l raw -d 'table: raw columns, one blank between them'
complete -c numaprobe -s P -l pairs -d 'table: KEY="value" pairs'
complete -c numaprobe -l openmetrics -F -d 'metrics for Prometheus, to standard output or FILE'
complete -c numaprobe -s n -l noheadings -d 'table: no headings'
complete -c numaprobe -s b -l bytes -d 'sizes in bytes, not in units such as 12.1G'
complete -c numaprobe -l color -a 'auto always never' -d 'auto (default), always or never'
complete -c numaprobe -s C -l compare -a '(__numaprobe_words status statm smaps smaps_rollup numa_maps pagemap move_pages)' -d 'hold smaps, status, ... against page tables'
complete -c numaprobe -s x -l experiment -a '(__numaprobe_words maps smaps smaps_rollup numa_maps pagemap status statm stat move_pages pagemap_scan process_vm_readv numaprobe)' -d 'try what readers do to the target'
complete -c numaprobe -l rounds -x -d 'so many windows of each kind (default 5)'
complete -c numaprobe -l freeze -d 'stop it for moments, to see what clears hints'
complete -c numaprobe -s k -l check-kernel -d "test this kernel, on memory of numaprobe's own"
complete -c numaprobe -l quick -d 'check: only what takes less than a second'
complete -c numaprobe -l strict -d 'check: costs by design are findings too'
complete -c numaprobe -l with-kvm -d 'check: run a tiny guest too (/dev/kvm)'
complete -c numaprobe -l report -r -F -d 'also write all that is known to FILE (.zst: packed)'
complete -c numaprobe -l replay -r -F -d 'show a report, made elsewhere, instead of this machine'
complete -c numaprobe -l redact -d 'tokens for paths and command names, no addresses'
complete -c numaprobe -l source -x -a 'auto bpf pagemap' -d 'auto (default: the best that works), bpf or pagemap'
complete -c numaprobe -l threads -x -d 'read large targets (over 32 GiB) on up to N CPUs'
complete -c numaprobe -s q -l quiet -d 'no notes and no progress on standard error'
complete -c numaprobe -s h -l help -d 'show this help, and exit'
complete -c numaprobe -s V -l version -d 'show the version, and exit'
