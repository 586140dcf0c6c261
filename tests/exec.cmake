# heapgate exec: its parts, and the real command on programs with known answers and on programs of the system.

# Programs that are measured, not tested: never sanitized, and built as their author would.
set(HEAPGATE_TEST_PROGRAMS "")
function(heapgate_test_program name source)
  add_executable(program_${name} e2e/programs/${source})
  target_include_directories(program_${name} PRIVATE ${CMAKE_SOURCE_DIR}/harness/include)
  target_compile_options(program_${name} PRIVATE -Wall -Wextra -Wpedantic -Werror -g -O1)
  target_compile_definitions(program_${name} PRIVATE ${ARGN})
  set_target_properties(program_${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/programs)
  set(HEAPGATE_TEST_PROGRAMS ${HEAPGATE_TEST_PROGRAMS} program_${name} PARENT_SCOPE)
endfunction()

heapgate_test_program(serves serves.c _GNU_SOURCE)
heapgate_test_program(ends ends.c _GNU_SOURCE)
heapgate_test_program(leaves leaves.c _GNU_SOURCE)
heapgate_test_program(forks forks.c _GNU_SOURCE)
heapgate_test_program(registers_leaking registers.cc LEAKS=1)
heapgate_test_program(registers_healthy registers.cc LEAKS=0)
# Their library's sized delete is meant to be used though they have none.
heapgate_test_program(replaces replaces.cc _GNU_SOURCE)
target_compile_options(program_replaces PRIVATE -Wno-sized-deallocation)
heapgate_test_program(static forks.c _GNU_SOURCE)
target_link_options(program_static PRIVATE -static)
heapgate_test_program(sanitized forks.c _GNU_SOURCE)
target_compile_options(program_sanitized PRIVATE -fsanitize=address)
target_link_options(program_sanitized PRIVATE -fsanitize=address)
heapgate_test_program(incomplete incomplete.c)
add_library(program_needed SHARED e2e/programs/needed.c)
set_target_properties(program_needed PROPERTIES C_VISIBILITY_PRESET default)
target_link_libraries(program_incomplete PRIVATE program_needed)
set_target_properties(program_incomplete PROPERTIES SKIP_BUILD_RPATH ON)

# The parts.
function(heapgate_exec_unit_test name)
  heapgate_unit_test(exec_${name} SOURCES unit/exec_${name}.c LIBRARIES hg_exec LABELS harness)
  if(TARGET test_exec_${name})
    target_compile_definitions(test_exec_${name} PRIVATE _GNU_SOURCE)
    add_dependencies(test_exec_${name} ${HEAPGATE_TEST_PROGRAMS})
  endif()
endfunction()

heapgate_exec_unit_test(rounds)
heapgate_exec_unit_test(watched)
heapgate_exec_unit_test(target)
heapgate_exec_unit_test(relay)
heapgate_exec_unit_test(arrivals)

# The command.
function(heapgate_exec_test name)
  heapgate_e2e_test(exec_${name})
  if(TARGET test_exec_${name})
    target_sources(test_exec_${name} PRIVATE e2e/exec_run.c)
    add_dependencies(test_exec_${name} ${HEAPGATE_TEST_PROGRAMS})
  endif()
endfunction()

heapgate_exec_test(verdicts)
heapgate_exec_test(endings)
heapgate_exec_test(children)
heapgate_exec_test(errors)
heapgate_exec_test(surroundings)
heapgate_exec_test(programs)
