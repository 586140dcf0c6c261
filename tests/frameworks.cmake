# Leak tests in the suites of test frameworks. A framework that is not installed is skipped.
function(heapgate_framework_test framework header source)
  find_path(HEAPGATE_HAS_${framework} ${header})
  if(NOT HEAPGATE_HAS_${framework})
    add_test(NAME leak_tests_in_${framework} COMMAND sh -c "echo '${framework} is not installed: ${header} was not found'; exit 77")
  else()
    add_executable(${framework}_suite frameworks/${source})
    target_include_directories(${framework}_suite PRIVATE ${CMAKE_SOURCE_DIR}/harness/include)
    target_compile_options(${framework}_suite PRIVATE -Wall -Wextra -Wpedantic ${HEAPGATE_WERROR_OPTION} -Wshadow -g -O1 -fno-builtin)
    target_link_libraries(${framework}_suite PRIVATE ${ARGN})
    set_target_properties(${framework}_suite PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME leak_tests_in_${framework} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/frameworks/suite.sh
      ${framework} $<TARGET_FILE:${framework}_suite> $<TARGET_FILE:heapgate> ${CMAKE_SOURCE_DIR})
  endif()
  set_tests_properties(leak_tests_in_${framework} PROPERTIES LABELS "harness;e2e" SKIP_RETURN_CODE 77 TIMEOUT 600)
endfunction()

heapgate_framework_test(gtest gtest/gtest.h gtest_suite.cc gtest gtest_main Threads::Threads)
heapgate_framework_test(doctest doctest/doctest.h doctest_suite.cc)
heapgate_framework_test(cmocka cmocka.h cmocka_suite.c cmocka)
# Version 3 has other headers, and a library with main.
find_path(HEAPGATE_HAS_CATCH3 catch2/catch_test_macros.hpp)
if(HEAPGATE_HAS_CATCH3)
  heapgate_framework_test(catch2 catch2/catch_test_macros.hpp catch2_suite.cc Catch2Main Catch2)
else()
  heapgate_framework_test(catch2 catch2/catch.hpp catch2_suite.cc)
endif()
pkg_check_modules(CHECK QUIET IMPORTED_TARGET check)
heapgate_framework_test(check check.h check_suite.c $<TARGET_NAME_IF_EXISTS:PkgConfig::CHECK> Threads::Threads)

# The plug-ins of other languages are tried from the tree.
foreach(plug_in pytest cargo node)
  add_test(NAME leak_tests_in_${plug_in} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/frameworks/${plug_in}.sh
    $<TARGET_FILE:heapgate> ${CMAKE_SOURCE_DIR} ${PROJECT_VERSION})
  set_tests_properties(leak_tests_in_${plug_in} PROPERTIES LABELS "harness;e2e" SKIP_RETURN_CODE 77 TIMEOUT 1200)
endforeach()
