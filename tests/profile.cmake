# heapgate profile, run --cross-check and doctor: the adapters on files with known contents, and the real tools.
heapgate_harness_test(profile hg_profile)
if(TARGET test_harness_profile)
  target_compile_definitions(test_harness_profile PRIVATE _GNU_SOURCE)
endif()

# Tools of others cannot run a process that is sanitized, nor load what is.
if(NOT HEAPGATE_SANITIZE)
  foreach(test profile_tools profile_errors cross_check doctor)
    heapgate_e2e_test(${test})
    target_sources(test_${test} PRIVATE e2e/tools.c)
    add_dependencies(test_${test} toka_before toka_after workload_registry_storm)
  endforeach()
endif()

# Series of the profilers of others, made by them or by hand.
foreach(mode jemalloc tcmalloc massif heaptrack fabricated hostile)
  add_test(NAME judge_${mode} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/judge.sh ${mode}
    $<TARGET_FILE:heapgate> ${CMAKE_BINARY_DIR}/tests/programs/profiled)
  set_tests_properties(judge_${mode} PROPERTIES LABELS "harness;e2e" SKIP_RETURN_CODE 77 TIMEOUT 600)
endforeach()
