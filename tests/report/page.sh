#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes pages out of run.json, a real run, and odd.json, one that went wrong in many ways, and lets
# check.js look at them in Chromium: page.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")"

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

skip() {
	echo "SKIPPED: $1, so no browser has seen the report's pages" >&2
	exit 77
}

fail() {
	echo "$1" >&2
	exit 1
}

# browse PAGE: what becomes of it in DOM, what it says on the console in LOG
browse() {
	timeout -k 5 60 chromium --headless --no-sandbox --disable-gpu --window-size=500,900 \
		--user-data-dir="$out/profile" --enable-logging=stderr --dump-dom "file://$1" \
		>"$out/DOM" 2>"$out/LOG"
}

verdict() {
	sed -n 's/.*<pre id="verdict">\(.*\)/\1/p' "$out/DOM" | sed 's|</pre>.*||'
}

# with_check PAGE RUN: the page, with the run and the check in its head
with_check() {
	{
		printf '<script type="application/json" id="run">'
		sed 's/</\\u003c/g' "$2"
		printf '</script><script>'
		cat check.js
		printf '</script>'
	} >"$out/head"
	sed "/^<head>/r $out/head" "$1" >"$out/checked.html"
}

command -v chromium >/dev/null || skip "chromium is not installed"
echo '<!DOCTYPE html><script>console.error("heard")</script><p>seen</p>' >"$out/probe.html"
browse "$out/probe.html" || skip "chromium does not run here: $(tail -n 1 "$out/LOG")"
grep -q seen "$out/DOM" || skip "chromium shows nothing here"
grep -q 'CONSOLE.*heard' "$out/LOG" || fail "chromium keeps its console to itself"

for name in run odd; do
	mkdir "$out/$name"
	cp $name.json "$out/$name/benchmark.json"
	"$1" "$out/$name" >"$out/said" 2>&1 || fail "$(cat "$out/said")"
	page=$out/$name/report.html
	[ "$(stat -c %s "$page")" -lt 1000000 ] || fail "$name: more than 1 MB"

	with_check "$page" "$name.json"
	browse "$out/checked.html" || fail "$name: chromium failed: $(cat "$out/LOG")"
	! grep CONSOLE "$out/LOG" || fail "$name: something on the console"
	echo "$name: $(verdict)"
	verdict | grep -q '^good: ' || fail "$(sed -n '/id="verdict"/,/<.pre>/p' "$out/DOM")"

	# as XML, where nothing that is not closed or not escaped is forgiven
	cp "$page" "$out/page.xhtml"
	browse "$out/page.xhtml" || fail "$name: chromium failed: $(cat "$out/LOG")"
	! grep -A3 parsererror "$out/DOM" || fail "$name: not well-formed"
	grep -q 'id="machine"' "$out/DOM" || fail "$name: not all of it"
done

# does the check bite?
sed '0,/<td>[0-9.]*</s//<td>7.77</' "$out/run/report.html" >"$out/planted.html"
! cmp -s "$out/run/report.html" "$out/planted.html" || fail "nothing planted"
with_check "$out/planted.html" run.json
browse "$out/checked.html"
verdict | grep -q '^bad: ' || fail "a wrong figure was not noticed"
