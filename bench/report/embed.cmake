# SPDX-License-Identifier: MIT
# Writes OUT, a C file in which NAME holds the bytes of IN and a zero.
file(READ ${IN} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${OUT} "extern const char ${NAME}[];\nconst char ${NAME}[] = {${bytes}0};\n")
