# SPDX-License-Identifier: MIT
# What "cmake --install" puts where, for find_package and pkg-config. A static and a shared build may be
# installed over each other: programs then have the choice.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(kind static)
if(BUILD_SHARED_LIBS)
  set(kind shared)
endif()
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/iomt)

set(headers_absent)
if(NOT TARGET iomt::hosted)
  list(APPEND headers_absent PATTERN hosted.h EXCLUDE PATTERN reclaim.h EXCLUDE)
endif()
foreach(library jemalloc rcu)
  if(NOT TARGET iomt::${library})
    list(APPEND headers_absent PATTERN ${library}.h EXCLUDE)
  endif()
endforeach()
install(
  DIRECTORY ${PROJECT_SOURCE_DIR}/include/iomt
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT dev
  FILES_MATCHING
  PATTERN *.h
  ${headers_absent})

# iomt_install(ALIAS DESCRIPTION [REQUIRES package...] [PRIVATE package...] [LIBS flag...]): a library, an
# export of its own, so that who asks for one needs no other's dependencies, and its pkg-config file.
function(iomt_install alias description)
  if(NOT TARGET iomt::${alias})
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "REQUIRES;PRIVATE;LIBS")
  get_target_property(target iomt::${alias} ALIASED_TARGET)
  get_target_property(name ${target} OUTPUT_NAME)
  install(
    TARGETS ${target}
    EXPORT iomt-${alias}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT dev
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(
    EXPORT iomt-${alias}
    FILE iomt-${alias}-${kind}.cmake
    NAMESPACE iomt::
    DESTINATION ${package}
    COMPONENT dev)

  # a static library's needs are its user's
  if(kind STREQUAL static)
    list(APPEND arg_REQUIRES ${arg_PRIVATE})
    set(arg_PRIVATE)
    set(public ${arg_LIBS})
    set(arg_LIBS)
  else()
    set(public)
  endif()
  # found from where the file is, so that all may be moved together
  file(RELATIVE_PATH up "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
  string(REGEX REPLACE "/$" "" up "${up}")
  list(JOIN arg_REQUIRES " " requires)
  list(JOIN arg_PRIVATE " " private)
  list(JOIN public " " libs)
  list(JOIN arg_LIBS " " libs_private)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/library.pc.in ${name}.pc @ONLY)
  install(
    FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
    COMPONENT dev)
endfunction()

set(hwloc)
if(iomt_hwloc_FOUND)
  set(hwloc hwloc)
endif()
iomt_install(iomt "${PROJECT_DESCRIPTION}")
iomt_install(hosted "Memory providers of iomt for programs with an operating system" REQUIRES iomt
             PRIVATE ${hwloc} LIBS -pthread)
iomt_install(jemalloc "A memory provider of iomt on jemalloc" REQUIRES iomt jemalloc)
iomt_install(rcu "Readers of liburcu for iomt's reclaimer" REQUIRES iomt-hosted)

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/iomtConfig.cmake.in iomtConfig.cmake
                              INSTALL_DESTINATION ${package} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(iomtConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(
  FILES ${CMAKE_CURRENT_BINARY_DIR}/iomtConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/iomtConfigVersion.cmake
  DESTINATION ${package}
  COMPONENT dev)
