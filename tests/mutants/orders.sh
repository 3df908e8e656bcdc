#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Takes every order, compare-and-swap, exchange and addition out of the page-table engine, one at a
# time, and expects the explorer to find each: orders.sh [PATTERN]. What is taken out where comes from
# the sources themselves, so that nothing is forgotten. Fails when one survives.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=build/mutants/orders
engine=$PWD/$build/pgtable

# The faults, a line each: file, which match in it, what it is, "from" and "to" (perl).
faults() {
	perl -e '
		sub fault { print join("\t", @_), "\n" }
		for my $path (sort glob "src/pgtable/*.[ch]") {
			my ($file) = $path =~ m{([^/]+)$};
			next if $file =~ /^(guest|inspect)/;
			local $/;
			open my $in, "<", $path or die;
			my $text = <$in>;
			while ($text =~ /__atomic_(\w+)(\((?:[^()]|(?2))*\))/g) {
				my ($call, $args, $at, $end) = ($1, $2, $-[0], $+[0]);
				my $line = 1 + substr($text, 0, $at) =~ tr/\n//;
				my @orders = $args =~ /__ATOMIC_(\w+)/g;
				my @weaker;
				if ($call eq "compare_exchange_n") {
					push @weaker, ["release", $orders[1], $orders[1]] if $orders[0] =~ /REL\b|RELEASE/;
					push @weaker, ["acquire", $orders[0] =~ /REL\b|RELEASE/ ? "RELEASE" : "RELAXED", "RELAXED"]
						if "@orders" =~ /ACQ/;
				} else {
					push @weaker, ["order", "RELAXED"] if $orders[0] =~ /^(ACQUIRE|RELEASE)$/;
					push @weaker, ["release", "ACQUIRE"], ["acquire", "RELEASE"]
						if $orders[0] eq "ACQ_REL";
				}
				for (@weaker) {
					my ($what, @to) = @$_;
					my $new = "__atomic_$call$args";
					$new =~ s/__ATOMIC_\w+/"__ATOMIC_" . shift @to/ge;
					fault($file, $at, $end, "$file:$line $call without $what", unpack "H*", $new);
				}
				fault($file, $at, $end, "$file:$line $call in two steps", unpack "H*", "plain_$call$args")
					if $call =~ /exchange|fetch/;
			}
		}'
}

plant() { # file at end new
	perl -e '
		my ($path, $at, $end, $new) = @ARGV;
		local $/;
		open my $in, "<", $path or die;
		my $text = <$in>;
		substr($text, $at, $end - $at) = pack "H*", $new;
		open my $out, ">", $path or die;
		print $out $text;' "$engine/$1" "$2" "$3" "$4"
}

# Some orders are there for lines as long as the machine's; most are found, and sooner, with short ones.
lines=(2 8)
make_orders() { # line
	cmake --build "$build/$1" --target orders.plain >"$build/log" 2>&1 || {
		cat "$build/log" >&2
		exit 1
	}
}

explore() { # line; says on stderr what it found
	IOMT_TEST_TIMES=0 timeout 900 "$build/$1/tests/ops/orders.plain" --fail-fast >/dev/null
}

mkdir -p "$engine" "$build/entry"
cp src/pgtable/*.[ch] "$engine"
cp src/entry/*.h "$build/entry" # which the engine includes as a neighbour
for line in "${lines[@]}"; do
	cmake -S . -B "$build/$line" -DCMAKE_BUILD_TYPE=None -G Ninja -DIOMT_BUILD_BENCH=OFF \
		-DIOMT_BUILD_EXAMPLES=OFF -DIOMT_WERROR=OFF -DIOMT_EXPLORED="$engine" \
		-DCMAKE_C_FLAGS="-O1 -DPT_LINE=${line}u -include $PWD/tests/mutants/plain.h" >/dev/null
	make_orders "$line"
	explore "$line" || { echo "the engine fails without any fault" >&2 && exit 1; }
done

all=0
found=0
while IFS=$'\t' read -r file at end what new; do
	[[ $what == *${1-}* ]] || continue
	all=$((all + 1))
	plant "$file" "$at" "$end" "$new"
	for line in "${lines[@]}"; do
		make_orders "$line"
		status=0
		why=$(explore "$line" 2>&1) || status=$?
		[ "$status" -eq 0 ] || break
	done
	case $status in
	0) echo "SURVIVES  $what" ;;
	124) echo "NO END    $what" ;;
	*)
		found=$((found + 1))
		printf 'found     %-55s %s\n' "$what" "$(sed -n '1s/, after.*//p' <<<"$why")"
		;;
	esac
	cp "src/pgtable/$file" "$engine"
done < <(faults)
echo "$found of $all found"
[ "$found" -eq "$all" ]
