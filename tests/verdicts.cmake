# How sure verdicts are, and what is known to leak.
heapgate_harness_test(patterns hg_analysis m)
target_sources(test_harness_patterns PRIVATE unit/harness_histories.c ${CMAKE_SOURCE_DIR}/harness/runner/round_lengths.c)
heapgate_harness_test(looks hg_analysis m)
heapgate_harness_test(level hg_analysis m)
heapgate_harness_test(fragmentation hg_analysis)
heapgate_harness_test(baseline hg_baseline)
target_compile_definitions(test_harness_baseline PRIVATE _GNU_SOURCE)

heapgate_test_plugin(verdicts verdicts.c -O1 -fno-builtin -D_GNU_SOURCE)
heapgate_test_plugin(fragments fragments.c -O1 -fno-builtin)
heapgate_e2e_test(verdicts)
heapgate_e2e_test(baselines)
