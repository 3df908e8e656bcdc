# SPDX-License-Identifier: MIT
# Blocks that begin with "c PATH" hold lines of PATH: awk -f excerpts.awk PAGE...
function complain(text)
{
	print FILENAME ":" FNR ": " text
	bad = 1
}

# Lines of a file, from the first that they can begin at on; 0 when they are nowhere.
function find(from,    i, j)
{
	for (i = from; i + n - 1 <= lines; i++) {
		for (j = 1; j <= n && file[i + j - 1] == part[j]; j++)
			;
		if (j > n)
			return i + n
	}
	return 0
}

function end_part()
{
	if (n && at && !(at = find(at)))
		complain("not in " path ": " part[1])
	n = 0
}

/^```/ && path != "" {
	end_part()
	path = ""
	next
}
/^```c [^ ]+$/ {
	path = substr($0, 6)
	lines = n = 0
	while ((getline line <path) > 0)
		file[++lines] = line
	close(path)
	at = 1
	if (!lines)
		complain("no file " path)
	count++
	next
}
path == "" { next }
/^[ \t]*\.\.\.$/ {
	end_part()
	next
}
{ part[++n] = $0 }
END {
	print count + 0 " excerpts"
	exit bad || !count
}