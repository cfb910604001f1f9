set(ENGRAM_TEST_THREADS 1 CACHE STRING "Threads a rank in tests")

# The environment of every test; machines differ, programs should not know. Open MPI refuses to run
# as root and to start more ranks than cores unless told.
set(ENGRAM_TEST_ENVIRONMENT
    OMP_NUM_THREADS=${ENGRAM_TEST_THREADS}
    OMP_PROC_BIND=false
    # Threads that wait would take the cores from those of other ranks.
    OMP_WAIT_POLICY=passive
    # After a millisecond, where clang's OpenMP is told: to wake them for each kernel takes a tenth of one.
    KMP_BLOCKTIME=1
    OMPI_ALLOW_RUN_AS_ROOT=1
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    OMPI_MCA_rmaps_base_oversubscribe=1
    OMPI_MCA_hwloc_base_binding_policy=none
    # Ranks that wait let others have their core: the tests of several ranks take half the time.
    OMPI_MCA_mpi_yield_when_idle=1
    PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
    # No leaks: Open MPI's plugins leak and are unloaded, so that no suppression knows their names.
    "ASAN_OPTIONS=detect_leaks=0:strict_string_checks=1:detect_stack_use_after_return=1"
    UBSAN_OPTIONS=print_stacktrace=1)

# The main of all test programs, and their precompiled headers: g++ refuses those that know a macro that a
# program does not.
add_library(engram_test_main STATIC ${PROJECT_SOURCE_DIR}/tests/test_main.cpp)
target_link_libraries(engram_test_main PUBLIC engram_parallel GTest::gtest)
target_include_directories(engram_test_main PRIVATE ${PROJECT_SOURCE_DIR})
engram_add_warnings(engram_test_main)
engram_precompile(engram_test_main <Kokkos_Core.hpp> <gtest/gtest.h>)

# engram_add_test(program source… [RANKS n…] [LABELS label…] [TIMEOUT seconds])
#
# Builds the program from the sources and registers one test a source file: with RANKS, one a source
# file and number of ranks, started by mpiexec; without them, or without MPI, as one process.
function(engram_add_test program)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "RANKS;LABELS")
  if(NOT arg_UNPARSED_ARGUMENTS)
    return()
  endif()
  add_executable(${program} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${program} PRIVATE engram_test_main engram::engram)
  engram_add_warnings(${program})
  engram_precompile(${program} <Kokkos_Core.hpp> <gtest/gtest.h>)
  target_include_directories(${program} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${program} PRIVATE ENGRAM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  foreach(source IN LISTS arg_UNPARSED_ARGUMENTS)
    get_filename_component(file ${source} NAME)
    file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR}/tests ${source})
    string(REGEX REPLACE "test_|\\.cpp$" "" name ${name})
    if(NOT arg_RANKS)
      add_test(NAME ${name} COMMAND ${program} --file=${file})
      engram_set_test_properties(${name} 1)
    elseif(ENGRAM_MPI)
      foreach(num_ranks IN LISTS arg_RANKS)
        add_test(NAME ${name}/${num_ranks}
                 COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${num_ranks} ${MPIEXEC_PREFLAGS}
                         $<TARGET_FILE:${program}> ${MPIEXEC_POSTFLAGS} --file=${file})
        engram_set_test_properties(${name}/${num_ranks} ${num_ranks})
      endforeach()
    else()
      add_test(NAME ${name}/1 COMMAND ${program} --file=${file})
      engram_set_test_properties(${name}/1 1)
    endif()
  endforeach()
endfunction()

# Takes LABELS and TIMEOUT from its caller.
macro(engram_set_test_properties name num_ranks)
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
    if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
      set(arg_TIMEOUT 600)
    endif()
  endif()
  math(EXPR processors "${num_ranks} * ${ENGRAM_TEST_THREADS}")
  set_tests_properties(
    ${name} PROPERTIES ENVIRONMENT "${ENGRAM_TEST_ENVIRONMENT}" LABELS "${arg_LABELS}"
                       TIMEOUT ${arg_TIMEOUT} PROCESSORS ${processors})
endmacro()

# engram_add_pytest(name folder-or-file… [LABELS label…] [TIMEOUT seconds]): with ENGRAM_BINARY set and,
# with MPI, ENGRAM_MPIEXEC.
function(engram_add_pytest name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "LABELS")
  if(NOT arg_UNPARSED_ARGUMENTS)
    return()
  endif()
  add_test(NAME ${name} COMMAND ${ENGRAM_PYTHON} -m pytest -q -p no:cacheprovider
                                ${arg_UNPARSED_ARGUMENTS})
  engram_set_test_properties(${name} 1)
  set_property(
    TEST ${name}
    APPEND
    PROPERTY ENVIRONMENT ENGRAM_BINARY=${PROJECT_BINARY_DIR}/engram
             PYTHONPATH=${PROJECT_SOURCE_DIR}/analysis/python PYTHONDONTWRITEBYTECODE=1
             MPLBACKEND=Agg)
  if(ENGRAM_MPI)
    set_property(
      TEST ${name}
      APPEND
      PROPERTY ENVIRONMENT ENGRAM_MPIEXEC=${MPIEXEC_EXECUTABLE})
  endif()
endfunction()

# A Python that has what the tests need: the first on the PATH may be another than the system's.
function(engram_find_python)
  if(ENGRAM_PYTHON)
    return()
  endif()
  find_program(engram_path_python python3)
  foreach(python IN ITEMS ${engram_path_python} /usr/bin/python3)
    execute_process(COMMAND ${python} -c "import h5py, pandas, matplotlib, pytest"
                    RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
    if(result EQUAL 0)
      set(ENGRAM_PYTHON ${python} CACHE FILEPATH "Python with h5py, pandas, matplotlib, pytest")
      return()
    endif()
  endforeach()
  message(WARNING "no python3 with h5py, pandas, matplotlib and pytest: their tests are left out")
endfunction()
