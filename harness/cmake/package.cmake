# cpack in the build folder makes heapgate_VERSION_amd64.deb (on arm64: _arm64.deb) of what cmake --install would
# install; cpack -G RPM makes heapgate-VERSION-1.x86_64.rpm.
set(HEAPGATE_MAINTAINER "The heapgate developers <developers@heapgate.invalid>" CACHE STRING
  "Who answers for the Debian package: name and address")

# The changelog is what says which version this is; its maintainer is the package's.
set(changelog ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian/changelog)
file(STRINGS ${changelog} release LIMIT_COUNT 1)
if(NOT release MATCHES "^heapgate \\(${PROJECT_VERSION}\\)")
  message(FATAL_ERROR "${changelog} has no entry for version ${PROJECT_VERSION} at its top")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${changelog})
add_custom_command(OUTPUT changelog.gz COMMAND gzip -9nc ${changelog} > changelog.gz DEPENDS ${changelog} VERBATIM)
add_custom_target(heapgate_changelog ALL DEPENDS changelog.gz)
install(FILES cmake/debian/copyright ${CMAKE_CURRENT_BINARY_DIR}/changelog.gz DESTINATION share/doc/heapgate)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME heapgate)
set(CPACK_PACKAGE_CONTACT ${HEAPGATE_MAINTAINER})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, heaptrack, libcriterion-dev, libdebuginfod1, libjemalloc2, libmimalloc-dev, libtcmalloc-minimal4, pkg-config, valgrind")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Counts what is alive in the heap after each round of operations, and says
how many bytes each operation leaves behind, by which call path, with an exit
code for CI.
.
For workload plug-ins, libFuzzer targets, Criterion suites and whole programs.")
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE Apache-2.0)
set(CPACK_RPM_PACKAGE_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_RPM_PACKAGE_DESCRIPTION ${CPACK_DEBIAN_PACKAGE_DESCRIPTION})
# Folders that belong to the system, or to nobody.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /usr/lib/cmake /usr/libexec /usr/share/bash-completion
  /usr/share/bash-completion/completions /usr/share/fish /usr/share/fish/vendor_completions.d /usr/share/man /usr/share/man/man1
  /usr/share/pkgconfig /usr/share/zsh /usr/share/zsh/site-functions)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian/zsh.cmake)
include(CPack)
