# SPDX-License-Identifier: MIT
# Compares two files of figures, the baseline first. Fails when a figure grew by more than 5 %.
# "renew" is the target that makes a new baseline.
BEGIN { renew = renew ? renew : "counts-renew" }
FNR == 1 { file++ }
/^# (compiler|flags|vectors): / { head[file] = head[file] substr($0, 3) "\n" }
/^#/ || !NF { next }
file == 1 { before[$1 " " $2] = $3 }
file == 2 {
	name[++figures] = $1 " " $2
	now[$1 " " $2] = $3
}

function judge(what,   percent) {
	if (!(what in before)) {
		printf "NEW      %s: %s, not in the baseline\n", what, now[what]
		unknown++
		return
	}
	percent = (now[what] / before[what] - 1) * 100
	if (percent > 5)
		grown++
	else if (percent < -5)
		shrunk++
	else
		return
	printf "%s %s: %s instead of %s, %+.1f %%\n", (percent > 0 ? "GREW    " : "smaller "), what,
		now[what], before[what], percent
}

END {
	if (head[1] && head[2] && head[1] != head[2]) {
		print "SKIPPED: nothing was compared: the baseline is of another compiler, other flags or other vectors."
		printf "The baseline's:\n%sThese:\n%s", head[1], head[2]
		exit 0
	}
	if (!head[1] || !head[2] || !figures) {
		print "no figures, or no compiler and flags with them"
		exit 1
	}
	for (i = 1; i <= figures; i++)
		judge(name[i])
	for (what in before) {
		if (!(what in now)) {
			printf "MISSING  %s: in the baseline, not measured\n", what
			unknown++
		}
	}
	if (grown || unknown) {
		printf "%d of %d figures grew by more than 5 %%, %d are new or missing.\n", grown, figures,
			unknown
		print "What must grow, grows with a reason in its commit, and a new baseline: make " renew
		exit 1
	}
	printf "%d figures, none more than 5 %% above the baseline\n", figures
	if (shrunk)
		printf "%d are smaller by more than 5 %%; to hold them there: make %s\n", shrunk, renew
}
