# Recording in libtoka, reading its logs, and the workload replay on logs of a real program.
foreach(build before after)
  heapgate_unit_test(record_${build} SOURCES unit/record_log.c LIBRARIES toka_${build} LABELS core
    ENVIRONMENT "$<$<STREQUAL:${build},before>:ASAN_OPTIONS=detect_leaks=0>")

  # A program with threads that is recorded.
  add_executable(records_${build} e2e/programs/records.c)
  target_link_libraries(records_${build} PRIVATE toka_${build} Threads::Threads heapgate_warnings heapgate_sanitize)
  set_target_properties(records_${build} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endforeach()

foreach(part text_window op_log)
  heapgate_unit_test(workload_${part} SOURCES unit/workload_${part}.c LIBRARIES workload_common toka_after
    LABELS workloads)
endforeach()

# A sanitized libtoka cannot be loaded into the runner, which is not sanitized.
if(NOT HEAPGATE_SANITIZE)
  heapgate_e2e_test(replays)
  add_dependencies(test_replays records_before records_after toka_before toka_after workload_replay)
endif()
