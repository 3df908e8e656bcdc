# SPDX-License-Identifier: MIT
# Writes OUT, a C file that holds the bytes of IN and a zero.
file(READ ${IN} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${OUT} "#include \"view.h\"\nconst char page_html[] = {${bytes}0};\n")
