# SPDX-License-Identifier: MIT
# Links in Markdown that lead nowhere: awk -f links.awk LIST PAGE...
# LIST names every file of the repository, one a line; it and the pages are paths from the root.

function complain(text)
{
	print at[link] ": " to[link] ": " text
	bad = 1
}

# A heading's anchor, as GitHub makes it.
function anchor_of(heading,    words)
{
	sub(/^#+[ \t]+/, "", heading)
	sub(/[ \t]+#*[ \t]*$/, "", heading)
	heading = tolower(heading)
	while (match(heading, /\]\([^)]*\)/))
		heading = substr(heading, 1, RSTART - 1) substr(heading, RSTART + RLENGTH)
	gsub(/×|·|→|…|–|—/, "", heading)
	gsub(/[]!"#$%&'()*+,.\/:;<=>?@[\\^`{|}~]/, "", heading)
	gsub(/ /, "-", heading)
	words = heading
	if (seen[FILENAME, words]++)
		heading = words "-" (seen[FILENAME, words] - 1)
	return heading
}

# A path without "." and ".."; "" when it leaves the repository.
function plain(path,    parts, n, i, out, depth)
{
	n = split(path, parts, "/")
	depth = 0
	for (i = 1; i <= n; i++) {
		if (parts[i] == "" || parts[i] == ".")
			continue
		if (parts[i] == "..") {
			if (!depth)
				return ""
			depth--
		} else {
			out_of[++depth] = parts[i]
		}
	}
	out = depth ? out_of[1] : "."
	for (i = 2; i <= depth; i++)
		out = out "/" out_of[i]
	return out
}

function directory_of(path)
{
	return sub(/\/[^\/]*$/, "", path) ? path : "."
}

function check(from, target,    hash, path, anchor)
{
	if (target ~ /^[a-z][a-z0-9+.-]*:/) {
		if (target !~ /^https?:\/\/[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]+)?(\/[^ <>"]*)?(#[^ <>"]*)?$/ &&
		    target !~ /^mailto:[^@ ]+@[^@ ]+\.[a-z]+$/)
			complain("no address")
		return
	}
	hash = index(target, "#")
	anchor = hash ? substr(target, hash + 1) : ""
	path = hash ? substr(target, 1, hash - 1) : target
	path = path == "" ? from : plain(directory_of(from) "/" path)
	if (path == "" || !(path in there))
		complain("no such file")
	else if (hash && !((path, anchor) in anchors))
		complain("no such heading")
}

FILENAME == ARGV[1] {
	there[$0] = 1
	for (path = $0; path != "."; ) {
		path = directory_of(path)
		there[path] = 1
	}
	next
}

FNR == 1 { fenced = 0; blank = 1; indented = 0 }

/^[ ]*```/ { fenced = !fenced; next }
fenced { next }

# code by indentation begins after an empty line, outside of lists
/^(    |\t)/ && (blank || indented) && !list { indented = 1; next }
{ indented = 0; blank = /^[ \t]*$/ }
blank { next }
/^[ ]*([-*+]|[0-9]+\.)[ \t]/ { list = 1 }
/^[^ \t]/ && !/^([-*+]|[0-9]+\.)[ \t]/ { list = 0 }

/^#+[ \t]/ { anchors[FILENAME, anchor_of($0)] = 1 }

{
	text = $0
	gsub(/`[^`]*`/, "", text)
	if (match(text, /^[ ]*\[[^]]+\]:[ \t]*/)) {
		links++
		at[links] = FILENAME ":" FNR
		from_page[links] = FILENAME
		to[links] = substr(text, RSTART + RLENGTH)
		sub(/[ \t].*$/, "", to[links])
		next
	}
	while (match(text, /(\]\(|src="|href=")[^)" \t]*/)) {
		links++
		at[links] = FILENAME ":" FNR
		from_page[links] = FILENAME
		to[links] = substr(text, RSTART, RLENGTH)
		sub(/^(\]\(|src="|href=")/, "", to[links])
		text = substr(text, RSTART + RLENGTH)
	}
}

END {
	for (link = 1; link <= links; link++)
		check(from_page[link], to[link])
	if (!links) {
		print "there are no links"
		bad = 1
	}
	exit bad
}
