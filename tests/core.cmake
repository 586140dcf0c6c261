# The schema compiler and validator. Tests link its parts as an archive, so that they reach what the library hides.
add_library(toka_parts STATIC $<TARGET_OBJECTS:toka_shared>)
target_include_directories(toka_parts PUBLIC ${CMAKE_SOURCE_DIR}/core/include ${CMAKE_SOURCE_DIR}/core/schema
  ${CMAKE_SOURCE_DIR}/core/tools)
target_link_libraries(toka_parts PUBLIC PkgConfig::JANSSON PkgConfig::PCRE2 PkgConfig::XXHASH Threads::Threads m)

foreach(part errors refs limits formats patterns parts validate metaschema)
  heapgate_unit_test(schema_${part} SOURCES unit/schema_${part}.c LIBRARIES toka_parts LABELS core)
endforeach()

heapgate_unit_test(schema_suite SOURCES unit/schema_suite.c ${CMAKE_SOURCE_DIR}/core/tools/test_suite.c
  LIBRARIES toka_parts LABELS core)

heapgate_unit_test(schema_tool SOURCES unit/schema_tool.c LIBRARIES toka_parts LABELS core)
if(TARGET test_schema_tool)
  target_compile_definitions(test_schema_tool PRIVATE TOKA_SUITE_PROGRAM="$<TARGET_FILE:toka-suite>")
  add_dependencies(test_schema_tool toka-suite)
endif()

# Every allocation of libtoka goes through the test's own functions, which fail on demand.
heapgate_unit_test(schema_faults SOURCES unit/schema_faults.c LIBRARIES toka_parts LABELS core)
if(TARGET test_schema_faults)
  target_link_options(test_schema_faults PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
endif()

add_executable(test_schema_threads unit/schema_threads.c)
target_link_libraries(test_schema_threads PRIVATE toka_parts heapgate_warnings heapgate_sanitize)
set_target_properties(test_schema_threads PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
add_test(NAME schema_threads COMMAND test_schema_threads)
set_tests_properties(schema_threads PROPERTIES LABELS core TIMEOUT 600)

add_executable(schema_bench bench/schema_bench.c)
target_link_libraries(schema_bench PRIVATE toka_parts heapgate_warnings heapgate_sanitize)
set_target_properties(schema_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)

include(core_store.cmake OPTIONAL)
