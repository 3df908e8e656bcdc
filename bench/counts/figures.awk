# SPDX-License-Identifier: MIT
# Out of callgrind's dumps, one for each figure: instructions per operation, less those of counts.c and walks.c.
FNR == 1 { name = "" }
/^desc: Trigger: Client Request: / {
	name = $5 " " $6
	ops = $7
	spent = 0
}
/^(fl|fi|fe|cfi|cfl)=/ { # "fl=(3) path", from then on "fl=(3)"
	id = $1
	sub(/.*=/, "", id)
	if (NF > 1)
		path[id] = $NF
	if (/^fl=/)
		ours = path[id] ~ /\/bench\/counts\/(counts|walks)\.c$/
}
/^calls=/ { callee = 1; next } # the line after it is of the callee, which has lines of its own
/^[0-9+*-]/ {
	if (!ours && !callee)
		spent += $2
	callee = 0
}
/^totals: / && name != "" { printf "%s %.4g\n", name, spent / ops }
