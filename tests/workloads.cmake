# The storms and what they are made of.
heapgate_unit_test(workload_generators SOURCES unit/workload_generators.c
  LIBRARIES workload_common toka_after PkgConfig::XXHASH LABELS workloads)
heapgate_unit_test(workload_corpus SOURCES unit/workload_corpus.c LIBRARIES workload_common toka_after
  LABELS workloads)
foreach(part day crew)
  heapgate_unit_test(workload_${part} SOURCES unit/workload_${part}.c LIBRARIES workload_common LABELS workloads)
endforeach()
foreach(build before after)
  heapgate_unit_test(workload_storms_${build} SOURCES unit/workload_storms.c
    LIBRARIES toka_${build} ${CMAKE_DL_LIBS} LABELS workloads
    ENVIRONMENT "$<$<STREQUAL:${build},before>:ASAN_OPTIONS=detect_leaks=0>")
  target_include_directories(test_workload_storms_${build} PRIVATE ${CMAKE_SOURCE_DIR}/harness/include)
  target_compile_definitions(test_workload_storms_${build} PRIVATE HAS_FIX=$<STREQUAL:${build},after>)
  add_dependencies(test_workload_storms_${build} workload_schema_storm workload_schema_storm_cached
    workload_cache_churn workload_registry_storm workload_registry_fill workload_manifest_storm workload_concurrent_storm
    workload_long_run workload_replay)

  # The monitor's alert while they run.
  heapgate_unit_test(monitor_storms_${build} SOURCES unit/monitor_storms.c
    LIBRARIES toka_${build} ${CMAKE_DL_LIBS} LABELS workloads
    ENVIRONMENT "$<$<STREQUAL:${build},before>:ASAN_OPTIONS=detect_leaks=0>")
  target_compile_definitions(test_monitor_storms_${build} PRIVATE HAS_FIX=$<STREQUAL:${build},after>)
  add_dependencies(test_monitor_storms_${build} test_workload_storms_${build})
endforeach()
