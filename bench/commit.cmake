# SPDX-License-Identifier: MIT
# Writes OUT, a header with the commit of SOURCE at this moment; VERSION where there is no git, or
# where SOURCE is a folder inside somebody else's repository.
cmake_policy(VERSION 3.25)
find_program(git git)
set(commit "")
if(git)
  execute_process(
    COMMAND ${git} -C ${SOURCE} rev-parse --show-prefix
    OUTPUT_VARIABLE prefix
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
    RESULT_VARIABLE failed)
  if(NOT failed AND prefix STREQUAL "")
    execute_process(
      COMMAND ${git} -C ${SOURCE} describe --always --tags --dirty
      OUTPUT_VARIABLE commit
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
if(commit STREQUAL "")
  set(commit "${VERSION}, outside of git")
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "#define BENCH_COMMIT \"@commit@\"\n" @ONLY)
