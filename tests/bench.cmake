# Benchmarks: built with the tests so that they keep compiling, run by hand with ./dev bench.
add_executable(throughput_bench bench/throughput.c)
target_link_libraries(throughput_bench PRIVATE PkgConfig::JANSSON heapgate_warnings)
set_target_properties(throughput_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)

# The measured programs must see the allocator as it is, so neither they nor what measures them are sanitized.
add_library(bench_overhead STATIC bench/overhead_figures.c bench/overhead_process.c)
add_executable(overhead_bench bench/overhead.c bench/overhead_tools.c)
add_executable(depth_bench bench/depth.c)
add_executable(threads_bench bench/threads.c)
add_executable(overhead_subject bench/overhead_subject.c)
add_executable(depth_subject bench/depth_subject.c)
add_library(overhead_pass MODULE bench/overhead_pass.c)
target_compile_options(overhead_pass PRIVATE -fno-builtin)
set_target_properties(overhead_pass PROPERTIES PREFIX "" OUTPUT_NAME overhead-pass
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
add_executable(under_probe bench/under_probe.c)
set(overhead_programs under_probe overhead_bench depth_bench threads_bench overhead_subject depth_subject overhead_pass)
include(CheckLinkerFlag)
check_linker_flag(C -fsanitize=leak HEAPGATE_HAS_LEAK_SANITIZER)
if(HEAPGATE_HAS_LEAK_SANITIZER)
  add_executable(overhead_subject_lsan bench/overhead_subject.c)
  target_link_options(overhead_subject_lsan PRIVATE -fsanitize=leak)
  list(APPEND overhead_programs overhead_subject_lsan)
endif()
foreach(program bench_overhead ${overhead_programs})
  target_link_libraries(${program} PRIVATE Threads::Threads ${CMAKE_DL_LIBS} heapgate_warnings)
  target_compile_definitions(${program} PRIVATE _GNU_SOURCE)
endforeach()
target_link_libraries(bench_overhead PRIVATE hg_record)
target_link_libraries(overhead_bench PRIVATE bench_overhead hg_record)
target_link_libraries(depth_bench PRIVATE bench_overhead)
target_link_libraries(threads_bench PRIVATE bench_overhead)
target_link_libraries(under_probe PRIVATE bench_overhead hg_record)
set_target_properties(${overhead_programs} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)

# ./dev bench monitor: libtoka `after` as it is, with the monitor only, and bare. Headers that do nothing stand before
# the real ones where the sources that count and tell are compiled anew; all other objects are the same.
foreach(build bare monitored)
  set(sources after/schema_store.c after/registry.c schema/schema.c schema/validate.c)
  list(TRANSFORM sources PREPEND ${CMAKE_SOURCE_DIR}/core/)
  add_library(toka_${build} SHARED ${sources}
    "$<FILTER:$<TARGET_OBJECTS:toka_shared>,EXCLUDE,/schema/(schema|validate)\\.c\\.o$>")
  target_include_directories(toka_${build} PRIVATE bench/unwatched
    $<$<STREQUAL:${build},bare>:${CMAKE_CURRENT_SOURCE_DIR}/bench/unwatched/bare>
    ${CMAKE_SOURCE_DIR}/core/include ${CMAKE_SOURCE_DIR}/core/schema ${CMAKE_SOURCE_DIR}/core/common)
  target_link_libraries(toka_${build} PRIVATE PkgConfig::JANSSON PkgConfig::PCRE2 PkgConfig::XXHASH
    PkgConfig::YAML Threads::Threads m)
  set_target_properties(toka_${build} PROPERTIES OUTPUT_NAME toka VERSION 0.2.1 SOVERSION 0
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench/${build})
endforeach()
add_executable(monitor_bench bench/monitor.c)
target_link_libraries(monitor_bench PRIVATE workload_common toka_after heapgate_warnings heapgate_sanitize)
set_target_properties(monitor_bench PROPERTIES SKIP_BUILD_RPATH ON RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)

# Both builds of libtoka in threads. The program counts the locks that the library takes by a function of its own.
foreach(build before after)
  add_executable(scaling_${build} bench/scaling_subject.c)
  target_link_libraries(scaling_${build} PRIVATE toka_${build} Threads::Threads ${CMAKE_DL_LIBS} heapgate_warnings
    heapgate_sanitize)
  target_compile_definitions(scaling_${build} PRIVATE _GNU_SOURCE)
  set_target_properties(scaling_${build} PROPERTIES ENABLE_EXPORTS ON
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endforeach()
add_executable(scaling_bench bench/scaling.c)
target_link_libraries(scaling_bench PRIVATE heapgate_warnings)
set_target_properties(scaling_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)

# libtoka beside other validators; what is not installed is left out of the table.
add_executable(validators_toka bench/validators_toka.c)
target_link_libraries(validators_toka PRIVATE toka_after heapgate_warnings)
set_target_properties(validators_toka PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
find_path(VALIJSON_INCLUDE valijson/validator.hpp)
find_path(RAPIDJSON_INCLUDE rapidjson/document.h)
if(VALIJSON_INCLUDE AND RAPIDJSON_INCLUDE)
  add_executable(validators_valijson bench/validators_valijson.cc)
  target_include_directories(validators_valijson SYSTEM PRIVATE ${VALIJSON_INCLUDE} ${RAPIDJSON_INCLUDE})
  target_compile_options(validators_valijson PRIVATE -std=c++17 -Wall -Wextra)
  target_compile_definitions(validators_valijson PRIVATE VALIJSON_USE_EXCEPTIONS=1)
  set_target_properties(validators_valijson PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endif()

# ./dev bench sees-from
add_library(sees_from_subject MODULE bench/sees_from_subject.c)
target_include_directories(sees_from_subject PRIVATE ${CMAKE_SOURCE_DIR}/harness/include)
target_compile_options(sees_from_subject PRIVATE -fno-builtin)
target_link_libraries(sees_from_subject PRIVATE heapgate_warnings)
set_target_properties(sees_from_subject PROPERTIES PREFIX "" OUTPUT_NAME sees-from-subject
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)

# Workloads put together at random.
add_library(random_subject MODULE bench/random_subject.c)
target_include_directories(random_subject PRIVATE ${CMAKE_SOURCE_DIR}/harness/include)
target_compile_options(random_subject PRIVATE -fno-builtin)
target_link_libraries(random_subject PRIVATE m heapgate_warnings)
set_target_properties(random_subject PROPERTIES PREFIX "" OUTPUT_NAME random-subject
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)

# The search for holders.
add_library(scan_subject MODULE bench/scan_subject.c)
target_include_directories(scan_subject PRIVATE ${CMAKE_SOURCE_DIR}/harness/include)
set_target_properties(scan_subject PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
add_executable(scan_bench bench/scan.c)
target_link_libraries(scan_bench PRIVATE hg_process heapgate_warnings heapgate_sanitize)
target_compile_definitions(scan_bench PRIVATE _GNU_SOURCE)
set_target_properties(scan_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
