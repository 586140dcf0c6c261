# concurrent-storm and long-run over several seeds; a sanitized libtoka cannot be loaded into the runner.
if(NOT HEAPGATE_SANITIZE)
  heapgate_e2e_test(storm_seeds)
  add_dependencies(test_storm_seeds toka_before toka_after workload_concurrent_storm workload_long_run)
endif()
