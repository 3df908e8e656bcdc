# SPDX-License-Identifier: MIT
# A file of figures as a table: operations down, formats across.
/^#/ || !NF { next }
!($1 in column) { column[$1] = 1; formats[++across] = $1 }
!($2 in row) { row[$2] = 1; operations[++down] = $2 }
{ figure[$1, $2] = $3 }
END {
	printf "%-22s", "instructions"
	for (f = 1; f <= across; f++)
		printf " %10s", formats[f]
	print ""
	for (o = 1; o <= down; o++) {
		printf "%-22s", operations[o]
		for (f = 1; f <= across; f++) {
			where = formats[f] SUBSEP operations[o]
			printf " %10s", where in figure ? figure[where] : "-"
		}
		print ""
	}
}
