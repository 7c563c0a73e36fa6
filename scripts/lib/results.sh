# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What scripts/test counts. Sourced by it, after common.sh.

logs=$REPOSITORY/build/test
passed=0
failures=()
skips=()
unsteady=()

# result pass|fail|skip|unsteady NAME [REASON]: of a long reason the beginning, the log has it all.
result() {
    local reason=${3:-}
    reason=${reason:+: ${reason:0:200}}
    case $1 in
    pass) passed=$((passed + 1)) ;;
    fail) failures+=("$2$reason") ;;
    skip) skips+=("$2$reason") ;;
    unsteady) unsteady+=("$2$reason") ;; # passed, and is counted as such elsewhere
    esac
}

finish() {
    if [ "${#failures[@]}" -gt 0 ]; then
        printf '\nfailed:\n'
        printf '  %s\n' "${failures[@]}"
    fi
    if [ "${#unsteady[@]}" -gt 0 ]; then
        printf '\npassed only when run again:\n'
        printf '  %s\n' "${unsteady[@]}"
    fi
    if [ "${#skips[@]}" -gt 0 ]; then
        printf '\nskipped:\n'
        printf '  %s\n' "${skips[@]}"
    fi
    printf '\n%d passed, %d failed, %d skipped\n' "$passed" "${#failures[@]}" "${#skips[@]}"
    [ "${#failures[@]}" -eq 0 ] || exit 1
    exit 0
}

# step NAME COMMAND...: one test; its output is shown only if it fails. Status 77 is a skip.
step() {
    local name=$1 log="$logs/${1//[^a-z0-9]/-}.log" start=$SECONDS status=0
    shift
    "$@" >"$log" 2>&1 || status=$?
    case $status in
    0)
        result pass "$name"
        say "$name: ok ($((SECONDS - start)) s)"
        ;;
    77)
        result skip "$name" "$(tail -n 1 "$log")"
        say "$name: skipped"
        ;;
    *)
        result fail "$name" "exit status $status, see build/test/${log##*/}"
        tail -n 100 "$log"
        say "$name: FAILED ($((SECONDS - start)) s)"
        return 1
        ;;
    esac
}

# A runner prints "FAIL NAME (SECONDS s)", with the reason in the next line, or "SKIP NAME
# (SECONDS s)  REASON", and ends with a sum like ours. "PASS NAME (SECONDS s)  REASON" is one that
# failed before it passed.
runner_results() {
    awk '
        function flush() { if (failed != "") print "fail\t" failed "\t" reason; failed = reason = "" }
        /^ / { if (reason == "") reason = $0; sub(/^ +/, "", reason); next }
        { flush() }
        /^FAIL / { sub(/^FAIL /, ""); sub(/ \([0-9.]+ s\)$/, ""); failed = $0 }
        /^SKIP / { sub(/^SKIP /, ""); sub(/ \([0-9.]+ s\) +/, "\t"); print "skip\t" $0 }
        /^PASS .* s\)  ./ { sub(/^PASS /, ""); sub(/ \([0-9.]+ s\) +/, "\t"); print "unsteady\t" $0 }
        END { flush() }' "$1"
}

# runner_tests TITLE NAME LIMIT COMMAND...: counts each test that the command prints a line for.
runner_tests() {
    local title=$1 log=$logs/$2.log limit=$3 state name reason sum status=0 before=${#failures[@]}
    shift 3
    say "$title (log: build/test/${log##*/})"
    timeout --foreground "$limit" "$@" 2>&1 | tee "$log" || status=$?
    while IFS=$'\t' read -r state name reason; do
        result "$state" "$name" "$reason"
    done < <(runner_results "$log")
    sum=$(tail -n 1 "$log")
    if [[ $sum =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        [ "${BASH_REMATCH[2]}" -le $((${#failures[@]} - before)) ] ||
            result fail "$title" "${BASH_REMATCH[2]} failed, see build/test/${log##*/}"
    else
        result fail "$title" "ended without a sum (exit status $status)"
    fi
    if [ "$status" -ne 0 ] && [ "${#failures[@]}" -eq "$before" ]; then
        result fail "$title" "exit status $status"
    fi
}
