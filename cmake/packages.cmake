# SPDX-License-Identifier: MIT
# Debian packages, by cpack: libiomt0, libiomt-dev, iomt-tools. scripts/packages.sh brings static and shared
# libraries together.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME iomt)
set(CPACK_PACKAGE_CONTACT "iomt developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_COMPONENTS_ALL runtime dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/src)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libiomt0)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/triggers)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "I/O page tables and IOTLBs: shared libraries")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libiomt-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEV_DESCRIPTION "I/O page tables and IOTLBs: headers and static libraries")
set(CPACK_COMPONENT_DEV_DEPENDS runtime)
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "libjemalloc-dev, liburcu-dev, pkg-config")
if(iomt_hwloc_FOUND)
  set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS libhwloc-dev) # pkg-config reads what libraries need themselves
endif()

if(TARGET iomt-command)
  list(APPEND CPACK_COMPONENTS_ALL tools)
  set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME iomt-tools)
  set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION utils)
  set(CPACK_COMPONENT_TOOLS_DESCRIPTION "I/O page tables and IOTLBs: commands")
  set(CPACK_COMPONENT_TOOLS_DEPENDS runtime)
endif()
# Debian wants these in each package; elsewhere they have no business.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  configure_file(${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog COPYONLY)
  execute_process(COMMAND gzip -9nf changelog WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} COMMAND_ERROR_IS_FATAL ANY)
  foreach(component IN LISTS CPACK_COMPONENTS_ALL)
    string(TOUPPER ${component} name)
    set(doc share/doc/${CPACK_DEBIAN_${name}_PACKAGE_NAME})
    install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${doc} RENAME copyright COMPONENT ${component})
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/changelog.gz DESTINATION ${doc} COMPONENT ${component})
  endforeach()
endif()

# whatever the umask and the clock of who builds them
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ
    OWNER_WRITE
    OWNER_EXECUTE
    GROUP_READ
    GROUP_EXECUTE
    WORLD_READ
    WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/package_times.cmake)
include(CPack)
