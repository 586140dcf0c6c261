# The store, the registry and the manifest of libtoka. `before` loses documents by design, so LeakSanitizer looks away.
foreach(build before after)
  heapgate_unit_test(store_${build} SOURCES unit/store_both.c unit/store_${build}.c
    LIBRARIES toka_${build} PkgConfig::XXHASH LABELS core ENVIRONMENT "$<$<STREQUAL:${build},before>:ASAN_OPTIONS=detect_leaks=0>")
  heapgate_unit_test(registry_${build} SOURCES unit/registry_both.c unit/registry_${build}.c
    LIBRARIES toka_${build} LABELS core)
endforeach()

add_executable(test_registry_threads unit/registry_threads.c)
target_link_libraries(test_registry_threads PRIVATE toka_after Threads::Threads heapgate_warnings heapgate_sanitize)
set_target_properties(test_registry_threads PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
add_test(NAME registry_threads COMMAND test_registry_threads)
set_tests_properties(registry_threads PROPERTIES LABELS core TIMEOUT 600)

if(NOT HEAPGATE_SANITIZE)
  heapgate_unit_test(store_faults SOURCES unit/store_faults.c LIBRARIES toka_after LABELS core)
endif()
heapgate_unit_test(manifest SOURCES unit/manifest_fields.c unit/manifest_rules.c unit/manifest_hostile.c
  LIBRARIES toka_after LABELS core)
heapgate_unit_test(uses SOURCES unit/uses.c LIBRARIES toka_parts LABELS core)
if(TARGET test_uses)
  target_include_directories(test_uses PRIVATE ${CMAKE_SOURCE_DIR}/core/common)
endif()
