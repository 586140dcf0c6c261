# The formats that other tools read, and runs compared and joined: golden files, hostile runs, and the real readers.
heapgate_report_test(formats PkgConfig::JANSSON PkgConfig::ZLIB)
heapgate_report_test(diff PkgConfig::JANSSON m)
heapgate_report_test(json_in)
heapgate_report_test(merge)
heapgate_report_test(parts m)
heapgate_report_test(path)
target_sources(test_report_formats PRIVATE unit/report_checks.c unit/profile_output.c)
target_sources(test_report_diff PRIVATE unit/report_checks.c)

# Each reader is skipped where it is not installed.
add_executable(report_files e2e/report_files.c unit/report_fixture.c)
target_include_directories(report_files PRIVATE unit)
target_link_libraries(report_files PRIVATE hg_reports heapgate_warnings heapgate_sanitize)
set_target_properties(report_files PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
foreach(reader cmark csv xmllint junitparser pprof promtool openmetrics sarif speedscope)
  add_test(NAME report_read_by_${reader}
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/report_readers.sh ${reader} $<TARGET_FILE:report_files>)
  set_tests_properties(report_read_by_${reader} PROPERTIES LABELS "reports;e2e" SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()

heapgate_harness_test(demangle hg_symbols)
target_compile_definitions(test_harness_demangle PRIVATE _GNU_SOURCE)

# One library in several builds, and a workload that is linked with it and has no path to any of them.
function(heapgate_test_library name)
  add_library(library_${name} SHARED e2e/plugins/library.c)
  target_compile_options(library_${name} PRIVATE -Wall -Wextra -Werror -g -O1 -fno-builtin)
  target_compile_definitions(library_${name} PRIVATE ${ARGN})
  set_target_properties(library_${name} PROPERTIES
    OUTPUT_NAME handled LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/plugins/library-${name})
endfunction()
heapgate_test_library(before LEAKS)
heapgate_test_library(after)
heapgate_test_library(still STILL)
heapgate_test_library(worse LEAKS BYTES=72)
heapgate_test_library(steady WORK=2000)
heapgate_test_library(slower WORK=10000)
heapgate_test_library(renamed LEAKS HANDLE_NAME=answer_request)
heapgate_test_plugin(names names.cc -O1)
heapgate_test_plugin(linked linked.c -O1)
target_link_libraries(plugin_linked PRIVATE library_before)
set_target_properties(plugin_linked PROPERTIES SKIP_BUILD_RPATH TRUE)

foreach(test command_line_compare command_line_reports speed)
  heapgate_e2e_test(${test})
  add_dependencies(test_${test} library_before library_after library_still library_worse library_renamed library_steady library_slower plugin_linked plugin_names)
endforeach()
