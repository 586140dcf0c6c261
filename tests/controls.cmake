# Programs whose verdict is known: the controls, the test set, the mutants of libtoka, and real libraries driven rightly
# and wrongly.

# heapgate_known_suite(FOLDER TABLE [SOURCE…]): every row of FOLDER/TABLE is one source there, built as leaking/SOURCE.so
# with LEAKS=1 and as healthy/SOURCE.so with LEAKS=0 when a target needs them; beside them heapgate.yaml, the suite that
# runs them all, blind.yaml, which does so without saying what is expected of them, and smoke.yaml, which runs the named
# sources only. They are measured, not tested: never sanitized, and compiled so that the call path is the one in the
# source. The target named like the folder builds all, and the one with -smoke at its end those of smoke.yaml.
function(heapgate_known_suite folder table)
  get_filename_component(name ${folder} NAME)
  set(table ${CMAKE_SOURCE_DIR}/${folder}/${table})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${table})
  file(STRINGS ${table} rows REGEX "^[^#]")
  set(suite "suite: ${name}\nsubjects: { main: { expect: clean } }\nallocators: [glibc, jemalloc]\nworkloads:\n")
  set(smoke ${suite})
  add_custom_target(${name})
  add_custom_target(${name}-smoke)
  foreach(row ${rows})
    string(REGEX MATCH "^[^\t]+" source "${row}")
    heapgate_known_plugin(${folder} ${name} ${source} leaking 1)
    heapgate_known_plugin(${folder} ${name} ${source} healthy 0)
    set(both "  ${source}-leaking: { plugin: leaking/${source}.so, expect: leak }\n"
             "  ${source}-healthy: { plugin: healthy/${source}.so, expect: clean }\n")
    string(APPEND suite ${both})
    if(source IN_LIST ARGN)
      string(APPEND smoke ${both})
      add_dependencies(${name}-smoke ${name}_leaking_${source} ${name}_healthy_${source})
    endif()
  endforeach()
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/${folder}/heapgate.yaml CONTENT "${suite}")
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/${folder}/smoke.yaml CONTENT "${smoke}")
  string(REGEX REPLACE ", expect: [a-z]+ }" " }" blind "${suite}")
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/${folder}/blind.yaml CONTENT "${blind}")
endfunction()

function(heapgate_known_plugin folder suite source build leaks)
  set(target ${suite}_${build}_${source})
  set(path ${CMAKE_SOURCE_DIR}/${folder}/${source}.c)
  if(NOT EXISTS ${path})
    set(path ${CMAKE_SOURCE_DIR}/${folder}/${source}.cc)
  endif()
  add_library(${target} MODULE EXCLUDE_FROM_ALL ${path})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/harness/include
    ${CMAKE_SOURCE_DIR}/workloads/common ${CMAKE_SOURCE_DIR}/workloads/controls)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE LEAKS=${leaks})
  target_compile_options(${target} PRIVATE -Wall -Wextra ${HEAPGATE_WERROR_OPTION} -g -O2 -fno-builtin -fno-optimize-sibling-calls
    $<$<COMPILE_LANGUAGE:CXX>:-fno-allocation-dce>)
  target_link_libraries(${target} PRIVATE Threads::Threads m)
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${source} LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${folder}/${build})
  add_dependencies(${suite} ${target})
endfunction()

heapgate_known_suite(workloads/controls controls.tsv)
heapgate_known_suite(tests/real real.tsv)
heapgate_known_suite(tests/testset pairs.tsv access_log_static dns_negative_cache filter_chain_dtor frame_decoder_throw
  pool_futures slow_consumer telemetry_4099 wal_mapped_segments)

# heapgate_known_library(SUITE SOURCE PACKAGE): a library that a source drives.
function(heapgate_known_library suite source package)
  pkg_check_modules(KNOWN_${package} REQUIRED IMPORTED_TARGET ${package})
  foreach(build leaking healthy)
    target_link_libraries(${suite}_${build}_${source} PRIVATE PkgConfig::KNOWN_${package})
  endforeach()
endfunction()

heapgate_known_library(real zlib_inflate zlib)
heapgate_known_library(real jansson_set jansson)
heapgate_known_library(real sqlite_statements sqlite3)
heapgate_known_library(real openssl_digest libcrypto)
heapgate_known_library(real openssl_bio libcrypto)
heapgate_known_library(real libxml2_xpath libxml-2.0)
heapgate_known_library(real libxml2_dictionary libxml-2.0)
heapgate_known_library(real expat_parser expat)
heapgate_known_library(real pcre2_match libpcre2-8)
heapgate_known_library(real libyaml_events yaml-0.1)
heapgate_known_library(testset gzip_abort zlib)
heapgate_known_library(testset png_inflate_streams zlib)

# Each such suite is run whole, and every cell compared with its row.
heapgate_e2e_test(known_verdicts)
target_sources(test_known_verdicts PRIVATE e2e/truth.c)
add_dependencies(test_known_verdicts controls real testset-smoke)

