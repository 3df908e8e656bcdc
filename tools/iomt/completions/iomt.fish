# SPDX-License-Identifier: MIT
# fish completion of iomt, which is asked itself what there is.

function __iomt_help
    env LC_ALL=C ARGP_HELP_FMT=rmargin=1000 iomt $argv --help 2>/dev/null
end

# the words before the one under the cursor that are no options
function __iomt_before
    set -l words (commandline -opc)
    string match -v -- '-*' $words[2..]
end

# of its lists: commands, and what a command takes
function __iomt_list
    if test "$(__iomt_before)[1]" = decode
        iomt decode --list --quiet 2>/dev/null | string replace -r ' +[0-9]* +' '\t'
        return
    end
    __iomt_help (__iomt_before)[1] | string replace -rf '^  ([a-z][a-z0-9_-]*) +(.*)' '$1\t$2'
end

function __iomt_options
    __iomt_help (__iomt_before)[1] | string replace -rf '^ +(-[A-Za-z], )?(--[a-z0-9-]+=?)\S* +(.*)' '$2\t$3'
end

function __iomt_values
    switch (commandline -ct)
        case '--color=*'
            printf '%s\n' --color={auto,always,never}
        case '--unit=*'
            printf '%s\n' --unit={amd,vtd,smmu,riscv}
        case '--format=*'
            printf '%s\n' --format=(iomt formats --quiet 2>/dev/null | string replace -r ' .*' '')
        case '--preset=*'
            printf '%s\n' --preset=(iomt simulate presets --quiet 2>/dev/null | string replace -r ' .*' '')
    end
end

complete -c iomt -n 'string match -q -- "-*" (commandline -ct)' -f -a '(__iomt_options; __iomt_values)'
complete -c iomt -n 'test (count (__iomt_before)) -lt 2; and test -n "$(__iomt_list)"' -f -a '(__iomt_list)'
