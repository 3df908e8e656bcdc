# SPDX-License-Identifier: MIT
# Makes Doxygen's comments of the plain ones of a header, line by line: awk -f filter.awk HEADER
#
#  - The first comment after the licence is about the file.
#  - A comment is about the declaration that begins on the next line, and about those that follow it
#    without an empty line and have none of their own. Where these have one each, behind them, the one
#    above is a heading; so is one above macros that is no sentence, with a full stop.
#  - A comment behind a declaration is about that.
#  - Private, and not in the reference: what is called so with a trailing underscore; the fields of a struct
#    whose comment says "Private" at its beginning or "are private"; those below a comment "private" inside of
#    one; other declarations whose comment begins with "Private".
#  - Lines of a comment that begin with a tab are code.

# Words that would mean something to Doxygen mean themselves.
function escaped(text)
{
	gsub(/[\\@#&%<>]/, "\\\\&", text)
	return text
}

# Prints the comment that waits; "start" is what it begins with, instead of its first two characters.
function print_comment(start,    i, line, next_line, code, begins)
{
	for (i = 1; i <= lines; i++) {
		line = comment[i]
		next_line = i < lines ? comment[i + 1] : ""
		begins = next_line ~ /^[ \t]*\*\t/
		if (line ~ /^[ \t]*\*\t/) {
			sub(/^[ \t]*\*/, "", line)
			if (!begins && next_line !~ /^[ \t]*\*[ \t]*$/) {
				line = line " @endcode"
				code = 0
			}
		} else if (code && !begins && line ~ /^[ \t]*\*[ \t]*$/) {
			line = " * @endcode"
			code = 0
		} else if (code) {
			line = ""
		} else {
			line = i == 1 ? line : escaped(line)
			if (i == 1)
				line = start escaped(substr(line, index(line, "/*") + 2))
			sub(/\*\\\/$/, "*/", line)
			if (begins) {
				line = line " @code{.c}"
				code = 1
			}
		}
		print line
	}
	lines = 0
}

function words_of_comment(    i, text)
{
	text = ""
	for (i = 1; i <= lines; i++)
		text = text " " comment[i]
	gsub(/\/\*|\*\/|[ \t]\*[ \t]/, " ", text)
	gsub(/[ \t]+/, " ", text)
	sub(/^ /, "", text)
	sub(/ \*?$/, "", text)
	return text
}

function several(code)
{
	return code ~ /^[ \t]*[a-z][a-z0-9_ ]* \**[a-z0-9_]+(\[[A-Z0-9_]+\])?(, \**[a-z0-9_]+(\[[A-Z0-9_]+\])?)+;$/
}

# Declarations of several names as one for each, with the same words: those in front of several would be
# about the first alone, those behind about the last.
function each(code, words,    names, n, i, type, out)
{
	sub(/;$/, "", code)
	n = split(code, names, /, /)
	match(names[1], /\**[a-z0-9_]+(\[[A-Z0-9_]+\])?$/)
	type = substr(names[1], 1, RSTART - 1)
	names[1] = substr(names[1], RSTART)
	out = ""
	for (i = 1; i <= n; i++)
		out = out words type names[i] "; "
	return out
}

function count(text, what)
{
	return gsub(what, "", text)
}

FNR == 1 { print ""; next } # the licence

/^\/\* clang-format / { print ""; next }

# Comments that stand alone.
!in_comment && /^[ \t]*\/\*/ { in_comment = 1; lines = 0 }
in_comment {
	comment[++lines] = $0
	if (!/\*\/[ \t]*$/)
		next
	in_comment = 0
	about = words_of_comment()
	if (!file_done) {
		file = FILENAME
		sub(/.*include\//, "", file)
		print_comment("/** @file " file)
		file_done = 1
	} else if (depth && tolower(about) ~ /^private/) {
		hidden = depth
		lines = 0
		print ""
	}
	next
}

/\\$/ && !more && !/^#define .*\(/ { # a line that goes on; macros with arguments stay as they are
	sub(/\\$/, "")
	joined = joined $0
	print ""
	next
}
{ $0 = joined $0; joined = "" }

function blank_comment(    i)
{
	for (i = 1; i <= lines; i++)
		print ""
	lines = 0
}

in_trailing { # a comment behind a declaration that goes on
	in_trailing = !/\*\/[ \t]*$/
	sub(/\*\/[ \t]*$/, "")
	print escaped($0) (in_trailing ? "" : "*/")
	next
}

# Bodies of functions, and what goes on from a line before.
body || /^\{/ {
	body = $0 !~ /^\}/
	more = 0
	shared = ""
	print
	next
}
more {
	code = $0
	if (sub(/[ \t]*\/\*.*/, "", code)) {
		at = index($0, "/*")
		$0 = substr($0, 1, at - 1) "/**<" escaped(substr($0, at + 2))
	}
	open_parens += count(code, "\\(") - count(code, "\\)")
	if (more == 1 && !open_parens && code ~ /[;,{][ \t]*$/ || more == 2 && code !~ /\\$/)
		more = 0
	if (!skip && !(hidden && depth >= hidden))
		print
	else
		print ""
	if (!more)
		skip = 0
	next
}

/^[ \t]*$/ {
	print_comment("/*")
	shared = ""
	print
	next
}

{
	code = $0
	trailing = sub(/[ \t]*\/\*.*/, "", code)
	is_define = code ~ /^#[ \t]*define/
	is_other = code ~ /^#/ && !is_define || code ~ /^extern "C"/
	opens = code ~ /\{$/
	closes = code ~ /^[ \t]*\}/
	forward = code ~ /^struct [a-z0-9_]+;$/
	skip = 0
}

is_other {
	print_comment("/*")
	print
	next
}

# Doxygen does not see a struct that has no body, but where it is named.
forward {
	shared = lines ? about : shared
	name = substr(code, 1, length(code) - 1)
	sub(/^struct /, "", name)
	if (lines)
		print_comment("/** @struct " name "\n")
	print code
	next
}

closes {
	depth -= count(code, "}")
	if (hidden > depth)
		hidden = 0
	blank_comment()
	sub(/\/\* /, "/**< ")
	print
	if (opens)
		depth++
	next
}

hidden && depth >= hidden {
	blank_comment()
	depth += count(code, "{")
	if (code !~ /[;,{}]$/)
		more = 1
	print ""
	next
}

{
	if (code ~ /_(\[[^]]*\])?;$/ || code ~ /[a-z]_\(/ || code ~ /^#define [A-Z_]+_[ \t]/ ||
	    lines && !opens && about ~ /^Private/)
		skip = 1
	if (lines && opens && !is_define && (about ~ /(^|\. )Private/ || about ~ /are private/))
		hidden = depth + 1
	if (skip) {
		blank_comment()
	} else if (lines && (trailing || is_define && about !~ /[.)]$/)) {
		print_comment("/*")
		shared = ""
	} else if (lines) {
		shared = about
		if (several(code))
			blank_comment()
		else
			print_comment("/**")
	} else if (!trailing && shared != "" && !several(code)) {
		printf "/** %s */ ", escaped(shared)
	}
	words = ""
	if (trailing && !skip) {
		at = index($0, "/*")
		words = "/**" escaped(substr($0, at + 2))
		$0 = substr($0, 1, at - 1) "/**<" escaped(substr($0, at + 2))
		in_trailing = !/\*\/[ \t]*$/
	}
	if (several(code) && !skip && (trailing || shared != ""))
		$0 = each(code, trailing ? words : "/** " escaped(shared) " */")
	print skip ? "" : $0
	if (is_define)
		more = code ~ /\\$/ ? 2 : 0
	else if (opens)
		depth++
	else {
		open_parens = count(code, "\\(") - count(code, "\\)")
		more = open_parens || code !~ /[;,}]$/ && code !~ /^[ \t]*IOMT_[A-Z0-9_]+$/
	}
	if (opens)
		shared = ""
}
