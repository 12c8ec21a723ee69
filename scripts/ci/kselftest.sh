#!/bin/sh
# lastack as a kernel selftest: kselftest.sh [OPTION...]
#
# Prints what run_kselftest.sh prints of one collection, lastack's KTAP nested in
# it, and ends with kselftest's statuses: 0 passed, 1 failed, 4 skipped. To have
# it among the kernel's own, copy it to tools/testing/selftests/net/lastack/ with
# a Makefile of two lines:
#
#	TEST_PROGS := kselftest.sh
#	include ../../lib.mk
#
# and call it with KSELFTEST_PLAIN=1, as the runner there adds the outer lines.
# OPTIONs are those of "lastack run"; LASTACK names the program.
lastack=${LASTACK:-lastack}
name="selftests: net: lastack"

play() {
	if ! command -v "$lastack" >/dev/null; then
		printf 'KTAP version 1\n1..0 # SKIP no %s here; set LASTACK\n' \
			"$lastack"
		return 77
	fi
	"$lastack" run --format ktap "$@"
}

result() {
	case $1 in
	0) echo 0 ;;
	77) echo 4 ;;
	*) echo 1 ;;
	esac
}

if [ -n "${KSELFTEST_PLAIN:-}" ]; then
	play "$@"
	exit "$(result $?)"
fi

printf 'TAP version 13\n1..1\n# timeout set to 0\n# %s\n' "$name"
# The status of what is before the pipe, which sh has no word for.
status=$({ { play "$@"; echo $? >&3; } | sed 's/^/# /' >&4; } 3>&1) 4>&1
code=$(result "$status")
case $code in
0) echo "ok 1 $name" ;;
4) echo "ok 1 $name # SKIP" ;;
*) echo "not ok 1 $name # exit=$status" ;;
esac
exit "$code"
