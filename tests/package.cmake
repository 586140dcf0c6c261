# Heapgate in other people's projects: libFuzzer targets, Criterion suites, the installed tree.

# A suite of somebody else's: never sanitized, since the programs it starts are measured. Criterion is of no use under
# ThreadSanitizer.
add_executable(leak_tests package/leak_tests.c package/more_leak_tests.c)
add_executable(leak_tests_cxx package/leak_tests_cxx.cc)
target_compile_options(leak_tests PRIVATE -Wconversion)
foreach(suite leak_tests leak_tests_cxx)
  target_include_directories(${suite} PRIVATE ${CMAKE_SOURCE_DIR}/harness/include)
  target_compile_options(${suite} PRIVATE -Wall -Wextra ${HEAPGATE_WERROR_OPTION} -Wshadow -g -O1 -fno-builtin)
  target_link_libraries(${suite} PRIVATE PkgConfig::CRITERION)
  set_target_properties(${suite} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endforeach()

heapgate_test_plugin(fuzz fuzz.c -O1 -fno-builtin)
heapgate_test_plugin(fuzz_cxx fuzz_cxx.cc -O1)
pkg_check_modules(FUZZED REQUIRED IMPORTED_TARGET libxml-2.0)
heapgate_test_plugin(fuzz_libxml2_leaking fuzz_libxml2.c -O1 -DLEAKS=1)
heapgate_test_plugin(fuzz_libxml2_healthy fuzz_libxml2.c -O1 -DLEAKS=0)
target_link_libraries(plugin_fuzz_libxml2_leaking PRIVATE PkgConfig::FUZZED)
target_link_libraries(plugin_fuzz_libxml2_healthy PRIVATE PkgConfig::FUZZED)

# Programs that run the real heapgate, as heapgate_e2e_test builds them.
foreach(test fuzz_targets criterion_suites installed init)
  heapgate_unit_test(${test} SOURCES package/${test}.c LIBRARIES hg_test_command m LABELS "harness;e2e")
  target_include_directories(test_${test} PRIVATE e2e)
  target_compile_definitions(test_${test} PRIVATE _GNU_SOURCE HG_CMAKE="${CMAKE_COMMAND}"
    HG_CTEST="${CMAKE_CTEST_COMMAND}" HG_CPACK="${CMAKE_CPACK_COMMAND}" HG_GENERATOR="${CMAKE_GENERATOR}"
    HG_SANITIZED=$<BOOL:${HEAPGATE_SANITIZE}>)
  add_dependencies(test_${test} heapgate heapgate_probe heapgate_probe_jemalloc heapgate_runner plugin_broken leak_tests leak_tests_cxx
    plugin_fuzz plugin_fuzz_cxx plugin_fuzz_libxml2_leaking plugin_fuzz_libxml2_healthy)
endforeach()

foreach(recipe meson vcpkg conan)
  add_test(NAME recipe_${recipe} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/recipes.sh ${recipe} ${CMAKE_SOURCE_DIR}
    ${CMAKE_BINARY_DIR} ${PROJECT_VERSION})
  set_tests_properties(recipe_${recipe} PROPERTIES LABELS "harness;e2e" SKIP_RETURN_CODE 77 TIMEOUT 1200)
endforeach()

# What is installed beside the program. A sanitized one is not packed.
add_test(NAME installed_completion
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/completion.sh ${CMAKE_SOURCE_DIR} $<TARGET_FILE:heapgate>)
set_tests_properties(installed_completion PROPERTIES LABELS "harness;e2e")
foreach(shell zsh fish)
  add_test(NAME installed_completion_${shell} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/completion_${shell}.sh
    ${CMAKE_SOURCE_DIR} $<TARGET_FILE:heapgate>)
  set_tests_properties(installed_completion_${shell} PROPERTIES LABELS "harness;e2e" SKIP_RETURN_CODE 77)
endforeach()
if(NOT HEAPGATE_SANITIZE)
  add_test(NAME installed_manual COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/manual.sh
    $<TARGET_FILE:heapgate> ${CMAKE_BINARY_DIR}/harness/man)
  add_test(NAME installed_lintian COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/lintian.sh ${CMAKE_BINARY_DIR})
  add_test(NAME installed_deb COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/deb.sh ${CMAKE_BINARY_DIR})
  add_test(NAME installed_rpm COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/rpm.sh ${CMAKE_BINARY_DIR})
  set_tests_properties(installed_manual installed_lintian installed_deb installed_rpm PROPERTIES
    LABELS "harness;e2e" SKIP_RETURN_CODE 77 TIMEOUT 1200)
endif()
