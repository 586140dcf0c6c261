# A process's life under the probe, read from its record by the test itself.
add_executable(program_lifecycle e2e/programs/lifecycle.c)
target_compile_definitions(program_lifecycle PRIVATE _GNU_SOURCE)
target_compile_options(program_lifecycle PRIVATE -Wall -Wextra -Wpedantic ${HEAPGATE_WERROR_OPTION} -g -O1)
target_link_libraries(program_lifecycle PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
set_target_properties(program_lifecycle PROPERTIES
  OUTPUT_NAME lifecycle RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/programs)

heapgate_unit_test(probe_lifecycle SOURCES e2e/probe_lifecycle.c LIBRARIES hg_record LABELS "harness;e2e")
if(TARGET test_probe_lifecycle)
  target_compile_definitions(test_probe_lifecycle PRIVATE _GNU_SOURCE
    HG_PROBE="$<TARGET_FILE:heapgate_probe>" HG_PROGRAM="$<TARGET_FILE:program_lifecycle>")
  add_dependencies(test_probe_lifecycle heapgate_probe program_lifecycle)
endif()

add_executable(program_descriptors e2e/programs/descriptors.c)
target_compile_definitions(program_descriptors PRIVATE _GNU_SOURCE)
target_compile_options(program_descriptors PRIVATE -Wall -Wextra -Wpedantic ${HEAPGATE_WERROR_OPTION} -g -O1)
target_link_libraries(program_descriptors PRIVATE Threads::Threads)
set_target_properties(program_descriptors PROPERTIES
  OUTPUT_NAME descriptors RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/programs)

heapgate_unit_test(probe_descriptors SOURCES e2e/probe_descriptors.c LIBRARIES hg_record LABELS "harness;e2e")
if(TARGET test_probe_descriptors)
  target_compile_definitions(test_probe_descriptors PRIVATE _GNU_SOURCE
    HG_PROBE="$<TARGET_FILE:heapgate_probe>" HG_PROGRAM="$<TARGET_FILE:program_descriptors>")
  add_dependencies(test_probe_descriptors heapgate_probe program_descriptors)
endif()
