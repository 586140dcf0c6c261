# cpack in the build folder makes heapgate_VERSION_amd64.deb of what cmake --install would install.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME heapgate)
set(CPACK_PACKAGE_CONTACT "The heapgate developers")
set(CPACK_PACKAGE_FILE_NAME heapgate_${PROJECT_VERSION}_amd64)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libjemalloc2, libmimalloc2.0, libtcmalloc-minimal4")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Counts what is alive in the heap after each round of operations, and says how many
bytes each operation leaves behind, by which call path, with an exit code for CI.
.
For workload plug-ins, libFuzzer targets, Criterion suites and whole programs.")
include(CPack)
