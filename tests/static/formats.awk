# SPDX-License-Identifier: MIT
# Compares the tables of docs/formats with what format_facts says: awk -f formats.awk FACTS PAGE...
#
# Before a table whose columns are bits, name, in tables, in leaves, words:
#	<!-- bits: FORMAT... -->
#	<!-- bits: FORMAT... like FORMAT -->    rows that are not there are those of the other
# Before one whose last two columns are our level and the leaves there:
#	<!-- levels: FORMAT... -->
BEGIN { FS = "\t" }

function complain(text)
{
	print FILENAME ":" FNR ": " text
	bad = 1
}

function trimmed(text)
{
	gsub(/`/, "", text)
	sub(/^[ \t]+/, "", text)
	sub(/[ \t]+$/, "", text)
	return text
}

# What the row says of a bit or a level, of each format that the table is about.
function compare(number, said,    i, format)
{
	for (i = 1; i <= about_count; i++) {
		format = about[i]
		if (fact[kind, format, number] != said)
			complain(format ", " kind " " number ": is " fact[kind, format, number] ", said to be " said)
		if (told[kind, format, number]++)
			complain(format ", " kind " " number ": said twice")
	}
}

FILENAME == ARGV[1] {
	formats[$2] = 1
	if ($1 == "bit")
		fact["bits", $2, $3] = $4 " | " $5
	else
		fact["levels", $2, $3] = $4
	if ($1 == "level")
		levels[$2] = $3
	next
}

/^<!-- (bits|levels): [a-z0-9_ ]+ -->$/ {
	n = split($0, words, / /)
	kind = substr(words[2], 1, length(words[2]) - 1)
	about_count = 0
	for (i = 3; i < n && words[i] != "like"; i++) {
		about[++about_count] = words[i]
		if (!(words[i] in formats))
			complain("there is no format " words[i])
	}
	for (j = 1; i < n && j <= about_count; j++)
		like[about[j]] = words[i + 1]
	rows = 0
	next
}
kind == "" { next }
!/^\|/ {
	if (rows)
		kind = ""
	next
}
++rows <= 2 { next } # names of columns, and the line below

kind == "bits" {
	n = split($0, cells, /\|/)
	two = split(trimmed(cells[2]), range, /:/) == 2
	low = two ? range[2] : range[1]
	if (n != 7 || range[1] !~ /^[0-9]+$/ || low !~ /^[0-9]+$/ || low + 0 > range[1] + 0 || range[1] > 63) {
		complain("no row of bits: " $0)
		next
	}
	for (bit = low + 0; bit <= range[1] + 0; bit++)
		compare(bit, trimmed(cells[4]) " | " trimmed(cells[5]))
	next
}
{
	n = split($0, cells, /\|/)
	compare(trimmed(cells[n - 2]), trimmed(cells[n - 1]))
}

END {
	for (format in formats) {
		for (bit = 0; bit < 64; bit++) {
			same = like[format] != "" && fact["bits", format, bit] == fact["bits", like[format], bit]
			if (!told["bits", format, bit] && !same)
				complain(format ", bits " bit ": nothing is said")
		}
		for (level = 0; level <= levels[format]; level++)
			if (!told["levels", format, level])
				complain(format ", levels " level ": nothing is said")
		count++
	}
	print count + 0 " formats"
	exit bad || !count
}