# The mutants: libtoka `after` with one mistake put back, built from a patched copy of the one file that its patch is
# for. A patch that no longer fits ends the build.
function(heapgate_mutant folder name)
  set(patch ${CMAKE_SOURCE_DIR}/tests/${folder}/${name}.patch)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${patch})
  file(STRINGS ${patch} target REGEX "^\\+\\+\\+ b/")
  string(REPLACE "+++ b/" "" source "${target}")
  get_filename_component(file ${source} NAME)
  set(copy ${CMAKE_BINARY_DIR}/tests/mutants/${name}/${file})
  add_custom_command(OUTPUT ${copy}
    COMMAND ${PATCH_PROGRAM} --quiet --fuzz=0 --output=${copy} ${CMAKE_SOURCE_DIR}/${source} ${patch}
    DEPENDS ${patch} ${CMAKE_SOURCE_DIR}/${source} VERBATIM)
  string(REPLACE "." "\\." object "/${file}.o$")
  set(objects "$<TARGET_OBJECTS:toka_after>;$<TARGET_OBJECTS:toka_shared>")
  add_library(mutant_${name} SHARED ${copy} "$<FILTER:${objects},EXCLUDE,${object}>")
  target_include_directories(mutant_${name} PRIVATE
    ${CMAKE_SOURCE_DIR}/core/include ${CMAKE_SOURCE_DIR}/core/schema ${CMAKE_SOURCE_DIR}/core/common)
  target_link_libraries(mutant_${name} PRIVATE PkgConfig::JANSSON PkgConfig::PCRE2 PkgConfig::XXHASH
    PkgConfig::YAML Threads::Threads m heapgate_warnings)
  set_target_properties(mutant_${name} PROPERTIES OUTPUT_NAME toka VERSION 0.2.1 SOVERSION 0
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/mutants/${name})
  add_dependencies(mutants mutant_${name})
endfunction()

# Workloads that reach what the Toka suite does not.
function(heapgate_mutant_workload name)
  add_library(workload_${name} MODULE mutants/${name}.c)
  target_include_directories(workload_${name} PRIVATE ${CMAKE_SOURCE_DIR}/harness/include)
  target_link_libraries(workload_${name} PRIVATE toka_after heapgate_warnings)
  set_target_properties(workload_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name} SKIP_BUILD_RPATH ON
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/mutants)
  add_dependencies(mutants workload_${name})
endfunction()

# A sanitized libtoka cannot be loaded into the runner, which is not sanitized.
if(NOT HEAPGATE_SANITIZE)
  find_program(PATCH_PROGRAM patch REQUIRED)
  add_custom_target(mutants)
  set(subjects "")
  file(STRINGS mutants/mutants.tsv rows REGEX "^[^#]")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/mutants/mutants.tsv)
  foreach(row ${rows})
    string(REGEX MATCH "^[^\t]+" name "${row}")
    heapgate_mutant(mutants ${name})
    string(APPEND subjects "  ${name}: { library_path: ${name} }\n")
  endforeach()
  heapgate_mutant_workload(registry_upkeep)
  heapgate_mutant_workload(store_upkeep)
  configure_file(mutants/heapgate.yaml.in ${CMAKE_BINARY_DIR}/tests/mutants/heapgate.yaml)
  heapgate_e2e_test(mutants_killed)
  target_sources(test_mutants_killed PRIVATE e2e/truth.c)
  add_dependencies(test_mutants_killed mutants toka_after workload_schema_storm workload_schema_storm_cached
    workload_cache_churn workload_registry_storm workload_registry_fill workload_manifest_storm)

  # Mistakes on error paths, which only heapgate torture takes.
  set(subjects "")
  file(STRINGS mutants/error_paths/error_paths.tsv rows REGEX "^[^#]")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${CMAKE_CURRENT_SOURCE_DIR}/mutants/error_paths/error_paths.tsv)
  foreach(row ${rows})
    string(REGEX MATCH "^[^\t]+" name "${row}")
    heapgate_mutant(mutants/error_paths ${name})
    target_compile_options(mutant_${name} PRIVATE -Wno-use-after-free)
    string(APPEND subjects "  ${name}: { library_path: ${name} }\n")
  endforeach()
  configure_file(mutants/heapgate.yaml.in ${CMAKE_BINARY_DIR}/tests/mutants/error_paths.yaml)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_test(NAME torture_mutants COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/mutants/error_paths.py
    ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_tests_properties(torture_mutants PROPERTIES LABELS "harness;e2e" TIMEOUT 600)
endif()

# ./dev bench accuracy
add_executable(accuracy_bench bench/accuracy.c bench/accuracy_tally.c e2e/truth.c)
target_include_directories(accuracy_bench PRIVATE e2e)
target_compile_definitions(accuracy_bench PRIVATE _GNU_SOURCE HG_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(accuracy_bench PRIVATE PkgConfig::JANSSON m heapgate_warnings heapgate_sanitize)
set_target_properties(accuracy_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
heapgate_unit_test(bench_accuracy SOURCES unit/bench_accuracy.c bench/accuracy_tally.c LIBRARIES m LABELS harness)
target_include_directories(test_bench_accuracy PRIVATE bench)
