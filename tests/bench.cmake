# Benchmarks: built with the tests so that they keep compiling, run by hand with ./dev bench.
add_executable(throughput_bench bench/throughput.c)
target_link_libraries(throughput_bench PRIVATE PkgConfig::JANSSON heapgate_warnings)
set_target_properties(throughput_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
