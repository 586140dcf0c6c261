# concurrent-storm and libtoka in plain programs, so that ThreadSanitizer and helgrind can watch them.
foreach(build before after)
  add_executable(workload_threads_${build} unit/workload_threads.c ${CMAKE_SOURCE_DIR}/workloads/concurrent_storm.c)
  target_compile_definitions(workload_threads_${build} PRIVATE HAS_FIX=$<STREQUAL:${build},after>)
  target_link_libraries(workload_threads_${build} PRIVATE workload_common toka_${build} heapgate_warnings heapgate_sanitize)
  set_target_properties(workload_threads_${build} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME workload_threads_${build} COMMAND workload_threads_${build} 8000)
  add_test(NAME workload_threads_recorded_${build}
    COMMAND workload_threads_${build} 4000 ${CMAKE_BINARY_DIR}/tests/workload_threads_${build}.jsonl)
  set_tests_properties(workload_threads_${build} workload_threads_recorded_${build} PROPERTIES LABELS workloads TIMEOUT 600
    ENVIRONMENT "$<$<STREQUAL:${build},before>:ASAN_OPTIONS=detect_leaks=0>")
endforeach()

# valgrind and the sanitizers do not go together.
if(NOT HEAPGATE_SANITIZE)
  find_program(VALGRIND_PROGRAM valgrind)
  if(VALGRIND_PROGRAM)
    add_test(NAME workload_threads_under_helgrind COMMAND ${VALGRIND_PROGRAM} --tool=helgrind --error-exitcode=1
      --suppressions=${CMAKE_CURRENT_SOURCE_DIR}/unit/helgrind.supp $<TARGET_FILE:workload_threads_after> 2000)
    add_test(NAME workload_threads_recorded_under_helgrind COMMAND ${VALGRIND_PROGRAM} --tool=helgrind
      --error-exitcode=1 --suppressions=${CMAKE_CURRENT_SOURCE_DIR}/unit/helgrind.supp
      $<TARGET_FILE:workload_threads_after> 500 ${CMAKE_BINARY_DIR}/tests/workload_threads_helgrind.jsonl)
    set_tests_properties(workload_threads_under_helgrind workload_threads_recorded_under_helgrind PROPERTIES
      LABELS workloads TIMEOUT 600)
  endif()
endif()
