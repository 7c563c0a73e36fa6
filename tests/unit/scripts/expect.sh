# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For the tests of scripts/: sourced, after `set -euo pipefail`.
# shellcheck disable=SC2034  # for those who source this
REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# expect_status N COMMAND...: its output, both streams, is in $OUTPUT afterwards.
expect_status() {
    local wanted=$1 status=0
    shift
    OUTPUT=$("$@" 2>&1) || status=$?
    [ "$status" -eq "$wanted" ] || fail "status $status instead of $wanted: $*"$'\n'"$OUTPUT"
}

# expect_output TEXT: it is part of $OUTPUT.
expect_output() {
    [[ $OUTPUT == *"$1"* ]] || fail "'$1' is not in: $OUTPUT"
}

# expect_line LINE: it is one whole line of $OUTPUT.
expect_line() {
    grep -qxF -- "$1" <<<"$OUTPUT" || fail "no line '$1' in: $OUTPUT"
}

# expect_no_line LINE
expect_no_line() {
    ! grep -qxF -- "$1" <<<"$OUTPUT" || fail "unexpected line '$1' in: $OUTPUT"
}
