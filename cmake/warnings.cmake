# SPDX-License-Identifier: MIT
# Warnings for iomt's own targets. Linked privately, so that users' code is never judged by them.
add_library(iomt_warnings INTERFACE)
target_compile_options(
  iomt_warnings
  INTERFACE
    -Wall
    -Wextra
    -Wshadow
    -Wpointer-arith
    -Wundef
    -Wvla
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes;-Wmissing-prototypes;-Wold-style-definition>
    $<$<BOOL:${IOMT_WERROR}>:-Werror>)
