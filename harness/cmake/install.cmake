# What cmake --install puts under a prefix, which may be moved afterwards: the program finds its parts, and the package
# and the pkg-config file find the program, by the way from one to the other.
include(CMakePackageConfigHelpers)

install(TARGETS heapgate DESTINATION bin)
install(TARGETS heapgate_runner heapgate_probe heapgate_probe_jemalloc DESTINATION lib/heapgate)
install(DIRECTORY include/heapgate DESTINATION include FILES_MATCHING PATTERN "*.h")

configure_package_config_file(cmake/heapgateConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/heapgateConfig.cmake
  INSTALL_DESTINATION lib/cmake/heapgate NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/heapgateConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/heapgateConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/heapgateConfigVersion.cmake
  cmake/heapgate_add_test.cmake DESTINATION lib/cmake/heapgate)

configure_file(cmake/heapgate.pc.in ${CMAKE_CURRENT_BINARY_DIR}/heapgate.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/heapgate.pc DESTINATION lib/pkgconfig)

include(cmake/package.cmake)
