# heapgate_add_test(NAME SOURCES FILE... [LIBRARIES TARGET...] [MAX_BYTES_PER_OP B] [OPS N] [ROUNDS R]
#                   [ALLOCATORS NAME...] [CORPUS DIR] [LABELS LABEL...] [TIMEOUT SECONDS])
#
# Builds a workload plug-in, or a libFuzzer target, which then needs a CORPUS, and adds a CTest test of the same name that
# runs heapgate check on it. The test fails with a leak, with an inconclusive run and with one that could not be
# measured; its output has the call path and the command that repeats it.
#
#   MAX_BYTES_PER_OP   growth that is allowed (default 0)
#   OPS, ROUNDS        as heapgate check --ops and --rounds (default: heapgate's)
#   ALLOCATORS         glibc (default), jemalloc, mimalloc, tcmalloc: a cell each
#   CORPUS             a folder of inputs, relative to the current source folder
#   TIMEOUT            when CTest is to give up (default: 400 a cell, of which heapgate itself takes 300 at most)
function(heapgate_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "MAX_BYTES_PER_OP;OPS;ROUNDS;CORPUS;TIMEOUT" "SOURCES;LIBRARIES;ALLOCATORS;LABELS")
  foreach(word ${ARG_UNPARSED_ARGUMENTS})
    message(FATAL_ERROR "heapgate_add_test(${name}): unknown argument '${word}'")
  endforeach()
  foreach(keyword ${ARG_KEYWORDS_MISSING_VALUES})
    message(FATAL_ERROR "heapgate_add_test(${name}): ${keyword} has no value")
  endforeach()
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "heapgate_add_test(${name}): SOURCES is missing")
  endif()

  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE heapgate::workload ${ARG_LIBRARIES})
  target_compile_options(${name} PRIVATE -g) # a call path with files and lines, in every build type
  set_target_properties(${name} PROPERTIES PREFIX "")

  set(options "")
  if(DEFINED ARG_MAX_BYTES_PER_OP)
    list(APPEND options --max-bytes-per-op ${ARG_MAX_BYTES_PER_OP})
  endif()
  if(DEFINED ARG_OPS)
    list(APPEND options --ops ${ARG_OPS})
  endif()
  if(DEFINED ARG_ROUNDS)
    list(APPEND options --rounds ${ARG_ROUNDS})
  endif()
  if(DEFINED ARG_CORPUS)
    get_filename_component(corpus ${ARG_CORPUS} ABSOLUTE)
    list(APPEND options --corpus ${corpus})
  endif()
  foreach(allocator ${ARG_ALLOCATORS})
    list(APPEND options --allocator ${allocator})
  endforeach()
  add_test(NAME ${name} COMMAND heapgate::heapgate check $<TARGET_FILE:${name}> ${options})
  if(NOT DEFINED ARG_TIMEOUT)
    list(LENGTH ARG_ALLOCATORS cells)
    if(cells EQUAL 0)
      set(cells 1)
    endif()
    math(EXPR ARG_TIMEOUT "400 * ${cells}")
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
