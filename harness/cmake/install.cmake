# What cmake --install puts under a prefix, which may be moved afterwards: the program finds its parts, and the package
# and the pkg-config file find the program, by the way from one to the other.
include(CMakePackageConfigHelpers)

install(TARGETS heapgate DESTINATION bin)
install(TARGETS heapgate_runner heapgate_probe heapgate_probe_jemalloc heapgate_doctor DESTINATION libexec/heapgate)
install(DIRECTORY include/heapgate DESTINATION include FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")

configure_package_config_file(cmake/heapgateConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/heapgateConfig.cmake
  INSTALL_DESTINATION lib/cmake/heapgate NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/heapgateConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/heapgateConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/heapgateConfigVersion.cmake
  cmake/heapgate_add_test.cmake DESTINATION lib/cmake/heapgate)

configure_file(cmake/heapgate.pc.in ${CMAKE_CURRENT_BINARY_DIR}/heapgate.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/heapgate.pc DESTINATION share/pkgconfig)

# A manual page a command and what completes them; both ask the program, so there is no second list. A sanitized program
# is for tests alone; one for another processor does not run here.
if(NOT HEAPGATE_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
  find_program(HELP2MAN help2man REQUIRED)
  set(manual ${CMAKE_CURRENT_BINARY_DIR}/man)
  add_custom_command(OUTPUT ${manual}/man1/heapgate.1.gz
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/cmake/man.sh $<TARGET_FILE:heapgate>
      ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian/changelog ${manual}
    DEPENDS heapgate cmake/man.sh cmake/debian/changelog VERBATIM)
  add_custom_target(heapgate_man ALL DEPENDS ${manual}/man1/heapgate.1.gz)
  install(DIRECTORY ${manual} DESTINATION share)
endif()
install(FILES cmake/completion.bash DESTINATION share/bash-completion/completions RENAME heapgate)
install(FILES cmake/completion.zsh DESTINATION share/zsh/site-functions RENAME _heapgate)
install(FILES cmake/completion.fish DESTINATION share/fish/vendor_completions.d RENAME heapgate.fish)

# cmake --build BUILD --target uninstall; see uninstall.cmake for what stays.
add_custom_target(uninstall
  COMMAND ${CMAKE_COMMAND} -DMANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt
    -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/uninstall.cmake VERBATIM)

include(cmake/package.cmake)
