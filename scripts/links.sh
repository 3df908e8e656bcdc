#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Links of all pages lead to files and headings that are there, or to what can be an address (the network
# is not asked): links.sh [ROOT]
set -euo pipefail

rules=$(realpath "$(dirname "$0")")/links.awk
cd "${1:-$(dirname "$0")/..}"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
git ls-files -co --exclude-standard | while read -r file; do
	[ ! -e "$file" ] || echo "$file"
done >"$list"
mapfile -t pages < <(grep '\.md$' "$list")
awk -f "$rules" "$list" "${pages[@]}"
