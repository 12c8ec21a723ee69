# Completion of lastack for bash: verbs and options are what the program's help
# says, so that they are those of the program that is installed.

_lastack_options() {
	# "  -i, --interface IFACE  text" and "  -4  text", as help prints them
	"$1" "$2" --help 2>/dev/null |
		sed -n 's/^  \(-[^ ,]*\),\{0,1\} *\(--[a-z-]*\)\{0,1\}.*/\1 \2/p'
}

# What an option may be: "tap|tap13|human" of "  --format tap|tap13|human  text".
_lastack_words() {
	"$1" "$2" --help 2>/dev/null |
		sed -n "s/^  .*$3 \([a-z0-9-]*|[a-z0-9|-]*\).*/\1/p" | tr '|' ' '
}

_lastack() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local program=${COMP_WORDS[0]} verb=${COMP_WORDS[1]} words

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		words=$("$program" --help 2>/dev/null |
			sed -n 's/^  \([a-z-]*\)  *[a-z].*/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$words --help --version" -- "$cur")
		return
	fi
	if [[ $prev == -* ]]; then
		words=$(_lastack_words "$program" "$verb" "$prev")
		if [[ $words ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
			return
		fi
	fi
	if [[ $cur == -* ]]; then
		words=$(_lastack_options "$program" "$verb")
		mapfile -t COMPREPLY < <(compgen -W "$words --help" -- "$cur")
		return
	fi
	case $verb in
	run | list | show | replay | bundle)
		words=$("$program" list 2>/dev/null | sed 1d | cut -f 1)
		;;
	rules | explain)
		words=$("$program" rules --format json 2>/dev/null |
			sed -n 's/^ *"\(rule\|id\)": "\(.*\)".*/\2/p' | sort -u)
		;;
	help)
		words=$("$program" --help 2>/dev/null |
			sed -n 's/^  \([a-z-]*\)  *[a-z].*/\1/p')
		;;
	*)
		words=
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"; compgen -f -- "$cur")
}

complete -o filenames -F _lastack lastack
