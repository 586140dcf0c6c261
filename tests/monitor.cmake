# The monitor of libtoka: the growth watch by itself, then figures and alerts in both builds.
heapgate_unit_test(monitor_watch SOURCES unit/monitor_watch.c LIBRARIES toka_parts workload_common LABELS core)
if(TARGET test_monitor_watch)
  target_include_directories(test_monitor_watch PRIVATE ${CMAKE_SOURCE_DIR}/core/common)
endif()
foreach(build before after)
  heapgate_unit_test(monitor_${build} SOURCES unit/monitor_figures.c unit/monitor_alerts.c
    LIBRARIES workload_common toka_${build} LABELS core
    ENVIRONMENT "$<$<STREQUAL:${build},before>:ASAN_OPTIONS=detect_leaks=0>")
  if(TARGET test_monitor_${build})
    target_compile_definitions(test_monitor_${build} PRIVATE HAS_FIX=$<STREQUAL:${build},after>)
  endif()
endforeach()

# Its text, read by the programs that it is for; each reader is skipped where it is not installed.
foreach(build before after)
  add_executable(monitor_text_${build} e2e/programs/monitor_text.c)
  target_link_libraries(monitor_text_${build} PRIVATE toka_${build} heapgate_warnings heapgate_sanitize)
  set_target_properties(monitor_text_${build} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  foreach(reader promtool openmetrics)
    add_test(NAME monitor_text_${build}_${reader}
      COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/monitor_text.sh ${reader} $<TARGET_FILE:monitor_text_${build}>)
    set_tests_properties(monitor_text_${build}_${reader} PROPERTIES
      LABELS "core;e2e" SKIP_RETURN_CODE 77 TIMEOUT 300
      ENVIRONMENT "$<$<STREQUAL:${build},before>:ASAN_OPTIONS=detect_leaks=0>")
  endforeach()
endforeach()

# The examples for Prometheus and Grafana.
add_test(NAME monitoring_rules
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/monitoring_files.sh rules ${CMAKE_SOURCE_DIR}/docs/monitoring)
add_test(NAME monitoring_names COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/monitoring_files.sh names
  ${CMAKE_SOURCE_DIR}/docs/monitoring $<TARGET_FILE:monitor_text_after>)
set_tests_properties(monitoring_rules monitoring_names PROPERTIES LABELS "core;e2e" SKIP_RETURN_CODE 77 TIMEOUT 300)
