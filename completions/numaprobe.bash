# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for numaprobe(8)

# Offers those of the words, one a line on standard input, that start with what was typed.
_numaprobe_offer()
{
	local typed=$1 before=${2-} word

	while IFS= read -r word; do
		[[ $word == "$typed"* ]] || continue
		printf -v word %q "$word"
		COMPREPLY+=("$before$word")
	done
}

_numaprobe_columns()
{
	"$1" --list-columns 2>/dev/null | sed -n 's/^ [*+m ]* \([A-Z][A-Z]*\) .*/\1/p'
}

# LIST or +LIST: the last name of it.
_numaprobe_list()
{
	local typed=$2 before=

	case $typed in
	*,*) before=${typed%,*}, ;;
	+*) before=+ ;;
	esac
	compopt -o nospace
	_numaprobe_offer "${typed#"$before"}" "$before" < <(_numaprobe_columns "$1")
}

# One of these words, or the last of several with commas between them.
_numaprobe_words()
{
	local typed=$1 before=

	shift
	[[ $typed == *,* ]] && before=${typed%,*},
	compopt -o nospace
	_numaprobe_offer "${typed#"$before"}" "$before" < <(printf '%s\n' "$@")
}

_numaprobe_targets()
{
	cd /proc && printf '%s\n' [0-9]* && cat -- [0-9]*/comm 2>/dev/null | sort -u
}

_numaprobe_options()
{
	printf '%s\n' -a --all -t --tree -g --cgroup --range \
		-v --vmas -o --output --output-all -s --sort -z --nonzero --explain -H --list-columns -m --map --svg -w --watch -c --count \
		-J --json -r --raw -P --pairs --openmetrics -n --noheadings -b --bytes --color \
		-C --compare -x --experiment --rounds --freeze \
		-k --check-kernel --quick --strict --with-kvm \
		--report --replay --redact --source --threads \
		-q --quiet -h --help -V --version
}

_numaprobe()
{
	local typed=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} order=

	COMPREPLY=()
	# "=" and ":" are words of their own here: --color=never, -s START:desc.
	if [[ $typed == [=:] ]]; then
		[[ $typed == : ]] && order=1
		typed=
	elif [[ $option == [=:] ]]; then
		[[ $option == : ]] && order=1
		option=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [[ -n $order ]]; then
		_numaprobe_offer "$typed" < <(printf '%s\n' asc desc)
		return
	fi
	case $option in
	--color) # its argument is optional, and follows a "="
		if [[ ${COMP_WORDS[COMP_CWORD]} == = || ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
			_numaprobe_offer "$typed" < <(printf '%s\n' auto always never)
			return
		fi
		;;
	-C | --compare)
		if [[ ${COMP_WORDS[COMP_CWORD]} == = || ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
			_numaprobe_words "$typed" status statm smaps smaps_rollup numa_maps pagemap move_pages
			return
		fi
		;;
	-x | --experiment)
		if [[ ${COMP_WORDS[COMP_CWORD]} == = || ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
			_numaprobe_words "$typed" maps smaps smaps_rollup numa_maps pagemap status statm stat \
				move_pages pagemap_scan process_vm_readv numaprobe
			return
		fi
		;;
	--source)
		_numaprobe_offer "$typed" < <(printf '%s\n' auto bpf pagemap)
		return
		;;
	-o | --output)
		_numaprobe_list "$1" "$typed"
		return
		;;
	-s | --sort)
		_numaprobe_offer "$typed" < <(_numaprobe_columns "$1")
		return
		;;
	--report | --replay | --svg)
		compopt -o default
		return
		;;
	--openmetrics) # its argument is optional, and follows a "="
		if [[ ${COMP_WORDS[COMP_CWORD]} == = || ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
			compopt -o default
			return
		fi
		;;
	-g | --cgroup)
		_numaprobe_offer "$typed" < <(cut -d: -f3- -- /proc/[0-9]*/cgroup 2>/dev/null | sort -u)
		return
		;;
	--range | --rounds | --threads | -c | --count) return ;;
	esac
	if [[ $typed == -* ]]; then
		_numaprobe_offer "$typed" < <(_numaprobe_options)
	else
		_numaprobe_offer "$typed" < <(_numaprobe_targets)
	fi
} && complete -F _numaprobe numaprobe
