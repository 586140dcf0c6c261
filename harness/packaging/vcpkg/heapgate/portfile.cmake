# An overlay port: vcpkg install heapgate --overlay-ports=harness/packaging/vcpkg. It builds the tree in which it lies, on the
# libraries of the system, as a program that a developer runs; the README has the list of packages.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)

# The program finds its parts, and find_package(heapgate) the program, by the way from one to the other.
set(VCPKG_BUILD_TYPE release)
set(VCPKG_POLICY_ALLOW_EXES_IN_BIN enabled)
set(VCPKG_POLICY_SKIP_MISPLACED_CMAKE_FILES_CHECK enabled)
set(VCPKG_POLICY_SKIP_LIB_CMAKE_MERGE_CHECK enabled)

vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}" OPTIONS -DHEAPGATE_TESTS=OFF)
vcpkg_cmake_install()
file(INSTALL "${SOURCE_PATH}/LICENSE" DESTINATION "${CURRENT_PACKAGES_DIR}/share/heapgate" RENAME copyright)
