# heapgate soak: its parts, short soaks with the real command, and what is left after it was killed.
heapgate_unit_test(soak_samples SOURCES unit/soak_samples.c LIBRARIES hg_soak LABELS harness)
heapgate_unit_test(soak_alert SOURCES unit/soak_alert.c LIBRARIES hg_soak hg_reports LABELS harness)
heapgate_unit_test(soak_pace SOURCES unit/soak_pace.c LIBRARIES hg_soak LABELS harness)

heapgate_e2e_test(soak)

# The live page in a real browser; skipped where none is installed.
heapgate_unit_test(soak_page SOURCES e2e/soak_page.c e2e/html_browser.c
  LIBRARIES hg_test_command LABELS "harness;e2e")
if(TARGET test_soak_page)
  target_compile_definitions(test_soak_page PRIVATE _GNU_SOURCE)
  add_dependencies(test_soak_page heapgate heapgate_probe heapgate_runner plugin_growth)
endif()

foreach(mode promtool openmetrics curves profiles hostile)
  add_test(NAME soak_serve_${mode} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/soak_serve.sh ${mode}
    $<TARGET_FILE:heapgate> ${CMAKE_BINARY_DIR}/tests/plugins/growth.so)
  set_tests_properties(soak_serve_${mode} PROPERTIES LABELS "harness;e2e" SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()

foreach(what run soak)
  foreach(victim driver workload)
    add_test(NAME kills_${what}_${victim} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/kills.sh ${what} ${victim}
      $<TARGET_FILE:heapgate> ${CMAKE_BINARY_DIR}/tests/plugins/growth.so)
    set_tests_properties(kills_${what}_${victim} PROPERTIES LABELS "harness;e2e" TIMEOUT 3600)
  endforeach()
endforeach()
