# SPDX-License-Identifier: MIT
# Run by cpack before it packs: what is packed has the time that SOURCE_DATE_EPOCH says, so that the same
# sources give the same packages.
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  execute_process(COMMAND find ${CPACK_TEMPORARY_DIRECTORY} -exec touch -h -d @$ENV{SOURCE_DATE_EPOCH} {} +
                  COMMAND_ERROR_IS_FATAL ANY)
endif()
